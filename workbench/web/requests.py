"""What every route asks of a request before it reads it."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from fastapi import HTTPException
from starlette.requests import Request

TOO_LARGE = 413  # the name of this status changed between Python's versions


async def limited_body(request: Request, limit: int) -> bytes:
    """The body, refused as soon as it is longer than `limit` bytes."""
    body = bytearray()  # bytes would be copied whole with every chunk, before anybody has shown who they are
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(TOO_LARGE)
    return bytes(body)


async def form_fields(request: Request, *, limit: int = 16_384) -> Mapping[str, str]:
    """The fields of a small url-encoded form."""
    try:
        return dict(parse_qsl((await limited_body(request, limit)).decode(), max_num_fields=20))
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None


def require_own_page(request: Request) -> None:
    """Refuses what another site's page made the browser send; browsers name the sender, other clients need not."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(HTTPStatus.FORBIDDEN)


def language_of(request: Request, default: str) -> str:
    """The language asked for: the toggle's, else the first of ours that the browser prefers, else the default."""
    asked = request.query_params.get("lang")
    if asked in {"es", "en"}:
        return asked
    ranked = sorted(map(_weighed, request.headers.get("accept-language", "").split(",")), reverse=True)
    return next((name for weight, _, name in ranked if name in {"es", "en"} and weight > 0), default)


def _weighed(part: str) -> tuple[float, int, str]:
    name, _, weight = part.partition(";q=")
    try:
        return float(weight or 1), 0, name.strip()[:2].lower()
    except ValueError:
        return 0, 0, ""

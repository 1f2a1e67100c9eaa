"""The way out of our e-mails: one click of a mail program (RFC 8058), or a page that asks once.

Looking at the page changes nothing: mail scanners open every address. Whoever has the address may use it; it is
sealed for one message and says nothing of the debtor.
"""

import secrets
from functools import partial
from http import HTTPStatus
from pathlib import Path

from anyio import to_thread
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from workbench import clock, db
from workbench.actions.replies_in import unsubscribe
from workbench.channels.email.unsubscribes import key_of
from workbench.rules.words import translate
from workbench.settings import Settings
from workbench.web.requests import language_of, limited_body

LIMIT = 4_096  # "List-Unsubscribe=One-Click" and what a mail program puts around it
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"), autoescape=True, undefined=StrictUndefined
)


def routes(settings: Settings) -> list[Route]:
    """The page and the deed behind it."""

    async def asked(request: Request) -> Response:
        key = key_of(request.path_params["token"], settings)
        return _page(request, settings, done=False) if key else _unknown()

    async def confirmed(request: Request) -> Response:
        key = key_of(request.path_params["token"], settings)
        if key is None:
            return _unknown()
        try:
            await limited_body(request, LIMIT)
        except HTTPException as refused:
            return Response(status_code=refused.status_code)
        return _page(request, settings, done=True) if await to_thread.run_sync(_stop, key) else _unknown()

    return [
        Route("/hooks/unsubscribe/{token}", asked, methods=["GET"]),
        Route("/hooks/unsubscribe/{token}", confirmed, methods=["POST"]),
    ]


def _stop(key: str) -> bool:
    with db.transaction() as session:
        return unsubscribe(session, key, at=clock.now())


def _page(request: Request, settings: Settings, *, done: bool) -> HTMLResponse:
    language, nonce = language_of(request, settings.language), secrets.token_urlsafe(16)
    html = _templates.get_template("unsubscribe.html").render(
        _=partial(_translated, language), language=language, done=done, nonce=nonce
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return HTMLResponse(html, headers=headers)


def _translated(language: str, msgid: str) -> str:
    return translate(msgid, language)


def _unknown() -> Response:
    return Response(status_code=HTTPStatus.NOT_FOUND, headers={"Cache-Control": "no-store"})

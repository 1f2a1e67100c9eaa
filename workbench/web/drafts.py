"""What a page's script sends on its own while somebody types: the draft of a note, and that the case is still held.

Each request carries the header `X-Workbench: 1`, which no form and no other site's page can send unasked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench import clock
from workbench.actions import worklist
from workbench.db import reading, transaction
from workbench.queries.sessions import viewer_of
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import translate
from workbench.web.gate import SESSION_HEADER
from workbench.web.requests import limited_body, require_own_page

UNREADABLE = 422
LIMIT = 65_536  # bytes: a note, its form's fields, and room to spare


class DraftIn(BaseModel):
    """A half-typed form."""

    model_config = ConfigDict(extra="forbid")
    note: str = Field("", max_length=20_000)
    fields: dict[str, Any] = Field(default_factory=dict, max_length=40)


class RefusedForViewer(Exception):
    """Carries a refusal with the language it is read in."""

    def __init__(self, refused: Refused, language: str) -> None:
        super().__init__(str(refused))
        self.text = translate(refused.because, language, **refused.values)


def viewer_here(request: Request, x_workbench: Annotated[str, Header()] = "") -> Viewer:
    """The person the gate let through, if the request comes from our own script."""
    require_own_page(request)
    if x_workbench != "1":
        raise HTTPException(HTTPStatus.FORBIDDEN)
    with reading() as session:
        who = viewer_of(session, request.headers.get(SESSION_HEADER), at=clock.now())
    if who is None:
        raise HTTPException(HTTPStatus.UNAUTHORIZED)
    return who


Here = Annotated[Viewer, Depends(viewer_here)]
api = FastAPI(title="Cobranza Workbench", docs_url=None, redoc_url=None, openapi_url=None)


@api.put("/draft/{item_id}")
async def put_draft(request: Request, item_id: int, who: Here) -> dict[str, str]:
    """Keeps what has been typed so far; answers when that was."""
    try:
        draft = DraftIn.model_validate_json(await limited_body(request, LIMIT))
    except ValidationError:
        raise HTTPException(UNREADABLE) from None
    at = clock.now()
    await to_thread.run_sync(_save, who, item_id, draft, at)
    return {"saved_at": at.isoformat()}


@api.post("/heartbeat/{item_id}")
async def post_heartbeat(item_id: int, who: Here) -> dict[str, bool]:
    """Keeps the lease of a claimed case alive; answers whether it is still held."""
    return {"held": await to_thread.run_sync(_beat, who, item_id, clock.now())}


def _save(who: Viewer, item_id: int, draft: DraftIn, at: datetime) -> None:
    with _deed(who) as session:
        worklist.save_draft(session, who, item_id, note=draft.note, fields=draft.fields, at=at)


def _beat(who: Viewer, item_id: int, at: datetime) -> bool:
    with _deed(who) as session:
        return worklist.heartbeat(session, who, item_id, at=at)


@contextmanager
def _deed(who: Viewer) -> Iterator[Any]:
    """A transaction whose refusal is told in the viewer's language."""
    try:
        with transaction() as session:
            yield session
    except Refused as refused:
        raise RefusedForViewer(refused, who.language) from refused


@api.exception_handler(RefusedForViewer)
def say_why(_request: Request, refused: RefusedForViewer) -> JSONResponse:
    """A refusal in the reader's words."""
    return JSONResponse({"refused": refused.text}, HTTPStatus.CONFLICT)

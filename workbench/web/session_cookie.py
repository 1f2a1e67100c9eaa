"""The cookie that stands for a session: given at the log-in however it was done, taken at the log-out."""

from datetime import timedelta

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from workbench import clock
from workbench.actions.sessions import Lifetime, log_out
from workbench.db import transaction
from workbench.settings import Settings
from workbench.web.gate import COOKIE, LOG_IN, SESSION_HEADER


def settings_of(request: Request) -> Settings:
    """The settings the routes were made with."""
    settings: Settings = request.app.state.settings
    return settings


def lifetime(settings: Settings) -> Lifetime:
    """How long a log-in holds here."""
    return Lifetime(timedelta(hours=settings.session_idle_hours), timedelta(hours=settings.session_absolute_hours))


async def welcome(request: Request, token: str, next_page: str) -> Response:
    """Sends somebody in with their new cookie; the session this browser had before ends."""
    await _end(request)
    settings = settings_of(request)
    response = RedirectResponse(next_page, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE,
        token,
        max_age=round(settings.session_absolute_hours * 3600),
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )
    return response


async def farewell(request: Request) -> Response:
    """Revokes the session and takes the cookie: it is worthless from now on, and so is every page open with it."""
    await _end(request)
    response = RedirectResponse(LOG_IN, 303, {"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=settings_of(request).secure_cookies)
    return response


async def _end(request: Request) -> None:
    if public_id := request.headers.get(SESSION_HEADER):
        await to_thread.run_sync(_log_out, public_id)


def _log_out(session_public_id: str) -> None:
    with transaction() as session:
        log_out(session, session_public_id, at=clock.now())

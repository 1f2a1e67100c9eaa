"""Logging in with a password, and out."""

import hmac
from collections.abc import Mapping
from functools import lru_cache, partial

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from workbench import clock
from workbench.actions.sessions import Lifetime, begin_attempt, log_in
from workbench.db import reading, transaction
from workbench.queries.users import credentials
from workbench.rules.passwords import matches
from workbench.rules.refusals import Refused
from workbench.web.gate import SESSION_HEADER
from workbench.web.log_in_page import CSRF, log_in_page
from workbench.web.paths import safe_next
from workbench.web.requests import form_fields, require_own_page
from workbench.web.session_cookie import farewell, lifetime, settings_of, welcome

HASHES_AT_ONCE = 2  # each takes 64 MiB and a core for tens of milliseconds: the pages go first
router = APIRouter()


@router.get("/login", response_model=None)
async def show(request: Request) -> Response:
    """The form, or the page behind it for somebody who is already logged in."""
    next_page = safe_next(request.query_params.get("next"))
    if SESSION_HEADER in request.headers:
        return RedirectResponse(next_page, 303)
    return log_in_page(request, settings_of(request), next_page=next_page)


@router.post("/login", response_model=None)
async def enter(request: Request) -> Response:
    """Checks a password; every refusal looks the same whether the account exists or not."""
    require_own_page(request)
    fields = await form_fields(request)
    next_page, email = safe_next(fields.get("next")), fields.get("email", "").strip()[:254]
    again = partial(log_in_page, request, settings_of(request), next_page=next_page, email=email)
    if not _came_from_our_form(request, fields):
        return again(refused=Refused("The form has expired. Try again."), status=403)
    address = request.client.host if request.client else ""
    check = partial(_checked, email, fields.get("password", ""), address, lifetime(settings_of(request)))
    try:
        token = await to_thread.run_sync(check, limiter=_hashing())
    except Refused as refused:
        if wait := refused.values.get("minutes"):
            response = again(refused=refused, status=429)
            response.headers["Retry-After"] = str(wait * 60)
            return response
        return again(refused=refused, status=401)
    return await welcome(request, token, next_page)


@router.post("/logout", response_model=None)
async def leave(request: Request) -> Response:
    """Ends the session of this browser."""
    require_own_page(request)
    return await farewell(request)


@lru_cache(maxsize=1)
def _hashing() -> CapacityLimiter:
    """Made at the first log-in, because it belongs to the event loop that runs by then."""
    return CapacityLimiter(HASHES_AT_ONCE)


def _came_from_our_form(request: Request, fields: Mapping[str, str]) -> bool:
    cookie, field = request.cookies.get(CSRF, ""), fields.get("csrf", "")
    return len(cookie) >= 32 and hmac.compare_digest(cookie.encode(), field.encode())


def _checked(email: str, password: str, address: str, holds: Lifetime) -> str:
    """The token of a new session, if the password is the account's."""
    at = clock.now()
    with transaction() as session:
        attempt_id = begin_attempt(session, email=email, address=address, at=at)
    with reading() as session:
        known = credentials(session, email)
    if not matches(password, known.password_hash if known else None) or known is None:
        raise Refused("The e-mail or the password is not right.")
    with transaction() as session:
        return log_in(
            session,
            known.user_id,
            method="password",
            lifetime=holds,
            at=at,
            password_hash=known.password_hash,
            attempt_id=attempt_id,
        )

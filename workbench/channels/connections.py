"""How a message is handed to a provider that speaks HTTP, and what each way of failing proves."""

import os
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, NoReturn

import httpx

from workbench import clock
from workbench.channels.letters import Passing, Unknown
from workbench.rules.words import N_

CONNECT_SECONDS = 5.0
LONGEST_PAUSE = timedelta(hours=1)  # whatever a provider asks for: a message has a day to leave, not a week
# before a connection stands nothing can have left; a name that is not found is a `ConnectError`
_NOTHING_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# 500, 502 and 504 do not say whether the message went on before it broke; 503 and 429 say that it was turned away
_TURNED_AWAY = {429, 503}


@lru_cache(maxsize=4)
def http_client(seconds: float) -> httpx.Client:
    """The process's one pool of kept-alive connections, which waits so long for an answer; all threads share it."""
    patience = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    # a provider hangs up on what is idle for long: a connection that breaks in use leaves a message unconfirmed
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=4)
    return httpx.Client(timeout=patience, limits=limits, follow_redirects=False)


# two processes that write on one connection read each other's answers; the fork lets go of them without a goodbye
os.register_at_fork(after_in_child=http_client.cache_clear)


def post(provider: str, url: str, *, seconds: float, **request: Any) -> httpx.Response:
    """The provider's answer below 500 other than 429; every other end is raised as `Passing` or `Unknown`."""
    try:
        answer = http_client(seconds).post(url, **request)
    except _NOTHING_LEFT as error:
        raise Passing(provider, N_("no connection"), evidence={"error": type(error).__name__}) from None
    except httpx.RequestError as error:
        reason = N_("no answer") if isinstance(error, httpx.TimeoutException) else N_("connection lost")
        raise Unknown(provider, reason, {"error": type(error).__name__}) from None
    if answer.status_code in _TURNED_AWAY or answer.status_code >= 500:
        _refuse(provider, answer)
    return answer


def _refuse(provider: str, answer: httpx.Response) -> NoReturn:
    evidence = {"status": str(answer.status_code)} | code_of(answer)
    if answer.status_code not in _TURNED_AWAY:
        raise Unknown(provider, f"status {answer.status_code}", evidence)
    throttled = answer.status_code == 429
    reason = "too fast" if throttled else "not available"
    raise Passing(provider, reason, not_before=retry_after(answer), throttled=throttled, evidence=evidence)


def answered(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer; empty when it is none."""
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def code_of(answer: httpx.Response) -> dict[str, str]:
    """The provider's own number for what went wrong, as evidence; its words may name the debtor and are left out."""
    told = answered(answer)
    inner = told.get("error")
    code = (inner if isinstance(inner, dict) else told).get("code")
    return {"code": str(code)} if type(code) is int else {}


def retry_after(answer: httpx.Response) -> datetime | None:
    """When the provider said to come back: in seconds or at a moment (RFC 9110, 10.2.3)."""
    said = answer.headers.get("retry-after", "").strip()
    now = clock.now()
    try:
        wait = timedelta(seconds=int(said)) if said.isdecimal() else _until(said) - datetime.now(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
    return now + min(max(wait, timedelta()), LONGEST_PAUSE)


def _until(said: str) -> datetime:
    moment = parsedate_to_datetime(said)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

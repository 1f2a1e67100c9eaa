"""The access gate: nothing behind it is reached without a log-in that holds.

It stands around everything the server answers, web sockets, downloads, uploads and metrics included. What it lets
through carries the identity in two headers which nobody outside can send, and no cookie from which to take it over.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench import clock
from workbench.actions.sessions import SEEN_EVERY, hash_of, note_seen
from workbench.db import reading, transaction
from workbench.queries.sessions import LiveSession, live_session

COOKIE = "session"
LOG_IN = "/session/login"
USER_HEADER = "x-workbench-user"
SESSION_HEADER = "x-workbench-session"
IDENTITY = {USER_HEADER.encode(), SESSION_HEADER.encode()}

# Streamlit's own script and style files, and what a tab asks before it opens its socket: without an answer a tab whose
# session has ended tries for ever and never learns that it has to log in. They hold nothing of ours.
_OPEN = re.compile(
    r"(?!.*\.\.)(/app)?/static/.+|/_stcore/(health|host-config)|/healthz|/readyz|/metrics|/favicon\.(ico|png)"
    # providers and debtors have no log-in: each of these knows its caller by a signature of its own
    r"|/hooks/(whatsapp|sms|email|unsubscribe/[A-Za-z0-9_.-]+)"
)
_TOKEN = re.compile(rf"(?:^|;)\s*{COOKIE}=([A-Za-z0-9_-]{{43}})\s*(?=;|$)")
_QUIET = "/api/heartbeat/"  # sent by a clock, so it is no sign that anybody is there
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
}


class AuthGate:
    """ASGI middleware; plain, because Starlette's own kind never sees a web socket."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.headers = _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers, token = _without_identity(scope["headers"])
        is_open = _OPEN.fullmatch(scope["path"]) is not None
        who = None if is_open or token is None else await to_thread.run_sync(_who, token, scope["path"])
        if who is not None:
            headers += [
                (USER_HEADER.encode(), str(who.user_id).encode()),
                (SESSION_HEADER.encode(), who.public_id.encode()),
            ]
        # a copy: Starlette caches its headers in the scope
        inner = dict(scope, headers=headers)
        app = self.app if who or is_open or _may_pass(scope) else _turned_away(scope)
        if scope["type"] == "websocket" and not _same_origin(headers):
            app = _close
        await app(inner, receive, self._signed(send))

    def _signed(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return with_headers


def _who(token: str, path: str) -> LiveSession | None:
    """The log-in this cookie stands for; one that moves is noted as alive."""
    at = clock.now()
    with reading() as session:
        found = live_session(session, hash_of(token), at=at)
    if found and at - found.last_seen_at > SEEN_EVERY and not path.startswith(_QUIET):
        with transaction() as session:
            note_seen(session, found.public_id, at=at)
    return found


def _without_identity(headers: Iterable[tuple[bytes, bytes]]) -> tuple[list[tuple[bytes, bytes]], str | None]:
    """The headers without any claim to be somebody, and the token of the cookie that was among them."""
    kept, token = [], None
    for name, value in headers:
        if name.lower() in IDENTITY:
            continue
        if name.lower() == b"cookie":
            text = value.decode("latin-1")
            if (match := _TOKEN.search(text)) and token is None:
                token = match[1]
            value = _TOKEN.sub("", text).lstrip("; ").encode("latin-1")  # noqa: PLW2901
        kept.append((name, value))
    return kept, token


def _may_pass(scope: Scope) -> bool:
    """A socket without identity is let in: the page behind it can say "log in", a refused one only tries again."""
    return bool(scope["type"] == "websocket" or scope["path"].startswith("/session/"))


def _turned_away(scope: Scope) -> ASGIApp:
    """The way to the log-in for a person's browser, a plain 401 for every other request."""
    headers = dict(scope["headers"])
    if scope["method"] in {"GET", "HEAD"} and b"text/html" in headers.get(b"accept", b""):
        wanted = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        target = wanted + (f"?{query}" if query else "")
        return RedirectResponse(f"{LOG_IN}?next={quote(target, safe='')}", 303, {"Cache-Control": "no-store"})
    return JSONResponse({"detail": "not logged in"}, 401, {"Cache-Control": "no-store"})


def _same_origin(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a socket comes from our own page: cookies are shared by all ports of a host, so localhost proves nothing."""
    found = {name.lower(): value.decode("latin-1") for name, value in headers}
    origin = found.get(b"origin")
    return origin is None or urlsplit(origin).netloc.lower() == found.get(b"host", "").lower()


async def _close(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})

"""Where providers tell us what became of messages, and what debtors write back.

Everything is answered at once: what is told is kept, a stop word is obeyed, and a job does the rest. Without a secret
to know the provider by there is no such address; who does not know it learns nothing; nothing of a body is logged.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from types import ModuleType

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from models import Channel
from workbench import clock, db
from workbench.actions.inbound import receive
from workbench.channels import email, sms, whatsapp
from workbench.channels.email import receipts as email_receipts
from workbench.channels.payloads import Knock, Unreadable
from workbench.channels.sms import receipts as sms_receipts
from workbench.channels.whatsapp import receipts as whatsapp_receipts
from workbench.settings import Settings
from workbench.web.requests import limited_body

NO_STORE = {"Cache-Control": "no-store"}
MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class _Hook:
    """One provider: its module of receipts, the largest body it sends, and what it likes to hear."""

    channel: Channel
    provider: str
    receipts: ModuleType
    limit: int
    answer: str = ""
    media_type: str = "text/plain"


_HOOKS = (
    _Hook(Channel.WHATSAPP, whatsapp.PROVIDER, whatsapp_receipts, 4 * MEGABYTE),  # Meta sends up to 3 MB
    # Twilio takes an empty answer for a broken one, and a text for words to send to the debtor
    _Hook(Channel.SMS, sms.PROVIDER, sms_receipts, MEGABYTE // 8, "<Response/>", "text/xml"),
    _Hook(Channel.EMAIL, email.PROVIDER, email_receipts, 25 * MEGABYTE),  # with what is attached
)


def routes(settings: Settings) -> list[Route]:
    """One address a channel, `/hooks/<channel>`; Meta asks its own with GET whether it is ours."""
    hooks = [Route(f"/hooks/{hook.channel}", _told(hook, settings), methods=["POST"]) for hook in _HOOKS]
    return [*hooks, Route("/hooks/whatsapp", _subscribed(settings), methods=["GET"])]


def _told(hook: _Hook, settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    async def told(request: Request) -> Response:
        if not hook.receipts.listens(settings):
            return _empty(HTTPStatus.NOT_FOUND)
        try:
            body = await limited_body(request, hook.limit)
        except HTTPException as refused:
            return _empty(refused.status_code)
        except ClientDisconnect:
            return _empty(HTTPStatus.BAD_REQUEST)
        knock = Knock(body, {name.lower(): value for name, value in request.headers.items()}, request.url.query)
        return await to_thread.run_sync(_keep, hook, knock, settings)

    return told


def _keep(hook: _Hook, knock: Knock, settings: Settings) -> Response:
    """Keeps what is told; what a provider signed and we cannot read is refused without a word of it."""
    if not hook.receipts.signed(knock, settings):
        return _empty(HTTPStatus.UNAUTHORIZED)
    at = clock.now()
    try:
        payload = hook.receipts.payload(knock)
    except Unreadable:
        return _empty(HTTPStatus.BAD_REQUEST)
    if events := hook.receipts.events(payload, at=at, settings=settings):
        with db.transaction() as session:
            receive(session, hook.channel, hook.provider, events, payload, at=at)
    return Response(hook.answer, media_type=hook.media_type, headers=NO_STORE)


def _subscribed(settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    async def subscribed(request: Request) -> Response:
        if not whatsapp_receipts.listens(settings):
            return _empty(HTTPStatus.NOT_FOUND)
        challenge = whatsapp_receipts.challenge(request.query_params, settings)
        if challenge is None:
            return _empty(HTTPStatus.UNAUTHORIZED)
        return Response(challenge, media_type="text/plain", headers=NO_STORE)

    return subscribed


def _empty(status: int) -> Response:
    return Response(status_code=status, headers=NO_STORE)

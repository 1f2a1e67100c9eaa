"""Hands a message to Meta: an approved template, or free text inside the 24-hour window.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/template-messages
"""

from dataclasses import dataclass, field
from typing import Any, NoReturn

import httpx

from workbench.channels.connections import answered, code_of, post, retry_after
from workbench.channels.letters import Outgoing, Passing, Permanent, Sent, Unknown
from workbench.channels.whatsapp import PROVIDER, errors
from workbench.rules.words import N_
from workbench.settings import Settings

BODY_LIMIT = 4096  # characters of a free text


@dataclass(frozen=True, slots=True)
class Meta:
    """The adapter of one business number."""

    settings: Settings = field(repr=False)
    provider: str = field(default=PROVIDER, init=False)

    @property
    def per_second(self) -> float:
        """How many messages the number may send."""
        return self.settings.whatsapp_per_second

    def send(self, outgoing: Outgoing) -> Sent:
        """Hands it over once; raises `Passing`, `Permanent` or `Unknown`."""
        settings = self.settings
        assert settings.whatsapp_token
        if not outgoing.template_name and len(outgoing.body) > BODY_LIMIT:
            raise Permanent(PROVIDER, N_("the text is too long"))
        url = f"{settings.whatsapp_url}/{settings.whatsapp_version}/{settings.whatsapp_phone_id}/messages"
        answer = post(
            PROVIDER,
            url,
            seconds=settings.provider_timeout_seconds,
            json=_request(outgoing),
            headers={"Authorization": f"Bearer {settings.whatsapp_token.get_secret_value()}"},
        )
        if not answer.is_success:
            _refuse(answer)
        return Sent(PROVIDER, _message_id(answer))


def _request(outgoing: Outgoing) -> dict[str, Any]:
    """The message as Meta wants it; it hands our key back with every receipt."""
    said: dict[str, Any] = {"type": "text", "text": {"body": outgoing.body, "preview_url": False}}
    if outgoing.template_name:
        template: dict[str, Any] = {"name": outgoing.template_name, "language": {"code": outgoing.language}}
        if outgoing.variables:
            filled = [{"type": "text", "text": _one_line(value)} for value in outgoing.variables]
            template["components"] = [{"type": "body", "parameters": filled}]
        said = {"type": "template", "template": template}
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": outgoing.to,
        "biz_opaque_callback_data": outgoing.key,
        **said,
    }


def _one_line(value: str) -> str:
    """A variable may hold no line break, tab, or more than four spaces in a row (error 132012)."""
    return " ".join(value.split())


def _message_id(answer: httpx.Response) -> str:
    told = answered(answer).get("messages")
    first = told[0] if isinstance(told, list) and told else {}
    given = first.get("id") if isinstance(first, dict) else None
    if not isinstance(given, str) or not given:
        raise Unknown(PROVIDER, N_("no message id in the answer"), {"status": str(answer.status_code)})
    return given


def _refuse(answer: httpx.Response) -> NoReturn:
    """Raises what an answer between 300 and 499 means; the codes say more than the status."""
    evidence = {"status": str(answer.status_code)} | code_of(answer)
    code = int(evidence["code"]) if "code" in evidence else None
    reason = errors.in_words(code)
    if code in errors.TOO_FAST:
        raise Passing(PROVIDER, reason, not_before=retry_after(answer), throttled=True, evidence=evidence)
    if code in errors.PAIR_TOO_FAST | errors.NOT_AVAILABLE | errors.OUR_ACCOUNT or answer.status_code in {
        401,
        403,
        408,
    }:
        raise Passing(PROVIDER, reason, not_before=retry_after(answer), evidence=evidence)
    if code in errors.NO_TELLING:
        raise Unknown(PROVIDER, reason, evidence)
    raise Permanent(PROVIDER, reason, invalidates=code in errors.NOT_ON_WHATSAPP, evidence=evidence)

"""Hands a text message to Twilio: https://www.twilio.com/docs/messaging/api/message-resource."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from urllib.parse import quote

import httpx

from workbench.channels.connections import answered, code_of, post, retry_after
from workbench.channels.letters import Outgoing, Passing, Permanent, Sent, Unknown
from workbench.channels.sms import PROVIDER, errors
from workbench.rules.words import N_
from workbench.settings import Settings

# Twilio keeps what it cannot hand on for ten hours if it is not told otherwise: a lawful afternoon message would
# arrive at night. What has not left its queue by then fails, and its receipt says so.
QUEUE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Twilio:
    """The adapter of one account and its sender."""

    settings: Settings = field(repr=False)
    provider: str = field(default=PROVIDER, init=False)

    @property
    def per_second(self) -> float:
        """How many messages the sender may send."""
        return self.settings.sms_per_second

    def send(self, outgoing: Outgoing) -> Sent:
        """Hands it over once; raises `Passing`, `Permanent` or `Unknown`."""
        settings = self.settings
        assert settings.sms_account
        assert settings.sms_token
        answer = post(
            PROVIDER,
            f"{settings.sms_url}/2010-04-01/Accounts/{settings.sms_account}/Messages.json",
            seconds=settings.provider_timeout_seconds,
            data=_form(outgoing, settings),
            auth=(settings.sms_account, settings.sms_token.get_secret_value()),
        )
        if not answer.is_success:
            _refuse(answer)
        return _sent(answer)


def _form(outgoing: Outgoing, settings: Settings) -> dict[str, str]:
    """The message as Twilio wants it; it has no field for a mark of ours, so the key goes into the callback's address."""
    sender = str(settings.sms_from)
    return {
        "To": outgoing.to,
        "MessagingServiceSid" if sender.startswith("MG") and len(sender) == 34 else "From": sender,
        "Body": outgoing.body,
        "ValidityPeriod": str(QUEUE_SECONDS),
        "StatusCallback": f"{settings.callback('sms')}?key={quote(outgoing.key, safe='')}",
    }


def _sent(answer: httpx.Response) -> Sent:
    told = answered(answer)
    given = told.get("sid")
    if not isinstance(given, str) or not given:
        raise Unknown(PROVIDER, N_("no message id in the answer"), {"status": str(answer.status_code)})
    return Sent(PROVIDER, given, _cost(told))


def _cost(told: dict[str, Any]) -> str | None:
    """The price, where it is known already; Twilio writes it as a negative number."""
    if told.get("price") is None or told.get("price_unit") != "USD":
        return None
    try:
        price = abs(Decimal(str(told["price"])))
    except InvalidOperation:
        return None
    return str(price) if price.is_finite() else None


def _refuse(answer: httpx.Response) -> NoReturn:
    """Raises what an answer between 300 and 499 means; the codes say more than the status."""
    evidence = {"status": str(answer.status_code)} | code_of(answer)
    code = int(evidence["code"]) if "code" in evidence else None
    reason = errors.in_words(code)
    if code in errors.TOO_FAST:
        raise Passing(PROVIDER, reason, not_before=retry_after(answer), throttled=True, evidence=evidence)
    if code in errors.OUR_ACCOUNT or answer.status_code in {401, 403, 404, 408}:
        raise Passing(PROVIDER, reason, not_before=retry_after(answer), evidence=evidence)
    if code in errors.NO_TELLING:
        raise Unknown(PROVIDER, reason, evidence)
    raise Permanent(PROVIDER, reason, invalidates=code in errors.NO_GOOD_NUMBER, evidence=evidence)

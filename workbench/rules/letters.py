"""The text of one message as it leaves: its template in the debtor's language, filled with what is owed now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from models.interactions import Channel
from workbench.rules.held import Code
from workbench.rules.letter_values import Agreed, Values, letter_values
from workbench.rules.placeholders import Unfilled
from workbench.rules.sending import Owed, Planned, Situation, Verdict, failed, is_asked_for, listed
from workbench.rules.templating import render


@dataclass(frozen=True, slots=True)
class Text:
    """An approved template; `whatsapp_name` = the name under which the provider approved it."""

    channel: Channel
    code: str
    id: int
    language: str
    subject: str | None
    body: str
    whatsapp_name: str | None


@dataclass(frozen=True, slots=True)
class Words:
    """An agent's own answer."""

    body: str
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The words of a case that a template may use, beside its debts; `language` is the one it should be in."""

    debtor_name: str
    is_firm: bool
    creditor: str
    portfolio: str
    currency: str
    country: str
    language: str
    promise: tuple[Decimal, date] | None = None
    payment_amount: Decimal | None = None
    agreed: Agreed | None = None
    contact_phone: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What leaves; `amount` is the sum of the debts it lists, `language_wanted` the language it should have been in."""

    body: str
    language: str
    subject: str | None = None
    template_id: int | None = None
    template_name: str | None = None  # of WhatsApp
    variables: tuple[str, ...] = ()
    language_wanted: str | None = None
    segments: int | None = None
    amount: Decimal | None = None


def letter(
    planned: Planned, situation: Situation, head: Letterhead, text: Text | None, *, words: Words | None, at: datetime
) -> Letter | Verdict:
    """The text with the amounts of now, or why there is none; `words` are an agent's own, which need no template.

    WhatsApp takes a text of our own only within a day of the debtor's last words.
    """
    free = planned.channel is not Channel.WHATSAPP or is_asked_for(situation.wrote_at, at=at)
    if words is not None:
        return Letter(words.body, head.language, words.subject) if free else failed(Code.WINDOW_CLOSED)
    if text is None:
        return failed(Code.NO_TEMPLATE)
    if not free and text.whatsapp_name is None:
        return failed(Code.WINDOW_CLOSED)
    debts = listed(planned.anchor_on, situation.owed, on=situation.on)
    try:
        return _filled(text, head, debts, on=situation.on)
    except Unfilled as unfilled:
        return failed(Code.UNFILLED, name=unfilled.what)


def values_of(head: Letterhead, debts: Sequence[Owed], *, on: date) -> Values:
    """What a template may say of one case on business date `on`, with these debts listed."""
    return letter_values(
        debtor_name=head.debtor_name,
        is_firm=head.is_firm,
        creditor=head.creditor,
        portfolio=head.portfolio,
        currency=head.currency,
        country=head.country,
        on=on,
        debts=[(each.account, each.product, each.due_on, each.amount, each.counted_from) for each in debts],
        promise=head.promise,
        payment_amount=head.payment_amount,
        agreed=head.agreed,
        contact_phone=head.contact_phone,
    )


def _filled(text: Text, head: Letterhead, debts: Sequence[Owed], *, on: date) -> Letter:
    values = values_of(head, debts, on=on)
    made = render(text, values, text.language)
    return Letter(
        body=made.body,
        language=text.language,
        subject=made.subject,
        template_id=text.id,
        template_name=text.whatsapp_name,
        variables=made.variables,
        language_wanted=head.language if head.language != text.language else None,
        segments=made.sms.segments if made.sms else None,
        amount=values.total,
    )

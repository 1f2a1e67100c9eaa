"""Why a case is where it is, and why a night moved it: words made from the factors, never stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import log

from babel.numbers import format_currency, format_decimal, format_percent

from models.interactions import Channel
from models.nights import ChangeKind
from models.work_items import Band
from workbench.rules.order_rules import Told
from workbench.rules.scoring import Priors, odds
from workbench.rules.words import N_, translate

SHOWN = 3
QUOTED = 80  # characters of a reply that a reason quotes
ANSWERED = {
    Channel.WHATSAPP: N_("Answered by WhatsApp: “{words}”"),
    Channel.SMS: N_("Answered by SMS: “{words}”"),
    Channel.EMAIL: N_("Answered by e-mail: “{words}”"),
}
WROTE = {
    Channel.WHATSAPP: N_("Wrote by WhatsApp and waits for an answer"),
    Channel.SMS: N_("Wrote by SMS and waits for an answer"),
    Channel.EMAIL: N_("Wrote by e-mail and waits for an answer"),
}


class Share(float):
    """A value shown as a percentage."""


class Money(Decimal):
    """A value shown in the portfolio's currency."""


class Times(float):
    """A multiplier, without its sign."""


class Said(str):
    """A value in somebody's own words, or a name that is the same in every language."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the debtor wrote last and nobody has answered; `words` none where they are not to be shown.

    `on` is the day to pay that it proposes.
    """

    channel: Channel
    words: str | None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """An English message id and the values of its `{named}` places."""

    msgid: str
    values: Mapping[str, "int | Share | Money | Times | Said"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Factors:
    """What a standing and its work item say of one case; `reach` and `roll` are shares, `typical` a usual amount."""

    days: int
    past_due: Decimal
    late: int
    settled: int
    roll: float
    cust: float
    reach: float
    broken: int = 0
    has_phone: bool = True
    band: Band = Band.SCORE
    typical: Decimal | None = None
    reply: Reply | None = None
    rules: tuple[Told, ...] = ()  # of the order, that hold for it


def reasons(case: Factors, priors: Priors) -> tuple[Reason, ...]:
    """The three things that say most about this case's place, the strongest first, and every rule of the order there is.

    Strength is the distance of the factor from what is usual in the portfolio, on the logarithmic scale on which the
    factors add up to the score; a callback or a broken promise goes before everything, as it does in the queue.
    """
    strengths = [(100.0, reason) for reason in _before_the_score(case)]
    strengths += [(50.0, _ruled(told)) for told in case.rules]
    usual = float(case.typical or case.past_due) or 1.0
    strengths += [
        (abs(log(max(float(case.past_due), 0.01) / usual)) + 0.5, _amount(case)),
        (_distance(case.roll, sum(priors.rolls) / len(priors.rolls)), _age(case)),
        (_distance(case.cust, priors.base) if case.settled else 0.0, _habit(case)),
        (_distance(case.reach, priors.reach), _answers(case)),
    ]
    strengths.sort(key=lambda pair: -pair[0])
    return tuple(reason for _, reason in strengths[: SHOWN + len(case.rules)])


def _distance(share: float, usual: float) -> float:
    return abs(log(float(odds(share)) / float(odds(usual))))


def _before_the_score(case: Factors) -> list[Reason]:
    written = [_reply(case.reply)] if case.reply else []
    return written + [reason for reason in _by_band(case) if not (case.reply and case.band == Band.NEGOTIATION)]


def _reply(reply: Reply) -> Reason:
    if reply.words is None:
        return Reason(WROTE[reply.channel])
    return Reason(ANSWERED[reply.channel], {"words": Said(_shortened(reply.words))})


def _shortened(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= QUOTED else line[: QUOTED - 1].rstrip() + "…"


def _by_band(case: Factors) -> list[Reason]:
    if case.band == Band.CALLBACK:
        return [Reason(N_("A callback was agreed"))]
    if case.band == Band.BROKEN_PROMISE:
        return [Reason(N_("Broke a promise to pay and nobody has spoken with them since"))]
    if case.band == Band.NEGOTIATION:
        return [Reason(N_("A negotiation is waiting"))]
    return []


def _ruled(told: Told) -> Reason:
    if told.times is None:
        return Reason(N_("Rule “{name}” keeps it out: {why}"), {"name": Said(told.name), "why": Said(told.ban or "")})
    return Reason(N_("Rule “{name}”: ×{times}"), {"name": Said(told.name), "times": Times(told.times)})


def _amount(case: Factors) -> Reason:
    return Reason(N_("{amount} past due"), {"amount": Money(case.past_due)})


def _age(case: Factors) -> Reason:
    msgid = N_("{days} days past due: {share} of debts this old are still unpaid two weeks later")
    return Reason(msgid, {"days": case.days, "share": Share(case.roll)})


def _habit(case: Factors) -> Reason:
    if not case.settled:
        return Reason(N_("No payment history yet"))
    msgid = N_("Paid {late} of {settled} earlier debts more than two weeks late")
    return Reason(msgid, {"late": case.late, "settled": case.settled})


def _answers(case: Factors) -> Reason:
    if not case.has_phone:
        return Reason(N_("No number that works: one has to be found"))
    return Reason(N_("Answers about {share} of calls"), {"share": Share(case.reach)})


CHANGES: dict[str, str] = {
    "first_time": N_("New in the portfolio"),
    "fell_due": N_("Something fell due"),
    "came_back": N_("Past due again or released to the queue"),
    "replied": N_("Wrote to us and waits for an answer"),
    "paid": N_("Everything is paid"),
    "nothing_past_due": N_("Nothing is past due any more"),
    "paused": N_("Paused until somebody decides"),
    "handed_over": N_("Another queue or a final outcome has taken the case over"),
    "older": N_("The oldest debt grew older"),
    "oldest_paid": N_("The oldest debt was paid"),
    "owes_more": N_("More is past due"),
    "owes_less": N_("Less is past due"),
    "habit": N_("Its payment history changed"),
    "answers": N_("What we know about who answers changed"),
    "learned": N_("The portfolio's history taught new odds"),
    "threshold": N_("Days past due crossed the stage's threshold"),
    "judicial_needs_approval": N_("Old enough for judicial collection: a person has to decide"),
    "hand_over_step": N_("The strategy's ladder ends here: a person has to decide"),
    "paid_enough": N_("Payments reached the promised amount"),
    "paid_some": N_("Only a part arrived in time"),
    "paid_nothing": N_("Nothing arrived in time"),
    "agreement_paid": N_("The whole agreement is paid"),
    "installments_missed": N_("More installments were missed than the agreement bears"),
    "installment_late": N_("An installment was not paid in time"),
    "rules": N_("The rules of the order changed"),
    "banned": N_("The rule “{name}” keeps it out"),
    "ban_lifted": N_("The rule “{name}” no longer keeps it out"),
    "dealt": N_("Work was dealt out"),
    "covered": N_("Somebody covers for its owner"),
    "cover_ended": N_("The cover of its owner ended"),
    "leaver": N_("Its owner left"),
    "portfolio_moved": N_("The portfolio went to another team"),
    "deal_undone": N_("A deal of work was undone"),
}
KINDS: dict[ChangeKind, str] = {
    ChangeKind.ENTERED: N_("Entered the queue"),
    ChangeKind.LEFT: N_("Left the queue"),
    ChangeKind.UP: N_("Moved up"),
    ChangeKind.DOWN: N_("Moved down"),
    ChangeKind.BUCKET: N_("Changed ageing bucket"),
    ChangeKind.STAGE: N_("Changed stage"),
    ChangeKind.STAGE_PROPOSED: N_("Judicial stage proposed"),
    ChangeKind.PROMISE_KEPT: N_("Promise kept"),
    ChangeKind.PROMISE_PARTIALLY_KEPT: N_("Promise partially kept"),
    ChangeKind.PROMISE_BROKEN: N_("Promise broken"),
    ChangeKind.AGREEMENT_COMPLETED: N_("Agreement completed"),
    ChangeKind.AGREEMENT_BROKEN: N_("Agreement broken"),
    ChangeKind.INSTALLMENT_MISSED: N_("Installment missed"),
    ChangeKind.OWNER: N_("Changed hands"),
}


def change_reason(code: str) -> Reason:
    """The words of a `NightlyChange.reason`; after a colon stands the name of the rule that it speaks of."""
    kind, _, name = code.partition(":")
    return Reason(CHANGES[kind], {"name": Said(name)} if name else {})


def in_words(reason: Reason, language: str, currency: str) -> str:
    """One sentence in the reader's language, money and shares in its formats."""
    return translate(
        reason.msgid, language, **{name: _shown(value, language, currency) for name, value in reason.values.items()}
    )


def _shown(value: int | Share | Money | Times | Said, language: str, currency: str) -> str:
    if isinstance(value, Share):
        return str(format_percent(value, locale=language))
    if isinstance(value, Money):
        return str(format_currency(value, currency, locale="es_MX" if language == "es" else language))
    if isinstance(value, Times):
        return times_words(value, language)
    return str(value)


def times_words(times: float, language: str) -> str:
    """A multiplier with as many decimals as it needs: `1.5`."""
    return str(format_decimal(times, "#,##0.##", locale="es_MX" if language == "es" else language))

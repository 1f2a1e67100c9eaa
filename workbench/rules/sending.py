"""May this message leave now? Asked once more at the very moment, because much may have happened since it was planned.

First what stops it whatever the hour (paid, promised, paused …), then the law. A step's message is about the debts of
its anchor: once the oldest due date is another one, or a reminder before the due date has become late, it says the
wrong thing and is dropped; the next night plans anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from models.agreements import AgreementState
from models.interactions import Channel
from models.messages import Cause, MessageState
from models.pauses import PauseKind
from models.promises import PromiseState
from workbench.rules.contact_law import Decision, case_of
from workbench.rules.contact_places import Known, Place
from workbench.rules.held import Code, held, held_by_law
from workbench.rules.law_words import Level
from workbench.rules.pauses import BARS_CONTACT

REPLY_WINDOW = timedelta(hours=24)  # WhatsApp: free words only so long after the debtor's own
_TELLING = (Cause.PAYMENT_THANKS, Cause.AGREEMENT)  # ask for nothing
_STANDING = (AgreementState.ACTIVE, AgreementState.COMPLETED)  # what an agreement's letter says still holds


@dataclass(frozen=True, slots=True)
class Owed:
    """An open instalment or invoice; `paused` = why nothing is written about its account.

    `not_counted` = days since its due date on which a pause stopped the clock.
    """

    account: str
    product: str | None
    due_on: date
    amount: Decimal
    paused: PauseKind | None = None
    not_counted: int = 0

    @property
    def counted_from(self) -> date:
        """The day from which its days past due are counted."""
        return self.due_on + timedelta(days=self.not_counted)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a message was planned for."""

    cause: Cause
    channel: Channel
    on_date: date
    expires_at: datetime
    anchor_on: date | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What holds at the moment of sending, on the business date `on`.

    `promised_until` = the last day an open promise covers, its grace included, or today where an agreement is on
    track; `promise`, `reversed`, `agreement` and `installment_paid` tell what became of the promise, payment or
    agreement that an event is about; `paused` = why the whole case is; `replied` = the debtor
    wrote and nobody has answered; `wrote_at` = the debtor's last words on this channel.
    """

    on: date
    owed: Sequence[Owed]
    promised_until: date | None = None
    promise: PromiseState | None = None
    reversed: bool = False
    agreement: AgreementState | None = None
    installment_paid: bool = False
    paused: PauseKind | None = None
    ended: bool = False
    opted_out: bool = False
    replied: bool = False
    wrote_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of the message: `sending`, or why not; a `planned` one waits until `not_before`."""

    state: MessageState
    held: dict[str, Any] | None = None
    not_before: datetime | None = None


GO = Verdict(MessageState.SENDING)


def listed(anchor_on: date | None, owed: Sequence[Owed], *, on: date) -> list[Owed]:
    """The debts a message is about, never a paused one: those past due, or those due on its anchor while that is to come.

    Without an anchor (what tells of a promise or a payment) all open ones where nothing is past due.
    """
    free = [each for each in owed if each.paused is None]
    if anchor_on is not None and anchor_on >= on:
        return [each for each in free if each.due_on == anchor_on]
    late = [each for each in free if each.due_on < on]
    return late if late or anchor_on else free


def anchor_of(owed: Sequence[Owed]) -> date | None:
    """The oldest due date, past or still to come; none when nothing is owed that may be written about."""
    return min((each.due_on for each in owed if each.paused is None), default=None)


def stopped(planned: Planned, situation: Situation, *, at: datetime) -> Code | None:
    """What stops the message whatever the hour, the first of several."""
    if at >= planned.expires_at:
        return Code.EXPIRED
    if situation.opted_out:
        return Code.OPTED_OUT
    if situation.paused in BARS_CONTACT:
        return Code.PAUSED
    return None if planned.cause is Cause.REPLY else _stopped_unasked(planned, situation)


def _stopped_unasked(planned: Planned, situation: Situation) -> Code | None:
    """What stops a message that is no answer to the debtor's own."""
    if situation.ended:
        return Code.ENDED
    if situation.paused:
        return _pause_code(situation.paused)
    return _stopped_by_cause(planned, situation)


def _pause_code(kind: PauseKind) -> Code:
    return Code.DISPUTED if kind is PauseKind.DISPUTE else Code.PAUSED


def _stopped_by_cause(planned: Planned, situation: Situation) -> Code | None:
    if planned.cause in _TELLING:
        return _stopped_telling(planned, situation)
    if code := _nothing_to_ask(situation):
        return code
    if planned.cause is Cause.PROMISE_DUE:
        return None if situation.promise is PromiseState.OPEN else Code.OVERTAKEN
    if planned.cause is Cause.INSTALLMENT_DUE:
        return _stopped_installment(situation)
    return _left_alone(situation) or (
        _stopped_step(planned, situation) if planned.cause is Cause.STEP else _stopped_break(situation)
    )


def _stopped_telling(planned: Planned, situation: Situation) -> Code | None:
    """Thanks for a payment that was reversed, or the letter of an agreement that has ended."""
    if planned.cause is Cause.PAYMENT_THANKS:
        return Code.OVERTAKEN if situation.reversed else None
    return None if situation.agreement in _STANDING else Code.OVERTAKEN


def _nothing_to_ask(situation: Situation) -> Code | None:
    if not situation.owed:
        return Code.PAID
    paused = {each.paused for each in situation.owed}
    if None in paused:
        return None
    return Code.DISPUTED if PauseKind.DISPUTE in paused else Code.PAUSED


def _left_alone(situation: Situation) -> Code | None:
    if situation.promised_until is not None and situation.promised_until >= situation.on:
        return Code.PROMISED
    return Code.REPLIED if situation.replied else None


def _stopped_installment(situation: Situation) -> Code | None:
    if situation.agreement is not AgreementState.ACTIVE:
        return Code.OVERTAKEN
    return Code.PAID if situation.installment_paid else None


def _stopped_break(situation: Situation) -> Code | None:
    broken = situation.promise in (PromiseState.BROKEN, PromiseState.PARTIALLY_KEPT)
    return None if broken else Code.OVERTAKEN


def _stopped_step(planned: Planned, situation: Situation) -> Code | None:
    assert planned.anchor_on is not None  # every step has one
    if not listed(planned.anchor_on, situation.owed, on=situation.on):
        return Code.PAID
    late_reminder = planned.on_date <= planned.anchor_on < situation.on
    moved = anchor_of(situation.owed) != planned.anchor_on
    return Code.OVERTAKEN if late_reminder or moved else None


def by_law(planned: Planned, decision: Decision, *, zone: str) -> Verdict:
    """What the law makes of it: now, at a later moment before it expires, or never."""
    if decision.allowed:
        return GO
    reason, later = held_by_law(decision, zone), decision.next_allowed
    if later is not None and later < planned.expires_at:
        return Verdict(MessageState.PLANNED, reason, later)
    return Verdict(MessageState.BLOCKED, reason)


def cancelled(code: Code) -> Verdict:
    """It is not sent, and not because of the law or the provider."""
    return Verdict(MessageState.CANCELLED, held(code))


def failed(code: Code, **params: Any) -> Verdict:
    """It cannot be written; somebody has to mend a template."""
    return Verdict(MessageState.FAILED, held(code, **params))


def is_asked_for(wrote_at: datetime | None, *, at: datetime) -> bool:
    """Whether the debtor's last words on a channel are recent enough for an answer, and for words without a template."""
    return wrote_at is not None and at - wrote_at < REPLY_WINDOW


def limits_calls(place: Place, known: Known, at: datetime, channel: Channel, level: Level) -> bool:
    """Whether the law counts messages on this channel, gone so far, when it limits calls: then call items may have to wait."""
    binding = case_of(place.question(replace(known, priors=()), at), None).binding
    return any(limit.level <= level and channel in limit.channels for limit in binding.limits)

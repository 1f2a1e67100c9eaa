"""What becomes of a work item after a call, a skip or a claim given back, and until when it waits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.work_items import Band, Queue, WorkState
from workbench.rules.words import N_

ATTEMPTS_PER_DAY = 3  # until the contact law of the country says otherwise
CALLBACK_OWN_MINUTES = 15  # a due callback is its author's alone for so long, then anyone's

NextLawful = Callable[[datetime], datetime]  # the first moment not before this one when the debtor may be called


class SkipReason(StrEnum):
    """Why an agent gives a debtor back without calling."""

    BAD_MOMENT = "bad_moment"
    KNOWS_DEBTOR = "knows_debtor"
    LANGUAGE = "language"
    DATA_UNCLEAR = "data_unclear"
    NEEDS_SUPERVISOR = "needs_supervisor"
    TECHNICAL = "technical"


SKIP_LABELS: dict[SkipReason, str] = {
    SkipReason.BAD_MOMENT: N_("Bad moment to call"),
    SkipReason.KNOWS_DEBTOR: N_("I know this person"),
    SkipReason.LANGUAGE: N_("Another language is needed"),
    SkipReason.DATA_UNCLEAR: N_("The data is not clear"),
    SkipReason.NEEDS_SUPERVISOR: N_("A supervisor has to look at it"),
    SkipReason.TECHNICAL: N_("Technical problem"),
}
SKIP_HOURS: dict[SkipReason, int] = {
    SkipReason.BAD_MOMENT: 4,
    SkipReason.KNOWS_DEBTOR: 24,
    SkipReason.LANGUAGE: 24,
    SkipReason.DATA_UNCLEAR: 24,
    SkipReason.NEEDS_SUPERVISOR: 24,
    SkipReason.TECHNICAL: 1,
}


@dataclass(frozen=True, slots=True)
class Effects:
    """What a disposition does to the work, as its row says."""

    terminal: bool = False
    follow_up_hours: int = 24
    next_queue: Queue | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the case stands when the call has been recorded; `promise_watch` is when an open promise would be broken."""

    queue: Queue
    attempts_today: int = 0
    phones_left: int = 1
    callback_at: datetime | None = None
    promise_watch: datetime | None = None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The item's next state; `opens` is another queue that takes the case over, `because` a code for audit and screens."""

    state: WorkState
    because: str
    not_before: datetime | None = None
    band: Band | None = None  # none = as it was
    for_author: bool = False
    opens: Queue | None = None
    opens_at: datetime | None = None  # none = at once


def follow_up(
    effects: Effects, situation: Situation, *, at: datetime, tomorrow: datetime, next_lawful: NextLawful
) -> FollowUp:
    """Decides in this order: nothing more to do, an agreed hour, another queue, no number left, a promise, the next try."""
    if effects.terminal:
        return FollowUp(WorkState.CLOSED, "terminal")
    if situation.callback_at:
        return FollowUp(WorkState.WAITING, "callback", situation.callback_at, Band.CALLBACK, for_author=True)
    again_at = next_try(
        effects.follow_up_hours, situation.attempts_today, at=at, tomorrow=tomorrow, next_lawful=next_lawful
    )
    if effects.next_queue and effects.next_queue != situation.queue:
        later = None if effects.next_queue == Queue.REVIEW else again_at
        return FollowUp(WorkState.CLOSED, "next_queue", opens=effects.next_queue, opens_at=later)
    if not situation.phones_left:
        if situation.queue == Queue.REVIEW:
            return FollowUp(WorkState.WAITING, "no_phone_left", next_lawful(tomorrow), Band.SCORE)
        return FollowUp(WorkState.CLOSED, "no_phone_left", opens=Queue.REVIEW)
    watch = situation.promise_watch
    return _stays(situation.queue, "promise" if watch else "next_try", next_lawful(watch) if watch else again_at, at)


def _stays(queue: Queue, because: str, again_at: datetime, at: datetime) -> FollowUp:
    """The case goes on in its queue; one that was reviewed goes back to the calls."""
    if queue == Queue.REVIEW:
        return FollowUp(WorkState.CLOSED, "reviewed", opens=Queue.CALL, opens_at=again_at)
    band = Band.NEGOTIATION if queue == Queue.NEGOTIATION else Band.SCORE
    if again_at <= at:
        return FollowUp(WorkState.READY, because, band=band)
    return FollowUp(WorkState.WAITING, because, again_at, band)


def next_try(hours: int, attempts_today: int, *, at: datetime, tomorrow: datetime, next_lawful: NextLawful) -> datetime:
    """The next lawful moment after `hours`; after the day's last attempt, not before `tomorrow` (the debtor's midnight)."""
    soonest = at + timedelta(hours=hours)
    if attempts_today < ATTEMPTS_PER_DAY:
        return next_lawful(soonest) if hours else at
    return next_lawful(max(soonest, tomorrow))


def skipped_until(reason: SkipReason, *, at: datetime, next_lawful: NextLawful) -> datetime:
    """When a skipped item comes back."""
    return next_lawful(at + timedelta(hours=SKIP_HOURS[reason]))

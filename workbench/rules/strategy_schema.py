"""What a strategy may say: who is in which segment, the ladder of steps of each, and what events write.

Shares are of debtors, amounts in the portfolio's currency, days whole days past due (negative = not yet due),
costs US dollars a message (an SMS: each of its parts), as the providers bill them.
"""

from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from models.cases import Stage
from models.interactions import Channel
from models.strategies import StepKind

WRITTEN = (Channel.WHATSAPP, Channel.SMS, Channel.EMAIL)  # the channels a message can take
FARTHEST = 3650  # days; who owes for longer than ten years is nobody's campaign
MOST_SEGMENTS, MOST_STEPS = 30, 60
MOST_NAMES = 62  # of products, regions or cities in one strategy: a case's are the bits of one number

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Share = Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)]
DayPastDue = Annotated[int, Field(ge=-365, le=FARTHEST)]
Count = Annotated[int, Field(ge=0, le=10_000)]
Chance = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = TypeVar("Number", int, float, Decimal)


class Order(StrEnum):
    """Which of a step's channels is tried first: as they are listed, or what works best with this debtor."""

    LISTED = "listed"
    BEST = "best"


class Strict(BaseModel):
    """Unknown fields are mistakes, and what was read never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Between(Strict, Generic[Number]):
    """A range with both of its ends in it; an end that is left out is open."""

    least: Number | None = None
    most: Number | None = None


class Conditions(Strict):
    """Who belongs to a segment: all of these hold; what is empty is not asked.

    `amount` is what a message would speak of: past due, or falling due on the next date where nothing is late.
    `risk` is the probability that it stays unpaid. Names are compared without accents and capitals.
    """

    stages: tuple[Stage, ...] = ()
    days_past_due: Between[DayPastDue] = Between[DayPastDue]()
    amount: Between[Amount] = Between[Amount]()
    settled: Between[Count] = Between[Count]()  # receivables settled so far
    late: Between[Count] = Between[Count]()  # of them, settled late
    broken: Between[Count] = Between[Count]()  # promises broken
    risk: Between[Chance] = Between[Chance]()
    products: tuple[Name, ...] = ()
    regions: tuple[Name, ...] = ()
    cities: tuple[Name, ...] = ()


class StepConditions(Strict):
    """For which amounts a step is meant, both ends included; for the others it is as if it did not exist."""

    min_amount: Amount | None = None
    max_amount: Amount | None = None


class Step(Strict):
    """One rung of a ladder: something to do when a debt is `offset` days past due, or soon after.

    It may begin on `valid_days` days, the first at `offset`. It is done at most `max_attempts` times, with at least
    `min_gap_days` between it and the last message that was sent to the case by any step. A message waits for a
    lawful moment on `expires_days` business dates, its own first one counted, and never leaves before `at` (local time).
    """

    code: Code
    name: Name
    kind: StepKind = StepKind.MESSAGE
    offset: DayPastDue
    channels: tuple[Channel, ...] = ()  # in the order of preference
    order: Order = Order.LISTED
    template: Code | None = None
    conditions: StepConditions = StepConditions()
    min_gap_days: Annotated[int, Field(ge=1, le=365)] = 1
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 1
    valid_days: Annotated[int, Field(ge=1, le=FARTHEST)] = 3
    at: time | None = None
    expires_days: Annotated[int, Field(ge=1, le=30)] = 2

    def is_valid_on(self, day: int) -> bool:
        """Whether the step may begin on a day past due."""
        return self.offset <= day < self.offset + self.valid_days


def _by_day(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(sorted(steps, key=lambda step: step.offset))


Steps = Annotated[tuple[Step, ...], Field(min_length=1, max_length=MOST_STEPS), AfterValidator(_by_day)]


class Challenger(Strict):
    """Another ladder, tried on a share of a segment's debtors."""

    share: Annotated[float, Field(gt=0, le=0.5, allow_inf_nan=False)]
    steps: Steps


class Segment(Strict):
    """Some of the debtors and their ladder, in the order of its days; `held_out` is the share that gets nothing, to measure against."""

    code: Code
    name: Name
    when: Conditions = Conditions()
    steps: Steps
    challenger: Challenger | None = None
    held_out: Share = 0.0


class Notice(Strict):
    """A message that an event writes."""

    channels: tuple[Channel, ...] = Field(min_length=1)
    order: Order = Order.LISTED
    template: Code


class PromiseDue(Strict):
    """Reminders of a promise, or of an installment: days before its due day to the template of that day."""

    channels: tuple[Channel, ...] = Field(min_length=1)
    order: Order = Order.LISTED
    templates: dict[Annotated[int, Field(ge=0, le=7)], Code] = Field(min_length=1)

    @property
    def days_before(self) -> tuple[int, ...]:
        """On which days before the due day one is sent, the earliest first."""
        return tuple(sorted(self.templates, reverse=True))


class Events(Strict):
    """What is written when something happens; none = nothing."""

    promise_due: PromiseDue | None = None
    promise_broken: Notice | None = None
    payment_thanks: Notice | None = None
    installment_due: PromiseDue | None = None


class Definition(Strict):
    """One version of a portfolio's cadence; the first segment whose conditions hold has the case."""

    segments: tuple[Segment, ...] = Field(min_length=1, max_length=MOST_SEGMENTS)
    events: Events = Events()
    costs: dict[Channel, Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)]] = Field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The definition as the database keeps it."""
        return self.model_dump(mode="json", exclude_defaults=True)

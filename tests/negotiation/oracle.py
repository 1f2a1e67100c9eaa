"""What promises, agreements and days past due must be, lived through day by day from their definitions.

Nothing here asks the product: no rule, no query. Slow, and as plain as a person with a calendar would do it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate

ZERO = Decimal(0)
CENT = Decimal("0.01")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Money:
    """What came in on a day for an account (none = nothing took it), in the order in which it is told."""

    on: date
    amount: Decimal
    account: int | None = None


@dataclass
class Promise:
    """What was promised, and what became of it; `parts` are (day, amount)."""

    id: int
    account: int | None
    taken_on: date
    parts: list[tuple[date, Decimal]]
    state: str = "open"
    paid: Decimal = ZERO
    late: Decimal = ZERO
    closed_on: date | None = None

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.parts), ZERO)

    @property
    def lost(self) -> bool:
        return self.state in ("broken", "partially_kept")

    def about(self, account: int | None) -> bool:
        return self.account is None or self.account == account

    def same_debt(self, other: "Promise") -> bool:
        return None in (self.account, other.account) or self.account == other.account

    @property
    def said(self) -> tuple[str, Decimal, Decimal, date | None]:
        return self.state, self.paid, self.late, self.closed_on


@dataclass
class Patience:
    """Days of grace, and the share of an amount that is enough."""

    grace: int
    tolerance: Decimal

    def window(self, due: date) -> date:
        return due + self.grace * DAY


def live_through(promises: Iterable[Promise], money: Sequence[Money], patience: Patience, on: date) -> None:
    """Lets the days go by, the promises in the order they were given; what none takes in time is late for a lost one."""
    told = sorted(promises, key=lambda each: (each.taken_on, each.id))
    for each in told:
        each.state, each.paid, each.late, each.closed_on = "open", ZERO, ZERO, None
    left: list[Money] = []
    for day in _days(min((each.taken_on for each in told), default=on), on):
        for each in told:
            _morning(each, patience, day)
        today = [coin for coin in money if coin.on == day]
        left += [Money(day, coin.amount - _take(told, coin, patience), coin.account) for coin in today]
    for coin in left:
        _take_late(told, coin)


def _morning(promise: Promise, patience: Patience, day: date) -> None:
    """Was a window over last night with too little in it?"""
    asked = ZERO
    for due, amount in promise.parts:
        asked += amount
        over = patience.window(due) == day - DAY and promise.state == "open"
        if over and promise.paid < asked * patience.tolerance:
            promise.state, promise.closed_on = "partially_kept" if promise.paid else "broken", day


def _take(told: list[Promise], coin: Money, patience: Patience) -> Decimal:
    left = coin.amount
    for each in told:
        in_time = each.taken_on <= coin.on <= patience.window(each.parts[-1][0]) and not each.lost
        if in_time and each.about(coin.account):
            took = min(left, each.amount - each.paid)
            each.paid, left = each.paid + took, left - took
            if each.state == "open" and took and each.paid >= each.amount * patience.tolerance:
                each.state, each.closed_on = "kept", coin.on
    return coin.amount - left


def _take_late(told: list[Promise], coin: Money) -> None:
    left = coin.amount
    for each in told:
        if each.lost and each.closed_on and each.closed_on <= coin.on and each.about(coin.account):
            took = min(left, each.amount - each.paid - each.late)
            each.late, left = each.late + took, left - took


def judge(promises: list[Promise], ended: dict[int, tuple], money: list[Money], patience: Patience, on: date) -> None:
    """Judges those that nobody ended; of two open ones on one debt the later has replaced the earlier, for good."""
    while True:
        alive = [each for each in promises if each.id not in ended]
        live_through(alive, money, patience, on)
        opened = sorted((each for each in alive if each.state == "open"), key=lambda each: (each.taken_on, each.id))
        replaced = [
            (each, [other for other in opened[place + 1 :] if other.same_debt(each)])
            for place, each in enumerate(opened)
        ]
        found = {each.id: ("replaced", each.paid, ZERO, later[-1].taken_on) for each, later in replaced if later}
        if not found:
            return
        ended |= found


@dataclass
class Agreement:
    """What was signed, and what became of it; `parts` are (day, amount)."""

    id: int
    account: int | None
    signed_on: date
    limit: int
    patience: Patience
    parts: list[tuple[date, Decimal]]
    money: list[Money] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((amount for _, amount in self.parts), ZERO)

    def judged(self, on: date) -> tuple[str, Decimal, int, date | None]:
        """State, paid, missed installments and the day it closed, as of the evening of `on`."""
        paid = ZERO
        for day in _days(self.signed_on, on):
            if self._window_over(day) and self._missed(day, paid) >= self.limit:
                return "broken", min(paid, self.total), self._missed(day, paid), day
            paid += sum((coin.amount for coin in self.money if coin.on == day), ZERO)
            if paid >= self.total:
                return "completed", self.total, 0, day
        return "active", paid, self._missed(on, paid), None

    def _window_over(self, day: date) -> bool:
        return any(self.patience.window(due) == day - DAY for due, _ in self.parts)

    def _missed(self, day: date, paid: Decimal) -> int:
        """How many installments' windows are over on the morning of a day without enough for all until them."""
        enough = [due * self.patience.tolerance for due in accumulate(amount for _, amount in self.parts)]
        enough[-1] = self.total
        windows = [self.patience.window(due) for due, _ in self.parts]
        return sum(window < day and paid < least for window, least in zip(windows, enough, strict=True))


@dataclass(frozen=True)
class Pause:
    """A pause that stops the clock, of an account or (none) the whole case; `last` none = nobody knows yet."""

    account: int | None
    first: date
    last: date | None
    over: bool = False  # somebody has ended it

    def live(self, on: date) -> bool:
        return not self.over and self.first <= on and (self.last is None or on <= self.last)

    def stops(self, account: int, day: date) -> bool:
        return self.account in (None, account) and self.first < day and (self.last is None or day <= self.last)


def days_past_due(oldest: Mapping[int, date], pauses: Sequence[Pause], on: date) -> int | None:
    """The days that count of the account that is latest, none when nothing is past due; `oldest` due day by account."""
    counted = [
        sum(not any(pause.stops(account, day) for pause in pauses) for day in _days(due + DAY, on))
        for account, due in oldest.items()
        if due < on
    ]
    return max(counted, default=None)


def class_of(days: int | None, starts: Sequence[int], grace: int, extrajudicial_after: int) -> tuple[int, str]:
    """Bucket and stage of a case that nobody took to court; days within the grace are as none."""
    late = 0 if days is None or days <= grace else days
    stage = "extrajudicial" if late > extrajudicial_after else "administrative" if late else "preventive"
    return sum(start <= late for start in starts), stage


def interest(balance: Decimal, yearly: Decimal, days: int) -> Decimal:
    """Balance x rate / 365 x days, to the cent."""
    return (balance * yearly * days / 365).quantize(CENT, ROUND_HALF_UP)


def _days(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]

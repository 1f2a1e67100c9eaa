"""What a pause does to a debt: which of its days count, which contacts it refuses, and which pauses may stand together.

The first day of a pause counts, the days after it up to its last one do not, as far as they lie after the due date.
All days are day numbers since 1970-01-01; a column of one is the scalar's own rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.pauses import PauseKind
from workbench.rules.ageing import NO_DATE
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

Ints = NDArray[np.int64]
Columns = Mapping[str, NDArray[Any]]

STOPS_CLOCK = (PauseKind.DISPUTE, PauseKind.HARDSHIP, PauseKind.LEGAL_HOLD, PauseKind.DECEASED)
BARS_CONTACT = (PauseKind.LEGAL_HOLD, PauseKind.DECEASED, PauseKind.HAND_OVER)
WHOLE_CASE = 0  # the account of a pause that is about all of them
OPEN_END = 10_000_000  # the day number of an end that nobody knows yet
EPOCH = date(1970, 1, 1)

LABELS: dict[PauseKind, str] = {
    PauseKind.DISPUTE: N_("Dispute"),
    PauseKind.HARDSHIP: N_("Hardship"),
    PauseKind.LEGAL_HOLD: N_("Legal hold"),
    PauseKind.VERIFICATION: N_("Payment to verify"),
    PauseKind.OTHER: N_("Another reason"),
    PauseKind.DECEASED: N_("Deceased"),
    PauseKind.HAND_OVER: N_("Handed over"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A pause's first and last day (none = open), of one account or (none) the whole case; `name` is for people."""

    from_on: date
    until_on: date | None = None
    account_id: int | None = None
    kind: PauseKind = PauseKind.DISPUTE

    @property
    def last(self) -> int:
        """The last day's number."""
        return OPEN_END if self.until_on is None else day_number(self.until_on)


BARRED: dict[PauseKind, str] = {
    PauseKind.LEGAL_HOLD: N_("Nobody contacts this debtor: legal hold since {date}."),
    PauseKind.DECEASED: N_("Nobody contacts this debtor: deceased, as we know since {date}."),
    PauseKind.HAND_OVER: N_("Nobody contacts this debtor: handed over on {date}."),
}


def barred(kind: PauseKind, since: date) -> Refused:
    """Why a contact is refused, and since when."""
    return Refused(BARRED[kind], date=since)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def counted_from(dues: Mapping[int, date], pauses: Iterable[Span], on: date) -> date | None:
    """The day from which a case's days past due are counted on business date `on`; none when nothing is past due.

    `dues` = the oldest unpaid due date of each account. Of several accounts the one that is latest after its pauses.
    """
    spans = list(pauses)
    late = {account: due for account, due in dues.items() if due < on}
    debts = {
        "case_id": np.zeros(len(late), np.int64),
        "account_id": np.array(list(late), np.int64),
        "due": np.array([day_number(due) for due in late.values()], np.int64),
    }
    columns = {
        "case_id": np.zeros(len(spans), np.int64),
        "account_id": np.array([span.account_id or WHOLE_CASE for span in spans], np.int64),
        "first": np.array([day_number(span.from_on) for span in spans], np.int64),
        "last": np.array([span.last for span in spans], np.int64),
    }
    found = counted_from_days(np.zeros(1, np.int64), debts, columns, day_number(on))[0]
    return None if found == NO_DATE else date.fromordinal(int(found) + EPOCH.toordinal())


def counted_from_days(case_id: Ints, debts: Columns, pauses: Columns, on: int) -> Ints:
    """The same for a column of cases, NO_DATE where nothing is past due.

    `debts`: case_id, account_id, due (the oldest of each account, before `on`); `pauses`: case_id, account_id
    (WHOLE_CASE = of all), first, last (OPEN_END = none). Of pauses that overlap each would count: they never do.
    """
    counted = debts["due"] + _days_not_counted(debts, pauses, on)
    order = np.argsort(case_id, kind="stable")
    place = order[np.searchsorted(case_id[order], debts["case_id"])]
    found = np.full(len(case_id), OPEN_END, np.int64)
    np.minimum.at(found, place, counted)
    return np.where(found == OPEN_END, NO_DATE, found)


def _days_not_counted(debts: Columns, pauses: Columns, on: int) -> Ints:
    """For each debt the days after its due date that some pause of its account, or of the case, does not count."""
    order = np.argsort(pauses["case_id"], kind="stable")
    first = np.searchsorted(pauses["case_id"][order], debts["case_id"], side="left")
    many = np.searchsorted(pauses["case_id"][order], debts["case_id"], side="right") - first
    debt = np.repeat(np.arange(len(many)), many)
    within = np.arange(len(debt)) - np.repeat(np.cumsum(many) - many, many)
    pause = order[first[debt] + within]
    of = pauses["account_id"][pause]
    fits = (of == WHOLE_CASE) | (of == debts["account_id"][debt])
    begins = np.maximum(pauses["first"][pause], debts["due"][debt])
    days = np.where(fits, np.maximum(np.minimum(pauses["last"][pause], on) - begins, 0), 0)
    total = np.zeros(len(many), np.int64)
    np.add.at(total, debt, days)
    return total


def overlapping(wanted: Span, others: Iterable[Span]) -> Span | None:
    """The first other pause that leaves some day to both; touching is none: one's last day may be the other's first.

    Only pauses that stop the clock are compared, of the same account or where one of the two is of the whole case.
    """
    if wanted.kind not in STOPS_CLOCK:
        return None
    return next((each for each in others if _same_scope(wanted, each) and _share_a_day(wanted, each)), None)


def _same_scope(one: Span, other: Span) -> bool:
    stops = other.kind in STOPS_CLOCK
    return stops and (one.account_id is None or other.account_id is None or one.account_id == other.account_id)


def _share_a_day(one: Span, other: Span) -> bool:
    return day_number(one.from_on) < other.last and day_number(other.from_on) < one.last


def check_days(span: Span, today: date) -> None:
    """Refuses a pause that begins in the future, or ends before it begins."""
    if span.from_on > today:
        raise Refused("A pause begins today or earlier.", field="from_on")
    if span.until_on is not None and span.until_on < span.from_on:
        if span.from_on == today:
            raise Refused("The last day of a pause cannot be in the past.", field="until_on")
        raise Refused("A pause cannot end before it begins.", field="until_on")

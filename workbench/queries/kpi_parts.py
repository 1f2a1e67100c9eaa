"""The figures' numerators and denominators in SQL: of which source, which rows, and what is made of them."""

from dataclasses import dataclass
from enum import StrEnum

from workbench.rules.kpis import Source


class How(StrEnum):
    """What is made of the rows."""

    COUNT = "count"
    SUM = "sum"
    CASES = "cases"  # how many different cases they are about
    MEDIAN = "median"


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a figure: the rows of `source` that fulfil `where`, and their `value` summed, counted, or its median.

    `where` and `value` are SQL over the source's columns; `ends` are those of the book that it looks at.
    """

    source: Source
    where: str = "true"
    how: How = How.COUNT
    value: str = "1"
    ends: tuple[str, ...] = ()

    @property
    def nothing(self) -> int | None:
        """What no rows come to."""
        return None if self.how is How.MEDIAN else 0

    @property
    def made(self) -> str:
        """The aggregate over rows called `r`."""
        kept = f"FILTER (WHERE {self.where})"
        return {
            How.COUNT: f"count(*) {kept}",
            How.SUM: self.summed(f"sum({self.value}) {kept}"),
            How.CASES: f"count(DISTINCT r.case_id) {kept}",
            How.MEDIAN: f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {self.value}) {kept}",
        }[self.how]

    @property
    def of_neighbours(self) -> str:
        """What the rows called `r` of 64 neighbouring cases come to; of different cases, their bits."""
        made = {How.COUNT: "count(*)", How.SUM: f"sum({self.value})", How.CASES: BITS.format(case="r.case_id")}
        return f"{made[self.how]} FILTER (WHERE {self.where})"

    def of_all(self, neighbours: str) -> str:
        """The same as `made` out of those of all neighbours."""
        if self.how is How.SUM:
            return self.summed(f"sum({neighbours})")
        return (
            f"coalesce(sum({neighbours if self.how is How.COUNT else f'bit_count({neighbours}::bit(64))'}), 0)::bigint"
        )

    def summed(self, total: str) -> str:
        """A sum as it is told: costs are counted in fractions of a cent."""
        return f"round(coalesce({total}, 0)::numeric, 2)" if self.source is Source.COSTS else f"coalesce({total}, 0)"

    @property
    def sample(self) -> str:
        """How many rows it is made of: of a rollup, how many its rows stand for."""
        if weight := _WEIGHTS.get(self.source):
            return f"coalesce(sum({weight}) FILTER (WHERE {self.where}), 0)::bigint"
        return f"count(*) FILTER (WHERE {self.where})"


# 64 neighbours are the bits of one number: counting different cases takes a small table instead of one as long as the list
BITS = "bit_or(1::bigint << ({case} & 63)::int)"
_WEIGHTS = {Source.BOOK: "cases", Source.LISTED: "listed", Source.CURES: "late_cases"}


def _sum(source: Source, value: str, where: str = "true") -> Part:
    return Part(source, where, How.SUM, value)


def _contacts(where: str) -> Part:
    return Part(Source.CONTACTS, where)


def _book(value: str, end: str) -> Part:
    return Part(Source.BOOK, f"term = '{end}'", How.SUM, value, (end,))


def _moved(closing: str) -> Part:
    """What opened and was issued, less what is left at the close."""
    value = f"CASE WHEN term = 'closing' THEN -({closing}) ELSE balance END"
    return Part(Source.BOOK, "term <> 'as_of'", How.SUM, value, ("opening", "issued", "closing"))


_ATTEMPT = "outbound AND counts_attempt"
_ATTEMPTS = _contacts(_ATTEMPT)
_RIGHT_PARTIES = _contacts("counts_rpc")
_PROMISES = _contacts("counts_promise")
_KEPT = Part(Source.FALLEN_DUE, "kept")
_RECEIVED = _sum(Source.PAYMENTS, "amount")
_COST = _sum(Source.COSTS, "worked * second_cost + message_cost", "costs")
_HANDLED = Part(Source.WORK, "handled = 1")
_WORKED = _sum(Source.WORK, "worked", "works")
_AVAILABLE = _sum(Source.PRESENCE, "available")
_BALANCE = _book("balance", "as_of")
_PAST_DUE = _book("past_due", "as_of")
_SALES = _book("balance", "issued")

PARTS: dict[str, tuple[Part, Part | None]] = {
    "penetration": (_sum(Source.LISTED, "attempted"), _sum(Source.LISTED, "listed")),
    "intensity": (_ATTEMPTS, Part(Source.CONTACTS, _ATTEMPT, How.CASES)),
    "attempts": (_ATTEMPTS, None),
    "contacts": (_contacts("counts_contact"), None),
    "contact_rate": (_contacts(f"{_ATTEMPT} AND counts_contact"), _ATTEMPTS),
    "right_parties": (_RIGHT_PARTIES, None),
    "rpc_rate": (_contacts(f"{_ATTEMPT} AND counts_rpc"), _ATTEMPTS),
    "rpc_per_contact": (_RIGHT_PARTIES, _contacts("counts_contact")),
    "promises": (_PROMISES, None),
    "promised": (_sum(Source.PROMISES, "amount"), None),
    "ptp_rate": (_PROMISES, _RIGHT_PARTIES),
    "promises_kept": (_KEPT, None),
    "kept_rate": (_KEPT, Part(Source.FALLEN_DUE)),
    "kept_amount_rate": (_sum(Source.FALLEN_DUE, "paid"), _sum(Source.FALLEN_DUE, "amount")),
    "recovery": (_RECEIVED, None),
    "recovery_rate": (_RECEIVED, _book("balance", "opening")),
    "promise_to_cash": (Part(Source.CASH, how=How.MEDIAN, value="days"), None),
    "cost": (_COST, None),
    "cost_to_collect": (_COST, _RECEIVED),
    "handled": (_HANDLED, None),
    "aht": (_sum(Source.WORK, "talk", "handled = 1"), _HANDLED),
    "time_on_cases": (_WORKED, None),
    "time_available": (_AVAILABLE, None),
    "occupancy": (_WORKED, _AVAILABLE),
    "skips": (Part(Source.SKIPS), None),
    "blocked_attempts": (Part(Source.BLOCKED), None),
    "messages_sent": (Part(Source.MESSAGES), None),
    "channel_effectiveness": (Part(Source.MESSAGES, "arrived AND answered"), Part(Source.MESSAGES, "arrived")),
    "cases": (_book("cases", "as_of"), None),
    "listed": (_book("listed", "as_of"), None),
    "balance": (_BALANCE, None),
    "past_due": (_PAST_DUE, None),
    "delinquency_rate": (_PAST_DUE, _BALANCE),
    "delinquency_30": (_book("past_due_30", "as_of"), _BALANCE),
    "delinquency_90": (_book("past_due_90", "as_of"), _BALANCE),
    "average_days_past_due": (_book("late_balance_days", "as_of"), _book("late_balance", "as_of")),
    "cure_rate": (_sum(Source.CURES, "cured_balance"), _sum(Source.CURES, "late_balance")),
    "dso": (_book("balance", "closing"), _SALES),
    "best_possible_dso": (_book("balance - past_due", "closing"), _SALES),
    "add": (_book("past_due", "closing"), _SALES),
    "cei": (_moved("balance"), _moved("balance - past_due")),
}
PER_DAYS = frozenset({"dso", "best_possible_dso", "add"})  # times the days of the period

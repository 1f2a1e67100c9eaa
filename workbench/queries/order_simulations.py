"""What rules for the order would do to the last morning's call queue: who comes into a day's calls, who falls out of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models import Band, Portfolio
from workbench.queries.case_facts import STILL_ENDED, UNANSWERED, day_number
from workbench.queries.columns import read_packed
from workbench.queries.order_facts import asked_columns
from workbench.queries.order_versions import rules_at, rules_before, rules_in_force
from workbench.rules.access import Permission, Viewer
from workbench.rules.ageing import NO_DATE, STAGES, days_past_due
from workbench.rules.nights import kept_out
from workbench.rules.order_rules import Rules, Told, apply, key_of, told, touched
from workbench.rules.refusals import Refused

SHOWN = 200  # movers of each kind
LOOKED_BACK = 28  # days of calls from which a day's calls are known
NO_CALLS = 100  # a day's calls where nobody has called yet
WEEK = timedelta(days=7)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reached:
    """What a day's calls reach in one order: the money past due, and the part that a call may still save (the score)."""

    order: str
    past_due: float
    expected: float


@dataclass(frozen=True, slots=True)
class Mover:
    """A case that comes into a day's calls, or falls out of them; a rank none = not in the queue. Amounts in the portfolio's currency."""

    case_id: int
    reference: str
    name: str | None
    past_due: Decimal
    before: int | None
    after: int | None
    rules: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What rules do to the queue of the morning of `on`, against the rules in force; `calls` are those of a day.

    `queue` cases may be called under the rules in force, `banned` of them no longer, `freed` are there for the first
    time. `touched` counts by rule the cases it holds for. `into` and `out` are how many come in and fall out; the
    movers are the first of them.
    """

    key: str
    on: date
    calls: int
    queue: int
    banned: int
    freed: int
    into: int
    out: int
    touched: dict[str, int]
    reached: tuple[Reached, ...]
    coming: tuple[Mover, ...]
    going: tuple[Mover, ...]

    def as_json(self) -> dict[str, Any]:
        """As the version keeps it: figures without debtors."""
        kept = {name: value for name, value in asdict(self).items() if name not in {"coming", "going"}}
        return kept | {"on": str(self.on)}


@dataclass(frozen=True, slots=True)
class Book:
    """The last morning's call queue as columns, with what each set of rules asks for read when it is asked.

    Whom a ban leaves alone at night it leaves alone here, by the same rule.
    """

    session: Session
    portfolio: Portfolio
    on: date
    columns: dict[str, NDArray[Any]]
    read: dict[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)  # what was asked for, by the rules' key

    @property
    def base(self) -> Floats:
        """The score without rules."""
        c = self.columns
        score: Floats = np.round(c["past_due"] / 100 * c["p_unpaid"] * c["reach"], 6)
        return score

    def asked(self, rules: Rules) -> Mapping[str, NDArray[Any]]:
        """The columns that rules ask for; owners are those of the morning."""
        on, key = self.on, key_of(rules)
        if key not in self.read:
            more = asked_columns(self.session, self.portfolio, "> 0", rules, self.columns, on=on, morning=on)
            self.read[key] = self.columns | more
        return self.read[key]

    def ranks(self, key: Floats, banned: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Places from 1 by band, then by descending key, as cases are handed out; 0 = not in the queue."""
        order = np.lexsort((self.columns["item"], -key, self.columns["band"]))
        order = order[~banned[order]]
        rank = np.zeros(len(key), dtype=np.int64)
        rank[order] = np.arange(1, len(order) + 1)
        return rank

    def ranked(self, rules: Rules) -> NDArray[np.int64]:
        """The places under rules."""
        applied = apply(self.asked(rules), rules)
        key = np.round(self.base * applied.multiplier, 6)
        return self.ranks(key, self.kept_out(applied.banned))

    def kept_out(self, banned: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whom bans keep out."""
        c, there = self.columns, self.columns["ready"] == 1
        return kept_out(
            banned,
            claimed=c["claimed"] == 1,
            callback=there & (c["band"] == int(Band.CALLBACK)),
            replied=there & (c["replied"] == 1),
        )

    def reached(self, name: str, rank: NDArray[np.int64], calls: int) -> Reached:
        """What the first calls reach."""
        rows = (rank > 0) & (rank <= calls)
        return Reached(name, float(self.columns["past_due"][rows].sum()) / 100, float(self.base[rows].sum()))


def simulation(
    session: Session, who: Viewer | None, portfolio: Portfolio, rules: Rules, *, at: datetime, calls: int | None = None
) -> Simulation:
    """Puts the last morning's queue in the order of `rules`, beside those in force, last week's, amount and age.

    1. The queue is what the last night left to be called, and what its bans kept out.
    2. Callbacks and broken promises come first in every order: no rule moves a case out of its band.
    3. `calls` none is what people called in a day of the last four weeks.
    """
    assert portfolio.id is not None
    if who is not None:
        who.require(Permission.SEE_CHANGES)
        who.require_portfolio(portfolio.id)
    book = last_morning(session, portfolio)
    calls = calls or calls_a_day(session, portfolio)
    force, new = book.ranked(rules_in_force(session, portfolio.id)), book.ranked(rules)
    was, comes = (force > 0) & (force <= calls), (new > 0) & (new <= calls)
    into, out = np.flatnonzero(comes & ~was), np.flatnonzero(was & ~comes)
    into, out = into[np.argsort(new[into])], out[np.argsort(force[out])]
    columns = book.asked(rules)
    return Simulation(
        key=key_of(rules),
        on=book.on,
        calls=calls,
        queue=int((force > 0).sum()),
        banned=int(((force > 0) & (new == 0)).sum()),
        freed=int(((force == 0) & (new > 0)).sum()),
        into=len(into),
        out=len(out),
        touched=touched(columns, rules),
        reached=_reached(book, at, calls, force, new),
        coming=_movers(session, who, columns, rules, into[:SHOWN], force, new),
        going=_movers(session, who, columns, rules, out[:SHOWN], force, new),
    )


def calls_a_day(session: Session, portfolio: Portfolio) -> int:
    """How many debtors people called in a day, on average of the days of the last four weeks on which they called."""
    values = {
        "portfolio": portfolio.id,
        "zone": portfolio.time_zone,
        "on": portfolio.business_date,
        "days": LOOKED_BACK,
    }
    return int(session.execute(_CALLS, values).scalar() or NO_CALLS)


def _reached(
    book: Book, at: datetime, calls: int, force: NDArray[np.int64], new: NDArray[np.int64]
) -> tuple[Reached, ...]:
    """Under the rules tried, those in force, last week's, none, and without a score: by amount and by age."""
    assert book.portfolio.id is not None
    none = np.zeros(len(book.base), dtype=np.bool_)
    amount = book.columns["past_due"].astype(np.float64)
    ranks = {
        "draft": new,
        "rules": force,
        "last_week": book.ranked(rules_at(book.session, book.portfolio.id, at - WEEK)),
        "score": book.ranks(book.base, none),
        "amount": book.ranks(amount, none),
        "days_past_due": book.ranks(book.columns["days"].astype(np.float64), none),
    }
    return tuple(book.reached(name, rank, calls) for name, rank in ranks.items())


def _movers(
    session: Session,
    who: Viewer | None,
    columns: Mapping[str, NDArray[Any]],
    rules: Rules,
    rows: NDArray[np.int64],
    force: NDArray[np.int64],
    new: NDArray[np.int64],
) -> tuple[Mover, ...]:
    case_ids = columns["case_id"][rows].tolist()
    people = {row.id: row for row in session.execute(_PEOPLE, {"ids": case_ids})}
    named = who is None or who.may(Permission.SEE_PERSONAL_DATA)
    holding = told({name: column[rows] for name, column in columns.items()}, rules)
    return tuple(
        Mover(
            case_id,
            people[case_id].reference,
            people[case_id].name if named else None,
            Decimal(int(columns["past_due"][row])) / 100,
            int(force[row]) or None,
            int(new[row]) or None,
            of,
        )
        for case_id, row, of in zip(case_ids, rows.tolist(), holding, strict=True)
    )


def last_morning(session: Session, portfolio: Portfolio) -> Book:
    """What was ready to be called on the last night's morning, and what its rules kept out and would be ready without."""
    assert portfolio.id is not None
    on = portfolio.business_date
    if on is None:
        raise Refused("The portfolio {code} has had no night yet: there is no order to judge.", code=portfolio.code)
    columns = read_packed(session, _QUEUE, COLUMNS, {"portfolio": portfolio.id, "on": on})
    columns["days"] = days_past_due(columns["counted_from"], day_number(on))
    book = Book(session, portfolio, on, columns)
    last = rules_before(session, portfolio.id, on + timedelta(days=1))
    there = (columns["ready"] == 1) | book.kept_out(apply(book.asked(last), last).banned)
    return Book(session, portfolio, on, {name: column[there] for name, column in columns.items()})


def stage_code(column: str) -> str:
    """A stage as its place in `ageing.STAGES`."""
    cases = " ".join(f"WHEN '{stage.value}' THEN {place}" for place, stage in enumerate(STAGES))
    return f"CASE {column} {cases} ELSE 0 END"


COLUMNS = {
    "case_id": "i8", "item": "i8", "ready": "i8", "claimed": "i8", "replied": "i8", "band": "i8", "balance": "i8", "past_due": "i8", "counted_from": "i8",
    "stage": "i8", "broken": "i8", "p_unpaid": "f8", "reach": "f8",
}  # fmt: skip
# As the last morning was, where it is remembered; what has come since counts only for who has no such row. Who is closed
# and would be called without a ban: nothing waits, nobody else has them in hand. Who wrote has a band of their own, unless
# a broken promise goes before it. An item that is not there yet would be made last.
_WAITS = """
    EXISTS (SELECT FROM pause q WHERE q.case_id = s.case_id AND q.account_id IS NULL AND q.ended_at IS NULL
            AND q.from_on <= %(on)s AND coalesce(q.until_on >= %(on)s, true))
    OR EXISTS (SELECT FROM promise r WHERE r.case_id = s.case_id AND r.state = 'open')
    OR EXISTS (SELECT FROM agreement a JOIN installment i ON i.agreement_id = a.id AND i.paid < i.amount
               WHERE a.case_id = s.case_id AND a.state = 'active' AND a.missed = 0 AND i.due_on + a.grace_days >= %(on)s)"""
_ELSEWHERE = f"""
    EXISTS (SELECT FROM work_item o WHERE o.case_id = s.case_id AND o.queue <> 'call' AND o.state <> 'closed'
            AND (w.id IS NOT NULL OR o.queue = 'negotiation'))
    OR w.id IS NOT NULL AND EXISTS (SELECT FROM interaction i JOIN disposition d ON d.code = i.disposition_code AND d.terminal
                                    WHERE i.case_id = s.case_id AND {STILL_ENDED})"""
_QUEUE = f"""
    SELECT s.case_id, coalesce(w.id, {1 << 62} + s.case_id) AS item, (h.state IN ('ready', 'claimed'))::int AS ready,
           (h.state = 'claimed')::int AS claimed,
           CASE h.band WHEN {Band.NEGOTIATION:d} THEN 1 WHEN {Band.BROKEN_PROMISE:d} THEN EXISTS (
               SELECT FROM interaction i WHERE i.case_id = s.case_id AND {UNANSWERED})::int ELSE 0 END AS replied,
           CASE WHEN h.state <> 'closed' THEN coalesce(h.band, 4) WHEN w.band = {Band.BROKEN_PROMISE:d} THEN w.band ELSE 4 END AS band,
           h.balance * 100 AS balance, h.past_due * 100 AS past_due,
           coalesce(h.counted_from - DATE '1970-01-01', {NO_DATE}) AS counted_from, {stage_code("h.stage")} AS stage,
           s.broken_promises AS broken, h.p_unpaid, s.reach
    FROM case_standing s LEFT JOIN work_item w ON w.case_id = s.case_id AND w.queue = 'call'
    LEFT JOIN case_history m ON m.case_id = s.case_id AND m.until_on IS NULL
    CROSS JOIN LATERAL (
        SELECT m.queue, coalesce(m.state, 'closed') AS state, m.band, m.balance, m.past_due, m.counted_from, m.stage, m.p_unpaid
        WHERE m.case_id IS NOT NULL
        UNION ALL
        SELECT w.queue, coalesce(w.state, 'closed'),
               w.band, s.balance, s.past_due, coalesce(s.counted_from, s.oldest_due_on), s.stage, s.p_unpaid
        WHERE m.case_id IS NULL) h
    WHERE s.portfolio_id = %(portfolio)s
      AND (h.queue = 'call' AND h.state IN ('ready', 'claimed')
           OR h.state = 'closed' AND h.past_due > 0 AND coalesce(w.state, 'closed') = 'closed'
           AND NOT ({_WAITS}) AND NOT ({_ELSEWHERE}))
    ORDER BY s.case_id
"""
_CALLS = text("""
    SELECT round(avg(cases)) FROM (
        SELECT count(DISTINCT i.case_id) AS cases FROM interaction i
        JOIN disposition d ON d.code = i.disposition_code AND d.counts_attempt
        WHERE i.portfolio_id = :portfolio AND i.channel = 'call' AND i.direction = 'outbound' AND i.user_id IS NOT NULL
          AND i.started_at >= (CAST(:on AS date) - :days)::timestamp AT TIME ZONE :zone
          AND i.started_at < (CAST(:on AS date) + 1)::timestamp AT TIME ZONE :zone
        GROUP BY (i.started_at AT TIME ZONE :zone)::date) days
""")
_PEOPLE = text("""
    SELECT c.id, d.reference, d.name FROM collection_case c JOIN debtor d ON d.id = c.debtor_id WHERE c.id = ANY(:ids)
""")

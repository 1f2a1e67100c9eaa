"""What the nights of the past weeks would have kept: how each case stood on those mornings, by the night's own rule.

Made of the facts as they were known then: bills sent, payments received and not yet taken back, promises open.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from models.work_items import Queue
from seed.debts import Numbers
from workbench.actions.case_histories import rebuild_book_days
from workbench.queries.case_facts import COLUMNS, EPOCH, day_number, facts_of, learned
from workbench.queries.columns import read_columns
from workbench.rules import nights
from workbench.rules.ageing import NO_DATE, STAGES, StageThresholds
from workbench.rules.scoring import HORIZON

DAILY, WEEKLY = 21, 10  # days, and weeks before them of which the Mondays are enough
COPY = """
    COPY case_history (case_id, portfolio_id, from_on, until_on, balance, past_due, counted_from, bucket, stage, p_unpaid,
        score, queue, state, band) FROM STDIN
"""
STOOD = ("balance", "past_due", "counted_from", "bucket", "stage", "p_unpaid", "score", "state", "band")
Columns = dict[str, NDArray[Any]]


def keep_past_mornings(session: Session, portfolio_id: int, *, before: date) -> list[date]:
    """Keeps the mornings of the weeks before a day, on which no night has run; says which."""
    portfolio = session.get_one(Portfolio, portfolio_id)
    mornings = past_mornings(before)
    past = Past(session, portfolio, before)
    spans, standing = [], past.nothing
    for on in mornings:
        now = past.morning(on, standing)
        spans.append(now)
        standing = now
    _write(session, portfolio_id, past.cases, mornings, spans)
    session.execute(text("ANALYZE case_history"))
    rebuild_book_days(session, portfolio_id)
    return mornings


def past_mornings(before: date) -> list[date]:
    """Every day of the last weeks, and the Mondays of the weeks before."""
    first = before - timedelta(days=DAILY)
    monday = first - timedelta(days=first.weekday())
    weekly = [monday - timedelta(weeks=weeks) for weeks in range(WEEKLY, -1, -1)]
    return [each for each in weekly if each < first] + [first + timedelta(days=days) for days in range(DAILY)]


class Past:
    """A book's money, promises and calls by day, to be judged as of any morning."""

    def __init__(self, session: Session, portfolio: Portfolio, before: date) -> None:
        self.portfolio = portfolio
        values = {"portfolio": portfolio.id, "zone": portfolio.time_zone}
        ids = session.execute(_CASES, {"portfolio": portfolio.id}).scalars().all()
        self.priors = learned(session, portfolio.id or 0, on=before)
        self.now = facts_of(session, portfolio, ids, on=before, priors=self.priors)
        self.cases: Numbers = self.now["case_id"]
        self.opened = self._read(session, _OPENED, ("case_id", "opened"), values)
        self.debts = self._read(session, _DEBTS, ("id", "case_id", "due", "amount"), values)
        self.ahead = int(self.debts["due"].max()) - day_number(before)
        self.money = self._read(session, _MONEY, ("receivable", "paid", "released", "amount"), values)
        self.money["debt"] = np.searchsorted(self.debts["id"], self.money["receivable"])
        self.promises = self._read(session, _PROMISES, ("case_id", "taken", "until", "closed", "broken"), values)
        self.calls = self._read(session, _CALLS, ("case_id", "day", "next"), values)

    def _read(self, session: Session, sql: str, names: tuple[str, ...], values: dict[str, Any]) -> Columns:
        found = read_columns(session, sql, dict.fromkeys(names, "i8"), values)
        if "case_id" in found:
            found["row"] = np.searchsorted(self.cases, found["case_id"])
        return found

    @property
    def nothing(self) -> Columns:
        """How cases stand before the first morning: nobody knows them."""
        return {"stage": np.zeros(len(self.cases), np.int64), "known": np.zeros(len(self.cases), np.bool_)}

    def morning(self, on: date, before: Columns) -> Columns:
        """How every case stood on the morning of a day, given how it stood on the one before."""
        day = day_number(on)
        none = {name: np.zeros(len(self.cases), kind) for name, kind in COLUMNS.items()}
        facts = none | {name: self.now[name] for name in ("case_id", "debtor_id", "answers")} | self._owed(day)
        for name in ("agreed_until", "paused_until", "item_wait", "old_counted_from", "old_oldest_due"):
            facts[name] = np.full(len(self.cases), NO_DATE)
        facts |= self._promised(day) | {"old_stage": before["stage"], "item_state": self._waits(day)}
        judged = nights.judge(facts, self._policy(day)).columns
        known = before["known"].copy()
        known[self.opened["row"][self.opened["opened"] <= day]] = True
        return {name: judged[name] for name in STOOD} | {"known": known}

    def _policy(self, day: int) -> nights.Policy:
        book = self.portfolio
        stages = StageThresholds(book.extrajudicial_after, book.judicial_after)
        return nights.Policy(day, day - 1, tuple(book.bucket_starts), stages, self.priors, book.delinquency_grace)

    def _owed(self, day: int) -> Columns:
        """What had been billed by then, as far ahead as now, less what had been paid and not taken back."""
        debts, money, cases = self.debts, self.money, len(self.cases)
        live = (money["paid"] < day) & (money["released"] >= day)
        paid = np.bincount(money["debt"][live], money["amount"][live], len(debts["id"])).astype(np.int64)
        billed = debts["due"] <= day + self.ahead
        left = np.where(billed, debts["amount"] - paid, 0)
        last = np.full(len(debts["id"]), NO_DATE)
        np.maximum.at(last, money["debt"][live], money["paid"][live])
        settled, due = (left <= 0) & billed, debts["due"] < day
        oldest = np.full(cases, -NO_DATE)
        open_late = due & (left > 0)
        np.minimum.at(oldest, debts["row"][open_late], debts["due"][open_late])
        oldest = np.where(oldest == -NO_DATE, NO_DATE, oldest)
        return {
            "balance": _sums(debts["row"], left, cases),
            "past_due": _sums(debts["row"][due], left[due], cases),
            "oldest_due": oldest,
            "counted_from": oldest,
            "settled": np.bincount(debts["row"][settled], minlength=cases),
            "late": np.bincount(debts["row"][settled & (last > debts["due"] + HORIZON)], minlength=cases),
        }

    def _promised(self, day: int) -> Columns:
        """Until when the promises open that morning let the case wait, and how many had been broken."""
        found = self.promises
        open_then = (found["taken"] < day) & (found["closed"] >= day)
        until = np.full(len(self.cases), NO_DATE)
        np.maximum.at(until, found["row"][open_then], found["until"][open_then])
        broken = (found["broken"] == 1) & (found["closed"] < day)
        return {"promised_until": until, "broken": np.bincount(found["row"][broken], minlength=len(self.cases))}

    def _waits(self, day: int) -> Numbers:
        """Which cases the last call before that morning had put off until later."""
        calls, until = self.calls, np.full(len(self.cases), NO_DATE)
        earlier = calls["day"] < day
        until[calls["row"][earlier]] = calls["next"][earlier]  # in the order of time: the last one stays
        return np.where(until > day, nights.WAITING, nights.NONE)


def _sums(row: Numbers, cents: Numbers, cases: int) -> Numbers:
    return np.bincount(row, cents, cases).astype(np.int64)


def _write(session: Session, portfolio_id: int, cases: Numbers, mornings: list[date], spans: list[Columns]) -> None:
    """Copies one row for each run of mornings on which a case stood the same."""
    last = len(mornings)
    begins = np.stack([_differs(each, before) for each, before in zip(spans, [None, *spans], strict=False)])
    later = np.full(len(cases), last)
    cursor = session.connection().connection.cursor()
    with cursor.copy(COPY) as copy:
        for place in reversed(range(last)):
            rows = np.flatnonzero(begins[place])
            values = zip(*(spans[place][name][rows].tolist() for name in STOOD), strict=True)
            for case, until, stood in zip(cases[rows].tolist(), later[rows].tolist(), values, strict=True):
                span = mornings[place], mornings[until] if until < last else None
                copy.write_row((case, portfolio_id, *span, *_stood(*stood)))
            later[rows] = place


def _differs(now: Columns, before: Columns | None) -> NDArray[np.bool_]:
    if before is None:
        return np.asarray(now["known"])
    other = np.any([now[name] != before[name] for name in STOOD], axis=0)
    return np.asarray(now["known"] & (other | ~before["known"]))


def _stood(
    balance: int,
    past_due: int,
    counted: int,
    bucket: int,
    stage: int,
    p_unpaid: float,
    score: float,
    state: int,
    band: int,
) -> tuple[object, ...]:
    """As the night keeps it."""
    listed = state in (nights.READY, nights.WAITING)
    place = (Queue.CALL.value, nights.STATES[state].value, band) if listed else (None, None, None)
    since = EPOCH + timedelta(days=counted) if counted != NO_DATE else None
    return f"{balance / 100:.2f}", f"{past_due / 100:.2f}", since, bucket, STAGES[stage].value, p_unpaid, score, *place


_DAY = "{} - DATE '1970-01-01'"
_LATER = 2**31
_CASES = text("SELECT id FROM collection_case WHERE portfolio_id = :portfolio ORDER BY id")
_OPENED = f"""
    SELECT id AS case_id, {_DAY.format("opened_on")} AS opened FROM collection_case WHERE portfolio_id = %(portfolio)s
"""
_DEBTS = f"""
    SELECT r.id, r.case_id, {_DAY.format("r.due_on")} AS due, r.amount * 100 AS amount
    FROM receivable r JOIN collection_case c ON c.id = r.case_id WHERE c.portfolio_id = %(portfolio)s ORDER BY r.id
"""
_MONEY = f"""
    SELECT a.receivable_id AS receivable, {_DAY.format("p.paid_on")} AS paid,
           coalesce({_DAY.format("a.released_on")}, {_LATER}) AS released, a.amount * 100 AS amount
    FROM allocation a JOIN payment p ON p.id = a.payment_id WHERE p.portfolio_id = %(portfolio)s
"""
_PROMISES = f"""
    SELECT p.case_id, {_DAY.format("p.taken_on")} AS taken, {_DAY.format("p.due_on")} + b.grace_days + 1 AS until,
           coalesce({_DAY.format("p.closed_on")}, {_LATER}) AS closed, (p.state = 'broken')::int AS broken
    FROM promise p JOIN portfolio b ON b.id = p.portfolio_id WHERE p.portfolio_id = %(portfolio)s
"""
_CALLS = f"""
    SELECT case_id, {_DAY.format("(started_at AT TIME ZONE %(zone)s)::date")} AS day,
           coalesce({_DAY.format("(follow_up_at AT TIME ZONE %(zone)s)::date")}, {NO_DATE}) AS next
    FROM interaction WHERE portfolio_id = %(portfolio)s AND channel = 'call' AND direction = 'outbound'
    ORDER BY started_at, id
"""

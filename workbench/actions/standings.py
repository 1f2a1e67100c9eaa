"""Standings and call items, written only where a rule decided something new: a shard at night, a few cases by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import TextClause, text
from sqlmodel import Session

from models import NightlyRun, Portfolio
from workbench.actions.agreement_states import evaluate_agreements
from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.contact_holds import hold
from workbench.actions.negotiation_queue import let_wait
from workbench.actions.night_orders import Order
from workbench.actions.promise_states import evaluate_promises
from workbench.actions.staging import stage
from workbench.queries.case_facts import EPOCH, Book, books, day_number, facts_of
from workbench.queries.order_facts import cases_where, order_columns, rules_of
from workbench.queries.owners import WORKERS
from workbench.queries.segments import cadence_asked
from workbench.rules import nights
from workbench.rules.ageing import NO_DATE, STAGES, StageThresholds, check_buckets
from workbench.rules.scoring import Priors

STANDING_COLUMNS = {
    "case_id": "i8", "is_new": "i8", "balance": "i8", "past_due": "i8", "oldest_due": "i8", "counted_from": "i8", "bucket": "i8",
    "stage": "i8", "settled": "i8", "late": "i8", "broken": "i8", "roll": "f8", "cust": "f8", "p_unpaid": "f8",
    "reach": "f8", "score": "f8",
}  # fmt: skip
ITEM_COLUMNS = {
    "case_id": "i8",
    "debtor_id": "i8",
    "item": "i8",
    "state": "i8",
    "old_state": "i8",
    "band": "i8",
    "score": "f8",
    "wait_day": "i8",
    "waits_longer": "i8",
}
CHANGE_COLUMNS = {"case_id": "i8", "kind": "i8", "before": "f8", "after": "f8", "reason": "i8"}


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows a write touched."""

    standings: int = 0
    items: int = 0
    changes: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.standings + other.standings, self.items + other.items, self.changes + other.changes)


def rescore_cases(
    session: Session,
    case_ids: Sequence[int],
    *,
    on: date,
    at: datetime | None = None,
    thaw: bool = False,
    holds: bool = True,
) -> bool:
    """Brings agreements, promises, standings and call items of these cases up to date, in the caller's transaction.

    The same rules over the same columns as at night; a claimed item keeps its state and claim, its score follows.
    With `at`, what came back into a queue waits if the law forbids to call its debtor now, unless the caller sees to it
    (not `holds`); without, it is done at the day's first moment. With `thaw`, the class that a
    pause freezes is judged once more: a pause has just begun, maybe on an earlier day. Says whether any work item's
    state may have moved.
    """
    moved, back = False, set[int]()
    session.flush()
    for book in books(session, case_ids):
        agreed = bool(book.agreed and evaluate_agreements(session, book, on=on, case_ids=book.case_ids, at=at))
        if book.promised:
            evaluate_promises(session, book, on=on, case_ids=book.case_ids)
        rules = rules_of(book.rules)
        order = Order(rules, cadence=cadence_asked(session, book.id, rules))
        policy = policy_of(book, on=on, priors=Priors.from_json(book.learned), order=order)
        facts = facts_of(session, book, book.case_ids, on=on, priors=policy.priors)
        where = cases_where(book.case_ids)
        facts |= order_columns(session, book.id, where, rules, facts["case_id"], on=on, cadence=policy.cadence)
        verdict = nights.judge(facts | {"frozen": np.zeros_like(facts["frozen"])} if thaw else facts, policy)
        write(session, book, verdict, at=at or datetime.combine(on, time(), ZoneInfo(book.time_zone)))
        other = verdict.columns["state"] != facts["item_state"]
        other |= agreed  # an item that waited for an installment may be back
        moved |= bool((other | (facts["elsewhere"] == 1)).any())
        back |= set(facts["debtor_id"][other & (verdict.columns["state"] != nights.CLOSED)].tolist())
    if at and holds:
        hold(session, back, at=at)
    return moved


def policy_of(portfolio: Portfolio | Book, *, on: date, priors: Priors, order: Order) -> nights.Policy:
    """What of a portfolio the rules need; refuses buckets that overlap or leave a gap."""
    return nights.Policy(
        on=day_number(on),
        before=day_number(portfolio.business_date) if portfolio.business_date else -1,
        bucket_starts=check_buckets(portfolio.bucket_starts),
        thresholds=StageThresholds(portfolio.extrajudicial_after, portfolio.judicial_after),
        priors=priors,
        grace=portfolio.delinquency_grace,
        rules=order.rules,
        cadence=order.cadence,
    )


def write(
    session: Session, portfolio: Portfolio | Book, verdict: nights.Verdict, *, at: datetime, spare_claimed: bool = False
) -> Written:
    """Writes the rows that differ; with `spare_claimed` a claimed item is not touched at all (its lease beats all night).

    What comes into the queue waits since `at`, or since its own moment; what stays in it goes on waiting.
    """
    columns = verdict.columns | {"is_new": verdict.standing_new.astype(np.int64)}
    items = verdict.item_changed | verdict.item_new
    if spare_claimed:
        items &= columns["item_state"] != nights.CLAIMED
        _keep_owners(session, columns, items)
    standings = _write_standings(session, portfolio, columns, np.flatnonzero(verdict.standing))
    written = _write_items(session, portfolio, columns, np.flatnonzero(items), at)
    _follow_elsewhere(session, columns, np.flatnonzero(verdict.standing & (columns["elsewhere"] == 1)))
    return Written(standings, written + _let_wait(session, portfolio, columns))


def _keep_owners(session: Session, columns: dict[str, Any], items: NDArray[np.bool_]) -> None:
    """Holds the owners of what comes into the queue: a deal waits, and one that was done meanwhile makes the shard start over.

    Of an item that is open already a deal takes hold itself.
    """
    opens = items & np.isin(columns["item_state"], (nights.NONE, nights.CLOSED)) & (columns["state"] != nights.CLOSED)
    if opens.any():
        session.execute(_HOLD_OWNERS, {"cases": columns["case_id"][opens].tolist()})


def _let_wait(session: Session, portfolio: Portfolio | Book, columns: dict[str, Any]) -> int:
    """Negotiations wait while an agreement is on track, as calls do."""
    rows = np.flatnonzero((columns["talks"] == 1) & (columns["agreed_until"] > NO_DATE) & (columns["balance"] > 0))
    until = [EPOCH + timedelta(days=each) for each in columns["agreed_until"][rows].tolist()]
    return let_wait(session, columns["case_id"][rows].tolist(), until, zone=portfolio.time_zone)


def write_changes(session: Session, run: NightlyRun, told: nights.Changes, *, again: bool = False) -> int:
    """Adds the night's lines; figures become text as the page shows them raw.

    Only a night done `again` can find a line of its own there; the others are spared looking for each.
    """
    if not len(told):
        return 0
    source, values = stage(session, "staged_change", CHANGE_COLUMNS, told.rows, np.arange(len(told)))
    values |= {
        "run": run.id,
        "kinds": [kind.value for kind in nights.KINDS],
        "reasons": list(told.reasons),
        "stages": [each.value for each in STAGES],
    }
    statement = _ADD_CHANGES.format(source=source) + ("ON CONFLICT DO NOTHING" if again else "")
    session.execute(text(statement), values)
    return len(told)


@cache
def _statement(statement: str, source: str) -> TextClause:
    """The statement over its source: a handful of texts, each taken apart once."""
    return text(statement.format(source=source))


def _write_standings(session: Session, portfolio: Portfolio | Book, columns: dict[str, Any], rows: Any) -> int:
    if not len(rows):
        return 0
    source, values = stage(session, "staged_standing", STANDING_COLUMNS, columns, rows)
    values |= {"portfolio": portfolio.id, "stages": [each.value for each in STAGES]}
    new = int(columns["is_new"][rows].sum())
    if new < len(rows):
        session.execute(_statement(_UPDATE_STANDINGS, source), values)
    if new:
        session.execute(_statement(_ADD_STANDINGS, source), values)
    return len(rows)


def _write_items(
    session: Session, portfolio: Portfolio | Book, columns: dict[str, Any], rows: Any, at: datetime
) -> int:
    if not len(rows):
        return 0
    before = {"old_state": columns["item_state"]}
    source, values = stage(session, "staged_item", ITEM_COLUMNS, columns | before, rows)
    values |= {"portfolio": portfolio.id, "zone": portfolio.time_zone, "at": at}
    values["states"] = [each.value for each in nights.STATES]
    new = int((columns["item"][rows] == 0).sum())
    if new < len(rows):
        session.execute(_statement(_UPDATE_ITEMS, source), values)
    if new:
        session.execute(_statement(_ADD_ITEMS, source), values)
    return len(rows)


def _follow_elsewhere(session: Session, columns: dict[str, Any], rows: Any) -> None:
    """Items of other queues follow the case's score, and close when nothing is owed any more."""
    if not len(rows):
        return
    wanted = {"case_id": "i8", "balance": "i8", "score": "f8"}
    source, values = stage(session, "staged_elsewhere", wanted, columns, rows)
    session.execute(_statement(_FOLLOW_ELSEWHERE, source), values)


_HOLD_OWNERS = text("SELECT FROM collection_case WHERE id = ANY(:cases) ORDER BY id FOR SHARE")
_OLDEST = f"CASE WHEN t.oldest_due <> {NO_DATE} THEN DATE '1970-01-01' + t.oldest_due::int END"
_COUNTED = f"CASE WHEN t.counted_from <> {NO_DATE} THEN DATE '1970-01-01' + t.counted_from::int END"
_STAGE = "(:stages)[t.stage + 1]".replace(":stages", "CAST(:stages AS text[])")
_ADD_STANDINGS = f"""
    INSERT INTO case_standing (case_id, portfolio_id, balance, past_due, oldest_due_on, counted_from, bucket, stage,
        settled_count, late_count, broken_promises, roll, cust, p_unpaid, reach, score)
    SELECT t.case_id, :portfolio, t.balance * 0.01, t.past_due * 0.01, {_OLDEST}, {_COUNTED}, t.bucket, {_STAGE}, t.settled,
        t.late, t.broken, t.roll, t.cust, t.p_unpaid, t.reach, t.score
    FROM {{source}} t WHERE t.is_new = 1
"""
_UPDATE_STANDINGS = f"""
    UPDATE case_standing s SET balance = t.balance * 0.01, past_due = t.past_due * 0.01, oldest_due_on = {_OLDEST},
        counted_from = {_COUNTED}, bucket = t.bucket, stage = {_STAGE}, settled_count = t.settled, late_count = t.late,
        broken_promises = t.broken, roll = t.roll, cust = t.cust, p_unpaid = t.p_unpaid, reach = t.reach, score = t.score
    FROM {{source}} t WHERE s.case_id = t.case_id AND t.is_new = 0
"""
_STATE = "(CAST(:states AS text[]))[t.state + 1]"
_WAIT = "CASE WHEN t.state = 1 THEN (DATE '1970-01-01' + t.wait_day::int)::timestamp AT TIME ZONE :zone END"
_OWNER = f"JOIN collection_case c ON c.id = t.case_id LEFT JOIN {WORKERS} o ON o.id = c.owner_id"
_ADD_ITEMS = f"""
    INSERT INTO work_item (portfolio_id, case_id, debtor_id, queue, state, ready_at, zone, band, score, not_before,
        reserved_for)
    SELECT :portfolio, t.case_id, t.debtor_id, 'call', {_STATE}, CASE WHEN t.state = 0 THEN CAST(:at AS timestamptz) END,
        d.place, t.band, t.score, {_WAIT}, CASE WHEN t.state <> 3 THEN o.id END
    FROM {{source}} t JOIN debtor d ON d.id = t.debtor_id {_OWNER}
    WHERE t.item = 0
"""
# a state that stays leaves what was agreed with it: the hour, and whom it is reserved for; what comes back is its owner's
_UPDATE_ITEMS = f"""
    UPDATE work_item w SET band = t.band, score = t.score, zone = d.place, state = {_STATE},
        not_before = CASE WHEN t.state = t.old_state AND t.waits_longer = 0 THEN w.not_before ELSE {_WAIT} END,
        reserved_for = CASE WHEN t.state <> 3 THEN coalesce(w.reserved_for, o.id) END,
        ready_at = CASE WHEN t.state = 0 THEN {READY_SINCE} END
    FROM {{source}} t JOIN debtor d ON d.id = t.debtor_id {_OWNER} WHERE w.id = t.item AND t.item <> 0
"""
_FOLLOW_ELSEWHERE = """
    UPDATE work_item w SET score = t.score, state = CASE WHEN t.balance = 0 THEN 'closed' ELSE w.state END,
        not_before = CASE WHEN t.balance > 0 THEN w.not_before END,
        ready_at = CASE WHEN t.balance > 0 THEN w.ready_at END,
        reserved_for = CASE WHEN t.balance > 0 THEN w.reserved_for END
    FROM {source} t
    WHERE w.case_id = t.case_id AND w.queue <> 'call' AND w.state IN ('ready', 'waiting')
      AND (w.score <> t.score OR t.balance = 0)
"""
_ADD_CHANGES = f"""
    INSERT INTO nightly_change (run_id, kind, case_id, before, after, reason)
    SELECT :run, k.kind, t.case_id,
        CASE WHEN k.kind = 'stage' THEN (CAST(:stages AS text[]))[t.before::int + 1]
             WHEN k.kind = 'entered' THEN NULL
             WHEN k.kind IN ('up', 'down', 'left') THEN round(t.before::numeric, 2)::text
             WHEN k.kind = 'stage_proposed' AND t.before > {-NO_DATE // 2} THEN NULL ELSE t.before::int::text END,
        CASE WHEN k.kind = 'stage' THEN (CAST(:stages AS text[]))[t.after::int + 1]
             WHEN k.kind = 'left' THEN NULL
             WHEN k.kind IN ('up', 'down', 'entered') THEN round(t.after::numeric, 2)::text ELSE t.after::int::text END,
        (CAST(:reasons AS text[]))[t.reason + 1]
    FROM {{source}} t CROSS JOIN LATERAL (SELECT (CAST(:kinds AS text[]))[t.kind + 1] AS kind) k
"""

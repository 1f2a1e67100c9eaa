"""Everything the night's rules read about cases, one row a case, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from psycopg.types.numeric import Int8
from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from workbench.queries.columns import read_columns, read_few_columns, typed
from workbench.rules.ageing import NO_DATE
from workbench.rules.intents import FOR_A_PERSON, Intent
from workbench.rules.pauses import BARS_CONTACT, OPEN_END, STOPS_CLOCK, WHOLE_CASE, counted_from_days
from workbench.rules.scoring import FOR_EVER, HORIZON, REACH_WEIGHT, Priors, learn

EPOCH = date(1970, 1, 1)
LEARN_DAYS = 730  # how far back a portfolio's history speaks
LEARN_CASES = 50_000  # a sample of about so many cases teaches the shares to well under a percent
BREAK_FRONT_DAYS = 14  # a break nobody has spoken about for so long goes back to the score's order
NO_PHONE = -1.0
# Words that only a person can answer, and those that nobody has read yet; over the interaction `i`.
ASKS_FOR_A_PERSON = f"""coalesce(i.reading ->> 'intent', '{Intent.UNKNOWN}')
        IN ({", ".join(f"'{each}'" for each in FOR_A_PERSON)})"""
# Of ours: a person called, whatever came of it, or wrote by hand and it did not come back. Over the interaction `ours`.
BY_A_PERSON = """ours.direction = 'outbound' AND ours.user_id IS NOT NULL
        AND ours.disposition_code NOT IN ('message.failed', 'message.bounced')"""
# What a debtor wrote that waits for a person: nobody of ours has called or written since. Over the interaction `i`.
UNANSWERED = f"""i.direction = 'inbound' AND i.reading ->> 'intent' IN ({", ".join(f"'{each}'" for each in FOR_A_PERSON)})
        AND NOT EXISTS (SELECT FROM interaction ours WHERE ours.case_id = i.case_id AND {BY_A_PERSON}
            AND ours.started_at > i.started_at)"""

# What ended a case ended it unless the claim it opened was decided otherwise. Over the interaction `i`.
STILL_ENDED = """NOT EXISTS (SELECT FROM dispute claim WHERE claim.case_id = i.case_id
        AND claim.resolved_at > i.started_at AND claim.resolution <> 'confirmed')"""

COLUMNS: dict[str, str] = {
    "case_id": "i8", "balance": "i8", "past_due": "i8", "oldest_due": "i8", "settled": "i8", "late": "i8",
    "answers": "f8", "promised_until": "i8", "broken": "i8", "unanswered_break": "i8",
    "has_standing": "i8", "old_balance": "i8", "old_past_due": "i8", "old_oldest_due": "i8", "old_bucket": "i8",
    "old_stage": "i8", "old_settled": "i8", "old_late": "i8", "old_broken": "i8", "old_roll": "f8", "old_cust": "f8",
    "old_p_unpaid": "f8", "old_reach": "f8", "old_score": "f8",
    "debtor_id": "i8", "item": "i8", "item_state": "i8", "item_band": "i8", "item_score": "f8", "same_zone": "i8",
    "elsewhere": "i8", "ended": "i8", "unanswered_reply": "i8", "old_counted_from": "i8", "item_wait": "i8",
    "agreed_until": "i8", "talks": "i8", "stops": "i8", "paused_until": "i8", "frozen": "i8", "barred": "i8",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Book:
    """What of a portfolio its cases' figures depend on, and the cases asked about; some have promises, or agreements."""

    id: int
    time_zone: str
    business_date: date | None
    bucket_starts: list[int]
    extrajudicial_after: int
    judicial_after: int
    grace_days: int
    promise_tolerance: Decimal
    learned: dict[str, Any] | None
    delinquency_grace: int
    rules: str | None  # of the order, in force, as their version's JSON
    case_ids: list[int]
    promised: bool
    agreed: bool


def books(session: Session, case_ids: Sequence[int]) -> list[Book]:
    """The portfolios of these cases."""
    return [Book(*row) for row in session.execute(_BOOKS, {"ids": [int(each) for each in case_ids]})]


@dataclass(frozen=True, slots=True)
class Shard:
    """A run of a portfolio's cases by id; both ends are in it."""

    first: int
    last: int
    cases: int


def day_number(day: date) -> int:
    """Days since 1970-01-01, as the columns hold dates."""
    return (day - EPOCH).days


def next_shard(session: Session, portfolio_id: int, after: int, size: int) -> Shard | None:
    """The next `size` cases after an id, or nothing."""
    row = session.execute(_NEXT_SHARD, {"portfolio": portfolio_id, "after": after, "size": size}).one()
    return Shard(row.first, row.last, row.cases) if row.cases else None


def shard_facts(session: Session, portfolio: Portfolio, shard: Shard, *, on: date, priors: Priors) -> dict[str, Any]:
    """The columns of `rules.nights.judge` for a shard, as of the business date."""
    return _facts(session, portfolio, f"BETWEEN {shard.first:d} AND {shard.last:d}", on=on, priors=priors)


def facts_of(
    session: Session, portfolio: Portfolio | Book, case_ids: Sequence[int], *, on: date, priors: Priors
) -> dict[str, Any]:
    """The same columns for a few cases, in the caller's transaction."""
    if len(case_ids) == 1:
        values = facts_values(portfolio, on=on, priors=priors) | {"case": Int8(case_ids[0])}
        return _counted(session, read_few_columns(session, _ONE_CASE, COLUMNS, values), portfolio, on=on)
    wanted = ",".join(str(int(each)) for each in case_ids)
    return _facts(session, portfolio, f"= ANY('{{{wanted}}}'::int8[])", on=on, priors=priors)


def facts_query(where: str) -> str:
    """The SELECT behind both; `where` restricts a case's id (the benchmark reads it for its floor)."""
    return _FACTS.replace("{where}", where)


def facts_values(portfolio: Portfolio | Book, *, on: date, priors: Priors) -> dict[str, Any]:
    """What the SELECT's named places stand for."""
    return {
        "portfolio": portfolio.id,
        "on": on,
        "zone": portfolio.time_zone,
        "grace": portfolio.grace_days,
        "weight": REACH_WEIGHT,
        "reach": priors.reach,
    }


def _facts(session: Session, portfolio: Portfolio | Book, where: str, *, on: date, priors: Priors) -> dict[str, Any]:
    found = read_columns(session, facts_query(where), COLUMNS, facts_values(portfolio, on=on, priors=priors))
    return _counted(session, found, portfolio, on=on)


def _counted(session: Session, facts: dict[str, Any], portfolio: Portfolio | Book, *, on: date) -> dict[str, Any]:
    """With the column `counted_from`: the oldest due day, later where pauses stopped the clock.

    What pauses there are is read only for the few cases that have some.
    """
    counted = facts["oldest_due"].copy()
    paused = np.flatnonzero(facts["stops"] > 0)
    if len(paused):
        case_id = facts["case_id"][paused]
        debts, pauses = debts_and_pauses(session, case_id.tolist(), on=on, zone=portfolio.time_zone)
        counted[paused] = counted_from_days(case_id, debts, pauses, day_number(on))
    return facts | {"counted_from": counted}


def debts_and_pauses(
    session: Session, case_ids: Sequence[int], *, on: date, zone: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `rules.pauses.counted_from_days` takes: the oldest late debt of each account, and what stopped the clock."""
    values = {
        "ids": [Int8(each) for each in case_ids],
        "on": on,
        "zone": zone,
        "kinds": [kind.value for kind in STOPS_CLOCK],
    }
    debts = read_columns(session, _DEBTS, _DEBT_COLUMNS, values)
    return debts, read_columns(session, _PAUSES, _PAUSE_COLUMNS, values)


def learned(session: Session, portfolio_id: int, *, on: date) -> Priors:
    """What the portfolio's own history says on the morning of `on`, from a sample of its cases."""
    cases = session.execute(_COUNT, {"portfolio": portfolio_id}).scalar_one()
    values = {"portfolio": portfolio_id, "on": on, "step": max(1, cases // LEARN_CASES)}
    items = read_columns(session, _ITEMS, {"due": "i8", "paid": "i8"}, values)
    tally = read_columns(session, _TALLY, {"right_parties": "i8", "attempts": "i8"}, values)
    asked = {name: int(column[0]) for name, column in tally.items()}
    return learn(items["due"], items["paid"], day_number(on), **asked)


_BOOKS = text("""
    SELECT p.id, p.time_zone, p.business_date, p.bucket_starts, p.extrajudicial_after, p.judicial_after, p.grace_days,
        p.promise_tolerance, p.learned, p.delinquency_grace,
        (SELECT v.rules::text FROM order_version v WHERE v.portfolio_id = p.id AND v.state = 'published'),
        array_agg(c.id ORDER BY c.id) AS case_ids,
        bool_or(EXISTS (SELECT FROM promise m WHERE m.case_id = c.id AND m.state NOT IN ('withdrawn', 'replaced'))),
        bool_or(EXISTS (SELECT FROM agreement a WHERE a.case_id = c.id AND a.state NOT IN ('withdrawn', 'replaced')))
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id
    WHERE c.id = ANY(:ids) GROUP BY p.id ORDER BY p.id
""")
_COUNT = text("SELECT count(*) FROM collection_case WHERE portfolio_id = :portfolio")
_NEXT_SHARD = text("""
    SELECT min(id) AS first, max(id) AS last, count(*) AS cases FROM (
        SELECT id FROM collection_case WHERE portfolio_id = :portfolio AND id > :after ORDER BY id LIMIT :size) one
""")
# sampled by a hash: ids come in the order of a creditor's file, where every twentieth may be of one kind
_ITEMS = f"""
    SELECT r.due_on - DATE '1970-01-01' AS due, coalesce(r.settled_on - DATE '1970-01-01', {FOR_EVER}) AS paid
    FROM receivable r JOIN collection_case c ON c.id = r.case_id
    WHERE c.portfolio_id = %(portfolio)s AND hashint8(c.id) %% %(step)s = 0 AND r.due_on < %(on)s AND r.due_on >= %(on)s::date - {LEARN_DAYS}
"""
_TALLY = """
    SELECT coalesce(sum(p.right_parties), 0) AS right_parties, coalesce(sum(p.attempts), 0) AS attempts
    FROM contact_point p JOIN collection_case c ON c.debtor_id = p.debtor_id
    WHERE c.portfolio_id = %(portfolio)s AND hashint8(c.id) %% %(step)s = 0 AND p.kind = 'phone'
"""
_DEBT_COLUMNS = {"case_id": "i8", "account_id": "i8", "due": "i8"}
_DEBTS = """
    SELECT r.case_id, r.account_id, min(r.due_on) - DATE '1970-01-01' AS due FROM receivable r
    WHERE r.case_id = ANY(%(ids)s) AND r.balance > 0 AND r.due_on < %(on)s GROUP BY r.case_id, r.account_id
"""
_PAUSE_COLUMNS = {"case_id": "i8", "account_id": "i8", "first": "i8", "last": "i8"}
_PAUSES = f"""
    SELECT q.case_id, coalesce(q.account_id, {WHOLE_CASE}) AS account_id, q.from_on - DATE '1970-01-01' AS first,
           coalesce(least(q.until_on, (q.ended_at AT TIME ZONE %(zone)s)::date) - DATE '1970-01-01', {OPEN_END}) AS last
    FROM pause q WHERE q.case_id = ANY(%(ids)s) AND q.kind = ANY(%(kinds)s)
"""
_KINDS_THAT = "q.kind IN ({})"
_STOPS = _KINDS_THAT.format(", ".join(f"'{kind}'" for kind in STOPS_CLOCK))
_BARS = _KINDS_THAT.format(", ".join(f"'{kind}'" for kind in BARS_CONTACT))
_LIVE_WHOLE = """q.account_id IS NULL AND q.ended_at IS NULL AND q.from_on <= %(on)s
                 AND coalesce(q.until_on >= %(on)s, true)"""
# Who spoke since, and what ended it, are asked only for the few cases where it matters: interactions outnumber cases.
# The same shrinking as rules.scoring.reach_of: the best phone is found where the phones are (a test compares the two).
_FACTS = f"""
    WITH chosen AS MATERIALIZED (
        SELECT id, debtor_id FROM collection_case WHERE portfolio_id = %(portfolio)s AND id {{where}}
    ), owed AS (
        SELECT r.case_id, sum(r.balance) AS balance, sum(r.balance) FILTER (WHERE r.due_on < %(on)s) AS past_due,
               min(r.due_on) FILTER (WHERE r.balance > 0 AND r.due_on < %(on)s) AS oldest_due,
               count(r.settled_on) AS settled, count(*) FILTER (WHERE r.settled_on > r.due_on + {HORIZON}) AS late
        FROM receivable r WHERE r.case_id {{where}} GROUP BY r.case_id
    ), phones AS (
        SELECT p.debtor_id, max((p.right_parties + %(weight)s * %(reach)s) / (p.attempts + %(weight)s)) AS answers
        FROM contact_point p WHERE p.kind = 'phone' AND p.status = 'active' AND p.debtor_id IN (SELECT debtor_id FROM chosen)
        GROUP BY p.debtor_id
    ), promises AS (
        SELECT p.case_id, max(CASE WHEN p.state = 'open' THEN coalesce((SELECT min(t.due_on) FROM promise_part t
                   WHERE t.promise_id = p.id AND t.due_on + %(grace)s >= %(on)s), p.due_on) END) + %(grace)s + 1 AS promised_until,
               count(*) FILTER (WHERE p.state = 'broken') AS broken,
               max(p.closed_on) FILTER (WHERE p.state = 'broken') AS broken_on,
               max(p.taken_on) FILTER (WHERE p.state IN ('open', 'kept', 'partially_kept')) AS renewed_on
        FROM promise p WHERE p.case_id {{where}} GROUP BY p.case_id
    ), agreed AS (
        SELECT a.case_id, min(i.due_on + a.grace_days) + 1 AS until
        FROM agreement a LEFT JOIN installment i
            ON i.agreement_id = a.id AND i.paid < i.amount AND i.due_on + a.grace_days >= %(on)s
        WHERE a.state = 'active' AND a.case_id {{where}} GROUP BY a.case_id HAVING max(a.missed) = 0
    ), others AS (
        SELECT case_id, bool_or(queue = 'negotiation') AS talks FROM work_item
        WHERE queue <> 'call' AND state <> 'closed' AND case_id {{where}} GROUP BY case_id
    ), spoken AS (
        SELECT DISTINCT p.case_id FROM promises p
        JOIN interaction i ON i.case_id = p.case_id AND i.started_at >= p.broken_on::timestamp AT TIME ZONE %(zone)s
        JOIN disposition d ON d.code = i.disposition_code AND d.counts_rpc AND d.action NOT IN ('message', 'reply')
        WHERE p.broken_on > %(on)s::date - {BREAK_FRONT_DAYS}
    ), ended AS (
        SELECT DISTINCT w.case_id FROM work_item w JOIN interaction i ON i.case_id = w.case_id
        JOIN disposition d ON d.code = i.disposition_code AND d.terminal
        WHERE w.queue = 'call' AND w.state = 'closed' AND w.case_id {{where}} AND {STILL_ENDED}
    ), replied AS (
        SELECT DISTINCT i.case_id FROM interaction i WHERE i.case_id {{where}} AND {UNANSWERED}
    ), paused AS (
        SELECT q.case_id, count(*) FILTER (WHERE {_STOPS}) AS stops,
               max(coalesce(q.until_on - DATE '1970-01-01' + 1, {OPEN_END})) FILTER (WHERE {_LIVE_WHOLE}) AS until,
               bool_or({_STOPS} AND {_LIVE_WHOLE}) AS frozen, bool_or({_BARS} AND {_LIVE_WHOLE}) AS barred
        FROM pause q WHERE q.case_id {{where}} GROUP BY q.case_id
    )
    SELECT c.id AS case_id,
           coalesce(o.balance, 0) * 100 AS balance, coalesce(o.past_due, 0) * 100 AS past_due,
           coalesce(o.oldest_due - DATE '1970-01-01', {NO_DATE}) AS oldest_due,
           coalesce(o.settled, 0) AS settled, coalesce(o.late, 0) AS late, coalesce(f.answers, {NO_PHONE}) AS answers,
           coalesce(greatest(p.promised_until, g.until) - DATE '1970-01-01', {NO_DATE}) AS promised_until,
           coalesce(p.broken, 0) AS broken,
           CASE WHEN p.broken_on > %(on)s::date - {BREAK_FRONT_DAYS} AND coalesce(p.renewed_on < p.broken_on, true)
                 AND k.case_id IS NULL THEN 1 ELSE 0 END AS unanswered_break,
           CASE WHEN s.case_id IS NULL THEN 0 ELSE 1 END AS has_standing,
           coalesce(s.balance, 0) * 100 AS old_balance, coalesce(s.past_due, 0) * 100 AS old_past_due,
           coalesce(s.oldest_due_on - DATE '1970-01-01', {NO_DATE}) AS old_oldest_due, coalesce(s.bucket, 0) AS old_bucket,
           CASE s.stage WHEN 'administrative' THEN 1 WHEN 'extrajudicial' THEN 2 WHEN 'judicial' THEN 3 ELSE 0 END AS old_stage,
           coalesce(s.settled_count, 0) AS old_settled, coalesce(s.late_count, 0) AS old_late,
           coalesce(s.broken_promises, 0) AS old_broken, coalesce(s.roll, 0) AS old_roll, coalesce(s.cust, 0) AS old_cust,
           coalesce(s.p_unpaid, 0) AS old_p_unpaid, coalesce(s.reach, 0) AS old_reach, coalesce(s.score, 0) AS old_score,
           c.debtor_id, coalesce(w.id, 0) AS item,
           CASE w.state WHEN 'ready' THEN 0 WHEN 'waiting' THEN 1 WHEN 'claimed' THEN 2 WHEN 'closed' THEN 3 ELSE -1 END
               AS item_state,
           coalesce(w.band, 4) AS item_band, coalesce(w.score, 0) AS item_score,
           CASE WHEN w.zone <> d.place THEN 0 ELSE 1 END AS same_zone,
           CASE WHEN e.case_id IS NULL THEN 0 ELSE 1 END AS elsewhere,
           CASE WHEN n.case_id IS NULL THEN 0 ELSE 1 END AS ended,
           CASE WHEN a.case_id IS NULL THEN 0 ELSE 1 END AS unanswered_reply,
           coalesce(coalesce(s.counted_from, s.oldest_due_on) - DATE '1970-01-01', {NO_DATE}) AS old_counted_from,
           coalesce((w.not_before AT TIME ZONE %(zone)s)::date - DATE '1970-01-01', {NO_DATE}) AS item_wait,
           coalesce(g.until - DATE '1970-01-01', {NO_DATE}) AS agreed_until, coalesce(e.talks, false)::int AS talks,
           coalesce(q.stops, 0) AS stops, coalesce(q.until, {NO_DATE}) AS paused_until,
           coalesce(q.frozen, false)::int AS frozen, coalesce(q.barred, false)::int AS barred
    FROM chosen c JOIN debtor d ON d.id = c.debtor_id
    LEFT JOIN owed o ON o.case_id = c.id
    LEFT JOIN phones f ON f.debtor_id = c.debtor_id
    LEFT JOIN promises p ON p.case_id = c.id
    LEFT JOIN agreed g ON g.case_id = c.id
    LEFT JOIN case_standing s ON s.case_id = c.id
    LEFT JOIN work_item w ON w.case_id = c.id AND w.queue = 'call'
    LEFT JOIN others e ON e.case_id = c.id
    LEFT JOIN spoken k ON k.case_id = c.id
    LEFT JOIN ended n ON n.case_id = c.id
    LEFT JOIN replied a ON a.case_id = c.id
    LEFT JOIN paused q ON q.case_id = c.id
"""
_ONE_CASE = " ".join(typed(facts_query("= %(case)s"), COLUMNS).split())

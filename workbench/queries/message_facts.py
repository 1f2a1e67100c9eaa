"""Everything that planning messages reads about cases, one row a case, as columns; and what the law may ask of them."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from models.interactions import Channel
from workbench.queries.case_facts import ASKS_FOR_A_PERSON, BY_A_PERSON, STILL_ENDED
from workbench.queries.columns import read_columns, read_packed
from workbench.queries.contact_columns import OUTCOMES
from workbench.queries.contact_history import OUTCOME
from workbench.queries.contact_rules import places
from workbench.queries.templates import spoken
from workbench.rules.ageing import NO_DATE, STAGES
from workbench.rules.best_contact import WRITTEN
from workbench.rules.contact_law import level_of
from workbench.rules.contact_places import Known
from workbench.rules.law_columns import CHANNELS, History, Profile
from workbench.rules.law_limits import LOOK_BACK
from workbench.rules.message_channels import Facts, Texts
from workbench.rules.scoring import HORIZON
from workbench.rules.strategies import Names

IntArray = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]
PAUSED, DISPUTED = 1, 2  # of a case, or of all its accounts that owe; 0 = neither

COLUMNS: dict[str, str] = {
    "case_id": "i8", "debtor_id": "i8", "balance": "i8", "past_due": "i8", "amount": "i8", "anchor": "i8",
    "settled": "i8", "late": "i8", "broken": "i8", "p_unpaid": "f8", "stage": "i8", "promised": "i8", "paused": "i8",
    "accounts_paused": "i8", "ended": "i8", "replied": "i8", "opted_out": "i8", "language": "i8",
    **{f"{channel}_point": "i8" for channel in WRITTEN}, **{f"{channel}_off": "i8" for channel in WRITTEN},
}  # fmt: skip
LADDER: dict[str, str] = {
    "case_id": "i8", "anchor": "i8", "step": "i8", "sent": "i8", "sent_for": "i8", "sent_on": "i8", "attempt": "i8",
    "today": "i8", "live": "i8",
}  # fmt: skip


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def shard_where(first: int, last: int) -> str:
    """The condition on a case's id of a run of cases; both ends are in it."""
    return f"BETWEEN {first:d} AND {last:d}"


def cases_where(case_ids: Sequence[int]) -> str:
    """The condition on a case's id of these cases."""
    return f"= ANY('{{{','.join(str(int(each)) for each in case_ids)}}}'::int8[])"


def texts_of(session: Session, portfolio: Portfolio) -> Texts:
    """What a portfolio's debtors may be sent: its own templates and those for all."""
    rows = session.execute(_TEXTS, {"portfolio": portfolio.id}).all()
    own = spoken(portfolio.language)
    languages = tuple(sorted({own, *(row.language for row in rows)}))
    approved = frozenset((row.code, Channel(row.channel), languages.index(row.language)) for row in rows)
    return Texts(approved, languages, languages.index(own))


def message_facts(
    session: Session,
    portfolio: Portfolio,
    where: str,
    *,
    on: date,
    at: datetime,
    steps: Sequence[str] = (),
    languages: Sequence[str] = (),
) -> Facts:
    """The facts of the portfolio's cases whose id is `where`, as of business date `on`; `steps` are codes to know again."""
    asked = _asked(portfolio, on, at)
    columns = case_columns(session, portfolio, where, on=on, at=at, languages=languages)
    columns["profile"], profiles, zones = _profiles(session, portfolio, where, columns["case_id"])
    values = asked | {"since": at - LOOK_BACK, "steps": list(steps)}
    ladder = read_columns(session, _LADDER.replace("{where}", where), LADDER, values) if steps else _none(LADDER)
    contacts = read_columns(session, _CONTACTS.replace("{where}", where), _CONTACT_COLUMNS, values)
    return Facts(columns, profiles, zones, _history(columns, contacts), ladder)


def case_columns(
    session: Session, portfolio: Portfolio, where: str, *, on: date, at: datetime, languages: Sequence[str] = ()
) -> Columns:
    """The columns `COLUMNS` alone, in the order of the cases' ids."""
    more: dict[str, Any] = {"languages": list(languages), "fallback": portfolio.language}
    values = _asked(portfolio, on, at) | more
    columns = read_packed(session, _FACTS.replace("{where}", where), COLUMNS, values)
    order = np.argsort(columns["case_id"], kind="stable")
    return {name: column[order] for name, column in columns.items()}


def _asked(portfolio: Portfolio, on: date, at: datetime) -> dict[str, Any]:
    return {
        "portfolio": portfolio.id,
        "on": on,
        "at": at,
        "zone": portfolio.time_zone,
        "creditor": portfolio.creditor_id,
    }


def _profiles(
    session: Session, portfolio: Portfolio, where: str, case_id: IntArray
) -> tuple[IntArray, list[Profile], list[str]]:
    """Where the debtors live and what is known of them, each once with the law's question about it; and whose it is.

    Asked apart from the facts: how many debtors have which is beyond the planner, and then it joins one by one.
    """
    assert portfolio.id is not None
    rows = session.execute(text(_GROUPS.replace("{where}", where)), {"portfolio": portfolio.id}).all()
    place = places(session, [portfolio.id])[portfolio.id]
    profiles = [
        Profile.of(place.question(Known(row.zone, row.region or None, json.loads(row.facts)), _ANY_MOMENT))
        for row in rows
    ]
    zones = [row.zone for row in rows]
    column = np.zeros(len(case_id), np.int64)
    if len(rows) > 1:
        values = {
            "portfolio": portfolio.id,
            "zones": zones,
            "regions": [row.region for row in rows],
            "facts": [row.facts for row in rows],
        }
        found = read_columns(session, _PROFILE.replace("{where}", where), {"case_id": "i8", "profile": "i8"}, values)
        column[np.searchsorted(case_id, found["case_id"])] = found["profile"]
    return column, profiles, zones


def name_bits(session: Session, portfolio: Portfolio, where: str, names: Names, case_id: IntArray) -> Columns:
    """The columns `products`, `regions` and `cities` that segments ask for; nothing is read for what none asks for."""
    found: Columns = {}
    for noun, statement in NAMED.items():
        column = found[noun] = np.zeros(len(case_id), dtype=np.int64)
        bits = names.bits(noun, session.execute(_WRITTEN[noun], {"portfolio": portfolio.id}).scalars()) if getattr(names, noun) else {}  # fmt: skip
        if bits:
            values = {"portfolio": portfolio.id, "names": list(bits), "bits": list(bits.values())}
            rows = read_columns(session, statement.replace("{where}", where), {"case_id": "i8", "bits": "i8"}, values)
            column[np.searchsorted(case_id, rows["case_id"])] = rows["bits"]
    return found


def _history(columns: Columns, contacts: Columns) -> History:
    """Our contacts with the debtors of late, for any of their debts, by row."""
    seconds = contacts["seconds"]
    return History(
        case=np.searchsorted(columns["case_id"], contacts["case_id"]),
        minute=seconds // 60,
        level=_LEVELS[contacts["outcome"]],
        channel=contacts["channel"],
        debt=contacts["debt"],
        after=-(-seconds // 60),
    )


def _none(columns: dict[str, str]) -> Columns:
    return {name: np.empty(0, dtype=kind) for name, kind in columns.items()}


_EPOCH = date(1970, 1, 1)
_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_LEVELS = np.array([int(level_of(outcome)) for outcome in OUTCOMES], np.int64)
_CONTACT_COLUMNS = {"case_id": "i8", "seconds": "i8", "outcome": "i8", "channel": "i8", "debt": "i8"}
_CHOSEN = "SELECT id, debtor_id FROM collection_case WHERE portfolio_id = %(portfolio)s AND id {where}"
_TEXTS = text("""
    SELECT DISTINCT code, channel, language FROM template
    WHERE state = 'approved' AND (portfolio_id = :portfolio OR portfolio_id IS NULL)
""")
_GROUPS = """
    SELECT DISTINCT d.time_zone AS zone, coalesce(d.region, '') AS region, d.contact_facts::text AS facts
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id
    WHERE c.portfolio_id = :portfolio AND c.id {where}
"""
_PROFILE = """
    SELECT c.id AS case_id, k.place - 1 AS profile FROM collection_case c JOIN debtor d ON d.id = c.debtor_id
    JOIN unnest(%(zones)s::text[], %(regions)s::text[], %(facts)s::text[])
            WITH ORDINALITY AS k (zone, region, facts, place)
        ON k.zone = d.time_zone AND k.region = coalesce(d.region, '') AND k.facts = d.contact_facts::text
    WHERE c.portfolio_id = %(portfolio)s AND c.id {where}
"""
_STAGE = " ".join(f"WHEN '{stage.value}' THEN {place}" for place, stage in enumerate(STAGES))
_PHONE = "p.kind = 'phone' AND coalesce(p.phone_kind, 'unknown') <> 'landline'"
_KIND = {Channel.EMAIL: "p.kind = 'email'", Channel.SMS: _PHONE, Channel.WHATSAPP: _PHONE}
# The best rate of answers (in millionths), of equals the lowest id: one number, so that nothing has to be sorted.
_IDS = 1 << 40
_BEST = f"p.right_parties * 1000000::int8 / greatest(p.attempts, 1) * {_IDS} + {_IDS - 1} - p.id"
_POINTS = ", ".join(
    f"max({_BEST}) FILTER (WHERE {_KIND[channel]} AND NOT '{channel}' = ANY(p.unreachable)) AS {channel}_point"
    for channel in WRITTEN
)
_OFF = ", ".join(f"max((o.channel = '{channel}')::int) AS {channel}_off" for channel in WRITTEN)
_PER_CHANNEL = ", ".join(
    [f"coalesce({_IDS - 1} - t.{each}_point %% {_IDS}, 0) AS {each}_point" for each in WRITTEN]
    + [f"coalesce(o.{each}_off, 0) AS {each}_off" for each in WRITTEN]
)
# as queries.templates.spoken
_SPOKEN = "split_part(replace(lower(trim(coalesce(nullif(d.language, ''), %(fallback)s))), '_', '-'), '-', 1)"
# What only few cases have (promises, pauses, opt-outs, replies, ends) is looked for among those few, not case by case.
# A debtor who promised, or who waits for an answer, is left alone for every debt they have with us.
_FACTS = f"""
    WITH chosen AS MATERIALIZED ({_CHOSEN}), pauses AS MATERIALIZED (
        SELECT p.case_id, p.account_id, max(CASE p.kind WHEN 'dispute' THEN {DISPUTED} ELSE {PAUSED} END) AS kind
        FROM pause p WHERE p.portfolio_id = %(portfolio)s AND p.case_id {{where}} AND p.ended_at IS NULL
          AND p.from_on <= %(on)s AND coalesce(p.until_on >= %(on)s, true) GROUP BY p.case_id, p.account_id
    ), owed AS (
        SELECT r.case_id, sum(r.balance) FILTER (WHERE a.kind IS NULL) AS balance,
               sum(r.balance) FILTER (WHERE a.kind IS NULL AND r.due_on < %(on)s) AS past_due,
               min(r.due_on) FILTER (WHERE a.kind IS NULL AND r.balance > 0) AS anchor,
               min(r.due_on) FILTER (WHERE r.balance > 0) AS any_due, max(a.kind) FILTER (WHERE r.balance > 0) AS paused,
               count(r.settled_on) AS settled, count(*) FILTER (WHERE r.settled_on > r.due_on + {HORIZON}) AS late
        FROM receivable r LEFT JOIN pauses a ON a.account_id = r.account_id WHERE r.case_id {{where}} GROUP BY r.case_id
    ), points AS (
        SELECT p.debtor_id, {_POINTS} FROM contact_point p
        WHERE p.status = 'active' AND p.debtor_id IN (SELECT debtor_id FROM chosen) GROUP BY p.debtor_id
    ), off AS (
        SELECT o.debtor_id, {_OFF} FROM opt_out o JOIN debtor d ON d.id = o.debtor_id
        WHERE o.ended_at IS NULL AND d.creditor_id = %(creditor)s GROUP BY o.debtor_id
    ), promised AS (
        SELECT DISTINCT k.debtor_id FROM promise p JOIN collection_case k ON k.id = p.case_id
        JOIN portfolio f ON f.id = p.portfolio_id
        WHERE f.creditor_id = %(creditor)s AND p.state = 'open' AND p.due_on + f.grace_days >= %(on)s
        UNION SELECT k.debtor_id FROM agreement g JOIN collection_case k ON k.id = g.case_id
        JOIN portfolio f ON f.id = g.portfolio_id
        WHERE f.creditor_id = %(creditor)s AND g.state = 'active' AND g.missed = 0
    ), broken AS (
        SELECT p.case_id, count(*) AS broken FROM promise p
        WHERE p.portfolio_id = %(portfolio)s AND p.state = 'broken' AND p.case_id {{where}} GROUP BY p.case_id
    ), replied AS (
        SELECT DISTINCT k.debtor_id FROM interaction i JOIN collection_case k ON k.id = i.case_id
        JOIN portfolio f ON f.id = i.portfolio_id
        WHERE f.creditor_id = %(creditor)s AND i.direction = 'inbound' AND i.started_at <= %(at)s
          AND {ASKS_FOR_A_PERSON} AND NOT EXISTS (
            SELECT FROM collection_case mine JOIN interaction ours ON ours.case_id = mine.id
                AND ours.started_at >= i.started_at
            WHERE mine.debtor_id = k.debtor_id AND {BY_A_PERSON})
    ), ended AS (
        SELECT DISTINCT w.case_id FROM work_item w JOIN interaction i ON i.case_id = w.case_id
        JOIN disposition d ON d.code = i.disposition_code AND d.terminal
        WHERE w.queue = 'call' AND w.state = 'closed' AND w.case_id {{where}} AND {STILL_ENDED}
    )
    SELECT c.id AS case_id, c.debtor_id, coalesce(w.balance, 0) * 100 AS balance,
           coalesce(w.past_due, 0) * 100 AS past_due, coalesce(nullif(w.past_due, 0), n.amount, 0) * 100 AS amount,
           coalesce(coalesce(w.anchor, w.any_due) - DATE '1970-01-01', {NO_DATE}) AS anchor,
           coalesce(w.settled, 0) AS settled, coalesce(w.late, 0) AS late, coalesce(b.broken, 0) AS broken,
           coalesce(s.p_unpaid, 0) AS p_unpaid, CASE s.stage {_STAGE} ELSE 0 END AS stage,
           (m.debtor_id IS NOT NULL)::int AS promised, coalesce(a.kind, 0) AS paused,
           coalesce(w.paused, 0) AS accounts_paused, (e.case_id IS NOT NULL)::int AS ended,
           (y.debtor_id IS NOT NULL)::int AS replied,
           coalesce(d.contact_facts -> 'opted_out' = 'true', false)::int AS opted_out,
           coalesce(array_position(%(languages)s::text[], {_SPOKEN}), 0) - 1 AS language,
           {_PER_CHANNEL}
    FROM chosen c JOIN debtor d ON d.id = c.debtor_id
    LEFT JOIN owed w ON w.case_id = c.id
    LEFT JOIN LATERAL (
        SELECT sum(r.balance) AS amount FROM receivable r
        WHERE coalesce(w.past_due, 0) = 0 AND r.case_id = c.id AND r.due_on = w.anchor AND r.balance > 0
          AND NOT EXISTS (SELECT FROM pauses a WHERE a.account_id = r.account_id)) n ON true
    LEFT JOIN case_standing s ON s.case_id = c.id
    LEFT JOIN points t ON t.debtor_id = c.debtor_id
    LEFT JOIN off o ON o.debtor_id = c.debtor_id
    LEFT JOIN promised m ON m.debtor_id = c.debtor_id
    LEFT JOIN pauses a ON a.case_id = c.id AND a.account_id IS NULL
    LEFT JOIN broken b ON b.case_id = c.id
    LEFT JOIN replied y ON y.debtor_id = c.debtor_id
    LEFT JOIN ended e ON e.case_id = c.id
"""
# What may have left counts as sent: a step is not told again because nobody knows whether it was.
_SENT_AT = "coalesce(m.sent_at, CASE WHEN m.state = 'unconfirmed' THEN coalesce(m.ended_at, m.planned_at) END)"
_STEP = "coalesce(array_position(%(steps)s::text[], m.step), 0) - 1"
_LADDER = f"""
    SELECT m.case_id, m.anchor_on - DATE '1970-01-01' AS anchor, {_STEP} AS step, count({_SENT_AT}) AS sent,
           coalesce(max(m.on_date) FILTER (WHERE {_SENT_AT} IS NOT NULL) - DATE '1970-01-01', {NO_DATE}) AS sent_for,
           coalesce(max(({_SENT_AT} AT TIME ZONE %(zone)s)::date) - DATE '1970-01-01', {NO_DATE}) AS sent_on,
           max(m.attempt) AS attempt, max((m.on_date = %(on)s)::int) AS today,
           max((m.state IN ('planned', 'queued', 'sending'))::int) AS live
    FROM message m WHERE m.portfolio_id = %(portfolio)s AND m.cause = 'step' AND m.case_id {{where}} GROUP BY 1, 2, 3
    UNION ALL
    SELECT m.case_id, m.anchor_on - DATE '1970-01-01', {_STEP}, count(*), max(m.on_date) - DATE '1970-01-01', {NO_DATE},
           1, max((m.on_date = %(on)s)::int), 0
    FROM step_task m WHERE m.portfolio_id = %(portfolio)s AND m.case_id {{where}} GROUP BY 1, 2, 3
"""
_CONTACTS = f"""
    WITH chosen AS MATERIALIZED ({_CHOSEN})
    SELECT c.id AS case_id, ceil(extract(epoch FROM i.started_at))::int8 AS seconds,
        array_position(ARRAY{list(OUTCOMES)!r}, {OUTCOME.format(d="x")}) - 1 AS outcome,
        array_position(ARRAY{[each.value for each in CHANNELS]!r}, i.channel::text) - 1 AS channel, i.case_id AS debt
    FROM chosen c JOIN collection_case k ON k.debtor_id = c.debtor_id
    JOIN interaction i ON i.case_id = k.id AND i.direction = 'outbound'
      AND i.started_at > %(since)s AND i.started_at <= %(at)s
    JOIN disposition x ON x.code = i.disposition_code AND x.counts_attempt
"""
_WRITTEN = {
    "products": text("SELECT DISTINCT product FROM account WHERE portfolio_id = :portfolio AND product IS NOT NULL"),
    "regions": text("""SELECT DISTINCT d.region FROM debtor d JOIN collection_case c ON c.debtor_id = d.id
        WHERE c.portfolio_id = :portfolio AND d.region IS NOT NULL"""),
    "cities": text("""SELECT DISTINCT d.city FROM debtor d JOIN collection_case c ON c.debtor_id = d.id
        WHERE c.portfolio_id = :portfolio AND d.city IS NOT NULL"""),
}
_BITS = "unnest(%(names)s::text[], %(bits)s::int8[]) AS asked (name, bit)"
OF_DEBTOR = f"""
    SELECT c.id AS case_id, asked.bit AS bits FROM collection_case c JOIN debtor d ON d.id = c.debtor_id
    JOIN {_BITS} ON asked.name = d.{{column}} WHERE c.portfolio_id = %(portfolio)s AND c.id {{where}}
"""
# a product that is paid off says nothing of a case any more
NAMED = {
    "products": f"""
        SELECT a.case_id, bit_or(asked.bit) AS bits FROM account a JOIN {_BITS} ON asked.name = a.product
        WHERE a.portfolio_id = %(portfolio)s AND a.case_id {{where}}
          AND EXISTS (SELECT FROM receivable r WHERE r.case_id = a.case_id AND r.account_id = a.id AND r.balance > 0)
        GROUP BY a.case_id
    """,
    "regions": OF_DEBTOR.replace("{column}", "region"),
    "cities": OF_DEBTOR.replace("{column}", "city"),
}

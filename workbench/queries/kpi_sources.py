"""The rows that figures are made of, in SQL: one text a source, narrowed to portfolios that share a clock.

Every source has the columns `ref` (its row), `portfolio_id`, `user_id` (whose work it is), `case_id`, `local_at` (on the
portfolio's clock) and `channel`, and then what is counted or summed. `{n}` numbers the clock: `:ids_{n}` are its
portfolios, `:zone_{n}` its zone, `:start_{n}` and `:end_{n}` the moments in which the days `:from_on` to `:to_on` begin
and end there, `:today_{n}` its day now.
"""

from dataclasses import dataclass
from typing import Any

from workbench.queries.contact_results import ANSWERED, ARRIVED, ASKING, PAID
from workbench.queries.kpi_parts import BITS
from workbench.rules.kpis import Source


@dataclass(frozen=True, slots=True)
class Recount:
    """One disposition counted otherwise than it is: what the preview of a change asks for."""

    code: str
    counts_attempt: bool
    counts_contact: bool
    counts_rpc: bool
    counts_promise: bool

    @property
    def binds(self) -> dict[str, Any]:
        """By the names in the text."""
        return {"recounted": self.code, **{f"re_{name}": getattr(self, name) for name in _COUNTED}}


_COUNTED = ("counts_attempt", "counts_contact", "counts_rpc", "counts_promise")
_RECOUNTED = f"""(SELECT code, {", ".join(f"CASE WHEN code = :recounted THEN CAST(:re_{name} AS boolean) ELSE {name} END AS {name}"
                               for name in _COUNTED)} FROM disposition)"""  # fmt: skip
# whose figures move with a flag
FLAGGED = frozenset({Source.CONTACTS, Source.LISTED, Source.PAYMENTS})

_DAYS = "BETWEEN CAST(:from_on AS date) AND CAST(:to_on AS date)"
_SPAN = ">= :start_{n} AND {moment} < :end_{n}"
# What people did, as contacts, as time and as cost: each row is read once for all that is made of it. `works` are the rows
# that time is made of, `costs` those that cost: the seconds `worked` at `second_cost`, which is worked out once a portfolio
# and only where it is asked for, and what the message cost.
_CONTACTS = """
    SELECT i.id AS ref, i.portfolio_id, i.user_id, i.case_id, i.started_at AT TIME ZONE :zone_{n} AS local_at, i.channel,
        i.disposition_code, i.direction = 'outbound' AS outbound, f.counts_attempt, f.counts_contact, f.counts_rpc,
        f.counts_promise, i.channel IN ('call', 'visit') AS works, i.channel IN ('call', 'visit') AS costs,
        (i.channel IN ('call', 'visit'))::int AS handled, date_part('epoch', i.ended_at - i.started_at) AS talk,
        date_part('epoch', i.ended_at - least(coalesce(i.claimed_at, i.started_at), i.ended_at)) AS worked, b.second_cost,
        0::float8 AS message_cost
    FROM interaction i JOIN {flags} f ON f.code = i.disposition_code LEFT JOIN {second_cost} b ON b.id = i.portfolio_id
    WHERE i.portfolio_id = ANY(:ids_{n}) AND i.started_at >= :start_{n} AND i.started_at < :end_{n}
        AND i.user_id IS NOT NULL"""
_SECOND_COST = "(SELECT id, (minute_cost / 60)::float8 AS second_cost FROM portfolio GROUP BY id)"
# Put down without an outcome: the time was spent all the same, by who held the case.
_PUT_DOWN = """
    SELECT -e.id, w.portfolio_id, coalesce(CAST(e.details ->> 'holder' AS bigint), e.by_id), w.case_id,
        e.at AT TIME ZONE :zone_{n}, 'call', NULL, false, false, false, false, false, true, true, 0, 0::float8,
        date_part('epoch', e.at - least(CAST(e.details ->> 'claimed_at' AS timestamptz), e.at)), b.second_cost, 0::float8
    FROM audit_entry e JOIN work_item w ON w.id = e.subject_id LEFT JOIN {second_cost} b ON b.id = w.portfolio_id
    WHERE e.deed IN ('skip', 'release') AND e.at >= :start_{n} AND e.at < :end_{n} AND e.details ? 'claimed_at'
        AND e.details ->> 'claimed_at' IS NOT NULL AND w.portfolio_id = ANY(:ids_{n})"""
_LEFT = """
    SELECT m.id, m.portfolio_id, NULL, m.case_id, m.sent_at AT TIME ZONE :zone_{n}, m.channel, NULL, false, false, false,
        false, false, false, true, 0, 0::float8, 0::float8, 0::float8,
        coalesce(CAST(b.message_costs ->> m.channel AS float8), 0)
    FROM message m JOIN portfolio b ON b.id = m.portfolio_id
    WHERE m.portfolio_id = ANY(:ids_{n}) AND m.sent_at >= :start_{n} AND m.sent_at < :end_{n}
        AND m.planned_at >= CAST(:start_{n} AS timestamptz) - interval '31 days' AND m.planned_at < :end_{n}"""
_WORK = f"{_CONTACTS} UNION ALL {_PUT_DOWN}"
_COSTS = f"{_WORK} UNION ALL {_LEFT}"
_OWNER = "(array_agg(h.owner_id ORDER BY h.from_on DESC))[1]"  # on the last of these mornings
_LISTED = f"""
    SELECT l.case_id AS ref, l.portfolio_id, l.user_id, l.case_id, CAST(:to_on AS date)::timestamp AS local_at,
        NULL::text AS channel, 1 AS listed, (t.case_id IS NOT NULL)::int AS attempted
    FROM (
        SELECT h.case_id, h.portfolio_id, {_OWNER} AS user_id FROM case_history h
        WHERE h.portfolio_id = ANY(:ids_{{n}}) AND h.from_on <= CAST(:to_on AS date)
            AND (h.until_on IS NULL OR h.until_on > CAST(:from_on AS date)) AND h.queue IS NOT NULL
        GROUP BY h.case_id, h.portfolio_id
    ) l LEFT JOIN (
        SELECT DISTINCT case_id FROM ({_CONTACTS}) c WHERE outbound AND counts_attempt
    ) t ON t.case_id = l.case_id"""
# The same where nobody asks whose the cases are.
_LISTED_ALL = f"""
    SELECT l.word AS ref, l.portfolio_id, NULL::bigint AS user_id, NULL::bigint AS case_id,
        CAST(:to_on AS date)::timestamp AS local_at, NULL::text AS channel, bit_count(l.bits::bit(64))::int AS listed,
        coalesce(bit_count((l.bits & t.bits)::bit(64)), 0)::int AS attempted
    FROM (
        SELECT h.portfolio_id, h.case_id >> 6 AS word, {BITS.format(case="h.case_id")} AS bits FROM case_history h
        WHERE h.portfolio_id = ANY(:ids_{{n}}) AND h.from_on <= CAST(:to_on AS date)
            AND (h.until_on IS NULL OR h.until_on > CAST(:from_on AS date)) AND h.queue IS NOT NULL
        GROUP BY 1, 2
    ) l LEFT JOIN (
        SELECT portfolio_id, case_id >> 6 AS word, {BITS.format(case="case_id")} AS bits FROM ({_CONTACTS}) c
        WHERE outbound AND counts_attempt GROUP BY 1, 2
    ) t USING (portfolio_id, word)"""
# The same of one morning, without reading the whole list: the rollup says how long it was.
_LISTED_ONCE = f"""
    SELECT k.id AS ref, k.portfolio_id, k.owner_id AS user_id, NULL::bigint AS case_id,
        CAST(:to_on AS date)::timestamp AS local_at, NULL::text AS channel, k.listed, 0 AS attempted
    FROM unnest(CAST(:book_ids AS bigint[]), CAST(:as_ofs AS date[])) AS m(portfolio_id, as_of)
    JOIN book_day k ON k.portfolio_id = m.portfolio_id AND k.on_date = m.as_of
    WHERE k.portfolio_id = ANY(:ids_{{n}})
    UNION ALL
    SELECT h.case_id, h.portfolio_id, h.owner_id, h.case_id, CAST(:to_on AS date)::timestamp, NULL, 0, 1
    FROM (SELECT DISTINCT case_id, portfolio_id FROM ({_CONTACTS}) c WHERE outbound AND counts_attempt) t
    JOIN unnest(CAST(:book_ids AS bigint[]), CAST(:as_ofs AS date[])) AS m(portfolio_id, as_of) USING (portfolio_id)
    CROSS JOIN LATERAL (
        SELECT * FROM case_history h WHERE h.case_id = t.case_id AND h.from_on <= m.as_of ORDER BY h.from_on DESC LIMIT 1
    ) h
    WHERE h.queue IS NOT NULL AND (h.until_on IS NULL OR h.until_on > m.as_of)"""
_PROMISES = f"""
    SELECT p.id AS ref, p.portfolio_id, p.taken_by AS user_id, p.case_id, p.taken_on::timestamp AS local_at, p.channel,
        p.amount, p.taken_on, p.due_on, p.state
    FROM promise p WHERE p.portfolio_id = ANY(:ids_{{n}}) AND p.taken_on {_DAYS}"""
_FALLEN_DUE = f"""
    SELECT p.id AS ref, p.portfolio_id, p.taken_by AS user_id, p.case_id, p.due_on::timestamp AS local_at, p.channel,
        p.amount, least(p.paid, p.amount) AS paid, p.state = 'kept' AS kept, p.taken_on, p.due_on, p.state
    FROM promise p WHERE p.portfolio_id = ANY(:ids_{{n}}) AND p.due_on {_DAYS} AND p.due_on <= :today_{{n}}
        AND p.state IN ('kept', 'partially_kept', 'broken')"""
# A payment has a day and no hour: a contact of the same day counts as before it.
_CREDITED = """LEFT JOIN LATERAL (
        SELECT i.user_id, i.channel FROM interaction i
        WHERE i.case_id = y.case_id AND i.user_id IS NOT NULL
            AND i.disposition_code = ANY (ARRAY(SELECT f.code FROM {flags} f WHERE f.counts_rpc))
            AND i.started_at < (y.paid_on + 1)::timestamp AT TIME ZONE :zone_{n}
            AND i.started_at >= (y.paid_on - b.attribution_days)::timestamp AT TIME ZONE :zone_{n}
        ORDER BY i.started_at DESC, i.id DESC LIMIT 1
    ) c ON true"""
_RECEIVED = f"""y.portfolio_id = ANY(:ids_{{n}}) AND y.paid_on {_DAYS} AND y.kind = 'payment'
        AND y.reversed_on IS NULL"""
_PAYMENTS = f"""
    SELECT y.id AS ref, y.portfolio_id, {{credit}}, y.case_id, y.paid_on::timestamp AS local_at, y.amount, y.paid_on
    FROM payment y JOIN portfolio b ON b.id = y.portfolio_id {{credited}}
    WHERE {_RECEIVED}"""
_CASH = f"""
    SELECT y.id AS ref, y.portfolio_id, q.taken_by AS user_id, y.case_id, y.paid_on::timestamp AS local_at, q.channel,
        y.amount, y.paid_on, q.taken_on, y.paid_on - q.taken_on AS days
    FROM payment y JOIN portfolio b ON b.id = y.portfolio_id CROSS JOIN LATERAL (
        SELECT q.taken_by, q.taken_on, q.channel FROM promise q
        WHERE q.case_id = y.case_id AND q.state NOT IN ('withdrawn', 'replaced')
            AND y.paid_on BETWEEN q.taken_on AND q.due_on + b.grace_days
        ORDER BY q.taken_on DESC, q.id DESC LIMIT 1
    ) q
    WHERE {_RECEIVED}"""
# A span over midnight is a row on each of its days.
_PRESENCE = """
    SELECT q.id AS ref, NULL::bigint AS portfolio_id, q.user_id, NULL::bigint AS case_id,
        p.since AT TIME ZONE :zone_{n} AS local_at, NULL::text AS channel, date_part('epoch', p.until - p.since) AS available
    FROM presence q
    CROSS JOIN LATERAL (
        SELECT greatest(q.started_at, :start_{n}) AS since, least(coalesce(q.ended_at, :at), :end_{n}) AS until
    ) s
    CROSS JOIN LATERAL generate_series(
        date_trunc('day', s.since AT TIME ZONE :zone_{n}), s.until AT TIME ZONE :zone_{n}, interval '1 day') AS d(day)
    CROSS JOIN LATERAL (
        SELECT greatest(s.since, d.day AT TIME ZONE :zone_{n}) AS since,
            least(s.until, (d.day + interval '1 day') AT TIME ZONE :zone_{n}) AS until
    ) p
    WHERE q.user_id = ANY(:folk) AND q.state = 'available' AND q.started_at < least(:end_{n}, :at)
        AND q.started_at > CAST(:start_{n} AS timestamptz) - interval '1 day' AND coalesce(q.ended_at, :at) > :start_{n}
        AND p.until > p.since"""
_MESSAGES = f"""
    SELECT m.id AS ref, m.portfolio_id, m.author_id AS user_id, m.case_id, m.sent_at AT TIME ZONE :zone_{{n}} AS local_at,
        m.channel, 1 AS left_house, {ARRIVED} AS arrived, ({ANSWERED} OR {PAID}) AS answered
    FROM message m JOIN portfolio p ON p.id = m.portfolio_id
    LEFT JOIN interaction i ON i.id = m.interaction_id AND i.disposition_code = 'message.answered'
    WHERE {ASKING} AND m.portfolio_id = ANY(:ids_{{n}}) AND m.sent_at >= :start_{{n}} AND m.sent_at < :end_{{n}}
        AND m.planned_at >= CAST(:start_{{n}} AS timestamptz) - interval '31 days' AND m.planned_at < :end_{{n}}"""
_BLOCKED = """
    SELECT x.id AS ref, x.portfolio_id, x.user_id, x.case_id, x.at AT TIME ZONE :zone_{n} AS local_at, x.channel, x.rule
    FROM blocked_contact x WHERE x.portfolio_id = ANY(:ids_{n}) AND x.at >= :start_{n} AND x.at < :end_{n}"""
_SKIPS = """
    SELECT e.id AS ref, w.portfolio_id, e.by_id AS user_id, w.case_id, e.at AT TIME ZONE :zone_{n} AS local_at,
        NULL::text AS channel, e.details ->> 'reason' AS reason
    FROM audit_entry e JOIN work_item w ON w.id = e.subject_id
    WHERE e.deed = 'skip' AND e.at >= :start_{n} AND e.at < :end_{n} AND w.portfolio_id = ANY(:ids_{n})"""

SOURCES: dict[Source, str] = {
    Source.CONTACTS: _CONTACTS,
    Source.LISTED: _LISTED,
    Source.PROMISES: _PROMISES,
    Source.FALLEN_DUE: _FALLEN_DUE,
    Source.PAYMENTS: _PAYMENTS,
    Source.CASH: _CASH,
    Source.WORK: _WORK,
    Source.PRESENCE: _PRESENCE,
    Source.MESSAGES: _MESSAGES,
    Source.COSTS: _COSTS,
    Source.BLOCKED: _BLOCKED,
    Source.SKIPS: _SKIPS,
}
# One scan feeds all of these that are asked together: each text's rows are the first of the next one's.
NESTED = (Source.CONTACTS, Source.WORK, Source.COSTS)
TIMELESS = frozenset({Source.LISTED, Source.BOOK, Source.CURES})  # stand at a morning: a day's figures are asked apart
WHOLE_DAYS = TIMELESS | {Source.PROMISES, Source.FALLEN_DUE, Source.PAYMENTS, Source.CASH, Source.PRESENCE}


def source_sql(source: Source, n: int, *, people: bool, once: bool = False, recount: bool = False) -> str:
    """A source's text for the clock `n`.

    Without `people` nobody asks whose a payment or a case is, and it is not looked up; `once` is for days that have a
    single morning.
    """
    credit = "c.user_id, c.channel" if people else "NULL::bigint AS user_id, NULL::text AS channel"
    places = {"{credited}": _CREDITED if people else "", "{credit}": credit}
    written = SOURCES[source]
    if source is Source.LISTED and (once or not people):
        written = _LISTED_ONCE if once else _LISTED_ALL
    places |= {"{second_cost}": _SECOND_COST, "{n}": str(n), "{flags}": _RECOUNTED if recount else "disposition"}
    for place, words in places.items():
        written = written.replace(place, words)
    return written

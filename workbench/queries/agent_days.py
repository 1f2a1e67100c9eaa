"""Any agent's day as supervisors open it: every case with its outcome, what was put down, breaks and gaps."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from models import PresenceState
from workbench.queries.teammates import require_teammate
from workbench.rules.access import Permission, Viewer
from workbench.rules.agent_days import Span, SpanKind, timeline


@dataclass(frozen=True, slots=True)
class Contact:
    """One outcome of the day; `secs` from when the case was taken, the note as it was typed."""

    interaction_id: int
    case_id: int
    debtor: str
    portfolio: str
    label_es: str
    label_en: str
    right_party: bool
    promised: Decimal | None
    currency: str
    unlawful: bool
    note: str
    started_at: datetime
    ended_at: datetime
    comment: str | None  # the last coaching note on it

    def label(self, language: str) -> str:
        """The result in the reader's language."""
        return self.label_es if language == "es" else self.label_en


@dataclass(frozen=True, slots=True)
class PutDown:
    """A case that was skipped or given back without an outcome."""

    entry_id: int
    case_id: int
    debtor: str
    deed: str
    reason: str | None
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class AgentDay:
    """One person's day in one zone: spans in the order of time, and what the spans are about by their `ref`."""

    user_id: int
    name: str
    on: date
    zone: str
    spans: tuple[Span, ...]
    contacts: dict[int, Contact]
    put_down: dict[int, PutDown]


def agent_day(session: Session, who: Viewer, user_id: int, on: date, zone: str, *, at: datetime) -> AgentDay:
    """The day `on` in `zone` of somebody of the viewer's teams, or one's own; cases of their common portfolios only."""
    if user_id != who.user_id:
        who.require(Permission.COACH)
    name = require_teammate(session, who, user_id)
    begins = datetime.combine(on, time(), ZoneInfo(zone))
    ends = min(begins + timedelta(days=1), max(at, begins))
    asked = {"user": user_id, "begins": begins, "ends": ends, "visible": list(who.portfolio_ids)}
    contacts = {row["interaction_id"]: Contact(**row) for row in session.execute(_CONTACTS, asked).mappings()}
    put_down = {row["entry_id"]: PutDown(**row) for row in session.execute(_PUT_DOWN, asked).mappings()}
    away, available = _presence(session.execute(_PRESENCE, asked).all(), begins, ends)
    worked = [Span(SpanKind.OUTCOME, each.started_at, each.ended_at, each.interaction_id) for each in contacts.values()]
    worked += [Span(SpanKind.PUT_DOWN, each.started_at, each.ended_at, each.entry_id) for each in put_down.values()]
    return AgentDay(user_id, name, on, zone, tuple(timeline(worked, away, available)), contacts, put_down)


def _presence(rows: Any, begins: datetime, ends: datetime) -> tuple[list[Span], list[tuple[datetime, datetime]]]:
    """Spans away from the desk, and those at it, cut to the day; an open one lasts until now."""
    away, available = [], []
    for row in rows:
        start, end = max(row.started_at, begins), min(row.ended_at or ends, ends)
        if end <= start:
            continue
        if row.state == PresenceState.AVAILABLE:
            available.append((start, end))
        else:
            away.append(Span(SpanKind(row.state), start, end))
    return away, available


_CONTACTS = text("""
    SELECT i.id AS interaction_id, i.case_id, b.name AS debtor, p.name AS portfolio, d.label_es, d.label_en,
        d.counts_rpc AS right_party, o.amount AS promised, p.currency, i.override_reason IS NOT NULL AS unlawful, i.note,
        coalesce(i.claimed_at, i.started_at) AS started_at, i.ended_at,
        (SELECT n.comment FROM coaching_note n WHERE n.interaction_id = i.id ORDER BY n.id DESC LIMIT 1) AS comment
    FROM interaction i JOIN disposition d ON d.code = i.disposition_code
    JOIN portfolio p ON p.id = i.portfolio_id
    JOIN collection_case c ON c.id = i.case_id JOIN debtor b ON b.id = c.debtor_id
    LEFT JOIN LATERAL (SELECT sum(q.amount) AS amount FROM promise q WHERE q.case_id = i.case_id AND q.interaction_id = i.id) o ON true
    WHERE i.user_id = :user AND i.started_at >= :begins AND i.started_at < :ends AND i.portfolio_id = ANY(:visible)
    ORDER BY i.started_at, i.id
""")
# A supervisor may have given it back: it is the day of whoever held it.
_PUT_DOWN = text("""
    SELECT e.id AS entry_id, w.case_id, b.name AS debtor, e.deed, e.details ->> 'reason' AS reason,
        coalesce(CAST(e.details ->> 'claimed_at' AS timestamptz), e.at) AS started_at, e.at AS ended_at
    FROM audit_entry e JOIN work_item w ON w.id = e.subject_id JOIN debtor b ON b.id = w.debtor_id
    WHERE e.deed IN ('skip', 'release') AND e.at >= :begins AND e.at < :ends AND w.portfolio_id = ANY(:visible)
        AND coalesce(CAST(e.details ->> 'holder' AS bigint), e.by_id) = :user
    ORDER BY e.at, e.id
""")
_PRESENCE = text("""
    SELECT state, started_at, ended_at FROM presence
    WHERE user_id = :user AND started_at < :ends AND coalesce(ended_at, :ends) > :begins
    ORDER BY started_at
""")

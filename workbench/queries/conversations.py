"""What was written between us and a debtor about a case, and where an answer may still be given."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Channel, MessageState
from workbench.queries.case_facts import UNANSWERED
from workbench.rules.access import Permission, Viewer
from workbench.rules.intents import Intent
from workbench.rules.refusals import Refused
from workbench.rules.sending import REPLY_WINDOW, is_asked_for


@dataclass(frozen=True, slots=True)
class Line:
    """One message: ours with its state, or the debtor's with what was read in it; `author` none = written by a step.

    `waits` = nobody has answered it. `held` says why one of ours did not leave, as `rules.held` words it.
    """

    at: datetime
    channel: Channel
    ours: bool
    text: str
    author: str | None = None
    subject: str | None = None
    state: MessageState | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    held: dict[str, Any] | None = None
    intent: Intent | None = None
    on: date | None = None
    waits: bool = False
    document_id: int | None = None  # the letter that went along
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A channel on which the debtor wrote and can be answered; `until` ends the time for free words (none = no such end).

    `open` is False where only an approved template may be sent, `stopped` where the debtor asked for no more messages;
    `asked` = what the debtor wrote is so recent that an answer is what they asked for.
    """

    channel: Channel
    open: bool
    until: datetime | None
    stopped: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """The latest messages, oldest first, and the ways to answer, the channel written on last first."""

    lines: tuple[Line, ...]
    ways: tuple[Way, ...]

    @property
    def proposed(self) -> date | None:
        """The day to pay that the debtor named last and nobody has answered."""
        return next((line.on for line in reversed(self.lines) if line.waits and line.on), None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A debtor whose last words nobody has answered."""

    case_id: int
    debtor: str
    portfolio: str
    channel: Channel
    text: str
    intent: Intent
    at: datetime
    zone: str


def conversation(session: Session, who: Viewer, case_id: int, *, at: datetime, most: int = 40) -> Conversation:
    """The thread of a case; refused, as if it did not exist, outside the viewer's portfolios."""
    who.require(Permission.SEE_PERSONAL_DATA)
    asked = {"case": case_id, "visible": list(who.portfolio_ids), "most": most}
    case = session.execute(_CASE, asked).first()
    if case is None:
        raise Refused("There is nothing here that you may see.")
    lines = [_ours(row) for row in session.execute(_OURS, asked)]
    lines += [_theirs(row) for row in session.execute(_THEIRS, asked)]
    lines.sort(key=lambda line: line.at)
    ways = [_way(row, at) for row in session.execute(_WAYS, {"debtor": case.debtor_id})]
    return Conversation(tuple(lines[-most:]), tuple(ways))


def waiting_replies(session: Session, who: Viewer, portfolio_id: int, *, most: int = 50) -> list[Waiting]:
    """Who of a portfolio waits for an answer, the longest waiting first."""
    who.require(Permission.SEE_PERSONAL_DATA)
    who.require_portfolio(portfolio_id)
    rows = session.execute(_WAITING, {"portfolio": portfolio_id, "most": most})
    return [
        Waiting(
            row.case_id, row.name, row.portfolio, Channel(row.channel), row.note, Intent(row.intent), row.at, row.zone
        )
        for row in rows
    ]


def _ours(row: Row[Any]) -> Line:
    state = MessageState(row.state)
    return Line(
        row.at,
        Channel(row.channel),
        ours=True,
        text=row.body or "",
        author=row.author,
        subject=row.subject,
        state=state,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        held=row.held,
        document_id=row.document_id,
        document=row.document,
    )


def _theirs(row: Row[Any]) -> Line:
    reading = row.reading or {}
    return Line(
        row.at,
        Channel(row.channel),
        ours=False,
        text=row.note,
        intent=Intent(reading["intent"]) if "intent" in reading else None,
        on=date.fromisoformat(reading["on"]) if reading.get("on") else None,
        waits=row.waits,
    )


def _way(row: Row[Any], at: datetime) -> Way:
    channel = Channel(row.channel)
    asked, limited = is_asked_for(row.wrote_at, at=at), channel == Channel.WHATSAPP
    until = row.wrote_at + REPLY_WINDOW if limited else None
    return Way(channel, open=asked or not limited, until=until, stopped=row.stopped, asked=asked)


_CASE = text("SELECT debtor_id FROM collection_case WHERE id = :case AND portfolio_id = ANY(:visible)")
# what a step planned is shown once it has begun to leave, what a person wrote at once
_OURS = text("""
    SELECT coalesce(m.sent_at, i.started_at, m.planned_at) AS at, m.channel, m.body, m.subject, m.state, m.held,
        u.name AS author, f.id AS document_id, f.name AS document,
        (SELECT min(at) FROM message_event WHERE message_id = m.id AND state = 'delivered') AS delivered_at,
        (SELECT min(at) FROM message_event WHERE message_id = m.id AND state = 'read') AS read_at
    FROM message m LEFT JOIN interaction i ON i.id = m.interaction_id LEFT JOIN app_user u ON u.id = m.author_id
    LEFT JOIN document f ON f.id = m.document_id AND f.kind = 'agreement_letter'
    WHERE m.case_id = :case AND (m.interaction_id IS NOT NULL OR m.cause = 'reply')
    ORDER BY m.id DESC LIMIT :most
""")
_THEIRS = text(f"""
    SELECT i.started_at AS at, i.channel, i.note, i.reading, ({UNANSWERED}) AS waits
    FROM interaction i
    WHERE i.case_id = :case AND i.direction = 'inbound' AND i.channel IN ('whatsapp', 'sms', 'email')
    ORDER BY i.started_at DESC, i.id DESC LIMIT :most
""")
_WAYS = text("""
    SELECT way.channel, said.wrote_at, EXISTS (SELECT FROM opt_out o
            WHERE o.debtor_id = :debtor AND o.channel = way.channel AND o.ended_at IS NULL) AS stopped
    FROM (VALUES ('whatsapp', 'phone'), ('sms', 'phone'), ('email', 'email')) AS way (channel, kind)
    CROSS JOIN LATERAL (SELECT max(i.started_at) AS wrote_at FROM collection_case c JOIN interaction i ON i.case_id = c.id
        WHERE c.debtor_id = :debtor AND i.direction = 'inbound' AND i.channel = way.channel) said
    WHERE said.wrote_at IS NOT NULL AND EXISTS (SELECT FROM contact_point p WHERE p.debtor_id = :debtor AND p.kind = way.kind AND p.status = 'active'
        AND coalesce(p.phone_kind, 'unknown') <> 'landline' AND NOT way.channel = ANY(p.unreachable))
    ORDER BY said.wrote_at DESC, way.channel DESC
""")
_WAITING = text(f"""
    SELECT * FROM (
        SELECT DISTINCT ON (i.case_id) i.case_id, d.name, p.name AS portfolio, i.channel, i.note,
            i.reading ->> 'intent' AS intent, i.started_at AS at, d.time_zone AS zone
        FROM interaction i JOIN collection_case c ON c.id = i.case_id JOIN debtor d ON d.id = c.debtor_id
        JOIN portfolio p ON p.id = c.portfolio_id
        WHERE i.portfolio_id = :portfolio AND {UNANSWERED}
        ORDER BY i.case_id, i.started_at DESC, i.id DESC) last
    ORDER BY at, case_id LIMIT :most
""")

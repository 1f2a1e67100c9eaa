"""Coaching notes: those an agent was given, and those of a day as their supervisor reads them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.teammates import require_teammate
from workbench.rules.access import Permission, Viewer

KEPT = timedelta(days=60)  # for so long a note that was read stays in sight


@dataclass(frozen=True, slots=True)
class Note:
    """One comment on one contact, with what the contact was.

    `author` is empty where the reader shares no team with them and the comment is not theirs.
    """

    id: int
    interaction_id: int
    case_id: int
    debtor: str
    label_es: str
    label_en: str
    contacted_at: datetime
    zone: str
    author: str
    comment: str
    praise: bool
    made_at: datetime
    seen_at: datetime | None
    answer: str | None
    answered_at: datetime | None

    def label(self, language: str) -> str:
        """The contact's result in the reader's language."""
        return self.label_es if language == "es" else self.label_en


def own_notes(session: Session, who: Viewer, *, at: datetime) -> list[Note]:
    """What was said to the viewer of late, the unread first."""
    who.require(Permission.SEE_OWN_FIGURES)
    return _notes(session, who, who.user_id, since=at - KEPT)


def notes_of(session: Session, who: Viewer, user_id: int, *, at: datetime) -> list[Note]:
    """What was said to a teammate of late and what they answered, for whoever coaches."""
    who.require(Permission.COACH)
    require_teammate(session, who, user_id)
    return _notes(session, who, user_id, since=at - KEPT)


def unread(session: Session, who: Viewer) -> int:
    """How many comments the viewer has not opened yet."""
    return int(session.execute(_UNREAD, {"me": who.user_id, "visible": list(who.portfolio_ids)}).scalar_one())


def _notes(session: Session, who: Viewer, user_id: int, *, since: datetime) -> list[Note]:
    asked = {"user": user_id, "since": since, "visible": list(who.portfolio_ids)}
    asked |= {"me": who.user_id, "teams": list(who.team_ids)}
    return [Note(**row) for row in session.execute(_NOTES, asked).mappings()]


_AUTHOR = """CASE WHEN n.agent_id = :me OR n.by_id = :me
            OR EXISTS (SELECT FROM team_member m WHERE m.user_id = n.by_id AND m.team_id = ANY(:teams)) THEN u.name ELSE '' END"""
_NOTES = text(f"""
    SELECT n.id, n.interaction_id, i.case_id, b.name AS debtor, d.label_es, d.label_en, i.started_at AS contacted_at,
        p.time_zone AS zone, {_AUTHOR} AS author, n.comment, n.praise, n.made_at, n.seen_at, n.answer, n.answered_at
    FROM coaching_note n JOIN interaction i ON i.id = n.interaction_id
    JOIN disposition d ON d.code = i.disposition_code JOIN portfolio p ON p.id = i.portfolio_id
    JOIN collection_case c ON c.id = i.case_id JOIN debtor b ON b.id = c.debtor_id JOIN app_user u ON u.id = n.by_id
    WHERE n.agent_id = :user AND (n.seen_at IS NULL OR n.made_at >= :since) AND i.portfolio_id = ANY(:visible)
    ORDER BY n.seen_at IS NOT NULL, n.made_at DESC, n.id DESC LIMIT 50
""")
_UNREAD = text("""
    SELECT count(*) FROM coaching_note n JOIN interaction i ON i.id = n.interaction_id
    WHERE n.agent_id = :me AND n.seen_at IS NULL AND i.portfolio_id = ANY(:visible)
""")

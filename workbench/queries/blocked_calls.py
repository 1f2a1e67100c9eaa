"""The calls of one case that were not allowed and wait for somebody to answer for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.access import Permission, Viewer


@dataclass(frozen=True, slots=True)
class BlockedCall:
    """What an agent had typed about a call that was not allowed; `outcome` in the viewer's language."""

    id: int
    at: datetime
    by: str | None
    outcome: str
    note: str
    rule: str
    law: str


def blocked_calls(session: Session, who: Viewer, case_id: int) -> list[BlockedCall]:
    """The case's blocked calls that nobody has saved since, newest first; none outside the viewer's portfolios."""
    who.require(Permission.CALL_OUTSIDE_HOURS)
    asked = {"case": case_id, "visible": list(who.portfolio_ids), "spanish": who.language == "es"}
    return [BlockedCall(*row) for row in session.execute(_BLOCKED, asked)]


_BLOCKED = text("""
    SELECT blocked.id, blocked.at, app_user.name,
        CASE WHEN :spanish THEN disposition.label_es ELSE disposition.label_en END,
        coalesce(blocked.form ->> 'note', ''), blocked.rule, blocked.law
    FROM collection_case kase
    JOIN blocked_contact blocked ON blocked.debtor_id = kase.debtor_id AND blocked.case_id = kase.id
    JOIN disposition ON disposition.code = blocked.form ->> 'disposition_code'
    LEFT JOIN app_user ON app_user.id = blocked.user_id
    WHERE kase.id = :case AND kase.portfolio_id = ANY(:visible)
      AND NOT EXISTS (SELECT FROM interaction
          WHERE submission_key = CAST(blocked.form ->> 'submission_key' AS uuid))
    ORDER BY blocked.at DESC
""")

"""Proposals to hand a case over, and what was decided about them, as the page and the file show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import HandOverState, HandOverTo
from workbench.rules.access import Permission, Viewer
from workbench.rules.hand_overs import HandedOver
from workbench.rules.refusals import Refused

MOST = 2_000


@dataclass(frozen=True, slots=True)
class HandOverLine:
    """A proposal and its case now; `days` and `owed` are today's, `proposed_days` and `proposed_owed` those of then."""

    id: int
    case_id: int
    debtor: str
    reference: str
    goes_to: HandOverTo
    state: HandOverState
    days: int
    owed: Decimal
    proposed_days: int
    proposed_owed: Decimal
    proposed_on: date
    proposed_by: str | None
    reason: str
    recipient: str | None
    decided_at: datetime | None
    decided_by: str | None
    decision_note: str
    document_id: int | None
    mine: bool


def hand_overs(
    session: Session, who: Viewer, portfolio_id: int, state: HandOverState, *, at: datetime, most: int = MOST
) -> list[HandOverLine]:
    """A portfolio's proposals in one state, what is owed most first."""
    who.require(Permission.PROPOSE_HAND_OVERS)
    who.require_portfolio(portfolio_id)
    asked = {"portfolio": portfolio_id, "state": state.value, "at": at, "most": most, "me": who.user_id}
    rows = session.execute(_LINES, asked).mappings().all()
    kinds = [{"goes_to": HandOverTo(row["goes_to"]), "state": state} for row in rows]
    return [HandOverLine(**{**row, **kind}) for row, kind in zip(rows, kinds, strict=True)]


def document_of(session: Session, who: Viewer, document_id: int) -> tuple[str, str, bytes]:
    """Name, media type and bytes of a file that cases were handed over in; refused to whoever may not."""
    who.require(Permission.APPROVE_HAND_OVERS)
    row = session.execute(_DOCUMENT, {"id": document_id}).first()
    if row is None or row.portfolio_id not in who.portfolio_ids:
        raise Refused("There is nothing here that you may see.")
    return row.name, row.media_type, bytes(row.content)


def cases_to_export(session: Session, ids: Sequence[int], *, at: datetime) -> list[HandedOver]:
    """The cases of these approved hand-overs as their recipient gets them, by the debtor's name."""
    rows = session.execute(_EXPORT, {"ids": list(ids), "at": at}).mappings()
    return [HandedOver(**{**row, "goes_to": HandOverTo(row["goes_to"])}) for row in rows]


_TODAY = "(CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date"
_LINES = text(f"""
    SELECT h.id, h.case_id, d.name AS debtor, d.reference, h.goes_to, h.state,
        coalesce({_TODAY} - s.counted_from, 0) AS days, coalesce(s.balance, 0) AS owed,
        h.days_past_due AS proposed_days, h.balance AS proposed_owed, h.proposed_on, proposer.name AS proposed_by,
        h.reason, h.recipient, h.decided_at, decider.name AS decided_by, h.decision_note, h.document_id,
        h.proposed_by IS NOT DISTINCT FROM :me AS mine
    FROM hand_over h JOIN portfolio p ON p.id = h.portfolio_id
    JOIN collection_case c ON c.id = h.case_id JOIN debtor d ON d.id = c.debtor_id
    LEFT JOIN case_standing s ON s.case_id = h.case_id
    LEFT JOIN app_user proposer ON proposer.id = h.proposed_by
    LEFT JOIN app_user decider ON decider.id = h.decided_by
    WHERE h.portfolio_id = :portfolio AND h.state = :state
    ORDER BY coalesce(h.decided_at, 'epoch') DESC, coalesce(s.balance, 0) DESC, h.id LIMIT :most
""")
_DOCUMENT = text("SELECT portfolio_id, name, media_type, content FROM document WHERE id = :id AND kind = 'hand_over'")
_EXPORT = text(f"""
    SELECT h.id, h.case_id, h.portfolio_id, d.reference, d.name, d.tax_id, d.address, d.city, d.region,
        coalesce(string_agg(DISTINCT t.value, ' / ') FILTER (WHERE t.kind = 'phone'), '') AS phones,
        coalesce(string_agg(DISTINCT t.value, ' / ') FILTER (WHERE t.kind = 'email'), '') AS emails,
        coalesce((SELECT string_agg(a.number, ' / ' ORDER BY a.number) FROM account a WHERE a.case_id = h.case_id
            AND EXISTS (SELECT FROM receivable r WHERE r.account_id = a.id AND r.balance > 0)), '') AS accounts,
        s.oldest_due_on, coalesce({_TODAY} - s.counted_from, 0) AS days, coalesce(s.balance, 0) AS owed, p.currency,
        h.goes_to, h.recipient, (h.decided_at AT TIME ZONE p.time_zone)::date AS decided_on
    FROM hand_over h JOIN portfolio p ON p.id = h.portfolio_id
    JOIN collection_case c ON c.id = h.case_id JOIN debtor d ON d.id = c.debtor_id
    LEFT JOIN case_standing s ON s.case_id = h.case_id
    LEFT JOIN contact_point t ON t.debtor_id = d.id AND t.status = 'active'
    WHERE h.id = ANY(:ids) AND h.state = 'approved'
    GROUP BY h.id, d.id, s.case_id, p.id ORDER BY d.name, h.id
""")

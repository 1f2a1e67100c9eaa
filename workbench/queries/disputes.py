"""Claims and what waits for somebody's review, as the page and the commands show them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Row, text
from sqlmodel import Session

from models import DisputeKind, PauseKind, Resolution
from workbench.rules.access import Permission, Viewer
from workbench.rules.disputes import is_overdue
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim with its debtor; `account` none = the whole case, `disputed` none = all of it, amounts in `currency`."""

    id: int
    portfolio_id: int
    case_id: int
    debtor: str
    reference: str
    account: str | None
    kind: DisputeKind
    category: str
    note: str
    currency: str
    owed: Decimal  # on what it is about
    disputed: Decimal | None
    opened_on: date
    opened_by: int
    opened_by_name: str
    deadline_on: date
    today: date
    resolution: Resolution | None
    resolved_on: date | None
    resolved_by: str | None
    resolution_note: str
    written_down: Decimal
    files: int

    @property
    def overdue(self) -> bool:
        """Whether it should have been decided by now."""
        return self.resolution is None and is_overdue(self.deadline_on, self.today)


@dataclass(frozen=True, slots=True)
class AccountOwed:
    """An account that a claim may be about."""

    id: int
    number: str
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file of a claim, without its content."""

    id: int
    name: str
    media_type: str
    size: int
    by: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ToReview:
    """A case that waits for somebody's review: the open claim, the payment to look up, or the call that brought it here."""

    case_id: int
    debtor: str
    reference: str
    balance: Decimal
    currency: str
    claim_id: int | None
    category: str | None
    deadline_on: date | None
    verify_until: date | None
    handed_over: bool
    last_label: str | None
    last_note: str | None
    since: datetime | None
    today: date

    @property
    def overdue(self) -> bool:
        """Whether its claim should have been decided by now."""
        return self.deadline_on is not None and is_overdue(self.deadline_on, self.today)


def disputes(
    session: Session,
    who: Viewer,
    portfolio_id: int,
    *,
    at: datetime,
    undecided: bool = True,
    case_id: int | None = None,
    most: int = 200,
) -> list[Claim]:
    """A portfolio's claims, of one case or of all: the undecided by their deadline, or the decided, the latest first."""
    who.require(Permission.OPEN_DISPUTES)
    who.require_portfolio(portfolio_id)
    asked = {"portfolio": portfolio_id, "case": case_id, "id": None, "undecided": undecided, "at": at, "most": most}
    return [_claim(row) for row in session.execute(_CLAIMS, asked)]


def one_dispute(session: Session, who: Viewer, dispute_id: int, *, at: datetime) -> Claim:
    """One claim; refused as if it did not exist where the viewer may not see it."""
    who.require(Permission.OPEN_DISPUTES)
    asked = {"portfolio": None, "case": None, "id": dispute_id, "undecided": None, "at": at, "most": 1}
    row = session.execute(_CLAIMS, asked).first()
    if row is None or row.portfolio_id not in who.portfolio_ids:
        raise Refused("There is nothing here that you may see.")
    return _claim(row)


def accounts_of(session: Session, who: Viewer, case_id: int) -> list[AccountOwed]:
    """A case's accounts that owe something, by number."""
    who.require(Permission.OPEN_DISPUTES)
    asked = {"case": case_id, "visible": list(who.portfolio_ids)}
    return [AccountOwed(*row) for row in session.execute(_ACCOUNTS, asked)]


def evidence_of(session: Session, who: Viewer, dispute_id: int, *, at: datetime) -> list[Evidence]:
    """The files of a claim, in the order in which they came."""
    claim = one_dispute(session, who, dispute_id, at=at)
    return [Evidence(*row) for row in session.execute(_EVIDENCE, {"dispute": claim.id})]


def evidence_content(session: Session, who: Viewer, document_id: int) -> bytes:
    """A file's bytes; refused as if it did not exist where the viewer may not see it."""
    who.require(Permission.OPEN_DISPUTES)
    row = session.execute(_CONTENT, {"id": document_id}).first()
    if row is None or row.portfolio_id not in who.portfolio_ids:
        raise Refused("There is nothing here that you may see.")
    return bytes(row.content)


def to_review(session: Session, who: Viewer, portfolio_id: int, *, at: datetime, most: int = 200) -> list[ToReview]:
    """What waits for a review in a portfolio: what is past its deadline first, then the nearest deadline, then by score."""
    who.require(Permission.RESOLVE_DISPUTES)
    who.require_portfolio(portfolio_id)
    spanish = who.language == "es"
    asked = {"portfolio": portfolio_id, "at": at, "spanish": spanish, "verify": PauseKind.VERIFICATION.value}
    return [ToReview(*row) for row in session.execute(_TO_REVIEW, asked | {"most": most})]


def _claim(row: Row) -> Claim:  # type: ignore[type-arg]
    kept = list(row)
    kept[6] = DisputeKind(kept[6])
    kept[17] = Resolution(kept[17]) if kept[17] else None
    return Claim(*kept)


_CLAIMS = text("""
    SELECT x.id, x.portfolio_id, x.case_id, d.name, d.reference, a.number, x.kind, x.category, x.note, p.currency,
        (SELECT coalesce(sum(r.balance), 0) FROM receivable r
         WHERE r.case_id = x.case_id AND r.account_id = coalesce(x.account_id, r.account_id)) AS owed,
        x.disputed, x.opened_on, x.opened_by, opener.name, x.deadline_on,
        (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today, x.resolution,
        (x.resolved_at AT TIME ZONE p.time_zone)::date, decider.name, x.resolution_note, x.written_down,
        (SELECT count(*) FROM document f WHERE f.dispute_id = x.id) AS files
    FROM dispute x JOIN portfolio p ON p.id = x.portfolio_id
    JOIN collection_case c ON c.id = x.case_id JOIN debtor d ON d.id = c.debtor_id
    JOIN app_user opener ON opener.id = x.opened_by
    LEFT JOIN account a ON a.id = x.account_id LEFT JOIN app_user decider ON decider.id = x.resolved_by
    WHERE (x.id = CAST(:id AS bigint) OR CAST(:id AS bigint) IS NULL AND x.portfolio_id = :portfolio
            AND (x.resolution IS NULL) = CAST(:undecided AS boolean))
      AND x.case_id = coalesce(CAST(:case AS bigint), x.case_id)
    ORDER BY x.resolved_at DESC NULLS FIRST, x.deadline_on, x.id LIMIT :most
""")
_ACCOUNTS = text("""
    SELECT a.id, a.number, sum(r.balance) FROM account a JOIN collection_case c ON c.id = a.case_id
    JOIN receivable r ON r.account_id = a.id AND r.balance > 0
    WHERE a.case_id = :case AND c.portfolio_id = ANY(:visible) GROUP BY a.id, a.number ORDER BY a.number, a.id
""")
_EVIDENCE = text("""
    SELECT f.id, f.name, f.media_type, f.size, u.name, f.created_at
    FROM document f LEFT JOIN app_user u ON u.id = f.by_id WHERE f.dispute_id = :dispute ORDER BY f.id
""")
_CONTENT = text("SELECT portfolio_id, content FROM document WHERE id = :id AND kind = 'evidence'")
_TO_REVIEW = text("""
    SELECT w.case_id, d.name, d.reference, coalesce(s.balance, 0), p.currency, claim.id, claim.category, claim.deadline_on,
        verify.until_on, task.id IS NOT NULL, last.label, last.note, coalesce(claim.opened_at, verify.created_at, last.at),
        now.today
    FROM work_item w JOIN portfolio p ON p.id = w.portfolio_id JOIN debtor d ON d.id = w.debtor_id
    CROSS JOIN LATERAL (SELECT (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today) now
    LEFT JOIN case_standing s ON s.case_id = w.case_id
    LEFT JOIN LATERAL (SELECT id, category, deadline_on, opened_at FROM dispute x
        WHERE x.case_id = w.case_id AND x.resolution IS NULL ORDER BY x.deadline_on, x.id LIMIT 1) claim ON true
    LEFT JOIN LATERAL (SELECT until_on, created_at FROM pause q
        WHERE q.case_id = w.case_id AND q.kind = :verify AND q.ended_at IS NULL ORDER BY q.id DESC LIMIT 1) verify ON true
    LEFT JOIN LATERAL (SELECT id FROM step_task t
        WHERE t.case_id = w.case_id AND t.kind = 'hand_over' ORDER BY t.id DESC LIMIT 1) task ON true
    LEFT JOIN LATERAL (
        SELECT CASE WHEN :spanish THEN x.label_es ELSE x.label_en END AS label, i.note, i.started_at AS at
        FROM interaction i JOIN disposition x ON x.code = i.disposition_code
        WHERE i.case_id = w.case_id ORDER BY i.started_at DESC, i.id DESC LIMIT 1) last ON true
    WHERE w.portfolio_id = :portfolio AND w.queue = 'review' AND w.state IN ('ready', 'waiting')
    ORDER BY coalesce(claim.deadline_on < now.today, false) DESC, claim.deadline_on, w.score DESC, w.id LIMIT :most
""")

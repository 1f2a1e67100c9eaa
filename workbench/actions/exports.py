"""Personal data that leaves the product: who took what, when."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from workbench.actions import audit
from workbench.rules.access import Permission, Viewer


def note_evidence_export(
    session: Session, who: Viewer, debtor_id: int, *, file: Literal["csv", "pdf"], rows: int, at: datetime
) -> None:
    """Notes that a debtor's whole evidence was taken out; refused to whoever may not."""
    who.require(Permission.EXPORT_EVIDENCE)
    audit.log(session, "export_evidence", "debtor", debtor_id, by=who.user_id, at=at, file=file, rows=rows)


def note_blocked_export(session: Session, who: Viewer, portfolio_id: int, *, on: str, rows: int, at: datetime) -> None:
    """Notes that a day's blocked contacts (`on`, ISO 8601) were taken out."""
    who.require(Permission.SEE_COMPLIANCE)
    who.require_portfolio(portfolio_id)
    audit.log(session, "export_blocked_contacts", "portfolio", portfolio_id, by=who.user_id, at=at, on=on, rows=rows)


def note_outbox_export(
    session: Session, who: Viewer, portfolio_id: int, *, asked: dict[str, str], rows: int, at: datetime
) -> None:
    """Notes that a list of messages was taken out, and which was asked for (no name that was typed)."""
    who.require(Permission.SEE_MESSAGES)
    who.require_portfolio(portfolio_id)
    audit.log(session, "export_outbox", "portfolio", portfolio_id, by=who.user_id, at=at, asked=asked, rows=rows)


def note_statement_export(
    session: Session, who: Viewer, case_id: int, portfolio_id: int, *, file: Literal["csv", "pdf"], at: datetime
) -> None:
    """Notes that a debtor's account statement was taken out."""
    who.require(Permission.SEE_PERSONAL_DATA)
    who.require_portfolio(portfolio_id)
    audit.log(session, "export_statement", "collection_case", case_id, by=who.user_id, at=at, file=file)


def note_payments_export(
    session: Session, who: Viewer, portfolio_id: int, *, asked: dict[str, str], rows: int, at: datetime
) -> None:
    """Notes that a list of payments was taken out, and which was asked for (no name that was typed)."""
    who.require(Permission.SEE_PERSONAL_DATA)
    who.require_portfolio(portfolio_id)
    audit.log(session, "export_payments", "portfolio", portfolio_id, by=who.user_id, at=at, asked=asked, rows=rows)


def note_promises_export(
    session: Session, who: Viewer, portfolio_id: int, *, asked: dict[str, str], rows: int, at: datetime
) -> None:
    """Notes that a list of promises was taken out, and which was asked for."""
    who.require(Permission.SEE_PERSONAL_DATA)
    who.require_portfolio(portfolio_id)
    audit.log(session, "export_promises", "portfolio", portfolio_id, by=who.user_id, at=at, asked=asked, rows=rows)


def note_table_export(
    session: Session,
    who: Viewer,
    table: str,
    *,
    portfolio_ids: Collection[int],
    asked: dict[str, str],
    rows: int,
    at: datetime,
    permission: Permission = Permission.EXPORT_BOARDS,
) -> None:
    """Notes that a board's table was taken out, and which was asked for; all its portfolios must be the viewer's."""
    who.require(permission)
    for each in portfolio_ids:
        who.require_portfolio(each)
    one = next(iter(portfolio_ids)) if len(portfolio_ids) == 1 else None
    details = {"table": table, "asked": asked, "rows": rows, "portfolios": sorted(portfolio_ids)}
    audit.log(session, "export_table", "portfolio", one, by=who.user_id, at=at, **details)

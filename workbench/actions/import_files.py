"""A file handed in for a portfolio: opened, read, and in the end its report kept on its run."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from models import AbsenceRule, ImportRun, Portfolio, RunState
from models.imports import FileKind
from workbench.actions import audit
from workbench.actions.import_rows import Sieve
from workbench.rules.access import Permission, Viewer
from workbench.rules.import_reports import ImportReport
from workbench.rules.intake.findings import Warned
from workbench.rules.intake.mappings import FileMapping, checked
from workbench.rules.intake.reading import Reading, read_file
from workbench.rules.refusals import Refused
from workbench.rules.words import N_


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file as it was handed in; without a mapping the portfolio's remembered one is tried, then the headers."""

    name: str
    data: bytes
    mapping: FileMapping | None = None
    on: date | None = None
    strict: bool = False
    kind: FileKind = FileKind.DEBTS


@dataclass(frozen=True, slots=True)
class Intake:
    """A file that was read for a portfolio, before the database has a say."""

    file: ImportFile
    portfolio: Portfolio
    mapping: FileMapping
    on: date
    reading: Reading
    sieve: Sieve
    absent: AbsenceRule = AbsenceRule.KEEP
    warnings: list[Warned] = field(default_factory=list)


def portfolio_for(
    session: Session, who: Viewer | None, portfolio_id: int, file: ImportFile, *, at: datetime
) -> tuple[Portfolio, date, date]:
    """The portfolio, the file's business date and today; `who` none is the command line. Refuses a day to come."""
    if who:
        who.require_portfolio(portfolio_id)
        who.require(Permission.IMPORT)
    portfolio = session.get(Portfolio, portfolio_id)
    if portfolio is None:
        raise Refused("There is nothing here that you may see.")
    today = at.astimezone(ZoneInfo(portfolio.time_zone)).date()
    on = file.on or (file.mapping.business_date if file.mapping else None) or today
    if on > today:
        raise Refused("The business date {date} is still to come.", date=on)
    return portfolio, on, today


def read_for(portfolio: Portfolio, file: ImportFile, on: date | None) -> tuple[FileMapping, Reading]:
    """The reading by the mapping given, else the remembered one if it fits the file, else the headers' own words."""
    country, currency = portfolio.country, portfolio.currency
    kept = portfolio.payment_mapping if file.kind is FileKind.PAYMENTS else portfolio.import_mapping
    if file.mapping is None and kept:
        remembered = _told(checked(kept), file.kind, on)
        try:
            return remembered, read_file(file.data, file.name, remembered, country=country, currency=currency)
        except Refused:  # another kind of file, such as the contacts
            pass
    mapping = _told(file.mapping or FileMapping(), file.kind, on)
    return mapping, read_file(file.data, file.name, mapping, country=country, currency=currency)


def _told(mapping: FileMapping, kind: FileKind, on: date | None) -> FileMapping:
    told: dict[str, object] = {"business_date": on, "other_currency": "refuse"}
    return mapping.model_copy(update=told | ({"kind": kind} if kind != mapping.kind else {}))


def lock_books(session: Session, intake: Intake) -> None:
    """One import of a creditor's books at a time: its debtors are shared by them."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('import', :creditor))"),
        {"creditor": intake.portfolio.creditor_id},
    )


def why_nothing(intake: Intake, report: ImportReport) -> str | None:
    """Why nothing of a file is saved, if so (a msgid): strict was asked for, or no row could be read."""
    if intake.file.strict and report.refused:
        return N_("Rows were refused, and strict was asked for: nothing was saved.")
    if report.refused and not report.changes and not report.counts.get("unchanged"):
        return N_("No row could be read: nothing was saved.")
    return None


def remember_mapping(session: Session, intake: Intake) -> None:
    """Keeps how this file was read for the next one; a day, a half of a file and a list of contacts are its own only."""
    if not len(intake.reading.rows):
        return
    own = {"business_date", "only", "other_currency"}
    kept = intake.mapping.model_dump(mode="json", exclude_unset=True, exclude=own)
    kept.setdefault("columns", {})
    if not kept["columns"]:
        kept["columns"] = {
            name: headers if name in ("phone", "email") else headers[0]
            for name, headers in intake.reading.columns.items()
        }
    portfolio = session.get_one(Portfolio, intake.portfolio.id)
    name = "payment_mapping" if intake.file.kind is FileKind.PAYMENTS else "import_mapping"
    if getattr(portfolio, name) != kept:
        setattr(portfolio, name, kept)
        session.add(portfolio)


def run_of(session: Session, intake: Intake, *, by: int | None, at: datetime, run_id: int | None) -> ImportRun:
    """The run that an upload waits in, or a new one for a file brought in at once."""
    if run_id and (kept := session.get(ImportRun, run_id)):
        return kept
    made = ImportRun(
        portfolio_id=intake.portfolio.id or 0,
        by_id=by,
        file_name=intake.file.name,
        sha256=hashlib.sha256(intake.file.data).hexdigest(),
        mapping=intake.mapping.model_dump(mode="json", exclude_unset=True),
        business_date=intake.on,
        strict=intake.file.strict,
        kind=intake.file.kind,
        created_at=at,
        started_at=at,
    )
    session.add(made)
    session.flush()
    return made


def keep_report(session: Session, run: ImportRun, report: ImportReport, *, at: datetime) -> ImportReport:
    """Ends the run with its report; the file itself is not kept."""
    run.state = RunState.DONE if report.saved else RunState.FAILED
    run.error = report.because
    run.rows_total, run.rows_done = report.read, report.read if report.saved else 0
    run.content, run.finished_at = None, at
    report = replace(report, run_id=run.id)
    run.report = report.as_kept()
    session.add(run)
    session.flush()
    return report


def keep_refusal(
    session: Session, intake: Intake, report: ImportReport, *, by: int | None, at: datetime, run_id: int | None
) -> ImportReport:
    """Ends the run of a file of which nothing was saved."""
    run = run_of(session, intake, by=by, at=at, run_id=run_id)
    kept = keep_report(session, run, report, at=at)
    told = {"because": report.because, "refused": len(report.refused)}
    audit.log(session, "refuse_import", "import_run", run.id, by=by, at=at, **told)
    return kept

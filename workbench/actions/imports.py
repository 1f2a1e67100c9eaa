"""A creditor's file into a portfolio: planned and saved by the same statements, so that the preview is what happens."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from models import AbsenceRule, ImportRun, Portfolio, RunState
from workbench.actions import audit
from workbench.actions.contact_holds import hold_cases
from workbench.actions.import_rows import Sieve, copy_rows, sifted
from workbench.actions.import_statements import run
from workbench.actions.standings import rescore_cases
from workbench.rules.access import Permission, Viewer
from workbench.rules.import_reports import ImportReport, Sample
from workbench.rules.intake.findings import RowRefusal, Warned
from workbench.rules.intake.mappings import FileMapping, checked
from workbench.rules.intake.reading import Reading, read_file
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

PLAN, SAVE = "import_plan.sql", "import_save.sql"
STEPS = (
    "rows", "skip_settled", "debtors", "accounts", "credits", "receivables", "flow", "know_better", "releases",
    "differences", "known_money", "payments", "open_credits", "verdict",
)  # fmt: skip
WRITES = ("debtors", "cases", "contacts", "accounts", "payments", "receivables", "allocations", "balances")
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file as it was handed in; without a mapping the portfolio's remembered one is tried, then the headers."""

    name: str
    data: bytes
    mapping: FileMapping | None = None
    on: date | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """A file that was read for a portfolio, before the database has a say."""

    file: ImportFile
    portfolio: Portfolio
    mapping: FileMapping
    on: date
    reading: Reading
    sieve: Sieve
    absent: AbsenceRule
    warnings: list[Warned] = field(default_factory=list)


def open_file(session: Session, who: Viewer | None, portfolio_id: int, file: ImportFile, *, at: datetime) -> Intake:
    """Reads a file for a portfolio; `who` none is the command line. Raises `Refused` for what cannot be read at all."""
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
    mapping, reading = _read(portfolio, file, None if on == today else on)
    sieve = sifted(reading, on=on)
    absent, warnings = _absence(portfolio, mapping, reading, sieve)
    return Intake(file, portfolio, mapping, on, reading, sieve, absent, warnings)


def plan_import(session: Session, intake: Intake) -> ImportReport:
    """What the file would change; only temporary tables are written, and nobody is kept waiting."""
    refused = _plan(session, intake, lambda _: None)
    return _report(session, intake, refused)


def save_import(
    session: Session,
    intake: Intake,
    *,
    by: int | None,
    at: datetime,
    run_id: int | None = None,
    told: Told = lambda _: None,
) -> ImportReport:
    """Brings a file into its portfolio, whole or (`strict`, open questions, nothing readable) not at all.

    One import of a creditor's books at a time. The report is kept on the `ImportRun`, a new one without `run_id`.
    Raises `Refused` while the file leaves a question open.
    """
    intake.reading.answered()
    portfolio_id = intake.portfolio.id
    assert portfolio_id is not None
    _lock(session, intake)
    refused = _plan(session, intake, told, lock=True)
    report = _report(session, intake, refused)
    if because := _why_nothing(intake, report):
        kept = _remember_run(session, intake, replace(report, because=because), by=by, at=at, run_id=run_id)
        audit.log(
            session,
            "refuse_import",
            "import_run",
            kept.run_id,
            by=by,
            at=at,
            because=because,
            refused=len(kept.refused),
        )
        return kept
    told("save")
    touched = _write(session, intake, at=at)
    told("rescore")
    rescore_cases(session, touched, on=max(intake.on, intake.portfolio.business_date or intake.on))
    if touched:
        assert intake.portfolio.id is not None
        hold_cases(session, intake.portfolio.id, min(touched), max(touched), at=at)
    _remember_mapping(session, intake)
    saved = _remember_run(session, intake, replace(report, saved=True), by=by, at=at, run_id=run_id)
    _audit(session, intake, saved, len(touched), by=by, at=at)
    return saved


def _read(portfolio: Portfolio, file: ImportFile, on: date | None) -> tuple[FileMapping, Reading]:
    """The reading by the mapping given, else the remembered one if it fits the file, else the headers' own words."""
    country, currency = portfolio.country, portfolio.currency
    if file.mapping is None and portfolio.import_mapping:
        remembered = _dated(checked(portfolio.import_mapping), on)
        try:
            return remembered, read_file(file.data, file.name, remembered, country=country, currency=currency)
        except Refused:  # another kind of file, such as the contacts
            pass
    mapping = _dated(file.mapping or FileMapping(), on)
    return mapping, read_file(file.data, file.name, mapping, country=country, currency=currency)


def _dated(mapping: FileMapping, on: date | None) -> FileMapping:
    return mapping.model_copy(update={"business_date": on, "other_currency": "refuse"})


def _absence(
    portfolio: Portfolio, mapping: FileMapping, reading: Reading, sieve: Sieve
) -> tuple[AbsenceRule, list[Warned]]:
    """What absence means for this file; a file with refused rows is not whole, so nothing in it can be missed."""
    if portfolio.absence_rule == AbsenceRule.KEEP or mapping.covers == "part":
        return AbsenceRule.KEEP, []
    if mapping.only == "settled" or not len(sieve.rows):
        return AbsenceRule.KEEP, []
    if reading.refused or sieve.refused:
        because = N_("Rows were refused, so nothing was closed for being absent from the file.")
        return AbsenceRule.KEEP, [Warned(because)]
    return portfolio.absence_rule, []


def _values(intake: Intake) -> dict[str, Any]:
    portfolio = intake.portfolio
    return {
        "portfolio": portfolio.id,
        "creditor": portfolio.creditor_id,
        "zone": portfolio.time_zone,
        "on": intake.on,
        "absent": intake.absent.value,
    }


def _lock(session: Session, intake: Intake) -> None:
    """Debtors belong to the creditor, so two of its books do not import at once either."""
    # the sort and hash tables of 100,000 rows fit; PostgreSQL's shipped 4 MB would spill to disk
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('import', :creditor))"),
        {"creditor": intake.portfolio.creditor_id},
    )


def _plan(session: Session, intake: Intake, told: Told, *, lock: bool = False) -> list[RowRefusal]:
    """Fills the temporary tables that say what changes; returns the rows that the database's own facts refuse."""
    values = _values(intake)
    session.execute(text("SELECT set_config('work_mem', '64MB', true)"))
    told("stage")
    run(session, PLAN, "rooms", values)
    copy_rows(session, intake.sieve, country=intake.mapping.country or intake.portfolio.country)
    run(session, PLAN, "analyze", values)
    told("plan")
    foreign = run(session, PLAN, "foreign_accounts", values).all()
    if lock:
        run(session, PLAN, "lock_cases", values)
    for caption in STEPS:
        run(session, PLAN, caption, values)
    account = intake.reading.columns.get("account_number", ["account_number"])[0]
    because = N_("The account “{value}” belongs to the debtor {owner}.")
    refused = [
        RowRefusal(row.row_number, account, row.value, because, {"value": row.value, "owner": row.owner})
        for row in foreign
    ]
    return refused + _strangers(session, intake, values, {each.row_number for each in refused})


def _strangers(session: Session, intake: Intake, values: dict[str, Any], known: set[int]) -> list[RowRefusal]:
    """Contacts of nobody here, but for those whose row was refused or skipped for a reason already told."""
    known |= {each.row_number for each in (*intake.reading.refused, *intake.sieve.refused)}
    known |= set(intake.reading.rows["row_number"])
    column = next(
        (name for name in ("debtor_ref", "tax_id", "account_number") if name in intake.reading.columns), "debtor_ref"
    )
    header = intake.reading.columns.get(column, [column])[0]
    because = N_("There is no debtor “{value}” in this portfolio.")
    return [
        RowRefusal(row.row_number, header, row.value, because, {"value": row.value})
        for row in run(session, PLAN, "strangers", values)
        if row.row_number not in known
    ]


def _report(session: Session, intake: Intake, refused: list[RowRefusal]) -> ImportReport:
    values = _values(intake)
    tally = run(session, PLAN, "tally", values).all()
    others = run(session, PLAN, "tally_others", values).mappings().one()
    counts = {row.what: int(row.receivables) for row in tally}
    counts |= {name: int(n) for name, n in others.items() if name != "credit_amount"}
    sums = {row.what: Decimal(row.billed if row.what == "history" else row.amount) for row in tally}
    sums["new_credit_notes"] = -Decimal(others["credit_amount"])
    reading = intake.reading
    return ImportReport(
        portfolio=intake.portfolio.code,
        currency=intake.portfolio.currency,
        file_name=intake.file.name,
        business_date=intake.on,
        read=reading.read,
        counts=counts,
        sums=sums,
        samples=[Sample(**row) for row in run(session, PLAN, "samples", values).mappings()],
        refused=sorted([*reading.refused, *intake.sieve.refused, *refused], key=lambda each: each.row_number),
        warnings=[*reading.warnings, *intake.warnings],
        questions=reading.questions,
        columns=reading.columns,
    )


def _why_nothing(intake: Intake, report: ImportReport) -> str | None:
    if intake.file.strict and report.refused:
        return N_("Rows were refused, and strict was asked for: nothing was saved.")
    if report.refused and not report.changes and not report.counts.get("unchanged"):
        return N_("No row could be read: nothing was saved.")
    return None


def _write(session: Session, intake: Intake, *, at: datetime) -> list[int]:
    """Writes the plan; returns the cases it touched."""
    values = _values(intake) | {"at": at}
    values["last_contact"] = session.execute(text("SELECT coalesce(max(id), 0) FROM contact_point")).scalar_one()
    for caption in WRITES:
        run(session, SAVE, caption, values)
    return list(run(session, SAVE, "touched", values).scalars())


def _remember_mapping(session: Session, intake: Intake) -> None:
    """Keeps how this file was read for the next one; a day, a half of a file and a list of contacts are its own only."""
    if not len(intake.reading.rows):
        return
    kept = intake.mapping.model_dump(
        mode="json", exclude_unset=True, exclude={"business_date", "only", "other_currency"}
    )
    kept.setdefault("columns", {})
    if not kept["columns"]:
        kept["columns"] = {
            name: headers if name in ("phone", "email") else headers[0]
            for name, headers in intake.reading.columns.items()
        }
    portfolio = session.get_one(Portfolio, intake.portfolio.id)
    if portfolio.import_mapping != kept:
        portfolio.import_mapping = kept
        session.add(portfolio)


def _remember_run(
    session: Session, intake: Intake, report: ImportReport, *, by: int | None, at: datetime, run_id: int | None
) -> ImportReport:
    kept = session.get(ImportRun, run_id) if run_id else None
    kept = kept or ImportRun(
        portfolio_id=intake.portfolio.id or 0,
        by_id=by,
        file_name=intake.file.name,
        sha256=hashlib.sha256(intake.file.data).hexdigest(),
        mapping=intake.mapping.model_dump(mode="json", exclude_unset=True),
        business_date=intake.on,
        strict=intake.file.strict,
        created_at=at,
        started_at=at,
    )
    kept.state = RunState.DONE if report.saved else RunState.FAILED
    kept.error = report.because
    kept.rows_total, kept.rows_done = report.read, report.read if report.saved else 0
    kept.content, kept.finished_at = None, at
    session.add(kept)
    session.flush()
    report = replace(report, run_id=kept.id)
    kept.report = report.as_kept()
    session.add(kept)
    session.flush()
    return report


def _audit(session: Session, intake: Intake, report: ImportReport, cases: int, *, by: int | None, at: datetime) -> None:
    raised = [[row.id, str(row.before), str(row.after)] for row in run(session, SAVE, "raised", {})]
    audit.log(
        session,
        "import_file",
        "import_run",
        report.run_id,
        by=by,
        at=at,
        portfolio_id=intake.portfolio.id,
        business_date=str(intake.on),
        counts=report.counts | {"read": report.read, "refused": len(report.refused), "cases": cases},
        sums={name: str(amount) for name, amount in report.sums.items()},
        amounts_raised=raised,
    )

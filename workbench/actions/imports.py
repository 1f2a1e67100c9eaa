"""A creditor's file into a portfolio: planned and saved by the same statements, so that the preview is what happens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import AbsenceRule, Portfolio
from models.imports import FileKind
from workbench.actions import audit
from workbench.actions.contact_holds import hold_cases
from workbench.actions.credits import apply_credits
from workbench.actions.import_files import (
    ImportFile,
    Intake,
    keep_refusal,
    keep_report,
    lock_books,
    portfolio_for,
    read_for,
    remember_mapping,
    run_of,
    why_nothing,
)
from workbench.actions.import_rows import Sieve, copy_rows, sifted
from workbench.actions.import_statements import run
from workbench.actions.payment_imports import plan_payments, save_payments
from workbench.actions.payment_rows import sifted_payments
from workbench.actions.standings import rescore_cases
from workbench.rules.access import Viewer
from workbench.rules.import_reports import ImportReport, Sample
from workbench.rules.intake.findings import RowRefusal, Warned
from workbench.rules.intake.mappings import FileMapping
from workbench.rules.intake.reading import Reading
from workbench.rules.words import N_

__all__ = ["ImportFile", "Intake", "open_file", "plan_import", "save_import"]

PLAN, SAVE = "import_plan.sql", "import_save.sql"
STEPS = (
    "rows", "skip_settled", "debtors", "accounts", "credits", "receivables", "flow", "know_better", "releases",
    "differences", "known_money", "payments", "open_credits", "verdict",
)  # fmt: skip
WRITES = ("debtors", "cases", "contacts", "accounts", "payments", "receivables", "allocations", "balances")
Told = Callable[[str], None]


def open_file(session: Session, who: Viewer | None, portfolio_id: int, file: ImportFile, *, at: datetime) -> Intake:
    """Reads a file for a portfolio; `who` none is the command line. Raises `Refused` for what cannot be read at all."""
    portfolio, on, today = portfolio_for(session, who, portfolio_id, file, at=at)
    mapping, reading = read_for(portfolio, file, None if on == today else on)
    if file.kind is FileKind.PAYMENTS:
        return Intake(file, portfolio, mapping, on, reading, sifted_payments(reading, on=on))
    sieve = sifted(reading, on=on)
    absent, warnings = _absence(portfolio, mapping, reading, sieve)
    return Intake(file, portfolio, mapping, on, reading, sieve, absent, warnings)


def plan_import(session: Session, intake: Intake) -> ImportReport:
    """What the file would change; only temporary tables are written, and nobody is kept waiting."""
    if intake.file.kind is FileKind.PAYMENTS:
        return plan_payments(session, intake)
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
    lock_books(session, intake)
    if intake.file.kind is FileKind.PAYMENTS:
        return save_payments(session, intake, by=by, at=at, run_id=run_id, told=told)
    refused = _plan(session, intake, told, lock=True)
    report = _report(session, intake, refused)
    if because := why_nothing(intake, report):
        return keep_refusal(session, intake, replace(report, because=because), by=by, at=at, run_id=run_id)
    told("save")
    touched = _write(session, intake, at=at)
    apply_credits(session, touched)
    told("rescore")
    rescore_cases(session, touched, on=max(intake.on, intake.portfolio.business_date or intake.on), at=at, holds=False)
    if touched:
        assert intake.portfolio.id is not None
        hold_cases(session, intake.portfolio.id, min(touched), max(touched), at=at)
    remember_mapping(session, intake)
    run_row = run_of(session, intake, by=by, at=at, run_id=run_id)
    saved = keep_report(session, run_row, replace(report, saved=True), at=at)
    _audit(session, intake, saved, len(touched), by=by, at=at)
    return saved


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


def _plan(session: Session, intake: Intake, told: Told, *, lock: bool = False) -> list[RowRefusal]:
    """Fills the temporary tables that say what changes; returns the rows that the database's own facts refuse."""
    values = _values(intake)
    # the sort and hash tables of 100,000 rows fit; PostgreSQL's shipped 4 MB would spill to disk
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


def _write(session: Session, intake: Intake, *, at: datetime) -> list[int]:
    """Writes the plan; returns the cases it touched."""
    values = _values(intake) | {"at": at}
    values["last_contact"] = session.execute(text("SELECT coalesce(max(id), 0) FROM contact_point")).scalar_one()
    for caption in WRITES:
        run(session, SAVE, caption, values)
    return list(run(session, SAVE, "touched", values).scalars())


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

"""`workbench import`: a creditor's file into a portfolio, or what it would change."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from models.imports import FileKind
from workbench import clock, db, settings
from workbench.actions.imports import ImportFile, open_file, plan_import, save_import
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.users import user_by_email, viewer
from workbench.rules.access import Viewer
from workbench.rules.import_reports import LABELS, ImportReport
from workbench.rules.intake.mappings import load_mapping
from workbench.rules.refusals import Refused
from workbench.terminal import Json, _, answer, complaints, connected, console, say

REFUSED = 2
SHOWN_REFUSALS = 20


def bring_in(
    file: Annotated[
        Path, typer.Argument(help="CSV, TSV or XLSX: one row per receivable, account, contact or payment.")
    ],
    *,
    portfolio: Annotated[str, typer.Option(help="Code of the portfolio.")],
    kind: Annotated[FileKind, typer.Option(help="What is in the file.")] = FileKind.DEBTS,
    mapping: Annotated[Path | None, typer.Option(help="YAML file that says how to read it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Save nothing if any row is refused.")] = False,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The business date the file is for; today if left out."),
    ] = None,
    email: Annotated[
        str | None, typer.Option("--as", help="E-mail of the user who imports; the operator if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring a creditor's file into a portfolio; the same file twice changes nothing.

    Columns are recognised by their names, dates and amounts by the whole column; what is ambiguous is asked, and
    answered in the mapping file. A bad row is refused with its reason and the rest comes in. How the file was read is
    remembered for the next one. Exit code 2 when nothing was saved.

    A file of payments (`--kind payments`) needs each payment's reference, date and amount, and whose it is: the debtor's
    code or tax id, the account or the document. A negative amount or a word such as “reversa” takes the payment of that
    reference back. What names nothing pays the oldest debts first; what is paid in excess stays as credit.

    Example: `workbench import cartera.xlsx --portfolio MX-CARDS --dry-run`
    """
    told = load_mapping(_bytes(mapping).decode("utf-8-sig", "replace"), mapping.name, kind) if mapping else None
    given = ImportFile(
        name=file.name,
        data=_bytes(file),
        mapping=told,
        on=date.date() if date else None,
        strict=strict,
        kind=told.kind if told else kind,
    )
    with connected(settings.load()):
        report = _import(given, portfolio, email, dry_run=dry_run)
    if as_json:
        answer(report.as_json(_))
    else:
        show(report, dry_run=dry_run)
    if report.because or report.questions:
        raise typer.Exit(REFUSED)


def _import(file: ImportFile, code: str, email: str | None, *, dry_run: bool) -> ImportReport:
    at = clock.now()
    with db.reading() as session:
        who = _who(session, email)
        intake = open_file(session, who, portfolio_by_code(session, code, who=who).id or 0, file, at=at)
    with db.transaction() as session:
        if dry_run or intake.reading.questions:
            return plan_import(session, intake)
        return save_import(session, intake, by=who.user_id if who else None, at=at)


def _who(session: Session, email: str | None) -> Viewer | None:
    return viewer(session, user_by_email(session, email)) if email else None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Refused("The file {path} cannot be read.", path=path) from None


def show(report: ImportReport, *, dry_run: bool) -> None:
    """Print a report as a manager reads it."""
    say(_("{file} → {portfolio}, business date {date}: {read} rows", file=report.file_name, portfolio=report.portfolio,
          date=report.business_date, read=report.read))  # fmt: skip
    table = Table("", _("Number"), _("Amount ({currency})", currency=report.currency), box=None, show_edge=False)
    for name, label in LABELS.items():
        if report.counts.get(name):
            amount = report.sums.get(name)
            table.add_row(_(label), f"{report.counts[name]:,}", f"{amount:+,.2f}" if amount else "")
    console.print(table)
    for warning in report.warnings:
        say("· " + _(warning.because, **warning.values))
    _show_refused(report)
    for question in report.questions:
        say("? " + _(question.because, **question.values))
        say(_("  Answer it in the mapping file: {setting}", setting=question.setting))
        for choice, meaning in question.answers.items():
            say(f"    {choice}: {meaning}")
    said = report.because and _(report.because)
    if report.questions:
        said = _("Nothing was saved: the file leaves a question open.")
    elif dry_run:
        said = _("This was a dry run: nothing was saved.")
    (say if report.saved or not said else lambda text: complaints.print(text, highlight=False, markup=False))(
        said or _("Saved. Import number {number}.", number=report.run_id)
    )


def _show_refused(report: ImportReport) -> None:
    if not report.refused:
        return
    table = Table(
        _("Row"), _("Column"), _("Value"), _("Reason"), box=None, title=_("Refused rows"), title_justify="left"
    )
    for each in report.refused[:SHOWN_REFUSALS]:
        cells = (each.column, each.value, _(each.because, **each.values))
        table.add_row(str(each.row_number), *(Text(cell) for cell in cells))
    console.print(table)
    if len(report.refused) > SHOWN_REFUSALS:
        say(_("… and {count} more; --json lists them all.", count=len(report.refused) - SHOWN_REFUSALS))

"""`workbench hand-over`: cases proposed to an agency or the courts, the decisions on them, and the file they go with."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from models import HandOverState, HandOverTo
from workbench import clock, db, settings
from workbench.actions.hand_overs import decide_hand_overs, export_hand_overs, propose, recall
from workbench.queries.hand_overs import HandOverLine, hand_overs
from workbench.queries.payment_lookups import case_of
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.users import user_by_email, viewer
from workbench.rules.access import Viewer
from workbench.rules.hand_overs import DESTINATIONS
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say, spoken

app = typer.Typer(
    no_args_is_help=True, help="Cases for an agency or the courts: list, propose, decide, export, recall."
)
Code = Annotated[str, typer.Option(help="Code of the portfolio.")]
As = Annotated[str, typer.Option("--as", help="E-mail of the user who does it.")]
Numbers = Annotated[list[int], typer.Argument(help="Numbers of the hand-overs, as `list` shows them; all or none.")]
TITLES = (N_("No."), N_("Debtor"), N_("Goes to"), N_("Days past due"), N_("Owed"), N_("Recipient"), N_("Reason"))


class FileKind(StrEnum):
    """What the file that goes with the cases is written as."""

    XLSX = "xlsx"
    CSV = "csv"


@app.command("list")
def listed(
    portfolio: Code,
    email: As,
    *,
    state: Annotated[
        HandOverState, typer.Option(help="proposed, approved, rejected, lapsed or recalled.")
    ] = HandOverState.PROPOSED,
    as_json: Json = False,
) -> None:
    """Show what is proposed, or handed over, or was: what is owed most first."""
    with connected(settings.load()), db.reading() as session:
        who = _who(session, email)
        book = portfolio_by_code(session, portfolio, who=who)
        found = hand_overs(session, who, book.id or 0, state, at=clock.now())
    if as_json:
        answer([_told(each) for each in found])
    else:
        _print(found, book.currency)


@app.command("propose")
def propose_(
    debtor: Annotated[str, typer.Argument(help="The creditor's reference of the debtor.")],
    goes_to: Annotated[HandOverTo, typer.Argument(help="agency or judicial.")],
    *,
    portfolio: Code,
    because: Annotated[str, typer.Option("--because", help="Why.")],
    email: As,
    as_json: Json = False,
) -> None:
    """Propose a case, whatever the policy says; somebody else decides.

    Example: `workbench hand-over propose D1001 agency --portfolio MX-CARDS --because "…" --as sofia@…`
    """
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        case_id = case_of(session, portfolio_by_code(session, portfolio, who=who).id or 0, debtor)
        number = propose(session, who, case_id, goes_to, reason=because, at=clock.now())
    if as_json:
        answer({"id": number})
    else:
        say(_("Proposal {id} waits for a decision.", id=number))


@app.command("approve")
def approve(
    numbers: Numbers,
    *,
    recipient: Annotated[str, typer.Option(help="The agency or the law firm.")],
    note: Annotated[str, typer.Option(help="What else there is to say.")] = "",
    email: As,
) -> None:
    """Hand cases over: nobody of ours contacts their debtors until they are called back.

    Example: `workbench hand-over approve 17 18 --recipient "Estudio Ríos" --as marta@…`
    """
    _decide(numbers, email, approve=True, recipient=recipient, note=note)
    say(_("Handed over: {count}.", count=len(set(numbers))))


@app.command("reject")
def reject(numbers: Numbers, *, because: Annotated[str, typer.Option("--because", help="Why.")], email: As) -> None:
    """Decline proposals; the policy does not propose the same again for a while."""
    _decide(numbers, email, approve=False, recipient="", note=because)
    say(_("Declined: {count}.", count=len(set(numbers))))


@app.command("recall")
def recall_(numbers: Numbers, *, because: Annotated[str, typer.Option("--because", help="Why.")], email: As) -> None:
    """Take cases back from whoever has them."""
    with connected(settings.load()), db.transaction() as session:
        count = recall(session, _who(session, email), numbers, note=because, at=clock.now())
    say(_("Called back: {count}.", count=count))


@app.command("export")
def export(
    numbers: Numbers,
    *,
    into: Annotated[Path | None, typer.Option("--out", help="Write it here; under its own name if left out.")] = None,
    file: Annotated[FileKind, typer.Option("--format", help="xlsx or csv.")] = FileKind.XLSX,
    email: As,
    as_json: Json = False,
) -> None:
    """Write the file that goes with cases handed over; it is kept, and noted that it was taken."""
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        kind: Literal["csv", "xlsx"] = "csv" if file is FileKind.CSV else "xlsx"
        made = export_hand_overs(session, who, numbers, file=kind, language=spoken(), at=clock.now())
        path = into or Path(made.name)
        told = {"document_id": made.id, "file": str(path), "sha256": made.sha256}
        _write(path, made.content)
    if as_json:
        answer(told)
    else:
        say(_("Written: {file}.", file=path))


def _decide(numbers: list[int], email: str, *, approve: bool, recipient: str, note: str) -> None:
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        decide_hand_overs(session, who, numbers, approve=approve, recipient=recipient, note=note, at=clock.now())


def _print(found: list[HandOverLine], currency: str) -> None:
    table = Table(*(_(each) for each in TITLES), box=None)
    for each in found:
        owed = f"{each.owed:,.2f} {currency}"
        cells = (each.reference, _(DESTINATIONS[each.goes_to]), str(each.days), owed, each.recipient or "", each.reason)
        table.add_row(str(each.id), *(Text(cell) for cell in cells))
    console.print(table)


def _told(each: HandOverLine) -> dict[str, Any]:
    """A hand-over for a script; the debtor by reference, never by name."""
    facts: dict[str, Any] = asdict(each)
    for name in ("debtor", "mine"):
        facts.pop(name)
    return facts


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Refused("{file} cannot be written: {reason}.", file=path, reason=error.strerror) from None


def _who(session: Session, email: str) -> Viewer:
    found = viewer(session, user_by_email(session, email))
    assert found is not None  # refused when there is none
    return found

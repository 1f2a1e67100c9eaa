"""`workbench dispute`: claims of debtors, their evidence, and the decision on them."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from models import DisputeKind, Resolution
from workbench import clock, db, settings
from workbench.actions.disputes import open_dispute, resolve_dispute
from workbench.actions.evidence import add_evidence
from workbench.queries.disputes import Claim, disputes, one_dispute
from workbench.queries.payment_lookups import account_of, case_of
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.users import user_by_email, viewer
from workbench.rules.access import Viewer
from workbench.rules.disputes import CATEGORIES, KINDS, RESOLUTIONS
from workbench.rules.evidence_files import LARGEST
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(no_args_is_help=True, help="Claims of debtors: list, open, bring evidence, decide.")
Code = Annotated[str, typer.Option(help="Code of the portfolio.")]
As = Annotated[str, typer.Option("--as", help="E-mail of the user who does it.")]
Number = Annotated[int, typer.Argument(help="Number of the claim, as `list` shows it.")]
TITLES = (N_("No."), N_("Debtor"), N_("About"), N_("Owed"), N_("Deadline"))


@app.command("list")
def listed(
    portfolio: Code,
    email: As,
    *,
    decided: Annotated[bool, typer.Option("--decided", help="Those that are decided instead.")] = False,
    as_json: Json = False,
) -> None:
    """Show the claims that are undecided, by their deadline; one that is overdue says so."""
    with connected(settings.load()), db.reading() as session:
        who = _who(session, email)
        book = portfolio_by_code(session, portfolio, who=who)
        found = disputes(session, who, book.id or 0, at=clock.now(), undecided=not decided)
    if as_json:
        answer([_told(each) for each in found])
    else:
        _print(found)


@app.command("open")
def open_(
    kind: Annotated[DisputeKind, typer.Argument(help="dispute, hardship, legal_hold or deceased.")],
    category: Annotated[str, typer.Argument(help=f"What about: {', '.join(CATEGORIES)}.")],
    *,
    portfolio: Code,
    debtor: Annotated[str, typer.Option(help="The creditor's reference of the debtor.")],
    note: Annotated[str, typer.Option(help="What the debtor says.")],
    account: Annotated[str | None, typer.Option(help="Number of the account; the whole case if left out.")] = None,
    amount: Annotated[str | None, typer.Option(help="How much is in dispute: 1250.00; all if left out.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Since when; today if left out.")] = None,
    email: As,
    as_json: Json = False,
) -> None:
    """Open a claim: it pauses what it is about until somebody decides, and the days of the pause do not count.

    Example: `workbench dispute open dispute wrong_amount --portfolio MX-CARDS --debtor D1001 --note "…" --as ana@…`
    """
    at = clock.now()
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        book = portfolio_by_code(session, portfolio, who=who)
        case_id = case_of(session, book.id or 0, debtor)
        made = open_dispute(
            session,
            who,
            case_id,
            kind,
            category,
            account_id=account_of(session, case_id, account) if account else None,
            note=note,
            disputed=_amount(amount) if amount else None,
            from_on=since.date() if since else None,
            at=at,
        )
        told = one_dispute(session, who, made.id or 0, at=at)
    _say(told, _("Claim {id} is open; to be decided by {date}.", id=told.id, date=told.deadline_on), as_json=as_json)


@app.command("evidence")
def evidence(
    number: Number,
    files: Annotated[list[Path], typer.Argument(help="PDF, PNG or JPEG, 5 MB each.")],
    *,
    email: As,
    as_json: Json = False,
) -> None:
    """Bring files as evidence for an open claim; the same file brought twice is kept once."""
    at = clock.now()
    brought = [(path.name, _content(path)) for path in files]
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        kept = [add_evidence(session, who, number, name, data, at=at) for name, data in brought]
        told = [{"id": each.id, "name": each.name, "size": each.size, "sha256": each.sha256} for each in kept]
    if as_json:
        answer(told)
    for each in () if as_json else told:
        say(_("Kept: {name}, {size} bytes.", name=each["name"], size=each["size"]))


@app.command("resolve")
def resolve(
    number: Number,
    resolution: Annotated[Resolution, typer.Argument(help="resumed, written_down, confirmed or withdrawn.")],
    *,
    note: Annotated[str, typer.Option(help="Why.")],
    amount: Annotated[str | None, typer.Option(help="How much is written down: 1250.00.")] = None,
    email: As,
    as_json: Json = False,
) -> None:
    """Decide on a claim: the case goes on at once, is written down, or stays paused for good."""
    at = clock.now()
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        written_down = _amount(amount) if amount else None
        resolve_dispute(session, who, number, resolution, note=note, written_down=written_down, at=at)
        told = one_dispute(session, who, number, at=at)
    _say(told, _("Claim {id}: {decision}.", id=told.id, decision=_(RESOLUTIONS[resolution])), as_json=as_json)


def _say(told: Claim, sentence: str, *, as_json: bool) -> None:
    if as_json:
        answer(_told(told))
    else:
        say(sentence)


def _print(found: list[Claim]) -> None:
    table = Table(*(_(each) for each in TITLES), "", box=None)
    for each in found:
        label = CATEGORIES[each.category].label if each.category in CATEGORIES else each.category
        cells = (each.reference, f"{_(KINDS[each.kind])}: {_(label)}", f"{each.owed:,.2f} {each.currency}")
        table.add_row(
            str(each.id), *(Text(cell) for cell in cells), str(each.deadline_on), _("overdue") if each.overdue else ""
        )
    console.print(table)


def _told(each: Claim) -> dict[str, Any]:
    """A claim for a script; the debtor by reference, never by name."""
    facts: dict[str, Any] = asdict(each)
    for name in ("debtor", "today", "opened_by", "opened_by_name", "resolved_by"):
        facts.pop(name)
    return facts | {"overdue": each.overdue}


def _who(session: Session, email: str) -> Viewer:
    found = viewer(session, user_by_email(session, email))
    assert found is not None  # refused when there is none
    return found


def _content(path: Path) -> bytes:
    """The file's bytes, no more of them than are needed to refuse it."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise Refused("{file} cannot be read: {reason}.", file=path, reason=error.strerror) from None


def _amount(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:
        raise Refused("“{written}” is no amount: write it as 1250.00.", written=written) from None

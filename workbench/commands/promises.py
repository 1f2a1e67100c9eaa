"""`workbench promise`: take one, in parts too, withdraw one, list those that are open, due or lost."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from workbench import clock, db, settings
from workbench.actions.promises import take_promise, withdraw_promise
from workbench.queries.payment_lookups import account_of, case_of
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.promises import MOST, Line, View, Wanted, promises
from workbench.queries.users import user_by_email, viewer
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(no_args_is_help=True, help="Promises: take, withdraw, list.")
As = Annotated[str, typer.Option("--as", help="E-mail of the user who does it.")]
Code = Annotated[str, typer.Option(help="Code of the portfolio.")]
HEADS = (N_("Promise"), N_("Debtor"), N_("Due"), N_("Missing"), N_("Promised"), N_("Parts"), N_("At risk"))


@app.command("take")
def take(
    parts: Annotated[list[str], typer.Argument(help="Amount and day, one or several: 500.00@2026-11-25.")],
    *,
    portfolio: Code,
    debtor: Annotated[str, typer.Option(help="The creditor's reference of the debtor.")],
    email: As,
    account: Annotated[
        str | None, typer.Option(help="Number of the account it is for; the whole case if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a promise within the role's limits; an open one on the same debt is replaced.

    Example: `workbench promise take 500@2026-11-25 500@2026-12-02 --portfolio MX-CARDS --debtor D1001 --as ana@example.com`
    """
    read = tuple(_part(each) for each in parts)
    with connected(settings.load()), db.transaction() as session:
        who = viewer(session, user_by_email(session, email))
        book = portfolio_by_code(session, portfolio, who=who)
        case_id = case_of(session, book.id or 0, debtor)
        account_id = account_of(session, case_id, account) if account else None
        terms = PromiseTerms.in_parts(read, account_id=account_id)
        taken = take_promise(session, who, case_id=case_id, terms=terms, at=clock.now())
        told = {"id": taken.id, "amount": f"{taken.amount:.2f}", "due_on": taken.due_on.isoformat(), "parts": len(read)}
    if as_json:
        answer(told)
    else:
        say(_("Promise {id}: {amount} {currency} until {due_on}.", currency=book.currency, **_without(told, "parts")))


@app.command("withdraw")
def withdraw(
    promise_id: Annotated[int, typer.Argument(metavar="PROMISE")],
    *,
    because: Annotated[str, typer.Option(help="Why; the audit keeps it.")],
    email: As,
) -> None:
    """Withdraw an open promise: its debtor comes back into the queue."""
    with connected(settings.load()), db.transaction() as session:
        who = viewer(session, user_by_email(session, email))
        withdraw_promise(session, who, promise_id, reason=because, at=clock.now())
    say(_("Promise {id} is withdrawn.", id=promise_id))


@app.command("list")
def show(
    view: Annotated[View, typer.Argument(help="active, today, week or broken.")] = View.ACTIVE,
    *,
    portfolio: Code,
    email: As,
    most: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """Promises that are open, due today, due this week or not kept; an agent is shown their own."""
    with connected(settings.load()), db.reading() as session:
        who = viewer(session, user_by_email(session, email))
        book = portfolio_by_code(session, portfolio, who=who)
        lines = promises(session, who, Wanted(book.id or 0, view), at=clock.now(), most=most)
    if as_json:
        answer([_plain(each) for each in lines])
    else:
        console.print(_table(lines))


def _table(lines: list[Line]) -> Table:
    table = Table(*(_(head) for head in HEADS))
    for each in lines:
        figures = (each.missing, each.amount, each.parts, each.at_risk)
        table.add_row(str(each.id), Text(each.name), each.next_due.isoformat(), *(str(figure) for figure in figures))
    return table


def _plain(line: Line) -> dict[str, Any]:
    """A promise as JSON has it: amounts and days as text."""
    return {
        name: value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(line).items()
    }


def _without(told: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != name}


def _part(written: str) -> Part:
    amount, _at, due_on = written.partition("@")
    try:
        return Part(date.fromisoformat(due_on), Decimal(amount))
    except (ValueError, InvalidOperation):
        raise Refused("“{written}” is no part of a promise: write it as 500.00@2026-11-25.", written=written) from None

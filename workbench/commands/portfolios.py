"""`workbench portfolio` and `workbench team`: the books of debt and who works them."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from workbench import clock, db, settings
from workbench.actions.portfolios import NewPortfolio, create_portfolio, create_team
from workbench.queries.portfolios import books
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(no_args_is_help=True, help="Portfolios: list them, open a new one.")
teams = typer.Typer(no_args_is_help=True, help="Teams: found a new one.")


@app.command("list")
def list_portfolios(as_json: Json = False) -> None:
    """Show every portfolio: creditor, currency, teams, cases, balance, what is past due."""
    with connected(settings.load()), db.reading() as session:
        shown = books(session, None)
    if as_json:
        answer([asdict(book) for book in shown])
        return
    table = Table(_("Code"), _("Creditor"), _("Teams"), _("Cases"), _("Balance"), _("Past due"), box=None)
    for book in shown:
        amounts = [f"{amount:,.2f} {book.currency}" for amount in (book.balance, book.past_due)]
        table.add_row(book.code, book.creditor, ", ".join(book.teams), str(book.cases), *amounts)
    console.print(table)


@app.command("create")
def create(
    code: Annotated[str, typer.Argument(help="Capital letters, digits and hyphens, for example MX-CARDS.")],
    *,
    creditor: Annotated[str, typer.Option(help="Code of the creditor; a new one is added.")],
    country: Annotated[str, typer.Option(help="Two letters, such as MX.")],
    currency: Annotated[str, typer.Option(help="Three letters, such as MXN: the one currency of the book.")],
    time_zone: Annotated[str, typer.Option(help="Where its business day is kept, such as America/Mexico_City.")],
    team: Annotated[list[str], typer.Option(help="Code of a team that may see it; repeat for several.")],
    name: Annotated[str | None, typer.Option(help="As people call it; the code if left out.")] = None,
    creditor_name: Annotated[str, typer.Option(help="Name of a new creditor.")] = "",
) -> None:
    """Open a portfolio; its calling hours and promise limits start at the shipped defaults.

    Example: `workbench portfolio create MX-CARDS --creditor VALLE --country MX --currency MXN
    --time-zone America/Mexico_City --team norte`
    """
    new = NewPortfolio(code, name or code, creditor, creditor_name, country, currency, time_zone, tuple(team))
    with connected(settings.load()), db.transaction() as session:
        create_portfolio(session, new, by=None, at=clock.now())
    say(_("Portfolio {code} is open. Import its first file.", code=code))


@teams.command("create")
def found(code: str, name: Annotated[str | None, typer.Option(help="The code if left out.")] = None) -> None:
    """Found a team. People join it with `workbench user create --team CODE`."""
    with connected(settings.load()), db.transaction() as session:
        create_team(session, code=code, name=name or code.capitalize(), by=None, at=clock.now())
    say(_("There is a team {code} now.", code=code.lower()))

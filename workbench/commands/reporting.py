"""`workbench reporting`: the database's read-only views for reports of one's own, and who may log in to them."""

import os
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from workbench import clock, db, settings
from workbench.actions.reporting import close_login, install_reporting, open_login
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.reporting import logins
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, complaints, connected, console, say

PASSWORD = "WORKBENCH_REPORTING_PASSWORD"  # noqa: S105 (a variable's name)
EVERYTHING = N_("all portfolios, also those opened later")

app = typer.Typer(no_args_is_help=True, help="Reports of your own: views to read, and log-ins to read them with.")


def bring_up_to_date() -> None:
    """After the tables, their views; a schema of somebody else's that has the name is no reason not to start."""
    try:
        with db.transaction() as session:
            install_reporting(session)
    except Refused as refused:
        complaints.print(_(refused.because, **refused.values), highlight=False, markup=False, soft_wrap=True)


@app.command("install")
def install() -> None:
    """Make the views of the schema `reporting`, or bring them to this version; `migrate` and `up` do so too."""
    with connected(settings.load()), db.transaction() as session:
        done = install_reporting(session)
    say(_("The views of the schema “reporting” are made.") if done else _("The views are this version's already."))


@app.command("open")
def open_(
    login: Annotated[str, typer.Option(help="Its name in PostgreSQL: small letters, digits, underscores.")],
    *,
    portfolio: Annotated[
        list[str] | None, typer.Option(help="Code of a portfolio it may see; repeat for several.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All portfolios, also those opened later.")] = False,
) -> None:
    """Let a log-in of the database read these portfolios' views, instead of those it had.

    Its password comes from the environment, WORKBENCH_REPORTING_PASSWORD; left out, one that is there keeps its own.

    Example: `WORKBENCH_REPORTING_PASSWORD=… workbench reporting open --login metabase --portfolio MX-CARDS`
    """
    if everything == bool(portfolio):
        raise Refused("Say --portfolio or --all.")
    with connected(settings.load()), db.transaction() as session:
        ids = [portfolio_by_code(session, each).id or 0 for each in portfolio or []]
        chosen = None if everything else ids
        open_login(session, None, login, chosen, password=os.environ.get(PASSWORD, ""), at=clock.now())
    told = _(EVERYTHING) if everything else ", ".join(portfolio or [])
    say(_("{login} may read: {portfolios}.", login=login, portfolios=told))


@app.command("close")
def close(login: Annotated[str, typer.Option(help="Its name in PostgreSQL.")]) -> None:
    """Take a log-in out of the database; what it is reading ends."""
    with connected(settings.load()), db.transaction() as session:
        close_login(session, None, login, at=clock.now())
    say(_("{login} may no longer log in.", login=login))


@app.command("list")
def list_logins(as_json: Json = False) -> None:
    """Show the log-ins and what each may see."""
    with connected(settings.load()), db.reading() as session:
        shown = logins(session, None)
    if as_json:
        answer([asdict(each) for each in shown])
        return
    table = Table(_("Log-in"), _("Portfolios"), _("Opened by"), _("Since"), box=None)
    for each in shown:
        since = f"{each.opened_at:%Y-%m-%d %H:%M} UTC"
        seen = _(EVERYTHING) if each.everything else ", ".join(each.portfolios)
        table.add_row(each.login, seen, each.opened_by or _("the operator"), since)
    console.print(table)

"""`workbench rollup rebuild`, and the past queues of `workbench queue --on`."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer
from rich.table import Table

from models import Portfolio
from workbench import db, settings
from workbench.actions.case_histories import rebuild_book_days
from workbench.queries.past_queues import BECAME, PastPlace
from workbench.queries.portfolios import portfolio_by_code, visible_portfolios
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(no_args_is_help=True, help="Sums that boards read: make them again from what they are sums of.")


@app.callback()
def rollup() -> None:
    """Sums that boards read."""


@app.command()
def rebuild(
    portfolio: Annotated[str | None, typer.Option(help="Code of one portfolio; all of them if left out.")] = None,
    from_on: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Only this morning and the later ones.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make the sums of the mornings again from how each case stood. Where they were right nothing is written."""
    first = from_on.date() if from_on else None
    with connected(settings.load()):
        with db.reading() as session:
            chosen = [portfolio_by_code(session, portfolio)] if portfolio else visible_portfolios(session, None)
        wrong = {each.code: _rebuilt(each, first) for each in chosen}
    if as_json:
        answer(wrong)
        return
    for code, rows in wrong.items():
        say(_("{portfolio}: {rows} sums were not those of their cases and are now.", portfolio=code, rows=rows) if rows
            else _("{portfolio}: every sum was right.", portfolio=code))  # fmt: skip


def _rebuilt(portfolio: Portfolio, first: date | None) -> int:
    with db.transaction() as session:
        return rebuild_book_days(session, portfolio.id or 0, first)


def show_past_queue(places: list[PastPlace], currency: str, bands: dict[int, str], *, as_json: bool) -> None:
    """The places of a past morning, each with what became of it."""
    if as_json:
        fields = [asdict(place) | {"band": place.band.name.lower()} for place in places]
        answer([{name: value for name, value in each.items() if name != "name"} for each in fields])
        return
    heads = (N_("Debtor"), N_("Amount"), N_("Days"), N_("Score"), N_("Band"), N_("Since then"), N_("Paid"))
    table = Table("#", *(_(head) for head in heads), box=None)
    for place in places:
        cells = (
            place.reference, f"{place.past_due:,.2f} {currency}", str(place.days_past_due), f"{place.score:,.1f}",
            _(bands[place.band]), _(BECAME[place.became]), f"{place.paid:,.2f}",
        )  # fmt: skip
        table.add_row(str(place.rank), *cells)
    console.print(table)

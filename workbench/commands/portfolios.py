"""`workbench portfolio` and `workbench team`: the books of debt and who works them."""

from dataclasses import asdict, replace
from datetime import time
from typing import Annotated, Any

import typer
from rich.table import Table

from workbench import clock, db, settings
from workbench.actions.contact_policies import set_contact_policy
from workbench.actions.portfolios import NewPortfolio, create_portfolio, create_team
from workbench.queries.contact_rules import policy_of
from workbench.queries.portfolios import books, portfolio_by_code
from workbench.rules.contact_policies import SHIPPED_POLICY, ContactPolicy
from workbench.rules.refusals import Refused
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(no_args_is_help=True, help="Portfolios: list them, open a new one, say how it may contact.")
teams = typer.Typer(no_args_is_help=True, help="Teams: found a new one.")

Reading = Annotated[
    list[str] | None,
    typer.Option(help="How a disputed text is read, by name; repeat for several. `workbench contact law` lists them."),
]
Regime = Annotated[str | None, typer.Option(help="Which creditors' law applies, by name, such as condusef.")]
Region = Annotated[str | None, typer.Option(help="State or province where no debtor's own is known, such as SP.")]
Daily = Annotated[int | None, typer.Option(help="At most so many attempts a day; what the law says if left out.")]
Weekly = Annotated[int | None, typer.Option(help="At most so many contacts a week; what the law says if left out.")]
Holidays = Annotated[
    bool | None, typer.Option("--calls-on-holidays/--no-calls-on-holidays", help="Where the law allows it.")
]
Weekdays = Annotated[
    str | None, typer.Option("--weekdays", help="Calling hours Monday to Friday, such as 08:00-19:00.")
]
Saturdays = Annotated[
    str | None, typer.Option("--saturdays", help="Calling hours on Saturdays, such as 08:00-13:00, or none.")
]


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
    reading: Reading = None,
    regime: Regime = None,
    region: Region = None,
    daily_attempts: Daily = None,
    weekly_contacts: Weekly = None,
    calls_on_holidays: Holidays = None,
    weekdays: Weekdays = None,
    saturdays: Saturdays = None,
) -> None:
    """Open a portfolio; what is left out starts at the shipped defaults.

    Example: `workbench portfolio create MX-CARDS --creditor VALLE --country MX --currency MXN
    --time-zone America/Mexico_City --team norte`
    """
    given = _given(reading, regime, region, daily_attempts, weekly_contacts, calls_on_holidays)
    policy = _with_hours(replace(SHIPPED_POLICY, **given), weekdays, saturdays)
    new = NewPortfolio(code, name or code, creditor, creditor_name, country, currency, time_zone, tuple(team), policy)
    with connected(settings.load()), db.transaction() as session:
        create_portfolio(session, new, by=None, at=clock.now())
    say(_("Portfolio {code} is open. Import its first file.", code=code))


@app.command("policy")
def policy(
    code: Annotated[str, typer.Argument(help="Code of the portfolio.")],
    *,
    reading: Reading = None,
    regime: Regime = None,
    region: Region = None,
    daily_attempts: Daily = None,
    weekly_contacts: Weekly = None,
    calls_on_holidays: Holidays = None,
    weekdays: Weekdays = None,
    saturdays: Saturdays = None,
    as_json: Json = False,
) -> None:
    """Show a portfolio's contact policy, or change what is given; 0 takes a limit away, "" a regime or region.

    It can only tighten its country's law. The readings given replace those chosen before.
    """
    given = _given(reading, regime, region, daily_attempts, weekly_contacts, calls_on_holidays)
    with connected(settings.load()), db.transaction() as session:
        portfolio = portfolio_by_code(session, code)
        assert portfolio.id is not None
        chosen = _with_hours(replace(policy_of(portfolio), **given), weekdays, saturdays)
        set_contact_policy(session, None, portfolio.id, chosen, at=clock.now())
    if as_json:
        answer(asdict(chosen))
        return
    table = Table(show_header=False, box=None)
    for name, value in {**asdict(chosen), **asdict(chosen.hours)}.items():
        if name != "hours":
            table.add_row(name, ", ".join(value) if isinstance(value, tuple) else str(value))
    console.print(table)


@teams.command("create")
def found(code: str, name: Annotated[str | None, typer.Option(help="The code if left out.")] = None) -> None:
    """Found a team. People join it with `workbench user create --team CODE`."""
    with connected(settings.load()), db.transaction() as session:
        create_team(session, code=code, name=name or code.capitalize(), by=None, at=clock.now())
    say(_("There is a team {code} now.", code=code.lower()))


def _given(
    reading: list[str] | None,
    regime: str | None,
    region: str | None,
    daily_attempts: int | None,
    weekly_contacts: int | None,
    calls_on_holidays: bool | None,
) -> dict[str, Any]:
    """What was said of a policy; nothing said changes nothing, an empty word or a zero takes away."""
    said = {
        "readings": None if reading is None else tuple(each for each in reading if each),
        "regime": regime,
        "region": region,
        "daily_attempts": daily_attempts,
        "weekly_contacts": weekly_contacts,
        "calls_on_holidays": calls_on_holidays,
    }
    emptied = {"regime": "", "region": "", "daily_attempts": 0, "weekly_contacts": 0}
    return {
        name: None if name in emptied and value == emptied[name] else value
        for name, value in said.items()
        if value is not None
    }


def _with_hours(policy: ContactPolicy, weekdays: str | None, saturdays: str | None) -> ContactPolicy:
    hours = policy.hours
    if weekdays is not None:
        opens, closes = _span(weekdays)
        hours = replace(hours, weekday_opens=opens, weekday_closes=closes)
    if saturdays is not None:
        first, last = (None, None) if saturdays.lower() == "none" else _span(saturdays)
        hours = replace(hours, saturday_opens=first, saturday_closes=last)
    return replace(policy, hours=hours)


def _span(written: str) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(clock.strip()) for clock in written.split("-"))
    except ValueError:
        raise Refused("“{written}” are no hours: write them as 08:00-19:00.", written=written) from None
    return opens, closes

"""`workbench order`: what the order of the queue is worth, and the named rules that change it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlmodel import Session

from models import Portfolio, StrategyState
from workbench import clock, db, settings
from workbench.actions.order_versions import publish, save_draft, simulate
from workbench.commands.nights import As
from workbench.queries.order_report import ORDERS, order_report
from workbench.queries.order_simulations import Simulation
from workbench.queries.order_versions import Version, order_versions
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.users import viewer_by_email
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(help="The order of the queue: what it is worth on the portfolio's own past, and its named rules.")
rules = typer.Typer(no_args_is_help=True, help="Named multipliers and bans: show, simulate, publish.")
app.add_typer(rules, name="rules")

ORDER_LABELS = {
    "random": N_("At random"),
    "amount": N_("By amount"),
    "days_past_due": N_("Oldest first"),
    "risk": N_("Amount × risk"),
    "score": N_("Our score"),
    "draft": N_("The draft"),
    "rules": N_("Ours, rules in force"),
    "last_week": N_("Last week's rules"),
}
MEASURES = {
    "late": N_("Share of the late money reached"),
    "answered": N_("Share of the late money whose debtor answered"),
}
STATES = {
    StrategyState.DRAFT: N_("draft"),
    StrategyState.PUBLISHED: N_("in force"),
    StrategyState.RETIRED: N_("replaced"),
}
Code = Annotated[str, typer.Option("--portfolio", help="Code of the portfolio.")]


@app.callback(invoke_without_command=True)
def order(
    context: typer.Context,
    portfolio: Annotated[str | None, typer.Option(help="Code of the portfolio.")] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The morning to judge; a fortnight before the last night if left out."),
    ] = None,
    mornings: Annotated[int, typer.Option(min=1, help="Judge as many weekly mornings, up to that one, together.")] = 1,
    email: As = None,
    as_json: Json = False,
) -> None:
    """Judge the order of calls on the portfolio's own history: whose first calls reach the late money.

    As of a past morning and with only what was known then. Late money is what was still unpaid 14 days later.
    """
    if context.invoked_subcommand:
        return
    if portfolio is None:
        context.fail("Missing option '--portfolio'.")
    with connected(settings.load()), db.reading() as session:
        who, chosen = _asked(session, portfolio, email)
        if who:
            who.require(Permission.SEE_CHANGES)
        report = order_report(session, chosen, on=on.date() if on else None, mornings=mornings)
    if as_json:
        answer(
            {name: value for name, value in asdict(report).items() if name not in MEASURES}
            | {"shares": report.shares()}
        )
        return
    say(_("{portfolio}, {mornings} morning(s) to {date}: {cases} past-due cases, {money} {currency} still unpaid {days} days on.",
          portfolio=report.portfolio, date=report.on, mornings=report.mornings, cases=report.cases, money=f"{report.late_money:,.2f}",
          currency=report.currency, days=report.horizon))  # fmt: skip
    for measure, shares in report.shares().items():
        table = Table(_("First calls"), *(_(ORDER_LABELS[name]) for name in ORDERS), box=None)
        table.title, table.title_justify = _(MEASURES[measure]), "left"
        for share in shares["score"]:
            table.add_row(share, *(f"{shares[name][share]:.1%}" for name in ORDERS))
        console.print(table)


@rules.command()
def show(portfolio: Code, email: As = None, as_json: Json = False) -> None:
    """Show all versions of a portfolio's rules, the newest first."""
    with connected(settings.load()), db.reading() as session:
        who, chosen = _asked(session, portfolio, email)
        found = order_versions(session, who, chosen.id or 0)
    if as_json:
        answer([asdict(each) for each in found])
        return
    if not found:
        say(_("Without rules the score alone makes the order."))
    for each in found:
        _told(each)


@rules.command("simulate")
def try_out(
    portfolio: Code,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="JSON list of rules: the draft becomes these.")
    ] = None,
    calls: Annotated[
        int | None, typer.Option(min=1, help="Calls of a day; what people called lately if left out.")
    ] = None,
    email: As = None,
    as_json: Json = False,
) -> None:
    """Put the last morning's queue in the order of the draft: who comes into a day's calls and who falls out."""
    at = clock.now()
    with connected(settings.load()), db.transaction() as session:
        who, chosen = _asked(session, portfolio, email)
        if file:
            save_draft(session, who, chosen.id or 0, _read(file), at=at)
        found = simulate(session, who, chosen.id or 0, at=at, calls=calls)
    if as_json:
        answer(asdict(found))
        return
    _simulated(found, chosen.currency)


@rules.command("publish")
def put_in_force(portfolio: Code, email: As = None) -> None:
    """Put the draft in force; refused unless these very rules have been simulated."""
    with connected(settings.load()), db.transaction() as session:
        who, chosen = _asked(session, portfolio, email)
        version = publish(session, who, chosen.id or 0, at=clock.now()).version
    say(_("Version {n} is in force; the next night applies it.", n=version))


def _asked(session: Session, code: str, email: str | None) -> tuple[Viewer | None, Portfolio]:
    who = viewer_by_email(session, email)
    return who, portfolio_by_code(session, code, who=who)


def _read(file: Path) -> Sequence[Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise Refused("The file has to hold a JSON list of rules.")
    return found


def _told(version: Version) -> None:
    table = Table(_("Rule"), _("For whom"), _("What it does"), box=None)
    table.title, table.title_justify = f"{_('Version {n}', n=version.version)} · {_(STATES[version.state])}", "left"
    for rule in version.rules:
        does = _("keeps out: {why}", why=rule["ban"]) if "ban" in rule else f"×{rule.get('multiplier')}"
        table.add_row(rule["name"], json.dumps(rule.get("when", {}), ensure_ascii=False), does)
    console.print(table)


def _simulated(found: Simulation, currency: str) -> None:
    told = {name: getattr(found, name) for name in ("into", "out", "banned", "calls")}
    say(_("Simulated: {into} come into {calls} calls a day, {out} fall out, {banned} are kept out.", **told))
    table = Table(_("Order"), _("Past due reached"), _("Expected to be saved"), box=None)
    for each in found.reached:
        sums = (f"{value:,.2f} {currency}" for value in (each.past_due, each.expected))
        table.add_row(_(ORDER_LABELS[each.order]), *sums)
    console.print(table)
    for title, movers in ((_("Come in"), found.coming), (_("Fall out"), found.going)):
        table = Table(
            "", _("Debtor"), _("Past due"), _("Before"), _("After"), box=None, title=title, title_justify="left"
        )
        for mover in movers:
            places = (str(place or "—") for place in (mover.before, mover.after))
            table.add_row("", mover.reference, f"{mover.past_due:,.2f} {currency}", *places)
        if movers:
            console.print(table)

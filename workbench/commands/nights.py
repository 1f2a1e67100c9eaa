"""`workbench nightly` and `queue`: do a night, and read the queue it built."""

from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from models import Portfolio, Queue
from workbench import clock, db, settings
from workbench.actions.nights import NightReport, run_night
from workbench.commands.mornings import show_past_queue
from workbench.queries.contact_rules import places
from workbench.queries.past_queues import queue_on
from workbench.queries.portfolios import portfolio_by_code, visible_portfolios
from workbench.queries.users import viewer_by_email
from workbench.queries.worklist import Place, ranked_queue
from workbench.rules.access import Permission, Viewer
from workbench.rules.reasons import in_words
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say, spoken

BANDS = {1: N_("callback"), 2: N_("broken promise"), 3: N_("negotiation"), 4: N_("score")}
As = Annotated[str | None, typer.Option("--as", help="E-mail of the user who asks; the operator if left out.")]


class Listed(StrEnum):
    """The queues that have an order."""

    CALL = "call"
    NEGOTIATION = "negotiation"


def nightly(
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="The business date; today where the portfolio is."),
    ] = None,
    portfolio: Annotated[str | None, typer.Option(help="Code of one portfolio; all of them if left out.")] = None,
    email: As = None,
    as_json: Json = False,
) -> None:
    """Do the night: age every case, judge promises, learn, score, rebuild the queue, tell what changed.

    The same as the timetable does at 02:30. Repeated for the same date it changes nothing; an earlier date is refused.
    """
    at = clock.now()
    with connected(settings.load()):
        with db.reading() as session:
            who = viewer_by_email(session, email)
            if who:
                who.require(Permission.RUN_NIGHT)
            chosen = [portfolio_by_code(session, portfolio, who=who)] if portfolio else visible_portfolios(session, who)
            days = {each.id: day.date() if day else _today(session, each, at) for each in chosen}
        reports = [_night(each, days[each.id], who, at) for each in chosen]
    if as_json:
        answer([asdict(report) for report in reports])
        return
    for report in reports:
        say(_told(report))


def queue(
    portfolio: Annotated[str, typer.Option(help="Code of the portfolio.")],
    limit: Annotated[int | None, typer.Option(min=1, help="How many places; all of them if left out.")] = None,
    which: Annotated[Listed, typer.Option("--queue", help="The calls or the negotiations.")] = Listed.CALL,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As it was on that morning, and what came of it.")
    ] = None,
    email: As = None,
    as_json: Json = False,
) -> None:
    """Show a queue in the order in which it is handed out, each place with its reasons."""
    with connected(settings.load()), db.reading() as session:
        who = viewer_by_email(session, email)
        if who and not who.may(Permission.WORK_QUEUE):
            who.require(Permission.SEE_BOARDS)
        chosen = portfolio_by_code(session, portfolio, who=who)
        if on:
            past = queue_on(session, who, chosen.id or 0, on.date(), queue=Queue(which), at=clock.now(), limit=limit)
            show_past_queue(past, chosen.currency, BANDS, as_json=as_json)
            return
        shown = ranked_queue(session, chosen, at=clock.now(), limit=limit, queue=Queue(which))
    if as_json:
        answer([_fields(place) for place in shown])
        return
    table = Table("#", _("Debtor"), _("Amount"), _("Days"), _("Score"), _("Band"), _("Reasons"), box=None)
    for place in shown:
        why = "; ".join(_words(place))
        amount = f"{place.amount_at_stake:,.2f} {place.currency}"
        cells = (amount, str(place.days_past_due), f"{place.score:,.1f}", _(BANDS[place.band]), why)
        table.add_row(str(place.rank), place.debtor, *cells)
    console.print(table)


def _night(portfolio: Portfolio, on: date, who: Viewer | None, at: datetime) -> NightReport:
    assert portfolio.id is not None
    return run_night(portfolio.id, on=on, at=at, by=who.user_id if who else None)


def _today(session: Any, portfolio: Portfolio, at: datetime) -> date:
    assert portfolio.id is not None
    return places(session, [portfolio.id])[portfolio.id].today(at)


def _told(report: NightReport) -> str:
    if report.again and not (
        report.standings or report.items or report.promises or report.agreements or report.messages
    ):
        return _("{portfolio}, {date}: done before, nothing changed since.", portfolio=report.portfolio,
                 date=report.business_date)  # fmt: skip
    return _(
        "{portfolio}, {date}: {cases} cases, {items} places in the queue and {standings} standings written, "
        "{promises} promises and {agreements} agreements moved, {messages} messages planned, {changes} changes told, {violations} violations, "
        "{seconds} s.",
        portfolio=report.portfolio,
        date=report.business_date,
        cases=report.cases,
        items=report.items,
        standings=report.standings,
        promises=report.promises,
        agreements=report.agreements,
        messages=report.messages,
        changes=report.changes,
        violations=report.violations,
        seconds=f"{report.seconds:.1f}",
    )


def _words(place: Place) -> list[str]:
    return [in_words(reason, spoken(), place.currency) for reason in place.reasons]


def _fields(place: Place) -> dict[str, Any]:
    """A place as scripts read it; the band as the field calls it."""
    return {
        "rank": place.rank,
        "debtor_reference": place.debtor,
        "amount_at_stake": place.amount_at_stake,
        "currency": place.currency,
        "days_past_due": place.days_past_due,
        "score": place.score,
        "band": place.band.name.lower(),
        "reasons": _words(place),
    }

"""`workbench digest`: boards by e-mail, asked for and ended on behalf of who gets them."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Column, Table
from rich.text import Text

from models import Board, MessageState, Period
from workbench import clock, db, settings
from workbench.actions import digests
from workbench.queries.digests import Issue, leaving, subscriptions
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.teams import team_ids
from workbench.queries.users import user_by_email, viewer, viewer_by_email
from workbench.rules.message_states import NAMES
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say

As = Annotated[str, typer.Option("--as", help="E-mail of who gets it.")]
Asking = Annotated[str | None, typer.Option("--as", help="Who asks; the operator, who sees everybody's, if left out.")]
MORNING = 7
HEADS = (
    N_("No."),
    N_("Reader"),
    N_("Board"),
    N_("Portfolio"),
    N_("Team"),
    N_("How often"),
    N_("Hour"),
    N_("Last issue"),
)
NEXT = (N_("Leaves"), N_("No."), N_("Reader"), N_("Board"), N_("Portfolio"), N_("State"))

app = typer.Typer(
    no_args_is_help=True, help="Boards by e-mail: ask for one, end it, send an issue again, see what is due."
)


@app.command("list")
def listed(email: Asking = None, *, as_json: Json = False) -> None:
    """Show who gets which board, how often, and what became of the last issues."""
    with connected(settings.load()), db.reading() as session:
        found = subscriptions(session, viewer_by_email(session, email))
    if as_json:
        answer([asdict(each) for each in found])
        return
    table = Table(*(Column(_(each), overflow="fold") for each in HEADS), box=None)
    for each in found:
        last = _became(each.issues[0]) if each.issues else ""
        named = (each.reader, each.board.value, each.portfolio, each.team or "")
        cells = (*named, each.every.value, f"{each.hour:02d}:00", last)
        table.add_row(str(each.digest_id), *(Text(cell) for cell in cells))
    console.print(table)


@app.command("due")
def due(email: Asking = None, *, as_json: Json = False) -> None:
    """Show what leaves next, the soonest first: what is written and waits, and what is to be written."""
    with connected(settings.load()), db.reading() as session:
        found = leaving(session, viewer_by_email(session, email), at=clock.now())
    if as_json:
        answer([asdict(each) for each in found])
        return
    table = Table(*(Column(_(each), overflow="fold") for each in NEXT), box=None)
    for each in found:
        state = _(NAMES[each.state] if each.state else N_("not yet written"))
        cells = (each.reader, each.board.value, each.portfolio, state)
        table.add_row(f"{each.at:%Y-%m-%d %H:%M} UTC", str(each.digest_id), *(Text(cell) for cell in cells))
    console.print(table)


@app.command("send")
def send(
    board: Annotated[Board, typer.Argument(help="performance, health or night.")],
    *,
    portfolio: Annotated[str, typer.Option(help="Code of the portfolio.")],
    team: Annotated[str | None, typer.Option(help="Code of a team of theirs: only its people, on performance.")] = None,
    every: Annotated[Period, typer.Option(help="day, week (Mondays) or month (the first).")] = Period.DAY,
    hour: Annotated[int, typer.Option(help="0 to 23, in the portfolio's zone.")] = MORNING,
    email: As,
    as_json: Json = False,
) -> None:
    """Have a board sent by e-mail; asked again for the same board, it only changes how often and when.

    Example: `workbench digest send performance --portfolio MX-CARDS --every week --hour 8 --as sofia@example.com`
    """
    with connected(settings.load()), db.transaction() as session:
        who = viewer(session, user_by_email(session, email))
        book = portfolio_by_code(session, portfolio, who=who)
        team_id = team_ids(session, [team])[team] if team else None
        at = clock.now()
        number = digests.subscribe(session, who, board, book.id or 0, every=every, hour=hour, team_id=team_id, at=at)
        first = next(each for each in leaving(session, who, at=at) if each.digest_id == number)
    if as_json:
        answer(asdict(first))
        return
    say(
        _(
            "{email} gets it next on {moment}. End it with `workbench digest stop {id}`.",
            email=email,
            id=number,
            moment=_local(first.at, book.time_zone),
        )
    )


@app.command("again")
def again(
    issue: Annotated[int, typer.Argument(help="Number of the issue, as `list --json` shows it.")], *, email: As
) -> None:
    """Send an issue once more that did not leave, or of which nobody knows whether it left."""
    with connected(settings.load()), db.transaction() as session:
        digests.send_again(session, viewer(session, user_by_email(session, email)), issue, at=clock.now())
    say(_("It leaves within a few minutes."))


@app.command("stop")
def stop(
    digest: Annotated[int, typer.Argument(help="Number of the digest, as `list` shows it.")], *, email: As
) -> None:
    """End a digest; what has not begun to leave does not leave."""
    with connected(settings.load()), db.transaction() as session:
        digests.unsubscribe(session, viewer(session, user_by_email(session, email)), digest, at=clock.now())
    say(_("It comes no more."))


def _became(issue: Issue) -> str:
    """What became of an issue, in words; a provider's stand as they came."""
    why = f": {_(issue.error)}" if issue.error and issue.state is not MessageState.SENT else ""
    return f"{issue.on} {_(NAMES[issue.state])}{why}"


def _local(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"

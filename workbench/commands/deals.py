"""`workbench assign`: work dealt out to agents, covered, taken over; seen before it is done, and undone."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from models import Queue, Stage
from models.deals import DealKind, DealWay
from workbench import clock, db, settings
from workbench.actions.deals import apply, preview, undo
from workbench.queries.deal_previews import Preview
from workbench.queries.deals import deals
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.teams import team_ids
from workbench.queries.users import user_asked_for, user_by_email, viewer
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import EVERYBODYS, WHY_LABELS, Asked, Whose
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(
    no_args_is_help=True,
    help="Work for agents: preview a deal, apply it, undo it, cover somebody, replace a leaver, move a portfolio.",
)
As = Annotated[str, typer.Option("--as", help="E-mail of the supervisor or manager who does it.")]
Way = Annotated[DealWay, typer.Option(help="count, balance, expected, priority, or nobody.")]
Agents = Annotated[list[str], typer.Option("--agent", help="E-mail of who gets work; once for each. All if left out.")]
Portfolios = Annotated[list[str], typer.Option("--portfolio", help="Code of a portfolio; once for each.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without it nothing is written.")]
Until = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The last day.")]
Keep = Annotated[
    bool, typer.Option("--keep-promises", help="Open promises and agreed callbacks stay with their author.")
]
Stages = Annotated[list[Stage], typer.Option("--stage", help="Only cases of this stage; once for each.")]
Buckets = Annotated[list[int], typer.Option("--bucket", help="Only cases of this bucket; once for each.")]
InQueue = Annotated[Queue | None, typer.Option("--queue", help="Only cases with an open item in this queue.")]
Belonging = Annotated[Whose, typer.Option("--whose", help="unowned, owned or all.")]
Owners = Annotated[list[str], typer.Option("--owner", help="E-mail of whose cases are dealt; once for each.")]
Cap = Annotated[int | None, typer.Option("--cap", help="The most cases of one person.")]
CountOwned = Annotated[bool, typer.Option("--count-owned", help="What each owns already counts.")]
MEASURES = {"cases": N_("Cases"), "balance": N_("Balance"), "expected": N_("Expected money")}
TITLES = (N_("Agent"), N_("Gets"), N_("Cases before"), N_("Cases after"), N_("Owed after"), N_("Expected after"))


@dataclass(frozen=True, slots=True)
class _Names:
    """People, portfolios and teams as they are named on the command line."""

    agents: Sequence[str] = ()
    portfolios: Sequence[str] = ()
    owners: Sequence[str] = ()
    of: str | None = None
    teams: tuple[str, str] | None = None  # from, to


@app.command("preview")
def preview_(
    *,
    way: Way = DealWay.COUNT,
    agent: Agents = [],  # noqa: B006 - Typer makes a new one
    portfolio: Portfolios = [],  # noqa: B006
    stage: Stages = [],  # noqa: B006
    bucket: Buckets = [],  # noqa: B006
    queue: InQueue = None,
    whose: Belonging = Whose.UNOWNED,
    owner: Owners = [],  # noqa: B006
    cap: Cap = None,
    count_owned: CountOwned = False,
    keep_promises: Keep = False,
    email: As,
    as_json: Json = False,
) -> None:
    """Show what a deal would do; nothing is written.

    Example: `workbench assign preview --way expected --portfolio MX-CARDS --as sofia@…`
    """
    whom = Asked(way, queue=queue, stages=tuple(stage), buckets=tuple(bucket), whose=whose, cap=cap)
    asked = replace(whom, count_owned=count_owned, keep_promises=keep_promises)
    _deal(email, asked, _Names(agents=agent, portfolios=portfolio, owners=owner), write=False, as_json=as_json)


@app.command("apply")
def apply_(
    *,
    way: Way = DealWay.COUNT,
    agent: Agents = [],  # noqa: B006 - Typer makes a new one
    portfolio: Portfolios = [],  # noqa: B006
    stage: Stages = [],  # noqa: B006
    bucket: Buckets = [],  # noqa: B006
    queue: InQueue = None,
    whose: Belonging = Whose.UNOWNED,
    owner: Owners = [],  # noqa: B006
    cap: Cap = None,
    count_owned: CountOwned = False,
    keep_promises: Keep = False,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    email: As,
    as_json: Json = False,
) -> None:
    """Deal cases out as the preview with the same options shows; `undo` puts them back."""
    whom = Asked(way, queue=queue, stages=tuple(stage), buckets=tuple(bucket), whose=whose, cap=cap)
    asked = replace(whom, count_owned=count_owned, keep_promises=keep_promises, note=note)
    _deal(email, asked, _Names(agents=agent, portfolios=portfolio, owners=owner), write=True, as_json=as_json)


@app.command("cover")
def cover(
    of: Annotated[str, typer.Argument(help="E-mail of who is away.")],
    until: Until,
    *,
    way: Way = DealWay.COUNT,
    agent: Agents = [],  # noqa: B006
    apply: Apply = False,
    email: As,
    as_json: Json = False,
) -> None:
    """Give somebody's work to others until a day, the last one included; it goes back by itself."""
    asked = Asked(way, DealKind.COVER, until_on=until.date())
    _deal(email, asked, _Names(agents=agent, of=of), write=apply, as_json=as_json)


@app.command("leaver")
def leaver(
    of: Annotated[str, typer.Argument(help="E-mail of who leaves.")],
    *,
    way: Way = DealWay.COUNT,
    agent: Agents = [],  # noqa: B006
    apply: Apply = False,
    email: As,
    as_json: Json = False,
) -> None:
    """Give everything of somebody who leaves to others; without --apply it is a test run."""
    _deal(email, Asked(way, DealKind.LEAVER), _Names(agents=agent, of=of), write=apply, as_json=as_json)


@app.command("portfolio")
def portfolio_(
    code: Annotated[list[str], typer.Argument(help="Codes of the portfolios.")],
    *,
    from_team: Annotated[str, typer.Option("--from", help="Code of the team that has them.")],
    to_team: Annotated[str, typer.Option("--to", help="Code of the team that gets them.")],
    way: Way = DealWay.NOBODY,
    apply: Apply = False,
    email: As,
    as_json: Json = False,
) -> None:
    """Give portfolios to another team; what the first team's people own there goes to nobody, or is dealt."""
    names = _Names(portfolios=code, teams=(from_team, to_team))
    _deal(email, Asked(way, DealKind.PORTFOLIO), names, write=apply, as_json=as_json)


@app.command("undo")
def undo_(
    deal: Annotated[int, typer.Argument(help="Number of the deal, as `list` shows it.")],
    *,
    email: As,
    as_json: Json = False,
) -> None:
    """Put everything back that nobody changed since; what did change is named and stays."""
    with connected(settings.load()), db.transaction() as session:
        done = undo(session, _who(session, email), deal, at=clock.now())
    if as_json:
        answer(asdict(done))
        return
    say(_("Put back: {count}.", count=done.restored))
    for each in done.left:
        say(_("Case {number} stays: {why}.", number=each.case_id, why=_(WHY_LABELS[each.why])))


@app.command("list")
def listed(email: As, *, limit: Annotated[int, typer.Option(help="How many.")] = 50, as_json: Json = False) -> None:
    """Show the deals, the latest first."""
    with connected(settings.load()), db.reading() as session:
        found = deals(session, _who(session, email), limit=limit)
    if as_json:
        answer([asdict(each) for each in found])
        return
    table = Table(
        *(_(each) for each in (N_("No."), N_("When"), N_("Kind"), N_("State"), N_("Cases"), N_("Note"))), box=None
    )
    for each in found:
        cells = (f"{each.made_at:%Y-%m-%d %H:%M}", each.kind.value, each.state.value, str(each.cases), each.note)
        table.add_row(str(each.deal_id), *(Text(cell) for cell in cells))
    console.print(table)


def _deal(email: str, asked: Asked, names: _Names, *, write: bool, as_json: bool) -> None:
    with connected(settings.load()), db.transaction() as session:
        who = _who(session, email)
        shown = preview(session, who, _named(session, who, asked, names), at=clock.now())
        deal = apply(session, who, shown, at=clock.now()) if write else None
        told = {"deal": deal.id, **deal.told} if deal else None
    if as_json:
        answer(_told(shown) | {"applied": told})
        return
    _print(shown)
    if told:
        count = told["cases"]
        say(_("Deal {id}: {count} cases. Undo it with `workbench assign undo {id}`.", id=told["deal"], count=count))


def _named(session: Session, who: Viewer, asked: Asked, names: _Names) -> Asked:
    """What was asked, with numbers for e-mails and codes; a portfolio of another team is refused as if there were none."""
    owners = tuple(user_asked_for(session, who, each) for each in names.owners)
    numbers = team_ids(session, names.teams or ())
    return replace(
        asked,
        agents=tuple(user_asked_for(session, who, each) for each in names.agents),
        portfolio_ids=tuple(portfolio_by_code(session, each, who=who).id or 0 for each in names.portfolios),
        owners=owners,
        whose=Whose.OWNED if owners else asked.whose,
        of_user=user_asked_for(session, who, names.of) if names.of else None,
        from_team=numbers[names.teams[0]] if names.teams else None,
        to_team=numbers[names.teams[1]] if names.teams else None,
    )


def _told(shown: Preview) -> dict[str, Any]:
    """A preview for a script."""
    return {
        "cases": shown.cases,
        "promises": shown.promises,
        "agents": [asdict(each) for each in shown.agents],
        "spread": [asdict(each) for each in shown.spread],
        "left_out": [{"why": each.why, "cases": each.cases} for each in shown.left_out],
        "not_chosen": [asdict(each) for each in shown.not_chosen],
    }


def _print(shown: Preview) -> None:
    table = Table(*(_(each) for each in TITLES), box=None)
    for each in shown.agents:
        owed = " · ".join(f"{money.amount:,.2f} {money.currency}" for money in each.after.money)
        hoped = " · ".join(f"{money.expected:,.2f} {money.currency}" for money in each.after.money)
        table.add_row(
            Text(each.name or _(EVERYBODYS)),
            str(each.given),
            str(each.before.cases),
            str(each.after.cases),
            owed,
            hoped,
        )
    console.print(table)
    for even in shown.spread:
        measure = _(MEASURES[even.measure]) + (f" ({even.currency})" if even.currency else "")
        say(
            _(
                "{measure}: from {least} to {most}, coefficient of variation {variation}",
                measure=measure,
                least=f"{even.after.least:,.2f}",
                most=f"{even.after.most:,.2f}",
                variation=f"{even.after.variation:.4f}",
            )
        )
    for out in shown.left_out:
        say(_("{why}: {count}", why=_(WHY_LABELS[out.why]), count=out.cases))


def _who(session: Session, email: str) -> Viewer:
    return viewer(session, user_by_email(session, email))

"""`workbench approval`: what waits for a decision, and the decisions of somebody who may take them."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from workbench import clock, db, settings
from workbench.actions.approvals import decide
from workbench.queries.approvals import Request, history, inbox
from workbench.queries.portfolios import portfolio_by_code
from workbench.queries.users import user_by_email, viewer, viewer_by_email
from workbench.rules.approvals import Decision, as_kept
from workbench.rules.exceeded import as_stored
from workbench.rules.limit_words import allowed, asked, name
from workbench.rules.refusals import Refused
from workbench.terminal import Json, _, answer, connected, console, say, spoken

app = typer.Typer(no_args_is_help=True, help="Requests for approval: list, approve, reject, counter.")
Number = Annotated[int, typer.Argument(help="The request's number, as `workbench approval list` shows it.")]
By = Annotated[
    str, typer.Option("--as", help="E-mail of who decides: somebody else than who asked, with the authority.")
]
Why = Annotated[str, typer.Option("--because", help="Why, for who asked.")]


@app.command("list")
def list_requests(
    portfolio: Annotated[str | None, typer.Option(help="Code of one portfolio; all of them if left out.")] = None,
    *,
    decided: Annotated[bool, typer.Option("--decided", help="Those answered, taken back or expired instead.")] = False,
    email: Annotated[
        str | None, typer.Option("--as", help="E-mail of the user who asks; the operator if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what waits for a decision, what expires first at the top, beside the limits it goes beyond."""
    at = clock.now()
    with connected(settings.load()), db.reading() as session:
        who = viewer_by_email(session, email)
        book = portfolio_by_code(session, portfolio, who=who).id if portfolio else None
        shown = (history if decided else inbox)(session, who, at=at, portfolio_id=book)
    if as_json:
        answer([_fields(each) for each in shown])
        return
    table = Table("#", _("Debtor"), _("What was asked"), _("Limits"), _("Asked by"), _("Until"), _("State"), box=None)
    for each in shown:
        limits = "; ".join(
            f"{name(one, spoken())}: {asked(one, spoken(), each.currency)} ({allowed(one, spoken(), each.currency)})"
            for one in each.exceeded
        )
        terms = ", ".join(f"{key}={value}" for key, value in _terms(each).items())
        until = each.expires_at.astimezone(ZoneInfo(each.zone)).strftime("%Y-%m-%d %H:%M")
        table.add_row(str(each.id), each.reference, terms, limits, each.asker, until, each.state.value)
    console.print(table)


@app.command("approve")
def approve(number: Number, *, email: By, because: Why = "") -> None:
    """Approve a request: what was asked is done at once.

    Example: `workbench approval approve 17 --as sofia@example.org`
    """
    _decide(number, email, Decision.APPROVE, because, None)
    say(_("Approved, and done."))


@app.command("reject")
def reject(number: Number, *, email: By, because: Why) -> None:
    """Reject a request, saying why."""
    _decide(number, email, Decision.REJECT, because, None)
    say(_("Rejected; who asked reads why."))


@app.command("counter")
def counter(
    number: Number,
    *,
    email: By,
    because: Why,
    change: Annotated[list[str], typer.Option("--set", help="A term and its value; repeat for several.")],
) -> None:
    """Offer something else: the terms given change, the others stay as they were asked.

    Example: `workbench approval counter 17 --as sofia@example.org --because "Sooner" --set due_on=2026-12-10`
    """
    _decide(number, email, Decision.COUNTER, because, dict(_pair(each) for each in change))
    say(_("The counter-offer waits for who asked."))


def _decide(number: int, email: str, decision: Decision, because: str, changed: dict[str, Any] | None) -> None:
    at: datetime = clock.now()
    with connected(settings.load()), db.transaction() as session:
        who = viewer(session, user_by_email(session, email))
        decide(session, who, number, decision, note=because, counter=changed, at=at)


def _pair(written: str) -> tuple[str, str]:
    key, equals, value = written.partition("=")
    if not equals or not value:
        raise Refused("Write a term as name=value: due_on=2026-12-10.")
    return key.strip(), value.strip()


def _terms(request: Request) -> dict[str, Any]:
    return {key: value for key, value in as_kept(request.kind, request.terms).items() if value not in (None, [], "0")}


def _fields(request: Request) -> dict[str, Any]:
    """A request as scripts read it."""
    countered = as_kept(request.kind, request.counter) if request.counter is not None else None
    return {
        "id": request.id,
        "kind": request.kind,
        "state": request.state,
        "needs": request.needs,
        "portfolio": request.portfolio,
        "debtor_reference": request.reference,
        "asked_by": request.asker,
        "asked_at": request.asked_at,
        "reason": request.reason,
        "terms": as_kept(request.kind, request.terms),
        "exceeded": as_stored(request.exceeded),
        "expires_at": request.expires_at,
        "decided_by": request.decider,
        "decided_at": request.decided_at,
        "note": request.note,
        "counter": countered,
    }

"""`workbench seed`: the pretend portfolio that a first start shows."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from sqlmodel import Session

from models import Role
from seed.load import DEBTORS, Seeded, demo_logins, is_empty, seed_demo
from seed.people import DEMO_PASSWORD
from workbench import clock, db, settings
from workbench.actions.law_versions import record_versions
from workbench.queries.contact_rules import places
from workbench.queries.portfolios import visible_portfolios
from workbench.rules.words import N_
from workbench.terminal import Json, _, answer, complaints, connected, say

ROLES: dict[Role, str] = {
    Role.AGENT: N_("Agent"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.MANAGER: N_("Manager"),
    Role.ADMIN: N_("Administrator"),
}


def seed(
    size: Annotated[int, typer.Option(min=40, max=200_000, help="Debtors in all four portfolios.")] = DEBTORS,
    number: Annotated[int, typer.Option("--seed", min=0, help="Another number, another portfolio.")] = 1,
    as_json: Json = False,
) -> None:
    """Fill an empty database with a pretend portfolio: four countries, a year of bills, 90 days of lawful calls.

    The same number on the same day gives the same portfolio. A database that holds anything is refused.
    """
    with connected(settings.load()):
        db.migrate()
        with db.transaction() as session:
            record_versions(session, at=clock.now())
        made = with_progress(size, number)
        with db.reading() as session:
            logins = demo_logins(session)
    if as_json:
        answer(asdict(made) | {"logins": logins, "password": DEMO_PASSWORD})
        return
    say(
        _(
            "{debtors} pretend debtors in {portfolios} portfolios.",
            debtors=made.rows["debtor"],
            portfolios=len(made.portfolios),
        )
    )
    tell_logins(logins)


def first_start(*, fill: bool) -> None:
    """Says who may log in to the demonstration; with `fill`, puts it into a database that holds nothing yet."""
    with db.reading() as session:
        empty = is_empty(session)
    if fill and empty:
        with_progress(DEBTORS, 1)
    with db.reading() as session:
        tell_logins(demo_logins(session))
        opens_at = opening(session, clock.now())
    if opens_at:
        example = (opens_at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
        say(
            _(
                "It is not the hour to call anybody; the first queue opens at {moment} UTC.",
                moment=f"{opens_at:%Y-%m-%d %H:%M}",
            )
        )
        say(_("To see a working day now: workbench up --clock {example}", example=example))


def opening(session: Session, at: datetime) -> datetime | None:
    """When the first portfolio may be called, in UTC; none when one may be called now or there is none."""
    portfolio_ids = [each.id for each in visible_portfolios(session, None) if each.id]
    windows = [place.window(place.time_zone, at) for place in places(session, portfolio_ids).values()]
    if not windows or any(window.open for window in windows):
        return None
    return min(window.next_open for window in windows).astimezone(UTC)


def with_progress(size: int, number: int) -> Seeded:
    """Seeds with a bar on standard error, which keeps standard output for the answer."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=complaints, transient=True) as bar:
        task = bar.add_task(_("Preparing the demonstration…"))
        return seed_demo(
            at=clock.now(),
            debtors_in_all=size,
            number=number,
            progress=lambda done, total, _what: bar.update(task, completed=done, total=total),
        )


def tell_logins(logins: dict[str, str]) -> None:
    """Prints who may log in; nothing when nobody has the demonstration's password any more."""
    if logins:
        say(_("Demonstration log-ins (password: {password}):", password=DEMO_PASSWORD))
    for email, role in logins.items():
        say(f"  {email}  {_(ROLES[Role(role)])}")

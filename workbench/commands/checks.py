"""`workbench check`: whether everything holds that always has to."""

from dataclasses import asdict
from typing import Annotated

import typer

from workbench import db, settings
from workbench.actions.checks import find_violations
from workbench.queries.portfolios import portfolio_by_code
from workbench.terminal import Json, _, answer, connected, say

VIOLATED = 1


def check(
    portfolio: Annotated[str | None, typer.Option(help="Code of one portfolio; all of them if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Check what always has to hold: balances, standings, promises, queue places. Exit code 1 when something does not.

    Every night checks its own portfolio the same way. Nothing is changed; the first rows that break a rule are named.
    """
    with connected(settings.load()), db.transaction() as session:
        chosen = portfolio_by_code(session, portfolio).id if portfolio else None
        found = find_violations(session, chosen)
    if as_json:
        answer([asdict(violation) for violation in found])
    for violation in [] if as_json else found:
        ids = ", ".join(str(each) for each in violation.examples)
        say(_("Does not hold: {rule}", rule=_(violation.rule)))
        say("  " + _("{count} rows of {table}, first: {ids}", count=violation.count, table=violation.subject, ids=ids))
    if found:
        raise typer.Exit(VIOLATED)
    if not as_json:
        say(_("Everything holds."))

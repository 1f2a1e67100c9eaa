"""Whether everything holds that always has to: asked by every night, by `workbench check`, and by tests."""

from datetime import date

from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Portfolio
from workbench.actions.promise_states import PromiseMoves, evaluate_promises
from workbench.queries.invariants import EXAMPLES, Violation, broken_invariants
from workbench.rules.words import N_


def find_violations(session: Session, portfolio_id: int | None) -> list[Violation]:
    """What does not hold in one portfolio, or (none) anywhere; empty when all is well.

    Needs a session in a transaction: the promises are derived anew for a trial, which is rolled back.
    """
    asked = select(Portfolio).order_by(col(Portfolio.id))
    if portfolio_id is not None:
        asked = asked.where(Portfolio.id == portfolio_id)
    misjudged = sorted(promise for portfolio in session.exec(asked) for promise in _misjudged(session, portfolio))
    found = broken_invariants(session, portfolio_id)
    if misjudged:
        rule = N_("A promise's state is what its payments make of it.")
        found.append(Violation(rule, "promise", len(misjudged), tuple(misjudged[:EXAMPLES])))
    return found


# A payment or a call after the last night has judged its own case's promises on its own day.
JUDGED_ON = text("""
SELECT greatest(
    (SELECT max(paid_on) FROM payment WHERE case_id = :case AND reversed_on IS NULL),
    (SELECT max(reversed_on) FROM payment WHERE case_id = :case),
    (SELECT max(greatest(taken_on, closed_on)) FROM promise WHERE case_id = :case))
""")


def _misjudged(session: Session, portfolio: Portfolio) -> list[int]:
    """The promises whose state is not what the payments say, as of the day they were last looked at."""
    on = portfolio.business_date
    if on is None:
        return []
    wrong = []
    for case_id in {move.case_id for move in _trial(session, portfolio, on, None)}:
        later = session.execute(JUDGED_ON, {"case": case_id}).scalar_one()
        wrong += [move.promise_id for move in _trial(session, portfolio, max(on, later), [case_id])]
    return wrong


def _trial(session: Session, portfolio: Portfolio, on: date, case_ids: list[int] | None) -> PromiseMoves:
    with session.begin_nested() as trial:
        moves = evaluate_promises(session, portfolio, on=on, case_ids=case_ids)
        trial.rollback()
    return moves

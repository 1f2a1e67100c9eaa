"""The states of promises, derived anew from the payments and written where they differ."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Portfolio, PromiseState
from workbench.queries.case_facts import Book
from workbench.rules.promises import Promised, PromisePolicy, PromiseStanding, Received, standings

LOOK_BACK_DAYS = 60  # a closed promise is looked at again for so long; a payment's own deed looks at once


@dataclass(frozen=True, slots=True)
class PromiseMove:
    """A promise whose state the payments moved."""

    promise_id: int
    case_id: int
    before: PromiseState
    after: PromiseState


def evaluate_promises(
    session: Session, portfolio: Portfolio | Book, *, on: date, case_ids: Sequence[int] | None = None
) -> list[PromiseMove]:
    """Derives every promise of these cases (none = all of the portfolio that may move) and saves what differs."""
    values = {"portfolio": portfolio.id, "ids": list(case_ids or ()), "all": case_ids is None, "on": on}
    promises = session.execute(_PROMISES, values | {"back": LOOK_BACK_DAYS}).all()
    if not promises:
        return []
    received = _by_case(session.execute(_RECEIVED, {"cases": list({row.case_id for row in promises})}).all())
    policy = PromisePolicy(portfolio.grace_days, portfolio.promise_tolerance)
    moves, saved = [], []
    for case_id, rows in _by_case(promises).items():
        made = _standings(rows, received.get(case_id, []), on, policy)
        for row in rows:
            now = made[row.id]
            if (now.state, now.paid, now.closed_on) == (row.state, row.paid, row.closed_on):
                continue
            saved.append((row.id, now))
            if now.state != row.state:
                moves.append(PromiseMove(row.id, case_id, PromiseState(row.state), now.state))
    _save(session, saved)
    return moves


def _standings(
    rows: list[Row[Any]], parts: list[Row[Any]], on: date, policy: PromisePolicy
) -> dict[int, PromiseStanding]:
    """What the payments make of one case's promises; of two open ones on one debt the later has replaced the earlier."""
    promised = [Promised(row.id, row.amount, row.taken_on, row.due_on, row.account_id) for row in rows]
    made = standings(
        promised, [Received(part.paid_on, part.amount, part.account_id) for part in parts], on=on, policy=policy
    )
    newest: dict[int | None, Row[Any]] = {}
    for row in sorted(rows, key=lambda each: (each.taken_on, each.id), reverse=True):
        if made[row.id].state != PromiseState.OPEN:
            continue
        if later := newest.get(row.account_id):
            made[row.id] = PromiseStanding(PromiseState.REPLACED, made[row.id].paid, later.taken_on)
        newest.setdefault(row.account_id, row)
    return made


def _by_case(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    found = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _save(session: Session, saved: list[tuple[int, PromiseStanding]]) -> None:
    """Closed ones first: an account has at most one open promise at any moment."""
    for still_open in (False, True):
        chosen = [(key, now) for key, now in saved if (now.state == PromiseState.OPEN) == still_open]
        if chosen:
            values = {
                "ids": [key for key, _ in chosen],
                "states": [now.state.value for _, now in chosen],
                "paid": [now.paid for _, now in chosen],
                "closed": [now.closed_on for _, now in chosen],
            }
            session.execute(_SAVE, values)


_PROMISES = text("""
    SELECT p.id, p.case_id, p.account_id, p.amount, p.paid, p.taken_on, p.due_on, p.state, p.closed_on
    FROM promise p
    WHERE p.portfolio_id = :portfolio AND p.state NOT IN ('withdrawn', 'replaced')
      AND (:all OR p.case_id = ANY(:ids))
      AND (NOT :all OR p.case_id IN (
            SELECT o.case_id FROM promise o WHERE o.portfolio_id = :portfolio
               AND (o.state = 'open' OR o.closed_on > CAST(:on AS date) - CAST(:back AS int))))
    ORDER BY p.case_id, p.taken_on, p.id
""")
# Money in, and what the creditor's own file says was paid; a credit note or a write-off keeps no promise. What a payment
# could not be allocated to (paid in advance) still counts for a promise on the whole case.
_RECEIVED = text("""
    SELECT p.case_id, p.paid_on, coalesce(a.account_id, -1) AS account_id, a.amount
    FROM payment p JOIN LATERAL (
        SELECT r.account_id, sum(l.amount) AS amount FROM allocation l JOIN receivable r ON r.id = l.receivable_id
        WHERE l.payment_id = p.id AND l.released_on IS NULL GROUP BY r.account_id
        UNION ALL SELECT NULL, p.amount - p.allocated WHERE p.amount > p.allocated) a ON true
    WHERE p.case_id = ANY(:cases) AND p.reversed_on IS NULL AND p.kind IN ('payment', 'balance_update')
    ORDER BY p.case_id, p.paid_on, p.id
""")
_SAVE = text("""
    UPDATE promise p SET state = t.state, paid = t.paid, closed_on = t.closed_on
    FROM unnest(CAST(:ids AS int8[]), CAST(:states AS text[]), CAST(:paid AS numeric[]), CAST(:closed AS date[]))
        AS t (id, state, paid, closed_on) WHERE p.id = t.id
""")

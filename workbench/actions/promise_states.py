"""The states of promises, derived anew from the payments and written where they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio, PromiseState
from workbench.actions.staging import stage
from workbench.queries.case_facts import Book, day_number
from workbench.queries.promise_columns import Judged, judged_promises, money_columns
from workbench.rules.promise_columns import NO_DAY, OPEN, StandingColumns, case_standings
from workbench.rules.promises import STATES

_SAVED = {"id": "i8", "state": "i8", "paid": "i8", "paid_late": "i8", "closed": "i8"}


@dataclass(frozen=True, slots=True)
class PromiseMove:
    """A promise whose state the payments moved."""

    promise_id: int
    case_id: int
    before: PromiseState
    after: PromiseState


@dataclass(frozen=True, slots=True)
class PromiseMoves:
    """Such promises as columns, states as places in `STATES`."""

    promise_id: NDArray[np.int64]
    case_id: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.promise_id)

    def __iter__(self) -> Iterator[PromiseMove]:
        columns = (self.promise_id, self.case_id, self.before, self.after)
        for promise_id, case_id, before, after in zip(*(column.tolist() for column in columns), strict=True):
            yield PromiseMove(promise_id, case_id, STATES[before], STATES[after])


def evaluate_promises(
    session: Session, portfolio: Portfolio | Book, *, on: date, case_ids: Sequence[int] | None = None
) -> PromiseMoves:
    """Derives every promise of these cases (none = all of the portfolio that may move) and saves what differs."""
    assert portfolio.id is not None
    had = judged_promises(session, portfolio.id, on=on, case_ids=case_ids)
    money = money_columns(session, portfolio.id, had, few=case_ids is not None)
    made = case_standings(
        had.promises,
        money,
        on=day_number(on),
        grace_days=portfolio.grace_days,
        tolerance=portfolio.promise_tolerance,
    )
    differs = (made.state != had.state) | (made.paid != had.paid)
    differs |= (made.paid_late != had.paid_late) | (made.closed != had.closed)
    _save(session, had, made, np.flatnonzero(differs))
    moved = np.flatnonzero(made.state != had.state)
    return PromiseMoves(had.promises.id[moved], had.promises.case[moved], had.state[moved], made.state[moved])


def _save(session: Session, had: Judged, made: StandingColumns, rows: NDArray[Any]) -> None:
    """Closed ones first where some open again: an account has at most one open promise at any moment."""
    columns = {
        "id": had.promises.id,
        "state": made.state,
        "paid": made.paid,
        "paid_late": made.paid_late,
        "closed": made.closed,
    }
    opens = (made.state == OPEN) & (had.state != OPEN)
    for chosen in (rows[~opens[rows]], rows[opens[rows]]):
        if len(chosen):
            source, values = stage(session, "staged_promise", _SAVED, columns, chosen)
            session.execute(text(_SAVE.format(source=source)), values | {"states": [each.value for each in STATES]})


_SAVE = f"""
    UPDATE promise p SET state = (CAST(:states AS text[]))[t.state + 1], paid = t.paid * 0.01,
        paid_late = t.paid_late * 0.01, closed_on = CASE WHEN t.closed <> {NO_DAY} THEN DATE '1970-01-01' + t.closed::int END
    FROM {{source}} t WHERE p.id = t.id
"""

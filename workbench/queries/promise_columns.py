"""The promises to be judged and the money that may have kept them, as the columns of `rules.promise_columns`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from workbench.queries.columns import read_few_columns, read_packed, typed
from workbench.rules.promise_columns import NO_DAY, WHOLE_CASE, MoneyColumns, PromiseColumns, columns_of
from workbench.rules.promises import STATES

LOOK_BACK_DAYS = 60  # a closed promise is looked at again for so long; a payment's own deed looks at once
MANY = 500  # cases from which columns that arrive whole cost less than rows
PROMISES = {
    "id": "i8", "case_id": "i8", "account_id": "i8", "amount": "i8", "taken": "i8", "due": "i8", "state": "i8",
    "paid": "i8", "paid_late": "i8", "closed": "i8",
}  # fmt: skip
PARTS = {"promise_id": "i8", "due": "i8", "amount": "i8"}
MONEY = {"case_id": "i8", "day": "i8", "payment": "i8", "account_id": "i8", "amount": "i8"}


@dataclass(frozen=True, slots=True)
class Judged:
    """The promises, and what the database says of them now: places in `STATES`, cents, days."""

    promises: PromiseColumns
    state: NDArray[np.int64]
    paid: NDArray[np.int64]
    paid_late: NDArray[np.int64]
    closed: NDArray[np.int64]


def judged_promises(session: Session, portfolio_id: int, *, on: date, case_ids: Sequence[int] | None = None) -> Judged:
    """The promises of these cases that payments may move; without cases all that may still move in the portfolio.

    What people withdrew or replaced is not among them.
    """
    values = {"portfolio": portfolio_id, "on": on, "back": LOOK_BACK_DAYS}
    where, values = _EVERY if case_ids is None else _SOME, values if case_ids is None else {"ids": list(case_ids)}
    few = case_ids is not None
    rows = _read(session, _PROMISES.format(where=where), PROMISES, values, few=few)
    parts = _read(session, _PARTS.format(where=where), PARTS, values, few=few)
    rows = _sorted(rows, ("case_id", "taken", "id"))
    asked = columns_of(rows, _sorted(parts, ("promise_id", "due")))
    return Judged(asked, rows["state"], rows["paid"], rows["paid_late"], rows["closed"])


def money_columns(session: Session, portfolio_id: int, had: Judged, *, few: bool) -> MoneyColumns:
    """The money of these promises' cases, from the first day on that one of them was taken."""
    if not len(had.promises.id):
        return MoneyColumns(*(np.empty((4, 0), np.int64)))
    values: dict[str, Any] = {"portfolio": portfolio_id, "first": int(had.promises.taken.min())}
    if few:
        values = {"ids": np.unique(had.promises.case).tolist(), "first": values["first"]}
    rows = _read(session, _MONEY.format(where=_OF_CASES if few else _OF_BOOK), MONEY, values, few=few)
    rows = _sorted(rows, ("case_id", "day", "payment", "account_id"))
    return MoneyColumns(rows["case_id"], rows["account_id"], rows["day"], rows["amount"])


def _read(
    session: Session, select: str, columns: dict[str, str], values: dict[str, Any], *, few: bool
) -> dict[str, Any]:
    if few and len(values["ids"]) < MANY:
        return read_few_columns(session, typed(select, columns), columns, values)
    return read_packed(session, select, columns, values)


def _sorted(rows: dict[str, Any], by: Sequence[str]) -> dict[str, Any]:
    """The rows in the order of these columns, the first one first: cheaper here than in SQL."""
    order = np.lexsort([rows[name] for name in reversed(by)])
    return {name: column[order] for name, column in rows.items()}


_SOME = "p.case_id = ANY(%(ids)s::int8[])"
_EVERY = """p.portfolio_id = %(portfolio)s AND p.case_id IN (
            SELECT o.case_id FROM promise o WHERE o.portfolio_id = %(portfolio)s
               AND (o.state = 'open' OR o.closed_on > %(on)s::date - %(back)s::int))"""
_STATE = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(STATES))
_PROMISES = f"""
    SELECT p.id, p.case_id, coalesce(p.account_id, {WHOLE_CASE}) AS account_id, p.amount * 100 AS amount,
        p.taken_on - DATE '1970-01-01' AS taken, p.due_on - DATE '1970-01-01' AS due, CASE p.state {_STATE} END AS state,
        p.paid * 100 AS paid, p.paid_late * 100 AS paid_late,
        coalesce(p.closed_on - DATE '1970-01-01', {NO_DAY}) AS closed
    FROM promise p WHERE p.state NOT IN ('withdrawn', 'replaced') AND {{where}}
"""
_PARTS = """
    SELECT t.promise_id, t.due_on - DATE '1970-01-01' AS due, t.amount * 100 AS amount
    FROM promise_part t JOIN promise p ON p.id = t.promise_id
    WHERE p.state NOT IN ('withdrawn', 'replaced') AND {where}
"""
_OF_CASES = "p.case_id = ANY(%(ids)s::int8[])"
_OF_BOOK = """p.portfolio_id = %(portfolio)s AND p.case_id IN (
            SELECT o.case_id FROM promise o WHERE o.portfolio_id = %(portfolio)s AND o.state NOT IN ('withdrawn', 'replaced'))"""
# Money in, and what the creditor's own file says was paid; a credit note, a write-off or a discount keeps no promise.
# What a payment could not be allocated to (paid in advance) still counts for a promise on the whole case.
_COUNTS = """{where} AND p.paid_on >= DATE '1970-01-01' + %(first)s::int AND p.reversed_on IS NULL
      AND p.kind IN ('payment', 'balance_update')"""
_MONEY = f"""
    SELECT p.case_id, p.paid_on - DATE '1970-01-01' AS day, p.id AS payment, r.account_id, l.amount * 100 AS amount
    FROM payment p JOIN allocation l ON l.payment_id = p.id AND l.released_on IS NULL
    JOIN receivable r ON r.id = l.receivable_id WHERE {_COUNTS}
    UNION ALL
    SELECT p.case_id, p.paid_on - DATE '1970-01-01', p.id, -1, (p.amount - p.allocated) * 100
    FROM payment p WHERE p.amount > p.allocated AND {_COUNTS}
"""

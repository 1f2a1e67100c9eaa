"""The books of a payment file, written set by set: payments, what they pay, and what is left of each debt."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models import ImportRun, PaymentKind, Reversal
from workbench.actions.import_rows import copy_table
from workbench.actions.staging import stage
from workbench.queries.case_facts import day_number
from workbench.queries.payment_books import Books
from workbench.rules.intake.amounts import decimals
from workbench.rules.ledgers import Part
from workbench.rules.payment_files import Entered

_NEVER = -1  # a day that did not come


def write_books(session: Session, run: ImportRun, books: Books, entered: Sequence[Entered], *, at: datetime) -> None:
    """Writes what a file did to the books; what stayed as it was is not touched."""
    _add_payments(session, run, entered, at=at)
    _change_payments(session, run, books, entered)
    parts = [part for ledger in books.ledgers.values() for part in ledger.parts]
    _add_parts(session, parts)
    _change_parts(session, [part for money in books.money.values() for part in money.known if part.changed])
    debts = [debt for ledger in books.ledgers.values() for debt in ledger.debts.values() if debt.moved]
    if debts:
        columns = {"id": [debt.id for debt in debts], "balance": [debt.balance for debt in debts]}
        source, values = stage(
            session, "staged_debt", {"id": "i8", "balance": "i8"}, _arrays(columns), np.arange(len(debts))
        )
        session.execute(text(_DEBTS.format(source=source)), values)


def _add_payments(session: Session, run: ImportRun, entered: Sequence[Entered], *, at: datetime) -> None:
    new = [each for each in entered if not each.entry.hit.reversal]
    if not new:
        return
    ways, count = _ways(entered), len(new)
    table = pa.table(
        {
            "id": pa.array([each.money.id for each in new]),
            "portfolio_id": pa.array([run.portfolio_id] * count),
            "case_id": pa.array([each.entry.case_id for each in new]),
            "reference": pa.array([each.entry.hit.reference for each in new]),
            "kind": pa.array([PaymentKind.PAYMENT.value] * count),
            "amount": _money([each.entry.hit.amount for each in new]),
            "allocated": _money([each.money.allocated for each in new]),
            "paid_on": pa.array([each.entry.hit.paid_on for each in new]),
            "recorded_at": pa.array([at.isoformat()] * count),
            "reversed_on": pa.array([each.money.reversed_on for each in new], pa.date32()),
            "reversal": pa.array([ways.get(each.money.id) for each in new], pa.string()),
            "import_run_id": pa.array([run.id] * count),
        }
    )
    copy_table(session, "payment", table)


def _ways(entered: Sequence[Entered]) -> dict[int, str]:
    """How each payment that the file takes back was taken back."""
    return {
        each.money.id: (Reversal.CHARGE_BACK if each.entry.hit.charge_back else Reversal.REVERSAL).value
        for each in entered
        if each.entry.hit.reversal
    }


def _change_payments(session: Session, run: ImportRun, books: Books, entered: Sequence[Entered]) -> None:
    moved = [money for money in books.money.values() if money.changed]
    if not moved:
        return
    ways = _ways(entered)
    backs = {money.id for money in moved if ways.get(money.id) == Reversal.CHARGE_BACK}
    columns: dict[str, list[int | None]] = {
        "id": [money.id for money in moved],
        "allocated": [money.allocated for money in moved],
        "reversed_on": [_day(money.reversed_on) for money in moved],
        "charge_back": [money.id in backs for money in moved],
    }
    kinds = {"id": "i8", "allocated": "i8", "reversed_on": "i8", "charge_back": "i8"}
    source, values = stage(session, "staged_money", kinds, _arrays(columns), np.arange(len(moved)))
    session.execute(text(_PAYMENTS.format(source=source)), values | {"because": run.file_name})


def _add_parts(session: Session, parts: Sequence[Part]) -> None:
    if not parts:
        return
    table = pa.table(
        {
            "payment_id": pa.array([part.payment_id for part in parts]),
            "receivable_id": pa.array([part.receivable_id for part in parts]),
            "amount": _money([part.amount for part in parts]),
            "from_credit": pa.array([part.from_credit for part in parts]),
            "released_on": pa.array([part.released_on for part in parts], pa.date32()),
        }
    )
    copy_table(session, "allocation", table)


def _change_parts(session: Session, parts: Sequence[Part]) -> None:
    if not parts:
        return
    columns: dict[str, list[int | None]] = {
        "id": [part.id for part in parts],
        "amount": [part.amount for part in parts],
        "from_credit": [part.from_credit for part in parts],
        "released_on": [_day(part.released_on) for part in parts],
    }
    kinds = {"id": "i8", "amount": "i8", "from_credit": "i8", "released_on": "i8"}
    source, values = stage(session, "staged_part", kinds, _arrays(columns), np.arange(len(parts)))
    session.execute(text(_PARTS.format(source=source)), values)


def _arrays(columns: Mapping[str, Sequence[int | None]]) -> dict[str, NDArray[np.int64]]:
    return {name: np.array(values, dtype=np.int64) for name, values in columns.items()}


def _money(cents: Sequence[int]) -> pa.Array:
    return pa.array(decimals(np.array(cents, dtype=np.int64)))


def _day(day: date | None) -> int:
    return _NEVER if day is None else day_number(day)


_DATE = f"CASE WHEN t.reversed_on <> {_NEVER} THEN DATE '1970-01-01' + t.reversed_on::int END"
_PAYMENTS = f"""
    UPDATE payment p SET allocated = t.allocated * 0.01, reversed_on = {_DATE},
        reversal = CASE WHEN t.reversed_on <> {_NEVER} THEN
            CASE WHEN t.charge_back = 1 THEN 'charge_back' ELSE 'reversal' END END,
        reversed_because = CASE WHEN t.reversed_on <> {_NEVER} THEN CAST(:because AS text) END
    FROM {{source}} t WHERE p.id = t.id
"""
_PARTS = f"""
    UPDATE allocation l SET amount = t.amount * 0.01, from_credit = t.from_credit = 1,
        released_on = CASE WHEN t.released_on <> {_NEVER} THEN DATE '1970-01-01' + t.released_on::int END
    FROM {{source}} t WHERE l.id = t.id
"""
# settled on the day of the last money, which need not be of this file
_DEBTS = """
    UPDATE receivable r SET balance = t.balance * 0.01, settled_on = CASE WHEN t.balance = 0 THEN money.last END
    FROM {source} t LEFT JOIN (
        SELECT l.receivable_id, max(p.paid_on) AS last FROM {source} t
        JOIN allocation l ON l.receivable_id = t.id AND l.released_on IS NULL JOIN payment p ON p.id = l.payment_id
        WHERE t.balance = 0 GROUP BY l.receivable_id
    ) money ON money.receivable_id = t.id
    WHERE r.id = t.id
"""

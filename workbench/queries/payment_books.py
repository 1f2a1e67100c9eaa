"""The books that a file of payments is entered in: debts, free credit and what is to be taken back, case by case."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.credits import FREE_CREDIT
from workbench.rules.ledgers import Debt, Ledger, Money, Part


@dataclass(frozen=True, slots=True)
class Books:
    """The ledgers by case, and the payments of before that may move, by id."""

    ledgers: dict[int, Ledger]
    money: dict[int, Money] = field(default_factory=dict)


def books_of(session: Session, case_ids: Collection[int], ended: Collection[int]) -> Books:
    """The books of these cases; `ended` are the payments to take back. Whoever writes holds the cases' locks."""
    cases = sorted(case_ids)
    money, by_case = dict[int, Money](), defaultdict[int, list[Money]](list)
    for row in session.execute(_MONEY, {"cases": cases, "ended": list(ended)}):
        money[row.id] = Money(row.id, row.paid_on, row.free)
        if row.free:
            by_case[row.case_id].append(money[row.id])
    paid = set()
    for row in session.execute(_PARTS, {"payments": list(money)}) if money else ():
        part = Part(row.payment_id, row.receivable_id, row.amount, row.from_credit, id=row.id)
        money[row.payment_id].parts[row.receivable_id] = part
        money[row.payment_id].known.append(part)
        paid.add(row.receivable_id)
    debts = defaultdict[int, list[Debt]](list)
    for case_id, number, account_id, name, balance in session.execute(
        _DEBTS, {"cases": cases, "paid": list(paid)}
    ).all():
        debts[case_id].append(Debt(number, account_id, name, balance, balance))
    return Books({case_id: Ledger(debts[case_id], by_case[case_id]) for case_id in cases}, money)


_MONEY = text(f"""
    SELECT p.id, p.case_id, p.paid_on,
        CASE WHEN {FREE_CREDIT} THEN ((p.amount - p.allocated) * 100)::bigint ELSE 0 END AS free
    FROM payment p WHERE p.case_id = ANY(:cases) AND (p.id = ANY(:ended) OR {FREE_CREDIT})
""")
_PARTS = text("""
    SELECT l.id, l.payment_id, l.receivable_id, (l.amount * 100)::bigint AS amount, l.from_credit
    FROM allocation l WHERE l.payment_id = ANY(:payments) AND l.released_on IS NULL
    ORDER BY l.payment_id, l.id
""")
_DEBTS = text("""
    SELECT r.case_id, r.id, r.account_id, r.number, (r.balance * 100)::bigint AS balance
    FROM receivable r WHERE r.case_id = ANY(:cases) AND (r.balance > 0 OR r.id = ANY(:paid))
    ORDER BY r.case_id, r.due_on, r.id
""")

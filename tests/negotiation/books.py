"""What the database says of one case, in the words of the oracle."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import text

from models import Portfolio
from tests.negotiation.oracle import Agreement, Money, Patience, Pause
from workbench import db


@cache
def _tables(_database: str) -> tuple[str, ...]:
    with db.reading() as session:
        asked = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        return tuple(session.execute(text(asked)).scalars())


def every_row() -> dict[str, str]:
    """A fingerprint of every table: of its rows, and of when each was written last."""
    tables = _tables(str(db.engine().url))
    parts = [f"""SELECT '{name}', md5(string_agg(t.xmin || ' ' || t::text, '|' ORDER BY t::text)) FROM "{name}" t"""
             for name in tables]  # fmt: skip
    with db.reading() as session:
        return {row[0]: row[1] for row in session.execute(text(" UNION ALL ".join(parts)))}


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that are not as they were."""
    return [name for name in after if before[name] != after[name]]


def patience(portfolio: Portfolio) -> Patience:
    return Patience(portfolio.grace_days, portfolio.promise_tolerance)


def promise_money(rows: Iterable[Any], on: date) -> list[Money]:
    return [Money(row.paid_on, row.amount, row.account_id) for row in rows if row.paid_on <= on]


def agreements(rows: Iterable[Any], installments: Iterable[Any], money: Iterable[Any]) -> dict[int, Agreement]:
    """The agreements with their schedule and the money that may feed each."""
    made = {
        row.id: Agreement(
            row.id, row.account_id, row.signed_on, row.missed_limit, Patience(row.grace_days, row.tolerance), []
        )
        for row in rows
    }
    for part in installments:
        made[part.agreement_id].parts.append((part.due_on, part.amount))
    for each in money:
        made[each.agreement_id].money.append(Money(each.paid_on, each.amount))
    return made


def replace_by_later(signed: dict[int, Agreement], closed: dict[int, str], on: date) -> None:
    """Of two that would be active on one debt the later has replaced the earlier, for good."""
    active = [
        each for number, each in sorted(signed.items()) if number not in closed and each.judged(on)[0] == "active"
    ]
    for place, each in enumerate(active):
        if any(None in (each.account, other.account) or each.account == other.account for other in active[place + 1 :]):
            closed[each.id] = "replaced"


def pauses(rows: Iterable[Any]) -> list[Pause]:
    return [Pause(row.account_id, row.from_on, row.last_on, over=row.over) for row in rows]


def owed(rows: Iterable[Any], account: int | None) -> Decimal:
    """The principal owed on an account, or (none) on the whole case."""
    return sum((row.balance for row in rows if account in (None, row.account_id)), Decimal(0))


PROMISES = "SELECT id, state, paid, paid_late, closed_on FROM promise WHERE case_id = :case ORDER BY id"
PROMISE_MONEY = """
    SELECT p.paid_on, p.id, r.account_id, sum(l.amount) AS amount FROM payment p
    JOIN allocation l ON l.payment_id = p.id AND l.released_on IS NULL JOIN receivable r ON r.id = l.receivable_id
    WHERE p.case_id = :case AND p.reversed_on IS NULL AND p.kind IN ('payment', 'balance_update') GROUP BY 1, 2, 3
    UNION ALL
    SELECT paid_on, id, NULL, amount - allocated FROM payment
    WHERE case_id = :case AND reversed_on IS NULL AND kind IN ('payment', 'balance_update') AND amount > allocated
    ORDER BY 1, 2, 3 NULLS FIRST
"""
AGREEMENTS = """
    SELECT a.*, discount_principal + discount_interest + discount_fees AS forgiven,
        (SELECT coalesce(sum(amount), 0) FROM payment p
         WHERE p.agreement_id = a.id AND kind = 'discount' AND reversed_on IS NULL) AS live_discount,
        NOT EXISTS (SELECT FROM receivable r WHERE r.case_id = a.case_id AND r.balance > 0
            AND r.component = 'principal' AND r.account_id = coalesce(a.account_id, r.account_id)) AS reduced
    FROM agreement a WHERE a.case_id = :case ORDER BY a.id
"""
INSTALLMENTS = """
    SELECT i.* FROM installment i JOIN agreement a ON a.id = i.agreement_id WHERE a.case_id = :case ORDER BY i.number
"""
# all that lowers the debt and was not known when it was signed; on one account only what pays that account
AGREEMENT_MONEY = """
    SELECT a.id AS agreement_id, p.paid_on, CASE WHEN a.account_id IS NULL THEN p.amount ELSE (
        SELECT coalesce(sum(l.amount), 0) FROM allocation l JOIN receivable r ON r.id = l.receivable_id
        WHERE l.payment_id = p.id AND l.released_on IS NULL AND r.account_id = a.account_id) END AS amount
    FROM agreement a JOIN payment p ON p.case_id = a.case_id
    WHERE a.case_id = :case AND p.kind <> 'discount' AND p.reversed_on IS NULL AND p.paid_on >= a.signed_on
      AND p.recorded_at >= a.created_at
"""
SUMS = """
    SELECT (SELECT coalesce(sum(amount), 0) FROM receivable WHERE case_id = :case) AS charged,
        (SELECT coalesce(sum(balance), 0) FROM receivable WHERE case_id = :case) AS owed,
        (SELECT coalesce(sum(amount), 0) FROM payment WHERE case_id = :case AND reversed_on IS NULL) AS received,
        (SELECT coalesce(sum(amount - allocated), 0) FROM payment WHERE case_id = :case AND reversed_on IS NULL) AS credit,
        (SELECT coalesce(sum(amount - allocated), 0) FROM payment WHERE case_id = :case AND reversed_on IS NULL
            AND kind IN ('payment', 'credit_note')) AS free,
        (SELECT coalesce(sum(l.amount), 0) FROM allocation l JOIN receivable r ON r.id = l.receivable_id
            WHERE r.case_id = :case AND l.released_on IS NULL) AS allocated,
        (SELECT balance FROM case_standing WHERE case_id = :case) AS standing
"""
UNBALANCED = """
    SELECT 'receivable', r.id FROM receivable r WHERE r.case_id = :case AND amount - balance <> (
        SELECT coalesce(sum(l.amount), 0) FROM allocation l WHERE l.receivable_id = r.id AND released_on IS NULL)
    UNION ALL
    SELECT 'payment', p.id FROM payment p WHERE p.case_id = :case AND allocated <> (
        SELECT coalesce(sum(l.amount), 0) FROM allocation l WHERE l.payment_id = p.id AND released_on IS NULL)
    UNION ALL
    SELECT 'settled', id FROM receivable WHERE case_id = :case AND (balance = 0) <> (settled_on IS NOT NULL)
"""
NEGATIVE = """
    SELECT 'receivable', id FROM receivable WHERE case_id = :case AND NOT (0 <= balance AND balance <= amount)
    UNION ALL SELECT 'payment', id FROM payment WHERE case_id = :case AND NOT (0 <= allocated AND allocated <= amount)
    UNION ALL SELECT 'promise', id FROM promise WHERE case_id = :case AND (paid < 0 OR paid_late < 0 OR paid + paid_late > amount)
    UNION ALL SELECT 'agreement', id FROM agreement WHERE case_id = :case AND (paid < 0 OR missed < 0 OR paid > total)
    UNION ALL SELECT 'installment', agreement_id FROM installment i JOIN agreement a ON a.id = i.agreement_id
        WHERE a.case_id = :case AND NOT (0 <= i.paid AND i.paid <= i.amount)
    UNION ALL SELECT 'installments', a.id FROM agreement a WHERE a.case_id = :case AND (a.paid, a.total) <> (
        SELECT sum(i.paid), sum(i.amount) FROM installment i WHERE i.agreement_id = a.id)
    UNION ALL SELECT 'standing', case_id FROM case_standing WHERE case_id = :case AND NOT (0 <= past_due AND past_due <= balance)
"""
PAUSES = """
    SELECT q.account_id, q.from_on, least(q.until_on, (q.ended_at AT TIME ZONE 'America/Mexico_City')::date) AS last_on,
        q.ended_at IS NOT NULL AS over
    FROM pause q WHERE q.case_id = :case AND q.kind IN ('dispute', 'hardship', 'legal_hold', 'deceased')
"""
BEGUN = "SELECT count(*) FROM pause WHERE case_id = :case AND kind IN ('dispute', 'hardship', 'legal_hold', 'deceased')"
OLDEST = "SELECT account_id, min(due_on) AS due FROM receivable WHERE case_id = :case AND balance > 0 GROUP BY 1"
OWED = "SELECT account_id, balance FROM receivable WHERE case_id = :case AND component = 'principal'"

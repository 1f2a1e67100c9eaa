"""Free credit meets what is open: whatever opens a debt of a debtor who has paid too much calls this."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.credits import FREE_CREDIT


def apply_credits(session: Session, case_ids: Sequence[int]) -> list[int]:
    """Pays what is open in these cases with their free credit, oldest money to oldest debt; returns the cases it changed.

    The caller holds the cases' locks and rescores them.
    """
    if not case_ids:
        return []
    session.flush()
    return sorted(session.execute(_APPLY, {"cases": [int(each) for each in case_ids]}).scalars())


# Both sides laid end to end within each case: what a credit pays of a debt is the overlap of the two.
_APPLY = text(f"""
    WITH credit AS (
        SELECT p.id, p.case_id, p.paid_on, p.amount - p.allocated AS amount,
            sum(p.amount - p.allocated) OVER (PARTITION BY p.case_id ORDER BY p.paid_on, p.id) AS upto
        FROM payment p WHERE p.case_id = ANY(:cases) AND {FREE_CREDIT}
    ), due AS (
        SELECT r.id, r.case_id, r.balance AS amount,
            sum(r.balance) OVER (PARTITION BY r.case_id ORDER BY r.due_on, r.id) AS upto
        FROM receivable r WHERE r.case_id IN (SELECT case_id FROM credit) AND r.balance > 0
    ), part AS (
        SELECT credit.id AS payment_id, due.id AS receivable_id, credit.paid_on,
            least(credit.upto, due.upto) - greatest(credit.upto - credit.amount, due.upto - due.amount) AS amount
        FROM credit JOIN due ON due.case_id = credit.case_id
            AND least(credit.upto, due.upto) > greatest(credit.upto - credit.amount, due.upto - due.amount)
    ), kept AS (
        INSERT INTO allocation AS l (payment_id, receivable_id, amount, from_credit)
        SELECT payment_id, receivable_id, amount, true FROM part
        ON CONFLICT (payment_id, receivable_id) WHERE released_on IS NULL
        DO UPDATE SET amount = l.amount + excluded.amount, from_credit = true
    ), used AS (
        UPDATE payment p SET allocated = p.allocated + gone.amount
        FROM (SELECT payment_id, sum(amount) AS amount FROM part GROUP BY payment_id) gone WHERE p.id = gone.payment_id
    ), paid AS (
        UPDATE receivable r SET balance = r.balance - got.amount, settled_on = CASE WHEN r.balance = got.amount THEN
            greatest(got.last, (SELECT max(p.paid_on) FROM allocation l JOIN payment p ON p.id = l.payment_id
                WHERE l.receivable_id = r.id AND l.released_on IS NULL)) END
        FROM (SELECT receivable_id, sum(amount) AS amount, max(paid_on) AS last FROM part GROUP BY receivable_id) got
        WHERE r.id = got.receivable_id RETURNING r.case_id
    )
    SELECT DISTINCT case_id FROM paid
""")

"""What agreements forgive: payments of kind `discount`, there for as long as their agreement holds.

Both deeds are set-based and leave the cases to be rescored by who calls: the state of an agreement moves inside of it.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session

from workbench.actions.credits import apply_credits


def grant_discounts(session: Session, agreement_ids: Sequence[int], *, on: date, at: datetime) -> None:
    """Lowers the debts by what these agreements forgive, component by component, the newest receivable first.

    The newest, so that the debt does not look younger than it is. What was paid meanwhile of the part forgiven comes
    free again, the latest money first: the debtor owes exactly what was agreed on.
    """
    if not agreement_ids:
        return
    values = {"ids": list(agreement_ids), "on": on, "at": at}
    session.flush()
    session.execute(_MAKE_ROOM, values)
    session.execute(_GRANT, values)
    session.execute(_AUDIT, values | {"deed": "grant_discount"})
    _use_credits(session, agreement_ids)


def restore_discounts(session: Session, agreement_ids: Sequence[int], *, on: date, at: datetime) -> None:
    """Takes back, to the cent, what these agreements forgave; free credit of the debtor pays what is open again."""
    if not agreement_ids:
        return
    values = {"ids": list(agreement_ids), "on": on, "at": at}
    session.flush()
    session.execute(_RESTORE, values)
    session.execute(_AUDIT, values | {"deed": "restore_discount"})
    _use_credits(session, agreement_ids)


def _use_credits(session: Session, agreement_ids: Sequence[int]) -> None:
    apply_credits(session, list(session.execute(_CASES, {"ids": list(agreement_ids)}).scalars()))


_CASES = text("SELECT DISTINCT case_id FROM agreement WHERE id = ANY(:ids)")
# What is to be forgiven of which component: nothing that is forgiven already.
_FORGIVEN = """forgiven AS (
        SELECT a.id, a.portfolio_id, a.case_id, a.account_id, c.component, c.amount
        FROM agreement a, LATERAL (VALUES ('principal', a.discount_principal), ('interest', a.discount_interest),
            ('fees', a.discount_fees)) c (component, amount)
        WHERE a.id = ANY(:ids) AND c.amount > 0 AND NOT EXISTS (
            SELECT FROM payment p WHERE p.agreement_id = a.id AND p.kind = 'discount' AND p.reversed_on IS NULL)
    )"""
# over the forgiven `f` and the receivable `r`
_ITS_OWN = """r.case_id = f.case_id AND r.component = f.component
            AND (f.account_id IS NULL OR r.account_id = f.account_id)"""
_MAKE_ROOM = text(f"""
    WITH {_FORGIVEN}, short AS (
        SELECT f.id, f.case_id, f.account_id, f.component, f.amount - coalesce(sum(r.balance), 0) AS missing
        FROM forgiven f LEFT JOIN receivable r ON {_ITS_OWN}
        GROUP BY f.id, f.case_id, f.account_id, f.component, f.amount HAVING f.amount > coalesce(sum(r.balance), 0)
    ), paid AS (
        SELECT l.id, l.payment_id, l.receivable_id, l.amount, f.missing, sum(l.amount) OVER (
            PARTITION BY f.id, f.component ORDER BY p.paid_on DESC, p.id DESC, l.id DESC) AS upto
        FROM short f JOIN receivable r ON {_ITS_OWN}
        JOIN allocation l ON l.receivable_id = r.id AND l.released_on IS NULL
        JOIN payment p ON p.id = l.payment_id AND p.kind = 'payment'
    ), freed AS (
        SELECT id, payment_id, receivable_id, amount, least(upto, missing) - (upto - amount) AS taken
        FROM paid WHERE upto - amount < missing
    ), gone AS (
        DELETE FROM allocation l USING freed WHERE l.id = freed.id AND freed.taken = freed.amount
    ), less AS (
        UPDATE allocation l SET amount = l.amount - freed.taken FROM freed
        WHERE l.id = freed.id AND freed.taken < freed.amount
    ), back AS (
        UPDATE payment p SET allocated = p.allocated - t.taken
        FROM (SELECT payment_id, sum(taken) AS taken FROM freed GROUP BY payment_id) t WHERE p.id = t.payment_id
    )
    UPDATE receivable r SET balance = r.balance + t.taken, settled_on = NULL
    FROM (SELECT receivable_id, sum(taken) AS taken FROM freed GROUP BY receivable_id) t WHERE r.id = t.receivable_id
""")
_GRANT = text(f"""
    WITH {_FORGIVEN}, due AS (
        SELECT f.id AS agreement_id, f.component, f.amount AS wanted, r.id AS receivable_id, r.balance,
            sum(r.balance) OVER (PARTITION BY f.id, f.component ORDER BY r.due_on DESC, r.id DESC) AS upto
        FROM forgiven f JOIN receivable r ON {_ITS_OWN} AND r.balance > 0
    ), part AS (
        SELECT agreement_id, component, receivable_id, least(upto, wanted) - (upto - balance) AS amount
        FROM due WHERE upto - balance < wanted
    ), granted AS (
        INSERT INTO payment (portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at, agreement_id)
        SELECT f.portfolio_id, f.case_id, 'discount:' || f.id || ':' || f.component || ':' || 1 + (
                SELECT count(*) FROM payment b WHERE b.agreement_id = f.id AND b.kind = 'discount'
                    AND split_part(b.reference, ':', 3) = f.component),
            'discount', t.amount, t.amount, :on, :at, f.id
        FROM forgiven f JOIN (
            SELECT agreement_id, component, sum(amount) AS amount FROM part GROUP BY agreement_id, component) t
            ON t.agreement_id = f.id AND t.component = f.component
        RETURNING id, agreement_id, split_part(reference, ':', 3) AS component
    ), kept AS (
        INSERT INTO allocation (payment_id, receivable_id, amount)
        SELECT granted.id, part.receivable_id, part.amount FROM part JOIN granted USING (agreement_id, component)
    )
    UPDATE receivable r SET balance = r.balance - part.amount, settled_on = CASE WHEN r.balance = part.amount THEN
        greatest(CAST(:on AS date), (SELECT max(p.paid_on) FROM allocation l JOIN payment p ON p.id = l.payment_id
            WHERE l.receivable_id = r.id AND l.released_on IS NULL)) END
    FROM part WHERE r.id = part.receivable_id
""")
_RESTORE = text("""
    WITH given AS (
        SELECT id FROM payment WHERE agreement_id = ANY(:ids) AND kind = 'discount' AND reversed_on IS NULL
    ), released AS (
        UPDATE allocation l SET released_on = :on FROM given WHERE l.payment_id = given.id AND l.released_on IS NULL
        RETURNING l.receivable_id, l.amount
    ), raised AS (
        UPDATE receivable r SET balance = r.balance + t.amount, settled_on = NULL
        FROM (SELECT receivable_id, sum(amount) AS amount FROM released GROUP BY receivable_id) t
        WHERE r.id = t.receivable_id
    )
    UPDATE payment p SET allocated = 0, reversed_on = greatest(CAST(:on AS date), p.paid_on), reversal = 'restored'
    FROM given WHERE p.id = given.id
""")
_AUDIT = text("""
    INSERT INTO audit_entry (at, deed, subject, subject_id, details)
    SELECT :at, :deed, 'agreement', id, jsonb_build_object('case_id', case_id,
        'amount', CAST(discount_principal + discount_interest + discount_fees AS text))
    FROM agreement WHERE id = ANY(:ids) AND discount_principal + discount_interest + discount_fees > 0 ORDER BY id
""")

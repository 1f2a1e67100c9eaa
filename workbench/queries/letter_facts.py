"""What a text would say of one real case now: for looking at a template before it is used."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.sending import AGREED_COLUMNS, NOT_COUNTED, letterhead_of, owed_in
from workbench.rules.access import Permission, Viewer
from workbench.rules.letter_values import Values
from workbench.rules.letters import values_of
from workbench.rules.refusals import Refused
from workbench.rules.sending import anchor_of, listed


def letter_facts(session: Session, who: Viewer, case_id: int, *, at: datetime) -> Values:
    """One case's values as a message of now would have them, with its last promise and payment, in one statement."""
    who.require(Permission.SEE_PERSONAL_DATA)
    asked = {"case": case_id, "portfolios": list(who.portfolio_ids), "at": at}
    row = session.execute(_FACTS, asked).one_or_none()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    owed = owed_in(row.owed)
    return values_of(letterhead_of(row), listed(anchor_of(owed), owed, on=row.today), on=row.today)


def likely_case(session: Session, who: Viewer, portfolio_id: int, code: str) -> int | None:
    """A case to look at a template with until somebody picks one: the first that owes, or has what the text is about."""
    who.require(Permission.SEE_PERSONAL_DATA)
    who.require_portfolio(portfolio_id)
    about = _ABOUT.get(code.partition("_")[0])
    asked = {"portfolio": portfolio_id}
    found: int | None = session.scalar(about, asked) if about is not None else None
    return found or session.scalar(_LIKELY, asked)


_FACTS = text(f"""
    SELECT d.name AS debtor_name, d.kind AS debtor_kind, c.name AS creditor, p.name AS portfolio, p.currency, p.country, p.contact_phone,
        coalesce(nullif(d.language, ''), p.language) AS wanted, now.today,
        (SELECT json_agg(json_build_array(a.number, a.product, r.due_on, r.balance::text,
            (SELECT kind FROM pause WHERE case_id = k.id AND coalesce(account_id, a.id) = a.id AND ended_at IS NULL
                AND from_on <= now.today AND coalesce(until_on >= now.today, true) LIMIT 1), {NOT_COUNTED}) ORDER BY r.due_on, r.id)
         FROM receivable r JOIN account a ON a.id = r.account_id WHERE r.case_id = k.id AND r.balance > 0) AS owed,
        {AGREED_COLUMNS}, promised.amount AS promise_amount, promised.due_on AS promise_due_on,
        (SELECT amount FROM payment WHERE case_id = k.id AND kind = 'payment' AND reversed_on IS NULL
         ORDER BY paid_on DESC, id DESC LIMIT 1) AS payment_amount
    FROM collection_case k
    JOIN debtor d ON d.id = k.debtor_id
    JOIN portfolio p ON p.id = k.portfolio_id
    JOIN creditor c ON c.id = p.creditor_id
    CROSS JOIN LATERAL (SELECT (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today) now
    LEFT JOIN LATERAL (
        SELECT amount, due_on FROM promise WHERE case_id = k.id ORDER BY state <> 'open', due_on DESC LIMIT 1
    ) promised ON true
    LEFT JOIN LATERAL (
        SELECT * FROM agreement WHERE case_id = k.id ORDER BY state <> 'active', id DESC LIMIT 1
    ) signed ON true
    LEFT JOIN LATERAL (
        SELECT * FROM installment WHERE agreement_id = signed.id ORDER BY amount = paid, number LIMIT 1
    ) part ON true
    WHERE k.id = :case AND k.portfolio_id = ANY(:portfolios)
""")
_LIKELY = text("""
    SELECT case_id FROM case_standing WHERE portfolio_id = :portfolio AND balance > 0
    ORDER BY past_due = 0, case_id LIMIT 1
""")
_PROMISED = text("SELECT case_id FROM promise WHERE portfolio_id = :portfolio ORDER BY state <> 'open', id LIMIT 1")
_PAID = text("""
    SELECT case_id FROM payment WHERE portfolio_id = :portfolio AND kind = 'payment' AND reversed_on IS NULL
    ORDER BY id DESC LIMIT 1
""")
_CURRENT = text("""
    SELECT case_id FROM case_standing WHERE portfolio_id = :portfolio AND balance > 0 AND past_due = 0
    ORDER BY case_id LIMIT 1
""")
_AGREED = text("SELECT case_id FROM agreement WHERE portfolio_id = :portfolio ORDER BY state <> 'active', id LIMIT 1")
_ABOUT = {
    "promise": _PROMISED,
    "payment": _PAID,
    "reminder": _CURRENT,
    "due": _CURRENT,
    "agreement": _AGREED,
    "installment": _AGREED,
}

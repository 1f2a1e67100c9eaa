"""The account statement of one case: every receivable, every payment and every reversal, added up."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.statements import Moved, Movement, Statement, shown_reference, statement


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """A statement with its head: whose it is, with which creditor, in which currency; `today` by the portfolio's clock."""

    case_id: int
    portfolio_id: int
    portfolio: str
    creditor: str
    country: str
    currency: str
    debtor: str
    reference: str
    tax_id: str | None
    language: str  # the debtor's, else the portfolio's
    time_zone: str
    today: date
    sums: Statement


def account_statement(
    session: Session,
    who: Viewer | None,
    case_id: int,
    *,
    from_on: date | None = None,
    to_on: date | None = None,
    at: datetime,
) -> AccountStatement:
    """The movements of a case from the first (or `from_on`) to today (or `to_on`); `who` none = the command line.

    A receivable moves the balance on the day it was issued, or where that is not known, on its due day. Raises
    `Refused`, as if it did not exist, for a case outside the viewer's portfolios.
    """
    if who:
        who.require(Permission.SEE_PERSONAL_DATA)
    visible = list(who.portfolio_ids) if who else None
    head = session.execute(_HEAD, {"case": case_id, "visible": visible}).mappings().one_or_none()
    if head is None:
        raise Refused("There is nothing here that you may see.")
    fields = dict(head)
    today = at.astimezone(ZoneInfo(fields["time_zone"])).date()
    moved = [
        Moved(on, Movement(what), shown_reference(reference), account or "", charge, credit)
        for on, what, reference, account, charge, credit in session.execute(_MOVED, {"case": case_id})
    ]
    owed, free = Decimal(fields.pop("owed")), Decimal(fields.pop("credit"))
    sums = statement(moved, from_on=from_on, to_on=to_on or today, owed=owed, credit=free)
    return AccountStatement(**fields, today=today, sums=sums)


_HEAD = text("""
    SELECT c.id AS case_id, c.portfolio_id, p.name AS portfolio, k.name AS creditor, p.country, p.currency,
        d.name AS debtor, d.reference, d.tax_id, coalesce(nullif(d.language, ''), p.language) AS language, p.time_zone,
        (SELECT coalesce(sum(balance), 0) FROM receivable WHERE case_id = c.id) AS owed,
        (SELECT coalesce(sum(amount - allocated), 0) FROM payment WHERE case_id = c.id AND reversed_on IS NULL) AS credit
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id JOIN creditor k ON k.id = p.creditor_id
    JOIN debtor d ON d.id = c.debtor_id
    WHERE c.id = :case AND (CAST(:visible AS int8[]) IS NULL OR c.portfolio_id = ANY(CAST(:visible AS int8[])))
""")
# a reversed payment stays where it was paid, and is taken back on its own day
_MOVED = text("""
    WITH paid AS (
        SELECT p.id, p.paid_on, p.kind, p.reference, p.amount, p.reversed_on, p.reversal, (
            SELECT string_agg(DISTINCT a.number, ', ' ORDER BY a.number) FROM allocation l
            JOIN receivable r ON r.id = l.receivable_id JOIN account a ON a.id = r.account_id
            WHERE l.payment_id = p.id) AS account
        FROM payment p WHERE p.case_id = :case
    )
    SELECT moved_on, what, reference, account, charge, credit FROM (
        SELECT coalesce(r.issued_on, r.due_on), r.component, r.number, a.number,
            r.amount, 0::numeric, r.id
        FROM receivable r JOIN account a ON a.id = r.account_id WHERE r.case_id = :case
        UNION ALL
        SELECT paid_on, kind, reference, account, 0, amount, id FROM paid
        UNION ALL
        SELECT reversed_on, coalesce(reversal, 'reversal'), reference, account, amount, 0, id FROM paid
        WHERE reversed_on IS NOT NULL
    ) moved (moved_on, what, reference, account, charge, credit, id)
    ORDER BY moved_on, id
""")

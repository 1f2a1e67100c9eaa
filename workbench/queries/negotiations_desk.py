"""What somebody needs to negotiate with one debtor: the debt by component, the offers, and what is agreed already."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import RowMapping, text
from sqlmodel import Session

from models import AgreementState, OfferKind, Portfolio
from workbench.queries.claims import case_place
from workbench.queries.offers import Learned, authorities_for, business_days, debt_of, facts_for, today_in
from workbench.rules.access import Viewer
from workbench.rules.installments import BusinessDay
from workbench.rules.offers import Authority, Debt, Offer, OfferFacts, offers


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement of the case, with its next unpaid installment; `account` none = the whole case."""

    id: int
    kind: OfferKind
    state: AgreementState
    account: str | None
    account_id: int | None
    signed_on: date
    signed_by: str | None
    total: Decimal
    paid: Decimal
    missed: int
    missed_limit: int
    discount: Decimal
    closed_on: date | None
    closed_because: str | None
    next_due_on: date | None
    next_amount: Decimal | None
    left: int  # installments not paid in full


@dataclass(frozen=True, slots=True)
class NegotiationDesk:
    """One reading of it all; `accounts` are those that owe, by id, and `business_day` moves a closed day on."""

    on: date
    debt: Debt
    authorities: dict[OfferKind, Authority]
    facts: OfferFacts
    offers: tuple[Offer, ...]
    business_day: BusinessDay
    accounts: dict[int, str]
    agreed: tuple[Agreed, ...]

    @property
    def standing(self) -> Agreed | None:
        """The active agreement that stands in the way of another on the debt looked at."""
        return next(iter(self._in_the_way), None)

    @property
    def replaceable(self) -> Agreed | None:
        """The one that another may replace in one go: the only one that stands in the way."""
        return self._in_the_way[0] if len(self._in_the_way) == 1 else None

    @property
    def _in_the_way(self) -> list[Agreed]:
        mine = self.debt.account_id
        active = (each for each in self.agreed if each.state is AgreementState.ACTIVE)
        return [each for each in active if mine is None or each.account_id in (None, mine)]


def negotiation_desk(
    session: Session,
    who: Viewer,
    case_id: int,
    *,
    account_id: int | None = None,
    replacing: int | None = None,
    learned: Learned | None = None,
    at: datetime,
) -> NegotiationDesk:
    """The desk for a case, or one account of it; refused, as if it did not exist, outside the viewer's portfolios.

    `replacing` = the agreement that would give way, whose discount is owed again then; `learned` = what the portfolio's history says, if somebody kept it.
    """
    portfolio_id, _ = case_place(session, who, case_id)
    portfolio = session.get_one(Portfolio, portfolio_id)
    on, moves = today_in(portfolio, at), business_days(portfolio)
    debt = debt_of(session, who, case_id, account_id=account_id, replacing=replacing, at=at)
    authorities = authorities_for(session, who, case_id, at=at)
    facts = facts_for(session, who, case_id, learned=learned, at=at)
    accounts = {row.id: row.name for row in session.execute(_ACCOUNTS, {"case": case_id})}
    agreed = tuple(_agreed(row) for row in session.execute(_AGREED, {"case": case_id}).mappings())
    found = offers(debt, authorities.values(), facts, on, moves)
    return NegotiationDesk(on, debt, authorities, facts, found, moves, accounts, agreed)


def _agreed(row: RowMapping) -> Agreed:
    return Agreed(**dict(row) | {"kind": OfferKind(row["kind"]), "state": AgreementState(row["state"])})


_ACCOUNTS = text("""
    SELECT a.id, concat_ws(' ', a.product, a.number) AS name FROM account a WHERE a.case_id = :case
        AND EXISTS (SELECT FROM receivable r WHERE r.account_id = a.id AND r.balance > 0) ORDER BY a.number, a.id
""")
_AGREED = text("""
    SELECT g.id, g.kind, g.state, a.number AS account, g.account_id, g.signed_on, u.name AS signed_by, g.total, g.paid,
        g.missed, g.missed_limit, g.discount_principal + g.discount_interest + g.discount_fees AS discount,
        g.closed_on, g.closed_because, part.due_on AS next_due_on, part.amount AS next_amount,
        (SELECT count(*) FROM installment i WHERE i.agreement_id = g.id AND i.paid < i.amount) AS left
    FROM agreement g LEFT JOIN account a ON a.id = g.account_id LEFT JOIN app_user u ON u.id = g.taken_by
    LEFT JOIN LATERAL (
        SELECT i.due_on, i.amount - i.paid AS amount FROM installment i
        WHERE i.agreement_id = g.id AND i.paid < i.amount ORDER BY i.number LIMIT 1) part ON true
    WHERE g.case_id = :case ORDER BY g.state <> 'active', g.id DESC LIMIT 5
""")

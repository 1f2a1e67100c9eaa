"""What a case owes by component today, how far a role may go with it, and which offers that makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlmodel import Session, col, select

from models import Component, OfferKind, OfferPolicy, Portfolio, Role, Stage
from workbench.queries.claims import case_place
from workbench.queries.policies import row_of
from workbench.queries.segments import segment_of_case
from workbench.rules.access import Permission, Viewer
from workbench.rules.business_days import business_day_from
from workbench.rules.charges import Charged, ChargePolicy, Charges, accrued
from workbench.rules.installments import BusinessDay, smallest_unit
from workbench.rules.offers import Authority, Debt, Offer, OfferFacts, appraise, best_policy, learned_facts, offers
from workbench.rules.offers import Terms as OfferTerms
from workbench.rules.refusals import Refused

ZERO = Decimal(0)
LEARN_DAYS = 365  # how far back promises and agreements teach


def debt_of(
    session: Session,
    who: Viewer,
    case_id: int,
    *,
    account_id: int | None = None,
    replacing: int | None = None,
    at: datetime,
) -> Debt:
    """What is owed on the case or one account of it, by component, with the charges that have accrued until today.

    `replacing` = the agreement that gives way: what it forgave is counted as owed again.
    Refused, as if it did not exist, outside the viewer's portfolios, and for an account of another case.
    """
    portfolio = _portfolio(session, who, case_id)
    on = today_in(portfolio, at)
    if account_id is not None and not session.execute(_HAS_ACCOUNT, {"case": case_id, "account": account_id}).scalar():
        raise Refused("There is nothing here that you may see.")
    rows = session.execute(_OPEN, {"case": case_id, "account": account_id, "replacing": replacing}).all()
    unit = smallest_unit(portfolio.currency)
    new = _accrued(rows, portfolio, on, unit)
    owed = {each: sum((row.balance for row in rows if row.component == each), ZERO) for each in Component}
    place = session.execute(_PLACE, {"case": case_id}).first()
    return Debt(
        principal=owed[Component.PRINCIPAL],
        interest=owed[Component.INTEREST] + new.interest,
        fees=owed[Component.FEES] + new.fees,
        interest_accrued=new.interest,
        fees_accrued=new.fees,
        days_past_due=_days(place, on),
        currency=portfolio.currency,
        unit=unit,
        account_id=account_id,
    )


def authority_for(
    session: Session, who: Viewer, case_id: int, kind: OfferKind, *, role: Role | None = None, at: datetime
) -> Authority | None:
    """The row of the portfolio's policies that counts for this case, kind of offer and role (none = the viewer's own)."""
    return authorities_for(session, who, case_id, role=role, at=at).get(kind)


def authorities_for(
    session: Session, who: Viewer, case_id: int, *, role: Role | None = None, at: datetime
) -> dict[OfferKind, Authority]:
    """Every kind of offer that the role may make on this case, with its limits."""
    portfolio = _portfolio(session, who, case_id)
    on, asked = today_in(portfolio, at), role or who.role
    found = session.scalars(
        select(OfferPolicy).where(col(OfferPolicy.portfolio_id) == portfolio.id, col(OfferPolicy.role) == asked)
    )
    rows = [row_of(each) for each in found]
    place = session.execute(_PLACE, {"case": case_id}).first()
    stage, days = Stage(place.stage) if place else Stage.PREVENTIVE, _days(place, on)
    segment = segment_of_case(session, portfolio, case_id, on=on, at=at) if any(row.segment for row in rows) else None
    best = {
        kind: best_policy(rows, role=asked, kind=kind, stage=stage, segment=segment, days=days) for kind in OfferKind
    }
    return {kind: row for kind, row in best.items() if row}


def offers_for(
    session: Session, who: Viewer, case_id: int, *, account_id: int | None = None, at: datetime
) -> tuple[Offer, ...]:
    """At most four offers inside the viewer's authority, by expected money."""
    portfolio = _portfolio(session, who, case_id)
    debt = debt_of(session, who, case_id, account_id=account_id, at=at)
    rows = authorities_for(session, who, case_id, at=at)
    facts = facts_for(session, who, case_id, at=at)
    return offers(debt, rows.values(), facts, today_in(portfolio, at), business_days(portfolio))


def offer_of(session: Session, who: Viewer, case_id: int, terms: OfferTerms, *, at: datetime) -> Offer:
    """What these terms are worth and what may still be moved; refused where the viewer has no authority of that kind."""
    portfolio = _portfolio(session, who, case_id)
    debt = debt_of(session, who, case_id, account_id=terms.account_id, at=at)
    authority = authority_for(session, who, case_id, terms.kind, at=at)
    if authority is None:
        raise Refused("You have no authority for this kind of offer.")
    facts = facts_for(session, who, case_id, at=at)
    return appraise(terms, authority, debt, facts, today_in(portfolio, at), business_days(portfolio))


@dataclass(frozen=True, slots=True)
class Learned:
    """What a portfolio's own history says about who pays: counts of (hits, tries), and the mean chance to stay unpaid."""

    typical: float
    promises: tuple[int, int]
    installments: tuple[int, int]
    agreements: dict[OfferKind, tuple[int, int]]


def learned_in(session: Session, portfolio_id: int, *, on: date) -> Learned:
    """What a year of the portfolio's promises and agreements teaches; reads all of them, so whoever asks often keeps it."""
    values: Mapping[str, Any] = {"portfolio": portfolio_id, "on": on, "days": LEARN_DAYS}
    row = session.execute(_LEARNED, values).one()
    kinds = session.execute(_KINDS, values).all()
    return Learned(
        typical=row.typical,
        promises=(row.kept, row.promises),
        installments=(row.stayed, row.followed),
        agreements={OfferKind(each.kind): (each.completed, each.closed) for each in kinds},
    )


def facts_for(
    session: Session, who: Viewer, case_id: int, *, learned: Learned | None = None, at: datetime
) -> OfferFacts:
    """What the portfolio's history teaches about who pays (none = looked up now), and the case's own figure of the night."""
    portfolio = _portfolio(session, who, case_id)
    assert portfolio.id is not None
    known = learned or learned_in(session, portfolio.id, on=today_in(portfolio, at))
    p_unpaid = session.execute(_P_UNPAID, {"case": case_id}).scalar()
    return learned_facts(
        p_unpaid=known.typical if p_unpaid is None else p_unpaid,
        typical=known.typical,
        promises=known.promises,
        installments=known.installments,
        agreements=known.agreements,
    )


def business_days(portfolio: Portfolio) -> BusinessDay:
    """How a portfolio's country moves a day on which banks are closed."""
    return partial(business_day_from, country=portfolio.country, region=portfolio.region)


def today_in(portfolio: Portfolio, at: datetime) -> date:
    """The portfolio's day."""
    return at.astimezone(ZoneInfo(portfolio.time_zone)).date()


def charges_of(portfolio: Portfolio) -> ChargePolicy:
    """What a portfolio at hand charges."""
    return ChargePolicy(portfolio.annual_interest, portfolio.collection_fee, portfolio.index_unit)


def _portfolio(session: Session, who: Viewer, case_id: int) -> Portfolio:
    who.require(Permission.SEE_PERSONAL_DATA)
    portfolio_id, _ = case_place(session, who, case_id)
    return session.get_one(Portfolio, portfolio_id)


def _accrued(rows: list[Row[Any]] | Any, portfolio: Portfolio, on: date, unit: Decimal) -> Charges:
    debts = [Charged(Component(row.component), row.balance, row.due_on, row.interest_until, row.fee_on) for row in rows]
    return accrued(debts, charges_of(portfolio), on=on, unit=unit)


def _days(place: Row[Any] | None, on: date) -> int:
    return max((on - place.counted_from).days, 0) if place and place.counted_from else 0


_HAS_ACCOUNT = text("SELECT EXISTS (SELECT FROM account WHERE id = :account AND case_id = :case)")
_PLACE = text("""
    SELECT stage, coalesce(counted_from, oldest_due_on) AS counted_from, p_unpaid FROM case_standing WHERE case_id = :case
""")
# what an agreement has charged for already: of its account, or (signed for the whole case) of every account
_OPEN = text("""
    SELECT r.component, r.balance + given.amount AS balance, r.due_on, charged.interest_until, charged.fee_on
    FROM receivable r CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.amount), 0) AS amount FROM allocation l JOIN payment p ON p.id = l.payment_id
        WHERE p.agreement_id = :replacing AND p.kind = 'discount' AND p.reversed_on IS NULL
          AND l.receivable_id = r.id AND l.released_on IS NULL) given
    LEFT JOIN LATERAL (
        SELECT max(c.due_on) FILTER (WHERE c.component = 'interest') AS interest_until,
               max(c.due_on) FILTER (WHERE c.component = 'fees') AS fee_on
        FROM receivable c JOIN agreement a ON a.id = c.agreement_id
        WHERE c.case_id = r.case_id AND coalesce(a.account_id, r.account_id) = r.account_id) charged ON true
    WHERE r.case_id = :case AND r.balance + given.amount > 0 AND (CAST(:account AS bigint) IS NULL OR r.account_id = :account)
    ORDER BY r.due_on, r.id
""")
_P_UNPAID = text("SELECT p_unpaid FROM case_standing WHERE case_id = :case AND past_due > 0")
_LEARNED = text("""
    SELECT typical.share AS typical, promise.*, installment.*
    FROM (SELECT coalesce(avg(p_unpaid) FILTER (WHERE past_due > 0), 0.5) AS share
          FROM case_standing WHERE portfolio_id = :portfolio) typical,
        (SELECT count(*) FILTER (WHERE state = 'kept') AS kept, count(*) AS promises FROM promise
         WHERE portfolio_id = :portfolio AND state IN ('kept', 'partially_kept', 'broken')
           AND closed_on > CAST(:on AS date) - CAST(:days AS int)) promise,
        (SELECT count(*) FILTER (WHERE i.paid >= i.amount) AS stayed, count(*) AS followed
         FROM agreement a JOIN installment i ON i.agreement_id = a.id
         JOIN installment b ON b.agreement_id = a.id AND b.number = i.number - 1 AND b.paid >= b.amount
         WHERE a.portfolio_id = :portfolio AND a.state IN ('active', 'completed', 'broken') AND i.due_on < :on
           AND a.signed_on > CAST(:on AS date) - CAST(:days AS int)) installment
""")
_KINDS = text("""
    SELECT kind, count(*) FILTER (WHERE state = 'completed') AS completed, count(*) AS closed FROM agreement
    WHERE portfolio_id = :portfolio AND state IN ('completed', 'broken')
      AND closed_on > CAST(:on AS date) - CAST(:days AS int) GROUP BY kind
""")

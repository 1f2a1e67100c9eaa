"""What a portfolio's negotiations go by, changed by its manager: how far each role may go, charges, deadlines."""

from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from models import OfferPolicy, Portfolio, PromiseLimit
from workbench.actions import audit
from workbench.queries.policies import policy_of, row_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.offer_policies import SHIPPED_LIMITS, PolicyRow, check_row, shipped_rows
from workbench.rules.policies import NegotiationPolicy, check_policy
from workbench.rules.refusals import Refused

_NOTHING_HERE = "There is nothing here that you may see."


def install_policies(session: Session, portfolio: Portfolio) -> int:
    """Gives a portfolio that has none the shipped offer policies and promise limits; says how many rows."""
    assert portfolio.id is not None
    new: list[OfferPolicy | PromiseLimit] = []
    if not session.scalar(select(OfferPolicy.id).where(OfferPolicy.portfolio_id == portfolio.id).limit(1)):
        new += [OfferPolicy(portfolio_id=portfolio.id, **_columns(row)) for row in shipped_rows(portfolio.currency)]
    if not session.scalar(select(PromiseLimit.role).where(PromiseLimit.portfolio_id == portfolio.id).limit(1)):
        new += [PromiseLimit(portfolio_id=portfolio.id, role=role, **limit) for role, limit in SHIPPED_LIMITS.items()]
    session.add_all(new)
    session.flush()
    return len(new)


def install_missing_policies(session: Session, who: Viewer, portfolio_id: int, *, at: datetime) -> int:
    """The shipped rows for a portfolio that was opened before there were any, or whose rows were all taken away."""
    portfolio = _locked(session, who, portfolio_id)
    if new := install_policies(session, portfolio):
        audit.log(session, "install_policies", "portfolio", portfolio_id, by=who.user_id, at=at, rows=new)
    return new


def add_offer_policy(session: Session, who: Viewer, portfolio_id: int, row: PolicyRow, *, at: datetime) -> OfferPolicy:
    """Adds a row to the table; `Refused` says what is wrong with it."""
    _locked(session, who, portfolio_id)
    check_row(row, [row_of(each) for each in _table(session, portfolio_id)])
    made = OfferPolicy(portfolio_id=portfolio_id, **_columns(row))
    session.add(made)
    session.flush()
    audit.log(session, "add_offer_policy", "offer_policy", made.id, by=who.user_id, at=at, **_plain(_columns(row)))
    return made


def change_offer_policy(
    session: Session, who: Viewer, portfolio_id: int, policy_id: int, row: PolicyRow, *, at: datetime
) -> None:
    """Writes a row anew; the audit entry says what it was. What was agreed under it stands."""
    _locked(session, who, portfolio_id)
    table = {each.id: each for each in _table(session, portfolio_id)}
    if policy_id not in table:
        raise Refused(_NOTHING_HERE)
    policy = table.pop(policy_id)
    before, after = _columns(row_of(policy)), _columns(row)
    check_row(row, [row_of(each) for each in table.values()])
    changed = {name: value for name, value in after.items() if value != before[name]}
    for name, value in changed.items():
        setattr(policy, name, value)
    session.add(policy)
    session.flush()
    if changed:
        told = _told(before, changed)
        audit.log(session, "change_offer_policy", "offer_policy", policy_id, by=who.user_id, at=at, **told)


def remove_offer_policy(session: Session, who: Viewer, portfolio_id: int, policy_id: int, *, at: datetime) -> None:
    """Takes a row away: what it covered falls to a broader row, or is outside the role's authority."""
    _locked(session, who, portfolio_id)
    policy = session.get(OfferPolicy, policy_id)
    if policy is None or policy.portfolio_id != portfolio_id:
        raise Refused(_NOTHING_HERE)
    was = _plain(_columns(row_of(policy)))
    session.delete(policy)
    session.flush()
    audit.log(session, "remove_offer_policy", "offer_policy", policy_id, by=who.user_id, at=at, **was)


def set_policy(session: Session, who: Viewer, portfolio_id: int, policy: NegotiationPolicy, *, at: datetime) -> None:
    """Gives a portfolio other charges, patience and deadlines; days past due follow with the next night.

    What was signed keeps the patience and the charges it was signed with.
    """
    portfolio = _locked(session, who, portfolio_id)
    check_policy(policy, portfolio.country)
    before, after = _portfolio_columns(policy_of(portfolio)), _portfolio_columns(policy)
    changed = {name: value for name, value in after.items() if value != before[name]}
    for name, value in changed.items():
        setattr(portfolio, name, value)
    session.add(portfolio)
    session.flush()
    if changed:
        told = _told(before, changed)
        audit.log(session, "set_negotiation_policy", "portfolio", portfolio_id, by=who.user_id, at=at, **told)


def _locked(session: Session, who: Viewer, portfolio_id: int) -> Portfolio:
    who.require(Permission.EDIT_POLICIES)
    who.require_portfolio(portfolio_id)
    portfolio = session.get(Portfolio, portfolio_id, with_for_update=True)
    if portfolio is None:
        raise Refused(_NOTHING_HERE)
    return portfolio


def _table(session: Session, portfolio_id: int) -> list[OfferPolicy]:
    return list(session.scalars(select(OfferPolicy).where(col(OfferPolicy.portfolio_id) == portfolio_id)))


def _columns(row: PolicyRow) -> dict[str, Any]:
    return {each.name: getattr(row, each.name) for each in fields(row)}


def _portfolio_columns(policy: NegotiationPolicy) -> dict[str, Any]:
    columns: dict[str, Any] = asdict(policy)
    stages: dict[str, int] = columns.pop("stages")
    return columns | stages


def _told(before: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    now = _plain(changed)
    return {name: {"from": was, "to": now[name]} for name, was in _plain(before).items() if name in now}


def _plain(columns: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps it: amounts and shares in words, to the cent."""
    return {
        name: format(value, "f") if isinstance(value, Decimal) else value.value if isinstance(value, StrEnum) else value
        for name, value in columns.items()
    }

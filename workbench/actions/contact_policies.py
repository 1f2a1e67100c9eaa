"""A portfolio's contact policy: changed by a manager, or from the command line; it can only tighten the law."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models import Portfolio
from workbench.actions import audit
from workbench.actions.contact_holds import hold_portfolio
from workbench.queries.contact_rules import policy_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Place
from workbench.rules.contact_policies import ContactPolicy, check_policy
from workbench.rules.refusals import Refused


def set_contact_policy(
    session: Session, who: Viewer | None, portfolio_id: int, policy: ContactPolicy, *, at: datetime
) -> None:
    """Gives a portfolio another policy, whole; `who` none is the command line.

    Debtors whom it forbids to call now wait at once; those it frees come back when they had to.
    """
    if who:
        who.require(Permission.SET_CONTACT_POLICY)
        who.require_portfolio(portfolio_id)
    portfolio = session.get(Portfolio, portfolio_id, with_for_update=True)
    if portfolio is None:
        raise Refused("There is nothing here that you may see.")
    check_policy_leaves_hours(policy, portfolio.country, portfolio.time_zone, at=at)
    before, after = policy_columns(policy_of(portfolio)), policy_columns(policy)
    changed = {name: value for name, value in after.items() if value != before[name]}
    if not changed:
        return
    for name, value in changed.items():
        setattr(portfolio, name, value)
    session.add(portfolio)
    session.flush()
    details = {name: {"from": _plain(before[name]), "to": _plain(value)} for name, value in changed.items()}
    by = who.user_id if who else None
    hold_portfolio(session, portfolio_id, at=at)
    audit.log(session, "set_contact_policy", "portfolio", portfolio_id, by=by, at=at, **details)


def check_policy_leaves_hours(policy: ContactPolicy, country: str, time_zone: str, *, at: datetime) -> None:
    """Refuses a policy that the country's law does not know, or with which nobody could ever be called."""
    check_policy(policy, country)
    if not Place(0, country, time_zone, policy).window(time_zone, at).cured:
        raise Refused("With these hours nobody could be called: the law of {country} opens at others.", country=country)


def policy_columns(policy: ContactPolicy) -> dict[str, Any]:
    """The policy as the portfolio's columns hold it."""
    columns = asdict(policy) | asdict(policy.hours) | {"readings": list(policy.readings)}
    del columns["hours"]
    return columns


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

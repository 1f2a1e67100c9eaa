"""Portfolios and the teams that may see them: opened by a manager, or from the command line."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

import phonenumbers
from babel import Locale
from sqlmodel import Session, select

from models import Creditor, Portfolio, Team, TeamPortfolio
from workbench.actions import audit
from workbench.actions.contact_policies import check_policy_leaves_hours, policy_columns
from workbench.actions.policies import install_policies
from workbench.actions.templates import install_templates
from workbench.queries.teams import team_ids
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_policies import SHIPPED_POLICY, ContactPolicy
from workbench.rules.refusals import Refused

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,23}")
_CURRENCIES = frozenset(Locale("en").currencies)


@dataclass(frozen=True, slots=True)
class NewPortfolio:
    """What a portfolio cannot do without; its limits start at the shipped defaults."""

    code: str
    name: str
    creditor_code: str
    creditor_name: str
    country: str
    currency: str
    time_zone: str
    team_codes: tuple[str, ...]
    policy: ContactPolicy = SHIPPED_POLICY


def create_team(session: Session, *, code: str, name: str, by: Viewer | None, at: datetime) -> Team:
    """Founds a team; `by` none is the command line."""
    if by:
        by.require(Permission.MANAGE_USERS)
    code, name = code.strip().lower(), name.strip()
    if not code or not name:
        raise Refused("A team needs a code and a name.")
    if session.scalar(select(Team).where(Team.code == code)):
        raise Refused("There is already a team with the code {code}.", code=code)
    team = Team(code=code, name=name, created_at=at)
    session.add(team)
    session.flush()
    audit.log(session, "create_team", "team", team.id, by=by.user_id if by else None, at=at, code=code)
    return team


def create_portfolio(session: Session, new: NewPortfolio, *, by: Viewer | None, at: datetime) -> Portfolio:
    """Opens a book of a creditor's debt and shows it to its teams; `by` none is the command line."""
    if by:
        by.require(Permission.IMPORT)
    _check(session, new, at=at)
    teams = team_ids(session, new.team_codes)
    if not teams:
        raise Refused("A portfolio needs a team that works it.")
    portfolio = Portfolio(
        creditor_id=_creditor(session, new, at=at),
        code=new.code,
        name=new.name,
        country=new.country,
        currency=new.currency,
        time_zone=new.time_zone,
        created_at=at,
        **policy_columns(new.policy),
    )
    session.add(portfolio)
    session.flush()
    assert portfolio.id is not None
    session.add_all(TeamPortfolio(team_id=team_id, portfolio_id=portfolio.id) for team_id in teams.values())
    session.flush()
    install_templates(session, at=at)
    install_policies(session, portfolio)
    details = {"code": new.code, "teams": list(teams)}
    audit.log(session, "create_portfolio", "portfolio", portfolio.id, by=by.user_id if by else None, at=at, **details)
    return portfolio


def _check(session: Session, new: NewPortfolio, *, at: datetime) -> None:
    if not _CODE.fullmatch(new.code):
        raise Refused("A portfolio's code is 2 to 24 capital letters, digits and hyphens, for example MX-CARDS.")
    if session.scalar(select(Portfolio).where(Portfolio.code == new.code)):
        raise Refused("There is already a portfolio with the code {code}.", code=new.code)
    if not new.name.strip() or not new.creditor_code.strip():
        raise Refused("A portfolio needs a name and a creditor.")
    if new.country not in phonenumbers.SUPPORTED_REGIONS:
        raise Refused("{country} is not the two-letter code of a country, such as MX.", country=new.country)
    if new.currency not in _CURRENCIES:
        raise Refused("{currency} is not the three-letter code of a currency, such as MXN.", currency=new.currency)
    if new.time_zone not in available_timezones():
        raise Refused("{zone} is not a time zone; write it as America/Bogota.", zone=new.time_zone)
    check_policy_leaves_hours(new.policy, new.country, new.time_zone, at=at)


def _creditor(session: Session, new: NewPortfolio, *, at: datetime) -> int:
    creditor = session.scalar(select(Creditor).where(Creditor.code == new.creditor_code))
    if creditor is None:
        creditor = Creditor(code=new.creditor_code, name=new.creditor_name or new.creditor_code, created_at=at)
        session.add(creditor)
        session.flush()
    assert creditor.id is not None
    return creditor.id

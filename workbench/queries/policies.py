"""A portfolio's policies of negotiation, as its manager's page shows them."""

from dataclasses import dataclass, fields

from sqlmodel import Session, col, select

from models import OfferPolicy, Portfolio, Role
from workbench.queries.promise_limits import limits_by_role
from workbench.queries.strategies import published
from workbench.rules.access import Permission, Viewer
from workbench.rules.ageing import StageThresholds
from workbench.rules.offer_policies import PolicyRow
from workbench.rules.policies import NegotiationPolicy
from workbench.rules.promise_limits import PromiseLimits
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Policies:
    """All of them; `rows` by their id, the broadest corner first; `segments` = names by code."""

    portfolio_id: int
    country: str
    currency: str
    policy: NegotiationPolicy
    rows: dict[int, PolicyRow]
    segments: dict[str, str]
    limits: dict[Role, PromiseLimits]


def policies(session: Session, who: Viewer, portfolio_id: int) -> Policies:
    """A portfolio's policies for whoever may change them."""
    who.require(Permission.EDIT_POLICIES)
    who.require_portfolio(portfolio_id)
    portfolio = session.get(Portfolio, portfolio_id)
    if portfolio is None:
        raise Refused("There is nothing here that you may see.")
    in_force = published(session, portfolio_id)
    return Policies(
        portfolio_id=portfolio_id,
        country=portfolio.country,
        currency=portfolio.currency,
        policy=policy_of(portfolio),
        rows=offer_rows(session, portfolio_id),
        limits=limits_by_role(session, portfolio_id),
        segments={each.code: each.name for each in in_force.definition.segments} if in_force else {},
    )


def offer_rows(session: Session, portfolio_id: int) -> dict[int, PolicyRow]:
    """The table of offer policies by the rows' ids: by offer and days past due, the narrower authority first."""
    asked = select(OfferPolicy).where(col(OfferPolicy.portfolio_id) == portfolio_id)
    found = sorted(session.scalars(asked), key=_place)
    return {each.id: row_of(each) for each in found if each.id is not None}


def row_of(policy: OfferPolicy) -> PolicyRow:
    """A row at hand, without whose it is."""
    return PolicyRow(**{each.name: getattr(policy, each.name) for each in fields(PolicyRow)})


def policy_of(portfolio: Portfolio) -> NegotiationPolicy:
    """What a portfolio at hand goes by."""
    own = [each.name for each in fields(NegotiationPolicy) if each.name != "stages"]
    stages = StageThresholds(portfolio.extrajudicial_after, portfolio.judicial_after)
    return NegotiationPolicy(**{name: getattr(portfolio, name) for name in own}, stages=stages)


def _place(policy: OfferPolicy) -> tuple[int, str, str, int, int]:
    roles, kinds = list(type(policy.role)), list(type(policy.kind))
    return (
        kinds.index(policy.kind),
        policy.stage or "",
        policy.segment or "",
        policy.days_from,
        roles.index(policy.role),
    )

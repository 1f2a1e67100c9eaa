"""What a portfolio's figures are reckoned with: what time and messages cost, how far back a payment is credited."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from models import Channel, Portfolio
from workbench.actions import audit
from workbench.queries.team_policies import FigurePolicy
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused

LONGEST = 365  # days


def set_figure_policy(session: Session, who: Viewer, policy: FigurePolicy, *, at: datetime) -> None:
    """Gives a portfolio other costs and another attribution; past figures follow at once, because none is stored."""
    who.require(Permission.EDIT_POLICIES)
    who.require_portfolio(policy.portfolio_id)
    portfolio = session.get(Portfolio, policy.portfolio_id, with_for_update=True)
    if portfolio is None:
        raise Refused("There is nothing here that you may see.")
    if not 1 <= policy.attribution_days <= LONGEST:
        raise Refused("A payment is credited within 1 to {most} days.", most=LONGEST)
    if min([policy.minute_cost, *policy.message_costs.values()]) < 0:
        raise Refused("A cost is not negative.")
    before, after = _columns(FigurePolicy.of(portfolio)), _columns(policy)
    changed = {name: {"from": before[name], "to": to} for name, to in after.items() if before[name] != to}
    portfolio.attribution_days, portfolio.minute_cost = policy.attribution_days, policy.minute_cost
    portfolio.message_costs = after["message_costs"]
    session.flush()
    if changed:
        audit.log(session, "set_figure_policy", "portfolio", policy.portfolio_id, by=who.user_id, at=at, **changed)


def _columns(policy: FigurePolicy) -> dict[str, Any]:
    """As they are kept: amounts in words, channels that cost nothing left out."""
    return {
        "attribution_days": policy.attribution_days,
        "minute_cost": format(policy.minute_cost, ".2f"),
        "message_costs": {
            channel.value: format(cost.normalize(), "f")
            for channel, cost in sorted(policy.message_costs.items())
            if channel in Channel and cost > Decimal(0)
        },
    }

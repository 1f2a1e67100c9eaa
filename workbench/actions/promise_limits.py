"""The limits on promises, by role: a manager's word, kept with who said it."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models.users import Role
from workbench.actions import audit
from workbench.rules.access import Permission, Viewer
from workbench.rules.promise_limits import ROLES, PromiseLimits, check_limits
from workbench.rules.refusals import Refused


def set_limits(
    session: Session, who: Viewer, portfolio_id: int, role: Role, limits: PromiseLimits, *, at: datetime
) -> None:
    """Puts a role's limits of a portfolio in the place of those it had; refuses nonsense and roles that take none."""
    who.require(Permission.EDIT_POLICIES)
    who.require_portfolio(portfolio_id)
    if role not in ROLES:
        raise Refused("Only agents, supervisors and managers make offers.")
    check_limits(limits)
    values = {
        "min_amount": limits.min_amount,
        "min_share": limits.min_share,
        "days_out": limits.days_out,
        "broken_limit": NEVER if limits.broken_limit is None else limits.broken_limit,
        "open_limit": limits.open_limit,
        "parts": limits.parts,
    }
    session.execute(_SET, values | {"portfolio": portfolio_id, "role": role.value})
    told = {name: str(value) for name, value in values.items()}
    audit.log(
        session, "set_promise_limits", "portfolio", portfolio_id, by=who.user_id, at=at, role=role.value, limits=told
    )


NEVER = 2**31 - 1  # as the column holds that no number of broken promises is too many
_SET = text("""
    INSERT INTO promise_limit (portfolio_id, role, min_amount, min_share, days_out, broken_limit, open_limit, parts)
    VALUES (:portfolio, :role, :min_amount, :min_share, :days_out, :broken_limit, :open_limit, :parts)
    ON CONFLICT (portfolio_id, role) DO UPDATE SET min_amount = excluded.min_amount, min_share = excluded.min_share,
        days_out = excluded.days_out, broken_limit = excluded.broken_limit, open_limit = excluded.open_limit,
        parts = excluded.parts
""")

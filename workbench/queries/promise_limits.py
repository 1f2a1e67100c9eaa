"""What promises each role may take in a portfolio."""

from sqlalchemy import text
from sqlmodel import Session

from models.users import Role
from workbench.rules.access import GRANTED, Permission
from workbench.rules.promise_limits import OPEN_LIMIT, PARTS_LIMIT, ROLES, PromiseLimits


def limits_for(session: Session, portfolio_id: int, role: Role) -> PromiseLimits:
    """The role's row, else the portfolio's own limits; without a row, who approves promises may trust who broke some."""
    row = session.execute(_LIMITS, {"portfolio": portfolio_id, "role": role.value}).one()
    own = None if row.min_amount is None else row
    if own is not None:
        return PromiseLimits(own.min_amount, own.min_share, own.days_out, own.broken_limit, own.open_limit, own.parts)
    broken = None if role in APPROVERS else row.promises_broken_limit
    return PromiseLimits(
        row.promise_min_amount, row.promise_min_share, row.promise_days_out, broken, OPEN_LIMIT, PARTS_LIMIT
    )


def limits_by_role(session: Session, portfolio_id: int) -> dict[Role, PromiseLimits]:
    """Every negotiating role's limits, the narrowest authority first."""
    return {role: limits_for(session, portfolio_id, role) for role in ROLES}


APPROVERS = frozenset(role for role in ROLES if Permission.APPROVE_NEGOTIATIONS in GRANTED[role])
_LIMITS = text("""
    SELECT p.promise_min_amount, p.promise_min_share, p.promise_days_out, p.promises_broken_limit,
        l.min_amount, l.min_share, l.days_out, l.broken_limit, l.open_limit, l.parts
    FROM portfolio p LEFT JOIN promise_limit l ON l.portfolio_id = p.id AND l.role = :role WHERE p.id = :portfolio
""")

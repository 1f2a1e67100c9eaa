"""How the pretend books negotiate: charges, patience and deadlines, and how far each role may go with promises."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from models import Portfolio, Role
from seed.pilots import MANAGER
from workbench.actions.policies import set_policy
from workbench.actions.promise_limits import set_limits
from workbench.queries.policies import policy_of
from workbench.queries.promise_limits import limits_for
from workbench.queries.users import viewer_by_email


@dataclass(frozen=True, slots=True)
class Practice:
    """What a book does otherwise than a new portfolio; amounts in its currency, interest as a share a year."""

    annual_interest: Decimal
    missed_limit: int
    approval_hours: int
    dispute_days: int
    hand_over_least: Decimal
    judicial_least: Decimal
    least_promise: Decimal


PRACTICES: dict[str, Practice] = {
    "MX-TARJETAS": Practice(Decimal("0.36"), 2, 4, 10, Decimal(1_500), Decimal(2_500), Decimal(150)),
    "CO-MOVIL": Practice(Decimal("0.18"), 1, 8, 15, Decimal(80_000), Decimal(150_000), Decimal(10_000)),
}
# a share of the agent's least promise that each role may go down to
LEAST = {Role.AGENT: Decimal(1), Role.SUPERVISOR: Decimal("0.5"), Role.MANAGER: Decimal(0)}


def set_practices(session: Session, opened: dict[str, int], *, at: datetime) -> None:
    """Gives the books their policies as the manager would; `opened` are portfolio ids by code."""
    who = viewer_by_email(session, MANAGER)
    assert who is not None
    for code, practice in PRACTICES.items():
        portfolio = session.get_one(Portfolio, opened[code])
        policy = replace(
            policy_of(portfolio),
            annual_interest=practice.annual_interest,
            missed_limit=practice.missed_limit,
            approval_hours=practice.approval_hours,
            dispute_days=practice.dispute_days,
            hand_over_least=practice.hand_over_least,
            judicial_least=practice.judicial_least,
        )
        set_policy(session, who, opened[code], policy, at=at)
        for role, share in LEAST.items():
            limits = limits_for(session, opened[code], role)
            set_limits(
                session, who, opened[code], role, replace(limits, min_amount=practice.least_promise * share), at=at
            )

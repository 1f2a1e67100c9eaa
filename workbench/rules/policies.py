"""What a portfolio's negotiations go by, beside how far each role may go: charges, patience, deadlines, hand-overs."""

from dataclasses import dataclass
from decimal import Decimal

from models.portfolios import CollectionFee
from workbench.rules.ageing import StageThresholds
from workbench.rules.refusals import Refused

_INTEREST_LIMIT = 10
_MUCH = Decimal(99_999_999_999)
_BOUNDS: dict[str, tuple[int, int | Decimal]] = {
    "delinquency_grace": (0, 90),
    "grace_days": (0, 90),
    "missed_limit": (1, 120),
    "approval_hours": (1, 720),
    "dispute_days": (1, 365),
    "hand_over_after": (1, 3_650),
    "hand_over_least": (0, _MUCH),
    "judicial_least": (0, _MUCH),
}


@dataclass(frozen=True, slots=True)
class NegotiationPolicy:
    """One portfolio's, named as its columns; `annual_interest` is a share (0.36 = 36 % a year), `index_unit` in its money."""

    delinquency_grace: int
    grace_days: int
    promise_tolerance: Decimal
    missed_limit: int
    annual_interest: Decimal
    collection_fee: CollectionFee
    index_unit: Decimal | None
    approval_hours: int
    dispute_days: int
    hand_over_after: int
    hand_over_least: Decimal
    judicial_least: Decimal
    stages: StageThresholds


def check_policy(policy: NegotiationPolicy, country: str) -> None:
    """Refuses what no portfolio of this country can go by; the refusal's `field` is where to mend it."""
    for name, (least, most) in _BOUNDS.items():
        if not least <= getattr(policy, name) <= most:
            raise Refused("{least} to {most} is possible here.", field=name, least=least, most=most)
    if not 0 < policy.promise_tolerance <= 1:
        raise Refused("A share lies between 0 % and 100 %.", field="promise_tolerance")
    if not 0 <= policy.annual_interest <= _INTEREST_LIMIT:
        raise Refused(
            "Interest lies between 0 % and {most} % a year.", field="annual_interest", most=_INTEREST_LIMIT * 100
        )
    if not 0 < policy.stages.extrajudicial_after < policy.stages.judicial_after:
        raise Refused("The stages come one after the other: extrajudicial before judicial.", field="judicial_after")
    _check_fee(policy, country)


def _check_fee(policy: NegotiationPolicy, country: str) -> None:
    if policy.index_unit is not None and policy.index_unit <= 0:
        raise Refused("A UF is worth more than nothing.", field="index_unit")
    if policy.collection_fee is not CollectionFee.CHILE:
        return
    if country != "CL":
        raise Refused(
            "Article 37 of Ley 19.496 lets only creditors in Chile charge for collecting.", field="collection_fee"
        )
    if policy.index_unit is None:
        raise Refused("Chile's collection fee counts in UF: say what one is worth in pesos.", field="index_unit")

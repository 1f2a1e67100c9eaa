"""How far each role may go with an offer: the rows of a portfolio's table, what is wrong with one, and the shipped ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from models.agreements import OfferKind
from models.cases import Stage
from models.users import Role
from workbench.rules.refusals import Refused

ROLES = (Role.AGENT, Role.SUPERVISOR, Role.MANAGER)  # those who negotiate, the narrowest authority first
_SHARES = ("discount_principal", "discount_interest", "discount_fees", "least_down")
_BOUNDS = {
    "days_from": 3_650,
    "installments": 120,
    "days_out": 3_650,
    "offer_days": 365,
    "least_installment": Decimal(99_999_999_999),
}


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One role's authority over one kind of offer in one corner of a portfolio; shares from 0 to 1, days inclusive."""

    role: Role
    kind: OfferKind
    stage: Stage | None = None
    days_from: int = 0
    days_to: int | None = None
    segment: str | None = None
    discount_principal: Decimal = Decimal(0)
    discount_interest: Decimal = Decimal(0)
    discount_fees: Decimal = Decimal(0)
    installments: int = 1
    least_down: Decimal = Decimal(0)
    least_installment: Decimal = Decimal(0)
    days_out: int = 30
    offer_days: int = 7


def check_row(row: PolicyRow, others: Iterable[PolicyRow]) -> None:
    """Refuses a row that says nothing that can be followed, or of which nobody could tell whether it or another counts.

    `others` are the portfolio's rows without this one; the refusal's `field` is where to mend it.
    """
    if row.role not in ROLES:
        raise Refused("Only agents, supervisors and managers make offers.", field="role")
    for name, most in _BOUNDS.items():
        least = 1 if name in {"installments", "offer_days"} else 0
        if not least <= getattr(row, name) <= most:
            raise Refused("{least} to {most} is possible here.", field=name, least=least, most=most)
    for name in _SHARES:
        if not 0 <= getattr(row, name) <= 1:
            raise Refused("A share lies between 0 % and 100 %.", field=name)
    if row.days_to is not None and row.days_to < row.days_from:
        raise Refused("The days past due end before they begin.", field="days_to")
    if row.kind is OfferKind.RESCHEDULE and (row.discount_principal or row.discount_interest or row.discount_fees):
        raise Refused("A reschedule forgives nothing: its discounts are 0 %.", field="discount_principal")
    for other in others:
        if _crosses(row, other):
            raise Refused(
                "Another row for the same role, offer, stage and segment covers some of these days ({first} to {last}):"
                " one has to lie inside the other, or apart from it.",
                field="days_from",
                first=other.days_from,
                last="…" if other.days_to is None else other.days_to,
            )


def _crosses(row: PolicyRow, other: PolicyRow) -> bool:
    """Whether two rows of one corner share days and neither is wholly the narrower one."""
    if any(getattr(row, name) != getattr(other, name) for name in ("role", "kind", "stage", "segment")):
        return False
    ours, theirs = _days(row), _days(other)
    if ours == theirs or ours[0] == theirs[0]:
        return True  # the table knows a row by its first day
    apart = ours[1] < theirs[0] or theirs[1] < ours[0]
    inside = (ours[0] > theirs[0] and ours[1] <= theirs[1]) or (theirs[0] > ours[0] and theirs[1] <= ours[1])
    return not (apart or inside)


def _days(row: PolicyRow) -> tuple[int, float]:
    return row.days_from, float("inf") if row.days_to is None else row.days_to


def doubts(row: PolicyRow, others: Iterable[PolicyRow], segments: Iterable[str]) -> Iterator[Refused]:
    """What may stand but is hardly meant, each as a sentence to put beside the row."""
    if row.segment is not None and row.segment not in set(segments):
        yield Refused(
            "No segment of the strategy in force is called {segment}: nobody has this row.", segment=row.segment
        )
    if row.installments > 1 and row.days_out < (row.installments - 1) * 7:
        yield Refused(
            "Not even {count} weekly installments fit into {days} days.", count=row.installments, days=row.days_out
        )
    for other in others:
        if _same_corner(row, other) and ROLES.index(other.role) < ROLES.index(row.role) and _gives_more(other, row):
            yield Refused("A role with less authority may go further than this one here.")
            return


def _same_corner(row: PolicyRow, other: PolicyRow) -> bool:
    return all(
        getattr(row, name) == getattr(other, name) for name in ("kind", "stage", "segment", "days_from", "days_to")
    )


def _gives_more(one: PolicyRow, than: PolicyRow) -> bool:
    more = ("discount_principal", "discount_interest", "discount_fees", "installments", "days_out")
    less = ("least_down", "least_installment")
    return any(getattr(one, name) > getattr(than, name) for name in more) or any(
        getattr(one, name) < getattr(than, name) for name in less
    )


# A round sum that nobody is asked to pay in thinner slices than, by currency; others start without one.
_LEAST_INSTALLMENT = {
    "MXN": 200, "COP": 30_000, "CLP": 10_000, "PEN": 50, "ARS": 10_000, "BRL": 50, "USD": 20, "EUR": 20, "UYU": 500,
    "PYG": 80_000, "BOB": 80, "CRC": 6_000, "GTQ": 100, "DOP": 700,
}  # fmt: skip


def shipped_rows(currency: str) -> tuple[PolicyRow, ...]:
    """What a new portfolio starts with: cautious with principal, generous with interest and fees, more so the older the debt."""
    least = Decimal(_LEAST_INSTALLMENT.get(currency, 0))
    return tuple(replace(row, least_installment=least) if row.installments > 1 else row for row in _rows())


def _rows() -> Iterator[PolicyRow]:
    for role, (principal, interest, fees, months, down) in _SHIPPED.items():
        for (first, last), weight in _AGES:
            yield PolicyRow(
                role,
                OfferKind.SETTLEMENT,
                days_from=first,
                days_to=last,
                discount_principal=principal * weight,
                discount_interest=interest,
                discount_fees=fees,
                days_out=15,
            )
        yield PolicyRow(
            role,
            OfferKind.SHORT_PLAN,
            discount_interest=interest / 2,
            discount_fees=fees / 2,
            installments=3,
            least_down=down,
            days_out=100,
        )
        yield PolicyRow(
            role, OfferKind.LONG_PLAN, installments=months, least_down=down, days_out=months * 31 + 10, offer_days=5
        )
        yield PolicyRow(role, OfferKind.RESCHEDULE, installments=3, days_out=75)


# role: discounts on principal (of the youngest debt), interest and fees; months of a long plan; down payment
_SHIPPED = {
    Role.AGENT: (Decimal("0.05"), Decimal("0.50"), Decimal(1), 6, Decimal("0.20")),
    Role.SUPERVISOR: (Decimal("0.10"), Decimal("0.80"), Decimal(1), 12, Decimal("0.10")),
    Role.MANAGER: (Decimal("0.20"), Decimal(1), Decimal(1), 24, Decimal(0)),
}
# days past due, and how many times the youngest debt's discount on principal
_AGES = (((0, 60), 0), ((61, 180), 1), ((181, None), 2))

NEVER = 2**31 - 1  # as the column holds that no number of broken promises is too many
# what promises each role takes where the portfolio has no rows of its own yet
SHIPPED_LIMITS: dict[Role, dict[str, Any]] = {
    Role.AGENT: {"min_share": Decimal("0.10"), "days_out": 15, "broken_limit": 3, "open_limit": 3, "parts": 3},
    Role.SUPERVISOR: {"min_share": Decimal("0.05"), "days_out": 31, "broken_limit": 6, "open_limit": 5, "parts": 6},
    Role.MANAGER: {"min_share": Decimal("0.01"), "days_out": 62, "broken_limit": NEVER, "open_limit": 8, "parts": 12},
}

"""What has been agreed on with a debtor: schedule, what is paid of it, and how it ended."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping, text
from sqlmodel import Session

from models import AgreementState, Frequency, OfferKind
from workbench.queries.claims import case_place
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One installment; number 0 is the down payment, `paid_on` the day it was paid in full."""

    number: int
    due_on: date
    amount: Decimal
    paid: Decimal
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class Plan:
    """An agreement with its schedule; `account` none = the whole case, amounts in `currency`."""

    id: int
    case_id: int
    kind: OfferKind
    state: AgreementState
    frequency: Frequency
    account: str | None
    currency: str
    principal: Decimal
    interest: Decimal
    fees: Decimal
    discount: Decimal
    total: Decimal
    paid: Decimal
    missed: int
    missed_limit: int
    grace_days: int
    signed_on: date
    signed_by: str | None
    closed_on: date | None
    closed_because: str | None
    replaced_by: int | None
    parts: tuple[PlanPart, ...]

    @property
    def next_part(self) -> PlanPart | None:
        """The first installment that is not paid in full; none when it is closed or all are paid."""
        if self.state != AgreementState.ACTIVE:
            return None
        return next((part for part in self.parts if part.paid < part.amount), None)

    @property
    def left(self) -> Decimal:
        """What is still to be paid of it."""
        return self.total - self.paid


def agreement_of(session: Session, who: Viewer, case_id: int) -> Plan | None:
    """The case's active agreement, the one signed last where accounts have their own; none when there is none."""
    return next((each for each in agreements_of(session, who, case_id) if each.state == AgreementState.ACTIVE), None)


def agreements_of(session: Session, who: Viewer, case_id: int) -> tuple[Plan, ...]:
    """All agreements of a case, the newest first; refused, as if it did not exist, outside the viewer's portfolios."""
    who.require(Permission.SEE_PERSONAL_DATA)
    case_place(session, who, case_id)
    return _plans(session, "a.case_id = :case", {"case": case_id})


def agreement(session: Session, who: Viewer, agreement_id: int) -> Plan:
    """One agreement by its number."""
    who.require(Permission.SEE_PERSONAL_DATA)
    found = _plans(
        session,
        "a.id = :id AND a.portfolio_id = ANY(:visible)",
        {"id": agreement_id, "visible": list(who.portfolio_ids)},
    )
    if not found:
        raise Refused("There is nothing here that you may see.")
    return found[0]


def _plans(session: Session, where: str, values: dict[str, Any]) -> tuple[Plan, ...]:
    rows = session.execute(text(_AGREEMENTS.format(where=where)), values).mappings().all()
    parts: dict[int, list[PlanPart]] = {row["id"]: [] for row in rows}
    for part in session.execute(_PARTS, {"ids": list(parts)}):
        parts[part.agreement_id].append(PlanPart(part.number, part.due_on, part.amount, part.paid, part.paid_on))
    return tuple(_plan(row, tuple(parts[row["id"]])) for row in rows)


def _plan(row: RowMapping, parts: tuple[PlanPart, ...]) -> Plan:
    words = {
        "kind": OfferKind(row["kind"]),
        "state": AgreementState(row["state"]),
        "frequency": Frequency(row["frequency"]),
    }
    return Plan(**dict(row) | words, parts=parts)


_AGREEMENTS = """
    SELECT a.id, a.case_id, a.kind, a.state, a.frequency, o.number AS account, p.currency, a.principal, a.interest, a.fees,
        a.discount_principal + a.discount_interest + a.discount_fees AS discount, a.total, a.paid, a.missed,
        a.missed_limit, a.grace_days, a.signed_on, u.name AS signed_by, a.closed_on, a.closed_because, a.replaced_by
    FROM agreement a JOIN portfolio p ON p.id = a.portfolio_id
    LEFT JOIN account o ON o.id = a.account_id LEFT JOIN app_user u ON u.id = a.taken_by
    WHERE {where} ORDER BY a.signed_on DESC, a.id DESC
"""
_PARTS = text("""
    SELECT agreement_id, number, due_on, amount, paid, paid_on FROM installment
    WHERE agreement_id = ANY(:ids) ORDER BY agreement_id, number
""")

"""Every limit on what may be promised or agreed, one at a time: where it lies for each role, just inside and just outside."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from models import (
    Account,
    ApprovalKind,
    Component,
    OfferKind,
    OfferPolicy,
    Promise,
    PromiseLimit,
    PromiseState,
    Receivable,
    WorkItem,
)
from models.users import Role
from tests.cast import NOW, TODAY, Cast, owe

ROLES = (Role.AGENT, Role.SUPERVISOR, Role.MANAGER)  # the narrowest authority first
NAMES = {Role.AGENT: "ana", Role.SUPERVISOR: "sofia", Role.MANAGER: "marta"}
PROMISE, AGREEMENT = ApprovalKind.PROMISE, ApprovalKind.AGREEMENT
WIDE: dict[ApprovalKind, dict[str, Any]] = {
    PROMISE: {"min_amount": 0, "min_share": 0, "days_out": 365, "broken_limit": 99, "open_limit": 9, "parts": 9},
    AGREEMENT: {
        "discount_principal": Decimal("0.9"),
        "discount_interest": 1,
        "discount_fees": 1,
        "installments": 99,
        "days_out": 999,
    },
}
Terms = dict[str, Any]
Prepare = Callable[[Session, WorkItem, int], Terms]


@dataclass(frozen=True)
class Limit:
    """One limit: its figure for each role, terms that go up to a figure, and how little further is outside.

    `before` makes what the limit counts (promises broken, promises open), for those on which the terms do not depend.
    """

    kind: ApprovalKind
    code: str
    column: str
    figures: tuple[Any, Any, Any]
    terms: Callable[[Any], Terms]
    step: Any
    before: Prepare | None = field(default=None)

    def at(self, role: Role, *, outside: bool) -> Any:
        """The last figure inside the role's limit, or the first one outside."""
        figure = self.figures[ROLES.index(role)]
        return figure + self.step if outside else figure

    def case(self, session: Session, cast: Cast, figure: Any) -> tuple[WorkItem, Terms]:
        """A debtor, and terms that reach the figure."""
        item = debtor(session, cast)
        counted = self.before(session, item, figure) if self.before else {}
        return item, self.terms(figure) | counted

    def install(self, session: Session, cast: Cast) -> None:
        """Gives each role its figure of this limit, and no other limit worth the name."""
        for role, figure in zip(ROLES, self.figures, strict=True):
            values = WIDE[self.kind] | {self.column: figure}
            if self.kind is PROMISE:
                session.add(PromiseLimit(portfolio_id=cast.mexico.id, role=role, **values))
            for kind in OfferKind if self.kind is AGREEMENT else ():
                given = {name: 0 for name in values if name.startswith("discount") and kind is OfferKind.RESCHEDULE}
                session.add(OfferPolicy(portfolio_id=cast.mexico.id, role=role, kind=kind, **(values | given)))
        session.flush()


def debtor(session: Session, cast: Cast) -> WorkItem:
    """Somebody who owes 1,000.00 of principal, 200.00 of interest and 100.00 of fees on one account."""
    item = owe(session, cast.mexico, amount="1000.00")
    account = account_of(session, item)
    for component, amount in ((Component.INTEREST, "200.00"), (Component.FEES, "100.00")):
        fields = {"amount": Decimal(amount), "balance": Decimal(amount), "due_on": TODAY - timedelta(days=19)}
        session.add(
            Receivable(account_id=account.id, case_id=item.case_id, number=component, component=component, **fields)
        )
    session.flush()
    return item


def account_of(session: Session, item: WorkItem) -> Account:
    """The one account that owes something."""
    owes = select(Account).join(Receivable).where(Account.case_id == item.case_id).distinct()
    return session.exec(owes).one()


def broken_before(session: Session, item: WorkItem, count: int) -> Terms:
    """So many promises of the case were broken."""
    for number in range(count):
        on = TODAY - timedelta(days=30 + number)
        _promise(session, item, taken_on=on, due_on=on, state=PromiseState.BROKEN, closed_on=on + timedelta(days=4))
    return {}


def open_before(session: Session, item: WorkItem, count: int) -> Terms:
    """So many promises are open on other accounts than the one that this one is for."""
    asked = {"account_id": account_of(session, item).id}
    for number in range(count):
        account = Account(portfolio_id=item.portfolio_id, case_id=item.case_id, number=f"{item.case_id}-{number}")
        session.add(account)
        session.flush()
        due = TODAY + timedelta(days=5)
        _promise(session, item, taken_on=TODAY, due_on=due, state=PromiseState.OPEN, account_id=account.id)
    return asked


def _promise(session: Session, item: WorkItem, **fields: Any) -> None:
    session.add(
        Promise(portfolio_id=item.portfolio_id, case_id=item.case_id, amount=Decimal(10), created_at=NOW, **fields)
    )
    session.flush()


def promise(amount: Any = 500, days: int = 5, parts: int = 1, account_id: int | None = None) -> Terms:
    """A promise's terms, as an approval keeps them."""
    share = Decimal(amount) / parts
    rows = [
        {"amount": str(share), "due_on": (TODAY + timedelta(days=days - parts + 1 + number)).isoformat()}
        for number in range(parts)
    ]
    due = (TODAY + timedelta(days=days)).isoformat()
    return {"amount": str(amount), "due_on": due, "account_id": account_id, "parts": rows if parts > 1 else []}


def plan(**terms: Any) -> Terms:
    """A long plan's terms, as an approval keeps them: weekly installments from tomorrow on."""
    first = (TODAY + timedelta(days=1)).isoformat()
    shipped = {"kind": "long_plan", "first_due_on": first, "installments": 2, "frequency": "weekly"}
    return shipped | {name: value if isinstance(value, int) else str(value) for name, value in terms.items()}


def one_payment(days: int) -> Terms:
    """A settlement's terms: all of it on one day."""
    due = (TODAY + timedelta(days=days)).isoformat()
    return plan() | {"kind": "settlement", "installments": 1, "first_due_on": due}


def forgiven(component: str, owed: int) -> Callable[[Decimal], Terms]:
    """Terms that forgive a share of a component."""
    return lambda share: plan(**{f"discount_{component}": (owed * share).quantize(Decimal("0.01"))})


CENT = Decimal("0.01")
TENTHS = (Decimal("0.10"), Decimal("0.20"), Decimal("0.30"))
FALLING = (Decimal(300), Decimal(200), Decimal(100))
LEAST = (Decimal("0.30"), Decimal("0.20"), Decimal("0.10"))
LIMITS = (
    Limit(PROMISE, "amount_small", "min_amount", FALLING, promise, -CENT),
    Limit(
        PROMISE, "amount_small", "min_share", LEAST, lambda share: promise((1300 * share).quantize(CENT)), -CENT / 1000
    ),
    Limit(PROMISE, "too_far", "days_out", (10, 20, 30), lambda days: promise(days=days), 1),
    Limit(PROMISE, "too_many_parts", "parts", (1, 2, 3), lambda count: promise(480, parts=count), 1),
    Limit(
        PROMISE, "broken", "broken_limit", (1, 2, 3), lambda _: promise(), 1, lambda s, i, n: broken_before(s, i, n - 1)
    ),
    Limit(
        PROMISE,
        "too_many_open",
        "open_limit",
        (1, 2, 3),
        lambda _: promise(),
        1,
        lambda s, i, n: open_before(s, i, n - 1),
    ),
    Limit(AGREEMENT, "discount_principal", "discount_principal", TENTHS, forgiven("principal", 1000), CENT / 1000),
    Limit(AGREEMENT, "discount_interest", "discount_interest", TENTHS, forgiven("interest", 200), CENT / 200),
    Limit(AGREEMENT, "discount_fees", "discount_fees", TENTHS, forgiven("fees", 100), CENT / 100),
    Limit(AGREEMENT, "installments", "installments", (2, 3, 4), lambda count: plan(installments=count), 1),
    Limit(
        AGREEMENT,
        "least_down",
        "least_down",
        LEAST,
        lambda share: plan(down=(1300 * share).quantize(CENT)),
        -CENT / 1000,
    ),
    Limit(AGREEMENT, "least_installment", "least_installment", FALLING, lambda each: plan(down=1300 - 2 * each), -CENT),
    Limit(AGREEMENT, "days_out", "days_out", (10, 20, 30), one_payment, 1),
)
IDS = [f"{limit.kind.value} {limit.column}" for limit in LIMITS]

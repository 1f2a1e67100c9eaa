"""Payments of a portfolio: what came in, what was taken back, and what of it nothing could take."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import PaymentKind, Reversal
from workbench.rules.access import Permission, Viewer
from workbench.rules.names import fold
from workbench.rules.refusals import Refused

PAGE = 50
MOST = 20_000  # rows of one file
Cursor = tuple[datetime, int]


class Shown(StrEnum):
    """Which payments a list is about."""

    ALL = "all"
    LIVE = "live"
    REVERSED = "reversed"
    CREDIT = "credit"  # more came in than was owed


@dataclass(frozen=True, slots=True)
class WantedPayments:
    """What to look for: a portfolio, the days of payment (both within), and whatever else narrows it."""

    portfolio_id: int
    from_on: date
    to_on: date
    kind: PaymentKind | None = None
    shown: Shown = Shown.ALL
    typed: str = ""  # a debtor's name or reference, or the payment's own


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One payment with its debtor; `by` is who entered it, `file` the payment file it came in, none = the system."""

    id: int
    case_id: int
    debtor: str
    debtor_reference: str
    reference: str
    kind: PaymentKind
    amount: Decimal
    allocated: Decimal
    paid_on: date
    recorded_at: datetime
    by: str | None
    file: str | None
    reversed_on: date | None
    reversal: Reversal | None
    because: str | None

    @property
    def credit(self) -> Decimal:
        """What of it no debt could take."""
        return Decimal(0) if self.reversed_on else self.amount - self.allocated

    @property
    def cursor(self) -> Cursor:
        """Where the next page begins."""
        return self.recorded_at, self.id


@dataclass(frozen=True, slots=True)
class PaymentSums:
    """How much of what fits is money received, forgiven or noted otherwise, reversed, and credit."""

    count: int
    received: Decimal
    other: Decimal
    reversed: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class Payable:
    """What a payment of a case can name: an account, or an open receivable of it."""

    account_id: int
    account: str
    product: str | None
    number: str
    due_on: date
    balance: Decimal


@dataclass(frozen=True, slots=True)
class PaymentDesk:
    """What the form of a payment shows of its case: whose it is, what is owed, and what may be named."""

    case_id: int
    debtor: str
    reference: str
    portfolio: str
    currency: str
    today: date
    payables: tuple[Payable, ...]

    @property
    def owed(self) -> Decimal:
        """All that is open."""
        return sum((each.balance for each in self.payables), Decimal(0))


def payments(
    session: Session, who: Viewer, wanted: WantedPayments, *, after: Cursor | None = None, most: int = PAGE
) -> list[PaymentLine]:
    """The payments that fit, the last recorded first."""
    asked = _asked(who, wanted) | {"after": after[0] if after else None, "after_id": after[1] if after else None}
    rows = session.execute(_PAYMENTS, asked | {"most": most}).mappings()
    return [
        PaymentLine(
            **row | {"kind": PaymentKind(row["kind"]), "reversal": row["reversal"] and Reversal(row["reversal"])}
        )
        for row in map(dict, rows)
    ]


def payment_sums(session: Session, who: Viewer, wanted: WantedPayments) -> PaymentSums:
    """The sums over all that fits, not only one page."""
    asked = _asked(who, wanted)
    return PaymentSums(*session.execute(_SUMS_OF_TYPED if asked["typed"] else _SUMS_OF_ALL, asked).one())


def payment_desk(session: Session, who: Viewer, case_id: int, *, at: datetime) -> PaymentDesk:
    """What may be paid in a case; refused, as if it did not exist, outside the viewer's portfolios."""
    who.require(Permission.RECORD_PAYMENTS)
    row = session.execute(_DESK, {"case": case_id, "visible": list(who.portfolio_ids), "at": at}).mappings().first()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    payables = tuple(Payable(*each) for each in session.execute(_PAYABLES, {"case": case_id}))
    return PaymentDesk(**row, payables=payables)


def _asked(who: Viewer, wanted: WantedPayments) -> dict[str, Any]:
    who.require(Permission.SEE_PERSONAL_DATA)
    who.require_portfolio(wanted.portfolio_id)
    typed = wanted.typed.strip()
    return {
        "portfolio": wanted.portfolio_id,
        "from_on": wanted.from_on,
        "to_on": wanted.to_on,
        "kind": wanted.kind.value if wanted.kind else None,
        "shown": wanted.shown.value,
        "typed": typed or None,
        "folded": f"%{_literal(fold(typed))}%" if typed else None,
    }


def _literal(typed: str) -> str:
    return typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_WHOSE = "JOIN collection_case c ON c.id = p.case_id JOIN debtor d ON d.id = c.debtor_id"
_FITS = """
    WHERE p.portfolio_id = :portfolio AND p.paid_on BETWEEN :from_on AND :to_on
      AND (CAST(:kind AS text) IS NULL OR p.kind = :kind)
      AND CASE :shown WHEN 'live' THEN p.reversed_on IS NULL WHEN 'reversed' THEN p.reversed_on IS NOT NULL
            WHEN 'credit' THEN p.reversed_on IS NULL AND p.allocated < p.amount ELSE true END
"""
_TYPED = "(p.reference = :typed OR d.reference = :typed OR d.folded_name LIKE :folded)"
_PAYMENTS = text(f"""
    SELECT p.id, p.case_id, d.name AS debtor, d.reference AS debtor_reference, p.reference, p.kind, p.amount, p.allocated,
        p.paid_on, p.recorded_at, u.name AS by, f.file_name AS file, p.reversed_on, p.reversal,
        p.reversed_because AS because
    FROM payment p {_WHOSE}
    LEFT JOIN app_user u ON u.id = p.by_id LEFT JOIN import_run f ON f.id = p.import_run_id
    {_FITS} AND (CAST(:typed AS text) IS NULL OR {_TYPED})
      AND (CAST(:after AS timestamptz) IS NULL OR (p.recorded_at, p.id) < (:after, :after_id))
    ORDER BY p.recorded_at DESC, p.id DESC LIMIT :most
""")
_SUMS = f"""
    SELECT count(*), coalesce(sum(p.amount) FILTER (WHERE p.reversed_on IS NULL AND p.kind = 'payment'), 0),
        coalesce(sum(p.amount) FILTER (WHERE p.reversed_on IS NULL AND p.kind <> 'payment'), 0),
        coalesce(sum(p.amount) FILTER (WHERE p.reversed_on IS NOT NULL), 0),
        coalesce(sum(p.amount - p.allocated) FILTER (WHERE p.reversed_on IS NULL), 0)
    FROM payment p {{whose}} {_FITS} {{typed}}
"""
# whose the payments are is looked up only for a name that was typed
_SUMS_OF_ALL = text(_SUMS.format(whose="", typed=""))
_SUMS_OF_TYPED = text(_SUMS.format(whose=_WHOSE, typed=f"AND {_TYPED}"))
_DESK = text("""
    SELECT c.id AS case_id, d.name AS debtor, d.reference, p.name AS portfolio, p.currency,
        (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id JOIN portfolio p ON p.id = c.portfolio_id
    WHERE c.id = :case AND c.portfolio_id = ANY(:visible)
""")
_PAYABLES = text("""
    SELECT a.id, a.number, a.product, r.number, r.due_on, r.balance
    FROM receivable r JOIN account a ON a.id = r.account_id
    WHERE r.case_id = :case AND r.balance > 0 ORDER BY r.due_on, r.id
""")

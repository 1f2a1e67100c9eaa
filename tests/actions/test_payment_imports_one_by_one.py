"""A file of payments does what entering its rows one by one, in the order of their days, would do."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from models import Account, Receivable
from models.imports import FileKind
from tests.actions.books import day, promise, saved
from tests.cast import NOW, TODAY, Cast, owe
from tests.rules.intake.files_of import csv_of
from workbench.actions.imports import ImportFile, open_file, save_import
from workbench.actions.payments import record_payment, reverse_payment
from workbench.queries.invariants import broken_invariants
from workbench.rules.import_reports import ImportReport

HEAD = "Referencia;Fecha;Monto;Cuenta;Cliente;Factura"
FAST = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
DEBTS = st.lists(st.tuples(st.integers(0, 1), st.integers(-60, 20), st.integers(1, 9)), min_size=1, max_size=6)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 1),  # which debtor
        st.integers(0, 5),  # days ago
        st.integers(1, 14),  # how much, in tens
        st.sampled_from(["oldest", "account", "document"]),
        st.one_of(st.none(), st.integers(0, 5)),  # taken back so many days ago
    ),
    min_size=1,
    max_size=8,
)


def build(session: Session, cast: Cast, debts: list[tuple[int, int, int]], old: int) -> list[list[Receivable]]:
    """Two debtors with accounts and debts, a promise each, and credit or a payment from before."""
    owners: list[list[Receivable]] = []
    for n in range(2):
        item = owe(session, cast.mexico, amount="20", days_past_due=30)
        first = session.execute(text("SELECT id FROM account WHERE case_id = :id"), {"id": item.case_id}).scalar_one()
        second = saved(
            session, Account(portfolio_id=cast.mexico.id, case_id=item.case_id, number=f"Z{item.case_id}")
        ).id
        mine = [
            session.execute(text("SELECT id FROM receivable WHERE case_id = :id"), {"id": item.case_id}).scalar_one()
        ]
        for k, (account, due, tens) in enumerate(debts):
            owed = Decimal(tens * 10)
            fields = {"account_id": (first, second)[account], "case_id": item.case_id, "number": f"F{k}"}
            mine.append(saved(session, Receivable(due_on=day(due), amount=owed, balance=owed, **fields)).id)
        promise(session, item, day(3), amount=Decimal(40))
        record_payment(
            session, case_id=item.case_id, amount=Decimal(old * 10 + n), paid_on=day(-8), reference=f"OLD{n}", by=None, at=NOW
        )  # fmt: skip
        owners.append([session.get_one(Receivable, number) for number in mine])
    return owners


def state(session: Session) -> dict[str, Any]:
    """Everything that money moves, told by references and numbers: ids differ from run to run.

    What a call waits for is no function of the money: a debt that is settled for a moment, one by one, forgets it.
    """
    session.expire_all()
    rows = {
        "parts": """SELECT p.reference, l.receivable_id, l.released_on, sum(l.amount), bool_or(l.from_credit)
            FROM allocation l JOIN payment p ON p.id = l.payment_id GROUP BY 1, 2, 3""",
        "payments": "SELECT reference, case_id, amount, allocated, paid_on, reversed_on, reversal FROM payment",
        "debts": "SELECT id, balance, settled_on FROM receivable",
        "promises": "SELECT case_id, state, paid, closed_on, paid_late FROM promise",
        "standings": "SELECT case_id, balance, past_due, oldest_due_on, bucket, stage, settled_count, late_count, score FROM case_standing",
        "items": "SELECT case_id, queue, state = 'closed', band, score FROM work_item",
        "pauses": "SELECT case_id, kind, ended_at FROM pause",
    }
    return {name: Counter(tuple(row) for row in session.execute(text(query))) for name, query in rows.items()}


@FAST
@given(debts=DEBTS, rows=ROWS, old=st.integers(1, 12), old_back=st.booleans())
def test_a_file_is_its_rows_one_by_one(session: Session, cast: Cast, *, debts, rows, old, old_back) -> None:
    outer = session.begin_nested()
    try:
        compare(session, cast, build(session, cast, debts, old), rows, Decimal(old * 10) if old_back else None)
    finally:
        outer.rollback()


def compare(
    session: Session, cast: Cast, owners: list[list[Receivable]], rows: list[Any], ended: Decimal | None
) -> None:
    planned = movements(session, owners, rows, ended)
    data = csv_of(*(line(session, each) for each in planned), head=HEAD)
    before = session.begin_nested()
    for each in sorted(planned, key=lambda each: (each.on, each.back)):
        enter(session, each)
    one_by_one = state(session)
    before.rollback()
    report = bring(session, cast, data)
    assert report.refused == []
    assert state(session) == one_by_one
    assert broken_invariants(session, cast.mexico.id) == []
    again = bring(session, cast, data)
    assert (again.changes, again.counts["unchanged"]) == (0, len(planned))
    assert state(session) == one_by_one


@dataclass
class Moved:
    """A payment, or the end of one."""

    reference: str
    on: date
    amount: Decimal
    debt: Receivable | None = None
    named: str = ""
    back: bool = False


def movements(session: Session, owners: list[list[Receivable]], rows: list[Any], ended: Decimal | None) -> list[Moved]:
    found = []
    for n, (who, ago, tens, named, back) in enumerate(rows):
        debt = owners[who][n % len(owners[who])]
        found.append(Moved(f"R{n}", TODAY - timedelta(days=ago), Decimal(tens * 10), debt, named))
        if back is not None and back <= ago:
            found.append(Moved(f"R{n}", TODAY - timedelta(days=back), Decimal(tens * 10), back=True))
    return found + ([Moved("OLD0", TODAY - timedelta(days=2), ended, back=True)] if ended else [])


def enter(session: Session, moved: Moved) -> None:
    if moved.back:
        [known] = session.execute(text("SELECT id FROM payment WHERE reference = :r"), {"r": moved.reference}).scalars()
        reverse_payment(session, known, on=moved.on, by=None, at=NOW)
        return
    record_payment(
        session,
        case_id=moved.debt.case_id,
        amount=moved.amount,
        paid_on=moved.on,
        reference=moved.reference,
        account_id=None if moved.named == "oldest" else moved.debt.account_id,
        receivable_number=moved.debt.number if moved.named == "document" else None,
        by=None,
        at=NOW,
    )


def line(session: Session, moved: Moved) -> str:
    """The row as a bank writes it; whoever names nothing gives the debtor's code."""
    told = f"{moved.reference};{moved.on};{'-' if moved.back else ''}{moved.amount}"
    if moved.back:
        return f"{told};;;"
    if moved.named == "oldest":
        code = "SELECT d.reference FROM debtor d JOIN collection_case k ON k.debtor_id = d.id WHERE k.id = :id"
        return f"{told};;{session.execute(text(code), {'id': moved.debt.case_id}).scalar_one()};"
    account = session.get_one(Account, moved.debt.account_id).number
    return f"{told};{account};;{moved.debt.number if moved.named == 'document' else ''}"


def bring(session: Session, cast: Cast, data: bytes) -> ImportReport:
    file = ImportFile("pagos.csv", data, kind=FileKind.PAYMENTS)
    return save_import(session, open_file(session, None, cast.mexico.id, file, at=NOW), by=None, at=NOW)

"""A file of payments against the real database: whose money it is, what it pays, what is refused, what stays."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import Account, ImportRun, Payment, PaymentKind, Portfolio, Promise, Receivable, WorkItem
from models.imports import FileKind
from tests.actions.books import day, promise
from tests.cast import NOW, TODAY, Cast, owe
from tests.rules.intake.files_of import csv_of, xlsx_of
from workbench.actions.imports import ImportFile, open_file, plan_import, save_import
from workbench.actions.payments import record_payment, reverse_payment
from workbench.queries.invariants import broken_invariants
from workbench.rules.import_reports import ImportReport
from workbench.rules.intake.mappings import checked
from workbench.rules.refusals import Refused

HEAD = "Referencia;Fecha;Monto;Cliente;Cuenta;Factura;Tipo;Moneda"


def pay(
    session: Session, portfolio: Portfolio, *lines: str, head: str = HEAD, who=None, plan=False, strict=False, **mapping
) -> ImportReport:
    """Brings a payment file in, having seen that the dry run says the same."""
    mapping.setdefault("date_format", "dd/mm/yyyy")
    told = checked({"kind": "payments"} | mapping)
    file = ImportFile("pagos.csv", csv_of(*lines, head=head), told, strict=strict, kind=FileKind.PAYMENTS)
    intake = open_file(session, who, portfolio.id, file, at=NOW)
    planned = plan_import(session, intake)
    if plan:
        return planned
    saved = save_import(session, intake, by=who.user_id if who else None, at=NOW)
    assert (saved.counts, saved.sums, saved.refused) == (planned.counts, planned.sums, planned.refused)
    assert saved.samples == planned.samples
    assert broken_invariants(session, portfolio.id) == []
    return saved


TABLES = ("receivable", "payment", "allocation", "case_standing", "work_item", "promise", "pause")


def everything(session: Session) -> dict[str, list[str]]:
    return {table: sorted(map(str, session.execute(text(f"SELECT * FROM {table}")))) for table in TABLES}


def reference(session: Session, item: WorkItem) -> str:
    return session.execute(text("SELECT reference FROM debtor WHERE id = :id"), {"id": item.debtor_id}).scalar_one()


def account(session: Session, item: WorkItem) -> Account:
    return session.exec(select(Account).where(Account.case_id == item.case_id)).first()


def balance(session: Session, item: WorkItem) -> Decimal:
    return session.execute(
        text("SELECT balance FROM case_standing WHERE case_id = :id"), {"id": item.case_id}
    ).scalar_one()


def reasons(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(each.row_number, each.column, str(each)) for each in report.refused]


def happened(report: ImportReport) -> dict[str, int]:
    return {name: count for name, count in report.counts.items() if count}


def paid(session: Session) -> dict[str, tuple]:
    return {
        row.reference: (row.amount, row.allocated, row.paid_on, row.reversed_on)
        for row in session.exec(select(Payment))
    }


def test_payments_find_their_debtor_by_code_account_or_tax_id(session: Session, cast: Cast) -> None:
    one, two, three = (owe(session, cast.mexico, amount="1000") for _ in range(3))
    session.execute(text("UPDATE debtor SET tax_id = 'GODE561231GR8' WHERE id = :id"), {"id": three.debtor_id})
    report = pay(
        session,
        cast.mexico,
        f"R1;16/11/2026;100,50;{reference(session, one)};;;",
        f"R2;17/11/2026;1000,00;;{account(session, two).number};;",
        head="Referencia;Fecha;Monto;Cliente;Cuenta;RFC;Tipo",
    )
    report = pay(session, cast.mexico, "R3;17/11/2026;70,00;GODE561231GR8", head="Referencia;Fecha;Monto;RFC")
    assert report.saved
    assert [balance(session, each) for each in (one, two, three)] == [Decimal("899.50"), 0, 930]
    assert paid(session)["R2"] == (1000, 1000, date(2026, 11, 17), None)
    assert account(session, two).id
    assert session.exec(select(WorkItem.state).where(WorkItem.case_id == two.case_id)).all() == ["closed"]
    [run] = session.exec(select(ImportRun).where(ImportRun.id == report.run_id)).all()
    assert (run.kind, run.state) == (FileKind.PAYMENTS, "done")
    assert set(session.exec(select(Payment.import_run_id).where(Payment.reference == "R3"))) == {run.id}


def test_the_same_file_twice_changes_nothing(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, amount="1000")
    code = reference(session, item)
    lines = [
        f"R1;15/11/2026;700;{code};;;;",
        f"R2;16/11/2026;700;{code};;;;",
        "R1;17/11/2026;-700;;;;;",
        "R9;17/11/2026;5;nobody;;;;",
    ]
    first = pay(session, cast.mexico, *lines)
    assert happened(first) == {"received": 2, "reversed": 1}
    before = everything(session)
    again = pay(session, cast.mexico, *lines)
    assert everything(session) == before
    assert happened(again) == {"unchanged": 3}
    assert again.changes == 0
    assert again.saved


def test_the_same_reference_with_another_amount_day_or_debtor_is_refused(session: Session, cast: Cast) -> None:
    item, other = owe(session, cast.mexico), owe(session, cast.mexico)
    code = reference(session, item)
    pay(session, cast.mexico, *(f"R{n};15/11/2026;10;{code};;;;" for n in range(3)))
    before = everything(session)
    report = pay(
        session,
        cast.mexico,
        f"R0;15/11/2026;11;{code};;;;",
        f"R1;16/11/2026;10;{code};;;;",
        f"R2;15/11/2026;10;{reference(session, other)};;;;",
    )
    assert everything(session) == before
    assert [(row, column) for row, column, _ in reasons(report)] == [
        (2, "Referencia"),
        (3, "Referencia"),
        (4, "Referencia"),
    ]
    assert f"There is a payment “R0” already: 10.00 of 2026-11-15 by the debtor {code}." in str(report.refused[0])
    assert not report.saved


def test_an_over_payment_stays_credit_and_pays_what_a_reversal_opens(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, amount="1000")
    code = reference(session, item)
    report = pay(session, cast.mexico, f"R1;15/11/2026;600;{code};;;;", f"R2;16/11/2026;700;{code};;;;")
    assert happened(report) == {"received": 2, "credit": 1, "settled": 1}
    assert report.sums["credit"] == 300
    assert paid(session)["R2"][:2] == (700, 400)
    report = pay(session, cast.mexico, "R1;17/11/2026;-600;;;;;")
    assert happened(report) == {"reversed": 1, "reopened": 1}
    assert paid(session)["R2"][:2] == (700, 700)
    assert balance(session, item) == 300
    pay(session, cast.mexico, "R2;18/11/2026;700;;;;contracargo;")
    [back] = session.exec(select(Payment).where(Payment.reference == "R2")).all()
    assert (back.reversal, back.reversed_on, back.reversed_because) == ("charge_back", TODAY, "pagos.csv")
    assert balance(session, item) == 1000


def test_a_payment_pays_what_it_names_first(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, amount="1000", days_past_due=50)
    number = account(session, item).number
    newer = Receivable(
        account_id=account(session, item).id, case_id=item.case_id, number="2", due_on=day(-5), amount=300, balance=300
    )
    session.add(newer)
    session.flush()
    pay(session, cast.mexico, f"R1;15/11/2026;350;;{number};2;;")
    session.refresh(newer)
    assert newer.balance == 0
    assert balance(session, item) == 950


def test_a_promise_is_kept_by_a_file_and_open_again_when_it_is_taken_back(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, amount="1000")
    made = promise(session, item, day(2), amount=Decimal(400))
    code = reference(session, item)
    pay(session, cast.mexico, f"R1;15/11/2026;400;{code};;;;")
    session.refresh(made)
    assert (made.state, made.paid) == ("kept", 400)
    pay(session, cast.mexico, "R1;17/11/2026;400;;;;Reversa;")
    session.refresh(made)
    assert (made.state, made.paid) == ("open", 0)
    assert session.exec(select(Promise)).all() == [made]


@pytest.mark.parametrize(
    ("line", "column", "because"),
    [
        ("R1;15/11/2026;10;nobody;;;;", "Cliente", "There is no debtor “nobody” in this portfolio"),
        ("R1;15/11/2026;10;;A0;;;", "Cuenta", "There is no account “A0” in this portfolio"),
        ("R1;15/11/2026;10;{code};;F9;;", "Factura", "The debtor has no document “F9”"),
        ("R1;15/11/2026;10;;;F9;;", "Factura", "There is no document “F9” in this portfolio"),
        ("R1;15/11/2026;10;;;1;;", "Factura", "2 documents are numbered “1”"),
        ("R1;15/11/2026;10;{code};{other};;;", "Cuenta", "belongs to another debtor than"),
        ("R1;15/11/2026;10;;;;;", "Cliente", "does not say whose payment it is"),
        ("R1;19/11/2026;10;{code};;;;", "Fecha", "dated 2026-11-19, after the business date"),
        ("R1;31/02/2026;10;{code};;;;", "Fecha", "is not a date written dd/mm/yyyy"),
        ("R1;;10;{code};;;;", "Fecha", "The row has no payment date"),
        ("R1;15/11/2026;mucho;{code};;;;", "Monto", "“mucho” is not an amount"),
        ("R1;15/11/2026;0;{code};;;;", "Monto", "The amount is zero"),
        ("R1;15/11/2026;;{code};;;;", "Monto", "The row has no amount"),
        (";15/11/2026;10;{code};;;;", "Referencia", "no payment reference"),
        ("R1;15/11/2026;10;{code};;;;USD", "Moneda", "The row is in USD, and this portfolio is in MXN"),
        ("R1;15/11/2026;10;{code};;;ajuste;", "Tipo", "“ajuste” is neither a payment nor a reversal"),
        ("R1;15/11/2026;-10;{code};;;;", "Referencia", "There is no payment “R1” to take back"),
        ("OLD;15/11/2026;-10;;;;;", "Referencia", "The payment “OLD” was of 20.00"),
        ("OLD;09/11/2026;-20;;;;;", "Fecha", "it cannot be taken back before"),
        ("BACK;15/11/2026;-20;;;;;", "Referencia", "was taken back on 2026-11-12 already"),
        ("OLD;15/11/2026;-20;;{other};;;", "Referencia", "is another debtor's"),
        ("NOTE;15/11/2026;20;{code};;;;", "Referencia", "is the reference of something that is no payment"),
        ("import:5;15/11/2026;20;{code};;;;", "Referencia", "that the system gives itself"),
        ("5,73E+11;15/11/2026;20;{code};;;;", "Referencia", "has lost digits"),
    ],
)
def test_a_bad_row_says_what_is_wrong_where_and_how_to_mend_it(
    session: Session, cast: Cast, line: str, column: str, because: str
) -> None:
    item, other = owe(session, cast.mexico), owe(session, cast.mexico)
    for name, kind in (("OLD", PaymentKind.PAYMENT), ("BACK", PaymentKind.PAYMENT), ("NOTE", PaymentKind.CREDIT_NOTE)):
        made = record_payment(
            session, case_id=item.case_id, amount=Decimal(20), paid_on=date(2026, 11, 10), reference=name, kind=kind,
            by=None, at=NOW,
        )  # fmt: skip
        if name == "BACK":
            reverse_payment(session, made.id, on=date(2026, 11, 12), by=None, at=NOW)
    code = reference(session, item)
    filled = line.format(code=code, other=account(session, other).number)
    report = pay(session, cast.mexico, f"GOOD;14/11/2026;1;{code};;;;", filled)
    assert [(row, told) for row, told, _ in reasons(report)] == [(3, column)]
    assert because in str(report.refused[0])
    assert happened(report)["received"] == 1


def test_a_reference_used_for_two_payments_of_the_file_is_refused(session: Session, cast: Cast) -> None:
    code = reference(session, owe(session, cast.mexico))
    report = pay(session, cast.mexico, *(f"LOTE;1{n}/11/2026;10;{code};;;;" for n in range(3)))
    assert [row for row, _, _ in reasons(report)] == [3, 4]
    assert "is in row 2 already" in str(report.refused[1])
    assert happened(report) == {"received": 1}


def test_strict_saves_nothing_when_a_row_is_refused(session: Session, cast: Cast) -> None:
    code = reference(session, owe(session, cast.mexico))
    before = everything(session)
    report = pay(session, cast.mexico, f"R1;15/11/2026;10;{code};;;;", "R2;15/11/2026;10;nobody;;;;", strict=True)
    assert not report.saved
    assert everything(session) == before


def test_another_creditors_debtor_is_nobody_here(session: Session, cast: Cast) -> None:
    foreign = owe(session, cast.colombia)
    report = pay(session, cast.mexico, f"R1;15/11/2026;10;;{account(session, foreign).number};;;")
    assert "There is no account" in str(report.refused[0])
    with pytest.raises(Refused):
        pay(session, cast.mexico, f"R1;15/11/2026;10;;{account(session, foreign).number};;;", who=cast.bruno)
    with pytest.raises(Refused):
        pay(session, cast.mexico, "R1;15/11/2026;10;x;;;;", who=cast.ana)


def test_the_mapping_of_payments_is_remembered_beside_that_of_debts(session: Session, cast: Cast) -> None:
    code = reference(session, owe(session, cast.mexico))
    head = "Quién;Cuánto;Cuándo;Cuál;Qué"
    told = {"columns": {"debtor_ref": "Quién", "amount": "Cuánto", "paid_on": "Cuándo", "reference": "Cuál"}}
    words = {"reversals": {"column": "Qué", "values": ["DEV"]}}
    pay(session, cast.mexico, f"{code};10;05/06/2026;R1;ABO", head=head, **told, **words)
    assert cast.mexico.import_mapping is None
    data = csv_of(f"{code};10;06/06/2026;R1;dev", head=head)
    file = ImportFile("pagos.csv", data, kind=FileKind.PAYMENTS)
    intake = open_file(session, None, cast.mexico.id, file, at=NOW)
    report = save_import(session, intake, by=None, at=NOW)
    assert happened(report) == {"reversed": 1}
    assert paid(session)["R1"][3] == date(2026, 6, 6)


def test_a_workbook_with_real_dates_and_a_grand_total_is_read(session: Session, cast: Cast) -> None:
    code = reference(session, owe(session, cast.mexico))
    data = xlsx_of(
        ["Banco del Valle, movimientos"],
        ["Referencia", "Fecha de pago", "Importe pagado", "Cliente"],
        [8801, date(2026, 11, 13), 10.5, code],
        [8802, date(2026, 11, 14), 20, code],
        ["Total", None, 30.5, None],
    )
    file = ImportFile("pagos.xlsx", data, kind=FileKind.PAYMENTS)
    report = save_import(session, open_file(session, None, cast.mexico.id, file, at=NOW), by=None, at=NOW)
    assert (happened(report), report.sums["received"], report.refused) == ({"received": 2}, Decimal("30.50"), [])
    assert set(paid(session)) == {"8801", "8802"}

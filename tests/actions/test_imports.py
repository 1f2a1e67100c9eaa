"""A creditor's file against the real database: what comes in, what changes, what stays."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from models import AbsenceRule, Portfolio
from tests.cast import NOW, TODAY, Cast
from tests.rules.intake.files_of import csv_of, xlsx_of
from workbench.actions.imports import ImportFile, open_file, plan_import, save_import
from workbench.actions.payments import record_payment
from workbench.actions.standings import rescore_cases
from workbench.queries.invariants import broken_invariants
from workbench.rules.import_reports import ImportReport
from workbench.rules.intake.mappings import checked
from workbench.rules.refusals import Refused

FULL = "Cliente;Nombre;Factura;Vencimiento;Importe;Saldo;Fecha pago;Telefono;Correo"


def bring(
    session: Session,
    portfolio: Portfolio,
    *lines: str,
    head: str = FULL,
    who=None,
    plan=False,
    strict=False,
    on=None,
    **mapping,
) -> ImportReport:
    if head == FULL:
        mapping.setdefault("date_format", "dd/mm/yyyy")
    file = ImportFile(
        "cartera.csv", csv_of(*lines, head=head), checked(mapping) if mapping else None, on=on, strict=strict
    )
    intake = open_file(session, who, portfolio.id, file, at=NOW)
    planned = plan_import(session, intake)
    if plan:
        return planned
    saved = save_import(session, intake, by=who.user_id if who else None, at=NOW)
    assert (saved.counts, saved.sums, saved.refused) == (planned.counts, planned.sums, planned.refused)
    assert [s.before for s in saved.samples] == [s.before for s in planned.samples]
    assert broken_invariants(session, portfolio.id) == []
    return saved


TABLES = (
    "debtor",
    "contact_point",
    "collection_case",
    "account",
    "receivable",
    "payment",
    "allocation",
    "case_standing",
    "work_item",
)


def everything(session: Session) -> dict[str, list]:
    return {table: sorted(map(str, session.execute(text(f"SELECT * FROM {table}")))) for table in TABLES}


def owed(session: Session) -> dict[str, Decimal]:
    return {row.number: row.balance for row in session.execute(text("SELECT number, balance FROM receivable"))}


def test_a_first_file_makes_debtors_cases_and_a_queue(session: Session, cast: Cast) -> None:
    report = bring(
        session,
        cast.mexico,
        "C1;Ana Peña;F1;15/10/2026;1000;800;;55 5087 2391;ana@tienda.mx",
        "C1;Ana Peña;F2;30/12/2026;50;50;;;",
    )
    assert report.saved
    assert {n: c for n, c in report.counts.items() if c} == {
        "new": 2,
        "new_debtors": 1,
        "new_cases": 1,
        "new_accounts": 1,
        "new_contacts": 2,
        "payments": 1,
    }
    assert owed(session) == {"F1": Decimal(800), "F2": Decimal(50)}
    assert session.execute(text("SELECT state FROM work_item")).scalars().all() == ["ready"]
    assert session.execute(text("SELECT past_due FROM case_standing")).scalar_one() == 800


OPEN = ("C1;Ana;F1;15/10/2026;1000;1000;;;", "C1;Ana;F2;20/10/2026;500;500;;;", "C2;Luz;F3;01/11/2026;300;300;;;")


def moved(report: ImportReport) -> dict[str, int]:
    return {
        name: count
        for name, count in report.counts.items()
        if count
        and name in ("new", "history", "lowered", "raised", "settled", "dates", "absent", "unchanged", "skipped")
    }


def payments(session: Session) -> list[tuple]:
    rows = session.execute(
        text("SELECT kind, amount, allocated, paid_on, reversed_on IS NULL FROM payment ORDER BY id")
    )
    return [tuple(row) for row in rows]


def test_the_same_file_twice_changes_nothing(session: Session, cast: Cast) -> None:
    lines = (
        *OPEN,
        "C1;Ana;F4;01/09/2026;70;0;05/09/2026;;",
        "C2;Luz;N1;01/11/2026;-80;-80;;;",
        "C3;Eva;F5;02/11/2026;90;40;;55 5087 2391;",
    )
    bring(session, cast.mexico, *lines)
    before = everything(session)
    report = bring(session, cast.mexico, *lines)
    assert everything(session) == before
    assert report.changes == 0
    assert report.counts["unchanged"] == 5


def test_a_newer_file_lowers_settles_and_raises_balances(session: Session, cast: Cast) -> None:
    bring(session, cast.mexico, *OPEN)
    newer = (
        "C1;Ana;F1;15/10/2026;1000;600;;;",
        "C1;Ana;F2;20/10/2026;500;0;10/11/2026;;",
        "C2;Luz;F3;01/11/2026;300;350;;;",
    )
    report = bring(session, cast.mexico, *newer)
    assert moved(report) == {"lowered": 1, "settled": 1, "raised": 1}
    assert report.sums["lowered"] == -400
    assert report.sums["settled"] == -500
    assert report.sums["raised"] == 50
    assert owed(session) == {"F1": 600, "F2": 0, "F3": 350}
    assert {(kind, amount) for kind, amount, *_ in payments(session)} == {("balance_update", 400), ("payment", 500)}
    settled = session.execute(text("SELECT settled_on FROM receivable WHERE number = 'F2'")).scalar_one()
    assert settled == date(2026, 11, 10)
    entry = (
        session.execute(text("SELECT details FROM audit_entry WHERE deed = 'import_file' ORDER BY id DESC"))
        .scalars()
        .first()
    )
    assert [pair[1:] for pair in entry["amounts_raised"]] == [["300.00", "350.00"]]


def test_a_balance_that_comes_back_takes_the_update_back_instead_of_raising_the_amount(
    session: Session, cast: Cast
) -> None:
    bring(session, cast.mexico, *OPEN)
    bring(session, cast.mexico, "C1;Ana;F1;15/10/2026;1000;600;;;")
    report = bring(session, cast.mexico, "C1;Ana;F1;15/10/2026;1000;900;;;")
    assert moved(report) == {"raised": 1}
    assert session.execute(text("SELECT amount, balance FROM receivable WHERE number = 'F1'")).one() == (1000, 900)
    assert [(amount, live) for _, amount, _, _, live in payments(session)] == [(400, False), (100, True)]


def test_a_settled_receivable_opens_again_when_the_file_says_so(session: Session, cast: Cast) -> None:
    bring(session, cast.mexico, *OPEN)
    bring(session, cast.mexico, "C2;Luz;F3;01/11/2026;300;0;10/11/2026;;")
    assert session.execute(text("SELECT state FROM work_item ORDER BY id DESC")).scalars().first() == "closed"
    bring(session, cast.mexico, "C2;Luz;F3;01/11/2026;300;300;;;")
    assert owed(session)["F3"] == 300
    assert session.execute(text("SELECT state FROM work_item ORDER BY id DESC")).scalars().first() == "ready"


def test_money_already_recorded_is_not_counted_twice(session: Session, cast: Cast) -> None:
    bring(session, cast.mexico, *OPEN)
    case_id = session.execute(text("SELECT case_id FROM receivable WHERE number = 'F1'")).scalar_one()
    record_payment(
        session, case_id=case_id, amount=Decimal(400), paid_on=date(2026, 11, 10), reference="bank-1", by=None, at=NOW
    )
    rescore_cases(session, [case_id], on=TODAY)
    report = bring(session, cast.mexico, "C1;Ana;F1;15/10/2026;1000;600;;;")
    assert moved(report) == {"unchanged": 1}
    # the creditor set it against the other invoice: the payment moves, no money appears
    report = bring(session, cast.mexico, "C1;Ana;F1;15/10/2026;1000;1000;;;", "C1;Ana;F2;20/10/2026;500;100;;;")
    assert moved(report) == {"raised": 1, "lowered": 1}
    assert payments(session) == [("payment", 400, 400, date(2026, 11, 10), True)]
    assert owed(session) == {"F1": 1000, "F2": 100, "F3": 300}


def test_a_payment_of_today_is_not_undone_by_a_file_of_this_morning(session: Session, cast: Cast) -> None:
    bring(session, cast.mexico, *OPEN)
    case_id = session.execute(text("SELECT case_id FROM receivable WHERE number = 'F1'")).scalar_one()
    record_payment(session, case_id=case_id, amount=Decimal(400), paid_on=TODAY, reference="bank-1", by=None, at=NOW)
    rescore_cases(session, [case_id], on=TODAY)
    assert moved(bring(session, cast.mexico, *OPEN)) == {"unchanged": 3}
    assert owed(session)["F1"] == 600


def test_a_credit_note_pays_the_oldest_invoice_until_the_creditor_applies_it(session: Session, cast: Cast) -> None:
    bring(session, cast.mexico, *OPEN, "C1;Ana;N1;01/11/2026;-1200;-1200;;;")
    assert owed(session) == {"F1": 0, "F2": 300, "F3": 300}
    # applied by the creditor to the second invoice and 700 of the first
    report = bring(
        session,
        cast.mexico,
        "C1;Ana;F1;15/10/2026;1000;300;;;",
        "C1;Ana;F2;20/10/2026;500;0;;;",
        "C1;Ana;N1;01/11/2026;-1200;0;;;",
    )
    assert moved(report) == {"lowered": 1, "settled": 1}
    assert owed(session) == {"F1": 300, "F2": 0, "F3": 300}
    assert payments(session) == [("credit_note", 1200, 1200, TODAY, True)]


def test_a_credit_note_larger_than_the_debt_stays_credit(session: Session, cast: Cast) -> None:
    bring(session, cast.mexico, "C2;Luz;F3;01/11/2026;300;300;;;", "C2;Luz;N1;01/11/2026;-500;-500;;;")
    assert owed(session) == {"F3": 0}
    assert payments(session) == [("credit_note", 500, 300, TODAY, True)]


def test_settled_rows_come_in_as_history_for_the_score(session: Session, cast: Cast) -> None:
    lines = (
        "C1;Ana;F1;01/09/2026;100;;15/10/2026;;",
        "C1;Ana;F2;01/10/2026;100;;02/10/2026;;",
        "C1;Ana;F3;01/11/2026;90;;;;",
    )
    report = bring(session, cast.mexico, *lines)
    assert moved(report) == {"history": 2, "new": 1}
    assert report.sums["history"] == 200
    assert session.execute(text("SELECT settled_count, late_count FROM case_standing")).one() == (2, 1)
    assert {row[3] for row in payments(session)} == {date(2026, 10, 15), date(2026, 10, 2)}


def test_a_file_of_balances_alone_skips_what_is_settled_and_unknown(session: Session, cast: Cast) -> None:
    head = "Cliente;Factura;Vencimiento;Saldo"
    report = bring(session, cast.mexico, "C1;F1;15/10/2026;0", "C1;F2;15/10/2026;100", head=head)
    assert moved(report) == {"new": 1, "skipped": 1}
    assert moved(bring(session, cast.mexico, "C1;F2;15/10/2026;0", head=head)) == {"settled": 1}
    assert payments(session) == [("balance_update", 100, 100, TODAY, True)]


@pytest.mark.parametrize(
    ("rule", "kinds", "left"),
    [
        pytest.param(AbsenceRule.KEEP, [], {"F1": 1000, "F2": 500, "F3": 300}, id="keep"),
        pytest.param(AbsenceRule.PAID, ["balance_update", "balance_update"], {"F1": 1000, "F2": 0, "F3": 0}, id="paid"),
        pytest.param(AbsenceRule.CANCELLED, ["write_off", "write_off"], {"F1": 1000, "F2": 0, "F3": 0}, id="cancelled"),
    ],
)
def test_absence_means_what_the_portfolio_says(
    session: Session, cast: Cast, rule: AbsenceRule, kinds: list, left: dict
) -> None:
    cast.mexico.absence_rule = rule
    bring(session, cast.mexico, *OPEN)
    planned = bring(session, cast.mexico, OPEN[0], plan=True)
    assert planned.counts.get("absent", 0) == len(kinds)
    bring(session, cast.mexico, OPEN[0])
    assert [row[0] for row in payments(session)] == kinds
    assert owed(session) == left
    bring(session, cast.mexico, *OPEN)  # and who comes back owes again
    assert owed(session) == {"F1": 1000, "F2": 500, "F3": 300}


def test_nothing_is_closed_for_absence_by_a_part_or_by_a_file_with_refused_rows(session: Session, cast: Cast) -> None:
    cast.mexico.absence_rule = AbsenceRule.PAID
    bring(session, cast.mexico, *OPEN)
    bring(session, cast.mexico, OPEN[0], covers="part")
    report = bring(session, cast.mexico, OPEN[0], "C2;Luz;F3;nunca;300;300;;;", date_format="dd/mm/yyyy")
    assert len(report.refused) == 1
    assert "nothing was closed" in " ".join(map(str, report.warnings))
    assert owed(session) == {"F1": 1000, "F2": 500, "F3": 300}


def test_a_bad_row_is_refused_and_the_rest_comes_in(session: Session, cast: Cast) -> None:
    report = bring(
        session,
        cast.mexico,
        OPEN[0],
        "C2;Luz;F3;01/11/2026;mucho;300;;;",
        "C3;Eva;F4;02/11/2026;10;0;01/12/2026;;",
        "C1;Ana;F9;15/10/2026;50;-20;;;",
    )
    assert [(r.row_number, r.column, r.value) for r in report.refused] == [
        (3, "Importe", "mucho"),
        (4, "Fecha pago", "2026-12-01"),
        (5, "Saldo", "-20.00"),
    ]
    assert owed(session) == {"F1": 1000}


def test_strict_saves_nothing_when_a_row_is_refused(session: Session, cast: Cast) -> None:
    before = everything(session)
    report = bring(session, cast.mexico, OPEN[0], "C2;Luz;F3;01/11/2026;mucho;300;;;", strict=True)
    assert not report.saved
    assert everything(session) == before


def test_contacts_come_in_a_second_file(session: Session, cast: Cast) -> None:
    bring(session, cast.mexico, *OPEN)
    head = "Cliente;TELEFONO1;TELEFONO2;Correo"
    lines = ("C1;55 5087 2391 / 664 123 4599;;ana@tienda.mx", "C2;999999;;", "C9;55 5087 2392;;")
    report = bring(session, cast.mexico, *lines, head=head)
    assert report.counts["new_contacts"] == 3
    assert report.counts["unusable_contacts"] == 1
    assert [(r.row_number, r.value, str(r)) for r in report.refused] == [
        (4, "C9", "There is no debtor “C9” in this portfolio.")
    ]
    found = session.execute(text("SELECT value, status, status_reason FROM contact_point ORDER BY id")).all()
    assert ("+525550872391", "active", None) in [tuple(row) for row in found]
    assert session.execute(text("SELECT count(*) FROM contact_point WHERE status = 'unusable'")).scalar_one() == 1
    before = everything(session)
    assert bring(session, cast.mexico, *lines, head=head).changes == 0
    assert everything(session) == before
    assert cast.mexico.import_mapping["columns"]["due_on"] == "Vencimiento"  # the contacts' columns are not remembered


def test_what_an_agent_learned_about_a_phone_survives_the_next_file(session: Session, cast: Cast) -> None:
    line = "C1;Ana;F1;15/10/2026;1000;1000;;55 5087 2391;"
    bring(session, cast.mexico, line)
    session.execute(text("UPDATE contact_point SET status = 'wrong_person', attempts = 3"))
    bring(session, cast.mexico, line)
    assert session.execute(text("SELECT status, attempts FROM contact_point")).one() == ("wrong_person", 3)


def test_the_zone_comes_from_the_address_else_the_phone_else_the_portfolio(session: Session, cast: Cast) -> None:
    head = "Cliente;Factura;Vencimiento;Saldo;Estado Provincia;Telefono"
    bring(
        session,
        cast.mexico,
        "C1;F1;15/10/2026;10;Sonora;55 5087 2391",
        "C2;F2;15/10/2026;10;;664 123 4599",
        "C3;F3;15/10/2026;10;;",
        head=head,
    )
    rows = session.execute(text("SELECT reference, time_zone, zone_origin FROM debtor ORDER BY reference")).all()
    assert rows[0] == ("C1", "America/Hermosillo", "address")
    assert rows[1][1:] == ("America/Tijuana", "phone")
    assert rows[2] == ("C3", "America/Mexico_City", "portfolio")
    zones = text("SELECT w.zone FROM work_item w JOIN debtor d ON d.id = w.debtor_id ORDER BY d.reference")
    assert session.execute(zones).scalars().all() == [row[1] for row in rows]


def test_a_town_decides_the_zone_of_a_state_that_has_two(session: Session, cast: Cast) -> None:
    head = "Cliente;Factura;Vencimiento;Saldo;Estado Provincia;Ciudad;Telefono"
    bring(
        session,
        cast.mexico,
        "C1;F1;15/10/2026;10;Chihuahua;Ciudad Juárez;",
        "C2;F2;15/10/2026;10;Chihuahua;;614 412 4599",
        "C3;F3;15/10/2026;10;Chihuahua (frontera);;656 612 4599",
        head=head,
    )
    rows = session.execute(text("SELECT time_zone, zone_origin FROM debtor ORDER BY reference")).all()
    assert rows == [
        ("America/Ciudad_Juarez", "address"),
        ("America/Chihuahua", "phone"),
        ("America/Ciudad_Juarez", "phone"),
    ]


def test_an_account_does_not_change_hands(session: Session, cast: Cast) -> None:
    head = "Cliente;Cuenta;Factura;Vencimiento;Saldo"
    bring(session, cast.mexico, "C1;A1;F1;15/10/2026;10", head=head)
    report = bring(
        session, cast.mexico, "C2;A1;F2;15/10/2026;10", "C2;A2;F3;15/10/2026;10", "C3;A2;F4;15/10/2026;10", head=head
    )
    assert [(r.row_number, str(r)) for r in report.refused] == [
        (2, "The account “A1” belongs to the debtor C1."),
        (4, "The account “A2” belongs to the debtor C2."),
    ]


def test_another_currency_is_refused(session: Session, cast: Cast) -> None:
    report = bring(
        session,
        cast.mexico,
        "C1;F1;15/10/2026;10;MXN",
        "C1;F2;15/10/2026;10;USD",
        head="Cliente;Factura;Vencimiento;Saldo;Moneda",
    )
    assert [r.row_number for r in report.refused] == [3]


@pytest.mark.parametrize("name", ["ana", "bruno", "alma", "sofia"])
def test_who_may_not_import_is_refused(session: Session, cast: Cast, name: str) -> None:
    with pytest.raises(Refused):
        bring(session, cast.mexico, *OPEN, who=getattr(cast, name))


def test_a_manager_imports_into_her_own_portfolios_only(session: Session, cast: Cast) -> None:
    assert bring(session, cast.mexico, *OPEN, who=cast.marta).saved
    with pytest.raises(Refused, match="nothing here that you may see"):
        bring(session, cast.colombia, *OPEN, who=cast.marta)


def test_dates_that_excel_mangled_are_refused_in_words(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        bring(session, cast.mexico, "C1;F1;00:00.0;10", "C2;F2;00:00.0;20", head="Cliente;Factura;Vencimiento;Saldo")
    assert "Vencimiento" in str(refused.value)
    assert "Excel" in str(refused.value)


def test_a_question_keeps_the_file_out_until_it_is_answered(session: Session, cast: Cast) -> None:
    head, line = "Cliente;Factura;Vencimiento;Saldo", "C1;F1;05/06/2026;10"
    planned = bring(session, cast.mexico, line, head=head, plan=True)
    assert [question.setting for question in planned.questions] == ["date_format.due_on"]
    with pytest.raises(Refused):
        bring(session, cast.mexico, line, head=head)
    assert bring(session, cast.mexico, line, head=head, date_format="dd/mm/yyyy").saved
    assert bring(session, cast.mexico, "C1;F2;07/06/2026;10", head=head).saved  # the answer is remembered


def test_the_file_as_it_stood_on_a_business_date(session: Session, cast: Cast) -> None:
    lines = ("C1;F1;01/05/2026;100;15/05/2026", "C1;F2;05/05/2026;100;01/06/2026", "C2;F3;25/05/2026;70;20/06/2026")
    report = bring(
        session, cast.mexico, *lines, head="Cliente;Factura;Vencimiento;Importe;Fecha pago", on=date(2026, 6, 1)
    )
    assert moved(report) == {"history": 1, "new": 2}
    assert "business_date" not in cast.mexico.import_mapping


def test_one_audit_entry_and_one_run_are_left(session: Session, cast: Cast) -> None:
    report = bring(session, cast.mexico, *OPEN, who=cast.marta)
    deed, by, counts = session.execute(
        text("SELECT subject_id, by_id, details->'counts' FROM audit_entry WHERE deed = 'import_file'")
    ).one()
    assert (deed, by, counts["new"]) == (report.run_id, cast.marta.user_id, 3)
    state, content, kept = session.execute(text("SELECT state, content, report FROM import_run")).one()
    assert (state, content, kept["counts"]["new"]) == ("done", None, 3)


def test_the_shapes_spreadsheets_leave_are_one_debtor_and_one_debt(session: Session, cast: Cast) -> None:
    head = "Cliente;NOMBRECLIENTE;Factura;Vencimiento;Saldo;Días mora"
    clean = ("1928826755;Peña;F1;25/10/2026;1000.50;24", "77;Luz;F2;28/11/2026;300.00;-10")
    bring(session, cast.mexico, *clean, head=head)
    before = everything(session)
    # ids as floats, spaces at the end, another name, an exact duplicate, an older count of days, a grand total
    again = (
        "1928826755.0;Peña y Cía ;F1 ;25/10/2026;$1,000.50;25",
        "77.0;Luz;F2;28/11/2026;300.00;-9",
        "77.0;Luz;F2;28/11/2026;300.00;-9",
        ";TOTAL;;;1300.50;",
    )
    report = bring(session, cast.mexico, *again, head=head)
    assert report.refused == []
    assert moved(report) == {"unchanged": 2}
    assert report.counts["changed_debtors"] == 1  # the name
    after = everything(session)
    assert {name for name in TABLES if after[name] != before[name]} == {"debtor"}


def test_a_workbook_and_the_same_table_as_text_are_the_same_import(session: Session, cast: Cast) -> None:
    head = ("Cliente", "Factura", "Vencimiento", "Saldo")
    file = ImportFile("cartera.xlsx", xlsx_of(head, (77.0, "F1", date(2026, 10, 25), 1000.5)))
    intake = open_file(session, None, cast.mexico.id, file, at=NOW)
    assert save_import(session, intake, by=None, at=NOW).counts["new"] == 1
    report = bring(session, cast.mexico, "77;F1;25/10/2026;1000.50", head=";".join(head))
    assert moved(report) == {"unchanged": 1}


def test_latin_1_names_are_found_without_accents(session: Session, cast: Cast) -> None:
    data = csv_of(
        "C1;José Núñez;F1;25/10/2026;10", head="Cliente;Razón social;Factura;Vencimiento;Saldo", encoding="latin-1"
    )
    intake = open_file(session, None, cast.mexico.id, ImportFile("cartera.csv", data), at=NOW)
    save_import(session, intake, by=None, at=NOW)
    assert session.execute(text("SELECT name, folded_name FROM debtor")).one() == ("José Núñez", "jose nunez")


ROW = st.tuples(
    st.integers(1, 3), st.integers(1, 4), st.integers(1, 28), st.integers(-5, 9), st.integers(0, 9), st.booleans()
)


def line_of(row: tuple) -> str:
    debtor, document, day, amount, left, paid = row
    sign = -1 if amount < 0 else 1
    left = sign * min(left, abs(amount))
    return f"C{debtor};N{debtor};D{debtor}-{document};{day:02}/10/2026;{amount * 10};{left * 10};{f'{day:02}/11/2026' if paid and left == 0 and amount > 0 and day < 18 else ''};;"


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example([[(3, 1, 1, 0, 0, False), (1, 1, 1, -5, 5, False)], [(1, 1, 1, -2, 0, False), (1, 3, 1, 9, 6, False)]])
@given(st.lists(st.lists(ROW, min_size=1, max_size=6), min_size=1, max_size=3))
def test_any_files_again_change_nothing_and_balances_are_the_files(session: Session, cast: Cast, files: list) -> None:
    with session.begin_nested() as savepoint:
        for rows in files:
            lines = [line_of(row) for row in rows]
            report = bring(session, cast.mexico, *lines, date_format="dd/mm/yyyy")
            if report.saved:
                before = everything(session)
                assert bring(session, cast.mexico, *lines, date_format="dd/mm/yyyy").changes == 0
                assert everything(session) == before
        savepoint.rollback()


NEXT_MONTH = "C2;Luz;F4;30/11/2026;100;100;;;"


def test_what_was_paid_too_much_pays_the_next_invoice_and_the_same_file_changes_nothing(
    session: Session, cast: Cast
) -> None:
    bring(session, cast.mexico, *OPEN)
    case_id = session.execute(text("SELECT case_id FROM receivable WHERE number = 'F3'")).scalar_one()
    paid = {"case_id": case_id, "amount": Decimal(360), "paid_on": date(2026, 11, 10), "reference": "bank-1"}
    record_payment(session, **paid, by=None, at=NOW)
    bring(session, cast.mexico, NEXT_MONTH)
    assert owed(session)["F4"] == 40
    before = everything(session)
    assert moved(bring(session, cast.mexico, NEXT_MONTH)) == {"unchanged": 1}
    assert everything(session) == before
    # the creditor has set it against the invoice too: the same again
    assert moved(bring(session, cast.mexico, NEXT_MONTH.replace("100;;;", "40;;;"))) == {"unchanged": 1}
    assert everything(session) == before

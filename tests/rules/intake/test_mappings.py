from datetime import date

import pytest

from tests.rules.intake.files_of import column, csv_of, read
from workbench.rules.intake.mappings import DateOrder, load_mapping
from workbench.rules.refusals import Refused


def test_a_mapping_names_columns_forgiving_accents_and_case() -> None:
    data = csv_of("x1;F-1;10;03/04/2026", head="Código Raro;Papel;Cuánto;Cuándo")
    mapping = {"debtor_ref": "codigo raro", "document_number": "Papel", "balance": "CUANTO", "due_on": "Cuándo"}
    reading = read(data, columns=mapping, date_format="mm/dd/yyyy")
    assert column(reading, "due_on") == [date(2026, 3, 4)]
    assert reading.columns["balance"] == ["Cuánto"]


def test_constants_fill_what_the_file_leaves_out() -> None:
    reading = read(csv_of("C-1;F-1;25/03/2026;10"), constants={"product": "Tarjeta", "city": "Cali"})
    assert (column(reading, "product"), column(reading, "city")) == (["Tarjeta"], ["Cali"])


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("date_format: dd/mm/yyyy", DateOrder.DMY),
        ("date_format: '%m/%d/%Y'", DateOrder.MDY),
        ("date_format: {due_on: yyyy-mm-dd}", DateOrder.YMD),
        ("date_format: dd/mm/aaaa", DateOrder.DMY),
    ],
)
def test_a_date_format_may_be_written_as_people_write_it(text: str, order: DateOrder) -> None:
    assert load_mapping(text).order_of("due_on") is order


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "columns: {duedate: X}",
            "“m.yaml”, setting “columns”: “duedate” is not a field; did you mean “due_on”?",
            id="unknown field",
        ),
        pytest.param("colums: {}", "has a setting we do not know: “colums”", id="unknown setting"),
        pytest.param("a: [1", "is not a valid YAML file: see line", id="not YAML"),
        pytest.param("", "holds no settings", id="empty"),
        pytest.param("date_format: tomorrow", "“tomorrow” is not a date format; write dd/mm/yyyy", id="date format"),
        pytest.param("currency: pesos", "setting “currency”", id="currency"),
    ],
)
def test_a_wrong_mapping_says_which_setting_and_why(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        load_mapping(text, "m.yaml")
    assert said in str(refused.value)


def test_a_mapping_for_another_file_names_what_is_missing() -> None:
    with pytest.raises(
        Refused, match=r"columns the file does not have: Folio. The file has: Cliente, Factura, Vencimiento, Saldo"
    ):
        read(csv_of("C-1;F-1;25/03/2026;10"), columns={"debtor_ref": "Cliente", "document_number": "Folio"})


def test_answering_a_question_settles_it() -> None:
    data = csv_of("C-1;F-1;03/04/2026;10", "C-2;F-2;05/06/2026;10")
    (question,) = read(data).questions
    mapping = load_mapping("currency: COP").answered(question.setting, "mm/dd/yyyy")
    assert mapping.order_of("due_on") is DateOrder.MDY
    assert mapping.currency == "COP"

from datetime import date

import pytest

from tests.rules.intake.files_of import HEAD, column, csv_of, read, xlsx_of
from workbench.rules.refusals import Refused


def lines(*due: str) -> bytes:
    return csv_of(*(f"C-{i};F-{i};{day};10,00" for i, day in enumerate(due)))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(
            ["25/03/2026", "04/03/2026"], [date(2026, 3, 25), date(2026, 3, 4)], id="day first, told by the 25th"
        ),
        pytest.param(
            ["03/25/2026", "03/04/2026"], [date(2026, 3, 25), date(2026, 3, 4)], id="month first, told by the 25th"
        ),
        pytest.param(["25-03-26", "4-3-26"], [date(2026, 3, 25), date(2026, 3, 4)], id="short years"),
        pytest.param(["25.03.2026"], [date(2026, 3, 25)], id="points"),
        pytest.param(["2026-03-04", "2026-03-05T10:11:12Z"], [date(2026, 3, 4), date(2026, 3, 5)], id="ISO"),
        pytest.param(["20190220", "20190307.0"], [date(2019, 2, 20), date(2019, 3, 7)], id="compact, once as a float"),
        pytest.param(["26-Apr-11", "02-Dec-11"], [date(2011, 4, 26), date(2011, 12, 2)], id="English months"),
        pytest.param(
            ["26-abr-2011", "2 de enero de 2012", "3/dic/2011"],
            [date(2011, 4, 26), date(2012, 1, 2), date(2011, 12, 3)],
            id="Spanish months",
        ),
        pytest.param(
            ["25/03/2026 14:30", "04/03/2026 09:00:00"], [date(2026, 3, 25), date(2026, 3, 4)], id="with a time"
        ),
        pytest.param(["43516", "43531"], [date(2019, 2, 20), date(2019, 3, 7)], id="Excel's day numbers"),
        pytest.param(
            ["05/05/2026", "06/06/2026"], [date(2026, 5, 5), date(2026, 6, 6)], id="the order does not matter"
        ),
    ],
)
def test_a_column_of_dates_is_read_in_its_own_format(written: list[str], meant: list[date]) -> None:
    reading = read(lines(*written))
    assert column(reading, "due_on") == meant
    assert (reading.refused, reading.questions) == ([], [])


def test_the_order_is_decided_for_the_column_and_a_cell_that_does_not_fit_is_refused() -> None:
    reading = read(lines("25/03/2026", "04/03/2026", "31/02/2026"))
    assert column(reading, "due_on")[1] == date(2026, 3, 4)
    (refusal,) = reading.refused
    assert (refusal.row_number, refusal.column, refusal.value) == (4, "Vencimiento", "31/02/2026")
    assert str(refusal) == "“31/02/2026” is not a date written dd/mm/yyyy."


def test_an_ambiguous_column_is_asked_about_never_guessed() -> None:
    reading = read(lines("04/03/2026", "05/06/2026"))
    (question,) = reading.questions
    assert question.setting == "date_format.due_on"
    assert question.answers == {"dd/mm/yyyy": "2026-03-04 → 2026-06-05", "mm/dd/yyyy": "2026-04-03 → 2026-05-06"}
    with pytest.raises(Refused, match="no date shows whether the day or the month comes first"):
        reading.answered()
    told = read(lines("04/03/2026", "05/06/2026"), date_format="mm/dd/yyyy")
    assert column(told, "due_on") == [date(2026, 4, 3), date(2026, 5, 6)]
    assert told.answered() is told


def test_a_column_that_mixes_both_orders_is_asked_about() -> None:
    reading = read(lines("25/03/2026", "03/25/2026"))
    assert "mixes dates written day first and dates written month first" in str(reading.questions[0])


def swapped_file() -> bytes:
    texts = [[f"C-{i}", f"F-{i}", f"{13 + i}/02/2026", 10] for i in range(5)]
    real = [[f"C-{i}", f"F-{i}", date(2026, i - 4, 2), 10] for i in range(5, 12)]
    return xlsx_of(HEAD.split(";"), *texts, *real)


def test_real_dates_that_excel_swapped_are_offered_back_with_both_ranges() -> None:
    (question,) = read(swapped_file(), name="cartera.xlsx").questions
    assert (question.setting, question.suggested) == ("swapped.due_on", "yes")
    assert question.answers == {"yes": "2026-02-01 → 2026-02-07", "no": "2026-01-02 → 2026-07-02"}
    assert "Excel has probably swapped day and month" in str(question)
    mended = read(swapped_file(), name="cartera.xlsx", swapped={"due_on": True})
    assert mended.questions == []
    assert column(mended, "due_on")[5:] == [date(2026, 2, day) for day in range(1, 8)]
    kept = read(swapped_file(), name="cartera.xlsx", swapped={"due_on": False})
    assert kept.questions == []
    assert column(kept, "due_on")[6] == date(2026, 2, 2)


def test_real_dates_after_the_twelfth_prove_that_nothing_was_swapped() -> None:
    rows = [["C-1", "F-1", "25/02/2026", 10], *([f"C-{i}", f"F-{i}", date(2026, 2, 11 + i), 10] for i in range(5))]
    assert read(xlsx_of(HEAD.split(";"), *rows), name="cartera.xlsx").questions == []


def test_dates_destroyed_by_excel_refuse_the_column_with_words_a_manager_understands() -> None:
    with pytest.raises(Refused) as refused:
        read(lines("00:00.0", "00:00.0", "30:00.0"))
    assert str(refused.value) == (
        "Excel has destroyed the dates of the column “Vencimiento”: 3 of 3 cells show only a time, like 00:00.0, and the day is lost. "
        "Ask for the file again as it left the source system, without opening it in Excel, or leave this column out."
    )


def test_a_column_without_a_single_date_is_refused_as_a_whole() -> None:
    with pytest.raises(Refused, match="Nothing in the column “Vencimiento” is a date"):
        read(lines("pronto", "luego", "mañana"))


def test_a_row_without_a_due_date_is_refused_alone() -> None:
    reading = read(lines("25/03/2026", ""))
    assert [str(refusal) for refusal in reading.refused] == ["The row has no due date."]
    assert len(reading.rows) == 1

"""The pretend calls are judged as the database judges real ones: both read a result's reach alike."""

from sqlalchemy import text
from sqlmodel import Session

from seed.judged import CAME
from workbench.queries.contact_history import OUTCOME
from workbench.rules.contact_law import level_of
from workbench.rules.law_words import OUTCOMES


def test_a_pretend_result_came_as_far_as_the_database_says(session: Session) -> None:
    rows = session.execute(
        text(f"SELECT d.code, {OUTCOME.format(d='d')} AS came FROM disposition d WHERE d.code LIKE 'call.%'")
    )
    assert {row.code: row.came for row in rows} == {
        code: came for code, came in CAME.items() if code.startswith("call.")
    }


def test_every_result_is_one_that_the_law_knows() -> None:
    assert set(CAME.values()) <= OUTCOMES.keys()
    assert level_of("No answer") == level_of("no_answer")

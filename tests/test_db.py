from datetime import date

import pytest
from sqlalchemy import text

from models import Team
from tests.cast import NOW
from tests.conftest import run_sql
from workbench import db, embedded
from workbench.rules.refusals import Refused


def backend() -> int:
    with db.reading() as session:
        return session.execute(text("SELECT pg_backend_pid()")).scalar_one()


def test_the_first_question_after_the_server_hung_up_is_answered(fresh_db: str, servers: embedded.Servers) -> None:
    before = backend()
    assert backend() == before  # the pool gives the same connection again
    run_sql(servers, f"SELECT pg_terminate_backend({before}, 5000)")
    assert backend() != before


def test_what_a_block_wrote_is_gone_when_it_fails(fresh_cast, fresh_db: str) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction() as session:
        session.execute(text("UPDATE team SET name = 'changed'"))
        1 / 0  # noqa: B018
    with db.reading() as session:
        assert not session.execute(text("SELECT count(*) FROM team WHERE name = 'changed'")).scalar_one()


def test_what_was_told_to_the_driver_alone_is_saved_with_the_rest_or_not_at_all(fresh_cast, fresh_db: str) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction() as session:
        db.driver(session).execute("UPDATE team SET name = 'lost'")
        1 / 0  # noqa: B018
    with db.transaction() as session:
        db.driver(session).execute("UPDATE team SET name = 'alone'")
    with db.transaction() as session:
        db.driver(session).execute("UPDATE team SET name = name || ', driver'")
        session.execute(text("UPDATE team SET name = name || ', session'"))
        db.driver(session).execute("UPDATE team SET name = name || ', driver'")
    with db.reading() as session:
        assert set(session.execute(text("SELECT name FROM team")).scalars()) == {"alone, driver, session, driver"}


def test_what_was_only_added_is_saved(fresh_cast, fresh_db: str) -> None:
    with db.transaction() as session:
        session.add(Team(code="added", name="Added", created_at=NOW))
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM team WHERE code = 'added'")).scalar_one() == 1


def test_reading_holds_no_transaction_open(fresh_db: str, servers: embedded.Servers) -> None:
    with db.reading() as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        state = run_sql(servers, f"SELECT state FROM pg_stat_activity WHERE pid = {pid}")
    assert state == [("idle",)]


def test_a_refusal_leaves_its_trace_although_nothing_of_the_deed_is_saved(fresh_cast, fresh_db: str) -> None:
    refused = Refused("No.")
    refused.trace = lambda session: session.execute(text("UPDATE team SET name = 'traced'"))
    with pytest.raises(Refused) as seen, db.transaction() as session:
        session.execute(text("UPDATE team SET code = code || '-changed', name = 'changed'"))
        raise refused
    assert seen.value is refused
    with db.reading() as session:
        rows = session.execute(text("SELECT code, name FROM team ORDER BY code")).all()
    assert [tuple(row) for row in rows] == [("norte", "traced"), ("sur", "traced")]


@pytest.mark.parametrize(("options", "kept"), [({}, 1), (db.AFRESH, 0)], ids=["what comes often", "a board"])
def test_a_board_is_planned_for_what_it_asks_about(fresh_db: str, options: dict[str, bool], kept: int) -> None:
    asked = text("SELECT count(*) FROM collection_case WHERE opened_on < :on")
    with db.reading() as session:
        for day in range(1, 9):
            assert session.execute(asked, {"on": date(2026, 11, day)}, execution_options=options).scalar_one() == 0
        prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%opened_on <%' AND NOT from_sql"
        assert session.execute(text(prepared)).scalar_one() == kept

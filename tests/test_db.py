import pytest
from sqlalchemy import text

from tests.conftest import run_sql
from workbench import db, embedded


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


def test_reading_holds_no_transaction_open(fresh_db: str, servers: embedded.Servers) -> None:
    with db.reading() as session:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        state = run_sql(servers, f"SELECT state FROM pg_stat_activity WHERE pid = {pid}")
    assert state == [("idle",)]

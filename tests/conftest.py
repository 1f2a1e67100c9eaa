"""Real servers for every test: one embedded cluster a run, one database a worker, rolled back after each test."""

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlmodel import Session

from tests.cast import NOW, Cast, hire
from workbench import db, embedded
from workbench.actions.dispositions import install_dispositions
from workbench.actions.templates import install_templates

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell's background job is deaf to Ctrl-C, and so would be every process that a test starts
    signal.signal(signal.SIGINT, signal.default_int_handler)

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
REDIS = int(WORKER.removeprefix("gw")) % 15 + 1 if WORKER.startswith("gw") else 0  # each worker empties its own queues
TEMPLATE = "template_workbench"
KEPT: list[Engine] = []  # of the tests that are rolled back: the next one goes on with it


def url_of(servers: embedded.Servers, name: str) -> str:
    return make_url(servers.database_url).set(database=name).render_as_string(hide_password=False)


def clone(servers: embedded.Servers, name: str) -> str:
    """Makes a migrated database of its own and returns its URL; as files, which costs a third of copying its pages."""
    run_sql(servers, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    return url_of(servers, name)


def run_sql(servers: embedded.Servers, *statements: str) -> list[tuple]:
    """Runs statements outside any transaction on the cluster's own database; returns the last one's rows."""
    engine = create_engine(servers.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def hang_up() -> None:
    while KEPT:
        KEPT.pop().dispose()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "session" not in getattr(item, "fixturenames", ()):
        hang_up()


@pytest.fixture(scope="session")
def servers() -> Iterator[embedded.Servers]:
    home = Path(tempfile.gettempdir()) / f"workbench-tests-{RUN}"
    with embedded.using(home, durable=False) as running:
        with (home / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not run_sql(running, f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'"):
                run_sql(running, f"CREATE DATABASE {TEMPLATE}_new")
                db.connect(url_of(running, f"{TEMPLATE}_new"), running.redis_url)
                db.migrate()
                with db.transaction() as session:
                    install_dispositions(session)
                    install_templates(session, at=NOW)
                db.engine().dispose()
                run_sql(running, f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")
        yield replace(running, redis_url=f"{running.redis_url.removesuffix('0')}{REDIS}")
    if not embedded.running(home):
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def database(servers: embedded.Servers) -> str:
    """This worker's own database, for tests that are rolled back."""
    name = f"test_{WORKER}"
    run_sql(servers, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    return clone(servers, name)


@pytest.fixture
def session(servers: embedded.Servers, database: str) -> Iterator[Session]:
    """A session whose every change is rolled back after the test, also what it "commits".

    One test after another has the same connection: what it and its server have learned of the statements is kept.
    """
    if not KEPT or KEPT[0] is not db.engine():
        hang_up()
        db.connect(database, servers.redis_url)
        KEPT.append(db.engine())
    with db.engine().connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@pytest.fixture
def fresh_db(servers: embedded.Servers) -> Iterator[str]:
    """An empty migrated database of its own, for tests with two connections, processes or browsers; yields its URL."""
    name = f"fresh_{WORKER}_{os.urandom(4).hex()}"
    url = clone(servers, name)
    db.connect(url, servers.redis_url)
    yield url
    db.engine().dispose()
    run_sql(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def cast(session: Session) -> Cast:
    """Ana, Sofía, Marta, Alma and Bruno, with their teams and portfolios, in the rolled-back session."""
    return hire(session)


@pytest.fixture
def fresh_cast(fresh_db: str) -> Cast:
    """The same people, committed in a database of their own."""
    with db.transaction() as session:
        return hire(session)

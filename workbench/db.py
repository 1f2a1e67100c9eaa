"""The engine, the only place that commits, and jobs that leave after the commit."""

import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
import redis
from rq import Queue
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlmodel import Session

import models
from workbench.jobs import Job, longest_seconds, queue_of
from workbench.logs import logger
from workbench.rules.refusals import Refused

log = logger(__name__)

ROOM = "32MB"  # for each sort or table of a statement
AFRESH = {"plan_afresh": True}  # execution options of a statement over as much as is asked about: a day or a quarter

_urls: dict[str, str] = {}


def connect(database_url: str, redis_url: str) -> None:
    """Says which servers this process uses; connections are made on first use."""
    _urls.update(database=database_url, redis=redis_url)
    engine.cache_clear()
    _reader.cache_clear()
    valkey.cache_clear()


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The process's one pool of PostgreSQL connections."""
    # an error that lands in a log names the statement, not the debtor in its parameters
    # the connection used last comes first: it has prepared the statements that the next deed asks
    made = create_engine(_urls["database"], pool_size=20, max_overflow=20, pool_use_lifo=True, hide_parameters=True)
    event.listen(made, "connect", _give_room)
    event.listen(made, "checkout", _refuse_dead)
    event.listen(made, "do_execute", _plan_afresh)
    # a forked RQ work-horse must not share its parent's sockets
    os.register_at_fork(after_in_child=lambda: made.dispose(close=False))
    return made


def _give_room(connection: Any, _record: object) -> None:
    """Lets a statement sort and count in memory what boards ask for; a server that allows more is left as it is.

    With the 4 MB of a server that nobody has set up, a quarter's contacts are sorted on its disk.
    """
    connection.execute(
        "SELECT set_config('work_mem', %(room)s, false) WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes(%(room)s)",
        {"room": ROOM},
    )
    connection.commit()


def _plan_afresh(cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
    """Has a board's statement planned for the very days that it asks about.

    The driver prepares what comes often, and from its sixth time on the server keeps one plan for all values: after
    some days a quarter took three times as long. None leaves the execution to the dialect.
    """
    if not context.execution_options.get("plan_afresh"):
        return None
    cursor.execute(statement, parameters, prepare=False)
    return True


def _refuse_dead(connection: Any, _record: object, _proxy: object) -> None:
    """Throws the pool's connections away when the server has hung up on one of them.

    An idle connection has nothing to read, unless its end; looking costs microseconds, where asking the server
    would cost every deed a round trip.
    """
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    if idle.poll(0):
        raise InvalidatePoolError


def is_away(error: Exception) -> bool:
    """Whether PostgreSQL was away, going or at odds with another deed: the same may well succeed a moment later."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(origin, psycopg.OperationalError)


@lru_cache(maxsize=1)
def valkey() -> "redis.Redis":
    """The process's connection pool to Redis or Valkey."""
    return redis.Redis.from_url(_urls["redis"], socket_connect_timeout=2, socket_timeout=10)


@contextmanager
def transaction() -> Iterator[Session]:
    """One deed: everything in it is saved together or not at all; its jobs leave after the commit.

    A refusal may leave a trace: the deed is undone, the trace is saved by itself, and the refusal goes on.
    """
    try:
        with engine().connect() as connection, Session(connection, expire_on_commit=False) as session:
            yield session
            if session.in_transaction():
                session.commit()
            connection.connection.commit()  # what was told to the driver alone; sends nothing when the session did it
    except Refused as refused:
        if refused.trace:
            _leave_trace(refused)
        raise
    send_jobs(session)


def _leave_trace(refused: Refused) -> None:
    """Saves what a refusal leaves, once however many transactions it passes."""
    trace, refused.trace = refused.trace, None
    assert trace is not None
    with transaction() as session:
        trace(session)


def driver(session: Session) -> "psycopg.Connection[Any]":
    """The driver's connection inside this session's transaction: a hot path spares what SQLAlchemy adds to a statement.

    A deed that speaks to the driver alone does not even begin the session's own transaction.
    """
    bound = session.bind
    connection = bound if isinstance(bound, Connection) and not session.in_transaction() else session.connection()
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    return raw


@contextmanager
def reading() -> Iterator[Session]:
    """A session to read with: each statement sees what is committed by then, and none holds a transaction open."""
    with Session(_reader(engine()), expire_on_commit=False) as session:
        yield session


@lru_cache(maxsize=1)
def _reader(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def leading(name: str) -> Iterator[Callable[[], bool]]:
    """Asks again and again whether this process is the one that does `name`; the first to ask leads until the block ends.

    The lead hangs on one connection of its own: when the process dies PostgreSQL frees it, and when the
    connection breaks the next question raises. `pg_try_advisory_lock` counts, so it is asked for only once.
    """
    with engine().execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.detach()  # never goes back to the pool with the lock on it
        # a leader whose host vanished is noticed within a minute, not within the kernel's two hours
        for setting in ("idle = 30", "interval = 10", "count = 3"):
            connection.execute(text(f"SET tcp_keepalives_{setting}"))
        led = False

        def leads() -> bool:
            nonlocal led
            ask = "SELECT true" if led else "SELECT pg_try_advisory_lock(hashtext(:name))"
            led = bool(connection.execute(text(ask), {} if led else {"name": name}).scalar_one())
            return led

        yield leads


def enqueue(session: Session, job: Job, **ids: Any) -> None:
    """Notes a job to be sent when this session's transaction has been committed; arguments are ids, nothing personal."""
    session.info.setdefault("jobs", []).append((job, ids))


def send_jobs(session: Session) -> None:
    """Wakes the workers; when Redis is away nothing is lost, because the timetable sweeps the rows left behind."""
    jobs = session.info.pop("jobs", [])
    if not jobs:
        return
    try:
        for name in dict.fromkeys(queue_of(job) for job, _ in jobs):
            queue = Queue(name.value, connection=valkey(), serializer=JSONSerializer)
            queue.enqueue_many([_entry(job, ids) for job, ids in jobs if queue_of(job) == name])
    except redis.RedisError:
        log.warning("redis_away", jobs=len(jobs))  # they wait for the sweep


def _entry(job: Job, ids: dict[str, Any]) -> EnqueueData:
    return Queue.prepare_data(
        job.value,
        kwargs=ids,
        description=job.value,
        timeout=longest_seconds(queue_of(job)),
        result_ttl=0,
        failure_ttl=86_400,
    )


def migrate(target: str = "head") -> None:
    """Brings the database's tables to `target`, in one transaction, one process at a time."""
    from alembic import command  # noqa: PLC0415 - a fifth of a worker's start, and no worker migrates
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(models.__file__).parent / "migrations"))
    with engine().begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('migrate'))"))
        config.attributes["connection"] = connection
        standing = MigrationContext.configure(connection).get_current_heads()
        if target != "head" or set(standing) != set(ScriptDirectory.from_config(config).get_heads()):
            connection.execute(text(_LET_GO))
        if target == "base":
            command.downgrade(config, target)
        else:
            command.upgrade(config, target)


# The views of reports hold the columns they read; `install_reporting` makes them again. A schema of somebody else's
# that has the name stays.
_LET_GO = """
DO $$ BEGIN
    IF obj_description(to_regnamespace('reporting'), 'pg_namespace') LIKE 'Cobranza Workbench%' THEN
        DROP SCHEMA reporting CASCADE;
    END IF;
END $$
"""

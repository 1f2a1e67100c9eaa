"""PostgreSQL and Valkey from wheels, for laptops and tests; production sets DATABASE_URL and REDIS_URL.

Nothing is believed but an answer: a server runs when SELECT 1 or PING comes back, and a process is ours
when its name and its working directory say so (the pid in a file may by now be somebody else's).
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Literal
from urllib.parse import quote

import psycopg

from workbench.embedded_home import Home, Programs, data_folder, existing_home, make_home, programs
from workbench.embedded_processes import processes, send
from workbench.rules.refusals import Refused

Kind = Literal["postgres", "valkey-server"]
BOTH: tuple[Kind, ...] = ("postgres", "valkey-server")

START_SECONDS = 120  # recovery after a crash replays the log; a laptop's disk may need a minute
LAUNCHES = 20  # orphans hold the shared memory for a moment; a broken cluster fails for ever
STUCK_SECONDS = 5  # processes nobody can reach: orphans of a killed server, or its socket was deleted
STOP_SECONDS = 30

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}  # nothing of the caller's PG* or locale
_POSTGRES = {
    "listen_addresses": "",
    "port": "5432",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Statements and details would put debtors' names in the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
_FORGETFUL = {  # a test's cluster may vanish with the power
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_VALKEY = "--port 0 --unixsocketperm 700 --appendonly yes --appendfsync everysec --maxmemory-policy noeviction"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the two servers listen."""

    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class _Server:
    program: Path
    arguments: list[str]
    folder: Path  # its working directory, which tells it from everybody else's
    socket: Path
    log: Path
    leftovers: list[Path]  # files of a dead process that keep a new one from starting
    answers: Callable[[], bool]
    goodbye: signal.Signals


@contextmanager
def using(data_dir: Path, *, durable: bool = True, needed: Collection[Kind] = BOTH) -> Iterator[Servers]:
    """Servers for as long as the block lasts; the last process that leaves stops them.

    Users hold a shared lock on `users.lock`, which the kernel frees even on `kill -9`: servers whose users
    were all killed are adopted by the next one.
    """
    with (data_folder(data_dir) / "users.lock").open("a") as users:
        try:
            with _locked(data_dir):
                fcntl.flock(users, fcntl.LOCK_SH)
                servers = _start(data_dir, durable=durable, needed=needed)
            yield servers
        finally:  # also when a signal or a refusal ends the start half way
            with _locked(data_dir):
                if _alone(users):
                    _stop(data_dir)


def start(data_dir: Path, *, durable: bool = True, needed: Collection[Kind] = BOTH) -> Servers:
    """Start what is not running and heal what is broken; raises `Refused` when a server does not start.

    Stays until `stop`; not `durable` trades safety against power loss for speed (tests only).
    """
    with _locked(data_folder(data_dir)):
        return _start(data_dir, durable=durable, needed=needed)


def stop(data_dir: Path) -> None:
    """Stop both servers, whoever uses them."""
    with _locked(data_folder(data_dir)):
        _stop(data_dir)


def running(data_dir: Path, *, needed: Collection[Kind] = BOTH) -> Servers | None:
    """The servers of this directory if all that are needed answer."""
    if (home := existing_home(data_dir)) is None:
        return None
    return _addresses(home) if all(server.answers() for server in _servers(home, needed=needed)) else None


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """One process at a time starts or stops servers here."""
    with (data_dir / "embedded.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _alone(users: IO[str]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _start(data_dir: Path, *, durable: bool, needed: Collection[Kind]) -> Servers:
    home = make_home(data_dir)
    servers = _servers(home, durable=durable, needed=needed)
    if not all(server.answers() for server in servers):
        if "postgres" in needed:
            _create_cluster(home, programs(home).initdb, durable=durable)
        for server in servers:
            _bring_up(server, home)
        if "postgres" in needed:
            _create_database(home)
    addresses = _addresses(home)
    (data_dir / "embedded.json").write_text(json.dumps(asdict(addresses) | {"files": str(home.path)}, indent=2))
    return addresses


def _stop(data_dir: Path) -> None:
    (data_dir / "embedded.json").unlink(missing_ok=True)
    if (home := existing_home(data_dir)) is None:
        return
    servers = _servers(home)
    for server in servers:
        send(server.goodbye, server.program.name, server.folder, leaders_only=True)
    deadline = time.monotonic() + STOP_SECONDS
    while any(_processes(server) for server in servers):
        if time.monotonic() > deadline:
            for server in servers:
                send(signal.SIGKILL, server.program.name, server.folder)
        time.sleep(0.02)


def _servers(home: Home, *, durable: bool = True, needed: Collection[Kind] = BOTH) -> list[_Server]:
    wheels = programs(home)
    known = [_postgres(home, wheels, durable=durable), _valkey(home, wheels)]
    return [server for server in known if server.program.name in needed]


def _postgres(home: Home, wheels: Programs, *, durable: bool) -> _Server:
    cluster, sockets = home.path / "postgres", home.sockets()
    end = sockets / ".s.PGSQL.5432"
    chosen = _POSTGRES | {"unix_socket_directories": str(sockets), "unix_socket_permissions": "0700"}
    chosen |= {} if durable else _FORGETFUL
    return _Server(
        program=wheels.postmaster,
        arguments=["-D", str(cluster), *(word for name, value in chosen.items() for word in ("-c", f"{name}={value}"))],
        folder=cluster,
        socket=end,
        log=home.path / "postgres.log",
        leftovers=[cluster / "postmaster.pid", end, end.with_suffix(".5432.lock")],
        answers=partial(_selects_one, home),
        goodbye=signal.SIGINT,  # PostgreSQL's "fast": open transactions are rolled back, no one is waited for
    )


def _valkey(home: Home, wheels: Programs) -> _Server:
    folder, end = home.folder(home.path / "valkey"), home.sockets() / "valkey.sock"
    return _Server(
        program=wheels.valkey_server,
        arguments=["--unixsocket", str(end), "--dir", str(folder), "--save", "", *_VALKEY.split()],
        folder=folder,
        socket=end,
        log=home.path / "valkey.log",
        leftovers=[end],
        answers=partial(_pongs, end),
        goodbye=signal.SIGTERM,
    )


def _bring_up(server: _Server, home: Home) -> None:
    """Until it answers: wait while it recovers or its orphans die, clear what the dead left, launch."""
    began = reached = time.monotonic()
    launches = 0
    while not server.answers():
        now = time.monotonic()
        if now - began > START_SECONDS or launches > LAUNCHES:
            raise Refused(
                "{program} does not start; its log {log} says why.", program=server.program.name, log=server.log
            )
        if not _processes(server):
            launches += 1
            _launch(server, home)
            reached = now
        elif _listens(server.socket):
            reached = now
        elif now - reached > STUCK_SECONDS:
            send(signal.SIGKILL, server.program.name, server.folder)
        time.sleep(0.05)


def _launch(server: _Server, home: Home) -> None:
    for leftover in server.leftovers:
        leftover.unlink(missing_ok=True)
    with server.log.open("ab") as log:
        os.chown(server.log, home.uid, home.gid)
        child = subprocess.Popen(  # noqa: S603 (a wheel's own program)
            [server.program, *server.arguments],
            cwd=server.folder,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # or Ctrl-C would stop it before its users have said goodbye
            **home.identity(),
        )
    # We are its parent: unless someone waits for it, its death leaves a zombie.
    threading.Thread(target=child.wait, daemon=True).start()


def _processes(server: _Server) -> dict[int, int]:
    return processes(server.program.name, server.folder)


def _create_cluster(home: Home, initdb: Path, *, durable: bool) -> None:
    """Make the cluster under another name first: an interrupted initdb leaves nothing that looks whole."""
    cluster, unfinished = home.path / "postgres", home.path / "postgres.unfinished"
    if cluster.exists():
        return
    shutil.rmtree(unfinished, ignore_errors=True)
    # The built-in provider sorts and folds alike on every system and libc.
    options = "--username=workbench --auth=trust --encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8"
    options += " --data-checksums" if durable else " --data-checksums --no-sync"
    command = [str(initdb), "-D", str(unfinished), *options.split()]
    done = subprocess.run(  # noqa: S603
        command, cwd=home.path, env=_ENVIRONMENT, capture_output=True, text=True, check=False, **home.identity()
    )
    if done.returncode:
        raise Refused("The database cannot be created: {why}", why=done.stderr.strip())
    unfinished.rename(cluster)


def _connect(home: Home) -> psycopg.Connection:
    return psycopg.connect(
        host=str(home.sockets()), port=5432, user="workbench", dbname="postgres", connect_timeout=5, autocommit=True
    )


def _create_database(home: Home) -> None:
    with _connect(home) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'workbench'").fetchone():
            connection.execute("CREATE DATABASE workbench")


def _selects_one(home: Home) -> bool:
    with suppress(psycopg.OperationalError), _connect(home) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)
    return False


def _pongs(end: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(5)
        wire.connect(str(end))
        wire.sendall(b"PING\r\n")
        return wire.recv(64).startswith(b"+PONG")
    return False


def _listens(end: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(5)
        wire.connect(str(end))
        return True
    return False


def _addresses(home: Home) -> Servers:
    folder = quote(str(home.sockets()))
    return Servers(
        database_url=f"postgresql+psycopg://workbench@/workbench?host={folder}&port=5432",
        redis_url=f"unix://{folder}/valkey.sock?db=0",
    )

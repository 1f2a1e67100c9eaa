"""`workbench up` and what it rests on: nothing dies for good, nothing stays behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from workbench import embedded, embedded_home
from workbench.commands import up
from workbench.embedded_processes import processes
from workbench.rules.refusals import Refused

# A part that writes its pid, and one more line for every signal it is asked to end by.
PART = """
import os, signal, sys, time
from workbench.supervise import die_with_parent
die_with_parent()
def asked(*_):
    print("asked", file=open(sys.argv[1], "a"), flush=True)
    if sys.argv[2] == "polite": sys.exit(0)
signal.signal(signal.SIGTERM, asked)
print(os.getpid(), file=open(sys.argv[1], "a"), flush=True)
while True: time.sleep(0.05)
"""
SUPERVISOR = """
import sys
from workbench import supervise
supervise.GRACE_SECONDS, supervise.HURRY_SECONDS = float(sys.argv[3]), 0.3
parts = [supervise.Part(f"part {n}", [sys.executable, "-c", sys.argv[1], path, sys.argv[2]])
         for n, path in enumerate(sys.argv[4:])]
supervise.supervise(parts, environment={**__import__("os").environ}, said=lambda *said: print(*said, flush=True))
print("left", flush=True)
"""


PATIENCE = 180  # seconds: a busy machine takes a minute to start a process


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def pids(notes: Path) -> list[int]:
    return [int(line) for line in notes.read_text().split() if line.isdigit()] if notes.exists() else []


@contextmanager
def supervisor(notes: list[Path], manner: str = "polite", grace: float = 10) -> Iterator[subprocess.Popen]:
    """Parts under a supervisor in a process of its own, all of them running."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, PART, manner, str(grace), *notes],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        eventually(lambda: all(pids(path) for path in notes))
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def notes(tmp_path) -> list[Path]:
    return [tmp_path / "one", tmp_path / "two"]


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_passed_on_once_and_everybody_leaves(notes, signum):
    with supervisor(notes) as process:
        os.killpg(process.pid, signum)  # as a terminal does: the parts are in groups of their own
        assert process.wait(PATIENCE) == 0
        assert process.stdout.read() == "left\n"
        assert [path.read_text().count("asked") for path in notes] == [1, 1]
        assert not any(psutil.pid_exists(pid) for path in notes for pid in pids(path))


def test_a_part_that_died_is_started_again_and_the_others_are_left_alone(notes):
    with supervisor(notes) as process:
        os.kill(pids(notes[0])[0], signal.SIGKILL)
        eventually(lambda: len(pids(notes[0])) == 2)
        assert process.stdout.readline() == "part 0 -9 1.0\n"
        assert len(pids(notes[1])) == 1


def test_a_part_that_keeps_dying_is_started_with_growing_pauses(notes):
    with supervisor(notes[:1]) as process:
        for born in (1, 2):
            eventually(lambda born=born: len(pids(notes[0])) == born)
            os.kill(pids(notes[0])[-1], signal.SIGKILL)
        assert [process.stdout.readline().split()[-1] for _ in range(2)] == ["1.0", "2.0"]


def test_parts_that_will_not_leave_are_killed(notes):
    with supervisor(notes, manner="stubborn", grace=0.3) as process:
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert not any(psutil.pid_exists(pid) for path in notes for pid in pids(path))


def test_a_second_signal_cuts_the_patience_short(notes):
    with supervisor(notes, manner="stubborn", grace=10 * PATIENCE) as process:
        process.terminate()
        eventually(lambda: all("asked" in path.read_text() for path in notes))
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_kill_9_of_the_supervisor_takes_the_parts_along(notes):
    with supervisor(notes) as process:
        process.kill()
        process.wait()
        eventually(lambda: not any(psutil.pid_exists(pid) for path in notes for pid in pids(path)))


def test_a_taken_port_gives_way_to_the_next_free_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert port < up.free_port("127.0.0.1", port) < port + up.PORTS_TRIED


def test_no_port_at_all_is_refused(monkeypatch):
    monkeypatch.setattr(up, "PORTS_TRIED", 1)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Refused, match="No free port"):
        up.free_port("127.0.0.1", taken.getsockname()[1])


@pytest.fixture
def data_dir() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="workbench-"))
    path.chmod(0o711)
    yield path
    embedded.stop(path)
    if home := embedded_home.existing_home(path):
        shutil.rmtree(home.path)
    shutil.rmtree(path)


def workbench(*words: str, **environment: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WORKBENCH_", "DATABASE_URL"))}
    command = [sys.executable, "-m", "workbench.cli", *words]
    return subprocess.run(
        command, env={**clean, **environment}, capture_output=True, text=True, check=False, timeout=300
    )


def test_a_one_shot_command_starts_the_servers_and_stops_them(data_dir):
    done = workbench("migrate", WORKBENCH_DATA=str(data_dir))
    assert (done.returncode, done.stderr) == (0, "")
    assert "al día" in done.stdout
    assert embedded.running(data_dir) is None


@pytest.mark.parametrize(
    ("language", "reason"), [("es", "La configuración no se puede usar"), ("en", "The settings cannot be used")]
)
def test_a_refusal_is_a_sentence_in_the_readers_language_and_exit_code_2(language, reason):
    done = workbench("migrate", WORKBENCH_LANGUAGE=language, WORKBENCH_OIDC_ISSUER="https://id.example.org")
    assert done.returncode == 2
    assert done.stderr.startswith(reason)
    assert "Traceback" not in done.stderr


def test_a_dead_database_is_said_without_a_traceback():
    nowhere = {"DATABASE_URL": "postgresql://ana@127.0.0.1:1/book", "REDIS_URL": "redis://127.0.0.1:1"}
    done = workbench("migrate", **nowhere)
    assert done.returncode == 3
    assert "PostgreSQL no responde" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_stopped_half_way_leaves_no_process(data_dir):
    environment = {**os.environ, "WORKBENCH_DATA": str(data_dir)}
    with running([sys.executable, "-m", "workbench.cli", "migrate"], environment) as process:
        eventually((data_dir / "embedded.json").exists)
        process.terminate()
        assert process.wait(PATIENCE) in {0, 128 + signal.SIGTERM}
    assert embedded.running(data_dir) is None


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    """A command that is ended even when the test fails; it would outlive the test otherwise."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def leavings(data_dir: Path) -> list[int]:
    """Processes that still know the data directory by their environment or arguments."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("WORKBENCH_DATA") == str(data_dir):
                found.append(process.pid)
    return found


def answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(address, timeout=5) as reply:
        return reply.status == 200
    return False


def test_up_serves_the_pages_heals_its_servers_and_leaves_no_process(data_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {**os.environ, "WORKBENCH_DATA": str(data_dir), "WORKBENCH_LANGUAGE": "en"}
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "workbench.cli", "up", "--port", str(port)]
        with running(command, environment) as process:
            said = iter(process.stdout.readline, "")
            assert next(line for line in said if line.startswith(f"Port {port} is taken; using "))
            address = next(line for line in said if line.startswith("Open ")).split()[1]
            eventually(lambda: answers(f"{address}/readyz"))
            home = embedded_home.existing_home(data_dir)
            for pid in processes("valkey-server", home.path / "valkey"):
                os.kill(pid, signal.SIGKILL)
            eventually(lambda: answers(f"{address}/readyz"))
            process.terminate()
            assert process.wait(PATIENCE) == 0
    assert leavings(data_dir) == []
    assert not processes("postgres", home.path / "postgres")
    assert not processes("valkey-server", home.path / "valkey")

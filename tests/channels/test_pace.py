"""The pace of a provider on the real Valkey, shared by threads and processes."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from workbench import clock, db
from workbench.channels import pace


@pytest.fixture
def provider(servers, database):
    db.connect(database, servers.redis_url)
    return f"provider-{os.urandom(4).hex()}"


def at_a_window_start() -> None:
    """Just after a second of Valkey's clock has begun, so that a test counts whole windows."""
    micros = db.valkey().time()[1]
    time.sleep((1_000_000 - micros) / 1e6 + 0.01)


def turns(provider: str, per_second: float, seconds: float) -> list[float]:
    ends, taken = time.monotonic() + seconds, []
    while pace.wait_turn(provider, per_second, patience=ends - time.monotonic()):
        taken.append(time.time())
    return taken


def kept(taken: list[float], per_second: int) -> bool:
    """Two windows were used up, and none held more than the rate, however late a busy machine began."""
    windows = int(max(taken)) - int(min(taken)) + 1
    return 2 * per_second <= len(taken) <= windows * per_second


def test_threads_share_one_rate(provider):
    at_a_window_start()
    taken: list[float] = []
    crew = [threading.Thread(target=lambda: taken.extend(turns(provider, 20, 1.9))) for _ in range(8)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert kept(taken, 20)


def test_processes_share_one_rate(provider, servers, database):
    code = (
        "import json, sys; from workbench import db; from tests.channels.test_pace import turns;"
        f"db.connect({database!r}, {servers.redis_url!r}); db.valkey().ping(); print(flush=True);"
        f"sys.stdin.readline(); print(json.dumps(turns({provider!r}, 15, 1.9)))"
    )
    root, pipe = Path(__file__).parents[2], subprocess.PIPE
    command = [sys.executable, "-c", code]
    crew = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) for _ in range(3)]
    for process in crew:
        process.stdout.readline()
    at_a_window_start()
    for process in crew:
        process.stdin.write("\n")
        process.stdin.flush()
    assert kept([at for process in crew for at in json.loads(process.communicate()[0])], 15)


def test_a_rate_below_one_a_second(provider):
    assert pace.wait_turn(provider, 0.5)
    assert not pace.wait_turn(provider, 0.5, patience=0)


def test_a_patience_that_ends_is_said_at_once(provider):
    assert pace.wait_turn(provider, 1)
    before = time.monotonic()
    pace.wait_turn(provider, 1, patience=0)
    assert time.monotonic() - before < 0.8  # its turn comes after a second


def test_a_pause_holds_everybody_back_and_ends(provider):
    pace.pause(provider, clock.now() + timedelta(seconds=0.6))
    before = time.monotonic()
    assert not pace.wait_turn(provider, 1000, patience=0.1)
    assert pace.wait_turn(provider, 1000)
    assert 0.4 < time.monotonic() - before < 5


def test_a_pause_is_made_longer_never_shorter(provider):
    for seconds in (2, 60, 5, -1):
        pace.pause(provider, clock.now() + timedelta(seconds=seconds))
    assert 55 < db.valkey().pttl(f"pace:{provider}:paused") / 1000 <= 60


def test_another_provider_is_not_held_back(provider):
    pace.pause(provider, clock.now() + timedelta(seconds=30))
    assert pace.wait_turn(f"{provider}-2", 5, patience=0)


def test_the_sandbox_has_no_pace(monkeypatch):
    monkeypatch.setattr(db, "valkey", lambda: pytest.fail("asked"))
    assert pace.wait_turn("sandbox", float("inf"))


def test_without_valkey_a_process_keeps_the_rate_by_itself(provider, monkeypatch):
    def away() -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(db, "valkey", away)
    before = time.monotonic()
    for _ in range(6):
        assert pace.wait_turn(provider, 20)
    assert 0.2 <= time.monotonic() - before < 1
    pace.pause(provider, clock.now() + timedelta(seconds=0.4))
    assert not pace.wait_turn(provider, 20, patience=0.2)


def test_nothing_is_left_in_valkey(provider):
    pace.wait_turn(provider, 5)
    names = list(db.valkey().scan_iter(f"pace:{provider}*"))
    assert names
    assert all(0 < db.valkey().ttl(name) <= 2 for name in names)

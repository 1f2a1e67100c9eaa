"""Everything that runs in production, as processes of our own that may be killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Self

import httpx
import psutil
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.cast import NOW, TODAY, hire
from tests.faults import parts
from tests.faults.book import fill, publish
from tests.providers.scripts import REFUSED
from tests.web.door import free_port
from workbench import clock, db, embedded, embedded_home, embedded_processes
from workbench.actions.checks import find_violations
from workbench.actions.dispositions import install_dispositions
from workbench.actions.templates import install_templates
from workbench.queries.invariants import Violation

ROOT = Path(__file__).parents[2]
SHARE_OF_NIGHT = 10  # one debtor in so many gets a message by the night, the others have one that is due
# What calls meet by chance, besides one of each for certain.
FAILING = {"cut": 0.01, "time_out": 0.005, "error": 0.005, "throttled": 0.005, "unavailable": 0.02, "bad_number": 0.01}
SOON = timedelta(seconds=90)  # a night plans for a whole minute to come, and a provider's no waits a few seconds
KEPT_UNTIL = NOW + timedelta(days=1)
STALL_SECONDS = 180.0  # nothing at all has moved for so long: it will not move any more
SETTINGS = {
    "PYTHONFAULTHANDLER": "1",
    "WORKBENCH_PROVIDER_TIMEOUT_SECONDS": "2",
    "WORKBENCH_LOG_FORMAT": "json",
}


class House:
    """Servers, a provider, workers, a timetable and a web server; `with` starts them and leaves nothing behind."""

    REFUSED: ClassVar[set[str]] = {how.value for how in REFUSED}

    def __init__(
        self,
        folder: str,
        messages: int,
        workers: int,
        *,
        lease: float,
        seed: int,
        sending: float = 60.0,
        breaks: bool = True,
    ) -> None:
        """`sending` seconds are what the rate allows, so that there is time to break something."""
        self.breaks = breaks  # else nothing fails, nothing is slowed down, and there is no timetable or web server
        self.folder, self.messages, self.wanted, self.seed = Path(folder), messages, workers, seed
        self.data = self.folder / "data"
        self.taken_log = self.folder / "taken.jsonl"
        slowly = str(max(2.0, messages / sending) if breaks else 1e6)
        pace = {"WORKBENCH_SMS_PER_SECOND": slowly, "WORKBENCH_WHATSAPP_PER_SECOND": slowly}
        self.environment = os.environ | SETTINGS | pace | {parts.SECONDS: str(lease)}
        self.processes: list[subprocess.Popen] = []
        self.workers: list[subprocess.Popen] = []
        self.schedule: subprocess.Popen | None = None
        self.client = httpx.Client(verify=False, timeout=60)  # one for all: making one costs as much as many calls
        self.forks: list[psutil.Process] = []  # those that outlived their worker

    def __enter__(self) -> Self:
        try:
            return self._open()
        except BaseException:
            self.__exit__()
            raise

    def _open(self) -> Self:
        clock.start_at(NOW)
        self.environment[clock.AHEAD] = os.environ[clock.AHEAD]
        servers = embedded.start(self.data)
        db.connect(servers.database_url, servers.redis_url)
        self.environment |= {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
        self._fill()
        self._provider()
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.environment["WORKBENCH_PUBLIC_URL"] = self.address
        if self.breaks:
            self.processes.append(self._start("workbench.cli", "web", "--port", str(port), log="web"))
        self.revive()
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.processes, *self.workers, *([self.schedule] if self.schedule else [])]:
            with suppress(psutil.Error):
                self.forks += psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
        for fork in self.forks:
            with suppress(psutil.Error):
                fork.kill()
        db.engine().dispose()
        os.environ.pop(clock.AHEAD, None)
        embedded.stop(self.data)

    def _fill(self) -> None:
        db.migrate()
        with db.transaction() as session:
            install_dispositions(session)
            install_templates(session, at=NOW)
            self.mexico = hire(session).mexico
            strategy = publish(session, self.mexico)
            by_night = self.messages // SHARE_OF_NIGHT
            fill(session, self.mexico, strategy, range(self.messages - by_night), due_now=True)
            fill(session, self.mexico, strategy, range(self.messages - by_night, self.messages), due_now=False)
            if self.breaks:
                session.execute(text("UPDATE message SET not_before = :kept"), {"kept": KEPT_UNTIL})

    def _provider(self) -> None:
        command = ("--json-log", str(self.taken_log), "--seed", str(self.seed))
        provider = self._start("tests.providers", *command, log="provider", stdout=subprocess.PIPE)
        self.processes.append(provider)
        told = json.loads(provider.stdout.readline())
        self.provider = told["url"]
        self.environment |= told["settings"]
        self.script(rates=FAILING if self.breaks else {})

    def await_web(self) -> None:
        """Until the web server answers."""
        for _ in range(900):
            with suppress(httpx.HTTPError):
                if self.client.get(f"{self.address}/healthz").status_code == 200:
                    return
            time.sleep(0.2)
        raise TimeoutError((self.folder / "web.log").read_text())

    def _start(self, module: str, *words: str, log: str, **more: Any) -> subprocess.Popen:
        with (self.folder / f"{log}.log").open("ab") as said:
            streams = {"stdout": said, "stderr": said} | more
            return subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                **streams,
            )

    def revive(self) -> None:
        """Starts again what was killed, as a supervisor does."""
        embedded.start(self.data)
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < self.wanted:
            self.workers.append(self._start("tests.faults.parts", "worker", log="workers"))
        if self.breaks and (self.schedule is None or self.schedule.poll() is not None):
            self.schedule = self._start("tests.faults.parts", "schedule", log="schedule")

    def two_nights(self) -> list[subprocess.Popen]:
        """Two nights for one date, at once."""
        night = ("night", str(self.mexico.id), str(TODAY))
        started = [self._start("tests.faults.parts", *night, log=f"night{each}") for each in (1, 2)]
        self.processes += started
        return started

    def after(self, nights: list[subprocess.Popen]) -> list[int | None]:
        """How the two nights ended, and those that make up for them: a pair that lost PostgreSQL is done again."""
        ended: list[int | None] = []
        while True:
            for night in nights:
                with suppress(subprocess.TimeoutExpired):
                    night.wait(STALL_SECONDS)
                ended.append(night.poll())
                if ended[-1] is None:  # it says in its log where it hangs, and PostgreSQL what it waits for
                    sys.stderr.write(f"{self.rows(WAITS)}\n")
                    night.send_signal(signal.SIGABRT)
            if 0 in ended or len(ended) >= 8:
                return ended
            nights = self.two_nights()

    def calm(self) -> None:
        """From now on nobody is killed, and the provider takes everything."""
        self.script(rates={})
        self.revive()

    def rows(self, statement: str, **values: Any) -> list[tuple]:
        """What the database says, when it can."""
        for _ in range(200):
            try:
                with db.reading() as session:
                    return [tuple(row) for row in session.execute(text(statement), values)]
            except DBAPIError:
                time.sleep(0.1)
        raise TimeoutError(statement)

    def waiting(self) -> int:
        """The messages that are due or soon will be, queued or being sent."""
        asked = (
            "SELECT count(*) FROM message WHERE lease_until IS NOT NULL OR (state = 'planned' AND not_before <= :soon)"
        )
        return self.rows(asked, soon=clock.now() + SOON)[0][0]

    def let_go(self, number: int | None) -> None:
        """So many more of the messages kept back may leave now; none = all of them."""
        for _ in range(100):
            try:
                with db.transaction() as session:
                    session.execute(text(_LET_GO), {"at": clock.now(), "kept": KEPT_UNTIL, "number": number})
            except DBAPIError:  # PostgreSQL is not back yet
                self.revive()
                time.sleep(0.1)
            else:
                return

    def until(self, true: Callable[[], Any], *, seconds: float = STALL_SECONDS) -> bool:
        """Waits until it is true, starting again what dies; gives up when no message has moved for `seconds`."""
        seen, since = None, time.monotonic()
        while not true():
            if (now := self._standing()) != seen:
                seen, since = now, time.monotonic()
            if time.monotonic() - since > seconds:
                return False
            self.revive()
            time.sleep(0.2)
        return True

    def _standing(self) -> list[tuple]:
        return self.rows("SELECT max(id), count(*) FROM message_event")

    def script(self, **told: Any) -> None:
        """Tells the provider how to behave."""
        self.client.post(f"{self.provider}/script", json=told).raise_for_status()

    def violations(self) -> list[Violation]:
        """What `workbench check` would say."""
        with db.transaction() as session:
            return find_violations(session, None)

    def told(self) -> dict[str, Any]:
        """What the provider counted."""
        return self.client.get(f"{self.provider}/received").json()

    def received(self) -> dict[str, int]:
        return self.told()["per_key"]

    def taken(self) -> list[dict[str, Any]]:
        """Every call the provider got."""
        return [json.loads(line) for line in self.taken_log.read_text().splitlines()]

    def _busy(self, dice: random.Random) -> tuple[subprocess.Popen, list[psutil.Process]]:
        """A worker with a fork at work, if there is one within a while."""
        for _ in range(150):
            busy = [(worker, forks) for worker in self.workers if (forks := _children(worker.pid))]
            if busy:
                return dice.choice(busy)
            self.revive()
            time.sleep(0.1)
        return dice.choice(self.workers), []

    def _kill_worker(self, dice: random.Random) -> bool:
        worker, forks = self._busy(dice)
        self.forks += forks
        worker.kill()
        return bool(forks)

    def _kill_fork(self, dice: random.Random) -> bool:
        return any(_killed(fork) for fork in self._busy(dice)[1])

    def _kill_both(self, dice: random.Random) -> bool:
        worker, forks = self._busy(dice)
        worker.kill()
        return sum(map(_killed, forks)) > 0

    def _end_worker(self, dice: random.Random) -> bool:
        worker, forks = self._busy(dice)
        worker.terminate()
        return bool(forks)

    def _kill_schedule(self, _dice: random.Random) -> bool:
        assert self.schedule
        self.schedule.kill()
        return bool(self.schedule.wait())

    def _empty_valkey(self, _dice: random.Random) -> bool:
        there = db.valkey().dbsize()
        db.valkey().flushall()
        return bool(there)

    def _kill_valkey(self, _dice: random.Random) -> bool:
        return self._signal("valkey-server", "valkey", signal.SIGKILL)

    def _lose_valkey(self, dice: random.Random) -> bool:
        db.valkey().flushall()
        return self._kill_valkey(dice)

    def _restart_postgres(self, _dice: random.Random) -> bool:
        return self._signal("postgres", "postgres", signal.SIGINT)

    def _crash_postgres(self, _dice: random.Random) -> bool:
        return self._signal("postgres", "postgres", signal.SIGQUIT)

    def _signal(self, name: str, folder: str, signum: signal.Signals) -> bool:
        """Stops a server; true when it has gone, so that what starts next is another process."""
        home = embedded_home.existing_home(self.data)
        assert home
        place = home.path / folder
        before = set(embedded_processes.processes(name, place))
        embedded_processes.send(signum, name, place, leaders_only=True)
        for _ in range(600):
            if before and not before & set(embedded_processes.processes(name, place)):
                return True
            time.sleep(0.05)
        return False

    FAULTS: ClassVar[dict[str, Callable[["House", random.Random], bool]]] = {
        "worker killed": _kill_worker,
        "fork killed": _kill_fork,
        "worker and fork killed": _kill_both,
        "worker ended by SIGTERM": _end_worker,
        "timetable killed": _kill_schedule,
        "Valkey emptied": _empty_valkey,
        "Valkey killed": _kill_valkey,
        "Valkey wiped and killed": _lose_valkey,
        "PostgreSQL stopped fast": _restart_postgres,
        "PostgreSQL stopped at once": _crash_postgres,
    }


def _children(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return [child for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE]
    return []


def _killed(fork: psutil.Process) -> bool:
    with suppress(psutil.Error):
        fork.kill()
        return True
    return False


_LET_GO = """UPDATE message SET not_before = :at WHERE id IN (
    SELECT id FROM message WHERE state = 'planned' AND not_before = :kept ORDER BY id LIMIT :number)"""
WAITS = """SELECT pid, state, wait_event_type, wait_event, pg_blocking_pids(pid)::text, left(query, 200)
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"""

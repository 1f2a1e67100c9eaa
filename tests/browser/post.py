"""The post of a house: a worker that sends, a provider on this machine that takes what it sends, and its webhooks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx

from tests.browser.conftest import ROOT, House
from tests.cast import NOW
from tests.providers import MetaAndTwilio
from tests.providers.tallies import Taken
from tests.providers.webhooks import meta, meta_reply, meta_status
from workbench import clock, db
from workbench.actions import outbox

LATER = timedelta(minutes=30)


@dataclass
class Post:
    """What reached the provider, and how it tells us what became of it and what debtors write."""

    house: House
    provider: MetaAndTwilio
    environment: dict[str, str]
    _replies: Iterator[int] = field(default_factory=lambda: count(1))

    def night(self) -> None:
        """`workbench nightly` of the portfolio's today soon after the cast's moment; then it is `LATER` for everybody."""
        command = [sys.executable, "-m", "workbench.cli", "nightly", "--portfolio", "MX-BANK"]
        ahead = (NOW + LATER / 3 - datetime.now(UTC)).total_seconds()
        with (self.house.log.parent / "night.log").open("wb") as log:
            environment = self.environment | {clock.AHEAD: str(ahead)}
            subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, timeout=300, check=True)
        self.house.at(clock.now())

    def leaves(self) -> int:
        """Lets what is due leave, as the timetable does every few seconds."""
        with db.transaction() as session:
            return outbox.dispatch(session, at=clock.now())

    def told(self, taken: Taken, *states: str) -> None:
        """The provider's signed receipts for a message it took."""
        at = clock.now().timestamp()
        for state in states:
            self._knock(meta_status(taken.provider_id, state, key=taken.key, at=at))

    def writes(self, sender: str, words: str, *, answers: Taken | None = None) -> None:
        """A debtor's words, delivered by the provider."""
        wamid = f"wamid.in{next(self._replies)}"
        answered = answers.provider_id if answers else None
        self._knock(meta_reply(sender, words, wamid=wamid, answers=answered, at=clock.now().timestamp()))

    def _knock(self, value: dict[str, Any]) -> None:
        answer: httpx.Response = meta(value).post(f"{self.house.address}/hooks/whatsapp")
        assert answer.status_code == 200, answer.text


@contextmanager
def post_of(house: House, provider: MetaAndTwilio, database: str, redis_url: str) -> Iterator[Post]:
    """A real worker for the house's messages, for which it is `LATER`."""
    ahead = (NOW + LATER - datetime.now(UTC)).total_seconds()
    environment = os.environ | {"DATABASE_URL": database, "REDIS_URL": redis_url, clock.AHEAD: str(ahead)}
    with worker_of(house, environment, "messages"):
        yield Post(house, provider, environment)


@contextmanager
def worker_of(house: House, environment: dict[str, str], queue: str) -> Iterator[None]:
    """A real worker of a queue, ended by SIGTERM as a host would; it has nothing to complain of."""
    log = house.log.parent / f"worker-{queue}.log"
    command = [sys.executable, "-m", "workbench.cli", "worker", "--queue", queue]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(120)
    said = log.read_text()
    assert "Traceback" not in said, said
    assert " error " not in said.lower(), said

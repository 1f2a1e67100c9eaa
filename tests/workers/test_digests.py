"""Digests through a real mail server, which turns them away, refuses them, or is cut from under a killed worker.

An issue is never sent twice by itself, and none is lost.
"""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import psutil
import pytest

from tests.cast import Cast
from tests.providers import How, MailServer
from tests.supervision.digest_parts import MORNING, subscribed, words_of, worked
from tests.workers.conftest import Valkey
from tests.workers.scenes import lives, playing, rows, until
from workbench import clock, db
from workbench.actions import digests
from workbench.queries.digests import subscriptions
from workbench.rules.access import Viewer
from workers.digests import send_digests


@pytest.fixture
def post_office(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """E-mail leaves through a server on this machine, on a Wednesday at half past seven in Mexico City."""
    with MailServer() as running:
        running.patience_seconds = 1.0
        patience = {"WORKBENCH_PROVIDER_TIMEOUT_SECONDS": "30", "WORKBENCH_EMAIL_PER_SECOND": "1000"}
        for name, value in (running.settings() | patience).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(clock.AHEAD, str((MORNING - datetime.now(UTC)).total_seconds()))
        yield running


def queued(cast: Cast, *readers: Viewer) -> list[int]:
    with db.transaction() as session:
        worked(session, cast)
        for who in readers:
            subscribed(session, who, cast.mexico.id)
        digests.plan_issues(session, at=clock.now())
    return dispatched()


def dispatched(at: datetime | None = None) -> list[int]:
    with db.transaction() as session:
        digests.dispatch(session, at=at or clock.now())
    return [row[0] for row in rows("SELECT id FROM digest_issue WHERE state = 'queued' ORDER BY id")]


def swept(at: datetime) -> tuple[int, int, int]:
    with db.transaction() as session:
        return digests.sweep(session, at=at)


def states() -> list[str]:
    return [row[0] for row in rows("SELECT state FROM digest_issue ORDER BY id")]


def letter_in(post_office: MailServer) -> EmailMessage:
    letter = message_from_bytes(post_office.tally.last.carried["raw"], policy=default)
    assert isinstance(letter, EmailMessage)
    return letter


def test_an_issue_leaves_once_whoever_runs_its_job_and_how_often(
    stage: Cast,
    fresh_db: str,
    valkey: Valkey,
    post_office: MailServer,
) -> None:
    ids = queued(stage, stage.sofia, stage.marta)
    with playing("burst", fresh_db, valkey.url) as worker:
        assert worker.wait(120) == 0
    send_digests(ids)
    assert states() == ["sent", "sent"]
    assert sorted(post_office.tally.received.values()) == [1, 1]
    assert {each.to for each in post_office.tally.taken} == {"sofia@example.com", "marta@example.com"}
    letter = letter_in(post_office)
    assert [letter[name] for name in ("List-Unsubscribe", "Auto-Submitted")] == [None, "auto-generated"]
    assert "Banco del Valle, 17 nov 2026" in letter["Subject"]
    [file] = letter.iter_attachments()
    assert file.get_content_type() == "application/pdf"
    assert "Intentos" in words_of(file.get_content())
    assert rows("SELECT count(*) FROM audit_entry WHERE deed = 'send_digest'") == [(2,)]


def test_a_worker_that_is_killed_while_it_sends_leaves_it_to_a_person(
    stage: Cast,
    fresh_db: str,
    valkey: Valkey,
    post_office: MailServer,
) -> None:
    post_office.script.default, post_office.slow_seconds = How.SLOW, 60
    queued(stage, stage.sofia)
    with playing("worker", fresh_db, valkey.url) as worker:
        until(lambda: post_office.tally.received.total() == 1)  # the server has it; the worker does not know
        horses = psutil.Process(worker.pid).children()
        for pid in (worker.pid, *(each.pid for each in horses)):
            os.kill(pid, signal.SIGKILL)
        worker.wait()
        until(lambda: not any(lives(each.pid) for each in horses))
    assert states() == ["sending"]
    later = clock.now() + digests.SENDING_LEASE
    assert swept(later) == (0, 1, 0)
    assert dispatched(later) == []
    assert swept(later + timedelta(days=3)) == (0, 0, 0)
    assert states() == ["unconfirmed"]
    assert post_office.tally.received.total() == 1
    post_office.script.default = How.OK
    with db.transaction() as session:
        [mine] = subscriptions(session, stage.sofia)
        digests.send_again(session, stage.sofia, mine.issues[0].issue_id, at=clock.now())
    send_digests(dispatched())
    assert states() == ["sent"]


def test_a_wake_up_list_that_is_lost_loses_no_issue(stage: Cast, valkey: Valkey, post_office: MailServer) -> None:
    ids = queued(stage, stage.sofia)
    db.valkey().flushall()
    assert swept(clock.now()) == (0, 0, 0)
    later = clock.now() + digests.QUEUED_LEASE
    assert swept(later) == (1, 0, 0)
    assert dispatched(later) == ids
    send_digests(ids)
    assert states() == ["sent"]


@pytest.mark.parametrize(
    ("how", "state", "error"),
    [
        (How.BAD_NUMBER, "failed", "550: recipient refused"),
        (How.UNAVAILABLE, "planned", "451: recipient not taken now"),
        (How.THROTTLED, "planned", "421: recipient not taken now"),
        (How.CUT, "unconfirmed", "connection lost"),
    ],
)
def test_each_way_of_failing_is_kept_apart(
    stage: Cast,
    post_office: MailServer,
    how: How,
    state: str,
    error: str,
) -> None:
    post_office.script.default = how
    send_digests(queued(stage, stage.sofia))
    assert rows("SELECT state, error FROM digest_issue") == [(state, error)]
    tries = rows("SELECT tries FROM digest_issue")[0][0]
    assert tries == (0 if how is How.THROTTLED else 1)


def test_what_could_not_leave_for_a_day_is_ended(stage: Cast, post_office: MailServer) -> None:
    queued(stage, stage.sofia)
    assert swept(clock.now() + timedelta(days=2)) == (1, 0, 1)
    assert states() == ["cancelled"]


def test_what_breaks_while_it_is_written_is_put_off(
    stage: Cast,
    post_office: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    ids = queued(stage, stage.sofia)
    monkeypatch.setattr(digests, "paper_of", broken)
    send_digests(ids)
    assert states() == ["planned"]
    assert dispatched() == []
    assert post_office.tally.asked.total() == 0

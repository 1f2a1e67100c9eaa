"""`workbench digest` does what the page does, for whom the page would."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from models import Board, Digest, DigestIssue, MessageState, Period
from tests.cast import NOW, Cast
from workbench import clock, db
from workbench.actions import digests
from workbench.cli import app
from workbench.rules.refusals import Refused
from workbench.terminal import console

Run = Callable[..., Result]


@pytest.fixture
def run(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in (("DATABASE_URL", fresh_db), ("REDIS_URL", servers.redis_url), ("WORKBENCH_LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def said(*words: str, who: str | None = None) -> Result:
        return CliRunner().invoke(app, ["digest", *words, *(("--as", f"{who}@example.com") if who else ())])

    return said


MEXICO = ("--portfolio", "MX-BANK")


def test_a_board_is_asked_for_seen_sent_again_and_ended(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run("send", "performance", *MEXICO, "--team", "norte", "--every", "week", "--hour", "8", who="sofia")
    assert "next on 2026-11-23 08:00 America/Mexico_City" in asked.output
    number = re.findall(r"digest stop (\d+)", asked.output)[0]
    [mine] = json.loads(run("list", "--json", who="sofia").output)
    assert [mine[each] for each in ("reader", "board", "portfolio", "team", "every", "hour", "issues")] == [
        "sofia@example.com", "performance", "MX-BANK", "norte", "week", 8, []
    ]  # fmt: skip
    [coming] = json.loads(run("due", "--json").output)
    assert (coming["at"], coming["on"], coming["state"]) == ("2026-11-23 14:00:00+00:00", "2026-11-23", None)
    daily = json.loads(run("send", "performance", *MEXICO, "--team", "norte", "--json", who="sofia").output)
    assert (str(daily["digest_id"]), daily["on"]) == (number, "2026-11-19")  # the same one, every day at seven
    with db.transaction() as session:
        assert digests.plan_issues(session, at=NOW + timedelta(days=1)) == 1
    [waits] = json.loads(run("due", "--json", who="sofia").output)
    assert (waits["state"], waits["on"]) == ("planned", "2026-11-19")
    assert "planned" in run("due").output
    with db.transaction() as session:
        issue = session.scalars(select(DigestIssue)).one()
        issue.state, issue.error = MessageState.FAILED, "no such box"
        session.flush()
        number_of_issue = issue.id
    monkeypatch.setattr(console, "width", 160)
    assert "2026-11-19 did not leave: no such box" in run("list").output
    assert "few minutes" in run("again", str(number_of_issue), who="sofia").output
    assert isinstance(run("again", str(number_of_issue), who="sofia").exception, Refused)
    assert "no more" in run("stop", number, who="sofia").output
    for seen in (run("list", "--json"), run("due", "--json"), run("list", "--json", who="sofia")):
        assert json.loads(seen.output) == []


def test_what_should_have_left_is_due_since_then(run: Run, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        digests.subscribe(
            session,
            fresh_cast.sofia,
            Board.HEALTH,
            fresh_cast.mexico.id,
            every=Period.DAY,
            hour=7,
            at=NOW - timedelta(days=2),
        )
    [late] = json.loads(run("due", "--json").output)
    assert (late["at"], late["on"], late["state"]) == ("2026-11-18 13:00:00+00:00", "2026-11-18", None)


@pytest.mark.parametrize(
    ("words", "who", "because"),
    [
        pytest.param(("send", "performance", *MEXICO), "ana", "nothing here", id="an-agent"),
        pytest.param(("send", "night", *MEXICO), "alma", "nothing here", id="the-admin"),
        pytest.param(("send", "health", *MEXICO), "bruno", "no portfolio", id="another-teams-book"),
        pytest.param(("send", "performance", *MEXICO, "--team", "sur"), "marta", "nothing here", id="another-team"),
        pytest.param(("send", "health", *MEXICO, "--team", "norte"), "marta", "nothing here", id="a-book-has-no-team"),
        pytest.param(("send", "health", *MEXICO, "--every", "quarter"), "marta", "every day", id="quarters"),
        pytest.param(("send", "health", *MEXICO, "--hour", "24"), "marta", "full hour", id="no-such-hour"),
        pytest.param(("stop", "1"), "marta", "nothing here", id="somebody-elses"),
        pytest.param(("again", "1"), "marta", "nothing here", id="somebody-elses-issue"),
    ],
)
def test_who_may_not_have_it_is_refused(
    run: Run, fresh_cast: Cast, words: tuple[str, ...], who: str, because: str
) -> None:
    with db.transaction() as session:
        digests.subscribe(
            session,
            fresh_cast.sofia,
            Board.NIGHT,
            fresh_cast.mexico.id,
            every=Period.DAY,
            hour=7,
            at=NOW - timedelta(days=2),
        )
        digests.plan_issues(session, at=NOW)
    refused = run(*words, who=who)
    assert isinstance(refused.exception, Refused), refused.output
    assert because in str(refused.exception)
    with db.reading() as session:
        assert [each.active for each in session.scalars(select(Digest))] == [True]
    for other in ("ana", "marta", "bruno", "alma"):
        for seen in ("list", "due"):
            assert json.loads(run(seen, "--json", who=other).output) == []

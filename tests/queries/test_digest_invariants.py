"""What always holds of boards by e-mail: what the product does breaks none of it, and each rule finds what does."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from models import Board, Digest, DigestIssue, Role
from tests.cast import NOW, Cast
from tests.letters import sent
from tests.supervision.digest_parts import MORNING, subscribed
from workbench.actions import audit, digests, users
from workbench.channels.letters import Passing, Permanent
from workbench.queries.invariants import broken_invariants


def looked(session: Session, at: datetime) -> None:
    """The timetable looked for digests at that moment."""
    session.execute(
        text("""INSERT INTO scheduled_run (name, due_at, state, attempts, finished_at)
                VALUES ('digests', :at, 'done', 1, :at)"""),
        {"at": at},
    )


def written(session: Session, at: datetime = MORNING) -> list[int]:
    digests.plan_issues(session, at=at)
    digests.dispatch(session, at=at)
    session.info.clear()
    session.expire_all()
    return [each.id or 0 for each in session.scalars(select(DigestIssue)) if each.state == "queued"]


@pytest.fixture
def issue(session: Session, cast: Cast) -> int:
    """Sent at half past seven, as it should be; the timetable looked again at noon."""
    subscribed(session, cast.sofia, cast.mexico.id)
    [issue] = written(session)
    assert digests.begin(session, issue, home=None, at=MORNING)
    digests.finish(session, issue, sent(), at=MORNING)
    looked(session, MORNING + timedelta(hours=5))
    return issue


def broken(session: Session, cast: Cast) -> list[str]:
    session.flush()
    found = [broken_invariants(session, each) for each in (cast.mexico.id, None, cast.colombia.id)]
    here, anywhere, elsewhere = ([x.rule for x in of if x.subject.startswith("digest")] for of in found)
    assert (here, elsewhere) == (anywhere, [])
    return here


def test_what_becomes_of_issues_breaks_nothing(session: Session, cast: Cast, issue: int) -> None:
    later = MORNING + timedelta(days=1)
    for who in (cast.marta, cast.sofia):
        subscribed(session, who, cast.mexico.id, Board.HEALTH)
    first, second, third = written(session, later)
    outcomes = (Passing("smtp", "later"), Permanent("smtp", "no such box"), sent())
    for each, outcome in zip((first, second, third), outcomes, strict=True):
        assert digests.begin(session, each, home=None, at=later)
        assert broken(session, cast) == []
        digests.finish(session, each, outcome, at=later)
    digests.send_again(session, cast.marta, second, at=later)
    looked(session, later)
    users.deactivate(session, cast.sofia.user_id, by=None, at=later + timedelta(hours=1))
    looked(session, later + timedelta(days=3))
    session.execute(text("UPDATE digest_issue SET state = 'cancelled', error = 'x' WHERE state = 'planned'"))
    session.execute(text("UPDATE digest SET active = false WHERE user_id = :marta"), {"marta": cast.marta.user_id})
    assert broken(session, cast) == []


def test_sent_again_by_its_reader_it_may_leave_twice(session: Session, cast: Cast, issue: int) -> None:
    session.execute(text("UPDATE digest_issue SET state = 'unconfirmed', error = 'lost', sent_at = NULL"))
    session.expire_all()
    digests.send_again(session, cast.sofia, issue, at=MORNING)
    [again] = written(session)
    assert digests.begin(session, again, home=None, at=MORNING)
    digests.finish(session, again, sent(), at=MORNING)
    assert broken(session, cast) == []
    audit.log(session, "send_digest", "digest_issue", issue, by=None, at=MORNING, outcome="sent")
    assert ["leaves by e-mail once" in each for each in broken(session, cast)] == [True]


EARLIER = MORNING - timedelta(hours=1)
SABOTAGE = [
    pytest.param("UPDATE digest_issue SET sent_at = NULL", "says why", id="sent-without-a-moment"),
    pytest.param("UPDATE digest_issue SET tries = 0", "says why", id="sent-without-a-try"),
    pytest.param("UPDATE digest_issue SET state = 'read'", "says why", id="a-state-it-does-not-know"),
    pytest.param("UPDATE digest_issue SET state = 'planned', not_before = now()", "says why", id="planned-after-it-left"),
    pytest.param("UPDATE digest_issue SET state = 'failed', sent_at = NULL", "says why", id="failed-without-a-reason"),
    pytest.param("UPDATE digest_issue SET state = 'cancelled', sent_at = NULL", "says why", id="cancelled-silently"),
    pytest.param(
        """INSERT INTO digest_issue (digest_id, on_date, state, not_before, tries, planned_at, sent_at)
           SELECT digest_id, on_date - 1, state, not_before, tries, planned_at, sent_at FROM digest_issue""",
        "leaving was told", id="sent-and-nobody-said-so",
    ),
    pytest.param(
        "UPDATE digest_issue SET state = 'planned', sent_at = NULL, not_before = :early", "not on its way", id="forgotten"
    ),
    pytest.param("DELETE FROM digest_issue", "not on its way", id="never-written"),
    pytest.param("UPDATE digest SET hour = 10; UPDATE digest_issue SET on_date = on_date - 1", "not on its way", id="a-day-old"),
    pytest.param(
        "UPDATE digest_issue SET state = 'queued', sent_at = NULL, lease_until = :early", "left lying", id="queued-for-nobody"
    ),
    pytest.param(
        "UPDATE digest_issue SET state = 'sending', sent_at = NULL, lease_until = :early", "left lying", id="lost-while-sending"
    ),
    pytest.param("unsubscribe", "Nobody got", id="after-it-was-ended"),
    pytest.param("deactivate", "Nobody got", id="after-its-reader-was-shown-out"),
    pytest.param("UPDATE app_user SET role = 'agent' WHERE id = :user", "Nobody got", id="to-an-agent"),
]  # fmt: skip


@pytest.mark.parametrize(("sabotage", "rule"), SABOTAGE)
def test_what_is_broken_is_found(session: Session, cast: Cast, issue: int, sabotage: str, rule: str) -> None:
    assert broken(session, cast) == []
    who, values = cast.sofia.user_id, {"early": EARLIER, "user": cast.sofia.user_id}
    if sabotage == "unsubscribe":
        digest = session.scalars(select(Digest)).one()
        digests.unsubscribe(session, cast.sofia, digest.id or 0, at=EARLIER)
    elif sabotage == "deactivate":
        users.deactivate(session, who, by=None, at=EARLIER)
    else:
        for each in sabotage.split(";"):
            session.execute(text(each), {name: value for name, value in values.items() if f":{name}" in each})
    assert [rule in each for each in broken(session, cast)] == [True]


def test_a_role_taken_away_later_breaks_nothing(session: Session, cast: Cast, issue: int) -> None:
    users.change_role(session, cast.sofia.user_id, Role.AGENT, by=None, at=MORNING + timedelta(hours=1))
    assert broken(session, cast) == []
    roles = {"before": Role.ADMIN, "after": Role.SUPERVISOR}  # as if Sofía had been the administrator until then
    audit.log(session, "change_role", "app_user", cast.sofia.user_id, by=None, at=MORNING, **roles)
    assert ["Nobody got" in each for each in broken(session, cast)] == [True]


def test_while_nothing_runs_nothing_is_late(session: Session, cast: Cast) -> None:
    subscribed(session, cast.sofia, cast.mexico.id, at=NOW - timedelta(days=1))
    assert broken(session, cast) == []
    looked(session, MORNING)
    assert broken(session, cast) == []  # half an hour is nothing
    looked(session, MORNING + timedelta(hours=2))
    assert ["not on its way" in each for each in broken(session, cast)] == [True]


def test_two_digests_of_one_board_for_one_reader_cannot_stand(session: Session, cast: Cast) -> None:
    digest = session.get(Digest, subscribed(session, cast.sofia, cast.mexico.id))
    assert digest
    session.add(Digest(**digest.model_dump(exclude={"id"}) | {"created_at": NOW}))
    with pytest.raises(IntegrityError, match="uq_digest_wanted"):
        session.flush()

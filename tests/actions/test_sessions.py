from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from models import AuditEntry, LoginAttempt, User, UserSession
from tests.cast import NOW, Cast
from workbench import db
from workbench.actions import sessions
from workbench.queries.sessions import live_session, viewer_of
from workbench.rules.refusals import Refused

HOLDS = sessions.Lifetime(timedelta(hours=2), timedelta(hours=12))


def logged_in(session: Session, user_id: int) -> bytes:
    return sessions.hash_of(sessions.log_in(session, user_id, method="oidc", lifetime=HOLDS, at=NOW))


def at(**ago: float) -> datetime:
    return NOW + timedelta(**ago)


def holds(session: Session, key: bytes, moment: datetime) -> bool:
    found = viewer_of(session, key.hex(), at=moment)
    assert (found is not None) == (live_session(session, key, at=moment) is not None)
    return found is not None


def test_a_log_in_ends_when_nobody_is_there(session: Session, cast: Cast) -> None:
    key = logged_in(session, cast.ana.user_id)
    assert holds(session, key, at(minutes=119))
    assert not holds(session, key, at(minutes=120))


def test_a_sign_of_life_puts_the_idle_end_off_but_not_the_last_one(session: Session, cast: Cast) -> None:
    key = logged_in(session, cast.ana.user_id)
    for hour in range(1, 12):
        sessions.note_seen(session, key.hex(), at=at(hours=hour))
        assert holds(session, key, at(hours=hour, minutes=59))
    sessions.note_seen(session, key.hex(), at=at(hours=11, minutes=59))
    assert holds(session, key, at(hours=11, minutes=59))
    assert not holds(session, key, at(hours=12))


@pytest.mark.parametrize(("seconds", "noted"), [(30, 0), (60, 0), (61, 61)])
def test_a_sign_of_life_is_written_once_a_minute(session: Session, cast: Cast, seconds: int, noted: int) -> None:
    key = logged_in(session, cast.ana.user_id)
    sessions.note_seen(session, key.hex(), at=at(seconds=seconds))
    session.expire_all()
    assert session.get(UserSession, key).last_seen_at == at(seconds=noted)


@pytest.mark.parametrize("public_id", [None, "", "00" * 32])
def test_nobody_is_nobody(session: Session, cast: Cast, public_id: str | None) -> None:
    assert viewer_of(session, public_id, at=NOW) is None


def test_a_viewer_is_who_the_database_says_now(session: Session, cast: Cast) -> None:
    key = logged_in(session, cast.bruno.user_id)
    assert viewer_of(session, key.hex(), at=NOW) == cast.bruno
    session.get(User, cast.bruno.user_id).active = False
    session.flush()
    assert not holds(session, key, NOW)


def test_a_log_out_ends_one_session_and_is_noted(session: Session, cast: Cast) -> None:
    first, second = logged_in(session, cast.ana.user_id), logged_in(session, cast.ana.user_id)
    for _ in range(2):
        sessions.log_out(session, first.hex(), at=NOW)
    assert (holds(session, first, NOW), holds(session, second, NOW)) == (False, True)
    noted = session.exec(select(AuditEntry.deed).order_by(AuditEntry.id)).all()
    assert noted == ["log_in", "log_in", "log_out"]


def try_log_in(session: Session, moment: datetime, email: str = "ana@example.com", address: str = "203.0.113.7") -> int:
    return sessions.begin_attempt(session, email=email, address=address, at=moment)


def test_a_success_wipes_the_names_failures_and_not_the_addresss(session: Session, cast: Cast) -> None:
    for second in range(4):
        try_log_in(session, at(seconds=second))
    fifth = try_log_in(session, at(seconds=5))
    sessions.log_in(session, cast.ana.user_id, method="oidc", lifetime=HOLDS, at=at(seconds=5), attempt_id=fifth)
    for second in range(15):
        email = f"{second}@example.com" if second > 4 else "ana@example.com"
        try_log_in(session, at(seconds=10 + second), email)
    with pytest.raises(Refused, match="Too many"):
        try_log_in(session, at(seconds=30), "ana@example.com", "198.51.100.1")
    try_log_in(session, at(seconds=31), "sofia@example.com")
    with pytest.raises(Refused, match="Too many"):
        try_log_in(session, at(seconds=32), "sofia@example.com")


def test_who_is_shut_out_does_not_make_it_longer_by_trying(session: Session, cast: Cast) -> None:
    for _ in range(5):
        try_log_in(session, NOW)
    for minute in range(15):
        with pytest.raises(Refused, match=f"in {15 - minute} min"):
            try_log_in(session, at(minutes=minute))
    try_log_in(session, at(minutes=15))


def test_a_hundred_tries_at_once_are_five(fresh_cast: Cast) -> None:
    def one(_: int) -> bool:
        try:
            with db.transaction() as session:
                try_log_in(session, NOW)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one, range(100))) == 5


def test_an_attempt_keeps_no_name(session: Session, cast: Cast) -> None:
    try_log_in(session, NOW, "my password in the wrong field")
    assert "password" not in session.exec(select(LoginAttempt)).one().model_dump_json(exclude={"name_hash"})


def test_old_log_ins_are_forgotten_and_live_ones_kept(session: Session, cast: Cast) -> None:
    try_log_in(session, at(days=-31))
    try_log_in(session, at(days=-29))
    key = logged_in(session, cast.ana.user_id)
    sessions.forget_old_log_ins(session, at=NOW)
    assert len(session.exec(select(LoginAttempt)).all()) == 1
    sessions.forget_old_log_ins(session, at=at(days=31))
    assert live_session(session, key, at=NOW) is None

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import AuditEntry, Interaction, Presence, PresenceEnd, PresenceState, UserSession
from tests.cast import NOW, Cast, owe
from workbench.actions import presences, sessions, worklist
from workbench.actions.interactions import InteractionForm, record
from workbench.rules.follow_ups import SkipReason
from workbench.rules.refusals import Refused

MINUTE = timedelta(minutes=1)
AVAILABLE, BREAK, LEFT, LOST, CHANGED = (
    PresenceState.AVAILABLE,
    PresenceState.BREAK,
    PresenceEnd.LEFT,
    PresenceEnd.LOST,
    PresenceEnd.CHANGED,
)


def spans(session: Session) -> list[tuple]:
    """(state, from minute, to minute, why it ended) of everybody, oldest first."""
    session.expire_all()
    rows = session.exec(select(Presence).order_by(Presence.id)).all()
    since = [(row.started_at - NOW) // MINUTE for row in rows]
    until = [(row.ended_at - NOW) // MINUTE if row.ended_at else None for row in rows]
    return [(row.state, start, end, row.ended_because) for row, start, end in zip(rows, since, until, strict=True)]


def test_arriving_twice_is_one_presence(session: Session, cast: Cast) -> None:
    for minute in (0, 3, 9):
        presences.arrive(session, cast.ana, at=NOW + minute * MINUTE)
    assert spans(session) == [(AVAILABLE, 0, None, None)]
    assert session.exec(select(Presence)).one().seen_at == NOW + 9 * MINUTE


def test_a_break_ends_what_was_before_and_is_ended_by_work(session: Session, cast: Cast) -> None:
    presences.arrive(session, cast.ana, at=NOW)
    presences.change_presence(session, cast.ana, BREAK, at=NOW + 20 * MINUTE - MINUTE * 11)
    presences.change_presence(session, cast.ana, BREAK, at=NOW + 12 * MINUTE)
    presences.arrive(session, cast.ana, at=NOW + 14 * MINUTE)  # looks at a page, and is on a break all the same
    presences.back_to_work(session, cast.ana, at=NOW + 24 * MINUTE)
    assert spans(session) == [(AVAILABLE, 0, 9, CHANGED), (BREAK, 9, 24, CHANGED), (AVAILABLE, 24, None, None)]
    told = session.exec(select(AuditEntry.details).where(AuditEntry.deed == "change_presence")).all()
    assert [each["state"] for each in told] == ["available", "break", "available"]


def test_who_was_not_at_work_may_begin_with_a_meeting(session: Session, cast: Cast) -> None:
    presences.change_presence(session, cast.ana, PresenceState.MEETING, at=NOW)
    assert spans(session) == [(PresenceState.MEETING, 0, None, None)]


def test_nobody_takes_a_break_with_a_debtor_in_hand(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    presences.arrive(session, cast.ana, at=NOW)
    with pytest.raises(Refused, match="Give the debtor back first"):
        presences.change_presence(session, cast.ana, BREAK, at=NOW)
    worklist.release(session, cast.ana, item.id, at=NOW)
    presences.change_presence(session, cast.ana, BREAK, at=NOW)
    assert [each[0] for each in spans(session)] == [AVAILABLE, BREAK]


def test_managers_and_admins_are_not_at_the_desk(session: Session, cast: Cast) -> None:
    for who in (cast.marta, cast.alma):
        with pytest.raises(Refused, match="Your role"):
            presences.arrive(session, who, at=NOW)


@pytest.mark.parametrize(
    ("state", "unseen", "ended"),
    [(AVAILABLE, 10, None), (AVAILABLE, 11, 2), (BREAK, 120, None), (BREAK, 121, 2)],
)
def test_the_unseen_are_gone_since_they_were_seen(
    session: Session, cast: Cast, state: PresenceState, unseen: int, ended: int | None
) -> None:
    presences.change_presence(session, cast.ana, state, at=NOW)
    presences.note_seen(session, cast.ana, at=NOW + 2 * MINUTE)
    gone = presences.end_lost(session, at=NOW + (2 + unseen) * MINUTE)
    assert gone == (1 if ended else 0)
    assert spans(session) == [(state, 0, ended, LOST if ended else None)]


def test_a_long_call_is_work(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    presences.arrive(session, cast.ana, at=NOW)
    worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    assert presences.end_lost(session, at=NOW + 14 * MINUTE) == 0
    assert presences.note_seen(session, cast.ana, at=NOW + 14 * MINUTE)
    assert presences.end_lost(session, at=NOW + 26 * MINUTE) == 1  # the lease has run out too
    assert spans(session) == [(AVAILABLE, 0, 14, LOST)]


def test_who_comes_back_after_being_lost_begins_anew(session: Session, cast: Cast) -> None:
    presences.arrive(session, cast.ana, at=NOW)
    assert not presences.note_seen(session, cast.ana, at=NOW + 30 * MINUTE)
    presences.arrive(session, cast.ana, at=NOW + 30 * MINUTE)
    assert spans(session) == [(AVAILABLE, 0, 0, LOST), (AVAILABLE, 30, None, None)]


def test_the_last_log_out_is_leaving(session: Session, cast: Cast) -> None:
    holds = sessions.Lifetime(timedelta(hours=2), timedelta(hours=12))
    tokens = [sessions.log_in(session, cast.ana.user_id, method="oidc", lifetime=holds, at=NOW) for _window in range(2)]
    presences.arrive(session, cast.ana, at=NOW)
    first, second = (sessions.hash_of(token).hex() for token in tokens)
    sessions.log_out(session, first, at=NOW + MINUTE)
    assert spans(session) == [(AVAILABLE, 0, None, None)]
    sessions.log_out(session, second, at=NOW + 2 * MINUTE)
    assert spans(session) == [(AVAILABLE, 0, 2, LEFT)]


def test_whoever_is_shut_out_is_gone(session: Session, cast: Cast) -> None:
    holds = sessions.Lifetime(timedelta(hours=2), timedelta(hours=12))
    sessions.log_in(session, cast.ana.user_id, method="oidc", lifetime=holds, at=NOW)
    presences.arrive(session, cast.ana, at=NOW)
    sessions.revoke_sessions(session, cast.ana.user_id, because="deactivated", by=cast.alma.user_id, at=NOW + MINUTE)
    assert spans(session) == [(AVAILABLE, 0, 1, LEFT)]
    assert session.exec(select(UserSession)).one().revoked_at


def test_the_time_on_a_case_is_kept_however_it_ends(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)

    def taken() -> None:
        worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)

    taken()
    worklist.release(session, cast.sofia, item.id, at=NOW + 5 * MINUTE)
    taken()
    worklist.free_expired(session, at=NOW + 15 * MINUTE)
    taken()
    worklist.skip(session, cast.ana, item.id, reason=SkipReason.TECHNICAL, at=NOW + 6 * MINUTE)
    entries = session.exec(
        select(AuditEntry).where(AuditEntry.deed.in_(["release", "free_expired", "skip"])).order_by(AuditEntry.id)
    ).all()
    assert [entry.deed for entry in entries] == ["release", "free_expired", "skip"]
    stamps = [session.scalar(text("SELECT CAST(:s AS timestamptz)"), {"s": e.details["claimed_at"]}) for e in entries]
    assert stamps == [NOW] * 3


def test_an_outcome_says_when_its_case_was_taken(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    form = InteractionForm(
        submission_key=uuid4(),
        item_id=item.id,
        case_id=item.case_id,
        disposition_code="call.busy",
        contact_point_id=session.scalar(text("SELECT id FROM contact_point")),
        started_at=NOW + MINUTE,
    )
    record(session, cast.ana, form, at=NOW + 2 * MINUTE)
    assert session.exec(select(Interaction)).one().claimed_at == NOW

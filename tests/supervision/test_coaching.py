"""Any agent's day in the supervisor's hands, and a comment that the agent reads and answers."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from models import (
    Case,
    CoachingNote,
    Interaction,
    Presence,
    PresenceEnd,
    PresenceState,
    Queue,
    Role,
    TeamMember,
    TeamPortfolio,
    WorkItem,
)
from tests.cast import NOW, TODAY, Cast, owe
from tests.supervision.dealing import agent
from workbench.actions import coaching, worklist
from workbench.actions.interactions import InteractionForm, record
from workbench.queries.agent_days import agent_day
from workbench.queries.coaching import Note, notes_of, own_notes, unread
from workbench.queries.teammates import teammates
from workbench.rules.agent_days import SpanKind
from workbench.rules.follow_ups import SkipReason
from workbench.rules.refusals import Refused

ZONE = "America/Mexico_City"
ELEVEN = NOW + timedelta(hours=1)


@pytest.fixture
def called(session: Session, cast: Cast) -> int:
    """Ana took a case at ten past ten, and saved an outcome five minutes later; the interaction's id."""
    item = owe(session, cast.mexico, name="Ximena Villaseñor")
    taken = worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW + timedelta(minutes=10))
    assert taken
    assert taken.item_id == item.id
    form = InteractionForm(
        submission_key=uuid4(),
        item_id=item.id,
        case_id=item.case_id,
        contact_point_id=None,
        disposition_code="call.no_answer",
        started_at=NOW + timedelta(minutes=11),
        note="Sonó hasta el final",
    )
    return record(session, cast.ana, form, at=NOW + timedelta(minutes=15)).interaction_id


def test_a_day_shows_outcomes_put_downs_breaks_and_gaps(session: Session, cast: Cast, called: int) -> None:
    owe(session, cast.mexico, phone="+525512345679")
    claim = worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW + timedelta(minutes=20))
    assert claim
    worklist.skip(session, cast.ana, claim.item_id, reason=SkipReason.KNOWS_DEBTOR, at=NOW + timedelta(minutes=22))
    for state, start, end in (
        (PresenceState.AVAILABLE, 0, 30),
        (PresenceState.BREAK, 30, 45),
        (PresenceState.AVAILABLE, 45, None),
    ):
        session.add(
            Presence(
                user_id=cast.ana.user_id,
                state=state,
                started_at=NOW + timedelta(minutes=start),
                seen_at=NOW,
                ended_at=NOW + timedelta(minutes=end) if end else None,
                ended_because=PresenceEnd.CHANGED if end else None,
            )
        )
    session.flush()
    day = agent_day(session, cast.sofia, cast.ana.user_id, TODAY, ZONE, at=ELEVEN)
    told = [
        (each.kind, (each.started_at - NOW).seconds // 60, (each.ended_at - NOW).seconds // 60) for each in day.spans
    ]
    assert told == [
        (SpanKind.GAP, 0, 10),
        (SpanKind.OUTCOME, 10, 15),
        (SpanKind.GAP, 15, 20),
        (SpanKind.PUT_DOWN, 20, 22),
        (SpanKind.GAP, 22, 30),
        (SpanKind.BREAK, 30, 45),
        (SpanKind.GAP, 45, 60),
    ]
    assert day.contacts[called].debtor == "Ximena Villaseñor"
    assert [each.reason for each in day.put_down.values()] == ["knows_debtor"]


def test_what_a_supervisor_gave_back_is_in_the_day_of_who_held_it(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    claim = worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    assert claim
    worklist.release(session, cast.sofia, claim.item_id, at=NOW + timedelta(minutes=9))
    own, theirs = (
        agent_day(session, cast.sofia, each.user_id, TODAY, ZONE, at=ELEVEN) for each in (cast.sofia, cast.ana)
    )
    assert own.spans == ()
    assert [(each.kind, each.length) for each in theirs.spans] == [(SpanKind.PUT_DOWN, timedelta(minutes=9))]


def test_a_comment_is_read_and_answered_once(session: Session, cast: Cast, called: int) -> None:
    note_id = coaching.comment(session, cast.sofia, called, "  Deje recado con la hora.  ", at=ELEVEN)
    assert unread(session, cast.ana) == 1
    (note,) = own_notes(session, cast.ana, at=ELEVEN)
    assert (note.comment, note.author, note.seen_at) == ("Deje recado con la hora.", "Sofía", None)
    coaching.answer(session, cast.ana, note_id, "Lo haré", at=ELEVEN)
    assert unread(session, cast.ana) == 0
    (note,) = notes_of(session, cast.sofia, cast.ana.user_id, at=ELEVEN)
    assert (note.answer, note.seen_at) == ("Lo haré", ELEVEN)
    with pytest.raises(Refused, match="answered already"):
        coaching.answer(session, cast.ana, note_id, "Otra vez", at=ELEVEN)


def test_reading_twice_keeps_the_first_time(session: Session, cast: Cast, called: int) -> None:
    note_id = coaching.comment(session, cast.sofia, called, "Muy bien", praise=True, at=ELEVEN)
    coaching.mark_seen(session, cast.ana, note_id, at=ELEVEN)
    coaching.mark_seen(session, cast.ana, note_id, at=ELEVEN + timedelta(hours=1))
    assert session.exec(select(CoachingNote.seen_at).where(CoachingNote.id == note_id)).one() == ELEVEN


@pytest.mark.parametrize("who", ["ana", "bruno", "alma"])
def test_only_who_coaches_the_team_comments(session: Session, cast: Cast, called: int, who: str) -> None:
    with pytest.raises(Refused, match=r"does not allow|nothing here"):
        coaching.comment(session, getattr(cast, who), called, "Hola", at=ELEVEN)


@pytest.mark.parametrize("words", ["", "   ", "x" * (coaching.LONGEST + 1)])
def test_a_comment_needs_words(session: Session, cast: Cast, called: int, words: str) -> None:
    with pytest.raises(Refused, match=r"Write what|too long"):
        coaching.comment(session, cast.sofia, called, words, at=ELEVEN)


def test_nobody_comments_on_themselves(session: Session, cast: Cast, called: int) -> None:
    item = owe(session, cast.mexico, phone="+525512345680")
    form = InteractionForm(
        submission_key=uuid4(),
        item_id=None,
        case_id=item.case_id,
        contact_point_id=None,
        disposition_code="call.no_answer",
        started_at=NOW,
        note="",
    )
    own = record(session, cast.sofia, form, at=NOW + timedelta(minutes=1)).interaction_id
    with pytest.raises(Refused, match="your own contact"):
        coaching.comment(session, cast.sofia, own, "Hola", at=ELEVEN)


def test_another_team_sees_neither_the_day_nor_the_notes(session: Session, cast: Cast, called: int) -> None:
    note_id = coaching.comment(session, cast.sofia, called, "Hola", at=ELEVEN)
    stranger = cast.bruno
    with pytest.raises(Refused):
        agent_day(session, stranger, cast.ana.user_id, TODAY, ZONE, at=ELEVEN)
    with pytest.raises(Refused):
        notes_of(session, stranger, cast.ana.user_id, at=ELEVEN)
    with pytest.raises(Refused):
        coaching.mark_seen(session, stranger, note_id, at=ELEVEN)
    with pytest.raises(Refused):
        coaching.answer(session, stranger, note_id, "Hola", at=ELEVEN)
    assert own_notes(session, stranger, at=ELEVEN) == []
    assert {each.name for each in teammates(session, stranger)} == {"Bruno", "Alma"}
    assert session.exec(select(Case.id).join(WorkItem).where(WorkItem.queue == Queue.CALL)).all()
    assert session.exec(select(Interaction.id)).all() == [called]


def test_who_coaches_the_same_agent_elsewhere_is_not_named(session: Session, cast: Cast, called: int) -> None:
    """Ana works in Bruno's team, too, whose supervisor sees Mexico: what was said to her, and not by whom."""
    south = next(iter(cast.bruno.team_ids))
    session.add(TeamMember(team_id=south, user_id=cast.ana.user_id))
    session.add(TeamPortfolio(team_id=south, portfolio_id=cast.mexico.id))
    session.flush()
    berta = agent(session, south, "Berta", role=Role.SUPERVISOR)
    coaching.comment(session, cast.sofia, called, "Hola", at=ELEVEN)
    coaching.comment(session, berta, called, "Bien", at=ELEVEN)

    def authors(notes: list[Note]) -> set[tuple[str, str]]:
        return {(each.comment, each.author) for each in notes}

    both = {("Hola", "Sofía"), ("Bien", "Berta")}
    assert authors(notes_of(session, berta, cast.ana.user_id, at=ELEVEN)) == {("Hola", ""), ("Bien", "Berta")}
    assert authors(notes_of(session, cast.sofia, cast.ana.user_id, at=ELEVEN)) == {("Hola", "Sofía"), ("Bien", "")}
    assert authors(own_notes(session, cast.ana, at=ELEVEN)) == both  # they were written to her


def test_an_agent_opens_their_own_day_and_nobody_elses(session: Session, cast: Cast, called: int) -> None:
    assert called in agent_day(session, cast.ana, cast.ana.user_id, TODAY, ZONE, at=ELEVEN).contacts
    with pytest.raises(Refused, match="does not allow"):
        agent_day(session, cast.ana, cast.sofia.user_id, TODAY, ZONE, at=ELEVEN)

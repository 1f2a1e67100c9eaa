from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from models import Band, PresenceState, Queue, Role, TeamMember, TeamPortfolio, User, WorkState
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import floors, presences, worklist
from workbench.actions.interactions import InteractionForm, record
from workbench.queries.floor import COUNTED, Floor, Person, floor
from workbench.queries.kpis import By, Scope, breakdown
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.rules.floors import WAITS, Doing, Light, Wait
from workbench.rules.follow_ups import SkipReason
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused

MINUTE = timedelta(minutes=1)


def claim(session: Session, cast: Cast, who: Viewer | None = None, at: Any = NOW) -> worklist.Claim:
    got = worklist.claim_next(session, who or cast.ana, portfolio_id=cast.mexico.id, at=at)
    assert got
    return got


def person(session: Session, cast: Cast, name: str = "Ana", at: Any = NOW, who: Viewer | None = None) -> Person:
    return next(each for each in floor(session, who or cast.sofia, at=at).people if each.name == name)


def save(session: Session, cast: Cast, code: str, **more: Any) -> None:
    """Ana takes the next debtor and ends the call two minutes later."""
    got = claim(session, cast)
    point = session.scalar(
        text("SELECT p.id FROM contact_point p JOIN collection_case c USING (debtor_id) WHERE c.id = :c"),
        {"c": got.case_id},
    )
    form = InteractionForm(
        submission_key=uuid4(),
        item_id=got.item_id,
        case_id=got.case_id,
        disposition_code=code,
        contact_point_id=point,
        started_at=NOW,
        **more,
    )
    record(session, cast.ana, form, at=NOW + 2 * MINUTE)


def test_who_was_relieved_of_a_case_is_idle_since_then(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico, name="Elena Ruiz")
    presences.arrive(session, cast.ana, at=NOW - 120 * MINUTE)
    got = claim(session, cast, at=NOW - 10 * MINUTE)
    floors.give_back(session, cast.sofia, got.case_id, holder_id=cast.ana.user_id, at=NOW)
    seen = person(session, cast, at=NOW + MINUTE)
    assert (seen.doing, seen.since) == (Doing.IDLE, NOW)


def test_each_state_with_its_beginning(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico, name="Elena Ruiz")
    assert (person(session, cast).doing, person(session, cast).since) == (Doing.OFFLINE, None)
    presences.arrive(session, cast.ana, at=NOW)
    assert (person(session, cast).doing, person(session, cast).since) == (Doing.IDLE, NOW)
    got = claim(session, cast, at=NOW + MINUTE)
    seen = person(session, cast, at=NOW + 3 * MINUTE)
    assert (seen.doing, seen.since, seen.light) == (Doing.ON_CASE, NOW + MINUTE, Light.GREEN)
    assert seen.held
    assert (seen.held.case_id, seen.held.debtor, seen.held.queue) == (got.case_id, "Elena Ruiz", Queue.CALL)
    worklist.skip(session, cast.ana, got.item_id, reason=SkipReason.TECHNICAL, at=NOW + 5 * MINUTE)
    seen = person(session, cast, at=NOW + 7 * MINUTE)
    assert (seen.doing, seen.since, seen.light, seen.held) == (Doing.IDLE, NOW + 5 * MINUTE, Light.NONE, None)
    presences.change_presence(session, cast.ana, PresenceState.MEETING, at=NOW + 8 * MINUTE)
    seen = person(session, cast, at=NOW + 9 * MINUTE)
    assert (seen.doing, seen.since) == (Doing.MEETING, NOW + 8 * MINUTE)


@pytest.mark.parametrize(
    ("minutes", "light"), [(0, "green"), (4, "green"), (5, "amber"), (8, "amber"), (9, "red"), (60, "red")]
)
def test_the_teams_minutes_give_the_colour(session: Session, cast: Cast, minutes: int, light: str) -> None:
    session.execute(text("UPDATE team SET amber_minutes = 5, red_minutes = 9"))
    owe(session, cast.mexico)
    claim(session, cast)
    assert person(session, cast, at=NOW + minutes * MINUTE).light == light


def test_the_day_so_far_is_what_the_catalogue_says(session: Session, cast: Cast) -> None:
    for _debtor in range(4):
        owe(session, cast.mexico)
    save(session, cast, "call.no_answer")
    save(session, cast, "call.message_taken")
    terms = PromiseTerms(Decimal(500), TODAY + timedelta(days=3))
    save(session, cast, "call.promise", promise=terms)
    at = NOW + 5 * MINUTE
    seen = person(session, cast, at=at)
    scope = Scope((cast.mexico.id,), TODAY, TODAY)
    told = breakdown(session, cast.sofia, [*COUNTED, "promised"], scope, By.AGENT, at=at)
    ana = next(each.figures for each in told.groups if each.key == cast.ana.user_id)
    assert dict(zip(COUNTED, seen.counts, strict=True)) == {name: ana[name].value for name in COUNTED}
    assert seen.counts == (3, 2, 1, 1)
    assert seen.promised == {"MXN": ana["promised"].value} == {"MXN": Decimal(500)}


def test_supervisors_stand_there_only_while_they_work(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    assert [each.name for each in floor(session, cast.marta, at=NOW).people] == ["Ana"]
    claim(session, cast, cast.sofia)
    assert [each.name for each in floor(session, cast.marta, at=NOW).people] == ["Ana", "Sofía"]


def test_what_waits_and_for_how_long(session: Session, cast: Cast) -> None:
    hour = timedelta(hours=1)
    owe(session, cast.mexico)
    owe(session, cast.mexico, queue=Queue.NEGOTIATION, band=Band.NEGOTIATION)
    owe(
        session,
        cast.mexico,
        state=WorkState.WAITING,
        band=Band.CALLBACK,
        not_before=NOW - MINUTE,
        reserved_for=cast.sofia.user_id,
    )
    for later in (0.5, 1.5, 1.6, 9):
        owe(session, cast.mexico, state=WorkState.WAITING, band=Band.CALLBACK, not_before=NOW + later * hour)
    owe(session, cast.colombia, score=9)
    save(session, cast, "call.call_back", callback_at=NOW + 3 * hour)
    back = NOW + 5 * hour
    before = floor(session, cast.sofia, at=NOW + 5 * MINUTE).queues
    assert (before.overdue_callbacks, before.callbacks) == (1, (1, 2, 1, 0))
    worklist.promote_due(session, at=back)
    waits = floor(session, cast.sofia, at=back).queues
    by_queue = {each.queue: each for each in waits.waiting}
    assert set(by_queue) == {Queue.CALL, Queue.NEGOTIATION}
    calls = by_queue[Queue.CALL]
    assert dict(zip(WAITS, calls.by_wait, strict=True)) == dict.fromkeys(WAITS, 0) | {
        Wait.TWO_HOURS: 1,  # the callback that Ana agreed for two hours ago
        Wait.FOUR_HOURS: 2,
        Wait.EIGHT_HOURS: 2,
    }
    assert (calls.ready, calls.oldest) == (5, NOW - MINUTE)
    assert waits.overdue_callbacks == 5
    claim(session, cast, at=back)
    held = floor(session, cast.sofia, at=back + 13 * MINUTE).queues
    assert (held.held, held.ending) == (1, 1)


def test_the_lawful_time_left_is_the_days(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    owe(session, cast.mexico, zone="America/Tijuana")
    left = {each.zone: each for each in floor(session, cast.sofia, at=NOW).queues.lawful}
    capital, border = left["America/Mexico_City"], left["America/Tijuana"]
    assert capital.open
    assert 0 < capital.minutes < border.minutes
    night = {each.zone: each for each in floor(session, cast.sofia, at=NOW + timedelta(hours=13)).queues.lawful}
    assert (night["America/Mexico_City"].minutes, night["America/Mexico_City"].open) == (0, False)


def test_three_statements_however_many_people(session: Session, cast: Cast) -> None:
    team = next(iter(cast.ana.team_ids))
    for number in range(30):
        user = User(email=f"a{number}@example.com", name=f"A{number}", role=Role.AGENT, created_at=NOW)
        session.add(user)
        session.flush()
        session.add(TeamMember(team_id=team, user_id=user.id))
    session.flush()
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        told.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    found = floor(session, cast.sofia, at=NOW)
    event.remove(engine, "before_cursor_execute", note)
    assert len(found.people) == 31
    assert len(told) == 3


def seen_by(session: Session, who: Viewer) -> Floor:
    return floor(session, who, at=NOW)


def test_nobody_sees_another_teams_people_or_queues(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico, name="Elena Ruiz")
    owe(session, cast.colombia, name="Beto Paz")
    claim(session, cast)
    worklist.claim_next(session, cast.bruno, portfolio_id=cast.colombia.id, at=NOW)
    berta = replace(cast.sofia, portfolio_ids=cast.bruno.portfolio_ids, team_ids=cast.bruno.team_ids)
    south = seen_by(session, berta)
    assert [each.name for each in south.people] == ["Bruno"]
    assert {each.portfolio_id for each in south.queues.waiting} == {cast.colombia.id}
    north = seen_by(session, cast.sofia)
    assert [each.name for each in north.people] == ["Ana"]
    assert "Beto Paz" not in repr(north)
    assert "Elena Ruiz" not in repr(south)


def test_what_a_teammate_holds_for_another_team_has_no_name(session: Session, cast: Cast) -> None:
    """Ana helps the south out: Sofía sees that she works, and nothing of the debtor, the portfolio or the figures."""
    south = next(iter(cast.bruno.team_ids))
    session.add(TeamMember(team_id=south, user_id=cast.ana.user_id))
    session.flush()
    owe(session, cast.colombia, name="Beto Paz")
    worklist.claim_next(session, viewer(session, cast.ana.user_id), portfolio_id=cast.colombia.id, at=NOW)
    seen = person(session, cast)
    assert (seen.doing, seen.held) == (Doing.ON_CASE, None)
    assert "Beto Paz" not in repr(seen_by(session, cast.sofia))


def test_a_shared_portfolio_shows_no_other_teams_people(session: Session, cast: Cast) -> None:
    south = next(iter(cast.bruno.team_ids))
    session.add(TeamPortfolio(team_id=south, portfolio_id=cast.mexico.id))
    session.flush()
    owe(session, cast.mexico)
    bruno = viewer(session, cast.bruno.user_id)
    worklist.claim_next(session, bruno, portfolio_id=cast.mexico.id, at=NOW)
    found = seen_by(session, cast.sofia)
    assert [each.name for each in found.people] == ["Ana"]
    assert found.queues.held == 1  # of the portfolio, by nobody's name


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
def test_the_floor_is_the_supervisors_and_managers(session: Session, cast: Cast, name: str) -> None:
    with pytest.raises(Refused, match="Your role"):
        floor(session, getattr(cast, name), at=NOW)


def test_a_stuck_case_is_taken_over_in_one_go(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    got = claim(session, cast)
    worklist.save_draft(session, cast.ana, got.item_id, note="a medias", fields={}, at=NOW)
    taken = floors.take_over(
        session, cast.sofia, got.case_id, holder_id=cast.ana.user_id, queue=Queue.CALL, at=NOW + MINUTE
    )
    assert taken.item_id == got.item_id
    assert worklist.current_claim(session, cast.ana) is None
    draft = worklist.draft(session, cast.sofia, got.item_id)
    assert draft
    assert draft.note == "a medias"
    deeds = session.execute(text("SELECT deed, by_id FROM audit_entry WHERE subject = 'work_item' ORDER BY id")).all()
    assert [tuple(each) for each in deeds][1:] == [("release", cast.sofia.user_id), ("claim_case", cast.sofia.user_id)]


def test_who_has_moved_on_loses_nothing(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    owe(session, cast.mexico)
    first = claim(session, cast)
    worklist.skip(session, cast.ana, first.item_id, reason=SkipReason.TECHNICAL, at=NOW)
    second = claim(session, cast)
    for deed in (floors.give_back, floors.take_over):
        more = {"queue": Queue.CALL} if deed is floors.take_over else {}
        with pytest.raises(Refused, match="Ana does not hold"):
            deed(session, cast.sofia, first.case_id, holder_id=cast.ana.user_id, at=NOW, **more)
    now_held = worklist.current_claim(session, cast.ana)
    assert now_held
    assert now_held.item_id == second.item_id


STRANGERS = {
    "an agent": ("ana", "Your role"),
    "another team's agent": ("bruno", "Your role"),
    "an admin": ("alma", "Your role"),
    "another team's supervisor": ("berta", "nothing here"),
}


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("deed", ["give_back", "take_over"])
def test_no_stranger_touches_a_case_in_hand(session: Session, cast: Cast, stranger: str, deed: str) -> None:
    owe(session, cast.mexico)
    got = claim(session, cast)
    name, because = STRANGERS[stranger]
    berta = replace(
        cast.sofia, user_id=cast.bruno.user_id, portfolio_ids=cast.bruno.portfolio_ids, team_ids=cast.bruno.team_ids
    )
    who = berta if name == "berta" else getattr(cast, name)
    more = {"queue": Queue.CALL} if deed == "take_over" else {}
    with pytest.raises(Refused, match=because):
        getattr(floors, deed)(session, who, got.case_id, holder_id=cast.ana.user_id, at=NOW, **more)
    assert worklist.current_claim(session, cast.ana)


def test_a_manager_gives_back_and_takes_nothing(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    got = claim(session, cast)
    with pytest.raises(Refused, match="Your role"):
        floors.take_over(session, cast.marta, got.case_id, holder_id=cast.ana.user_id, queue=Queue.CALL, at=NOW)
    floors.give_back(session, cast.marta, got.case_id, holder_id=cast.ana.user_id, at=NOW)
    assert worklist.current_claim(session, cast.ana) is None

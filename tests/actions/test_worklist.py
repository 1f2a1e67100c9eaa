from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import AuditEntry, Band, Case, Draft, Portfolio, Queue, Role, WorkItem, WorkState
from tests.cast import NOW, Cast, owe
from workbench.actions import worklist
from workbench.rules.access import Viewer
from workbench.rules.follow_ups import SkipReason
from workbench.rules.refusals import Refused

LATE = NOW + timedelta(hours=10)  # 20:00 in Mexico City
MINUTE = timedelta(minutes=1)


def claim(session: Session, cast: Cast, who: Viewer | None = None, **more: Any) -> worklist.Claim | None:
    return worklist.claim_next(session, who or cast.ana, portfolio_id=cast.mexico.id, **({"at": NOW} | more))


def reread(session: Session, item: WorkItem) -> WorkItem:
    session.expire_all()
    return session.get_one(WorkItem, item.id)


def second_portfolio(session: Session, cast: Cast) -> tuple[Portfolio, Viewer]:
    """Another book of the same creditor, which Sofía sees too."""
    fields = cast.mexico.model_dump(exclude={"id", "code"})
    other = Portfolio(code="MX-AUTO", **fields)
    session.add(other)
    session.flush()
    return other, Viewer(cast.sofia.user_id, "Sofía", Role.SUPERVISOR, "es", frozenset({cast.mexico.id, other.id}))


def test_the_best_score_is_claimed_first(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico, score=1)
    best = owe(session, cast.mexico, score=9)
    got = claim(session, cast)
    assert got == worklist.Claim(best.id, best.case_id, cast.mexico.id, Band.SCORE, NOW + timedelta(minutes=15))
    assert worklist.current_claim(session, cast.ana) == got


def test_bands_go_before_scores(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico, score=99)
    broken = owe(session, cast.mexico, score=1, band=Band.BROKEN_PROMISE)
    got = claim(session, cast)
    assert got
    assert got.item_id == broken.id


def test_own_due_callback_then_own_reserved_then_the_pool(session: Session, cast: Cast) -> None:
    ana = cast.ana.user_id
    pool = owe(session, cast.mexico, band=Band.BROKEN_PROMISE)
    mine = owe(session, cast.mexico, reserved_for=ana)
    callback = owe(session, cast.mexico, state=WorkState.WAITING, band=Band.CALLBACK, not_before=NOW, reserved_for=ana)
    owe(session, cast.mexico, score=99, reserved_for=cast.sofia.user_id)
    order = []
    while got := claim(session, cast):
        order.append(got.item_id)
        worklist.skip(session, cast.ana, got.item_id, reason=SkipReason.TECHNICAL, at=NOW)
    assert order == [callback.id, mine.id, pool.id]


def test_own_callback_of_another_portfolio_comes_first(session: Session, cast: Cast) -> None:
    other, sofia = second_portfolio(session, cast)
    owe(session, cast.mexico)
    callback = owe(
        session, other, state=WorkState.WAITING, band=Band.CALLBACK, not_before=NOW, reserved_for=sofia.user_id
    )
    got = claim(session, cast, sofia)
    assert got
    assert (got.item_id, got.portfolio_id) == (callback.id, other.id)


def test_a_callback_is_its_authors_for_a_quarter_of_an_hour(session: Session, cast: Cast) -> None:
    callback = owe(
        session,
        cast.mexico,
        state=WorkState.WAITING,
        band=Band.CALLBACK,
        not_before=NOW,
        reserved_for=cast.ana.user_id,
    )
    assert claim(session, cast, cast.sofia, at=NOW + 14 * MINUTE) is None
    got = claim(session, cast, cast.sofia, at=NOW + 15 * MINUTE)
    assert got
    assert got.item_id == callback.id


def test_nobody_is_offered_outside_lawful_hours(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    assert claim(session, cast, at=LATE) is None


def test_only_debtors_whose_clock_is_right_are_offered_best_first(session: Session, cast: Cast) -> None:
    eight = NOW - timedelta(hours=2)  # 08:00 in the capital, 06:00 in Tijuana, 09:00 in Cancún
    owe(session, cast.mexico, score=9, zone="America/Tijuana")
    second = owe(session, cast.mexico, score=5)
    first = owe(session, cast.mexico, score=7, zone="America/Cancun")
    got = [claim(session, cast, who, at=eight) for who in (cast.ana, cast.sofia)]
    assert [each.item_id for each in got if each] == [first.id, second.id]


def test_who_holds_a_debtor_gets_the_same_again(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    owe(session, cast.mexico)
    first = claim(session, cast)
    again = claim(session, cast, at=NOW + MINUTE)
    assert first
    assert again
    assert (again.item_id, again.lease_until) == (first.item_id, first.lease_until + MINUTE)
    entries = session.exec(select(AuditEntry).where(AuditEntry.deed == "claim_next")).all()
    assert [(entry.by_id, entry.subject_id) for entry in entries] == [(cast.ana.user_id, first.item_id)]


def test_a_debtor_held_for_another_portfolio_is_passed_over(session: Session, cast: Cast) -> None:
    other, sofia = second_portfolio(session, cast)
    held = owe(session, cast.mexico, score=9)
    case = Case(portfolio_id=other.id, debtor_id=held.debtor_id, opened_on=NOW.date())
    session.add(case)
    session.flush()
    twin = WorkItem(portfolio_id=other.id, case_id=case.id, debtor_id=held.debtor_id, zone=held.zone, ready_at=NOW)
    twin.score = 99
    session.add(twin)
    free = owe(session, other, score=1)
    assert claim(session, cast)
    got = worklist.claim_next(session, sofia, portfolio_id=other.id, at=NOW)
    assert got
    assert got.item_id == free.id
    with pytest.raises(Refused, match="Ana is working"):
        worklist.claim_case(session, sofia, case.id, at=NOW)
    holder = worklist.holder(session, sofia, case.id)
    assert holder
    assert holder.name == "Ana"


def test_an_expired_lease_returns_with_the_draft(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    assert claim(session, cast)
    worklist.save_draft(session, cast.ana, item.id, note="dice que", fields={"amount": "5"}, at=NOW)
    assert claim(session, cast, cast.sofia, at=NOW + 14 * MINUTE) is None
    got = claim(session, cast, cast.sofia, at=NOW + 15 * MINUTE)
    assert got
    assert got.item_id == item.id
    kept = worklist.draft(session, cast.sofia, item.id)
    assert kept
    assert (kept.author, kept.note, kept.fields) == ("Ana", "dice que", {"amount": "5"})
    assert not worklist.heartbeat(session, cast.ana, item.id, at=NOW + 16 * MINUTE)
    with pytest.raises(Refused, match="Sofía is working"):
        worklist.save_draft(session, cast.ana, item.id, note="tarde", fields={}, at=NOW + 16 * MINUTE)


def test_a_heartbeat_keeps_the_lease(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim(session, cast)
    assert worklist.heartbeat(session, cast.ana, item.id, at=NOW + 10 * MINUTE)
    assert worklist.free_expired(session, at=NOW + 20 * MINUTE) == 0
    assert worklist.free_expired(session, at=NOW + 25 * MINUTE) == 1
    assert reread(session, item).state == WorkState.READY


def test_a_late_draft_leaves_nothing_behind(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim(session, cast)
    worklist.skip(session, cast.ana, item.id, reason=SkipReason.BAD_MOMENT, at=NOW)
    with pytest.raises(Refused, match="no longer in your hands"):
        worklist.save_draft(session, cast.ana, item.id, note="tarde", fields={}, at=NOW)
    assert session.exec(select(Draft)).all() == []


def test_skipping_sends_the_debtor_away_with_a_reason(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim(session, cast)
    back_at = worklist.skip(session, cast.ana, item.id, reason=SkipReason.BAD_MOMENT, at=NOW)
    after = reread(session, item)
    assert (after.state, after.not_before, after.claimed_by) == (WorkState.WAITING, back_at, None)
    entry = session.exec(select(AuditEntry).where(AuditEntry.deed == "skip")).one()
    assert (entry.by_id, entry.details["reason"]) == (cast.ana.user_id, "bad_moment")
    assert claim(session, cast) is None
    assert claim(session, cast, at=back_at)


def test_a_supervisor_may_give_back_what_another_holds(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim(session, cast)
    worklist.release(session, cast.sofia, item.id, at=NOW)
    assert reread(session, item).state == WorkState.READY
    entry = session.exec(select(AuditEntry).where(AuditEntry.deed == "release")).one()
    assert (entry.by_id, entry.details["holder"]) == (cast.sofia.user_id, cast.ana.user_id)


def test_an_agent_may_not_give_back_what_another_holds(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim(session, cast, cast.sofia)
    with pytest.raises(Refused, match="Sofía is working"):
        worklist.release(session, cast.ana, item.id, at=NOW)


def test_a_searched_case_opened_early_goes_back_to_waiting(session: Session, cast: Cast) -> None:
    held = owe(session, cast.mexico, score=9)
    later = NOW + timedelta(days=1)
    sought = owe(
        session,
        cast.mexico,
        state=WorkState.WAITING,
        band=Band.CALLBACK,
        not_before=later,
        reserved_for=cast.sofia.user_id,
    )
    claim(session, cast)
    opened = worklist.claim_case(session, cast.ana, sought.case_id, at=NOW)
    assert opened.item_id == sought.id
    assert reread(session, held).state == WorkState.READY
    worklist.release(session, cast.ana, sought.id, at=NOW)
    after = reread(session, sought)
    assert (after.state, after.not_before, after.reserved_for) == (WorkState.WAITING, later, cast.sofia.user_id)


def test_a_closed_case_is_not_opened_for_work(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, state=WorkState.CLOSED)
    with pytest.raises(Refused, match="it is closed"):
        worklist.claim_case(session, cast.ana, item.case_id, at=NOW)


def test_a_case_without_an_item_gets_one_when_opened(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    opened = worklist.claim_case(session, cast.ana, item.case_id, at=NOW, queue=Queue.NEGOTIATION)
    assert opened.item_id != item.id
    assert worklist.claim_case(session, cast.ana, item.case_id, at=NOW + MINUTE).item_id == opened.item_id


def test_the_empty_state_says_when_hours_begin(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    owe(session, cast.mexico, reserved_for=cast.sofia.user_id)
    owe(session, cast.mexico, state=WorkState.WAITING, not_before=NOW + timedelta(days=2))
    moment = worklist.next_moment(session, cast.ana, cast.mexico.id, LATE)
    assert moment.at == NOW + timedelta(hours=22)  # 08:00 the next day
    assert moment.because_of_hours
    assert (moment.ready, moment.waiting, moment.reserved, moment.working) == (1, 1, 1, 0)


def test_the_empty_state_says_when_the_next_thing_is_due(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico, state=WorkState.WAITING, not_before=NOW + timedelta(hours=1))
    moment = worklist.next_moment(session, cast.ana, cast.mexico.id, NOW)
    assert (moment.at, moment.because_of_hours) == (NOW + timedelta(hours=1), False)


def test_nothing_planned_is_said_as_such(session: Session, cast: Cast) -> None:
    assert worklist.next_moment(session, cast.ana, cast.mexico.id, NOW).at is None


DEEDS: dict[str, Callable[..., Any]] = {
    "claim_next": lambda session, who, item, portfolio: worklist.claim_next(
        session, who, portfolio_id=portfolio.id, at=NOW
    ),
    "claim_case": lambda session, who, item, _: worklist.claim_case(session, who, item.case_id, at=NOW),
    "holder": lambda session, who, item, _: worklist.holder(session, who, item.case_id),
    "heartbeat": lambda session, who, item, _: worklist.heartbeat(session, who, item.id, at=NOW),
    "release": lambda session, who, item, _: worklist.release(session, who, item.id, at=NOW),
    "skip": lambda session, who, item, _: worklist.skip(session, who, item.id, reason=SkipReason.LANGUAGE, at=NOW),
    "save_draft": lambda session, who, item, _: worklist.save_draft(session, who, item.id, note="", fields={}, at=NOW),
    "draft": lambda session, who, item, _: worklist.draft(session, who, item.id),
    "next_moment": lambda session, who, item, portfolio: worklist.next_moment(session, who, portfolio.id, NOW),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_bruno_sees_and_does_nothing_outside_his_teams(session: Session, cast: Cast, deed: str) -> None:
    item = owe(session, cast.mexico, state=WorkState.CLAIMED, claimed_by=cast.ana.user_id, lease_until=NOW + MINUTE)
    session.execute(text("UPDATE work_item SET claimed_at = :at"), {"at": NOW})
    before = session.execute(text("SELECT * FROM work_item")).all()
    with pytest.raises(Refused, match="nothing here that you may see"):
        DEEDS[deed](session, cast.bruno, item, cast.mexico)
    assert session.execute(text("SELECT * FROM work_item")).all() == before


@pytest.mark.parametrize("deed", DEEDS)
def test_ids_that_do_not_exist_say_the_same(session: Session, cast: Cast, deed: str) -> None:
    nothing = WorkItem(id=10**12, case_id=10**12)
    with pytest.raises(Refused, match="nothing here that you may see"):
        DEEDS[deed](session, cast.ana, nothing, Portfolio(id=10**12))


@pytest.mark.parametrize("deed", sorted(DEEDS.keys() - {"release", "holder"}))
@pytest.mark.parametrize("person", ["marta", "alma"])
def test_only_agents_and_supervisors_work_the_queue(session: Session, cast: Cast, person: str, deed: str) -> None:
    item = owe(session, cast.mexico)
    with pytest.raises(Refused, match="Your role does not allow this"):
        DEEDS[deed](session, getattr(cast, person), item, cast.mexico)


def test_marta_may_give_back_but_not_work(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim(session, cast)
    worklist.release(session, cast.marta, item.id, at=NOW)
    assert reread(session, item).claimed_by is None


def test_alma_gives_nothing_back(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim(session, cast)
    with pytest.raises(Refused):
        worklist.release(session, cast.alma, item.id, at=NOW)

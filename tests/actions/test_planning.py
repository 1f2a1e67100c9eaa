"""What the night plans: the right step on the right channel, once, and exactly what the dry run had shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, select

from models import Case, ContactPoint, NightlyChange, NightlyRun, PhoneKind, Portfolio, StepTask, WorkItem
from models.interactions import Channel
from models.messages import MessageState
from models.pauses import PauseKind
from models.promises import PromiseState
from models.work_items import Band, Queue, WorkState
from tests.actions.books import (
    DAY,
    NIGHT,
    account_of,
    contact,
    day,
    debtor,
    debtor_of,
    email,
    leave,
    opt_out,
    pause,
    pay_all,
    phone,
    promise,
    publish,
    reply,
    saved,
    second_debt,
    segment,
    step,
    strategy,
    task,
    written,
)
from tests.cast import NOW, TODAY, Cast
from workbench import db
from workbench.actions.nights import run_night
from workbench.actions.planning import Planned, dry_run, plan_night
from workbench.queries.nights import recent_nights
from workbench.rules.refusals import Refused
from workbench.rules.strategies import read_definition, shipped_definition

LADDER = strategy(step("first", 1), step("second", 8), step("third", 15))


def plan(session: Session, portfolio: Portfolio, on: int = 0) -> Planned:
    """The planning of the night of so many days after today."""
    return plan_night(session, portfolio, on=day(on), at=NIGHT + on * DAY)


def steps(session: Session, item: WorkItem) -> list[str | None]:
    return [message.step for message in written(session, case_id=item.case_id)]


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    """A Mexican three days past due, under a ladder of SMS on days 1, 8 and 15."""
    publish(session, cast.mexico, LADDER)
    return debtor(session, cast.mexico, 3)


def test_a_due_step_is_a_planned_message(session: Session, cast: Cast, item: WorkItem) -> None:
    assert plan(session, cast.mexico) == Planned(1)
    message = written(session)[0]
    assert message.key == f"{item.case_id}:{message.strategy_id}:first:{day(-3)}:sms:1"
    assert (message.state, message.on_date, message.anchor_on, message.arm) == ("planned", TODAY, day(-3), "champion")
    assert message.not_before == datetime(2026, 11, 18, 14, tzinfo=UTC)  # eight o'clock in Mexico City
    assert message.expires_at == datetime(2026, 11, 20, 6, tzinfo=UTC)  # the end of tomorrow there
    assert (message.contact_point_id is None, message.fallbacks, message.planned_at) == (False, [], NIGHT)


def test_no_strategy_plans_nothing(session: Session, cast: Cast) -> None:
    debtor(session, cast.mexico, 3)
    assert plan(session, cast.mexico) == Planned()


def test_the_same_night_again_writes_nothing(session: Session, cast: Cast, item: WorkItem) -> None:
    plan(session, cast.mexico)
    assert plan(session, cast.mexico) == Planned()
    assert steps(session, item) == ["first"]


def test_a_late_starter_begins_where_the_days_are_and_takes_one_step_a_day(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, LADDER)
    late = debtor(session, cast.mexico, 16)
    plan(session, cast.mexico)
    assert steps(session, late) == ["third"]


def test_what_was_never_sent_does_not_advance_the_ladder(session: Session, cast: Cast, item: WorkItem) -> None:
    plan(session, cast.mexico)
    assert plan(session, cast.mexico, on=5).messages == 0  # the first is still on its way
    message = written(session)[0]
    message.state, message.ended_at = MessageState.CANCELLED, NIGHT + DAY
    saved(session, message)
    assert plan(session, cast.mexico, on=2).messages == 1  # within the first step's days: tried again
    again = written(session)[1]
    assert (again.step, again.attempt) == ("first", 2)


def test_what_was_sent_is_followed_by_the_next_step(session: Session, cast: Cast, item: WorkItem) -> None:
    plan(session, cast.mexico)
    leave(session, written(session)[0], NOW)
    assert plan(session, cast.mexico, on=1).messages == 0
    assert plan(session, cast.mexico, on=5).messages == 1
    assert steps(session, item) == ["first", "second"]


def test_a_message_of_which_nobody_knows_counts_as_sent(session: Session, cast: Cast, item: WorkItem) -> None:
    plan(session, cast.mexico)
    message = written(session)[0]
    message.state, message.ended_at = MessageState.UNCONFIRMED, NOW
    saved(session, message)
    assert plan(session, cast.mexico, on=1).messages == 0


def test_the_gap_counts_from_when_the_last_was_sent(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, strategy(step("first", 1), step("second", 4, min_gap_days=5)))
    item = debtor(session, cast.mexico, 3)
    plan(session, cast.mexico)
    leave(session, written(session)[0], NOW + DAY)  # a day later than planned
    assert plan(session, cast.mexico, on=5) == Planned(held={"gap": 1})
    assert plan(session, cast.mexico, on=6).messages == 1
    assert steps(session, item) == ["first", "second"]


def test_a_step_is_tried_as_often_as_it_may_be(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, strategy(step("first", 1, max_attempts=2, valid_days=30)))
    item = debtor(session, cast.mexico, 3)
    for on in range(3):
        plan(session, cast.mexico, on=on)
        for message in written(session, state=MessageState.PLANNED):
            leave(session, message, NOW + on * DAY)
    assert [(message.step, message.attempt) for message in written(session)] == [("first", 1), ("first", 2)]
    assert len({message.key for message in written(session, case_id=item.case_id)}) == 2


def test_another_version_does_not_repeat_what_the_one_before_sent(session: Session, cast: Cast, item: WorkItem) -> None:
    plan(session, cast.mexico)
    leave(session, written(session)[0], NOW)
    publish(session, cast.mexico, strategy(step("first", 1, valid_days=30), step("second", 8)), at=NOW)
    assert plan(session, cast.mexico, on=1) == Planned()
    assert plan(session, cast.mexico, on=5).messages == 1
    assert steps(session, item) == ["first", "second"]


def test_another_version_published_by_day_does_not_write_twice_for_a_date(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    plan(session, cast.mexico)
    publish(session, cast.mexico, strategy(step("renamed", 1)), at=NOW)
    assert plan(session, cast.mexico) == Planned()


def test_when_the_oldest_debt_is_paid_another_episode_begins(session: Session, cast: Cast, item: WorkItem) -> None:
    second_debt(session, item, day(-2))
    plan(session, cast.mexico)
    leave(session, written(session)[0], NOW - 4 * DAY)
    message = written(session)[0]
    message.on_date = day(-1)
    saved(session, message)
    pay = account_of(session, item)
    pause(session, item, account_id=pay.id)
    assert plan(session, cast.mexico).messages == 1
    assert [message.anchor_on for message in written(session)] == [day(-3), day(-2)]


def landline_only(session: Session, item: WorkItem) -> None:
    for point in session.exec(select(ContactPoint).where(ContactPoint.debtor_id == item.debtor_id)):
        point.phone_kind = PhoneKind.LANDLINE
        saved(session, point)


STOPPED: dict[str, Any] = {
    "promised": lambda s, i: promise(s, i, day(-2)),  # covered for its days of grace
    "paused": pause,
    "disputed": lambda s, i: pause(s, i, PauseKind.DISPUTE, until_on=TODAY),
    "replied": lambda s, i: reply(s, i, NIGHT - DAY),
    "opted_out": lambda s, i: debtor_of(s, i, contact_facts={"opted_out": True}),
    "no_point": landline_only,
}


@pytest.mark.parametrize("code", STOPPED)
def test_what_stops_a_debtors_messages(session: Session, cast: Cast, item: WorkItem, code: str) -> None:
    STOPPED[code](session, item)
    assert plan(session, cast.mexico) == Planned(held={code: 1})
    assert written(session) == []


UNSTOPPED: dict[str, Any] = {
    "a promise whose grace is over": lambda s, i: promise(s, i, day(-4)),
    "a kept promise": lambda s, i: promise(s, i, day(1), state=PromiseState.KEPT, closed_on=day(-1)),
    "a pause that is over": lambda s, i: pause(s, i, until_on=day(-1)),
    "a pause that begins tomorrow": lambda s, i: pause(s, i, from_on=day(1)),
    "a pause ended by a person": lambda s, i: pause(s, i, ended_at=NIGHT, ended_because="…"),
    "a stop word for another channel, which nobody has to answer": lambda s, i: reply(s, i, NIGHT - DAY, "stop"),
    "an opt-out on another channel": lambda s, i: opt_out(s, i, Channel.WHATSAPP),
}


@pytest.mark.parametrize("trait", UNSTOPPED)
def test_what_does_not_stop_them(session: Session, cast: Cast, item: WorkItem, trait: str) -> None:
    UNSTOPPED[trait](session, item)
    assert plan(session, cast.mexico) == Planned(1)


def test_a_reply_that_a_person_answered_stops_nothing(session: Session, cast: Cast, item: WorkItem) -> None:
    reply(session, item, NIGHT - 2 * DAY)
    contact(session, item, "call.no_commitment", NIGHT - DAY, user_id=cast.ana.user_id)
    assert plan(session, cast.mexico).messages == 1


def test_a_paid_debtor_has_no_step(session: Session, cast: Cast, item: WorkItem) -> None:
    pay_all(session, item)
    assert plan(session, cast.mexico) == Planned()


def test_a_paused_account_is_not_counted_and_the_other_is_the_anchor(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    second_debt(session, item, day(-1))
    pause(session, item, PauseKind.DISPUTE, account_id=account_of(session, item).id)
    plan(session, cast.mexico)
    assert [message.anchor_on for message in written(session)] == [day(-1)]


def test_when_every_account_is_disputed_nothing_is_written(session: Session, cast: Cast, item: WorkItem) -> None:
    pause(session, item, PauseKind.DISPUTE, account_id=account_of(session, item).id)
    assert plan(session, cast.mexico) == Planned(held={"disputed": 1})


def test_a_promise_for_another_portfolios_debt_stops_too(session: Session, cast: Cast, item: WorkItem) -> None:
    sister = saved(session, Portfolio(creditor_id=cast.mexico.creditor_id, code="MX-2", name="2", country="MX",
                                      currency="MXN", time_zone="America/Mexico_City", created_at=NOW))  # fmt: skip
    case = saved(session, Case(portfolio_id=sister.id, debtor_id=item.debtor_id, opened_on=TODAY))
    promise(session, WorkItem(portfolio_id=sister.id, case_id=case.id), day(2))
    assert plan(session, cast.mexico) == Planned(held={"promised": 1})


# channels


def test_the_first_channel_that_can_be_used_is_taken_and_the_rest_are_fallbacks(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, strategy(step("first", 1, "whatsapp", "email", "sms")))
    both, mute, nobody = (debtor(session, cast.mexico, 3) for _ in range(3))
    address = email(session, both)
    opt_out(session, mute, Channel.WHATSAPP)
    for channel in (Channel.SMS, Channel.WHATSAPP):
        opt_out(session, nobody, channel)
    assert plan(session, cast.mexico) == Planned(2, held={"opted_out": 1})
    found = {message.case_id: (message.channel, message.fallbacks) for message in written(session)}
    assert found == {both.case_id: ("whatsapp", ["email", "sms"]), mute.case_id: ("sms", [])}
    assert address.id not in {message.contact_point_id for message in written(session)}


def test_the_number_that_answered_best_is_written_to(session: Session, cast: Cast, item: WorkItem) -> None:
    best = phone(session, item, "+525511112222", attempts=4, right_parties=3)
    phone(session, item, "+525511113333", attempts=4, right_parties=4, unreachable=["sms"])
    plan(session, cast.mexico)
    assert [message.contact_point_id for message in written(session)] == [best.id]


def test_without_an_approved_text_nothing_is_planned(session: Session, cast: Cast, item: WorkItem) -> None:
    publish(session, cast.mexico, strategy(step("first", 1, template="unheard_of")))
    assert plan(session, cast.mexico) == Planned(held={"no_template": 1})


def test_a_debtor_whose_language_is_missing_is_written_to_in_the_portfolios(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    debtor_of(session, item, language="pt-BR")
    assert plan(session, cast.mexico).messages == 1


def test_each_debtors_own_clock_decides(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, strategy(step("first", 1, at="09:15", expires_days=1)))
    here, there = debtor(session, cast.mexico, 3), debtor(session, cast.mexico, 3)
    debtor_of(session, there, time_zone="America/Tijuana")
    plan(session, cast.mexico)
    found = {message.case_id: message for message in written(session)}
    for item, zone in ((here, "America/Mexico_City"), (there, "America/Tijuana")):
        message = found[item.case_id]
        assert message.not_before.astimezone(ZoneInfo(zone)).isoformat()[:16] == "2026-11-18T09:15"
        assert message.expires_at.astimezone(ZoneInfo(zone)).isoformat()[:16] == "2026-11-19T00:00"


def test_a_step_that_no_hour_before_it_expires_allows_is_held_by_the_rule(session: Session, cast: Cast) -> None:
    """In Colombia nobody is written to on a Sunday."""
    definition = strategy(step("first", 1, "sms", "email", expires_days=1))
    publish(session, cast.colombia, definition)
    item = debtor(session, cast.colombia, -1)
    sunday = NIGHT + 4 * DAY
    boss = replace(cast.marta, portfolio_ids=frozenset({cast.colombia.id}))
    shown = dry_run(session, boss, cast.colombia.id, read_definition(definition), on=day(4), at=sunday)
    row = shown.rows.iloc[0]
    assert (row.case_id, row.code, row.channel) == (item.case_id, "law", "sms")
    assert row.rule == "co.no_sunday"
    assert "Ley 2300" in row.law
    assert plan_night(session, cast.colombia, on=day(4), at=sunday) == Planned(held={"law": 1})


# tasks of people


def test_a_call_is_noted_once_and_the_case_comes_to_the_queue(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, strategy(task("call", 1, "call")))
    item = debtor(session, cast.mexico, 3, state=WorkState.WAITING, not_before=NOW + 9 * DAY)
    kept = debtor(session, cast.mexico, 3, state=WorkState.WAITING, not_before=NOW + DAY, reserved_for=cast.ana.user_id)
    back = debtor(session, cast.mexico, 3, state=WorkState.WAITING, not_before=NOW + DAY, band=Band.CALLBACK)
    assert plan(session, cast.mexico) == Planned(tasks=3)
    session.expire_all()
    assert [each.state for each in (item, kept, back)] == ["ready", "waiting", "waiting"]
    assert plan(session, cast.mexico) == Planned()
    assert plan(session, cast.mexico, on=1) == Planned()
    assert {each.case_id for each in session.exec(select(StepTask))} == {item.case_id, kept.case_id, back.case_id}


def test_a_call_waits_for_what_the_law_asks(session: Session, cast: Cast) -> None:
    """In Chile who was spoken with is not called again in the same week."""
    chile = saved(session, Portfolio(creditor_id=cast.mexico.creditor_id, code="CL", name="CL", country="CL",
                                     currency="CLP", time_zone="America/Santiago", created_at=NOW))  # fmt: skip
    publish(session, chile, strategy(task("call", 1, "call")))
    item = debtor(session, chile, 3, state=WorkState.WAITING, not_before=NOW + 30 * DAY)
    contact(session, item, "call.no_commitment", NOW - DAY, user_id=cast.ana.user_id)
    assert plan(session, chile).tasks == 1
    session.expire_all()
    assert (item.state, item.not_before.date()) == ("waiting", day(5))


def test_a_promise_keeps_the_call_waiting(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, strategy(task("call", 1, "call")))
    item = debtor(session, cast.mexico, 3, state=WorkState.WAITING, not_before=NOW + 9 * DAY)
    promise(session, item, day(5))
    assert plan(session, cast.mexico) == Planned(held={"promised": 1})


def test_the_end_of_the_ladder_asks_a_person(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, strategy(task("hand_over", 91, "hand_over", valid_days=3650)))
    item = debtor(session, cast.mexico, 120)
    assert plan(session, cast.mexico) == Planned(tasks=1)
    review = session.exec(select(WorkItem).where(WorkItem.queue == Queue.REVIEW)).one()
    assert (review.case_id, review.state) == (item.case_id, WorkState.READY)
    assert plan(session, cast.mexico, on=1) == Planned()


# segments and arms


def test_segments_by_product_region_and_city(session: Session, cast: Cast) -> None:
    definition = {
        "segments": [
            segment(step("card", 1), code="cards", when={"products": ["Tarjeta Oro"]}),
            segment(step("north", 1), code="north", when={"regions": ["Nuevo León"], "cities": ["monterrey"]}),
            segment(step("rest", 1), code="rest"),
        ]
    }
    publish(session, cast.mexico, definition)
    card, north, rest = (debtor(session, cast.mexico, 3) for _ in range(3))
    account = account_of(session, card)
    account.product = "tarjeta oro"
    saved(session, account)
    debtor_of(session, north, region="NUEVO LEON", city="Monterrey")
    debtor_of(session, rest, region="Nuevo León", city="Apodaca")
    plan(session, cast.mexico)
    assert [(message.segment, message.step) for message in written(session)] == [
        ("cards", "card"), ("north", "north"), ("rest", "rest"),
    ]  # fmt: skip


def test_who_is_held_out_gets_nothing_and_challengers_their_own_ladder(session: Session, cast: Cast) -> None:
    arms = {"held_out": 0.3, "challenger": {"share": 0.3, "steps": [step("softer", 1)]}}
    publish(session, cast.mexico, {"segments": [segment(step("first", 1), **arms)]})
    for _ in range(40):
        debtor(session, cast.mexico, 3)
    planned = plan(session, cast.mexico)
    found = {(message.arm, message.step) for message in written(session)}
    assert found == {("champion", "first"), ("challenger", "softer")}
    assert planned.messages + planned.held["held_out"] == 40


# the night


def test_the_night_plans_and_tells_and_does_it_once(fresh_cast: Cast, fresh_db: str) -> None:
    mexico = fresh_cast.mexico
    with db.transaction() as session:
        publish(session, mexico, strategy(step("first", 1), task("hand_over", 91, "hand_over")))
        debtor(session, mexico, 3)
        promised = debtor(session, mexico, 3)
        promise(session, promised, day(2))
        old = debtor(session, mexico, 92)
    first = run_night(mexico.id, on=TODAY, at=NIGHT)
    again = run_night(mexico.id, on=TODAY, at=NIGHT + timedelta(hours=1))
    assert (first.messages, first.violations, again.messages, again.items) == (1, 0, 0, 0)
    with db.reading() as session:
        assert len(written(session)) == 1
        proposed = session.exec(select(NightlyChange).where(NightlyChange.reason == "hand_over_step")).one()
        assert (proposed.case_id, proposed.after) == (old.case_id, "92")
        counts = session.get_one(NightlyRun, first.run_id).counts
        night = recent_nights(session, fresh_cast.marta)[0]
        shown = dry_run(session, fresh_cast.marta, mexico.id, read_definition(LADDER), on=day(1), at=NIGHT + DAY)
    assert counts["messages"] == {"messages": 1, "tasks": 1, "held": {"promised": 1}}
    assert (night.messages, night.tasks, night.held) == (1, 1, {"promised": 1})
    assert shown.messages == 0  # the first is still on its way


def test_a_strategy_published_by_day_is_planned_when_the_night_is_done_again(fresh_cast: Cast, fresh_db: str) -> None:
    mexico = fresh_cast.mexico
    with db.transaction() as session:
        debtor(session, mexico, 3)
    assert run_night(mexico.id, on=TODAY, at=NIGHT).messages == 0
    with db.transaction() as session:
        publish(session, mexico, LADDER, at=NOW)
    again = run_night(mexico.id, on=TODAY, at=NOW)
    assert (again.again, again.messages) == (True, 1)
    with db.reading() as session:
        assert recent_nights(session, fresh_cast.marta)[0].messages == 1


def test_only_who_may_see_strategies_of_the_portfolio_runs_dry(session: Session, cast: Cast) -> None:
    definition = read_definition(shipped_definition("es"))
    for who in (cast.ana, cast.bruno, cast.alma):
        with pytest.raises(Refused):
            dry_run(session, who, cast.mexico.id, definition, on=TODAY, at=NIGHT)
    with pytest.raises(Refused):
        dry_run(session, cast.marta, cast.colombia.id, definition, on=TODAY, at=NIGHT)

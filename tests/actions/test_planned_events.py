"""What events write: reminders of promises, broken promises, thanks for payments; each once, nothing of before."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session

from models import Payment, PromisePart, Strategy, WorkItem
from models.interactions import Channel
from models.messages import Cause
from models.pauses import PauseKind
from models.payments import PaymentKind
from models.promises import PromiseState
from tests.actions.books import (
    DAY,
    day,
    debtor,
    debtor_of,
    opt_out,
    pause,
    pay_all,
    promise,
    publish,
    reply,
    saved,
    step,
    strategy,
    written,
)
from tests.cast import NOW, TODAY, Cast
from workbench.actions.planning import plan_events

HOUR = timedelta(hours=1)
WISH = {"channels": ["sms", "whatsapp"]}
EVENTS: dict[str, Any] = {
    "promise_due": WISH | {"templates": {"1": "promise_due_tomorrow", "0": "promise_due_today"}},
    "promise_broken": WISH | {"template": "promise_broken"},
    "payment_thanks": WISH | {"template": "payment_thanks"},
}


@pytest.fixture
def in_force(session: Session, cast: Cast) -> Strategy:
    return publish(session, cast.mexico, strategy(step("late", 900), **EVENTS))


@pytest.fixture
def item(session: Session, cast: Cast, in_force: Strategy) -> WorkItem:
    return debtor(session, cast.mexico, 3)


def broken(session: Session, item: WorkItem, closed_on: Any = TODAY, **fields: Any) -> Any:
    return promise(session, item, day(-4), state=PromiseState.BROKEN, closed_on=closed_on, **fields)


def payment(session: Session, item: WorkItem, *, recorded_at: datetime = NOW - HOUR, **fields: Any) -> Payment:
    fields = {"paid_on": TODAY, "amount": Decimal(50), "reference": f"P{item.id}-{recorded_at}"} | fields
    made = Payment(portfolio_id=item.portfolio_id, case_id=item.case_id, recorded_at=recorded_at, **fields)
    return saved(session, made)


def told(session: Session) -> list[tuple[str, str]]:
    return [(message.cause, message.template_code) for message in written(session)]


@pytest.mark.parametrize(("due", "template"), [(1, "promise_due_tomorrow"), (0, "promise_due_today")])
def test_a_promise_is_reminded_of(session: Session, item: WorkItem, due: int, template: str) -> None:
    made = promise(session, item, day(due))
    assert plan_events(session, at=NOW) == 1
    message = written(session)[0]
    assert (message.template_code, message.promise_id, message.on_date) == (template, made.id, TODAY)
    assert message.key == f"promise_due:{made.id}:{TODAY}:sms"
    assert (message.not_before, message.fallbacks, message.step) == (NOW, ["whatsapp"], None)
    assert plan_events(session, at=NOW + HOUR) == 0


def test_the_reminders_of_two_days_are_two(session: Session, item: WorkItem) -> None:
    promise(session, item, day(1))
    assert [plan_events(session, at=NOW + days * DAY) for days in range(4)] == [1, 1, 0, 0]
    assert told(session) == [("promise_due", "promise_due_tomorrow"), ("promise_due", "promise_due_today")]


def test_a_promise_in_parts_is_reminded_of_part_by_part(session: Session, item: WorkItem) -> None:
    made = promise(session, item, day(6), amount=Decimal(90))
    for number, due in enumerate((1, 6), start=1):
        saved(session, PromisePart(promise_id=made.id, number=number, due_on=day(due), amount=Decimal(45)))
    assert [plan_events(session, at=NOW + days * DAY) for days in range(8)] == [1, 1, 0, 0, 0, 1, 1, 0]
    assert [code for _, code in told(session)] == ["promise_due_tomorrow", "promise_due_today"] * 2


def test_a_part_that_was_paid_is_not_reminded_of(session: Session, item: WorkItem) -> None:
    made = promise(session, item, day(6), amount=Decimal(90), paid=Decimal(45))
    for number, due in enumerate((1, 6), start=1):
        saved(session, PromisePart(promise_id=made.id, number=number, due_on=day(due), amount=Decimal(45)))
    assert [plan_events(session, at=NOW + days * DAY) for days in range(7)] == [0, 0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    "fields",
    [
        {"due_on": day(2)},
        {"due_on": day(-1)},
        {"due_on": day(1), "taken_on": TODAY},  # they were spoken with today
        {"due_on": day(1), "state": PromiseState.KEPT, "closed_on": TODAY},
        {"due_on": day(1), "state": PromiseState.WITHDRAWN, "closed_on": TODAY},
    ],
)
def test_other_promises_are_not_reminded_of(session: Session, item: WorkItem, fields: dict[str, Any]) -> None:
    promise(session, item, **fields)
    assert plan_events(session, at=NOW) == 0


def test_a_broken_promise_is_written_about_once(session: Session, item: WorkItem) -> None:
    broken(session, item)
    broken(session, item, amount=Decimal(70))
    assert plan_events(session, at=NOW) == 1
    assert plan_events(session, at=NOW + HOUR) == plan_events(session, at=NOW + DAY) == 0
    assert told(session) == [("promise_broken", "promise_broken")]


def test_a_promise_broken_long_ago_is_left_alone(session: Session, item: WorkItem) -> None:
    broken(session, item, closed_on=day(-2))
    assert plan_events(session, at=NOW) == 0


def test_who_promised_again_is_not_told_of_the_old_one(session: Session, item: WorkItem) -> None:
    broken(session, item)
    promise(session, item, day(5))
    assert plan_events(session, at=NOW) == 0


def test_a_payment_is_thanked_for_even_when_nothing_is_left(session: Session, item: WorkItem) -> None:
    made = payment(session, item)
    pay_all(session, item)
    promise(session, item, day(5))
    assert plan_events(session, at=NOW) == 1
    assert (written(session)[0].key, written(session)[0].payment_id) == (f"payment_thanks:{made.id}:sms", made.id)
    assert plan_events(session, at=NOW + HOUR) == 0


def test_payments_of_one_file_are_thanked_for_once_and_a_later_one_again(session: Session, item: WorkItem) -> None:
    payment(session, item, reference="one")
    last = payment(session, item, reference="two")
    assert plan_events(session, at=NOW) == 1
    assert written(session)[0].payment_id == last.id
    payment(session, item, recorded_at=NOW + HOUR)
    assert [plan_events(session, at=NOW + 2 * HOUR), plan_events(session, at=NOW + 3 * HOUR)] == [1, 0]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": PaymentKind.CREDIT_NOTE},
        {"kind": PaymentKind.BALANCE_UPDATE},
        {"reversed_on": TODAY},
        {"paid_on": day(-4)},
        {"recorded_at": NOW + HOUR},
    ],
)
def test_other_payments_are_not_thanked_for(session: Session, item: WorkItem, fields: dict[str, Any]) -> None:
    payment(session, item, **fields)
    assert plan_events(session, at=NOW) == 0


STOPS: dict[str, Any] = {
    "a pause": pause,
    "a dispute": lambda s, i: pause(s, i, PauseKind.DISPUTE),
    "no contact wanted": lambda s, i: debtor_of(s, i, contact_facts={"opted_out": True}),
    "no channel": lambda s, i: [opt_out(s, i, channel) for channel in (Channel.SMS, Channel.WHATSAPP)],
}


@pytest.mark.parametrize("stop", STOPS)
def test_what_stops_every_event(session: Session, item: WorkItem, stop: str) -> None:
    STOPS[stop](session, item)
    promise(session, item, day(1))
    payment(session, item)
    assert plan_events(session, at=NOW) == 0


def test_an_unanswered_reply_stops_only_the_reproach(session: Session, item: WorkItem) -> None:
    reply(session, item, NOW - HOUR)
    broken(session, item)
    payment(session, item)
    assert plan_events(session, at=NOW) == 1
    assert written(session)[0].cause == Cause.PAYMENT_THANKS


def test_a_paid_promise_is_not_reminded_of(session: Session, item: WorkItem) -> None:
    promise(session, item, day(1))
    pay_all(session, item)
    assert plan_events(session, at=NOW) == 0


def test_nothing_is_written_about_what_was_before_the_strategy(session: Session, cast: Cast) -> None:
    publish(session, cast.mexico, strategy(step("late", 900), **EVENTS), at=NOW)
    item = debtor(session, cast.mexico, 3)
    payment(session, item, recorded_at=NOW - HOUR)
    broken(session, item, closed_on=day(-1))
    assert plan_events(session, at=NOW + HOUR) == 0
    payment(session, item, recorded_at=NOW + HOUR)
    assert plan_events(session, at=NOW + HOUR) == 1


def test_a_portfolio_without_a_strategy_or_event_writes_nothing(session: Session, cast: Cast) -> None:
    publish(session, cast.colombia, strategy(step("late", 900)))
    for portfolio in (cast.mexico, cast.colombia):
        item = debtor(session, portfolio, 3)
        payment(session, item)
        promise(session, item, day(1))
    assert plan_events(session, at=NOW) == 0


def test_two_events_of_one_debtor_are_two_messages(session: Session, item: WorkItem, cast: Cast) -> None:
    promise(session, item, day(1))
    payment(session, item)
    payment(session, debtor(session, cast.mexico, 9))
    assert plan_events(session, at=NOW) == 3


def test_at_night_they_wait_for_the_morning(session: Session, item: WorkItem, cast: Cast) -> None:
    promise(session, item, day(1))
    assert plan_events(session, at=NOW - 9 * HOUR) == 1  # one o'clock in Mexico City
    assert written(session)[0].not_before == NOW - 2 * HOUR

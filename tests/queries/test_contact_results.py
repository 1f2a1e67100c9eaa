"""What came of a portfolio's messages, as learning reads it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from models import Cause, Channel, Debtor, MessageState
from tests.cast import NOW, Cast, owe
from tests.queries.written import written
from workbench.actions.payments import record_payment
from workbench.queries.contact_results import contact_results
from workbench.rules.best_contact import WRITTEN

AT = NOW + timedelta(days=10)


def rows(session: Session, portfolio_id: int) -> list[tuple]:
    found = contact_results(session, portfolio_id, at=AT)
    columns = (found.debtor_id, found.channel, found.hour, found.deliveries, found.answers)
    return sorted(zip(*(each.tolist() for each in columns), strict=True))


def pay(session: Session, item, *, days: int, recorded: datetime | None = None) -> None:
    record_payment(
        session,
        case_id=item.case_id,
        amount=Decimal(10),
        paid_on=NOW.date() + timedelta(days=days),
        reference=f"R{days}-{item.case_id}",
        by=None,
        at=recorded or NOW + timedelta(days=days, hours=1),
    )


def test_answers_are_counted_by_channel_and_by_the_hour_where_the_debtor_lives(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    session.get_one(Debtor, item.debtor_id).time_zone = "America/Tijuana"
    written(session, item)
    written(session, item, answered=True, at=NOW + timedelta(minutes=9))
    written(session, item, channel=Channel.SMS, at=datetime(2026, 11, 19, 2, tzinfo=UTC))
    debtor, whatsapp, sms = item.debtor_id, WRITTEN.index(Channel.WHATSAPP), WRITTEN.index(Channel.SMS)
    assert rows(session, cast.mexico.id) == [(debtor, sms, 18, 1, 0), (debtor, whatsapp, 8, 2, 1)]
    assert rows(session, cast.colombia.id) == []


@pytest.mark.parametrize(
    ("state", "fields", "counted"),
    [
        (MessageState.READ, {}, True),
        (MessageState.SENT, {}, False),
        (MessageState.SENT, {"channel": Channel.EMAIL}, True),
        (MessageState.BOUNCED, {"channel": Channel.EMAIL}, False),
        (MessageState.PLANNED, {}, False),
        (MessageState.DELIVERED, {"cause": Cause.PAYMENT_THANKS}, False),
        (MessageState.DELIVERED, {"at": AT - timedelta(days=2)}, False),
        (MessageState.DELIVERED, {"at": AT - timedelta(days=200)}, False),
    ],
    ids=["read", "no receipt", "e-mail sent", "e-mail bounced", "planned", "a thank-you", "too fresh", "too old"],
)
def test_only_what_arrived_and_asked_for_payment_counts(session, cast: Cast, state, fields, counted) -> None:
    written(session, owe(session, cast.mexico), state=state, **fields)
    assert bool(rows(session, cast.mexico.id)) == counted


@pytest.mark.parametrize(
    ("days", "recorded", "answers"),
    [(0, None, 1), (3, None, 1), (4, None, 0), (0, NOW - timedelta(hours=1), 0)],
    ids=["the same day", "the third day", "the fourth day", "before the message"],
)
def test_a_payment_within_three_days_is_an_answer(session, cast: Cast, days, recorded, answers) -> None:
    item = owe(session, cast.mexico)
    written(session, item)
    pay(session, item, days=days, recorded=recorded)
    [(*_, counted)] = rows(session, cast.mexico.id)
    assert counted == answers


def test_the_sandbox_teaches_only_until_something_left_for_real(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    written(session, item, provider="sandbox", answered=True)
    assert [row[-1] for row in rows(session, cast.mexico.id)] == [1]
    written(session, item)
    assert [row[-2:] for row in rows(session, cast.mexico.id)] == [(1, 0)]

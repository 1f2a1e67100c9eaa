"""Channel effectiveness: every figure with an honest denominator."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from models import Cause, Channel, MessageState
from tests.cast import NOW, Cast, owe
from tests.queries.written import written
from workbench.actions.payments import record_payment
from workbench.queries.effectiveness import Sums, behind, effectiveness, summed
from workbench.rules.refusals import Refused

PERIOD = {"start": NOW - timedelta(days=30), "end": NOW + timedelta(days=1)}


@pytest.fixture
def five(session: Session, cast: Cast):
    """WhatsApps: one delivered and paid, one read and answered, one bounced, one sent only; one e-mail by the sandbox."""
    paying, other = owe(session, cast.mexico), owe(session, cast.mexico, name="Otra")
    written(session, paying)
    written(session, other, state=MessageState.READ, answered=True)
    written(session, other, state=MessageState.BOUNCED)
    written(session, other, state=MessageState.SENT)
    written(session, other, state=MessageState.SENT, channel=Channel.EMAIL, provider="sandbox")
    written(session, other, cause=Cause.PAYMENT_THANKS)
    record_payment(
        session,
        case_id=paying.case_id,
        amount=Decimal(5),
        paid_on=NOW.date() + timedelta(days=2),
        reference="P",
        by=None,
        at=NOW + timedelta(days=2),
    )
    return paying, other


def test_each_figure_is_of_what_arrived(session: Session, cast: Cast, five) -> None:
    groups = effectiveness(session, cast.sofia, cast.mexico.id, **PERIOD)
    assert summed(groups, lambda group: (group.channel, group.sandbox)) == {
        (Channel.EMAIL, True): Sums(left=1, arrived=1),
        (Channel.WHATSAPP, False): Sums(left=4, arrived=2, read=1, replied=1, paid=1, answered=2),
    }


def test_hours_and_weekdays_are_the_debtors(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    written(session, item, at=datetime(2026, 11, 16, 3, 30, tzinfo=UTC))  # Sunday evening in Mexico City
    [group] = effectiveness(session, cast.sofia, cast.mexico.id, **PERIOD)
    assert (group.weekday, group.hour) == (7, 21)


def test_the_rows_behind_say_the_same(session: Session, cast: Cast, five) -> None:
    rows = behind(session, cast.sofia, cast.mexico.id, channel=Channel.WHATSAPP, sandbox=False, **PERIOD)
    flags = [sum(getattr(row, name) for row in rows) for name in ("arrived", "read", "replied", "paid")]
    assert (len(rows), flags) == (4, [2, 1, 1, 1])
    assert [row.name for row in rows if row.paid] == ["Deudora Ejemplo"]


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
def test_whose_role_does_not_see_messages_is_refused(session: Session, cast: Cast, name: str) -> None:
    who = getattr(cast, name)
    with pytest.raises(Refused):
        effectiveness(session, who, cast.mexico.id, **PERIOD)
    with pytest.raises(Refused):
        behind(session, who, cast.mexico.id, channel=Channel.SMS, sandbox=False, **PERIOD)


def test_sofia_is_refused_colombias(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused):
        effectiveness(session, cast.sofia, cast.colombia.id, **PERIOD)

"""The thread on the card, the ways to answer, who waits, and who is nobody we know."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from models import Cause, Channel, Interaction, MessageEvent, MessageState
from tests.actions.test_inbound import LATER, ROSA, point_of, says, told, written
from tests.cast import NOW, owe
from workbench.actions.opt_outs import stop_channel
from workbench.queries.cases import case_card
from workbench.queries.conversations import Way, conversation, waiting_replies
from workbench.rules.intents import Intent
from workbench.rules.refusals import Refused
from workbench.rules.sending import REPLY_WINDOW


@pytest.fixture
def rosa(session, cast):
    return owe(session, cast.mexico, name="Rosa Pérez", phone=ROSA)


def test_the_thread_shows_ours_and_theirs_in_order_with_what_became_of_them(session, cast, rosa) -> None:
    message = written(session, rosa, state=MessageState.READ)
    for state, minutes in ((MessageState.DELIVERED, 50), (MessageState.READ, 40)):
        session.add(
            MessageEvent(message_id=message.id, state=state, at=NOW - timedelta(minutes=minutes), source="receipt")
        )
    written(session, rosa, sent_at=None)  # not begun: nobody has seen it
    told(session, says("pago el viernes", answers_provider_id=message.provider_id))
    found = conversation(session, cast.ana, rosa.case_id, at=LATER)
    ours, theirs = found.lines
    assert (ours.ours, ours.text, ours.state, ours.author) == (True, "Debe 1000", MessageState.READ, None)
    assert (ours.delivered_at, ours.read_at) == (NOW - timedelta(minutes=50), NOW - timedelta(minutes=40))
    assert (theirs.text, theirs.intent, theirs.on, theirs.waits) == (
        "pago el viernes",
        Intent.DATE,
        date(2026, 11, 20),
        True,
    )
    assert found.proposed == date(2026, 11, 20)


def test_the_card_quotes_the_reply_until_somebody_has_called(session, cast, rosa) -> None:
    told(session, says("pago el viernes"))
    reply = case_card(session, cast.ana, rosa.case_id, at=LATER).reply
    assert (reply.channel, reply.words, reply.on) == (Channel.WHATSAPP, "pago el viernes", date(2026, 11, 20))
    ours = Interaction(
        submission_key=uuid4(), portfolio_id=rosa.portfolio_id, case_id=rosa.case_id, user_id=cast.ana.user_id,
        disposition_code="call.no_answer", started_at=LATER, ended_at=LATER,
    )  # fmt: skip
    session.add(ours)
    session.flush()
    assert case_card(session, cast.ana, rosa.case_id, at=LATER).reply is None
    assert not conversation(session, cast.ana, rosa.case_id, at=LATER).lines[-1].waits


def test_an_answer_of_a_person_names_them_and_says_why_it_did_not_leave(session, cast, rosa) -> None:
    told(session, says("hola"))
    written(
        session, rosa, sent_at=None, cause=Cause.REPLY, author_id=cast.ana.user_id, state=MessageState.BLOCKED,
        lease_until=None, held={"code": "law"}, planned_at=LATER, body="Le llamo mañana",
    )  # fmt: skip
    line = conversation(session, cast.ana, rosa.case_id, at=LATER).lines[-1]
    assert (line.author, line.text, line.state, line.held) == (
        "Ana", "Le llamo mañana", MessageState.BLOCKED, {"code": "law"},
    )  # fmt: skip


def test_whatsapp_is_open_for_a_day_and_other_channels_always(session, cast, rosa) -> None:
    told(session, says("hola", at=NOW - timedelta(days=3)), channel=Channel.SMS, provider="twilio")
    told(session, says("hola", at=NOW))

    def ways(at):
        return {way.channel: way for way in conversation(session, cast.ana, rosa.case_id, at=at).ways}

    closes = NOW + REPLY_WINDOW
    assert ways(LATER) == {
        Channel.WHATSAPP: Way(Channel.WHATSAPP, open=True, until=closes, stopped=False, asked=True),
        Channel.SMS: Way(Channel.SMS, open=True, until=None, stopped=False, asked=False),
    }
    assert next(iter(ways(LATER))) == Channel.WHATSAPP  # the one written on last
    assert ways(closes - timedelta(seconds=1))[Channel.WHATSAPP].open
    assert not ways(closes)[Channel.WHATSAPP].open
    stop_channel(session, [rosa.debtor_id], Channel.WHATSAPP, source="person", at=LATER)
    assert ways(LATER)[Channel.WHATSAPP].stopped
    point_of(session, rosa).unreachable = ["sms", "whatsapp"]
    session.flush()
    assert ways(LATER) == {}


def test_nobody_reads_a_conversation_of_other_portfolios(session, cast, rosa) -> None:
    told(session, says("hola"))
    for who in (cast.bruno, cast.alma):
        with pytest.raises(Refused):
            conversation(session, who, rosa.case_id, at=LATER)
        with pytest.raises(Refused):
            waiting_replies(session, who, cast.mexico.id)


def test_who_waits_longest_for_an_answer_is_named_first(session, cast, rosa) -> None:
    later = owe(session, cast.mexico, name="Luis Gil", phone="+525587654321")
    told(session, says("hola", sender="+525587654321", at=NOW + timedelta(seconds=30)))
    told(session, says("quién es?", at=NOW - timedelta(minutes=5)), says("quiero pagar"))
    told(session, says("ALTO", sender="+525500000000"))
    found = waiting_replies(session, cast.ana, cast.mexico.id)
    assert [(each.case_id, each.debtor, each.text, each.intent) for each in found] == [
        (rosa.case_id, "Rosa Pérez", "quiero pagar", Intent.WANTS_TO_PAY),
        (later.case_id, "Luis Gil", "hola", Intent.UNKNOWN),
    ]

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Interaction, Message
from tests.cast import NOW, Cast, owe
from tests.letters import approve, plan, sent
from workbench import clock
from workbench.actions import outbox
from workbench.queries.invariants import broken_invariants


@pytest.fixture
def message(session: Session, cast: Cast) -> Message:
    """Sent, as it should be."""
    approve(session)
    message = plan(session, owe(session, cast.mexico))
    assert outbox.begin(session, message.id, at=NOW)
    outbox.finish(session, message.id, sent(), at=NOW)
    return message


def broken(session: Session, cast: Cast) -> list[str]:
    assert not broken_invariants(session, cast.colombia.id)
    return [each.rule for each in broken_invariants(session, cast.mexico.id) if each.subject == "message"]


def test_what_the_outbox_does_breaks_nothing(session: Session, cast: Cast, message: Message) -> None:
    for state in ("planned", "queued"):
        queued = plan(session, owe(session, cast.mexico), state="planned", at=clock.now())
        if state == "queued":
            outbox.dispatch(session, at=clock.now())
    assert queued.id
    assert broken(session, cast) == []


@pytest.mark.parametrize(
    ("sabotage", "rule"),
    [
        ("UPDATE message SET body = NULL", "has its text"),
        ("UPDATE message SET interaction_id = NULL", "is a contact of its case"),
        ("UPDATE message SET interaction_id = :other", "is a contact of its case"),
        ("DELETE FROM message_event WHERE state = 'sent'", "told by somebody"),
        ("UPDATE message SET state = 'sending', lease_until = now() - interval '1 hour'", "left lying"),
        (
            (
                "INSERT INTO opt_out (debtor_id, channel, since, source)"
                " SELECT debtor_id, channel, CAST(:at AS timestamptz) - interval '1 hour', 'person' FROM message"
            ),
            "after asking",
        ),
    ],
)
def test_what_is_broken_is_found(session: Session, cast: Cast, message: Message, sabotage: str, rule: str) -> None:
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    other = owe(session, cast.mexico)
    ids = {"portfolio_id": other.portfolio_id, "case_id": other.case_id, "submission_key": uuid4()}
    elsewhere = Interaction(**ids, disposition_code="message.sent", started_at=NOW, ended_at=NOW)
    session.add(elsewhere)
    session.flush()
    session.execute(text(sabotage), {"at": NOW, "other": elsewhere.id} if ":" in sabotage else {})
    assert [rule in each for each in broken(session, cast)] == [True]


def test_an_opt_out_that_ended_before_or_came_later_breaks_nothing(
    session: Session, cast: Cast, message: Message
) -> None:
    spans = [(NOW - timedelta(days=2), NOW - timedelta(days=1)), (NOW + timedelta(minutes=1), None)]
    for since, until in spans:
        values = {"since": since, "until": until, "why": until and "x"}
        session.execute(
            text(
                "INSERT INTO opt_out (debtor_id, channel, since, source, ended_at, ended_because)"
                " SELECT debtor_id, channel, :since, 'person', :until, :why FROM message"
            ),
            values,
        )
    assert broken(session, cast) == []

"""The pilot's messages left lawfully, spoke of what was owed then, and had every kind of end."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from seed.answers import WORDS
from seed.portfolios import BOOKS
from tests.seed.test_seed import AT, fill, found
from workbench import db
from workbench.rules.intents import read_reply


@pytest.fixture(scope="module")
def lived(servers: Any, database: str) -> Iterator[Session]:
    """The pretend portfolio up to the nights, never committed."""
    db.connect(database, servers.redis_url)
    with Session(db.engine()) as session:
        fill(session, debtors=900)
        yield session
        session.rollback()
    db.engine().dispose()


IMPOSSIBLE = {
    "a contact without the law's yes": """SELECT m.id FROM message m JOIN interaction i ON i.id = m.interaction_id
        WHERE (i.decision ->> 'allowed')::bool IS NOT TRUE""",
    "sent without a contact": "SELECT id FROM message WHERE sent_at IS NOT NULL AND interaction_id IS NULL",
    "another amount than was owed that day": """SELECT m.id FROM message m JOIN portfolio f ON f.id = m.portfolio_id
        CROSS JOIN LATERAL (SELECT (m.sent_at AT TIME ZONE f.time_zone)::date AS day) sent
        CROSS JOIN LATERAL (SELECT sum(r.amount - coalesce((SELECT sum(a.amount) FROM allocation a
                JOIN payment p ON p.id = a.payment_id WHERE a.receivable_id = r.id AND p.paid_on < m.on_date
                AND coalesce(a.released_on >= m.on_date, true)), 0)) AS owed
            FROM receivable r WHERE r.case_id = m.case_id
            AND CASE WHEN m.anchor_on < sent.day THEN r.due_on < sent.day ELSE r.due_on = m.anchor_on END) then_
        WHERE m.cause = 'step' AND m.sent_at IS NOT NULL AND m.on_date = sent.day AND m.amount <> then_.owed""",
    "written to after a stop": """SELECT m.id FROM message m JOIN opt_out o ON o.debtor_id = m.debtor_id
        AND o.channel = m.channel AND m.sent_at > o.since""",
    "out of order": """SELECT one.id FROM message_event one JOIN message_event other USING (message_id)
        WHERE one.state = 'read' AND other.state IN ('sending', 'sent', 'delivered') AND other.at > one.at""",
    "what has not happened yet": f"""SELECT message_id FROM message_event WHERE at > '{AT}'
        UNION ALL SELECT id FROM inbound_event WHERE received_at > '{AT}'""",
    "left in the middle": "SELECT id FROM message WHERE state IN ('queued', 'sending')",
    "a reply nobody worked off": "SELECT id FROM inbound_event WHERE worked_at IS NULL OR error IS NOT NULL",
    "a debtor of another region": """SELECT m.id FROM message m JOIN debtor d ON d.id = m.debtor_id
        JOIN strategy s ON s.id = m.strategy_id
        WHERE NOT s.definition -> 'segments' -> 0 -> 'when' -> 'regions' ? d.region""",
    "money that was never brought up to date": """SELECT r.id FROM receivable r WHERE amount - balance <> (
        SELECT coalesce(sum(amount), 0) FROM allocation WHERE receivable_id = r.id AND released_on IS NULL)""",
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_no_message_is(lived: Session, what: str) -> None:
    assert found(lived, IMPOSSIBLE[what]) == []


def test_every_portfolio_has_a_strategy_in_force_and_messages(lived: Session) -> None:
    told = found(
        lived,
        """SELECT p.code, count(m.id) > 3, count(DISTINCT s.id), bool_and(s.published_by IS NOT NULL) FROM portfolio p
        JOIN strategy s ON s.portfolio_id = p.id AND s.state = 'published'
        LEFT JOIN message m ON m.portfolio_id = p.id GROUP BY 1""",
    )
    assert sorted(told) == sorted((book.code, True, 1, True) for book in BOOKS)


def test_messages_arrive_are_read_bounce_and_are_answered(lived: Session) -> None:
    states = {state for (state,) in found(lived, "SELECT DISTINCT state FROM message")}
    assert {"sent", "delivered", "read", "failed"} <= states
    channels = {
        channel for (channel,) in found(lived, "SELECT DISTINCT channel FROM message WHERE sent_at IS NOT NULL")
    }
    assert channels == {"email", "sms", "whatsapp"}
    assert found(lived, "SELECT count(*) > 0 FROM interaction WHERE direction = 'inbound'") == [(True,)]


def test_nothing_is_left_to_wake_a_worker_for(lived: Session) -> None:
    assert "jobs" not in lived.info
    assert lived.scalar(text("SELECT count(*) FROM message WHERE lease_until IS NOT NULL")) == 0


@pytest.mark.parametrize("intent", WORDS)
def test_what_debtors_write_is_read_as_it_was_meant(intent: str) -> None:
    for words in WORDS[intent]:  # type: ignore[index]
        assert read_reply(words.format(day="25/11"), date(2026, 11, 18), "es").intent == intent, words

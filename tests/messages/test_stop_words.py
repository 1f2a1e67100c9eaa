"""A stop word over real HTTP, with thousands of messages waiting and no worker: what waits is gone within a second."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from models import Channel, MessageState
from tests.actions.test_inbound import written
from tests.cast import Cast, owe
from tests.web.conftest import door, house, people, provider, running
from tests.web.test_webhooks import ROSA, by_meta, by_twilio, hooked, hooks, writes
from workbench import db
from workers.messages import send_messages

__all__ = ["door", "hooked", "hooks", "house", "people", "provider", "running"]
OTHERS = ("+525511110001", "+525511110002", "+525511110003")


def fill(people: Cast) -> tuple[list[int], list[int]]:
    """2,000 messages of four debtors by WhatsApp and SMS, half of them queued; the ids of Rosa's and of the others'."""
    with db.transaction() as session:
        items = [owe(session, people.mexico, phone=phone) for phone in (ROSA, *OTHERS)]
        lease = datetime.now(UTC) + timedelta(minutes=3)
        ids: tuple[list[int], list[int]] = ([], [])
        for number in range(2_000):
            channel = Channel.SMS if number % 8 >= 4 else Channel.WHATSAPP
            queued = number // 8 % 2 == 0
            state = MessageState.QUEUED if queued else MessageState.PLANNED
            fields: dict[str, Any] = {"channel": channel, "state": state, "lease_until": lease if queued else None}
            message = written(session, items[number % 4], sent_at=None, **fields)
            ids[number % 4 > 0].append(message.id or 0)
    return ids


def live(ids: list[int], channel: str) -> int:
    with db.reading() as session:
        asked = {"ids": ids, "channel": channel}
        return int(session.execute(_LIVE, asked).scalar_one())


def moment() -> datetime:
    with db.reading() as session:
        found: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        return found


_LIVE = text("""
    SELECT count(*) FROM message WHERE id = ANY(:ids) AND channel = :channel AND state IN ('planned', 'queued')
""")


def test_a_stop_word_empties_one_debtors_channel_and_no_other(hooks: Any, people: Cast) -> None:
    rosas, others = fill(people)
    before = [live(others, each) for each in ("whatsapp", "sms")]
    assert (live(rosas, "whatsapp"), live(rosas, "sms"), before) == (250, 250, [750, 750])
    began = moment()
    assert by_meta(hooks, writes("ALTO")).status_code == 200
    left, ended = live(rosas, "whatsapp"), moment()
    assert left == 0
    assert (ended - began).total_seconds() < 1
    assert live(rosas, "sms") == 250
    assert [live(others, each) for each in ("whatsapp", "sms")] == before
    # the other channel has a word of its own
    assert by_twilio(hooks, {"MessageSid": "SM7", "From": ROSA, "Body": "baja"}).status_code == 200
    assert live(rosas, "sms") == 0
    assert [live(others, each) for each in ("whatsapp", "sms")] == before
    # a worker that had their ids in its hands, and one that is told them again
    for _ in range(2):
        send_messages(rosas)
    with db.reading() as session:
        states = session.execute(text("SELECT DISTINCT state FROM message WHERE id = ANY(:ids)"), {"ids": rosas})
        assert states.scalars().all() == ["cancelled"]
        gone = "SELECT count(*) FROM interaction WHERE direction = 'outbound' AND disposition_code LIKE 'message.%'"
        assert session.execute(text(gone)).scalar_one() == 0

"""Several workers, a payment and a stop word at the same moment, on real connections."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models import Channel, Message, MessageState
from tests.cast import NOW, TODAY, Cast, owe
from tests.letters import approve, plan
from tests.workers.scenes import rows, until
from workbench import db
from workbench.actions import outbox
from workbench.actions.opt_outs import stop_channel
from workbench.actions.payments import record_payment
from workbench.channels.letters import Outgoing

WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Begins all deeds at the same moment, each in a thread and with a connection of its own."""
    start = threading.Barrier(len(deeds))

    def begin(deed: Callable[[], Any]) -> Any:
        start.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [each.result() for each in [pool.submit(begin, deed) for deed in deeds]]


def begin(message_id: int, *, at: datetime = NOW) -> Outgoing | None:
    with db.transaction() as session:
        return outbox.begin(session, message_id, at=at)


def begin_in_the_end(message_id: int) -> Outgoing | None:
    """Tries again as workers do: on a busy machine the others may hold the debtor for longer than its patience."""
    while True:
        try:
            return begin(message_id)
        except (DBAPIError, psycopg.Error) as error:
            if not db.is_away(error):
                raise


@pytest.fixture
def queued(fresh_cast: Cast) -> list[int]:
    """Eight messages to one debtor whose portfolio allows one attempt a day."""
    with db.transaction() as session:
        approve(session)
        fresh_cast.mexico.daily_attempts = 1
        session.merge(fresh_cast.mexico)
        item = owe(session, fresh_cast.mexico)
        return [int(plan(session, item).id or 0) for _ in range(8)]


def states() -> dict[int, MessageState]:
    with db.reading() as session:
        return {row.id: MessageState(row.state) for row in session.execute(text("SELECT id, state FROM message"))}


def test_of_many_workers_with_one_id_one_sends(queued: list[int]) -> None:
    begun = at_once([lambda: begin_in_the_end(queued[0])] * 8)
    assert sum(each is not None for each in begun) == 1
    assert states()[queued[0]] is MessageState.SENDING


def test_two_messages_never_both_slip_under_a_limit(queued: list[int]) -> None:
    begun = at_once([lambda each=each: begin_in_the_end(each) for each in queued])  # type: ignore[misc]
    assert sum(each is not None for each in begun) == 1
    assert sorted(states().values()) == ["planned"] * 7 + ["sending"]


def test_a_worker_whose_clock_is_behind_counts_what_another_has_begun(queued: list[int]) -> None:
    assert begin(queued[0], at=NOW + timedelta(seconds=5)) is not None
    assert begin(queued[1], at=NOW) is None


def test_what_is_paid_at_the_same_moment_is_either_written_to_before_or_not_at_all(queued: list[int]) -> None:
    with db.reading() as session:
        message = session.get_one(Message, queued[0])

    def pay() -> None:
        with db.transaction() as session:
            amount = Decimal("1000.00")
            record_payment(
                session, case_id=message.case_id, amount=amount, paid_on=TODAY, reference="P", by=None, at=NOW
            )

    outgoing, _ = at_once([lambda: begin_in_the_end(queued[0]), pay])
    with db.reading() as session:
        found = session.get_one(Message, queued[0])
    assert (found.state, found.amount) in [(MessageState.SENDING, Decimal("1000.00")), (MessageState.CANCELLED, None)]
    assert (outgoing is not None) is (found.state is MessageState.SENDING)


def test_what_is_paid_between_the_queue_and_the_worker_does_not_leave(queued: list[int]) -> None:
    with db.transaction() as session:
        case_id = session.get_one(Message, queued[0]).case_id
        record_payment(session, case_id=case_id, amount=Decimal(1000), paid_on=TODAY, reference="P", by=None, at=NOW)
    assert begin(queued[0]) is None


def test_a_stop_word_while_messages_leave_lets_none_leave_after_it(queued: list[int]) -> None:
    with db.reading() as session:
        debtor_id = session.get_one(Message, queued[0]).debtor_id

    def stop() -> int:
        with db.transaction() as session:
            return stop_channel(session, [debtor_id], Channel.SMS, source="stop_word", at=NOW)

    at_once([stop, *[lambda each=each: begin_in_the_end(each) for each in queued]])  # type: ignore[misc]
    assert begin(queued[0]) is None
    left = [state for state in states().values() if state is not MessageState.CANCELLED]
    assert left in ([], [MessageState.SENDING])


def test_no_message_is_queued_twice_by_two_dispatchers(queued: list[int]) -> None:
    with db.transaction() as session:
        outbox.release(session, queued, at=NOW)

    def dispatch() -> int:
        with db.transaction() as session:
            return outbox.dispatch(session, at=NOW)

    assert sum(at_once([dispatch] * 4)) == len(queued)


def test_a_stop_word_does_not_wait_for_a_long_deed_on_the_case(queued: list[int]) -> None:
    with db.reading() as session:
        message = session.get_one(Message, queued[0])
    long_deed = "SELECT FROM collection_case WHERE id = :case FOR NO KEY UPDATE"
    with db.transaction() as importing, ThreadPoolExecutor(1) as pool:
        importing.execute(text(long_deed), {"case": message.case_id})
        begun = pool.submit(begin, queued[0])
        until(lambda: begun.done() or rows(WAITING))  # the message is in the worker's hands, the case in the import's
        with db.transaction() as session:
            assert stop_channel(session, [message.debtor_id], Channel.SMS, source="stop_word", at=NOW) == len(queued)
        # here while the import holds the case: the stop word has waited for the worker alone, and that has given up
        error = begun.exception()
    assert error is not None
    assert db.is_away(error)
    assert set(states().values()) == {MessageState.CANCELLED}

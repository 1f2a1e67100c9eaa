"""Workers, providers, people and lost servers in any order: a key reaches its provider once at most, and none is lost."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from models import Channel, MessageState
from tests.cast import NOW, Cast, owe
from tests.letters import approve, plan, receipt, sent
from workbench.actions import outbox
from workbench.actions.opt_outs import stop_channel
from workbench.actions.outbox import QUEUED_LEASE
from workbench.actions.receipts import receive_receipt
from workbench.channels.letters import NotSent, Outgoing, Passing, Permanent, Sent, Unknown
from workbench.rules.message_states import LIVE, may_move

State = MessageState
# what becomes of a try, and whether the provider has the message then
OUTCOMES = ("sent", "passing", "permanent", "unknown, arrived", "unknown, lost", "killed before", "killed after")
ARRIVED = frozenset({"sent", "unknown, arrived", "killed after"})
TOLD = ("sent", "delivered", "read", "failed", "bounced")
MINUTES = (1, 3, 6, 20, 90)


class Outbox:
    """Three debtors, each with messages; `jobs` is Redis, `received` counts what the provider got by key."""

    def __init__(self, session: Session, cast: Cast) -> None:
        self.session, self.cast, self.at = session, cast, NOW
        self.debtors = [owe(session, cast.mexico) for _ in range(3)]
        for number in range(4):
            plan(session, self.debtors[number % 3], state=State.PLANNED, fallbacks=["whatsapp"] if number % 2 else [])
        self.jobs: list[int] = []
        self.slow: list[tuple[int, Sent | NotSent]] = []
        self.received: Counter[str] = Counter()
        self.last = self.states()
        self.dispatch()

    def states(self) -> dict[int, State]:
        return {row.id: State(row.state) for row in self.session.execute(text("SELECT id, state FROM message"))}

    def moved(self, *, told: bool = False) -> None:
        """Every message has made one step forward at most."""
        now = self.states()
        for each, state in now.items():
            old = self.last.get(each, state)
            assert old == state or may_move(old, state, told=told), f"{old} to {state}"
        assert now.keys() >= self.last.keys()
        self.last = now

    def pick(self, number: int) -> int:
        return sorted(self.last)[number % len(self.last)]

    def time_passes(self, number: int, outcome: str) -> None:
        """The timetable sweeps and dispatches; what Redis had may be gone, or there twice."""
        self.at += timedelta(minutes=MINUTES[number % 5])
        self.jobs *= 0 if outcome == "killed before" else 2 if outcome == "killed after" else 1
        outbox.sweep(self.session, at=self.at)
        self.moved()
        self.dispatch()

    def dispatch(self) -> None:
        outbox.dispatch(self.session, at=self.at)
        for _, ids in self.session.info.pop("jobs", []):
            self.jobs += ids["message_ids"]
        self.moved()

    def work(self, number: int, outcome: str) -> None:
        """A worker takes a job; one in three ends only later, whatever happens meanwhile."""
        if not self.jobs:
            return self.time_passes(number, "sent")
        message_id = self.jobs.pop(number % len(self.jobs))
        outgoing = outbox.begin(self.session, message_id, at=self.at)
        self.moved()
        result = self.provider(outgoing, outcome) if outgoing else None
        if result is not None and number % 3 == 0:
            self.slow.append((message_id, result))
        elif result is not None:
            self.finish(message_id, result)
        return None

    def provider(self, outgoing: Outgoing, outcome: str) -> Sent | NotSent | None:
        self.received[outgoing.key] += outcome in ARRIVED
        assert self.received[outgoing.key] <= 1
        if outcome == "passing":
            return Passing("stub", "busy")
        if outcome == "permanent":
            return Permanent("stub", "no")
        if outcome.startswith("unknown"):
            return Unknown("stub", "cut")
        return sent(outgoing.key) if outcome == "sent" else None

    def finish(self, message_id: int, result: Sent | NotSent) -> None:
        outbox.finish(self.session, message_id, result, at=self.at)
        self.moved()

    def a_slow_worker_ends(self, number: int, _outcome: str) -> None:
        if self.slow:
            self.finish(*self.slow.pop(number % len(self.slow)))

    def a_receipt_comes(self, number: int, _outcome: str) -> None:
        keys = sorted(key for key, times in self.received.items() if times)
        if keys:
            told = receipt(TOLD[number % 5], self.at, key=keys[number % len(keys)])
            assert receive_receipt(self.session, told, "stub", at=self.at)
            self.moved(told=True)

    def a_person_steps_in(self, number: int, outcome: str) -> None:
        if outcome == "sent":
            outbox.release(self.session, self.jobs[number : number + 2], at=self.at)
        elif outcome == "passing":
            outbox.cancel(self.session, self.cast.sofia, [self.pick(number)], reason="x", at=self.at)
        elif outcome == "permanent":
            debtor_id = self.debtors[number % 3].debtor_id
            stop_channel(self.session, [debtor_id], Channel.SMS, source="stop_word", at=self.at)
        else:
            self.resolve()
        self.moved()

    def resolve(self) -> None:
        """Somebody looks at what is unconfirmed, and is not wrong about it."""
        unconfirmed = text("SELECT id, key FROM message WHERE state = 'unconfirmed' ORDER BY id")
        for row in self.session.execute(unconfirmed).all()[:1]:
            left = bool(self.received[row.key])
            outbox.resolve(self.session, self.cast.sofia, row.id, left=left, again=not left, at=self.at)

    def check(self) -> None:
        """What ended says when, what waits has a moment before it expires, what was held back says why."""
        wrong = text("""
            SELECT id FROM message WHERE state = 'planned' AND not_before >= expires_at
                OR (state IN ('failed', 'bounced', 'blocked', 'cancelled', 'unconfirmed')) <> (ended_at IS NOT NULL)
                OR state IN ('cancelled', 'blocked') AND held IS NULL
        """)
        assert not self.session.execute(wrong).all()

    def come_to_rest(self) -> None:
        """Four quiet days later nothing is left to do: every message has left or ended."""
        for hours in (0, 1, 24, 72):
            self.at += timedelta(hours=hours) + QUEUED_LEASE
            self.time_passes(0, "sent")
            while self.jobs:
                self.work(1, "sent")
        self.check()
        assert not LIVE & set(self.states().values())


DEEDS = (Outbox.work, Outbox.work, Outbox.time_passes, Outbox.a_slow_worker_ends, Outbox.a_receipt_comes, Outbox.a_person_steps_in)  # fmt: skip
deeds = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, 20), st.sampled_from(OUTCOMES)), min_size=12, max_size=25
)


def test_a_message_reaches_its_provider_once_at_most_and_none_is_lost(session: Session, cast: Cast) -> None:
    approve(session)
    approve(session, channel=Channel.WHATSAPP, whatsapp_name="notice")

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(deeds)
    def in_any_order(done: list[tuple[Any, int, str]]) -> None:
        with session.begin_nested() as savepoint:
            box = Outbox(session, cast)
            for deed, number, outcome in done:
                deed(box, number, outcome)
            box.check()
            box.come_to_rest()
            savepoint.rollback()
        session.expunge_all()

    in_any_order()

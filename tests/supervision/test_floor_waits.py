"""Since when work waits, whatever is done with it: against what the order of the deeds says, written down in plain Python."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models import Band, PauseKind, Queue, WorkState
from tests.cast import NOW, TODAY, Cast, owe
from tests.supervision.dealing import owned
from workbench import db
from workbench.actions import deals, floors, worklist
from workbench.actions.interactions import InteractionForm, record
from workbench.actions.negotiation_queue import open_negotiation
from workbench.actions.nights import run_night
from workbench.actions.pauses import end_pause, pause_case
from workbench.actions.reviews import close_review, open_review
from workbench.actions.standings import rescore_cases
from workbench.queries.floor import floor
from workbench.queries.floor_waits import Asked, waiting_cases
from workbench.queries.invariants import broken_invariants
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Whose
from workbench.rules.floors import WAITS, Wait
from workbench.rules.follow_ups import SkipReason
from workbench.rules.refusals import Refused

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONE = ZoneInfo("America/Mexico_City")
ITEMS = text("SELECT id, case_id, queue, state, not_before, ready_at, claimed_by FROM work_item ORDER BY id")
CODES = (
    "call.no_answer",
    "call.no_answer",
    "call.message_taken",
    "call.negotiating",
    "call.call_back",
    "call.no_commitment",
)


@dataclass
class Life:
    """A book that is worked on, and since when each item waits by the order of what happened."""

    cast: Cast
    chance: random.Random
    at: datetime = NOW
    since: dict[int, datetime] = field(default_factory=dict)
    seen: dict[int, Any] = field(default_factory=dict)
    talked: int | None = None  # the case whose item was settled by the last deed

    def look(self) -> None:
        """What the deed did, judged by state and moment alone: the column itself is only compared."""
        with db.reading() as session:
            items = {row.id: row for row in session.execute(ITEMS)}
        for row in items.values():
            before = self.seen.get(row.id)
            if row.state != WorkState.READY:
                self.since.pop(row.id, None)
            elif (
                before is None
                or before.state != WorkState.READY
                or (row.case_id == self.talked and row.queue == "call")
            ):
                came = before is not None and before.state == WorkState.WAITING and before.not_before <= self.at
                self.since[row.id] = before.not_before if came else self.at
            assert row.ready_at == self.since.get(row.id), f"{row} after {before} at {self.at}"
        self.seen, self.talked = items, None

    def do(self, deed: Callable[[Session], Any]) -> None:
        try:
            with db.transaction() as session:
                deed(session)
        except Refused:
            self.talked = None
        self.look()

    def some(self, **of: Any) -> Any:
        """Some item with these fields, none when there is none."""
        found = [row for row in self.seen.values() if all(getattr(row, name) == value for name, value in of.items())]
        return self.chance.choice(found) if found else None

    def night(self) -> None:
        morning = (self.at.astimezone(ZONE) + DAY).replace(hour=2, minute=30, second=0, microsecond=0)
        self.at = morning.astimezone(NOW.tzinfo)
        if self.chance.random() < 0.5:
            self.do(lambda session: worklist.promote_due(session, at=self.at))
        for again in (False, True):
            before = _versions() if again else None
            run_night(self.cast.mexico.id or 0, on=morning.date(), at=self.at)
            assert before is None or _versions() == before, "the same night again writes nothing"
            self.look()
        self.at += 5 * HOUR

    def step(self) -> None:
        self.at += timedelta(minutes=self.chance.choice((0, 1, 5, 20, 90)))
        self.chance.choice(
            (self.claim, self.claim, self.claim, self.talk, self.talk, self.put_down, self.skip, self.time, self.time,
             self.take_over, self.negotiate, self.review, self.pause, self.deal, self.search)
        )()  # fmt: skip

    def who(self) -> Viewer:
        return self.chance.choice((self.cast.ana, self.cast.sofia))

    def claim(self) -> None:
        who, queue = self.who(), self.chance.choice((Queue.CALL, Queue.CALL, Queue.NEGOTIATION, Queue.REVIEW))
        self.do(lambda s: worklist.claim_next(s, who, portfolio_id=self.cast.mexico.id or 0, queue=queue, at=self.at))

    def held(self) -> tuple[Viewer, Any] | None:
        who = self.who()
        item = self.some(claimed_by=who.user_id)
        return (who, item) if item else None

    def talk(self) -> None:
        """The outcome of a call: what was in hand is settled."""
        if held := self.held():
            who, item = held
            self.do(lambda s: self._record(s, who, item, item.id))

    def search(self) -> None:
        """A call from a search, with nothing in hand: the call item is settled, as if it had been."""
        if item := self.some(queue="call"):
            self.talked = item.case_id if item.state == WorkState.READY else None
            self.do(lambda s: self._record(s, self.cast.sofia, item, None))

    def _record(self, session: Session, who: Viewer, item: Any, item_id: int | None) -> None:
        code = self.chance.choice(CODES)
        point = session.scalar(
            text("SELECT p.id FROM contact_point p JOIN collection_case c USING (debtor_id) WHERE c.id = :c"),
            {"c": item.case_id},
        )
        callback = self.at + 3 * HOUR if code == "call.call_back" else None
        form = InteractionForm(
            submission_key=uuid4(), item_id=item_id, case_id=item.case_id, disposition_code=code, contact_point_id=point,
            started_at=self.at, callback_at=callback, note="habla",
        )  # fmt: skip
        record(session, who, form, at=self.at)

    def put_down(self) -> None:
        if held := self.held():
            who, item = held
            self.do(lambda s: worklist.release(s, who, item.id, at=self.at))

    def skip(self) -> None:
        if held := self.held():
            who, item = held
            self.do(lambda s: worklist.skip(s, who, item.id, reason=SkipReason.TECHNICAL, at=self.at))

    def time(self) -> None:
        deed = self.chance.choice((worklist.promote_due, worklist.free_expired))
        self.do(lambda s: deed(s, at=self.at))

    def take_over(self) -> None:
        if item := self.some(claimed_by=self.cast.ana.user_id):
            asked = {"holder_id": self.cast.ana.user_id, "at": self.at}
            if self.chance.random() < 0.5:
                self.do(lambda s: floors.give_back(s, self.cast.sofia, item.case_id, **asked))
            else:
                self.do(lambda s: floors.take_over(s, self.cast.sofia, item.case_id, queue=Queue(item.queue), **asked))

    def negotiate(self) -> None:
        if item := self.some():
            self.do(lambda s: open_negotiation(s, [item.case_id], at=self.at))

    def review(self) -> None:
        if item := self.some():
            if self.chance.random() < 0.5:
                self.do(lambda s: open_review(s, item.case_id, at=self.at))
            else:
                self.do(lambda s: close_review(s, item.case_id))

    def pause(self) -> None:
        if item := self.some(queue="call"):
            last = self.at.astimezone(ZONE).date() + timedelta(days=self.chance.choice((1, 3)))
            with db.reading() as session:
                live = session.scalar(
                    text("SELECT id FROM pause WHERE case_id = :c AND ended_at IS NULL"), {"c": item.case_id}
                )
            if live:
                self.do(lambda s: end_pause(s, self.cast.sofia, live, reason="ya no", at=self.at))
            else:
                asked = {"until_on": last, "reason": "pide tiempo", "at": self.at}
                self.do(lambda s: pause_case(s, self.cast.sofia, item.case_id, PauseKind.HARDSHIP, **asked))

    def deal(self) -> None:
        """Work changes hands: who waited goes on waiting."""

        def dealt(session: Session) -> None:
            asked = deals.Asked(self.chance.choice(list(deals.DealWay)[:4]), whose=Whose.ALL)
            shown = deals.preview(session, self.cast.sofia, asked, at=self.at)
            made = deals.apply(session, self.cast.sofia, shown, at=self.at)
            if self.chance.random() < 0.5:
                deals.undo(session, self.cast.sofia, made.id or 0, at=self.at)

        self.do(dealt)

    def compare(self) -> None:
        """The floor's numbers, their cases and the oldest against what was written down here."""
        expected: Counter[tuple[str, Wait]] = Counter()
        oldest: dict[str, datetime] = {}
        for item_id, since in self.since.items():
            queue = self.seen[item_id].queue
            expected[queue, _wait(since, self.at)] += 1
            oldest[queue] = min(oldest.get(queue, since), since)
        with db.reading() as session:
            found = floor(session, self.cast.sofia, at=self.at).queues.waiting
            told = {
                (each.queue.value, wait): n for each in found for wait, n in zip(WAITS, each.by_wait, strict=True) if n
            }
            assert told == expected
            assert {each.queue.value: each.oldest for each in found if each.oldest} == oldest
            for (queue, wait), n in expected.items():
                asked = Asked(self.cast.mexico.id or 0, Queue(queue), wait)
                listed = waiting_cases(session, self.cast.sofia, asked, at=self.at)
                assert (listed.total, len(listed.cases)) == (n, n)
                assert [each.since for each in listed.cases] == sorted(each.since for each in listed.cases)
            assert broken_invariants(session, None) == []


def _wait(since: datetime, at: datetime) -> Wait:
    """How long that is, in words of its own."""
    hours = (at - since) / HOUR
    for wait, bound in ((Wait.ONE_HOUR, 1), (Wait.TWO_HOURS, 2), (Wait.FOUR_HOURS, 4), (Wait.EIGHT_HOURS, 8)):
        if hours <= bound:
            return wait
    days = (at.astimezone(ZONE).date() - since.astimezone(ZONE).date()).days
    return Wait.TODAY if days == 0 else Wait.YESTERDAY if days == 1 else Wait.DAYS if days < 7 else Wait.WEEK


def _versions() -> list[Any]:
    with db.reading() as session:
        return list(session.execute(text("SELECT id, ctid::text, xmin::text FROM work_item ORDER BY id")))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_since_when_everything_waits_is_what_the_order_of_the_deeds_says(fresh_cast: Cast, seed: int) -> None:
    life = Life(fresh_cast, random.Random(seed))
    with db.transaction() as session:
        for number in range(6):
            owe(session, fresh_cast.mexico, amount=100 * (number + 1), phone=f"+52551234567{number}")
        owned(session, fresh_cast, fresh_cast.ana)
    life.look()
    for _day in range(4):
        for _step in range(14):
            life.step()
        life.compare()
        life.night()
    life.compare()


def test_who_waited_before_a_night_goes_on_waiting_after_it(fresh_cast: Cast) -> None:
    with db.transaction() as session:
        kept = owe(session, fresh_cast.mexico, ready_at=NOW - 3 * DAY).id
        put_off = owe(session, fresh_cast.mexico, state=WorkState.WAITING, not_before=NOW - HOUR).id
        paid = owe(session, fresh_cast.mexico, days_past_due=-5, ready_at=NOW - DAY).id
    run_night(fresh_cast.mexico.id or 0, on=TODAY, at=NOW)
    with db.reading() as session:
        since = {row.id: row.ready_at for row in session.execute(ITEMS)}
    assert since == {kept: NOW - 3 * DAY, put_off: None, paid: None}
    with db.transaction() as session:
        worklist.promote_due(session, at=NOW)
        since = {row.id: row.ready_at for row in session.execute(ITEMS)}
    assert since == {kept: NOW - 3 * DAY, put_off: NOW - HOUR, paid: None}, (
        "since its moment, not since somebody looked"
    )


def test_what_an_import_lists_waits_since_then(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    session.delete(item)
    session.flush()
    rescore_cases(session, [item.case_id], on=TODAY, at=NOW + HOUR, holds=False)
    assert session.execute(ITEMS).one().ready_at == NOW + HOUR


@pytest.mark.parametrize("state", list(WorkState))
def test_what_is_ready_says_since_when_and_nothing_else_can(session: Session, cast: Cast, state: WorkState) -> None:
    more: dict[str, Any] = {"not_before": NOW} if state is WorkState.WAITING else {}
    if state is WorkState.CLAIMED:
        more = {"claimed_by": cast.ana.user_id, "lease_until": NOW}
    owe(session, cast.mexico, state=state, band=Band.SCORE, **more)
    other = text("UPDATE work_item SET ready_at = CASE WHEN state <> 'ready' THEN CAST(:at AS timestamptz) END")
    with pytest.raises(IntegrityError, match="ck_work_item_ready_since"):
        session.execute(other, {"at": NOW})


STRANGERS = {"ana": "Your role", "alma": "Your role", "bruno": "Your role"}


@pytest.mark.parametrize("name", STRANGERS)
def test_the_cases_behind_a_number_are_the_supervisors(session: Session, cast: Cast, name: str) -> None:
    owe(session, cast.mexico)
    with pytest.raises(Refused, match=STRANGERS[name]):
        waiting_cases(session, getattr(cast, name), Asked(cast.mexico.id or 0, Queue.CALL), at=NOW)


def test_another_teams_queue_has_no_cases_and_its_people_no_names(session: Session, cast: Cast) -> None:
    owe(session, cast.colombia)
    with pytest.raises(Refused, match="nothing here"):
        waiting_cases(session, cast.sofia, Asked(cast.colombia.id or 0, Queue.CALL), at=NOW)
    for who in (cast.ana, cast.bruno):
        owe(session, cast.mexico, reserved_for=who.user_id)
    owe(session, cast.mexico)
    listed = waiting_cases(session, cast.sofia, Asked(cast.mexico.id or 0, Queue.CALL), at=NOW)
    assert [each.kept_for for each in listed.cases] == ["Ana", "", None]

"""The pilot's messages of the last weeks, lived through the outbox: planned, judged, sent to the sandbox, told of, answered.

Every state is reached by the action that reaches it in earnest; only the clock and what providers and debtors say are
pretended. The money of the pilot's debtors comes in day by day meanwhile, so that a message speaks of what was owed then.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from models import Channel, Portfolio
from models.messages import MessageState as State
from seed.answers import Told, answer, receipts, written_back
from seed.portfolios import BOOKS, SUPERVISORS
from workbench.actions.inbound import receive, work_off
from workbench.actions.outbox import begin, cancel, dispatch, finish
from workbench.actions.planned_rows import Of, write_messages, write_tasks
from workbench.actions.receipts import receive_receipt
from workbench.actions.replies_out import write_reply
from workbench.channels.letters import NotSent, Outgoing, Passing, Sent, Unknown
from workbench.channels.sandbox.receipts import receipt, reply
from workbench.channels.sandbox.sending import PROVIDER, Sandbox
from workbench.queries.message_facts import cases_where
from workbench.queries.planned_steps import asked, planned_steps
from workbench.queries.strategies import published
from workbench.queries.users import viewer_by_email
from workbench.rules.refusals import Refused

DAY, ROUND = timedelta(days=1), timedelta(hours=1)
NIGHT = range(4, 11)  # UTC: nobody in the four countries may be written to
A_ROUND = 9  # messages that leave in each: a provider that takes few at a time spreads a morning's over the day
UNCLEAR, BUSY, TAKEN_BACK = 0.008, 0.012, 0.006  # shares of what is sent, and of the rounds in which somebody cancels


class Correspondence:
    """What is still to come while the last weeks are lived; `opened` are the portfolios' ids by code."""

    def __init__(self, opened: dict[str, int], *, number: int, at: datetime) -> None:
        self.opened, self.at, self.sandbox = opened, at, Sandbox()
        self.random = np.random.default_rng([number, at.date().toordinal(), 7])
        self.later: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = []
        self.order = count()
        self.replies = count(1)

    def live(self, session: Session, days_ago: range, *, plan: bool) -> None:
        """Lives these days, the first one first, each from this hour until the same hour of the next."""
        self.session = session
        self._learn()
        for ago in days_ago:
            start = self.at - ago * DAY
            if plan:
                self._plan(start, ago)
            for place in range(DAY // ROUND):
                if (start + place * ROUND).hour not in NIGHT:
                    self._at(start + place * ROUND, self._round)
            self._until(start + DAY)
        session.info.pop("jobs", None)  # all of it is done: there is nothing to wake a worker for

    def _learn(self) -> None:
        asked_for = {"portfolios": list(self.opened.values()), "pilots": [book.pilot for book in BOOKS]}
        cases = self.session.execute(_PILOTS, asked_for)
        self.pilots = {row.portfolio_id: list(row.cases) for row in cases}
        self.pays: dict[int, list[date]] = defaultdict(list)
        for row in self.session.execute(_PAYS, {"cases": [each for ids in self.pilots.values() for each in ids]}):
            self.pays[row.case_id].append(row.paid_on)

    def expect(self, at: datetime, deed: Callable[..., None]) -> None:
        """Lines up something else that happens in these weeks; it is told the moment."""
        self._at(at, deed)

    def _at(self, at: datetime, deed: Callable[..., None], *about: Any) -> None:
        heapq.heappush(self.later, (at, next(self.order), deed, about))

    def _until(self, end: datetime) -> None:
        while self.later and self.later[0][0] < end:
            at, _, deed, about = heapq.heappop(self.later)
            deed(at, *about)

    def _plan(self, at: datetime, ago: int) -> None:
        for book in (book for book in BOOKS if ago <= book.pilot_days):
            portfolio = self.session.get_one(Portfolio, self.opened[book.code])
            on = at.astimezone(ZoneInfo(book.zone)).date()
            owed_as_of(self.session, portfolio, book.pilot, on)
            self._plan_pilot(portfolio, self.pilots.get(self.opened[book.code], []), on, at)

    def _plan_pilot(self, portfolio: Portfolio, case_ids: list[int], on: date, at: datetime) -> None:
        """As the night does it, of the pilot's cases only: the strategy has nothing to say of the others."""
        strategy = published(self.session, self.opened[portfolio.code])
        if strategy is None or not case_ids:
            return
        with_all = asked(self.session, portfolio, strategy.definition, on=on, at=at)
        facts, plan = planned_steps(self.session, with_all, cases_where(case_ids))
        of = Of(self.opened[portfolio.code], strategy.id, on, at)
        write_messages(self.session, of, strategy.definition, facts, plan)
        write_tasks(self.session, of, strategy.definition, facts, plan)

    def _round(self, at: datetime) -> None:
        dispatch(self.session, at=at, limit=A_ROUND)
        ids = self.session.execute(_QUEUED).scalars().all()
        pauses = np.sort(self.random.integers(1, int(ROUND.total_seconds()) - 60, len(ids))).tolist()
        for message_id, seconds in zip(ids, pauses, strict=True):
            self._at(at + timedelta(seconds=seconds), self._send, message_id)
        if self.random.random() < TAKEN_BACK:
            self._take_back(at)

    def _send(self, at: datetime, message_id: int) -> None:
        outgoing = begin(self.session, message_id, at=at)
        if outgoing is None:
            return
        outcome, after = self._handed_over(outgoing), at + timedelta(seconds=1)
        finish(self.session, message_id, outcome, at=after)
        row = self.session.execute(_MESSAGE, {"id": message_id}).one()
        if isinstance(outcome, Passing):
            return
        if isinstance(outcome, Unknown):
            if self.random.random() < 0.7:
                state = State.SENT if outgoing.channel is Channel.EMAIL else State.DELIVERED
                self._at(after + timedelta(hours=2), self._told, row.key, Told(timedelta(), state))
            return
        here = at.astimezone(ZoneInfo(row.zone))
        hour = here.hour + here.minute / 60
        told = receipts(outgoing.channel, hour, self.random)
        for each in told:
            self._at(after + each.after, self._told, row.key, each)
        arrived = not any(each.dead or each.reason for each in told)
        pays = any(0 <= (day - here.date()).days <= 3 for day in self.pays.get(row.case_id, ()))
        said = answer(outgoing.channel, hour, here.date(), pays=pays, random=self.random)
        if arrived and said and not row.author_id:
            self._at(after + said[0] + timedelta(minutes=1), self._hear, row.key, outgoing, said[1])

    def _handed_over(self, outgoing: Outgoing) -> Sent | NotSent:
        luck = self.random.random()
        if luck < UNCLEAR:
            return Unknown(PROVIDER, "no answer")
        if luck < UNCLEAR + BUSY:
            return Passing(PROVIDER, "503")
        return self.sandbox.send(outgoing)

    def _told(self, at: datetime, key: str, told: Told) -> None:
        said = receipt(key, told.state.value, at=at, invalidates=told.dead, reason=told.reason)
        receive_receipt(self.session, said, PROVIDER, at=at)

    def _hear(self, at: datetime, key: str, outgoing: Outgoing, words: str) -> None:
        said = reply(outgoing.to, words, at=at, number=str(next(self.replies)), answers_key=key)
        for event_id in receive(self.session, outgoing.channel, PROVIDER, [said], {}, at=at):
            work_off(self.session, event_id, at=at)
        row = self.session.execute(_HEARD, {"key": key}).one()
        intent = row.disposition_code.removeprefix("reply.")
        if back := written_back(intent, at, self.random):
            self._at(back[0], self._write_back, row.case_id, row.code, outgoing.channel, back[1])

    def _write_back(self, at: datetime, case_id: int, code: str, channel: Channel, words: str) -> None:
        """An agent of the book answers; not when the law forbids it by then."""
        agents = next(book.agents for book in BOOKS if book.code == code)
        who = viewer_by_email(self.session, f"{agents[case_id % len(agents)]}example.com")
        assert who is not None
        with suppress(Refused):
            key = f"reply:{case_id}:{next(self.replies)}"
            self._send(at, write_reply(self.session, who, case_id, channel, words, key, at=at))

    def _take_back(self, at: datetime) -> None:
        """A supervisor takes one message back that has not left."""
        row = self.session.execute(_WAITING, {"at": at}).first()
        who = viewer_by_email(self.session, f"{SUPERVISORS[row.code]}example.com") if row else None
        if row and who:
            cancel(self.session, who, [row.id], reason="Acordado por teléfono con la sucursal.", at=at)


def owed_as_of(session: Session, portfolio: Portfolio, pilot: str, on: date) -> None:
    """Sets what the pilot's debtors owe to what the payments before a date say; `date.max` is all that was paid."""
    session.execute(_OWED, {"portfolio": portfolio.id, "pilot": pilot, "on": on})


def finish_money(session: Session, opened: dict[str, int]) -> None:
    """Brings the pilot's money up to date, for the nights that follow."""
    for book in BOOKS:
        owed_as_of(session, session.get_one(Portfolio, opened[book.code]), book.pilot, date.max)


_PILOTS = text("""
    SELECT c.portfolio_id, array_agg(c.id ORDER BY c.id) AS cases
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id
    WHERE c.portfolio_id = ANY(:portfolios) AND d.region = ANY(:pilots) GROUP BY c.portfolio_id
""")
_QUEUED = text("SELECT id FROM message WHERE state = 'queued' ORDER BY not_before, id")
_MESSAGE = text("""
    SELECT m.key, m.case_id, m.author_id, d.time_zone AS zone
    FROM message m JOIN debtor d ON d.id = m.debtor_id WHERE m.id = :id
""")
_HEARD = text("""
    SELECT i.disposition_code, i.case_id, p.code FROM message m
    JOIN interaction i ON i.case_id = m.case_id AND i.direction = 'inbound' JOIN portfolio p ON p.id = m.portfolio_id
    WHERE m.key = :key ORDER BY i.started_at DESC, i.id DESC LIMIT 1
""")
_WAITING = text("""
    SELECT m.id, p.code FROM message m JOIN portfolio p ON p.id = m.portfolio_id
    WHERE m.state = 'planned' AND m.not_before > :at ORDER BY m.id LIMIT 1
""")
_PAYS = text("""
    SELECT case_id, paid_on FROM payment WHERE case_id = ANY(:cases) AND reversed_on IS NULL AND kind = 'payment'
""")
_OWED = text("""
    WITH told AS (
        SELECT r.id, r.amount - coalesce(sum(a.amount) FILTER (WHERE known.holds), 0) AS balance,
               max(p.paid_on) FILTER (WHERE known.holds) AS paid_on
        FROM collection_case c JOIN debtor d ON d.id = c.debtor_id AND d.region = :pilot
        JOIN receivable r ON r.case_id = c.id JOIN allocation a ON a.receivable_id = r.id
        JOIN payment p ON p.id = a.payment_id
        CROSS JOIN LATERAL (SELECT p.paid_on < CAST(:on AS date)
            AND coalesce(a.released_on >= CAST(:on AS date), true) AS holds) known
        WHERE c.portfolio_id = :portfolio GROUP BY r.id
    )
    UPDATE receivable r SET balance = told.balance, settled_on = CASE WHEN told.balance = 0 THEN told.paid_on END
    FROM told WHERE told.id = r.id AND r.balance <> told.balance
""")

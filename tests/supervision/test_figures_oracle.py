"""The figures once more, from the bare tables and by plain loops: nothing here reads the catalogue's SQL.

The book is the demonstration's: thousands of contacts, promises and payments, over the days that its test looks at.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Row, text
from sqlmodel import Session

from tests.seed.test_seed import AT
from tests.supervision.test_figures_are_rows import DAYS, Desk, desks
from workbench.queries.kpis import By, breakdown, figures

__all__ = ["desks"]  # the fixture
Rows = list[Row[Any]]
Person = int | None


# more of what the small book has little of: promises of every fate that fell due, and payments taken back
PROMISES = """
UPDATE promise SET taken_on = DATE '{last}' - 24 + (id % 20)::int, due_on = DATE '{last}' - 21 + (id % 20)::int,
    state = (ARRAY['kept', 'partially_kept', 'broken', 'withdrawn'])[1 + id % 4], closed_on = DATE '{last}',
    paid = CASE id % 4 WHEN 0 THEN amount + 10 WHEN 1 THEN round(amount / 3, 2) ELSE 0 END
"""
REVERSED = "UPDATE payment SET reversed_on = paid_on, allocated = 0, reversal = 'reversal' WHERE id % 5 = 0"


@pytest.fixture(scope="module")
def varied(desks: tuple[Session, dict[str, Desk]]) -> tuple[Session, dict[str, Desk]]:
    """The same desks over a book with more fates in it."""
    session, everybody = desks
    session.execute(text(PROMISES.format(last=DAYS[1])))
    session.execute(text(REVERSED))
    book = Book(session, everybody["operator"].scope.portfolio_ids[0])
    assert {each.state for each in book.fell_due(None)} == {"kept", "partially_kept", "broken"}
    assert any(each.reversed_on and book.within(each.paid_on) for each in book.payments)
    assert book.to_cash(None)
    return desks


class Book:
    """One portfolio's rows as they lie in the tables, and the figures worked out of them for one person or everybody."""

    def __init__(self, session: Session, portfolio_id: int) -> None:
        def read(sql: str) -> Rows:
            return list(session.execute(text(sql), {"id": portfolio_id}))

        self.terms = read("SELECT * FROM portfolio WHERE id = :id")[0]
        self.zone = ZoneInfo(self.terms.time_zone)
        contacts = read("""
            SELECT i.*, d.counts_attempt, d.counts_contact, d.counts_rpc, d.counts_promise FROM interaction i
            JOIN disposition d ON d.code = i.disposition_code WHERE i.portfolio_id = :id AND i.user_id IS NOT NULL""")
        self.contacts = sorted(contacts, key=lambda each: (each.started_at, each.id))
        self.promises = read("SELECT * FROM promise WHERE portfolio_id = :id")
        self.payments = read("SELECT * FROM payment WHERE portfolio_id = :id")
        self.messages = read("SELECT * FROM message WHERE portfolio_id = :id")
        self.blocked = read("SELECT * FROM blocked_contact WHERE portfolio_id = :id")
        self.history = read("SELECT * FROM case_history WHERE portfolio_id = :id")
        self.spoken: dict[int, Rows] = defaultdict(list)
        for contact in self.contacts:
            if contact.counts_rpc:
                self.spoken[contact.case_id].append(contact)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def within(self, on: date | None) -> bool:
        return on is not None and DAYS[0] <= on <= DAYS[1]

    def made(self, person: Person) -> Rows:
        """Contacts of the period by one person, or by anybody."""
        mine = [each for each in self.contacts if person is None or each.user_id == person]
        return [each for each in mine if self.within(self.day(each.started_at))]

    def received(self, person: Person) -> Rows:
        """Money of the period, and of a person what came after their right-party contact."""
        paid = [
            each
            for each in self.payments
            if each.kind == "payment" and each.reversed_on is None and self.within(each.paid_on)
        ]
        return [each for each in paid if person is None or self.credited(each) == person]

    def credited(self, payment: Row[Any]) -> Person:
        earliest = payment.paid_on - timedelta(days=self.terms.attribution_days)
        before = [
            each for each in self.spoken[payment.case_id] if earliest <= self.day(each.started_at) <= payment.paid_on
        ]
        return before[-1].user_id if before else None

    def fell_due(self, person: Person) -> Rows:
        decided = {"kept", "partially_kept", "broken"}
        return [
            each
            for each in self.promises
            if each.state in decided and self.within(each.due_on) and (person is None or each.taken_by == person)
        ]

    def to_cash(self, person: Person) -> list[int]:
        found = []
        for payment in self.received(None):
            there = [
                each
                for each in self.promises
                if each.case_id == payment.case_id
                and each.state not in {"withdrawn", "replaced"}
                and each.taken_on <= payment.paid_on <= each.due_on + timedelta(days=self.terms.grace_days)
            ]
            last = max(there, key=lambda each: (each.taken_on, each.id), default=None)
            if last is not None and person in (None, last.taken_by):
                found.append((payment.paid_on - last.taken_on).days)
        return found

    def listed(self) -> set[int]:
        """Cases that lay in a queue on a morning of the period."""
        return {
            each.case_id
            for each in self.history
            if each.queue and each.from_on <= DAYS[1] and (each.until_on is None or each.until_on > DAYS[0])
        }

    def stood(self, on: date) -> Rows:
        return [each for each in self.history if each.from_on <= on and (each.until_on is None or each.until_on > on)]


def attempts(book: Book, person: Person) -> Rows:
    return [each for each in book.made(person) if each.direction == "outbound" and each.counts_attempt]


def share(top: float, bottom: float) -> float | None:
    return top / bottom if bottom else None


def flagged(flag: str) -> Callable[[Book, Person], float]:
    return lambda book, person: sum(getattr(each, flag) for each in book.made(person))


def of_attempts(flag: str) -> Callable[[Book, Person], float | None]:
    def worked(book: Book, person: Person) -> float | None:
        tried = attempts(book, person)
        return share(sum(getattr(each, flag) for each in tried), len(tried))

    return worked


def handled(book: Book, person: Person) -> Rows:
    return [each for each in book.made(person) if each.channel in {"call", "visit"}]


def seconds(rows: Rows) -> float:
    return sum((each.ended_at - each.started_at).total_seconds() for each in rows)


def promised(book: Book, person: Person) -> float:
    return float(
        sum(
            each.amount
            for each in book.promises
            if book.within(each.taken_on) and (person is None or each.taken_by == person)
        )
    )


def kept_amount(book: Book, person: Person) -> float | None:
    due = book.fell_due(person)
    return share(float(sum(min(each.paid, each.amount) for each in due)), float(sum(each.amount for each in due)))


def kept(book: Book, person: Person) -> float | None:
    due = book.fell_due(person)
    return share(sum(each.state == "kept" for each in due), len(due))


# by person or by everybody; worked from the definitions of the figures as the field knows them
EVERYBODY: dict[str, Callable[[Book, Person], float | None]] = {
    "attempts": lambda book, person: len(attempts(book, person)),
    "contacts": flagged("counts_contact"),
    "right_parties": flagged("counts_rpc"),
    "promises": flagged("counts_promise"),
    "contact_rate": of_attempts("counts_contact"),
    "rpc_rate": of_attempts("counts_rpc"),
    "intensity": lambda book, person: share(
        len(attempts(book, person)), len({each.case_id for each in attempts(book, person)})
    ),
    "promised": promised,
    "kept_rate": kept,
    "kept_amount_rate": kept_amount,
    "recovery": lambda book, person: float(sum(each.amount for each in book.received(person))),
    "promise_to_cash": lambda book, person: statistics.median(book.to_cash(person)) if book.to_cash(person) else None,
    "handled": lambda book, person: len(handled(book, person)),
    "aht": lambda book, person: share(seconds(handled(book, person)), len(handled(book, person))),
}
PORTFOLIO: dict[str, Callable[[Book], float | None]] = {
    "penetration": lambda book: share(
        len(book.listed() & {each.case_id for each in attempts(book, None)}), len(book.listed())
    ),
    "blocked_attempts": lambda book: sum(book.within(book.day(each.at)) for each in book.blocked),
    "balance": lambda book: float(sum(each.balance for each in book.stood(DAYS[1]))),
    "past_due": lambda book: float(sum(each.past_due for each in book.stood(DAYS[1]))),
    "listed": lambda book: sum(each.queue is not None for each in book.stood(DAYS[1])),
    "average_days_past_due": lambda book: share(
        float(sum(each.balance * (DAYS[1] - each.counted_from).days for each in book.stood(DAYS[1]) if each.past_due)),
        float(sum(each.balance for each in book.stood(DAYS[1]) if each.past_due)),
    ),
}


def same(found: Any, worked: float | None) -> bool:
    return found is None if worked is None else found is not None and float(found) == pytest.approx(worked)


def test_a_portfolios_figures_are_what_plain_loops_find(varied: tuple[Session, dict[str, Desk]]) -> None:
    session, everybody = varied
    scope = everybody["operator"].scope
    book = Book(session, scope.portfolio_ids[0])
    worked = {name: count(book, None) for name, count in EVERYBODY.items()}
    worked |= {name: count(book) for name, count in PORTFOLIO.items()}
    found = figures(session, None, list(worked), scope, at=AT)
    assert worked["attempts"], worked["recovery"]  # the book is not empty
    assert {name: found[name].value for name in worked if not same(found[name].value, worked[name])} == {}


def test_each_agents_figures_are_what_plain_loops_find(varied: tuple[Session, dict[str, Desk]]) -> None:
    session, everybody = varied
    desk = everybody["supervisor"]
    book = Book(session, desk.scope.portfolio_ids[0])
    lines = breakdown(session, desk.who, list(EVERYBODY), desk.scope, By.AGENT, at=AT).groups
    agents = [line for line in lines if isinstance(line.key, int) and line.key > 0]
    assert len(agents) > 1
    wrong = {
        (line.label, name): (line.figures[name].value, count(book, line.key))
        for line in agents
        for name, count in EVERYBODY.items()
        if not same(line.figures[name].value, count(book, line.key))
    }
    assert wrong == {}


def test_the_day_ends_at_midnight_where_the_portfolio_is(varied: tuple[Session, dict[str, Desk]]) -> None:
    session, everybody = varied
    scope = everybody["operator"].scope
    book = Book(session, scope.portfolio_ids[0])
    lines = breakdown(session, None, ["attempts"], scope, By.DAY, at=AT).groups
    worked: dict[date, int] = defaultdict(int)
    for each in attempts(book, None):
        midnight = datetime.combine(book.day(each.started_at), time(), book.zone)
        assert midnight <= each.started_at < midnight + timedelta(days=1, hours=1)
        worked[book.day(each.started_at)] += 1
    assert {line.key: line.figures["attempts"].value for line in lines if line.figures["attempts"].value} == worked

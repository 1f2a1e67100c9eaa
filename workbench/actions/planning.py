"""Messages before they leave: what the night plans by the strategy, what events ask for, and what a dry run would do.

The night and the dry run share one decision (`queries.planned_steps`); the one writes what the other shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from models.messages import Cause
from workbench.actions.planned_rows import CAUSES, IntArray, Of, write_events, write_holds, write_messages, write_tasks
from workbench.queries.case_facts import next_shard
from workbench.queries.message_events import Book, Event, books, waiting_events, wishes
from workbench.queries.message_facts import cases_where, message_facts, shard_where
from workbench.queries.planned_steps import asked, planned_steps
from workbench.queries.strategies import published
from workbench.rules.access import Permission, Viewer
from workbench.rules.held import Code
from workbench.rules.message_channels import CODES, FREE, Facts, Letters, letters
from workbench.rules.message_plans import Plan, stops
from workbench.rules.strategies import Definition

if TYPE_CHECKING:  # brings pandas, which a worker has no use for
    from workbench.queries.dry_runs import DryRun

SHARD_SIZE = 200_000  # cases; about 100 MB of columns


@dataclass(frozen=True, slots=True)
class Planned:
    """What a night planned: messages and tasks for people written, and the steps that something held back, by code."""

    messages: int = 0
    tasks: int = 0
    held: dict[str, int] = field(default_factory=dict)

    @property
    def wrote(self) -> bool:
        """Whether there is anything new."""
        return self.messages > 0 or self.tasks > 0

    def __add__(self, other: "Planned") -> "Planned":
        """Both written; what is held was counted by each anew, so the later counts."""
        return Planned(self.messages + other.messages, self.tasks + other.tasks, self.held)


def plan_night(
    session: Session,
    portfolio: Portfolio,
    *,
    on: date,
    at: datetime,
    run_id: int | None = None,
    shard_size: int = SHARD_SIZE,
) -> Planned:
    """Writes the messages and tasks of business date `on` that the portfolio's published strategy asks for.

    Each once: a case that has a step of this date gets no other, and the keys make a second one impossible. With the
    night's `run_id`, the cases are kept for which something held a step back.
    """
    assert portfolio.id is not None
    strategy = published(session, portfolio.id)
    if strategy is None:
        return Planned()
    of = Of(portfolio.id, strategy.id, on, at)
    messages, tasks, held = 0, 0, dict[Code, IntArray]()
    for facts, plan in _shards(session, portfolio, strategy.definition, on=on, at=at, size=shard_size):
        messages += write_messages(session, of, strategy.definition, facts, plan)
        tasks += write_tasks(session, of, strategy.definition, facts, plan)
        for code, cases in held_by_code(facts, plan).items():
            held[code] = np.append(held[code], cases) if code in held else cases
    if run_id is not None:
        write_holds(session, run_id, held)
    return Planned(messages, tasks, {code.value: len(cases) for code, cases in held.items()})


def held_by_code(facts: Facts, plan: Plan) -> dict[Code, IntArray]:
    """The cases of the steps that something holds back, by its code."""
    stopped = np.flatnonzero(~plan.free)
    codes, cases = plan.letters.held[stopped], facts.columns["case_id"][plan.row[stopped]]
    return {CODES[place]: cases[codes == place] for place in np.unique(codes).tolist()}


def dry_run(
    session: Session, who: Viewer, portfolio_id: int, definition: Definition, *, on: date, at: datetime
) -> "DryRun":
    """What `plan_night` would write at this moment if `definition` were published, and what it would not, and why."""
    from workbench.queries.dry_runs import told  # noqa: PLC0415

    who.require(Permission.SEE_STRATEGIES)
    who.require_portfolio(portfolio_id)
    portfolio = session.get_one(Portfolio, portfolio_id)
    parts = _shards(session, portfolio, definition, on=on, at=at, size=SHARD_SIZE)
    return told(session, who, portfolio, definition, parts)


def _shards(
    session: Session, portfolio: Portfolio, definition: Definition, *, on: date, at: datetime, size: int
) -> Iterator[tuple[Facts, Plan]]:
    """The decisions of all cases, a run of them at a time."""
    assert portfolio.id is not None
    with_all, after = asked(session, portfolio, definition, on=on, at=at), 0
    while shard := next_shard(session, portfolio.id, after, size):
        yield planned_steps(session, with_all, shard_where(shard.first, shard.last))
        after = shard.last


def plan_events(session: Session, *, at: datetime) -> int:
    """Writes the messages about promises and installments that fall due, broken promises and payments, in all portfolios.

    Only where a published strategy asks for them, and for nothing that happened before it was published. One planner
    at a time: a second one finds nothing to do. Returns how many it wrote.
    """
    if not session.execute(_ALONE).scalar():
        return 0
    return sum(_plan_events(session, book, at=at) for book in books(session, at=at))


def _plan_events(session: Session, book: Book, *, at: datetime) -> int:
    events = waiting_events(session, book, at=at)
    if not events:
        return 0
    portfolio, strategy = book.portfolio, book.strategy
    with_all = asked(session, portfolio, strategy.definition, on=book.on, at=at)
    where = cases_where(sorted({event.case_id for event in events}))
    facts = message_facts(session, portfolio, where, on=book.on, at=at, languages=with_all.texts.languages)
    row = np.searchsorted(facts.columns["case_id"], [event.case_id for event in events])
    wish = np.array([event.wish for event in events], np.int64)
    free = np.flatnonzero(_stopped(events, facts, row) == FREE)
    wanted = [each for _, _, each in wishes(strategy.definition)]
    found: Letters = letters(wanted, row[free], wish[free], facts, with_all.moment)
    columns = {
        "cause": np.array([CAUSES.index(event.cause) for event in events], np.int64)[free],
        "subject": np.array([event.subject for event in events], np.int64)[free],
        "wish": wish[free],
        "number": np.array([event.number for event in events], np.int64)[free],
        "document": np.zeros(len(free), np.int64),
    }
    assert portfolio.id is not None
    of = Of(portfolio.id, strategy.id, book.on, at)
    return write_events(session, of, [each.template for each in wanted], facts, row[free], columns, found)


def _stopped(events: Sequence[Event], facts: Facts, row: np.ndarray) -> np.ndarray:
    """What stops each event's message: thanks are no claim, and reminders are for who promised or agreed."""
    causes = [event.cause for event in events]
    asking = np.array([cause != Cause.PAYMENT_THANKS for cause in causes])
    alone = np.array([cause == Cause.PROMISE_BROKEN for cause in causes])
    return stops(facts, row, written=np.ones(len(row), np.bool_), asking=asking, alone=alone)


_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext('plan_events'))")

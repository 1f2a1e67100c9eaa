"""On the demonstration's book every figure is what its rows come to, whoever asks, whatever narrows it."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio, Role
from tests.seed.test_seed import AT, fill
from workbench import db
from workbench.actions.case_histories import rebuild_book_days, write_morning
from workbench.actions.promise_states import evaluate_promises
from workbench.actions.standings import rescore_cases
from workbench.queries.effectiveness import effectiveness
from workbench.queries.kpi_parts import PARTS, How, Part
from workbench.queries.kpis import By, Figure, Scope, Side, breakdown, figures, rows_of
from workbench.queries.portfolios import visible_portfolios
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.rules.kpis import KPIS, Source
from workbench.rules.refusals import Refused

TODAY = AT.date()
DAYS = (TODAY - timedelta(days=27), TODAY)
# what the demonstration does not have of itself: presence, costs, and a morning on which the book stood otherwise
BUSIEST = """
SELECT i.portfolio_id, mode() WITHIN GROUP (ORDER BY i.user_id) FROM interaction i JOIN app_user u ON u.id = i.user_id
WHERE u.role = 'agent' GROUP BY 1
ORDER BY (SELECT count(*) FROM case_history h WHERE h.portfolio_id = i.portfolio_id AND past_due > 0) DESC LIMIT 1
"""
MOVED = "UPDATE case_standing SET balance = balance + 25 WHERE case_id % 3 = 0"
CAUGHT_UP = "UPDATE case_standing SET past_due = 0, oldest_due_on = NULL, counted_from = NULL WHERE case_id % 2 = 0"
NIGHTS = """
INSERT INTO nightly_run (portfolio_id, business_date, state, started_at, heartbeat_at, cases_total, cases_done, last_case_id,
    learned, counts, violations)
SELECT :portfolio, d, 'done', :at, :at, 0, 0, 0, '{}', '{}', '[]' FROM unnest(CAST(:days AS date[])) d ON CONFLICT DO NOTHING
"""
PRESENCE = """
INSERT INTO presence (user_id, state, started_at, seen_at, ended_at, ended_because)
SELECT u.id, CASE WHEN d % 4 = 0 THEN 'break' ELSE 'available' END, at, at, at + interval '3 hours', 'left'
FROM app_user u, generate_series(1, 20) d CROSS JOIN LATERAL (SELECT CAST(:at AS timestamptz) - d * interval '20 hours' AS at) t
WHERE u.role = 'agent'
"""
COSTS = (
    """UPDATE portfolio SET minute_cost = 3.5, message_costs = '{"sms": "0.40", "email": "0.05", "whatsapp": "0.90"}'"""
)


@dataclass(frozen=True)
class Desk:
    """Who asks for what."""

    who: Viewer | None
    scope: Scope


@pytest.fixture(scope="module")
def desks(servers: Any, database: str) -> Iterator[tuple[Session, dict[str, Desk]]]:
    """The small pretend portfolio with mornings and presence, and everybody who may ask for its figures."""
    db.connect(database, servers.redis_url)
    with db.engine().connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            fill(session, debtors=240)
            session.execute(text(PRESENCE), {"at": AT})
            session.execute(text(COSTS))
            _mornings(session)
            yield session, _everybody(session)
        outer.rollback()
    db.engine().dispose()


def _mornings(session: Session) -> None:
    """Two nights: how the cases stand, and then with a third owing more, half having caught up and promises judged."""
    for table in ("case_history", "book_day"):  # the demonstration's own mornings
        session.execute(text(f"DELETE FROM {table}"))
    early = DAYS[0] + timedelta(days=3)
    for book in visible_portfolios(session, None):
        cases = session.execute(text("SELECT id FROM collection_case WHERE portfolio_id = :id"), {"id": book.id})
        rescore_cases(session, list(cases.scalars()), on=early)
        write_morning(session, book, early)
    session.execute(text(MOVED))
    session.execute(text(CAUGHT_UP))
    for book in visible_portfolios(session, None):
        evaluate_promises(session, book, on=TODAY)
        write_morning(session, book, TODAY)
        session.execute(text(NIGHTS), {"portfolio": book.id, "days": [early, TODAY], "at": AT})
        assert rebuild_book_days(session, book.id or 0) == 0
    session.execute(text("ANALYZE"))


def _everybody(session: Session) -> dict[str, Desk]:
    """A supervisor and a manager with their portfolios, a team, an agent; the agent's own; the operator."""
    book, busiest = session.execute(text(BUSIEST)).one()
    agent = viewer(session, busiest)
    mates = {role: _mate(session, role, agent) for role in (Role.SUPERVISOR, Role.MANAGER)}
    first = Scope((book,), *DAYS)
    desks = {"operator": Desk(None, first), "agent": Desk(agent, replace(first, user_id=agent.user_id))}
    for role, who in mates.items():
        desks[role.value] = Desk(who, first)
        desks[f"{role.value}'s team"] = Desk(who, replace(first, team_id=min(who.team_ids & agent.team_ids)))
        desks[f"{role.value}'s agent"] = Desk(who, replace(first, user_id=agent.user_id))
        desks[f"{role.value}'s day"] = Desk(who, replace(first, from_on=TODAY - timedelta(days=1), to_on=TODAY))
    books = [
        book
        for book in visible_portfolios(session, None)
        if book.currency == session.get_one(Portfolio, first.portfolio_ids[0]).currency
    ]
    desks["everything in one currency"] = Desk(
        None, replace(first, portfolio_ids=tuple(book.id or 0 for book in books))
    )
    return desks


def _mate(session: Session, role: Role, agent: Viewer) -> Viewer:
    asked = text("""
        SELECT min(u.id) FROM app_user u JOIN team_member m ON m.user_id = u.id WHERE u.role = :role AND m.team_id = ANY(:teams)
    """)  # fmt: skip
    return viewer(session, session.execute(asked, {"role": role.value, "teams": list(agent.team_ids)}).scalar_one())


def worked_out(part: Part, counted: list[Any]) -> float | None:
    """What the rows of one side come to, by their last column alone."""
    if part.how is How.MEDIAN:
        return statistics.median(counted) if counted else None
    return float(sum(counted)) if part.how is How.SUM else len(counted)


NAMES = (
    "operator", "agent", "supervisor", "supervisor's team", "supervisor's agent", "supervisor's day",
    "manager", "manager's team", "manager's agent", "manager's day", "everything in one currency",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_side_of_every_figure_is_what_its_rows_come_to(desks: tuple[Session, dict[str, Desk]], name: str) -> None:
    session, desk = desks[0], desks[1][name]
    found = figures(session, desk.who, list(KPIS), desk.scope, at=AT)
    for kpi, figure in found.items():
        for side, part in zip(Side, PARTS[kpi], strict=True):
            if part is None:
                continue
            rows = rows_of(session, desk.who, kpi, desk.scope, side, at=AT, most=None)
            told = getattr(figure, side.value)
            assert rows.total == len(rows.rows), kpi
            worth = worked_out(part, [row[-1] for row in rows.rows])
            cents = 0.01 if part.source is Source.COSTS else None  # told in whole cents
            if figure.because is None:
                assert told is worth is None or float(told) == pytest.approx(worth, abs=cents), (kpi, side)
            assert rows.value == told or figure.because, (kpi, side)


def test_the_books_have_something_of_every_figure(desks: tuple[Session, dict[str, Desk]]) -> None:
    """Else the test above would prove nothing."""
    session, empty = desks[0], set(KPIS)
    for book in visible_portfolios(session, None):
        found = figures(session, None, list(KPIS), Scope((book.id or 0,), *DAYS), at=AT)
        empty -= {name for name, figure in found.items() if figure.numerator}
    assert empty <= {"blocked_attempts", "skips", "messages_sent", "channel_effectiveness"}


@pytest.mark.parametrize(
    "by", [By.DAY, By.WEEK, By.MONTH, By.WEEKDAY, By.HOUR_WEEKDAY, By.AGENT, By.TEAM, By.CHANNEL, By.PORTFOLIO]
)
def test_the_lines_add_up_and_each_is_what_its_rows_come_to(desks: tuple[Session, dict[str, Desk]], by: By) -> None:
    session, desk = desks[0], desks[1]["supervisor"]
    names = [
        name
        for name in ("attempts", "right_parties", "promised", "recovery", "kept_rate", "aht")
        if _has(session, desk, name, by)
    ]
    whole = figures(session, desk.who, names, desk.scope, at=AT)
    lines = breakdown(session, desk.who, names, desk.scope, by, at=AT).groups
    for name in names:
        told = [each.figures[name].numerator for each in lines]
        assert float(sum(told)) == pytest.approx(float(whole[name].numerator)), name
        for line in lines[:6]:
            rows = rows_of(session, desk.who, name, desk.scope, Side.NUMERATOR, at=AT, within=(by, line.key))
            assert float(rows.value) == pytest.approx(float(line.figures[name].numerator)), (name, line.key)


def _has(session: Session, desk: Desk, name: str, by: By) -> bool:
    try:
        breakdown(session, desk.who, [name], desk.scope, by, at=AT)
    except Refused:
        return False
    return True


def test_the_days_of_the_book_are_the_figures_of_each_day(desks: tuple[Session, dict[str, Desk]]) -> None:
    session, desk = desks[0], desks[1]["manager"]
    week = replace(desk.scope, from_on=TODAY - timedelta(days=6))
    names = ["balance", "delinquency_rate", "penetration", "cure_rate"]
    lines: dict[Any, dict[str, Figure]] = {
        each.key: each.figures for each in breakdown(session, desk.who, names, week, By.DAY, at=AT).groups
    }
    assert len(lines) == 7
    for on, told in lines.items():
        rows = rows_of(session, desk.who, "balance", week, Side.NUMERATOR, at=AT, within=(By.DAY, on))
        assert rows.value == told["balance"].numerator
        assert told == figures(session, desk.who, names, replace(week, from_on=on, to_on=on), at=AT)


def test_channels_are_as_effective_as_their_own_page_says(desks: tuple[Session, dict[str, Desk]]) -> None:
    session, desk = desks[0], desks[1]["supervisor"]
    zone = ZoneInfo(session.get_one(Portfolio, desk.scope.portfolio_ids[0]).time_zone)
    start = datetime.combine(desk.scope.from_on, time(), zone)
    end = datetime.combine(desk.scope.to_on + timedelta(days=1), time(), zone)
    assert desk.who is not None
    groups = effectiveness(session, desk.who, desk.scope.portfolio_ids[0], start=start, end=end)
    found = figures(session, desk.who, ["messages_sent", "channel_effectiveness"], desk.scope, at=AT)
    assert found["messages_sent"].value == sum(each.left for each in groups)
    told = found["channel_effectiveness"]
    assert (told.numerator, told.denominator) == (sum(g.answered for g in groups), sum(g.arrived for g in groups))

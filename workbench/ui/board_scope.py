"""What a board is about: the period with the one before it, portfolios of one currency, a team, a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import streamlit as st

from models import Period, Portfolio
from workbench import db
from workbench.queries.goal_paces import Calendar, calendar_of
from workbench.queries.kpis import Scope, previous
from workbench.queries.portfolios import visible_portfolios
from workbench.queries.team_policies import TeamPolicy, team_policies
from workbench.rules.access import Viewer
from workbench.rules.kpis import kpi
from workbench.rules.periods import period_of
from workbench.rules.words import N_
from workbench.ui import frame
from workbench.ui.i18n import _
from workbench.ui.kpi_tiles import period_words
from workbench.ui.table_files import downloads

PERIODS = {Period.DAY: N_("Day"), Period.WEEK: N_("Week"), Period.MONTH: N_("Month"), Period.QUARTER: N_("Quarter")}


@dataclass(frozen=True, slots=True)
class Board:
    """What is asked of the catalogue: `last` is the period's last day, also when it is still to come."""

    scope: Scope
    before: Scope
    period: Period
    last: date
    currency: str
    calendar: Calendar
    teams: tuple[TeamPolicy, ...]

    @property
    def today(self) -> date:
        return self.calendar.today

    @property
    def asked(self) -> dict[str, object]:
        """What a file of it was asked with, for the audit."""
        scope = self.scope
        return {"from": scope.from_on, "to": scope.to_on, "team": scope.team_id, "person": scope.user_id}

    @property
    def passed(self) -> float:
        """The share of the period's working days that has passed."""
        return self.calendar.passed(self.scope.from_on, self.last)


def chosen(who: Viewer, at: datetime) -> Board:
    """The choices above a supervisor's board; without a portfolio the page ends here."""
    with db.reading() as session:
        teams = tuple(team_policies(session, who))
    places = st.columns([2.3, 1.1, 1.6, 1.3, 1.3], vertical_alignment="bottom")
    board = _days(who, places[:3], at)
    team_id, user_id = _people(places[3], places[4], teams)
    return _of(replace(board, teams=teams), team_id=team_id, user_id=user_id)


def own(who: Viewer, at: datetime) -> Board:
    """The choices above a person's own figures."""
    return _of(_days(who, st.columns([2.3, 1.1, 1.6, 2.6], vertical_alignment="bottom"), at), user_id=who.user_id)


def _of(board: Board, *, team_id: int | None = None, user_id: int | None = None) -> Board:
    """The same days of a team, or of a person."""
    whose: dict[str, Any] = {"team_id": team_id, "user_id": user_id}
    return replace(board, scope=replace(board.scope, **whose), before=replace(board.before, **whose))


def of_team(board: Board, team_id: int, portfolio_ids: Iterable[int]) -> Board:
    """The same days of a team, in those of the chosen portfolios that are its own."""
    ids = tuple(each for each in board.scope.portfolio_ids if each in set(portfolio_ids))
    whose: dict[str, Any] = {"portfolio_ids": ids, "team_id": team_id, "user_id": None}
    return replace(board, scope=replace(board.scope, **whose), before=replace(board.before, **whose))


def _days(who: Viewer, places: Sequence[Any], at: datetime) -> Board:
    """Which days of which portfolios."""
    with db.reading() as session:
        books = visible_portfolios(session, who)
    if not books:
        frame.empty_state(_("There are no portfolios yet."))
        st.stop()
    how_long, day, where = places[0], places[1], places[2]
    groups = _groups(books)
    some = groups[where.selectbox(_("Portfolios"), list(groups), key="board-books")]
    ids = tuple(each.id for each in some if each.id is not None)
    with db.reading() as session:
        calendar = calendar_of(session, ids, at=at)
    period = how_long.segmented_control(
        _("Period"), list(PERIODS), format_func=lambda each: _(PERIODS[each]), default=Period.WEEK, required=True,
        key="board-period",
    )  # fmt: skip
    on = day.date_input(
        _("That contains"), calendar.today, max_value=calendar.today, format="DD/MM/YYYY", key="board-day"
    )
    first, last = period_of(period, on)
    scope = Scope(ids, first, min(last, calendar.today))
    return Board(scope, previous(scope, period), period, last, some[0].currency, calendar, ())


def _groups(books: list[Portfolio]) -> dict[str, list[Portfolio]]:
    """All portfolios of a currency together, then each alone: money of two currencies is never summed."""
    currencies = dict.fromkeys(each.currency for each in books)
    several = {each: [book for book in books if book.currency == each] for each in currencies}
    groups = {_("All in {currency}", currency=each): some for each, some in several.items() if len(some) > 1}
    return groups | {each.name: [each] for each in books}


def _people(team_place: Any, person_place: Any, teams: tuple[TeamPolicy, ...]) -> tuple[int | None, int | None]:
    names = {each.team_id: each.name for each in teams}
    team_id = team_place.selectbox(
        _("Team"), [None, *names], format_func=lambda each: names[each] if each else _("everybody"), key="board-team"
    )
    some = [each for each in teams if team_id in (None, each.team_id)]
    people = {member.user_id: member.name for each in some for member in each.members}
    user_id = person_place.selectbox(
        _("Person"),
        [None, *sorted(people, key=lambda each: people[each])],
        format_func=lambda each: people[each] if each else _("everybody"),
        key=f"board-person-{team_id}",
    )
    return (None, user_id) if user_id else (team_id, None)


def period_line(board: Board) -> str:
    """Which days are shown, and which ones they are compared with."""
    now = period_words(board.scope.from_on, board.scope.to_on)
    former = period_words(board.before.from_on, board.before.to_on)
    days = (board.scope.to_on - board.scope.from_on).days + 1
    if board.scope.to_on < board.last:
        return _(
            "{now}, so far; before: the first {days} days of the period before, {former}.",
            now=now,
            days=days,
            former=former,
        )
    return _("{now}; before: {former}.", now=now, former=former)


def files(who: Viewer, board: Board, name: str, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """The files of a board's table."""
    downloads(who, name, rows, portfolio_ids=board.scope.portfolio_ids, asked=board.asked, at=at)


def label(name: str) -> str:
    """A figure's name."""
    return _(kpi(name).label)

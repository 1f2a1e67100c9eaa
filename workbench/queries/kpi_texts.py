"""What a question about figures comes to: the portfolios' clocks, the people, and the text of each source for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from workbench.queries.kpi_books import book_sql, mornings
from workbench.queries.kpi_scopes import Scope
from workbench.queries.kpi_sources import TIMELESS, source_sql
from workbench.rules.access import Viewer
from workbench.rules.kpis import Source

BOOKS = frozenset({Source.BOOK, Source.CURES})


@dataclass(frozen=True, slots=True)
class Asked:
    """A scope with what its texts bind.

    `currencies` is by portfolio, `people` none where everybody's work counts, `teams` the team that each person is
    counted in, `mates` whom the viewer may see by name (none = everybody).
    """

    scope: Scope
    at: datetime
    clocks: int
    currencies: dict[int, str]
    people: frozenset[int] | None
    teams: dict[int, int]
    mates: frozenset[int] | None
    values: dict[str, Any]

    @property
    def currency(self) -> str | None:
        """The one currency of the scope; none where there are several, or no portfolio."""
        found = set(self.currencies.values())
        return found.pop() if len(found) == 1 else None

    @property
    def days(self) -> int:
        """How many days of the period have begun: of one that still runs, not those to come."""
        last = min(self.scope.to_on, self.values["today_0"]) if self.clocks else self.scope.to_on
        return max((last - self.scope.from_on).days + 1, 1)


def asked_of(session: Session, who: Viewer | None, scope: Scope, *, at: datetime) -> Asked:
    """Everything the texts need to know about a scope, which must have been allowed before."""
    books = session.execute(_BOOKS, {"ids": list(scope.portfolio_ids)}).all()
    zones = sorted({row.time_zone for row in books})
    values: dict[str, Any] = {"from_on": scope.from_on, "to_on": scope.to_on, "at": at}
    for n, zone in enumerate(zones):
        values |= _clock(n, zone, [row.id for row in books if row.time_zone == zone], scope, at)
    members = session.execute(_MEMBERS, {"ids": list(scope.portfolio_ids), "team": scope.team_id}).all()
    own = None if who is None else who.team_ids
    mates = None if own is None else frozenset(row.user_id for row in members if row.team_id in own) | {who.user_id}  # type: ignore[union-attr]
    seen = [row for row in members if row.holds and (own is None or row.team_id in own)]
    teams = {row.user_id: row.team_id for row in seen}  # the lowest id wins: ordered downwards
    people = _people(scope, {row.user_id for row in members if row.team_id == scope.team_id})
    folk = people if people is not None else {row.user_id for row in members if row.holds}
    values |= {"folk": sorted(folk), "people": None if people is None else sorted(people)}
    currencies = {row.id: row.currency for row in books}
    return Asked(scope, at, len(zones), currencies, people, teams, mates, values)


def rows_text(
    asked: Asked, source: Source, bound: Mapping[str, Any], *, people: bool, rows: bool = False, recount: bool = False
) -> str:
    """The source's rows for all the clocks of the scope, without the scope's people yet; `bound` are its values."""
    if source in BOOKS:
        return book_sql(source, rows=rows)
    clocks = 1 if source is Source.PRESENCE else asked.clocks  # people live by the first clock
    people = people or asked.people is not None
    once = not rows and source is Source.LISTED and bound["openings"] == bound["as_ofs"]
    branches = [source_sql(source, n, people=people, once=once, recount=recount) for n in range(clocks)]
    return " UNION ALL ".join(f"({branch})" if source in TIMELESS else branch for branch in branches)


def values_of(session: Session, asked: Asked, source: Source, ends: Iterable[str] = ()) -> dict[str, Any]:
    """What a source's text binds: the book's mornings are looked up where it is about them."""
    if source not in TIMELESS:
        return asked.values
    found = mornings(session, asked.scope.portfolio_ids, asked.scope.from_on, asked.scope.to_on)
    return asked.values | found | {"ends": sorted(set(ends))}


def _clock(n: int, zone: str, ids: list[int], scope: Scope, at: datetime) -> dict[str, Any]:
    local = ZoneInfo(zone)
    start = datetime.combine(scope.from_on, time(), local)
    end = datetime.combine(scope.to_on + timedelta(days=1), time(), local)
    today = at.astimezone(local).date()
    return {f"ids_{n}": ids, f"zone_{n}": zone, f"start_{n}": start, f"end_{n}": end, f"today_{n}": today}


def _people(scope: Scope, team: set[int]) -> frozenset[int] | None:
    """Whose work counts: one person's, a team's, or everybody's."""
    if scope.user_id is not None:
        return frozenset({scope.user_id} if scope.team_id is None else {scope.user_id} & team)
    return None if scope.team_id is None else frozenset(team)


_BOOKS = text("SELECT id, time_zone, currency FROM portfolio WHERE id = ANY(:ids) ORDER BY id")
# of a team that is asked for, every member; of the others, those of the teams that work the portfolios
_MEMBERS = text("""
    SELECT m.user_id, m.team_id,
        EXISTS (SELECT FROM team_portfolio t WHERE t.team_id = m.team_id AND t.portfolio_id = ANY(:ids)) AS holds
    FROM team_member m
    ORDER BY CASE WHEN m.team_id = CAST(:team AS bigint) THEN 1 ELSE 0 END, m.team_id DESC
""")

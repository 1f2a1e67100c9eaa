"""In which zones a person may claim now: the lawful hour is the same for all of a portfolio's debtors in one zone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlmodel import Session

from models.work_items import Queue
from workbench.queries.contact_rules import places
from workbench.rules.access import Viewer
from workbench.rules.contact_places import Place, country_zones
from workbench.rules.law_regions import names_regions

_Key = tuple[frozenset[int], int, Queue]


@dataclass(frozen=True, slots=True)
class CallableZones:
    """Open zones that have ready items in the queue, all open zones there, and (portfolio, zone) for own callbacks.

    `with_own` are the people who have items of their own anywhere; `params` is all of it as PostgreSQL reads arrays,
    written once a minute because the driver takes longer to write them than the server to use them.
    """

    ready: tuple[str, ...]
    here: tuple[str, ...]
    anywhere: tuple[tuple[int, str], ...]
    with_own: frozenset[int]
    params: dict[str, str | None]


# Read again every minute, or when a claim finds nothing: hours and zones seldom change, and law is decided by the minute.
_remembered: WeakKeyDictionary[Engine, dict[_Key, tuple[datetime, CallableZones]]] = WeakKeyDictionary()


def callable_zones(
    session: Session, who: Viewer, portfolio_id: int, *, queue: Queue, at: datetime, fresh: bool = False
) -> CallableZones:
    """Where this person may claim at `at`; `fresh` reads everything now, and finds own items in far-off zones too."""
    minute = at.replace(second=0, microsecond=0)
    known = _remembered.setdefault(_engine(session), {})
    key = (who.portfolio_ids, portfolio_id, queue)
    if not fresh and (entry := known.get(key)) and entry[0] == minute:
        return entry[1]
    zones = _read(session, who, portfolio_id, queue, minute)
    known[key] = (minute, zones)
    return _with_own(session, who, portfolio_id, zones, at) if fresh else zones


def _read(session: Session, who: Viewer, portfolio_id: int, queue: Queue, at: datetime) -> CallableZones:
    asked = {"portfolio": portfolio_id, "queue": queue.value}
    ready = [row.zone for row in session.execute(_READY_ZONES, asked)]
    by_portfolio = places(session, who.portfolio_ids)
    # reading all that is reserved is spared where no region has a law of its own
    told_apart = [each for each, place in by_portfolio.items() if names_regions(place.country)]
    reserved = session.execute(_RESERVED_REGIONS, {"visible": told_apart}).all() if told_apart else []
    regional = [(row.portfolio_id, row.zone) for row in reserved]
    national = [(each, zone) for each in by_portfolio for zone in _zones(by_portfolio[each])]
    anywhere = _open(by_portfolio, [*national, *regional], at)
    open_here = by_portfolio[portfolio_id].open_zones(ready, at)
    everything = {zone for each, zone in anywhere if each == portfolio_id} | set(open_here)
    people = frozenset(row.person for row in session.execute(_PEOPLE_WITH_OWN))
    return _callable(who, open_here, everything, anywhere, people)


def _with_own(session: Session, who: Viewer, portfolio_id: int, zones: CallableZones, at: datetime) -> CallableZones:
    asked = {"me": who.user_id, "visible": list(who.portfolio_ids), "at": at}
    mine = [(row.portfolio_id, row.zone) for row in session.execute(_OWN_ZONES, asked)]
    own = _open(places(session, who.portfolio_ids), mine, at)
    here = {zone for each, zone in own if each == portfolio_id}
    return _callable(who, zones.ready, here.union(zones.here), {*own, *zones.anywhere}, zones.with_own)


def _callable(
    who: Viewer,
    ready: Iterable[str],
    here: Iterable[str],
    anywhere: Iterable[tuple[int, str]],
    people: frozenset[int],
) -> CallableZones:
    ready, here, anywhere = tuple(ready), tuple(sorted(here)), tuple(sorted(anywhere))
    params = {
        "zone": ready[0] if ready else None,
        "zones": _array(ready),
        "own_zones": _array(here),
        "visible": _array(map(str, sorted(who.portfolio_ids))),
        "callback_portfolios": _array(str(portfolio_id) for portfolio_id, _ in anywhere),
        "callback_zones": _array(zone for _, zone in anywhere),
    }
    return CallableZones(ready, here, anywhere, people, params)


def _engine(session: Session) -> Engine:
    assert session.bind is not None  # every session of this house has one database
    return session.bind.engine


def _array(words: Iterable[str]) -> str:
    """Zone names and numbers as an array literal; neither holds a quote, a brace or a comma."""
    return "{" + ",".join(words) + "}"


def _zones(place: Place) -> list[str]:
    return sorted({place.time_zone, *country_zones(place.country)})


def _open(by_portfolio: Mapping[int, Place], pairs: list[tuple[int, str]], at: datetime) -> list[tuple[int, str]]:
    return [(each, zone) for each, zone in pairs if by_portfolio[each].window(zone, at).open]


# The zones of a portfolio's ready items, found by hopping over the index: one probe a zone, however many items.
_READY_ZONES = text("""
WITH RECURSIVE pool (zone) AS (
    (SELECT w.zone FROM work_item w WHERE w.portfolio_id = :portfolio AND w.queue = :queue
       AND w.state = 'ready' AND w.reserved_for IS NULL ORDER BY w.zone LIMIT 1)
    UNION ALL
    SELECT (SELECT w.zone FROM work_item w WHERE w.portfolio_id = :portfolio AND w.queue = :queue
       AND w.state = 'ready' AND w.reserved_for IS NULL AND w.zone > pool.zone ORDER BY w.zone LIMIT 1)
    FROM pool WHERE pool.zone IS NOT NULL)
SELECT zone FROM pool WHERE zone IS NOT NULL
""")

# What is this person's alone, in any of their portfolios: few rows, each with its place.
_OWN_ZONES = text("""
SELECT DISTINCT portfolio_id, zone FROM work_item
WHERE reserved_for = :me AND portfolio_id = ANY(:visible)
  AND (state = 'ready' OR state = 'waiting' AND not_before <= :at AND band = 1)
""")

# Where something is reserved in regions with a law of their own; few countries have such.
_RESERVED_REGIONS = text("""
SELECT DISTINCT portfolio_id, zone FROM work_item
WHERE reserved_for IS NOT NULL AND state IN ('ready', 'waiting') AND portfolio_id = ANY(:visible) AND zone LIKE '%#%'
""")

# Hopping over two indexes from person to person.
_PEOPLE_WITH_OWN = text("""
WITH RECURSIVE ready (person) AS (
    (SELECT w.reserved_for FROM work_item w WHERE w.state = 'ready' AND w.reserved_for IS NOT NULL
     ORDER BY w.reserved_for LIMIT 1)
    UNION ALL
    SELECT (SELECT w.reserved_for FROM work_item w WHERE w.state = 'ready' AND w.reserved_for > ready.person
            ORDER BY w.reserved_for LIMIT 1)
    FROM ready WHERE ready.person IS NOT NULL
), waiting (person) AS (
    (SELECT w.reserved_for FROM work_item w WHERE w.state = 'waiting' AND w.reserved_for IS NOT NULL
     ORDER BY w.reserved_for LIMIT 1)
    UNION ALL
    SELECT (SELECT w.reserved_for FROM work_item w WHERE w.state = 'waiting' AND w.reserved_for > waiting.person
            ORDER BY w.reserved_for LIMIT 1)
    FROM waiting WHERE waiting.person IS NOT NULL
)
SELECT person FROM ready WHERE person IS NOT NULL UNION SELECT person FROM waiting WHERE person IS NOT NULL
""")

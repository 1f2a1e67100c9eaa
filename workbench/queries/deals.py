"""What a deal of work needs to know: the cases asked for as columns, the people, what lies with each, earlier deals."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models import Stage
from models.deals import DealKind, DealState, DealWay
from workbench.queries.columns import read_packed
from workbench.queries.contact_rules import places
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Known
from workbench.rules.deal_requests import Asked, Whose

STAGES = tuple(Stage)
PROMISE_DAYS = 7  # promises due within so many days count as work that comes with the cases
UNLIMITED_CONTACTS = 1_000_000
MANY = 10_000  # cases: from here on it is faster to read all open promises than to name the cases
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Market:
    """A portfolio's clock and money; `weekly` contacts a debtor may get in a week, by law or policy, none = no limit."""

    portfolio_id: int
    currency: str
    time_zone: str
    language: str
    weekly: int | None


@dataclass(frozen=True, slots=True)
class Pool:
    """The cases asked for, one row each in the order of their ids; 0 in `owner` is nobody.

    `amount` is in cents, `age` in days past due, `tied` = not theirs who give, but something on it is.
    """

    case_id: IntArray
    debtor_id: IntArray
    portfolio_id: IntArray
    owner: IntArray
    stage: IntArray
    language: IntArray
    amount: IntArray
    score: NDArray[np.float64]
    age: IntArray
    band: IntArray
    in_hand: IntArray
    paused: IntArray
    tied: IntArray
    contacts_left: IntArray

    def __len__(self) -> int:
        return len(self.case_id)


@dataclass(frozen=True, slots=True)
class Owned:
    """What lies with one person in one portfolio, of what is still owed; `owner` 0 is nobody."""

    owner: int
    portfolio_id: int
    cases: int
    amount: Decimal
    expected: float
    age: int
    contacts_left: int


@dataclass(frozen=True, slots=True)
class DealLine:
    """One deal in the history; `cases` it moved, `told` counts and what was left out, `may_undo` for whoever reads."""

    deal_id: int
    kind: DealKind
    way: DealWay | None
    state: DealState
    cases: int
    made_by: str | None
    made_at: datetime
    until_on: date | None
    of_user: str | None
    note: str
    ended_by: str | None
    ended_at: datetime | None
    may_undo: bool
    told: dict[str, Any] = field(default_factory=dict)


def markets(session: Session, portfolio_ids: Collection[int], *, at: datetime) -> dict[int, Market]:
    """The clock, money and weekly limit of these portfolios."""
    here = places(session, portfolio_ids)
    rows = session.execute(_MARKETS, {"ids": sorted(portfolio_ids)})
    weekly = {each: _weekly(place, at) for each, place in here.items()}
    return {row.id: Market(row.id, row.currency, row.time_zone, row.language, weekly[row.id]) for row in rows}


def _weekly(place: Any, at: datetime) -> int | None:
    """The tightest limit on contacts a week; of attempts or contacts alike, as the law counts them."""
    limits = place.allowances(Known(place.time_zone, None), at)
    return min((each.max for each in limits if each.per in ("iso_week", "7 days")), default=None)


def pool(
    session: Session,
    who: Viewer,
    asked: Asked,
    givers: Collection[int],
    around: Mapping[int, Market],
    languages: tuple[str, ...],
    *,
    on: date,
    at: datetime,
) -> Pool:
    """The cases asked for that this person may see; with `givers`, everything that lies with them.

    What somebody who leaves has lent for a cover that still runs is theirs, too: it would come back to nobody.
    `language` is the place in `languages` plus one, 0 for any other.
    """
    values = _weeks(around, at) | {
        "visible": list(who.portfolio_ids),
        "portfolios": list(asked.portfolio_ids),
        "cases": list(asked.case_ids),
        "stages": [each.value for each in asked.stages],
        "buckets": list(asked.buckets),
        "queue": asked.queue.value if asked.queue else None,
        "owners": list(asked.owners),
        "givers": sorted(givers),
        "lenders": sorted(givers) if asked.kind is DealKind.LEAVER else [],
        "languages": list(languages),
        "all_stages": [each.value for each in STAGES],
        "on": on,
        "at": at,
    }
    chosen = _GIVEN if givers else _CHOSEN + _WHOSE[asked.whose]
    return Pool(**read_packed(session, _POOL.format(chosen=chosen), _POOL_COLUMNS, values))


def owned(
    session: Session, people: Collection[int], around: Mapping[int, Market], *, on: date, at: datetime
) -> list[Owned]:
    """What lies with each of these people, 0 for nobody, in each of these portfolios."""
    rows = (
        session.connection()
        .connection.cursor()
        .execute(_OWNED, _weeks(around, at) | {"people": list(people), "on": on})
    )
    return [Owned(*row) for row in rows]


def cases_owned(session: Session, people: Collection[int]) -> dict[int, int]:
    """How many cases on which something is owed each owns, in all portfolios."""
    return {row.owner_id: row.cases for row in session.execute(_CASES_OWNED, {"people": list(people)})}


def promises_due(session: Session, people: Collection[int], portfolios: Collection[int], *, on: date) -> dict[int, int]:
    """How many open promises that fall due within the next days each of them follows."""
    asked = {"people": list(people), "portfolios": list(portfolios), "until": on + timedelta(days=PROMISE_DAYS)}
    return {row.follower: row.promises for row in session.execute(_PROMISES_DUE, asked)}


def promises_of(session: Session, case_ids: IntArray, *, on: date) -> dict[str, IntArray]:
    """The open promises of these cases: `case_id`, `follower`, and `due` 1 when it is due within the next days."""
    whole = len(case_ids) > MANY
    some = {"first": int(case_ids.min()), "last": int(case_ids.max())} if whole else {"cases": case_ids.tolist()}
    statement = _PROMISES_OF.format(which=_BETWEEN if whole else _THESE)
    asked = some | {"until": on + timedelta(days=PROMISE_DAYS)}
    found = read_packed(session, statement, {"case_id": "i8", "follower": "i8", "due": "i8"}, asked)
    mine = np.isin(found["case_id"], case_ids)
    return {name: column[mine] for name, column in found.items()}


def names(session: Session, who: Viewer) -> dict[int, str]:
    """The names of everybody who shares a team with this person, active or not."""
    return {row.id: row.name for row in session.execute(_NAMES, {"teams": list(who.team_ids)})}


def members(session: Session, team_id: int) -> set[int]:
    """The people of a team."""
    return set(session.execute(_MEMBERS, {"team": team_id}).scalars())


def who_lose_sight(session: Session, portfolio_ids: Collection[int], from_team: int, to_team: int) -> set[int]:
    """The people of a team who see one of these portfolios through that team only, and do not belong to the other."""
    asked = {"portfolios": list(portfolio_ids), "from": from_team, "to": to_team}
    return set(session.execute(_LOSE_SIGHT, asked).scalars())


def deals(session: Session, who: Viewer, *, limit: int = 50, applied: bool = False) -> list[DealLine]:
    """The deals of this person's teams, the latest first; `applied` = only those that stand."""
    who.require(Permission.ASSIGN_WORK)
    asked = {"visible": list(who.portfolio_ids), "teams": list(who.team_ids), "applied": applied, "limit": limit}
    moves = who.may(Permission.MOVE_PORTFOLIOS)
    return [_line(row, moves=moves) for row in session.execute(_DEALS, asked)]


def debtors_codes(session: Session, who: Viewer, case_ids: Collection[int]) -> dict[int, str]:
    """The creditor's code of each case's debtor, of the portfolios this person sees."""
    who.require(Permission.ASSIGN_WORK)
    if not case_ids:
        return {}
    rows = session.execute(_CODES, {"cases": list(case_ids), "visible": list(who.portfolio_ids)})
    return {row.id: row.reference for row in rows}


def _line(row: Any, *, moves: bool) -> DealLine:
    kind = DealKind(row.kind)
    standing = row.state == DealState.APPLIED
    return DealLine(
        row.id,
        kind,
        DealWay(row.way) if row.way else None,
        DealState(row.state),
        int(row.told.get("cases", 0)),
        row.maker,
        row.made_at,
        row.until_on,
        row.of_user,
        row.note,
        row.ender,
        row.ended_at,
        standing and row.whole and (moves or kind is not DealKind.PORTFOLIO),
        row.told,
    )


def _weeks(around: Mapping[int, Market], at: datetime) -> dict[str, Any]:
    """The week's limits as the statements read them."""
    return {
        "around": list(around),
        "limits": [UNLIMITED_CONTACTS if each.weekly is None else each.weekly for each in around.values()],
        "zones": [each.time_zone for each in around.values()],
        "since": at - timedelta(days=8),
        "at": at,
    }


# contacts since the portfolio's Monday
_WEEK = """
    week AS MATERIALIZED (
        SELECT p.portfolio_id, p.most, date_trunc('week', CAST(%(at)s AS timestamptz) AT TIME ZONE p.zone) AT TIME ZONE p.zone AS since
        FROM unnest(%(around)s::int8[], %(limits)s::int8[], %(zones)s::text[]) AS p (portfolio_id, most, zone)
    ), made AS MATERIALIZED (
        SELECT i.case_id, count(*) AS contacts FROM week
        JOIN interaction i ON i.portfolio_id = week.portfolio_id AND i.started_at >= week.since AND i.started_at >= %(since)s
        JOIN disposition x ON x.code = i.disposition_code AND x.counts_contact
        WHERE i.direction = 'outbound' AND week.most < 1000000
        GROUP BY i.case_id
    )"""
_LEFT = "greatest(week.most - coalesce(made.contacts, 0), 0)"
_AGE = "greatest(coalesce(CAST(%(on)s AS date) - s.oldest_due_on, 0), 0)"
_POOL_COLUMNS = {
    "case_id": "i8", "debtor_id": "i8", "portfolio_id": "i8", "owner": "i8", "stage": "i8", "language": "i8",
    "amount": "i8", "score": "f8", "age": "i8", "band": "i8", "in_hand": "i8", "paused": "i8", "tied": "i8",
    "contacts_left": "i8",
}  # fmt: skip
_LENT = """c.id IN (SELECT k.case_id FROM deal l JOIN deal_case k ON k.deal_id = l.id
          WHERE l.kind = 'cover' AND l.state = 'applied' AND CAST(l.asked ->> 'of_user' AS int8) = ANY(%(lenders)s::int8[])
            AND k.owner_before = ANY(%(lenders)s::int8[]) AND k.owner_after = c.owner_id)"""
_POOL = f"""
    WITH {_WEEK}, claimed AS MATERIALIZED (SELECT debtor_id FROM work_item WHERE state = 'claimed'
    ), paused AS MATERIALIZED (
        SELECT DISTINCT case_id FROM pause WHERE account_id IS NULL AND ended_at IS NULL AND portfolio_id = ANY(%(visible)s)
    ), items AS MATERIALIZED (
        SELECT case_id, min(band) AS band FROM work_item WHERE state IN ('ready', 'waiting') AND portfolio_id = ANY(%(visible)s)
        GROUP BY case_id
    )
    SELECT c.id AS case_id, c.debtor_id, c.portfolio_id, coalesce(c.owner_id, 0) AS owner,
        array_position(%(all_stages)s::text[], s.stage::text) - 1 AS stage,
        coalesce(array_position(%(languages)s::text[], coalesce(d.language, p.language)), 0) AS language,
        s.balance * 100 AS amount, s.score, {_AGE} AS age, coalesce(items.band, 4) AS band,
        (claimed.debtor_id IS NOT NULL)::int AS in_hand,
        (paused.case_id IS NOT NULL)::int AS paused,
        (CARDINALITY(%(givers)s::int8[]) > 0 AND NOT coalesce(c.owner_id = ANY(%(givers)s::int8[]), false)
            AND NOT {_LENT})::int AS tied,
        {_LEFT} AS contacts_left
    FROM collection_case c JOIN case_standing s ON s.case_id = c.id
    JOIN debtor d ON d.id = c.debtor_id JOIN portfolio p ON p.id = c.portfolio_id
    JOIN week ON week.portfolio_id = c.portfolio_id
    LEFT JOIN made ON made.case_id = c.id LEFT JOIN items ON items.case_id = c.id
    LEFT JOIN claimed ON claimed.debtor_id = c.debtor_id LEFT JOIN paused ON paused.case_id = c.id
    WHERE c.portfolio_id = ANY(%(visible)s::int8[])
      AND (CARDINALITY(%(portfolios)s::int8[]) = 0 OR c.portfolio_id = ANY(%(portfolios)s::int8[]))
      AND {{chosen}}
    ORDER BY c.id
"""
_CHOSEN = """s.balance > 0
      AND (CARDINALITY(%(cases)s::int8[]) = 0 OR c.id = ANY(%(cases)s::int8[]))
      AND (CARDINALITY(%(stages)s::text[]) = 0 OR s.stage = ANY(%(stages)s::text[]))
      AND (CARDINALITY(%(buckets)s::int8[]) = 0 OR s.bucket = ANY(%(buckets)s::int8[]))
      AND (CAST(%(queue)s AS text) IS NULL
           OR EXISTS (SELECT FROM work_item w WHERE w.case_id = c.id AND w.queue = %(queue)s AND w.state <> 'closed'))
      AND """
_WHOSE = {
    Whose.UNOWNED: "c.owner_id IS NULL",
    Whose.OWNED: "c.owner_id IS NOT NULL AND (CARDINALITY(%(owners)s::int8[]) = 0 OR c.owner_id = ANY(%(owners)s::int8[]))",
    Whose.ALL: "true",
}
_GIVEN = f"""(c.owner_id = ANY(%(givers)s::int8[]) OR {_LENT}
      OR c.id IN (SELECT r.case_id FROM promise r WHERE r.state = 'open' AND coalesce(r.followed_by, r.taken_by) = ANY(%(givers)s::int8[]))
      OR c.id IN (SELECT w.case_id FROM work_item w WHERE w.state = 'ready' AND w.reserved_for = ANY(%(givers)s::int8[])
                  UNION ALL SELECT w.case_id FROM work_item w WHERE w.state = 'waiting' AND w.reserved_for = ANY(%(givers)s::int8[])))"""
_OWNED = f"""
    WITH {_WEEK}
    SELECT coalesce(c.owner_id, 0), c.portfolio_id, count(*), sum(s.balance), sum(s.score), sum({_AGE})::int8, sum({_LEFT})::int8
    FROM collection_case c JOIN case_standing s ON s.case_id = c.id AND s.balance > 0
    JOIN week ON week.portfolio_id = c.portfolio_id LEFT JOIN made ON made.case_id = c.id
    WHERE c.owner_id = ANY(%(people)s::int8[]) OR c.owner_id IS NULL AND 0 = ANY(%(people)s::int8[]) GROUP BY 1, 2
"""
_CASES_OWNED = text("""
    SELECT c.owner_id, count(*) AS cases FROM collection_case c
    JOIN case_standing s ON s.case_id = c.id AND s.balance > 0
    WHERE c.owner_id = ANY(:people) GROUP BY 1
""")
_PROMISES_DUE = text("""
    SELECT coalesce(followed_by, taken_by, 0) AS follower, count(*) AS promises FROM promise
    WHERE state = 'open' AND portfolio_id = ANY(:portfolios) AND due_on <= :until
      AND coalesce(followed_by, taken_by, 0) = ANY(:people) GROUP BY 1
""")
_PROMISES_OF = """
    SELECT case_id, coalesce(followed_by, taken_by, 0) AS follower, (due_on <= %(until)s)::int AS due
    FROM promise WHERE state = 'open' AND {which} ORDER BY id
"""
_THESE, _BETWEEN = "case_id = ANY(%(cases)s::int8[])", "case_id BETWEEN %(first)s AND %(last)s"
_MARKETS = text("SELECT id, currency, time_zone, language FROM portfolio WHERE id = ANY(:ids) ORDER BY id")
_NAMES = text("""
    SELECT DISTINCT u.id, u.name FROM app_user u JOIN team_member m ON m.user_id = u.id WHERE m.team_id = ANY(:teams)
""")
_MEMBERS = text("SELECT user_id FROM team_member WHERE team_id = :team")
_LOSE_SIGHT = text("""
    SELECT m.user_id FROM team_member m
    WHERE m.team_id = :from AND NOT EXISTS (SELECT FROM team_member x WHERE x.user_id = m.user_id AND x.team_id = :to)
      AND EXISTS (SELECT FROM unnest(CAST(:portfolios AS int8[])) AS p (id) WHERE NOT EXISTS (
        SELECT FROM team_member x JOIN team_portfolio t ON t.team_id = x.team_id
        WHERE x.user_id = m.user_id AND x.team_id <> :from AND t.portfolio_id = p.id))
""")
# whoever deals for two teams names the people of one to the other no more than a board does: their name is empty
_NAMED = """CASE WHEN {0}.id IN (SELECT m.user_id FROM team_member m WHERE m.team_id = ANY(:teams)) THEN {0}.name
    WHEN {0}.id IS NOT NULL THEN '' END"""
# a deal is its team's: seen by whoever sees one of its portfolios too, undone by whoever sees all of them
_CODES = text("""
    SELECT c.id, d.reference FROM collection_case c JOIN debtor d ON d.id = c.debtor_id
    WHERE c.id = ANY(:cases) AND c.portfolio_id = ANY(:visible)
""")

_DEALS = text(f"""
    SELECT * FROM (
        SELECT x.*, {_NAMED.format("maker")} AS maker, {_NAMED.format("ender")} AS ender, {_NAMED.format("given")} AS of_user,
            ARRAY(SELECT jsonb_array_elements_text(x.told -> 'portfolios'))::int8[] AS portfolios,
            coalesce((x.asked ->> 'from_team')::int8 = ANY(:teams) OR (x.asked ->> 'to_team')::int8 = ANY(:teams), false) AS teams
        FROM deal x LEFT JOIN app_user maker ON maker.id = x.made_by LEFT JOIN app_user ender ON ender.id = x.ended_by
        LEFT JOIN app_user given ON given.id = (x.asked ->> 'of_user')::int8
        WHERE NOT :applied OR x.state = 'applied') d
    CROSS JOIN LATERAL (SELECT d.teams OR d.portfolios <@ CAST(:visible AS int8[]) AS whole) one
    WHERE d.teams OR d.portfolios && CAST(:visible AS int8[]) AND EXISTS (
        SELECT FROM team_member m WHERE m.user_id = d.made_by AND m.team_id = ANY(:teams))
    ORDER BY d.made_at DESC, d.id DESC LIMIT :limit
""")

"""Nights as the morning reads them: which ran, what they changed, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import ChangeKind, MessageState, Stage
from workbench.rules.access import Permission, Viewer


@dataclass(frozen=True, slots=True)
class Night:
    """One finished night of one portfolio."""

    run_id: int
    portfolio_id: int
    portfolio: str
    currency: str
    time_zone: str
    business_date: date
    finished_at: datetime
    cases: int
    violations: int
    messages: int
    tasks: int
    held: dict[str, int]  # steps that something held back, by its code (`rules.held.Code`)


@dataclass(frozen=True, slots=True)
class Filters:
    """Of which cases one wants to read; what is empty is not asked. `owner` 0 = nobody's, amounts past due."""

    stages: tuple[Stage, ...] = ()
    owner: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases one night changed in one way for one reason (`rules.reasons.change_reason` has its words)."""

    kind: ChangeKind
    reason: str
    cases: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """How many messages did not leave: steps the night held back (`state` none), or what came of those it planned.

    `code` is what held them back, none where nothing is said.
    """

    state: MessageState | None
    code: str | None
    cases: int


@dataclass(frozen=True, slots=True)
class Change:
    """One case that a night changed; before and after are the figures or words of that kind of change.

    Owners are named who share a team with the reader; `owner` none is nobody, `` is somebody of another team.
    """

    case_id: int
    reference: str
    name: str
    past_due: Decimal
    stage: Stage
    owner: str | None
    kind: ChangeKind
    before: str | None
    after: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """One case whose message did not leave; `held` is why, as `message.held` keeps it."""

    case_id: int
    reference: str
    name: str
    past_due: Decimal
    stage: Stage
    owner: str | None
    step: str | None
    channel: str | None
    held: Mapping[str, Any] | None


def recent_nights(session: Session, who: Viewer, *, limit: int = 60) -> list[Night]:
    """The latest finished nights of the portfolios a person may see, the newest first."""
    who.require(Permission.SEE_CHANGES)
    rows = session.execute(_NIGHTS, {"visible": list(who.portfolio_ids), "limit": limit}).mappings()
    return [Night(**row) for row in rows]


def owners(session: Session, who: Viewer, night: Night) -> dict[int, str]:
    """Who of one's own teams owns cases of the night's portfolio, by id."""
    _admit(who, night)
    rows = session.execute(_OWNERS, {"portfolio": night.portfolio_id, "teams": list(who.team_ids)})
    return {row.id: row.name for row in rows}


def change_tallies(session: Session, who: Viewer, night: Night, filters: Filters | None = None) -> list[Tally]:
    """What one night changed, counted by kind and reason, the most first."""
    _admit(who, night)
    rows = session.execute(_TALLIED if filters and filters != Filters() else _TALLIES, _asked(who, night, filters))
    return [Tally(ChangeKind(row.kind), row.reason, row.cases) for row in rows]


def changes_of(
    session: Session,
    who: Viewer,
    night: Night,
    kind: ChangeKind,
    *,
    reason: str | None = None,
    limit: int = 200,
    filters: Filters | None = None,
) -> list[Change]:
    """The cases behind one tally, the largest debt first; `reason` none is every reason."""
    _admit(who, night)
    values = _asked(who, night, filters) | {"kind": kind.value, "reason": reason, "limit": limit}
    rows = session.execute(_CHANGES, values).mappings()
    return [Change(**dict(row) | {"kind": ChangeKind(row["kind"]), "stage": Stage(row["stage"])}) for row in rows]


def not_sent(session: Session, who: Viewer, night: Night, filters: Filters | None = None) -> list[NotSent]:
    """The messages of one business date that did not leave, counted by what became of them and why, the most first."""
    _admit(who, night)
    rows = session.execute(_NOT_SENT, _asked(who, night, filters))
    return [NotSent(MessageState(row.state) if row.state else None, row.code, row.cases) for row in rows]


def not_sent_to(
    session: Session,
    who: Viewer,
    night: Night,
    tally: NotSent,
    *,
    limit: int = 200,
    filters: Filters | None = None,
) -> list[Unsent]:
    """The cases behind such a count, the largest debt first."""
    _admit(who, night)
    values = _asked(who, night, filters) | {"state": tally.state, "code": tally.code, "limit": limit}
    rows = session.execute(_UNSENT, values).mappings()
    return [Unsent(**dict(row) | {"stage": Stage(row["stage"])}) for row in rows]


def _admit(who: Viewer, night: Night) -> None:
    who.require(Permission.SEE_CHANGES)
    who.require_portfolio(night.portfolio_id)


def _asked(who: Viewer, night: Night, filters: Filters | None) -> dict[str, Any]:
    wanted = filters or Filters()
    return {
        "run": night.run_id,
        "portfolio": night.portfolio_id,
        "on": night.business_date,
        "teams": list(who.team_ids),
        "stages": [each.value for each in wanted.stages] or None,
        "owner": wanted.owner,
        "least": wanted.least,
        "most": wanted.most,
    }


_NIGHTS = text("""
    SELECT r.id AS run_id, p.id AS portfolio_id, p.name AS portfolio, p.currency, p.time_zone, r.business_date,
           r.finished_at, r.cases_total AS cases, jsonb_array_length(r.violations) AS violations,
           coalesce(CAST(r.counts #>> '{messages, messages}' AS int), 0) AS messages,
           coalesce(CAST(r.counts #>> '{messages, tasks}' AS int), 0) AS tasks,
           coalesce(r.counts #> '{messages, held}', '{}') AS held
    FROM nightly_run r JOIN portfolio p ON p.id = r.portfolio_id
    WHERE r.state = 'done' AND p.id = ANY(:visible)
    ORDER BY r.business_date DESC, p.name LIMIT :limit
""")
_FILTERED = """(CAST(:stages AS text[]) IS NULL OR s.stage = ANY(:stages))
      AND (CAST(:owner AS int8) IS NULL OR coalesce(c.owner_id, 0) = :owner)
      AND (CAST(:least AS numeric) IS NULL OR s.past_due >= :least) AND (CAST(:most AS numeric) IS NULL OR s.past_due <= :most)"""
_CASES = "JOIN collection_case c ON c.id = n.case_id JOIN case_standing s ON s.case_id = n.case_id"


def _named(user: str) -> str:
    """A colleague's name for who shares a team with them, '' for the others, none for nobody."""
    return f"""(SELECT CASE WHEN EXISTS (SELECT FROM team_member m WHERE m.user_id = u.id AND m.team_id = ANY(:teams))
        THEN u.name ELSE '' END FROM app_user u WHERE u.id = {user})"""


_OWNERS = text("""
    SELECT u.id, u.name FROM app_user u
    WHERE EXISTS (SELECT FROM team_member m WHERE m.user_id = u.id AND m.team_id = ANY(:teams))
      AND EXISTS (SELECT FROM collection_case c WHERE c.owner_id = u.id AND c.portfolio_id = :portfolio)
    ORDER BY u.name
""")
_OF_RUN = "n.run_id = :run AND n.run_id IN (SELECT r.id FROM nightly_run r WHERE r.portfolio_id = :portfolio)"
_TALLIES = text(f"""
    SELECT kind, reason, count(*) AS cases FROM nightly_change n WHERE {_OF_RUN}
    GROUP BY kind, reason ORDER BY kind, cases DESC, reason
""")
_TALLIED = text(f"""
    SELECT n.kind, n.reason, count(*) AS cases FROM nightly_change n {_CASES} WHERE {_OF_RUN} AND {_FILTERED}
    GROUP BY n.kind, n.reason ORDER BY n.kind, cases DESC, n.reason
""")
# of an owner the line keeps the id: a name is told only to who may read it
_TOLD = "CASE WHEN n.kind = 'owner' THEN {name} ELSE n.{side} END AS {side}"
_CHANGES = text(f"""
    SELECT n.case_id, d.reference, d.name, s.past_due, s.stage, {_named("c.owner_id")} AS owner, n.kind,
           {_TOLD.format(side="before", name=_named("CASE WHEN n.kind = 'owner' THEN n.before::int8 END"))},
           {_TOLD.format(side="after", name=_named("CASE WHEN n.kind = 'owner' THEN n.after::int8 END"))}, n.reason
    FROM nightly_change n {_CASES} JOIN debtor d ON d.id = c.debtor_id
    WHERE {_OF_RUN} AND n.kind = :kind AND (CAST(:reason AS text) IS NULL OR n.reason = :reason) AND {_FILTERED}
    ORDER BY s.past_due DESC, n.case_id LIMIT :limit
""")
# What the night held back, and what became of the messages planned for its date that did not leave.
_STOPPED = """
    SELECT n.case_id, NULL AS state, n.code, NULL AS step, NULL AS channel, jsonb_build_object('code', n.code) AS held
    FROM (SELECT h.code, unnest(h.case_ids) AS case_id FROM nightly_hold h JOIN nightly_run r ON r.id = h.run_id
          WHERE h.run_id = :run AND r.portfolio_id = :portfolio) n
    UNION ALL
    SELECT m.case_id, m.state, m.held ->> 'code', m.step, m.channel, m.held FROM message m
    JOIN nightly_run r ON r.id = :run AND r.portfolio_id = m.portfolio_id
    WHERE m.portfolio_id = :portfolio AND m.on_date = :on AND m.planned_at >= r.started_at - interval '1 day'
      AND m.planned_at < r.started_at + interval '2 days'
      AND m.state IN ('failed', 'bounced', 'blocked', 'cancelled', 'unconfirmed')
"""
_NOT_SENT = text(f"""
    SELECT n.state, n.code, count(*) AS cases FROM ({_STOPPED}) n {_CASES} WHERE {_FILTERED}
    GROUP BY n.state, n.code ORDER BY cases DESC, n.state, n.code
""")
_UNSENT = text(f"""
    SELECT n.case_id, d.reference, d.name, s.past_due, s.stage, {_named("c.owner_id")} AS owner, n.step, n.channel, n.held
    FROM ({_STOPPED}) n {_CASES} JOIN debtor d ON d.id = c.debtor_id
    WHERE n.state IS NOT DISTINCT FROM CAST(:state AS text) AND n.code IS NOT DISTINCT FROM CAST(:code AS text) AND {_FILTERED}
    ORDER BY s.past_due DESC, n.case_id LIMIT :limit
""")

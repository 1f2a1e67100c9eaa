"""Who works what now, what an agent had half typed, and when the next thing is due."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from models.work_items import Band, Queue
from workbench.queries.contact_rules import places
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import UNTIL_TOLD_OTHERWISE, Window
from workbench.rules.law_regions import zone_and_region


@dataclass(frozen=True, slots=True)
class Claim:
    """A debtor leased to the agent until `lease_until`."""

    item_id: int
    case_id: int
    portfolio_id: int
    band: Band
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works a debtor now, be it in another portfolio or queue."""

    item_id: int
    user_id: int
    name: str
    since: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class DraftNote:
    """What somebody had half typed about an item, and when it was last kept."""

    author_id: int
    author: str
    note: str
    fields: dict[str, Any] = field(default_factory=dict)
    saved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NextMoment:
    """Why there is nothing to do now: `ready` items wait for lawful hours, `waiting` ones for their moment.

    `at` is when something can be worked next (none = nothing is planned), `because_of_hours` whether the clock
    of the debtors' places keeps it, and `shut` says by which rule, in `zone`, where it opens first; `working` counts
    items in other agents' hands.
    """

    at: datetime | None
    because_of_hours: bool
    ready: int
    waiting: int
    working: int
    reserved: int
    shut: Window | None = None
    zone: str | None = None


def current_claim(session: Session, who: Viewer) -> Claim | None:
    """What this person holds now; an expired lease counts until somebody frees it."""
    who.require(Permission.WORK_QUEUE)
    row = session.execute(_CURRENT, {"me": who.user_id, "visible": list(who.portfolio_ids)}).first()
    return Claim(row.id, row.case_id, row.portfolio_id, Band(row.band), row.lease_until) if row else None


def holder(session: Session, who: Viewer, case_id: int) -> Holder | None:
    """Who works this case's debtor now, if anybody does; refused when the case lies outside the viewer's portfolios."""
    _, debtor_id = case_place(session, who, case_id)
    row = session.execute(_HOLDER, {"debtor": debtor_id}).first()
    return Holder(row.id, row.claimed_by, row.name, row.claimed_at, row.lease_until) if row else None


def case_place(session: Session, who: Viewer, case_id: int) -> tuple[int, int]:
    """A case's portfolio and debtor; refused, as if it did not exist, when the viewer may not see it."""
    row = session.execute(
        text("SELECT portfolio_id, debtor_id FROM collection_case WHERE id = :case"), {"case": case_id}
    ).first()
    who.require_portfolio(row.portfolio_id if row else 0)
    assert row is not None  # no portfolio has the number 0
    return row.portfolio_id, row.debtor_id


def draft(session: Session, who: Viewer, item_id: int) -> DraftNote | None:
    """What is half typed about an item: for whoever holds it, also when another began it."""
    who.require(Permission.WORK_QUEUE)
    row = session.execute(_DRAFT, {"item": item_id}).first()
    who.require_portfolio(row.portfolio_id if row else 0)
    if row is None or row.author_id is None:
        return None
    return DraftNote(row.author_id, row.name, row.note, row.fields, row.saved_at)


def next_moment(
    session: Session, who: Viewer, portfolio_id: int, at: datetime, *, queue: Queue = Queue.CALL
) -> NextMoment:
    """When there is something to work next in this queue for this person, for an honest empty state."""
    who.require(Permission.WORK_QUEUE)
    who.require_portfolio(portfolio_id)
    asked = {"portfolio": portfolio_id, "queue": queue.value, "me": who.user_id, "banned": UNTIL_TOLD_OTHERWISE}
    place = places(session, [portfolio_id])[portfolio_id]
    ready = session.execute(_READY_BY_ZONE, asked).all()
    windows = ((place.window(row.zone, at), row.zone) for row in ready)
    first, zone = min(windows, key=lambda each: each[0].next_open, default=(None, None))
    lawful = first.next_open if first else None
    due = min((place.next_lawful(row.zone, max(row.soonest, at)) for row in _due(session, asked)), default=None)
    others = session.execute(_OTHERS, asked).one()
    return NextMoment(
        at=min((moment for moment in (lawful, due) if moment), default=None),
        because_of_hours=bool(lawful and lawful > at and (due is None or lawful <= due)),
        ready=sum(row.items for row in ready),
        waiting=others.waiting,
        working=others.working,
        reserved=others.reserved,
        shut=first if first and not first.open else None,
        zone=zone_and_region(zone)[0] if zone else None,
    )


def _due(session: Session, asked: dict[str, Any]) -> Sequence[Row[Any]]:
    return session.execute(_DUE_BY_ZONE, asked).all()


_CURRENT = text("""
    SELECT id, case_id, portfolio_id, band, lease_until FROM work_item
    WHERE claimed_by = :me AND portfolio_id = ANY(:visible)
    ORDER BY claimed_at DESC LIMIT 1
""")
_HOLDER = text("""
    SELECT w.id, w.claimed_by, u.name, w.claimed_at, w.lease_until
    FROM work_item w JOIN app_user u ON u.id = w.claimed_by
    WHERE w.debtor_id = :debtor AND w.state = 'claimed'
""")
_DRAFT = text("""
    SELECT w.portfolio_id, d.author_id, u.name, d.note, d.fields, d.saved_at
    FROM work_item w LEFT JOIN draft d ON d.work_item_id = w.id LEFT JOIN app_user u ON u.id = d.author_id
    WHERE w.id = :item
""")
# what this person could claim if the hour were lawful
_READY_BY_ZONE = text("""
    SELECT zone, count(*) AS items FROM work_item
    WHERE portfolio_id = :portfolio AND queue = :queue AND state = 'ready'
      AND (reserved_for IS NULL OR reserved_for = :me)
    GROUP BY zone
""")
_DUE_BY_ZONE = text("""
    SELECT zone, min(not_before) AS soonest FROM work_item
    WHERE portfolio_id = :portfolio AND queue = :queue AND state = 'waiting' AND not_before < :banned
      AND (reserved_for IS NULL OR reserved_for = :me)
    GROUP BY zone
""")
_OTHERS = text("""
    SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
           count(*) FILTER (WHERE state = 'claimed') AS working,
           count(*) FILTER (WHERE state = 'ready' AND reserved_for <> :me) AS reserved
    FROM work_item WHERE portfolio_id = :portfolio AND queue = :queue AND state <> 'closed'
""")

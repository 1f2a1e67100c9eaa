"""What a change of a disposition's flags would do to the figures of the past, before it is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Disposition
from workbench.queries.kpi_parts import PARTS
from workbench.queries.kpi_sources import FLAGGED, Recount
from workbench.queries.kpi_texts import asked_of
from workbench.queries.kpis import Figure, Scope, allowed_scope, figures
from workbench.rules.access import Permission, Viewer
from workbench.rules.dispositions import CHANGEABLE, COUNTS, check_disposition
from workbench.rules.refusals import Refused

NAMES = tuple(name for name, parts in PARTS.items() if any(part and part.source in FLAGGED for part in parts))


@dataclass(frozen=True, slots=True)
class Move:
    """A figure that would be told otherwise."""

    before: Figure
    after: Figure


@dataclass(frozen=True, slots=True)
class Preview:
    """What would move, in the order of the catalogue, and how many contacts of the period have this result."""

    contacts: int
    moves: tuple[Move, ...]


def preview(
    session: Session, who: Viewer, code: str, changes: Mapping[str, Any], scope: Scope, *, at: datetime
) -> Preview:
    """The figures of a scope before and after the change, those that move; refuses a change that could not be made."""
    who.require(Permission.EDIT_DISPOSITIONS)
    scope = allowed_scope(session, who, scope)
    row = session.get(Disposition, code)
    if row is None or not set(changes) <= set(CHANGEABLE):
        raise Refused("There is nothing here that you may see.")
    wanted = {name: getattr(row, name) for name in CHANGEABLE} | dict(changes)
    check_disposition(code, wanted)
    before = figures(session, who, NAMES, scope, at=at)
    recount = Recount(code, **{name: wanted[name] for name in COUNTS})
    after = figures(session, who, NAMES, scope, at=at, recount=recount)
    moves = tuple(Move(before[name], after[name]) for name in NAMES if before[name] != after[name])
    asked = asked_of(session, who, scope, at=at).values
    contacts = sum(
        session.execute(_CONTACTS, {"code": code, **{name: asked[f"{name}_{n}"] for name in ("ids", "start", "end")}}).scalar_one()
        for n in range(sum(name.startswith("zone_") for name in asked))
    )  # fmt: skip
    return Preview(contacts, moves)


_CONTACTS = text("""
    SELECT count(*) FROM interaction
    WHERE portfolio_id = ANY(:ids) AND started_at >= :start AND started_at < :end AND disposition_code = :code
""")

"""The versions of a portfolio's strategy, the one in force, and what it has brought in so far."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Portfolio, Strategy, StrategyState
from workbench.queries.columns import read_columns
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.scoring import HORIZON
from workbench.rules.strategies import (
    Arm,
    Definition,
    Segment,
    arms,
    names_of,
    read_definition,
    segments_of,
)


@dataclass(frozen=True, slots=True)
class Version:
    """One version: who wrote it, who put it in force and when; none of a name = shipped, or from the command line."""

    id: int
    version: int
    state: StrategyState
    definition: dict[str, Any]
    created_by: str | None
    created_at: datetime
    published_by: str | None
    published_at: datetime | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Published:
    """The strategy in force."""

    id: int
    version: int
    definition: Definition
    published_at: datetime


_VERSIONS = text("""
    SELECT s.id, s.version, s.state, s.definition, w.name AS created_by, s.created_at, p.name AS published_by,
        s.published_at, s.retired_at
    FROM strategy s LEFT JOIN app_user w ON w.id = s.created_by LEFT JOIN app_user p ON p.id = s.published_by
    WHERE s.portfolio_id = :portfolio ORDER BY s.version DESC
""")


def versions(session: Session, who: Viewer, portfolio_id: int) -> list[Version]:
    """All versions of a portfolio's strategy, the newest first."""
    _require(who, portfolio_id)
    rows = session.execute(_VERSIONS, {"portfolio": portfolio_id}).mappings()
    return [Version(**dict(row) | {"state": StrategyState(row["state"])}) for row in rows]


def published(session: Session, portfolio_id: int) -> Published | None:
    """The strategy in force, or none: then nothing is written by itself."""
    asked = select(Strategy).where(
        col(Strategy.portfolio_id) == portfolio_id, col(Strategy.state) == StrategyState.PUBLISHED
    )
    found = session.scalar(asked)
    if found is None:
        return None
    assert found.id is not None
    assert found.published_at is not None
    return Published(found.id, found.version, read_definition(found.definition), found.published_at)


def template_codes(session: Session, portfolio_id: int) -> list[str]:
    """The codes of the templates that have an approved text for this portfolio."""
    return list(session.scalars(_TEMPLATES, {"portfolio": portfolio_id}))


_TEMPLATES = text("""
    SELECT DISTINCT code FROM template
    WHERE state = 'approved' AND (portfolio_id IS NULL OR portfolio_id = :portfolio) ORDER BY code
""")


@dataclass(frozen=True, slots=True)
class Effect:
    """What one arm of a segment has paid since its strategy was published; money in the portfolio's currency."""

    segment: str
    arm: Arm
    cases: int
    paying: int
    owed: Decimal
    received: Decimal

    @property
    def recovery(self) -> float | None:
        """Payments received ÷ balance at publication."""
        return float(self.received / self.owed) if self.owed else None

    @property
    def paying_share(self) -> float | None:
        """Cases that paid something ÷ cases."""
        return self.paying / self.cases if self.cases else None


_COHORT: dict[str, str] = {
    "debtor_id": "i8", "day": "i8", "stage": "i8", "amount": "i8", "settled": "i8", "late": "i8", "broken": "i8",
    "p_unpaid": "f8", "products": "i8", "regions": "i8", "cities": "i8", "owed": "i8", "received": "i8",
}  # fmt: skip
_COHORT_SQL = Path(__file__).with_name("strategy_cohort.sql").read_text(encoding="utf-8").format(horizon=HORIZON)


def effects(session: Session, who: Viewer, strategy_id: int, *, on: date) -> list[Effect]:
    """Per segment and arm: the cases that owed when it was published, and what they have paid until `on`.

    A case stays where it was on the day of publication, so that paying takes nobody out of a group.
    """
    strategy = session.get(Strategy, strategy_id)
    if strategy is None or strategy.published_at is None:
        raise Refused("There is nothing here that you may see.")
    _require(who, strategy.portfolio_id)
    portfolio, definition = session.get_one(Portfolio, strategy.portfolio_id), read_definition(strategy.definition)
    since = strategy.published_at.astimezone(ZoneInfo(portfolio.time_zone)).date()
    columns = _cohort(session, portfolio, definition, since=since, on=on)
    segment = segments_of(definition, columns)
    arm = arms(definition, segment, columns["debtor_id"], seed=strategy.portfolio_id)
    return [
        _effect(each.code, of_arm, columns, (segment == place) & (arm == of_arm))
        for place, each in enumerate(definition.segments)
        for of_arm in Arm
        if _has(each, of_arm)
    ]


def _has(segment: Segment, arm: Arm) -> bool:
    return {Arm.CHAMPION: True, Arm.CHALLENGER: bool(segment.challenger), Arm.HELD_OUT: segment.held_out > 0}[arm]


def _effect(segment: str, arm: Arm, columns: dict[str, Any], rows: Any) -> Effect:
    owed, received = columns["owed"][rows], columns["received"][rows]
    cents = Decimal(100)
    return Effect(
        segment,
        arm,
        cases=int(np.count_nonzero(rows)),
        paying=int(np.count_nonzero(received)),
        owed=int(owed.sum()) / cents,
        received=int(received.sum()) / cents,
    )


def _cohort(session: Session, portfolio: Portfolio, definition: Definition, *, since: date, on: date) -> dict[str, Any]:
    names = names_of(definition)
    values: dict[str, Any] = {"portfolio": portfolio.id, "since": since, "on": on}
    for noun, statement in _WRITTEN.items():
        written = list(session.scalars(statement, {"portfolio": portfolio.id})) if getattr(names, noun) else []
        bits = names.bits(noun, written)
        values |= {noun: list(bits), f"{noun}_bits": list(bits.values())}
    thresholds = {"extrajudicial": portfolio.extrajudicial_after}
    return read_columns(session, _COHORT_SQL, _COHORT, values | thresholds)


_WRITTEN = {
    "products": text("SELECT DISTINCT product FROM account WHERE portfolio_id = :portfolio AND product IS NOT NULL"),
    **{
        noun: text(f"""
            SELECT DISTINCT d.{column} FROM debtor d JOIN collection_case c ON c.debtor_id = d.id
            WHERE c.portfolio_id = :portfolio AND d.{column} IS NOT NULL""")
        for noun, column in (("regions", "region"), ("cities", "city"))
    },
}


def _require(who: Viewer, portfolio_id: int) -> None:
    who.require(Permission.SEE_STRATEGIES)
    who.require_portfolio(portfolio_id)

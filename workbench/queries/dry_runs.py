"""What a strategy would do tonight, as its page shows it: every message with its moment, or why there is none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio
from models.strategies import StepKind
from workbench.rules.access import Permission, Viewer
from workbench.rules.best_contact import WRITTEN
from workbench.rules.message_channels import Facts, fallback_lists
from workbench.rules.message_holds import holds
from workbench.rules.message_plans import KINDS, NO_RUNG, Plan
from workbench.rules.strategies import Arm, Definition

ROWS = (
    "case_id", "debtor", "segment", "arm", "step", "kind", "channel", "fallbacks", "template", "not_before",
    "expires_at", "zone", "attempt", "anchor_on", "contact_point_id", "held", "code", "rule", "law", "cost",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be written: `rows` has one a case (columns `ROWS`), the others count them.

    `held` in a row is as in `message.held` (none = it would be planned); moments are UTC, costs US dollars. `steps`
    counts what is free by segment, arm, step, kind and channel; `held` what is not by code, rule and law.
    """

    rows: pd.DataFrame
    steps: pd.DataFrame
    held: pd.DataFrame
    messages: int
    tasks: int
    cost: Decimal


def told(
    session: Session,
    who: Viewer,
    portfolio: Portfolio,
    definition: Definition,
    parts: Iterable[tuple[Facts, Plan]],
) -> DryRun:
    """The decisions of all cases in words and sums."""
    names = session.execute(_NAMES, {"portfolio": portfolio.id, "named": who.may(Permission.SEE_PERSONAL_DATA)})
    debtors = {row.id: row.name for row in names}
    frames = [_frame(definition, facts, plan, debtors) for facts, plan in parts]
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(ROWS))
    free = rows[rows["code"].isna()]
    by = ["segment", "arm", "step", "kind", "channel"]
    steps = free.groupby(by, dropna=False, sort=False).agg(cases=("case_id", "size"), cost=("cost", "sum"))
    held = rows[rows["code"].notna()].groupby(["code", "rule", "law"], dropna=False).agg(cases=("case_id", "size"))
    messages = int((free["kind"] == StepKind.MESSAGE.value).sum())
    return DryRun(
        rows=rows,
        steps=steps.reset_index(),
        held=held.sort_values("cases", ascending=False).reset_index(),
        messages=messages,
        tasks=len(free) - messages,
        cost=sum(free["cost"], Decimal(0)),
    )


def _frame(definition: Definition, facts: Facts, plan: Plan, debtors: dict[int, str]) -> pd.DataFrame:
    letters, row = plan.letters, plan.row
    held = holds(row, letters, facts)
    written = plan.kind == KINDS.index(StepKind.MESSAGE)
    channels = [WRITTEN[number].value if number >= 0 else None for number in letters.channel.tolist()]
    lists = fallback_lists()
    known = plan.rung != NO_RUNG
    steps = [rung.step for rung in plan.rungs]
    free = plan.free & written
    costs = {channel.value: cost for channel, cost in definition.costs.items()}
    columns: dict[str, Any] = {
        "case_id": facts.columns["case_id"][row],
        "debtor": [debtors[case_id] for case_id in facts.columns["case_id"][row].tolist()],
        "segment": [definition.segments[place].code for place in plan.segment.tolist()],
        "arm": [Arm(arm).code for arm in plan.arm.tolist()],
        "step": [steps[rung].code if there else None for rung, there in zip(plan.rung.tolist(), known, strict=True)],
        "kind": [KINDS[kind].value if there else None for kind, there in zip(plan.kind.tolist(), known, strict=True)],
        "channel": channels,
        "fallbacks": [lists[number] for number in letters.fallbacks.tolist()],
        "template": [
            steps[rung].template if there else None for rung, there in zip(plan.rung.tolist(), known, strict=True)
        ],
        "not_before": _moments(letters.not_before, free),
        "expires_at": _moments(letters.expires, free),
        "zone": [facts.zones[place] for place in facts.columns["profile"][row].tolist()],
        "attempt": plan.attempt,
        "anchor_on": [date.fromordinal(_FIRST + day) for day in facts.columns["anchor"][row].tolist()],
        "contact_point_id": letters.point,
        "held": held,
        "code": [each["code"] if each else None for each in held],
        "rule": [each.get("rule") if each else None for each in held],
        "law": [each.get("law") if each else None for each in held],
        "cost": [costs.get(way, _FREE) if of and way else _FREE for way, of in zip(channels, free, strict=True)],
    }
    return pd.DataFrame(columns)


def _moments(minutes: np.ndarray, free: np.ndarray) -> pd.Series:
    """Moments of what would be planned, nothing for the others."""
    return pd.Series(pd.to_datetime(minutes * 60, unit="s", utc=True)).where(free)


_FIRST = date(1970, 1, 1).toordinal()
_FREE = Decimal(0)
_NAMES = text("""
    SELECT c.id, CASE WHEN :named THEN d.name ELSE d.reference END AS name
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id WHERE c.portfolio_id = :portfolio
""")

"""Which segment of the strategy in force a case belongs to now, and what that is asked of."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from models import Portfolio
from workbench.queries.message_facts import case_columns, cases_where, day_number, message_facts, name_bits
from workbench.queries.strategies import published
from workbench.rules.ageing import NO_DATE, StageThresholds
from workbench.rules.message_plans import ladder_columns
from workbench.rules.order_rules import SEGMENT, Rule
from workbench.rules.strategies import Definition, names_of, segments_of


def segment_of_case(session: Session, portfolio: Portfolio, case_id: int, *, on: date, at: datetime) -> str | None:
    """The segment's code; none when no strategy is in force or no segment takes the case."""
    assert portfolio.id is not None
    in_force = published(session, portfolio.id)
    if in_force is None:
        return None
    definition, where = in_force.definition, cases_where([case_id])
    facts = message_facts(session, portfolio, where, on=on, at=at, languages=(portfolio.language,))
    names = name_bits(session, portfolio, where, names_of(definition), facts.columns["case_id"])
    thresholds = StageThresholds(portfolio.extrajudicial_after, portfolio.judicial_after)
    found = segments_of(definition, ladder_columns(facts, names, day_number(on), thresholds))
    place = int(found[0]) if len(found) else -1
    return definition.segments[place].code if place >= 0 else None


def cadence_asked(session: Session, portfolio_id: int, rules: Iterable[Rule]) -> Definition | None:
    """The strategy in force, if rules of the order ask for its segments."""
    in_force = published(session, portfolio_id) if any(rule.when.segments for rule in rules) else None
    return in_force.definition if in_force else None


def segment_columns(
    session: Session, portfolio_id: int, where: str, definition: Definition, case_id: NDArray[Any], *, on: date
) -> dict[str, NDArray[Any]]:
    """The columns `segment_*` of `rules.order_rules`, and the risk, for these cases; `where` may be wider.

    The same facts that a strategy's messages are planned with.
    """
    portfolio = session.get_one(Portfolio, portfolio_id)
    noon = datetime.combine(on, time(12), UTC)  # of what a segment asks nothing goes by the hour
    facts = case_columns(session, portfolio, where, on=on, at=noon)
    found: dict[str, Any] = {name: facts[name] for name in ("amount", "settled", "late", "broken", "p_unpaid")}
    found["day"] = np.where(facts["anchor"] == NO_DATE, NO_DATE, day_number(on) - facts["anchor"])
    found |= name_bits(session, portfolio, where, names_of(definition), facts["case_id"])
    place = np.minimum(np.searchsorted(facts["case_id"], case_id), max(len(facts["case_id"]) - 1, 0))
    return {f"segment_{name}": found[name][place] for name in (*SEGMENT, "p_unpaid")}

"""Which segment of the strategy in force a case belongs to now."""

from datetime import date, datetime

from sqlmodel import Session

from models import Portfolio
from workbench.queries.message_facts import cases_where, day_number, message_facts, name_bits
from workbench.queries.strategies import published
from workbench.rules.ageing import StageThresholds
from workbench.rules.message_plans import ladder_columns
from workbench.rules.strategies import names_of, segments_of


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

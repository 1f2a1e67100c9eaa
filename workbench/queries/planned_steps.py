"""The steps of a strategy that are due in a portfolio, decided on what the database holds now: the one decision there is."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from models import Portfolio
from workbench.queries.contact_results import contact_results
from workbench.queries.message_facts import day_number, message_facts, name_bits, texts_of
from workbench.rules.ageing import StageThresholds
from workbench.rules.best_contact import Results
from workbench.rules.local_clock import minutes_around
from workbench.rules.message_channels import Facts, Moment, Texts
from workbench.rules.message_plans import Plan, plan_steps
from workbench.rules.strategies import Definition, Order, names_of, step_codes


@dataclass(frozen=True, slots=True)
class Asked:
    """What a portfolio is planned with: one definition, one date, one moment, and what was learned until then."""

    portfolio: Portfolio
    definition: Definition
    on: date
    at: datetime
    texts: Texts
    results: Results | None

    @property
    def moment(self) -> Moment:
        """The same for the rules."""
        return Moment(day_number(self.on), minutes_around(self.at)[1], self.texts, self.results)


def asked(session: Session, portfolio: Portfolio, definition: Definition, *, on: date, at: datetime) -> Asked:
    """Reads what all cases of a portfolio have in common; answers of debtors only where the definition goes by them."""
    assert portfolio.id is not None
    results = contact_results(session, portfolio.id, at=at) if _learns(definition) else None
    return Asked(portfolio, definition, on, at, texts_of(session, portfolio), results)


def planned_steps(session: Session, asked: Asked, where: str) -> tuple[Facts, Plan]:
    """What is planned for the cases whose id is `where`, and the facts it rests on."""
    portfolio, definition = asked.portfolio, asked.definition
    facts = message_facts(
        session,
        portfolio,
        where,
        on=asked.on,
        at=asked.at,
        languages=asked.texts.languages,
        steps=step_codes(definition),
    )
    names = name_bits(session, portfolio, where, names_of(definition), facts.columns["case_id"])
    thresholds = StageThresholds(portfolio.extrajudicial_after, portfolio.judicial_after)
    assert portfolio.id is not None
    plan = plan_steps(definition, facts, names, asked.moment, thresholds=thresholds, seed=portfolio.id)
    return facts, plan


def _learns(definition: Definition) -> bool:
    events = definition.events
    notices = (events.promise_due, events.promise_broken, events.payment_thanks, events.installment_due)
    orders = [notice.order for notice in notices if notice]
    for segment in definition.segments:
        ladders = (segment.steps, segment.challenger.steps if segment.challenger else ())
        orders += [step.order for steps in ladders for step in steps]
    return Order.BEST in orders

"""The rules of the order that a night goes by, and those of the night before: what they ask of cases, and what they lifted."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from models import NightlyRun, Portfolio
from workbench.queries.case_facts import EPOCH, Shard
from workbench.queries.order_facts import asked_columns, order_columns
from workbench.queries.order_versions import rules_at, rules_before, rules_in_force
from workbench.queries.segments import cadence_asked
from workbench.rules import nights, order_rules
from workbench.rules.order_rules import Rules
from workbench.rules.strategies import Definition


@dataclass(frozen=True, slots=True)
class Order:
    """The rules of this night, those that made the standings it finds, and the strategy whose segments these ask for."""

    rules: Rules = ()
    before: Rules = ()
    cadence: Definition | None = None


def order_of(session: Session, run: NightlyRun, *, again: bool, resumed: bool) -> Order:
    """A night that was cut off goes on with the rules it began with; one done again takes those in force now."""
    now = rules_at(session, run.portfolio_id, run.started_at) if resumed else rules_in_force(session, run.portfolio_id)
    cadence = cadence_asked(session, run.portfolio_id, now)
    if again:
        return Order(now, rules_at(session, run.portfolio_id, run.started_at), cadence)
    return Order(now, rules_before(session, run.portfolio_id, run.business_date), cadence)


def asked_by(session: Session, run: NightlyRun, order: Order, shard: Shard, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with the columns that the rules ask for."""
    more = order_columns(
        session,
        run.portfolio_id,
        _where(shard),
        order.rules,
        facts["case_id"],
        on=run.business_date,
        cadence=order.cadence,
    )
    return facts | more


def lifted(
    session: Session, run: NightlyRun, order: Order, shard: Shard, facts: dict[str, Any], policy: nights.Policy
) -> nights.Lifted | None:
    """Who was kept out the night before, and by which rule; none where there were no rules."""
    if not order.before:
        return None
    then = dict(nights.before(facts, policy))
    on = EPOCH + timedelta(days=policy.before) if policy.before >= 0 else run.business_date
    portfolio = session.get_one(Portfolio, run.portfolio_id)
    asked = asked_columns(session, portfolio, _where(shard), order.before, then, on=on, morning=on)
    applied = order_rules.apply(then | asked, order.before)
    return nights.Lifted(order.before, applied.banned)


def _where(shard: Shard) -> str:
    return f"BETWEEN {shard.first:d} AND {shard.last:d}"

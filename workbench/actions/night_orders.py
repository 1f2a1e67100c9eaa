"""The rules of the order that a night goes by, and those of the night before: what they ask of cases, and what they lifted."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from models import NightlyRun
from workbench.queries.case_facts import Shard
from workbench.queries.order_facts import order_columns
from workbench.queries.order_versions import rules_at, rules_before, rules_in_force
from workbench.rules import nights, order_rules
from workbench.rules.order_rules import Rules


@dataclass(frozen=True, slots=True)
class Order:
    """The rules of this night, and those that made the standings it finds."""

    rules: Rules = ()
    before: Rules = ()


def order_of(session: Session, run: NightlyRun, *, again: bool, resumed: bool) -> Order:
    """A night that was cut off goes on with the rules it began with; one done again takes those in force now."""
    now = rules_at(session, run.portfolio_id, run.started_at) if resumed else rules_in_force(session, run.portfolio_id)
    if again:
        return Order(now, rules_at(session, run.portfolio_id, run.started_at))
    return Order(now, rules_before(session, run.portfolio_id, run.business_date))


def asked_by(session: Session, run: NightlyRun, order: Order, shard: Shard, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with the columns that the rules ask for."""
    return facts | order_columns(session, run.portfolio_id, _where(shard), order.rules, facts["case_id"])


def lifted(
    session: Session, run: NightlyRun, order: Order, shard: Shard, facts: dict[str, Any], policy: nights.Policy
) -> nights.Lifted | None:
    """Who was kept out the night before, and by which rule; none where there were no rules."""
    if not order.before:
        return None
    asked = order_columns(session, run.portfolio_id, _where(shard), order.before, facts["case_id"])
    applied = order_rules.apply(dict(nights.before(facts, policy)) | asked, order.before)
    return nights.Lifted(order.before, applied.banned)


def _where(shard: Shard) -> str:
    return f"BETWEEN {shard.first:d} AND {shard.last:d}"

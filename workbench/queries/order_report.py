"""The order report: on a past morning, with only what was known then, whose order reached the late money first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from models import Portfolio
from workbench.queries.case_facts import day_number, learned
from workbench.queries.columns import read_columns
from workbench.queries.order_facts import asked_columns
from workbench.rules.ageing import StageThresholds, days_past_due, stage
from workbench.rules.order_rules import NOT_BANNED, Rules, apply
from workbench.rules.orders import Curve, Order, gathered, ordered, pooled, reached
from workbench.rules.refusals import Refused
from workbench.rules.scoring import HORIZON, REACH_WEIGHT, scores

SHARES = (0.1, 0.2, 0.3)
ORDERS = ("random", "amount", "days_past_due", "risk", "score")  # risk: the score without who answers
BESIDE_RULES = ("score", "amount", "days_past_due")  # what rules are compared with, at one's capacity


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many debtors can be called in a day, and the sets of rules whose order is judged by that, by name."""

    calls: int
    rules: Mapping[str, Rules]


@dataclass(frozen=True, slots=True)
class Reached:
    """The late money in a day's calls in one order, and the part of it whose debtor answered."""

    order: str
    late: float
    answered: float


@dataclass(frozen=True, slots=True)
class OrderReport:
    """The past-due cases of some mornings, the last of them `on`; a case counts once for each.

    Late money is what was still unpaid `horizon` days later, in `currency`. `late` judges an order by all of it;
    `answered` by the part a call could have saved: each case's late money times the share of that fortnight's calls
    that its right party answered (nothing for who was not called).
    """

    portfolio: str
    currency: str
    on: date
    mornings: int
    horizon: int
    cases: int
    late_money: float
    learned_from: int
    late: tuple[Curve, ...]
    answered: tuple[Curve, ...]
    reached: tuple[Reached, ...] = ()  # at one's capacity, all mornings together

    def shares(self) -> dict[str, dict[str, dict[str, float]]]:
        """For each measure and order, the share of the money in the first 10, 20 and 30 % of the calls."""
        return {
            measure: {each.name: {f"{share:.0%}": each.at(share) for share in SHARES} for each in curves}
            for measure, curves in {"late": self.late, "answered": self.answered}.items()
        }


def order_report(
    session: Session,
    portfolio: Portfolio,
    *,
    on: date | None = None,
    mornings: int = 1,
    capacity: Capacity | None = None,
) -> OrderReport:
    """Compares the orders as of the morning of `on` and, for more cases, the same weekday of the weeks before.

    Left out, `on` is the last morning whose fortnight is over. Everything is as it was known on each morning: balances
    from the payments dated before it, history from what had been settled by then, odds learned from that history,
    answers from the calls made before it. Rules are judged by a day's calls: whom they keep out is not called, what
    has no history (a name, an address, a segment's amounts) is as it is today.
    """
    if on is None:
        if portfolio.business_date is None:
            raise Refused("The portfolio {code} has had no night yet: there is no order to judge.", code=portfolio.code)
        on = portfolio.business_date - timedelta(days=HORIZON)
    judged = [_morning(session, portfolio, on - timedelta(weeks=week), capacity) for week in range(mornings)]
    cases = sum(each.cases for each in judged)
    if not cases:
        raise Refused("Nothing was past due in {code} on {date}.", code=portfolio.code, date=on)
    return OrderReport(
        portfolio=portfolio.code,
        currency=portfolio.currency,
        on=on,
        mornings=mornings,
        horizon=HORIZON,
        cases=cases,
        late_money=float(sum(each.late["random"][-1] for each in judged)) / 100,
        learned_from=judged[0].learned_from,
        late=tuple(pooled(name, [each.late[name] for each in judged]) for name in ORDERS),
        answered=tuple(pooled(name, [each.answered[name] for each in judged]) for name in ORDERS),
        reached=_added([each.reached for each in judged]),
    )


def _added(mornings: Sequence[Sequence[Reached]]) -> tuple[Reached, ...]:
    """What each order reached on all mornings together."""
    return tuple(
        Reached(of[0].order, sum(each.late for each in of), sum(each.answered for each in of))
        for of in zip(*mornings, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Morning:
    """What each order reaches on one morning, in cents."""

    cases: int
    learned_from: int
    late: dict[str, NDArray[np.float64]]
    answered: dict[str, NDArray[np.float64]]
    reached: tuple[Reached, ...]


def _morning(session: Session, portfolio: Portfolio, on: date, capacity: Capacity | None) -> _Morning:
    assert portfolio.id is not None
    priors = learned(session, portfolio.id, on=on)
    values = {"portfolio": portfolio.id, "on": on, "weight": REACH_WEIGHT, "reach": priors.reach}
    facts = read_columns(session, _AS_OF, COLUMNS, values)
    amount, days = facts["past_due"] / 100, days_past_due(facts["oldest_due"], day_number(on))
    scored = scores(amount, days, facts["late"], facts["settled"], facts["answers"], priors=priors)
    keys = {"random": np.zeros(len(amount)), "amount": amount, "days_past_due": days, "risk": amount * scored.p_unpaid}
    keys["score"] = scored.score
    money = facts["late_money"], facts["late_money"] * facts["right_parties"] / np.maximum(facts["attempts"], 1)
    orders = {name: ordered(keys[name]) for name in ORDERS}
    late, answered = ({name: gathered(orders[name], each) for name in ORDERS} for each in money)
    facts |= {"days": days, "stage": _stages(portfolio, days), "p_unpaid": scored.p_unpaid}
    by_rules = _reached(session, portfolio, on, facts, keys["score"], orders, money, capacity) if capacity else ()
    return _Morning(len(amount), priors.closed_items, late, answered, by_rules)


def _stages(portfolio: Portfolio, days: NDArray[Any]) -> NDArray[Any]:
    """The stages of their age: nobody remembers which of them a person had decided."""
    thresholds = StageThresholds(portfolio.extrajudicial_after, portfolio.judicial_after)
    return stage(days, thresholds, np.zeros(len(days), dtype=np.int64))


def _reached(
    session: Session,
    portfolio: Portfolio,
    on: date,
    facts: dict[str, NDArray[Any]],
    score: NDArray[np.float64],
    orders: dict[str, Order],
    money: tuple[NDArray[Any], NDArray[Any]],
    capacity: Capacity,
) -> tuple[Reached, ...]:
    """What a day's calls reach under each set of rules, and beside them."""
    found, today = {}, portfolio.business_date or on
    for name, rules in capacity.rules.items():
        more = asked_columns(session, portfolio, "> 0", rules, facts, on=today, morning=on)
        applied = apply(facts | more, rules)
        found[name] = ordered(np.where(applied.banned == NOT_BANNED, score * applied.multiplier, -np.inf))
    found |= {name: orders[name] for name in BESIDE_RULES}
    late, answered = money
    return tuple(
        Reached(name, reached(order, late, capacity.calls) / 100, reached(order, answered, capacity.calls) / 100)
        for name, order in found.items()
    )


COLUMNS = {
    "case_id": "i8", "past_due": "i8", "oldest_due": "i8", "late_money": "i8", "settled": "i8", "late": "i8",
    "answers": "f8", "attempts": "i8", "right_parties": "i8", "balance": "i8", "broken": "i8",
}  # fmt: skip
# A payment reversed later had been received by then. Calls are counted anew: today's tallies know what came after.
_AS_OF = f"""
    WITH paid AS (
        SELECT a.receivable_id, sum(a.amount) FILTER (WHERE p.paid_on < %(on)s) AS before,
               sum(a.amount) FILTER (WHERE p.paid_on < %(on)s::date + {HORIZON}) AS later
        FROM payment p JOIN allocation a ON a.payment_id = p.id
        WHERE p.portfolio_id = %(portfolio)s AND p.paid_on < %(on)s::date + {HORIZON}
          AND (a.released_on IS NULL OR a.released_on >= %(on)s)
        GROUP BY a.receivable_id
    ), owed AS (
        SELECT r.case_id, r.due_on, r.settled_on, greatest(r.amount - coalesce(p.before, 0), 0) AS balance,
               greatest(r.amount - coalesce(p.later, 0), 0) AS balance_later
        FROM receivable r JOIN collection_case c ON c.id = r.case_id LEFT JOIN paid p ON p.receivable_id = r.id
        WHERE c.portfolio_id = %(portfolio)s AND coalesce(r.issued_on, r.due_on) <= %(on)s
    ), cases AS (
        SELECT case_id, sum(balance) FILTER (WHERE due_on < %(on)s) AS past_due,
               min(due_on) FILTER (WHERE due_on < %(on)s AND balance > 0) AS oldest_due,
               sum(balance_later) FILTER (WHERE due_on < %(on)s) AS late_money,
               sum(balance) AS balance, count(*) FILTER (WHERE settled_on < %(on)s) AS settled,
               count(*) FILTER (WHERE settled_on < %(on)s AND settled_on > due_on + {HORIZON}) AS late
        FROM owed GROUP BY case_id HAVING sum(balance) FILTER (WHERE due_on < %(on)s) > 0
    ), calls AS (
        SELECT i.contact_point_id, count(*) FILTER (WHERE d.counts_attempt) AS attempts,
               count(*) FILTER (WHERE d.counts_rpc) AS right_parties
        FROM interaction i JOIN disposition d ON d.code = i.disposition_code
        WHERE i.portfolio_id = %(portfolio)s AND i.channel = 'call' AND i.started_at < %(on)s::date AND i.contact_point_id IS NOT NULL
        GROUP BY i.contact_point_id
    ), phones AS (
        SELECT p.debtor_id, max((coalesce(k.right_parties, 0) + %(weight)s * %(reach)s)
                                / (coalesce(k.attempts, 0) + %(weight)s)) AS answers
        FROM contact_point p LEFT JOIN calls k ON k.contact_point_id = p.id
        WHERE p.kind = 'phone' AND p.status <> 'unusable' GROUP BY p.debtor_id
    ), fortnight AS (
        SELECT i.case_id, count(*) FILTER (WHERE d.counts_attempt) AS attempts,
               count(*) FILTER (WHERE d.counts_rpc) AS right_parties
        FROM interaction i JOIN disposition d ON d.code = i.disposition_code
        WHERE i.portfolio_id = %(portfolio)s AND i.channel = 'call' AND i.started_at >= %(on)s::date AND i.started_at < %(on)s::date + {HORIZON}
        GROUP BY i.case_id
    )
    SELECT c.case_id, c.past_due * 100 AS past_due, c.oldest_due - DATE '1970-01-01' AS oldest_due,
           c.late_money * 100 AS late_money, c.settled, c.late, coalesce(f.answers, -1) AS answers,
           coalesce(n.attempts, 0) AS attempts, coalesce(n.right_parties, 0) AS right_parties,
           c.balance * 100 AS balance, coalesce(b.broken, 0) AS broken
    FROM cases c JOIN collection_case k ON k.id = c.case_id LEFT JOIN phones f ON f.debtor_id = k.debtor_id
    LEFT JOIN fortnight n ON n.case_id = c.case_id
    LEFT JOIN (SELECT case_id, count(*) AS broken FROM promise
               WHERE portfolio_id = %(portfolio)s AND state = 'broken' AND closed_on < %(on)s GROUP BY case_id) b
        ON b.case_id = c.case_id
    ORDER BY c.case_id
"""

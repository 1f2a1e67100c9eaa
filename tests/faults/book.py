"""A book of many debtors in a few statements: each with a phone, a debt eight days past due, and perhaps a message due."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Portfolio, Strategy, StrategyState
from tests.cast import NOW, TODAY
from workbench.rules.strategy_shipped import shipped_definition

DUE_ON = TODAY - timedelta(days=8)
_BOOK = """
WITH made AS (
    INSERT INTO debtor (creditor_id, reference, name, folded_name, kind, time_zone, zone_origin)
    SELECT :creditor, 'R' || n, :name, :folded, 'person', :zone, 'portfolio'
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n RETURNING id, substr(reference, 2)::int AS n
), phoned AS (
    INSERT INTO contact_point (debtor_id, kind, value, raw, phone_kind, status, source, attempts, right_parties)
    SELECT id, 'phone', :prefix || lpad(n::text, 6, '0'), '', 'mobile', 'active', 'test', 0, 0 FROM made
), filed AS (
    INSERT INTO collection_case (portfolio_id, debtor_id, opened_on) SELECT :portfolio, id, :due FROM made
    RETURNING id, debtor_id
), owing AS (
    INSERT INTO account (portfolio_id, case_id, number) SELECT :portfolio, id, 'A' || id FROM filed RETURNING id, case_id
), owed AS (
    INSERT INTO receivable (account_id, case_id, number, due_on, amount, balance)
    SELECT id, case_id, '1', :due, 1234.5, 1234.5 FROM owing
), standing AS (
    INSERT INTO case_standing (case_id, portfolio_id, balance, past_due, oldest_due_on, bucket, stage, settled_count,
        late_count, broken_promises, roll, cust, p_unpaid, reach, score)
    SELECT id, :portfolio, 1234.5, 1234.5, :due, 1, 'administrative', 0, 0, 0, 0, 0, 0, 0, 0 FROM filed
)
INSERT INTO message (key, portfolio_id, case_id, debtor_id, cause, strategy_id, segment, step, anchor_on, arm, attempt,
    on_date, channel, fallbacks, template_code, chosen, state, not_before, expires_at, tries, planned_at)
SELECT id || CAST(:mark AS text) || channel || ':' || 1, :portfolio, id, debtor_id, 'step', :strategy, 'all',
    'late', :due, 'champion', 1, :today, channel, '[]', 'first_notice', '{}', 'planned', :at, :expires, 0, :at
FROM (SELECT *, CASE WHEN id % 3 = 0 AND :whatsapp THEN 'whatsapp' ELSE 'sms' END AS channel FROM filed) f WHERE :due_now
"""


def publish(session: Session, portfolio: Portfolio) -> int:
    """The shipped strategy, in force."""
    strategy = Strategy(
        portfolio_id=portfolio.id,
        version=1,
        state=StrategyState.PUBLISHED,
        definition=shipped_definition("es"),
        created_at=NOW - timedelta(days=30),
        published_at=NOW - timedelta(days=30),
    )
    session.add(strategy)
    session.flush()
    return strategy.id


def fill(
    session: Session,
    portfolio: Portfolio,
    strategy_id: int,
    debtors: range,
    *,
    due_now: bool,
    name: str = "Deudora Ejemplo",
    prefix: str = "+525510",
    whatsapp: bool = True,
) -> None:
    """These debtors, numbered; with `due_now` each has one message that may leave now."""
    values: dict[str, Any] = {
        "creditor": portfolio.creditor_id,
        "portfolio": portfolio.id,
        "zone": portfolio.time_zone,
        "strategy": strategy_id,
        "first": debtors.start,
        "last": debtors.stop - 1,
        "name": name,
        "folded": name.lower(),
        "prefix": prefix,
        "mark": f":{strategy_id}:late:{DUE_ON}:",
        "due": DUE_ON,
        "today": TODAY,
        "at": NOW - timedelta(minutes=1),
        "expires": NOW + timedelta(days=2),
        "due_now": due_now,
        "whatsapp": whatsapp,
    }
    session.execute(text(_BOOK), values)

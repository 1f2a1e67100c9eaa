from dataclasses import replace
from datetime import time

import pytest
from sqlmodel import Session, select

from models import AuditEntry
from tests.actions.test_portfolios import NEW
from tests.cast import NOW, Cast
from workbench.actions.contact_policies import set_contact_policy
from workbench.actions.portfolios import create_portfolio
from workbench.queries.contact_rules import places, policy_of
from workbench.rules.contact_policies import SHIPPED_POLICY, ContactPolicy, Hours
from workbench.rules.refusals import Refused

STRICT = ContactPolicy(readings=("one_contact_per_week",), daily_attempts=2, weekly_contacts=3)


def test_a_portfolio_is_opened_with_its_policy(session: Session, cast: Cast) -> None:
    policy = replace(SHIPPED_POLICY, daily_attempts=2, calls_on_holidays=True)
    portfolio = create_portfolio(session, replace(NEW, policy=policy), by=cast.marta, at=NOW)
    assert policy_of(portfolio) == places(session, [portfolio.id])[portfolio.id].policy == policy


def test_the_manager_changes_a_policy_and_the_audit_says_what(session: Session, cast: Cast) -> None:
    marta = replace(cast.marta, portfolio_ids=frozenset({cast.colombia.id}))
    set_contact_policy(session, marta, cast.colombia.id, STRICT, at=NOW)
    assert policy_of(cast.colombia) == STRICT
    entry = session.exec(select(AuditEntry).where(AuditEntry.deed == "set_contact_policy")).one()
    assert entry.details == {
        "readings": {"from": [], "to": ["one_contact_per_week"]},
        "daily_attempts": {"from": None, "to": 2},
        "weekly_contacts": {"from": None, "to": 3},
    }
    set_contact_policy(session, marta, cast.colombia.id, STRICT, at=NOW)
    assert len(session.exec(select(AuditEntry).where(AuditEntry.deed == "set_contact_policy")).all()) == 1


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"readings": ("lunar_week",)}, "no reading .*known are: .*sfc_two_way"),
        ({"regime": "bank"}, "no regimes"),
        ({"daily_attempts": 0}, "1 or more"),
        ({"hours": Hours(time(19), time(8))}, "close after they open"),
        ({"hours": Hours(time(8), time(19), time(8))}, "opening and a closing"),
        ({"hours": Hours(time(20), time(22))}, "nobody could be called"),
    ],
)
def test_a_wrong_policy_is_refused_with_what_is_known(session: Session, cast: Cast, wrong: dict, because: str) -> None:
    policy = replace(SHIPPED_POLICY, **wrong)
    with pytest.raises(Refused, match=because):
        set_contact_policy(session, None, cast.colombia.id, policy, at=NOW)


@pytest.mark.parametrize(
    ("who", "because"), [("sofia", "role"), ("ana", "role"), ("alma", "role"), ("marta", "nothing here")]
)
def test_only_its_manager_changes_a_policy(session: Session, cast: Cast, who: str, because: str) -> None:
    with pytest.raises(Refused, match=because):
        set_contact_policy(session, getattr(cast, who), cast.colombia.id, STRICT, at=NOW)

"""What a text would say of a real case."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from models import Account, Pause, PauseKind, Receivable
from tests.cast import NOW, TODAY, Cast, owe
from workbench.queries.letter_facts import letter_facts, likely_case
from workbench.rules.refusals import Refused


def test_the_debts_past_due_are_listed_but_none_that_is_paused(session: Session, cast: Cast) -> None:
    case_id = owe(session, cast.mexico, name="ANA LUZ", amount="100.10", days_past_due=30).case_id
    disputed = Account(portfolio_id=cast.mexico.id, case_id=case_id, number="X-99", product="Oro")
    session.add(disputed)
    session.flush()
    for number, (days, account_id) in enumerate([(60, disputed.id), (-9, _first_account(session, case_id))]):
        due = TODAY - timedelta(days=days)
        session.add(
            Receivable(
                account_id=account_id,
                case_id=case_id,
                number=f"n{number}",
                due_on=due,
                amount=Decimal(50),
                balance=Decimal(50),
            )
        )
    session.flush()
    assert letter_facts(session, cast.sofia, case_id, at=NOW).total == Decimal("150.10")
    session.add(
        Pause(
            portfolio_id=cast.mexico.id,
            case_id=case_id,
            account_id=disputed.id,
            kind=PauseKind.DISPUTE,
            from_on=TODAY,
            reason="r",
            created_at=NOW,
        )
    )
    session.flush()
    facts = letter_facts(session, cast.sofia, case_id, at=NOW)
    assert (facts.total, len(facts.debts)) == (Decimal("100.10"), 1)
    assert (facts.first_name, facts.creditor, facts.days_past_due) == (
        "Ana",
        "Banco del Valle",
        30,
    )


def test_a_case_of_another_team_is_as_if_it_did_not_exist(session: Session, cast: Cast) -> None:
    case_id = owe(session, cast.mexico).case_id
    with pytest.raises(Refused, match="nothing here"):
        letter_facts(session, cast.bruno, case_id, at=NOW)
    with pytest.raises(Refused, match="role"):
        letter_facts(session, cast.alma, case_id, at=NOW)


def test_a_likely_case_owes_something_past_due(session: Session, cast: Cast) -> None:
    assert likely_case(session, cast.sofia, cast.mexico.id, "first_notice") is None
    owe(session, cast.mexico, days_past_due=-5)
    late = owe(session, cast.mexico, days_past_due=5)
    assert likely_case(session, cast.sofia, cast.mexico.id, "first_notice") == late.case_id


def _first_account(session: Session, case_id: int) -> int:
    return session.scalars(select(Account.id).where(Account.case_id == case_id).order_by(Account.id)).first()

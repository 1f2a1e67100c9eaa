"""What a text would say of a real case."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from models import Account, Pause, PauseKind, Receivable
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.standings import rescore_cases
from workbench.queries.cases import case_card
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


@pytest.mark.parametrize("of_account", [False, True], ids=["whole-case", "one-account"])
def test_a_letter_says_as_many_days_past_due_as_the_card(session: Session, cast: Cast, *, of_account: bool) -> None:
    case_id = owe(session, cast.mexico, days_past_due=40).case_id
    account_id = _first_account(session, case_id) if of_account else None
    other = Account(portfolio_id=cast.mexico.id, case_id=case_id, number="X-99")
    session.add(other)
    session.flush()
    for days in (25, 10):
        due = {"due_on": TODAY - timedelta(days=days), "amount": Decimal(50), "balance": Decimal(50)}
        session.add(Receivable(account_id=other.id, case_id=case_id, number=f"n{days}", **due))
    # before the debt was late, then to its last day, then ended early, and one that stops no clock
    for kind, first, last, ended in (
        (PauseKind.DISPUTE, 60, 38, None),
        (PauseKind.HARDSHIP, 30, 20, None),
        (PauseKind.LEGAL_HOLD, 15, None, 12),
        (PauseKind.OTHER, 9, 2, None),
    ):
        session.add(
            Pause(
                portfolio_id=cast.mexico.id,
                case_id=case_id,
                account_id=account_id,
                kind=kind,
                from_on=TODAY - timedelta(days=first),
                until_on=TODAY - timedelta(days=last) if last else None,
                ended_at=NOW - timedelta(days=ended) if ended else None,
                ended_because="r" if ended else None,
                reason="r",
                created_at=NOW,
            )
        )
    session.flush()
    rescore_cases(session, [case_id], on=TODAY)
    facts = letter_facts(session, cast.sofia, case_id, at=NOW)
    expected = (40 - 2 - 10 - 3, 25 if of_account else 25 - 5 - 3, 10)
    assert tuple(debt.days_past_due for debt in facts.debts) == expected
    assert facts.days_past_due == case_card(session, cast.sofia, case_id, at=NOW).days_past_due
    assert facts.oldest_due_on == TODAY - timedelta(days=40)


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

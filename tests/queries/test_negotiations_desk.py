"""What somebody needs to negotiate with one debtor."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session

from models import AgreementState
from tests.cast import NOW, Cast, owe
from workbench.actions.agreements import sign_agreement
from workbench.actions.policies import install_policies
from workbench.queries.negotiations_desk import negotiation_desk
from workbench.rules.refusals import Refused


def test_it_holds_debt_offers_and_what_stands_in_the_way(session: Session, cast: Cast) -> None:
    install_policies(session, cast.mexico)
    case_id = owe(session, cast.mexico, amount="10000.00", days_past_due=90).case_id
    desk = negotiation_desk(session, cast.ana, case_id, at=NOW)
    assert (desk.debt.total, desk.standing) == (Decimal(10000), None)
    assert len(desk.offers) > 1
    agreement = sign_agreement(session, cast.ana, case_id, desk.offers[0].terms, key=uuid4(), at=NOW)
    standing = negotiation_desk(session, cast.ana, case_id, at=NOW).standing
    assert standing is not None
    assert (standing.id, standing.state, standing.signed_by) == (agreement.id, AgreementState.ACTIVE, "Ana")
    assert standing.next_amount == desk.offers[0].parts[0].amount


def test_bruno_and_who_may_not_sign_see_nothing(session: Session, cast: Cast) -> None:
    case_id = owe(session, cast.mexico).case_id
    with pytest.raises(Refused, match="nothing here"):
        negotiation_desk(session, cast.bruno, case_id, at=NOW)

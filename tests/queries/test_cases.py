from decimal import Decimal

import pytest
from sqlmodel import Session

from models import Debtor, WorkItem
from tests.cast import NOW, Cast, owe
from workbench.queries.cases import case_card
from workbench.queries.search import found_cases
from workbench.rules.refusals import Refused


def test_a_card_says_who_owes_what_since_when(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, name="Lucía Pérez", amount="1500.50", days_past_due=33)
    card = case_card(session, cast.ana, item.case_id, at=NOW)
    assert (card.name, card.past_due, card.currency, card.days_past_due) == (
        "Lucía Pérez",
        Decimal("1500.50"),
        "MXN",
        33,
    )
    assert [phone.value for phone in card.phones] == ["+525512345678"]
    assert [due.balance for due in card.dues] == [Decimal("1500.50")]


def test_bruno_sees_no_card_of_anas_portfolio(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    with pytest.raises(Refused, match="nothing here"):
        case_card(session, cast.bruno, item.case_id, at=NOW)


@pytest.mark.parametrize(
    "typed",
    [
        "Núñez",
        "nunez",
        "jose nunes",
        "JOSE  NÚÑEZ",
        "NULJ800101AB1",
        "nulj-800101-ab1",
        "55 8765 4321",
        "+525587654321",
        "CLI-7",
    ],
    ids=str,
)
def test_a_debtor_is_found_however_it_is_typed(session: Session, cast: Cast, typed: str) -> None:
    item = _jose(session, cast)
    owe(session, cast.mexico, name="María Gómez")
    assert [found.case_id for found in found_cases(session, cast.ana, typed, at=NOW)] == [item.case_id]


def test_search_shows_bruno_nothing_of_anas_portfolio(session: Session, cast: Cast) -> None:
    _jose(session, cast)
    for typed in ("José Núñez", "NULJ800101AB1", "+525587654321", "CLI-7"):
        assert found_cases(session, cast.bruno, typed, at=NOW) == []


def _jose(session: Session, cast: Cast) -> WorkItem:

    item = owe(session, cast.mexico, name="José Núñez López", phone="+525587654321")
    debtor = session.get(Debtor, item.debtor_id)
    debtor.folded_name, debtor.tax_id, debtor.reference = "jose nunez lopez", "NULJ800101AB1", "CLI-7"
    session.flush()
    return item

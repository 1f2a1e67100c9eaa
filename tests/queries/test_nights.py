from datetime import timedelta
from decimal import Decimal

import pytest

from models import ChangeKind
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.nights import run_night
from workbench.actions.payments import record_payment
from workbench.queries.nights import change_tallies, changes_of, recent_nights
from workbench.rules.refusals import Refused


@pytest.fixture
def two_nights(fresh_cast: Cast) -> Cast:
    """One debtor entered on the first night; by the second she had paid everything."""
    with db.transaction() as session:
        case_id = owe(session, fresh_cast.mexico, name="Paola Pagos").case_id
    run_night(fresh_cast.mexico.id, on=TODAY, at=NOW)
    with db.transaction() as session:
        record_payment(session, case_id=case_id, amount=Decimal(1000), paid_on=TODAY, reference="P1", by=None, at=NOW)
    run_night(fresh_cast.mexico.id, on=TODAY + timedelta(days=1), at=NOW + timedelta(days=1))
    return fresh_cast


def test_sofia_reads_each_night_and_its_cases(two_nights: Cast) -> None:
    with db.reading() as session:
        second, first = recent_nights(session, two_nights.sofia)
        assert (first.business_date, second.business_date) == (TODAY, TODAY + timedelta(days=1))
        tallies = change_tallies(session, two_nights.sofia, first)
        counted = sum(tally.cases for tally in tallies)
        listed = [change for kind in ChangeKind for change in changes_of(session, two_nights.sofia, first, kind)]
    assert counted == len(listed) > 0
    assert {change.name for change in listed} == {"Paola Pagos"}


def test_bruno_and_the_other_team_read_nothing_of_it(two_nights: Cast) -> None:
    with db.reading() as session:
        (_second, first) = recent_nights(session, two_nights.marta)
        with pytest.raises(Refused, match="role"):
            recent_nights(session, two_nights.ana)
        with pytest.raises(Refused, match="role"):
            changes_of(session, two_nights.bruno, first, ChangeKind.ENTERED)
        colombian = two_nights.sofia.__class__(0, "Otra", two_nights.sofia.role, "es", two_nights.bruno.portfolio_ids)
        assert recent_nights(session, colombian) == []
        with pytest.raises(Refused, match="nothing here"):
            change_tallies(session, colombian, first)

from decimal import Decimal

from sqlmodel import Session

from models import Band, WorkState
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.standings import rescore_cases
from workbench.actions.worklist import claim_next, release
from workbench.queries.worklist import ranked_queue


def test_the_queue_is_listed_as_it_is_handed_out(session: Session, cast: Cast) -> None:
    small = owe(session, cast.mexico, amount="500.00", score=1.0)
    big = owe(session, cast.mexico, amount="9000.00", score=2.0)
    broken = owe(session, cast.mexico, amount="100.00", score=0.5, band=Band.BROKEN_PROMISE)
    owe(session, cast.mexico, state=WorkState.WAITING, not_before=NOW)
    owe(session, cast.colombia)
    listed = ranked_queue(session, cast.mexico, at=NOW)
    assert [place.case_id for place in listed] == [broken.case_id, big.case_id, small.case_id]
    assert [place.rank for place in listed] == [1, 2, 3]
    for place in listed:
        claim = claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
        assert claim.case_id == place.case_id
        release(session, cast.ana, claim.item_id, at=NOW)
        done = session.get(type(small), claim.item_id)
        done.state, done.ready_at = WorkState.CLOSED, None
        session.flush()


def test_a_place_says_what_is_at_stake_and_why(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, amount="750.00", days_past_due=20)
    rescore_cases(session, [item.case_id], on=TODAY)
    (place,) = ranked_queue(session, cast.mexico, at=NOW)
    assert (place.amount_at_stake, place.currency, place.days_past_due) == (Decimal("750.00"), "MXN", 20)
    assert place.score > 0
    assert 1 <= len(place.reasons) <= 3


def test_a_limit_keeps_the_first_places(session: Session, cast: Cast) -> None:
    for score in range(5):
        owe(session, cast.mexico, score=float(score))
    assert [place.score for place in ranked_queue(session, cast.mexico, at=NOW, limit=2)] == [4.0, 3.0]

from datetime import timedelta

from sqlmodel import Session

from models import Band
from tests.cast import NOW, Cast, owe
from workbench.actions import worklist


def test_the_best_score_is_claimed_first(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico, score=1)
    best = owe(session, cast.mexico, score=9)
    claim = worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    assert claim == worklist.Claim(best.id, best.case_id, cast.mexico.id, Band.SCORE, NOW + timedelta(minutes=15))
    assert worklist.current_claim(session, cast.ana) == claim

from datetime import timedelta
from uuid import uuid4

from sqlmodel import Session

from models import WorkState
from tests.cast import NOW, Cast, owe
from workbench.actions import worklist
from workbench.actions.interactions import InteractionForm, record


def test_nobody_answers_and_the_debtor_comes_back_after_four_hours(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    claim = worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    assert claim is not None
    form = InteractionForm(uuid4(), item.id, item.case_id, "call.no_answer", NOW)
    saved = record(session, cast.ana, form, at=NOW + timedelta(minutes=1))
    assert (saved.state, saved.not_before) == (WorkState.WAITING, NOW + timedelta(hours=4, minutes=1))
    assert record(session, cast.ana, form, at=NOW + timedelta(minutes=2)).repeated

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session

from models import WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from tests.supervision.dealing import owned
from workbench.actions import worklist
from workbench.actions.interactions import InteractionForm, record
from workbench.queries.my_day import my_day
from workbench.rules.follow_ups import SkipReason
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused


def call(session: Session, cast: Cast, item: WorkItem, code: str, **more) -> None:
    form = InteractionForm(uuid4(), None, item.case_id, code, more.pop("at", NOW), **more)
    record(session, cast.ana, form, at=form.started_at)


def test_the_day_counts_by_the_flags_of_the_dispositions(session: Session, cast: Cast) -> None:
    items = [owe(session, cast.mexico) for _ in range(4)]
    call(session, cast, items[0], "call.no_answer")
    call(session, cast, items[1], "call.message_taken")
    call(session, cast, items[2], "call.promise", promise=PromiseTerms(Decimal(250), TODAY + timedelta(days=2)))
    claim = worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    assert claim
    worklist.skip(session, cast.ana, claim.item_id, reason=SkipReason.BAD_MOMENT, at=NOW)
    day = my_day(session, cast.ana, cast.mexico.id, at=NOW)
    assert (day.attempts, day.contacts, day.right_parties, day.promises, day.promised, day.skips) == (
        3,
        2,
        1,
        1,
        Decimal(250),
        1,
    )
    assert my_day(session, cast.sofia, cast.mexico.id, at=NOW).attempts == 0


def test_the_day_begins_at_midnight_in_the_portfolios_zone(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    call(session, cast, item, "call.no_answer")  # 10:00 in Mexico City
    last_minute = NOW + timedelta(hours=13, minutes=59)
    assert my_day(session, cast.ana, cast.mexico.id, at=last_minute).attempts == 1
    assert my_day(session, cast.ana, cast.mexico.id, at=last_minute + timedelta(minutes=1)).attempts == 0


def test_bruno_has_no_day_in_mexico(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused):
        my_day(session, cast.bruno, cast.mexico.id, at=NOW)


def test_the_next_callback_is_no_other_case_of_hers_that_waits(session: Session, cast: Cast) -> None:
    tried = owned(session, cast, cast.ana)
    call(session, cast, tried, "call.no_answer")
    session.refresh(tried)
    assert tried.state == "waiting"
    assert tried.reserved_for == cast.ana.user_id
    assert my_day(session, cast.ana, cast.mexico.id, at=NOW).next_callback_at is None
    later = NOW + timedelta(hours=3)
    call(session, cast, owe(session, cast.mexico), "call.call_back", callback_at=later)
    assert my_day(session, cast.ana, cast.mexico.id, at=NOW).next_callback_at == later

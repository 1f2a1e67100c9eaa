"""Pauses on a real book: what the night and each deed make of days past due, class and queue; done again, nothing moves."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from models import Account, PauseKind, Portfolio, Standing, WorkItem
from models.cases import Stage
from models.work_items import WorkState
from tests.actions.books import second_debt
from tests.actions.test_nights import at, changes, imported, night, sql, versions
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.pauses import begin_pause, finish_pauses, pause_case
from workbench.actions.payments import record_payment
from workbench.actions.standings import rescore_cases
from workbench.queries import case_facts
from workbench.queries.cases import case_card
from workbench.queries.invariants import broken_invariants
from workbench.queries.search import found_cases
from workbench.queries.worklist import ranked_queue
from workbench.rules.refusals import Refused
from workbench.rules.scoring import Priors

DISPUTE, HARDSHIP = PauseKind.DISPUTE, PauseKind.HARDSHIP


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def days_of(case_id: int, on: date = TODAY) -> int:
    with db.reading() as session:
        standing = session.get_one(Standing, case_id)
        return (on - standing.counted_from).days


def pause(case_id: int, kind: PauseKind = DISPUTE, *, on: date = TODAY, **fields) -> int:
    with db.transaction() as session:
        return pause_case(session, None, case_id, kind, reason="x", at=at(on), **fields)


def end(pause_id: int, on: date) -> None:
    with db.transaction() as session:
        finish_pauses(session, [pause_id], because="x", by=None, at=at(on))


def standing(case_id: int) -> tuple[int, Stage]:
    with db.reading() as session:
        found = session.get_one(Standing, case_id)
        return found.bucket, Stage(found.stage)


def item(case_id: int) -> WorkItem:
    with db.reading() as session:
        return session.exec(select(WorkItem).where(WorkItem.case_id == case_id, WorkItem.queue == "call")).one()


@pytest.fixture
def mexico(fresh_cast: Cast) -> Portfolio:
    return fresh_cast.mexico


def test_a_paused_case_keeps_days_class_and_leaves_the_queue_night_after_night(mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=29)
    night(mexico)
    pause_id = pause(case_id)
    for days in (1, 5, 40):
        night(mexico, day(days))
        assert days_of(case_id, day(days)) == 29
        assert standing(case_id) == (1, Stage.ADMINISTRATIVE)
        assert item(case_id).state == WorkState.CLOSED
    end(pause_id, day(40))
    assert (days_of(case_id, day(40)), item(case_id).state) == (29, WorkState.READY)
    night(mexico, day(42))
    assert days_of(case_id, day(42)) == 31
    assert standing(case_id) == (2, Stage.ADMINISTRATIVE)
    assert changes(case_id, day(42))["bucket"] == "older"
    with db.reading() as session:
        assert broken_invariants(session, mexico.id) == []


def test_the_same_night_again_writes_nothing_while_cases_are_paused(mexico: Portfolio) -> None:
    cases = imported(mexico, "100.00", "200.00", "400.00", days_past_due=10)
    night(mexico)
    pause(cases[0])
    pause(cases[1], HARDSHIP, until_on=day(3))
    pause(cases[2], PauseKind.LEGAL_HOLD, from_on=day(-4))
    for days in (1, 2):
        night(mexico, day(days))
        before = versions()
        night(mexico, day(days))
        assert versions() == before


def test_a_backdated_pause_recomputes_at_once(mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=70)
    night(mexico)
    assert standing(case_id) == (3, Stage.EXTRAJUDICIAL)
    pause(case_id, from_on=day(-50), until_on=day(-10))
    assert days_of(case_id) == 30
    assert standing(case_id) == (1, Stage.ADMINISTRATIVE)
    assert item(case_id).state == WorkState.READY


def test_a_backdated_pause_that_lives_has_the_class_of_its_first_day(mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=70)
    night(mexico)
    pause(case_id, from_on=day(-50))
    for on in (0, 3):
        assert days_of(case_id, day(on)) == 20
        assert standing(case_id) == (1, Stage.ADMINISTRATIVE)
        night(mexico, day(3))


def test_a_pause_that_touches_another_goes_on_where_it_ended(mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=20)
    first = pause(case_id, from_on=day(-10), until_on=day(-5))
    pause(case_id, HARDSHIP, from_on=day(-5), until_on=day(-2))
    assert days_of(case_id) == 12
    with pytest.raises(Refused, match="choose days beside it") as refused:
        pause(case_id, HARDSHIP, from_on=day(-6), until_on=day(-5))
    assert (refused.value.values["first"], refused.value.values["last"]) == (day(-10), day(-5))
    assert first


def test_an_early_end_counts_the_days_after_it(mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=20)
    night(mexico)
    pause_id = pause(case_id, until_on=day(30))
    assert item(case_id).state == WorkState.WAITING
    end(pause_id, day(10))
    assert item(case_id).state == WorkState.READY
    night(mexico, day(12))
    assert days_of(case_id, day(12)) == 22
    pause(case_id, HARDSHIP, on=day(12))  # the days that were left over are free


def test_a_pause_before_the_arrears_costs_only_what_overlaps(mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=10)
    pause(case_id, from_on=day(-30), until_on=day(-6))
    assert days_of(case_id) == 6


def test_an_account_that_is_paused_does_not_hide_another(mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=100)
    with db.transaction() as session:
        of = session.exec(select(WorkItem).where(WorkItem.case_id == case_id)).first()
        account = session.exec(select(Account.id).where(Account.case_id == case_id)).one()
        place = of or WorkItem(portfolio_id=mexico.id, case_id=case_id, debtor_id=0, zone="")
        second_debt(session, place, day(-15))
    pause(case_id, account_id=account, from_on=day(-90))
    assert days_of(case_id) == 15
    assert item(case_id).state == WorkState.READY
    night(mexico, day(5))
    assert days_of(case_id, day(5)) == 20


def test_money_moves_the_oldest_debt_and_the_days_that_count(mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=50)
    pause(case_id, from_on=day(-40), until_on=day(-20))
    assert days_of(case_id) == 30
    with db.transaction() as session:
        item_ = WorkItem(portfolio_id=mexico.id, case_id=case_id, debtor_id=0, zone="")
        second_debt(session, item_, day(-30))
        record_payment(session, case_id=case_id, amount=Decimal(1000), paid_on=TODAY, reference="P", by=None, at=NOW)
    assert days_of(case_id) == 20  # thirty days late, ten of them paused


def test_days_of_grace_keep_a_case_current_in_the_queue(mexico: Portfolio) -> None:
    late, later = imported(mexico, "100.00", days_past_due=5) + imported(mexico, "200.00", days_past_due=6)
    sql("UPDATE portfolio SET delinquency_grace = 5 WHERE id = :id", id=mexico.id)
    night(mexico)
    assert (standing(late), standing(later)) == ((0, Stage.PREVENTIVE), (1, Stage.ADMINISTRATIVE))
    assert (days_of(late), item(late).state) == (5, WorkState.READY)


def test_every_screen_counts_the_same_days(fresh_cast: Cast, mexico: Portfolio) -> None:
    [case_id] = imported(mexico, "1000.00", days_past_due=30)
    night(mexico)
    pause(case_id, from_on=day(-20), until_on=day(-5))
    night(mexico)
    with db.reading() as session:
        card = case_card(session, fresh_cast.ana, case_id, at=NOW)
        [found] = found_cases(session, fresh_cast.ana, card.reference, at=NOW)
        [place] = ranked_queue(session, session.get_one(Portfolio, mexico.id), at=NOW)
    assert (card.days_past_due, (found.today - found.counted_from).days, place.days_past_due) == (15, 15, 15)
    assert card.oldest_due_on == day(-30)


def test_one_case_and_a_shard_are_counted_alike(session: Session, cast: Cast) -> None:
    cases = [owe(session, cast.mexico, days_past_due=20 + k).case_id for k in range(3)]
    begin_pause(session, cases[0], DISPUTE, from_on=day(-9), reason="x", by=None, at=NOW)
    begin_pause(session, cases[1], HARDSHIP, from_on=day(-3), until_on=day(3), reason="x", by=None, at=NOW)
    many = case_facts.facts_of(session, cast.mexico, cases, on=TODAY, priors=Priors())
    alone = [case_facts.facts_of(session, cast.mexico, [each], on=TODAY, priors=Priors()) for each in cases]
    by_case = dict(zip(many["case_id"].tolist(), many["counted_from"].tolist(), strict=True))
    assert [by_case[case] for case in cases] == [each["counted_from"][0] for each in alone]
    rescore_cases(session, cases, on=TODAY)

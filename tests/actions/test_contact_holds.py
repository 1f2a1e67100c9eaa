"""A claim never hands out a debtor who may not be called now, whoever contacted them, for whichever debt."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, select

from models import Account, Band, Case, Debtor, Interaction, Portfolio, Receivable, WorkItem, WorkState
from tests.actions.test_interactions import form_for
from tests.cast import NOW, Cast, owe
from workbench import db
from workbench.actions import worklist
from workbench.actions.contact_holds import hold, hold_cases
from workbench.actions.contact_policies import set_contact_policy
from workbench.actions.interactions import record
from workbench.actions.law_versions import record_versions
from workbench.actions.nights import run_night
from workbench.queries.contact_history import known_debtor
from workbench.queries.contact_rules import places
from workbench.rules.access import Viewer
from workbench.rules.contact_places import UNTIL_TOLD_OTHERWISE
from workbench.rules.contact_policies import SHIPPED_POLICY
from workbench.rules.follow_ups import SkipReason
from workbench.rules.refusals import Refused

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SANTIAGO, BOGOTA = "America/Santiago", "America/Bogota"


def there(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


class Book:
    """Two portfolios of one creditor in one country, worked by Ana, with a debtor who owes in both."""

    def __init__(self, session: Session, cast: Cast, country: str, zone: str) -> None:
        self.session = session
        self.one, self.two = (self._portfolio(cast, country, zone, f"{country}-{code}") for code in ("ONE", "TWO"))
        self.ana, self.sofia = (
            replace(who, portfolio_ids=frozenset({self.one.id, self.two.id})) for who in (cast.ana, cast.sofia)
        )
        self.item = owe(session, self.one)
        self.twin = self._twin(self.item, self.two)

    def _portfolio(self, cast: Cast, country: str, zone: str, code: str) -> Portfolio:
        kept = {"creditor_id": cast.mexico.creditor_id, "currency": "USD", "created_at": NOW}
        made = Portfolio(code=code, name=code, country=country, time_zone=zone, **kept)
        self.session.add(made)
        self.session.flush()
        return made

    def _twin(self, item: WorkItem, portfolio: Portfolio) -> WorkItem:
        case = Case(portfolio_id=portfolio.id, debtor_id=item.debtor_id, opened_on=NOW.date())
        self.session.add(case)
        self.session.flush()
        made = WorkItem(
            portfolio_id=portfolio.id, case_id=case.id, debtor_id=item.debtor_id, zone=item.zone, ready_at=NOW
        )
        self.session.add(made)
        self.session.flush()
        return made

    def call(self, code: str, at: datetime, **more: Any) -> None:
        assert worklist.claim_next(self.session, self.ana, portfolio_id=self.one.id, at=at)
        record(self.session, self.ana, form_for(self.session, self.item, code, started_at=at, **more), at=at + MINUTE)
        self.session.expire_all()

    def claimable(self, at: datetime, who: Viewer | None = None) -> set[int]:
        """The portfolios in which this debtor is handed out at `at`; what was claimed is given back."""
        found = set()
        for portfolio in (self.one, self.two):
            if claim := worklist.claim_next(self.session, who or self.ana, portfolio_id=portfolio.id, at=at):
                found.add(portfolio.id)
                worklist.release(self.session, who or self.ana, claim.item_id, at=at)
        return found

    def owes_too(self, case_id: int) -> None:
        """Gives the second debt something past due, so that the night opens it."""
        account = Account(portfolio_id=self.two.id, case_id=case_id, number="SECOND")
        self.session.add(account)
        self.session.flush()
        owed = {"due_on": NOW.date() - 20 * DAY, "amount": Decimal(500), "balance": Decimal(500)}
        self.session.add(Receivable(account_id=account.id, case_id=case_id, number="1", **owed))
        self.session.flush()

    @property
    def both(self) -> set[int]:
        return {self.one.id, self.two.id}


@pytest.fixture
def chile(session: Session, cast: Cast) -> Book:
    return Book(session, cast, "CL", SANTIAGO)


@pytest.fixture
def colombia(session: Session, cast: Cast) -> Book:
    return Book(session, cast, "CO", BOGOTA)


def test_a_chilean_spoken_to_for_one_debt_is_not_called_for_the_other_this_week(chile: Book) -> None:
    at = there("2026-11-18T11:00", SANTIAGO)  # a Wednesday
    assert chile.claimable(at) == chile.both
    chile.call("call.no_commitment", at)
    assert (chile.twin.state, chile.twin.not_before) == (WorkState.WAITING, there("2026-11-23T08:00", SANTIAGO))
    assert chile.item.not_before == there("2026-11-23T08:00", SANTIAGO)
    assert chile.claimable(at + HOUR) == chile.claimable(there("2026-11-20T18:00", SANTIAGO)) == set()
    assert chile.claimable(there("2026-11-23T08:00", SANTIAGO)) == chile.both


def test_a_chilean_who_did_not_answer_may_be_tried_for_the_other_debt(chile: Book) -> None:
    at = there("2026-11-18T11:00", SANTIAGO)
    chile.call("call.no_answer", at)
    assert chile.twin.state == WorkState.READY
    assert chile.claimable(at + HOUR) == {chile.two.id}


def test_a_colombian_spoken_to_is_not_called_again_the_same_day(colombia: Book) -> None:
    at = there("2026-11-18T11:00", BOGOTA)
    colombia.call("call.hung_up", at)
    assert colombia.claimable(at + 2 * HOUR) == set()
    assert colombia.claimable(there("2026-11-19T08:00", BOGOTA)) == {colombia.two.id}  # the first follows up at 11:01
    assert colombia.claimable(there("2026-11-19T11:01", BOGOTA)) == colombia.both


def test_what_the_file_of_the_law_does_not_limit_a_policy_does(session: Session, cast: Cast) -> None:
    mexico = Book(session, cast, "MX", "America/Mexico_City")
    mexico.two.daily_attempts = 1
    session.add(mexico.two)
    mexico.call("call.no_answer", NOW)
    assert mexico.twin.not_before == there("2026-11-19T08:00", "America/Mexico_City")


def test_a_later_moment_agreed_before_stays(chile: Book, session: Session) -> None:
    later = there("2026-12-01T09:00", SANTIAGO)
    chile.twin.state, chile.twin.not_before, chile.twin.ready_at = WorkState.WAITING, later, None
    session.add(chile.twin)
    chile.call("call.no_commitment", there("2026-11-18T11:00", SANTIAGO))
    assert chile.twin.not_before == later


def test_a_callback_of_the_other_debt_waits_too(chile: Book, session: Session) -> None:
    agreed = there("2026-11-19T09:00", SANTIAGO)
    chile.twin.state, chile.twin.not_before, chile.twin.band = WorkState.WAITING, agreed, Band.CALLBACK
    chile.twin.ready_at = None
    chile.twin.reserved_for = chile.ana.user_id
    session.add(chile.twin)
    chile.call("call.no_commitment", there("2026-11-18T11:00", SANTIAGO))
    assert chile.claimable(agreed + MINUTE) == set()
    assert chile.twin.not_before == there("2026-11-23T08:00", SANTIAGO)


def test_what_is_in_hand_waits_when_it_is_given_back(chile: Book, session: Session) -> None:
    at = there("2026-11-18T11:00", SANTIAGO)
    worklist.claim_case(session, chile.ana, chile.twin.case_id, at=at)
    form = form_for(session, chile.item, "call.no_commitment", item_id=None, started_at=at)
    record(session, chile.ana, form, at=at + MINUTE)
    session.expire_all()
    assert chile.twin.state == WorkState.CLAIMED
    worklist.release(session, chile.ana, chile.twin.id, at=at + HOUR)
    assert chile.claimable(at + HOUR) == set()


def test_a_skip_comes_back_at_a_lawful_moment_only(chile: Book, session: Session) -> None:
    at = there("2026-11-18T11:00", SANTIAGO)
    chile.call("call.no_commitment", at)
    worklist.claim_case(session, chile.ana, chile.item.case_id, at=at + HOUR)
    back = worklist.skip(session, chile.ana, chile.item.id, reason=SkipReason.TECHNICAL, at=at + HOUR)
    assert back == there("2026-11-23T08:00", SANTIAGO)


def test_the_night_holds_what_nobody_held(chile: Book, session: Session) -> None:
    at = there("2026-11-18T11:00", SANTIAGO)
    chile.call("call.no_commitment", at)
    chile.twin.state, chile.twin.not_before, chile.twin.ready_at = WorkState.READY, None, NOW  # as an import leaves it
    session.add(chile.twin)
    cases = chile.twin.case_id, chile.twin.case_id
    assert hold_cases(session, chile.two.id, *cases, at=at + 12 * HOUR) == 1
    session.expire_all()
    assert chile.twin.not_before == there("2026-11-23T08:00", SANTIAGO)
    assert hold_cases(session, chile.two.id, *cases, at=at + 12 * HOUR) == 0


def test_a_tighter_policy_holds_at_once(colombia: Book, session: Session) -> None:
    at = there("2026-11-18T11:00", BOGOTA)
    colombia.call("call.no_answer", at)
    assert colombia.twin.state == WorkState.READY
    set_contact_policy(session, None, colombia.two.id, replace(SHIPPED_POLICY, daily_attempts=1), at=at + HOUR)
    session.expire_all()
    assert colombia.twin.not_before == there("2026-11-19T08:00", BOGOTA)


def test_a_closed_hour_holds_nobody(chile: Book, session: Session) -> None:
    assert hold(session, [chile.item.debtor_id], at=there("2026-11-18T23:00", SANTIAGO)) == 0
    assert chile.item.state == WorkState.READY


def test_a_callback_within_the_caps_of_this_very_call_is_refused(colombia: Book, session: Session) -> None:
    at = there("2026-11-18T11:00", BOGOTA)
    assert worklist.claim_next(session, colombia.ana, portfolio_id=colombia.one.id, at=at)
    form = form_for(session, colombia.item, "call.call_back", started_at=at, callback_at=at + 3 * HOUR)
    with pytest.raises(Refused, match="next lawful moment is 2026-11-19 08:00"):
        record(session, colombia.ana, form, at=at + MINUTE)
    form = form_for(session, colombia.item, "call.call_back", started_at=at, callback_at=at + DAY)
    assert record(session, colombia.ana, form, at=at + MINUTE).not_before == at + DAY


def test_a_state_that_opens_later_is_not_handed_out_before_and_its_neighbour_is(session: Session, cast: Cast) -> None:
    """In one zone Rio opens at nine and São Paulo at eight; the portfolio's debtors live in both."""
    zone = "America/Sao_Paulo"
    brazil = Book(session, cast, "BR", zone)
    paulista = owe(session, brazil.one)
    for item, region in ((brazil.item, "Rio de Janeiro"), (paulista, "SP")):
        debtor = session.get_one(Debtor, item.debtor_id)
        debtor.region = region
        session.add(debtor)
    record_versions(session, at=NOW)  # a law that was not here before tells its states apart
    session.refresh(brazil.item)
    assert brazil.item.zone == "America/Sao_Paulo#RJ"
    half_past, nine = there("2026-11-18T08:30", zone), there("2026-11-18T09:00", zone)
    assert brazil.claimable(half_past) == {brazil.one.id}
    assert brazil.claimable(nine) == brazil.both
    moment = worklist.next_moment(session, brazil.ana, brazil.two.id, half_past)
    assert (moment.at, moment.because_of_hours, moment.zone) == (nine, True, zone)
    claimed = worklist.claim_next(session, brazil.ana, portfolio_id=brazil.one.id, at=half_past)
    assert claimed is not None
    assert claimed.item_id == paulista.id


def test_what_is_reserved_in_such_a_state_is_found_by_its_owner(session: Session, cast: Cast) -> None:
    zone = "America/Sao_Paulo"
    brazil = Book(session, cast, "BR", zone)
    for item in (brazil.item, brazil.twin):
        item.zone, item.reserved_for = f"{zone}#RJ", brazil.ana.user_id
        session.add(item)
    session.flush()
    assert brazil.claimable(there("2026-11-18T08:30", zone)) == set()
    assert brazil.claimable(there("2026-11-18T09:00", zone)) == brazil.both


PAST = st.lists(
    st.tuples(st.integers(0, 12 * 24 * 60), st.sampled_from(["call.no_answer", "call.no_commitment"])), max_size=4
)


# every example is rolled back to the fixture's state
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(past=PAST, opted_out=st.booleans())
def test_holding_agrees_with_the_single_decision(chile: Book, past: list[tuple[int, str]], *, opted_out: bool) -> None:
    """After a hold the item's moment is lawful, and if it is ready the next open hour is."""
    book, session = chile, chile.session
    at = there("2026-11-18T11:00", SANTIAGO)
    with session.begin_nested() as trial:
        debtor = session.get_one(Debtor, book.item.debtor_id)
        debtor.contact_facts = {"opted_out": True} if opted_out else {}
        for minutes, code in past:
            began = at - timedelta(minutes=minutes)
            session.add(
                Interaction(
                    submission_key=uuid4(),
                    portfolio_id=book.one.id,
                    case_id=book.item.case_id,
                    disposition_code=code,
                    started_at=began,
                    ended_at=began,
                )
            )
        hold(session, [book.item.debtor_id], at=at)
        session.refresh(book.twin)
        place = places(session, [book.two.id])[book.two.id]
        window = place.window_of(known_debtor(session, book.item.debtor_id, at=at), at, debt=str(book.twin.case_id))
        assert (book.twin.state == WorkState.READY) == window.open
        if not window.open:
            assert book.twin.not_before == window.next_open
            assert (window.next_open == UNTIL_TOLD_OTHERWISE) == opted_out
        trial.rollback()
    session.expire_all()


def test_the_night_of_one_book_heeds_the_calls_of_another(fresh_cast: Cast, fresh_db: str) -> None:
    at = there("2026-11-18T11:00", SANTIAGO)
    with db.transaction() as session:
        chile = Book(session, fresh_cast, "CL", SANTIAGO)
        chile.call("call.no_commitment", at)
        session.execute(text("DELETE FROM work_item WHERE id = :twin"), {"twin": chile.twin.id})
        chile.owes_too(chile.twin.case_id)
    for again in (False, True):
        run_night(chile.two.id, on=at.date() + DAY, at=at + 15 * HOUR)
        with db.reading() as session:
            item = session.exec(select(WorkItem).where(WorkItem.case_id == chile.twin.case_id)).one()
        assert (item.state, item.not_before) == (WorkState.WAITING, there("2026-11-23T08:00", SANTIAGO)), again

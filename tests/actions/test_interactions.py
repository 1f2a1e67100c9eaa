from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from models import (
    AuditEntry,
    Band,
    ContactKind,
    ContactPoint,
    ContactStatus,
    Draft,
    Interaction,
    Promise,
    Queue,
    WorkItem,
    WorkState,
)
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import worklist
from workbench.actions.interactions import InteractionForm, Recorded, record
from workbench.rules.access import Viewer
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused
from workbench.rules.unlawful import Unlawful

MINUTE = timedelta(minutes=1)
LATE = NOW + timedelta(hours=10)  # 20:00 in Mexico City
TERMS = PromiseTerms(Decimal(500), TODAY + timedelta(days=5))


def phone_of(session: Session, item: WorkItem) -> ContactPoint:
    return session.exec(
        select(ContactPoint).where(ContactPoint.debtor_id == item.debtor_id).order_by(col(ContactPoint.id))
    ).first()


def add_second_phone(session: Session, item: WorkItem) -> ContactPoint:
    phone = ContactPoint(
        debtor_id=item.debtor_id, kind=ContactKind.PHONE, value="+525598765432", raw="x", source="test"
    )
    session.add(phone)
    session.flush()
    return phone


def form_for(session: Session, item: WorkItem, code: str, **more: Any) -> InteractionForm:
    phone = phone_of(session, item)
    fields = {"item_id": item.id, "started_at": NOW, "contact_point_id": phone.id if phone else None} | more
    return InteractionForm(submission_key=uuid4(), case_id=item.case_id, disposition_code=code, **fields)


def hold(session: Session, cast: Cast, who: Viewer | None = None, at: datetime = NOW) -> None:
    assert worklist.claim_next(session, who or cast.ana, portfolio_id=cast.mexico.id, at=at)


def save(session: Session, cast: Cast, item: WorkItem, code: str, **more: Any) -> Recorded:
    saved = record(session, cast.ana, form_for(session, item, code, **more), at=NOW + MINUTE)
    session.expire_all()
    return saved


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    """A debtor of Mexico in Ana's hands."""
    made = owe(session, cast.mexico)
    hold(session, cast)
    session.expire_all()
    return made


def test_nobody_answers_and_the_debtor_comes_back_after_four_hours(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    worklist.save_draft(session, cast.ana, item.id, note="a medias", fields={}, at=NOW)
    saved = save(session, cast, item, "call.no_answer")
    assert (saved.state, saved.not_before) == (WorkState.WAITING, NOW + timedelta(hours=4, minutes=1))
    assert (item.state, item.not_before, item.claimed_by) == (WorkState.WAITING, saved.not_before, None)
    phone = phone_of(session, item)
    assert (phone.attempts, phone.right_parties, phone.last_disposition, phone.last_at) == (1, 0, "call.no_answer", NOW)
    assert session.exec(select(Draft)).all() == []
    entry = session.exec(select(AuditEntry).where(AuditEntry.deed == "record_interaction")).one()
    assert (entry.by_id, entry.subject_id) == (cast.ana.user_id, saved.interaction_id)


def test_the_same_form_saved_twice_is_saved_once(session: Session, cast: Cast, item: WorkItem) -> None:
    form = form_for(session, item, "call.promise", promise=TERMS)
    first = record(session, cast.ana, form, at=NOW + MINUTE)
    second = record(session, cast.ana, form, at=NOW + 2 * MINUTE)
    assert second.repeated
    assert (second.interaction_id, second.promise_id, second.not_before) == (
        first.interaction_id,
        first.promise_id,
        first.not_before,
    )
    assert len(session.exec(select(Interaction)).all()) == len(session.exec(select(Promise)).all()) == 1
    assert phone_of(session, item).attempts == 1


def test_a_form_never_lands_on_another_debtor(session: Session, cast: Cast, item: WorkItem) -> None:
    other = owe(session, cast.mexico)
    form = form_for(session, other, "call.no_answer", item_id=item.id)
    with pytest.raises(Refused, match="about another debtor"):
        record(session, cast.ana, form, at=NOW + MINUTE)


def test_a_used_form_is_not_used_for_another_debtor(session: Session, cast: Cast, item: WorkItem) -> None:
    form = form_for(session, item, "call.no_answer")
    record(session, cast.ana, form, at=NOW + MINUTE)
    other = owe(session, cast.mexico)
    again = InteractionForm(form.submission_key, None, other.case_id, "call.no_answer", NOW)
    with pytest.raises(Refused, match="already used"):
        record(session, cast.ana, again, at=NOW + MINUTE)


@pytest.mark.parametrize(
    ("code", "more", "field"),
    [
        ("call.promise", {}, "amount"),
        ("call.wrong_number", {"contact_point_id": None}, "phone"),
        ("call.complaint", {"note": "  "}, "note"),
        ("call.call_back", {}, "callback"),
        ("call.no_answer", {"promise": TERMS}, "amount"),
        ("call.no_answer", {"callback_at": NOW + timedelta(hours=2)}, "callback"),
        ("call.call_back", {"callback_at": NOW}, "callback"),
        ("call.call_back", {"callback_at": LATE}, "callback"),
        ("call.no_answer", {"started_at": NOW + timedelta(hours=1)}, "started_at"),
        ("call.nonsense", {}, "disposition"),
        ("call.no_answer", {"contact_point_id": 10**12}, "phone"),
        ("call.other_phone", {"note": "x", "new_phone": "12"}, "new_phone"),
        ("call.no_answer", {"note": "x" * 5000}, "note"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_saved(
    session: Session, cast: Cast, item: WorkItem, code: str, more: dict, field: str
) -> None:
    with pytest.raises(Refused) as refused, session.begin_nested():
        save(session, cast, item, code, **more)
    assert refused.value.values["field"] == field
    assert session.exec(select(Interaction)).all() == []
    session.expire_all()
    assert item.state == WorkState.CLAIMED


def test_in_colombia_nobody_has_to_say_why(session: Session, cast: Cast) -> None:
    session.execute(text("UPDATE disposition SET requires = '{reason}' WHERE code = 'call.cannot_pay'"))
    there, here = owe(session, cast.colombia), owe(session, cast.mexico)
    record(session, cast.bruno, form_for(session, there, "call.cannot_pay", item_id=None), at=NOW)
    with pytest.raises(Refused, match="Choose the reason"):
        record(session, cast.ana, form_for(session, here, "call.cannot_pay", item_id=None), at=NOW)


def test_a_promise_waits_until_it_would_be_broken(session: Session, cast: Cast, item: WorkItem) -> None:
    saved = save(session, cast, item, "call.promise", promise=TERMS)
    promise = session.exec(select(Promise)).one()
    assert (promise.id, promise.interaction_id) == (saved.promise_id, saved.interaction_id)
    assert (promise.amount, promise.due_on, promise.taken_by) == (500, TERMS.due_on, cast.ana.user_id)
    # due on Monday 23rd, three days of grace, so broken on Friday 27th at eight
    assert saved.not_before == datetime.fromisoformat("2026-11-27T08:00-06:00")
    assert phone_of(session, item).right_parties == 1


def test_a_callback_waits_for_its_author(session: Session, cast: Cast, item: WorkItem) -> None:
    at = NOW + timedelta(hours=3)
    save(session, cast, item, "call.call_back", callback_at=at)
    assert (item.state, item.band, item.not_before, item.reserved_for) == (
        WorkState.WAITING,
        Band.CALLBACK,
        at,
        cast.ana.user_id,
    )
    got = worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=at)
    assert got
    assert got.band == Band.CALLBACK


def test_a_callback_outside_hours_names_the_next_lawful_moment(session: Session, cast: Cast, item: WorkItem) -> None:
    with pytest.raises(Refused) as refused:
        save(session, cast, item, "call.call_back", callback_at=LATE)
    assert refused.value.values["next_open"].isoformat() == "2026-11-19T08:00:00-06:00"


def test_a_wrong_number_leaves_the_other_number(session: Session, cast: Cast, item: WorkItem) -> None:
    other = add_second_phone(session, item)
    save(session, cast, item, "call.wrong_number")
    assert phone_of(session, item).status == ContactStatus.WRONG_PERSON
    assert other.status == ContactStatus.ACTIVE
    assert item.state == WorkState.READY


def test_a_wrong_number_that_was_the_last_sends_the_case_to_review(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    saved = save(session, cast, item, "call.wrong_number")
    assert (saved.state, saved.because) == (WorkState.CLOSED, "no_phone_left")
    review = session.exec(select(WorkItem).where(WorkItem.queue == Queue.REVIEW)).one()
    assert (review.case_id, review.state) == (item.case_id, WorkState.READY)


def test_a_number_given_in_the_call_is_kept(session: Session, cast: Cast, item: WorkItem) -> None:
    save(session, cast, item, "call.wrong_number", new_phone="55 9876 5432")
    phones = {each.value: each.status for each in session.exec(select(ContactPoint)).all()}
    assert phones == {"+525512345678": ContactStatus.WRONG_PERSON, "+525598765432": ContactStatus.ACTIVE}
    assert item.state == WorkState.READY


def test_who_asks_not_to_be_called_is_called_on_no_number(session: Session, cast: Cast, item: WorkItem) -> None:
    other = add_second_phone(session, item)
    save(session, cast, item, "call.no_contact_here")
    assert {phone_of(session, item).status, other.status} == {ContactStatus.OPTED_OUT}
    assert item.state == WorkState.CLOSED


def test_a_number_that_may_not_be_called_is_refused(session: Session, cast: Cast, item: WorkItem) -> None:
    phone = phone_of(session, item)
    phone.status = ContactStatus.OPTED_OUT
    session.add(phone)
    session.flush()
    with pytest.raises(Refused, match="may be called"):
        save(session, cast, item, "call.no_answer")


def test_the_third_attempt_of_a_day_is_the_last(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    for hours in range(3):
        at = NOW + timedelta(hours=hours)
        form = form_for(session, item, "call.busy", item_id=None, started_at=at)
        saved = record(session, cast.ana, form, at=at)
    assert saved.not_before == datetime.fromisoformat("2026-11-19T08:00-06:00")


def test_negotiating_moves_the_case_to_the_negotiation_queue(session: Session, cast: Cast, item: WorkItem) -> None:
    save(session, cast, item, "call.negotiating", note="propone 3 pagos")
    other = session.exec(select(WorkItem).where(WorkItem.queue == Queue.NEGOTIATION)).one()
    assert (item.state, other.state, other.band) == (WorkState.CLOSED, WorkState.WAITING, Band.NEGOTIATION)


def test_a_terminal_result_closes_every_queue(session: Session, cast: Cast, item: WorkItem) -> None:
    twin = WorkItem(
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        debtor_id=item.debtor_id,
        zone=item.zone,
        queue=Queue.REVIEW,
        ready_at=NOW,
    )
    session.add(twin)
    session.flush()
    save(session, cast, item, "account.paid_in_full", note="recibo 4711")
    assert (item.state, twin.state) == (WorkState.CLOSED, WorkState.CLOSED)


def test_an_agent_cannot_save_a_call_begun_outside_hours(session: Session, cast: Cast, item: WorkItem) -> None:
    form = form_for(session, item, "call.no_answer", started_at=LATE, override_reason="me lo pidió")
    with pytest.raises(Unlawful, match=r"not lawful.*next lawful moment"):
        record(session, cast.ana, form, at=LATE + MINUTE)


def test_a_supervisor_may_with_a_reason_and_it_is_marked(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    hold(session, cast, cast.sofia)
    form = form_for(session, item, "call.no_answer", started_at=LATE)
    with pytest.raises(Refused, match="write down why"):
        record(session, cast.sofia, form, at=LATE + MINUTE)
    form = form_for(session, item, "call.no_answer", started_at=LATE, override_reason="lo pidió por escrito")
    saved = record(session, cast.sofia, form, at=LATE + MINUTE)
    kept = session.get_one(Interaction, saved.interaction_id)
    assert (kept.override_reason, kept.override_by) == ("lo pidió por escrito", cast.sofia.user_id)


def test_a_call_begun_in_time_may_be_saved_late(session: Session, cast: Cast, item: WorkItem) -> None:
    saved = record(session, cast.ana, form_for(session, item, "call.no_answer"), at=LATE)
    assert session.get_one(Interaction, saved.interaction_id).override_by is None


def test_who_lost_the_claim_hears_who_has_it(session: Session, cast: Cast, item: WorkItem) -> None:
    worklist.release(session, cast.sofia, item.id, at=NOW)
    hold(session, cast, cast.sofia)
    for item_id in (item.id, None):
        with pytest.raises(Refused, match="Sofía is working"):
            record(session, cast.ana, form_for(session, item, "call.no_answer", item_id=item_id), at=NOW + MINUTE)


def test_a_lease_that_ran_out_unnoticed_still_saves(session: Session, cast: Cast, item: WorkItem) -> None:
    record(session, cast.ana, form_for(session, item, "call.no_answer"), at=NOW + timedelta(minutes=40))


@pytest.mark.parametrize(
    ("person", "because"),
    [
        ("bruno", "nothing here that you may see"),
        ("marta", "Your role does not allow this"),
        ("alma", "Your role does not allow this"),
    ],
)
@pytest.mark.parametrize("own_item", [True, False], ids=["with the item", "from a search"])
def test_only_who_may_see_and_work_records(
    session: Session, cast: Cast, item: WorkItem, person: str, because: str, *, own_item: bool
) -> None:
    form = form_for(session, item, "call.no_answer", item_id=item.id if own_item else None)
    with pytest.raises(Refused, match=because):
        record(session, getattr(cast, person), form, at=NOW + MINUTE)


def test_due_days_are_dates_of_the_portfolio(session: Session, cast: Cast, item: WorkItem) -> None:
    """At 19:30 in Mexico it is already tomorrow in UTC; a promise for today is still for today."""
    at = datetime.fromisoformat("2026-11-18T18:30-06:00")
    terms = PromiseTerms(Decimal(500), date(2026, 11, 18))
    form = form_for(session, item, "call.promise", promise=terms, started_at=at)
    record(session, cast.ana, form, at=at + MINUTE)
    assert session.exec(select(Promise)).one().taken_on == date(2026, 11, 18)


def test_who_says_it_is_paid_is_left_in_peace_while_somebody_looks_it_up(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    hold(session, cast)
    done = record(session, cast.ana, form_for(session, item, "call.already_paid", note="Pagó en OXXO"), at=NOW)
    pause = session.execute(text("SELECT kind, until_on, reason FROM pause")).one()
    assert (pause.kind, pause.until_on) == ("verification", date(2026, 11, 23))  # three business days
    assert "Pagó en OXXO" in pause.reason
    assert (done.state, done.not_before.date()) == (WorkState.WAITING, date(2026, 11, 24))
    assert session.exec(select(WorkItem.state).where(WorkItem.queue == Queue.REVIEW)).all() == ["ready"]

"""What is asked of somebody with more authority: decided once, by somebody else, and done at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import Approval, ApprovalKind, ApprovalState, Promise, PromiseLimit, PromiseState, User, WorkItem
from models.users import Role
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.approvals import (
    accept_counter,
    decide,
    decline_counter,
    expire_approvals,
    request_approval,
    withdraw_request,
)
from workbench.actions.payments import record_payment
from workbench.queries.approvals import answers_for, history, inbox, requests_of_case
from workbench.rules.access import Viewer
from workbench.rules.approvals import Decision
from workbench.rules.refusals import Refused

LATER = NOW + timedelta(hours=1)
FAR = {"amount": "400.00", "due_on": "2026-12-18"}  # 30 days: an agent may wait 15, Sofía 40
NEARER = {"amount": "500.00", "due_on": "2026-12-10"}
Asked = Callable[..., Approval]


@pytest.fixture
def rosa(session: Session, cast: Cast) -> WorkItem:
    """A debtor of Mexico who owes 1,000.00, where Sofía may wait 40 days and Marta 60."""
    for role, days in ((Role.SUPERVISOR, 40), (Role.MANAGER, 60)):
        limits = {
            "min_amount": Decimal(0),
            "min_share": Decimal("0.10"),
            "broken_limit": 5,
            "open_limit": 3,
            "parts": 3,
        }
        session.add(PromiseLimit(portfolio_id=cast.mexico.id, role=role, days_out=days, **limits))
    session.flush()
    return owe(session, cast.mexico, name="Rosa Pérez")


@pytest.fixture
def asked(session: Session, cast: Cast, rosa: WorkItem) -> Asked:
    """Ana asks for a promise 30 days away."""

    def ask(who: Viewer = cast.ana, *, key: UUID | None = None, at: Any = NOW, **terms: Any) -> Approval:
        return request_approval(
            session,
            who,
            rosa.case_id,
            ApprovalKind.PROMISE,
            FAR | terms,
            reason="Cobra el 15",
            key=key or uuid4(),
            at=at,
        )

    return ask


def promises(session: Session) -> list[Promise]:
    return list(session.exec(select(Promise).order_by(Promise.id)).all())


def deeds(session: Session) -> list[str]:
    return list(session.execute(text("SELECT deed FROM audit_entry WHERE subject = 'approval' ORDER BY id")).scalars())


def test_a_request_keeps_what_is_exceeded_the_case_as_it_is_and_when_it_expires(asked: Asked, cast: Cast) -> None:
    request = asked()
    assert (request.state, request.needs, request.requested_by) == (
        ApprovalState.PENDING,
        Role.SUPERVISOR,
        cast.ana.user_id,
    )
    assert request.exceeded == [{"code": "too_far", "limit": "2026-12-03", "asked": "2026-12-18"}]
    assert (request.context["balance"], request.context["days_past_due"]) == ("1000.00", 20)
    assert request.expires_at == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("day", "needs"),
    [
        pytest.param("2026-12-28", Role.SUPERVISOR, id="the supervisor's last day"),
        pytest.param("2026-12-29", Role.MANAGER, id="the day after"),
        pytest.param("2027-01-17", Role.MANAGER, id="the manager's last day"),
    ],
)
def test_the_least_role_whose_limits_cover_it_is_asked(asked: Asked, day: str, needs: Role) -> None:
    assert asked(due_on=day).needs is needs


def test_what_nobody_may_approve_is_refused_with_the_widest_limit(asked: Asked) -> None:
    with pytest.raises(Refused) as refused:
        asked(due_on="2027-01-18")
    assert str(refused.value) == "Nobody may approve this: Last date: 17 Jan 2027 at the latest."


@pytest.mark.parametrize(
    ("terms", "because"),
    [
        pytest.param({"due_on": "2026-12-03"}, "within your own limits", id="needs nobody"),
        pytest.param({"amount": "1000.01"}, "more than is owed", id="more than is owed"),
        pytest.param({"amount": "ten"}, "not complete: amount", id="no amount"),
        pytest.param({"due_on": None}, "not complete: due_on", id="no day"),
        pytest.param({"due_on": "2026-11-17"}, "in the past", id="a day gone by"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: Asked, terms: dict[str, Any], because: str) -> None:
    with pytest.raises(Refused, match=because):
        asked(**terms)


def test_a_request_says_why(session: Session, cast: Cast, rosa: WorkItem) -> None:
    with pytest.raises(Refused, match="Write down why"):
        request_approval(session, cast.ana, rosa.case_id, ApprovalKind.PROMISE, FAR, reason=" ", key=uuid4(), at=NOW)


def test_a_double_click_asks_once(session: Session, asked: Asked, cast: Cast) -> None:
    key = uuid4()
    assert asked(key=key).id == asked(key=key).id
    with pytest.raises(Refused, match="already used"):
        asked(cast.sofia, key=key)


def test_one_request_of_a_kind_waits_at_a_time(session: Session, asked: Asked, cast: Cast) -> None:
    first = asked()
    with pytest.raises(Refused, match="Ana has asked for an approval on this case already"):
        asked()
    withdraw_request(session, cast.ana, first.id, at=LATER)
    assert asked().id != first.id


def test_one_whose_time_is_over_makes_room(session: Session, asked: Asked) -> None:
    first = asked()
    assert asked(at=NOW + timedelta(hours=24), due_on="2026-12-20").id != first.id
    session.refresh(first)
    assert first.state is ApprovalState.EXPIRED


def test_what_is_approved_is_done_at_once_in_the_name_of_who_asked(session: Session, asked: Asked, cast: Cast) -> None:
    request = decide(session, cast.sofia, asked().id, Decision.APPROVE, at=LATER)
    [promise] = promises(session)
    assert (promise.taken_by, promise.amount, promise.due_on.isoformat()) == (
        cast.ana.user_id,
        Decimal(400),
        "2026-12-18",
    )
    assert (request.state, request.decided_by, request.decided_at) == (
        ApprovalState.APPROVED,
        cast.sofia.user_id,
        LATER,
    )
    assert deeds(session) == ["request_approval", "approve"]


def test_a_second_click_of_approve_does_nothing_more(session: Session, asked: Asked, cast: Cast) -> None:
    request = asked()
    for _click in range(2):
        decide(session, cast.sofia, request.id, Decision.APPROVE, at=LATER)
    assert len(promises(session)) == 1
    assert deeds(session) == ["request_approval", "approve"]


def test_a_promise_in_parts_is_asked_for_and_taken(session: Session, asked: Asked, cast: Cast) -> None:
    parts = [{"due_on": "2026-12-01", "amount": "100.00"}, {"due_on": "2026-12-18", "amount": "300.00"}]
    request = asked(parts=parts)
    decide(session, cast.sofia, request.id, Decision.APPROVE, at=LATER)
    rows = session.execute(text("SELECT due_on::text, amount::text FROM promise_part ORDER BY number")).all()
    assert [dict(row._mapping) for row in rows] == parts


def test_a_rejection_says_why_and_ends_it(session: Session, asked: Asked, cast: Cast) -> None:
    request = asked()
    with pytest.raises(Refused, match="Write down why"):
        decide(session, cast.sofia, request.id, Decision.REJECT, at=LATER)
    assert decide(session, cast.sofia, request.id, Decision.REJECT, note="No", at=LATER).state is ApprovalState.REJECTED
    assert promises(session) == []


def test_nobody_decides_on_their_own(session: Session, asked: Asked, cast: Cast) -> None:
    request = asked(cast.sofia, due_on="2026-12-29")
    for decision in Decision:
        with pytest.raises(Refused, match="on their own request"):
            decide(
                session,
                replace(cast.sofia, role=Role.MANAGER),
                request.id,
                decision,
                note="x",
                counter=NEARER,
                at=LATER,
            )


def test_a_supervisor_does_not_decide_for_a_manager(session: Session, asked: Asked, cast: Cast) -> None:
    request = asked(due_on="2026-12-29")
    with pytest.raises(Refused, match="outside your own limits: Last date: 28 Dec 2026 at the latest"):
        decide(session, cast.sofia, request.id, Decision.APPROVE, at=LATER)
    with pytest.raises(Refused, match="A manager decides"):
        decide(session, cast.sofia, request.id, Decision.REJECT, note="No", at=LATER)
    assert decide(session, cast.marta, request.id, Decision.APPROVE, at=LATER).state is ApprovalState.APPROVED


@pytest.mark.parametrize("name", ["ana", "alma"])
def test_who_has_no_authority_decides_nothing(session: Session, asked: Asked, cast: Cast, name: str) -> None:
    with pytest.raises(Refused, match="role"):
        decide(session, getattr(cast, name), asked().id, Decision.APPROVE, at=LATER)


def test_a_counter_offer_is_accepted_in_one_click(session: Session, asked: Asked, cast: Cast) -> None:
    request = decide(session, cast.sofia, asked().id, Decision.COUNTER, note="Antes", counter=NEARER, at=LATER)
    assert (request.state, request.expires_at) == (ApprovalState.COUNTERED, LATER + timedelta(hours=24))
    assert promises(session) == []
    for _click in range(2):
        accept_counter(session, cast.ana, request.id, at=LATER)
    [promise] = promises(session)
    assert (promise.taken_by, promise.amount, promise.due_on.isoformat()) == (
        cast.ana.user_id,
        Decimal(500),
        "2026-12-10",
    )
    assert request.state is ApprovalState.ACCEPTED
    assert deeds(session) == ["request_approval", "counter_offer", "accept_counter"]


def test_a_counter_offer_is_declined(session: Session, asked: Asked, cast: Cast) -> None:
    request = decide(session, cast.sofia, asked().id, Decision.COUNTER, note="Antes", counter=NEARER, at=LATER)
    assert decline_counter(session, cast.ana, request.id, note="No acepta", at=LATER).state is ApprovalState.DECLINED
    with pytest.raises(Refused, match="Sofía has already decided"):
        accept_counter(session, cast.ana, request.id, at=LATER)


@pytest.mark.parametrize(
    ("counter", "because"),
    [
        pytest.param({}, "differs from what was asked", id="the same"),
        pytest.param({"due_on": "2026-12-29"}, "outside your own limits", id="beyond the supervisor's own"),
        pytest.param({"amount": "1000.01"}, "more than is owed", id="more than is owed"),
    ],
)
def test_a_counter_offer_lies_within_the_limits_of_who_makes_it(
    session: Session, asked: Asked, cast: Cast, counter: dict[str, Any], because: str
) -> None:
    with pytest.raises(Refused, match=because):
        decide(session, cast.sofia, asked().id, Decision.COUNTER, note="x", counter=counter, at=LATER)


def test_only_who_asked_answers_a_counter_offer(session: Session, asked: Asked, cast: Cast) -> None:
    request = decide(session, cast.sofia, asked().id, Decision.COUNTER, note="Antes", counter=NEARER, at=LATER)
    for deed in (accept_counter, decline_counter):
        with pytest.raises(Refused, match="Only who asked"):
            deed(session, cast.marta, request.id, at=LATER)


def test_a_debt_paid_meanwhile_refuses_the_deed_and_the_request_still_waits(
    session: Session, asked: Asked, cast: Cast, rosa: WorkItem
) -> None:
    request = asked()
    money = {"amount": Decimal("1000.00"), "paid_on": TODAY, "reference": "R1", "by": None, "at": LATER}
    record_payment(session, case_id=rosa.case_id, **money)
    with pytest.raises(Refused, match="Nothing is owed"), session.begin_nested():
        decide(session, cast.sofia, request.id, Decision.APPROVE, at=LATER)
    session.refresh(request)
    assert request.state is ApprovalState.PENDING
    [shown] = inbox(session, cast.sofia, at=LATER)
    assert (shown.then.balance, shown.now.balance, shown.now.paid_lately) == (Decimal(1000), Decimal(0), Decimal(1000))
    assert (
        decide(session, cast.sofia, request.id, Decision.REJECT, note="Pagó", at=LATER).state is ApprovalState.REJECTED
    )


def test_limits_narrowed_meanwhile_hold(session: Session, asked: Asked, cast: Cast) -> None:
    request = asked()
    session.execute(text("UPDATE promise_limit SET days_out = 29 WHERE role = 'supervisor'"))
    with pytest.raises(Refused, match="outside your own limits: Last date: 17 Dec 2026"):
        decide(session, cast.sofia, request.id, Decision.APPROVE, at=LATER)
    assert decide(session, cast.marta, request.id, Decision.APPROVE, at=LATER).state is ApprovalState.APPROVED


def test_a_counter_offer_that_its_maker_could_no_longer_make_is_not_accepted(
    session: Session, asked: Asked, cast: Cast
) -> None:
    request = decide(session, cast.sofia, asked().id, Decision.COUNTER, note="Antes", counter=NEARER, at=LATER)
    session.execute(text("UPDATE promise_limit SET days_out = 21 WHERE role = 'supervisor'"))
    with pytest.raises(Refused, match="limits"):
        accept_counter(session, cast.ana, request.id, at=LATER)


def test_who_asked_is_gone_and_nothing_is_done_in_their_name(session: Session, asked: Asked, cast: Cast) -> None:
    request = asked()
    session.get_one(User, cast.ana.user_id).active = False
    session.flush()
    with pytest.raises(Refused, match="no such user"):
        decide(session, cast.sofia, request.id, Decision.APPROVE, at=LATER)


def test_what_expired_between_seeing_and_clicking_is_refused_with_its_moment(
    session: Session, asked: Asked, cast: Cast
) -> None:
    request = asked()
    assert inbox(session, cast.sofia, at=NOW + timedelta(hours=23, minutes=59))
    for decision in Decision:
        with pytest.raises(Refused, match="This request expired"):
            decide(session, cast.sofia, request.id, decision, note="x", counter=NEARER, at=NOW + timedelta(hours=24))
    assert inbox(session, cast.sofia, at=NOW + timedelta(hours=24)) == []


def test_the_timetable_ends_what_nobody_answered(session: Session, asked: Asked, cast: Cast) -> None:
    request = asked()
    assert expire_approvals(session, at=NOW + timedelta(hours=23, minutes=59)) == 0
    assert expire_approvals(session, at=NOW + timedelta(hours=24)) == 1
    assert expire_approvals(session, at=NOW + timedelta(hours=24)) == 0
    session.refresh(request)
    assert (request.state, request.ended_at) == (ApprovalState.EXPIRED, NOW + timedelta(hours=24))
    assert deeds(session) == ["request_approval", "expire_approval"]


def test_what_the_asker_took_back_is_not_decided(session: Session, asked: Asked, cast: Cast) -> None:
    request = asked()
    withdraw_request(session, cast.ana, request.id, at=LATER)
    with pytest.raises(Refused, match="has taken this request back"):
        decide(session, cast.sofia, request.id, Decision.APPROVE, at=LATER)
    with pytest.raises(Refused, match="Only who asked"):
        withdraw_request(session, cast.sofia, request.id, at=LATER)


def test_another_team_sees_and_decides_nothing(session: Session, asked: Asked, cast: Cast, rosa: WorkItem) -> None:
    request = asked()
    stranger = replace(cast.bruno, role=Role.SUPERVISOR)
    assert inbox(session, stranger, at=LATER) == history(session, stranger, at=LATER) == []
    for ask in (
        lambda: requests_of_case(session, cast.bruno, rosa.case_id, at=LATER),
        lambda: inbox(session, stranger, at=LATER, portfolio_id=cast.mexico.id),
        lambda: decide(session, stranger, request.id, Decision.APPROVE, at=LATER),
    ):
        with pytest.raises(Refused, match="nothing here"):
            ask()


def test_the_answers_put_counter_offers_first_and_forget_after_a_day(
    session: Session, asked: Asked, cast: Cast
) -> None:
    request = decide(session, cast.sofia, asked().id, Decision.COUNTER, note="Antes", counter=NEARER, at=LATER)
    [shown] = answers_for(session, cast.ana, at=LATER)
    assert (shown.state, shown.counter.amount, shown.decider) == (ApprovalState.COUNTERED, Decimal(500), "Sofía")
    assert answers_for(session, cast.sofia, at=LATER) == []
    decline_counter(session, cast.ana, request.id, at=LATER)
    assert answers_for(session, cast.ana, at=LATER) == []
    rejected = decide(session, cast.sofia, asked(at=LATER).id, Decision.REJECT, note="No", at=LATER)
    assert [each.id for each in answers_for(session, cast.ana, at=LATER)] == [rejected.id]
    assert answers_for(session, cast.ana, at=LATER + timedelta(hours=24)) == []


def test_the_history_tells_who_decided_what(session: Session, asked: Asked, cast: Cast) -> None:
    decide(session, cast.sofia, asked().id, Decision.REJECT, note="Muy lejos", at=LATER)
    [told] = history(session, cast.marta, at=LATER)
    assert (told.asker, told.decider, told.note, told.state) == ("Ana", "Sofía", "Muy lejos", ApprovalState.REJECTED)
    assert told.terms.due_on.isoformat() == "2026-12-18"


def test_an_approved_promise_replaces_the_open_one(session: Session, asked: Asked, cast: Cast, rosa: WorkItem) -> None:
    decide(session, cast.sofia, asked().id, Decision.APPROVE, at=LATER)
    decide(session, cast.sofia, asked(amount="300.00").id, Decision.APPROVE, at=LATER)
    assert [each.state for each in promises(session)] == [PromiseState.REPLACED, PromiseState.OPEN]


def negotiation(session: Session, rosa: WorkItem) -> tuple[str, int | None] | None:
    found = session.execute(
        text("SELECT state, reserved_for FROM work_item WHERE case_id = :case AND queue = 'negotiation'"),
        {"case": rosa.case_id},
    ).first()
    return tuple(found) if found else None


@pytest.mark.parametrize("decision", Decision)
def test_an_answer_brings_the_debtor_back_to_who_asked(
    session: Session, asked: Asked, cast: Cast, rosa: WorkItem, decision: Decision
) -> None:
    request = asked()
    assert negotiation(session, rosa) is None
    decide(session, cast.sofia, request.id, decision, note="x", counter=NEARER, at=LATER)
    assert negotiation(session, rosa) == ("ready", cast.ana.user_id)


def test_what_nobody_answered_brings_the_debtor_back_too(
    session: Session, asked: Asked, cast: Cast, rosa: WorkItem
) -> None:
    asked()
    expire_approvals(session, at=NOW + timedelta(hours=24))
    assert negotiation(session, rosa) == ("ready", cast.ana.user_id)

"""The page Approvals as each role sees it, and the answers on the page of who asked."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Approval, ApprovalKind, ApprovalState, Promise, PromiseLimit, WorkItem
from models.users import Role
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.approvals import decide, request_approval, withdraw_request
from workbench.actions.dispositions import install_dispositions
from workbench.actions.payments import record_payment
from workbench.rules.approvals import Decision
from workbench.ui import access, i18n

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script>"
FAR = {"amount": "400.00", "due_on": "2026-12-18"}  # 30 days: an agent may wait 15, Sofía 40


@pytest.fixture
def opened(page_as):
    token = i18n._spoken.set("en")
    yield partial(page_as, str(ROOT / "pages/approvals.py"))
    i18n._spoken.reset(token)


@pytest.fixture
def queue(page_as, opened):
    return partial(page_as, str(ROOT / "pages/my_queue.py"))


@pytest.fixture
def rosa(fresh_cast: Cast) -> WorkItem:
    with db.transaction() as session:
        for role, days in ((Role.SUPERVISOR, 40), (Role.MANAGER, 60)):
            session.add(PromiseLimit(portfolio_id=fresh_cast.mexico.id, role=role, days_out=days))
        return owe(session, fresh_cast.mexico, name=f"Rosa {HOSTILE}")


@pytest.fixture
def asked(fresh_cast: Cast, rosa: WorkItem) -> int:
    return ask(fresh_cast.ana, rosa)


def ask(who, item: WorkItem, **terms: Any) -> int:
    with db.transaction() as session:
        request = request_approval(
            session, who, item.case_id, ApprovalKind.PROMISE, FAR | terms, reason=f"Cobra el 15 {HOSTILE}",
            key=uuid4(), at=NOW,
        )  # fmt: skip
        return request.id


def shown(page: AppTest) -> str:
    """Every text on the page, our own markup included."""
    assert not page.exception, page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.markdown]
    return " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces).replace("\xa0", " ")


def keys(page: AppTest) -> set[str]:
    return {each.key for each in page.button if each.key}


def state(approval_id: int) -> ApprovalState:
    with db.reading() as session:
        return session.get_one(Approval, approval_id).state


def taken() -> list[tuple[int, str, str]]:
    with db.reading() as session:
        return [(each.taken_by, str(each.amount), each.due_on.isoformat()) for each in session.exec(select(Promise))]


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
def test_only_supervisors_and_managers_open_it(fresh_cast: Cast, opened, name: str) -> None:
    assert shown(opened(getattr(fresh_cast, name))).strip() == "Your role does not allow this."


def test_an_empty_inbox_says_what_fills_it(fresh_cast: Cast, opened) -> None:
    assert "What an agent asks beyond their limits appears here" in shown(opened(fresh_cast.sofia))


def test_a_request_shows_who_asks_what_beside_what_the_limits_allow(fresh_cast: Cast, opened, asked: int) -> None:
    said = shown(opened(fresh_cast.sofia))
    for text in (
        "Ana asks, Wed 18 Nov 10:00",
        "Cobra el 15 &lt;script&gt;",
        "Rosa &lt;script&gt;",
        "400.00 MXN by 18 Dec 2026",
        "3 Dec 2026 at the latest",
        "24 h 0 min left",
        "1,000.00 MXN",
        "1 request waits for a decision",
    ):
        assert text in said, text
    assert HOSTILE not in said


def test_what_changed_since_it_was_asked_stands_out(fresh_cast: Cast, opened, rosa: WorkItem, asked: int) -> None:
    with db.transaction() as session:
        money = {"amount": Decimal("250.00"), "paid_on": TODAY, "reference": "R1", "by": None, "at": NOW}
        record_payment(session, case_id=rosa.case_id, **money)
    assert '<b class="cw-warn">750.00 MXN</b>' in shown(opened(fresh_cast.sofia))


def test_sofia_approves_in_one_click(fresh_cast: Cast, opened, asked: int) -> None:
    page = opened(fresh_cast.sofia).button(key=f"approve-{asked}").click().run()
    assert "Nothing waits for a decision" in shown(page)
    assert taken() == [(fresh_cast.ana.user_id, "400.00", "2026-12-18")]


def test_sofia_rejects_with_a_reason_only(fresh_cast: Cast, opened, asked: int) -> None:
    page = press(opened(fresh_cast.sofia), f"reject-form-{asked}")
    assert "Write down why." in shown(page)
    page.text_input(key=f"reject-why-{asked}").set_value("Muy lejos")
    page = press(page, f"reject-form-{asked}")
    assert state(asked) is ApprovalState.REJECTED
    page = page.segmented_control(key="approvals-part").set_value("history").run()
    assert "“Muy lejos”" in shown(page)


def press(page: AppTest, form: str) -> AppTest:
    [button] = [each for each in page.button if each.form_id == form]
    return button.click().run()


def test_sofia_counters_and_ana_accepts_in_one_click(fresh_cast: Cast, opened, queue, asked: int) -> None:
    page = opened(fresh_cast.sofia)
    page.number_input(key=f"counter-amount-1-{asked}").set_value(500.0)
    page.date_input(key=f"counter-due-1-{asked}").set_value(TODAY + timedelta(days=20))
    page.text_input(key=f"counter-why-{asked}").set_value("Antes, y más")
    press(page, f"counter-form-{asked}")
    assert state(asked) is ApprovalState.COUNTERED
    page = queue(fresh_cast.ana)
    assert "500.00 MXN by 8 Dec 2026" in shown(page)
    assert "“Antes, y más”" in shown(page)
    page.button(key=f"accept-{asked}").click().run()
    assert state(asked) is ApprovalState.ACCEPTED
    assert taken() == [(fresh_cast.ana.user_id, "500.00", "2026-12-08")]


def test_ana_declines_a_counter_offer_in_one_click(fresh_cast: Cast, queue, asked: int) -> None:
    with db.transaction() as session:
        counter = {"due_on": "2026-12-10"}
        decide(session, fresh_cast.sofia, asked, Decision.COUNTER, note="Antes", counter=counter, at=NOW)
    queue(fresh_cast.ana).button(key=f"decline-{asked}").click().run()
    assert state(asked) is ApprovalState.DECLINED
    assert taken() == []


def test_ana_reads_a_rejection_and_takes_a_request_back(fresh_cast: Cast, queue, rosa: WorkItem, asked: int) -> None:
    with db.transaction() as session:
        decide(session, fresh_cast.sofia, asked, Decision.REJECT, note="Muy lejos", at=NOW)
    again = ask(fresh_cast.ana, rosa)
    page = queue(fresh_cast.ana)
    assert "“Muy lejos”" in shown(page)
    page.button(key=f"withdraw-{again}").click().run()
    assert state(again) is ApprovalState.WITHDRAWN


def test_the_answers_are_for_who_asked(fresh_cast: Cast, queue, asked: int) -> None:
    with db.transaction() as session:
        decide(session, fresh_cast.sofia, asked, Decision.REJECT, note="Muy lejos", at=NOW)
    assert "Muy lejos" not in shown(queue(fresh_cast.bruno)) + shown(queue(fresh_cast.sofia))


def test_a_supervisor_cannot_approve_what_needs_a_manager_but_may_offer_something_else(
    fresh_cast: Cast, opened, rosa: WorkItem
) -> None:
    far = ask(fresh_cast.ana, rosa, due_on="2026-12-29")
    page = opened(fresh_cast.sofia)
    assert f"approve-{far}" not in keys(page)
    assert "It needs a manager's authority" in shown(page)
    assert f"approve-{far}" in keys(opened(fresh_cast.marta))
    page.date_input(key=f"counter-due-1-{far}").set_value(TODAY + timedelta(days=40))
    page.text_input(key=f"counter-why-{far}").set_value("Hasta aquí llego")
    press(page, f"counter-form-{far}")
    assert state(far) is ApprovalState.COUNTERED


def test_ones_own_request_has_no_buttons(fresh_cast: Cast, opened, rosa: WorkItem) -> None:
    own = ask(fresh_cast.sofia, rosa, due_on="2026-12-29")
    page = opened(fresh_cast.sofia)
    assert "You asked for this: somebody else decides." in shown(page)
    assert not any(key.endswith(f"-{own}") for key in keys(page))


def test_two_supervisors_at_once_the_second_reads_who_was_first(fresh_cast: Cast, opened, asked: int) -> None:
    page = opened(fresh_cast.sofia)
    with db.transaction() as session:
        decide(session, fresh_cast.marta, asked, Decision.REJECT, note="No", at=NOW)
    page = page.button(key=f"approve-{asked}").click().run()
    assert "Marta has already decided on this request." in shown(page)
    assert taken() == []


def test_what_the_asker_took_back_meanwhile_is_said(fresh_cast: Cast, opened, asked: int) -> None:
    page = opened(fresh_cast.sofia)
    with db.transaction() as session:
        withdraw_request(session, fresh_cast.ana, asked, at=NOW)
    page = page.button(key=f"approve-{asked}").click().run()
    assert "Who asked has taken this request back." in shown(page)


def test_what_expired_between_seeing_and_clicking_is_said(
    fresh_cast: Cast, opened, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(fresh_cast.sofia)
    monkeypatch.setattr(access, "now", lambda: NOW + timedelta(hours=24))
    page = page.button(key=f"approve-{asked}").click().run()
    assert "This request expired: Thu 19 Nov 10:00 (Mexico City)." in shown(page)
    assert taken() == []


def test_a_counter_offer_beyond_ones_own_limits_is_refused_with_them(fresh_cast: Cast, opened, asked: int) -> None:
    page = opened(fresh_cast.sofia)
    page.date_input(key=f"counter-due-1-{asked}").set_value(TODAY + timedelta(days=41))
    page.text_input(key=f"counter-why-{asked}").set_value("x")
    page = press(page, f"counter-form-{asked}")
    assert "outside your own limits: Last date: 28 Dec 2026 at the latest." in shown(page)
    assert state(asked) is ApprovalState.PENDING


def test_sofia_never_sees_a_request_of_colombia(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        theirs = owe(session, fresh_cast.colombia, name="Ajena", phone="+573001234567")
        session.add(PromiseLimit(portfolio_id=fresh_cast.colombia.id, role=Role.SUPERVISOR, days_out=40))
    ask(fresh_cast.bruno, theirs)
    assert "Ajena" not in shown(opened(fresh_cast.sofia))


def test_a_promise_that_goes_too_far_is_asked_for_where_it_is_typed(fresh_cast: Cast, queue, rosa: WorkItem) -> None:
    with db.transaction() as session:
        install_dispositions(session)
    page = queue(fresh_cast.ana)
    page = page.button[[each.label for each in page.button].index("Take the next debtor")].click().run()
    page.selectbox(key=f"outcome-{rosa.id}").set_value("call.promise").run()
    page.date_input(key=f"due-{rosa.id}").set_value(TODAY + timedelta(days=30)).run()
    page.text_input(key=f"promise-reason-{rosa.case_id}").set_value("Cobra el 15")
    page = press(page, f"ask-promise-{rosa.case_id}")
    assert "waits for a decision" in shown(page)
    with db.reading() as session:
        [request] = session.exec(select(Approval)).all()
    assert (request.reason, request.terms["due_on"], request.requested_by) == (
        "Cobra el 15",
        "2026-12-18",
        fresh_cast.ana.user_id,
    )

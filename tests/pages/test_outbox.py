"""The page Outbox as each role sees it."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import col, select
from streamlit.testing.v1 import AppTest

from models import (
    AuditEntry,
    Cause,
    Channel,
    ContactPoint,
    InboundEvent,
    Message,
    MessageEvent,
    MessageState,
    WorkItem,
)
from tests.actions.test_agreement_letters import confirmed, signed
from tests.cast import NOW, Cast, owe
from tests.queries.written import strategy_of, written
from workbench import db
from workbench.actions.inbound import receive, work_off
from workbench.actions.payments import record_payment
from workbench.actions.sandbox import Play, play
from workbench.channels.sandbox.receipts import reply
from workbench.queries.outbox import Wanted
from workbench.rules.refusals import Refused
from workbench.ui import i18n
from workbench.ui.agreement_letter import letter_bytes
from workbench.ui.outbox_file import outbox_file

PAGE = str(Path(__file__).parents[2] / "pages/outbox.py")
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def opened(page_as):
    token = i18n._spoken.set("en")  # AppTest puts a chosen state into words outside of the page
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


@pytest.fixture
def ximena(fresh_cast: Cast) -> WorkItem:
    with db.transaction() as session:
        return owe(session, fresh_cast.mexico, name=f"Ximena {HOSTILE}")


def shown(page: AppTest) -> str:
    """Every text on the page, our own markup included."""
    assert not page.exception, page.exception
    pieces = [*page.get("html"), *page.caption, *page.error, *page.info, *page.markdown, *page.warning]
    return " ".join(str(getattr(each, "value", None) or each.proto.body) for each in pieces)


def states(page: AppTest) -> list[str]:
    return [option for each in page.button_group if each.key == "outbox-state" for option in each.options]


def wrote(item: WorkItem, **fields) -> int:
    with db.transaction() as session:
        return written(session, item, **fields).id


def with_message(page: AppTest, message_id: int) -> AppTest:
    page.query_params["message"] = str(message_id)
    return page.run()


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
def test_only_supervisors_and_managers_open_it(fresh_cast: Cast, opened, name: str) -> None:
    assert shown(opened(getattr(fresh_cast, name))).strip() == "Your role does not allow this."


def test_an_empty_outbox_says_what_fills_it(fresh_cast: Cast, opened) -> None:
    assert "A published strategy plans messages every night" in shown(opened(fresh_cast.sofia))


def test_messages_are_counted_by_state_and_one_click_shows_only_those(fresh_cast: Cast, opened, ximena) -> None:
    wrote(ximena)
    wrote(ximena, state=MessageState.CANCELLED, channel=Channel.SMS, held={"code": "paid", "params": {}})
    page = opened(fresh_cast.sofia)
    assert states(page) == ["delivered · 1", "cancelled · 1"]
    [table] = [each.value for each in page.dataframe]
    assert list(table["Channel"]) == ["SMS", "WhatsApp"]
    assert list(table["Why held back"]) == ["Nothing is owed any more.", ""]
    assert list(table["Moment, there"]) == ["Wed 18 Nov 10:00 (Mexico City)"] * 2
    [pills] = [each for each in page.button_group if each.key == "outbox-state"]
    page = pills.set_value(MessageState.CANCELLED).run()
    [table] = [each.value for each in page.dataframe]
    assert list(table["State"]) == ["cancelled"]
    assert states(page) == ["delivered · 1", "cancelled · 1"]


def test_a_message_the_law_blocked_names_its_article(fresh_cast: Cast, opened, ximena) -> None:
    held = {"code": "law", "params": {}, "rule": "co.hours", "law": "Ley 2300 de 2023 art. 3", "msgid": "Too late."}
    wrote(ximena, state=MessageState.BLOCKED, held=held)
    [table] = [each.value for each in opened(fresh_cast.sofia).dataframe]
    assert list(table["Why held back"]) == ["Too late (Ley 2300 de 2023 art. 3)."]


def test_the_detail_shows_what_left_and_why_and_escapes_it(fresh_cast: Cast, opened, ximena) -> None:
    chosen = {
        "channel": {"rate": 0.3, "answers": 2, "deliveries": 4, "base": 0.1, "base_answers": 5, "base_deliveries": 50}
    }
    with db.transaction() as session:
        point = session.exec(select(ContactPoint).where(ContactPoint.debtor_id == ximena.debtor_id)).one()
        strategy = strategy_of(session, fresh_cast.mexico.id)
        step = {"cause": Cause.STEP, "strategy_id": strategy.id, "step": "day_1", "anchor_on": NOW.date()}
        more = {"language_wanted": "en", "chosen": chosen, "body": f"Hola {HOSTILE}", "contact_point_id": point.id}
        left = written(session, ximena, provider_id="wamid.77", segment="all", **step, **more)
        session.add(MessageEvent(message_id=left.id, state=MessageState.DELIVERED, at=NOW, source="receipt"))
        asked = left.id
    said = shown(with_message(opened(fresh_cast.marta), asked))
    for text in (
        "+525512345678",
        "Hola &lt;script&gt;",
        "in Spanish, because English is missing",
        "WhatsApp: 30.0 % answers expected. Of their own 2 of 4",
        "strategy version 1",
        "wamid.77",
        "the provider said so",
        "Wed 18 Nov 10:00 (Mexico City)",
    ):
        assert text in said, text
    assert HOSTILE not in said


def step_of_today(item: WorkItem, **more) -> int:
    """A first notice planned for the debt of the case."""
    with db.transaction() as session:
        strategy = strategy_of(session, item.portfolio_id)
        anchor = {"anchor_on": NOW.date() - timedelta(days=20), "template_code": "first_notice"}
        step = {"cause": Cause.STEP, "strategy_id": strategy.id, "step": "day_1", "channel": Channel.SMS}
        return written(session, item, state=MessageState.PLANNED, at=NOW, **step, **anchor, **more).id


def test_what_waits_is_shown_as_it_would_leave_now(fresh_cast: Cast, opened, ximena) -> None:
    said = shown(with_message(opened(fresh_cast.sofia), step_of_today(ximena)))
    assert "As it would leave now; the amounts are read again when it does. · 1,000.00" in said
    assert "Banco del Valle" in said
    assert "+525512345678" in said


def test_what_would_be_held_back_now_says_why(fresh_cast: Cast, opened, ximena) -> None:
    asked = step_of_today(ximena)
    with db.transaction() as session:
        paid = {"amount": Decimal("1000.00"), "paid_on": NOW.date(), "reference": "P", "by": None, "at": NOW}
        record_payment(session, case_id=ximena.case_id, **paid)
    said = shown(with_message(opened(fresh_cast.sofia), asked))
    assert "It would be held back now: Nothing is owed any more." in said


def test_sofia_never_sees_a_message_of_colombia(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        theirs = written(session, owe(session, fresh_cast.colombia, name="Ajena", phone="+573001234567")).id
    page = with_message(opened(fresh_cast.sofia), theirs)
    assert "There is nothing here that you may see." in shown(page)
    assert "Ajena" not in shown(page)


def test_older_messages_are_a_click_away(fresh_cast: Cast, opened, ximena) -> None:
    with db.transaction() as session:
        for number in range(53):
            written(session, ximena, at=NOW - timedelta(minutes=number))
    page = opened(fresh_cast.sofia)
    assert len(page.dataframe[0].value) == 50
    page = page.button(key="outbox-older").click().run()
    assert len(page.dataframe[0].value) == 3
    assert page.button(key="outbox-older").disabled
    page = page.button(key="outbox-newer").click().run()
    assert len(page.dataframe[0].value) == 50


def state_of(message_id: int) -> MessageState:
    with db.reading() as session:
        return session.get_one(Message, message_id).state


def test_sofia_cancels_what_has_not_left_and_says_why(fresh_cast: Cast, opened, ximena) -> None:
    asked = wrote(ximena, state=MessageState.PLANNED, at=NOW + timedelta(hours=1))
    page = with_message(opened(fresh_cast.sofia), asked)
    page = cancel(page)
    assert "Write down why." in shown(page)
    page.text_input(key="cancel-reason").set_value("She is in hospital")
    page = cancel(page)
    assert state_of(asked) is MessageState.CANCELLED
    said = shown(page)
    assert "Cancelled by a person: She is in hospital" in said
    assert "Sofía" in said


def cancel(page: AppTest) -> AppTest:
    [button] = [each for each in page.button if each.label == "Cancel 1 message"]
    return button.click().run()


@pytest.mark.parametrize(
    ("button", "state"),
    [("left", MessageState.SENT), ("lost", MessageState.FAILED), ("again", MessageState.FAILED)],
)
def test_a_person_says_what_became_of_what_nobody_knows(fresh_cast: Cast, opened, ximena, button, state) -> None:
    asked = wrote(ximena, state=MessageState.UNCONFIRMED, error="connection cut after the request", ended_at=NOW)
    page = opened(fresh_cast.marta)
    assert "1 message may have left" in [each.label for each in page.expander]
    assert "connection cut after the request" in shown(page)
    page = page.button(key=f"{button}-{asked}").click().run()
    assert not page.exception
    assert state_of(asked) is state
    with db.reading() as session:
        planned = session.exec(select(Message).where(Message.state == MessageState.PLANNED)).all()
    assert len(planned) == (button == "again")


@pytest.fixture
def played_with(fresh_cast: Cast, ximena) -> int:
    """A message that the sandbox took."""
    with db.transaction() as session:
        point = session.exec(select(ContactPoint).where(ContactPoint.debtor_id == ximena.debtor_id)).one()
        sandbox = {"provider": "sandbox", "contact_point_id": point.id, "key": "k1", "provider_id": "sandbox-k1"}
        return written(session, ximena, state=MessageState.SENT, **sandbox).id


def work_off_all() -> None:
    with db.transaction() as session:
        for event in session.exec(select(InboundEvent).where(col(InboundEvent.worked_at).is_(None))).all():
            work_off(session, event.id, at=NOW)


@pytest.mark.parametrize("what", ["delivered", "read", "bounced"])
def test_the_sandboxs_provider_is_played_like_a_webhook(fresh_cast: Cast, opened, played_with: int, what: str) -> None:
    page = with_message(opened(fresh_cast.sofia), played_with)
    page = page.button(key=f"{what}-{played_with}").click().run()
    assert not page.exception
    assert state_of(played_with) is MessageState.SENT  # until it is worked off
    work_off_all()
    assert state_of(played_with) is MessageState(what)


def test_the_sandboxs_debtor_answers_once_and_stops_everything(fresh_cast: Cast, opened, ximena, played_with) -> None:
    waiting = wrote(ximena, state=MessageState.PLANNED, at=NOW + timedelta(hours=3))
    page = with_message(opened(fresh_cast.sofia), played_with)
    page.text_input(key=f"play-words-{played_with}").set_value("STOP")
    [button] = [each for each in page.button if each.label == "Send answer"]
    page = button.click().run()
    assert not page.exception
    assert state_of(waiting) is MessageState.CANCELLED
    with db.reading() as session:
        assert len(session.exec(select(InboundEvent)).all()) == 1
        deeds = session.exec(select(AuditEntry.deed).where(AuditEntry.deed == "play_sandbox")).all()
    assert deeds == ["play_sandbox"]


def test_only_what_the_sandbox_took_can_be_played(fresh_cast: Cast, opened, ximena) -> None:
    asked = wrote(ximena)
    page = with_message(opened(fresh_cast.sofia), asked)
    assert not [each for each in page.button if each.key == f"read-{asked}"]
    with pytest.raises(Refused, match="Only what the sandbox took"), db.transaction() as session:
        play(session, fresh_cast.sofia, asked, Play.READ, number="1", at=NOW)


@pytest.mark.parametrize(("name", "because"), [("ana", "role"), ("bruno", "role"), ("alma", "role")])
def test_others_may_not_play(fresh_cast: Cast, played_with: int, name: str, because: str) -> None:
    with pytest.raises(Refused, match=because), db.transaction() as session:
        play(session, getattr(fresh_cast, name), played_with, Play.READ, number="1", at=NOW)


def test_the_file_runs_no_formula_and_is_audited(fresh_cast: Cast, opened, monkeypatch) -> None:
    with db.transaction() as session:
        written(session, owe(session, fresh_cast.mexico, name='=HYPERLINK("http://x")'))
    opened(fresh_cast.sofia)  # the clock of the pages
    wanted = Wanted(fresh_cast.mexico.id, NOW - timedelta(days=7), NOW + timedelta(days=1))
    file = outbox_file(fresh_cast.sofia.user_id, wanted).decode("utf-8-sig")
    assert "\"'=HYPERLINK" in file
    with db.reading() as session:
        [entry] = session.exec(select(AuditEntry).where(AuditEntry.deed == "export_outbox")).all()
    assert (entry.by_id, entry.details["rows"]) == (fresh_cast.sofia.user_id, 1)


def part(page: AppTest, name: str) -> AppTest:
    return page.segmented_control(key="outbox-part").set_value(name).run()


def test_who_wrote_from_an_unknown_number_is_listed(fresh_cast: Cast, opened) -> None:
    assert "Nobody unknown has written" in shown(part(opened(fresh_cast.sofia), "strangers"))
    with db.transaction() as session:
        told = reply("+525599999999", "¿Quién es?", at=NOW, number="9")
        receive(session, Channel.WHATSAPP, "sandbox", [told], {}, at=NOW)
    work_off_all()
    page = part(opened(fresh_cast.sofia), "strangers")
    [table] = [each.value for each in page.dataframe]
    assert list(table["Words"]) == ["¿Quién es?"]
    assert list(table["Sender"]) == ["+525599999999"]


def test_without_a_published_strategy_nothing_is_held_back(fresh_cast: Cast, opened) -> None:
    assert "No strategy is published" in shown(part(opened(fresh_cast.sofia), "held"))


def test_held_back_today_is_counted_by_reason(fresh_cast: Cast, opened) -> None:
    with db.transaction() as session:
        owe(session, fresh_cast.mexico, name="Sin teléfono", days_past_due=1, phone=None)
        strategy = strategy_of(session, fresh_cast.mexico.id)
        step = {"code": "day_1", "name": "Aviso", "offset": 1, "channels": ["sms"], "template": "first_notice"}
        strategy.definition = {"segments": [{"code": "all", "name": "Todos", "steps": [step]}]}
    page = part(opened(fresh_cast.sofia), "held")
    assert "1 debtor would be written to" in shown(page)
    [table] = [each.value for each in page.dataframe]
    assert list(table["Debtor"]) == ["Sin teléfono"]


def test_the_letter_that_goes_along_is_taken_out_of_the_detail_and_noted(fresh_cast: Cast, opened, ximena) -> None:
    with db.transaction() as session:
        agreement = signed(session, ximena, 7)
        letter = confirmed(session, agreement).document_id
        asked = letter_sent(session, ximena, agreement, letter)
    page = with_message(opened(fresh_cast.sofia), asked)
    assert [each.label for each in page.get("download_button") if "Letter" in each.label] == ["Letter (PDF)"]
    assert letter_bytes(fresh_cast.sofia.user_id, letter).startswith(b"%PDF")
    with db.reading() as session:
        noted = session.exec(select(AuditEntry).where(AuditEntry.deed == "export_agreement_letter")).one()
    assert (noted.subject_id, noted.by_id) == (letter, fresh_cast.sofia.user_id)
    with pytest.raises(Refused, match="nothing here"):
        letter_bytes(fresh_cast.bruno.user_id, letter)


def letter_sent(session, item: WorkItem, agreement, letter: int) -> int:
    return written(session, item, cause=Cause.AGREEMENT, agreement_id=agreement.id, document_id=letter).id or 0

"""The letter of an agreement and the reminders of its installments: written once, sent like every message, stopped in time."""

from datetime import timedelta
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from models import (
    Agreement,
    AgreementState,
    AuditEntry,
    Cause,
    Channel,
    Document,
    Installment,
    Message,
    MessageState,
    OfferKind,
    WorkItem,
)
from tests.actions.books import (
    DAY,
    day,
    debtor,
    debtor_of,
    email,
    opt_out,
    pause,
    publish,
    saved,
    step,
    strategy,
    written,
)
from tests.cast import NOW, TODAY, Cast
from tests.channels.conftest import configured
from tests.letters import again
from tests.providers import MailServer
from workbench.actions import agreement_letters, outbox
from workbench.actions.message_moves import fall_back
from workbench.actions.planning import plan_events, plan_night
from workbench.channels.adapters import adapter_for
from workbench.queries.agreement_letters import letter_file, letters_kept
from workbench.rules.held import Code
from workbench.rules.refusals import Refused


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    due = {"channels": ["sms"], "templates": {"1": "installment_due", "0": "installment_due"}}
    publish(session, cast.mexico, strategy(step("late", 3), installment_due=due))
    return debtor(session, cast.mexico, 3)


def signed(session: Session, item: WorkItem, *due: int, **fields: Any) -> Agreement:
    """An agreement of installments due in so many days, 100 each."""
    total = Decimal(100 * len(due))
    values = {"principal": total + 20, "discount_principal": Decimal(20), "total": total, "created_at": NOW}
    values |= {"signed_on": TODAY, "kind": OfferKind.SHORT_PLAN, "submission_key": uuid4()}
    made = saved(session, Agreement(portfolio_id=item.portfolio_id, case_id=item.case_id, **values | fields))
    for number, days in enumerate(due, 1):
        saved(session, Installment(agreement_id=made.id, number=number, due_on=day(days), amount=Decimal(100)))
    return made


def confirmed(session: Session, agreement: Agreement) -> agreement_letters.Letter:
    return agreement_letters.confirm(session, agreement, by=None, at=NOW)


def begun(session: Session, message: Message) -> Any:
    outbox.dispatch(session, at=NOW)
    return outbox.begin(session, message.id, at=NOW)


def test_the_letter_leaves_by_email_with_the_pdf(
    session: Session, item: WorkItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    email(session, item)
    agreement = signed(session, item, 7, 38)
    letter = confirmed(session, agreement)
    assert (letter.channel, letter.held) == ("email", None)
    (message,) = written(session)
    assert (message.key, message.cause) == (f"agreement:{agreement.id}:email", Cause.AGREEMENT)
    assert (message.agreement_id, message.document_id) == (agreement.id, letter.document_id)
    assert (message.fallbacks, message.not_before) == (["whatsapp", "sms"], NOW)
    outgoing = begun(session, message)
    assert "200.00 MXN" in outgoing.body
    assert "25 de noviembre de 2026" in outgoing.body
    with MailServer() as post_office:
        adapter_for(Channel.EMAIL, configured(monkeypatch, **post_office.settings())).send(outgoing)
        arrived = message_from_bytes(post_office.tally.last.carried["raw"], policy=default)
    (attached,) = arrived.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (f"convenio-{agreement.id}.pdf", "application/pdf")
    assert attached.get_content() == session.get(Document, letter.document_id).content
    assert outgoing.body.splitlines()[0] in arrived.get_body().get_content()


def test_without_an_address_it_leaves_in_words(session: Session, item: WorkItem) -> None:
    letter = confirmed(session, signed(session, item, 7, 38))
    assert letter.channel == "whatsapp"
    (message,) = written(session)
    outgoing = begun(session, message)
    assert outgoing.attachments == ()
    assert "convenio por 200.00 MXN, en pagos: 2" in outgoing.body


def test_the_same_letter_is_written_and_planned_once(session: Session, cast: Cast, item: WorkItem) -> None:
    agreement = signed(session, item, 7)
    first, second = confirmed(session, agreement), agreement_letters.send_again(session, cast.ana, agreement.id, at=NOW)
    assert first == second
    assert len(written(session)) == len(session.scalars(select(Document)).all()) == 1


def test_an_address_found_later_gets_it_too(session: Session, cast: Cast, item: WorkItem) -> None:
    agreement = signed(session, item, 7)
    confirmed(session, agreement)
    email(session, item)
    assert agreement_letters.send_again(session, cast.ana, agreement.id, at=NOW).channel == "email"
    assert {message.channel for message in written(session)} == {Channel.WHATSAPP, Channel.EMAIL}


@pytest.mark.parametrize(
    ("state", "leaves"),
    [("active", True), ("completed", True), ("withdrawn", False), ("broken", False), ("replaced", False)],
)
def test_a_letter_of_what_has_ended_does_not_leave(
    session: Session, cast: Cast, item: WorkItem, state: str, *, leaves: bool
) -> None:
    agreement = signed(session, item, 7)
    confirmed(session, agreement)
    agreement.state = AgreementState(state)
    agreement.closed_on = None if state == "active" else TODAY
    saved(session, agreement)
    (message,) = written(session)
    assert (begun(session, message) is not None) is leaves
    told = again(session, message)
    assert told.state == (MessageState.SENDING if leaves else MessageState.CANCELLED)
    if not leaves:
        assert told.held["code"] == Code.OVERTAKEN
        with pytest.raises(Refused, match="has ended"):
            agreement_letters.send_again(session, cast.ana, agreement.id, at=NOW)


def test_what_keeps_a_letter_back_is_said_and_the_pdf_is_kept(session: Session, cast: Cast, item: WorkItem) -> None:
    for channel in (Channel.SMS, Channel.WHATSAPP):
        opt_out(session, item, channel)
    letter = confirmed(session, signed(session, item, 7))
    assert (letter.channel, letter.held) == (None, Code.OPTED_OUT)
    assert written(session) == []
    assert letter_file(session, cast.ana, letter.document_id).content.startswith(b"%PDF")


def test_a_paused_case_gets_no_letter(session: Session, item: WorkItem) -> None:
    pause(session, item)
    assert confirmed(session, signed(session, item, 7)).held == Code.PAUSED


@pytest.mark.parametrize(("spoken", "language", "wanted"), [("en", "en", None), ("qu", "es", "qu"), (None, "es", None)])
def test_it_is_in_the_debtors_language_where_there_is_one(
    session: Session, item: WorkItem, spoken: str | None, language: str, wanted: str | None
) -> None:
    debtor_of(session, item, language=spoken)
    letter = confirmed(session, signed(session, item, 7))
    assert session.get(Document, letter.document_id).language == language
    entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "write_agreement_letter")).one()
    assert entry.details["language_wanted"] == wanted


def test_nobody_outside_the_portfolio_reads_or_sends_it(session: Session, cast: Cast, item: WorkItem) -> None:
    agreement = signed(session, item, 7)
    letter = confirmed(session, agreement)
    assert [each.document_id for each in letters_kept(session, cast.ana, item.case_id)] == [letter.document_id]
    assert letters_kept(session, cast.bruno, item.case_id) == []
    with pytest.raises(Refused, match="nothing here"):
        letter_file(session, cast.bruno, letter.document_id)
    with pytest.raises(Refused, match="nothing here"):
        agreement_letters.send_again(session, cast.bruno, agreement.id, at=NOW)


# reminders


def test_an_installment_is_reminded_of_the_day_before_and_on_its_day(session: Session, item: WorkItem) -> None:
    agreement = signed(session, item, 2, 33, signed_on=day(-1))
    assert [plan_events(session, at=NOW + days * DAY) for days in range(4)] == [0, 1, 1, 0]
    assert [message.key for message in written(session)] == [
        f"installment_due:{agreement.id}:1:{day(1)}:sms",
        f"installment_due:{agreement.id}:1:{day(2)}:sms",
    ]


def test_a_reminder_says_what_is_still_to_be_paid_of_it(session: Session, item: WorkItem) -> None:
    agreement = signed(session, item, -30, 1, signed_on=day(-40))
    part = session.get(Installment, (agreement.id, 2))
    part.paid = Decimal(40)
    saved(session, part)
    assert plan_events(session, at=NOW) == 1
    (message,) = written(session)
    assert message.agreement_id == agreement.id
    assert "60.00 MXN" in begun(session, message).body


@pytest.mark.parametrize(
    ("change", "code"),
    [({"paid": Decimal(100)}, Code.PAID), ({"state": AgreementState.WITHDRAWN, "closed_on": TODAY}, Code.OVERTAKEN)],
)
def test_a_reminder_is_dropped_when_it_has_become_wrong(
    session: Session, item: WorkItem, change: dict[str, Any], code: Code
) -> None:
    agreement = signed(session, item, 1, signed_on=day(-1))
    assert plan_events(session, at=NOW) == 1
    row = session.get(Installment, (agreement.id, 1)) if "paid" in change else agreement
    for name, value in change.items():
        setattr(row, name, value)
    saved(session, row)
    (message,) = written(session)
    assert begun(session, message) is None
    assert again(session, message).held["code"] == code


@pytest.mark.parametrize(
    ("fields", "paid"),
    [
        ({"signed_on": TODAY}, 0),
        ({"signed_on": day(-9)}, 100),
        ({"state": AgreementState.BROKEN, "closed_on": TODAY}, 0),
    ],
)
def test_what_need_not_be_reminded_of_is_not(
    session: Session, item: WorkItem, fields: dict[str, Any], paid: int
) -> None:
    agreement = signed(session, item, 1, **{"signed_on": day(-9)} | fields)
    part = session.get(Installment, (agreement.id, 1))
    part.paid = Decimal(paid)
    saved(session, part)
    assert plan_events(session, at=NOW) == 0


@pytest.mark.parametrize(("missed", "steps"), [(0, 0), (1, 1)])
def test_who_keeps_an_agreement_is_left_alone_by_the_strategy(
    session: Session, cast: Cast, item: WorkItem, missed: int, steps: int
) -> None:
    assert item.id
    signed(session, item, 20, missed=missed, missed_limit=2)
    assert plan_night(session, cast.mexico, on=TODAY, at=NOW).messages == steps


def test_a_step_on_its_way_stops_when_an_agreement_is_signed(session: Session, cast: Cast, item: WorkItem) -> None:
    plan_night(session, cast.mexico, on=TODAY, at=NOW)
    signed(session, item, 20)
    (message,) = written(session)
    assert begun(session, message) is None
    assert again(session, message).held["code"] == Code.PROMISED


def test_a_letter_can_be_tried_again_and_falls_back_with_all_it_has(session: Session, item: WorkItem) -> None:
    email(session, item)
    agreement = signed(session, item, 7)
    letter = confirmed(session, agreement)
    (message,) = written(session)
    assert begun(session, message)
    other = session.get(Message, fall_back(session, message.id, at=NOW + timedelta(minutes=1)))
    assert (other.key, other.agreement_id) == (f"agreement:{agreement.id}:whatsapp", agreement.id)
    assert other.document_id == letter.document_id

"""Which text leaves, in which language, and what it tells of."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from models import Cause, Channel, Debtor, MessageState, PromiseState, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from tests.letters import a_payment, a_promise, again, approve, plan, stopped, wrote
from workbench.actions import outbox
from workbench.actions.payments import reverse_payment
from workbench.queries.templates import chosen_template

DAY = timedelta(days=1)


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    approve(session)
    return owe(session, cast.mexico, name="Deudora Ejemplo")


@pytest.mark.parametrize(
    ("wanted", "own", "got", "noted"),
    [
        pytest.param("es", True, "es", None, id="own-before-shipped"),
        pytest.param("en", False, "en", None, id="the-debtors-language"),
        pytest.param("en-US", False, "en", None, id="a-dialect"),
        pytest.param("pt", False, "es", "pt", id="a-missing-language-falls-back-and-says-so"),
        pytest.param(None, False, "es", None, id="unknown-is-the-portfolios"),
    ],
)
def test_the_text_is_the_one_that_the_templates_choose(
    session: Session, cast: Cast, item: WorkItem, wanted: str | None, *, own: bool, got: str, noted: str | None
) -> None:
    approve(session, language="en")
    if own:
        approve(session, portfolio_id=cast.mexico.id)
    session.get_one(Debtor, item.debtor_id).language = wanted
    message = plan(session, item)
    assert outbox.begin(session, message.id, at=NOW) is not None
    found = again(session, message)
    assert (found.language, found.language_wanted) == (got, noted)
    chosen = chosen_template(session, cast.mexico, "notice", Channel.SMS, wanted)
    assert chosen is not None
    assert found.template_id == chosen[0].id


def test_whatsapp_takes_free_words_only_after_the_debtors_own(session: Session, item: WorkItem) -> None:
    approve(session, channel=Channel.WHATSAPP)
    message = plan(session, item, channel=Channel.WHATSAPP)
    assert stopped(session, message) == (MessageState.FAILED, "window_closed")
    wrote(session, item, "reply.unknown", at=NOW - timedelta(hours=3))
    thanks = plan(
        session,
        item,
        cause=Cause.PAYMENT_THANKS,
        channel=Channel.WHATSAPP,
        key="t",
        payment_id=a_payment(session, item),
    )
    assert outbox.begin(session, thanks.id, at=NOW) is not None


def test_an_approved_whatsapp_template_goes_with_its_variables(session: Session, item: WorkItem) -> None:
    approve(session, channel=Channel.WHATSAPP, whatsapp_name="notice_es")
    outgoing = outbox.begin(session, plan(session, item, channel=Channel.WHATSAPP).id, at=NOW)
    assert outgoing is not None
    assert outgoing.template_name == "notice_es"
    assert outgoing.variables[0] == "Deudora Ejemplo"


def test_a_promise_is_recalled_while_it_is_open(session: Session, item: WorkItem) -> None:
    promise = a_promise(item, due_on=TODAY + DAY)
    session.add(promise)
    session.flush()
    fields = {"cause": Cause.PROMISE_DUE, "promise_id": promise.id}
    assert outbox.begin(session, plan(session, item, **fields, key="1").id, at=NOW) is not None
    promise.state, promise.closed_on = PromiseState.WITHDRAWN, TODAY
    session.flush()
    assert stopped(session, plan(session, item, **fields, key="2")) == (MessageState.CANCELLED, "overtaken")


def test_thanks_for_a_payment_taken_back_do_not_leave(session: Session, item: WorkItem) -> None:
    payment = a_payment(session, item)
    fields = {"cause": Cause.PAYMENT_THANKS, "payment_id": payment}
    assert outbox.begin(session, plan(session, item, **fields, key="1").id, at=NOW) is not None
    reverse_payment(session, payment, on=TODAY, by=None, at=NOW)
    assert stopped(session, plan(session, item, **fields, key="2")) == (MessageState.CANCELLED, "overtaken")

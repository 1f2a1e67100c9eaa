from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import Channel, MessageState, OptOut, WorkItem
from tests.cast import NOW, Cast, owe
from tests.letters import again, approve, email_of, plan
from workbench.actions import outbox
from workbench.actions.opt_outs import end_opt_out, opt_out, stop_channel
from workbench.rules.refusals import Refused

CANCELLED, MINUTE = MessageState.CANCELLED, timedelta(minutes=1)


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    approve(session)
    approve(session, channel=Channel.EMAIL)
    return owe(session, cast.mexico)


def test_a_stop_word_stops_all_that_waits_on_its_channel_and_nothing_else(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    email_of(session, item)
    queued, planned = plan(session, item), plan(session, item, state=MessageState.PLANNED)
    mail, begun = plan(session, item, channel=Channel.EMAIL), plan(session, item)
    somebody_elses = plan(session, owe(session, cast.mexico, phone="+525587654321"))
    assert outbox.begin(session, begun.id, at=NOW)
    for _ in range(2):
        stop_channel(session, [item.debtor_id], Channel.SMS, source="stop_word", at=NOW)
    assert [again(session, each).state for each in (queued, planned)] == [CANCELLED, CANCELLED]
    assert again(session, queued).held["code"] == "stop_word"
    assert again(session, begun).state is MessageState.SENDING
    assert outbox.begin(session, mail.id, at=NOW)
    assert outbox.begin(session, somebody_elses.id, at=NOW)
    assert len(session.scalars(select(OptOut)).all()) == 1
    assert session.execute(text("SELECT count(*) FROM audit_entry WHERE deed = 'stop_channel'")).scalar_one() == 1


def test_a_number_of_two_debtors_stops_both(session: Session, cast: Cast, item: WorkItem) -> None:
    other = owe(session, cast.mexico)
    messages = [plan(session, each) for each in (item, other)]
    ids = [item.debtor_id, other.debtor_id]
    assert stop_channel(session, ids, Channel.SMS, source="stop_word", at=NOW) == 2
    assert {again(session, each).state for each in messages} == {CANCELLED}


def test_a_debtor_is_written_to_again_when_a_supervisor_says_why(session: Session, cast: Cast, item: WorkItem) -> None:
    opt_out(session, cast.ana, item.case_id, Channel.SMS, at=NOW)
    live = session.scalars(select(OptOut)).one()
    assert (live.source, live.by_id) == ("person", cast.ana.user_id)
    with pytest.raises(Refused):
        end_opt_out(session, cast.ana, live.id, because="Lo pidió", at=NOW)
    with pytest.raises(Refused):
        end_opt_out(session, cast.sofia, live.id, because=" ", at=NOW)
    with pytest.raises(Refused):
        end_opt_out(session, cast.bruno, live.id, because="x", at=NOW)
    assert outbox.begin(session, plan(session, item).id, at=NOW) is None
    end_opt_out(session, cast.sofia, live.id, because="Lo pidió por escrito", at=NOW + MINUTE)
    assert outbox.begin(session, plan(session, item).id, at=NOW + MINUTE)
    with pytest.raises(Refused):
        end_opt_out(session, cast.sofia, live.id, because="otra vez", at=NOW + MINUTE)
    stop_channel(session, [item.debtor_id], Channel.SMS, source="stop_word", at=NOW + MINUTE)
    assert len(session.scalars(select(OptOut)).all()) == 2


def test_nobody_notes_an_opt_out_of_a_case_they_may_not_see(session: Session, cast: Cast, item: WorkItem) -> None:
    with pytest.raises(Refused, match="nothing here"):
        opt_out(session, cast.bruno, item.case_id, Channel.SMS, at=NOW)
    with pytest.raises(Refused):
        opt_out(session, cast.ana, item.case_id, Channel.CALL, at=NOW)

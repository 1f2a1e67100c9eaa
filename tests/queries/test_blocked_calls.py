"""Which blocked calls of a case wait for a supervisor's answer, and who sees them."""

from dataclasses import replace

import pytest
from sqlmodel import Session, select

from models import BlockedContact
from tests.actions.test_interactions import LATE, MINUTE, form_for, hold
from tests.cast import Cast, owe
from workbench.actions.blocked_forms import save_blocked
from workbench.actions.interactions import record
from workbench.queries.blocked_calls import blocked_calls
from workbench.rules.refusals import Refused
from workbench.rules.unlawful import Unlawful


@pytest.fixture
def case_id(session: Session, cast: Cast) -> int:
    """The case of a debtor whom Ana called too late."""
    item = owe(session, cast.mexico)
    hold(session, cast)
    with pytest.raises(Unlawful) as refused:
        record(session, cast.ana, form_for(session, item, "call.no_answer", started_at=LATE, note="Nadie"), at=LATE)
    assert refused.value.trace
    refused.value.trace(session)
    return item.case_id


def test_a_blocked_call_waits_until_a_supervisor_answers_for_it(session: Session, cast: Cast, case_id: int) -> None:
    [call] = blocked_calls(session, cast.sofia, case_id)
    assert (call.by, call.note, call.at, call.rule) == ("Ana", "Nadie", LATE, "policy.hours")
    [in_english] = blocked_calls(session, replace(cast.sofia, language="en"), case_id)
    assert (call.outcome, in_english.outcome) == ("No contesta", "No answer")
    save_blocked(session, cast.sofia, call.id, reason="lo pidió", at=LATE + MINUTE)
    assert blocked_calls(session, cast.sofia, case_id) == []


def test_a_supervisor_of_another_team_sees_none(session: Session, cast: Cast, case_id: int) -> None:
    stranger = replace(cast.sofia, portfolio_ids=cast.bruno.portfolio_ids)
    assert blocked_calls(session, stranger, case_id) == []
    blocked_id = session.exec(select(BlockedContact.id)).one()
    with pytest.raises(Refused, match="nothing here that you may see"):
        save_blocked(session, stranger, blocked_id, reason="sí", at=LATE + MINUTE)


def test_an_agent_answers_for_none(session: Session, cast: Cast, case_id: int) -> None:
    with pytest.raises(Refused, match="role"):
        blocked_calls(session, cast.ana, case_id)

from typing import Any

import pytest
from sqlmodel import Session, select

from models import AuditEntry, Debtor, WorkItem, WorkState
from tests.cast import NOW, Cast, owe
from workbench.actions import worklist
from workbench.actions.contact_facts import set_facts
from workbench.rules.contact_places import UNTIL_TOLD_OTHERWISE
from workbench.rules.refusals import Refused


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    return owe(session, cast.mexico)


def test_who_opted_out_is_handed_out_to_nobody_until_the_fact_is_gone(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    set_facts(session, cast.sofia, item.debtor_id, {"opted_out": True}, at=NOW)
    session.expire_all()
    assert (item.state, item.not_before) == (WorkState.WAITING, UNTIL_TOLD_OTHERWISE)
    assert worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW) is None
    assert worklist.next_moment(session, cast.ana, cast.mexico.id, NOW).at is None
    set_facts(session, cast.sofia, item.debtor_id, {"opted_out": None}, at=NOW)
    session.expire_all()
    assert (item.state, item.not_before) == (WorkState.READY, None)
    assert worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)


def test_facts_are_added_to_those_known_and_the_audit_says_what_changed(
    session: Session, cast: Cast, item: WorkItem
) -> None:
    set_facts(session, cast.sofia, item.debtor_id, {"product": "card"}, at=NOW)
    set_facts(session, cast.marta, item.debtor_id, {"opt_out": True, "product": "card"}, at=NOW)
    set_facts(session, cast.marta, item.debtor_id, {"product": "card"}, at=NOW)
    assert session.get_one(Debtor, item.debtor_id).contact_facts == {"product": "card", "opted_out": True}
    entries = session.exec(
        select(AuditEntry).where(AuditEntry.deed == "set_contact_facts").order_by(AuditEntry.id)
    ).all()
    assert [entry.details for entry in entries] == [
        {"product": {"from": None, "to": "card"}},
        {"opted_out": {"from": None, "to": True}},
    ]


@pytest.mark.parametrize(
    ("facts", "because"),
    [
        ({"left_handed": True}, "no fact .left_handed.; known are: product"),
        ({"opted_out": "yes"}, "does not fit"),
        ({"product": ""}, "does not fit"),
        ({"consumer_requested_window": ["19:00", "18:00"]}, "does not fit"),
        ({"consumer_requested_window": ["noon", "18:00"]}, "does not fit"),
        ({"authorised_channels": ["pigeon"]}, "does not fit"),
    ],
)
def test_a_wrong_fact_is_refused(
    session: Session, cast: Cast, item: WorkItem, facts: dict[str, Any], because: str
) -> None:
    with pytest.raises(Refused, match=because):
        set_facts(session, cast.sofia, item.debtor_id, facts, at=NOW)


@pytest.mark.parametrize(("who", "because"), [("ana", "role"), ("alma", "role"), ("bruno", "role")])
def test_agents_and_admins_write_no_facts(session: Session, cast: Cast, item: WorkItem, who: str, because: str) -> None:
    with pytest.raises(Refused, match=because):
        set_facts(session, getattr(cast, who), item.debtor_id, {"opted_out": True}, at=NOW)


def test_a_debtor_of_others_is_not_there(session: Session, cast: Cast) -> None:
    theirs = owe(session, cast.colombia)
    with pytest.raises(Refused, match="nothing here"):
        set_facts(session, cast.sofia, theirs.debtor_id, {"opted_out": True}, at=NOW)

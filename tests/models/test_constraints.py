import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from models import BlockedContact, Channel, Queue, WorkItem, WorkState
from tests.cast import NOW, Cast, owe
from workbench.actions import audit


@pytest.mark.parametrize(
    "deed", ["UPDATE audit_entry SET deed = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_audit_entries_cannot_be_changed_or_deleted(session: Session, cast: Cast, deed: str) -> None:
    audit.log(session, "hire", "app_user", cast.ana.user_id, by=None, at=NOW)
    with pytest.raises(DBAPIError, match="audit entries cannot be changed"):
        session.execute(text(deed))


@pytest.mark.parametrize(
    "deed", ["UPDATE blocked_contact SET rule = 'x'", "DELETE FROM blocked_contact", "TRUNCATE blocked_contact"]
)
def test_blocked_contacts_cannot_be_changed_or_deleted(session: Session, cast: Cast, deed: str) -> None:
    item = owe(session, cast.mexico)
    fields = {"case_id": item.case_id, "portfolio_id": item.portfolio_id, "debtor_id": item.debtor_id}
    law = {"rule": "mx.window", "law": "Ley", "confidence": "text", "version": "x", "because": {"msgid": "No"}}
    session.add(BlockedContact(at=NOW, channel=Channel.CALL, target="debtor", **fields, **law))
    session.flush()
    with pytest.raises(DBAPIError, match="blocked contacts cannot be changed"):
        session.execute(text(deed))


def test_a_case_has_one_work_item_per_queue(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    place = {"portfolio_id": item.portfolio_id, "case_id": item.case_id, "debtor_id": item.debtor_id}
    twin = WorkItem(zone=item.zone, ready_at=NOW, **place)
    session.add(twin)
    with pytest.raises(IntegrityError, match="uq_work_item_case_id_queue"):
        session.flush()


def test_two_agents_never_hold_the_same_debtor(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, state=WorkState.CLAIMED, claimed_by=cast.ana.user_id, lease_until=NOW)
    session.add(
        WorkItem(
            portfolio_id=item.portfolio_id,
            case_id=item.case_id,
            debtor_id=item.debtor_id,
            zone=item.zone,
            queue=Queue.NEGOTIATION,
            state=WorkState.CLAIMED,
            claimed_by=cast.sofia.user_id,
            lease_until=NOW,
        )
    )
    with pytest.raises(IntegrityError, match="uq_work_item_claimed_debtor"):
        session.flush()


def test_a_balance_cannot_exceed_its_amount(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    with pytest.raises(IntegrityError, match="balance_within_amount"):
        session.execute(text("UPDATE receivable SET balance = amount + 1"))


def test_a_work_item_is_about_the_debtor_of_its_case(session: Session, cast: Cast) -> None:
    mine, other = owe(session, cast.mexico), owe(session, cast.mexico)
    wrong = text("UPDATE work_item SET debtor_id = :debtor WHERE id = :item")
    with pytest.raises(IntegrityError, match="fk_work_item_case_id_portfolio_id_debtor_id"):
        session.execute(wrong, {"debtor": other.debtor_id, "item": mine.id})

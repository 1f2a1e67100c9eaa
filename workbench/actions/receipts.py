"""What providers say became of a message: in any order, several times, and perhaps before our own note that it left."""

from datetime import datetime
from typing import Any

from psycopg.rows import namedtuple_row
from sqlmodel import Session

from models.messages import MessageState
from workbench.actions.contact_holds import hold
from workbench.actions.message_moves import Move, cost_of, fall_back, invalidate, move, note
from workbench.channels.letters import Receipt
from workbench.db import driver
from workbench.queries.contact_rules import PLACE_COLUMNS, place_of
from workbench.rules.contact_places import Known
from workbench.rules.held import Code, held
from workbench.rules.law_words import Level
from workbench.rules.message_states import told_from
from workbench.rules.sending import limits_calls

_REFUSED = (MessageState.FAILED, MessageState.BOUNCED)
_ARRIVED = (MessageState.DELIVERED, MessageState.READ)


def receive_receipt(session: Session, receipt: Receipt, provider: str, *, at: datetime) -> bool:
    """Moves the message that a receipt is about, only ever forward; False = no such message is known (yet).

    A receipt that names only the provider's id may come before our own note of that id is committed: whoever has it
    asks again later. What it tells is written down also when it moves nothing.
    """
    session.flush()
    asked = {"key": receipt.key, "provider": provider, "provider_id": receipt.provider_id}
    row: Any = driver(session).cursor(row_factory=namedtuple_row).execute(_FIND, asked).fetchone()
    if row is None:
        return False
    told = _told(receipt, provider, at)
    if not move(session, [row.id], told, old=told_from(told.state)):
        note(session, row.id, told)
    elif told.state in _REFUSED:
        _refused(session, row, receipt, at)
    elif told.state in _ARRIVED and _counts(row, at):
        hold(session, [row.debtor_id], at=at)
    return True


def _told(receipt: Receipt, provider: str, at: datetime) -> Move:
    state = MessageState(receipt.state)
    refused = state in _REFUSED
    when = min(receipt.at, at)
    return Move(
        state,
        when,
        "receipt",
        sent_at=None if refused else when,
        held=held(Code.PROVIDER) if refused else None,
        error=receipt.reason if refused else None,
        provider=provider,
        provider_id=receipt.provider_id,
        cost=cost_of(receipt.cost),
        details={"reason": receipt.reason} if receipt.reason else {},
    )


def _refused(session: Session, row: Any, receipt: Receipt, at: datetime) -> None:
    """It has not arrived: a number or address that is no good is marked, and the next channel has its turn."""
    if receipt.invalidates:
        invalidate(session, row.id)
    if row.state != MessageState.DELIVERED:
        fall_back(session, row.id, at=at)


def _counts(row: Any, at: datetime) -> bool:
    known = Known(row.debtor_zone, row.region, row.contact_facts)
    return limits_calls(place_of(row), known, at, row.channel, Level.DELIVERY)


# the key is ours for ever; the provider's own id names one message of that provider
_FIND = f"""
    SELECT m.id, m.state, m.channel, m.debtor_id, d.time_zone AS debtor_zone, d.region, d.contact_facts, {PLACE_COLUMNS}
    FROM message m JOIN debtor d ON d.id = m.debtor_id JOIN portfolio p ON p.id = m.portfolio_id
    WHERE m.provider = %(provider)s AND m.provider_id = %(provider_id)s
       OR m.key = %(key)s AND coalesce(m.provider, %(provider)s) = %(provider)s
    ORDER BY (m.key = %(key)s) IS TRUE DESC LIMIT 1 FOR UPDATE OF m"""

"""A debtor who does not want messages on a channel gets none: what waits is cancelled in the same transaction."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models.interactions import Channel
from models.messages import MessageState
from workbench.actions import audit
from workbench.actions.message_moves import Move, move
from workbench.db import driver
from workbench.queries.claims import case_place
from workbench.rules.access import Permission, Viewer
from workbench.rules.held import Code, held
from workbench.rules.message_states import WAITING
from workbench.rules.refusals import Refused
from workbench.rules.strategies import WRITTEN


def stop_channel(
    session: Session,
    debtor_ids: Collection[int],
    channel: Channel,
    *,
    source: str,
    inbound_event_id: int | None = None,
    by: int | None = None,
    at: datetime,
) -> int:
    """Notes that these debtors want nothing on a channel and cancels what waits there; says how many messages.

    `source` is stop_word, unsubscribe or person. Done twice it changes nothing.
    """
    session.flush()
    values = {"debtors": sorted(debtor_ids), "channel": channel.value, "at": at}
    noted = driver(session).execute(_STOP, values | {"source": source, "event": inbound_event_id, "by": by}).fetchall()
    waiting = [row[0] for row in driver(session).execute(_WAITING, values)]
    why = held(Code.STOP_WORD if source == "stop_word" else Code.OPTED_OUT)
    stopped = Move(MessageState.CANCELLED, at, "person" if by else "debtor", by=by, held=why)
    gone = move(session, waiting, stopped, old=WAITING) if waiting else []
    for opt_out_id, debtor_id in noted:
        details = {"debtor_id": debtor_id, "channel": channel.value, "source": source}
        audit.log(session, "stop_channel", "opt_out", opt_out_id, by=by, at=at, **details)
    return len(gone)


def opt_out(session: Session, who: Viewer, case_id: int, channel: Channel, *, at: datetime) -> int:
    """A person notes what the debtor told them: no messages on this channel any more."""
    who.require(Permission.WORK_QUEUE)
    if channel not in WRITTEN:
        raise Refused("Choose a channel of written messages.")
    _, debtor_id = case_place(session, who, case_id)
    return stop_channel(session, [debtor_id], channel, source="person", by=who.user_id, at=at)


def end_opt_out(session: Session, who: Viewer, opt_out_id: int, *, because: str, at: datetime) -> None:
    """Lets a debtor be written to on a channel again, with the reason; done twice it is refused."""
    who.require(Permission.SET_CONTACT_FACTS)
    reason = because.strip()
    if not reason:
        raise Refused("Write down why.", field="reason")
    values = {"id": opt_out_id, "visible": list(who.portfolio_ids), "at": at, "by": who.user_id, "because": reason}
    ended = session.execute(_END, values).first()
    if ended is None:
        raise Refused("There is nothing here that you may see.")
    details = {"debtor_id": ended.debtor_id, "channel": ended.channel, "because": reason}
    audit.log(session, "end_opt_out", "opt_out", opt_out_id, by=who.user_id, at=at, **details)


_STOP = """
    INSERT INTO opt_out (debtor_id, channel, since, source, inbound_event_id, by_id)
    SELECT debtor_id, %(channel)s, %(at)s, %(source)s, %(event)s, %(by)s FROM unnest(%(debtors)s::bigint[]) AS debtor_id
    ON CONFLICT (debtor_id, channel) WHERE ended_at IS NULL DO NOTHING RETURNING id, debtor_id"""
_WAITING = """
    SELECT id FROM message
    WHERE debtor_id = ANY(%(debtors)s) AND channel = %(channel)s AND state IN ('planned', 'queued') ORDER BY id FOR UPDATE"""
_END = text("""
    UPDATE opt_out o SET ended_at = :at, ended_by = :by, ended_because = :because
    WHERE o.id = :id AND o.ended_at IS NULL
      AND EXISTS (SELECT FROM collection_case c WHERE c.debtor_id = o.debtor_id AND c.portfolio_id = ANY(:visible))
    RETURNING o.debtor_id, o.channel
""")

"""What a debtor wrote to us: whose case it is about, and what follows from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb
from sqlalchemy import Row, text
from sqlmodel import Session

from models import Channel
from workbench.actions import audit
from workbench.actions.contact_holds import hold
from workbench.actions.negotiation_queue import open_negotiation
from workbench.actions.opt_outs import stop_channel
from workbench.actions.standings import rescore_cases
from workbench.actions.verifications import look_up
from workbench.channels.letters import Reply
from workbench.rules.intents import FOR_A_PERSON, Intent, Reading, read_reply
from workbench.rules.senders import kind_of, spellings
from workbench.rules.words import N_

STRANGER = "unknown sender"
NOTE_LENGTH = 20_000
WRITES_PAID = N_("The debtor writes that it is paid: “{words}”")


@dataclass(frozen=True, slots=True)
class _About:
    """The case a reply is about; `message` is the one it answers, `point` the number or address it came from."""

    case_id: int
    message: int | None
    interaction: int | None
    point: int | None


def obey_stop(
    session: Session, channel: Channel, provider: str, reply: Reply, *, event_id: int, at: datetime
) -> list[int]:
    """Stops the channel for every debtor who has the sender's number or address; returns them."""
    asked = _asked(channel, provider, reply)
    debtors = sorted(session.execute(_DEBTORS, asked).scalars())
    if debtors:
        stop_channel(session, debtors, channel, source="stop_word", inbound_event_id=event_id, by=None, at=at)
    return debtors


def unsubscribe(session: Session, key: str, *, at: datetime) -> bool:
    """Ends the e-mails to the address that the message of this key went to, whoever has it; False = no such message."""
    debtors = sorted(session.execute(_SAME_ADDRESS, {"key": key}).scalars())
    if debtors:
        stop_channel(session, debtors, Channel.EMAIL, source="unsubscribe", at=at)
    return bool(debtors)


def take_reply(
    session: Session, channel: Channel, provider: str, reply: Reply, *, event_id: int, at: datetime
) -> str | None:
    """Writes a reply down with its debtor's case and does what it asks for; says why not when nobody is known.

    1. The case: of the message it answers, else of the last message to that number, else of whom the number is.
    2. An inbound interaction, once; the message it answers becomes `answered`, which the law counts.
    3. Stop ends the channel; paid pauses the case for a look-up; who wants to pay comes before the negotiators, all
       else in front of the calls; an agreed callback keeps its hour.
    """
    asked = _asked(channel, provider, reply)
    about = _about(session, asked)
    if about is None:
        return STRANGER
    case = session.execute(_CASE, {"case": about.case_id, "message": about.message}).one()
    written_at = min(reply.at, at)
    reading = read_reply(reply.text, written_at.astimezone(ZoneInfo(case.zone)).date(), case.language)
    interaction_id = _save(session, channel, provider, reply, about, case, reading, written_at, event_id)
    if interaction_id is None:
        return None  # written down before
    if about.interaction:
        session.execute(_ANSWERED, {"id": about.interaction})
    if reading.intent == Intent.STOP:
        obey_stop(session, channel, provider, reply, event_id=event_id, at=at)
    if reading.intent == Intent.PAID:
        look_up(session, case.id, words=_note(reply), because=WRITES_PAID, at=at)
    details = {"case_id": case.id, "channel": channel.value, "intent": reading.intent.value}
    audit.log(session, "receive_reply", "interaction", interaction_id, by=None, at=at, **details)
    rescore_cases(session, [case.id], on=_today(case, at), at=at, holds=False)
    if _for_negotiators(session, case.id, reading.intent):
        open_negotiation(session, [case.id], at=at)
    hold(session, [case.debtor_id], at=at)
    return None


def _for_negotiators(session: Session, case_id: int, intent: Intent) -> bool:
    """Whether who wrote is to be negotiated with: wants to pay and no callback is agreed, or is negotiated with already."""
    if intent not in FOR_A_PERSON:
        return False
    places = session.execute(_PLACES, {"case": case_id}).one()
    return bool(places.talks or (intent == Intent.WANTS_TO_PAY and not places.callback))


def _asked(channel: Channel, provider: str, reply: Reply) -> dict[str, Any]:
    return {
        "values": spellings(reply.sender, channel),
        "kind": kind_of(channel).value,
        "channel": channel.value,
        "provider": provider,
        "key": reply.answers_key,
        "provider_id": reply.answers_provider_id,
    }


def _about(session: Session, asked: dict[str, Any]) -> _About | None:
    for statement in (_BY_MESSAGE, _BY_LAST_MESSAGE, _BY_NUMBER):
        if row := session.execute(statement, asked).first():
            return _About(row.case_id, row.message, row.interaction_id, row.point)
    return None


def _save(
    session: Session,
    channel: Channel,
    provider: str,
    reply: Reply,
    about: _About,
    case: Row[Any],
    reading: Reading,
    written_at: datetime,
    event_id: int,
) -> int | None:
    """Writes the interaction; none when it was written before."""
    said: dict[str, Any] = {
        "intent": reading.intent.value,
        "on": reading.on.isoformat() if reading.on else None,
        "words": reading.words,
    }
    said |= {"event": event_id, "message": about.message, "attachments": list(reply.attachments)}
    values = {
        "key": uuid5(NAMESPACE_URL, f"inbound:{provider}:{reply.event_key}"),
        "portfolio": case.portfolio_id,
        "case": case.id,
        "point": about.point,
        "channel": channel.value,
        "disposition": f"reply.{reading.intent}",
        "at": written_at,
        "note": _note(reply),
        "reading": Jsonb(said),
    }
    found = session.execute(_SAVE, values).scalar()
    return int(found) if found else None


def _note(reply: Reply) -> str:
    attached = f"[{', '.join(reply.attachments)}]" if reply.attachments else ""
    return "\n".join(filter(None, [reply.text.strip()[:NOTE_LENGTH], attached]))


def _today(case: Row[Any], at: datetime) -> Any:
    return at.astimezone(ZoneInfo(case.time_zone)).date()


# whom a stop is about: all who have the number, and whoever the answered message went to
_DEBTORS = text("""
    SELECT debtor_id FROM contact_point WHERE value = ANY(:values) AND kind = :kind
    UNION
    SELECT debtor_id FROM message WHERE key = :key OR (provider = :provider AND provider_id = :provider_id)
""")
_SAME_ADDRESS = text("""
    SELECT m.debtor_id FROM message m WHERE m.key = :key
    UNION
    SELECT other.debtor_id FROM message m JOIN contact_point p ON p.id = m.contact_point_id AND p.kind = 'email'
    JOIN contact_point other ON other.value = p.value AND other.kind = 'email' WHERE m.key = :key
""")
_BY_MESSAGE = text("""
    SELECT m.case_id, m.id AS message, m.interaction_id, m.contact_point_id AS point
    FROM message m WHERE m.key = :key OR (m.provider = :provider AND m.provider_id = :provider_id)
    ORDER BY m.id DESC LIMIT 1
""")
_BY_LAST_MESSAGE = text("""
    SELECT m.case_id, m.id AS message, m.interaction_id, p.id AS point
    FROM contact_point p JOIN message m ON m.debtor_id = p.debtor_id AND m.contact_point_id = p.id
    WHERE p.value = ANY(:values) AND p.kind = :kind AND m.channel = :channel AND m.interaction_id IS NOT NULL
      AND m.state NOT IN ('planned', 'queued', 'blocked', 'cancelled')
    ORDER BY coalesce(m.sent_at, m.planned_at) DESC, m.id DESC LIMIT 1
""")
# of several cases the one that still owes, and with which there was contact last
_BY_NUMBER = text("""
    SELECT c.id AS case_id, NULL::bigint AS message, NULL::bigint AS interaction_id, p.id AS point
    FROM contact_point p JOIN collection_case c ON c.debtor_id = p.debtor_id
    LEFT JOIN case_standing s ON s.case_id = c.id
    WHERE p.value = ANY(:values) AND p.kind = :kind
    ORDER BY p.status = 'wrong_person', coalesce(s.balance > 0, false) DESC,
        (SELECT max(started_at) FROM interaction WHERE case_id = c.id) DESC NULLS LAST, c.id
    LIMIT 1
""")
_CASE = text("""
    SELECT c.id, c.portfolio_id, c.debtor_id, d.time_zone AS zone, p.time_zone,
        coalesce((SELECT language FROM message WHERE id = :message), nullif(d.language, ''), p.language) AS language
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id JOIN portfolio p ON p.id = c.portfolio_id
    WHERE c.id = :case FOR NO KEY UPDATE OF c
""")
_PLACES = text("""
    SELECT coalesce(bool_or(queue = 'call' AND state = 'waiting' AND band = 1), false) AS callback,
        coalesce(bool_or(queue = 'negotiation' AND state <> 'closed'), false) AS talks
    FROM work_item WHERE case_id = :case
""")
_SAVE = text("""
    INSERT INTO interaction (submission_key, portfolio_id, case_id, contact_point_id, channel, direction, disposition_code,
        started_at, ended_at, note, reading)
    VALUES (:key, :portfolio, :case, :point, :channel, 'inbound', :disposition, :at, :at, :note, :reading)
    ON CONFLICT (submission_key) DO NOTHING RETURNING id
""")
_ANSWERED = text(
    "UPDATE interaction SET disposition_code = 'message.answered' WHERE id = :id AND direction = 'outbound'"
)

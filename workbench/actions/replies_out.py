"""An agent answers a debtor who has written, in their own words; it leaves like every message, at once."""

from datetime import date, datetime, timedelta
from typing import Any

from psycopg.rows import namedtuple_row
from sqlmodel import Session

from models.interactions import Channel
from workbench.actions import audit
from workbench.actions.blocked_contacts import refused_message
from workbench.actions.outbox import QUEUED_LEASE
from workbench.db import driver, enqueue
from workbench.jobs import Job
from workbench.queries.claims import case_place
from workbench.queries.contact_history import known_debtor
from workbench.queries.contact_rules import places
from workbench.queries.pauses import bar_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.pauses import barred
from workbench.rules.refusals import Refused
from workbench.rules.sending import REPLY_WINDOW, is_asked_for

LONGEST = {Channel.EMAIL: 40_000, Channel.SMS: 918, Channel.WHATSAPP: 4_096}  # six SMS parts; WhatsApp's own limit


def write_reply(
    session: Session, who: Viewer, case_id: int, channel: Channel, text: str, key: str, *, at: datetime
) -> int:
    """Queues an agent's answer to where the debtor wrote from; returns the message's id, the same for the same key.

    Refused when the debtor has not written on this channel (on WhatsApp: in the last 24 hours), wants no messages
    there, or may not be contacted now.
    """
    who.require(Permission.WORK_QUEUE)
    portfolio_id, debtor_id = case_place(session, who, case_id)
    words = _checked(text, channel)
    session.flush()
    if known := _row(session, _KNOWN, {"key": key}):
        if (known.case_id, known.author_id) != (case_id, who.user_id):
            raise Refused("This form was already used for another debtor. Open the case again.")
        return int(known.id)
    said = _row(session, _SAID, {"case": case_id, "debtor": debtor_id, "channel": channel.value})
    expires_at = _window(said, channel, at)
    if bar := bar_of(session, case_id, at=at):
        raise barred(bar.kind, bar.from_on)
    ids = {"portfolio": portfolio_id, "case": case_id, "debtor": debtor_id}
    about: dict[str, Any] = {"channel": channel, "point_id": said.contact_point_id, "by": who.user_id, "at": at}
    on = _lawful_day(session, ids, about, said.started_at)
    values = {
        "key": key,
        "author": who.user_id,
        "channel": channel.value,
        "point": said.contact_point_id,
        "on": on,
        "at": at,
        "until": at + QUEUED_LEASE,
        "expires": expires_at,
        "subject": f"Re: {said.subject or said.creditor}" if channel is Channel.EMAIL else None,
        "body": words,
    }
    message_id = int(_row(session, _QUEUE, ids | values).id)
    audit.log(session, "write_reply", "message", message_id, by=who.user_id, at=at, case_id=case_id)
    enqueue(session, Job.SEND, message_ids=[message_id])
    return message_id


def _row(session: Session, statement: str, values: dict[str, Any]) -> Any:
    return driver(session).cursor(row_factory=namedtuple_row).execute(statement, values).fetchone()


def _lawful_day(session: Session, ids: dict[str, Any], about: dict[str, Any], wrote_at: datetime) -> date:
    """The business day of an answer now; refused, with a trace, when the law does not allow it."""
    at = about["at"]
    place = places(session, [ids["portfolio"]])[ids["portfolio"]]
    known = known_debtor(session, ids["debtor"], at=at)
    known = known.asking() if is_asked_for(wrote_at, at=at) else known
    decision = place.judge(known, at, debt=str(ids["case"]), channel=about["channel"])
    if not decision.allowed:
        raise refused_message(decision, country=place.country, zone=known.zone, case=ids, **about)
    return place.today(at)


def _checked(text: str, channel: Channel) -> str:
    words = text.strip()
    if channel not in LONGEST:
        raise Refused("Choose a channel of written messages.")
    if not words:
        raise Refused("Write the answer first.")
    if len(words) > LONGEST[channel]:
        raise Refused("The answer is too long: {n} characters, {max} at most.", n=len(words), max=LONGEST[channel])
    return words


def _window(said: Any, channel: Channel, at: datetime) -> datetime:
    """Until when the answer may leave."""
    if said is None or said.contact_point_id is None:
        raise Refused("The debtor has not written on this channel.")
    if said.opted_out:
        raise Refused("The debtor does not want messages on this channel.")
    if channel is not Channel.WHATSAPP:
        return at + REPLY_WINDOW
    closes: datetime = said.started_at + REPLY_WINDOW
    if at >= closes:
        raise Refused("The debtor wrote more than 24 hours ago: on WhatsApp only an approved template may be sent.")
    return max(closes, at + timedelta(minutes=1))


_KNOWN = "SELECT id, case_id, author_id FROM message WHERE key = %(key)s"
_SAID = """
    SELECT i.contact_point_id, i.started_at,
        EXISTS (SELECT FROM opt_out o WHERE o.debtor_id = k.debtor_id AND o.channel = %(channel)s AND o.ended_at IS NULL)
            OR d.contact_facts -> 'opted_out' = 'true' AS opted_out,
        (SELECT m.subject FROM message m WHERE m.case_id = %(case)s AND m.subject IS NOT NULL
         ORDER BY m.planned_at DESC, m.id DESC LIMIT 1) AS subject,
        (SELECT r.name FROM creditor r WHERE r.id = d.creditor_id) AS creditor
    FROM collection_case k JOIN interaction i ON i.case_id = k.id JOIN debtor d ON d.id = k.debtor_id
    WHERE k.debtor_id = %(debtor)s AND i.direction = 'inbound' AND i.channel = %(channel)s
    ORDER BY i.started_at DESC, i.id DESC LIMIT 1"""
_QUEUE = """
WITH queued AS (
    INSERT INTO message (key, portfolio_id, case_id, debtor_id, cause, attempt, on_date, author_id, channel, fallbacks,
        contact_point_id, chosen, state, not_before, expires_at, lease_until, tries, planned_at, subject, body)
    VALUES (%(key)s, %(portfolio)s, %(case)s, %(debtor)s, 'reply', 1, %(on)s, %(author)s, %(channel)s, '[]', %(point)s, '{}',
        'queued', %(at)s, %(expires)s, %(until)s, 0, %(at)s, %(subject)s, %(body)s)
    RETURNING id
), noted AS (
    INSERT INTO message_event (message_id, state, at, source, by_id, details)
    SELECT id, 'queued', %(at)s, 'person', %(author)s, '{}' FROM queued
)
SELECT id FROM queued"""

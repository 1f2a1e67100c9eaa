"""Sending one message: judged and written down before the provider is called, and its outcome noted after.

Between the two the message is `sending`, committed: a worker that dies there leaves a message of which nobody knows
whether it left, and nobody sends it again by itself.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int8
from sqlmodel import Session

from models.messages import Cause, MessageState
from workbench.actions.blocked_contacts import keep_message
from workbench.actions.contact_holds import hold
from workbench.actions.message_moves import Move, cost_of, fall_back, invalidate, move, note
from workbench.actions.standings import rescore_cases
from workbench.channels.letters import NotSent, Outgoing, Passing, Permanent, Sent
from workbench.db import driver
from workbench.queries.sending import Facts, Taken, attachments_of, facts_of, take
from workbench.rules.contact_law import Decision
from workbench.rules.held import Code, held
from workbench.rules.law_versions import as_stored
from workbench.rules.law_words import Level
from workbench.rules.letters import Letter, letter
from workbench.rules.message_states import next_try
from workbench.rules.sending import Verdict, by_law, cancelled, is_asked_for, limits_calls, stopped

# Longer than the slowest provider is waited for, so that only a lost worker's message is found.
SENDING_LEASE = timedelta(minutes=3)
_OPEN = (MessageState.SENDING, MessageState.UNCONFIRMED)


def begin(session: Session, message_id: int, *, at: datetime) -> Outgoing | None:
    """Judges a queued message once more and writes down that it is being sent; commit before the provider is called.

    1. The message, its debtor and its case are locked; one that is not queued, or another worker's, gives nothing.
    2. What has happened since it was planned may stop it; then the law is asked, with all contacts until now.
    3. Its text is written with the amounts of now; what a template asks for and nobody knows holds it back.
    4. It is `sending`, and a contact that the law counts from now on.

    None = it does not leave now; its row says why. Raises PostgreSQL's own error when the debtor or the case is in
    somebody else's hands for longer than a moment: then it is still queued.
    """
    session.flush()
    driver(session).execute(_PATIENCE)
    message = take(session, message_id)
    if message is None:
        return None
    facts = facts_of(session, message, at=at)
    verdict, decision = _judge(message, facts, at)
    if verdict.state is not MessageState.SENDING or facts.point is None:
        _hold_back(session, message, facts, verdict, decision, at)
        return None
    assert decision is not None  # the law was asked
    text = letter(message.planned, facts.situation, facts.letterhead, facts.text, words=message.words, at=at)
    if isinstance(text, Verdict):
        _hold_back(session, message, facts, text, None, at)
        return None
    _leave(session, message, facts, text, decision, at)
    if message.author_id is not None:  # the debtor has been answered
        rescore_cases(session, [message.case_id], on=facts.situation.on, at=at)
    if limits_calls(facts.place, facts.known, at, message.channel, Level.ATTEMPT):
        hold(session, [message.debtor_id], at=at)
    return Outgoing(
        key=message.key,
        channel=message.channel,
        to=facts.point[1],
        body=text.body,
        language=text.language,
        subject=text.subject,
        template_name=text.template_name,
        variables=text.variables,
        attachments=attachments_of(session, message),
    )


def finish(session: Session, message_id: int, outcome: Sent | NotSent, *, at: datetime) -> None:
    """Notes what came of calling the provider; never turns back what a quicker receipt has already told."""
    session.flush()
    if isinstance(outcome, Sent):
        to = Move(
            MessageState.SENT,
            at,
            "send",
            sent_at=at,
            provider=outcome.provider,
            provider_id=outcome.provider_id,
            cost=cost_of(outcome.cost),
        )
        if not move(session, [message_id], to, old=_OPEN):
            note(session, message_id, to)
        return
    if isinstance(outcome, Permanent):
        _refused(session, message_id, outcome, at)
    elif isinstance(outcome, Passing):
        _not_now(session, message_id, outcome, at)
    else:
        to = Move(MessageState.UNCONFIRMED, at, "send", error=outcome.reason, details=_evidence(outcome))
        move(session, [message_id], to, old=[MessageState.SENDING])


def submission_key(key: str) -> UUID:
    """The interaction's key: one message is one contact, however often it was tried."""
    return uuid5(NAMESPACE_URL, f"message:{key}")


def _judge(message: Taken, facts: Facts, at: datetime) -> tuple[Verdict, Decision | None]:
    if code := stopped(message.planned, facts.situation, at=at):
        return cancelled(code), None
    if facts.point is None:
        return cancelled(Code.NO_POINT), None
    answers = message.planned.cause is Cause.REPLY and is_asked_for(facts.situation.wrote_at, at=at)
    known = facts.known.asking() if answers else facts.known
    decision = facts.place.judge(known, at, debt=str(message.case_id), channel=message.channel)
    return by_law(message.planned, decision, zone=facts.known.zone), decision


def _hold_back(
    session: Session, message: Taken, facts: Facts, verdict: Verdict, decision: Decision | None, at: datetime
) -> None:
    to = Move(verdict.state, at, "send", held=verdict.held, not_before=verdict.not_before)
    move(session, [message.id], to, old=[MessageState.QUEUED])
    if verdict.held and verdict.held["code"] == Code.NO_POINT:
        fall_back(session, message.id, at=at)
    if verdict.state is MessageState.BLOCKED and decision and facts.point:
        ids = {"case": message.case_id, "portfolio": message.portfolio_id, "debtor": message.debtor_id}
        about: dict[str, Any] = {"channel": message.channel, "point_id": facts.point[0], "by": None, "at": at}
        keep_message(decision, country=facts.place.country, case=ids, **about)(session)


def _leave(session: Session, message: Taken, facts: Facts, text: Letter, decision: Decision, at: datetime) -> None:
    assert facts.point is not None  # asked before the law was
    values = {
        "id": Int8(message.id),
        "key": submission_key(message.key),
        "portfolio": Int8(message.portfolio_id),
        "case": Int8(message.case_id),
        "author": message.author_id,
        "point": Int8(facts.point[0]),
        "channel": message.channel.value,
        "at": at,
        "until": at + SENDING_LEASE,
        "decision": Jsonb(as_stored(decision, facts.place.country)),
        "template": text.template_id,
        "language": text.language,
        "wanted": text.language_wanted,
        "subject": text.subject,
        "body": text.body,
        "amount": text.amount,
        "currency": facts.letterhead.currency if text.amount is not None else None,
        "segments": text.segments,
    }
    driver(session).execute(_LEAVE, values)


def _refused(session: Session, message_id: int, outcome: Permanent, at: datetime) -> None:
    """It will never leave like this: the next channel has its turn."""
    if _fail(session, message_id, outcome, at):
        if outcome.invalidates:
            invalidate(session, message_id)
        fall_back(session, message_id, at=at)


def _not_now(session: Session, message_id: int, outcome: Passing, at: datetime) -> None:
    """It is tried again after a while, as often as the back-off says and before it expires.

    A provider that was only too busy costs the message none of its tries.
    """
    row = driver(session).execute(_TRIES, {"id": Int8(message_id)}).fetchone()
    state, tries, expires_at = row or (None, 0, at)
    again = next_try(1 if outcome.throttled else tries, at)
    later = max(again, outcome.not_before or again) if again else None
    if state != MessageState.SENDING or later is None or later >= expires_at:
        _fail(session, message_id, outcome, at)
        return
    to = Move(
        MessageState.PLANNED,
        at,
        "send",
        not_before=later,
        held=held(Code.PROVIDER),
        error=outcome.reason,
        details=_evidence(outcome),
    )
    move(session, [message_id], to, old=[MessageState.SENDING])
    if outcome.throttled:
        driver(session).execute(_UNTRIED, {"id": Int8(message_id)})


def _fail(session: Session, message_id: int, outcome: NotSent, at: datetime) -> bool:
    to = Move(
        MessageState.FAILED,
        at,
        "send",
        held=held(Code.PROVIDER),
        error=outcome.reason,
        provider=outcome.provider,
        details=_evidence(outcome),
    )
    return bool(move(session, [message_id], to, old=_OPEN))


def _evidence(outcome: NotSent) -> dict[str, Any]:
    return {"provider": outcome.provider, "reason": outcome.reason, **outcome.evidence}


# A stop word waits for the message that is held here, and what the law said grows old; half of `deadlock_timeout`, so
# that of two deeds in each other's way it is never a person's that breaks off.
_PATIENCE = "SET LOCAL lock_timeout = '500ms'"
_LEAVE = """
WITH said AS (
    INSERT INTO interaction (submission_key, portfolio_id, case_id, user_id, contact_point_id, channel, direction,
        disposition_code, started_at, ended_at, note, decision)
    VALUES (%(key)s, %(portfolio)s, %(case)s, %(author)s, %(point)s, %(channel)s, 'outbound', 'message.sent', %(at)s, %(at)s,
        '', %(decision)s)
    ON CONFLICT (submission_key) DO UPDATE SET disposition_code = 'message.sent', contact_point_id = excluded.contact_point_id,
        started_at = excluded.started_at, ended_at = excluded.ended_at, decision = excluded.decision
    RETURNING id
), moved AS (
    UPDATE message SET state = 'sending', lease_until = %(until)s, tries = tries + 1, held = NULL, error = NULL,
        contact_point_id = %(point)s, template_id = %(template)s, language = %(language)s, language_wanted = %(wanted)s,
        subject = %(subject)s, body = %(body)s, amount = %(amount)s, currency = %(currency)s, segments = %(segments)s,
        interaction_id = (SELECT id FROM said)
    WHERE id = %(id)s
)
INSERT INTO message_event (message_id, state, at, source, details) VALUES (%(id)s, 'sending', %(at)s, 'send', '{}')
ON CONFLICT DO NOTHING"""
_TRIES = "SELECT state, tries, expires_at FROM message WHERE id = %(id)s FOR UPDATE"
_UNTRIED = "UPDATE message SET tries = tries - 1 WHERE id = %(id)s"

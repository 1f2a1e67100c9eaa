"""Digests: boards that colleagues get by e-mail, with the outbox's discipline.

An issue is a row before it leaves, one for each digest and day. It is `sending`, committed, before the server is
called: a worker that dies there leaves an issue of which nobody knows whether it left, and nobody sends it again by
itself. What it shows is asked for when it leaves, on behalf of who gets it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Board, Channel, Digest, DigestIssue, MessageState, Period, User
from workbench.actions import audit
from workbench.actions.digest_papers import days_in_words, paper_of
from workbench.channels.digest_pdf import digest_pdf
from workbench.channels.email.letters import DIGEST
from workbench.channels.letters import Attachment, NotSent, Outgoing, Passing, Permanent, Sent
from workbench.db import enqueue
from workbench.jobs import Job
from workbench.queries.digests import Taken, take, wanted_digests
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.rules.digests import Paper, days_of, last_issue, may_have
from workbench.rules.message_states import next_try
from workbench.rules.refusals import Refused
from workbench.rules.words import N_, translate

JOB_SIZE = 5  # the figures of a large book take seconds each
QUEUED_LEASE = timedelta(minutes=15)
SENDING_LEASE = timedelta(minutes=3)  # longer than the slowest server is waited for
STALE = timedelta(days=1)  # a board of yesterday that could not leave: the next issue says more
SEE_INSTEAD = N_("Its reader may not see this board any more.")
LOST = N_("the worker was lost while it was sending")
_QUEUED = (MessageState.QUEUED,)
_OVER = (MessageState.FAILED, MessageState.UNCONFIRMED, MessageState.CANCELLED)


def subscribe(
    session: Session,
    who: Viewer,
    board: Board,
    portfolio_id: int,
    *,
    every: Period,
    hour: int,
    team_id: int | None = None,
    at: datetime,
) -> int:
    """Has a board sent to this person; the same board again only changes how often and when. Returns the digest's id."""
    if not may_have(who, board, portfolio_id, team_id):
        raise Refused("There is nothing here that you may see.")
    if every is Period.QUARTER or not 0 <= hour <= 23:
        raise Refused("A digest comes every day, week or month, at a full hour.")
    session.execute(
        select(col(User.id)).where(col(User.id) == who.user_id).with_for_update(key_share=True)
    )  # two clicks are one
    same = select(Digest).where(
        col(Digest.user_id) == who.user_id,
        col(Digest.board) == board,
        col(Digest.portfolio_id) == portfolio_id,
        col(Digest.team_id).is_not_distinct_from(team_id),
        col(Digest.active),
    )
    digest = session.scalar(same) or Digest(
        user_id=who.user_id, board=board, portfolio_id=portfolio_id, team_id=team_id, created_at=at
    )
    digest.every, digest.hour = every, hour
    session.add(digest)
    session.flush()
    assert digest.id is not None
    details = {"board": board.value, "portfolio": portfolio_id, "every": every.value, "hour": hour}
    audit.log(session, "subscribe", "digest", digest.id, by=who.user_id, at=at, **details)
    return digest.id


def unsubscribe(session: Session, who: Viewer, digest_id: int, *, at: datetime) -> None:
    """Ends one's own digest; what has not begun to leave does not leave."""
    digest = _own(session, who, digest_id)
    if not digest.active:
        return
    digest.active = False
    session.add(digest)
    session.flush()
    audit.log(session, "unsubscribe", "digest", digest_id, by=who.user_id, at=at)


def send_again(session: Session, who: Viewer, issue_id: int, *, at: datetime) -> None:
    """Plans an issue once more that failed, or of which nobody knows whether it left: its reader asks for it."""
    issue = session.get(DigestIssue, issue_id, with_for_update=True)
    if issue is None:
        raise Refused("There is nothing here that you may see.")
    if not _own(session, who, issue.digest_id).active or issue.state not in _OVER:
        raise Refused("This issue has left, or is about to.")
    issue.state, issue.not_before, issue.tries, issue.error, issue.planned_at = MessageState.PLANNED, at, 0, None, at
    session.add(issue)
    session.flush()
    audit.log(session, "send_digest_again", "digest_issue", issue_id, by=who.user_id, at=at)


def plan_issues(session: Session, *, at: datetime) -> int:
    """Writes the issues whose hour has come, one for each digest and day; of missed ones the last. Says how many."""
    made = 0
    for each in wanted_digests(session):
        due_at, on = last_issue(each.every, each.hour, each.zone, at)
        if due_at > each.created_at and (each.last_on is None or each.last_on < on):
            values = {"digest": each.digest_id, "on": on, "at": at}
            made += len(session.execute(_PLAN, values).all())
    return made


def dispatch(session: Session, *, at: datetime, limit: int = 200) -> int:
    """Queues the issues that are due, a few a job; says how many."""
    asked = {"at": at, "until": at + QUEUED_LEASE, "limit": limit}
    ids = list(session.scalars(_DISPATCH, asked))
    for start in range(0, len(ids), JOB_SIZE):
        enqueue(session, Job.DIGEST, issue_ids=ids[start : start + JOB_SIZE])
    return len(ids)


def sweep(session: Session, *, at: datetime) -> tuple[int, int, int]:
    """Finds what lost workers left: planned again when it had not begun, else unconfirmed; and ends what is of yesterday.

    Returns how many of each.
    """
    values = {"at": at, "lost": LOST, "stale": at - STALE, "late": N_("Its day has passed.")}
    counts = [len(session.execute(each, values).all()) for each in (_GIVE_BACK, _UNCONFIRMED, _END)]
    return counts[0], counts[1], counts[2]


def begin(session: Session, issue_id: int, *, home: str | None, at: datetime) -> Outgoing | None:
    """Writes a queued issue and notes that it is being sent; commit before the server is called.

    None = it does not leave: another worker has it, or its reader is gone or may not see it any more.
    """
    issue = take(session, issue_id)
    if issue is None:
        return None
    try:
        paper = paper_of(session, _reader(session, issue), issue, at=at)
    except Refused as refused:
        _move(session, issue_id, MessageState.CANCELLED, old=_QUEUED, error=refused.because)
        return None
    session.execute(_SENDING, {"id": issue_id, "until": at + SENDING_LEASE})
    return _outgoing(issue, paper, home)


def _reader(session: Session, issue: Taken) -> Viewer:
    """Who gets it, as they may see today; refused when they are gone or may not see it."""
    who = viewer(session, issue.user_id) if issue.wanted else None
    if who is None or not may_have(who, issue.board, issue.portfolio_id, issue.team_id):
        raise Refused(SEE_INSTEAD)
    return who


def finish(session: Session, issue_id: int, outcome: Sent | NotSent, *, at: datetime) -> None:
    """Notes what came of handing it over."""
    if isinstance(outcome, Sent):
        told: dict[str, Any] = {"sent_at": at, "provider_id": outcome.provider_id}
        _move(session, issue_id, MessageState.SENT, old=(MessageState.SENDING, MessageState.UNCONFIRMED), **told)
    elif isinstance(outcome, Passing):
        _not_now(session, issue_id, outcome, at)
    else:
        state = MessageState.FAILED if isinstance(outcome, Permanent) else MessageState.UNCONFIRMED
        _move(session, issue_id, state, error=outcome.reason)
    details = {"outcome": type(outcome).__name__.lower()}
    audit.log(session, "send_digest", "digest_issue", issue_id, by=None, at=at, **details)


def put_off(session: Session, issue_id: int, *, error: str, at: datetime) -> None:
    """Plans a queued issue for later that broke while it was written; `error` says where, without personal data."""
    _move(session, issue_id, MessageState.PLANNED, old=_QUEUED, error=error, not_before=at + QUEUED_LEASE)


def _not_now(session: Session, issue_id: int, outcome: Passing, at: datetime) -> None:
    """It is tried again after a while, as often as the back-off says; being too fast costs no try."""
    tries = session.scalar(select(col(DigestIssue.tries)).where(col(DigestIssue.id) == issue_id)) or 0
    again = next_try(1 if outcome.throttled else tries, at)
    if again is None:
        _move(session, issue_id, MessageState.FAILED, error=outcome.reason)
        return
    later = max(again, outcome.not_before or again)
    untried = tries - 1 if outcome.throttled else tries
    _move(session, issue_id, MessageState.PLANNED, error=outcome.reason, not_before=later, tries=untried)


def _move(
    session: Session,
    issue_id: int,
    state: MessageState,
    *,
    old: Sequence[MessageState] = (MessageState.SENDING,),
    error: str | None = None,
    **fields: Any,
) -> None:
    """Moves an issue on; one that somebody has moved meanwhile stays where it is."""
    issue = session.get(DigestIssue, issue_id, populate_existing=True, with_for_update=True)
    if issue is None or issue.state not in old:
        return
    issue.state, issue.lease_until, issue.error = state, None, error
    for name, value in fields.items():
        setattr(issue, name, value)
    session.add(issue)
    session.flush()


def _own(session: Session, who: Viewer, digest_id: int) -> Digest:
    digest = session.get(Digest, digest_id, with_for_update=True)
    if digest is None or digest.user_id != who.user_id:
        raise Refused("There is nothing here that you may see.")
    return digest


def _outgoing(issue: Taken, paper: Paper, home: str | None) -> Outgoing:
    days = days_in_words(*days_of(issue.every, issue.on), issue.language)
    return Outgoing(
        key=f"{DIGEST}{issue.digest_id}:{issue.on}",
        channel=Channel.EMAIL,
        to=issue.email,
        subject=f"{paper.title}, {days}",
        body="\n".join(_letter(issue, paper, home)),
        language=issue.language,
        attachments=(_file(issue, paper),),
    )


def _file(issue: Taken, paper: Paper) -> Attachment:
    name = f"{issue.board}-{issue.portfolio_code.lower()}-{issue.on}.pdf"
    return Attachment(name, "application/pdf", digest_pdf(paper))


def _letter(issue: Taken, paper: Paper, home: str | None) -> Sequence[str]:
    """The figures as plain text, for a telephone's lock screen; the file has the rest."""
    about = [f"{name}: {said}" for name, said in paper.about]
    figures = [f"{each.label}: {each.value} ({paper.heads[2].lower()}: {each.before})" for each in paper.figures]
    ends = [N_("The file has the formulas and the tables. You asked for it in the product, and end it there.")]
    lines = [*about, "", *figures, *([""] if figures else []), *(translate(each, issue.language) for each in ends)]
    return [*lines, home] if home else lines


_PLAN = text("""
    INSERT INTO digest_issue (digest_id, on_date, state, not_before, tries, planned_at)
    VALUES (:digest, :on, 'planned', :at, 0, :at) ON CONFLICT (digest_id, on_date) DO NOTHING RETURNING id
""")
_DISPATCH = text("""
    WITH due AS (
        SELECT id FROM digest_issue WHERE state = 'planned' AND not_before <= :at ORDER BY not_before, id LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    UPDATE digest_issue i SET state = 'queued', lease_until = :until FROM due WHERE i.id = due.id RETURNING i.id
""")
_SENDING = text("""
    UPDATE digest_issue SET state = 'sending', lease_until = :until, tries = tries + 1, error = NULL WHERE id = :id
""")
_GIVE_BACK = text("""
    UPDATE digest_issue SET state = 'planned', lease_until = NULL WHERE id IN (
        SELECT id FROM digest_issue WHERE state = 'queued' AND lease_until <= :at FOR UPDATE SKIP LOCKED)
    RETURNING id
""")
_UNCONFIRMED = text("""
    UPDATE digest_issue SET state = 'unconfirmed', lease_until = NULL, error = :lost WHERE id IN (
        SELECT id FROM digest_issue WHERE state = 'sending' AND lease_until <= :at FOR UPDATE SKIP LOCKED)
    RETURNING id
""")
_END = text("""
    UPDATE digest_issue SET state = 'cancelled', error = :late WHERE id IN (
        SELECT id FROM digest_issue WHERE state = 'planned' AND planned_at <= :stale AND not_before <= :at
        FOR UPDATE SKIP LOCKED)
    RETURNING id
""")

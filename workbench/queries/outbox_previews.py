"""What a message that still waits would say if it left now: the same stops and the same letter as at its sending."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping, text
from sqlmodel import Session

from models import Cause, Channel
from workbench.queries.sending import Taken, facts_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.held import held
from workbench.rules.letters import Words, letter
from workbench.rules.refusals import Refused
from workbench.rules.sending import Planned, Verdict, stopped


@dataclass(frozen=True, slots=True)
class Preview:
    """The letter as of a moment, or `held` = why it would not leave then. The law is asked only when it leaves."""

    to: str | None
    subject: str | None = None
    body: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    language: str | None = None
    language_wanted: str | None = None
    held: Mapping[str, Any] | None = None


def would_leave(session: Session, who: Viewer, message_id: int, *, at: datetime) -> Preview | None:
    """How a waiting message would leave at `at`; none when it waits no more."""
    who.require(Permission.SEE_MESSAGES)
    who.require(Permission.SEE_PERSONAL_DATA)
    row = session.execute(_WAITING, {"id": message_id, "visible": list(who.portfolio_ids)}).mappings().one_or_none()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    if not row["waits"]:
        return None
    message = _taken(row)
    facts = facts_of(session, message, at=at)
    to = facts.point[1] if facts.point else None
    if code := stopped(message.planned, facts.situation, at=at):
        return Preview(to, held=held(code))
    made = letter(message.planned, facts.situation, facts.letterhead, facts.text, words=message.words, at=at)
    if isinstance(made, Verdict):
        return Preview(to, held=made.held)
    currency = facts.letterhead.currency if made.amount is not None else None
    return Preview(to, made.subject, made.body, made.amount, currency, made.language, made.language_wanted)


def _taken(row: RowMapping) -> Taken:
    planned = Planned(Cause(row["cause"]), Channel(row["channel"]), row["on_date"], row["expires_at"], row["anchor_on"])
    words = Words(row["body"], row["subject"]) if row["author_id"] is not None else None
    same = ("id", "key", "portfolio_id", "case_id", "debtor_id", "promise_id", "payment_id", "author_id", "fallbacks")
    more = ("agreement_id", "document_id", "contact_point_id", "template_code", "tries")
    return Taken(planned=planned, words=words, **{name: row[name] for name in (*same, *more)})


_WAITING = text("""
    SELECT m.*, m.state IN ('planned', 'queued') AS waits FROM message m
    WHERE m.id = :id AND m.portfolio_id = ANY(:visible)
""")

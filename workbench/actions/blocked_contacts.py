"""Contacts that were not allowed: kept with their rule although the deed itself is not saved."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlmodel import Session

from models.interactions import Channel
from workbench.rules.contact_law import Decision
from workbench.rules.law_versions import version_of
from workbench.rules.law_words import Target
from workbench.rules.outcomes import InteractionForm
from workbench.rules.unlawful import Unlawful


def blocked(
    decision: Decision, *, country: str, zone: str, case: dict[str, Any], form: InteractionForm, by: int | None
) -> Unlawful:
    """The refusal of a call that was not lawful when it began; it leaves the blocked contact behind.

    `case` has the case's id, portfolio and debtor. The same form refused twice by the same rule is kept once.
    """
    about = {"at": form.started_at, "user": by, "channel": Channel.CALL.value, "point": form.contact_point_id}
    typed = {"key": str(form.submission_key), "form": Jsonb(_plain(asdict(form)))}
    values = case | about | typed | _decided(decision, country)
    refused = Unlawful(decision, zone=zone)
    refused.trace = _kept(values)
    return refused


def refused_message(
    decision: Decision,
    *,
    country: str,
    zone: str,
    case: dict[str, Any],
    channel: Channel,
    point_id: int,
    by: int | None,
    at: datetime,
) -> Unlawful:
    """The refusal of a message that is not lawful now; it leaves the blocked contact behind."""
    refused = Unlawful(decision, zone=zone)
    refused.trace = keep_message(decision, country=country, case=case, channel=channel, point_id=point_id, by=by, at=at)
    return refused


def keep_message(
    decision: Decision,
    *,
    country: str,
    case: dict[str, Any],
    channel: Channel,
    point_id: int,
    by: int | None,
    at: datetime,
) -> Callable[[Session], None]:
    """Keeps, in the session it is given, that a message did not leave because of the law; no form is kept with it."""
    about = {"at": at, "user": by, "channel": channel.value, "point": point_id, "key": "", "form": None}
    return _kept(case | about | _decided(decision, country))


def _decided(decision: Decision, country: str) -> dict[str, Any]:
    rule = decision.rule
    assert rule is not None  # nothing is denied without a rule
    return {
        "target": Target.DEBTOR.value,
        "rule": rule.id,
        "law": rule.citation,
        "confidence": rule.confidence.value,
        "because": Jsonb({"msgid": decision.because.msgid, "params": _plain(dict(decision.because.params))}),
        "next_allowed": decision.next_allowed,
        "version": version_of(country),
    }


def _kept(values: dict[str, Any]) -> Callable[[Session], None]:
    def keep(session: Session) -> None:
        session.execute(_KEEP, values)

    return keep


def _plain(value: Any) -> Any:
    """The same as JSON holds it: moments and days in ISO 8601, amounts as text."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


_KEEP = text("""
    INSERT INTO blocked_contact (at, portfolio_id, case_id, debtor_id, user_id, channel, contact_point_id, target, rule,
        law, confidence, because, next_allowed, version, form)
    SELECT :at, :portfolio, :case, :debtor, :user, :channel, (SELECT id FROM contact_point WHERE id = :point), :target,
        CAST(:rule AS text), :law, :confidence, :because, :next_allowed, :version, :form
    WHERE NOT EXISTS (SELECT FROM blocked_contact
        WHERE debtor_id = :debtor AND rule = CAST(:rule AS text) AND form ->> 'submission_key' = :key)
""")

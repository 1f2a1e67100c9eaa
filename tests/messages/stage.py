"""A debtor's messages from the night to the provider, and what may be said of them, asked of the tables again.

Nothing here asks the product's own rules what is owed, stopped or lawful, except the engine of the law itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Channel, Message, MessageState, Portfolio
from tests.cast import NOW, Cast
from tests.letters import approve
from workbench.actions import outbox
from workbench.actions.planning import Planned, plan_night
from workbench.channels.letters import Outgoing, Sent
from workbench.queries.contact_rules import places
from workbench.rules.contact_law import Decision, Prior, may_contact
from workbench.rules.contact_places import Known

HOMES = {
    "MX": ("America/Mexico_City", "MXN"),
    "CO": ("America/Bogota", "COP"),
    "CL": ("America/Santiago", "CLP"),
    "PE": ("America/Lima", "PEN"),
    "BR": ("America/Sao_Paulo", "BRL"),
    "AR": ("America/Argentina/Buenos_Aires", "ARS"),
}
# how far an earlier contact got, by its disposition, as the law's words say it
CAME = {
    "call.no_answer": "no_answer",
    "call.no_commitment": "answered",
    "message.sent": "no_answer",
    "message.delivered": "delivered",
    "message.read": "delivered",
    "message.answered": "answered",
}
LISTING = (
    "{{ creditor }}, {{ debtor_name }}: {{ total }}"
    "{% for debt in debts %} [{{ debt.account }}={{ debt.amount }}]{% endfor %} {{ opt_out_word }}"
)
LINE = "{{ creditor }}, {{ debtor_name }}: {{ total }}, {{ debts_line }}. {{ opt_out_word }}"
RESIDUE = ("{{", "}}", "{%", "None", "nan", "NaN", "Undefined", "Decimal(")


def home(session: Session, cast: Cast, country: str, **policy: Any) -> Portfolio:
    """A portfolio of the country; Mexico's and Colombia's are the cast's own."""
    zone, currency = HOMES[country]
    known = {"MX": cast.mexico, "CO": cast.colombia}
    made = known.get(country) or Portfolio(
        creditor_id=cast.mexico.creditor_id, code=f"{country}-1", name=f"Banco {country}", country=country,
        currency=currency, time_zone=zone, created_at=NOW,
    )  # fmt: skip
    for name, value in policy.items():
        setattr(made, name, value)
    session.add(made)
    session.flush()
    return made


def listing(session: Session, *languages: str) -> None:
    """A text that names every debt by its account, on each channel."""
    for language in languages or ("es",):
        for channel in (Channel.SMS, Channel.EMAIL, Channel.WHATSAPP):
            chat = channel is Channel.WHATSAPP  # whose approved texts know no loops
            body, name = (LINE, "listado") if chat else (LISTING, None)
            approve(session, code="listing", channel=channel, language=language, body=body, whatsapp_name=name)


def local(portfolio: Portfolio, moment: str) -> datetime:
    """A moment by the portfolio's clock."""
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(portfolio.time_zone))


@dataclass(frozen=True)
class Left:
    """A message in the moment in which it left."""

    message_id: int
    outgoing: Outgoing
    at: datetime


def night(session: Session, portfolio: Portfolio, at: datetime) -> Planned:
    return plan_night(session, portfolio, on=at.astimezone(ZoneInfo(portfolio.time_zone)).date(), at=at)


def queued(session: Session) -> list[int]:
    found = session.scalars(select(Message.id).where(Message.state == MessageState.QUEUED).order_by(col(Message.id)))
    return [each for each in found if each is not None]


def send(session: Session, at: datetime, *, between: Callable[[], Any] = lambda: None) -> list[Left]:
    """Queues what is due and sends it as a worker does; `between` happens while all is queued."""
    outbox.dispatch(session, at=at)
    waiting = queued(session)
    between()
    left = []
    for message_id in waiting:
        outgoing = outbox.begin(session, message_id, at=at)
        if outgoing is not None:
            left.append(Left(message_id, outgoing, at))
            outbox.finish(session, message_id, Sent("sandbox", f"id-{message_id}"), at=at)
    session.flush()
    session.expire_all()
    return left


def may_be_listed(session: Session, case_id: int, on: date) -> dict[str, Decimal]:
    """What is past due on a date by account, else what falls due next; nothing of a paused or disputed account."""
    rows = session.execute(_OPEN, {"case": case_id, "on": on}).all()
    late = [row for row in rows if row.due_on < on]
    listed = late or [row for row in rows if row.due_on == rows[0].due_on]
    sums: dict[str, Decimal] = {}
    for row in listed:
        sums[row.number] = sums.get(row.number, Decimal(0)) + row.balance
    return sums


def law_on(session: Session, message: Message, at: datetime) -> Decision:
    """What the engine says of the message at `at`, its earlier contacts read from the table."""
    portfolio = session.get_one(Portfolio, message.portfolio_id)
    who = session.execute(_WHO, {"debtor": message.debtor_id}).one()
    past = session.execute(_PAST, {"debtor": message.debtor_id, "at": at, "own": message.interaction_id}).all()
    priors = [Prior(row.started_at, Channel(row.channel), CAME[row.code], str(row.case_id)) for row in past]
    place = places(session, [portfolio.id or 0])[portfolio.id or 0]
    known = Known(who.time_zone, who.region, who.contact_facts, priors)
    return may_contact(place.question(known, at, debt=str(message.case_id), channel=message.channel))


def says_it_whole(session: Session, left: Left, on: date) -> None:
    """The message says what is owed at its moment, every debt that may be listed, no other, and leaves no gap in its text."""
    message = session.get_one(Message, left.message_id)
    sums = may_be_listed(session, message.case_id, on)
    assert message.amount == sum(sums.values(), Decimal(0))
    assert left.outgoing.body == message.body
    for residue in RESIDUE:
        assert residue not in left.outgoing.body
        assert residue not in (left.outgoing.subject or "")
    if message.template_code == "listing" and message.channel != Channel.WHATSAPP:
        told = {part.partition("=")[0] for part in left.outgoing.body.split("[")[1:]}
        assert told == set(sums)


_OPEN = text("""
    SELECT account.number, receivable.due_on, receivable.balance FROM receivable
    JOIN account ON account.id = receivable.account_id
    WHERE receivable.case_id = :case AND receivable.balance > 0 AND NOT EXISTS (
        SELECT FROM pause WHERE pause.case_id = :case AND pause.ended_at IS NULL AND pause.from_on <= :on
          AND coalesce(pause.until_on, 'infinity') >= :on AND coalesce(pause.account_id, account.id) = account.id)
    ORDER BY receivable.due_on, receivable.id
""")
_WHO = text("SELECT time_zone, region, contact_facts FROM debtor WHERE id = :debtor")
_PAST = text("""
    SELECT i.started_at, i.channel, i.case_id, i.disposition_code AS code FROM interaction i
    JOIN collection_case c ON c.id = i.case_id
    WHERE c.debtor_id = :debtor AND i.direction = 'outbound' AND i.started_at <= :at
      AND i.id IS DISTINCT FROM CAST(:own AS bigint) AND i.disposition_code <> 'message.failed'
    ORDER BY i.started_at, i.id
""")

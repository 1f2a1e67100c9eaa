"""A message taken from the queue to be sent, and everything that decides whether it may leave now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg.rows import namedtuple_row
from psycopg.types.numeric import Int8
from sqlmodel import Session

from models.agreements import AgreementState
from models.debtors import DebtorKind
from models.interactions import Channel
from models.messages import Cause
from models.pauses import PauseKind
from models.promises import PromiseState
from workbench.channels.letters import Attachment
from workbench.db import driver
from workbench.queries.case_facts import ASKS_FOR_A_PERSON, BY_A_PERSON, STILL_ENDED
from workbench.queries.contact_history import CONTACTS, priors_in
from workbench.queries.contact_rules import PLACE_COLUMNS, place_of
from workbench.rules.contact_law import Prior
from workbench.rules.contact_places import Known, Place
from workbench.rules.letter_values import Agreed
from workbench.rules.letters import Letterhead, Text, Words
from workbench.rules.pauses import BARS_CONTACT, STOPS_CLOCK
from workbench.rules.sending import Owed, Planned, Situation

# Clocks of two workers differ: what another has just begun counts also when it seems to lie ahead.
AHEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """A queued message that only this transaction may send, its debtor and case locked."""

    id: int
    key: str
    portfolio_id: int
    case_id: int
    debtor_id: int
    planned: Planned
    promise_id: int | None
    payment_id: int | None
    agreement_id: int | None
    document_id: int | None
    author_id: int | None
    fallbacks: Sequence[str]
    contact_point_id: int | None
    template_code: str | None
    tries: int
    words: Words | None  # an agent's own

    @property
    def channel(self) -> Channel:
        return self.planned.channel


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds now: for the stops, for the law, and for the letter; `point` is where it would go (id, value)."""

    situation: Situation
    place: Place
    known: Known
    letterhead: Letterhead
    text: Text | None
    point: tuple[int, str] | None


def take(session: Session, message_id: int) -> Taken | None:
    """Locks a message that is queued, its debtor and its case; none when it is not, or another worker has it.

    Its debtor, so that two messages cannot both be the last that the law allows; its case, so that a payment comes
    wholly before or wholly after.
    """
    row = _row(session, _TAKE, {"id": Int8(message_id)})
    if row is None:
        return None
    planned = Planned(Cause(row.cause), Channel(row.channel), row.on_date, row.expires_at, row.anchor_on)
    return Taken(
        row.id,
        row.key,
        row.portfolio_id,
        row.case_id,
        row.debtor_id,
        planned,
        row.promise_id,
        row.payment_id,
        row.agreement_id,
        row.document_id,
        row.author_id,
        row.fallbacks,
        row.contact_point_id,
        row.template_code,
        row.tries,
        Words(row.body, row.subject) if row.author_id is not None else None,
    )


def facts_of(session: Session, message: Taken, *, at: datetime) -> Facts:
    """What holds of a message's debtor and case, read in one statement after the locks."""
    asked = {
        "case": Int8(message.case_id),
        "debtor": Int8(message.debtor_id),
        "promise": Int8(message.promise_id or 0),
        "payment": Int8(message.payment_id or 0),
        "agreement": Int8(message.agreement_id or 0),
        "installment": installment_of(message),
        "point": Int8(message.contact_point_id or 0),
        "channel": message.channel.value,
        "kind": "email" if message.channel is Channel.EMAIL else "phone",
        "code": message.template_code,
        "fixed": message.planned.cause is Cause.REPLY,
        "at": at,
        "ahead": at + AHEAD,
    }
    row = _row(session, _FACTS, asked)
    assert row is not None  # the message's own case
    contacts = tuple(Prior(min(p.at, at), p.channel, p.outcome, p.debt) for p in priors_in(row.contacts))
    return Facts(
        situation=_situation(row),
        place=place_of(row),
        known=Known(row.debtor_zone, row.region, row.contact_facts, contacts),
        letterhead=letterhead_of(row),
        text=Text(message.channel, message.template_code or "", *row.template) if row.template else None,
        point=tuple(row.point) if row.point else None,
    )


def _row(session: Session, statement: str, values: Mapping[str, Any]) -> Any:
    return driver(session).cursor(row_factory=namedtuple_row).execute(statement, values).fetchone()


def _situation(row: Any) -> Situation:
    return Situation(
        on=row.today,
        owed=owed_in(row.owed),
        promised_until=row.promised_until,
        promise=PromiseState(row.promise_state) if row.promise_state else None,
        reversed=row.reversed,
        agreement=AgreementState(row.agreement_state) if row.agreement_state else None,
        installment_paid=row.installment_amount == 0,
        paused=PauseKind(row.paused) if row.paused else None,
        ended=row.ended,
        opted_out=row.opted_out or row.contact_facts.get("opted_out") is True,
        replied=row.replied,
        wrote_at=row.wrote_at,
    )


def owed_in(told: Sequence[Sequence[Any]] | None) -> tuple[Owed, ...]:
    """The open debts from their JSON: account, product, due date, balance, why the account is paused, days not counted."""
    return tuple(
        Owed(
            account, product, date.fromisoformat(due_on), Decimal(balance), PauseKind(paused) if paused else None, days
        )
        for account, product, due_on, balance, paused, days in told or ()
    )


def letterhead_of(row: Any) -> Letterhead:
    """The words of a case beside its debts, from a row that names them as a letterhead does."""
    return Letterhead(
        debtor_name=row.debtor_name,
        is_firm=row.debtor_kind == DebtorKind.FIRM,
        creditor=row.creditor,
        portfolio=row.portfolio,
        currency=row.currency,
        country=row.country,
        language=row.wanted,
        promise=(row.promise_amount, row.promise_due_on) if row.promise_amount is not None else None,
        payment_amount=row.payment_amount,
        agreed=agreed_in(row),
        contact_phone=row.contact_phone,
    )


def agreed_in(row: Any) -> Agreed | None:
    """The agreement and installment in a row that names them as `AGREED_COLUMNS` does."""
    if row.installment_amount is None:
        return None
    return Agreed(row.agreement_total, row.agreement_payments, row.installment_amount, row.installment_due_on)


def installment_of(message: Taken) -> int | None:
    """The number of the installment that a reminder is about, as its key has it: `installment_due:{agreement}:{number}:…`."""
    return int(message.key.split(":")[2]) if message.planned.cause is Cause.INSTALLMENT_DUE else None


def attachments_of(session: Session, message: Taken) -> tuple[Attachment, ...]:
    """What goes along with a message: its document, where the channel can carry one."""
    if message.document_id is None or message.channel is not Channel.EMAIL:
        return ()
    row = _row(session, _DOCUMENT, {"id": Int8(message.document_id)})
    return (Attachment(row.name, row.media_type, bytes(row.content)),)


# Another worker's is passed over: waiting for it would only tell us that it has gone.
_TAKE = """
    SELECT m.id, m.key, m.portfolio_id, m.case_id, m.debtor_id, m.cause, m.channel, m.on_date, m.expires_at, m.anchor_on,
        m.promise_id, m.payment_id, m.agreement_id, m.document_id, m.author_id, m.fallbacks, m.contact_point_id,
        m.template_code, m.tries, m.body, m.subject
    FROM message m JOIN debtor d ON d.id = m.debtor_id JOIN collection_case c ON c.id = m.case_id
    WHERE m.id = %(id)s AND m.state = 'queued'
    FOR UPDATE OF m SKIP LOCKED FOR NO KEY UPDATE OF d FOR SHARE OF c
"""
_DOCUMENT = "SELECT name, media_type, content FROM document WHERE id = %(id)s"
# of the agreement called signed and its installment called part
AGREED_COLUMNS = """signed.state AS agreement_state, signed.total AS agreement_total,
    (SELECT count(*) FROM installment WHERE agreement_id = signed.id) AS agreement_payments,
    part.amount - part.paid AS installment_amount, part.due_on AS installment_due_on"""
# Of the receivable `r` on `now.today`: the days after its due date that did not count (rules.pauses; a test compares).
# Such pauses never overlap.
NOT_COUNTED = f"""(SELECT coalesce(sum(greatest(least(coalesce(
            least(q.until_on, (q.ended_at AT TIME ZONE p.time_zone)::date), now.today), now.today)
            - greatest(q.from_on, r.due_on), 0)), 0)
        FROM pause q WHERE q.case_id = r.case_id AND coalesce(q.account_id, r.account_id) = r.account_id
            AND q.kind IN ({", ".join(f"'{kind}'" for kind in STOPS_CLOCK)}))"""
_LIVE = """ended_at IS NULL AND from_on <= now.today AND coalesce(until_on >= now.today, true)"""
# a text chosen before (a reply goes back where the words came from) is not changed for a better number
_POINT = """
    SELECT json_build_array(v.id, v.value) FROM contact_point v
    WHERE v.debtor_id = debtor.id AND v.kind = %(kind)s AND v.status = 'active'
      AND (v.kind = 'email' OR coalesce(v.phone_kind, 'unknown') <> 'landline')
      AND NOT %(channel)s = ANY(v.unreachable) AND (NOT %(fixed)s OR v.id = %(point)s)
    ORDER BY v.id = %(point)s DESC, v.right_parties / greatest(v.attempts, 1)::float8 DESC, v.id LIMIT 1
"""
# as queries.templates.chosen_template chooses it (a test compares the two)
_TEMPLATE = """
    SELECT json_build_array(t.id, t.language, t.subject, t.body, t.whatsapp_name) FROM template t
    WHERE t.code = %(code)s AND t.channel = %(channel)s AND t.state = 'approved'
      AND (t.portfolio_id = p.id OR t.portfolio_id IS NULL) AND t.language IN (spoken.wanted, spoken.fallback)
    ORDER BY t.language = spoken.wanted DESC, t.portfolio_id NULLS LAST, t.version DESC LIMIT 1
"""
_SPOKEN = "split_part(replace(lower(btrim({language})), '_', '-'), '-', 1)"
_BARS = ", ".join(f"'{kind}'" for kind in BARS_CONTACT)
_CONTACTS = CONTACTS.replace("= :at", "= %(ahead)s").replace(":at", "%(at)s")
_FACTS = f"""
    SELECT {PLACE_COLUMNS}, p.name AS portfolio, p.currency, p.contact_phone, creditor.name AS creditor,
        debtor.name AS debtor_name, debtor.kind AS debtor_kind, debtor.time_zone AS debtor_zone,
        debtor.region, debtor.contact_facts, {_CONTACTS} AS contacts, now.today,
        (SELECT json_agg(json_build_array(a.number, a.product, r.due_on, r.balance::text,
            (SELECT kind FROM pause WHERE case_id = c.id AND account_id = a.id AND {_LIVE}
             ORDER BY kind <> 'dispute' LIMIT 1), {NOT_COUNTED}) ORDER BY r.due_on, r.id)
         FROM receivable r JOIN account a ON a.id = r.account_id WHERE r.case_id = c.id AND r.balance > 0) AS owed,
        greatest((SELECT max(q.due_on + f.grace_days) FROM collection_case k JOIN promise q ON q.case_id = k.id
            JOIN portfolio f ON f.id = q.portfolio_id WHERE k.debtor_id = debtor.id AND q.state = 'open'),
            (SELECT now.today FROM collection_case k JOIN agreement g ON g.case_id = k.id
            WHERE k.debtor_id = debtor.id AND g.state = 'active' AND g.missed = 0 LIMIT 1)) AS promised_until,
        CASE WHEN next.met THEN 'kept' ELSE about.state END AS promise_state,
        coalesce(next.amount, about.amount) AS promise_amount, coalesce(next.due_on, about.due_on) AS promise_due_on,
        {AGREED_COLUMNS}, paid.amount AS payment_amount, coalesce(paid.reversed_on IS NOT NULL, false) AS reversed,
        (SELECT kind FROM pause WHERE case_id = c.id AND account_id IS NULL AND {_LIVE}
         ORDER BY kind NOT IN ({_BARS}), kind <> 'dispute' LIMIT 1) AS paused,
        EXISTS (SELECT FROM work_item w JOIN interaction i ON i.case_id = w.case_id
            JOIN disposition x ON x.code = i.disposition_code AND x.terminal
            WHERE w.case_id = c.id AND w.queue = 'call' AND w.state = 'closed' AND {STILL_ENDED}) AS ended,
        EXISTS (SELECT FROM opt_out o WHERE o.debtor_id = debtor.id AND o.channel = %(channel)s AND o.ended_at IS NULL)
            AS opted_out,
        EXISTS (SELECT FROM collection_case k JOIN interaction i ON i.case_id = k.id AND i.direction = 'inbound'
            WHERE k.debtor_id = debtor.id AND {ASKS_FOR_A_PERSON} AND NOT EXISTS (
                SELECT FROM collection_case mine JOIN interaction ours ON ours.case_id = mine.id
                WHERE mine.debtor_id = debtor.id AND ours.started_at >= i.started_at AND {BY_A_PERSON})) AS replied,
        (SELECT max(i.started_at) FROM collection_case k JOIN interaction i ON i.case_id = k.id
         WHERE k.debtor_id = debtor.id AND i.direction = 'inbound' AND i.channel = %(channel)s) AS wrote_at,
        ({_POINT}) AS point, ({_TEMPLATE}) AS template, spoken.wanted
    FROM collection_case c JOIN debtor ON debtor.id = c.debtor_id JOIN portfolio p ON p.id = c.portfolio_id
    JOIN creditor ON creditor.id = p.creditor_id
    CROSS JOIN LATERAL (SELECT (%(at)s AT TIME ZONE p.time_zone)::date AS today) now
    CROSS JOIN LATERAL (SELECT {_SPOKEN.format(language="p.language")} AS fallback, {
    _SPOKEN.format(language="coalesce(nullif(btrim(debtor.language), ''), p.language)")
} AS wanted) spoken
    LEFT JOIN promise about ON about.id = %(promise)s
    LEFT JOIN LATERAL (
        SELECT t.amount, t.due_on, about.paid >= (SELECT sum(b.amount) FROM promise_part b
            WHERE b.promise_id = t.promise_id AND b.number <= t.number) AS met
        FROM promise_part t WHERE t.promise_id = about.id AND about.state = 'open' AND t.due_on >= now.today
        ORDER BY t.number LIMIT 1
    ) next ON true
    LEFT JOIN payment paid ON paid.id = %(payment)s
    LEFT JOIN agreement signed ON signed.id = %(agreement)s
    LEFT JOIN installment part ON part.agreement_id = signed.id AND part.number = coalesce(%(installment)s::int,
        (SELECT min(number) FROM installment WHERE agreement_id = signed.id))
    WHERE c.id = %(case)s AND debtor.id = %(debtor)s
"""

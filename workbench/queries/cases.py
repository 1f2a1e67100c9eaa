"""One case as an agent sees it: who, what is owed, how to reach them, what happened."""

from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Band, Channel, PauseKind
from workbench.queries.case_facts import UNANSWERED
from workbench.queries.claims import Claim, DraftNote
from workbench.queries.contact_history import CONTACTS, priors_in
from workbench.queries.contact_rules import PLACE_COLUMNS, place_of
from workbench.queries.order_facts import IN_FORCE, rules_of, rules_told
from workbench.queries.promise_limits import APPROVERS
from workbench.rules.access import Permission, Viewer
from workbench.rules.briefings import Briefing, briefing
from workbench.rules.contact_law import Decision, level_of
from workbench.rules.contact_places import Known, Place
from workbench.rules.law_words import Level
from workbench.rules.order_rules import Told
from workbench.rules.pauses import BARS_CONTACT
from workbench.rules.promise_limits import OPEN_LIMIT, PARTS_LIMIT, PromiseLimits
from workbench.rules.reasons import Reply
from workbench.rules.refusals import Refused
from workbench.rules.scoring import Priors


@dataclass(frozen=True, slots=True)
class Phone:
    """A number, with what came of dialling it; the last result is in the viewer's language."""

    id: int
    value: str
    phone_kind: str | None
    status: str
    attempts: int
    right_parties: int
    last_label: str | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """An open receivable with its account."""

    account: str
    product: str | None
    number: str
    due_on: date
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class PauseNote:
    """A pause that lives today, of one account or (none) the whole case; `until_on` none = nobody knows yet."""

    kind: PauseKind
    from_on: date
    until_on: date | None
    account: str | None
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline: `kind` is interaction, promise, payment or blocked; `what` its label, kind, state or law.

    `override` is why a call outside the law was saved, `override_by` who answers for it.
    """

    kind: str
    at: datetime
    what: str
    note: str
    by: str | None
    amount: Decimal | None
    on: date | None
    override: str | None = None
    override_by: str | None = None


@dataclass(frozen=True, slots=True)
class CaseCard:
    """All of one case in a handful of statements; amounts in `currency`, days in the portfolio's calendar."""

    case_id: int
    portfolio_id: int
    portfolio: str
    creditor: str
    country: str
    currency: str
    law: Place
    known: Known
    limits: PromiseLimits
    today: date
    debtor_id: int
    name: str
    reference: str
    tax_id: str | None
    place: str
    zone: str
    zone_origin: str
    owner: str | None
    balance: Decimal
    past_due: Decimal
    oldest_due_on: date | None
    counted_from: date | None
    bucket: int
    stage: str
    settled_count: int
    late_count: int
    broken_promises: int
    level: int  # promises not kept, be it in part
    roll: float
    cust: float
    p_unpaid: float
    reach: float
    score: float
    band: Band
    reply: Reply | None
    priors: Priors
    rules: tuple[Told, ...]  # of the order, in force, that hold for it
    phones: tuple[Phone, ...]
    dues: tuple[Due, ...]
    paused: tuple[PauseNote, ...]
    timeline: tuple[Happening, ...]

    @property
    def days_past_due(self) -> int:
        """Whole days since the oldest open receivable fell due, less those that pauses do not count; due today is 0."""
        return (self.today - self.counted_from).days if self.counted_from else 0

    @property
    def barred(self) -> bool:
        """Whether nobody may contact the debtor: a death, a court or a hand-over."""
        return any(each.kind in BARS_CONTACT and each.account_id is None for each in self.paused)

    @property
    def spoken(self) -> bool:
        """Whether anybody of ours has ever talked with the debtor."""
        lately = any(level_of(prior.outcome) == Level.CONTACT for prior in self.known.priors)
        return lately or any(phone.right_parties for phone in self.phones)

    def judge(self, at: datetime) -> Decision:
        """Whether a call begun at `at` is lawful, by law, policy, what is known of the debtor and our contacts of late."""
        return self.law.judge(self.known, at, debt=str(self.case_id))

    def briefing(self, at: datetime) -> Briefing:
        """What the law says of a call to this debtor at `at`."""
        return briefing(self.law, self.known, at, spoken=self.spoken, debt=str(self.case_id))


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies before an agent: the debtor in hand, what was half typed about them, and the whole case."""

    claim: Claim
    draft: DraftNote | None
    card: CaseCard


# Numbers that reached the right person come first; an untried one counts as one success in four tries.
_PHONES = """
    SELECT coalesce(json_agg(json_build_array(point.id, point.value, point.phone_kind, point.status, point.attempts,
            point.right_parties, CASE WHEN :spanish THEN disposition.label_es ELSE disposition.label_en END, point.last_at)
        ORDER BY point.status <> 'active', (point.right_parties + 1.0) / (point.attempts + 4.0) DESC,
            point.phone_kind IS DISTINCT FROM 'mobile', point.id), '[]')
    FROM contact_point point
    LEFT JOIN disposition ON disposition.code = point.last_disposition
    WHERE point.debtor_id = debtor.id AND point.kind = 'phone'"""

# the last thing the debtor wrote that nobody has answered
_REPLY = f"""
    SELECT json_build_array(i.channel, i.note, i.reading ->> 'on') FROM interaction i WHERE i.case_id = kase.id AND {UNANSWERED}
    ORDER BY i.started_at DESC, i.id DESC LIMIT 1"""

_DUES = """
    SELECT coalesce(json_agg(json_build_array(account, product, number, due_on, amount::text, balance::text)
        ORDER BY due_on, id), '[]')
    FROM (
        SELECT receivable.id, account.number AS account, account.product, receivable.number, receivable.due_on,
            receivable.amount, receivable.balance
        FROM receivable JOIN account ON account.id = receivable.account_id
        WHERE receivable.case_id = kase.id AND receivable.balance > 0
        ORDER BY receivable.due_on, receivable.id LIMIT 60) due"""

_PAUSED = """
    SELECT coalesce(json_agg(json_build_array(pause.kind, pause.from_on, pause.until_on, account.number, pause.account_id)
        ORDER BY pause.from_on, pause.id), '[]')
    FROM pause LEFT JOIN account ON account.id = pause.account_id
    WHERE pause.case_id = kase.id AND pause.ended_at IS NULL
      AND pause.from_on <= (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date
      AND coalesce(pause.until_on >= (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date, true)"""

_TIMELINE = """
    SELECT coalesce(json_agg(json_build_array(kind, at, what, note, "by", amount::text, "on", override, answers)
        ORDER BY at DESC), '[]')
    FROM (
        (SELECT 'interaction' AS kind, interaction.started_at AS at,
            CASE WHEN :spanish THEN disposition.label_es ELSE disposition.label_en END AS what,
            interaction.note, app_user.name AS "by", NULL::numeric AS amount, NULL::date AS "on",
            interaction.override_reason AS override,
            (SELECT name FROM app_user WHERE id = interaction.override_by) AS answers
        FROM interaction JOIN disposition ON disposition.code = interaction.disposition_code
        LEFT JOIN app_user ON app_user.id = interaction.user_id
        WHERE interaction.case_id = kase.id ORDER BY interaction.started_at DESC LIMIT :most)
        UNION ALL
        (SELECT 'promise', promise.created_at, promise.state, '', app_user.name, promise.amount, promise.due_on, NULL, NULL
        FROM promise LEFT JOIN app_user ON app_user.id = promise.taken_by
        WHERE promise.case_id = kase.id ORDER BY promise.due_on DESC LIMIT :most)
        UNION ALL
        (SELECT 'payment', payment.recorded_at,
            CASE WHEN payment.reversed_on IS NULL THEN payment.kind ELSE 'reversed' END,
            '', NULL, payment.amount, payment.paid_on, NULL, NULL
        FROM payment WHERE payment.case_id = kase.id ORDER BY payment.paid_on DESC LIMIT :most)
        UNION ALL
        (SELECT 'blocked', blocked.at, CASE WHEN blocked.rule NOT LIKE 'policy.%' THEN blocked.law ELSE '' END,
            coalesce(blocked.form ->> 'note', ''), app_user.name, NULL, NULL, NULL, NULL
        FROM blocked_contact blocked LEFT JOIN app_user ON app_user.id = blocked.user_id
        WHERE blocked.debtor_id = kase.debtor_id AND blocked.case_id = kase.id ORDER BY blocked.at DESC LIMIT :most)
        ORDER BY at DESC LIMIT :most) happened"""

# The business day is the portfolio's own date now: a night that has not run yet must not make a debt look younger.
_CARD = f"""
SELECT kase.id AS case_id, p.name AS portfolio, creditor.name AS creditor, p.currency, {PLACE_COLUMNS},
    coalesce(own.min_amount, p.promise_min_amount) AS min_amount, coalesce(own.min_share, p.promise_min_share) AS min_share,
    coalesce(own.days_out, p.promise_days_out) AS days_out,
    coalesce(own.broken_limit, CASE WHEN NOT :approves THEN p.promises_broken_limit END) AS broken_limit,
    coalesce(own.open_limit, {OPEN_LIMIT}) AS open_limit, coalesce(own.parts, {PARTS_LIMIT}) AS parts_limit,
    (SELECT count(*) FROM promise WHERE case_id = kase.id AND state IN ('broken', 'partially_kept')) AS level,
    (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today,
    debtor.id AS debtor_id, debtor.name, debtor.reference, debtor.tax_id,
    concat_ws(', ', nullif(debtor.city, ''), nullif(debtor.region, '')) AS place,
    debtor.time_zone AS zone, debtor.zone_origin, debtor.region, debtor.contact_facts, {CONTACTS} AS contacts, owner.name AS owner,
    coalesce(standing.balance, 0) AS balance, coalesce(standing.past_due, 0) AS past_due, standing.oldest_due_on,
    coalesce(standing.counted_from, standing.oldest_due_on) AS counted_from, ({_PAUSED}) AS paused,
    coalesce(standing.bucket, 0) AS bucket, coalesce(standing.stage, 'preventive') AS stage,
    coalesce(standing.settled_count, 0) AS settled_count, coalesce(standing.late_count, 0) AS late_count,
    coalesce(standing.broken_promises, 0) AS broken_promises, coalesce(standing.roll, 0) AS roll,
    coalesce(standing.cust, 0) AS cust, coalesce(standing.p_unpaid, 0) AS p_unpaid,
    coalesce(standing.reach, 0) AS reach, coalesce(standing.score, 0) AS score,
    coalesce(item.band, 4) AS band, p.learned, {IN_FORCE} AS rules, ({_REPLY}) AS reply,
    ({_PHONES}) AS phones, ({_DUES}) AS dues, ({_TIMELINE}) AS timeline {{more}}
FROM {{of}}
JOIN portfolio p ON p.id = kase.portfolio_id
JOIN creditor ON creditor.id = p.creditor_id
JOIN debtor ON debtor.id = kase.debtor_id
LEFT JOIN case_standing standing ON standing.case_id = kase.id
LEFT JOIN work_item item ON item.case_id = kase.id AND item.queue = 'call'
LEFT JOIN app_user owner ON owner.id = kase.owner_id
LEFT JOIN promise_limit own ON own.portfolio_id = p.id AND own.role = :role
WHERE {{where}} AND kase.portfolio_id = ANY(:portfolio_ids)
"""
ONE_CASE = text(_CARD.format(more="", of="collection_case kase", where="kase.id = :case_id"))
# What narrows comes first: of more than eight joins the planner keeps the order, and would join the whole book before it.
# An expired lease counts until somebody frees it.
IN_HAND = text(
    _CARD.format(
        more=""", held.id AS held_id, held.band AS held_band, held.lease_until,
    draft.author_id, author.name AS author, draft.note, draft.fields, draft.saved_at""",
        of="""work_item held JOIN collection_case kase ON kase.id = held.case_id
LEFT JOIN draft ON draft.work_item_id = held.id
LEFT JOIN app_user author ON author.id = draft.author_id""",
        where="held.claimed_by = :me",
    )
)
_SHOWN = {each.name for each in dataclass_fields(CaseCard)}
_HELD = ("held_id", "held_band", "lease_until", "author_id", "author", "note", "fields", "saved_at")


def case_card(session: Session, who: Viewer, case_id: int, *, at: datetime, events: int = 15) -> CaseCard:
    """The case with its phones best first, its open receivables oldest first and its last `events` happenings.

    Raises `Refused`, as if it did not exist, for a case outside the viewer's portfolios.
    """
    row = session.execute(ONE_CASE, _asked(who, at, events) | {"case_id": case_id}).mappings().one_or_none()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    return _card(session, dict(row))


def desk(session: Session, who: Viewer, *, at: datetime, events: int = 15) -> Desk | None:
    """What this person holds now, everything the page shows of it in one statement; none when they hold nothing."""
    who.require(Permission.WORK_QUEUE)
    row = session.execute(IN_HAND, _asked(who, at, events) | {"me": who.user_id}).mappings().one_or_none()
    if row is None:
        return None
    fields = dict(row)
    item_id, band, lease_until, *kept = (fields.pop(name) for name in _HELD)
    claim = Claim(item_id, fields["case_id"], fields["portfolio_id"], Band(band), lease_until)
    return Desk(claim, DraftNote(*kept) if kept[0] is not None else None, _card(session, fields))


def _asked(who: Viewer, at: datetime, events: int) -> dict[str, Any]:
    asked = {"at": at, "portfolio_ids": list(who.portfolio_ids), "spanish": who.language == "es", "most": events}
    return asked | {"role": who.role.value, "approves": who.role in APPROVERS}


def _card(session: Session, fields: dict[str, Any]) -> CaseCard:
    """The row with its law and its limits each gathered into one, and its lists read from JSON."""
    fields["rules"] = _rules(session, fields) if fields["rules"] else ()
    limits = ("min_amount", "min_share", "days_out", "broken_limit", "open_limit", "parts_limit")
    fields["law"] = place_of(SimpleNamespace(**fields))
    known = fields.pop("region"), fields.pop("contact_facts"), priors_in(fields.pop("contacts"))
    fields["known"] = Known(fields["zone"], *known)
    fields["limits"] = PromiseLimits(*(fields.pop(name) for name in limits))
    fields["priors"] = Priors.from_json(fields.pop("learned"))
    fields["band"] = Band(fields["band"])
    fields["reply"] = _reply(*fields["reply"]) if fields["reply"] else None
    fields["phones"] = tuple(
        Phone(point, value, kind, status, tries, reached, label, datetime.fromisoformat(last_at) if last_at else None)
        for point, value, kind, status, tries, reached, label, last_at in fields["phones"]
    )
    fields["dues"] = tuple(
        Due(account, product, number, date.fromisoformat(due_on), Decimal(amount), Decimal(balance))
        for account, product, number, due_on, amount, balance in fields["dues"]
    )
    fields["paused"] = tuple(
        PauseNote(PauseKind(kind), date.fromisoformat(first), date.fromisoformat(last) if last else None, *account)
        for kind, first, last, *account in fields["paused"]
    )
    fields["timeline"] = tuple(_happening(*told) for told in fields["timeline"])
    return CaseCard(**{name: value for name, value in fields.items() if name in _SHOWN})


def _rules(session: Session, fields: dict[str, Any]) -> tuple[Told, ...]:
    days = (fields["today"] - fields["counted_from"]).days if fields["counted_from"] else 0
    case = fields | {"days": days, "broken": fields["broken_promises"]}
    [found] = rules_told(session, fields["portfolio_id"], rules_of(fields["rules"]), [case], on=fields["today"])
    return found


def _reply(channel: str, words: str, on: str | None) -> Reply:
    return Reply(Channel(channel), words, date.fromisoformat(on) if on else None)


def _happening(
    kind: str, at: str, what: str, note: str, by: str | None, amount: str | None, on: str | None, *override: str | None
) -> Happening:
    money, day = Decimal(amount) if amount else None, date.fromisoformat(on) if on else None
    return Happening(kind, datetime.fromisoformat(at), what, note, by, money, day, *override)

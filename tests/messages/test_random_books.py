"""Random books through nights, events and sending at random moments: only what is lawful, owed and wanted leaves, once."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, select

from models import (
    Cause,
    ContactKind,
    ContactPoint,
    Debtor,
    Interaction,
    Message,
    MessageState,
    OptOut,
    Pause,
    PauseKind,
    PhoneKind,
    Portfolio,
    Promise,
    WorkItem,
)
from models.contact_points import ContactStatus
from models.interactions import Channel
from tests.actions.books import publish, saved, second_debt, segment, step, strategy
from tests.cast import Cast, owe
from tests.messages.stage import (
    HOMES,
    RESIDUE,
    Left,
    home,
    law_on,
    listing,
    may_be_listed,
    night,
    queued,
    says_it_whole,
)
from workbench.actions import outbox
from workbench.actions.payments import record_payment, reverse_payment
from workbench.actions.planning import dry_run, plan_events
from workbench.channels.letters import NotSent, Passing, Permanent, Sent, Unknown
from workbench.rules.strategies import read_definition

STARTS = ("2026-11-18", "2026-12-29", "2026-09-03", "2026-04-01", "2026-10-29", "2027-03-11")  # some move their clocks
NOTICES = {
    "promise_due": {"channels": ["sms", "email"], "templates": {"1": "promise_due_tomorrow", "0": "promise_due_today"}},
    "promise_broken": {"channels": ["whatsapp", "sms"], "template": "promise_broken"},
    "payment_thanks": {"channels": ["sms", "email"], "template": "payment_thanks"},
}
LADDER = strategy(
    step("courtesy", -3, "sms", "email", template="reminder_before_due", valid_days=3),
    step("first", 1, "whatsapp", "sms", "email", template="listing", valid_days=3, max_attempts=2),
    step("second", 4, "sms", "email", template="listing", min_gap_days=2, expires_days=3),
    step("third", 12, "email", "sms", order="best", template="listing", valid_days=20, at="11:15"),
    **NOTICES,
)
SPLIT = {
    "segments": [
        segment(
            step("first", 1, "sms", "email", template="listing", valid_days=30, expires_days=1),
            code="late", when={"days_past_due": {"least": 2}}, held_out=0.2,
            challenger={"share": 0.3, "steps": [step("softer", 1, "email", "sms", template="listing", valid_days=30)]},
        ),
        segment(step("early", -5, "sms", template="listing", valid_days=6), code="rest"),
    ],
    "events": NOTICES,
}  # fmt: skip
DEEDS = (
    "pay some",
    "pay all",
    "take back",
    "promise",
    "account promise",
    "break promise",
    "pause",
    "dispute account",
    "end pause",
    "opt out",
    "want nothing",
    "called",
    "reached",
    "wrote",
    "answered",
    "dead number",
    "landline",
    "unreachable",
    "e-mail",
    "move",
    "english",
    "end",
    "insolvent",
)
Deeds = tuple[tuple[int, str, int], ...]  # whose, what, how much


@dataclass(frozen=True)
class Day:
    """What a day brings: before the night, before noon with the events and a sending, and before a second sending."""

    early: Deeds
    morning: Deeds
    first: int  # minutes of the day
    queued: Deeds  # while messages are queued
    later: int  # minutes after
    outcomes: tuple[str, ...]


@dataclass
class World:
    session: Session
    cast: Cast
    portfolio: Portfolio
    definition: dict[str, Any]
    items: list[WorkItem]
    left: list[Left] = field(default_factory=list)
    gone: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    def on(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.portfolio.time_zone)).date()


DEED = st.tuples(st.integers(0, 5), st.sampled_from(DEEDS), st.integers(0, 30))
FEW = st.lists(DEED, max_size=1).map(tuple)
SOME = st.lists(DEED, max_size=2).map(tuple)
OUTCOMES = st.lists(
    st.sampled_from(["sent", "sent", "sent", "permanent", "passing", "unknown"]), min_size=3, max_size=3
)
DAYS = st.lists(
    st.builds(Day, FEW, FEW, st.integers(7 * 60, 19 * 60), SOME, st.integers(60, 500), OUTCOMES.map(tuple)),
    min_size=3,
    max_size=5,
)
BOOKS = st.lists(st.tuples(st.integers(-5, 14), st.sampled_from([None, -2, 1, 5])), min_size=1, max_size=6)
POLICIES = st.sampled_from([{}, {}, {"weekly_contacts": 1}, {"daily_attempts": 1}])


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    book=BOOKS,
    days=DAYS,
    country=st.sampled_from(sorted(HOMES)),
    start=st.sampled_from(STARTS),
    policy=POLICIES,
    definition=st.sampled_from([LADDER, SPLIT]),
)
def test_only_what_is_lawful_owed_and_wanted_leaves_and_once(
    session: Session,
    cast: Cast,
    book: list[tuple[int, int | None]],
    days: list[Day],
    country: str,
    start: str,
    policy: dict[str, int],
    definition: dict[str, Any],
) -> None:
    with session.begin_nested() as trial:
        portfolio = home(session, cast, country, **{"weekly_contacts": None, "daily_attempts": None} | policy)
        listing(session)
        first = date.fromisoformat(start)
        long_ago = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))
        publish(session, portfolio, definition, at=long_ago)
        items = [owe(session, portfolio, days_past_due=late, on=first) for late, _ in book]
        for item, (_, other) in zip(items, book, strict=True):
            if other is not None:
                second_debt(session, item, first - timedelta(days=other))
        world = World(session, cast, portfolio, definition, items)
        for number, what in enumerate(days):
            live(world, first + timedelta(days=number), what)
        once(world)
        event(f"{min(len(world.left), 5)} left")
        trial.rollback()
    session.expire_all()


def live(world: World, on: date, day: Day) -> None:
    """One day of the book."""
    zone = ZoneInfo(world.portfolio.time_zone)
    midnight = datetime.combine(on, datetime.min.time(), zone)
    happen(world, day.early, midnight + timedelta(minutes=5))
    as_shown(world, midnight + timedelta(hours=2, minutes=30))
    happen(world, day.morning, midnight + timedelta(hours=5))
    for minutes, meanwhile in ((day.first, day.queued), (min(day.first + day.later, 1439), ())):
        at = (midnight + timedelta(minutes=minutes)).astimezone(ZoneInfo("UTC"))
        plan_events(world.session, at=at)
        deliver(world, at, meanwhile, day.outcomes)
    assert plan_events(world.session, at=at) == 0


def as_shown(world: World, at: datetime) -> None:
    """The night writes what the dry run of the published definition says at the same moment, and holds the same back."""
    session, portfolio = world.session, world.portfolio
    who = replace(world.cast.marta, portfolio_ids=frozenset({portfolio.id or 0}))
    session.expire_all()
    dry = dry_run(session, who, portfolio.id or 0, read_definition(world.definition), on=world.on(at), at=at)
    planned = night(session, portfolio, at)
    session.expire_all()
    free = dry.rows[dry.rows["code"].isna()].to_dict("records")
    shown = {(row["case_id"], row["step"], row["channel"], row["not_before"].to_pydatetime()) for row in free}
    new = session.exec(select(Message).where(Message.planned_at == at, Message.cause == Cause.STEP)).all()
    assert {(each.case_id, each.step, each.channel, each.not_before) for each in new} == shown
    assert len(free) == len(new) == planned.messages
    assert planned.held == dry.rows["code"].value_counts().to_dict()
    for each in new:
        assert law_on(session, each, each.not_before).allowed
    for row in dry.rows[dry.rows["code"] == "law"].to_dict("records"):
        assert row["held"]["code"] == "law"
        assert row["case_id"] not in {each.case_id for each in new}
    assert not night(session, portfolio, at + timedelta(minutes=1)).wrote


def deliver(world: World, at: datetime, meanwhile: Deeds, outcomes: tuple[str, ...]) -> None:
    outbox.dispatch(world.session, at=at)
    happen(world, meanwhile, at)
    for number, message_id in enumerate(queued(world.session)):
        outgoing = outbox.begin(world.session, message_id, at=at)
        if outgoing is None:
            continue
        left = Left(message_id, outgoing, at)
        world.session.expire_all()
        wanted_lawful_owed(world, left)
        outcome = outcomes[number % len(outcomes)]
        outbox.finish(world.session, message_id, result(outcome, message_id), at=at)
        if outcome in ("sent", "unknown"):
            message = world.session.get_one(Message, message_id)
            about = (message.step, message.anchor_on, message.promise_id, message.payment_id)
            world.gone[(message.case_id, message.cause, *about, message.attempt, message.on_date)] += 1
            world.left.append(left)
    world.session.flush()
    world.session.expire_all()


def result(outcome: str, message_id: int) -> Sent | NotSent:
    results: dict[str, Sent | NotSent] = {
        "sent": Sent("stub", f"id-{message_id}"),
        "permanent": Permanent("stub", "no such number", invalidates=True),
        "passing": Passing("stub", "busy"),
        "unknown": Unknown("stub", "cut"),
    }
    return results[outcome]


def wanted_lawful_owed(world: World, left: Left) -> None:
    """Everything that must hold of a message that leaves, asked of the tables and of the law's engine."""
    session, on = world.session, world.on(left.at)
    message = session.get_one(Message, left.message_id)
    assert message.not_before <= left.at < message.expires_at
    assert law_on(session, message, left.at).allowed
    assert session.execute(_STOPS, {"message": message.id, "on": on}).all() == []
    assert session.execute(_POINT, {"message": message.id, "to": left.outgoing.to}).all() != []
    if message.cause == Cause.STEP:
        assert may_be_listed(session, message.case_id, on)
        says_it_whole(session, left, on)
    for residue in RESIDUE:
        assert residue not in left.outgoing.body
    assert message.language in ("es", "en")
    wanted = session.get_one(Debtor, message.debtor_id).language or "es"
    assert message.language == wanted or message.language_wanted == wanted


_STOPS = text("""
    SELECT 'promised' FROM message m JOIN promise p ON p.case_id = m.case_id JOIN portfolio b ON b.id = m.portfolio_id
    WHERE m.id = :message AND m.cause IN ('step', 'promise_broken') AND p.state = 'open'
      AND p.due_on + b.grace_days >= :on
    UNION ALL
    SELECT 'promise over' FROM message m JOIN promise p ON p.id = m.promise_id
    WHERE m.id = :message AND m.cause = 'promise_due' AND p.state <> 'open'
    UNION ALL
    SELECT 'paid' FROM message m WHERE m.id = :message AND m.cause <> 'payment_thanks'
      AND NOT EXISTS (SELECT FROM receivable r WHERE r.case_id = m.case_id AND r.balance > 0)
    UNION ALL
    SELECT 'taken back' FROM message m JOIN payment p ON p.id = m.payment_id
    WHERE m.id = :message AND p.reversed_on IS NOT NULL
    UNION ALL
    SELECT 'paused' FROM message m JOIN pause p ON p.case_id = m.case_id
    WHERE m.id = :message AND p.account_id IS NULL AND p.ended_at IS NULL AND p.from_on <= :on
      AND coalesce(p.until_on, 'infinity') >= :on
    UNION ALL
    SELECT 'opted out' FROM message m JOIN opt_out o ON o.debtor_id = m.debtor_id AND o.channel = m.channel
    WHERE m.id = :message AND o.ended_at IS NULL
    UNION ALL
    SELECT 'wants nothing' FROM message m JOIN debtor d ON d.id = m.debtor_id
    WHERE m.id = :message AND d.contact_facts ->> 'opted_out' = 'true'
    UNION ALL
    SELECT 'ended' FROM message m JOIN work_item w ON w.case_id = m.case_id AND w.state = 'closed'
    JOIN interaction i ON i.case_id = m.case_id AND i.disposition_code = 'account.deceased'
    WHERE m.id = :message
    UNION ALL
    SELECT 'replied' FROM message m JOIN interaction i ON i.case_id = m.case_id AND i.direction = 'inbound'
    WHERE m.id = :message AND m.cause IN ('step', 'promise_broken') AND NOT EXISTS (
        SELECT FROM interaction ours WHERE ours.case_id = m.case_id AND ours.user_id IS NOT NULL
          AND ours.direction = 'outbound' AND ours.started_at > i.started_at)
""")
_POINT = text("""
    SELECT c.id FROM message m JOIN contact_point c ON c.debtor_id = m.debtor_id AND c.value = :to
    WHERE m.id = :message AND c.status = 'active' AND NOT m.channel = ANY(c.unreachable)
      AND (m.channel = 'email') = (c.kind = 'email') AND coalesce(c.phone_kind, 'unknown') <> 'landline'
""")


def once(world: World) -> None:
    """No step left twice, in one attempt or to two channels, and what did not leave says why."""
    assert max(world.gone.values(), default=0) <= 1
    twice = world.session.execute(_TWICE, {"portfolio": world.portfolio.id}).all()
    assert twice == []
    for message in world.session.exec(select(Message).where(Message.portfolio_id == world.portfolio.id)):
        # nothing waits, was held back or ended without saying why
        if message.state in (MessageState.CANCELLED, MessageState.BLOCKED):
            assert message.held
            assert message.held["code"]
        assert (message.state in (MessageState.QUEUED, MessageState.SENDING)) == (message.lease_until is not None)


_TWICE = text("""
    SELECT case_id, step, anchor_on, attempt FROM message
    WHERE portfolio_id = :portfolio AND cause = 'step'
      AND state NOT IN ('failed', 'cancelled', 'blocked', 'bounced')
    GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
""")


def happen(world: World, deeds: Deeds, at: datetime) -> None:
    for whose, what, size in deeds:
        if whose < len(world.items):
            happens(world, world.items[whose], what, size, at)
    world.session.flush()
    world.session.expire_all()


def happens(world: World, item: WorkItem, what: str, size: int, at: datetime) -> None:
    """One thing that happens to a debtor; what cannot be then, is not."""
    if what in ("pay some", "pay all", "take back"):
        money(world, item, what, size, at)
    elif what in ("promise", "account promise", "break promise"):
        word(world, item, what, size, at)
    elif what in ("pause", "dispute account", "end pause"):
        rest(world, item, what, size, at)
    elif what in ("called", "reached", "answered", "wrote", "end"):
        talk(world, item, what, size, at)
    else:
        session = world.session
        points = select(ContactPoint).where(ContactPoint.debtor_id == item.debtor_id)
        change(world, session.get_one(Debtor, item.debtor_id), session.exec(points).first(), what, size, at)


def ids_of(item: WorkItem) -> dict[str, Any]:
    return {"portfolio_id": item.portfolio_id, "case_id": item.case_id}


def money(world: World, item: WorkItem, what: str, size: int, at: datetime) -> None:
    session, on = world.session, world.on(at)
    balance = session.execute(_BALANCE, ids_of(item)).scalar_one()
    last = session.execute(_LAST_PAYMENT, ids_of(item)).scalar()
    if what == "take back":
        if last:
            reverse_payment(session, last, on=on, by=None, at=at)
    elif balance:
        amount = balance if what == "pay all" else max(Decimal("0.01"), (balance * size / 40).quantize(Decimal("0.01")))
        paid: dict[str, Any] = {"amount": amount, "paid_on": on, "reference": str(uuid4()), "by": None}
        record_payment(session, case_id=item.case_id, **paid, at=at)


def word(world: World, item: WorkItem, what: str, size: int, at: datetime) -> None:
    session, on, ids = world.session, world.on(at), ids_of(item)
    of = session.execute(_ACCOUNT, ids).scalar_one() if what == "account promise" else None
    if what == "break promise":
        session.execute(_BREAK, ids | {"on": on})
    elif not session.execute(_OPEN_PROMISE, ids | {"account": of}).all():
        due = on + timedelta(days=size % 6)
        saved(session, Promise(**ids, account_id=of, amount=Decimal(100), taken_on=on, due_on=due, created_at=at))


def rest(world: World, item: WorkItem, what: str, size: int, at: datetime) -> None:
    session, on, ids = world.session, world.on(at), ids_of(item)
    if what == "end pause":
        session.execute(_END_PAUSES, ids | {"at": at})
        return
    kind = PauseKind.DISPUTE if what == "dispute account" else list(PauseKind)[size % len(PauseKind)]
    of = session.execute(_ACCOUNT, ids).scalar_one() if what == "dispute account" else None
    until = on + timedelta(days=size % 3) if size % 2 else None
    fields: dict[str, Any] = {"kind": kind, "from_on": on, "until_on": until, "reason": "…", "created_at": at}
    saved(session, Pause(**ids, account_id=of, **fields))


def talk(world: World, item: WorkItem, what: str, size: int, at: datetime) -> None:
    fields: dict[str, Any] = {"disposition_code": "call.no_commitment", "user_id": world.cast.ana.user_id}
    if what == "called":
        fields["disposition_code"] = "call.no_answer"
    elif what == "wrote":
        fields = {"disposition_code": "reply.unknown", "channel": Channel.SMS, "direction": "inbound"}
        fields["reading"] = {"intent": "unknown"}
    elif what == "end":
        if size % 3:
            return
        fields["disposition_code"] = "account.deceased"
        world.session.execute(
            text("UPDATE work_item SET state = 'closed', ready_at = NULL WHERE case_id = :case_id"), ids_of(item)
        )
    contact = Interaction(**ids_of(item), submission_key=uuid4(), started_at=at, ended_at=at, **fields)
    saved(world.session, contact)


def change(world: World, debtor: Debtor, point: ContactPoint | None, what: str, size: int, at: datetime) -> None:
    """What is known of a debtor changes."""
    if what == "opt out":
        channel = (Channel.SMS, Channel.EMAIL, Channel.WHATSAPP)[size % 3]
        outs = select(OptOut).where(OptOut.debtor_id == debtor.id, OptOut.channel == channel)
        if not world.session.exec(outs).all():
            saved(world.session, OptOut(debtor_id=debtor.id or 0, channel=channel, since=at, source="person"))
    elif what == "e-mail":
        address = f"d{debtor.id}.{size}@example.com"
        if not world.session.exec(select(ContactPoint).where(ContactPoint.value == address)).all():
            fields: dict[str, Any] = {"kind": ContactKind.EMAIL, "value": address, "raw": address, "source": "test"}
            saved(world.session, ContactPoint(debtor_id=debtor.id or 0, **fields))
    elif what == "move":
        zones = ("America/Tijuana", "America/Santiago", "America/Noronha", "Pacific/Easter", "America/New_York")
        debtor.time_zone = zones[size % len(zones)]
    elif what == "english":
        debtor.language = ("en", "pt")[size % 2]
    elif what in ("want nothing", "insolvent") and size % 3 == 0:
        debtor.contact_facts = {"opted_out" if what == "want nothing" else "insolvency_started": True}
    elif point:
        spoil(point, what, size)


def spoil(point: ContactPoint, what: str, size: int) -> None:
    if what == "dead number":
        point.status = ContactStatus.INVALID
    elif what == "landline" and point.kind == ContactKind.PHONE:
        point.phone_kind = PhoneKind.LANDLINE
    elif what == "unreachable":
        point.unreachable = ["sms"] if size % 2 else ["whatsapp"]


_BALANCE = text("SELECT sum(balance) FROM receivable WHERE case_id = :case_id")
_ACCOUNT = text("SELECT min(id) FROM account WHERE case_id = :case_id")
_LAST_PAYMENT = text("SELECT max(id) FROM payment WHERE case_id = :case_id AND reversed_on IS NULL")
_OPEN_PROMISE = text("""
    SELECT id FROM promise WHERE case_id = :case_id AND state = 'open'
      AND account_id IS NOT DISTINCT FROM CAST(:account AS bigint)
""")
_BREAK = text("UPDATE promise SET state = 'broken', closed_on = :on WHERE case_id = :case_id AND state = 'open'")
_END_PAUSES = text("""
    UPDATE pause SET ended_at = :at, ended_because = 'over' WHERE case_id = :case_id AND ended_at IS NULL
""")

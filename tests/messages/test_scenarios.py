"""From the night to the provider, one debtor at a time: what leaves, by which channel, of what amount, and what stops it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, col, select

from models import ContactPoint, Interaction, Message, PhoneKind, Portfolio, Strategy, WorkItem
from models.contact_points import ContactStatus
from models.interactions import Channel
from models.pauses import PauseKind
from models.promises import PromiseState
from tests.actions.books import (
    DAY,
    account_of,
    contact,
    day,
    debtor_of,
    email,
    opt_out,
    pause,
    promise,
    publish,
    reply,
    saved,
    second_debt,
    segment,
    step,
    strategy,
)  # fmt: skip
from tests.cast import Cast, owe
from tests.messages.stage import RESIDUE, home, law_on, listing, local, night, queued, says_it_whole, send
from workbench.actions import outbox
from workbench.actions.payments import record_payment, reverse_payment
from workbench.actions.planning import plan_events

WEDNESDAY = "2026-11-18"
LADDER = strategy(
    step("courtesy", -3, "sms", template="listing", valid_days=3),
    step("first", 1, "sms", "whatsapp", "email", template="listing"),
    step("second", 8, "sms", "email", template="listing", min_gap_days=3),
    step("third", 15, "email", template="listing", valid_days=10),
)
Deed = Callable[[Session, WorkItem], Any]


@dataclass(frozen=True)
class Story:
    """A debtor, what happens before the night, after it and while the message is queued; and what comes of it.

    `gets` = the state and channel of the newest message, or "nothing"; `held` = the code stored on it, or counted by
    the night where nothing was written; `amount` = what the one that left says is owed.
    """

    gets: str
    before: tuple[Deed, ...] = ()
    between: tuple[Deed, ...] = ()  # after the night, before it is queued
    last: tuple[Deed, ...] = ()  # while it is queued
    country: str = "MX"
    days: int = 3
    on: str = WEDNESDAY
    clock: str = "10:00"
    sent_on: str | None = None
    held: str | None = None
    rule: str | None = None
    amount: str | None = None
    definition: dict[str, Any] = field(default_factory=lambda: LADDER)
    policy: dict[str, Any] = field(default_factory=dict)
    step: str | None = None


def pay(amount: str) -> Deed:
    def deed(session: Session, item: WorkItem) -> None:
        values: dict[str, Any] = {"amount": Decimal(amount), "paid_on": day(-1), "reference": f"P{uuid4()}", "by": None}
        record_payment(session, case_id=item.case_id, **values, at=local(_book(session, item), f"{WEDNESDAY}T09:00"))

    return deed


def pay_and_take_back(session: Session, item: WorkItem) -> None:
    at = local(_book(session, item), f"{WEDNESDAY}T09:00")
    values: dict[str, Any] = {"amount": Decimal(1000), "paid_on": day(-1), "reference": "P", "by": None}
    payment = record_payment(session, case_id=item.case_id, **values, at=at)
    reverse_payment(session, payment.id or 0, on=day(0), by=None, at=at)


def _book(session: Session, item: WorkItem) -> Portfolio:
    return session.get_one(Portfolio, item.portfolio_id)


def promised(days: int, **fields: Any) -> Deed:
    return lambda session, item: promise(session, item, day(days), **fields)


def account_promised(session: Session, item: WorkItem) -> None:
    promise(session, item, day(2), account_id=account_of(session, item).id)


def paused(kind: PauseKind = PauseKind.HARDSHIP, *, account: bool = False, **fields: Any) -> Deed:
    def deed(session: Session, item: WorkItem) -> None:
        account_id = account_of(session, item).id if account else None
        pause(session, item, kind, account_id=account_id, **fields)

    return deed


def also_owes(days: int, amount: str = "300.00") -> Deed:
    return lambda session, item: second_debt(session, item, day(-days), amount)


def no(channel: Channel) -> Deed:
    return lambda session, item: opt_out(session, item, channel)


def no_more(session: Session, item: WorkItem) -> None:
    """The opt-out was ended by a person."""
    found = opt_out(session, item, Channel.SMS)
    found.ended_at, found.ended_because = found.since + DAY, "asked to be written to"
    saved(session, found)


def facts(**known: Any) -> Deed:
    return lambda session, item: debtor_of(session, item, contact_facts=known)


def is_(**fields: Any) -> Deed:
    return lambda session, item: debtor_of(session, item, **fields)


def the_phone(**fields: Any) -> Deed:
    def deed(session: Session, item: WorkItem) -> None:
        found = session.exec(select(ContactPoint).where(ContactPoint.debtor_id == item.debtor_id)).one()
        for name, value in fields.items():
            setattr(found, name, value)
        saved(session, found)

    return deed


def mail(**fields: Any) -> Deed:
    return lambda session, item: email(session, item, **fields)


def called(came: str, moment: str, channel: Channel = Channel.CALL) -> Deed:
    def deed(session: Session, item: WorkItem) -> None:
        contact(session, item, came, local(_book(session, item), moment), channel=channel)

    return deed


def ended(session: Session, item: WorkItem) -> None:
    contact(session, item, "account.deceased", local(_book(session, item), "2026-11-16T10:00"))
    item.ready_at = None
    item.state = "closed"  # type: ignore[assignment]
    saved(session, item)


def wrote(moment: str, intent: str = "unknown") -> Deed:
    def deed(session: Session, item: WorkItem) -> None:
        found = reply(session, item, local(_book(session, item), moment))
        found.reading = {"intent": intent}
        saved(session, found)

    return deed


def earlier(code: str, days: int, state: str = "sent", *, anchor: date) -> Deed:
    """A step of this very episode, planned so many days ago."""

    def deed(session: Session, item: WorkItem) -> None:
        at = local(_book(session, item), f"{day(-days)}T10:00")
        live = state in ("queued", "sending")
        gone = {"sent_at": at, "provider": "sandbox"} if state in ("sent", "delivered") else {}
        ending = {"ended_at": at} if state in ("cancelled", "failed", "blocked", "unconfirmed", "bounced") else {}
        fields: dict[str, Any] = {
            "key": f"{item.case_id}:{code}:{days}:{state}", "portfolio_id": item.portfolio_id,
            "case_id": item.case_id, "debtor_id": item.debtor_id, "cause": "step",
            "strategy_id": _strategy(session, item), "segment": "all", "step": code, "anchor_on": anchor,
            "arm": "champion", "template_code": "listing", "on_date": day(-days), "channel": "sms", "state": state, "not_before": at,
            "expires_at": at + 60 * DAY, "planned_at": at, "lease_until": at + 60 * DAY if live else None,
        }  # fmt: skip
        saved(session, Message(**fields | gone | ending))

    return deed


def _strategy(session: Session, item: WorkItem) -> int:
    found = session.exec(select(Strategy).where(Strategy.portfolio_id == item.portfolio_id)).first()
    assert found is not None
    assert found.id is not None
    return found.id


def republished(definition: dict[str, Any]) -> Deed:
    return lambda session, item: publish(session, _book(session, item), definition)


def cancelled(session: Session, item: WorkItem) -> None:
    for each in session.exec(select(Message).where(Message.case_id == item.case_id)):
        each.state, each.ended_at, each.held = "cancelled", each.planned_at, {"code": "by_person"}  # type: ignore[assignment]
        saved(session, each)


ONE = strategy(step("first", 1, "sms", template="listing"))
MAIL_FIRST = strategy(step("first", 1, "email", "sms", template="listing"))
CHAT = strategy(step("first", 1, "whatsapp", "sms", template="listing"))
HELD_OUT = {"segments": [segment(step("first", 1, template="listing"), held_out=0.5)]}
TWICE = strategy(step("first", 1, "sms", template="listing", max_attempts=2, valid_days=20))
LATE = strategy(step("first", 1, "sms", template="listing", expires_days=1))
TEXTLESS = strategy(step("first", 1, "sms", template="unheard_of"))
AT_NOON = strategy(step("first", 1, "sms", template="listing", at="12:30"))
RICH_ONLY = strategy(step("first", 1, "sms", template="listing", conditions={"min_amount": "5000"}))
ATTEMPTS = {"readings": ["attempt_counts"]}
WEEK = {"readings": ["one_contact_per_week", "attempt_counts"]}
DISPUTE, LEGAL = PauseKind.DISPUTE, PauseKind.LEGAL_HOLD

STORIES: dict[str, Story] = {
    # what is owed
    "a debtor three days late": Story("sent sms", amount="1000"),
    "paid before the night": Story("nothing", (pay("1000"),), held="paid|"),
    "paid in part before the night": Story("sent sms", (pay("250.50"),), amount="749.50"),
    "paid between planning and sending": Story("cancelled sms", between=(pay("1000"),), held="paid"),
    "paid while queued": Story("cancelled sms", last=(pay("1000"),), held="paid"),
    "paid in part while queued": Story("sent sms", last=(pay("0.01"),), amount="999.99"),
    "a payment taken back while queued": Story("sent sms", last=(pay_and_take_back,), amount="1000"),
    "two accounts late": Story("sent sms", (also_owes(1),), amount="1300"),
    "the second account falls due today": Story("sent sms", (also_owes(0),), amount="1000"),
    "the second account falls due next week": Story("sent sms", (also_owes(-7),), amount="1000"),
    "the late account is paid and another falls due in a month": Story(
        "cancelled sms", (also_owes(-30),), (pay("1000"),), held="overtaken|paid"
    ),
    "due in three days": Story("sent sms", days=-3, amount="1000", step="courtesy"),
    "due in three days and another later": Story("sent sms", (also_owes(-9),), days=-3, amount="1000"),
    "due in ten days": Story("nothing", days=-10, held="not_started|"),
    "due today has no step": Story("nothing", days=0, held="not_started|overtaken|expired|"),
    "too little for the step": Story("nothing", definition=RICH_ONLY, held="not_started|"),
    # disputes and pauses
    "the whole case is disputed": Story("nothing", (paused(DISPUTE),), held="disputed"),
    "the only account is disputed": Story("nothing", (paused(DISPUTE, account=True),), held="disputed"),
    "one of two accounts is disputed": Story("sent sms", (also_owes(1), paused(DISPUTE, account=True)), amount="300"),
    "an account is disputed while queued": Story(
        "sent sms", (also_owes(3),), last=(paused(DISPUTE, account=True),), amount="300"
    ),
    "everything is disputed while queued": Story("cancelled sms", last=(paused(DISPUTE),), held="disputed"),
    "in hardship": Story("nothing", (paused(),), held="paused"),
    "a legal hold in Chile": Story("nothing", (paused(LEGAL),), country="CL", held="paused"),
    "paused while it waits": Story("cancelled sms", between=(paused(),), held="paused"),
    "the pause ends today": Story("nothing", (paused(until_on=day(0)),), held="paused"),
    "the pause ended yesterday": Story("sent sms", (paused(until_on=day(-1)),), amount="1000"),
    "the pause begins tomorrow": Story("sent sms", (paused(from_on=day(1)),), amount="1000"),
    # promises
    "an open promise": Story("nothing", (promised(2),), held="promised"),
    "a promise due today": Story("nothing", (promised(0),), held="promised"),
    "a promise on the last day of grace": Story("nothing", (promised(-3),), held="promised"),
    "a promise the day after its grace": Story("sent sms", (promised(-4),), amount="1000"),
    "a broken promise": Story("sent sms", (promised(-6, state=PromiseState.BROKEN, closed_on=day(-2)),)),
    "a withdrawn promise": Story("sent sms", (promised(2, state=PromiseState.WITHDRAWN, closed_on=day(-1)),)),
    "promised between planning and sending": Story("cancelled sms", between=(promised(5),), held="promised"),
    "promised while queued": Story("cancelled sms", last=(promised(5),), held="promised"),
    "promised for one account while queued": Story("cancelled sms", last=(account_promised,), held="promised"),
    # who does not want it
    "opted out of sms falls back": Story("sent whatsapp", (no(Channel.SMS),), amount="1000"),
    "opted out of sms and whatsapp with an e-mail": Story(
        "sent email", (no(Channel.SMS), no(Channel.WHATSAPP), mail()), amount="1000"
    ),
    "opted out of everything there is": Story(
        "nothing", (no(Channel.SMS), no(Channel.WHATSAPP)), held="opted_out|no_channel|no_point"
    ),
    "opted out of the only channel": Story("nothing", (no(Channel.SMS),), held="opted_out", definition=ONE),
    "opted out while queued with no other channel": Story(
        "cancelled sms", last=(no(Channel.SMS),), held="opted_out", definition=ONE
    ),
    "an ended opt-out stops nothing": Story("sent sms", (no_more,), amount="1000"),
    "the debtor wants nothing at all": Story("nothing", (facts(opted_out=True),), held="opted_out"),
    "the debtor wants nothing at all in Colombia": Story(
        "nothing", (facts(opted_out=True),), country="CO", held="opted_out"
    ),
    "wants nothing any more while queued": Story("cancelled sms", last=(facts(opted_out=True),), held="opted_out"),
    "a minor": Story("nothing", (facts(minor=True),), held="law", rule="mx.no_minors"),
    "served in a collection suit in Chile": Story(
        "nothing", (facts(debtor_served_in_collection_suit=True),), country="CL", held="law", rule="cl.stop_on_lawsuit"
    ),
    "insolvent in Chile while queued": Story(
        "blocked sms", last=(facts(insolvency_started=True),), country="CL", held="law", rule="cl.stop_on_insolvency"
    ),
    "died": Story("nothing", (ended,), held="ended"),
    "died while queued": Story("cancelled sms", last=(ended,), held="ended"),
    # where to
    "a landline only": Story("nothing", (the_phone(phone_kind=PhoneKind.LANDLINE),), held="no_point|no_channel"),
    "a phone of unknown kind": Story("sent sms", (the_phone(phone_kind=PhoneKind.UNKNOWN),)),
    "a wrong number": Story("nothing", (the_phone(status=ContactStatus.WRONG_PERSON),), held="no_point|no_channel"),
    "a landline and an e-mail": Story("sent email", (the_phone(phone_kind=PhoneKind.LANDLINE), mail())),
    "nobody has the number on sms": Story("sent whatsapp", (the_phone(unreachable=["sms"]),)),
    "nobody has the number on whatsapp": Story("sent sms", (the_phone(unreachable=["whatsapp"]),), definition=CHAT),
    "the e-mail bounced long ago": Story(
        "sent sms", (mail(status=ContactStatus.INVALID),), definition=MAIL_FIRST, amount="1000"
    ),
    "the number dies while queued": Story(
        "cancelled sms", last=(the_phone(status=ContactStatus.INVALID),), held="no_point", definition=ONE
    ),
    # the text
    "a language without a text falls back": Story("sent sms", (is_(language="pt"),), amount="1000"),
    "no text at all": Story("nothing", held="no_template", definition=TEXTLESS),
    # the hours of the law and of the house
    "at seven in the morning": Story("planned sms", clock="07:00"),
    "a minute before opening": Story("planned sms", clock="07:59"),
    "at opening": Story("sent sms", clock="08:00"),
    "a minute before closing": Story("sent sms", clock="18:59"),
    "at closing": Story("planned sms", clock="19:00", held="law"),
    "late at night in Peru": Story("planned sms", country="PE", clock="22:00", held="law"),
    "at eight in Argentina": Story("planned sms", country="AR", clock="08:30"),
    "at nine in Argentina": Story("sent sms", country="AR", clock="09:00"),
    "expired by the evening": Story("blocked sms", definition=LATE, clock="19:30", held="law"),
    "two days too late": Story("cancelled sms", sent_on="2026-11-20", held="expired"),
    "not before the step's own hour": Story("planned sms", definition=AT_NOON, clock="12:29"),
    "at the step's own hour": Story("sent sms", definition=AT_NOON, clock="12:30"),
    "a debtor in Tijuana at opening in Mexico": Story("planned sms", (is_(time_zone="America/Tijuana"),), clock="08:30"),
    "a debtor in Tijuana at their opening": Story("sent sms", (is_(time_zone="America/Tijuana"),), clock="10:00"),
    "a holiday in Mexico": Story("planned sms", on="2026-11-16", days=1),
    "a holiday in Colombia": Story("planned sms", country="CO", on="2026-11-16", days=1),
    "a holiday in Brazil before a weekend": Story("nothing", country="BR", on="2026-11-20", held="law"),
    "a holiday in Argentina": Story("planned sms", country="AR", on="2026-11-23"),
    "a holiday in Chile": Story("planned sms", country="CL", on="2026-12-08", days=-16),
    "two holidays in a row in Peru": Story("nothing", country="PE", on="2026-12-08", days=-16, held="law"),
    "a Saturday": Story("nothing", on="2026-11-21", held="law"),
    "a Sunday waits for Monday": Story("planned sms", country="CO", on="2026-11-22", days=0),
    "a Sunday's message on Monday": Story("sent sms", country="CO", on="2026-11-22", sent_on="2026-11-23"),
    "Christmas": Story("nothing", country="CL", on="2026-12-25", days=-33, held="law"),
    # how often
    "spoken with yesterday in Colombia": Story(
        "nothing", (called("call.no_commitment", "2026-11-17T10:00"),), country="CO", held="law",
        rule="co.one_channel_per_week",
    ),
    "not reached yesterday in Colombia": Story("sent sms", (called("call.no_answer", "2026-11-17T10:00"),), country="CO"),
    "not reached yesterday where attempts count": Story(
        "nothing", (called("call.no_answer", "2026-11-17T10:00"),), country="CO", policy=ATTEMPTS, held="law",
    ),
    "spoken with last week in Colombia": Story(
        "sent sms", (called("call.no_commitment", "2026-11-13T10:00"),), country="CO"
    ),
    "spoken with this morning in Colombia": Story(
        "blocked sms", between=(called("call.no_commitment", "2026-11-18T09:00"),), country="CO", held="law",
    ),
    "one contact a week at most in Colombia": Story(
        "nothing", (called("message.sent", "2026-11-17T10:00", Channel.SMS),), country="CO", policy=WEEK, held="law",
    ),
    "written to yesterday in Chile": Story(
        "planned sms", (called("message.sent", "2026-11-17T09:00", Channel.EMAIL),), country="CL",
    ),
    "written to twice this week in Chile": Story(
        "nothing", (called("message.sent", "2026-11-16T08:00", Channel.SMS),
                    called("message.sent", "2026-11-16T09:00", Channel.SMS)), country="CL", held="law",
    ),
    "called yesterday in Mexico": Story("sent sms", (called("call.no_commitment", "2026-11-17T10:00"),)),
    "the house's own cap of one a week": Story(
        "nothing", (called("call.no_commitment", "2026-11-17T10:00"),), policy={"weekly_contacts": 1}, held="law",
    ),
    # the ladder
    "a late starter begins where it stands": Story("sent sms", days=10, step="second"),
    "between two steps": Story("sent email", (mail(),), days=18, step="third"),
    "past the last step": Story("nothing", days=60, held="expired|not_started|overtaken|"),
    "the first step was sent": Story("nothing", (earlier("first", 2, anchor=day(-3)),), held="|overtaken|not_started"),
    "the second step after the first": Story("sent sms", (earlier("first", 7, anchor=day(-9)),), days=9, step="second"),
    "too soon after the first": Story("nothing", (earlier("first", 2, anchor=day(-9)),), days=9, held="gap"),
    "the gap is over": Story("sent sms", (earlier("first", 3, anchor=day(-9)),), days=9, step="second"),
    "a draft not sent never advances the ladder": Story(
        "sent sms", (earlier("first", 1, "cancelled", anchor=day(-3)),), step="first"
    ),
    "one on its way stops the next": Story(
        "sent sms", (earlier("first", 1, "queued", anchor=day(-9)),), days=9, step="first"
    ),
    "a second attempt": Story("sent sms", (earlier("first", 2, anchor=day(-4)),), days=4, definition=TWICE),
    "no third attempt": Story(
        "nothing", (earlier("first", 3, anchor=day(-6)), earlier("first", 2, anchor=day(-6))), days=6,
        definition=TWICE, held="|overtaken|not_started",
    ),
    "another episode has a ladder of its own": Story("sent sms", (earlier("first", 2, anchor=day(-90)),), step="first"),
    # what else changes meanwhile
    "the strategy is replaced while it waits": Story("sent sms", between=(republished(CHAT),), amount="1000"),
    "a person takes it back": Story("cancelled sms", between=(cancelled,), held="by_person"),
    "wrote yesterday and waits for an answer": Story("nothing", (wrote("2026-11-17T10:00"),), held="replied"),
    "writes while it is queued": Story("cancelled sms", last=(wrote("2026-11-18T09:55"),), held="replied"),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_what_becomes_of_a_debtors_message(session: Session, cast: Cast, story: Story) -> None:
    portfolio = home(session, cast, story.country, **story.policy)
    listing(session)
    publish(session, portfolio, story.definition)
    item = owe(session, portfolio, days_past_due=story.days)
    for deed in story.before:
        deed(session, item)
    planned = night(session, portfolio, local(portfolio, f"{story.on}T02:30"))
    for deed in story.between:
        deed(session, item)
    at = local(portfolio, f"{story.sent_on or story.on}T{story.clock}")
    left = send(session, at, between=lambda: [deed(session, item) for deed in story.last])
    newest = session.exec(
        select(Message).where(Message.case_id == item.case_id, Message.planned_at >= local(portfolio, f"{story.on}T00:00"))
        .order_by(col(Message.id).desc())
    ).first()  # fmt: skip
    wanted = story.held.split("|") if story.held else None
    if story.gets == "nothing":
        assert newest is None
        assert left == []
        assert wanted is not None
        assert set(planned.held) <= set(wanted)
        assert planned.held or "" in wanted
        return
    first = newest or session.exec(select(Message).where(Message.case_id == item.case_id)).one()
    assert (f"{first.state} {first.channel}", planned.tasks) == (story.gets, 0), first.held
    if wanted:
        assert (first.held or {}).get("code") in wanted
    if story.rule:
        assert (first.held or {}).get("rule") == story.rule
    if story.step:
        assert first.step == story.step
    assert bool(left) is story.gets.startswith("sent")
    for each in left:
        assert law_on(session, first, each.at).allowed
        says_it_whole(session, each, at.date())
        if story.amount:
            assert first.amount == Decimal(story.amount)


EVENTS = strategy(
    step("first", 1, "sms", template="listing", valid_days=60),
    promise_due={"channels": ["sms"], "templates": {"1": "promise_due_tomorrow", "0": "promise_due_today"}},
    promise_broken={"channels": ["sms"], "template": "promise_broken"},
    payment_thanks={"channels": ["sms", "email"], "template": "payment_thanks"},
)


def told(session: Session, item: WorkItem) -> list[tuple[str, str, str | None]]:
    found = session.exec(select(Message).where(Message.case_id == item.case_id).order_by(col(Message.id)))
    return [(each.cause, each.state, (each.held or {}).get("code")) for each in found]


TOLD: dict[str, tuple[tuple[Deed, ...], tuple[Deed, ...], list[tuple[str, str, str | None]]]] = {
    "a promise of tomorrow is recalled": ((promised(1),), (), [("promise_due", "sent", None)]),
    "a promise of today is recalled": ((promised(0),), (), [("promise_due", "sent", None)]),
    "a promise kept while it waits is not recalled": (
        (promised(1),), (pay("1000"),), [("promise_due", "cancelled", "paid")],
    ),
    "a promise of a disputed debt is not recalled": ((promised(1), paused(DISPUTE)), (), []),
    "a debt disputed while it waits is not recalled": (
        (promised(1),), (paused(DISPUTE),), [("promise_due", "cancelled", "disputed")],
    ),
    "who opted out is not reminded": ((promised(1), no(Channel.SMS)), (), []),
    "who opts out while it waits is not reminded": (
        (promised(1),), (no(Channel.SMS),), [("promise_due", "cancelled", "opted_out")],
    ),
    "a broken promise is written about": (
        (promised(-6, state=PromiseState.BROKEN, closed_on=day(0)),), (), [("promise_broken", "sent", None)],
    ),
    "a broken promise paid meanwhile is not": (
        (promised(-6, state=PromiseState.BROKEN, closed_on=day(0)),), (pay("1000"),),
        [("promise_broken", "cancelled", "paid")],
    ),
    "a broken promise and a new one meanwhile": (
        (promised(-6, state=PromiseState.BROKEN, closed_on=day(0)),), (promised(4),),
        [("promise_broken", "cancelled", "promised")],
    ),
    "a part payment is thanked for": ((pay("100"),), (), [("payment_thanks", "sent", None)]),
    "a whole payment is thanked for": ((pay("1000"),), (), [("payment_thanks", "sent", None)]),
}  # fmt: skip


@pytest.mark.parametrize(("before", "between", "wanted"), TOLD.values(), ids=TOLD.keys())
def test_what_events_write(
    session: Session,
    cast: Cast,
    before: tuple[Deed, ...],
    between: tuple[Deed, ...],
    wanted: list[tuple[str, str, str | None]],
) -> None:
    publish(session, cast.mexico, EVENTS)
    item = owe(session, cast.mexico)
    for deed in before:
        deed(session, item)
    at = local(cast.mexico, f"{WEDNESDAY}T10:00")
    plan_events(session, at=at)
    left = send(session, at, between=lambda: [deed(session, item) for deed in between])
    found = told(session, item)
    assert [(cause, state) for cause, state, _ in found] == [(cause, state) for cause, state, _ in wanted]
    # what falls away with the money may be called paid or overtaken: both are told
    assert all(code == want or {code, want} == {"paid", "overtaken"} for (_, _, code), (_, _, want) in zip(found, wanted, strict=True))  # fmt: skip
    for each in left:
        assert not any(residue in each.outgoing.body for residue in RESIDUE)
    plan_events(session, at=at)
    # what happened between may be news of its own, what was told is not
    assert [each for each in told(session, item)[len(found) :] if each[0] != "payment_thanks"] == []


def test_two_messages_that_left_together_are_one_contact_a_day_where_attempts_count(
    session: Session, cast: Cast
) -> None:
    """Both were lawful when they were planned; the second waits, and never leaves that day."""
    listing(session)
    portfolio = home(session, cast, "CO", **ATTEMPTS)
    publish(session, portfolio, EVENTS)
    item = owe(session, portfolio)
    night(session, portfolio, local(portfolio, f"{WEDNESDAY}T02:30"))
    pay("100")(session, item)
    at = local(portfolio, f"{WEDNESDAY}T10:00")
    assert plan_events(session, at=at) == 1
    outbox.dispatch(session, at=at)
    begun = [outbox.begin(session, each, at=at) is not None for each in queued(session)]
    assert sorted(begun) == [False, True]
    assert sorted(state for _, state, _ in told(session, item)) in (["planned", "sending"], ["blocked", "sending"])
    held = session.exec(select(Message).where(Message.state != "sending", Message.case_id == item.case_id)).one()
    assert (held.held or {})["code"] == "law"
    assert send(session, local(portfolio, f"{WEDNESDAY}T18:30")) == []
    assert len(session.exec(select(Interaction).where(Interaction.case_id == item.case_id)).all()) == 1


def test_half_of_a_segment_is_held_out_and_told(session: Session, cast: Cast) -> None:
    listing(session)
    publish(session, cast.mexico, HELD_OUT)
    for _ in range(40):
        owe(session, cast.mexico, days_past_due=3)
    planned = night(session, cast.mexico, local(cast.mexico, f"{WEDNESDAY}T02:30"))
    assert planned.messages + planned.held["held_out"] == 40
    assert 8 < planned.messages < 32
    assert len(send(session, local(cast.mexico, f"{WEDNESDAY}T10:00"))) == planned.messages


@pytest.mark.parametrize(("language", "wanted"), [("en", None), ("EN-us", None), ("pt", "pt"), (None, None)])
def test_no_language_is_replaced_silently(
    session: Session, cast: Cast, language: str | None, wanted: str | None
) -> None:
    publish(session, cast.mexico, strategy(step("first", 1, "sms", template="first_notice")))
    item = owe(session, cast.mexico, days_past_due=3)
    debtor_of(session, item, language=language)
    night(session, cast.mexico, local(cast.mexico, f"{WEDNESDAY}T02:30"))
    (left,) = send(session, local(cast.mexico, f"{WEDNESDAY}T10:00"))
    message = session.get_one(Message, left.message_id)
    english = (language or "").lower().startswith("en")
    assert (message.language, message.language_wanted) == ("en" if english else "es", wanted)
    assert ("tiene vencido" in left.outgoing.body) is not english
    says_it_whole(session, left, day(0))


def test_a_message_that_left_is_never_written_again(session: Session, cast: Cast) -> None:
    """Nights and events of the same days over and over, at other hours, under a new version of the same strategy."""
    listing(session)
    publish(session, cast.mexico, EVENTS)
    item = owe(session, cast.mexico, days_past_due=3)
    for round_ in range(3):
        for on in (18, 19, 20):
            night(session, cast.mexico, local(cast.mexico, f"2026-11-{on}T0{2 + round_}:30"))
            send(session, local(cast.mexico, f"2026-11-{on}T1{round_}:00"))
        publish(session, cast.mexico, EVENTS)
    assert told(session, item) == [("step", "sent", None)]

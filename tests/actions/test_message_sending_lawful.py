"""Whatever the country, the moment and the history: what leaves is lawful then, owed, and wanted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from models import Channel, Debtor, Interaction, MessageState, OptOut, Pause, PauseKind, Portfolio, Promise, WorkItem
from tests.cast import Cast, owe
from tests.letters import again, approve, email_of, plan
from tests.rules.test_contact_law_properties import moments
from workbench.actions import outbox
from workbench.actions.payments import record_payment
from workbench.rules.contact_law import Prior, Question, may_contact
from workbench.rules.contact_policies import SHIPPED_HOURS, ContactPolicy, limits_of
from workbench.rules.law_files import jurisdictions

WRITTEN = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP)
# how far an earlier contact got, by its disposition, as the engine's words say it
CAME = {
    "call.no_answer": "no_answer",
    "call.no_commitment": "answered",
    "message.sent": "sent",
    "message.delivered": "delivered",
    "message.read": "read",
    "message.answered": "answered",
    "message.failed": "failed",
    "message.bounced": "bounced",
}
STOPS = ("paid", "promised", "paused", "disputed", "opted out", "refuses")


@dataclass(frozen=True)
class Scene:
    """A debtor of a country at a moment, with what went before; `debt` of an earlier contact: this one or unknown."""

    country: str
    zone: str
    readings: tuple[str, ...]
    daily: int | None
    weekly: int | None
    facts: dict[str, bool]
    at: datetime
    channel: Channel
    history: tuple[tuple[int, Channel, str], ...]  # seconds before, channel, disposition
    stops: frozenset[str]
    paid: int


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    law = jurisdictions()[draw(st.sampled_from(sorted(jurisdictions())))]
    zone = draw(st.sampled_from(sorted(law.zones)))
    chosen = [draw(st.none() | st.sampled_from(sorted(axis.options))) for axis in law.readings.values()]
    facts = draw(st.sampled_from([{}, {}, {"minor": True}, {"insolvency_started": True}, {"court_suspension": True}]))
    calls, messages = [each for each in CAME if each[0] == "c"], [each for each in CAME if each[0] == "m"]
    earlier = st.tuples(st.integers(0, 8 * 86400), st.sampled_from(Channel)).flatmap(
        lambda one: st.tuples(
            st.just(one[0]), st.just(one[1]), st.sampled_from(messages if one[1] in WRITTEN else calls)
        )
    )
    return Scene(
        country=law.country,
        zone=zone,
        readings=tuple(filter(None, chosen)),
        daily=draw(st.none() | st.integers(1, 3)),
        weekly=draw(st.none() | st.integers(1, 3)),
        facts=facts,
        at=draw(moments(zone)),
        channel=draw(st.sampled_from(WRITTEN)),
        history=tuple(draw(st.lists(earlier, max_size=4))),
        stops=frozenset(draw(st.sampled_from([(), (), (), *[(each,) for each in STOPS]]))),
        paid=draw(st.sampled_from([0, 0, 40_000])),
    )


def play(session: Session, book: dict[str, Any], scene: Scene) -> WorkItem:
    """The scene as rows."""
    fields = {
        "code": "LAW",
        "country": scene.country,
        "region": None,
        "time_zone": scene.zone,
        "readings": list(scene.readings),
        "daily_attempts": scene.daily,
        "weekly_contacts": scene.weekly,
    }
    portfolio = Portfolio(**book | fields)
    session.add(portfolio)
    session.flush()
    day = scene.at.date()
    item = owe(session, portfolio, amount="1000.00", on=day)
    email_of(session, item)
    session.get_one(Debtor, item.debtor_id).contact_facts = dict(scene.facts)
    for seconds, channel, disposition in scene.history:
        when = scene.at - timedelta(seconds=seconds)
        ids = {"portfolio_id": portfolio.id, "case_id": item.case_id, "submission_key": uuid4()}
        contact = {"channel": channel, "disposition_code": disposition, "started_at": when, "ended_at": when}
        session.add(Interaction(**ids, **contact, direction="outbound"))
    session.flush()
    for stop in scene.stops:
        _stop(session, item, stop, scene)
    if scene.paid and not scene.stops:
        _pay(session, item, scene.paid, scene)
    session.flush()
    return item


def _pay(session: Session, item: WorkItem, cents: int, scene: Scene) -> None:
    values = {"amount": Decimal(cents) / 100, "paid_on": scene.at.date() - timedelta(days=1), "reference": "P"}
    record_payment(session, case_id=item.case_id, **values, by=None, at=scene.at)


def _stop(session: Session, item: WorkItem, stop: str, scene: Scene) -> None:
    ids, day = {"portfolio_id": item.portfolio_id, "case_id": item.case_id}, scene.at.date()
    if stop == "paid":
        _pay(session, item, 100_000, scene)
    elif stop == "promised":
        terms = {"amount": 1, "taken_on": day - timedelta(days=2), "due_on": day}
        session.add(Promise(**ids, **terms, created_at=scene.at))
    elif stop in ("paused", "disputed"):
        kind = PauseKind.DISPUTE if stop == "disputed" else PauseKind.HARDSHIP
        session.add(Pause(**ids, kind=kind, from_on=day - timedelta(days=2), reason="x", created_at=scene.at))
    elif stop == "opted out":
        session.add(OptOut(debtor_id=item.debtor_id, channel=scene.channel, since=scene.at, source="person"))
    else:
        session.get_one(Debtor, item.debtor_id).contact_facts = {"opted_out": True}


def question(scene: Scene, item: WorkItem) -> Question:
    """What the engine is asked of the scene, put together without the product's queries."""
    priors = [
        Prior(scene.at - timedelta(seconds=seconds), channel, CAME[disposition], str(item.case_id))
        for seconds, channel, disposition in scene.history
    ]
    policy = ContactPolicy(SHIPPED_HOURS, daily_attempts=scene.daily, weekly_contacts=scene.weekly)
    return Question(
        country=scene.country,
        at=scene.at,
        zones=(scene.zone,),
        channel=scene.channel,
        readings=scene.readings,
        debt=str(item.case_id),
        facts=scene.facts,
        priors=priors,
        policy=limits_of(policy),
    )


def test_what_leaves_is_lawful_owed_and_wanted(session: Session, cast: Cast) -> None:
    book = cast.mexico.model_dump(exclude={"id"})
    for channel in WRITTEN:
        approve(session, channel=channel, whatsapp_name="notice" if channel is Channel.WHATSAPP else None)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(scenes())
    def of_any_scene(scene: Scene) -> None:
        with session.begin_nested() as savepoint:
            judged(scene)
            savepoint.rollback()
        session.expunge_all()

    def judged(scene: Scene) -> None:
        item = play(session, book, scene)
        anchor = scene.at.date() - timedelta(days=20)
        message = plan(session, item, at=scene.at, channel=scene.channel, anchor_on=anchor)
        outgoing = outbox.begin(session, message.id, at=scene.at)
        found, decision = again(session, message), may_contact(question(scene, item))
        event(f"{found.state} {(found.held or {}).get('code', '')}")
        if outgoing is not None:
            assert decision.allowed
            assert not scene.stops
            assert found.amount == Decimal(100_000 - scene.paid) / 100
        elif not scene.stops:
            assert not decision.allowed
            assert found.held is not None
            assert found.held["code"] == "law"
            waits = decision.next_allowed is not None and decision.next_allowed < message.expires_at
            assert found.state is (MessageState.PLANNED if waits else MessageState.BLOCKED)
            assert not waits or found.not_before == decision.next_allowed
        else:
            assert found.state in (MessageState.CANCELLED, MessageState.BLOCKED, MessageState.PLANNED)

    of_any_scene()

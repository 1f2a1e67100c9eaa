"""A dry run says what the night will write, message for message, and what leaves would be lawful and wanted."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, col, select

from models import ContactPoint, Message, PhoneKind, Portfolio, Receivable, StepTask
from models.interactions import Channel
from models.messages import MessageState
from models.pauses import PauseKind
from models.promises import PromiseState
from tests.actions.books import (
    DAY,
    LONG_AGO,
    account_of,
    contact,
    day,
    debtor,
    debtor_of,
    email,
    leave,
    opt_out,
    pause,
    pay_all,
    phone,
    promise,
    publish,
    reply,
    saved,
    second_debt,
    segment,
    step,
    task,
    written,
)
from tests.cast import NOW, Cast
from workbench.actions.planning import dry_run, plan_night
from workbench.queries.contact_history import known_debtors
from workbench.queries.contact_rules import places
from workbench.queries.sending import facts_of, take
from workbench.rules.access import Viewer
from workbench.rules.sending import stopped
from workbench.rules.strategies import read_definition

ZONES = {"MX": "America/Mexico_City", "CO": "America/Bogota", "CL": "America/Santiago"}
OTHER_ZONES = {"MX": "America/Tijuana", "CO": "America/New_York", "CL": "America/Punta_Arenas"}
RICH = {
    "segments": [
        segment(
            step("courtesy", -3, "whatsapp", "sms", template="reminder_before_due", valid_days=3, at="10:30"),
            step("first", 1, "whatsapp", "sms", "email", order="best", valid_days=3, max_attempts=2),
            task("call", 4, "call", valid_days=4),
            step("second", 8, "sms", "email", template="second_notice", min_gap_days=3, expires_days=1),
            step("unwritten", 20, "email", template="unheard_of", valid_days=5),
            task("hand_over", 91, "hand_over", valid_days=3650),
            code="all",
            when={"regions": ["north"]},
            challenger={"share": 0.3, "steps": [step("softer", 1, "email", "sms", valid_days=20)]},
            held_out=0.2,
        ),
        segment(step("plain", -1, "sms", "whatsapp", valid_days=40, min_gap_days=2), code="rest"),
    ],
    "costs": {"sms": "0.05", "whatsapp": "0.02"},
}
TRAITS: dict[str, Any] = {
    "plain": lambda _s, _i: None,
    "promised": lambda s, i: promise(s, i, day(2)),
    "promise in grace": lambda s, i: promise(s, i, day(-3), account_id=account_of(s, i).id),
    "promise over": lambda s, i: promise(s, i, day(-6), state=PromiseState.BROKEN, closed_on=day(-2)),
    "paused": pause,
    "disputed": lambda s, i: pause(s, i, PauseKind.DISPUTE),
    "account paused": lambda s, i: pause(s, i, account_id=account_of(s, i).id),
    "one of two accounts disputed": lambda s, i: (
        second_debt(s, i, day(-1)),
        pause(s, i, PauseKind.DISPUTE, account_id=account_of(s, i).id),
    ),
    "opted out": lambda s, i: debtor_of(s, i, contact_facts={"opted_out": True}),
    "no sms": lambda s, i: opt_out(s, i, Channel.SMS),
    "no whatsapp": lambda s, i: opt_out(s, i, Channel.WHATSAPP),
    "e-mail too": email,
    "unreachable": lambda s, i: [saved(s, _unreachable(point)) for point in _points(s, i)],
    "second phone": lambda s, i: phone(s, i, f"+5255{10_000_000 + i.id}", attempts=3, right_parties=2),
    "landline": lambda s, i: phone(s, i, f"+5255{20_000_000 + i.id}", phone_kind=PhoneKind.LANDLINE),
    "elsewhere": lambda s, i: debtor_of(s, i, time_zone=OTHER_ZONES[s.get_one(Portfolio, i.portfolio_id).country]),
    "english": lambda s, i: debtor_of(s, i, language="en"),
    "north": lambda s, i: debtor_of(s, i, region="NORTH"),
    "called today": lambda s, i: contact(s, i, "call.no_commitment", NOW - timedelta(hours=12)),
    "called last week": lambda s, i: [contact(s, i, "call.no_answer", NOW - days * DAY) for days in (3, 4, 5, 6)],
    "wrote": lambda s, i: reply(s, i, NOW - DAY),
    "paid": pay_all,
    "sent before": lambda s, i: sent(s, i, "plain", 2),
    "sent long before": lambda s, i: sent(s, i, "first", 9),
    "on its way": lambda s, i: sent(s, i, "first", 1, state=MessageState.QUEUED),
    "never left": lambda s, i: sent(s, i, "first", 1, state=MessageState.CANCELLED),
    "unconfirmed": lambda s, i: sent(s, i, "plain", 2, state=MessageState.UNCONFIRMED),
}
ALONE = [[name] for name in TRAITS]


def _points(session: Session, item: Any) -> list[Any]:
    return list(session.exec(select(ContactPoint).where(ContactPoint.debtor_id == item.debtor_id)))


def _unreachable(point: Any) -> Any:
    point.unreachable = ["whatsapp"]
    return point


def sent(session: Session, item: Any, code: str, days_ago: int, state: MessageState = MessageState.SENT) -> None:
    """A message of an earlier night of the same episode."""
    debts = [each.due_on for each in _debts(session, item)]
    at = NOW - days_ago * DAY
    made = Message(
        key=f"{item.case_id}:{code}:{days_ago}:{state}",
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        debtor_id=item.debtor_id,
        cause="step",
        strategy_id=_strategy(session, item.portfolio_id),
        segment="all",
        step=code,
        anchor_on=min(debts),
        arm="champion",
        on_date=day(-days_ago),
        channel="sms",
        state=state,
        not_before=at,
        expires_at=at + DAY,
        lease_until=at + DAY if state == MessageState.QUEUED else None,
        ended_at=at if state in (MessageState.CANCELLED, MessageState.UNCONFIRMED) else None,
        planned_at=at,
        sent_at=at if state == MessageState.SENT else None,
        provider="sandbox" if state == MessageState.SENT else None,
    )
    saved(session, made)


def _debts(session: Session, item: Any) -> list[Any]:
    return list(session.exec(select(Receivable).where(Receivable.case_id == item.case_id)))


def _strategy(session: Session, portfolio_id: int) -> int:
    found = session.execute(text("SELECT id FROM strategy WHERE portfolio_id = :id LIMIT 1"), {"id": portfolio_id})
    return int(found.scalar_one())


def portfolio_of(session: Session, cast: Cast, country: str) -> Portfolio:
    if country != "CL":
        return cast.mexico if country == "MX" else cast.colombia
    made = Portfolio(creditor_id=cast.mexico.creditor_id, code="CL-1", name="Chile", country="CL", currency="CLP",
                     time_zone=ZONES["CL"], created_at=NOW)  # fmt: skip
    return saved(session, made)


def manager_of(cast: Cast, portfolio: Portfolio) -> Viewer:
    return replace(cast.marta, portfolio_ids=frozenset({portfolio.id}))


def night_of(portfolio: Portfolio, on: int) -> datetime:
    return datetime.fromisoformat(f"{day(on)}T02:30").replace(tzinfo=ZoneInfo(portfolio.time_zone))


def shown(rows: pd.DataFrame) -> set[tuple[Any, ...]]:
    """The messages of a dry run, as `rows_of` reads those of a night."""
    free = rows[rows["code"].isna() & (rows["kind"] == "message")]
    return {
        (
            row["case_id"], row["segment"], row["arm"], row["step"], row["channel"], tuple(row["fallbacks"]),
            row["template"], row["not_before"].to_pydatetime(), row["expires_at"].to_pydatetime(),
            row["contact_point_id"], row["attempt"], row["anchor_on"],
        )
        for row in free.to_dict("records")
    }  # fmt: skip


def planned(session: Session, portfolio: Portfolio, at: datetime) -> set[tuple[Any, ...]]:
    rows = session.exec(select(Message).where(Message.portfolio_id == portfolio.id, Message.planned_at == at))
    return {
        (m.case_id, m.segment, m.arm, m.step, m.channel, tuple(m.fallbacks), m.template_code, m.not_before,
         m.expires_at, m.contact_point_id, m.attempt, m.anchor_on)
        for m in rows
    }  # fmt: skip


def agree(session: Session, cast: Cast, portfolio: Portfolio, on: int) -> tuple[Any, Any]:
    """Runs dry and for real at the same moment, and compares."""
    at, definition = night_of(portfolio, on), read_definition(RICH)
    dry = dry_run(session, manager_of(cast, portfolio), portfolio.id or 0, definition, on=day(on), at=at)
    real = plan_night(session, portfolio, on=day(on), at=at)
    session.expire_all()
    assert shown(dry.rows) == planned(session, portfolio, at)
    tasks = session.exec(select(StepTask).where(StepTask.created_at == at, StepTask.portfolio_id == portfolio.id))
    free = dry.rows[dry.rows["code"].isna()]
    by_people = free[free["kind"] != "message"]
    assert {(row.case_id, row.step) for row in by_people.itertuples()} == {(each.case_id, each.step) for each in tasks}
    assert (real.messages, real.tasks) == (dry.messages, dry.tasks)
    assert real.held == dry.rows["code"].value_counts().to_dict()
    assert plan_night(session, portfolio, on=day(on), at=at).wrote is False
    return dry, real


@pytest.mark.parametrize("country", ZONES)
def test_the_night_writes_what_the_dry_run_showed(session: Session, cast: Cast, country: str) -> None:
    portfolio = portfolio_of(session, cast, country)
    publish(session, portfolio, RICH)
    for days in (-3, 2, 9, 95):
        for names in (*ALONE, ["north", "e-mail too"], ["north", "e-mail too", "elsewhere", "no sms"]):
            item = debtor(session, portfolio, days, amount=f"{100 + days}.00")
            for name in names:
                TRAITS[name](session, item)
    total = 0
    for on in (0, 1, 4):  # a Wednesday, a Thursday, a Sunday
        dry, real = agree(session, cast, portfolio, on)
        total += real.messages
        assert dry.cost == sum(dry.rows["cost"])
        for message in written(session, portfolio_id=portfolio.id, state=MessageState.PLANNED):
            leave(session, message, message.not_before)
    assert total > 40


BOOKS = st.lists(
    st.tuples(st.integers(-4, 40), st.lists(st.sampled_from(list(TRAITS)), max_size=4, unique=True)),
    min_size=1,
    max_size=6,
)


# every example is rolled back to the fixture's state; making a book takes too long to look for the smallest one
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(book=BOOKS, country=st.sampled_from(list(ZONES)), on=st.integers(0, 6))
def test_what_is_planned_is_lawful_wanted_and_as_shown(
    session: Session, cast: Cast, book: list[tuple[int, list[str]]], country: str, on: int
) -> None:
    with session.begin_nested() as trial:
        portfolio = portfolio_of(session, cast, country)
        publish(session, portfolio, RICH)
        for days, names in book:
            item = debtor(session, portfolio, days)
            for name in names:
                TRAITS[name](session, item)
        agree(session, cast, portfolio, on)
        check(session, portfolio, night_of(portfolio, on))
        trial.rollback()
    session.expire_all()


def check(session: Session, portfolio: Portfolio, at: datetime) -> None:
    """The rules that are asked at sending, one message at a time, would let each leave at its planned moment."""
    place = places(session, [portfolio.id])[portfolio.id]
    messages = session.exec(select(Message).where(Message.planned_at == at).order_by(col(Message.id))).all()
    known = known_debtors(session, {message.debtor_id for message in messages}, at=at)
    for message in messages:
        assert at <= message.not_before < message.expires_at
        debt, channel = str(message.case_id), message.channel
        assert place.judge(known[message.debtor_id], message.not_before, debt=debt, channel=channel).allowed
        message.state, message.lease_until = MessageState.QUEUED, at + DAY
        saved(session, message)
        taken = take(session, message.id)
        assert taken is not None
        facts = facts_of(session, taken, at=max(message.not_before, at))
        assert facts.point is not None
        assert facts.point[0] == message.contact_point_id
        same_day = replace(facts.situation, on=message.on_date)
        assert stopped(taken.planned, same_day, at=message.not_before) is None


def test_costs_are_told_by_channel(session: Session, cast: Cast) -> None:
    definition = RICH | {"segments": [segment(step("first", 1, "sms"))]}
    for _ in range(3):
        debtor(session, cast.mexico, 2)
    publish(session, cast.mexico, definition, at=LONG_AGO)
    dry = dry_run(
        session, cast.marta, cast.mexico.id, read_definition(definition), on=day(0), at=night_of(cast.mexico, 0)
    )
    assert (dry.messages, dry.cost) == (3, Decimal("0.15"))
    assert dry.steps.to_dict("records") == [
        {"segment": "all", "arm": "champion", "step": "first", "kind": "message", "channel": "sms", "cases": 3,
         "cost": Decimal("0.15")}
    ]  # fmt: skip

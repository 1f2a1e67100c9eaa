"""Rules for the order as versions: drafted, simulated on the last morning's queue, published, and not before that."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Interaction, OrderVersion
from models.interactions import Channel, Direction
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.order_versions import discard_draft, publish, save_draft, simulate
from workbench.actions.standings import rescore_cases
from workbench.queries.cases import case_card
from workbench.queries.order_simulations import calls_a_day, simulation
from workbench.queries.order_versions import order_versions, rules_at, rules_in_force
from workbench.queries.worklist import ranked_queue
from workbench.rules.order_complaints import read_rules
from workbench.rules.reasons import in_words
from workbench.rules.refusals import Refused
from workbench.ui.reasons import reasons

FOCUS = {"name": "Foco", "when": {"past_due": {"most": "1000"}}, "multiplier": 10}
VIP = {"name": "VIP", "when": {"past_due": {"least": "4000"}}, "ban": "los atiende el banco"}


@pytest.fixture
def cases(session: Session, cast: Cast) -> list[int]:
    """Four debtors of 500, 1,000, 2,000 and 4,000, on the morning after a night that nobody has worked since."""
    items = [owe(session, cast.mexico, amount=amount) for amount in ("500", "1000", "2000", "4000")]
    found = [item.case_id for item in items]
    rescore_cases(session, found, on=TODAY)
    cast.mexico.business_date = TODAY
    session.add(cast.mexico)
    session.flush()
    return found


def drafted(session: Session, cast: Cast, *rules: Any) -> OrderVersion:
    return save_draft(session, cast.marta, cast.mexico.id or 0, rules, at=NOW)


def test_rules_are_published_only_after_a_simulation_of_these_very_rules(
    session: Session, cast: Cast, cases: list[int]
) -> None:
    book = cast.mexico.id or 0
    drafted(session, cast, FOCUS)
    with pytest.raises(Refused, match="Simulate these rules"):
        publish(session, cast.marta, book, at=NOW)
    simulate(session, cast.marta, book, at=NOW)
    drafted(session, cast, FOCUS, VIP)
    with pytest.raises(Refused, match="Simulate these rules"):
        publish(session, cast.marta, book, at=NOW)
    simulate(session, cast.marta, book, at=NOW)
    first = publish(session, cast.marta, book, at=NOW)
    assert (first.version, first.state, rules_in_force(session, book)) == (1, "published", read_rules([FOCUS, VIP]))
    drafted(session, cast, VIP)
    simulate(session, cast.marta, book, at=NOW)
    publish(session, cast.marta, book, at=NOW + timedelta(days=7))
    assert rules_at(session, book, NOW + timedelta(days=1)) == read_rules([FOCUS, VIP])
    assert rules_at(session, book, NOW + timedelta(days=7)) == read_rules([VIP])
    assert [each.state for each in order_versions(session, cast.sofia, book)] == ["published", "retired"]
    deeds = session.execute(text("SELECT deed FROM audit_entry WHERE subject = 'order_version' ORDER BY id"))
    once = ["save_order_draft", "simulate_order", "publish_order"]
    assert list(deeds.scalars()) == ["save_order_draft", "simulate_order", *once, *once]


def test_a_draft_keeps_its_simulation_when_only_the_order_of_its_rules_changes(
    session: Session, cast: Cast, cases: list[int]
) -> None:
    book = cast.mexico.id or 0
    drafted(session, cast, FOCUS, VIP)
    simulate(session, cast.marta, book, at=NOW)
    assert drafted(session, cast, VIP, FOCUS).simulated
    assert drafted(session, cast, VIP).simulated is None


def test_two_managers_do_not_write_over_each_other_and_a_wrong_draft_is_not_kept(session: Session, cast: Cast) -> None:
    book = cast.mexico.id or 0
    base = drafted(session, cast, FOCUS).rules
    drafted(session, cast, VIP)
    with pytest.raises(Refused, match="Somebody else"):
        save_draft(session, cast.marta, book, [FOCUS, VIP], at=NOW, over=base)
    with pytest.raises(Refused):
        drafted(session, cast, {"name": "x"})
    [kept] = order_versions(session, cast.marta, book)
    assert [rule["name"] for rule in kept.rules] == ["VIP"]
    discard_draft(session, cast.marta, book, at=NOW)
    assert order_versions(session, cast.marta, book) == []
    with pytest.raises(Refused, match="no draft"):
        publish(session, cast.marta, book, at=NOW)


def test_a_simulation_says_who_comes_in_who_falls_out_and_what_the_calls_reach(
    session: Session, cast: Cast, cases: list[int]
) -> None:
    """Hand-worked: two calls; all have the same odds, so that the score goes by amount: 4,000 and 2,000."""
    found = simulation(session, cast.sofia, cast.mexico, read_rules([FOCUS, VIP]), at=NOW, calls=2)
    # 4,000 is kept out; 1,000 and 500 count ten times: 10,000 and 5,000 go before 2,000
    assert (found.queue, found.banned, found.freed, found.into, found.out) == (4, 1, 0, 2, 2)
    assert [(each.past_due, each.before, each.after) for each in found.coming] == [
        (Decimal(1000), 3, 1),
        (Decimal(500), 4, 2),
    ]
    assert [(each.past_due, each.before, each.after) for each in found.going] == [
        (Decimal(4000), 1, None),
        (Decimal(2000), 2, 3),
    ]
    assert [each.name for each in found.going[0].rules] == ["VIP"]
    assert found.touched == {"Foco": 2, "VIP": 1}
    reached = {each.order: each.past_due for each in found.reached}
    assert reached == {
        "draft": 1500, "rules": 6000, "last_week": 6000, "score": 6000, "amount": 6000, "days_past_due": 1500
    }  # fmt: skip
    assert [each.past_due for each in simulation(session, None, cast.mexico, (), at=NOW, calls=2).reached][:2] == [
        6000
    ] * 2


def test_callbacks_and_broken_promises_stay_first_whatever_the_rules(session: Session, cast: Cast) -> None:
    callback = owe(session, cast.mexico, amount="100", band=1)
    other = owe(session, cast.mexico, amount="9000")
    rescore_cases(session, [callback.case_id, other.case_id], on=TODAY)
    cast.mexico.business_date = TODAY
    session.flush()
    found = simulation(session, None, cast.mexico, read_rules([FOCUS | {"when": {"past_due": {"least": "5000"}}}]), at=NOW, calls=1)  # fmt: skip
    assert (found.into, found.out, found.reached[0].past_due) == (0, 0, 100)


def test_what_is_published_moves_scores_by_day_and_closes_and_reopens_the_call(
    session: Session, cast: Cast, cases: list[int]
) -> None:
    def items() -> list[tuple[str, float]]:
        asked = text("SELECT w.state, round(w.score::numeric, 4)::float8 FROM work_item w WHERE case_id = ANY(:ids) ORDER BY case_id")  # fmt: skip
        return [tuple(row) for row in session.execute(asked, {"ids": cases})]

    book, before = cast.mexico.id or 0, items()
    drafted(session, cast, FOCUS, VIP)
    simulate(session, cast.marta, book, at=NOW)
    publish(session, cast.marta, book, at=NOW)
    rescore_cases(session, cases, on=TODAY)
    after = items()
    assert [state for state, _ in after] == ["ready", "ready", "ready", "closed"]
    assert [score for _, score in after[:3]] == [pytest.approx(score * times, rel=1e-3) for (_, score), times in zip(before, (10, 10, 1), strict=False)]  # fmt: skip
    drafted(session, cast)
    simulate(session, cast.marta, book, at=NOW)
    publish(session, cast.marta, book, at=NOW + timedelta(hours=1))
    rescore_cases(session, cases, on=TODAY)
    assert items() == before


def test_the_card_and_the_queue_state_the_rules_that_hold_for_a_case(
    session: Session, cast: Cast, cases: list[int]
) -> None:
    book = cast.mexico.id or 0
    named = FOCUS | {"when": FOCUS["when"] | {"zones": ["america/mexico_city"], "has_phone": True, "owned": False}}
    drafted(session, cast, named, VIP, {"name": "Correo", "when": {"has_email": True}, "multiplier": 2})
    simulate(session, cast.marta, book, at=NOW)
    assert [case_card(session, cast.ana, case, at=NOW).rules for case in cases] == [()] * 4
    publish(session, cast.marta, book, at=NOW)
    rescore_cases(session, cases, on=TODAY)
    told = [[each.name for each in case_card(session, cast.ana, case, at=NOW).rules] for case in cases]
    assert told == [["Foco"], ["Foco"], [], ["VIP"]]
    card = case_card(session, cast.ana, cases[3], at=NOW)
    assert reasons(card)[0] == "La regla «VIP» lo deja fuera: los atiende el banco"
    places = ranked_queue(session, cast.mexico, at=NOW)
    assert [place.case_id for place in places] == [cases[1], cases[0], cases[2]]
    assert [in_words(place.reasons[0], "es", "MXN") for place in places[:2]] == ["Regla «Foco»: ×10"] * 2


def test_a_days_calls_are_those_people_made_not_those_of_messages(
    session: Session, cast: Cast, cases: list[int]
) -> None:
    assert calls_a_day(session, cast.mexico) == 100
    for days, number in ((1, 0), (1, 0), (1, 1), (2, 0), (40, 1)):
        session.add(
            Interaction(
                submission_key=uuid4(),
                portfolio_id=cast.mexico.id, case_id=cases[number], user_id=cast.ana.user_id, channel=Channel.CALL,
                direction=Direction.OUTBOUND, disposition_code=_attempt(session), note="",
                started_at=NOW - timedelta(days=days), ended_at=NOW - timedelta(days=days),
            )
        )  # fmt: skip
    session.flush()
    assert calls_a_day(session, cast.mexico) == 2  # two debtors one day, one the other: 1.5, rounded


def _attempt(session: Session) -> str:
    code = session.execute(text("SELECT code FROM disposition WHERE counts_attempt AND NOT counts_contact AND NOT terminal LIMIT 1"))  # fmt: skip
    return str(code.scalar())

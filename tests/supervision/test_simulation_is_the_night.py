"""A simulation says what the night will do: rules are simulated, published, the night runs, and every place is compared."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models import Case, Portfolio
from models.interactions import Channel, Direction
from tests.actions.books import (
    contact,
    debtor_of,
    opt_out,
    pause,
    promise,
    publish,
    reply,
    saved,
    segment,
    step,
)
from tests.actions.test_nights import night, rows
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions import order_versions
from workbench.queries.order_simulations import last_morning
from workbench.rules.order_complaints import read_rules

DAY = timedelta(days=1)
FOCUS = {"name": "Foco", "when": {"past_due": {"most": "1500"}}, "multiplier": 5}
SMALL = {"name": "Chicos", "when": {"past_due": {"least": "600", "most": "900"}}, "multiplier": 0.2}
BAN = {"name": "VIP", "when": {"past_due": {"least": "3000"}}, "ban": "los atiende el banco"}


@pytest.fixture
def book(fresh_cast: Cast) -> dict[str, int]:
    """Debtors of many kinds, some small and some whom the ban is about, after a night without rules."""
    cast, found = fresh_cast, {}
    with db.transaction() as session:

        def add(name: str, amount: int, **item: Any) -> Any:
            made = owe(session, cast.mexico, name=name, amount=str(amount), **item)
            found[name] = made.case_id
            return made

        for amount in (500, 700, 1000, 2000, 2500):
            add(f"plain {amount}", amount)
        for size, amount in (("small", 800), ("large", 4000)):
            add(f"{size} callback", amount + 1, band=1, reserved_for=cast.ana.user_id)
            reply(session, add(f"{size} wrote", amount + 2), NOW - DAY)
            promise(session, add(f"{size} promised", amount + 3), TODAY + 5 * DAY)
            promise(session, add(f"{size} broke", amount + 4), TODAY - 5 * DAY)
            broke = add(f"{size} broke and wrote", amount + 5)
            promise(session, broke, TODAY - 5 * DAY)
            reply(session, broke, NOW - DAY)
            pause(session, add(f"{size} paused", amount + 6))
            pause(session, add(f"{size} paused until", amount + 7), until_on=TODAY + 9 * DAY)
            add(f"{size} waits", amount + 8, state="waiting", not_before=NOW + 3 * DAY)
            add(f"{size} negotiates", amount + 9, queue="negotiation")
            add(f"{size}", amount + 10)
            add(f"{size} young", amount + 10, days_past_due=2)
            ended = add(f"{size} ended", amount + 11, state="closed")
            contact(session, ended, "account.deceased", NOW - DAY, channel=Channel.CALL, direction=Direction.OUTBOUND)
            reply(session, add(f"{size} wrote early", amount + 12, days_past_due=-3), NOW - DAY)
        saved(session, cast.mexico)
    night(cast.mexico)
    return found


def simulated(cast: Cast, *written: Any, days: int = 0) -> list[int]:
    """Puts rules in force and says in which order their simulation put the cases."""
    at = NOW + days * DAY + timedelta(hours=1)
    with db.transaction() as session:
        mexico = session.get_one(Portfolio, cast.mexico.id)
        morning = last_morning(session, mexico)
        places = morning.ranked(read_rules(written))
        cases = morning.columns["case_id"]
        order_versions.save_draft(session, cast.marta, cast.mexico.id or 0, written, at=at)
        order_versions.simulate(session, cast.marta, cast.mexico.id or 0, at=at)
        order_versions.publish(session, cast.marta, cast.mexico.id or 0, at=at)
    ranked = sorted((place, case) for place, case in zip(places.tolist(), cases.tolist(), strict=True) if place)
    assert [place for place, _ in ranked] == list(range(1, len(ranked) + 1))
    return [case for _, case in ranked]


def queue() -> list[int]:
    """The call queue as it is handed out."""
    return [case for (case,) in rows("""SELECT case_id FROM work_item WHERE queue = 'call' AND state = 'ready'
                                        ORDER BY band, score DESC, id""")]  # fmt: skip


def test_the_night_puts_everybody_where_the_simulation_said(fresh_cast: Cast, book: dict[str, int]) -> None:
    before = queue()
    expected = simulated(fresh_cast, FOCUS, SMALL, BAN)
    assert expected != before
    night(fresh_cast.mexico)
    assert queue() == expected
    there, names = set(expected), {case: name for name, case in book.items()}
    spared = {names[case] for case in there if names[case].startswith("large")}
    assert spared == {"large callback", "large wrote", "large broke and wrote", "large wrote early"}

    night(fresh_cast.mexico, TODAY + DAY)  # its morning begins without those who are kept out
    lifted = simulated(fresh_cast, FOCUS, days=1)
    night(fresh_cast.mexico, TODAY + DAY)
    assert queue() == lifted
    back = {names[case] for case in set(lifted) - set(expected)}
    assert back == {"large", "large young", "large broke", "large waits"}  # a ban ends a wait
    assert "large promised" not in back  # it waits for its promise, as before


def test_a_new_case_that_a_ban_kept_out_is_let_in_where_the_simulation_said(
    fresh_cast: Cast, book: dict[str, int]
) -> None:
    simulated(fresh_cast, BAN)
    with db.transaction() as session:
        late = owe(session, fresh_cast.mexico, name="new", amount="5000")
        session.execute(text("DELETE FROM work_item WHERE id = :id"), {"id": late.id})
        session.execute(text("DELETE FROM case_standing WHERE case_id = :case"), {"case": late.case_id})
    night(fresh_cast.mexico, TODAY + DAY)
    assert late.case_id not in queue()
    expected = simulated(fresh_cast, FOCUS, days=1)
    assert late.case_id in expected
    night(fresh_cast.mexico, TODAY + DAY)
    assert queue() == expected


def test_who_is_in_somebodys_hands_is_left_alone(fresh_cast: Cast, book: dict[str, int]) -> None:
    """Claimed over a night: the simulation of the next morning keeps them in their place as the night does."""
    with db.transaction() as session:
        session.execute(
            text("""UPDATE work_item SET state = 'claimed', claimed_by = :ana, claimed_at = :at, lease_until = :until, ready_at = NULL
                    WHERE case_id = :case"""),
            {"ana": fresh_cast.ana.user_id, "at": NOW, "until": NOW + 3 * DAY, "case": book["large"]},
        )  # fmt: skip
    night(fresh_cast.mexico, TODAY + DAY)
    expected = simulated(fresh_cast, FOCUS, BAN, days=1)
    assert book["large"] in expected
    night(fresh_cast.mexico, TODAY + DAY)
    assert queue() == [case for case in expected if case != book["large"]]
    assert rows("SELECT state FROM work_item WHERE case_id = :case", case=book["large"]) == [("claimed",)]


def test_segments_teams_countries_and_channels_are_simulated_as_the_night_finds_them(fresh_cast: Cast) -> None:
    """By the last night some are in another segment for their risk; it finds that at once, and the same when done again."""
    cases = []
    with db.transaction() as session:
        for days in (1, 2, 3, 14, 15, 29, 30, 31, 59, 60, 61, 89, 90, 91):
            item = owe(session, fresh_cast.mexico, amount=str(1000 + days), days_past_due=days)
            cases.append(item.case_id)
            if days % 3 == 0:
                session.get_one(Case, item.case_id).owner_id = fresh_cast.ana.user_id
            if days % 2 == 0:
                debtor_of(session, item, time_zone="America/New_York")
            if days > 60:
                opt_out(session, item, Channel.SMS)
    night(fresh_cast.mexico)
    risks = [risk for (risk,) in rows("SELECT p_unpaid FROM case_standing ORDER BY case_id")]
    between = (risks[2] + risks[8]) / 2  # three days late, and fifty-nine
    with db.transaction() as session:
        early = segment(step("a", 400), code="early", when={"risk": {"most": between}, "stages": ["administrative"]})
        publish(session, fresh_cast.mexico, {"segments": [early, segment(step("b", 400), code="rest")], "events": {}})
    rules = [
        {"name": "Segmento", "when": {"segments": ["early"]}, "multiplier": 7},
        {"name": "Equipo", "when": {"teams": ["norte"]}, "multiplier": 3},
        {"name": "País", "when": {"countries": ["US"]}, "multiplier": 0.5},
        {"name": "Canal", "when": {"channels": ["sms"]}, "multiplier": 0.9},
        {"name": "Fuera", "when": {"segments": ["rest"], "without_channels": ["sms"], "teams": ["norte"]}, "ban": "no"},
    ]
    before = queue()
    expected = simulated(fresh_cast, *rules)
    assert len(expected) < len(before)
    night(fresh_cast.mexico)
    assert queue() == expected
    for days in (1, 31):
        before = dict(rows("SELECT case_id, p_unpaid < :at FROM case_standing", at=between))
        first = night(fresh_cast.mexico, TODAY + days * DAY)
        after = dict(rows("SELECT case_id, p_unpaid < :at FROM case_standing", at=between))
        assert first.standings
        assert (after != before) == (days > 1)
        again = night(fresh_cast.mexico, TODAY + days * DAY)
        assert (again.standings, again.items, again.changes) == (0, 0, 0)
    lifted = simulated(fresh_cast, *rules[:4], days=31)
    night(fresh_cast.mexico, TODAY + 31 * DAY)
    assert queue() == lifted

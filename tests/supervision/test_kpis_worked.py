"""Every figure against the book of `tests.supervision.worked`, worked by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from models import Period, Presence, PresenceEnd, PresenceState
from tests.cast import NOW, Cast
from tests.supervision.worked import MONDAY, SUNDAY, TUESDAY, WEDNESDAY, live
from workbench.queries.kpis import By, Scope, Side, breakdown, figures, previous, rows_of
from workbench.rules.kpis import KPIS

# figure: numerator, denominator, how it is worked
WORKED: dict[str, tuple[float, float | None, str]] = {
    "penetration": (2, 4, "A and B of A, B, D, E; D called in, and that is no attempt"),
    "intensity": (5, 3, "5 attempts on A, B and C"),
    "attempts": (5, None, "A twice, B, C twice; neither the call in, nor the message, nor the death"),
    "contacts": (4, None, "A's promise, B's third party, D's call, the wrong number"),
    "contact_rate": (3, 5, "the same without the call in"),
    "right_parties": (2, None, "A's promise and D's call"),
    "rpc_rate": (1, 5, "A's promise of 5 attempts"),
    "rpc_per_contact": (2, 4, ""),
    "promises": (1, None, "A's"),
    "promised": (1050, None, "500 + 300 + 250, taken in the period"),
    "ptp_rate": (1, 2, ""),
    "promises_kept": (2, None, "promises 1 and 6"),
    "kept_rate": (2, 4, "of 1, 2, 5 and 6; 3 is not due, 4 was withdrawn"),
    "kept_amount_rate": (1000, 1350, "500 + 100 + 150 + 250 (not 260) of 500 + 400 + 200 + 250"),
    "recovery": (1140, None, "500 + 100 + 240 + 300"),
    "recovery_rate": (1140, 10000, "of 1000 + 2000 + 3000 + 4000 on Monday morning"),
    "promise_to_cash": (1.5, None, "the middle of 1 (A), 6 (B), 1 (D) and 2 (E, by its last promise)"),
    "cost": (145, None, "24 minutes at 6.00, 2 messages at 0.50"),
    "cost_to_collect": (145, 1140, ""),
    "handled": (7, None, "all but the message and Sunday's"),
    "aht": (900, 7, "2 + 5 + 3 + 1 + 2 + 1 + 1 = 15 minutes"),
    "time_on_cases": (1440, None, "15 minutes, 2 before the calls, 2 of the skip, 5 of the case taken back"),
    "time_available": (9000, None, "30 minutes after midnight, an hour on Monday, an hour today"),
    "occupancy": (1440, 9000, ""),
    "skips": (1, None, "B"),
    "blocked_attempts": (1, None, "Tuesday's"),
    "messages_sent": (2, None, "A's and C's"),
    "channel_effectiveness": (1, 1, "A's arrived, and A paid the next day"),
    "cases": (5, None, "A to E on Wednesday morning"),
    "listed": (3, None, "B, D and E"),
    "balance": (10300, None, "500 + 2000 + 3000 + 4000 + 800"),
    "past_due": (3000, None, "B 2000, D 1000"),
    "delinquency_rate": (3000, 10300, ""),
    "delinquency_30": (3000, 10300, "B 42 days, D 100 days"),
    "delinquency_90": (1000, 10300, "D"),
    "average_days_past_due": (484000, 6000, "2000 × 42 + 4000 × 100 of 2000 + 4000"),
    "cure_rate": (1000, 7000, "A of A, B and D"),
    "dso": (10300, 800, "× 3 days"),
    "best_possible_dso": (7300, 800, "× 3 days"),
    "add": (3000, 800, "× 3 days"),
    "cei": (500, 3500, "10000 + 800 less 10300; 10000 + 800 less 7300"),
}
DAYS = {"dso", "best_possible_dso", "add"}


def scope_of(cast: Cast, **narrower: object) -> Scope:
    return replace(Scope((cast.mexico.id or 0,), MONDAY, WEDNESDAY), **narrower)


def test_every_figure_is_worked() -> None:
    assert set(WORKED) == set(KPIS)


def test_all_figures_are_what_a_hand_works_out(session: Session, cast: Cast) -> None:
    live(session, cast)
    found = figures(session, cast.sofia, list(KPIS), scope_of(cast), at=NOW)
    told = {
        name: (float(each.numerator), None if each.denominator is None else float(each.denominator))
        for name, each in found.items()
    }
    assert told == {
        name: (pytest.approx(over), under if under is None else pytest.approx(under))
        for name, (over, under, _how) in WORKED.items()
    }
    for name, (over, under, _how) in WORKED.items():
        worth = over if under is None else over / under * (3 if name in DAYS else 1)
        assert float(found[name].value) == pytest.approx(worth), name
    assert (found["recovery"].currency, found["attempts"].currency) == ("MXN", None)
    assert isinstance(found["recovery"].value, Decimal)


def test_each_figure_is_what_its_rows_come_to(session: Session, cast: Cast) -> None:
    live(session, cast)
    for name, (over, under, _how) in WORKED.items():
        for side, worth in ((Side.NUMERATOR, over), (Side.DENOMINATOR, under)):
            if worth is not None:
                rows = rows_of(session, cast.sofia, name, scope_of(cast), side, at=NOW, most=None)
                assert float(rows.value) == pytest.approx(worth), (name, side)
                assert rows.total == len(rows.rows) == len(rows.case_ids)


def test_the_days_the_people_and_the_hours_add_up(session: Session, cast: Cast) -> None:
    live(session, cast)

    def told(name: str, by: By) -> dict[object, float | None]:
        lines = breakdown(session, cast.sofia, [name], scope_of(cast), by, at=NOW).groups
        return {
            each.key: None if each.figures[name].value is None else float(each.figures[name].value) for each in lines
        }

    assert told("attempts", By.DAY) == {MONDAY: 2, TUESDAY: 2, WEDNESDAY: 1}  # 23:30 is Tuesday there
    assert told("attempts", By.AGENT) == {cast.ana.user_id: 4, cast.sofia.user_id: 1}
    assert told("recovery", By.AGENT) == {cast.ana.user_id: 740, None: 400}
    assert told("right_parties", By.HOUR_WEEKDAY) == {(1, 10): 1, (3, 9): 1}
    assert told("rpc_rate", By.WEEK) == {MONDAY: 0.2}
    assert told("balance", By.DAY) == {MONDAY: 10000, TUESDAY: 10000, WEDNESDAY: 10300}
    assert told("recovery", By.PORTFOLIO) == {cast.mexico.id: 1140}
    assert told("cost", By.CHANNEL) == {"call": 144, "sms": 1}
    assert told("handled", By.TEAM) == {min(cast.sofia.team_ids): 7}


def test_the_days_to_come_of_a_period_do_not_count(session: Session, cast: Cast) -> None:
    """Asked on Wednesday for the whole week, three days have sold what is owed."""
    live(session, cast)
    week = replace(scope_of(cast), to_on=MONDAY + timedelta(days=6))
    assert figures(session, cast.sofia, ["dso"], week, at=NOW)["dso"].value == pytest.approx(10300 / 800 * 3)


def test_a_period_is_compared_with_as_many_days_of_the_one_before(session: Session, cast: Cast) -> None:
    live(session, cast)
    former = previous(scope_of(cast), Period.WEEK)
    assert (former.from_on, former.to_on) == (MONDAY - timedelta(days=7), WEDNESDAY - timedelta(days=7))
    sunday = replace(former, from_on=SUNDAY, to_on=SUNDAY)
    found = figures(session, cast.sofia, ["attempts", "rpc_rate", "recovery", "kept_rate", "balance"], sunday, at=NOW)
    assert [each.value for each in found.values()] == [1, 1, 70, None, None]
    assert found["balance"].because == "No morning of these days is remembered."


def test_two_currencies_are_not_summed(session: Session, cast: Cast) -> None:
    live(session, cast)
    both = replace(scope_of(cast), portfolio_ids=(cast.mexico.id, cast.colombia.id))
    found = figures(session, None, ["recovery", "attempts", "recovery_rate", "dso"], both, at=NOW)
    assert found["attempts"].value == 5
    for name in ("recovery", "recovery_rate", "dso"):
        assert (found[name].value, found[name].because) == (None, "Choose a portfolio: these have several currencies.")
    lines = breakdown(session, None, ["recovery"], both, By.PORTFOLIO, at=NOW).groups
    assert {(each.figures["recovery"].value, each.figures["recovery"].currency) for each in lines} == {(1140, "MXN")}


def test_who_works_over_midnight_is_there_on_both_days(session: Session, cast: Cast) -> None:
    live(session, cast)
    days = breakdown(session, cast.sofia, ["time_available"], scope_of(cast), By.DAY, at=NOW).groups
    for line in days:
        alone = figures(
            session, cast.sofia, ["time_available"], scope_of(cast, from_on=line.key, to_on=line.key), at=NOW
        )
        assert line.figures["time_available"].value == alone["time_available"].value
    late = Presence(
        user_id=cast.ana.user_id,
        state=PresenceState.AVAILABLE,
        started_at=datetime(2026, 11, 17, 5, tzinfo=UTC),  # 23:00 on Monday there
        seen_at=NOW,
        ended_at=datetime(2026, 11, 17, 8, tzinfo=UTC),
        ended_because=PresenceEnd.LEFT,
    )
    session.add(late)
    session.flush()
    after = breakdown(session, cast.sofia, ["time_available"], scope_of(cast), By.DAY, at=NOW).groups
    added = {
        line.key: float(line.figures["time_available"].value)
        - sum(float(each.figures["time_available"].value) for each in days if each.key == line.key)
        for line in after
    }
    assert {day: seconds for day, seconds in added.items() if seconds} == {MONDAY: 3600, TUESDAY: 7200}

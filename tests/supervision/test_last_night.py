"""A night with rules, deals and held messages, told in the morning; done twice it writes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from models import Case, ChangeKind, Deal, DealCase, DealKind, DealWay, Stage
from tests.actions.books import promise, publish, step, strategy
from tests.actions.test_nights import WRITTEN, night, rows
from tests.cast import NOW, TODAY, Cast, owe
from tests.pages.conftest import page_as as page_as  # noqa: PLC0414  # a fixture
from tests.pages.test_every_page import PAGES
from workbench import db
from workbench.actions import order_versions
from workbench.queries.nights import (
    Filters,
    NotSent,
    change_tallies,
    changes_of,
    not_sent,
    not_sent_to,
    owners,
    recent_nights,
)
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused
from workbench.ui import i18n

ALL = (*WRITTEN, "nightly_hold", "case_history", "book_day", "message", "step_task")
DAY = timedelta(days=1)
FOCUS = {"name": "Foco", "when": {"past_due": {"most": "600"}}, "multiplier": 5}
VIP = {
    "name": "VIP",
    "when": {"past_due": {"least": "4000"}, "zones": ["America/Mexico_City"]},
    "ban": "los atiende el banco",
}


def everything_written() -> set[tuple]:
    return {(table, *row) for table in ALL for row in rows(f"SELECT ctid::text, xmin::text FROM {table}")}


def in_force(cast: Cast, *rules: Any, days: int = 0) -> None:
    at = NOW + days * DAY + timedelta(hours=1)
    with db.transaction() as session:
        book = cast.mexico.id or 0
        order_versions.save_draft(session, cast.marta, book, rules, at=at)
        order_versions.simulate(session, cast.marta, book, at=at)
        order_versions.publish(session, cast.marta, book, at=at)


def dealt(cast: Cast, case_id: int, to: int | None, *, after: timedelta, kind: DealKind = DealKind.DEAL) -> int:
    """One case given to somebody, as a deal leaves it."""
    with db.transaction() as session:
        case = session.get_one(Case, case_id)
        deal = Deal(key=uuid4(), kind=kind, way=DealWay.COUNT, made_by=cast.sofia.user_id, made_at=NOW + after)
        session.add(deal)
        session.flush()
        session.add(DealCase(deal_id=deal.id, case_id=case_id, owner_before=case.owner_id, owner_after=to))
        case.owner_id = to
        return deal.id or 0


def undone(deal_id: int, *, after: timedelta) -> None:
    with db.transaction() as session:
        session.execute(
            text("""UPDATE collection_case c SET owner_id = k.owner_before FROM deal_case k
                    WHERE k.deal_id = :id AND c.id = k.case_id"""), {"id": deal_id},
        )  # fmt: skip
        session.execute(text("UPDATE deal SET state = 'undone', ended_at = :at WHERE id = :id"), {"id": deal_id, "at": NOW + after})  # fmt: skip


@pytest.fixture
def morning(fresh_cast: Cast) -> tuple[Cast, list[int]]:
    """Four debtors of 500 to 4,000; after a first night rules are published, cases dealt, and a second night is done.

    500 gets the focus; 1,000 has promised, so that its message is held; 2,000 goes to Ana; 4,000 is kept out.
    """
    cast = fresh_cast
    with db.transaction() as session:
        publish(session, cast.mexico, strategy(step("first", 20)))
        items = [owe(session, cast.mexico, amount=each, days_past_due=20, name=f"D{each}") for each in ("500", "1000", "2000", "4000")]  # fmt: skip
        promise(session, items[1], TODAY + 5 * DAY)
        cases = [item.case_id for item in items]
    night(cast.mexico)
    in_force(cast, FOCUS, VIP)
    dealt(cast, cases[2], cast.ana.user_id, after=timedelta(hours=2))
    back = dealt(cast, cases[0], cast.ana.user_id, after=timedelta(hours=3))
    undone(back, after=timedelta(hours=4))
    night(cast.mexico, TODAY + DAY)
    return cast, cases


def lines(cast: Cast, kinds: set[str]) -> list[tuple]:
    """What the newest night told of some kinds: kind, case, reason."""
    with db.reading() as session:
        newest = recent_nights(session, cast.sofia)[0]
        found = [each for kind in ChangeKind if kind in kinds for each in changes_of(session, cast.sofia, newest, kind)]
        return sorted((each.kind.value, each.case_id, each.reason) for each in found)


MOVED = {"entered", "left", "up", "down", "owner"}


def test_rules_hands_and_bans_are_told_with_their_reason_and_twice_changes_nothing(
    morning: tuple[Cast, list[int]],
) -> None:
    cast, cases = morning
    told = [("left", cases[3], "banned:VIP"), ("owner", cases[2], "dealt"), ("up", cases[0], "rules")]
    assert lines(cast, MOVED) == told
    states = rows("SELECT state FROM work_item WHERE queue = 'call' ORDER BY case_id")
    assert [state for (state,) in states] == ["ready", "waiting", "ready", "closed"]
    before = everything_written()
    report = night(cast.mexico, TODAY + DAY)
    assert (report.again, report.changes, report.items, report.standings) == (True, 0, 0, 0)
    assert everything_written() == before
    night(cast.mexico, TODAY + 2 * DAY)
    assert [each for each in lines(cast, MOVED) if each[0] != "up"] == []  # nothing is told a second time


def test_a_lifted_ban_and_a_deal_undone_are_told_the_morning_after(morning: tuple[Cast, list[int]]) -> None:
    cast, cases = morning
    in_force(cast, FOCUS, days=1)
    [(deal_id,)] = rows("SELECT deal_id FROM deal_case WHERE case_id = :case", case=cases[2])
    undone(deal_id, after=DAY + timedelta(hours=1))
    night(cast.mexico, TODAY + 2 * DAY)
    told = lines(cast, {"entered", "left", "owner"})
    assert told == [("entered", cases[3], "ban_lifted:VIP"), ("owner", cases[2], "deal_undone")]


def test_a_deal_committed_after_the_nights_lines_is_told_by_the_next_night(morning: tuple[Cast, list[int]]) -> None:
    """It bears a moment before the second night began, and nobody saw it until that night was done."""
    cast, cases = morning
    with db.engine().connect() as slow, slow.begin():
        given = slow.execute(
            text("""WITH made AS (INSERT INTO deal (key, kind, way, state, asked, told, note, made_by, made_at)
                        VALUES (:key, 'deal', 'count', 'applied', '{}', '{}', '', :sofia, :at) RETURNING id)
                    INSERT INTO deal_case (deal_id, case_id, owner_before, owner_after) SELECT id, :case, NULL, :ana FROM made
                    RETURNING deal_id"""),
            {"key": uuid4(), "sofia": cast.sofia.user_id, "at": NOW + 1.2 * DAY, "case": cases[0], "ana": cast.ana.user_id},
        ).scalar_one()  # fmt: skip
        slow.execute(text("UPDATE collection_case SET owner_id = :ana WHERE id = :case"), {"ana": cast.ana.user_id, "case": cases[0]})  # fmt: skip
        night(cast.mexico, TODAY + 2 * DAY)
        assert lines(cast, {"owner"}) == []
    assert given
    before = everything_written()
    night(cast.mexico, TODAY + 2 * DAY)  # done again, it says nothing new of a morning that is kept
    assert everything_written() == before
    report = night(cast.mexico, TODAY + 3 * DAY)
    assert lines(cast, {"owner"}) == [("owner", cases[0], "dealt")]
    assert report.changes >= 1
    night(cast.mexico, TODAY + 4 * DAY)
    assert lines(cast, {"owner"}) == []


def test_an_interrupted_night_goes_on_with_the_rules_it_began_with(
    morning: tuple[Cast, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, cases = morning
    from workbench.actions import nights

    with monkeypatch.context() as broken:
        broken.setattr(nights, "_propose", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            night(cast.mexico, TODAY + 2 * DAY)
    in_force(cast, days=3)
    assert night(cast.mexico, TODAY + 2 * DAY).resumed
    assert rows("SELECT state FROM work_item WHERE case_id = :case", case=cases[3]) == [("closed",)]
    night(cast.mexico, TODAY + 4 * DAY)
    assert rows("SELECT state FROM work_item WHERE case_id = :case", case=cases[3]) == [("ready",)]


def test_a_count_of_messages_not_sent_opens_its_cases(morning: tuple[Cast, list[int]]) -> None:
    cast, cases = morning
    with db.transaction() as session:
        session.execute(text("""UPDATE message SET state = 'cancelled', held = '{"code": "paid", "params": {}}', ended_at = :at
                                WHERE case_id = :case AND on_date = :on"""), {"case": cases[2], "on": TODAY, "at": NOW})  # fmt: skip
    with db.reading() as session:
        second, first = recent_nights(session, cast.sofia)
        assert first.held == {"promised": 1}
        tallies = not_sent(session, cast.sofia, first)
        assert tallies == [NotSent("cancelled", "paid", 1), NotSent(None, "promised", 1)]
        found = [not_sent_to(session, cast.sofia, first, tally) for tally in tallies]
        assert [[each.case_id for each in of] for of in found] == [[cases[2]], [cases[1]]]
        assert sum(each.cases for each in not_sent(session, cast.sofia, second) if each.state is None) == sum(second.held.values())  # fmt: skip


def test_filters_count_and_list_the_same_cases(morning: tuple[Cast, list[int]]) -> None:
    cast, cases = morning
    anas = Filters(owner=cast.ana.user_id)
    with db.reading() as session:
        newest = recent_nights(session, cast.sofia)[0]
        assert owners(session, cast.sofia, newest) == {cast.ana.user_id: "Ana"}
        for filters in (anas, Filters(owner=0), Filters((Stage.ADMINISTRATIVE,)), Filters(least=Decimal(1000), most=Decimal(3000))):  # fmt: skip
            for tally in change_tallies(session, cast.sofia, newest, filters):
                listed = changes_of(session, cast.sofia, newest, tally.kind, reason=tally.reason, filters=filters)
                assert len(listed) == tally.cases
        [owner] = changes_of(session, cast.sofia, newest, ChangeKind.OWNER, filters=anas)
        assert (owner.case_id, owner.before, owner.after, owner.owner) == (cases[2], None, "Ana", "Ana")
        # somebody of another team who sees the same portfolio reads no name of ours
        stranger = replace(cast.sofia, team_ids=frozenset({999}))
        [unnamed] = changes_of(session, stranger, newest, ChangeKind.OWNER)
        assert (unnamed.after, unnamed.owner, owners(session, stranger, newest)) == ("", "", {})


def test_nobody_of_another_portfolio_reads_a_night_under_the_name_of_their_own(
    morning: tuple[Cast, list[int]],
) -> None:
    cast, _cases = morning
    with db.reading() as session:
        newest = recent_nights(session, cast.sofia)[0]
        assert cast.colombia.id
        forged = replace(newest, portfolio_id=cast.colombia.id)
        other = replace(cast.sofia, portfolio_ids=frozenset({cast.colombia.id}))
        assert change_tallies(session, other, forged) == []
        assert changes_of(session, other, forged, ChangeKind.LEFT) == []
        assert not_sent(session, other, forged) == []
        for read in (change_tallies, not_sent, owners):
            with pytest.raises(Refused, match="nothing here"):
                read(session, other, newest)
            with pytest.raises(Refused, match="role"):
                read(session, cast.ana, newest)


@pytest.fixture
def _english() -> Iterator[None]:
    token = i18n._spoken.set("en")  # AppTest puts a choice into words outside of the page
    yield
    i18n._spoken.reset(token)


@pytest.mark.usefixtures("_english")
def test_the_page_opens_each_count_and_filters_them(
    morning: tuple[Cast, list[int]], page_as: Callable[[str, Viewer], AppTest]
) -> None:
    cast, cases = morning
    page = page_as(str(PAGES / "last_night.py"), cast.sofia)
    assert not page.exception
    kinds = page.pills(key="night-kind")
    for words in ("Changed hands · 1", "Left the queue · 1", "Messages not sent"):
        assert any(words in option for option in kinds.options)
    page = kinds.set_value("owner").run()
    [row] = page.dataframe[0].value.to_dict("records")
    assert (row["After"], row["Why"], row["Case"]) == ("Ana", "Work was dealt out", f"/search?case={cases[2]}")
    assert page.query_params["kind"] == "owner"
    page = page.pills(key="night-kind").set_value("left").run()
    assert page.dataframe[0].value["Why"].tolist() == ["The rule “VIP” keeps it out"]
    page = page.pills(key="night-kind").set_value("not_sent").run()
    assert not page.exception
    assert page.dataframe[0].value["Debtor"].tolist() == ["D1000"]
    page = page.selectbox(key=f"night-owner-{cast.mexico.id}").set_value(cast.ana.user_id).run()
    assert not page.exception
    assert not any("Left the queue" in option for option in page.pills(key="night-kind").options)

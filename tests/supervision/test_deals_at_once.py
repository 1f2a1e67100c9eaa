"""Deals while agents work: nothing in hand is pulled away, nobody waits for the other for ever, a double click deals once."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from models import DealWay
from tests.cast import NOW, TODAY, Cast, owe
from tests.supervision.dealing import agent, dump, north
from workbench import db
from workbench.actions import deals, nights
from workbench.actions.deals import Asked
from workbench.actions.users import deactivate
from workbench.actions.worklist import claim_next, release
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Whose

CASES, AGENTS = 120, 6
ALL = Asked(DealWay.PRIORITY, whose=Whose.ALL)


def crew(cast: Cast) -> list[Viewer]:
    with db.transaction() as session:
        for number in range(CASES):
            owe(session, cast.mexico, score=float(number))
        return [agent(session, north(cast), f"Agente{number}") for number in range(AGENTS)]


def at_once(*deeds: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(deeds)) as threads:
        for each in [threads.submit(deed) for deed in deeds]:
            each.result(timeout=240)


def test_deals_and_undos_among_claims_take_nothing_out_of_anybodys_hands(fresh_cast: Cast) -> None:
    cast, people, over = fresh_cast, crew(fresh_cast), threading.Event()
    with db.transaction() as session:
        before = dump(session)
    wrong: list[str] = []

    def work(who: Viewer) -> None:
        while not over.is_set():
            with db.transaction() as session:
                claim = claim_next(session, who, portfolio_id=cast.mexico.id or 0, at=NOW)
            if claim is None:
                continue
            with db.transaction() as session:
                mine = session.execute(_OWNER, {"item": claim.item_id}).one()
                if mine.claimed_by != who.user_id or mine.owner_id not in (None, who.user_id):
                    wrong.append(f"{who.name} holds {claim.item_id}: {mine}")
                release(session, who, claim.item_id, at=NOW)

    def deal() -> None:
        try:
            for _ in range(8):
                with db.transaction() as session:
                    shown = deals.preview(session, cast.sofia, ALL, at=NOW)
                with db.transaction() as session:
                    made = deals.apply(session, cast.sofia, shown, at=NOW)
                    deal_id = made.id or 0
                with db.transaction() as session:
                    if rows := session.execute(_ASTRAY).all():
                        wrong.append(f"kept for another than the owner: {rows}")
                with db.transaction() as session:
                    deals.undo(session, cast.sofia, deal_id, at=NOW)
        finally:
            over.set()

    at_once(deal, *(lambda who=each: work(who) for each in people))
    assert wrong == []
    with db.transaction() as session:
        again = deals.preview(session, cast.sofia, ALL, at=NOW)
        made = deals.apply(session, cast.sofia, again, at=NOW)
        assert made.told["left"] == 0
        session.execute(text("UPDATE collection_case SET owner_id = NULL"))
        session.execute(text("UPDATE work_item SET reserved_for = NULL"))
        after = dump(session)
    assert after == before


def test_a_double_click_deals_once(fresh_cast: Cast) -> None:
    crew(fresh_cast)
    with db.transaction() as session:
        shown = deals.preview(session, fresh_cast.sofia, ALL, at=NOW)
    made: list[int] = []

    def click() -> None:
        with db.transaction() as session:
            made.append(deals.apply(session, fresh_cast.sofia, shown, at=NOW).id or 0)

    at_once(*[click] * 4)
    with db.reading() as session:
        assert len(set(made)) == 1
        assert session.execute(text("SELECT count(*) FROM deal_case")).scalar_one() == CASES


@pytest.mark.parametrize("item", ["closed", "none"])
def test_a_case_dealt_while_its_shard_is_judged_is_kept_for_its_new_owner(
    fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch, item: str
) -> None:
    crew(fresh_cast)
    with db.transaction() as session:
        session.execute(text("UPDATE collection_case SET owner_id = :ana"), {"ana": fresh_cast.ana.user_id})
        session.execute(
            text(
                "UPDATE work_item SET state = 'closed', ready_at = NULL"
                if item == "closed"
                else "DELETE FROM work_item"
            )
        )
    real, calls = nights.write, []

    def dealt_meanwhile(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            with db.transaction() as session:
                shown = deals.preview(session, fresh_cast.sofia, ALL, at=NOW)
                deals.apply(session, fresh_cast.sofia, shown, at=NOW)
        return real(*args, **kwargs)

    monkeypatch.setattr(nights, "write", dealt_meanwhile)
    nights.run_night(fresh_cast.mexico.id or 0, on=TODAY, at=NOW)
    with db.reading() as session:
        assert session.execute(_ASTRAY).all() == []
        assert session.execute(text("SELECT count(*) FROM work_item WHERE state = 'ready'")).scalar_one() == CASES


def test_somebody_who_is_shown_out_while_they_claim_does_not_wait_for_themselves(fresh_cast: Cast) -> None:
    with db.transaction() as session:
        owed = owe(session, fresh_cast.mexico, reserved_for=fresh_cast.ana.user_id).id

    def show_out() -> None:
        with db.transaction() as session:
            session.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
            deactivate(session, fresh_cast.ana.user_id, by=None, at=NOW)

    with ThreadPoolExecutor(1) as threads:
        with db.transaction() as session:
            session.execute(text("SELECT FROM work_item WHERE id = :id FOR UPDATE"), {"id": owed})
            leaving = threads.submit(show_out)
            time.sleep(0.5)
            session.execute(
                text(
                    "UPDATE work_item SET claimed_by = :ana, state = 'claimed', ready_at = NULL, claimed_at = :at, lease_until = :at WHERE id = :id"
                ),
                {"ana": fresh_cast.ana.user_id, "at": NOW, "id": owed},
            )
        leaving.result(timeout=120)


_OWNER = text("""
    SELECT w.claimed_by, c.owner_id FROM work_item w JOIN collection_case c ON c.id = w.case_id WHERE w.id = :item
""")
_ASTRAY = text("""
    SELECT w.id, w.reserved_for, c.owner_id FROM work_item w JOIN collection_case c ON c.id = w.case_id
    WHERE w.reserved_for IS DISTINCT FROM c.owner_id
""")

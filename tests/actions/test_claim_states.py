"""Whatever agents do and however time goes by, a debtor is in one pair of hands, and work comes back."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlmodel import Session

from tests.cast import NOW, Cast, owe
from workbench.actions import worklist
from workbench.actions.interactions import InteractionForm, record
from workbench.rules.follow_ups import SkipReason
from workbench.rules.refusals import Refused

LEASE = timedelta(minutes=15)
ITEMS = 4
agents = st.sampled_from(["ana", "sofia"])


class Claims(RuleBasedStateMachine):
    """The model: who holds which item until when; a lease that ran out stays the holder's until it is freed."""

    session: Session
    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.session.begin_nested()
        self.portfolio_id = self.cast.mexico.id
        self.items = {item.id: item.case_id for item in [owe(self.session, self.cast.mexico) for _ in range(ITEMS)]}
        self.at: datetime = NOW
        self.held: dict[str, int] = {}
        self.leases: dict[str, datetime] = {}
        self.drafts: dict[int, str] = {}

    def teardown(self) -> None:
        self.savepoint.rollback()

    def _let_go(self, name: str) -> int:
        self.leases.pop(name)
        return self.held.pop(name)

    def _free_expired(self) -> None:
        for name in [each for each, until in self.leases.items() if until <= self.at]:
            self._let_go(name)

    @rule(minutes=st.integers(1, 40))
    def time_goes_by(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(name=agents)
    def claims(self, name: str) -> None:
        claim = worklist.claim_next(self.session, getattr(self.cast, name), portfolio_id=self.portfolio_id, at=self.at)
        if name in self.held:
            assert claim is not None
            assert claim.item_id == self.held[name]
        elif claim:
            if claim.item_id in self.held.values():  # only when the lease had run out
                holder = next(each for each, item_id in self.held.items() if item_id == claim.item_id)
                assert self.leases[holder] <= self.at
                self._free_expired()
            self.held[name] = claim.item_id
        else:
            self._free_expired()
        if claim:
            self.leases[name] = self.at + LEASE

    @rule(name=agents, position=st.integers(0, ITEMS - 1))
    def opens_from_a_search(self, name: str, position: int) -> None:
        item_id = list(self.items)[position]
        other = next((each for each, held in self.held.items() if held == item_id and each != name), None)
        who = getattr(self.cast, name)
        if other:
            with pytest.raises(Refused, match="is working with this debtor"):
                worklist.claim_case(self.session, who, self.items[item_id], at=self.at)
            return
        assert worklist.claim_case(self.session, who, self.items[item_id], at=self.at).item_id == item_id
        self.held[name], self.leases[name] = item_id, self.at + LEASE

    @rule(name=agents, position=st.integers(0, ITEMS - 1))
    def heart_beats(self, name: str, position: int) -> None:
        item_id = list(self.items)[position]
        mine = self.held.get(name) == item_id
        assert worklist.heartbeat(self.session, getattr(self.cast, name), item_id, at=self.at) == mine
        if mine:
            self.leases[name] = self.at + LEASE

    @rule()
    def leases_are_freed(self) -> None:
        before = len(self.held)
        self._free_expired()
        assert worklist.free_expired(self.session, at=self.at) == before - len(self.held)

    @rule(name=agents)
    @precondition(lambda self: self.held)
    def types_a_note(self, name: str) -> None:
        if name in self.held:
            item_id = self.held[name]
            worklist.save_draft(self.session, getattr(self.cast, name), item_id, note=name, fields={}, at=self.at)
            self.drafts[item_id] = name

    @rule(name=agents)
    @precondition(lambda self: self.held)
    def gives_back(self, name: str) -> None:
        if name in self.held:
            worklist.release(self.session, getattr(self.cast, name), self._let_go(name), at=self.at)

    @rule(name=agents, reason=st.sampled_from(SkipReason), position=st.integers(0, ITEMS - 1))
    def skips(self, name: str, reason: SkipReason, position: int) -> None:
        item_id = list(self.items)[position]
        who = getattr(self.cast, name)
        if self.held.get(name) != item_id:
            with pytest.raises(Refused):
                worklist.skip(self.session, who, item_id, reason=reason, at=self.at)
            return
        assert worklist.skip(self.session, who, self._let_go(name), reason=reason, at=self.at) > self.at
        self.drafts.pop(item_id, None)

    @rule(name=agents, position=st.integers(0, ITEMS - 1))
    def records(self, name: str, position: int) -> None:
        item_id = list(self.items)[position]
        form = InteractionForm(uuid4(), item_id, self.items[item_id], "call.no_answer", NOW)
        who = getattr(self.cast, name)
        if self.held.get(name) != item_id:
            with pytest.raises(Refused):
                record(self.session, who, form, at=self.at)
            return
        record(self.session, who, form, at=self.at)
        self._let_go(name)
        self.drafts.pop(item_id, None)

    @invariant()
    def the_rows_say_what_the_model_says(self) -> None:
        rows = self.session.execute(
            text("SELECT id, claimed_by FROM work_item WHERE id = ANY(:items) AND claimed_by IS NOT NULL"),
            {"items": list(self.items)},
        )
        names = {self.cast.ana.user_id: "ana", self.cast.sofia.user_id: "sofia"}
        assert {names[row.claimed_by]: row.id for row in rows} == self.held

    @invariant()
    def no_draft_is_lost(self) -> None:
        rows = self.session.execute(
            text("SELECT work_item_id, note FROM draft WHERE work_item_id = ANY(:items)"), {"items": list(self.items)}
        )
        assert {row.work_item_id: row.note for row in rows} == self.drafts


def test_a_debtor_is_never_in_two_hands(session: Session, cast: Cast) -> None:
    machine = type("BoundClaims", (Claims,), {"session": session, "cast": cast})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

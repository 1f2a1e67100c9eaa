"""Who decides, what is kept of a request, and how its limits are said."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.approvals import ApprovalKind, ApprovalState
from models.users import Role
from tests.cast import NOW
from workbench.rules.approvals import as_kept, may_decide, needed_role, replacing_of, require_open, terms_of
from workbench.rules.exceeded import Exceeded, as_stored, from_stored
from workbench.rules.limit_words import WORDS, Limits, allowed, asked, name
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused

A, S, M = Role.AGENT, Role.SUPERVISOR, Role.MANAGER
FAR = [Exceeded("too_far", date(2026, 12, 3), date(2026, 12, 18))]
SHARE = Exceeded("discount_principal", Decimal("0.1000"), Decimal("0.1735"))


@pytest.mark.parametrize(
    ("agent", "supervisor", "manager", "asks", "needs"),
    [
        pytest.param(FAR, [], [], A, S, id="the supervisor's limits cover it"),
        pytest.param(FAR, FAR, [], A, M, id="only the manager's do"),
        pytest.param(FAR, FAR, [], S, M, id="a supervisor asks a manager"),
        pytest.param(FAR, [], FAR, A, S, id="the least role, whatever the manager's row says"),
        pytest.param([], [], [], A, None, id="an agent may do it alone"),
        pytest.param(FAR, FAR, FAR, A, None, id="nobody may"),
        pytest.param(FAR, FAR, FAR, M, None, id="not even a manager for themselves"),
    ],
)
def test_the_least_role_that_covers_it_is_needed(agent, supervisor, manager, asks: Role, needs: Role | None) -> None:
    beyond = {A: agent, S: supervisor, M: manager}
    if needs is None:
        with pytest.raises(Refused):
            needed_role(beyond, asks, "MXN")
    else:
        assert needed_role(beyond, asks, "MXN") is needs


@pytest.mark.parametrize(
    ("role", "needs", "may"), [(A, S, "no"), (S, S, "yes"), (S, M, "no"), (M, S, "yes"), (M, M, "yes")]
)
def test_a_role_decides_on_what_needs_it_or_less(role: Role, needs: Role, may: str) -> None:
    assert may_decide(role, needs) is (may == "yes")
    assert not may_decide(Role.ADMIN, needs)


@pytest.mark.parametrize(
    ("state", "wanted", "hours", "because"),
    [
        pytest.param("pending", "pending", 23, None, id="waits"),
        pytest.param("countered", "countered", 23, None, id="countered waits"),
        pytest.param("pending", "pending", 24, "expired", id="its time is over to the minute"),
        pytest.param("countered", "countered", 24, "expired", id="the counter-offer's too"),
        pytest.param("expired", "pending", 1, "expired", id="ended by the timetable"),
        pytest.param("withdrawn", "pending", 1, "taken this request back", id="taken back"),
        pytest.param("approved", "pending", 1, "Sofía has already decided", id="decided"),
        pytest.param("accepted", "pending", 30, "Sofía has already decided", id="accepted long ago"),
        pytest.param("pending", "countered", 1, "not been decided yet", id="nothing to accept yet"),
    ],
)
def test_a_request_moves_only_from_the_state_it_was_seen_in(
    state: str, wanted: str, hours: int, because: str | None
) -> None:
    decider = "Sofía" if state in {"approved", "accepted", "countered"} else None
    moment = {"expires_at": NOW + timedelta(hours=24), "at": NOW + timedelta(hours=hours)}
    if because is None:
        require_open(ApprovalState(state), ApprovalState(wanted), decider=decider, **moment)
    else:
        with pytest.raises(Refused, match=because):
            require_open(ApprovalState(state), ApprovalState(wanted), decider=decider, **moment)


def test_terms_survive_being_kept() -> None:
    parts = (Part(date(2026, 12, 1), Decimal("100.10")), Part(date(2026, 12, 8), Decimal("99.90")))
    terms = PromiseTerms.in_parts(parts, account_id=7)
    kept = as_kept(ApprovalKind.PROMISE, terms)
    assert kept["parts"][0] == {"due_on": "2026-12-01", "amount": "100.10"}
    assert terms_of(ApprovalKind.PROMISE, kept) == terms == PromiseTerms.from_json(kept)


def test_what_gives_way_is_kept_beside_the_terms() -> None:
    asked_for = terms_of(ApprovalKind.AGREEMENT, {"kind": "settlement", "first_due_on": "2026-12-01"})
    kept = as_kept(ApprovalKind.AGREEMENT, asked_for, replacing=12)
    assert (replacing_of(kept), terms_of(ApprovalKind.AGREEMENT, kept)) == (12, asked_for)
    assert replacing_of({}) is None


figures = st.one_of(st.integers(0, 9999), st.dates(), st.decimals(0, 10**12, places=2), st.decimals(0, 1, places=4))


@given(st.lists(st.builds(Exceeded, st.sampled_from(sorted(WORDS)), figures, figures), max_size=4))
def test_limits_survive_being_stored(found: list[Exceeded]) -> None:
    assert from_stored(as_stored(found)) == tuple(found)


@pytest.mark.parametrize(
    ("exceeded", "language", "told"),
    [
        pytest.param(FAR[0], "en", ("Last date", "18 Dec 2026", "3 Dec 2026 at the latest"), id="a day"),
        pytest.param(FAR[0], "es", ("Última fecha", "18 dic 2026", "a más tardar 3 dic 2026"), id="a day in Spanish"),
        pytest.param(SHARE, "en", ("Discount on principal", "17.35 %", "at most 10 %"), id="a share"),
        pytest.param(
            Exceeded("amount_small", Decimal("1000.00"), Decimal("999.99")),
            "en",
            ("Amount", "999.99\u00a0MXN", "at least 1,000.00\u00a0MXN"),
            id="an amount",
        ),
        pytest.param(Exceeded("installments", 3, 5), "es", ("Cuotas", "5", "máximo 3"), id="a count"),
        pytest.param(Exceeded("no_authority", 0, 1), "en", ("Kind of offer", "—", "not for this role"), id="a kind"),
    ],
)
def test_a_limit_is_said_with_what_is_asked_and_what_is_allowed(
    exceeded: Exceeded, language: str, told: tuple[str, str, str]
) -> None:
    said = (name(exceeded, language), asked(exceeded, language, "MXN"), allowed(exceeded, language, "MXN"))
    assert said == told


def test_several_limits_make_a_sentence() -> None:
    told = Limits((FAR[0], SHARE), "MXN")
    assert str(told) == "Last date: 3 Dec 2026 at the latest; Discount on principal: at most 10 %"

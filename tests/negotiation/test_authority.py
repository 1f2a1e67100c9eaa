"""Every limit, just inside and just outside, for each role: done by oneself, asked of others, and never one's own."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session

from models import Agreement, Approval, ApprovalState, Promise, PromiseLimit, WorkItem
from models.users import Role
from tests.cast import NOW, Cast
from tests.negotiation.limits import AGREEMENT, IDS, LIMITS, NAMES, PROMISE, ROLES, Limit, debtor, promise
from workbench.actions.agreements import sign_agreement
from workbench.actions.approvals import accept_counter, decide, request_approval
from workbench.actions.promises import take_promise
from workbench.rules.access import Viewer
from workbench.rules.approvals import Decision, terms_of
from workbench.rules.refusals import Refused

TRIED = [
    pytest.param(limit, role, id=f"{name}, {role.value}")
    for limit, name in zip(LIMITS, IDS, strict=True)
    for role in ROLES
]


@pytest.fixture
def people(cast: Cast) -> dict[Role, Viewer]:
    return {role: getattr(cast, name) for role, name in NAMES.items()}


def do(session: Session, who: Viewer, limit: Limit, item: WorkItem, terms: dict[str, Any]) -> Promise | Agreement:
    """What somebody does without asking anybody."""
    wanted = terms_of(limit.kind, terms)
    if limit.kind is PROMISE:
        return take_promise(session, who, case_id=item.case_id, terms=wanted, at=NOW)
    return sign_agreement(session, who, item.case_id, wanted, key=uuid4(), at=NOW)


def ask(session: Session, who: Viewer, limit: Limit, item: WorkItem, terms: dict[str, Any]) -> Approval:
    return request_approval(session, who, item.case_id, limit.kind, terms, reason="x", key=uuid4(), at=NOW)


def may_do(role: Role, limit: Limit) -> bool:
    """Managers take no promises of their own: they work no queue."""
    return limit.kind is AGREEMENT or role is not Role.MANAGER


@pytest.mark.parametrize(("limit", "role"), TRIED)
def test_just_inside_ones_limits_it_is_done_at_once(
    session: Session, cast: Cast, people: dict[Role, Viewer], limit: Limit, role: Role
) -> None:
    limit.install(session, cast)
    item, terms = limit.case(session, cast, limit.at(role, outside=False))
    if may_do(role, limit):
        assert do(session, people[role], limit, item, terms).taken_by == people[role].user_id


@pytest.mark.parametrize(("limit", "role"), TRIED)
def test_just_outside_ones_limits_it_is_refused(
    session: Session, cast: Cast, people: dict[Role, Viewer], limit: Limit, role: Role
) -> None:
    limit.install(session, cast)
    item, terms = limit.case(session, cast, limit.at(role, outside=True))
    with pytest.raises(Refused):
        do(session, people[role], limit, item, terms)


@pytest.mark.parametrize(("limit", "role"), [each for each in TRIED if each.values[1] is not Role.AGENT])
def test_just_inside_the_limits_of_a_role_it_decides_on_what_an_agent_asks(
    session: Session, cast: Cast, people: dict[Role, Viewer], limit: Limit, role: Role
) -> None:
    limit.install(session, cast)
    item, terms = limit.case(session, cast, limit.at(role, outside=False))
    request = ask(session, cast.ana, limit, item, terms)
    assert (request.needs, [each["code"] for each in request.exceeded]) == (role, [limit.code])
    if role is Role.MANAGER:
        with pytest.raises(Refused, match="outside your own limits"):
            decide(session, cast.sofia, request.id, Decision.APPROVE, at=NOW)
    assert decide(session, people[role], request.id, Decision.APPROVE, at=NOW).state is ApprovalState.APPROVED


@pytest.mark.parametrize(("limit", "role"), TRIED)
def test_just_outside_the_limits_of_a_role_the_next_one_decides_or_nobody(
    session: Session, cast: Cast, people: dict[Role, Viewer], limit: Limit, role: Role
) -> None:
    limit.install(session, cast)
    item, terms = limit.case(session, cast, limit.at(role, outside=True))
    if role is Role.MANAGER:
        with pytest.raises(Refused, match="Nobody may approve this"):
            ask(session, cast.ana, limit, item, terms)
        return
    request = ask(session, cast.ana, limit, item, terms)
    following = ROLES[ROLES.index(role) + 1]
    assert request.needs is following
    with pytest.raises(Refused, match="role" if role is Role.AGENT else "outside your own limits"):
        decide(session, people[role], request.id, Decision.APPROVE, at=NOW)
    assert decide(session, people[following], request.id, Decision.APPROVE, at=NOW).state is ApprovalState.APPROVED


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_within_ones_own_limits_nothing_is_asked(session: Session, cast: Cast, limit: Limit) -> None:
    limit.install(session, cast)
    for who, role in ((cast.ana, Role.AGENT), (cast.sofia, Role.SUPERVISOR)):
        item, terms = limit.case(session, cast, limit.at(role, outside=False))
        with pytest.raises(Refused, match="within your own limits"):
            ask(session, who, limit, item, terms)


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_a_counter_offer_lies_just_inside_the_limits_of_who_makes_it(
    session: Session, cast: Cast, limit: Limit
) -> None:
    """Where the terms carry the figure; what was broken or is open before cannot be offered away."""
    if limit.before:
        return
    limit.install(session, cast)
    item, terms = limit.case(session, cast, limit.at(Role.MANAGER, outside=False))
    request = ask(session, cast.ana, limit, item, terms)
    beyond, within = (limit.terms(limit.at(Role.SUPERVISOR, outside=outside)) for outside in (True, False))
    with pytest.raises(Refused, match=r"outside your own limits|differs"):  # or the very figure that was asked
        decide(session, cast.sofia, request.id, Decision.COUNTER, note="x", counter=beyond, at=NOW)
    decide(session, cast.sofia, request.id, Decision.COUNTER, note="x", counter=within, at=NOW)
    assert accept_counter(session, cast.ana, request.id, at=NOW).state is ApprovalState.ACCEPTED


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
@pytest.mark.parametrize("decision", Decision)
def test_nobody_decides_on_their_own_request_whatever_they_have_become(
    session: Session, cast: Cast, limit: Limit, decision: Decision
) -> None:
    limit.install(session, cast)
    item, terms = limit.case(session, cast, limit.at(Role.SUPERVISOR, outside=True))
    request = ask(session, cast.sofia, limit, item, terms)
    promoted = replace(cast.sofia, role=Role.MANAGER)
    with pytest.raises(Refused, match="on their own request"):
        decide(session, promoted, request.id, decision, note="x", counter=terms, at=NOW)


@pytest.mark.parametrize("kind", [PROMISE, AGREEMENT])
def test_a_request_is_decided_until_its_last_minute(session: Session, cast: Cast, kind: str) -> None:
    limit = next(each for each in LIMITS if each.kind == kind)
    limit.install(session, cast)
    cast.mexico.approval_hours = 2
    session.flush()
    ends = NOW + timedelta(hours=2)
    for at in (ends - timedelta(minutes=1), ends):
        item, terms = limit.case(session, cast, limit.at(Role.SUPERVISOR, outside=False))
        request = ask(session, cast.ana, limit, item, terms)
        if at == ends:
            with pytest.raises(Refused, match="expired"):
                decide(session, cast.sofia, request.id, Decision.APPROVE, at=at)
        else:
            assert decide(session, cast.sofia, request.id, Decision.APPROVE, at=at).state is ApprovalState.APPROVED


def test_a_role_without_a_row_has_the_portfolios_own_limits(session: Session, cast: Cast) -> None:
    session.add(PromiseLimit(portfolio_id=cast.mexico.id, role=Role.SUPERVISOR, days_out=16))
    item = debtor(session, cast)
    limit = LIMITS[2]
    with pytest.raises(Refused, match="within your own limits"):
        ask(session, cast.ana, limit, item, promise(days=15))
    assert ask(session, cast.ana, limit, item, promise(days=16)).needs is Role.SUPERVISOR

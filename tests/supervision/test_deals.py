"""Work dealt out: what the preview shows is what is done, and what is done can be put back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import (
    Absence,
    AuditEntry,
    ContactPoint,
    DealState,
    DealWay,
    Pause,
    PauseKind,
    Stage,
    Standing,
    WorkItem,
    WorkProfile,
)
from tests.cast import NOW, TODAY, Cast, owe
from tests.supervision.dealing import agent, dump, north, owned, owners, promised, reserved
from workbench.actions import deals
from workbench.actions.deals import Asked
from workbench.actions.interactions import InteractionForm, record
from workbench.actions.worklist import claim_case, claim_next
from workbench.queries import deals as read
from workbench.queries.deal_figures import Money
from workbench.queries.deals import deals as history
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Unfit, Whose, Why
from workbench.rules.refusals import Refused

ALL = Asked(DealWay.COUNT, whose=Whose.ALL)


@pytest.fixture
def luis(session: Session, cast: Cast) -> Viewer:
    """A second agent of Ana's team."""
    return agent(session, north(cast), "Luis")


def test_what_the_preview_shows_is_done_and_undone_byte_for_byte(session: Session, cast: Cast, luis: Viewer) -> None:
    mine = owned(session, cast, cast.ana, amount="900.00", score=5.0)
    promised(session, mine, cast.ana)
    for number in range(1, 7):
        owe(session, cast.mexico, amount=f"{number}00.00", score=float(number), days_past_due=10 * number)
    before = dump(session)

    shown = deals.preview(session, cast.sofia, Asked(DealWay.EXPECTED, whose=Whose.ALL), at=NOW)
    assert dump(session) == before
    deal = deals.apply(session, cast.sofia, shown, at=NOW)

    again = deals.preview(session, cast.sofia, Asked(DealWay.EXPECTED, whose=Whose.OWNED), at=NOW)
    *people, nobodys = shown.agents
    assert {each.user_id: each.before for each in again.agents} == {each.user_id: each.after for each in people}
    assert (nobodys.user_id, nobodys.gets, nobodys.before.cases, nobodys.after.cases) == (0, False, 6, 0)
    for case_id, receiver in zip(shown.plan.case_id.tolist(), shown.plan.owner_after.tolist(), strict=True):
        assert owners(session)[case_id] == receiver
    assert (deal.told["cases"], deal.told["left"]) == (len(shown.plan), 0)
    assert deals.apply(session, cast.sofia, shown, at=NOW).id == deal.id
    session.expire_all()
    items = session.exec(select(WorkItem)).all()
    assert all(each.reserved_for == owners(session)[each.case_id] for each in items)
    assert max(each.given.gap for each in shown.spread if each.measure == "cases") <= 7

    undone = deals.undo(session, cast.sofia, deal.id or 0, at=NOW)
    assert (undone.restored, undone.left) == (len(shown.plan), ())
    assert dump(session) == before
    with pytest.raises(Refused, match="does not stand"):
        deals.undo(session, cast.sofia, deal.id or 0, at=NOW)
    noted = session.exec(select(AuditEntry.deed).where(AuditEntry.subject == "deal").order_by(AuditEntry.id)).all()
    assert noted == ["deal", "undo_deal"]


def test_the_preview_counts_by_hand(session: Session, cast: Cast, luis: Viewer) -> None:
    mine = owned(session, cast, cast.ana, amount="500.00", score=20.0, days_past_due=30)
    promised(session, mine, cast.ana)
    promised(session, owe(session, cast.mexico, amount="100.00", score=7.0, days_past_due=10), cast.ana)
    shown = deals.preview(session, cast.sofia, replace(ALL, agents=(luis.user_id,), keep_promises=False), at=NOW)
    ana, his, nobodys = shown.agents
    assert (ana.name, ana.gets, ana.before.cases, ana.after.cases, ana.before.promises_due) == ("Ana", False, 1, 0, 2)
    assert (his.given, his.after.cases, his.after.promises_due, his.after.average_age) == (2, 2, 2, 20.0)
    assert [(each.currency, each.amount, each.expected) for each in his.after.money] == [
        ("MXN", Decimal("600.00"), 27.0)
    ]
    assert (ana.after.promises_due, ana.after.money, his.before.money) == (0, (), ())
    assert (nobodys.before.money, nobodys.after.money, nobodys.before.average_age, nobodys.after.promises_due) == (
        (Money("MXN", Decimal("100.00"), 7.0),), (), 10.0, 0
    )  # fmt: skip
    spare = deals.preview(session, cast.sofia, replace(ALL, way=DealWay.NOBODY, whose=Whose.OWNED), at=NOW)
    assert [(each.name, each.given, each.after.cases) for each in spare.agents if each.given] == [("", 1, 2)]


def test_what_somebody_works_with_is_left_with_all_its_debtors_cases(
    session: Session, cast: Cast, luis: Viewer
) -> None:
    held, free = owe(session, cast.mexico, score=9.0), owe(session, cast.mexico)
    shown = deals.preview(session, cast.sofia, ALL, at=NOW)
    assert claim_next(session, cast.ana, portfolio_id=cast.mexico.id or 0, at=NOW).item_id == held.id
    told = deals.apply(session, cast.sofia, shown, at=NOW).told
    assert (told["cases"], told["left"], told["left_cases"]) == (1, 1, [held.case_id])
    assert owners(session)[held.case_id] is None
    later = deals.preview(session, cast.sofia, ALL, at=NOW)
    assert [(each.why, each.case_ids) for each in later.left_out] == [(Why.IN_HAND, (held.case_id,))]
    assert owners(session)[free.case_id] is not None


def test_undoing_leaves_and_names_what_changed_since(session: Session, cast: Cast, luis: Viewer) -> None:
    items = [owe(session, cast.mexico, score=float(9 - number)) for number in range(4)]
    deal = deals.apply(session, cast.sofia, deals.preview(session, cast.sofia, ALL, at=NOW), at=NOW)
    taken = owners(session)
    held, other, kept, plain = items
    holder = cast.ana if taken[held.case_id] == cast.ana.user_id else luis
    claim_case(session, holder, held.case_id, at=NOW)
    by_hand = replace(
        ALL, case_ids=(other.case_id,), agents=tuple({cast.ana.user_id, luis.user_id} - {taken[other.case_id]})
    )
    deals.apply(session, cast.sofia, deals.preview(session, cast.sofia, by_hand, at=NOW), at=NOW)
    session.execute(
        text("UPDATE work_item SET reserved_for = :who WHERE id = :id"), {"who": cast.sofia.user_id, "id": kept.id}
    )

    undone = deals.undo(session, cast.sofia, deal.id or 0, at=NOW)
    assert {(each.case_id, each.why) for each in undone.left} == {
        (held.case_id, Why.IN_HAND), (other.case_id, Why.CHANGED), (kept.case_id, Why.CHANGED)
    }  # fmt: skip
    assert undone.restored == 2
    assert owners(session)[plain.case_id] is None
    assert owners(session)[held.case_id] == holder.user_id
    assert reserved(session)[kept.id] == cast.sofia.user_id


def test_undoing_leaves_to_its_author_a_callback_agreed_since(session: Session, cast: Cast, luis: Viewer) -> None:
    item = owned(session, cast, cast.ana)
    asked = replace(ALL, agents=(luis.user_id,))
    deal = deals.apply(session, cast.sofia, deals.preview(session, cast.sofia, asked, at=NOW), at=NOW)
    claim_case(session, luis, item.case_id, at=NOW)
    phone = session.exec(select(ContactPoint.id).where(ContactPoint.debtor_id == item.debtor_id)).first()
    hour = NOW + timedelta(hours=1)
    form = InteractionForm(
        uuid4(), item.id, item.case_id, "call.call_back", NOW, contact_point_id=phone, callback_at=hour
    )
    record(session, luis, form, at=NOW + timedelta(minutes=1))
    undone = deals.undo(session, cast.sofia, deal.id or 0, at=NOW + timedelta(minutes=2))
    assert (owners(session)[item.case_id], reserved(session)[item.id]) == (cast.ana.user_id, luis.user_id)
    assert (undone.restored, [each.why for each in undone.left]) == (1, [Why.CHANGED])


def test_undoing_leaves_what_a_later_deal_gave_away_and_another_back(
    session: Session, cast: Cast, luis: Viewer
) -> None:
    item = owe(session, cast.mexico)
    made = [
        deals.apply(session, cast.sofia, deals.preview(session, cast.sofia, asked, at=NOW), at=NOW)
        for asked in (replace(ALL, agents=(each.user_id,)) for each in (luis, cast.ana, luis))
    ]
    undone = deals.undo(session, cast.sofia, made[0].id or 0, at=NOW)
    assert (undone.restored, [each.why for each in undone.left]) == (0, [Why.CHANGED])
    assert owners(session)[item.case_id] == luis.user_id


def test_those_away_full_or_without_the_skill_get_nothing(session: Session, cast: Cast, luis: Viewer) -> None:
    rita, ines = agent(session, north(cast), "Rita"), agent(session, north(cast), "Inés")
    session.add(Absence(user_id=luis.user_id, from_on=TODAY, until_on=TODAY, made_at=NOW))
    session.add(WorkProfile(user_id=rita.user_id, stages=[Stage.JUDICIAL.value]))
    session.add(WorkProfile(user_id=ines.user_id, case_cap=2, balance_cap=Decimal(500)))
    owned(session, cast, ines)
    court = owe(session, cast.mexico, amount="9000.00")
    session.get_one(Standing, court.case_id).stage = Stage.JUDICIAL
    small = [owe(session, cast.mexico, amount="100.00") for _ in range(3)]
    asked = Asked(DealWay.COUNT, agents=(luis.user_id, rita.user_id, ines.user_id, cast.bruno.user_id))
    shown = deals.preview(session, cast.sofia, asked, at=NOW)
    assert {(each.name, each.why) for each in shown.not_chosen} == {("Luis", Unfit.AWAY), ("?", Unfit.UNKNOWN)}
    assert {each.name: each.given for each in shown.agents if each.gets} == {"Rita": 1, "Inés": 1}
    assert [(each.why, each.cases) for each in shown.left_out] == [(Why.ALL_FULL, len(small) - 1)]
    deals.apply(session, cast.sofia, shown, at=NOW)
    assert owners(session)[court.case_id] == rita.user_id


def test_a_deal_is_refused_when_somebody_went_away_or_filled_up_since(
    session: Session, cast: Cast, luis: Viewer
) -> None:
    owe(session, cast.mexico)
    only = Asked(DealWay.COUNT, agents=(luis.user_id,))
    shown = deals.preview(session, cast.sofia, only, at=NOW)
    profile = WorkProfile(user_id=luis.user_id, case_cap=0)
    session.add(profile)
    session.flush()
    with pytest.raises(Refused, match="Luis would own more cases"), session.begin_nested():
        deals.apply(session, cast.sofia, shown, at=NOW)
    session.add(Absence(user_id=luis.user_id, from_on=TODAY, until_on=TODAY, made_at=NOW))
    session.flush()
    with pytest.raises(Refused, match="Luis cannot be given work"), session.begin_nested():
        deals.apply(session, cast.sofia, shown, at=NOW)
    with pytest.raises(Refused, match="None of the people"):
        deals.preview(session, cast.sofia, only, at=NOW)


def test_paused_and_settled_cases_and_those_of_another_teams_people_stay(session: Session, cast: Cast) -> None:
    paused, settled, theirs = owe(session, cast.mexico), owe(session, cast.mexico), owned(session, cast, cast.bruno)
    pause = {
        "portfolio_id": cast.mexico.id,
        "kind": PauseKind.DISPUTE,
        "from_on": TODAY,
        "reason": "x",
        "created_at": NOW,
    }
    session.add(Pause(case_id=paused.case_id, **pause))
    session.execute(
        text("UPDATE case_standing SET balance = 0, past_due = 0, oldest_due_on = NULL WHERE case_id = :id"),
        {"id": settled.case_id},
    )
    shown = deals.preview(session, cast.sofia, ALL, at=NOW)
    assert [(each.why, each.case_ids) for each in shown.left_out] == [
        (Why.PAUSED, (paused.case_id,)), (Why.OTHER_TEAM, (theirs.case_id,))
    ]  # fmt: skip
    assert not len(shown.plan)
    with pytest.raises(Refused, match="nothing to deal out"):
        deals.apply(session, cast.sofia, shown, at=NOW)


@pytest.mark.parametrize("keep", [False, True], ids=["go along", "stay with their author"])
def test_promises_and_agreed_callbacks(session: Session, cast: Cast, luis: Viewer, *, keep: bool) -> None:
    later = {"state": "waiting", "not_before": NOW + timedelta(hours=2), "band": 1}
    item = owned(session, cast, cast.ana, **later)
    promise = promised(session, item, cast.ana)
    asked = replace(ALL, agents=(luis.user_id,), keep_promises=keep)
    deals.apply(session, cast.sofia, deals.preview(session, cast.sofia, asked, at=NOW), at=NOW)
    session.expire_all()
    assert owners(session)[item.case_id] == luis.user_id
    author, taker = cast.ana.user_id, luis.user_id
    assert (promise.followed_by, promise.taken_by) == (None if keep else taker, author)
    assert item.reserved_for == (author if keep else taker)


def test_to_everybodys_queue_and_one_case_by_hand(session: Session, cast: Cast, luis: Viewer) -> None:
    item, other = owned(session, cast, cast.ana), owned(session, cast, cast.ana)
    before = dump(session)
    asked = Asked(DealWay.NOBODY, whose=Whose.OWNED, owners=(cast.ana.user_id,), case_ids=(item.case_id,))
    deal = deals.apply(session, cast.sofia, deals.preview(session, cast.sofia, asked, at=NOW), at=NOW)
    assert owners(session) == {item.case_id: None, other.case_id: cast.ana.user_id}
    assert reserved(session)[item.id] is None
    deals.undo(session, cast.sofia, deal.id or 0, at=NOW)
    assert dump(session) == before
    lines = history(session, cast.sofia)
    assert [(each.way, each.cases, each.state, each.may_undo) for each in lines] == [
        (DealWay.NOBODY, 1, DealState.UNDONE, False)
    ]


def test_however_many_cases_only_their_own_promises_are_read(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [owe(session, cast.mexico) for _ in range(3)]
    for item in items:
        promised(session, item, cast.ana)
    asked = np.array([items[0].case_id, items[2].case_id])
    few = read.promises_of(session, asked, on=TODAY)
    monkeypatch.setattr(read, "MANY", 0)
    many = read.promises_of(session, asked, on=TODAY)

    assert many["case_id"].tolist() == asked.tolist()
    assert {name: column.tolist() for name, column in many.items()} == {name: few[name].tolist() for name in few}

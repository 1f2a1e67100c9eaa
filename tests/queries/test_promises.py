"""What the page of promises lists: by whom, when and how much, and what may come in."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from models import PaymentKind, Promise, PromiseState, WorkItem
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.payments import record_payment
from workbench.actions.promises import history_of, reassign_promises, take_promise
from workbench.queries.promises import View, Wanted, counts, due_days, followers, kept_share, level, promises
from workbench.rules.access import Viewer
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused


def promise(session: Session, who: Viewer, item: WorkItem, amount: int | str, days: int) -> Promise:
    terms = PromiseTerms(Decimal(amount), TODAY + timedelta(days=days))
    return take_promise(session, who, case_id=item.case_id, terms=terms, at=NOW)


def lost(session: Session, item: WorkItem, *, paid: int = 0, days: int = 3, state=PromiseState.BROKEN) -> Promise:
    made = Promise(
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        amount=Decimal(400),
        paid=Decimal(paid),
        taken_on=TODAY - timedelta(days=days + 10),
        due_on=TODAY - timedelta(days=days + 5),
        closed_on=TODAY - timedelta(days=days),
        state=state,
        created_at=NOW,
    )
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def items(session: Session, cast: Cast) -> list[WorkItem]:
    return [owe(session, cast.mexico, name=f"Deudora {n}") for n in range(4)]


def names(session: Session, who: Viewer, cast: Cast, view: View, **wanted) -> list[str]:
    return [each.name for each in promises(session, who, Wanted(cast.mexico.id, view, **wanted), at=NOW)]


def test_an_agent_sees_their_own_and_a_supervisor_everybodys(session: Session, cast: Cast, items) -> None:
    promise(session, cast.ana, items[0], 300, 2)
    promise(session, cast.sofia, items[1], 300, 4)
    assert names(session, cast.ana, cast, View.ACTIVE) == ["Deudora 0"]
    assert names(session, cast.ana, cast, View.ACTIVE, follower=cast.sofia.user_id) == ["Deudora 0"]
    assert names(session, cast.sofia, cast, View.ACTIVE) == ["Deudora 0", "Deudora 1"]
    assert names(session, cast.marta, cast, View.ACTIVE, follower=cast.sofia.user_id) == ["Deudora 1"]


def test_due_today_means_today_or_in_its_days_of_grace(session: Session, cast: Cast, items) -> None:
    for item, days in zip(items, (0, 1, 6, 7), strict=True):
        promise(session, cast.ana, item, 300, days)
    late = promise(session, cast.ana, owe(session, cast.mexico, name="Ayer"), 300, 0)
    late.taken_on, late.due_on = TODAY - timedelta(days=5), TODAY - timedelta(days=1)
    session.flush()
    assert names(session, cast.ana, cast, View.TODAY) == ["Ayer", "Deudora 0"]
    assert names(session, cast.ana, cast, View.WEEK) == ["Ayer", "Deudora 0", "Deudora 1", "Deudora 2"]


def test_of_a_promise_in_parts_the_first_part_not_met_is_due(session: Session, cast: Cast, items) -> None:
    parts = tuple(Part(TODAY + timedelta(days=n), Decimal(amount)) for n, amount in ((1, 200), (5, 300), (12, 400)))
    take_promise(session, cast.ana, case_id=items[0].case_id, terms=PromiseTerms.in_parts(parts), at=NOW)
    [line] = promises(session, cast.ana, Wanted(cast.mexico.id, View.WEEK), at=NOW)
    assert (line.parts, line.next_due, line.missing) == (3, TODAY + timedelta(days=1), Decimal(200))
    pay(session, items[0], 200)
    [line] = promises(session, cast.ana, Wanted(cast.mexico.id, View.WEEK), at=NOW)
    assert (line.next_due, line.missing, line.due_on) == (parts[1].due_on, Decimal(300), parts[2].due_on)
    by_day = {day.on: day.missing for day in due_days(session, cast.ana, cast.mexico.id, at=NOW) if day.promises}
    assert by_day == {parts[1].due_on: Decimal(300)}


def pay(session: Session, item: WorkItem, amount: int) -> None:
    record_payment(
        session,
        case_id=item.case_id,
        amount=Decimal(amount),
        paid_on=TODAY,
        reference=f"R{item.case_id}-{amount}",
        kind=PaymentKind.PAYMENT,
        by=None,
        at=NOW,
    )


def test_expected_receipts_are_what_is_missing_times_the_share_that_is_kept(
    session: Session, cast: Cast, items
) -> None:
    promise(session, cast.ana, items[0], 300, 1)
    promise(session, cast.ana, items[1], "500.50", 1)
    for item in items:
        lost(session, item, state=PromiseState.KEPT, days=40)
    for item in items[:2]:
        lost(session, item, days=40)
    share = kept_share(session, cast.sofia, cast.mexico.id, at=NOW)
    assert (share.kept, share.ended, share.chance) == (4, 6, pytest.approx((4 + 5) / (6 + 10)))
    tomorrow = due_days(session, cast.sofia, cast.mexico.id, at=NOW)[1]
    assert (tomorrow.promises, tomorrow.missing) == (2, Decimal("800.50"))
    assert tomorrow.expected == (Decimal("800.50") * Decimal("0.5625")).quantize(Decimal("0.01"))
    assert len(due_days(session, cast.ana, cast.mexico.id, at=NOW)) == 7


def test_lost_ones_stand_by_what_is_at_risk_and_never_above_what_is_owed(session: Session, cast: Cast, items) -> None:
    small = owe(session, cast.mexico, name="Debe poco", amount="50.00")
    lost(session, items[0], paid=150, state=PromiseState.PARTIALLY_KEPT)
    lost(session, items[1])
    lost(session, small)
    lost(session, items[2], days=31)
    found = promises(session, cast.sofia, Wanted(cast.mexico.id, View.BROKEN), at=NOW)
    assert [(each.name, each.at_risk) for each in found] == [
        ("Deudora 1", Decimal(400)),
        ("Deudora 0", Decimal(250)),
        ("Debe poco", Decimal(50)),
    ]
    told = counts(session, cast.sofia, cast.mexico.id, at=NOW)
    assert (told.active, told.broken, told.at_risk) == (0, 3, Decimal(700))
    assert level(session, cast.ana, items[0].case_id) == 1


def test_what_is_given_away_is_followed_by_the_other_and_taken_by_the_first(
    session: Session, cast: Cast, items
) -> None:
    made = promise(session, cast.ana, items[0], 300, 2)
    assert reassign_promises(session, cast.sofia, [made.id], cast.sofia.user_id, at=NOW) == 1
    assert reassign_promises(session, cast.sofia, [made.id], cast.sofia.user_id, at=NOW) == 0
    session.refresh(made)
    assert (made.taken_by, made.followed_by) == (cast.ana.user_id, cast.sofia.user_id)
    assert names(session, cast.ana, cast, View.ACTIVE) == []
    assert [each.name for each in followers(session, cast.sofia, cast.mexico.id)] == ["Ana", "Sofía"]


@pytest.mark.parametrize(
    ("person", "to", "because"),
    [
        ("ana", "sofia", "Your role"),
        ("alma", "sofia", "Your role"),
        ("sofia", "bruno", "does not work these portfolios"),
        ("sofia", "marta", "does not work these portfolios"),
    ],
)
def test_who_may_give_promises_to_whom(session: Session, cast: Cast, items, person, to, because) -> None:
    made = promise(session, cast.ana, items[0], 300, 2)
    with pytest.raises(Refused, match=because):
        reassign_promises(session, getattr(cast, person), [made.id], getattr(cast, to).user_id, at=NOW)


def test_a_stranger_is_shown_nothing(session: Session, cast: Cast, items) -> None:
    made = promise(session, cast.ana, items[0], 300, 2)
    stranger = replace(cast.sofia, portfolio_ids=frozenset({cast.colombia.id}))
    for asked in (
        lambda: promises(session, cast.bruno, Wanted(cast.mexico.id, View.ACTIVE), at=NOW),
        lambda: counts(session, cast.bruno, cast.mexico.id, at=NOW),
        lambda: due_days(session, cast.bruno, cast.mexico.id, at=NOW),
        lambda: kept_share(session, cast.bruno, cast.mexico.id, at=NOW),
        lambda: level(session, cast.bruno, items[0].case_id),
        lambda: history_of(session, cast.bruno, items[0].case_id, None),
        lambda: followers(session, stranger, cast.mexico.id),
        lambda: reassign_promises(session, stranger, [made.id], cast.bruno.user_id, at=NOW),
    ):
        with pytest.raises(Refused, match="nothing here that you may see"):
            asked()

"""Whose work it is: every case is counted once in its cell, and the list behind a count has as many cases."""

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Case, Queue, Role, Stage, Standing, User, WorkItem, WorkState
from tests.cast import NOW, Cast, owe
from workbench.actions import worklist
from workbench.queries.assignment import NOBODY, OTHERS, Cell, Wanted, Work, cases, work
from workbench.queries.users import viewer

NEGOTIATED = frozenset({Queue.CALL, Queue.NEGOTIATION})


@dataclass
class Book:
    """Six Mexican cases: two of Ana's, one of Bruno's, who has no team here, one of somebody who left, two nobody's."""

    cast: Cast
    session: Session
    left: int

    def work(self) -> Work:
        return work(self.session, self.cast.sofia, [self.cast.mexico.id or 0])

    def wanted(self, **chosen: object) -> Wanted:
        return replace(Wanted((self.cast.mexico.id or 0,)), **chosen)  # type: ignore[arg-type]

    def names(self, **chosen: object) -> list[str]:
        return [line.debtor for line in cases(self.session, self.cast.sofia, self.wanted(**chosen), at=NOW).lines]


@pytest.fixture
def book(session: Session, cast: Cast) -> Book:
    left = User(email="lola@example.com", name="Lola", role=Role.AGENT, active=False, created_at=NOW)
    session.add(left)
    session.flush()
    session.execute(text("INSERT INTO team_member SELECT id, :user FROM team WHERE code = 'norte'"), {"user": left.id})
    owners = [cast.ana.user_id, cast.ana.user_id, cast.bruno.user_id, left.id, None, None]
    for number, owner in enumerate(owners):
        item = owe(session, cast.mexico, name=f"Deudor {number}", amount=100 + number, score=number, days_past_due=40)
        session.get_one(Case, item.case_id).owner_id = owner
        session.get_one(Standing, item.case_id).stage = Stage.ADMINISTRATIVE if number else Stage.PREVENTIVE
        session.get_one(Standing, item.case_id).bucket = 2 if number else 0
        session.get_one(Standing, item.case_id).counted_from = NOW.date()
        if number == 5:
            item.state, item.ready_at = WorkState.CLOSED, None
        if number == 1:
            session.add(
                WorkItem(
                    portfolio_id=item.portfolio_id,
                    case_id=item.case_id,
                    debtor_id=item.debtor_id,
                    queue=Queue.NEGOTIATION,
                    zone=item.zone,
                    ready_at=NOW,
                )
            )
    paid = owe(session, cast.mexico, name="Pagó", amount=1)
    session.get_one(Standing, paid.case_id).balance = session.get_one(Standing, paid.case_id).past_due = Decimal(0)
    session.get_one(Standing, paid.case_id).oldest_due_on = None
    session.flush()
    return Book(cast, session, left.id or 0)


def test_every_case_with_balance_is_counted_once_where_it_lies(book: Book) -> None:
    found = book.work()
    assert sum(cell.cases for cell in found.cells) == 6
    assert sum(cell.balance for cell in found.cells) == Decimal("615.00")
    (both,) = [cell for cell in found.cells if cell.queues == NEGOTIATED]
    ana, mexico = book.cast.ana.user_id, book.cast.mexico.id or 0
    assert both == Cell(mexico, NEGOTIATED, Stage.ADMINISTRATIVE, 2, ana, 1, Decimal("101.00"), 1.0, 0)
    (idle,) = [cell for cell in found.cells if not cell.queues]
    assert (idle.owner, idle.cases) == (NOBODY, 1)


def test_other_teams_are_counted_without_a_name_and_who_left_is_told(book: Book) -> None:
    found = book.work()
    assert {cell.owner for cell in found.cells} == {NOBODY, OTHERS, book.cast.ana.user_id, book.left}
    assert {each.name: each.active for each in found.holders.values()} == {"Ana": True, "Lola": False}


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, [5, 4, 3, 2, 1, 0]),
        ({"owners": frozenset({NOBODY})}, [5, 4]),
        ({"owners": frozenset({OTHERS})}, [2]),
        ({"queues": frozenset({Queue.NEGOTIATION})}, [1]),
        ({"queues": frozenset({Queue.NEGOTIATION, Queue.CALL})}, [4, 3, 2, 1, 0]),
        ({"stages": frozenset({Stage.PREVENTIVE})}, [0]),
        ({"buckets": frozenset({0, 2}), "owners": frozenset({OTHERS, NOBODY})}, [5, 4, 2]),
        ({"idle": True}, [5]),
    ],
    ids=["all", "nobody's", "others'", "negotiated", "two queues", "preventive", "bucket and owner", "no open work"],
)
def test_the_list_has_what_was_asked_for(book: Book, chosen: dict[str, object], names: list[int]) -> None:
    assert book.names(**chosen) == [f"Deudor {each}" for each in names]


def test_each_count_is_its_list(book: Book) -> None:
    for cell in book.work().cells:
        wanted = book.wanted(
            queues=cell.queues,
            stages=frozenset({cell.stage}),
            buckets=frozenset({cell.bucket}),
            owners=frozenset({cell.owner}),
            idle=not cell.queues,
        )
        lines = cases(book.session, book.cast.sofia, wanted, at=NOW).lines
        same = [line for line in lines if line.queues == cell.queues]
        assert (len(same), sum(line.balance for line in same)) == (cell.cases, cell.balance)


def test_more_than_a_screen_is_counted(book: Book) -> None:
    found = cases(book.session, book.cast.sofia, book.wanted(), at=NOW, most=2)
    assert (found.total, len(found.lines)) == (6, 2)


def test_who_has_a_case_in_hand_is_named_only_within_the_team(book: Book) -> None:
    mexico, session = book.cast.mexico.id or 0, book.session
    claim = worklist.claim_next(session, book.cast.ana, portfolio_id=mexico, at=NOW)
    session.flush()
    assert claim
    (held,) = [
        line for line in cases(session, book.cast.sofia, book.wanted(), at=NOW).lines if line.in_hand is not None
    ]
    assert (held.case_id, held.in_hand) == (claim.case_id, "Ana")
    assert sum(cell.in_hand for cell in book.work().cells) == 1
    session.execute(text("DELETE FROM team_member WHERE user_id = :ana"), {"ana": book.cast.ana.user_id})
    lines = cases(session, viewer(session, book.cast.sofia.user_id), book.wanted(), at=NOW).lines
    assert [line.in_hand for line in lines if line.in_hand is not None] == [""]

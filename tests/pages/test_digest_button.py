"""A board by e-mail, asked for and ended on its own page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from models import Board, Digest, DigestIssue, MessageState, Period
from tests.cast import NOW, Cast
from workbench import db
from workbench.actions import digests
from workbench.rules.access import Viewer
from workbench.ui import access, i18n


def board(portfolio_id: int) -> None:
    """A page that is its button alone."""
    from models import Board
    from workbench.ui import digest_button

    digest_button.offer(Board.HEALTH, [portfolio_id])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[[Viewer, int], AppTest]:
    def as_viewer(who: Viewer, portfolio_id: int) -> AppTest:
        def visitor() -> Viewer:
            i18n.use("es")
            return who

        monkeypatch.setattr(access, "visitor", visitor)
        monkeypatch.setattr(access, "now", lambda: NOW)
        page = AppTest.from_function(board, args=(portfolio_id,), default_timeout=60).run()
        return page.button(key="digest-health").click().run()

    return as_viewer


def all_of(table: type) -> list:
    with db.reading() as session:
        return list(session.scalars(select(table)))


def test_a_supervisor_asks_for_a_board_sees_what_became_of_it_and_ends_it(opened, fresh_cast: Cast) -> None:
    sofia, mexico = fresh_cast.sofia, fresh_cast.mexico.id
    page = opened(sofia, mexico)
    page.selectbox(key="digest-health-every").select(Period.WEEK)
    page.number_input(key="digest-health-hour").set_value(9)
    page.button(key="digest-health-ask").click().run()
    [digest] = all_of(Digest)
    assert (digest.user_id, digest.every, digest.hour) == (sofia.user_id, Period.WEEK, 9)
    monday = NOW + timedelta(days=6)
    with db.transaction() as session:
        assert digests.plan_issues(session, at=monday) == 1
        session.scalars(select(DigestIssue)).one().state = MessageState.FAILED
    page = opened(sofia, mexico)
    said = " ".join(each.proto.body for each in page.get("html"))
    assert "23 nov 2026" in said
    assert "no salió" in said
    [issue] = all_of(DigestIssue)
    page.button(key=f"digest-again-{issue.id}").click().run()
    assert [each.state for each in all_of(DigestIssue)] == [MessageState.PLANNED]
    page = opened(sofia, mexico)
    page.button(key=f"digest-end-{digest.id}").click().run()
    assert not page.exception
    assert [each.active for each in all_of(Digest)] == [False]


def test_nobody_sees_anothers_digest(opened, fresh_cast: Cast) -> None:
    with db.transaction() as session:
        digests.subscribe(
            session, fresh_cast.sofia, Board.HEALTH, fresh_cast.mexico.id, every=Period.DAY, hour=7, at=NOW
        )
    page = opened(fresh_cast.marta, fresh_cast.mexico.id)
    assert [each.key for each in page.button] == ["digest-health", "digest-health-ask"]
    page = opened(fresh_cast.ana, fresh_cast.mexico.id)
    assert [each.value for each in page.error] == ["Tu rol no permite hacer esto."]

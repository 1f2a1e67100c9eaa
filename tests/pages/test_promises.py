"""The page Promises as each role sees it."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import Session, col, select
from streamlit.testing.v1 import AppTest

from models import AuditEntry, Promise, PromiseState
from tests.cast import NOW, TODAY, Cast, owe
from workbench import db
from workbench.actions.promises import take_promise
from workbench.queries.promises import View, Wanted
from workbench.rules.access import Viewer
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused
from workbench.ui import access, i18n
from workbench.ui.promises_file import promises_file

PAGE = str(Path(__file__).parents[2] / "pages/promises.py")


@pytest.fixture
def opened(page_as):
    token = i18n._spoken.set("en")
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


@pytest.fixture
def book(fresh_cast: Cast) -> Cast:
    """Ana's promise of tomorrow, Sofía's of next month's week, and one that was broken with 400 at risk."""
    with db.transaction() as session:
        promise(session, fresh_cast.ana, fresh_cast, "=Ana's debtor", 300, 1)
        promise(session, fresh_cast.sofia, fresh_cast, "Sofía's debtor", 500, 12)
        item = owe(session, fresh_cast.mexico, name="Broke it")
        lost = Promise(
            portfolio_id=item.portfolio_id,
            case_id=item.case_id,
            taken_by=fresh_cast.ana.user_id,
            amount=Decimal(400),
            taken_on=TODAY - timedelta(days=20),
            due_on=TODAY - timedelta(days=8),
            closed_on=TODAY - timedelta(days=4),
            state=PromiseState.BROKEN,
            created_at=NOW,
        )
        session.add(lost)
    return fresh_cast


def promise(session: Session, who: Viewer, cast: Cast, name: str, amount: int, days: int) -> None:
    item = owe(session, cast.mexico, name=name)
    terms = PromiseTerms(Decimal(amount), TODAY + timedelta(days=days))
    take_promise(session, who, case_id=item.case_id, terms=terms, at=NOW)


def lists(page: AppTest) -> list[str]:
    [parts] = [each for each in page.button_group if each.key == "promises-part"]
    return list(parts.options)


def debtors(page: AppTest) -> list[str]:
    assert not page.exception, page.exception
    return list(page.dataframe[0].value["Debtor"])


def turn_to(page: AppTest, view: View) -> AppTest:
    [parts] = [each for each in page.button_group if each.key == "promises-part"]
    return parts.set_value(view.value).run()


def test_an_agent_sees_their_own_and_gives_none_away(opened, book: Cast) -> None:
    page = opened(book.ana)
    assert lists(page) == ["Open promises · 1", "Due today or in grace · 0", "Due this week · 1", "Not kept · 1"]
    assert debtors(page) == ["=Ana's debtor"]
    assert [each.key for each in page.button] == []


def test_a_supervisor_sees_everybodys_or_one_persons(opened, book: Cast) -> None:
    page = opened(book.sofia)
    assert debtors(page) == ["=Ana's debtor", "Sofía's debtor"]
    [follower] = [each for each in page.selectbox if str(each.key).startswith("promises-follower")]
    assert debtors(follower.select(book.sofia.user_id).run()) == ["Sofía's debtor"]


def test_the_week_says_what_may_come_in_and_why(opened, book: Cast) -> None:
    page = turn_to(opened(book.sofia), View.WEEK)
    said = " ".join([each.proto.body for each in page.get("html")] + [each.value for each in page.caption])
    assert "Thu 19 Nov" in said
    assert "0 kept of 1 in a year" in said
    assert debtors(page) == ["=Ana's debtor"]


def test_what_was_not_kept_stands_with_its_amount_at_risk(opened, book: Cast) -> None:
    page = turn_to(opened(book.marta), View.BROKEN)
    assert debtors(page) == ["Broke it"]
    assert "400.00" in page.dataframe[0].value["At risk"][0]
    assert any("At risk: 400.00" in each.value for each in page.caption)


def test_an_empty_list_says_where_promises_come_from(opened, fresh_cast: Cast) -> None:
    page = opened(fresh_cast.ana)
    assert not page.exception
    assert any("No promise is open" in each.proto.body for each in page.get("html"))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_list_leaves_as_a_file_in_which_nothing_runs_and_the_audit_knows(opened, book: Cast, kind: str) -> None:
    opened(book.sofia)
    data = promises_file(book.sofia.user_id, Wanted(book.mexico.id, View.ACTIVE), kind)
    if kind == "csv":
        assert "'=Ana's debtor" in data.decode("utf-8-sig")
    else:
        [_, line, _] = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
        assert (line[1], line[8]) == ("=Ana's debtor", 300.0)
    with db.reading() as session:
        entry = session.exec(select(AuditEntry).where(col(AuditEntry.deed) == "export_promises")).one()
    assert (entry.by_id, entry.details["rows"], entry.details["asked"]["file"]) == (book.sofia.user_id, 2, kind)


def test_a_stranger_takes_no_file(monkeypatch: pytest.MonkeyPatch, book: Cast) -> None:
    monkeypatch.setattr(access, "now", lambda: NOW)
    with pytest.raises(Refused):
        promises_file(book.bruno.user_id, Wanted(book.mexico.id, View.ACTIVE), "csv")

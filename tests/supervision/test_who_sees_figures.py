"""Ana sees her figures, and her team's as its policy says; of Ana and of Mexico, Bruno's team sees nothing anywhere.

On every page of supervision, and in every file that leaves it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select
from streamlit.testing.v1 import AppTest

from models import AgentsSee, AuditEntry, Role
from tests.cast import NOW, TODAY
from tests.supervision.dealing import north
from tests.supervision.shared_book import CODE, COMMON, DEBTOR, Book, agents_see, said, told
from tests.supervision.shared_book import book as book  # noqa: PLC0414  # a fixture
from tests.supervision.shared_book import stored as stored  # noqa: PLC0414  # a fixture
from tests.supervision.worked import MONDAY
from workbench import db
from workbench.queries.kpis import By, Scope, Side, breakdown, figures, rows_of
from workbench.rules.access import GRANTED, Permission, Viewer
from workbench.rules.kpis import KPIS
from workbench.rules.refusals import Refused
from workbench.ui import access, i18n, table_files

PAGES = Path(__file__).parents[2] / "pages"
# each page with the parts that a link may open, and the key of the choice
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "floor": ("", ("",)),
    "team_performance": ("performance-part", ("summary", "compare", "trends", "ranking", "goals")),
    "my_figures": ("own-part", ("figures", "goals", "comments", "team", "ranking")),
    "portfolio_health": ("health-part", ("book", "rolls", "vintages", "concentration", "forecast")),
    "past_queue": ("", ("",)),
    "assignment": ("assignment-part", ("deal", "work", "cover", "portfolios", "people", "history")),
    "agent_day": ("", ("",)),
    "team_settings": ("settings-part", ("goals", "teams", "costs")),
    "dispositions": ("", ("",)),
    "last_night": ("", ("",)),
    "order_report": ("order-part", ("report", "rules", "versions")),
}
OTHERS = ("bruno", "berta", "mauro")
MANAGERS = {"portfolios", "costs", "rules"}  # parts that only managers open


Open = Callable[..., AppTest]


@pytest.fixture
def opened(book: Book, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a part of a page as somebody."""

    def open_as(name: str, page: str, part: str = "", **query: str) -> AppTest:
        def visitor() -> Viewer:
            i18n.use("en")
            return book.who(name)

        monkeypatch.setattr(access, "visitor", visitor)
        test = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=60)
        if part:
            test.session_state[PARTS[page][0]] = part
            test.session_state["ranking-by"] = "attempts"
        if name in OTHERS:  # the book that they share with us
            test.session_state["board-books"] = book.shared.name
            for key in ("past-book", "health-book", "order-of", "dispositions-of"):
                test.session_state[key] = book.shared.id
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return open_as


def parts() -> list[Any]:
    """Every part of every page, with those of the other team who could open most of it."""
    found = []
    for page, (_key, some) in PARTS.items():
        for part in some:
            manager = part in MANAGERS or page == "dispositions"
            names = ("bruno", "berta") if page == "my_figures" else ("mauro",) if manager else ("berta",)
            found.append(pytest.param(page, part, names, id=f"{page}-{part}".strip("-")))
    return found


Files = dict[str, Callable[[table_files.Kind], bytes]]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    """What the buttons under the tables of an opened page would make, by name."""
    found: Files = {}
    monkeypatch.setattr(table_files, "buttons", lambda name, make, **_given: found.update({name: make}))
    return found


@pytest.mark.parametrize(("page", "part", "names"), parts())
def test_no_page_and_no_file_says_to_another_team_what_is_ours(
    opened: Open, book: Book, files: Files, page: str, part: str, names: tuple[str, ...]
) -> None:
    for name in names:
        shown = opened(name, page, part, agent=str(book.who("ana").user_id))
        assert not shown.exception, (name, shown.exception)
        assert not shown.error
        assert not told(said(shown)), name
        for file, make in files.items():
            assert not told(make("csv").decode()), (name, file)


# where one's own team reads it: the page, its part, and what it says there
READ = (
    ("floor", "", "Anacleta"),
    ("team_performance", "compare", "Ludovico"),
    ("portfolio_health", "concentration", DEBTOR),
    ("past_queue", "", DEBTOR),
    ("assignment", "history", "Ludovico"),
    ("agent_day", "", "saludo"),
    ("team_settings", "goals", "41,873"),
    ("last_night", "", DEBTOR),
    ("order_report", "rules", DEBTOR),
)


@pytest.mark.parametrize(("page", "part", "word"), READ, ids=[page for page, _part, _word in READ])
def test_the_own_team_reads_it_there_and_without_the_right_to_names_takes_none_away(
    opened: Open, book: Book, files: Files, monkeypatch: pytest.MonkeyPatch, page: str, part: str, word: str
) -> None:
    shown = opened("marta", page, part, agent=str(book.who("ana").user_id))
    assert not shown.exception, shown.exception
    assert word in said(shown)
    before = exported(book)
    named = {name: make("csv").decode() for name, make in files.items()}
    assert exported(book) == before + len(files)
    role = Role.MANAGER
    monkeypatch.setitem(GRANTED, role, GRANTED[role] - {Permission.SEE_PERSONAL_DATA})
    for name, make in files.items():
        assert len(make("csv").decode().splitlines()) == len(named[name].splitlines())
        assert not told(make("csv").decode(), (DEBTOR, CODE, COMMON)), name
    if page in ("past_queue", "last_night"):
        assert told("".join(named.values())) or COMMON in "".join(named.values())


def exported(book: Book) -> int:
    with db.reading() as session:
        asked = select(AuditEntry).where(
            col(AuditEntry.by_id) == book.who("marta").user_id, col(AuditEntry.deed) == "export_table"
        )
        return len(session.exec(asked).all())


def test_the_rows_behind_a_figure_leave_as_they_are_shown(
    opened: Open, book: Book, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = {}
    for name in ("sofia", "berta"):
        files.clear()
        page = opened(name, "team_performance", "summary")
        page.button(key="behind-attempts-rows").click().run()
        assert not page.exception, page.exception
        taken[name] = files["rows-attempts-numerator"]("csv").decode()
    assert {"Anacleta", DEBTOR} <= set(told(taken["sofia"]))
    assert not told(taken["berta"])
    assert "Other teams" in taken["berta"]
    monkeypatch.setitem(GRANTED, Role.SUPERVISOR, GRANTED[Role.SUPERVISOR] - {Permission.SEE_PERSONAL_DATA})
    assert not told(files["rows-attempts-numerator"]("csv").decode(), (DEBTOR, CODE, COMMON))
    with db.transaction() as session:
        session.execute(text("UPDATE app_user SET role = 'agent' WHERE id = :id"), {"id": book.who("berta").user_id})
    try:  # whoever presses is asked for anew
        with pytest.raises(Refused, match="nothing here"):
            files["rows-attempts-numerator"]("csv")
    finally:
        with db.transaction() as session:
            session.execute(
                text("UPDATE app_user SET role = 'supervisor' WHERE id = :id"), {"id": book.who("berta").user_id}
            )


def test_every_figure_told_apart_in_every_way_names_none_of_ours(book: Book) -> None:
    both = (book.cast.colombia.id or 0, book.shared.id or 0)
    scope = Scope(both[1:], MONDAY, TODAY)
    with db.reading() as session:
        for who in (book.who("berta"), book.who("mauro")):
            for by in By:
                names = [name for name in KPIS if has_side(session, who, name, scope, by)]
                assert not told(repr(breakdown(session, who, names, scope, by, at=NOW).groups)), by
            for name in KPIS:
                for side in Side:
                    with suppress(Refused):  # it is divided by nothing
                        assert not told(repr(rows_of(session, who, name, scope, side, at=NOW))), name
        own = figures(
            session, book.who("bruno"), ["attempts"], replace(scope, user_id=book.who("bruno").user_id), at=NOW
        )
        assert own["attempts"].value == 1
        assert figures(session, book.who("berta"), ["attempts"], scope, at=NOW)["attempts"].value == 3


def has_side(session: Session, who: Viewer, name: str, scope: Scope, by: By) -> bool:
    try:
        return bool(breakdown(session, who, [name], scope, by, at=NOW).by)
    except Refused:
        return False


# What an agent sees, as the team's policy says

SEES = [
    pytest.param(AgentsSee.OWN, ["figures", "goals", "comments"], id="own"),
    pytest.param(AgentsSee.TEAM, ["figures", "goals", "comments", "team"], id="team"),
    pytest.param(AgentsSee.RANKING, ["figures", "goals", "comments", "team", "ranking"], id="ranking"),
]


@pytest.mark.parametrize(("much", "open_to_her"), SEES)
def test_ana_sees_her_figures_and_of_her_team_what_its_policy_says(
    opened: Open, book: Book, much: AgentsSee, open_to_her: list[str]
) -> None:
    with db.transaction() as session:
        agents_see(session, book, much)
    page = opened("ana", "my_figures")
    titles = [str(each) for each in page.segmented_control(key="own-part").options]
    assert titles == [PART_TITLES[each] for each in open_to_her]
    for part in PART_TITLES:  # asked for by its address: the first part opens instead
        words = said(opened("ana", "my_figures", part))
        assert ("Sofronia" in words) == (part == "comments" or (part, much) == ("ranking", AgentsSee.RANKING)), part
        assert "Benito" not in words
    ana, team = book.who("ana"), north(book.cast)
    own = Scope((book.cast.mexico.id or 0,), MONDAY, TODAY, user_id=ana.user_id)
    whole = replace(own, user_id=None, team_id=team)
    with db.reading() as session:
        assert figures(session, ana, ["attempts"], own, at=NOW)["attempts"].value == 4
        assert rows_of(session, ana, "attempts", own, Side.NUMERATOR, at=NOW).total == 4
        totals = allowed(lambda: figures(session, ana, ["attempts"], whole, at=NOW)["attempts"].value)
        assert totals == (None if much is AgentsSee.OWN else 5)
        ranked = allowed(lambda: breakdown(session, ana, ["attempts"], whole, By.AGENT, at=NOW).groups)
        assert {each.label for each in ranked or ()} == (
            {"Anacleta", "Sofronia"} if "ranking" in open_to_her else set()
        )
        others = (whole, replace(own, user_id=None), replace(own, user_id=book.who("sofia").user_id))
        for scope in others:
            assert allowed(lambda scope=scope: rows_of(session, ana, "attempts", scope, Side.NUMERATOR, at=NOW)) is None
        for scope in others[1:]:
            assert allowed(lambda scope=scope: figures(session, ana, ["attempts"], scope, at=NOW)) is None


PART_TITLES = {
    "figures": "Figures", "goals": "Goals", "comments": "Comments", "team": "The team's totals", "ranking": "Ranking",
}  # fmt: skip


def allowed(asked: Callable[[], Any]) -> Any:
    try:
        return asked()
    except Refused:
        return None

"""Whatever takes a viewer is tried by strangers: here what no other table tries, and that nothing was forgotten.

The strangers are Bruno's team, whose portfolio both teams work, in every role; they ask for what is Ana's by its id.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Board, Period, PresenceState, Queue, Role
from tests.cast import NOW, TODAY
from tests.supervision import (
    test_assignment_strangers,
    test_book_history_strangers,
    test_deals_strangers,
    test_kpi_strangers,
    test_order_strangers,
    test_performance_strangers,
)
from tests.supervision.dealing import north
from tests.supervision.shared_book import OURS, Book, write
from tests.supervision.worked import MONDAY
from workbench.actions import coaching, digest_papers, digests, floors, presences, reporting
from workbench.queries import (
    agent_days,
    floor,
    floor_goals,
    floor_queues,
    floor_waits,
    kpi_scopes,
    teammates,
)
from workbench.queries import (
    coaching as notes,
)
from workbench.queries import (
    digests as subscribed,
)
from workbench.queries import (
    presences as present,
)
from workbench.queries import (
    reporting as reports,
)
from workbench.queries.kpis import Scope
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused

PASSWORD = "a long word between us"
Deed = Callable[[Session, Viewer, Book], Any]
MODULES = (
    "actions.coaching", "actions.deals", "actions.digest_papers", "actions.digests", "actions.figure_policies",
    "actions.floors", "actions.order_versions", "actions.presences", "actions.reporting", "actions.targets",
    "actions.teams", "actions.work_profiles", "queries.agent_days", "queries.assignment", "queries.book_history",
    "queries.coaching", "queries.deal_figures", "queries.deal_previews", "queries.deals", "queries.digests",
    "queries.disposition_preview", "queries.floor", "queries.floor_goals", "queries.floor_queues",
    "queries.floor_waits", "queries.goal_paces", "queries.kpi_books",
    "queries.kpi_groups", "queries.kpi_rows", "queries.kpi_scopes", "queries.kpi_texts", "queries.kpis",
    "queries.order_facts", "queries.order_simulations", "queries.order_versions", "queries.past_queues",
    "queries.presences", "queries.receipt_forecasts", "queries.reporting", "queries.targets", "queries.team_policies",
    "queries.teammates", "queries.vintages", "queries.work_profiles",
)  # fmt: skip
# asked by others with what these have judged before
INNER = {
    "queries.deals.pool", "queries.deals.names", "queries.deal_previews.dealing_day", "queries.kpi_texts.asked_of",
}  # fmt: skip


def paper(session: Session, who: Viewer, book: Book) -> Any:
    digests.plan_issues(session, at=NOW)
    digests.dispatch(session, at=NOW)
    session.info.clear()
    issue = session.execute(text("SELECT max(id) FROM digest_issue")).scalar_one()
    taken = subscribed.take(session, issue)
    assert taken
    return digest_papers.paper_of(session, who, taken, at=NOW)


def asked_for(session: Session, who: Viewer, book: Book) -> Any:
    return digests.subscribe(
        session, who, Board.PERFORMANCE, book.cast.mexico.id or 0, every=Period.DAY, hour=7, at=NOW
    )


def digest(session: Session) -> int:
    return int(session.execute(text("SELECT min(id) FROM digest")).scalar_one())


def sent_again(session: Session, who: Viewer, book: Book) -> Any:
    digests.plan_issues(session, at=NOW)
    session.execute(text("UPDATE digest_issue SET state = 'unconfirmed'"))
    return digests.send_again(
        session, who, session.execute(text("SELECT max(id) FROM digest_issue")).scalar_one(), at=NOW
    )


def a_login(session: Session, who: Viewer, book: Book) -> Any:
    return reporting.open_login(session, who, "bi_stranger", [book.cast.mexico.id or 0], password=PASSWORD, at=NOW)


def closed(session: Session, who: Viewer, book: Book) -> Any:
    reporting.open_login(session, None, "bi_ours", [book.cast.mexico.id or 0], password=PASSWORD, at=NOW)
    return reporting.close_login(session, who, "bi_ours", at=NOW)


def listed(session: Session, who: Viewer, book: Book) -> Any:
    reporting.open_login(session, None, "bi_ours", [book.cast.mexico.id or 0], password=PASSWORD, at=NOW)
    return reports.logins(session, who)


def ranks(session: Session, who: Viewer, book: Book) -> Any:
    """Whether figures may be told by agent is asked after the scope was allowed."""
    scope = Scope((book.cast.mexico.id or 0,), MONDAY, TODAY, team_id=north(book.cast))
    if not who.may(Permission.SEE_BOARDS) and kpi_scopes.may_rank(session, who, scope):
        return OURS[0]
    return kpi_scopes.allowed_scope(session, who, scope)


# asked for by id: refused; `floor` and the lists are answered with what is the asker's own
DEEDS: dict[str, Deed] = {
    "actions.coaching.comment": lambda s, w, b: coaching.comment(s, w, b.contact, "Hola", at=NOW),
    "actions.coaching.mark_seen": lambda s, w, b: coaching.mark_seen(s, w, b.note, at=NOW),
    "actions.coaching.answer": lambda s, w, b: coaching.answer(s, w, b.note, "Hola", at=NOW),
    "actions.digest_papers.paper_of": paper,
    "actions.digests.subscribe": asked_for,
    "actions.digests.unsubscribe": lambda s, w, b: digests.unsubscribe(s, w, digest(s), at=NOW),
    "actions.digests.send_again": sent_again,
    "actions.floors.give_back": lambda s, w, b: floors.give_back(s, w, b.held, holder_id=b.who("ana").user_id, at=NOW),
    "actions.floors.take_over": lambda s, w, b: floors.take_over(
        s, w, b.held, holder_id=b.who("ana").user_id, queue=Queue.CALL, at=NOW
    ),
    "actions.reporting.open_login": a_login,
    "actions.reporting.close_login": closed,
    "queries.agent_days.agent_day": lambda s, w, b: agent_days.agent_day(
        s, w, b.who("ana").user_id, TODAY, b.shared.time_zone, at=NOW
    ),
    "queries.coaching.notes_of": lambda s, w, b: notes.notes_of(s, w, b.who("ana").user_id, at=NOW),
    "queries.floor_waits.waiting_cases": lambda s, w, b: floor_waits.waiting_cases(
        s, w, floor_waits.Asked(b.cast.mexico.id or 0, Queue.CALL), at=NOW
    ),
    "queries.teammates.require_teammate": lambda s, w, b: teammates.require_teammate(s, w, b.who("ana").user_id),
    "queries.kpi_scopes.may_rank": ranks,
}
OWN: dict[str, Deed] = {
    "queries.coaching.own_notes": lambda s, w, _: notes.own_notes(s, w, at=NOW),
    "queries.coaching.unread": lambda s, w, _: notes.unread(s, w),
    "queries.digests.subscriptions": lambda s, w, _: subscribed.subscriptions(s, w),
    "queries.digests.leaving": lambda s, w, _: subscribed.leaving(s, w, at=NOW),
    "queries.teammates.teammates": lambda s, w, _: teammates.teammates(s, w),
    "queries.reporting.logins": listed,
    "queries.floor.floor": lambda s, w, _: floor.floor(s, w, at=NOW),
    "queries.floor.floor_books": lambda s, w, _: floor.floor_books(s, w),
    # handed the books of others, too
    "queries.floor.floor_people": lambda s, w, b: floor.floor_people(
        s, w, floor.floor_books(s, b.who("marta")), at=NOW
    ),
    "queries.floor.queues_of": lambda s, w, b: floor.queues_of(s, w, floor.floor_books(s, b.who("marta")), at=NOW),
    "queries.floor_goals.floor_goals": lambda s, w, _: floor_goals.floor_goals(s, w, at=NOW),
    "queries.floor_queues.floor_queues": lambda s, w, b: floor_queues.floor_queues(
        s, w, {each.portfolio_id: each.place for each in floor.floor_books(s, b.who("marta"))}, at=NOW
    ),
    "queries.presences.my_presence": lambda s, w, _: present.my_presence(s, w),
    "actions.presences.arrive": lambda s, w, _: presences.arrive(s, w, at=NOW),
    "actions.presences.back_to_work": lambda s, w, _: presences.back_to_work(s, w, at=NOW),
    "actions.presences.change_presence": lambda s, w, _: presences.change_presence(s, w, PresenceState.BREAK, at=NOW),
    "actions.presences.note_seen": lambda s, w, _: presences.note_seen(s, w, at=NOW),
}


@pytest.fixture
def book(session: Session) -> Book:
    return write(session)


def ours(session: Session) -> list[Any]:
    """What is of Ana's team, as text: none of it may be another afterwards."""
    session.flush()
    asked = (
        "coaching_note t", "digest t", "digest_issue t", "deal t", "collection_case t", "work_item t", "reporting_login t",
        "presence t JOIN app_user u ON u.id = t.user_id AND u.name IN ('Anacleta', 'Sofronia', 'Ludovico')",
    )  # fmt: skip
    return [
        session.execute(text(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {each}")).scalar_one()
        for each in asked
    ]


def strangers(book: Book) -> list[Viewer]:
    """Bruno's team, and its administrator."""
    admin = replace(book.who("berta"), role=Role.ADMIN)
    return [book.who("bruno"), book.who("berta"), book.who("mauro"), admin]


def outcome(session: Session, who: Viewer, deed: Deed, book: Book) -> str:
    """What a deed answers, "" when it is refused as one refuses strangers; it changes nothing of ours."""
    with session.begin_nested() as trial:
        try:
            found = repr(deed(session, who, book))
        except Refused as refused:
            known = any(each in refused.because for each in ("nothing here", "role does not", "no such"))
            found = "" if known else refused.because
        trial.rollback()
    return found


def test_another_teams_people_of_every_role_get_nothing_by_its_id(session: Session, book: Book) -> None:
    answers = {
        (name, who.role.value): outcome(session, who, deed, book)
        for name, deed in DEEDS.items()
        for who in strangers(book)
    }
    assert {asked: found for asked, found in answers.items() if found} == {}


def test_what_is_asked_of_nothing_in_particular_is_ones_own(session: Session, book: Book) -> None:
    before = ours(session)
    for name, deed in OWN.items():
        for who in strangers(book):
            found = outcome(session, who, deed, book)
            assert not [each for each in OURS if each in found], (name, who.role)
            assert ours(session) == before, (name, who.role)


def test_ours_get_what_they_ask_for(session: Session, book: Book) -> None:
    """The same deeds, done by those whose they are: what strangers are refused is there."""
    ana, sofia = book.who("ana"), book.who("sofia")
    for name, deed in DEEDS.items():
        if name.startswith("actions.reporting"):
            who = book.who("alma")
        else:
            who = ana if name in ("actions.coaching.mark_seen", "actions.coaching.answer") else sofia
        with session.begin_nested() as trial:
            deed(session, who, book)
            trial.rollback()
    for name in ("queries.floor.floor", "queries.teammates.teammates"):
        assert "Anacleta" in outcome(session, sofia, OWN[name], book)


def tried() -> set[str]:
    """What the tables of this issue try, each by its module and name."""
    found = set(DEEDS) | set(OWN)
    found |= set(test_assignment_strangers.DEEDS) | set(test_assignment_strangers.WHOLE)
    found |= {f"queries.{each}" for each in test_book_history_strangers.QUERIES}
    found |= set(test_deals_strangers.DEEDS) | set(test_performance_strangers.DEEDS)
    bare = {*test_kpi_strangers.BOARDS, *test_kpi_strangers.SET_UP}
    found |= {
        f"{module}.{each}" for each in bare for module in ("queries.kpis", "queries.kpi_rows", "queries.kpi_scopes")
    }
    found |= {"queries.disposition_preview.preview"} if "preview" in bare else set()
    bare = {*test_order_strangers.WRITES, *test_order_strangers.READS}
    return found | {f"{module}.{each}" for each in bare for module in test_order_strangers.MODULES}


def public() -> Iterator[str]:
    for name in MODULES:
        module = importlib.import_module(f"workbench.{name}")
        for each, found in inspect.getmembers(module, inspect.isfunction):
            own = found.__module__ == module.__name__ and not each.startswith("_")
            if own and "who" in inspect.signature(found).parameters:
                yield f"{name}.{each}"


def test_everything_that_takes_a_viewer_is_tried_by_a_stranger() -> None:
    assert set(public()) - INNER - tried() == set()

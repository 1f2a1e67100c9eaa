"""Past mornings are read by supervisors and managers of the portfolio, and by nobody else."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from models import Role
from tests.cast import NOW, TODAY, Cast
from tests.supervision.test_book_history_worked import BOOK, case
from workbench.queries import book_history as book
from workbench.queries import past_queues, receipt_forecasts, vintages
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused

MODULES = (book, past_queues, receipt_forecasts, vintages)
BEFORE = TODAY - timedelta(days=48)
Asked = Callable[[Session, Viewer | None, int], Any]
QUERIES: dict[str, Asked] = {
    "book_history.require_book": lambda _s, w, p: book.require_book(w, p),
    "book_history.mornings": book.mornings,
    "book_history.ageing_on": lambda s, w, p: book.ageing_on(s, w, p, TODAY),
    "book_history.ageing_over": lambda s, w, p: book.ageing_over(s, w, p, [TODAY]),
    "book_history.roll_matrix": lambda s, w, p: book.roll_matrix(s, w, p, BEFORE, TODAY, buckets=3),
    "book_history.rolled_cases": lambda s, w, p: book.rolled_cases(s, w, p, BEFORE, TODAY, had=1, has=0),
    "book_history.concentration": lambda s, w, p: book.concentration(s, w, p, TODAY),
    "book_history.largest_debtors": lambda s, w, p: book.largest_debtors(s, w, p, TODAY),
    "past_queues.queue_on": lambda s, w, p: past_queues.queue_on(s, w, p, TODAY, at=NOW),
    "past_queues.queue_length_on": lambda s, w, p: past_queues.queue_length_on(s, w, p, TODAY),
    "receipt_forecasts.forecast": lambda s, w, p: receipt_forecasts.forecast(s, w, p, TODAY),
    "vintages.vintages": lambda s, w, p: vintages.vintages(s, w, p, TODAY),
    "vintages.placed_cases": lambda s, w, p: vintages.placed_cases(s, w, p, TODAY, TODAY.replace(day=1)),
}


def test_every_query_of_past_mornings_is_tried() -> None:
    public = {
        f"{module.__name__.rsplit('.', 1)[1]}.{name}"
        for module in MODULES
        for name, found in inspect.getmembers(importlib.import_module(module.__name__), inspect.isfunction)
        if found.__module__ == module.__name__
        and not name.startswith("_")
        and "who" in inspect.signature(found).parameters
    }
    assert set(QUERIES) == public


@pytest.fixture
def mexico(session: Session, cast: Cast) -> int:
    for mornings in BOOK:
        case(session, cast.mexico, *mornings)
    return cast.mexico.id or 0


def refusals(session: Session, who: Viewer, portfolio_id: int) -> dict[str, str]:
    """What each query says when it refuses."""
    found = {}
    for name, asked in QUERIES.items():
        try:
            asked(session, who, portfolio_id)
        except Refused as refused:
            found[name] = refused.because
    return found


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.MANAGER])
def test_another_team_is_told_that_there_is_nothing(session: Session, cast: Cast, mexico: int, role: Role) -> None:
    found = refusals(session, replace(cast.bruno, role=role), mexico)
    assert found == dict.fromkeys(QUERIES, "There is nothing here that you may see.")


@pytest.mark.parametrize("name", ["ana", "alma"])
def test_agents_and_admins_see_no_board(session: Session, cast: Cast, mexico: int, name: str) -> None:
    assert refusals(session, getattr(cast, name), mexico) == dict.fromkeys(QUERIES, "Your role does not allow this.")


@pytest.mark.parametrize("name", ["sofia", "marta"])
def test_supervisors_and_managers_see_their_own(session: Session, cast: Cast, mexico: int, name: str) -> None:
    assert refusals(session, getattr(cast, name), mexico) == {}

"""Another team's people deal, see and change nothing here; an agent and an admin deal nothing at all."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Deal, DealWay, Role
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import deals, work_profiles
from workbench.queries import assignment as counts
from workbench.queries import deals as history
from workbench.queries import work_profiles as people
from workbench.queries.assignment import Wanted
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Asked
from workbench.rules.refusals import Refused
from workbench.rules.work_profiles import Skills

MODULES = (
    "actions.deals", "actions.work_profiles", "queries.assignment", "queries.work_profiles", "queries.deal_previews",
)  # fmt: skip


@dataclass(frozen=True)
class Things:
    """What of Mexico there is to be dealt or changed."""

    book: int
    case: int
    ana: int
    absence: int
    deal: int
    north: int
    south: int
    previewed: Any


@pytest.fixture
def things(session: Session, cast: Cast) -> Things:
    items = [owe(session, cast.mexico, name="Rosa Ajena") for _ in range(2)]
    away = work_profiles.add_absence(session, cast.sofia, cast.sofia.user_id, TODAY, TODAY, reason="ajena", at=NOW)
    done = deals.apply(session, cast.sofia, dealt(session, cast.sofia, items[0].case_id), at=NOW)
    seen = dealt(session, cast.sofia, items[1].case_id)
    (north,), (south,) = cast.sofia.team_ids, cast.bruno.team_ids
    return Things(
        cast.mexico.id or 0, items[0].case_id, cast.ana.user_id, away.id or 0, done.id or 0, north, south, seen
    )


def dealt(session: Session, who: Viewer, case_id: int, **asked: Any) -> Any:
    return deals.preview(session, who, Asked(DealWay.COUNT, case_ids=(case_id,), **asked), at=NOW)


Deed = Callable[[Session, Viewer, Things], Any]
SOON = TODAY + timedelta(days=9)


def of_book(session: Session, who: Viewer, things: Things) -> Any:
    return deals.preview(session, who, Asked(DealWay.COUNT, portfolio_ids=(things.book,)), at=NOW)


def covered(session: Session, who: Viewer, things: Things) -> Any:
    return deals.preview(session, who, deals.cover(things.ana, SOON), at=NOW)


def left(session: Session, who: Viewer, things: Things) -> Any:
    return deals.preview(session, who, deals.replace_leaver(things.ana), at=NOW)


def moved(session: Session, who: Viewer, things: Things) -> Any:
    return deals.preview(session, who, deals.move_portfolio((things.book,), things.north, things.south), at=NOW)


DEEDS: dict[str, Deed] = {
    "actions.deals.apply": lambda s, w, t: deals.apply(s, w, t.previewed, at=NOW),
    "actions.deals.undo": lambda s, w, t: deals.undo(s, w, t.deal, at=NOW),
    "actions.work_profiles.set_profile": lambda s, w, t: work_profiles.set_profile(s, w, t.ana, Skills(1), at=NOW),
    "actions.work_profiles.add_absence": lambda s, w, t: work_profiles.add_absence(s, w, t.ana, SOON, SOON, at=NOW),
    "actions.work_profiles.cancel_absence": lambda s, w, t: work_profiles.cancel_absence(s, w, t.absence, at=NOW),
    "queries.assignment.work": lambda s, w, t: counts.work(s, w, [t.book]),
    "queries.assignment.cases": lambda s, w, t: counts.cases(s, w, Wanted((t.book,)), at=NOW),
    "queries.work_profiles.profile": lambda s, w, t: people.profile(s, w, t.ana, on=TODAY),
    "queries.deal_previews.preview": of_book,
    "preview of a cover": covered,
    "preview of a leaver": left,
    "preview of a move": moved,
}
# what is asked of nothing in particular answers with what one may see: nothing of Mexico
WHOLE: dict[str, Deed] = {
    "queries.assignment.teams": lambda s, w, _: [each for each in counts.teams(s, w) if each.portfolio_ids],
    "queries.work_profiles.profiles": lambda s, w, _: people.profiles(s, w, on=TODAY),
    "queries.deals.deals": lambda s, w, _: history.deals(s, w),
    "a case of others": lambda s, w, t: dealt(s, w, t.case).cases,
}
INSIDE = {"queries.deal_previews.people_of", "queries.deal_previews.dealing_day"}  # asked by the deeds above


def test_every_deed_and_query_of_assignment_is_tried() -> None:
    assert set(_public()) - INSIDE <= set(DEEDS) | set(WHOLE)


def _public() -> Iterator[str]:
    for name in MODULES:
        module = importlib.import_module(f"workbench.{name}")
        for each, found in inspect.getmembers(module, inspect.isfunction):
            own = found.__module__ == module.__name__ and not each.startswith("_")
            if own and "who" in inspect.signature(found).parameters:
                yield f"{name}.{each}"


def answered(session: Session, who: Viewer, things: Things, deeds: dict[str, Deed]) -> dict[str, str]:
    """What was not refused, or was refused after something had changed."""
    found, before = {}, everything(session)
    for name, deed in deeds.items():
        with session.begin_nested() as trial:
            try:
                found[name] = repr(deed(session, who, things))
            except Refused as refused:
                expected = "nothing here" in refused.because or "role" in refused.because
                if not expected or everything(session) != before:
                    found[name] = refused.because
            trial.rollback()
    return found


def everything(session: Session) -> list[Any]:
    session.flush()
    tables = ("deal", "deal_case", "absence", "work_profile", "team_portfolio", "audit_entry", "collection_case")
    return [
        session.execute(text(f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {each} t")).one()
        for each in tables
    ]


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.MANAGER])
def test_another_team_is_refused(session: Session, cast: Cast, things: Things, role: Role) -> None:
    stranger = replace(cast.bruno, role=role)
    assert answered(session, stranger, things, DEEDS) == {}
    shown = " ".join(answered(session, stranger, things, WHOLE).values())
    assert not [each for each in ("Ana", "Sofía", "Rosa", "ajena", f"deal_id={things.deal},") if each in shown]


@pytest.mark.parametrize("who", ["ana", "bruno", "alma"])
def test_a_role_without_the_permission_is_refused(session: Session, cast: Cast, things: Things, who: str) -> None:
    assert answered(session, getattr(cast, who), things, DEEDS | WHOLE) == {}


def test_only_a_manager_moves_a_portfolio(session: Session, cast: Cast, things: Things) -> None:
    assert answered(session, cast.sofia, things, {"move": moved, "teams": WHOLE["queries.assignment.teams"]}) == {}
    deal = deals.apply(session, cast.marta, moved(session, cast.marta, things), at=NOW)
    with pytest.raises(Refused, match="role"):
        deals.undo(session, cast.sofia, deal.id or 0, at=NOW)
    assert session.get_one(Deal, deal.id).state == "applied"

"""Whoever is of another team deals nothing of ours and sees no deal; agents and administrators deal nothing at all."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, select

from models import Case, DealWay, Role, TeamPortfolio
from tests.cast import NOW, TODAY, Cast, owe
from tests.supervision.dealing import agent, dump, north, owned, south
from workbench.actions import deals as deeds
from workbench.actions.deals import Asked, Preview, cover, move_portfolio, replace_leaver
from workbench.queries import deal_previews, deals
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Whose
from workbench.rules.refusals import Refused

MODULES = ("actions.deals", "queries.deals", "queries.deal_previews")
# what preview and apply ask first; they take ids that were judged before
INNER = {"queries.deals.pool", "queries.deals.names", "queries.deal_previews.dealing_day"}
Deed = Callable[[Session, Viewer, Cast, Preview, int], Any]
DEEDS: dict[str, Deed] = {
    "queries.deal_previews.preview": lambda s, w, c, _p, _d: deal_previews.preview(s, w, portfolio_of(c), at=NOW),
    "queries.deal_previews.people_of": lambda s, w, c, _p, _d: deal_previews.people_of(s, w, portfolio_of(c), on=TODAY),
    "actions.deals.apply": lambda s, w, _c, p, _d: deeds.apply(s, w, p, at=NOW),
    "actions.deals.undo": lambda s, w, _c, _p, d: deeds.undo(s, w, d, at=NOW),
    "queries.deals.deals": lambda s, w, _c, _p, _d: deals.deals(s, w),
    "queries.deals.debtors_codes": lambda s, w, _c, _p, _d: deals.debtors_codes(s, w, s.exec(select(Case.id)).all()),
}


def portfolio_of(cast: Cast) -> Asked:
    return Asked(DealWay.COUNT, portfolio_ids=(cast.mexico.id or 0,), whose=Whose.ALL)


def public() -> Iterator[str]:
    for name in MODULES:
        module = importlib.import_module(f"workbench.{name}")
        for each, found in inspect.getmembers(module, inspect.isfunction):
            own = found.__module__ == module.__name__ and not each.startswith("_")
            if own and "who" in inspect.signature(found).parameters:
                yield f"{name}.{each}"


def test_every_deed_and_query_of_deals_is_tried() -> None:
    assert set(DEEDS) == set(public()) - INNER


@pytest.fixture
def scene(session: Session, cast: Cast) -> tuple[Preview, int]:
    """A deal of Ana's team that stands, and the preview of another."""
    agent(session, north(cast), "Luis")
    agent(session, south(cast), "Hugo")
    owned(session, cast, cast.ana)
    made = deeds.apply(
        session, cast.sofia, deeds.preview(session, cast.sofia, replace_leaver(cast.ana.user_id), at=NOW), at=NOW
    )
    owe(session, cast.mexico)
    return deeds.preview(session, cast.sofia, portfolio_of(cast), at=NOW), made.id or 0


@pytest.mark.parametrize("name", sorted(DEEDS))
def test_strangers_of_every_role_agents_and_administrators_deal_nothing(
    session: Session, cast: Cast, scene: tuple[Preview, int], name: str
) -> None:
    before = dump(session)
    for who in [cast.alma, cast.ana, *(replace(cast.bruno, role=role) for role in Role)]:
        try:
            found = DEEDS[name](session, who, cast, *scene)
        except Refused:
            continue
        assert not found  # the history of a stranger is empty, and names nobody
    assert dump(session) == before


@pytest.mark.parametrize("name", sorted(DEEDS))
def test_those_of_the_team_are_answered(session: Session, cast: Cast, scene: tuple[Preview, int], name: str) -> None:
    assert DEEDS[name](session, cast.sofia, cast, *scene)


def test_a_stranger_covers_replaces_and_takes_nobody(session: Session, cast: Cast) -> None:
    owned(session, cast, cast.ana)
    manager = replace(cast.bruno, role=Role.MANAGER)
    mexico = (cast.mexico.id or 0,)
    for asked in (
        cover(cast.ana.user_id, TODAY),
        replace_leaver(cast.ana.user_id),
        move_portfolio(mexico, north(cast), south(cast)),
        Asked(DealWay.COUNT, portfolio_ids=mexico),
    ):
        with pytest.raises(Refused, match="nothing here that you may see"):
            deeds.preview(session, manager, asked, at=NOW)
    found = deeds.preview(
        session, manager, Asked(DealWay.COUNT, whose=Whose.ALL, agents=(cast.ana.user_id, cast.bruno.user_id)), at=NOW
    )
    assert (len(found.plan), [each.name for each in found.agents]) == (0, ["Bruno"])


def test_a_shared_portfolio_shows_no_stranger_by_name(session: Session, cast: Cast) -> None:
    """Both teams work Mexico: the deals of one are no affair of the other's."""
    session.add(TeamPortfolio(team_id=south(cast), portfolio_id=cast.mexico.id))
    session.flush()
    agent(session, north(cast), "Luis")
    owned(session, cast, cast.ana)
    asked = replace_leaver(cast.ana.user_id)
    made = deeds.apply(session, cast.sofia, deeds.preview(session, cast.sofia, asked, at=NOW), at=NOW)
    both = frozenset({cast.mexico.id or 0, cast.colombia.id or 0})
    rival = replace(cast.bruno, role=Role.SUPERVISOR, portfolio_ids=both)
    assert deals.deals(session, rival) == []
    with pytest.raises(Refused, match="nothing here that you may see"):
        deeds.undo(session, rival, made.id or 0, at=NOW)
    assert [(each.made_by, each.of_user) for each in deals.deals(session, cast.sofia)] == [("Sofía", "Ana")]

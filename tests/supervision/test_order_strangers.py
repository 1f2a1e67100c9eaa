"""Rules of the order and last night's changes: another team and lower roles are refused, and nothing changes."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models import ChangeKind, OrderVersion
from models.users import Role
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import order_versions as written
from workbench.actions.standings import rescore_cases
from workbench.queries import nights, order_simulations, order_versions
from workbench.queries.nights import Night, NotSent
from workbench.rules.access import Viewer
from workbench.rules.order_complaints import read_rules
from workbench.rules.refusals import Refused

MODULES = ("actions.order_versions", "queries.order_versions", "queries.order_simulations", "queries.nights")
RULES = [{"name": "Foco", "when": {"broken": {"least": 1}}, "multiplier": 2}]
Try = Callable[[Session, Viewer, Cast], Any]


def last(cast: Cast) -> Night:
    started = datetime(2026, 11, 18, tzinfo=UTC)
    return Night(1, cast.mexico.id or 0, "x", "MXN", "UTC", date(2026, 11, 18), started, 0, 0, 0, 0, {})


WRITES: dict[str, Try] = {
    "save_draft": lambda s, who, cast: written.save_draft(s, who, cast.mexico.id or 0, [], at=NOW),
    "discard_draft": lambda s, who, cast: written.discard_draft(s, who, cast.mexico.id or 0, at=NOW),
    "simulate": lambda s, who, cast: written.simulate(s, who, cast.mexico.id or 0, at=NOW),
    "publish": lambda s, who, cast: written.publish(s, who, cast.mexico.id or 0, at=NOW),
    "names_written": lambda s, who, cast: order_versions.names_written(s, who, cast.mexico.id or 0),
    "names_known": lambda s, who, cast: order_versions.names_known(s, who, cast.mexico.id or 0),
}
READS: dict[str, Try] = {
    "order_versions": lambda s, who, cast: order_versions.order_versions(s, who, cast.mexico.id or 0),
    "simulation": lambda s, who, cast: order_simulations.simulation(s, who, cast.mexico, read_rules(RULES), at=NOW),
    "owners": lambda s, who, cast: nights.owners(s, who, last(cast)),
    "change_tallies": lambda s, who, cast: nights.change_tallies(s, who, last(cast)),
    "changes_of": lambda s, who, cast: nights.changes_of(s, who, last(cast), ChangeKind.LEFT),
    "not_sent": lambda s, who, cast: nights.not_sent(s, who, last(cast)),
    "not_sent_to": lambda s, who, cast: nights.not_sent_to(s, who, last(cast), NotSent(None, "paid", 1)),
}


@pytest.fixture
def draft(session: Session, cast: Cast) -> OrderVersion:
    rescore_cases(session, [owe(session, cast.mexico).case_id], on=TODAY)
    cast.mexico.business_date = TODAY
    session.flush()
    written.save_draft(session, cast.marta, cast.mexico.id or 0, RULES, at=NOW)
    written.simulate(session, cast.marta, cast.mexico.id or 0, at=NOW)
    return session.exec(select(OrderVersion)).one()


def audited(session: Session) -> int:
    return int(session.execute(text("SELECT count(*) FROM audit_entry")).scalar() or 0)


@pytest.mark.parametrize("tried", [*WRITES, *READS])
def test_a_manager_of_another_team_finds_nothing(session: Session, cast: Cast, draft: OrderVersion, tried: str) -> None:
    other = replace(cast.bruno, role=Role.MANAGER)
    before = audited(session)
    with pytest.raises(Refused, match="nothing here"):
        (WRITES | READS)[tried](session, other, cast)
    assert (audited(session), draft.state) == (before, "draft")


@pytest.mark.parametrize("tried", WRITES)
def test_only_managers_change_the_order(session: Session, cast: Cast, draft: OrderVersion, tried: str) -> None:
    for who in (cast.ana, cast.sofia, cast.alma):
        with pytest.raises(Refused, match="role"):
            WRITES[tried](session, who, cast)
    assert (draft.state, draft.rules[0]["name"]) == ("draft", "Foco")


@pytest.mark.parametrize("tried", READS)
def test_agents_and_admins_do_not_read_it(session: Session, cast: Cast, draft: OrderVersion, tried: str) -> None:
    for who in (cast.ana, cast.alma):
        with pytest.raises(Refused, match="role"):
            READS[tried](session, who, cast)
    READS[tried](session, cast.sofia, cast)


@pytest.mark.parametrize("module", MODULES)
def test_everything_that_takes_a_viewer_is_tried(module: str) -> None:
    loaded = importlib.import_module(f"workbench.{module}")
    taking = {
        name
        for name, each in inspect.getmembers(loaded, inspect.isfunction)
        if each.__module__ == loaded.__name__
        and not name.startswith("_")
        and "who" in inspect.signature(each).parameters
    }
    assert (
        taking - set(WRITES) - set(READS) - {"recent_nights"} == set()
    )  # it lists what the viewer may see, or nothing

"""Whoever is of another team, or whose role does not grant it, gets nothing of claims and pauses, and changes nothing."""

import contextlib
import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import DisputeKind, Resolution
from tests.cast import NOW, Cast, owe
from tests.rules.test_evidence_files import PDF
from workbench.actions import disputes, evidence, reviews
from workbench.queries import disputes as listed
from workbench.queries import pauses
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused

MODULES = ("actions.disputes", "actions.evidence", "actions.reviews", "queries.disputes", "queries.pauses")
TABLES = ("dispute", "document", "pause", "work_item", "payment", "audit_entry")


@dataclass(frozen=True)
class Things:
    book: int
    case: int
    claim: int
    file: int


@pytest.fixture
def things(session: Session, cast: Cast) -> Things:
    case = owe(session, cast.mexico, name="Rosa Ajena").case_id
    about = (DisputeKind.DISPUTE, "wrong_amount")
    claim = disputes.open_dispute(session, cast.sofia, case, *about, note="x", at=NOW)
    file = evidence.add_evidence(session, cast.sofia, claim.id, "x.pdf", PDF, at=NOW)
    return Things(cast.mexico.id or 0, case, claim.id or 0, file.id or 0)


def opened(s: Session, w: Viewer, t: Things) -> Any:
    return disputes.open_dispute(s, w, t.case, DisputeKind.HARDSHIP, "illness", note="x", at=NOW)


def by_outcome(s: Session, w: Viewer, t: Things) -> Any:
    return disputes.open_for_outcome(s, w, t.case, "illness", note="x", at=NOW)


def resolved(s: Session, w: Viewer, t: Things) -> Any:
    return disputes.resolve_dispute(s, w, t.claim, Resolution.RESUMED, note="x", at=NOW)


DEEDS: dict[str, Callable[[Session, Viewer, Things], Any]] = {
    "actions.disputes.open_dispute": opened,
    "actions.disputes.open_for_outcome": by_outcome,
    "actions.disputes.resolve_dispute": resolved,
    "actions.evidence.add_evidence": lambda s, w, t: evidence.add_evidence(s, w, t.claim, "y.pdf", PDF, at=NOW),
    "actions.reviews.finish_review": lambda s, w, t: reviews.finish_review(s, w, t.case, note="x", at=NOW),
    "queries.disputes.disputes": lambda s, w, t: listed.disputes(s, w, t.book, at=NOW),
    "queries.disputes.one_dispute": lambda s, w, t: listed.one_dispute(s, w, t.claim, at=NOW),
    "queries.disputes.accounts_of": lambda s, w, t: listed.accounts_of(s, w, t.case),
    "queries.disputes.evidence_of": lambda s, w, t: listed.evidence_of(s, w, t.claim, at=NOW),
    "queries.disputes.evidence_content": lambda s, w, t: listed.evidence_content(s, w, t.file),
    "queries.disputes.to_review": lambda s, w, t: listed.to_review(s, w, t.book, at=NOW),
    "queries.pauses.pauses": lambda s, w, t: pauses.pauses(s, w, t.book, at=NOW),
}
ONLY_ABOVE = {"actions.disputes.resolve_dispute", "actions.reviews.finish_review", "queries.disputes.to_review"}


def everything(session: Session) -> list[Any]:
    session.flush()
    return [session.execute(text(f"SELECT count(*), max(xmin::text::int8) FROM {each}")).one() for each in TABLES]


def test_every_deed_and_query_is_tried() -> None:
    found = set()
    for name in MODULES:
        module = importlib.import_module(f"workbench.{name}")
        for each, function in inspect.getmembers(module, inspect.isfunction):
            own = function.__module__ == module.__name__ and not each.startswith("_")
            if own and "who" in inspect.signature(function).parameters:
                found.add(f"{name}.{each}")
    assert set(DEEDS) == found


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("name", ["bruno", "alma"])
def test_strangers_get_nothing(session, cast, things, deed: str, name: str) -> None:
    before = everything(session)
    with contextlib.suppress(Refused):
        assert not DEEDS[deed](session, getattr(cast, name), things)
    assert everything(session) == before


@pytest.mark.parametrize("deed", sorted(ONLY_ABOVE))
def test_an_agent_of_the_team_decides_nothing(session, cast, things, deed: str) -> None:
    before = everything(session)
    with pytest.raises(Refused, match="Your role"):
        DEEDS[deed](session, cast.ana, things)
    assert everything(session) == before

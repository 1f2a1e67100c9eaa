"""`workbench queue`: the calls, and with `--queue negotiation` who has something to agree on, as they are handed out."""

import json

import pytest
from typer.testing import CliRunner, Result

from models import Band, Debtor, Queue, WorkItem
from tests.cast import NOW, Cast, owe
from workbench import clock, db
from workbench.actions import worklist
from workbench.actions.negotiation_queue import open_negotiation
from workbench.cli import app


@pytest.fixture
def run(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench queue` where CALL is to be called, LESS and MORE are negotiated with, and BROKE urgently."""
    for name, value in (("DATABASE_URL", fresh_db), ("REDIS_URL", servers.redis_url), ("WORKBENCH_LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def owes(session, reference: str, score: float) -> WorkItem:
        item = owe(session, fresh_cast.mexico, score=score)
        session.get_one(Debtor, item.debtor_id).reference = reference
        return item

    with db.transaction() as session:
        owes(session, "CALL", 50.0)
        less, more, broke = (owes(session, *each) for each in (("LESS", 10.0), ("MORE", 900.0), ("BROKE", 1.0)))
        open_negotiation(session, [less.case_id, more.case_id], at=NOW)
        open_negotiation(session, [broke.case_id], at=NOW, band=Band.BROKEN_PROMISE)

    def said(*words: str, who: str = "ana") -> Result:
        return CliRunner().invoke(app, ["queue", "--portfolio", "MX-BANK", *words, "--as", f"{who}@example.com"])

    return said


def test_the_negotiations_are_listed_as_they_are_handed_out(run, fresh_cast: Cast) -> None:
    listed = json.loads(run("--queue", "negotiation", "--json").output)
    assert [place["debtor_reference"] for place in listed] == ["BROKE", "MORE", "LESS"]
    assert all(place["reasons"][0] == "A negotiation is waiting" for place in listed)
    with db.transaction() as session:
        first = worklist.claim_next(
            session, fresh_cast.ana, portfolio_id=fresh_cast.mexico.id or 0, at=NOW, queue=Queue.NEGOTIATION
        )
        assert first
        assert session.get_one(Debtor, session.get_one(WorkItem, first.item_id).debtor_id).reference == "BROKE"


def test_who_is_negotiated_with_is_not_called_too(run) -> None:
    assert [place["debtor_reference"] for place in json.loads(run("--json").output)] == ["CALL"]
    assert "MORE" in run("--queue", "negotiation").output


def test_a_queue_that_has_no_order_and_another_team_are_refused(run) -> None:
    assert run("--queue", "review").exit_code == 2
    other = run("--queue", "negotiation", who="bruno")
    assert other.exit_code == 1
    assert "MORE" not in other.output

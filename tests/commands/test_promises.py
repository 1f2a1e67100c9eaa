import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from models import Debtor
from tests.cast import NOW, TODAY, Cast, owe
from workbench import clock, db
from workbench.cli import app
from workbench.rules.refusals import Refused


@pytest.fixture
def run(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench promise …` as Ana on a portfolio with one debtor, D, who owes 1000."""
    for name, value in (("DATABASE_URL", fresh_db), ("REDIS_URL", servers.redis_url), ("WORKBENCH_LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico, name="Rosa Mora")
        session.get_one(Debtor, item.debtor_id).reference = "D"

    def said(*words: str, who: str = "ana") -> Result:
        return CliRunner().invoke(app, ["promise", *words, "--as", f"{who}@example.com"])

    return said


def part(amount: str, days: int) -> str:
    return f"{amount}@{TODAY + timedelta(days=days)}"


BOOK = ("--portfolio", "MX-BANK")
DEBTOR = (*BOOK, "--debtor", "D")


def test_a_promise_in_parts_is_taken_listed_and_withdrawn(run) -> None:
    taken = json.loads(run("take", part("400", 2), part("500", 9), *DEBTOR, "--json").output)
    assert (taken["amount"], taken["parts"]) == ("900.00", 2)
    [line] = json.loads(run("list", "week", *BOOK, "--json").output)
    assert (line["id"], line["missing"], line["next_due"]) == (taken["id"], "400.00", str(TODAY + timedelta(days=2)))
    assert "Rosa Mora" in run("list", *BOOK, who="sofia").output
    assert "is withdrawn" in run("withdraw", str(taken["id"]), "--because", "called back").output
    with db.reading() as session:
        assert session.execute(text("SELECT state, closed_because FROM promise")).one() == ("withdrawn", "called back")


@pytest.mark.parametrize(
    ("words", "who", "because"),
    [
        pytest.param(("take", "500", *DEBTOR), "ana", "no part of a promise", id="no day"),
        pytest.param(("take", "x@2026-11-20", *DEBTOR), "ana", "no part of a promise", id="no amount"),
        pytest.param(("take", part("50", 2), *DEBTOR), "ana", "too small", id="too small"),
        pytest.param(("take", part("500", 16), *DEBTOR), "ana", "too far away", id="too far"),
        pytest.param(("take", part("500", 2), *DEBTOR), "marta", "role does not allow", id="a manager"),
        pytest.param(("take", part("500", 2), *DEBTOR), "bruno", "nothing here|no portfolio", id="another team"),
        pytest.param(("list", *BOOK), "bruno", "nothing here|no portfolio", id="another team's list"),
        pytest.param(("withdraw", "1", "--because", "x"), "ana", "nothing here", id="no such promise"),
    ],
)
def test_what_is_refused_changes_nothing(run, words: tuple[str, ...], who: str, because: str) -> None:
    refused = run(*words, who=who).exception
    assert isinstance(refused, Refused)
    assert any(each in str(refused) for each in because.split("|"))
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM promise")).scalar_one() == 0

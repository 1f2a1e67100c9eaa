import json

import pytest
from typer.testing import CliRunner, Result

from models import Debtor, OfferKind, OfferPolicy, Role
from tests.cast import NOW, Cast, owe
from workbench import clock, db
from workbench.cli import app
from workbench.rules.refusals import Refused


@pytest.fixture
def agreement(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench agreement …` as Ana about a debtor who owes 1,000.00."""
    monkeypatch.setenv("DATABASE_URL", fresh_db)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
        limits = {"installments": 3, "days_out": 100, "discount_principal": "0.1"}
        for kind in (OfferKind.SETTLEMENT, OfferKind.SHORT_PLAN):
            session.add(OfferPolicy(portfolio_id=fresh_cast.mexico.id, role=Role.AGENT, kind=kind, **limits))
        debtor = session.get_one(Debtor, item.debtor_id).reference
    place = ["--portfolio", "MX-BANK", "--debtor", debtor]

    def run(*words: str, who: str = "ana@example.com") -> Result:
        where = [] if words[0] == "withdraw" else place
        return CliRunner().invoke(app, ["agreement", *words, *where, "--as", who])

    return run


SIGN = ("sign", "short_plan", "--first", "2026-12-18", "--installments", "3", "--off-principal", "100.00")


def test_what_may_be_offered_is_quoted_signed_shown_and_withdrawn(agreement) -> None:
    quoted = json.loads(agreement("quote", "--json").output)
    assert (quoted["debt"]["total"], len(quoted["offers"])) == ("1000.00", 2)
    assert "Settlement" in agreement("quote").output
    made = json.loads(agreement(*SIGN, "--json").output)
    assert (made["total"], [part["due_on"] for part in made["parts"]]) == (
        "900.00",
        ["2026-12-18", "2027-01-18", "2027-02-18"],
    )
    assert "is withdrawn" in agreement("withdraw", str(made["id"]), "--because", "earns less").output
    [shown] = json.loads(agreement("show", "--json").output)
    assert (shown["state"], shown["closed_because"]) == ("withdrawn", "earns less")
    assert "900.00" not in agreement("show").output
    assert "300.00" in agreement("show").output


def test_beyond_ones_limits_it_is_refused_with_the_limit(agreement) -> None:
    done = agreement("sign", "short_plan", "--first", "2026-12-18", "--installments", "4")
    assert isinstance(done.exception, Refused)
    assert "limits" in done.exception.because
    assert json.loads(agreement("show", "--json").output) == []


@pytest.mark.parametrize("words", [("quote",), SIGN, ("show",)])
def test_somebody_of_another_team_gets_nowhere(agreement, words: tuple[str, ...]) -> None:
    assert isinstance(agreement(*words, who="bruno@example.com").exception, Refused)


def test_what_is_no_amount_is_refused(agreement) -> None:
    assert isinstance(agreement(*SIGN[:-1], "a lot").exception, Refused)

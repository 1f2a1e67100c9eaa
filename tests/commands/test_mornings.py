"""`workbench queue --on` and `workbench rollup rebuild`: a past morning, and its sums made again."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from tests.actions.test_nights import imported, night, pay
from tests.cast import NOW, TODAY, Cast
from workbench import clock, db
from workbench.cli import app


def test_a_past_queue_is_listed_and_its_sums_are_made_again(
    fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("DATABASE_URL", fresh_db), ("REDIS_URL", servers.redis_url), ("WORKBENCH_LANGUAGE", "en")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=3))

    def said(*words: str) -> str:
        return CliRunner().invoke(app, words).output

    _, more = imported(fresh_cast.mexico, "500.00", "900.00")
    night(fresh_cast.mexico)
    pay(more, "900.00", on=TODAY)
    night(fresh_cast.mexico, TODAY + timedelta(days=2))
    asked = ("queue", "--portfolio", "MX-BANK", "--on", str(TODAY), "--as", "sofia@example.com")
    places = json.loads(said(*asked, "--json"))
    assert [(each["past_due"], each["paid"], each["state_now"]) for each in places] == [
        ("900.00", "900.00", "closed"), ("500.00", "0", "ready"),
    ]  # fmt: skip
    assert "name" not in places[0]
    assert "not touched" in said(*asked)
    assert said(*asked[:-1], "bruno@example.com") == ""
    assert "MX-BANK: every sum was right." in said("rollup", "rebuild")
    with db.transaction() as session:
        session.execute(text("UPDATE book_day SET balance = balance + 1"))
    assert json.loads(said("rollup", "rebuild", "--from", str(TODAY + timedelta(days=1)), "--json"))["MX-BANK"] == 2
    assert "MX-BANK: 1 sums" in said("rollup", "rebuild", "--portfolio", "MX-BANK")

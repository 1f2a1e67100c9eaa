import json

import pytest
from typer.testing import CliRunner, Result

from tests.cast import Cast
from workbench.cli import app
from workbench.rules.refusals import Refused


@pytest.fixture
def policy(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch):
    """Runs `workbench portfolio policy CO-TELCO`."""
    monkeypatch.setenv("DATABASE_URL", fresh_db)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["portfolio", "policy", "CO-TELCO", *words])

    return run


def test_what_is_given_changes_and_the_rest_stays(policy) -> None:
    policy("--reading", "attempt_counts", "--daily-attempts", "2", "--saturdays", "08:00-13:00")
    policy("--reading", "one_contact_per_week", "--daily-attempts", "0", "--weekdays", "09:00-18:00")
    shown = json.loads(policy("--json").output)
    assert shown["readings"] == ["one_contact_per_week"]
    assert (shown["daily_attempts"], shown["calls_on_holidays"]) == (None, False)
    assert shown["hours"]["saturday_closes"] == "13:00:00"
    assert shown["hours"]["weekday_opens"] == "09:00:00"


def test_an_unknown_reading_is_refused_with_the_known_ones(policy) -> None:
    done = policy("--reading", "lunar")
    assert isinstance(done.exception, Refused)
    assert "attempt_counts" in str(done.exception)
    assert isinstance(policy("--weekdays", "mornings").exception, Refused)

"""The app as somebody sees it, without a browser."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.cast import NOW, Cast
from workbench import db
from workbench.actions import sessions
from workbench.rules.access import Viewer
from workbench.ui import access, i18n

APP = Path(__file__).parents[2] / "workbench/app.py"
HOLDS = sessions.Lifetime(timedelta(hours=2), timedelta(hours=12))


@pytest.fixture
def opened(fresh_cast: Cast) -> Callable[[int], AppTest]:
    """Opens the app as somebody."""

    def as_user(user_id: int) -> AppTest:
        with db.transaction() as session:
            token = sessions.log_in(session, user_id, method="oidc", lifetime=HOLDS, at=datetime.now(UTC))
        test = AppTest.from_file(str(APP), default_timeout=30)
        test.user = {"session_id": sessions.hash_of(token).hex()}
        return test.run()

    return as_user


@pytest.fixture
def page_as(fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Viewer], AppTest]:
    """Opens one page in English as somebody, at the cast's moment."""

    def open_as(page: str, who: Viewer) -> AppTest:
        def visitor() -> Viewer:
            i18n.use("en")
            return who

        monkeypatch.setattr(access, "visitor", visitor)
        monkeypatch.setattr(access, "now", lambda: NOW)
        return AppTest.from_file(page, default_timeout=60).run()

    return open_as

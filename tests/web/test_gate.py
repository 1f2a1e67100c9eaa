"""Nothing behind the door is reached without a log-in that holds."""

from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import httpx
import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed, InvalidStatus

from models import Role
from tests.cast import Cast
from tests.web.door import Door, open_door
from workbench import db
from workbench.actions import users
from workbench.actions.sessions import hash_of

SPOOFED = {"X-Workbench-User": "1", "X-Workbench-Session": "00" * 32, "x_workbench_user": "1"}
GATED = [
    ("GET", "/_stcore/metrics"),
    ("GET", "/_stcore/script-health-check"),
    ("PUT", "/_stcore/upload_file/some-session/some-file"),
    ("DELETE", "/_stcore/upload_file/some-session/some-file"),
    ("GET", "/_stcore/agent/state"),
    ("POST", "/_stcore/agent/run"),
    ("GET", "/media/0123456789.csv"),
    ("GET", "/component/anything/index.html"),
    ("GET", "/_stcore/bidi-components/anything/index.js"),
    ("PUT", "/api/draft/1"),
    ("POST", "/api/heartbeat/1"),
    ("GET", "/auth/login"),
    ("GET", "/oauth2callback?code=1"),
    ("GET", "/"),
    ("POST", "/"),
    ("GET", "/static/../media/0123456789.csv"),
    ("GET", "/static/%2e%2e/media/0123456789.csv"),
    ("GET", "/app/static/..%2f..%2fsettings.py"),
    ("GET", "/session"),
    ("GET", "/SESSION/login"),
    ("GET", "/_stcore/health/../metrics"),
    ("GET", "/%5Fstcore/metrics"),
    ("GET", "//session/login"),
    ("GET", "/healthz/../media/x"),
    ("GET", "/healthz/"),
]


def test_the_first_request_of_a_fresh_server_is_a_deep_link_to_a_forbidden_page(servers, house, tmp_path) -> None:
    url, _ = house
    fresh = open_door(tmp_path, url, servers.redis_url)
    try:
        assert fresh.browser().get("/floor").headers["location"] == "/session/login?next=%2Ffloor"
        first = fresh.page("floor")
        assert first.texts == ["BOUNCED"]
        ana = fresh.logged_in("ana@example.com")
        page = fresh.page("floor", cookie=ana.cookies["session"])
        assert "THE FLOOR" not in page.texts
        assert "HELLO Ana agent" in page.texts
    finally:
        assert fresh.stop() in (0, -15), fresh.log.read_text()


def test_sigterm_with_open_pages_ends_the_server_soon(servers, house, tmp_path) -> None:
    url, _ = house
    fresh = open_door(tmp_path, url, servers.redis_url)
    page = fresh.page()
    begun = datetime.now(UTC)
    assert fresh.stop() in (0, -15)
    assert datetime.now(UTC) - begun < timedelta(seconds=8)
    with pytest.raises(ConnectionClosed):
        page.rerun()


@pytest.mark.parametrize(("method", "path"), GATED, ids=[f"{method} {path}" for method, path in GATED])
def test_a_stranger_is_refused(door: Door, method: str, path: str) -> None:
    for headers in ({}, SPOOFED, {"Cookie": "session=" + "A" * 43}, {"Cookie": "session="}):
        connection = HTTPConnection("127.0.0.1", door.port)  # sends the path as it is; httpx would tidy it up
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (401, b'{"detail":"not logged in"}')
        connection.close()


def test_a_strangers_browser_is_led_to_the_log_in_and_back(door: Door) -> None:
    browser = door.browser()
    answer = browser.get("/mine?caso=7&x=%2F%2Fevil")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/session/login?next=%2Fmine%3Fcaso%3D7%26x%3D%252F%252Fevil"
    assert browser.get(answer.headers["location"]).status_code == 200
    assert door.browser().head("/mine").status_code == 303
    assert door.browser().post("/mine").status_code == 401


@pytest.mark.parametrize("path", ["/_stcore/health", "/_stcore/host-config", "/healthz", "/readyz"])
def test_what_holds_nothing_of_ours_answers_anybody(door: Door, path: str) -> None:
    assert door.browser().get(path).status_code == 200


def test_readiness_names_the_server_that_is_down(servers, house, tmp_path) -> None:
    url, _ = house
    fresh = open_door(tmp_path, url, "redis://127.0.0.1:1/0")
    try:
        answer = fresh.browser().get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"database": "ok", "valkey": "down"})
        assert fresh.browser().get("/healthz").json() == {"status": "ok"}
    finally:
        fresh.stop()


def test_a_strangers_socket_is_let_in_as_nobody(door: Door) -> None:
    assert door.page().texts == ["BOUNCED"]
    assert door.page(**SPOOFED).texts == ["BOUNCED"]
    assert door.page(cookie="A" * 43).texts == ["BOUNCED"]


def test_a_socket_from_another_page_is_refused(door: Door) -> None:
    ana = door.logged_in("ana@example.com").cookies["session"]
    for origin in ("http://evil.example", f"http://localhost:{door.port}", f"http://127.0.0.1:{door.port + 1}", "null"):
        with pytest.raises(InvalidStatus):
            door.page(cookie=ana, Origin=origin)
    assert "HELLO Ana agent" in door.page(cookie=ana, Origin=door.address).texts


def test_a_page_knows_its_person_and_not_their_cookie(door: Door, people: Cast) -> None:
    ana = door.logged_in("ana@example.com").cookies["session"]
    page = door.page(cookie=ana, **SPOOFED)
    assert page.texts == ["HELLO Ana agent", "COOKIES []"]


def test_exports_and_metrics_open_for_who_is_logged_in_only(door: Door) -> None:
    ana = door.logged_in("ana@example.com")
    page = door.page(cookie=ana.cookies["session"])
    (export,) = page.urls
    assert ana.get(export).text == "the debtors of Mexico"
    assert httpx.get(door.address + export).status_code == 401
    assert ana.get("/_stcore/metrics").status_code == 200
    page.close()


def test_a_refresh_keeps_the_person_logged_in(door: Door) -> None:
    ana = door.logged_in("ana@example.com")
    for _ in range(2):
        assert ana.get("/mine").status_code == 200
        page = door.page("mine", cookie=ana.cookies["session"])
        assert "HELLO Ana agent" in page.texts
        page.close()


def test_an_open_page_is_cut_off_by_the_log_out(door: Door) -> None:
    ana = door.logged_in("ana@example.com")
    token = ana.cookies["session"]
    page = door.page(cookie=token)
    answer = ana.post("/session/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/session/login")
    assert "session" not in ana.cookies
    assert page.rerun() == ["BOUNCED"]
    assert httpx.get(f"{door.address}/", cookies={"session": token}).status_code == 401
    assert door.page(cookie=token).texts == ["BOUNCED"]


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(lambda s, user, at: users.change_role(s, user, Role.SUPERVISOR, by=None, at=at), id="role"),
        pytest.param(
            lambda s, user, at: users.set_password(s, user, "another long one", by=None, at=at), id="password"
        ),
        pytest.param(lambda s, user, at: users.end_sessions(s, user, by=None, at=at), id="revoked"),
        pytest.param(lambda s, user, at: users.deactivate(s, user, by=None, at=at), id="deactivated"),
    ],
)
def test_an_open_page_is_cut_off_by_an_admins_deed(door: Door, people: Cast, deed) -> None:
    at = datetime.now(UTC)
    with db.transaction() as session:
        email = f"temporal{at.timestamp()}@example.com"
        fields = {"name": "Temporal", "role": Role.AGENT, "team_codes": ["norte"], "language": "es"}
        user = users.create_user(session, email=email, password="long enough it is", by=None, at=at, **fields)
    token = door.logged_in(email, "long enough it is").cookies["session"]
    page = door.page(cookie=token)
    assert "HELLO Temporal agent" in page.texts
    with db.transaction() as session:
        deed(session, user.id, datetime.now(UTC))
    assert page.rerun() == ["BOUNCED"]
    assert httpx.get(f"{door.address}/", cookies={"session": token}).status_code == 401


@pytest.mark.parametrize("change", ["expires_at = now()", "last_seen_at = now() - interval '2 hours'"])
def test_a_log_in_that_is_over_opens_nothing(door: Door, change: str) -> None:
    token = door.logged_in("ana@example.com").cookies["session"]
    page = door.page(cookie=token)
    with db.engine().begin() as connection:
        connection.execute(text(f"UPDATE user_session SET {change} WHERE token_hash = :hash"), {"hash": hash_of(token)})
    assert page.rerun() == ["BOUNCED"]
    assert httpx.get(f"{door.address}/", cookies={"session": token}).status_code == 401


def test_a_sign_of_life_is_noted_once_a_minute_and_a_clock_is_none(door: Door) -> None:
    ana = door.logged_in("ana@example.com")
    key = {"hash": hash_of(ana.cookies["session"])}

    def seen(age: str | None = None) -> datetime:
        with db.engine().begin() as connection:
            if age:
                change = f"UPDATE user_session SET last_seen_at = now() - interval '{age}' WHERE token_hash = :hash"
                connection.execute(text(change), key)
            return connection.execute(
                text("SELECT last_seen_at FROM user_session WHERE token_hash = :hash"), key
            ).scalar()

    before = seen("50 seconds")
    ana.get("/mine")
    assert seen() == before
    before = seen("70 seconds")
    ana.post("/api/heartbeat/1")
    assert seen() == before
    ana.get("/mine")
    assert seen() > before


def test_every_answer_forbids_framing_and_guessing(door: Door) -> None:
    for path in ("/mine", "/session/login", "/_stcore/health"):
        headers = door.browser().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"


def test_a_page_that_fails_shows_a_number_and_logs_no_debtor(door: Door) -> None:
    ana = door.logged_in("ana@example.com").cookies["session"]
    (said,) = door.page("broken", cookie=ana).texts
    number = said.rsplit(" ", 1)[1]
    log = door.log.read_text()
    [line] = [line for line in log.splitlines() if "page_error" in line]
    assert number in line
    assert "ValueError" in line
    assert "small_app.py" in log
    assert "ANA" not in said + log

"""The log-in form: who comes in, who does not, and what neither learns about the other."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from models import Role
from tests.cast import NOW, PASSWORD, Cast
from tests.web.door import Door, log_in
from workbench import db
from workbench.actions import sessions, users
from workbench.actions.sessions import hash_of
from workbench.rules.passwords import hashed
from workbench.rules.refusals import Refused
from workbench.web.paths import safe_next

WRONG = "El correo o la contraseña no son correctos."


def said(answer: httpx.Response) -> str:
    found = re.search(r'role="alert">([^<]+)<', answer.text)
    return found[1] if found else ""


def test_the_right_password_opens_the_page_that_was_asked_for(door: Door) -> None:
    answer = log_in(door.browser(), "  ANA@example.com ", next_page="/mine?caso=7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine?caso=7")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(door: Door) -> None:
    answer = log_in(door.browser(), "ana@example.com")
    (cookie,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith("session=")]
    assert re.fullmatch(r"session=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax", cookie)


def test_the_database_keeps_a_hash_of_the_token_only(door: Door) -> None:
    client = door.logged_in("ana@example.com")
    token = client.cookies["session"]
    with db.engine().connect() as connection:
        rows = connection.execute(text("SELECT u::text FROM user_session u")).scalars().all()
    assert any(hash_of(token).hex() in row for row in rows)
    assert not any(token in row for row in rows)


def test_nobody_learns_whether_an_account_exists(door: Door, people: Cast) -> None:
    with db.transaction() as session:
        fields = {"role": Role.AGENT, "team_codes": [], "language": "es", "by": None, "at": NOW}
        users.create_user(session, email="sso@example.com", name="Sin clave", password=None, **fields)
        gone = users.create_user(session, email="gone@example.com", name="Ida", password=PASSWORD, **fields)
        users.deactivate(session, gone.id, by=None, at=NOW)
    answers = {}
    for email in ("ana@example.com", "nobody@example.com", "sso@example.com", "gone@example.com"):
        password = PASSWORD if email == "gone@example.com" else "wrong horse battery"
        answer = log_in(door.browser(), email, password)
        page = re.sub(r'nonce="[^"]+"|(?<=name="csrf" value=")[^"]+', "", answer.text).replace(email, "")
        answers[email] = (answer.status_code, said(answer), page)
    assert len(set(answers.values())) == 1
    assert answers["ana@example.com"][:2] == (401, WRONG)


@pytest.mark.parametrize("change", [{"csrf": ""}, {"csrf": "x" * 43}, {"csrf": "é" * 40}])
def test_a_form_that_we_did_not_draw_is_refused(door: Door, change) -> None:
    browser = door.browser()
    answer = log_in(browser, "ana@example.com", **change)
    assert (answer.status_code, said(answer)) == (403, "El formulario venció. Intenta de nuevo.")
    assert "session" not in browser.cookies


def test_a_form_without_its_cookie_is_refused(door: Door) -> None:
    answer = door.browser().post("/session/login", data={"email": "ana@example.com", "password": PASSWORD, "csrf": ""})
    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_form_logs_nobody_in_or_out(door: Door, site: str) -> None:
    browser = door.browser()
    browser.headers["Sec-Fetch-Site"] = site
    assert log_in(browser, "ana@example.com").status_code == 403
    ana = door.logged_in("ana@example.com")
    assert ana.post("/session/logout", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert ana.get("/session/logout").status_code == 405
    assert ana.get("/mine").status_code == 200


def test_a_second_log_in_ends_the_first_of_that_browser(door: Door) -> None:
    browser = door.logged_in("ana@example.com")
    first = browser.cookies["session"]
    csrf = re.search(r'name="csrf" value="([^"]+)"', door_form(door, browser))[1]
    fields = {"email": "sofia@example.com", "password": PASSWORD, "csrf": csrf}
    assert browser.post("/session/login", data=fields).status_code == 303
    assert browser.cookies["session"] != first
    assert httpx.get(f"{door.address}/", cookies={"session": first}).status_code == 401


def door_form(door: Door, browser: httpx.Client) -> str:
    """The form as the browser saw it before it was logged in: the page itself only forwards by now."""
    assert browser.get("/session/login?next=/mine").headers["location"] == "/mine"
    answer = door.browser().get("/session/login")
    browser.cookies.set("login_csrf", answer.cookies["login_csrf"], path="/session", domain="127.0.0.1")
    for cookie in list(browser.cookies.jar):
        if cookie.name == "login_csrf" and cookie.value != answer.cookies["login_csrf"]:
            browser.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
    return answer.text


def test_the_fifth_failure_shuts_the_door_for_that_name(door: Door) -> None:
    for _ in range(5):
        assert log_in(door.browser(), "ana@example.com", "wrong horse battery").status_code == 401
    answer = log_in(door.browser(), "Ana@Example.com ")
    assert (answer.status_code, said(answer)) == (429, "Demasiados intentos. Intenta de nuevo en 15 min.")
    assert answer.headers["retry-after"] == "900"
    assert log_in(door.browser(), "sofia@example.com").status_code == 303


def test_a_name_without_account_is_throttled_alike(door: Door) -> None:
    answers = [log_in(door.browser(), "nobody@example.com", "x").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_twenty_failures_shut_the_door_for_that_address(door: Door) -> None:
    with db.engine().begin() as connection:
        connection.execute(
            text(
                "INSERT INTO login_attempt (name_hash, address, at, succeeded)"
                " SELECT sha256(n::text::bytea), '127.0.0.1', now() - n * interval '1 second', false"
                " FROM generate_series(1, 20) n"
            )
        )
    assert log_in(door.browser(), "sofia@example.com").status_code == 429


def test_a_huge_form_is_not_read(door: Door) -> None:
    answer = door.browser().post("/session/login", content=b"email=" + b"a" * 100_000)
    assert answer.status_code == 413


def test_a_page_speaks_the_browsers_language_and_the_toggles(door: Door) -> None:
    def heading(**query: str) -> str:
        browser = door.browser(**{"Accept-Language": query.pop("accept", "")})
        page = browser.get("/session/login", params=query).text
        return re.search(r"<h1>([^<]+)</h1>", page)[1]

    assert heading() == "Iniciar sesión"
    assert heading(accept="fr-FR, en;q=0.8, es;q=0.5") == "Log in"
    assert heading(accept="es-MX, en;q=0.8") == "Iniciar sesión"
    assert heading(accept="en;q=0, de") == "Iniciar sesión"
    assert heading(accept="en-US", lang="es") == "Iniciar sesión"
    assert heading(lang="en") == "Log in"


def test_the_page_allows_no_script_and_escapes_what_was_typed(door: Door) -> None:
    answer = log_in(door.browser(), '"><script>alert(1)</script>', "x", next_page='/"><b>')
    assert "<script" not in answer.text
    assert "<b>" not in answer.text.split("<form", 1)[1]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


INSIDE = ["/", "/mine", "/mine?caso=7&x=%2F%2Fevil.example", "/a/b#c", "/@evil.example", "/%5cevil.example"]
OUTSIDE = [
    None,
    "",
    "mine",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/mine\r\nSet-Cookie: a=b",
    " //evil.example",
    "http://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/mine\\@evil.example",
    "/mine x",
    "/ñ",
    "/session/logout",
    "/session/login?next=/",
    "/media/export.csv",
    "/_stcore/metrics",
    "/api/draft/1",
    "/" + "a" * 3000,
]


@pytest.mark.parametrize("target", INSIDE)
def test_a_path_inside_is_followed(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize("target", OUTSIDE)
def test_no_log_in_leads_outside(target: str | None) -> None:
    assert safe_next(target) == "/"


def test_a_log_in_leads_to_the_start_page_rather_than_outside(door: Door) -> None:
    answer = log_in(door.browser(), "ana@example.com", next_page="//evil.example/mine")
    assert answer.headers["location"] == "/"


def test_a_password_changed_while_it_was_checked_opens_nothing(door: Door, people: Cast) -> None:
    holds = sessions.Lifetime(timedelta(hours=1), timedelta(hours=2))
    with pytest.raises(Refused), db.transaction() as session:
        sessions.log_in(
            session, people.ana.user_id, method="password", lifetime=holds, at=NOW, password_hash=hashed("an old one")
        )

"""Single sign-on against a real provider on this machine, honest and lying."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from models import Role, User
from tests.cast import NOW, Cast
from tests.web.door import Door
from tests.web.provider import Provider
from workbench import db
from workbench.actions import users


@pytest.fixture(autouse=True)
def honest(provider: Provider) -> Provider:
    provider.honest()
    return provider


def sign_on(door: Door, browser: httpx.Client, next_page: str = "/mine") -> httpx.Response:
    """Follows the browser to the provider and back."""
    start = browser.get("/session/oidc", params={"next": next_page})
    assert start.status_code == 303, start.text
    return browser.get(answer_address(start))


def answer_address(start: httpx.Response) -> str:
    return httpx.get(start.headers["location"]).headers["location"]


def refused(answer: httpx.Response, browser: httpx.Client) -> bool:
    return answer.status_code == 403 and 'role="alert"' in answer.text and "session" not in browser.cookies


def test_the_log_in_page_offers_it(door: Door) -> None:
    assert "/session/oidc?next=%2Fmine" in door.browser().get("/session/login?next=/mine").text


def test_a_person_the_provider_vouches_for_comes_in(door: Door, people: Cast) -> None:
    browser = door.browser()
    answer = sign_on(door, browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine")
    token = browser.cookies["session"]
    assert "oidc" not in browser.cookies
    page = door.page("mine", cookie=token)
    assert "HELLO Ana agent" in page.texts
    assert browser.post("/session/logout").status_code == 303
    assert page.rerun() == ["BOUNCED"]
    assert httpx.get(f"{door.address}/", cookies={"session": token}).status_code == 401


def test_once_known_a_person_is_recognised_by_the_subject_alone(door: Door, people: Cast, provider: Provider) -> None:
    assert sign_on(door, door.browser()).status_code == 303
    with db.transaction() as session:
        assert session.get(User, people.ana.user_id).oidc_subject == f"{provider.issuer} ana-7"
    provider.honest(email="ana.lopez@example.com", email_verified=False)
    assert sign_on(door, door.browser()).status_code == 303


def test_the_question_carries_state_nonce_and_challenge(door: Door) -> None:
    start = door.browser().get("/session/oidc")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(start.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"].split()[0] == "openid"
    assert asked["redirect_uri"] == f"{door.address}/session/oidc/answer"
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    (cookie,) = start.headers.get_list("set-cookie")
    assert re.search(r"^oidc=.*; HttpOnly; Max-Age=600; Path=/session/oidc; SameSite=lax", cookie)


def test_an_answer_to_somebody_elses_question_is_refused(door: Door) -> None:
    start = door.browser().get("/session/oidc")
    address = answer_address(start)
    victim = door.browser()
    assert refused(victim.get(address), victim)
    victim.get("/session/oidc")
    assert refused(victim.get(address), victim)


def test_an_answer_counts_once(door: Door) -> None:
    browser = door.browser()
    start = browser.get("/session/oidc")
    address = answer_address(start)
    kept = browser.cookies["oidc"]
    assert browser.get(address).status_code == 303
    again = door.browser()
    again.cookies.set("oidc", kept)
    assert refused(again.get(address), again)


@pytest.mark.parametrize("cookie", ["x", "e30=", "bnVsbA==", "W10="])
def test_a_made_up_cookie_is_refused(door: Door, cookie: str) -> None:
    browser = door.browser()
    browser.cookies.set("oidc", cookie)
    assert refused(browser.get("/session/oidc/answer?state=&code=x"), browser)


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"iss": "https://evil.example"},
        {"exp": 1_700_000_000},  # long ago
        {"exp": None},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_meant_for_something_else_is_refused(door: Door, provider: Provider, lie: dict) -> None:
    provider.lies = lie
    browser = door.browser()
    assert refused(sign_on(door, browser), browser)
    (claim,) = lie
    reason = door.log.read_text().rsplit("single_sign_on_failed", 1)[1]
    assert claim in reason or "ExpiredTokenError" in reason


@pytest.mark.parametrize("algorithm", ["none", "HS256", "stranger"])
def test_a_token_signed_by_nobody_we_know_is_refused(door: Door, provider: Provider, algorithm: str) -> None:
    if algorithm == "stranger":
        provider.signing_key = provider.stranger
    else:
        provider.algorithm = algorithm
    browser = door.browser()
    assert refused(sign_on(door, browser), browser)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"email": "sofia@example.com", "email_verified": False}, id="e-mail not verified"),
        pytest.param({"email": "sofia@example.com", "email_verified": None}, id="e-mail said nothing of"),
        pytest.param({"email": "sofia@example.com", "email_verified": "false"}, id="e-mail verified as text"),
        pytest.param({"email": "nobody@example.com"}, id="no account"),
        pytest.param({"email": None}, id="no e-mail"),
        pytest.param({"email": "ana@example.com", "sub": "ana-8"}, id="another subject with a known e-mail"),
        pytest.param({"email": "ida@example.com"}, id="deactivated"),
    ],
)
def test_a_stranger_the_provider_knows_is_refused(door: Door, people: Cast, provider: Provider, claims) -> None:
    assert sign_on(door, door.browser()).status_code == 303  # Ana's subject is known from now on
    with db.transaction() as session:
        fields = {"role": Role.AGENT, "team_codes": [], "language": "es", "by": None, "at": NOW, "password": None}
        if claims["email"] == "ida@example.com":
            user = users.create_user(session, email="ida@example.com", name="Ida", **fields)
            users.deactivate(session, user.id, by=None, at=NOW)
    provider.honest(**{"sub": "stranger-1"} | claims)
    browser = door.browser()
    answer = sign_on(door, browser)
    assert refused(answer, browser)
    assert "Esta cuenta no puede entrar" in answer.text


def test_a_person_who_says_no_at_the_provider_is_told_so(door: Door) -> None:
    browser = door.browser()
    start = browser.get("/session/oidc")
    state = parse_qs(urlsplit(start.headers["location"]).query)["state"][0]
    answer = browser.get("/session/oidc/answer", params={"error": "access_denied", "state": state})
    assert refused(answer, browser)


def test_the_way_back_leads_inside_only(door: Door) -> None:
    assert sign_on(door, door.browser(), "//evil.example").headers["location"] == "/"

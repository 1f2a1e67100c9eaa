"""The same limits at the doors: the page with its buttons, and the command line."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner, Result

from models import Approval, ApprovalState, Debtor, WorkItem
from models.users import Role
from tests.cast import NOW, Cast
from tests.negotiation.limits import IDS, LIMITS, NAMES, PROMISE, ROLES, Limit, Terms, account_of
from workbench import clock, db, terminal
from workbench.actions.approvals import request_approval
from workbench.cli import app
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused
from workbench.ui import i18n

PAGE = str(Path(__file__).parents[2] / "pages/approvals.py")
Run = Callable[..., Result]
OWN = ("list", "approve", "reject", "counter")  # of `workbench approval`


@pytest.fixture
def opened(page_as) -> Iterator[Callable[[Viewer], AppTest]]:
    token = i18n._spoken.set("en")
    yield partial(page_as, PAGE)
    i18n._spoken.reset(token)


@pytest.fixture
def run(fresh_db: str, fresh_cast: Cast, servers, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `workbench approval …` at the cast's moment."""
    monkeypatch.setenv("DATABASE_URL", fresh_db)
    monkeypatch.setenv("REDIS_URL", servers.redis_url)
    monkeypatch.setenv("WORKBENCH_LANGUAGE", "en")
    monkeypatch.setattr(terminal.console, "width", 200)  # made when the first test imported it
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def command(*words: str) -> Result:
        return CliRunner().invoke(app, ["approval", *words] if words[0] in OWN else [*words])

    return command


def asked(who: Viewer, limit: Limit, cast: Cast, role: Role, *, outside: bool) -> int:
    """A request that goes up to the role's limit, or just beyond it."""
    with db.transaction() as session:
        item, terms = limit.case(session, cast, limit.at(role, outside=outside))
        request = request_approval(session, who, item.case_id, limit.kind, terms, reason="x", key=uuid4(), at=NOW)
        return int(request.id or 0)


def state(number: int) -> ApprovalState:
    with db.reading() as session:
        return session.get_one(Approval, number).state


def install(limit: Limit, cast: Cast) -> None:
    with db.transaction() as session:
        limit.install(session, cast)


def approve_buttons(page: AppTest) -> set[str]:
    assert not page.exception, page.exception
    return {each.key for each in page.button if each.key and each.key.startswith("approve-")}


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_on_the_page_a_role_approves_just_inside_its_limits_and_not_just_outside(
    fresh_cast: Cast, opened: Callable[[Viewer], AppTest], limit: Limit
) -> None:
    install(limit, fresh_cast)
    inside = asked(fresh_cast.ana, limit, fresh_cast, Role.SUPERVISOR, outside=False)
    outside = asked(fresh_cast.ana, limit, fresh_cast, Role.SUPERVISOR, outside=True)
    page = opened(fresh_cast.sofia)
    assert approve_buttons(page) == {f"approve-{inside}"}
    assert approve_buttons(page.button(key=f"approve-{inside}").click().run()) == set()
    page = opened(fresh_cast.marta)
    assert approve_buttons(page) == {f"approve-{outside}"}
    assert approve_buttons(page.button(key=f"approve-{outside}").click().run()) == set()
    assert {state(inside), state(outside)} == {ApprovalState.APPROVED}


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_on_the_page_nobody_finds_a_button_on_their_own(
    fresh_cast: Cast, opened: Callable[[Viewer], AppTest], limit: Limit
) -> None:
    install(limit, fresh_cast)
    own = asked(fresh_cast.sofia, limit, fresh_cast, Role.SUPERVISOR, outside=True)
    assert approve_buttons(opened(fresh_cast.sofia)) == set()
    assert approve_buttons(opened(fresh_cast.marta)) == {f"approve-{own}"}


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_on_the_command_line_the_same_limits_hold(run: Run, fresh_cast: Cast, limit: Limit) -> None:
    install(limit, fresh_cast)
    inside = asked(fresh_cast.ana, limit, fresh_cast, Role.SUPERVISOR, outside=False)
    outside = asked(fresh_cast.ana, limit, fresh_cast, Role.SUPERVISOR, outside=True)
    refused_of(run("approve", str(inside), "--as", "ana@example.com"), "role")
    refused_of(run("approve", str(outside), "--as", "sofia@example.com"), "outside your own limits")
    assert run("approve", str(inside), "--as", "sofia@example.com").stdout.strip() == "Approved, and done."
    assert run("approve", str(outside), "--as", "marta@example.com").exit_code == 0
    assert {state(inside), state(outside)} == {ApprovalState.APPROVED}


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_on_the_command_line_nobody_decides_on_their_own(run: Run, fresh_cast: Cast, limit: Limit) -> None:
    install(limit, fresh_cast)
    own = asked(fresh_cast.sofia, limit, fresh_cast, Role.SUPERVISOR, outside=True)
    with db.transaction() as session:  # become a manager, who has the authority
        session.execute(text("UPDATE app_user SET role = 'manager' WHERE name = 'Sofía'"))
    because = ("--as", "sofia@example.com", "--because", "x")
    for words in (("approve",), ("reject",), ("counter", "--set", "amount=1.00")):
        refused_of(run(words[0], str(own), *words[1:], *because), "their own request")
    assert state(own) is ApprovalState.PENDING


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_on_the_command_line_each_role_does_what_lies_inside_its_limits_only(
    run: Run, fresh_cast: Cast, limit: Limit
) -> None:
    install(limit, fresh_cast)
    for role in ROLES:
        if limit.kind is PROMISE and role is Role.MANAGER:
            continue  # works no queue
        for outside in (True, False):
            with db.transaction() as session:
                item, terms = limit.case(session, fresh_cast, limit.at(role, outside=outside))
                words = said(session, item, limit, terms)
            done = run(*words, "--portfolio", "MX-BANK", "--as", f"{NAMES[role]}@example.com")
            assert isinstance(done.exception, Refused) if outside else done.exit_code == 0, (role, done.output)


def said(session: Session, item: WorkItem, limit: Limit, terms: Terms) -> list[str]:
    """The same terms as a command."""
    debtor = session.get_one(Debtor, item.debtor_id).reference
    if limit.kind is PROMISE:
        parts = [f"{each['amount']}@{each['due_on']}" for each in terms["parts"] or [terms]]
        account = ["--account", account_of(session, item).number] if terms["account_id"] else []
        return ["promise", "take", *parts, "--debtor", debtor, *account]
    given = {name: str(terms[key]) for name, key in FLAGS.items() if key in terms}
    return ["agreement", "sign", terms["kind"], "--debtor", debtor, *(word for pair in given.items() for word in pair)]


FLAGS = {
    "--first": "first_due_on",
    "--installments": "installments",
    "--frequency": "frequency",
    "--down": "down",
    "--off-principal": "discount_principal",
    "--off-interest": "discount_interest",
    "--off-fees": "discount_fees",
}


def refused_of(done: Result, because: str) -> None:
    assert isinstance(done.exception, Refused), done.output
    assert because in str(done.exception)


def test_the_command_line_lists_what_waits_and_what_was_decided(run: Run, fresh_cast: Cast) -> None:
    limit = LIMITS[2]
    install(limit, fresh_cast)
    number = asked(fresh_cast.ana, limit, fresh_cast, Role.SUPERVISOR, outside=False)
    [waits] = listed(run("list", "--json"))
    assert (waits["id"], waits["asked_by"], waits["needs"]) == (number, "Ana", "supervisor")
    assert waits["exceeded"] == [{"code": "too_far", "limit": "2026-11-28", "asked": "2026-12-08"}]
    told = run("list", "--portfolio", "MX-BANK", "--as", "sofia@example.com").stdout
    assert "Last date: 8 Dec 2026 (28 Nov 2026 at the latest)" in told
    because = ("--as", "sofia@example.com", "--because", "Sooner")
    run("counter", str(number), *because, "--set", "due_on=2026-12-01")
    assert listed(run("list", "--json")) == []
    [decided] = listed(run("list", "--decided", "--json"))
    assert (decided["state"], decided["decided_by"], decided["note"]) == ("countered", "Sofía", "Sooner")
    assert decided["counter"]["due_on"] == "2026-12-01"


def listed(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_command_line_rejects_with_a_reason_and_takes_terms_in_pairs(run: Run, fresh_cast: Cast) -> None:
    limit = LIMITS[2]
    install(limit, fresh_cast)
    number = asked(fresh_cast.ana, limit, fresh_cast, Role.SUPERVISOR, outside=False)
    because = ("--as", "sofia@example.com", "--because", "No")
    refused_of(run("counter", str(number), *because, "--set", "tomorrow"), "name=value")
    assert run("reject", str(number), *because).exit_code == 0
    assert state(number) is ApprovalState.REJECTED

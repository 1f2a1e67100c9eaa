"""`workbench user`: who may log in, and as what."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from sqlmodel import Session

from models import Role
from workbench import clock, db, settings
from workbench.actions import users as actions
from workbench.queries.users import people, user_by_email
from workbench.rules.words import DEFAULT
from workbench.terminal import Json, _, answer, connected, console, say

app = typer.Typer(no_args_is_help=True, help="People who may log in: list, create, password, role, deactivate.")
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command("list")
def list_users(as_json: Json = False) -> None:
    """Show everybody: e-mail, name, role, teams, open sessions."""
    with connected(settings.load()), db.reading() as session:
        everybody = people(session, None, at=clock.now())
    if as_json:
        answer([asdict(person) for person in everybody])
        return
    table = Table(_("E-mail"), _("Name"), _("Role"), _("Teams"), _("Active"), box=None)
    for person in everybody:
        active = _("yes") if person.active else _("no")
        table.add_row(person.email, person.name, person.role, ", ".join(person.teams), active)
    console.print(table)


@app.command("create")
def create_user(
    email: str,
    *,
    name: Annotated[str, typer.Option(help="As colleagues call them.")],
    role: Annotated[Role, typer.Option()] = Role.AGENT,
    team: Annotated[list[str] | None, typer.Option(help="Code of a team; repeat for several.")] = None,
    language: Annotated[str, typer.Option(help="es or en.")] = DEFAULT,
    password_stdin: PasswordStdin = False,
    no_password: Annotated[bool, typer.Option("--no-password", help="Single sign-on only.")] = False,
) -> None:
    """Add a person. The password is asked for, or read from standard input; it is never an argument.

    Example: `workbench user create ana@example.org --name "Ana" --role agent --team CALLS-MX`
    """
    password = None if no_password else _password(from_stdin=password_stdin)
    with connected(settings.load()), db.transaction() as session:
        actions.create_user(
            session,
            email=email,
            name=name,
            role=role,
            team_codes=team or [],
            password=password,
            language=language,
            by=None,
            at=clock.now(),
        )
    say(_("{email} may log in.", email=email))


@app.command("password")
def set_password(email: str, password_stdin: PasswordStdin = False) -> None:
    """Give a person a new password and end their sessions."""
    password = _password(from_stdin=password_stdin)
    with _person(email) as (session, user_id):
        actions.set_password(session, user_id, password, by=None, at=clock.now())
    say(_("{email} has a new password; open sessions were ended.", email=email))


@app.command("role")
def change_role(email: str, role: Role) -> None:
    """Give a person another role and end their sessions."""
    with _person(email) as (session, user_id):
        actions.change_role(session, user_id, role, by=None, at=clock.now())
    say(_("{email} is now: {role}. Open sessions were ended.", email=email, role=role))


@app.command("deactivate")
def deactivate(email: str) -> None:
    """Show a person out: no log-in any more; what they did stays theirs."""
    with _person(email) as (session, user_id):
        actions.deactivate(session, user_id, by=None, at=clock.now())
    say(_("{email} can no longer log in.", email=email))


@contextmanager
def _person(email: str) -> Iterator[tuple[Session, int]]:
    with connected(settings.load()), db.transaction() as session:
        yield session, user_by_email(session, email)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt(_("Password"), hide_input=True, confirmation_prompt=True))

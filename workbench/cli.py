"""`workbench …`: the whole product in one command, and its parts one by one."""

import os
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from types import FrameType
from typing import Annotated, NoReturn

import psycopg
import redis
import typer
from rich.table import Table
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from models import Role
from workbench import clock, db, embedded, logs, settings
from workbench.actions import users as actions
from workbench.actions.dispositions import install_dispositions
from workbench.actions.law_versions import record_versions
from workbench.actions.templates import install_templates
from workbench.commands import (
    agreements,
    approvals,
    checks,
    contact,
    demo,
    imports,
    kpis,
    mornings,
    nights,
    orders,
    payments,
    portfolios,
    promises,
    reporting,
)
from workbench.commands import deals as dealt
from workbench.commands import disputes as claims
from workbench.commands import hand_overs as given
from workbench.jobs import Queue
from workbench.queries.users import people, user_by_email
from workbench.rules.refusals import Refused
from workbench.rules.words import DEFAULT
from workbench.supervise import LEAVE, Part, die_with_parent, supervise
from workbench.terminal import Json, _, answer, complaints, connected, console, embedded_kinds, say
from workers import process
from workers import schedule as timetable

REFUSED, UNREACHABLE = 2, 3
PARTS = {
    "web": ("web",),
    "worker": ("worker",),
    "messages": ("worker", "--queue", Queue.MESSAGES.value),
    "schedule": ("schedule",),
}
PORTS_TRIED = 50
READY_SECONDS = 120

app = typer.Typer(
    name="workbench",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Cobranza Workbench: the agent workbench for debt collection.

`workbench up` is all one needs on a laptop; the other commands are its parts, for servers and scripts.

Without DATABASE_URL and REDIS_URL every command shares one PostgreSQL and one Valkey in the data directory
(WORKBENCH_DATA, else ~/.local/share/cobranza-workbench): the first starts them, the last stops them.

Exit codes: 0 done, 2 refused (the reason is on standard error), 3 PostgreSQL or Redis does not answer.
""",
)
users = typer.Typer(no_args_is_help=True, help="People who may log in: list, create, password, role, deactivate.")
app.add_typer(users, name="user")
app.add_typer(agreements.app, name="agreement")
app.add_typer(approvals.app, name="approval")
app.add_typer(dealt.app, name="assign")
app.add_typer(contact.app, name="contact")
app.add_typer(orders.app, name="order")
app.add_typer(payments.app, name="payment")
app.add_typer(claims.app, name="dispute")
app.add_typer(given.app, name="hand-over")
app.add_typer(portfolios.app, name="portfolio")
app.add_typer(promises.app, name="promise")
app.add_typer(reporting.app, name="reporting")
app.add_typer(mornings.app, name="rollup")
app.add_typer(portfolios.teams, name="team")
app.command("check")(checks.check)
app.command("import")(imports.bring_in)
app.command("kpi")(kpis.kpi)
app.command("nightly")(nights.nightly)
app.command("queue")(nights.queue)
app.command("seed")(demo.seed)
app.command("statement")(payments.show_statement)
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Port of the pages; the next free one if it is taken.")] = None,
    demo_data: Annotated[bool, typer.Option("--demo/--no-demo", help="Fill an empty database of our own.")] = True,
    moment: Annotated[
        datetime | None,
        typer.Option("--clock", formats=["%Y-%m-%dT%H:%M"], help="Let the demonstration begin at this moment (UTC)."),
    ] = None,
) -> None:
    """Run everything: servers, migrations, the pages, one worker of each queue and the timetable.

    The first start fills the database with a pretend portfolio and prints who may log in; one that DATABASE_URL names
    is never filled (`workbench seed` does that).

    Nobody may be called at night, on Sundays or on public holidays, not even pretend debtors: `--clock
    2026-11-18T16:00` shows the working day of that moment, best in a data directory of its own.

    Ctrl-C or SIGTERM ends all of it; what was entered is kept in the data directory.
    """
    using = settings.load()
    if moment and using.database_url:
        raise Refused("--clock is for a demonstration; the database of DATABASE_URL has the real time.")
    if moment:
        clock.start_at(moment.replace(tzinfo=UTC))
    with connected(using) as servers:
        with console.status(_("Preparing the database…")):
            _bring_up_to_date()
        demo.first_start(fill=demo_data and using.database_url is None)
        wanted = port or using.port
        chosen = free_port(using.host, wanted)
        if chosen != wanted:
            say(_("Port {wanted} is taken; using {chosen}.", wanted=wanted, chosen=chosen))
        address = f"http://{using.host}:{chosen}"
        threading.Thread(target=_announce, args=(address,), daemon=True).start()
        supervise(
            [Part(name, [sys.executable, "-m", "workbench.cli", *words]) for name, words in PARTS.items()],
            environment={
                **os.environ,
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
                "WORKBENCH_PORT": str(chosen),
            },
            said=_restarting,
            chore=lambda: _heal(using),
        )
        say(_("Stopped. Everything entered is kept in {path}.", path=using.data))


@app.command()
def web(
    host: Annotated[str | None, typer.Option(help="Address to listen on (WORKBENCH_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (WORKBENCH_PORT).")] = None,
) -> None:
    """Serve the pages, the log-in, and `/healthz` and `/readyz` for whoever watches.

    One process uses one core; behind a proxy, run several and keep each browser with its own.
    """
    using = settings.load()
    # Only here: the other commands should not wait for Streamlit to load.
    server = import_module("workbench.server")
    with connected(using):
        server.run(using, host or using.host, port or using.port)


@app.command()
def worker(
    name: Annotated[
        Queue, typer.Option("--queue", help="What it serves: nights and imports, or messages.")
    ] = Queue.WORKBENCH,
    burst: Annotated[bool, typer.Option("--burst", help="Leave when nothing is waiting.")] = False,
) -> None:
    """Do what the timetable and the pages leave for later: nights and imports, or with `--queue messages` sending.

    Each process serves one queue: run at least one for each, and more as there are cores. SIGTERM lets the job at hand
    finish. A night or import cut off by `kill -9` is done again; a message is never sent again by itself.
    """
    using = settings.load()
    logs.set_up(using.log_format)
    with connected(using):
        process.run_worker(name, burst=burst)


@app.command()
def schedule() -> None:
    """Keep the timetable: nights in each portfolio's zone, due callbacks and messages, what was left behind.

    Several may run: one leads, another takes over when it is gone. Runs missed meanwhile are made up.
    """
    stop = threading.Event()
    for signum in LEAVE:
        # From a thread: the signal may find us inside the very lock that `set` needs.
        signal.signal(signum, lambda *_: threading.Thread(target=stop.set).start())
    using = settings.load()
    logs.set_up(using.log_format)
    with connected(using):
        timetable.run_schedule(stop)


@app.command()
def migrate() -> None:
    """Bring the database's tables to this version; does nothing when they already are."""
    with connected(settings.load()):
        _bring_up_to_date()
        say(_("The database is up to date."))


def _bring_up_to_date() -> None:
    """The tables of this version, its dispositions and texts, its law files on record, and the views of reports."""
    db.migrate()
    with db.transaction() as session:
        install_dispositions(session)
        install_templates(session, at=clock.now())
        record_versions(session, at=clock.now())
    reporting.bring_up_to_date()


@users.command("list")
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


@users.command("create")
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


@users.command("password")
def set_password(email: str, password_stdin: PasswordStdin = False) -> None:
    """Give a person a new password and end their sessions."""
    password = _password(from_stdin=password_stdin)
    with _person(email) as (session, user_id):
        actions.set_password(session, user_id, password, by=None, at=clock.now())
    say(_("{email} has a new password; open sessions were ended.", email=email))


@users.command("role")
def change_role(email: str, role: Role) -> None:
    """Give a person another role and end their sessions."""
    with _person(email) as (session, user_id):
        actions.change_role(session, user_id, role, by=None, at=clock.now())
    say(_("{email} is now: {role}. Open sessions were ended.", email=email, role=role))


@users.command("deactivate")
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


def free_port(host: str, wanted: int) -> int:
    """The first port from `wanted` on which nobody listens; raises `Refused` after `PORTS_TRIED`."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with suppress(OSError), socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return port
    raise Refused("No free port from {wanted} on; choose another with --port.", wanted=wanted)


def _announce(address: str) -> None:
    """Print the address once the pages answer there."""
    pause = threading.Event()
    for _second in range(READY_SECONDS):
        with suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 (our own)
            say(_("Open {address}", address=address))
            return
        pause.wait(0.5)


def _restarting(name: str, code: int, pause: float) -> None:
    say(_("{part} ended with code {code}; starting it again in {seconds} s.", part=name, code=code, seconds=int(pause)))


def _heal(using: settings.Settings) -> None:
    """Bring back an embedded server that was killed under us."""
    needed = embedded_kinds(using)
    if needed and not embedded.running(using.data, needed=needed):
        say(_("A server was gone; starting it again."))
        try:
            embedded.start(using.data, needed=needed)
        except Refused as refused:  # the next round tries again
            say(_(refused.because, **refused.values))


def _leave(signum: int, _frame: FrameType | None) -> NoReturn:
    """Turn a signal into an exit that runs every `finally`, so that embedded servers are stopped."""
    raise SystemExit(128 + signum)


def main() -> None:
    """Run a command; what a person can mend is said in a sentence, only bugs show a traceback."""
    die_with_parent()
    for signum in LEAVE:
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, _leave)
    try:
        app()
    except Refused as refused:
        _complain(REFUSED, _(refused.because, **refused.values))
    except (OperationalError, psycopg.OperationalError):
        _complain(UNREACHABLE, _("PostgreSQL does not answer; check DATABASE_URL and that the server runs."))
    except redis.ConnectionError:
        _complain(UNREACHABLE, _("Redis does not answer; check REDIS_URL and that the server runs."))


def _complain(code: int, reason: str) -> NoReturn:
    complaints.print(reason, highlight=False, markup=False, soft_wrap=True)
    raise SystemExit(code)


if __name__ == "__main__":
    main()

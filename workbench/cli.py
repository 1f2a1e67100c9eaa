"""`workbench …`: the whole product in one command; each of its commands is loaded when it is used."""

import signal
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from workbench.rules.refusals import Refused
from workbench.supervise import LEAVE, die_with_parent

REFUSED, UNREACHABLE = 2, 3

# name: (where in `workbench.commands`, what the list of commands says of it: its own help's first paragraph)
COMMANDS = {
    "check": ("checks:check", "Check what always has to hold: balances, standings, promises, queue places. Exit code 1 when something does not."),
    "import": ("imports:bring_in", "Bring a creditor's file into a portfolio; the same file twice changes nothing."),
    "kpi": ("kpis:kpi", "Figures of the catalogue, as every board shows them, with what they are divided by."),
    "nightly": ("nights:nightly", "Do the night: age every case, judge promises, learn, score, rebuild the queue, tell what changed."),
    "queue": ("nights:queue", "Show a queue in the order in which it is handed out, each place with its reasons."),
    "seed": ("demo:seed", "Fill an empty database with a pretend portfolio: four countries, a year of bills, 90 days of lawful calls."),
    "statement": ("payments:show_statement", "Show a debtor's account statement: every movement with the balance after it; or write it as CSV or PDF."),
    "up": ("up:up", "Run everything: servers, migrations, the pages, one worker of each queue and the timetable."),
    "web": ("parts:web", "Serve the pages, the log-in, and `/healthz` and `/readyz` for whoever watches."),
    "worker": ("parts:worker", "Do what the timetable and the pages leave for later: nights and imports, or with `--queue messages` sending."),
    "schedule": ("parts:schedule", "Keep the timetable: nights in each portfolio's zone, due callbacks and messages, what was left behind."),
    "migrate": ("upgrades:migrate", "Bring the database's tables to this version; does nothing when they already are."),
    "user": ("people:app", "People who may log in: list, create, password, role, deactivate."),
    "agreement": ("agreements:app", "Agreements: quote, sign, withdraw, show."),
    "approval": ("approvals:app", "Requests for approval: list, approve, reject, counter."),
    "assign": ("deals:app", "Work for agents: preview a deal, apply it, undo it, cover somebody, replace a leaver, move a portfolio."),
    "contact": ("contact:app", "The law of contacts: judge one, read a country's. Needs no server."),
    "order": ("orders:app", "The order of the queue: what it is worth on the portfolio's own past, and its named rules."),
    "payment": ("payments:app", "Payments: enter one, take one back."),
    "digest": ("digests:app", "Boards by e-mail: ask for one, end it, send an issue again, see what is due."),
    "dispute": ("disputes:app", "Claims of debtors: list, open, bring evidence, decide."),
    "hand-over": ("hand_overs:app", "Cases for an agency or the courts: list, propose, decide, export, recall."),
    "portfolio": ("portfolios:app", "Portfolios: list them, open a new one, say how it may contact."),
    "promise": ("promises:app", "Promises: take, withdraw, list."),
    "reporting": ("reporting:app", "Reports of your own: views to read, and log-ins to read them with."),
    "rollup": ("mornings:app", "Sums that boards read: make them again from what they are sums of."),
    "team": ("portfolios:teams", "Teams: found a new one."),
}  # fmt: skip
MANNERS: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": "markdown"}


class Loaded(Mapping[str, Any]):
    """The commands by name; who takes one out loads its module."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = COMMANDS[name][0].partition(":")
        found = getattr(import_module(f"workbench.commands.{module}"), attribute)
        alone = typer.Typer(**MANNERS)
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=name)
        else:
            alone.command(name)(found)
        alone.callback()(workbench)
        return typer.main.get_group(alone).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class OnDemand(TyperGroup):
    """Lists its commands without loading them, and loads the one that is asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = Loaded()

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's own arguments)
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, name and self.commands[name], rest


app = typer.Typer(name="workbench", cls=OnDemand, no_args_is_help=True, **MANNERS)


@app.callback()
def workbench() -> None:
    """Cobranza Workbench: the agent workbench for debt collection.

    `workbench up` is all one needs on a laptop; the other commands are its parts, for servers and scripts.

    Without DATABASE_URL and REDIS_URL every command shares one PostgreSQL and one Valkey in the data directory
    (WORKBENCH_DATA, else ~/.local/share/cobranza-workbench): the first starts them, the last stops them.

    Exit codes: 0 done, 2 refused (the reason is on standard error), 3 PostgreSQL or Redis does not answer.
    """


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
        _complain(REFUSED, refused)
    except _errors("sqlalchemy.exc:OperationalError", "psycopg:OperationalError"):
        _complain(UNREACHABLE, Refused("PostgreSQL does not answer; check DATABASE_URL and that the server runs."))
    except _errors("redis:ConnectionError"):
        _complain(UNREACHABLE, Refused("Redis does not answer; check REDIS_URL and that the server runs."))


def _errors(*names: str) -> tuple[type[Exception], ...]:
    """Errors of libraries, without those that this command never loaded and so cannot have met."""
    places = [name.split(":") for name in names]
    return tuple(getattr(sys.modules[module], kind) for module, kind in places if module in sys.modules)


def _complain(code: int, refused: Refused) -> NoReturn:
    terminal = import_module("workbench.terminal")
    said = terminal._(refused.because, **refused.values)
    terminal.complaints.print(said, highlight=False, markup=False, soft_wrap=True)
    raise SystemExit(code)


if __name__ == "__main__":
    main()

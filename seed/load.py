"""Puts the pretend portfolio into an empty database: staff and books through actions, a year of rows by COPY, two nights."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import text
from sqlmodel import Session, select

from models import User
from seed.contact_rows import contact_point_rows, in_a_promise, interaction_rows, promise_rows
from seed.debts import YEAR
from seed.messages import Correspondence, finish_money
from seed.mornings import keep_past_mornings
from seed.negotiations import begin_negotiations
from seed.past_forecasts import keep_past_forecasts
from seed.people import DEMO_LOGINS, DEMO_PASSWORD, EMPLOYEES, TEAMS
from seed.pilots import publish_pilots
from seed.portfolios import BOOKS, Book
from seed.presences import remember_presences
from seed.rows import (
    Numbering,
    Rows,
    account_rows,
    allocated,
    allocation_rows,
    case_rows,
    debtor_rows,
    payment_rows,
    receivable_rows,
)
from seed.supervision import Supervision
from seed.today import Morning
from seed.work_rows import follow_ups, work_item_rows
from seed.years import PretendYear, pretend_year
from workbench import db
from workbench.actions import audit
from workbench.actions.dispositions import install_dispositions
from workbench.actions.nights import run_night
from workbench.actions.portfolios import NewPortfolio, create_portfolio, create_team
from workbench.actions.templates import install_templates
from workbench.actions.users import create_user
from workbench.rules.passwords import hashed
from workbench.rules.refusals import Refused

DEBTORS = 6_000
TEXTS_SINCE = timedelta(days=30)  # before the first strategy that uses them
NIGHTS = 2  # with the night before, "what changed last night" has something to tell
Progress = Callable[[int, int, str], None]  # (done, total, what)

TABLES = (
    "debtor",
    "contact_point",
    "collection_case",
    "account",
    "receivable",
    "payment",
    "allocation",
    "interaction",
    "promise",
    "work_item",
)

DEMO_LOGINS_LEFT = text("""
SELECT email, role FROM app_user WHERE active AND email = ANY(:emails)
    AND password_hash IN (SELECT password_hash FROM app_user GROUP BY password_hash HAVING count(*) > 1)
""")


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was put in: the ids of the portfolios by code, and rows by table."""

    number: int
    portfolios: dict[str, int]
    rows: dict[str, int]


def seed_demo(
    *,
    at: datetime,
    debtors_in_all: int = DEBTORS,
    number: int = 1,
    progress: Progress = lambda _done, _total, _what: None,
) -> Seeded:
    """Fills an empty database with the same portfolio for the same `number` and day; `Refused` when it is not empty.

    Everything up to the nights is one transaction: an interrupted seed leaves the database empty.
    """
    total = 4 + len(BOOKS) * (1 + NIGHTS)
    progress(0, total, "staff")
    with db.transaction() as session:
        portfolios, rows = _fill(session, debtors_in_all, number, at, lambda done, what: progress(done, total, what))
        progress(1 + len(BOOKS), total, "messages")
        messages = begin_messages(session, portfolios, number=number, at=at)
        progress(2 + len(BOOKS), total, "mornings")
        remember(session, portfolios, number=number, at=at)
    done = 3 + len(BOOKS)
    for days_ago in reversed(range(NIGHTS)):
        for book in BOOKS:
            progress(done, total, book.code)
            run_night(portfolios[book.code], on=_business_day(book, at, days_ago), at=at - timedelta(days=days_ago))
            done += 1
        with db.transaction() as session:
            messages.live(session, range(days_ago, 0, -1), plan=False)
            if days_ago == 1:
                Supervision(session, portfolios, number=number, at=at).yesterday()
    progress(done, total, "today")
    with db.transaction() as session:
        Supervision(session, portfolios, number=number, at=at).this_morning()
        Morning(session, portfolios, number=number, at=at).live()
    progress(total, total, "done")
    return Seeded(number, portfolios, rows)


def begin_messages(session: Session, portfolios: dict[str, int], *, number: int, at: datetime) -> Correspondence:
    """Publishes the strategies and lives their messages up to the nights that follow; gives what is still to come."""
    publish_pilots(session, portfolios, at=at)
    messages = Correspondence(portfolios, number=number, at=at)
    begin_negotiations(session, messages, number=number)
    messages.live(session, range(max(book.pilot_days for book in BOOKS), NIGHTS - 1, -1), plan=True)
    finish_money(session, portfolios)
    return messages


def remember(session: Session, portfolios: dict[str, int], *, number: int, at: datetime) -> None:
    """What was kept of the past weeks before the first night: mornings, forecasts, who was at work; goals and costs."""
    for book in BOOKS:
        mornings = keep_past_mornings(session, portfolios[book.code], before=_business_day(book, at, NIGHTS - 1))
        keep_past_forecasts(session, portfolios[book.code], mornings)
    remember_presences(session, at=at)
    Supervision(session, portfolios, number=number, at=at).set_up()


def _business_day(book: Book, at: datetime, days_ago: int) -> date:
    return at.astimezone(ZoneInfo(book.zone)).date() - timedelta(days=days_ago)


def _fill(
    session: Session, debtors_in_all: int, number: int, at: datetime, progress: Callable[[int, str], None]
) -> tuple[dict[str, int], dict[str, int]]:
    """Staff, books and their rows; gives portfolio ids by code and row counts by table."""
    rows: dict[str, int] = {}
    refuse_unless_empty(session)
    portfolios = hire_and_open(session, at=at)
    for done, book in enumerate(BOOKS, 1):
        progress(done, book.code)
        year = pretend_year(book, round(debtors_in_all * book.share), number=number, at=at)
        for table, count in load(session, portfolios[book.code], year, number=number, at=at).items():
            rows[table] = rows.get(table, 0) + count
    return {code: found for code, (found, _) in portfolios.items()}, rows


def is_empty(session: Session) -> bool:
    """Whether nobody works here yet and no portfolio was opened."""
    return (
        session.scalar(text("SELECT NOT EXISTS (SELECT FROM portfolio) AND NOT EXISTS (SELECT FROM app_user)")) is True
    )


def demo_logins(session: Session) -> dict[str, str]:
    """Roles by e-mail of the main pretend people who still have the demonstration's password.

    They all share one salted hash, which nobody gets who chose a password since.
    """
    found = session.execute(DEMO_LOGINS_LEFT, {"emails": [who.email for who in DEMO_LOGINS]})
    roles = {row.email: row.role for row in found}
    return {who.email: roles[who.email] for who in DEMO_LOGINS if who.email in roles}


def refuse_unless_empty(session: Session) -> None:
    """Refuses to mix pretend debtors with anything that is there already."""
    if not is_empty(session):
        raise Refused("This database is not empty: the demonstration only goes into an empty one.")


def hire_and_open(session: Session, *, at: datetime) -> dict[str, tuple[int, int]]:
    """Teams, portfolios and people, as an admin would make them; gives (portfolio, creditor) ids by code."""
    install_dispositions(session)
    install_templates(session, at=at - TEXTS_SINCE)
    for code, (name, _) in TEAMS.items():
        create_team(session, code=code, name=name, by=None, at=at)
    opened = {book.code: _open(session, book, at) for book in BOOKS}
    password_hash = hashed(
        DEMO_PASSWORD
    )  # once: the slow hash is slow on purpose, and everybody's password is the same
    for who in EMPLOYEES:
        user = create_user(
            session,
            email=who.email,
            name=who.name,
            role=who.role,
            team_codes=who.teams,
            password=None,
            language="es",
            by=None,
            at=at,
        )
        user.password_hash = password_hash
    session.flush()
    return opened


def _open(session: Session, book: Book, at: datetime) -> tuple[int, int]:
    teams = tuple(code for code, (_, portfolios) in TEAMS.items() if book.code in portfolios)
    new = NewPortfolio(
        book.code, book.name, book.creditor_code, book.creditor, book.country, book.currency, book.zone, teams
    )
    portfolio = create_portfolio(session, new, by=None, at=at)
    for clock in ("weekday_opens", "weekday_closes", "saturday_opens", "saturday_closes"):
        setattr(portfolio, clock, getattr(book.hours, clock))
    session.add(portfolio)
    session.flush()
    assert portfolio.id is not None
    return portfolio.id, portfolio.creditor_id


def load(session: Session, opened: tuple[int, int], year: PretendYear, *, number: int, at: datetime) -> dict[str, int]:
    """Copies one book's year into the tables, with one audit entry for the whole; gives the rows by table."""
    first = {table: session.scalar(text(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")) for table in TABLES}
    known = {row.email: row.id for row in session.execute(select(User.email, User.id))}
    to = Numbering(first, *opened, tuple(known[f"{name}example.com"] for name in year.book.agents))
    random = np.random.default_rng([number, year.calendar.business_date.toordinal(), BOOKS.index(year.book), 1])
    rows = {**_money(year, to, random), **_contacts(year, to, random, at)}
    for table in TABLES:
        _copy(session, table, rows[table])
    session.execute(text(f"ANALYZE {', '.join(TABLES)}"))  # the nights that follow plan by it
    counts = {table: len(rows[table]["id"]) for table in TABLES}
    audit.log(session, "seed_portfolio", "portfolio", to.portfolio_id, by=None, at=at, number=number, rows=counts)
    return counts


def _money(year: PretendYear, to: Numbering, random: np.random.Generator) -> dict[str, Rows]:
    paid, found, calendar = year.history.payments, year.found, year.calendar
    parts = allocated(found, paid)
    noted = (random.random(len(paid.case)) < 0.01) & (paid.reversed_on < 0)
    noted &= ~in_a_promise(year.history.promises, paid)
    opened = np.full(len(year.people), YEAR - 1)
    np.minimum.at(opened, found.case, found.due)
    return {
        "debtor": debtor_rows(year.book, year.people, to),
        "collection_case": case_rows(opened, calendar, to),
        "account": account_rows(year.book, found, calendar, to),
        "receivable": receivable_rows(found, paid, parts, calendar, to),
        "payment": payment_rows(paid, parts, noted, calendar, to),
        "allocation": allocation_rows(paid, parts, calendar, to),
    }


def _contacts(year: PretendYear, to: Numbering, random: np.random.Generator, at: datetime) -> dict[str, Rows]:
    follow_up = follow_ups(year, random)
    return {
        "contact_point": contact_point_rows(year, to),
        "interaction": interaction_rows(year, follow_up, to, random),
        "promise": promise_rows(year, to),
        "work_item": work_item_rows(year, follow_up, int(at.timestamp()), to),
    }


def _copy(session: Session, table: str, rows: Rows) -> None:
    """Copies columns into a table and moves its identity past the ids given."""
    cursor = session.connection().connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(rows)}) FROM STDIN") as copy:
        for row in zip(*rows.values(), strict=True):
            copy.write_row(row)
    cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")

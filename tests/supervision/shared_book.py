"""A book that two teams look at: whose every name and sum can be told from all that others may see.

Ana, Sofía and Marta work Mexico, Bruno, Berta and Mauro Colombia; both teams work a third portfolio. Gema is a manager
of both. In Mexico lies all of `worked`; in the shared book Ana called twice and Bruno once, Ana owns one of its cases
and has the other in hand. The people and debtors have names that stand nowhere else, so that one is found in whatever
a page, a file or a command says.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import streamlit as st
from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as Proto
from sqlalchemy import text
from sqlmodel import Session
from streamlit.testing.v1 import AppTest

from models import AgentsSee, Board, Case, Creditor, Interaction, Period, Portfolio, Role, TeamPortfolio
from tests.cast import NOW, TODAY, Cast, hire, owe
from tests.conftest import WORKER, clone, run_sql
from tests.supervision.dealing import agent, north, south
from tests.supervision.worked import live
from workbench import db, embedded
from workbench.actions import (
    coaching,
    deals,
    digests,
    order_versions,
    presences,
    targets,
    teams,
    work_profiles,
    worklist,
)
from workbench.actions.case_histories import rebuild_book_days, write_morning
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.ui import access, i18n

NAMES = {"Ana": "Anacleta", "Sofía": "Sofronia", "Marta": "Martiniana", "Luis": "Ludovico"}
DEBTOR, CODE = "Ximenita", "REFMX"
# Mexico's sums: what is promised there, owed there, set as a goal there
SUMS = ("734,191", "734191", "734.191", "41,873", "41873")
OURS = (*NAMES.values(), DEBTOR, CODE, "Valle", "MX-BANK", "vacaciones", "saludo", *SUMS)
COMMON = "Compartida"


@dataclass(frozen=True)
class Book:
    """The people as the database knows them, and what there is to be asked for."""

    cast: Cast
    people: dict[str, Viewer]
    shared: Portfolio
    case: int
    held: int
    contact: int
    note: int
    deal: int
    cover: int
    goal: int
    absence: int

    def who(self, name: str) -> Viewer:
        return self.people[name]


def write(session: Session, *, password_hash: str | None = None) -> Book:
    """All of it, in the order in which it came about."""
    cast = hire(session, password_hash=password_hash)
    items = live(session, cast)
    shared = both_teams(session, cast)
    people = hired(session, cast)
    session.execute(
        text(
            "UPDATE debtor SET name = :name || id, folded_name = 'x', reference = :code || id WHERE creditor_id = :of"
        ),
        {"name": f"{DEBTOR} ", "code": CODE, "of": cast.mexico.creditor_id},
    )
    session.execute(text("UPDATE promise SET amount = 734191 WHERE state = 'open'"))
    ana, sofia = people["ana"], people["sofia"]
    own, held = (owe(session, shared, name=f"{COMMON} {n}", amount="5000.00", score=9 - n) for n in (1, 2))
    session.get_one(Case, own.case_id).owner_id = own.reserved_for = ana.user_id
    calls = [called(session, own, ana, 40), called(session, held, ana, 30), called(session, own, people["bruno"], 20)]
    session.flush()
    for portfolio in (shared, cast.colombia):
        write_morning(session, portfolio, TODAY)
        rebuild_book_days(session, portfolio.id or 0)
    presences.arrive(session, people["bruno"], at=NOW)
    worklist.claim_case(session, ana, held.case_id, at=NOW)
    kept = notes_and_goals(session, people, cast, calls[0])
    owned = session.get_one(Case, items["A"].case_id)
    owned.owner_id = people["ana"].user_id
    session.flush()
    dealt = given(session, sofia, deals.replace_leaver(ana.user_id, agents=(people["luis"].user_id,)))
    covered = given(session, people["gema"], deals.cover(people["luis"].user_id, TODAY + timedelta(days=3)))
    told_last_night(session, shared, own.case_id)
    nights_of(session, cast.mexico, items["A"].case_id)
    return Book(cast, people, shared, items["A"].case_id, held.case_id, calls[0], deal=dealt, cover=covered, **kept)


def both_teams(session: Session, cast: Cast) -> Portfolio:
    creditor = Creditor(code="BOTH", name="Casa Común", created_at=NOW)
    session.add(creditor)
    session.flush()
    shared = Portfolio(
        creditor_id=creditor.id or 0, code="XX-BOTH", name="Casa Común", country="MX", currency="MXN",
        time_zone="America/Mexico_City", created_at=NOW,
    )  # fmt: skip
    session.add(shared)
    session.flush()
    session.add_all(TeamPortfolio(team_id=each, portfolio_id=shared.id or 0) for each in (north(cast), south(cast)))
    session.flush()
    return shared


def hired(session: Session, cast: Cast) -> dict[str, Viewer]:
    """Those who come to the cast, and everybody with their new names and sights."""
    more = {
        "luis": agent(session, north(cast), "Luis"),
        "benito": agent(session, south(cast), "Benito"),
        "berta": agent(session, south(cast), "Berta", role=Role.SUPERVISOR),
        "mauro": agent(session, south(cast), "Mauro", role=Role.MANAGER),
        "gema": agent(session, south(cast), "Gema", role=Role.MANAGER),
    }
    session.execute(
        text("INSERT INTO team_member (team_id, user_id) VALUES (:team, :user)"),
        {"team": north(cast), "user": more["gema"].user_id},
    )
    for name, other in NAMES.items():
        session.execute(text("UPDATE app_user SET name = :other WHERE name = :name"), {"name": name, "other": other})
    session.execute(text("UPDATE app_user SET language = 'en'"))
    session.expire_all()
    first = {name: getattr(cast, name) for name in ("ana", "sofia", "marta", "bruno", "alma")}
    return {name: viewer(session, each.user_id) for name, each in (first | more).items()}


def called(session: Session, item: Any, who: Viewer, minutes: int) -> int:
    """A call of today that reached the debtor."""
    began = NOW - timedelta(minutes=minutes)
    row = Interaction(
        submission_key=uuid.uuid4(), portfolio_id=item.portfolio_id, case_id=item.case_id, user_id=who.user_id,
        disposition_code="call.no_commitment", started_at=began, ended_at=began + timedelta(minutes=3),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id or 0


def notes_and_goals(session: Session, people: dict[str, Viewer], cast: Cast, contact: int) -> dict[str, int]:
    """A comment, goals, an absence, a digest, a draft of rules: all of Ana's team's."""
    sofia, ana = people["sofia"], people["ana"]
    note = coaching.comment(session, sofia, contact, "Buen saludo", at=NOW)
    goals = [
        targets.set_target(session, sofia, targets.Wish("promised", Period.WEEK, Decimal(41873), **whose),
                           from_on=TODAY - timedelta(days=9), at=NOW)
        for whose in ({"user_id": ana.user_id}, {"team_id": north(cast)}, {"portfolio_id": cast.mexico.id})
    ]  # fmt: skip
    away = work_profiles.add_absence(
        session, sofia, sofia.user_id, TODAY, TODAY, reason="vacaciones", at=NOW - timedelta(days=1)
    )
    digests.subscribe(
        session, sofia, Board.PERFORMANCE, cast.mexico.id or 0, every=Period.DAY, hour=7,
        at=NOW - timedelta(days=2),
    )  # fmt: skip
    rule = {"name": f"Foco {DEBTOR}", "when": {"broken": {"least": 1}}, "multiplier": 2}
    order_versions.save_draft(session, people["marta"], cast.mexico.id or 0, [rule], at=NOW)
    return {"note": note, "goal": goals[0].id or 0, "absence": away.id or 0}


def given(session: Session, who: Viewer, asked: Any) -> int:
    return deals.apply(session, who, deals.preview(session, who, asked, at=NOW), at=NOW).id or 0


def nights_of(session: Session, portfolio: Portfolio, case: int) -> None:
    """A finished night that moved one case."""
    session.execute(
        text("""INSERT INTO nightly_run (portfolio_id, business_date, state, started_at, heartbeat_at, finished_at,
            cases_total, cases_done, last_case_id, learned, counts, violations)
            VALUES (:p, :on, 'done', :at, :at, :at, 1, 1, 0, '{}', '{}', '[]')"""),
        {"p": portfolio.id, "on": TODAY, "at": NOW - timedelta(hours=8)},
    )
    session.execute(
        text("""INSERT INTO nightly_change (run_id, case_id, kind, reason)
            VALUES ((SELECT max(id) FROM nightly_run), :case, 'entered', 'fell_due')"""),
        {"case": case},
    )
    session.execute(text("UPDATE portfolio SET business_date = :on WHERE id = :p"), {"on": TODAY, "p": portfolio.id})


def told_last_night(session: Session, shared: Portfolio, case: int) -> None:
    nights_of(session, shared, case)
    session.execute(
        text("""INSERT INTO nightly_change (run_id, case_id, kind, reason)
            VALUES ((SELECT max(id) FROM nightly_run), :case, 'owner', 'dealt')"""),
        {"case": case},
    )


def agents_see(session: Session, book: Book, much: AgentsSee) -> None:
    teams.set_team_policy(
        session, book.who("sofia"), north(book.cast), agents_see=much, amber_minutes=5, red_minutes=10, at=NOW
    )


def with_role(who: Viewer, role: Role) -> Viewer:
    return replace(who, role=role)


@pytest.fixture(scope="module")
def stored(servers: embedded.Servers) -> Iterator[tuple[str, Book]]:
    """The book in a database of its own, for all of these tests."""
    name = f"sight_{WORKER}_{os.urandom(4).hex()}"
    url = clone(servers, name)
    db.connect(url, servers.redis_url)
    with db.transaction() as session:
        book = write(session)
    db.engine().dispose()
    yield url, book
    run_sql(servers, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def book(stored: tuple[str, Book], servers: embedded.Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Book]:
    url, found = stored
    db.connect(url, servers.redis_url)
    st.cache_data.clear()  # another test's database had the same ids
    st.cache_resource.clear()
    monkeypatch.setattr(access, "now", lambda: NOW)
    token = i18n._spoken.set("en")
    yield found
    i18n._spoken.reset(token)
    db.engine().dispose()


# What a page says


def told(words: str, ours: tuple[str, ...] = OURS) -> list[str]:
    return [each for each in ours if each in words]


def said(page: AppTest) -> str:
    """All that a page sent to the browser: texts, options, charts' data and tables."""
    return "\n".join(words for each in _nodes(page._tree) for words in _words(each))


def _nodes(node: Any) -> Iterator[Any]:
    if getattr(node, "proto", None) is not None and isinstance(node.proto, Proto):
        yield node.proto
    for child in getattr(node, "children", {}).values():
        yield from _nodes(child)


def _words(proto: Proto) -> Iterator[str]:
    yield text_format.MessageToString(proto, as_utf8=True)
    for data in _tables(proto):
        table = pa.ipc.open_stream(data).read_all().to_pydict()
        yield "\n".join(f"{name}: {values}" for name, values in table.items())


def _tables(proto: Proto) -> Iterator[bytes]:
    """The tables in Arrow's form, however deep they lie."""
    for field, value in proto.ListFields():
        several = value if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_BYTES:
            yield from (each for each in several if each[:4] == b"\xff\xff\xff\xff")
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for each in several:
                yield from _tables(each)

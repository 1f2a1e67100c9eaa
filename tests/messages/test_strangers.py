"""Whoever is of another team, or whose role does not grant it, is refused on the server, and nothing changes."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import (
    ApprovalKind,
    Channel,
    HandOver,
    HandOverState,
    HandOverTo,
    MessageState,
    PauseKind,
    PromiseLimit,
    WorkItem,
)
from models.users import Role
from tests.actions.books import opt_out as opted_out
from tests.actions.books import pause, publish, segment, step
from tests.cast import NOW, Cast, owe
from tests.queries.written import written
from workbench.actions import (
    approvals,
    hand_overs,
    opt_outs,
    outbox,
    pauses,
    planning,
    replies_out,
    sandbox,
    strategies,
    templates,
)
from workbench.actions.standings import rescore_cases
from workbench.queries import approvals as requests
from workbench.queries import conversations, effectiveness, letter_facts, outbox_previews
from workbench.queries import hand_overs as given
from workbench.queries import negotiations as talks
from workbench.queries import outbox as listed
from workbench.queries import strategies as versions_of
from workbench.queries import templates as texts
from workbench.queries.outbox import Wanted
from workbench.rules.access import Viewer
from workbench.rules.approvals import Decision
from workbench.rules.refusals import Refused
from workbench.rules.strategies import read_definition

MODULES = (
    "actions.outbox", "actions.replies_out", "actions.sandbox", "actions.templates", "actions.pauses",
    "actions.opt_outs", "actions.planning", "actions.strategies", "queries.outbox", "queries.outbox_previews",
    "queries.conversations", "queries.effectiveness", "queries.letter_facts", "queries.templates",
    "queries.strategies", "actions.approvals", "queries.approvals", "actions.hand_overs", "queries.hand_overs",
    "queries.negotiations",
)  # fmt: skip
DEFINITION = {"segments": [segment(step("first", 1, "sms", template="first_notice"))]}


@dataclass(frozen=True)
class Things:
    """What of Mexico there is to be read or changed."""

    book: int
    case: int
    waiting: int
    unconfirmed: int
    played: int
    text: int
    draft: int
    published: int
    pause: int
    opt_out: int
    approval: int
    proposed: int
    handed_over: int
    document: int


@pytest.fixture
def things(session: Session, cast: Cast) -> Things:
    item, book = owe(session, cast.mexico, name="Rosa Ajena", days_past_due=3), cast.mexico.id or 0
    published = publish(session, cast.mexico, DEFINITION)
    text_ = templates.draft(session, cast.marta, book, "first_notice", Channel.SMS, "es", at=NOW)
    draft = strategies.create_draft(session, cast.marta, book, at=NOW)
    made: list[Any] = [
        written(session, item, state=MessageState.PLANNED),
        written(session, item, state=MessageState.UNCONFIRMED),
        written(session, item, state=MessageState.SENT, provider="sandbox"),
        text_, draft, published, pause(session, item), opted_out(session, item, Channel.SMS), asked(session, cast, item),
        *handed(session, cast),
    ]  # fmt: skip
    session.flush()
    return Things(book, item.case_id, *(each.id or 0 for each in made))


FAR = {"amount": "400.00", "due_on": "2026-12-18"}


def asked(session: Session, cast: Cast, item: WorkItem) -> Any:
    """Ana's request for a promise farther away than she may take."""
    session.add(PromiseLimit(portfolio_id=cast.mexico.id, role=Role.SUPERVISOR, days_out=40))
    session.flush()
    return ask_for(session, cast.ana, item.case_id)


def handed(session: Session, cast: Cast) -> list[Any]:
    """A case proposed, one handed over, and the file that went with it."""
    made = []
    for _ in range(2):
        item = owe(session, cast.mexico, days_past_due=30)
        rescore_cases(session, [item.case_id], on=NOW.date())
        number = hand_overs.propose(session, cast.sofia, item.case_id, HandOverTo.AGENCY, reason="x", at=NOW)
        made.append(session.get_one(HandOver, number))
    hand_overs.decide_hand_overs(session, cast.marta, [made[1].id or 0], approve=True, recipient="x", at=NOW)
    return [*made, export(session, cast.marta, made[1].id or 0)]


def export(session: Session, who: Viewer, number: int) -> Any:
    return hand_overs.export_hand_overs(session, who, [number], file="csv", language="es", at=NOW)


def approve_hand_over(session: Session, who: Viewer, things: Things) -> Any:
    return hand_overs.decide_hand_overs(session, who, [things.proposed], approve=True, recipient="x", at=NOW)


def propose_hand_over(session: Session, who: Viewer, things: Things) -> Any:
    return hand_overs.propose(session, who, things.case, HandOverTo.AGENCY, reason="x", at=NOW)


def ask_for(session: Session, who: Viewer, case_id: int) -> Any:
    terms, kind = FAR, ApprovalKind.PROMISE
    return approvals.request_approval(session, who, case_id, kind, terms, reason="x", key=uuid4(), at=NOW)


def decide(session: Session, who: Viewer, things: Things) -> Any:
    return approvals.decide(session, who, things.approval, Decision.APPROVE, at=NOW)


Deed = Callable[[Session, Viewer, Things], Any]
SPAN: dict[str, Any] = {"start": NOW - timedelta(days=9), "end": NOW + timedelta(days=1)}
KEEP: dict[str, Any] = {"subject": None, "body": "{{ creditor }} {{ total }}", "whatsapp_name": None, "seen": "x"}


def wanted(things: Things) -> Wanted:
    return Wanted(things.book, SPAN["start"], SPAN["end"])


def dry(session: Session, who: Viewer, things: Things) -> Any:
    return planning.dry_run(session, who, things.book, read_definition(DEFINITION), on=NOW.date(), at=NOW)


def behind(session: Session, who: Viewer, things: Things) -> Any:
    return effectiveness.behind(session, who, things.book, channel=Channel.SMS, sandbox=True, **SPAN)


def reply(session: Session, who: Viewer, things: Things) -> Any:
    return replies_out.write_reply(session, who, things.case, Channel.WHATSAPP, "Hola", f"reply:{uuid4()}", at=NOW)


def stop(session: Session, who: Viewer, things: Things) -> Any:
    return pauses.pause_case(session, who, things.case, PauseKind.OTHER, reason="x", at=NOW)


DEEDS: dict[str, Deed] = {
    "actions.hand_overs.propose": propose_hand_over,
    "actions.hand_overs.decide_hand_overs": approve_hand_over,
    "actions.hand_overs.recall": lambda s, w, t: hand_overs.recall(s, w, [t.handed_over], note="x", at=NOW),
    "actions.hand_overs.export_hand_overs": lambda s, w, t: export(s, w, t.handed_over),
    "queries.hand_overs.hand_overs": lambda s, w, t: given.hand_overs(s, w, t.book, HandOverState.PROPOSED, at=NOW),
    "queries.hand_overs.document_of": lambda s, w, t: given.document_of(s, w, t.document),
    "actions.approvals.request_approval": lambda s, w, t: ask_for(s, w, t.case),
    "actions.approvals.decide": decide,
    "actions.approvals.accept_counter": lambda s, w, t: approvals.accept_counter(s, w, t.approval, at=NOW),
    "actions.approvals.decline_counter": lambda s, w, t: approvals.decline_counter(s, w, t.approval, at=NOW),
    "actions.approvals.withdraw_request": lambda s, w, t: approvals.withdraw_request(s, w, t.approval, at=NOW),
    "queries.approvals.inbox": lambda s, w, t: requests.inbox(s, w, at=NOW, portfolio_id=t.book),
    "queries.approvals.history": lambda s, w, t: requests.history(s, w, at=NOW, portfolio_id=t.book),
    "queries.approvals.answers_for": lambda s, w, _: requests.answers_for(s, w, at=NOW),
    "queries.approvals.requests_of_case": lambda s, w, t: requests.requests_of_case(s, w, t.case, at=NOW),
    "queries.negotiations.negotiations": lambda s, w, t: talks.negotiations(s, w, t.book, at=NOW),
    "queries.negotiations.case_why": lambda s, w, t: talks.case_why(s, w, t.case, at=NOW),
    "actions.outbox.cancel": lambda s, w, t: _none(outbox.cancel(s, w, [t.waiting], reason="x", at=NOW)),
    "actions.outbox.resolve": lambda s, w, t: outbox.resolve(s, w, t.unconfirmed, left=True, at=NOW),
    "actions.replies_out.write_reply": reply,
    "actions.sandbox.play": lambda s, w, t: sandbox.play(s, w, t.played, sandbox.Play.READ, number="1", at=NOW),
    "actions.templates.draft": lambda s, w, t: templates.draft(
        s, w, t.book, "second_notice", Channel.SMS, "es", at=NOW
    ),
    "actions.templates.save_draft": lambda s, w, t: templates.save_draft(s, w, t.text, **KEEP, at=NOW),
    "actions.templates.approve": lambda s, w, t: templates.approve(s, w, t.text, seen="x", at=NOW),
    "actions.templates.retire": lambda s, w, t: templates.retire(s, w, t.text, at=NOW),
    "actions.templates.discard": lambda s, w, t: templates.discard(s, w, t.text, seen="x", at=NOW),
    "actions.templates.set_contact_phone": lambda s, w, t: templates.set_contact_phone(
        s, w, t.book, "+525512345678", at=NOW
    ),
    "actions.pauses.pause_case": stop,
    "actions.pauses.end_pause": lambda s, w, t: pauses.end_pause(s, w, t.pause, reason="x", at=NOW),
    "actions.opt_outs.opt_out": lambda s, w, t: opt_outs.opt_out(s, w, t.case, Channel.EMAIL, at=NOW),
    "actions.opt_outs.end_opt_out": lambda s, w, t: opt_outs.end_opt_out(s, w, t.opt_out, because="x", at=NOW),
    "actions.planning.dry_run": dry,
    "actions.strategies.create_draft": lambda s, w, t: strategies.create_draft(s, w, t.book, at=NOW),
    "actions.strategies.save_draft": lambda s, w, t: strategies.save_draft(s, w, t.draft, DEFINITION, at=NOW),
    "actions.strategies.discard_draft": lambda s, w, t: strategies.discard_draft(s, w, t.draft, at=NOW),
    "actions.strategies.publish": lambda s, w, t: strategies.publish(s, w, t.draft, at=NOW),
    "queries.outbox.messages": lambda s, w, t: listed.messages(s, w, wanted(t)),
    "queries.outbox.facets": lambda s, w, t: listed.facets(s, w, wanted(t)),
    "queries.outbox.unconfirmed": lambda s, w, t: listed.unconfirmed(s, w, t.book),
    "queries.outbox.strangers": lambda s, w, _: listed.strangers(s, w, since=SPAN["start"]),
    "queries.outbox.step_names": lambda s, w, t: listed.step_names(s, w, t.book),
    "queries.outbox.message": lambda s, w, t: listed.message(s, w, t.waiting),
    "queries.outbox_previews.would_leave": lambda s, w, t: outbox_previews.would_leave(s, w, t.waiting, at=NOW),
    "queries.conversations.conversation": lambda s, w, t: conversations.conversation(s, w, t.case, at=NOW),
    "queries.conversations.waiting_replies": lambda s, w, t: conversations.waiting_replies(s, w, t.book),
    "queries.effectiveness.effectiveness": lambda s, w, t: effectiveness.effectiveness(s, w, t.book, **SPAN),
    "queries.effectiveness.behind": behind,
    "queries.letter_facts.letter_facts": lambda s, w, t: letter_facts.letter_facts(s, w, t.case, at=NOW),
    "queries.letter_facts.likely_case": lambda s, w, t: letter_facts.likely_case(s, w, t.book, "first_notice"),
    "queries.templates.listed": lambda s, w, t: texts.listed(s, w, t.book),
    "queries.templates.one_template": lambda s, w, t: texts.one_template(s, w, t.text),
    "queries.strategies.versions": lambda s, w, t: versions_of.versions(s, w, t.book),
    "queries.strategies.effects": lambda s, w, t: versions_of.effects(s, w, t.published, on=NOW.date()),
}
# who wrote from an unknown number is nobody's, one's own requests are one's own; and an agent may read and answer the debtors of its own team
NOBODYS = {"queries.outbox.strangers", "queries.approvals.answers_for"}
AGENTS = {
    "queries.conversations.conversation", "queries.conversations.waiting_replies", "actions.replies_out.write_reply",
    "actions.approvals.request_approval", "actions.approvals.accept_counter", "actions.approvals.decline_counter",
    "actions.approvals.withdraw_request", "queries.approvals.answers_for", "queries.approvals.requests_of_case",
    "queries.negotiations.negotiations", "queries.negotiations.case_why",
    "actions.opt_outs.opt_out", "queries.letter_facts.letter_facts", "queries.letter_facts.likely_case",
}  # fmt: skip


def _none(count: int) -> None:
    """Taking back is of many at once: what one may not see is left as it is."""
    if count == 0:
        raise Refused("There is nothing here that you may see.")


def test_every_deed_and_query_of_messages_is_tried() -> None:
    assert set(DEEDS) == set(_public())


def _public() -> Iterator[str]:
    for name in MODULES:
        module = importlib.import_module(f"workbench.{name}")
        for each, found in inspect.getmembers(module, inspect.isfunction):
            own = found.__module__ == module.__name__ and not each.startswith("_")
            if own and "who" in inspect.signature(found).parameters:
                yield f"{name}.{each}"


def everything(session: Session) -> list[Any]:
    session.flush()
    tables = (
        "message",
        "message_event",
        "strategy",
        "template",
        "pause",
        "opt_out",
        "audit_entry",
        "interaction",
        "approval",
        "hand_over",
        "document",
    )
    return [session.execute(text(f"SELECT count(*), max(t::text) FROM {each} t")).one() for each in tables] + [
        session.execute(text("SELECT md5(string_agg(m::text, '' ORDER BY id)) FROM message m")).scalar_one()
    ]


def answered(session: Session, who: Viewer, things: Things, names: set[str]) -> dict[str, str]:
    """What was not refused, or was refused after something had changed."""
    found, before = {}, everything(session)
    for name in sorted(names):
        with session.begin_nested() as trial:
            try:
                found[name] = repr(DEEDS[name](session, who, things))
            except Refused as refused:
                if (
                    not ("nothing here" in refused.because or "role" in refused.because)
                    or everything(session) != before
                ):
                    found[name] = refused.because
            trial.rollback()
    return found


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN])
def test_another_team_is_refused(session: Session, cast: Cast, things: Things, role: Role) -> None:
    assert answered(session, replace(cast.bruno, role=role), things, set(DEEDS) - NOBODYS) == {}


@pytest.mark.parametrize("who", ["ana", "alma"])
def test_a_role_without_the_permission_is_refused(session: Session, cast: Cast, things: Things, who: str) -> None:
    assert answered(session, getattr(cast, who), things, set(DEEDS) - AGENTS) == {}


def test_an_admin_reads_no_name_number_or_words(session: Session, cast: Cast, things: Things) -> None:
    """Who may see a portfolio but not its debtors: refused, or shown without names, addresses and words."""
    shown = " ".join(answered(session, cast.alma, things, AGENTS).values())
    assert "Rosa" not in shown
    assert "5512345678" not in shown

"""What the law did not allow is kept with its rule; what it allowed is kept with the interaction."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from models import BlockedContact, Disposition, Interaction, Promise, WorkItem, WorkState
from tests.actions.test_interactions import LATE, MINUTE, TERMS, form_for, hold
from tests.cast import NOW, Cast, owe
from workbench import db
from workbench.actions.blocked_forms import save_blocked
from workbench.actions.interactions import record
from workbench.queries.invariants import broken_invariants
from workbench.rules.law_versions import version_of
from workbench.rules.refusals import Refused
from workbench.rules.unlawful import Unlawful


def test_nothing_of_an_unlawful_call_is_saved_but_the_attempt_with_all_that_was_typed(
    fresh_cast: Cast, fresh_db: str
) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
        hold(session, fresh_cast)
        form = form_for(session, item, "call.promise", started_at=LATE, note="Paga el viernes", promise=TERMS)
    for _ in range(2):  # pressed again, it is the same attempt
        with pytest.raises(Unlawful), db.transaction() as session:
            record(session, fresh_cast.ana, form, at=LATE + MINUTE)
    with db.reading() as session:
        assert session.exec(select(Interaction)).all() == []
        assert session.get_one(WorkItem, item.id).state == WorkState.CLAIMED
        kept = session.exec(select(BlockedContact)).one()
    assert (kept.rule, kept.confidence, kept.version) == ("policy.hours", "policy", version_of("MX"))
    assert (kept.user_id, kept.case_id, kept.at) == (fresh_cast.ana.user_id, item.case_id, LATE)
    assert kept.next_allowed == NOW + timedelta(hours=22)  # 08:00 of the next day
    assert kept.because["msgid"].startswith("Contact is allowed from")
    assert kept.form["note"] == "Paga el viernes"
    assert kept.form["disposition_code"] == "call.promise"
    assert Decimal(kept.form["promise"]["amount"]) == TERMS.amount


def test_a_supervisor_saves_what_was_blocked_as_it_was_typed(fresh_cast: Cast, fresh_db: str) -> None:
    with db.transaction() as session:
        item = owe(session, fresh_cast.mexico)
        hold(session, fresh_cast)
        form = form_for(session, item, "call.promise", started_at=LATE, note="Paga el viernes", promise=TERMS)
    with pytest.raises(Unlawful), db.transaction() as session:
        record(session, fresh_cast.ana, form, at=LATE + MINUTE)
    with db.reading() as session:
        blocked_id = session.exec(select(BlockedContact.id)).one()
    for who, because in (("ana", "role"), ("bruno", "role")):
        with pytest.raises(Refused, match=because), db.transaction() as session:
            save_blocked(session, getattr(fresh_cast, who), blocked_id, reason="sí", at=LATE + 2 * MINUTE)
    with pytest.raises(Refused, match="write down why"), db.transaction() as session:
        save_blocked(session, fresh_cast.sofia, blocked_id, reason=" ", at=LATE + 2 * MINUTE)
    for again in (False, True):
        with db.transaction() as session:
            saved = save_blocked(session, fresh_cast.sofia, blocked_id, reason="lo pidió", at=LATE + 2 * MINUTE)
        assert saved.repeated == again
    with db.reading() as session:
        kept = session.get_one(Interaction, saved.interaction_id)
        assert session.get_one(WorkItem, item.id).state == WorkState.WAITING
        assert session.exec(select(Promise)).one().interaction_id == kept.id
    assert (kept.user_id, kept.override_by) == (fresh_cast.ana.user_id, fresh_cast.sofia.user_id)
    assert (kept.note, kept.override_reason, kept.started_at) == ("Paga el viernes", "lo pidió", LATE)


def test_an_agent_saves_no_call_of_another(session: Session, cast: Cast) -> None:
    form = form_for(session, owe(session, cast.mexico), "call.no_answer", item_id=None, caller_id=cast.sofia.user_id)
    with pytest.raises(Refused, match="role"):
        record(session, cast.ana, form, at=NOW + MINUTE)


def test_a_lawful_call_keeps_what_the_law_said(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    hold(session, cast)
    saved = record(session, cast.ana, form_for(session, item, "call.no_answer"), at=NOW + MINUTE)
    decision = session.get_one(Interaction, saved.interaction_id).decision
    assert decision is not None
    assert (decision["allowed"], decision["version"]) == (True, version_of("MX"))


def test_an_account_event_asks_no_law(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    hold(session, cast)
    form = form_for(session, item, "account.insolvent", started_at=LATE, note="Juzgado 3")
    saved = record(session, cast.ana, form, at=LATE + MINUTE)
    assert session.get_one(Interaction, saved.interaction_id).decision is None


def test_a_supervisors_override_says_which_rule_it_overrode_and_the_check_accepts_it(
    session: Session, cast: Cast
) -> None:
    item = owe(session, cast.mexico)
    hold(session, cast, cast.sofia)
    form = form_for(session, item, "call.no_answer", started_at=LATE)
    with pytest.raises(Refused, match="write down why"):
        record(session, cast.sofia, form, at=LATE + MINUTE)
    saved = record(session, cast.sofia, replace(form, override_reason="lo pidió"), at=LATE + MINUTE)
    decision = session.get_one(Interaction, saved.interaction_id).decision
    assert decision is not None
    assert (decision["allowed"], decision["rule"]) == (False, "policy.hours")
    assert broken_invariants(session, cast.mexico.id) == []
    session.execute(text("UPDATE interaction SET override_reason = ' '"))
    [violation] = broken_invariants(session, cast.mexico.id)
    assert (violation.subject, violation.examples) == ("interaction", (saved.interaction_id,))
    assert "against the law" in violation.rule


@pytest.fixture
def asks_why(session: Session) -> Disposition:
    """A result that wants the reason for the default."""
    disposition = session.exec(select(Disposition).where(col(Disposition.code) == "call.cannot_pay")).one()
    disposition.requires = ["reason"]
    session.add(disposition)
    session.flush()
    return disposition


def test_in_colombia_the_reason_is_never_asked(session: Session, cast: Cast, asks_why: Disposition) -> None:
    ana = replace(cast.ana, portfolio_ids=frozenset({cast.colombia.id}))
    form = form_for(session, owe(session, cast.colombia), asks_why.code, item_id=None)
    with pytest.raises(Refused, match="leave it empty"):
        record(session, ana, replace(form, reason="unemployment"), at=NOW + MINUTE)
    assert record(session, ana, form, at=NOW + MINUTE).interaction_id


def test_elsewhere_a_result_may_want_the_reason(session: Session, cast: Cast, asks_why: Disposition) -> None:
    form = form_for(session, owe(session, cast.mexico), asks_why.code, item_id=None)
    with pytest.raises(Refused, match="Choose the reason"):
        record(session, cast.ana, form, at=NOW + MINUTE)

"""A debtor's evidence on the real database: everything in order, with what the law said, and nothing of others."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session

from models import Case, Channel, Debtor, Direction, Interaction
from tests.cast import NOW, Cast, owe
from tests.queries.test_compliance import block
from workbench.queries.evidence import Evidence, evidence_of
from workbench.rules.refusals import Refused

STORED = {"allowed": True, "rule": "mx.hours", "law": "Reglas 2014", "confidence": "secondary", "version": "a" * 16}


def contact(session: Session, item, *, days: float = 1, came: str = "call.no_answer", **fields) -> Interaction:
    at = NOW - timedelta(days=days)
    values = {"submission_key": uuid4(), "started_at": at, "ended_at": at, "disposition_code": came}
    row = Interaction(portfolio_id=item.portfolio_id, case_id=item.case_id, **values | fields)
    session.add(row)
    session.flush()
    return row


def asked(session: Session, cast: Cast, item) -> Evidence:
    return evidence_of(session, cast.marta, item.case_id, at=NOW)


def test_contacts_and_stopped_attempts_come_in_order(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, name="Ximena Villaseñor")
    contact(session, item, days=3, user_id=cast.ana.user_id, decision=STORED, note="Sin respuesta")
    block(session, item, at=NOW - timedelta(days=2), user_id=cast.ana.user_id)
    contact(session, item, days=1, channel=Channel.WHATSAPP, decision=STORED | {"allowed": False})
    found = asked(session, cast, item)
    assert (found.name, found.creditor, found.portfolios) == (
        "Ximena Villaseñor",
        "Banco del Valle",
        ("Banco del Valle",),
    )
    first, second, third = found.happened
    assert (first.contact.by, first.contact.note, first.verdict.allowed, first.verdict.anew) == (
        "Ana",
        "Sin respuesta",
        True,
        False,
    )
    assert (second.stopped.rule, second.stopped.by) == ("mx.hours", "Ana")
    assert (third.contact.channel, third.verdict.allowed) == (Channel.WHATSAPP, False)


def test_a_contact_without_a_stored_decision_is_judged_anew_and_says_so(session: Session, cast: Cast) -> None:
    """10:00 on a Tuesday is lawful in Bogotá; 22:00 of the same day is not."""
    item = owe(session, cast.mexico)
    cast.mexico.country, cast.mexico.time_zone = "CO", "America/Bogota"
    session.get_one(Debtor, item.debtor_id).time_zone = "America/Bogota"
    contact(session, item, days=1)
    contact(session, item, days=0.5)
    lawful, late = (each.verdict for each in asked(session, cast, item).happened)
    assert (lawful.allowed, lawful.anew) == (True, True)
    assert (late.allowed, late.anew, late.rule) == (False, True, "co.window")
    assert len(late.version) == 16


def test_earlier_contacts_count_when_judged_anew(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    cast.mexico.country, cast.mexico.time_zone = "CO", "America/Bogota"
    session.get_one(Debtor, item.debtor_id).time_zone = "America/Bogota"
    contact(session, item, days=1, came="call.promise")
    contact(session, item, days=1 - 1 / 24)
    first, second = (each.verdict for each in asked(session, cast, item).happened)
    assert first.allowed
    assert (second.allowed, second.rule) == (False, "co.once_per_day")


def test_what_comes_in_is_not_judged(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    contact(session, item, direction=Direction.INBOUND)
    [each] = asked(session, cast, item).happened
    assert each.contact.inbound
    assert each.verdict is None


def test_the_limits_tell_what_is_used(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    cast.mexico.daily_attempts = 3
    contact(session, item, days=0.01)
    [used] = [each for each in asked(session, cast, item).limits if each.allowance.rule.id == "policy.daily_attempts"]
    assert (used.allowance.used, used.allowance.max) == (1, 3)


def test_another_teams_contacts_are_counted_and_not_listed(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    other = owe(session, cast.colombia)
    hidden = Case(portfolio_id=cast.colombia.id, debtor_id=item.debtor_id, opened_on=NOW.date())
    session.add(hidden)
    session.flush()
    contact(session, item)
    at = NOW - timedelta(days=1)
    key = {"submission_key": uuid4(), "disposition_code": "call.no_answer"}
    session.add(Interaction(portfolio_id=cast.colombia.id, case_id=hidden.id, started_at=at, ended_at=at, **key))
    session.flush()
    found = asked(session, cast, item)
    assert (len(found.happened), found.elsewhere) == (1, 1)
    with pytest.raises(Refused, match="nothing here"):
        asked(session, cast, other)


@pytest.mark.parametrize("name", ["ana", "sofia", "alma", "bruno"])
def test_only_managers_take_evidence(session: Session, cast: Cast, name: str) -> None:
    item = owe(session, cast.mexico)
    with pytest.raises(Refused, match="role"):
        evidence_of(session, getattr(cast, name), item.case_id, at=NOW)

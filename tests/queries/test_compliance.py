"""What Compliance reads, on the real database: blocked contacts, homes, versions, and who may see them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlmodel import Session

from models import BlockedContact, Channel, Debtor, Interaction, LawVersion, Standing
from tests.cast import NOW, TODAY, Cast, owe
from workbench.queries.compliance import affected_by, blocked_on, homes, place_of_portfolio
from workbench.queries.law_versions import law_versions
from workbench.rules.refusals import Refused


def block(session: Session, item, *, at: datetime = NOW, user_id: int | None = None, **fields) -> BlockedContact:
    values = {
        "rule": "mx.hours",
        "law": "Reglas CONDUSEF",
        "confidence": "secondary",
        "because": {"msgid": "", "params": {}},
        "version": "0" * 16,
    }
    row = BlockedContact(
        at=at,
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        debtor_id=item.debtor_id,
        user_id=user_id,
        channel=Channel.CALL,
        target="debtor",
        **values | fields,
    )
    session.add(row)
    session.flush()
    return row


def test_marta_reads_what_was_blocked_with_its_debtor_and_rule(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico, name="Ximena Villaseñor")
    block(session, item, user_id=cast.ana.user_id, next_allowed=NOW + timedelta(hours=3))
    [found] = blocked_on(session, cast.marta, cast.mexico.id, on=TODAY)
    assert (found.who, found.name, found.rule, found.channel) == ("Ana", "Ximena Villaseñor", "mx.hours", Channel.CALL)
    assert found.next_allowed == NOW + timedelta(hours=3)
    assert found.saved_by is None


def test_an_admin_reads_it_without_the_name(session: Session, cast: Cast) -> None:
    block(session, owe(session, cast.mexico, name="Ximena Villaseñor"))
    [found] = blocked_on(session, cast.alma, cast.mexico.id, on=TODAY)
    assert found.name is None
    assert found.reference


@pytest.mark.parametrize(
    ("at", "there"),
    [
        (datetime(2026, 11, 18, 5, 59, tzinfo=UTC), False),  # 23:59 of the day before in Mexico City
        (datetime(2026, 11, 18, 6, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 19, 5, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 19, 6, 0, tzinfo=UTC), False),
    ],
)
def test_the_day_is_the_portfolios(session: Session, cast: Cast, at: datetime, *, there: bool) -> None:
    block(session, owe(session, cast.mexico), at=at)
    assert bool(blocked_on(session, cast.sofia, cast.mexico.id, on=TODAY)) is there


def test_what_a_supervisor_saved_afterwards_is_told_with_the_reason(session: Session, cast: Cast) -> None:
    item, key = owe(session, cast.mexico), uuid4()
    block(session, item, form={"submission_key": str(key)})
    saved = Interaction(
        submission_key=key,
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        user_id=cast.sofia.user_id,
        disposition_code="call.no_answer",
        started_at=NOW + timedelta(minutes=1),
        ended_at=NOW + timedelta(minutes=2),
        override_reason="La deudora lo pidió",
        override_by=cast.sofia.user_id,
    )
    session.add(saved)
    session.flush()
    [found] = blocked_on(session, cast.marta, cast.mexico.id, on=TODAY)
    assert (found.saved_by, found.saved_reason) == ("Sofía", "La deudora lo pidió")


def test_an_agent_and_a_stranger_read_nothing(session: Session, cast: Cast) -> None:
    block(session, owe(session, cast.colombia))
    with pytest.raises(Refused, match="role"):
        blocked_on(session, cast.bruno, cast.colombia.id, on=TODAY)
    for query in (
        lambda: blocked_on(session, cast.sofia, cast.colombia.id, on=TODAY),
        lambda: homes(session, cast.marta, cast.colombia.id),
        lambda: place_of_portfolio(session, cast.marta, cast.colombia.id),
    ):
        with pytest.raises(Refused, match="nothing here"):
            query()


def test_homes_are_the_debtors_zones_the_fullest_first(session: Session, cast: Cast) -> None:
    for zone in ("America/Tijuana", "America/Mexico_City", "America/Mexico_City"):
        item = owe(session, cast.mexico)
        session.get_one(Debtor, item.debtor_id).time_zone = zone
    session.flush()
    found = [(home.zone, home.debtors) for home in homes(session, cast.sofia, cast.mexico.id)]
    assert found == [("America/Mexico_City", 2), ("America/Tijuana", 1)]


def test_versions_come_newest_first_and_only_to_whom_they_belong(session: Session, cast: Cast) -> None:
    for days, digest in ((2, "old"), (1, "new")):
        session.add(LawVersion(country="XX", digest=digest, content="…", seen_at=NOW - timedelta(days=days)))
    session.flush()
    assert [each.digest for each in law_versions(session, cast.alma, "XX")] == ["new", "old"]
    with pytest.raises(Refused, match="role"):
        law_versions(session, cast.sofia, "XX")


def test_a_law_affects_the_viewers_portfolios_only(session: Session, cast: Cast) -> None:
    owe(session, cast.mexico)
    paid = owe(session, cast.mexico)
    session.get_one(Standing, paid.case_id).past_due = Decimal(0)
    session.get_one(Standing, paid.case_id).balance = Decimal(0)
    session.get_one(Standing, paid.case_id).oldest_due_on = None
    session.flush()
    owe(session, cast.colombia)
    [mine] = affected_by(session, cast.marta, "MX")
    assert (mine.portfolio_id, mine.debtors, mine.open_cases) == (cast.mexico.id, 2, 1)
    assert affected_by(session, cast.marta, "CO") == []

from datetime import date, timedelta

import pytest
from sqlmodel import select

from models import AuditEntry, Pause, PauseKind
from tests.cast import NOW, TODAY, owe
from workbench.actions.pauses import end_pause, pause_case
from workbench.rules.business_days import business_day_after
from workbench.rules.refusals import Refused

UNTIL = TODAY + timedelta(days=5)


@pytest.fixture
def case_id(session, cast) -> int:
    return owe(session, cast.mexico).case_id


def test_a_supervisor_pauses_a_case_and_ends_the_pause(session, cast, case_id) -> None:
    pause_id = pause_case(
        session, cast.sofia, case_id, PauseKind.HARDSHIP, until_on=UNTIL, reason="lost the job", at=NOW
    )
    pause = session.get(Pause, pause_id)
    assert (pause.from_on, pause.until_on, pause.by_id) == (TODAY, UNTIL, cast.sofia.user_id)
    end_pause(session, cast.sofia, pause_id, reason="works again", at=NOW)
    session.refresh(pause)
    assert (pause.ended_at, pause.ended_by, pause.ended_because) == (NOW, cast.sofia.user_id, "works again")
    deeds = session.exec(select(AuditEntry.deed).where(AuditEntry.subject == "pause").order_by(AuditEntry.id)).all()
    assert deeds == ["pause_case", "end_pause"]


def test_a_pause_of_the_same_kind_only_grows(session, cast, case_id) -> None:
    def pause(days: int) -> int:
        until = TODAY + timedelta(days=days)
        return pause_case(
            session, None, case_id, PauseKind.VERIFICATION, until_on=until, reason="says it is paid", at=NOW
        )

    first, again, longer = pause(3), pause(1), pause(6)
    assert first == again == longer
    assert session.get(Pause, first, populate_existing=True).until_on == TODAY + timedelta(days=6)
    other = pause_case(session, None, case_id, PauseKind.DISPUTE, reason="a claim", at=NOW)
    assert other != first


def test_an_agent_pauses_nothing_and_nobody_a_case_of_others(session, cast, case_id) -> None:
    with pytest.raises(Refused, match="Your role"):
        pause_case(session, cast.ana, case_id, PauseKind.OTHER, reason="because", at=NOW)
    elsewhere = owe(session, cast.colombia).case_id
    with pytest.raises(Refused, match="nothing here"):
        pause_case(session, cast.sofia, elsewhere, PauseKind.OTHER, reason="because", at=NOW)
    pause_id = pause_case(session, None, elsewhere, PauseKind.OTHER, reason="because", at=NOW)
    with pytest.raises(Refused, match="nothing here"):
        end_pause(session, cast.sofia, pause_id, reason="because", at=NOW)
    with pytest.raises(Refused, match="nothing here"):
        end_pause(session, cast.sofia, 0, reason="because", at=NOW)


def test_a_pause_needs_a_reason_a_day_to_come_and_an_account_of_the_case(session, cast, case_id) -> None:
    with pytest.raises(Refused, match="why"):
        pause_case(session, cast.sofia, case_id, PauseKind.OTHER, reason=" ", at=NOW)
    with pytest.raises(Refused, match="past"):
        yesterday = TODAY - timedelta(days=1)
        pause_case(session, cast.sofia, case_id, PauseKind.OTHER, until_on=yesterday, reason="because", at=NOW)
    with pytest.raises(Refused, match="nothing here"):
        pause_case(session, cast.sofia, case_id, PauseKind.OTHER, account_id=0, reason="because", at=NOW)


@pytest.mark.parametrize(
    ("on", "days", "country", "last"),
    [
        pytest.param(date(2026, 11, 18), 3, "MX", date(2026, 11, 23), id="over a weekend"),
        pytest.param(date(2026, 11, 13), 1, "MX", date(2026, 11, 17), id="over the Day of the Revolution"),
        pytest.param(date(2026, 12, 7), 1, "CO", date(2026, 12, 9), id="over the Immaculate Conception"),
        pytest.param(date(2026, 11, 21), 1, "XX", date(2026, 11, 23), id="a country nobody knows"),
    ],
)
def test_business_days_are_those_of_the_country(on: date, days: int, country: str, last: date) -> None:
    assert business_day_after(on, days, country=country) == last

"""Caps, skills and absences: kept, told in the audit, refused in words."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Stage
from tests.cast import NOW, TODAY, Cast
from workbench.actions.work_profiles import add_absence, cancel_absence, set_profile
from workbench.queries.work_profiles import profile, profiles
from workbench.rules.refusals import Refused
from workbench.rules.work_profiles import Skills

NEXT_WEEK = TODAY + timedelta(days=7)


def test_a_supervisor_sees_the_people_of_her_teams_who_work_queues(session: Session, cast: Cast) -> None:
    assert [each.name for each in profiles(session, cast.sofia, on=TODAY)] == ["Ana", "Sofía"]
    assert [each.name for each in profiles(session, None, on=TODAY)] == ["Ana", "Bruno", "Sofía"]
    ana = profile(session, cast.sofia, cast.ana.user_id, on=TODAY)
    assert (ana.teams, ana.visible, ana.skills) == (("Norte",), frozenset({cast.mexico.id}), Skills())


def test_caps_and_skills_are_kept_and_told_once(session: Session, cast: Cast) -> None:
    known = {"stages": frozenset({Stage.ADMINISTRATIVE}), "languages": frozenset({"es"})}
    skills = Skills(40, Decimal("25000.00"), portfolio_ids=frozenset({cast.mexico.id or 0}), **known)
    for _twice in range(2):
        set_profile(session, cast.sofia, cast.ana.user_id, skills, at=NOW)
    assert profile(session, cast.marta, cast.ana.user_id, on=TODAY).skills == skills
    told = session.execute(text("SELECT details FROM audit_entry WHERE deed = 'set_profile'")).scalars().all()
    assert len(told) == 1
    assert told[0]["after"]["balance_cap"] == "25000.00"
    set_profile(session, cast.sofia, cast.ana.user_id, Skills(), at=NOW)
    assert profile(session, cast.sofia, cast.ana.user_id, on=TODAY).skills == Skills()


def test_a_portfolio_out_of_sight_keeps_its_place(session: Session, cast: Cast) -> None:
    far = cast.colombia.id or 0
    session.execute(
        text("INSERT INTO work_profile (user_id, portfolio_ids) VALUES (:ana, ARRAY[:far])"),
        {"ana": cast.ana.user_id, "far": far},
    )
    set_profile(session, cast.sofia, cast.ana.user_id, Skills(case_cap=5), at=NOW)
    assert profile(session, None, cast.ana.user_id, on=TODAY).skills == Skills(5, portfolio_ids=frozenset({far}))


@pytest.mark.parametrize(
    ("skills", "because"),
    [
        (Skills(case_cap=-1), "most cases"),
        (Skills(case_cap=10_000_000), "most cases"),
        (Skills(balance_cap=Decimal(0)), "more than zero"),
        (Skills(balance_cap=Decimal(10) ** 17), "more than zero"),
        (Skills(languages=frozenset({"español"})), "two letters"),
    ],
)
def test_caps_that_nobody_can_have_are_refused(session: Session, cast: Cast, skills: Skills, because: str) -> None:
    with pytest.raises(Refused, match=because):
        set_profile(session, cast.sofia, cast.ana.user_id, skills, at=NOW)


def test_an_absence_holds_from_its_first_day_to_its_last(session: Session, cast: Cast) -> None:
    made = add_absence(session, cast.sofia, cast.ana.user_id, TODAY, NEXT_WEEK, reason=" vacaciones ", at=NOW)

    def away(on: date) -> Any:
        return profile(session, cast.sofia, cast.ana.user_id, on=on).away

    assert [bool(away(TODAY + timedelta(days=each))) for each in (-1, 0, 7, 8)] == [False, True, True, False]
    assert away(TODAY).reason == "vacaciones"
    cancel_absence(session, cast.sofia, made.id or 0, at=NOW)
    assert away(TODAY) is None
    with pytest.raises(Refused, match="cancelled already"):
        cancel_absence(session, cast.sofia, made.id or 0, at=NOW)
    add_absence(session, cast.sofia, cast.ana.user_id, TODAY, TODAY, at=NOW)  # the days are free again


@pytest.mark.parametrize(
    ("first", "last", "reason", "because"),
    [
        (TODAY, TODAY - timedelta(days=1), "", "comes before"),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=8), "", "already over"),
        (TODAY, TODAY + timedelta(days=700), "", "at most 400 days"),
        (TODAY, NEXT_WEEK, "x" * 201, "at most 200 characters"),
        (NEXT_WEEK, NEXT_WEEK + timedelta(days=3), "", "Already away from 2026-11-25"),
    ],
)
def test_days_that_cannot_be_are_refused(
    session: Session, cast: Cast, first: date, last: date, reason: str, because: str
) -> None:
    add_absence(session, cast.sofia, cast.ana.user_id, NEXT_WEEK, NEXT_WEEK, at=NOW)
    with pytest.raises(Refused, match=because):
        add_absence(session, cast.sofia, cast.ana.user_id, first, last, reason=reason, at=NOW)

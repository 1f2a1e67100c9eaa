from datetime import datetime, time, timedelta

import pytest

from models import Channel
from workbench.rules.briefings import briefing
from workbench.rules.contact_law import Prior
from workbench.rules.contact_places import Known, Place
from workbench.rules.contact_policies import ContactPolicy, Hours

BOGOTA, SANTIAGO = "America/Bogota", "America/Santiago"
MORNING = datetime.fromisoformat("2026-11-18T10:00-05:00")


def place(country: str, zone: str, closes: str = "19:00") -> Place:
    hours = Hours(time(7), time.fromisoformat(closes))
    return Place(1, country, zone, ContactPolicy(hours=hours))


@pytest.mark.parametrize(
    ("closes", "rule"), [("19:00", "co.window"), ("18:00", "policy.hours"), ("21:00", "co.window")]
)
def test_a_permission_cites_what_ends_it(closes: str, rule: str) -> None:
    brief = briefing(place("CO", BOGOTA, closes), Known(BOGOTA), MORNING, spoken=False)
    assert brief.allowed
    assert brief.rule
    assert brief.rule.id == rule


def test_a_refusal_cites_what_refuses() -> None:
    talked = Prior(MORNING - timedelta(days=1), Channel.CALL, "answered")
    brief = briefing(place("CL", SANTIAGO), Known(SANTIAGO, priors=(talked,)), MORNING, spoken=True)
    assert not brief.allowed
    assert brief.rule is brief.decision.rule
    assert [(each.used, each.max, each.per) for each in brief.allowances if each.ends] == [(1, 1, "iso_week")]


@pytest.mark.parametrize(
    ("country", "zone", "spoken", "lines"),
    [
        ("MX", "America/Mexico_City", False, 2),
        ("MX", "America/Mexico_City", True, 0),
        ("CL", SANTIAGO, False, 8),
        ("CL", SANTIAGO, True, 8),
    ],
)
def test_what_is_said_once_is_not_said_again(country: str, zone: str, *, spoken: bool, lines: int) -> None:
    assert len(briefing(place(country, zone), Known(zone), MORNING, spoken=spoken).to_say) == lines


@pytest.mark.parametrize(
    ("country", "zone", "hidden"), [("CO", BOGOTA, {"reason"}), ("MX", "America/Mexico_City", set())]
)
def test_what_may_not_be_asked_is_hidden(country: str, zone: str, hidden: set[str]) -> None:
    assert briefing(place(country, zone), Known(zone), MORNING, spoken=False).hidden_fields == hidden

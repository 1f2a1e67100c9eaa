from datetime import date, time

import pytest

from models import Channel
from tests.rules.test_law_diff import LAW
from workbench.rules.contact_places import Known, Place
from workbench.rules.contact_policies import ContactPolicy, Hours
from workbench.rules.law_effects import effects
from workbench.rules.law_files import read
from workbench.rules.refusals import Refused

MONDAY = date(2026, 11, 23)
BOGOTA = Known("America/Bogota")
WIDE = ContactPolicy(hours=Hours(time(0), time(23), time(0), time(23)), calls_on_holidays=True)
CALLS_ONLY = ("confidence: text, hours: {mon-fri", "confidence: text, channels: [call], hours: {mon-fri")


def minutes(policy: ContactPolicy, *edits: tuple[str, str]) -> dict[Channel, tuple[int, int]]:
    after = LAW
    for old, new in edits:
        assert old in after
        after = after.replace(old, new)
    place = Place(1, "XX", "America/Bogota", policy)
    found = effects(place, BOGOTA, read(LAW, "xx.yaml"), read(after, "xx.yaml"), first=MONDAY)
    return {each.channel: (each.within_policy.before, each.within_policy.after) for each in found}


@pytest.mark.parametrize(
    ("policy", "edit", "calls", "letters"),
    [
        pytest.param(WIDE, ("19:00", "19:00"), (4020, 4020), (4020, 4020), id="nothing changes"),
        pytest.param(WIDE, ("mon-fri: 07:00-19:00", "mon-fri: 07:00-18:00"), (4020, 3720), (4020, 3720), id="an hour"),
        pytest.param(WIDE, CALLS_ONLY, (4020, 4020), (4020, 5 * 1380 + 1380), id="letters set free"),
        pytest.param(
            ContactPolicy(hours=Hours(time(8), time(17))),
            ("mon-fri: 07:00-19:00", "mon-fri: 07:00-18:00"),
            (2700, 2700),
            (2700, 2700),
            id="the policy was tighter already",
        ),
    ],
)
def test_lawful_minutes_of_two_versions(policy, edit, calls, letters) -> None:
    found = minutes(policy, edit)
    assert (found[Channel.CALL], found[Channel.LETTER]) == (calls, letters)


def test_the_law_alone_is_told_beside_the_tighter_policy() -> None:
    after = read(LAW.replace("mon-fri: 07:00-19:00", "mon-fri: 07:00-18:00"), "xx.yaml")
    place = Place(1, "XX", "America/Bogota", ContactPolicy(hours=Hours(time(8), time(17))))
    call = effects(place, BOGOTA, read(LAW, "xx.yaml"), after, first=MONDAY)[0]
    assert (call.law.before, call.law.after, call.law.same) == (4020, 3720, False)
    assert call.within_policy.same


def test_a_version_that_lacks_the_portfolios_reading_is_refused() -> None:
    with pytest.raises(Refused, match="reading"):
        minutes(ContactPolicy(readings=("rolling",)), ("rolling", "another"))

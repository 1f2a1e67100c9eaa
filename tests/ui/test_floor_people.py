from datetime import timedelta
from decimal import Decimal

import pytest

from models import Period, Role
from tests.cast import NOW
from workbench.queries.floor import COUNTED, Person
from workbench.queries.floor_goals import FloorGoals
from workbench.rules.floors import Doing, Light
from workbench.rules.goals import DayGoal
from workbench.ui import floor_people, i18n


def person(name: str, doing: Doing, light: Light = Light.NONE, **more: object) -> Person:
    fields = {"since": NOW, "held": None, "counts": (0,) * len(COUNTED), "promised": {}} | more
    return Person(hash(name), name, Role.AGENT, "Norte", doing, light=light, **fields)  # type: ignore[arg-type]


PEOPLE = [
    person("Ana", Doing.ON_CASE, Light.GREEN),
    person("Beto", Doing.ON_CASE, Light.RED),
    person("Caro", Doing.IDLE),
    person("Dora", Doing.MEETING),
    person("Eva", Doing.OFFLINE),
]


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        ("all", "Ana Beto Caro Dora Eva"),
        ("long", "Beto"),
        ("on_case", "Ana Beto"),
        ("idle", "Caro"),
        ("away", "Dora"),
        ("offline", "Eva"),
    ],
)
def test_the_filter_shows_whom_it_names(shown: str, names: str) -> None:
    assert set(floor_people.SHOWN) >= {shown}
    assert [each.name for each in floor_people.chosen(PEOPLE, shown)] == names.split()


@pytest.mark.parametrize(
    ("minutes", "said"), [(-1, "0 min"), (0.9, "0 min"), (59.9, "59 min"), (60, "1 h 00 min"), (125, "2 h 05 min")]
)
def test_how_long_is_said_in_hours_and_minutes(minutes: float, said: str) -> None:
    assert floor_people.minutes(NOW - timedelta(minutes=minutes), NOW) == said


def test_goals_stand_beside_the_figures_and_names_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "language", lambda: "en")
    ana = person("<Ana>", Doing.IDLE, counts=(12, 5, 4, 2), promised={"MXN": Decimal(1500)})
    mine = {
        (ana.user_id, "attempts"): DayGoal(Decimal(60), Period.DAY, Decimal(60)),
        (ana.user_id, "contacts"): DayGoal(Decimal(6), Period.MONTH, Decimal(126), 21),
        (ana.user_id, "promised"): DayGoal(Decimal(1000), Period.DAY, Decimal(1000)),
    }
    theirs = {("Norte", "attempts"): DayGoal(Decimal(10), Period.DAY, Decimal(10))}
    told = floor_people.table([ana], {}, FloorGoals(mine, theirs), NOW).replace("\xa0", " ")
    assert '12 <span class="cw-muted">/ 60</span>' in told
    part = "A day&#x27;s part of 126 by the month, over its 21 working days"
    assert f'5 <span class="cw-muted cw-part" title="{part}">/ 6</span>' in told
    assert '<td colspan="5">Norte</td><td class="cw-num">12 <span class="cw-good">/ 10</span></td>' in told
    assert "colspan" not in floor_people.table([ana], {}, FloorGoals({}, {}), NOW, whole=False)
    assert '<span class="cw-good">/ 1,000 MXN</span>' in told
    assert "<Ana>" not in told
    assert "&lt;Ana&gt;" in told

"""Half a year of every country's calls: at each edge of the day, against hours written down a second time."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from workbench.rules.contact_law import Question, may_contact

FIRST, LAST = date(2026, 11, 1), date(2027, 5, 2)
Hours = tuple[int, int]
Week = dict[int, Hours]


def weekdays(opens: int, closes: int, *weekend: Hours) -> Week:
    """Monday to Friday, then what is given of Saturday and Sunday."""
    return dict.fromkeys(range(5), (opens, closes)) | dict(zip((5, 6), weekend, strict=False))


# country, region, regime, reading, zone, hours, whether holidays close
CALLS = [
    ("CO", None, None, None, "America/Bogota", weekdays(7, 19, (8, 15)), True),
    ("CL", None, None, None, "America/Santiago", weekdays(8, 20, (8, 20)), True),
    ("CL", None, None, None, "Pacific/Easter", weekdays(8, 20, (8, 20)), True),
    ("PE", None, None, None, "America/Lima", weekdays(7, 20), True),
    ("MX", None, "condusef", None, "America/Tijuana", weekdays(7, 22), True),
    ("MX", None, "condusef", "text_2014", "America/Mexico_City", weekdays(7, 22, (7, 22), (7, 22)), False),
    ("MX", None, "profeco", None, "America/Cancun", weekdays(7, 22), True),
    ("AR", None, None, None, "America/Argentina/Ushuaia", weekdays(9, 20), True),
    ("BR", "SP", "SP", None, "America/Sao_Paulo", weekdays(8, 20, (8, 14)), True),
    ("BR", "RJ", "RJ", None, "America/Sao_Paulo", weekdays(9, 19), True),
    ("BR", "ES", "ES", None, "America/Sao_Paulo", weekdays(8, 19), True),
    ("BR", "AL", "AL", None, "America/Maceio", weekdays(8, 20, (8, 14)), True),
    ("BR", "BA", "federal", None, "America/Bahia", weekdays(8, 20, (8, 14)), True),
    ("EC", None, None, None, "Pacific/Galapagos", weekdays(7, 20), True),
    ("PA", None, None, None, "America/Panama", weekdays(8, 18, (8, 15)), True),
    ("PY", None, None, None, "America/Asuncion", weekdays(8, 18, (8, 12)), True),
    ("UY", None, None, None, "America/Montevideo", weekdays(9, 20), True),
    ("BO", None, None, None, "America/La_Paz", weekdays(8, 18), True),
    ("CR", None, None, None, "America/Costa_Rica", weekdays(8, 18, (8, 12)), True),
    ("GT", None, None, None, "America/Guatemala", weekdays(8, 18), True),
    ("SV", None, None, None, "America/El_Salvador", weekdays(8, 18), True),
    ("HN", None, "credit_card", None, "America/Tegucigalpa", weekdays(8, 20, (8, 20)), False),
    ("NI", None, None, None, "America/Managua", weekdays(7, 18, (7, 12)), True),
    ("DO", None, None, None, "America/Santo_Domingo", weekdays(7, 20, (9, 13)), True),
    ("US", None, None, None, "America/Denver", weekdays(8, 21, (8, 21), (8, 21)), False),
    ("GB", None, None, None, "Europe/London", weekdays(8, 21, (8, 21), (8, 21)), False),
    ("ES", None, None, None, "Europe/Madrid", weekdays(9, 21), True),
]


def days() -> Iterator[date]:
    return (FIRST + timedelta(days=passed) for passed in range((LAST - FIRST).days))


def edges(week: Week) -> set[tuple[int, int]]:
    """The first and last minute of every window, and the minutes around midnight."""
    hours = {hour for window in week.values() for hour in window}
    return {(hour, 0) for hour in hours} | {(hour - 1, 59) for hour in hours} | {(0, 0), (23, 59)}


@pytest.mark.parametrize(
    ("country", "region", "regime", "reading", "zone", "week", "closed"),
    [pytest.param(*row, id="-".join(str(part) for part in row[:5] if part)) for row in CALLS],
)
def test_calls_are_lawful_in_these_hours_alone(
    country: str, region: str | None, regime: str | None, reading: str | None, zone: str, week: Week, *, closed: bool
) -> None:
    feasts = holidays.country_holidays(country, subdiv=region, years=(2026, 2027)) if closed else {}
    wrong = []
    for day in days():
        opens, closes = (0, 0) if day in feasts else week.get(day.weekday(), (0, 0))
        for hour, minute in edges(week):
            at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
            # Nine in the evening sharp is not "after 9 p.m." (12 CFR 1006.6)
            lawful = opens <= hour < closes or (country == "US" and (hour, minute) == (21, 0))
            asked = Question(
                country, at, (zone,), "call", region=region, regime=regime, readings=(reading,) if reading else ()
            )
            if may_contact(asked).allowed != lawful:
                wrong.append(at.isoformat())

    assert wrong == []

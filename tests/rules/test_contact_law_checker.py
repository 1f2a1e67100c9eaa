"""A slow second reading of some laws, minute by minute, that the engine has to agree with on random questions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.rules.contact_law import Prior, Question, may_contact

MINUTE = timedelta(minutes=1)
WRITTEN = ("letter", "sms", "email", "whatsapp")
SPOKEN = ("answered", "met")


@dataclass(frozen=True)
class Earlier:
    at: datetime
    channel: str
    outcome: str


@cache
def feasts(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


def feast(country: str, on: date) -> bool:
    return on in feasts(country, on.year)


def between(local: datetime, opens: int, closes: int) -> bool:
    return opens * 60 <= local.hour * 60 + local.minute < closes * 60


def week(moment: datetime) -> tuple[int, int]:
    return moment.isocalendar()[:2]


def colombia(local: datetime, channel: str, earlier: list[Earlier]) -> bool:
    """Ley 2300 art. 3, contact read as a talk both ways."""
    if local.isoweekday() == 7 or feast("CO", local.date()):
        return False
    if not (between(local, 8, 15) if local.isoweekday() == 6 else between(local, 7, 19)):
        return False
    talks = [one for one in earlier if one.outcome in ("answered", "replied")]
    today = any(one.at.date() == local.date() for one in talks)
    return not today and all(one.channel == channel for one in talks if week(one.at) == week(local))


def chile(local: datetime, channel: str, earlier: list[Earlier]) -> bool:
    """Ley 19.496 art. 37: effective contacts, ISO weeks, 48 hours, the hours for messages too."""
    if local.isoweekday() == 7 or feast("CL", local.date()) or not between(local, 8, 20):
        return False
    if channel not in WRITTEN:
        return not any(one.outcome in SPOKEN and week(one.at) == week(local) for one in earlier)
    sent = [one for one in earlier if one.channel in WRITTEN and one.outcome in ("delivered", "replied")]
    if sum(week(one.at) == week(local) for one in sent) >= 2:
        return False
    return all(local.astimezone(UTC) - one.at.astimezone(UTC) >= timedelta(hours=48) for one in sent)


def united_states(local: datetime, channel: str, earlier: list[Earlier]) -> bool:
    """12 CFR 1006.6 and 1006.14, for one debt; nine in the evening sharp is not after nine."""
    if not (between(local, 8, 21) or (local.hour, local.minute) == (21, 0)):
        return False
    if channel != "call":
        return True
    first = local.date() - timedelta(days=6)
    calls = [one for one in earlier if one.channel == "call" and one.at.date() >= first]
    return len(calls) < 7 and not any(one.outcome == "answered" for one in calls)


def paraguay(local: datetime, channel: str, earlier: list[Earlier]) -> bool:
    """Resolución SDCU 764/2025, nobody having answered."""
    if local.isoweekday() == 7 or feast("PY", local.date()):
        return False
    if not between(local, 8, 12 if local.isoweekday() == 6 else 18):
        return False
    return sum(week(one.at) == week(local) for one in earlier) < 3


def ecuador(local: datetime, channel: str, earlier: list[Earlier]) -> bool:
    """LODC art. 49, one action a day in total."""
    if local.isoweekday() > 5 or feast("EC", local.date()) or not between(local, 7, 20):
        return False
    return all(one.at.date() != local.date() for one in earlier)


def guatemala(local: datetime, channel: str, earlier: list[Earlier]) -> bool:
    """Ley de Bancos art. 46 bis, working days read as Monday to Friday."""
    if local.isoweekday() > 5 or feast("GT", local.date()) or not between(local, 8, 18):
        return False
    return sum(one.at.date() == local.date() for one in earlier) < 2


def honduras(local: datetime, channel: str, earlier: list[Earlier]) -> bool:
    """Decreto 33-2013: one answered call a day."""
    if local.isoweekday() == 7 or not between(local, 8, 20):
        return False
    return not any(one.outcome == "answered" and one.at.date() == local.date() for one in earlier)


def dominican_republic(local: datetime, channel: str, earlier: list[Earlier]) -> bool:
    """INDOTEL Res. 019-16, for one debt."""
    if local.isoweekday() == 7 or feast("DO", local.date()):
        return False
    if not (between(local, 9, 13) if local.isoweekday() == 6 else between(local, 7, 20)):
        return False
    return sum(one.at.date() == local.date() for one in earlier) < 5


Checker = Callable[[datetime, str, list[Earlier]], bool]
LAWS: dict[str, tuple[Checker, list[str], list[str]]] = {
    "CO": (colombia, ["America/Bogota"], ["call", "sms", "email", "whatsapp", "letter"]),
    "CL": (
        chile,
        ["America/Santiago", "America/Punta_Arenas", "Pacific/Easter"],
        ["call", "visit", "sms", "email", "whatsapp", "letter"],
    ),
    "US": (united_states, ["America/New_York", "America/Phoenix", "Pacific/Honolulu"], ["call", "sms", "email"]),
    "EC": (ecuador, ["America/Guayaquil", "Pacific/Galapagos"], ["call", "sms", "email", "whatsapp"]),
    "GT": (guatemala, ["America/Guatemala"], ["call", "sms", "email"]),
    "HN": (honduras, ["America/Tegucigalpa"], ["call"]),
    "DO": (dominican_republic, ["America/Santo_Domingo"], ["call", "sms", "email"]),
    "PY": (paraguay, ["America/Asuncion"], ["call", "sms", "whatsapp"]),
}


def outcomes(country: str, channel: str) -> list[str]:
    if country == "PY":
        return ["no_answer", "busy"] if channel == "call" else ["sent"]
    if channel == "call":
        return ["answered", "no_answer", "busy"]
    return ["met", "absent"] if channel == "visit" else ["delivered", "replied"]


def minutes_after(moment: datetime) -> Iterator[datetime]:
    """The minutes of the five weeks after a moment."""
    return (moment + MINUTE * passed for passed in range(1, 35 * 24 * 60))


@st.composite
def asked(draw: st.DrawFn, country: str) -> tuple[str, datetime, str, list[Earlier]]:
    _, zones, channels = LAWS[country]
    zone = draw(st.sampled_from(zones))
    minute = draw(st.integers(0, 600 * 24 * 60))
    moment = datetime(2026, 6, 1, tzinfo=UTC) + MINUTE * minute
    earlier = []
    reach = draw(st.sampled_from([1, 3, 9]))
    for ago in draw(st.lists(st.integers(1, reach * 24 * 60), max_size=9, unique=True)):
        channel = draw(st.sampled_from(channels))
        outcome = draw(st.sampled_from(outcomes(country, channel)))
        earlier.append(Earlier((moment - MINUTE * ago).astimezone(ZoneInfo(zone)), channel, outcome))
    return zone, moment, draw(st.sampled_from(channels)), earlier


@pytest.mark.parametrize("country", list(LAWS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_engine_agrees_with_the_slow_reading(country: str, data: st.DataObject) -> None:
    lawful = LAWS[country][0]
    zone, moment, channel, earlier = data.draw(asked(country))

    def may(at: datetime) -> bool:
        return lawful(at.astimezone(ZoneInfo(zone)), channel, earlier)

    priors = tuple(Prior(one.at, one.channel, one.outcome) for one in earlier)
    decision = may_contact(Question(country=country, at=moment, zones=(zone,), channel=channel, priors=priors))

    assert decision.allowed == may(moment)
    if not decision.allowed:
        assert decision.next_allowed == next(filter(may, minutes_after(moment)))

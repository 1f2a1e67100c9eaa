from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Channel
from workbench.rules.contact_law import Prior
from workbench.rules.contact_places import Known, Place, country_zones
from workbench.rules.contact_policies import ContactPolicy, Hours
from workbench.rules.law_reasons import in_words
from workbench.rules.law_regions import law_region, place_name

HOURS = Hours(time(8), time(19), time(9), time(14))
BOGOTA = "America/Bogota"


def there(text: str, zone: str = BOGOTA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def place(country: str = "CO", zone: str = BOGOTA, hours: Hours = HOURS, **policy: object) -> Place:
    return Place(1, country, zone, ContactPolicy(hours=hours, **policy))


@pytest.mark.parametrize(
    ("hours", "at", "is_open", "next_open"),
    [
        pytest.param(HOURS, "2026-11-18T07:59", False, "2026-11-18T08:00", id="the law is open, the policy not yet"),
        pytest.param(HOURS, "2026-11-18T08:00", True, "2026-11-18T08:00", id="the first minute"),
        pytest.param(HOURS, "2026-11-18T18:59", True, "2026-11-18T18:59", id="the last minute"),
        pytest.param(HOURS, "2026-11-18T19:00", False, "2026-11-19T08:00", id="closing time is too late"),
        pytest.param(HOURS, "2026-11-21T14:00", False, "2026-11-23T08:00", id="Saturday afternoon"),
        pytest.param(Hours(time(8), time(19)), "2026-11-21T10:00", False, "2026-11-23T08:00", id="no Saturdays"),
        pytest.param(Hours(time(6), time(21)), "2026-11-18T06:30", False, "2026-11-18T07:00", id="policy before law"),
        pytest.param(HOURS, "2026-11-22T10:00", False, "2026-11-23T08:00", id="Sunday"),
        pytest.param(HOURS, "2026-07-13T10:00", False, "2026-07-14T08:00", id="the holiday of the law of 2026"),
        pytest.param(HOURS, "2026-12-31T20:00", False, "2027-01-02T09:00", id="over the year's end"),
    ],
)
def test_both_the_law_and_the_policy_bind(hours: Hours, at: str, *, is_open: bool, next_open: str) -> None:
    window = place(hours=hours).window(BOGOTA, there(at))
    assert (window.open, window.next_open) == (is_open, there(next_open))


def test_an_open_window_says_until_when() -> None:
    assert place().window(BOGOTA, there("2026-11-18T10:00")).until == there("2026-11-18T19:00")


@pytest.mark.parametrize(
    ("at", "because"),
    [
        ("2026-11-18T20:05", "Contact is allowed from 07:00 to 19:00 here; it is 20:05."),
        ("2026-11-22T10:00", "No contact of any kind on Sundays."),
        ("2026-12-25T10:00", "No contact on a public holiday: Navidad."),
    ],
)
def test_a_closed_window_says_why(at: str, because: str) -> None:
    window = place().window(BOGOTA, there(at))
    assert in_words(window.because, window.rule, language="en", zone=BOGOTA) == because


def test_only_zones_whose_clock_is_right_are_open() -> None:
    zones = ["America/Mexico_City", "America/Tijuana", "America/Cancun"]
    eight_in_the_capital = there("2026-11-18T08:00", "America/Mexico_City")
    mexico = place("MX", "America/Mexico_City")
    assert mexico.open_zones(zones, eight_in_the_capital) == ["America/Mexico_City", "America/Cancun"]


def test_a_country_without_a_file_has_the_policy_alone() -> None:
    assert place("XX").window(BOGOTA, there("2026-12-25T10:00")).open
    assert not place("XX").window(BOGOTA, there("2026-11-22T10:00")).open


def test_a_portfolio_may_call_on_holidays_where_the_law_is_silent_only() -> None:
    christmas = "2026-12-25T10:00"
    paris = Hours(time(8), time(19))
    assert not place("FR", "Europe/Paris", paris).window("Europe/Paris", there(christmas, "Europe/Paris")).open
    free = place("FR", "Europe/Paris", paris, calls_on_holidays=True)
    assert free.window("Europe/Paris", there(christmas, "Europe/Paris")).open
    assert not place(calls_on_holidays=True).window(BOGOTA, there(christmas)).open


def test_an_hour_that_the_clock_skips_opens_after_the_gap() -> None:
    early = place("XX", hours=Hours(time(0, 30), time(12)))
    moment = early.next_lawful("America/Santiago", there("2026-09-05T23:00", "America/Santiago"))
    assert moment.astimezone(ZoneInfo("America/Santiago")) == there("2026-09-07T00:30", "America/Santiago")


@pytest.mark.parametrize(
    ("region", "is_open"), [("RJ", False), ("Rio de Janeiro", False), ("São Paulo", True), (None, True), ("??", True)]
)
def test_the_debtors_own_state_decides_else_the_portfolios(region: str | None, *, is_open: bool) -> None:
    """At 08:30 São Paulo may be called and Rio not yet."""
    brazil = place("BR", "America/Sao_Paulo", Hours(time(8), time(18)), region="SP")
    at = there("2026-11-18T08:30", "America/Sao_Paulo")
    assert brazil.window_of(Known("America/Sao_Paulo", region), at).open == is_open


def test_history_facts_and_limits_of_its_own_close_a_debtors_window() -> None:
    at = there("2026-11-18T10:00")
    talk = Prior(at - timedelta(hours=1), Channel.CALL, "answered", "7")
    spoken = place().window_of(Known(BOGOTA, priors=(talk,)), at)
    assert (spoken.open, spoken.rule.id, spoken.next_open) == (False, "co.once_per_day", there("2026-11-19T08:00"))
    tried = Prior(at - timedelta(hours=1), Channel.CALL, "no_answer", "7")
    own = place(daily_attempts=1).window_of(Known(BOGOTA, priors=(tried,)), at)
    assert (own.open, own.rule.id) == (False, "policy.daily_attempts")
    banned = place().window_of(Known(BOGOTA, facts={"opted_out": True}), at)
    assert (banned.open, banned.cured) == (False, False)


def test_every_country_of_the_demo_has_zones() -> None:
    assert {"America/Mexico_City", "America/Tijuana"} <= set(country_zones("MX"))
    assert all(country_zones(country) for country in ("CO", "CL", "PE"))
    assert country_zones("XX") == ()


clocks = st.times(min_value=time(5), max_value=time(11, 59)).map(lambda each: each.replace(second=0, microsecond=0))
late_clocks = st.times(min_value=time(12), max_value=time(22)).map(lambda each: each.replace(second=0, microsecond=0))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
homes = st.sampled_from(
    [
        ("MX", "America/Tijuana"),
        ("MX", "America/Mexico_City"),
        ("CO", BOGOTA),
        ("CL", "America/Santiago"),
        ("PE", "America/Lima"),
        ("XX", "America/Lima"),
    ]
)


@given(opens=clocks, closes=late_clocks, at=moments, home=homes, saturdays=st.booleans())
def test_the_next_lawful_moment_is_open_and_the_minute_before_is_not(
    opens: time, closes: time, at: datetime, home: tuple[str, str], *, saturdays: bool
) -> None:
    hours = Hours(opens, closes, opens, closes) if saturdays else Hours(opens, closes)
    here = place(*home, hours)
    window = here.window(home[1], at)
    assert window.next_open >= at
    assert here.window(home[1], window.next_open).open
    if window.open:
        assert window.next_open == at
        assert window.until is not None
        assert window.until > at
        assert not here.window(home[1], window.until).open
        assert here.window(home[1], window.until - timedelta(microseconds=1)).open
    else:
        assert not here.window(home[1], window.next_open - timedelta(minutes=1)).open


def test_each_region_with_a_law_of_its_own_is_a_place_of_its_own() -> None:
    zone = "America/Sao_Paulo"
    brazil = Place(1, "BR", zone, ContactPolicy(hours=HOURS))
    wednesday = there("2026-11-18T08:30", zone)  # Rio opens at nine, São Paulo is open
    places = [place_name("BR", zone, "Rio de Janeiro"), place_name("BR", zone, "SP")]
    assert places == [f"{zone}#RJ", f"{zone}#SP"]
    assert brazil.open_zones(places, wednesday) == [f"{zone}#SP"]
    assert brazil.next_lawful(f"{zone}#RJ", wednesday) == there("2026-11-18T09:00", zone)


@pytest.mark.parametrize(
    ("country", "region", "code"),
    [
        ("CL", "Arica y Parinacota", "AP"),  # 7 June
        ("CL", "Metropolitana", None),
        ("CO", "Antioquia", None),
        ("BR", "Amazonas", "AM"),
        ("NI", "Managua", "MN"),
        ("MX", "Sonora", None),
        ("XX", "Anywhere", None),
        ("CL", None, None),
    ],
)
def test_only_regions_that_differ_are_told_apart(country: str, region: str | None, code: str | None) -> None:
    assert law_region(country, region) == code


def test_a_regions_own_holiday_closes_it_and_not_its_neighbours() -> None:
    zone = "America/Santiago"
    chile = Place(1, "CL", zone, ContactPolicy(hours=HOURS))
    morro = there("2027-06-07T10:00", zone)  # a Monday, a holiday in Arica
    assert chile.open_zones([zone, f"{zone}#AP"], morro) == [zone]

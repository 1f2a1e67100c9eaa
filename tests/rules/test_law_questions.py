"""A question in a file is read as it was meant, or refused with its field and how to mend it."""

from datetime import UTC, datetime

import pytest

from models.interactions import Channel
from workbench.rules.law_questions import entries, question, remarks
from workbench.rules.refusals import Refused

BOGOTA = {"country": "CO", "zone": "America/Bogota", "now_local": "2026-11-24T18:59", "channel": "call"}
A_MINUTE_TO_SEVEN = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)


def read(text: str):
    [entry] = entries(text)
    return question(entry)


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param("now_local: 2026-11-24T18:59", id="as-text"),
        pytest.param("now_local: 2026-11-24T18:59:00", id="yaml-makes-a-moment"),
        pytest.param("now_local: 2026-11-24 18:59:00", id="with-a-space"),
        pytest.param("now_local: 2026-11-24T18:59:00-05:00", id="with-its-offset"),
        pytest.param("now_local: 2026-11-25T00:59:00+01:00", id="with-another-offset"),
        pytest.param("now_utc: 2026-11-24T23:59Z", id="utc"),
        pytest.param("now_utc: 2026-11-24T23:59:00", id="utc-without-saying-so"),
        pytest.param("now_local: 2026-11-24T18:59\nnow_utc: 2026-11-24T23:59Z", id="both"),
    ],
)
def test_a_moment_is_read_however_it_is_written(clock: str) -> None:
    asked = read(f"country: CO\nzone: America/Bogota\nchannel: call\n{clock}")
    assert asked.at == A_MINUTE_TO_SEVEN


def test_the_repeated_hour_of_autumn_is_told_apart_by_utc() -> None:
    twice = {"country": "US", "zone": "America/New_York", "channel": "call", "now_local": "2026-11-01T01:30"}
    assert question(twice).at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert question({**twice, "now_utc": "2026-11-01T06:30Z"}).at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_question_in_json_is_the_same_as_in_yaml() -> None:
    assert read('{"country": "co", "now_local": "2026-11-24T18:59", "channel": "call"}').at == A_MINUTE_TO_SEVEN


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("scenarios:\n- {id: a}\n- {id: b}", 2, id="scenarios"),
        pytest.param("- {id: a}\n- {id: b}\n- {id: c}", 3, id="bare-list"),
        pytest.param('{"id": "a"}', 1, id="one-in-json"),
    ],
)
def test_a_file_holds_one_question_or_many(text: str, number: int) -> None:
    assert len(entries(text)) == number


def test_earlier_contacts_are_on_the_first_zones_clock_unless_they_have_an_offset() -> None:
    asked = question(
        {
            **BOGOTA,
            "prior_contacts": [
                {"at": "2026-11-23T09:00", "channel": "WhatsApp", "outcome": "No answer"},
                {"at": "2026-11-23T09:00+00:00", "channel": "e-mail", "outcome": "sent", "debt": 7},
            ],
        }
    )
    first, second = asked.priors
    assert (first.at, first.channel, first.outcome) == (
        datetime(2026, 11, 23, 14, tzinfo=UTC),
        Channel.WHATSAPP,
        "no_answer",
    )
    assert (second.at, second.channel, second.debt) == (datetime(2026, 11, 23, 9, tzinfo=UTC), Channel.EMAIL, "7")


def test_candidate_zones_come_after_the_zone() -> None:
    asked = question({**BOGOTA, "flags": {"candidate_zones": ["America/Lima", "America/Bogota"]}})
    assert asked.zones == ("America/Bogota", "America/Lima")


@pytest.mark.parametrize("readings", ["attempt_counts+rolling_7_days", "attempt_counts, rolling_7_days"])
def test_several_readings_are_joined(readings: str) -> None:
    assert question({**BOGOTA, "reading": readings}).readings == ("attempt_counts", "rolling_7_days")


def test_facts_are_known_by_other_names_and_the_debt_may_stand_among_them() -> None:
    flags = {
        "opt_out": "true",
        "debt": "A",
        "authorized_channels": "call, e-mail",
        "consumer_requested_window": [1200, "21:00"],
    }
    asked = question({**BOGOTA, "flags": flags})
    assert asked.debt == "A"
    assert asked.facts == {
        "opted_out": True,
        "authorised_channels": ["call", "email"],
        "consumer_requested_window": ["20:00", "21:00"],
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"country": None}, "country is missing; write it as country: CO.", id="no-country"),
        pytest.param({"country": False}, "country: “False” is no text; put it in quotes.", id="norway"),
        pytest.param({"channel": "fax"}, "channel: “fax” is not known; known are: call, email", id="channel"),
        pytest.param({"zone": "Mars/Base"}, "zone: “Mars/Base” is no time zone", id="zone"),
        pytest.param({"zone": "America"}, "zone: “America” is no time zone", id="zone-folder"),
        pytest.param({"zone": "../etc"}, "zone: “../etc” is no time zone", id="zone-path"),
        pytest.param({"now_local": None}, "now_local is missing", id="no-moment"),
        pytest.param({"now_local": "2026-11-24"}, "now_local: “2026-11-24” is no moment", id="a-day"),
        pytest.param({"now_local": "2026-13-24T10:00"}, "is no moment", id="no-such-month"),
        pytest.param({"now_local": "9999-12-31T23:59"}, "is no moment", id="the-end-of-days"),
        pytest.param({"now_utc": "2026-11-24T22:59Z"}, "are not the same moment in America/Bogota", id="contradiction"),
        pytest.param({"flags": ["minor"]}, "flags has to be names with values", id="flags-as-a-list"),
        pytest.param({"prior_contacts": {"at": 1}}, "prior_contacts has to be a list.", id="priors-not-a-list"),
        pytest.param(
            {"prior_contacts": [{"channel": "call", "outcome": "sent"}]},
            "prior_contacts[1].at is missing",
            id="prior-without-moment",
        ),
        pytest.param(
            {"prior_contacts": [{"at": "2026-11-23T09:00", "channel": "call"}]},
            "prior_contacts[1].outcome is missing",
            id="prior-without-outcome",
        ),
        pytest.param({"flags": {"consumer_requested_window": "evening"}}, "are no hours", id="window"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_field(change: dict, told: str) -> None:
    with pytest.raises(Refused) as refused:
        question({**BOGOTA, **change})
    assert told in str(refused.value)


def test_a_clock_that_the_spring_skips_is_refused() -> None:
    with pytest.raises(Refused, match="put forward"):
        question({"country": "US", "zone": "America/New_York", "channel": "call", "now_local": "2027-03-14T02:30"})


def test_a_country_of_several_zones_needs_one() -> None:
    with pytest.raises(Refused, match="zone is missing"):
        question({"country": "CL", "now_local": "2026-11-24T10:00", "channel": "call"})


@pytest.mark.parametrize("text", ["a: [", "", "[]", "scenarios: []"])
def test_a_text_without_questions_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        entries(text)


def test_no_slip_of_the_pen_goes_unseen() -> None:
    entry = {
        **BOGOTA,
        "why": "a remark",
        "prior_contact": [],
        "target": "milkman",
        "purpose": "small talk",
        "flags": {"oped_out": True, "phone": "+57", "debt": "A"},
        "prior_contacts": [{"at": "2026-11-24T19:30", "channel": "call", "outcome": "shouted"}],
    }
    assert [each.params.get("name") for each in remarks(entry, question(entry))] == [
        "prior_contact",
        "oped_out",
        "milkman",
        "small talk",
        "shouted",
        None,
    ]
    assert not list(remarks(BOGOTA, question(BOGOTA)))


def test_an_unknown_region_is_told() -> None:
    entry = {"country": "ES", "region": "Atlantis", "zone": "Europe/Madrid", "now_local": "2026-11-24T10:00"}
    entry["channel"] = "call"
    [told] = remarks(entry, question(entry))
    assert told.params["name"] == "Atlantis"
    assert not list(remarks({**entry, "region": "Canarias"}, question({**entry, "region": "Canarias"})))

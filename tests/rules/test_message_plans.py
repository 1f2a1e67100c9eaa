"""How the channel, the contact point and the moment of many messages are found at once."""

from dataclasses import replace
from datetime import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.interactions import Channel
from tests.cast import TODAY
from workbench.rules.best_contact import WRITTEN, Results
from workbench.rules.contact_law import Prior, may_contact
from workbench.rules.held import Code
from workbench.rules.law_columns import CHANNELS, History, Profile
from workbench.rules.law_words import Level
from workbench.rules.local_clock import at_clock, day_of, moment
from workbench.rules.message_channels import (
    CODES,
    FREE,
    Facts,
    Letters,
    Moment,
    Texts,
    Wish,
    fallback_lists,
    letters,
)
from workbench.rules.message_holds import holds
from workbench.rules.message_plans import DISPUTED, PAUSED, stops
from workbench.rules.strategies import Order

ON = day_of(TODAY)  # a Wednesday
BOGOTA, TIJUANA = "America/Bogota", "America/Tijuana"
PROFILES = [
    Profile("CO", (BOGOTA,), Channel.CALL),
    Profile("MX", (TIJUANA,), Channel.CALL),
    Profile("CO", (BOGOTA,), Channel.CALL, facts={"opted_out": True}),
]
ZONES = [BOGOTA, TIJUANA, BOGOTA]
NIGHT = at_clock(BOGOTA, ON, 150)  # 02:30 in Bogotá
NOBODY = History(*(np.empty(0, np.int64) for _ in range(4)), np.empty(0, np.int64), np.empty(0, np.int64))
TEXTS = Texts(frozenset(("notice", channel, 1) for channel in WRITTEN) | {("english", Channel.SMS, 0)}, ("en", "es"), 1)
STOPS = ("paused", "accounts_paused", "ended", "opted_out", "promised", "replied")


def facts(*rows: dict[str, int], history: History = NOBODY) -> Facts:
    """One row a debtor; what is left out is a Colombian with all contact points whom nothing stops."""
    plain = {"profile": 0, "language": 1, "balance": 100, **dict.fromkeys(STOPS, 0)}
    plain |= {f"{channel}_point": 10 + place for place, channel in enumerate(WRITTEN)}
    plain |= {f"{channel}_off": 0 for channel in WRITTEN}
    full = [{"case_id": place, "debtor_id": place} | plain | row for place, row in enumerate(rows)]
    columns = {name: np.array([row[name] for row in full], np.int64) for name in full[0]}
    return Facts(columns, PROFILES, ZONES, history, {})


def wish(*channels: Channel, **more: Any) -> Wish:
    return replace(Wish(channels or (Channel.SMS,), Order.LISTED, "notice", expires_days=2), **more)


def found(wanted: Wish, known: Facts, at: int = NIGHT, results: Results | None = None) -> Letters:
    row = np.arange(len(known))
    return letters([wanted], row, np.zeros_like(row), known, Moment(ON, at, TEXTS, results))


def ways(result: Letters) -> list[tuple[str | None, list[str]]]:
    lists = fallback_lists()
    return [
        (WRITTEN[channel].value if channel >= 0 else None, lists[rest])
        for channel, rest in zip(result.channel.tolist(), result.fallbacks.tolist(), strict=True)
    ]


ALL = (Channel.WHATSAPP, Channel.EMAIL, Channel.SMS)


@pytest.mark.parametrize(
    ("row", "way"),
    [
        ({}, ("whatsapp", ["email", "sms"])),
        ({"whatsapp_point": 0}, ("email", ["sms"])),
        ({"whatsapp_off": 1, "email_off": 1}, ("sms", [])),
        ({"email_point": 0}, ("whatsapp", ["sms"])),
        ({"sms_off": 1}, ("whatsapp", ["email"])),
    ],
)
def test_the_first_that_can_be_used_and_the_rest_as_fallbacks(row: dict[str, int], way: Any) -> None:
    assert ways(found(wish(*ALL), facts(row))) == [way]


@pytest.mark.parametrize(
    ("row", "wanted", "code"),
    [
        (dict.fromkeys(("sms_point", "email_point"), 0), wish(Channel.SMS, Channel.EMAIL), Code.NO_POINT),
        ({"sms_off": 1}, wish(), Code.OPTED_OUT),
        ({"sms_off": 1, "email_point": 0}, wish(Channel.SMS, Channel.EMAIL), Code.OPTED_OUT),
        ({}, wish(template="unheard_of"), Code.NO_TEMPLATE),
        ({}, wish(Channel.EMAIL, template="english"), Code.NO_TEMPLATE),
        ({}, wish(template="english"), Code.NO_TEMPLATE),  # a Spanish debtor of a Spanish portfolio
        ({"email_off": 1, "language": 0}, wish(Channel.EMAIL, Channel.WHATSAPP, template="english"), Code.NO_TEMPLATE),
        ({"sms_off": 1, "language": 0}, wish(Channel.SMS, Channel.EMAIL, template="english"), Code.NO_CHANNEL),
        ({"profile": 2}, wish(), Code.LAW),
    ],
)
def test_why_there_is_no_channel(row: dict[str, int], wanted: Wish, code: Code) -> None:
    assert [CODES[place] for place in found(wanted, facts(row)).held] == [code]


def test_a_language_that_only_the_debtor_has_is_enough() -> None:
    assert found(wish(template="english"), facts({"language": 0})).held.tolist() == [FREE]


def test_nothing_leaves_before_the_lawful_hour_the_steps_clock_and_now() -> None:
    known = facts({}, {"profile": 1})
    opens = [at_clock(BOGOTA, ON, 7 * 60), at_clock(TIJUANA, ON, 7 * 60)]
    early, late = found(wish(), known), found(wish(at=time(11, 30)), known)
    assert (early.not_before >= opens).all()
    assert late.not_before.tolist() == [at_clock(BOGOTA, ON, 690), at_clock(TIJUANA, ON, 690)]
    noon = at_clock(BOGOTA, ON, 12 * 60) + 7
    assert found(wish(at=time(11, 30)), known, at=noon).not_before[0] == noon


def test_it_expires_with_the_debtors_own_day() -> None:
    known = facts({}, {"profile": 1})
    ends = [at_clock(zone, ON + 1, 0) for zone in (BOGOTA, TIJUANA)]
    assert found(wish(expires_days=1), known).expires.tolist() == ends
    evening = at_clock(BOGOTA, ON, 21 * 60)  # in Tijuana it is six in the evening
    result = found(wish(expires_days=1), known, at=evening)
    assert [CODES[place] if place >= 0 else None for place in result.held] == [Code.LAW, None]


def test_the_rule_that_holds_is_named_and_asked_once_for_all_alike() -> None:
    known = facts(*({} for _ in range(50)))
    sunday = ON + 4
    row = np.arange(50)
    result = letters(
        [wish(expires_days=1)], row, np.zeros_like(row), known, Moment(sunday, at_clock(BOGOTA, sunday, 150), TEXTS)
    )
    told = holds(row, result, known)
    assert {each["rule"] for each in told if each} == {"co.no_sunday"}
    assert len(told) == 50


def results(*rows: tuple[int, Channel, int, int, int]) -> Results:
    cells = [(debtor, WRITTEN.index(channel), *more) for debtor, channel, *more in rows]
    return Results(*np.array(cells, np.int64).reshape(-1, 5).T)


def test_the_best_channel_and_hour_are_taken_and_told() -> None:
    past = results((0, Channel.EMAIL, 16, 20, 15), (0, Channel.WHATSAPP, 9, 20, 0), (7, Channel.SMS, 10, 50, 5))
    result = found(wish(*ALL, order=Order.BEST), facts({}, {}), results=past)
    assert ways(result)[0][0] == "email"
    assert result.not_before[0] == at_clock(BOGOTA, ON, 16 * 60)
    reason = result.reasons[result.chosen[0]]
    assert (reason["channel"]["answers"], reason["channel"]["deliveries"], reason["hour"]["at"]) == (15, 20, 16)


def test_a_best_hour_that_is_past_is_not_waited_for() -> None:
    past = results((0, Channel.SMS, 9, 20, 15))
    late = at_clock(BOGOTA, ON, 15 * 60)
    assert found(wish(order=Order.BEST), facts({}), at=late, results=past).not_before[0] < late + 4 * 60


def test_as_listed_there_is_nothing_to_explain() -> None:
    result = found(wish(*ALL), facts({}), results=results((0, Channel.EMAIL, 16, 20, 15)))
    assert (result.reasons[result.chosen[0]], ways(result)[0][0]) == ({}, "whatsapp")


CONTACTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 9 * 24 * 60), st.sampled_from([1, 2, 3]), st.sampled_from(CHANNELS)),
    max_size=12,
)
_WORDS = {1: "attempt", 2: "delivered", 3: "contact"}


@given(CONTACTS, st.integers(0, 7), st.integers(0, 1439), st.permutations(WRITTEN), st.integers(1, 3))
def test_every_moment_found_is_lawful_and_every_refusal_by_law_true(
    past: list[tuple[int, int, int, Channel]], days: int, minute: int, order: Any, expires_days: int
) -> None:
    """The columns against the single decision, with contacts before, on four debtors."""
    on = ON + days
    at = at_clock(BOGOTA, on, minute)
    rows = np.array([(row, at - ago, level, CHANNELS.index(way), row) for row, ago, level, way in past], np.int64)
    case, minutes, level, channel, debt = rows.reshape(-1, 5).T
    known = facts({}, {"profile": 1}, {}, {"profile": 1}, history=History(case, minutes, level, channel, debt, minutes))
    wanted = Wish(tuple(order), Order.LISTED, "notice", expires_days=expires_days)
    row = np.arange(4)
    result = letters([wanted], row, np.zeros_like(row), known, Moment(on, at, TEXTS))
    for place in range(4):
        priors = [
            Prior(moment(at - ago), way, _WORDS[Level(level)], str(of)) for of, ago, level, way in past if of == place
        ]
        profile = PROFILES[known.columns["profile"][place]]
        for way in order:
            asked = replace(profile, channel=way).question(int(result.not_before[place]))
            decision = may_contact(replace(asked, priors=priors, debt=str(place)))
            if result.held[place] == FREE and WRITTEN[result.channel[place]] == way:
                assert decision.allowed
                assert at <= result.not_before[place] < result.expires[place]
                break
            later = decision.next_allowed
            if result.held[place] != FREE:
                assert not decision.allowed
                assert later is None or later >= moment(int(result.expires[place]))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({}, None),
        ({"balance": 0}, Code.PAID),
        ({"paused": PAUSED}, Code.PAUSED),
        ({"paused": DISPUTED, "promised": 1}, Code.DISPUTED),
        ({"balance": 0, "accounts_paused": DISPUTED}, Code.DISPUTED),
        ({"balance": 0, "accounts_paused": PAUSED}, Code.PAUSED),
        ({"accounts_paused": DISPUTED}, None),  # the other account still owes
        ({"ended": 1, "promised": 1}, Code.ENDED),
        ({"promised": 1, "replied": 1}, Code.PROMISED),
        ({"replied": 1}, Code.REPLIED),
        ({"opted_out": 1}, Code.OPTED_OUT),
    ],
)
def test_what_stops_a_message(row: dict[str, int], code: Code | None) -> None:
    held = stops(facts(row), np.array([0]), written=np.array([True]))[0]
    assert (CODES[held] if held != FREE else None) == code


@pytest.mark.parametrize(
    ("row", "code"), [({"replied": 1}, None), ({"opted_out": 1}, None), ({"promised": 1}, Code.PROMISED)]
)
def test_what_stops_a_task_of_people(row: dict[str, int], code: Code | None) -> None:
    held = stops(facts(row), np.array([0]), written=np.array([False]))[0]
    assert (CODES[held] if held != FREE else None) == code


def test_thanks_are_no_claim() -> None:
    known = facts({"balance": 0}, {"promised": 1}, {"replied": 1}, {"paused": PAUSED})
    row = np.arange(4)
    held = stops(known, row, written=row >= 0, asking=row < 0, alone=row < 0)
    assert [CODES[place] if place != FREE else None for place in held] == [None, None, None, Code.PAUSED]

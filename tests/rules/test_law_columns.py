from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.interactions import Channel
from workbench.rules.contact_law import Policy, Prior, level_of, may_contact
from workbench.rules.law_columns import CHANNELS, NEVER, UNKNOWN, History, Profile, next_lawful
from workbench.rules.law_files import jurisdictions, read
from workbench.rules.law_words import Level
from workbench.rules.local_clock import minute_of, minutes_around, moment
from workbench.rules.refusals import Refused

LAW = """
country: XX
name: {es: Prueba, en: Trial}
checked_on: 2026-01-01
scope: {es: Todo lo que hay., en: All there is.}
zones: [America/Santiago, Pacific/Easter]
rules:
"""
RULES = (
    "id: xx.window, kind: hours, hours: {mon-fri: '08:00-12:00', sat: '09:00-10:00'}",
    "id: xx.longer, kind: hours, hours: {all: '07:00-11:30'}, in_force: {from: 2026-03-10}",
    "id: xx.visits, kind: ban, channels: [visit], when: {opted_out: true}",
    "id: xx.emails, kind: ban, channels: [email], targets: [family]",
    "id: xx.no_emails, kind: ban, channels: [email], in_force: {from: 2026-03-04, until: 2026-03-12}",
    "id: xx.reminder, kind: exception, purposes: [fraud_alert], lifts: [xx.two_days], in_force: {from: 2026-03-08}",
    "id: xx.two_days, kind: gap, channels: [call, sms], wait: 2 clear days, counts: attempt, in_force: {until: 2026-03-20}",
    "id: xx.hours, kind: gap, channels: [letter], wait: 30 hours, counts: attempt, of: debt",
    "id: xx.week, kind: cap, channels: [whatsapp], max: 2, per: iso_week, counts: attempt, in_force: {from: 2026-03-06}",
    "id: xx.rolling, kind: cap, max: 3, per: 5 days, counts: attempt, of: debt, extra_after_contact: 2",
    "id: xx.talked, kind: cap, max: 1, per: day, counts: attempt, after_contact: true",
    "id: xx.others, kind: cap, channels: [sms], max: 1, per: day, counts: contact, only_other_channels: true",
    "id: xx.same, kind: cap, channels: [sms], max: 1, per: 2 days, counts: delivery, only_same_channel: true",
)
TRIAL = read(
    LAW
    + "".join(
        f"  - {{law: Ley, confidence: policy, says: {{es: Así es., en: So it is.}}, {rule}}}\n" for rule in RULES
    ),
    "xx.yaml",
)
MARCH = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
COLOMBIA = Profile("CO", ("America/Bogota",), Channel.CALL)
NOBODY = np.empty(0, np.int64)


def local(profile: Profile, minute: int) -> str:
    return f"{moment(minute).astimezone(ZoneInfo(profile.zones[0])):%a %d %b %H:%M}"


def at(text: str) -> int:
    return minute_of(datetime.fromisoformat(text))


def earlier(*rows: tuple[int, str, Level, Channel]) -> History:
    columns = [(case, at(when), level, CHANNELS.index(channel)) for case, when, level, channel in rows]
    return History(*np.array(columns, np.int64).reshape(-1, 4).T)


def test_nobody_has_no_minute() -> None:
    assert next_lawful([COLOMBIA], NOBODY, 0).tolist() == []


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        pytest.param(COLOMBIA, "Mon 23 Nov 07:00", id="the next opening"),
        pytest.param(
            replace(COLOMBIA, country="CL", zones=("America/Santiago",)), "Mon 23 Nov 08:00", id="of a country"
        ),
        pytest.param(replace(COLOMBIA, target="neighbour"), None, id="a third party is never lawful"),
        pytest.param(replace(COLOMBIA, policy=Policy(hours=((6, 480, 600),))), None, id="no hour that both open"),
        pytest.param(
            replace(COLOMBIA, policy=Policy(hours=((2, 480, 600),))), "Wed 25 Nov 08:00", id="a policy's hours"
        ),
        pytest.param(
            replace(COLOMBIA, zones=("America/Bogota", "Asia/Tokyo")), "Mon 23 Nov 17:00", id="an hour of both zones"
        ),
        pytest.param(
            replace(COLOMBIA, zones=("America/Bogota", "Asia/Tokyo"), policy=Policy(hours=((1, 540, 660),))),
            None,
            id="no hour of both zones",
        ),
    ],
)
def test_the_first_lawful_minute_of_a_profile(profile: Profile, expected: str | None) -> None:
    """Asked on a Sunday, for a case without history and for many."""
    found = next_lawful([COLOMBIA, profile], np.array([1, 0, 1]), at("2026-11-22T12:00:00+00:00"))
    assert found[0] == found[2]
    assert (None if found[0] == NEVER else local(profile, int(found[0]))) == expected
    assert local(COLOMBIA, int(found[1])) == "Mon 23 Nov 07:00"


def test_history_in_any_order_moves_only_its_own_case() -> None:
    history = earlier(
        (3, "2026-11-24T15:00:00+00:00", Level.CONTACT, Channel.SMS),
        (1, "2026-11-24T14:00:00+00:00", Level.CONTACT, Channel.SMS),
        (1, "2026-11-23T14:00:00+00:00", Level.NOTHING, Channel.CALL),
        (4, "2025-11-24T14:00:00+00:00", Level.CONTACT, Channel.CALL),
        (2, "2026-11-24T14:00:00+00:00", Level.CONTACT, Channel.CALL),
    )
    found = next_lawful([COLOMBIA], np.zeros(5, np.int64), at("2026-11-24T16:00:00+00:00"), history)
    assert [local(COLOMBIA, each) for each in found.tolist()] == [
        "Tue 24 Nov 11:00",
        "Mon 30 Nov 07:00",
        "Wed 25 Nov 07:00",
        "Mon 30 Nov 07:00",
        "Tue 24 Nov 11:00",
    ]


def test_each_case_is_asked_at_its_own_minute() -> None:
    minutes = np.array(
        [at("2026-11-24T16:00:00+00:00"), at("2026-11-24T11:59:00+00:00"), at("2026-11-25T01:00:00+00:00")]
    )
    found = next_lawful([COLOMBIA], np.zeros(3, np.int64), minutes)
    assert [local(COLOMBIA, each) for each in found.tolist()] == [
        "Tue 24 Nov 11:00",
        "Tue 24 Nov 07:00",
        "Wed 25 Nov 07:00",
    ]


def test_a_contact_about_another_debt_does_not_count_unless_one_of_them_is_unknown() -> None:
    letters = Profile("XX", ("America/Santiago",), Channel.LETTER)
    now = at("2026-03-03T12:00:00+00:00")
    history = History(
        case=np.arange(4),
        minute=np.full(4, now - 60),
        level=np.full(4, Level.ATTEMPT),
        channel=np.full(4, CHANNELS.index(Channel.LETTER)),
        debt=np.array([1, 1, UNKNOWN, 1]),
    )
    found = next_lawful([letters], np.zeros(4, np.int64), now, history, np.array([1, 2, 2, UNKNOWN]), {"XX": TRIAL})
    assert (found > now).tolist() == [True, False, True, True]


def test_a_ban_counts_on_the_days_it_is_in_force() -> None:
    days = np.array([minute_of(MARCH + timedelta(days=day, hours=13)) for day in (1, 2, 9, 10, 11, 14)])
    emails = Profile("XX", ("America/Santiago",), Channel.EMAIL)
    found = next_lawful(
        [emails, COLOMBIA], np.zeros(6, np.int64), days, laws={"XX": TRIAL, "CO": jurisdictions()["CO"]}
    )
    assert (found == NEVER).tolist() == [False, True, True, True, False, False]


def test_a_country_without_law_is_refused_as_by_the_single_form() -> None:
    with pytest.raises(Refused, match="No law is known for XX"):
        next_lawful([replace(COLOMBIA, country="XX")], np.zeros(1, np.int64), 0)


priors = st.builds(
    lambda seconds, channel, outcome, debt: Prior(MARCH + timedelta(seconds=seconds), channel, outcome, debt),
    st.integers(-5 * 86400, 25 * 86400),
    st.sampled_from(Channel),
    st.sampled_from(["no_answer", "answered", "delivered", "failed"]),
    st.sampled_from([None, "a", "b"]),
)
cases = st.tuples(
    st.builds(
        Profile,
        country=st.just("XX"),
        zones=st.sampled_from([("America/Santiago",), ("Pacific/Easter", "America/Santiago")]),
        channel=st.sampled_from(Channel),
        purpose=st.sampled_from(["collection", "fraud_alert"]),
    ),
    st.integers(0, 25 * 24 * 60),
    st.lists(priors, max_size=8),
    st.sampled_from([None, "a"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(cases, min_size=1, max_size=10))
def test_columns_count_every_kind_of_limit_as_the_single_form_does(
    asked: list[tuple[Profile, int, list[Prior], str | None]],
) -> None:
    """Under a law of all kinds of limits, which begin and end within the month asked about."""
    codes = {None: UNKNOWN, "a": 0, "b": 1}
    rows = [
        (
            case,
            minute_of(each.at),
            level_of(each.outcome),
            CHANNELS.index(each.channel),
            codes[each.debt],
            minutes_around(each.at)[1],
        )
        for case, (_, _, past, _) in enumerate(asked)
        for each in past
    ]
    minutes = np.array([minute_of(MARCH) + minute for _, minute, _, _ in asked])
    found = next_lawful(
        [profile for profile, *_ in asked],
        np.arange(len(asked)),
        minutes,
        History(*np.array(rows, np.int64).reshape(-1, 6).T),
        np.array([codes[debt] for *_, debt in asked]),
        {"XX": TRIAL},
    )
    wanted = []
    for (profile, _, past, debt), minute in zip(asked, minutes.tolist(), strict=True):
        decision = may_contact(replace(profile.question(minute), priors=past, debt=debt), TRIAL)
        following = decision.next_allowed
        wanted.append(minute if decision.allowed else NEVER if following is None else minute_of(following))
    assert found.tolist() == wanted

"""What holds of every contact in every country, whatever the rules say: asked at random, with clock changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models.interactions import Channel
from workbench.rules.contact_law import Decision, Policy, Prior, Question, level_of, may_contact
from workbench.rules.law_columns import CHANNELS, NEVER, UNKNOWN, History, Profile, next_lawful
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_schema import Ban, Cap, Lift
from workbench.rules.law_words import COLLECTION, Target
from workbench.rules.local_clock import minute_of, minutes_around

MINUTE = timedelta(minutes=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = 3 * 365 * 24 * 60
OUTCOMES = ("no_answer", "answered", "delivered", "read", "failed", "something else")
often = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def clock_changes(zone: str) -> tuple[datetime, ...]:
    """The hours of 2026 to 2028 after which a zone's clock is changed."""
    hours = [FIRST + timedelta(hours=hour) for hour in range(MINUTES // 60)]
    shifts = [each.astimezone(ZoneInfo(zone)).utcoffset() for each in hours]
    return tuple(hour for hour, before, after in zip(hours[1:], shifts, shifts[1:], strict=False) if before != after)


@st.composite
def moments(draw: st.DrawFn, zone: str) -> datetime:
    """A minute of three years, one time in three within a day of a clock change."""
    changes = clock_changes(zone)
    if changes and draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from(changes)) + draw(st.integers(-1440, 1440)) * MINUTE
    return FIRST + draw(st.integers(0, MINUTES)) * MINUTE


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    hours = []
    for day in draw(st.sets(st.integers(0, 6), max_size=7)):
        opens = draw(st.integers(0, 23 * 60))
        hours.append((day, opens, draw(st.integers(opens + 1, 24 * 60 - 1))))
    return Policy(
        hours=tuple(hours),
        holidays_closed=draw(st.booleans()),
        daily_attempts=draw(st.none() | st.integers(1, 4)),
        weekly_contacts=draw(st.none() | st.integers(1, 4)),
    )


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    law = jurisdictions()[draw(st.sampled_from(sorted(jurisdictions())))]
    conditions = [rule.when for rule in law.rules if isinstance(rule, Ban | Lift) and rule.when]
    purposes = {purpose for rule in law.rules if isinstance(rule, Lift) for purpose in rule.purposes}
    chosen = [draw(st.none() | st.sampled_from(sorted(axis.options))) for axis in law.readings.values()]
    unusual = draw(st.integers(0, 5)) == 0
    facts = dict(draw(st.sampled_from(conditions))) if unusual and conditions else {}
    if draw(st.integers(0, 5)) == 0:
        facts |= {"consumer_requested_window": ["06:30", "22:15"], "request_instrument": "letter"}
    return Profile(
        country=law.country,
        zones=tuple(draw(st.lists(st.sampled_from(law.zones), min_size=1, max_size=3, unique=True))),
        channel=draw(st.sampled_from(Channel)),
        target=draw(st.sampled_from(Target)) if unusual else Target.DEBTOR,
        purpose=draw(st.sampled_from([COLLECTION, *sorted(purposes)])),
        region=draw(st.none() | st.sampled_from(sorted(law.regions))) if law.regions else None,
        regime=draw(st.none() | st.sampled_from(sorted(law.regimes.options))) if law.regimes else None,
        readings=tuple(filter(None, chosen)),
        facts={name: value[0] if isinstance(value, list) else value for name, value in facts.items()}
        | {key: value for key, value in facts.items() if key == "consumer_requested_window"},
        policy=draw(st.none() | policies()),
    )


@st.composite
def earlier(draw: st.DrawFn, at: datetime) -> Prior:
    """Mostly within the last ten days, now and then of the same minute or later; with seconds."""
    seconds = draw(st.integers(-3600, 10 * 86400) | st.integers(0, 3 * 86400))
    return Prior(
        at=at - timedelta(seconds=seconds),
        channel=draw(st.sampled_from(Channel)),
        outcome=draw(st.sampled_from(OUTCOMES)),
        debt=draw(st.sampled_from([None, "a", "b"])),
    )


@st.composite
def questions(draw: st.DrawFn, most: int = 6) -> Question:
    profile = draw(profiles())
    at = draw(moments(profile.zones[0]))
    priors = tuple(draw(earlier(at)) for _ in range(draw(st.integers(0, most))))
    return replace(profile.question(minute_of(at)), priors=priors, debt=draw(st.sampled_from([None, "a"])))


def asked_at(question: Question, at: datetime) -> Decision:
    return may_contact(replace(question, at=at))


def soonest(question: Question) -> datetime:
    """When the contact is lawful; far off when never."""
    decision = may_contact(question)
    return question.at if decision.allowed else decision.next_allowed or datetime.max.replace(tzinfo=UTC)


@often
@given(questions(), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_the_next_lawful_minute_is_lawful_and_none_before_it_is(question: Question, between: Sequence[float]) -> None:
    decision = may_contact(question)
    if decision.allowed:
        assert decision.next_allowed is None
        return
    assume(decision.next_allowed is not None)
    following = decision.next_allowed
    assert following > question.at
    assert asked_at(question, following).allowed
    waits = (following - question.at) // MINUTE
    for minute in {waits - 1, *(int(part * waits) for part in between if part < 1)}:
        assert not asked_at(question, question.at + minute * MINUTE).allowed, minute


@often
@given(questions(), st.data())
def test_one_more_earlier_contact_never_allows_more(question: Question, data: st.DataObject) -> None:
    one_more = data.draw(earlier(question.at))
    assert soonest(replace(question, priors=(*question.priors, one_more))) >= soonest(question)


def test_only_a_limit_that_a_conversation_raises_by_two_allows_more_for_one_more() -> None:
    """The schema lets a file say so, and no country's does: the one way in which an earlier contact can allow more."""
    for law in jurisdictions().values():
        assert all(rule.extra_after_contact <= 1 for rule in law.rules if isinstance(rule, Cap))
    paraguay = jurisdictions()["PY"]
    by_two = paraguay.model_copy(
        update={
            "rules": tuple(
                rule.model_copy(update={"extra_after_contact": 2})
                if isinstance(rule, Cap) and rule.id == "py.three_attempts_week"
                else rule
                for rule in paraguay.rules
                if rule.id != "py.one_more_same_day"
            )
        }
    )
    at = datetime(2026, 11, 24, 15, tzinfo=UTC)  # a Tuesday noon
    tried = tuple(Prior(at - hours * timedelta(hours=1), Channel.CALL, "no_answer") for hours in (2, 3, 4))
    question = Question("PY", at, ("America/Asuncion",), Channel.CALL, priors=tried)
    talked = replace(question, priors=(*tried, Prior(at - MINUTE, Channel.CALL, "answered")))
    assert [may_contact(each, paraguay).allowed for each in (question, talked)] == [False, False]
    assert [may_contact(each, by_two).allowed for each in (question, talked)] == [False, True]


@often
@given(questions(), st.data())
def test_a_limit_that_a_conversation_raises_allows_no_more_for_one_more(
    question: Question, data: st.DataObject
) -> None:
    """In Paraguay a conversation raises the week's limit on its day, but by one only, which it uses up itself."""
    question = replace(question, country="PY", region=None, regime=None, readings=(), zones=("America/Asuncion",))
    one_more = data.draw(earlier(question.at))
    assert soonest(replace(question, priors=(*question.priors, one_more))) >= soonest(question)


@often
@given(questions(), policies(), st.data())
def test_a_tighter_policy_never_allows_more(question: Question, policy: Policy, data: st.DataObject) -> None:
    tighter = Policy(
        hours=tuple((day, opens, closes - (closes - opens) // 2) for day, opens, closes in policy.hours),
        holidays_closed=policy.holidays_closed or data.draw(st.booleans()),
        daily_attempts=1 if data.draw(st.booleans()) else policy.daily_attempts,
        weekly_contacts=1 if data.draw(st.booleans()) else policy.weekly_contacts,
    )
    with_none, with_policy, with_tighter = (soonest(replace(question, policy=each)) for each in (None, policy, tighter))
    assert with_none <= with_policy <= with_tighter


@often
@given(questions(most=0))
def test_until_is_the_first_minute_that_is_not_lawful(question: Question) -> None:
    at = soonest(question)
    assume(at.year < 9999)
    question = replace(question, at=at)
    decision = may_contact(question)
    assume(decision.until - at < timedelta(days=80))
    assert asked_at(question, decision.until - MINUTE).allowed
    assert not asked_at(question, decision.until).allowed


@often
@given(questions())
def test_a_minute_is_lawful_if_it_is_in_every_zone(question: Question) -> None:
    alone = [may_contact(replace(question, zones=(zone,))) for zone in question.zones]
    assert may_contact(question).allowed == all(each.allowed for each in alone)


@often
@given(asked=st.lists(questions(), min_size=1, max_size=8), together=st.booleans())
def test_columns_say_what_the_single_form_says(asked: list[Question], *, together: bool) -> None:
    if together:
        asked = [replace(each, at=asked[0].at) for each in asked]
    debts = {None: UNKNOWN, "a": 0, "b": 1}
    rows = [
        (
            case,
            minute_of(prior.at),
            level_of(prior.outcome),
            CHANNELS.index(prior.channel),
            debts[prior.debt],
            minutes_around(prior.at)[1],
        )
        for case, each in enumerate(asked)
        for prior in each.priors
    ]
    history = History(*np.array(rows, np.int64).reshape(-1, 6)[::-1].T)
    minutes = np.array([minute_of(each.at) for each in asked])
    found = next_lawful(
        [profile_of(each) for each in asked],
        np.arange(len(asked)),
        int(minutes[0]) if together else minutes,
        history,
        np.array([debts[each.debt] for each in asked]),
    )
    wanted = [minute_of(when) if (when := soonest(each)).year < 9999 else NEVER for each in asked]
    assert found.tolist() == wanted


def profile_of(question: Question) -> Profile:
    fields = Profile.__dataclass_fields__
    return Profile(**{name: getattr(question, name) for name in fields})

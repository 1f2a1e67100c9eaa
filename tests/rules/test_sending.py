from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.interactions import Channel
from models.messages import Cause, MessageState
from models.pauses import PauseKind
from models.promises import PromiseState
from tests.cast import NOW, TODAY
from workbench.rules.contact_places import Known, Place
from workbench.rules.contact_policies import SHIPPED_POLICY
from workbench.rules.held import WORDS, Code, held, held_by_law, held_in_words
from workbench.rules.law_words import Level
from workbench.rules.sending import (
    Owed,
    Planned,
    Situation,
    by_law,
    is_asked_for,
    limits_calls,
    listed,
    stopped,
)

DAY = timedelta(days=1)
DUE = TODAY - 20 * DAY
DEBT = Owed("A1", None, DUE, Decimal("100.00"))
STEP = Planned(Cause.STEP, Channel.SMS, TODAY, NOW + DAY, DUE)
OWING = Situation(TODAY, (DEBT,))
MEXICO = Place(1, "MX", "America/Mexico_City", SHIPPED_POLICY)


def so(**changes: Any) -> Situation:
    return replace(OWING, **changes)


def about(cause: Cause) -> Planned:
    return Planned(cause, Channel.SMS, TODAY, NOW + DAY)


@pytest.mark.parametrize(
    ("planned", "situation", "code"),
    [
        pytest.param(STEP, OWING, None, id="nothing-stops-it"),
        pytest.param(STEP, so(owed=()), Code.PAID, id="paid"),
        pytest.param(STEP, so(promised_until=TODAY), Code.PROMISED, id="promised-until-today"),
        pytest.param(STEP, so(promised_until=TODAY - DAY), None, id="promise-and-grace-over"),
        pytest.param(STEP, so(paused=PauseKind.HARDSHIP), Code.PAUSED, id="paused"),
        pytest.param(STEP, so(paused=PauseKind.DISPUTE), Code.DISPUTED, id="disputed"),
        pytest.param(STEP, so(owed=(replace(DEBT, paused=PauseKind.DISPUTE),)), Code.DISPUTED, id="its-only-debt-disputed"),
        pytest.param(
            STEP,
            so(owed=(replace(DEBT, paused=PauseKind.OTHER), replace(DEBT, paused=PauseKind.DISPUTE))),
            Code.DISPUTED,
            id="one-paused-one-disputed",
        ),
        pytest.param(STEP, so(opted_out=True), Code.OPTED_OUT, id="opted-out"),
        pytest.param(STEP, so(ended=True), Code.ENDED, id="ended"),
        pytest.param(STEP, so(replied=True), Code.REPLIED, id="an-answer-waits"),
        pytest.param(replace(STEP, expires_at=NOW), OWING, Code.EXPIRED, id="expired"),
        pytest.param(STEP, so(owed=(replace(DEBT, due_on=DUE + DAY),)), Code.OVERTAKEN, id="the-oldest-debt-was-paid"),
        pytest.param(STEP, so(owed=(DEBT, replace(DEBT, due_on=DUE - DAY))), Code.OVERTAKEN, id="an-older-debt-came"),
        pytest.param(
            replace(STEP, on_date=TODAY - DAY, anchor_on=TODAY - DAY),
            so(owed=(replace(DEBT, due_on=TODAY - DAY),)),
            Code.OVERTAKEN,
            id="a-reminder-before-the-due-date-came-too-late",
        ),
        pytest.param(
            replace(STEP, anchor_on=TODAY + DAY),
            so(owed=(replace(DEBT, due_on=TODAY + DAY),)),
            None,
            id="a-reminder-before-the-due-date",
        ),
        pytest.param(about(Cause.PROMISE_DUE), so(promise=PromiseState.OPEN, promised_until=TODAY), None, id="promise-due"),
        pytest.param(about(Cause.PROMISE_DUE), so(promise=PromiseState.KEPT), Code.OVERTAKEN, id="promise-kept"),
        pytest.param(about(Cause.PROMISE_DUE), so(owed=(), promise=PromiseState.OPEN), Code.PAID, id="promise-due-paid"),
        pytest.param(about(Cause.PROMISE_BROKEN), so(promise=PromiseState.BROKEN), None, id="promise-broken"),
        pytest.param(
            about(Cause.PROMISE_BROKEN),
            so(promise=PromiseState.BROKEN, promised_until=TODAY),
            Code.PROMISED,
            id="broken-and-promised-anew",
        ),
        pytest.param(about(Cause.PROMISE_BROKEN), so(promise=PromiseState.KEPT), Code.OVERTAKEN, id="not-broken-any-more"),
        pytest.param(about(Cause.PAYMENT_THANKS), so(owed=()), None, id="thanked-for-the-last-payment"),
        pytest.param(about(Cause.PAYMENT_THANKS), so(reversed=True), Code.OVERTAKEN, id="the-payment-was-taken-back"),
        pytest.param(about(Cause.PAYMENT_THANKS), so(paused=PauseKind.DISPUTE), Code.DISPUTED, id="no-thanks-in-a-dispute"),
        pytest.param(about(Cause.REPLY), so(owed=(), paused=PauseKind.DISPUTE, replied=True), None, id="an-agent-answers"),
        pytest.param(about(Cause.REPLY), so(opted_out=True), Code.OPTED_OUT, id="no-answer-on-a-stopped-channel"),
    ],
)  # fmt: skip
def test_what_stops_a_message_whatever_the_hour(planned: Planned, situation: Situation, code: Code | None) -> None:
    assert stopped(planned, situation, at=NOW) == code


def test_a_message_lists_what_is_past_due_and_nothing_disputed() -> None:
    due = [DEBT, replace(DEBT, account="A2", paused=PauseKind.DISPUTE), replace(DEBT, account="A3", due_on=TODAY)]
    assert [each.account for each in listed(DUE, due, on=TODAY)] == ["A1"]


def test_before_the_due_date_a_message_lists_what_is_due_then() -> None:
    due = [replace(DEBT, due_on=TODAY + DAY), replace(DEBT, account="A2", due_on=TODAY + 9 * DAY)]
    assert [each.account for each in listed(TODAY + DAY, due, on=TODAY)] == ["A1"]


def test_what_tells_of_a_promise_lists_all_where_nothing_is_past_due() -> None:
    due = [replace(DEBT, due_on=TODAY + DAY), replace(DEBT, account="A2", due_on=TODAY + 9 * DAY)]
    assert [each.account for each in listed(None, due, on=TODAY)] == ["A1", "A2"]


def test_the_law_lets_it_wait_for_the_morning() -> None:
    night = datetime(2026, 11, 19, 5, 0, tzinfo=UTC)  # 23:00 in Mexico City
    decision = MEXICO.judge(Known("America/Mexico_City"), night, channel=Channel.SMS)
    verdict = by_law(replace(STEP, expires_at=night + DAY), decision, zone="America/Mexico_City")
    assert verdict.state is MessageState.PLANNED
    assert verdict.not_before is not None
    assert MEXICO.judge(Known("America/Mexico_City"), verdict.not_before, channel=Channel.SMS).allowed
    assert verdict.held is not None
    assert "23:00" in held_in_words(verdict.held, "en")


def test_the_law_blocks_what_expires_before_the_morning() -> None:
    night = datetime(2026, 11, 19, 5, 0, tzinfo=UTC)
    decision = MEXICO.judge(Known("America/Mexico_City"), night, channel=Channel.SMS)
    verdict = by_law(replace(STEP, expires_at=night + timedelta(hours=1)), decision, zone="America/Mexico_City")
    assert verdict.state is MessageState.BLOCKED


def test_free_words_need_the_debtors_own_of_the_last_day() -> None:
    assert is_asked_for(NOW - timedelta(hours=23, minutes=59), at=NOW)
    assert not is_asked_for(NOW - timedelta(hours=24), at=NOW)
    assert not is_asked_for(None, at=NOW)


def test_a_policy_that_counts_attempts_lets_a_message_hold_calls_back() -> None:
    tight = replace(MEXICO, policy=replace(SHIPPED_POLICY, daily_attempts=2))
    known = Known("America/Mexico_City")
    assert limits_calls(tight, known, NOW, Channel.SMS, Level.ATTEMPT)
    assert not limits_calls(MEXICO, known, NOW, Channel.SMS, Level.NOTHING)


@pytest.mark.parametrize("code", Code)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_reason_has_words(code: Code, language: str) -> None:
    said = held_in_words(held(code, name="total", reason="x"), language)
    assert said
    assert "{" not in said
    assert language == "en" or said != WORDS[code]


def test_a_reason_of_the_law_names_its_rule_in_both_languages() -> None:
    night = datetime(2026, 11, 19, 5, 0, tzinfo=UTC)
    stored = held_by_law(MEXICO.judge(Known("America/Mexico_City"), night, channel=Channel.SMS), "America/Mexico_City")
    assert stored["rule"]
    assert held_in_words(stored, "es") != held_in_words(stored, "en")

"""On which channel and at which hour a debtor answers best."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Channel
from workbench.rules.best_contact import (
    WRITTEN,
    Results,
    Tally,
    answer_rate,
    best_contact,
    best_hours,
    channel_order,
    channel_rates,
    chosen_in_words,
    hour_rates,
    reasons,
)

DEBTORS = (7, 3, 11, 20)
DAY = [8 <= hour < 20 for hour in range(24)]


def results(*rows: tuple[int, Channel, int, int, int]) -> Results:
    """Rows of debtor, channel, hour, deliveries, answers."""
    cells = [(debtor, WRITTEN.index(channel), *more) for debtor, channel, *more in rows]
    return Results(*np.array(cells or np.empty((0, 5)), dtype=np.int64).reshape(-1, 5).T)


counts = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (max(pair), min(pair)))
history = st.dictionaries(
    st.tuples(st.sampled_from((*DEBTORS, 99)), st.sampled_from(WRITTEN), st.integers(0, 23)), counts, max_size=25
)
orders = st.permutations(WRITTEN).flatmap(lambda all_of: st.integers(1, 3).map(lambda n: all_of[:n]))


@given(history, orders, st.lists(st.booleans(), min_size=24, max_size=24))
def test_the_columns_say_what_the_scalar_says(known, listed, lawful) -> None:
    past = results(*((*cell, *tally) for cell, tally in known.items()))
    debtors = np.array(DEBTORS)
    rates = channel_rates(past, debtors)
    order = channel_order(rates, listed)
    by_hour = hour_rates(past, debtors, order[:, 0])
    hours = best_hours(by_hour, np.array(lawful))
    told = reasons(rates, order[:, 0], by_hour, hours)
    own, everybody = defaultdict(dict), defaultdict(Tally)
    for (debtor, channel, hour), (deliveries, answers) in known.items():
        own[debtor][channel, hour] = Tally(deliveries, answers)
        before = everybody[channel, hour]
        everybody[channel, hour] = Tally(before.deliveries + deliveries, before.answers + answers)
    for row, debtor in enumerate(DEBTORS):
        best = best_contact(own[debtor], everybody, listed, lawful)
        assert tuple(WRITTEN[number] for number in order[row]) == best.channels
        assert hours[row] == best.hour
        assert told[row] == best.chosen


@given(counts, st.floats(0, 1), st.floats(0.1, 100))
def test_more_answers_never_lower_the_rate_nor_more_silence_raise_it(tally, base, weight) -> None:
    deliveries, answers = tally
    rate = answer_rate(float(answers), float(deliveries), base, weight)
    assert answer_rate(answers + 1.0, deliveries + 1.0, base, weight) >= rate - 1e-12
    assert answer_rate(float(answers), deliveries + 1.0, base, weight) <= rate
    assert -1e-12 <= rate <= 1 + 1e-12


@given(history)
def test_who_has_no_history_is_expected_to_answer_as_the_portfolio_does(known) -> None:
    past = results(*((*cell, *tally) for cell, tally in known.items() if cell[0] != 20))
    rates = channel_rates(past, np.array([20]))
    assert np.allclose(rates.rate, rates.base)
    by_hour = hour_rates(past, np.array([20]), np.array([1]))
    assert np.allclose(by_hour.rate, by_hour.base)


@given(history, st.sampled_from(DEBTORS), st.sampled_from(WRITTEN), st.integers(0, 23))
def test_one_more_answer_to_a_message_lowers_no_rate(known, debtor, channel, hour) -> None:
    deliveries, answers = known.get((debtor, channel, hour), (0, 0))
    answered = known | {(debtor, channel, hour): (deliveries + 1, answers + 1)}
    silent = known | {(debtor, channel, hour): (deliveries + 1, answers)}
    debtors, number = np.array(DEBTORS), np.full(len(DEBTORS), WRITTEN.index(channel))
    before, after = (results(*((*cell, *tally) for cell, tally in each.items())) for each in (silent, answered))
    assert (channel_rates(after, debtors).rate >= channel_rates(before, debtors).rate - 1e-12).all()
    assert (hour_rates(after, debtors, number).rate >= hour_rates(before, debtors, number).rate - 1e-12).all()


def test_without_any_history_the_list_decides_and_the_first_lawful_hour() -> None:
    rates = channel_rates(results(), np.array(DEBTORS))
    order = channel_order(rates, (Channel.WHATSAPP, Channel.EMAIL))
    assert order.tolist() == [[2, 0]] * 4
    by_hour = hour_rates(results(), np.array(DEBTORS), order[:, 0])
    assert best_hours(by_hour, np.array(DAY)).tolist() == [8] * 4
    assert best_hours(by_hour, np.zeros(24, dtype=bool)).tolist() == [-1] * 4
    assert "hour" not in reasons(rates, order[:, 0], by_hour, np.full(4, -1))[0]


def test_who_answers_e_mails_gets_an_e_mail_though_the_portfolio_answers_whatsapp() -> None:
    past = results((7, Channel.EMAIL, 10, 6, 5), (99, Channel.WHATSAPP, 18, 200, 80), (99, Channel.EMAIL, 10, 200, 10))
    rates = channel_rates(past, np.array([7, 3]))
    assert channel_order(rates, WRITTEN)[:, 0].tolist() == [0, 2]
    hours = best_hours(hour_rates(past, np.array([7, 3]), np.array([0, 2])), np.array(DAY))
    assert hours.tolist() == [10, 18]


@pytest.mark.parametrize(
    ("own", "rate"),
    [((0, 0), 0.2), ((5, 5), 0.6), ((5, 0), 0.1), ((1, 1), 1 / 3)],
    ids=["none", "always", "never", "once"],
)
def test_a_debtors_few_messages_are_drawn_towards_the_portfolio(own, rate) -> None:
    deliveries, answers = own
    assert answer_rate(float(answers), float(deliveries), 0.2) == pytest.approx(rate)


def test_no_debtors_are_no_rows() -> None:
    nobody = np.array([], dtype=np.int64)
    rates = channel_rates(results((7, Channel.SMS, 9, 3, 1)), nobody)
    assert channel_order(rates, WRITTEN).shape == (0, 3)
    assert reasons(rates, nobody) == []


def test_the_reason_is_told_with_its_counts() -> None:
    past = {(Channel.WHATSAPP, 18): Tally(3, 2)}
    best = best_contact(past, past | {(Channel.WHATSAPP, 9): Tally(7, 0)}, (Channel.WHATSAPP,), DAY)
    of_channel, of_hour = chosen_in_words(best.chosen, Channel.WHATSAPP, "en")
    assert of_channel == (
        "WhatsApp: 37.5 % answers expected. Of their own 2 of 3; in the portfolio 2 of 10, which weigh as 20.0 %."
    )
    assert of_hour.startswith("WhatsApp at 18:00: 39.")
    assert chosen_in_words({}, Channel.SMS, "en") == ["The channel is the first of the step's own that can be used."]

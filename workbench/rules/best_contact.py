"""On which channel and at which hour a debtor answers best: their own answers, drawn towards everybody's.

An answer is a reply, or a payment within three days (`queries.contact_results`). A debtor's few messages say little,
so their rate is `(answers + weight x base) / (deliveries + weight)`, the mean of a beta distribution whose prior is
worth `weight` messages at the rate of the portfolio; that one is drawn in the same way towards all channels together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from babel.numbers import format_decimal
from numpy.typing import NDArray

from models.interactions import Channel
from workbench.rules.law_words import CHANNELS
from workbench.rules.words import N_, translate

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Number = TypeVar("Number", float, NDArray[Any])

WRITTEN = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP)  # a channel's number in the columns is its place here
HOURS = 24
WEIGHT = 5.0  # after five messages of their own a debtor counts as much as the portfolio
HOUR_WEIGHT = 50.0  # fifty messages at an hour count as much as those of the whole channel


@dataclass(frozen=True, slots=True)
class Results:
    """What came of past messages: one row for a debtor, channel (its number) and hour of the day where they live."""

    debtor_id: I8
    channel: I8
    hour: I8
    deliveries: I8
    answers: I8


@dataclass(frozen=True, slots=True)
class Rates:
    """Expected shares of answers with the counts they were made of: a row a debtor, a column a channel (or an hour).

    `base` and its counts are the portfolio's for the same row and column.
    """

    rate: F8
    answers: I8
    deliveries: I8
    base: F8
    base_answers: I8
    base_deliveries: I8


def answer_rate(answers: Number, deliveries: Number, base: Number, weight: float = WEIGHT) -> Number:
    """The share of answers to expect, scalars or columns: `base` when nothing was delivered."""
    return (answers + weight * base) / (deliveries + weight)


def channel_rates(results: Results, debtor_id: I8) -> Rates:
    """How often each debtor is to be expected to answer on each of the written channels: columns of `WRITTEN`."""
    own_deliveries, own_answers = _own(results, debtor_id, results.channel, len(WRITTEN))
    deliveries, answers, base = _portfolio(results)
    shape = own_answers.shape
    everybody = np.broadcast_to(base, shape)
    return Rates(
        answer_rate(own_answers, own_deliveries, everybody),
        own_answers,
        own_deliveries,
        everybody,
        np.broadcast_to(answers, shape),
        np.broadcast_to(deliveries, shape),
    )


def channel_order(rates: Rates, listed: Sequence[Channel]) -> I8:
    """For each debtor the numbers of the listed channels, the best first; of equals the one listed first."""
    numbers = np.array([WRITTEN.index(channel) for channel in listed], dtype=np.int64)
    return numbers[np.argsort(-rates.rate[:, numbers], axis=1, kind="stable")]


def hour_rates(results: Results, debtor_id: I8, channel: I8) -> Rates:
    """How often each debtor is to be expected to answer at each of the 24 local hours on the channel chosen for them."""
    cell = results.channel * HOURS + results.hour
    wide = len(WRITTEN) * HOURS
    deliveries = np.bincount(cell, results.deliveries, wide).reshape(len(WRITTEN), HOURS)
    answers = np.bincount(cell, results.answers, wide).reshape(len(WRITTEN), HOURS)
    of_channel = np.repeat(_portfolio(results)[2][:, None], HOURS, axis=1)
    base = answer_rate(answers, deliveries, of_channel, HOUR_WEIGHT)
    chosen = _for_chosen(results, debtor_id, channel)
    own_deliveries, own_answers = _own(chosen, debtor_id, chosen.hour, HOURS)
    return Rates(
        answer_rate(own_answers, own_deliveries, base[channel]),
        own_answers,
        own_deliveries,
        base[channel],
        answers.astype(np.int64)[channel],
        deliveries.astype(np.int64)[channel],
    )


def best_hours(rates: Rates, lawful: NDArray[np.bool_]) -> I8:
    """For each debtor the hour with the highest rate among those allowed (24, or rows x 24), the earliest of equals.

    -1 where no hour is allowed.
    """
    allowed = np.broadcast_to(lawful, rates.rate.shape)
    best = np.argmax(np.where(allowed, rates.rate, -1.0), axis=1)
    return np.where(allowed.any(axis=1), best, -1).astype(np.int64)


def reasons(
    by_channel: Rates, channel: I8, by_hour: Rates | None = None, hour: I8 | None = None
) -> list[dict[str, Any]]:
    """For each debtor why this channel (and this hour) was chosen, as `message.chosen` keeps it."""
    channels = _counts(by_channel, channel)
    if by_hour is None or hour is None:
        return [{"channel": each} for each in channels]
    hours = _counts(by_hour, np.maximum(hour, 0))
    return [
        {"channel": each, "hour": {"at": at} | of_hour} if at >= 0 else {"channel": each}
        for each, at, of_hour in zip(channels, hour.tolist(), hours, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages arrived, and how many of them were answered."""

    deliveries: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Best:
    """The scalar twin of the columns: channels best first, the hour on the first of them (-1 = none), and why."""

    channels: tuple[Channel, ...]
    hour: int
    chosen: dict[str, Any]


Tallies = Mapping[tuple[Channel, int], Tally]  # by channel and local hour


def best_contact(own: Tallies, everybody: Tallies, listed: Sequence[Channel], lawful: Sequence[bool]) -> Best:
    """Where and when one debtor answers best; `everybody` is the portfolio, the debtor included."""
    base = {channel: answer_rate(*_counted(everybody, channel), _overall(everybody)) for channel in WRITTEN}
    rates = {channel: answer_rate(*_counted(own, channel), base[channel]) for channel in listed}
    order = tuple(sorted(listed, key=lambda channel: -rates[channel]))
    first = order[0]
    base_at = {hour: answer_rate(*_counted(everybody, first, hour), base[first], HOUR_WEIGHT) for hour in range(HOURS)}
    at = {hour: answer_rate(*_counted(own, first, hour), base_at[hour]) for hour in range(HOURS) if lawful[hour]}
    hour = max(at, key=lambda each: at[each], default=-1)
    chosen = {"channel": _reason(rates[first], _total(own, first), base[first], _total(everybody, first))}
    if hour >= 0:
        tallies = (own.get((first, hour), Tally()), everybody.get((first, hour), Tally()))
        chosen["hour"] = {"at": hour} | _reason(at[hour], tallies[0], base_at[hour], tallies[1])
    return Best(order, hour, chosen)


def chosen_in_words(chosen: Mapping[str, Any], channel: Channel, language: str) -> list[str]:
    """Why this channel and hour, as sentences; one that nothing was reckoned for is the step's own."""
    told = []
    if of_channel := chosen.get("channel"):
        told.append(_sentence(of_channel, language, name=translate(CHANNELS[channel], language)))
    else:
        told.append(translate(N_("The channel is the first of the step's own that can be used."), language))
    if of_hour := chosen.get("hour"):
        said = translate(N_("at {hour}"), language, hour=f"{of_hour['at']:02}:00")
        told.append(_sentence(of_hour, language, name=f"{translate(CHANNELS[channel], language)} {said}"))
    return told


def _sentence(counted: Mapping[str, Any], language: str, *, name: str) -> str:
    """The rate that decided, and everything it was made of."""
    locale = "es_419" if language == "es" else "en"
    rate, base = (format_decimal(100 * counted[each], "#,##0.0", locale=locale) for each in ("rate", "base"))
    return translate(
        N_(
            "{name}: {rate} % answers expected. Of their own {answers} of {deliveries}; in the portfolio "
            "{base_answers} of {base_deliveries}, which weigh as {base} %."
        ),
        language,
        **{**counted, "name": name, "rate": rate, "base": base},
    )


def _own(results: Results, debtor_id: I8, column: I8, width: int) -> tuple[I8, I8]:
    """Deliveries and answers of the debtors asked for, summed into `width` columns."""
    order = np.argsort(debtor_id, kind="stable")
    row = _row(debtor_id, order, results.debtor_id)
    known = row >= 0
    cell = row[known] * width + column[known]
    shape = (len(debtor_id), width)
    sums = [np.bincount(cell, each[known], shape[0] * width) for each in (results.deliveries, results.answers)]
    deliveries, answers = (each.astype(np.int64).reshape(shape) for each in sums)
    return deliveries, answers


def _row(debtor_id: I8, order: I8, wanted: I8) -> I8:
    """The place of each wanted debtor among `debtor_id`, -1 where it is not there."""
    if not len(debtor_id):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(debtor_id, wanted, sorter=order), len(debtor_id) - 1)
    row = order[place]
    return np.where(debtor_id[row] == wanted, row, -1).astype(np.int64)


def _for_chosen(results: Results, debtor_id: I8, channel: I8) -> Results:
    """Only the results on the channel that was chosen for their debtor."""
    row = _row(debtor_id, np.argsort(debtor_id, kind="stable"), results.debtor_id)
    kept = row >= 0
    kept[kept] = channel[row[kept]] == results.channel[kept]
    columns = (results.debtor_id, results.channel, results.hour, results.deliveries, results.answers)
    return Results(*(each[kept] for each in columns))


def _portfolio(results: Results) -> tuple[I8, I8, F8]:
    """Deliveries, answers and rate of each written channel, drawn towards all of them together."""
    deliveries = np.bincount(results.channel, results.deliveries, len(WRITTEN))
    answers = np.bincount(results.channel, results.answers, len(WRITTEN))
    total = deliveries.sum()
    overall = answers.sum() / total if total else 0.0
    base: F8 = answer_rate(answers, deliveries, np.full(len(WRITTEN), overall))
    return deliveries.astype(np.int64), answers.astype(np.int64), base


def _counts(rates: Rates, column: I8) -> list[dict[str, Any]]:
    row = np.arange(len(column))
    parts = (rates.rate, rates.answers, rates.deliveries, rates.base, rates.base_answers, rates.base_deliveries)
    rate, answers, deliveries, base, base_answers, base_deliveries = (part[row, column].tolist() for part in parts)
    return [
        _written(*each) for each in zip(rate, answers, deliveries, base, base_answers, base_deliveries, strict=True)
    ]


def _written(
    rate: float, answers: int, deliveries: int, base: float, base_answers: int, base_deliveries: int
) -> dict[str, Any]:
    return {
        "rate": round(rate, 4),
        "answers": answers,
        "deliveries": deliveries,
        "base": round(base, 4),
        "base_answers": base_answers,
        "base_deliveries": base_deliveries,
    }


def _reason(rate: float, own: Tally, base: float, everybody: Tally) -> dict[str, Any]:
    return _written(rate, own.answers, own.deliveries, base, everybody.answers, everybody.deliveries)


def _total(tallies: Tallies, channel: Channel) -> Tally:
    mine = [tally for (of, _), tally in tallies.items() if of == channel]
    return Tally(sum(tally.deliveries for tally in mine), sum(tally.answers for tally in mine))


def _counted(tallies: Tallies, channel: Channel, hour: int | None = None) -> tuple[float, float]:
    """Answers and deliveries, in the order of `answer_rate`."""
    tally = _total(tallies, channel) if hour is None else tallies.get((channel, hour), Tally())
    return float(tally.answers), float(tally.deliveries)


def _overall(tallies: Tallies) -> float:
    deliveries = sum(tally.deliveries for tally in tallies.values())
    return sum(tally.answers for tally in tallies.values()) / deliveries if deliveries else 0.0

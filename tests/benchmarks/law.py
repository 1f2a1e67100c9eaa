"""Contact law: one decision, warm and cold, and the next lawful minute of a million cases against a bare NumPy pass.

The bare pass reads the same columns once and knows no law: one gather by profile, one searchsorted of every case's
minute among a quarter's openings, one maximum, and one bincount of the history by case. Runs of both take turns, so
that a busy machine slows both. Peak memory is what NumPy and Python allocate above the columns given (tracemalloc,
in a run of its own).
"""

import argparse
import json
import os
import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np

from models.interactions import Channel
from workbench.rules.contact_law import Policy, Prior, Question, may_contact
from workbench.rules.law_columns import CHANNELS, NEVER, History, Profile, next_lawful
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_words import Level
from workbench.rules.limit_columns import IntArray
from workbench.rules.local_clock import minute_of

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # a Tuesday, at work everywhere below
DAY = 24 * 60
WITH_HISTORY, MOST_PRIORS, HISTORY_DAYS = 0.3, 6, 10
POLICY = Policy(hours=tuple((day, 9 * 60, 18 * 60) for day in range(5)), holidays_closed=True, daily_attempts=2)
PROFILES = (
    Profile("CO", ("America/Bogota",), Channel.CALL),
    Profile("CO", ("America/Bogota",), Channel.WHATSAPP),
    Profile("CL", ("America/Santiago",), Channel.CALL),
    Profile("CL", ("America/Santiago", "America/Punta_Arenas"), Channel.EMAIL),
    Profile("MX", ("America/Mexico_City",), Channel.CALL),
    Profile("MX", ("America/Tijuana", "America/Hermosillo"), Channel.CALL, policy=POLICY),
    Profile("PE", ("America/Lima",), Channel.CALL),
    Profile("PE", ("America/Lima",), Channel.SMS),
    Profile("EC", ("America/Guayaquil",), Channel.CALL),
    Profile("EC", ("America/Guayaquil",), Channel.WHATSAPP, policy=POLICY),
    Profile("BR", ("America/Sao_Paulo",), Channel.CALL, region="SP"),
    Profile("BR", ("America/Manaus",), Channel.CALL),
)
OUTCOMES = ("no_answer", "no_answer", "busy", "delivered", "answered")


def single(rounds: int) -> dict[str, Any]:
    """Microseconds of a decision over all countries, channels and 0 to 10 priors, each asked before (warm) or not."""
    start = time.perf_counter()
    laws = jurisdictions()
    read = time.perf_counter() - start
    questions = _questions(np.random.default_rng(1), list(laws))
    first: dict[str, float] = {}
    for each in questions:
        if each.country not in first:
            first[each.country] = _seconds(partial(may_contact, each))
    for each in questions:
        may_contact(each)
    took = np.array([_seconds(partial(may_contact, each)) for _ in range(rounds) for each in questions]) * 1e6
    allowed = np.array([may_contact(each).allowed for each in questions] * rounds)
    return {
        "countries": len(laws),
        "decisions": len(took),
        "p50_us": round(float(np.percentile(took, 50)), 1),
        "p95_us": round(float(np.percentile(took, 95)), 1),
        "allowed_p50_us": round(float(np.percentile(took[allowed], 50)), 1),
        "denied_p50_us": round(float(np.percentile(took[~allowed], 50)), 1),
        "denied_share": round(float(1 - allowed.mean()), 2),
        "read_all_laws_ms": round(read * 1e3, 1),
        "first_of_a_country_ms": round(statistics.median(first.values()) * 1e3, 2),
        "slowest_first_ms": round(max(first.values()) * 1e3, 2),
    }


def _questions(chance: np.random.Generator, countries: list[str], count: int = 2000) -> list[Question]:
    """Mostly asked by day in the last week of November, as agents do."""
    found = []
    for number in range(count):
        law = jurisdictions()[countries[number % len(countries)]]
        at = NOW + timedelta(minutes=int(chance.integers(-10 * 60, 10 * 60)), days=int(chance.integers(0, 7)))
        priors = tuple(
            Prior(
                at - timedelta(minutes=int(chance.integers(1, HISTORY_DAYS * DAY))),
                CHANNELS[int(chance.integers(len(CHANNELS)))],
                OUTCOMES[int(chance.integers(len(OUTCOMES)))],
            )
            for _ in range(int(chance.integers(0, 11)))
        )
        channel = CHANNELS[int(chance.integers(len(CHANNELS)))]
        found.append(Question(law.country, at, law.zones[:1], channel, priors=priors))
    return found


def _seconds(deed: Callable[[], Any]) -> float:
    start = time.perf_counter()
    deed()
    return time.perf_counter() - start


def columns(cases: int, *, own_minutes: bool, rounds: int) -> dict[str, Any]:
    """Seconds of the next lawful minute of so many cases; all asked at one minute, or each at its own of a week."""
    chance = np.random.default_rng(2)
    now = minute_of(NOW)
    profile = chance.integers(0, len(PROFILES), cases)
    minutes = now + chance.integers(0, 7 * DAY, cases) if own_minutes else np.full(cases, now)
    at = minutes if own_minutes else now
    history = _history(chance, cases, now)
    openings = now + np.arange(0, 92 * DAY, DAY)
    by_profile = now + chance.integers(0, DAY, len(PROFILES))
    turns = [
        (
            _seconds(lambda: _bare(profile, by_profile, openings, minutes, history)),
            _seconds(lambda: next_lawful(PROFILES, profile, at, history)),
        )
        for _ in range(rounds + 1)
    ]
    tracemalloc.start()
    found = next_lawful(PROFILES, profile, at, history)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    bare, ours = (statistics.median(each[side] for each in turns[1:]) for side in (0, 1))
    return {
        "asked": "each at its own minute" if own_minutes else "all at one minute",
        "cases": cases,
        "earlier_contacts": len(history.case),
        "seconds": round(ours, 3),
        "first_seconds": round(turns[0][1], 3),
        "bare_seconds": round(bare, 3),
        "ratio": round(statistics.median(each[1] / each[0] for each in turns[1:]), 1),
        "peak_mb": round(peak / 1e6),
        "lawful_now": round(float((found == minutes).mean()), 3),
        "never": round(float((found == NEVER).mean()), 3),
    }


def _history(chance: np.random.Generator, cases: int, now: int) -> History:
    """One to six contacts of the last ten days for three cases in ten, in no order."""
    having = chance.choice(cases, int(cases * WITH_HISTORY), replace=False)
    case = np.repeat(having, chance.integers(1, MOST_PRIORS + 1, len(having)))
    chance.shuffle(case)
    count = len(case)
    levels = np.array([Level.ATTEMPT, Level.ATTEMPT, Level.ATTEMPT, Level.DELIVERY, Level.CONTACT])
    return History(
        case,
        now - chance.integers(1, HISTORY_DAYS * DAY, count),
        levels[chance.integers(0, len(levels), count)],
        chance.integers(0, len(CHANNELS), count),
    )


def _bare(
    profile: IntArray, by_profile: IntArray, openings: IntArray, minutes: IntArray, history: History
) -> tuple[IntArray, IntArray, IntArray]:
    first = by_profile[profile]
    found = np.searchsorted(openings, minutes)
    counted = np.bincount(history.case, minlength=len(profile))
    return np.maximum(first, minutes), found, counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    one = single(asked.rounds)
    runs = [columns(asked.cases, own_minutes=own, rounds=asked.rounds) for own in (False, True)]
    load = round(os.getloadavg()[0], 1)
    if asked.json:
        print(json.dumps({"single": one, "columns": runs, "load": load}, indent=2))
        return
    print(
        f"one decision, {one['countries']} countries, 0 to 10 earlier contacts, {one['denied_share']:.0%} denied: "
        f"p50 {one['p50_us']} µs, p95 {one['p95_us']} µs (allowed p50 {one['allowed_p50_us']}, denied {one['denied_p50_us']})\n"
        f"cold: {one['read_all_laws_ms']} ms to read all laws once a process, then {one['first_of_a_country_ms']} ms "
        f"for a country's first decision ({one['slowest_first_ms']} ms for the very first, with the import of the holidays)"
    )
    for run in runs:
        print(
            f"{run['cases']:,} cases, {len(PROFILES)} profiles, {run['earlier_contacts']:,} earlier contacts, {run['asked']}: "
            f"{run['seconds']} s (first {run['first_seconds']} s) | bare {run['bare_seconds']} s | ratio {run['ratio']} | "
            f"peak {run['peak_mb']} MB | lawful now {run['lawful_now']:.0%}, never {run['never']:.0%}"
        )
    print(f"medians of {asked.rounds} rounds; load {load}")


if __name__ == "__main__":
    main()

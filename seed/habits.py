"""How debtors pay when nobody watches: the forgetful soon, the unwilling when pressed, those in trouble hardly at all."""

import numpy as np

from seed.debts import Flags, Numbers, Reals
from seed.traits import Traits

PAY_DAYS = frozenset({1, 2, 15, 16, 30, 31})
SUNDAY = 6
TALK_LASTS = 6  # days on which a talk still works
CUT_OFF = 30  # days past due after which the creditor bills no more: the line is cut, the loan renegotiated


def _gate(trait: Reals) -> Reals:
    """From hardly to fully, around the middle: below it one cannot, above it one can."""
    return np.asarray(1 / (1 + np.exp((0.5 - trait) / 0.07)))


def chance_to_pay(found: Traits, day: int, days_late: Numbers, days_since_talk: Numbers) -> Reals:
    """The chance that each debtor pays on an ordinary day; `days_late` is 0 on the due day itself.

    Three ways lead to money: they remember by themselves, they give in as the delay grows, or somebody spoke to them.
    """
    able, willing = _gate(found.able_on(day)), _gate(found.willing)
    remembers = able * willing * np.where(days_late == 0, 0.5 * np.sqrt(found.prompt), found.prompt)
    gives_in = able * (1 - willing) * 0.022 * (days_late / 25).clip(0, 1)
    urged = able * (0.20 * willing + 0.07 * (1 - willing)) + 0.008
    spoken = (days_since_talk >= 0) & (days_since_talk < TALK_LASTS)
    return np.asarray((remembers + gives_in + 0.0025 + np.where(spoken, urged, 0.0)).clip(0, 0.95))


def calendar_factor(day_of_month: int, weekday: int) -> float:
    """More money comes in on pay days, little on Sundays."""
    return (1.5 if day_of_month in PAY_DAYS else 0.9) * (0.4 if weekday == SUNDAY else 1.0)


def pays_whole(found: Traits, day: int, random: np.random.Generator) -> Flags:
    """Who pays everything that is past due, and not a part of it."""
    return np.asarray(random.random(len(found.able)) < 0.15 + 0.75 * _gate(found.able_on(day)))


def keeps_promise(found: Traits, day: int) -> Reals:
    """The chance that a promise made on this day is kept."""
    return np.asarray(0.04 + 0.74 * _gate(found.able_on(day)) * (0.4 + 0.6 * found.willing))

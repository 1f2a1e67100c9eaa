"""What nobody sees of a debtor: whether they can pay, want to, and when they pick up."""

from dataclasses import dataclass

import numpy as np

from seed.debts import YEAR, Numbers, Reals


@dataclass(frozen=True, slots=True)
class Traits:
    """One row per case; shares from 0 to 1, days as in `Calendar`."""

    able: Reals
    willing: Reals
    prompt: Reals  # chance to remember an unpaid bill on a day
    slump_from: Numbers  # the days of a bad time in which they can hardly pay
    slump_until: Numbers
    reachable: Reals  # chance to answer at the best hour
    best_hour: Reals  # local hour of the day
    weekday_factor: Reals  # (case, weekday): 1 on good days
    phone_quality: Numbers  # (case, phone): see the constants below; NO_PHONE where there is none

    def able_on(self, day: int) -> Reals:
        """How able they are on a day: hardly at all in their bad time."""
        return np.where((self.slump_from <= day) & (day < self.slump_until), 0.25 * self.able, self.able)


NO_PHONE, RIGHT, SHARED, DEAD, WRONG = range(5)
MOST_PHONES = 3

# Four kinds of debtor: the forgetful, the unwilling, those who struggle for a while, the hopeless. Their shares of the
# book, how able and how willing they are (beta), and how many of them fall on a bad time.
KIND_SHARES = (0.73, 0.10, 0.13, 0.04)
ABLE = np.array([(10, 2), (8, 2.5), (8, 2), (2, 7)])
WILLING = np.array([(9, 2), (2.5, 7), (8, 2), (3, 4)])
SLUMPS = np.array([0.08, 0.08, 1.0, 0.0])


def traits(phone_counts: Numbers, random: np.random.Generator) -> Traits:
    """Draws everybody's traits: most forget and pay, some will not, some cannot for a while, a few never can."""
    cases = len(phone_counts)
    kind = random.choice(len(KIND_SHARES), cases, p=KIND_SHARES)
    slumps = random.random(cases) < SLUMPS[kind]
    start = random.integers(-60, YEAR, cases)
    weekdays = random.uniform(0.5, 1.0, (cases, 7))
    quality = random.choice([RIGHT, SHARED, DEAD, WRONG], (cases, MOST_PHONES), p=[0.72, 0.12, 0.08, 0.08])
    quality[np.arange(MOST_PHONES) >= phone_counts[:, None]] = NO_PHONE
    return Traits(
        able=random.beta(*ABLE[kind].T),
        willing=random.beta(*WILLING[kind].T),
        prompt=random.uniform(0.08, 0.31, cases),
        slump_from=np.where(slumps, start, YEAR),
        slump_until=start + random.lognormal(4.5, 0.5, cases).astype(np.int64),
        reachable=random.beta(6.0, 4.6, cases),
        best_hour=random.choice([9.0, 12.5, 18.0], cases, p=[0.3, 0.3, 0.4]) + random.normal(0, 0.7, cases),
        weekday_factor=weekdays,
        phone_quality=quality,
    )


def answers(found: Traits, case: Numbers, hour: Reals, weekday: int) -> Reals:
    """The chance that each debtor picks up at this local hour: best near their hour, a third of it far away."""
    near = np.exp(-(((hour - found.best_hour[case]) / 2.2) ** 2))
    return np.asarray(found.reachable[case] * (0.33 + 0.67 * near) * found.weekday_factor[case, weekday])

"""What nobody sees of a debtor: whether they can pay, want to, and when they pick up."""

from dataclasses import dataclass

import numpy as np

from seed.debts import Numbers, Reals


@dataclass(frozen=True, slots=True)
class Traits:
    """One row per case; shares from 0 to 1."""

    able: Reals
    willing: Reals
    reachable: Reals  # chance to answer at the best hour
    best_hour: Reals  # local hour of the day
    weekday_factor: Reals  # (case, weekday): 1 on good days
    phone_quality: Numbers  # (case, phone): see the constants below; NO_PHONE where there is none

    @property
    def good(self) -> Reals:
        """How well they pay when left alone: both are needed, one cannot stand in for the other."""
        return np.sqrt(self.able * self.willing)


NO_PHONE, RIGHT, SHARED, DEAD, WRONG = range(5)
MOST_PHONES = 3


def traits(phone_counts: Numbers, random: np.random.Generator) -> Traits:
    """Draws everybody's traits: good payers, the middling and the hopeless, as a book in collection has them."""
    cases = len(phone_counts)
    kind = random.choice(3, cases, p=[0.42, 0.36, 0.22])
    shape_able = np.array([[7, 1.6], [4, 4], [1.8, 6]])[kind]
    shape_willing = np.array([[8, 1.4], [4, 3.5], [2.2, 5]])[kind]
    weekdays = random.uniform(0.5, 1.0, (cases, 7))
    quality = random.choice([RIGHT, SHARED, DEAD, WRONG], (cases, MOST_PHONES), p=[0.72, 0.12, 0.08, 0.08])
    quality[np.arange(MOST_PHONES) >= phone_counts[:, None]] = NO_PHONE
    return Traits(
        able=random.beta(shape_able[:, 0], shape_able[:, 1]),
        willing=random.beta(shape_willing[:, 0], shape_willing[:, 1]),
        reachable=random.beta(2.6, 2.2, cases),
        best_hour=random.choice([9.0, 12.5, 18.0], cases, p=[0.3, 0.3, 0.4]) + random.normal(0, 0.7, cases),
        weekday_factor=weekdays,
        phone_quality=quality,
    )


def answers(found: Traits, case: Numbers, hour: Reals, weekday: int) -> Reals:
    """The chance that each debtor picks up at this local hour: best near their hour, a third of it far away."""
    near = np.exp(-(((hour - found.best_hour[case]) / 2.2) ** 2))
    return np.asarray(found.reachable[case] * (0.33 + 0.67 * near) * found.weekday_factor[case, weekday])

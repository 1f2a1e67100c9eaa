"""What may be dealt to somebody: how much at most, and which work they know; nothing said is no limit."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.cases import Stage
from workbench.rules.refusals import Refused

CASE_CAP_LIMIT = 1_000_000
REASON_LIMIT = 200
LONGEST_ABSENCE_DAYS = 400  # a year's leave and its edges; more is a mistyped year
_BALANCE_LIMIT = Decimal(10) ** 16
_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True)
class Skills:
    """Caps and skills of one person: `case_cap` cases owned at most, `balance_cap` the largest balance of one case.

    Of `stages`, `languages` (two letters) and `portfolio_ids` an empty set knows them all.
    """

    case_cap: int | None = None
    balance_cap: Decimal | None = None
    stages: frozenset[Stage] = frozenset()
    languages: frozenset[str] = frozenset()
    portfolio_ids: frozenset[int] = frozenset()


def check_skills(skills: Skills) -> None:
    """Refuses caps and skills that nobody can have."""
    if skills.case_cap is not None and not 0 <= skills.case_cap <= CASE_CAP_LIMIT:
        raise Refused("The most cases of one person is between 0 and {limit}.", limit=CASE_CAP_LIMIT)
    if skills.balance_cap is not None and not 0 < skills.balance_cap < _BALANCE_LIMIT:
        raise Refused("The largest balance of one case must be more than zero.")
    if wrong := sorted(each for each in skills.languages if not _LANGUAGE.fullmatch(each)):
        raise Refused("A language has two letters, such as es: {wrong}.", wrong=", ".join(wrong))


def check_absence(from_on: date, until_on: date, reason: str, *, on: date) -> None:
    """Refuses days that end before they begin, are over, or are too many, and a reason that is too long."""
    if until_on < from_on:
        raise Refused("The last day comes before the first.")
    if until_on < on:
        raise Refused("These days are already over.")
    if (until_on - from_on).days >= LONGEST_ABSENCE_DAYS:
        raise Refused("An absence lasts at most {days} days.", days=LONGEST_ABSENCE_DAYS)
    if len(reason) > REASON_LIMIT:
        raise Refused("The reason has at most {limit} characters.", limit=REASON_LIMIT)

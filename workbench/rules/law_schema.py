"""What a file of `workbench/contact_law` may say: one country's readings, regimes, regions, sources and rules.

Every rule cites its law, its article and its source, and says how sure we are of it. `docs/contact-law.md`
explains how to read and write one.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.interactions import Channel
from workbench.rules.law_words import FACTS, FORM_FIELDS, PURPOSES, Counted, Target

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
LONGEST_DAYS = 31  # earlier contacts are read no farther back than a limit may look
_PERIOD = re.compile(r"day|iso_week|(\d+) days")
_WAIT = re.compile(r"[1-9]\d? hours|(\d+) clear days")


class Confidence(StrEnum):
    """How a fact is known: the wording was read, somebody reports it, we chose it, or it is only remembered."""

    TEXT = "text"
    SECONDARY = "secondary"
    POLICY = "policy"
    MEMORY = "memory"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(_Strict):
    """The same sentence in the languages of the product."""

    es: str = Field(min_length=3)
    en: str = Field(min_length=3)

    def in_language(self, language: str) -> str:
        """The sentence in a language."""
        return self.en if language == "en" else self.es


class Source(_Strict):
    """Where a rule was read; `kind` says whether it is the law itself or somebody's report of it."""

    title: str = Field(min_length=3)
    kind: Literal["law", "authority", "court", "report"]
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None


class Option(_Strict):
    """One way to read a disputed text; `also` are other names it is known by."""

    says: Said
    source: str | None = None
    confidence: Confidence = Confidence.POLICY
    also: tuple[str, ...] = ()


class Reading(_Strict):
    """One question the text leaves open, its answers, and the answer used unless a portfolio chooses another."""

    about: Said
    default: str
    options: dict[str, Option] = Field(min_length=1)

    @model_validator(mode="after")
    def _default_is_an_option(self) -> "Reading":
        if self.default not in self.options:
            raise ValueError(f"the default “{self.default}” is none of the options: {', '.join(self.options)}")
        return self


class Regime(Said):
    """Some creditors' own law, in a sentence; `also` are other names it is known by."""

    also: tuple[str, ...] = ()


class Regimes(_Strict):
    """Which creditors' law applies: the default and the others, each with a sentence."""

    default: str
    options: dict[str, Regime] = Field(min_length=1)

    @model_validator(mode="after")
    def _default_is_an_option(self) -> "Regimes":
        if self.default not in self.options:
            raise ValueError(f"the default “{self.default}” is none of the options: {', '.join(self.options)}")
        return self


class Region(_Strict):
    """A state or province with law or holidays of its own; `holidays` is its code in the package `holidays`."""

    name: str
    also: tuple[str, ...] = ()
    regime: str | None = None
    holidays: str | None = None


class ExtraDay(_Strict):
    """A holiday that the package `holidays` lacks; `month_day` (MM-DD) every year, or one `day`; in one region or all."""

    name: str
    day: date | None = None  # not “on”: YAML reads that as yes
    month_day: Annotated[str, Field(pattern=r"^\d\d-\d\d$")] | None = None
    region: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "ExtraDay":
        if (self.day is None) == (self.month_day is None):
            raise ValueError("give either day or month_day")
        return self


class Holidays(_Strict):
    """The calendar: the package's categories, what it lacks and what it lists although it is no holiday of the law."""

    categories: tuple[str, ...] = ("public",)
    add: tuple[ExtraDay, ...] = ()
    drop: tuple[str | date, ...] = ()  # names as the package gives them in Spanish or its own language, or days


class InForce(_Strict):
    """First and last day of a rule; none = open."""

    since: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "InForce":
        if self.since and self.until and self.until < self.since:
            raise ValueError("until lies before from")
        return self


def _period(value: str) -> str:
    if not _in_reach(_PERIOD.fullmatch(value)):
        raise ValueError(f"write day, iso_week or 1 to {LONGEST_DAYS} days, as “7 days”")
    return value


def _wait(value: str) -> str:
    if not _in_reach(_WAIT.fullmatch(value)):
        raise ValueError(f"write 1 to 99 hours or 1 to {LONGEST_DAYS} clear days, as “48 hours”")
    return value


def _in_reach(read: re.Match[str] | None) -> bool:
    return read is not None and (read[1] is None or 1 <= int(read[1]) <= LONGEST_DAYS)


Period = Annotated[str, AfterValidator(_period)]
Wait = Annotated[str, AfterValidator(_wait)]


class _Rule(_Strict):
    """What all rules have; no `reading`, `regime` or `region` = always; no `channels` = all of them."""

    id: Annotated[str, Field(pattern=r"^([a-z]{2}|policy)\.[a-z0-9_.]+$")]
    law: str = Field(min_length=3)
    article: str = ""
    source: tuple[str, ...] = ()
    confidence: Confidence
    in_force: InForce = InForce.model_validate({})
    reading: tuple[str, ...] = ()
    regime: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = tuple(Channel)
    says: Said

    @property
    def citation(self) -> str:
        """Law and article in one."""
        return f"{self.law} {self.article}".strip()


class Hours(_Rule):
    """Opening hours by weekday, half-open: at the closing minute it is too late, unless that minute is included."""

    kind: Literal["hours"]
    hours: dict[str, str] = Field(min_length=1)
    closing_minute: Literal["excluded", "included"] = "excluded"

    @model_validator(mode="after")
    def _readable(self) -> "Hours":
        assert self.week
        return self

    @cached_property
    def week(self) -> dict[int, tuple[int, int]]:
        """Weekday (Monday = 0) to first and first closed minute of the local day."""
        week: dict[int, tuple[int, int]] = {}
        for days, span in self.hours.items():
            for weekday in _weekdays(days):
                if weekday in week:
                    raise ValueError(f"{WEEKDAYS[weekday]} is given twice")
                week[weekday] = self._span(span)
        return week

    def _span(self, span: str) -> tuple[int, int]:
        read = _HOURS.fullmatch(span)
        if not read:
            raise ValueError(f"“{span}” are no hours: write opening-closing, as 08:00-15:00")
        opens = int(read[1]) * 60 + int(read[2])
        closes = int(read[3]) * 60 + int(read[4]) if read[3] else 24 * 60
        if opens >= closes:
            raise ValueError(f"“{span}” opens after it closes: write opening-closing, as 08:00-15:00")
        return opens, min(closes + (self.closing_minute == "included"), 24 * 60)


class Closed(_Rule):
    """Days without contact: weekdays, holidays or both."""

    kind: Literal["closed"]
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    holidays: bool = False

    @model_validator(mode="after")
    def _closes_something(self) -> "Closed":
        if not self.days and not self.holidays:
            raise ValueError("this rule closes nothing: give days, holidays: true, or both")
        return self


class Cap(_Rule):
    """At most `max` a period: what is counted, on which channels, per person or per debt.

    `only_other_channels` counts what came by another channel than the one asked for, `only_same_channel` by the same;
    `after_contact` counts only what followed the day's first real contact; `extra_after_contact` raises the limit on the
    day of a contact.
    """

    kind: Literal["cap"]
    max: int = Field(ge=1)
    per: Period | dict[str, Period]
    counts: Counted | dict[str, Counted]
    of: Literal["person", "debt"] = "person"
    counted_channels: tuple[Channel, ...] | None = None
    only_other_channels: bool = False
    only_same_channel: bool = False
    after_contact: bool = False
    extra_after_contact: int = Field(default=0, ge=0)


class Gap(_Rule):
    """How long after a contact the next one may come."""

    kind: Literal["gap"]
    wait: Wait | dict[str, Wait]
    counts: Counted | dict[str, Counted]
    of: Literal["person", "debt"] = "person"
    counted_channels: tuple[Channel, ...] | None = None


class Ban(_Rule):
    """What time does not cure: a channel, a person, a fact. All conditions given must hold; any of `unless` lifts it."""

    kind: Literal["ban"]
    targets: tuple[Target, ...] = ()
    targets_except: tuple[Target, ...] = ()
    when: dict[str, Any] = Field(default_factory=dict)
    unless: tuple[dict[str, Any], ...] = ()

    @model_validator(mode="after")
    def _bans_something_known(self) -> "Ban":
        _check_facts(self.when, *self.unless)
        if not (self.targets or self.targets_except or self.when or len(self.channels) < len(Channel)):
            raise ValueError("this ban forbids everything: give channels, targets, targets_except or when")
        if self.targets and self.targets_except:
            raise ValueError("give targets or targets_except, not both")
        return self


class Lift(_Rule):
    """An exception: rules that do not hold for a purpose or where facts say so."""

    kind: Literal["exception"]
    lifts: tuple[str, ...] = Field(min_length=1)
    purposes: tuple[str, ...] = ()
    when: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _lifts_for_a_reason(self) -> "Lift":
        _check_facts(self.when)
        if not self.purposes and not self.when:
            raise ValueError("an exception needs purposes or when")
        for purpose in (purpose for purpose in self.purposes if purpose not in PURPOSES):
            raise ValueError(f"there is no purpose “{purpose}”; known are: {', '.join(PURPOSES)}")
        return self


class Request(_Rule):
    """The debtor's own later wish for other hours: the window asked for is open besides the law's own."""

    kind: Literal["request"]
    widens: tuple[str, ...] = Field(min_length=1)
    outside_the_contract: bool = False


class Disclosure(_Rule):
    """What has to be said to the debtor."""

    kind: Literal["disclosure"]
    at: Literal["first_contact", "every_contact"]


class NotAsked(_Rule):
    """A field of the outcome form that may not be required nor shown."""

    kind: Literal["not_asked"]
    field: str

    @model_validator(mode="after")
    def _known(self) -> "NotAsked":
        if self.field not in FORM_FIELDS:
            raise ValueError(f"there is no field “{self.field}”; known are: {', '.join(FORM_FIELDS)}")
        return self


class Retention(_Rule):
    """How long the record of contacts is kept, in years from the last."""

    kind: Literal["retention"]
    years: int = Field(gt=0)


class Duty(_Rule):
    """What people have to know and no machine checks: content, caller number, notices, costs, sanctions."""

    kind: Literal["duty"]
    topic: Literal["content", "caller_id", "notice", "recording", "costs", "limitation", "sanction", "privacy", "other"]


LawRule = Annotated[
    Hours | Closed | Cap | Gap | Ban | Lift | Request | Disclosure | NotAsked | Retention | Duty,
    Field(discriminator="kind"),
]


class Jurisdiction(_Strict):
    """One country's law of collection contacts."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    name: Said
    checked_on: date
    scope: Said
    known_law: bool = True  # false = nothing binding was found: all of it is policy
    zones: tuple[str, ...] = Field(min_length=1)
    holidays: Holidays = Holidays()
    readings: dict[str, Reading] = Field(default_factory=dict)
    regimes: Regimes | None = None
    regions: dict[str, Region] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    rules: tuple[LawRule, ...] = Field(min_length=1)
    open_questions: tuple[Said, ...] = ()

    def __hash__(self) -> int:
        return id(self)  # read once and remembered by what it is, not by what it says

    @property
    def options(self) -> dict[str, str]:
        """Every reading's name to the question it answers."""
        return {option: axis for axis, reading in self.readings.items() for option in reading.options}


def _weekdays(days: str) -> Iterator[int]:
    first, _, last = days.partition("-")
    if first == "all" and not last:
        yield from range(7)
        return
    if first not in WEEKDAYS or (last and last not in WEEKDAYS):
        raise ValueError(f"“{days}” are no days: write mon-fri, sat or all")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < start:
        raise ValueError(f"“{days}” runs backwards")
    yield from range(start, end + 1)


def _check_facts(*conditions: Mapping[str, Any]) -> None:
    for fact in (fact for condition in conditions for fact in condition if fact not in FACTS):
        raise ValueError(f"there is no fact “{fact}”; known are: {', '.join(FACTS)}")

"""Named rules for the order of the queue: each multiplies the score of some cases, or keeps them out of it.

Multipliers multiply and a ban wins, so that the order in which rules are written says nothing. A rule asks for the
columns of `rules.nights.judge` (`days`, `stage`, `balance`, `past_due` and `broken`) and for those that
`queries.order_facts` reads only when some rule asks for them:
    products, regions, cities, countries, zones, references, teams
                                  bits: 2**n is set where the case has the nth name of `names_of`
    segments                      the same; made of the columns `segment_*` by `segmented`
    channels                      bits: 2**n is set where the debtor can be reached by the nth of `CHANNELS`
    has_phone, has_email, owned   1 = yes
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from models.cases import Stage
from models.interactions import Channel
from workbench.rules.ageing import STAGES, StageThresholds, stage
from workbench.rules.names import fold
from workbench.rules.strategy_ladders import segments_of
from workbench.rules.strategy_schema import WRITTEN, Amount, Between, Code, Count, DayPastDue, Definition, Name, Strict
from workbench.rules.zones import COUNTRIES

Columns = Mapping[str, NDArray[Any]]
Mask = NDArray[np.bool_]

LEAST, MOST = 0.1, 10.0  # a multiplier beyond them is a ban, or a band, in disguise
MOST_RULES = 30
MOST_NAMES = 62  # of one noun in all rules: a case's are the bits of one number
NOT_BANNED = -1
NOUNS = ("products", "regions", "cities", "countries", "zones", "references", "segments", "teams")
CHANNELS = (Channel.CALL, *WRITTEN)
# what a segment's conditions ask of a case beside its stage and its risk, as `strategy_ladders` names them
SEGMENT = ("day", "amount", "settled", "late", "broken", "products", "regions", "cities")
FLAGS = ("has_phone", "has_email", "owned")
_RANGES = (("days_past_due", "days", 1), ("balance", "balance", 100), ("past_due", "past_due", 100), ("broken", "broken", 1))  # fmt: skip


def _country(written: str) -> str:
    code = written.strip().upper()
    if code not in COUNTRIES:
        raise PydanticCustomError("country", "unknown country")
    return code


def _reach(channel: Channel) -> Channel:
    if channel not in CHANNELS:
        raise PydanticCustomError("reach", "no such channel here")
    return channel


Country = Annotated[str, AfterValidator(_country)]
Reach = Annotated[Channel, AfterValidator(_reach)]


class When(Strict):
    """Whom a rule is about: all of these hold; what is empty is not asked. Names are compared without accents and capitals."""

    stages: tuple[Stage, ...] = ()
    days_past_due: Between[DayPastDue] = Between[DayPastDue]()
    balance: Between[Amount] = Between[Amount]()  # in the portfolio's currency
    past_due: Between[Amount] = Between[Amount]()
    broken: Between[Count] = Between[Count]()  # promises broken
    products: tuple[Name, ...] = ()  # of accounts that still owe
    regions: tuple[Name, ...] = ()
    cities: tuple[Name, ...] = ()
    countries: tuple[Country, ...] = ()  # where the debtor's time zone is
    zones: tuple[Name, ...] = ()  # IANA time zones of debtors
    references: tuple[Name, ...] = ()  # the creditor's own codes of debtors
    segments: tuple[Code, ...] = ()  # of the strategy in force
    teams: tuple[Name, ...] = ()  # codes of teams: the owner is in one of them
    channels: tuple[Reach, ...] = ()  # by one of these the debtor can be reached
    without_channels: tuple[Reach, ...] = ()  # and by none of these
    has_phone: bool | None = None  # one that works
    has_email: bool | None = None
    owned: bool | None = None  # by an agent


class Rule(Strict):
    """One named rule: a multiplier of the score, or a ban with its reason."""

    name: Name
    when: When = When()
    multiplier: Annotated[float, Field(ge=LEAST, le=MOST, allow_inf_nan=False)] | None = None
    ban: Annotated[str, Field(min_length=1, max_length=200)] | None = None

    def as_json(self) -> dict[str, Any]:
        """The rule as the database keeps it."""
        return self.model_dump(mode="json", exclude_defaults=True)


class Written(Strict):
    """All rules of one version, as somebody wrote them."""

    rules: Annotated[tuple[Rule, ...], Field(max_length=MOST_RULES)] = ()


Rules = tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What the rules do to each case: its multiplier, and the place of the rule that bans it (`NOT_BANNED` = none)."""

    multiplier: NDArray[np.float64]
    banned: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Told:
    """One rule that holds for a case, as its card says it: `times` its multiplier, or `ban` why it is kept out."""

    name: str
    times: float | None
    ban: str | None


def as_json(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The rules as a version keeps them."""
    return [rule.as_json() for rule in rules]


def key_of(rules: Iterable[Rule]) -> str:
    """A fingerprint of what these rules do: the same for the same rules in another order."""
    said = json.dumps(as_json(_by_name(rules)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()


def apply(columns: Columns, rules: Sequence[Rule]) -> Applied:
    """Multipliers and bans over a column of cases.

    Rules are gone through by name, so that another order gives the same bytes; of several bans the first by name counts.
    """
    cases = len(columns["days"])
    multiplier, banned = np.ones(cases), np.full(cases, NOT_BANNED, dtype=np.int64)
    names, places = names_of(rules), {id(rule): place for place, rule in enumerate(rules)}
    for rule in _by_name(rules):
        rows = holds(rule.when, columns, names)
        if rule.ban is not None:
            banned[rows & (banned == NOT_BANNED)] = places[id(rule)]
        elif rule.multiplier is not None:
            multiplier[rows] *= rule.multiplier
    return Applied(multiplier, banned)


def told(columns: Columns, rules: Sequence[Rule]) -> list[tuple[Told, ...]]:
    """The rules that hold for each case: bans first, then what multiplies most; what multiplies by one is not told."""
    names = names_of(rules)
    masks = [(rule, holds(rule.when, columns, names)) for rule in _by_name(rules) if rule.multiplier != 1]
    masks.sort(key=lambda pair: -_strength(pair[0]))
    return [
        tuple(Told(rule.name, rule.multiplier, rule.ban) for rule, mask in masks if mask[row])
        for row in range(len(columns["days"]))
    ]


def touched(columns: Columns, rules: Sequence[Rule]) -> dict[str, int]:
    """For how many cases each rule holds, by its name."""
    names = names_of(rules)
    return {rule.name: int(holds(rule.when, columns, names).sum()) for rule in rules}


def names_of(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """All names that rules ask for, by noun, folded, each once and in an order that is not that of the rules."""
    written = tuple(rules)
    return {
        noun: tuple(sorted({fold(name) for rule in written for name in getattr(rule.when, noun)})) for noun in NOUNS
    }


def asked_of(rules: Iterable[Rule]) -> frozenset[str]:
    """Which of the columns beside the night's own some rule asks for."""
    written = tuple(rules)
    nouns = {noun for noun in NOUNS if any(getattr(rule.when, noun) for rule in written)}
    if any(rule.when.channels or rule.when.without_channels for rule in written):
        nouns.add("channels")
    return frozenset(nouns | {flag for flag in FLAGS if any(getattr(rule.when, flag) is not None for rule in written)})


def holds(when: When, columns: Columns, names: Mapping[str, Sequence[str]]) -> Mask:
    """Which cases a rule is about; `names` are those of all rules."""
    held: Mask = np.ones(len(columns["days"]), dtype=np.bool_)
    if when.stages:
        held &= np.isin(columns["stage"], [STAGES.index(each) for each in when.stages])
    for field, column, times in _RANGES:
        held &= _within(columns[column], getattr(when, field), times)
    for noun in NOUNS:
        if wanted := {fold(name) for name in getattr(when, noun)}:
            held &= (columns[noun] & sum(1 << names[noun].index(name) for name in wanted)) != 0
    for flag in FLAGS:
        if (asked := getattr(when, flag)) is not None:
            held &= (columns[flag] != 0) == asked
    if when.channels:
        held &= (columns["channels"] & _bits(when.channels)) != 0
    if when.without_channels:
        held &= (columns["channels"] & _bits(when.without_channels)) == 0
    return held


def segmented(
    columns: Columns, rules: Iterable[Rule], definition: Definition | None, thresholds: StageThresholds
) -> dict[str, NDArray[Any]]:
    """The column `segments`, where some rule asks for it: in which segment the strategy in force has each case now.

    Of the columns `segment_*` and of the stage and the risk that the cases have in the same breath, so that a night
    that is done again finds the same; without a strategy nobody has a segment.
    """
    wanted = names_of(rules)["segments"]
    if not wanted:
        return {}
    if definition is None:
        return {"segments": np.zeros(len(columns["days"]), dtype=np.int64)}
    asked = {name: columns[f"segment_{name}"] for name in SEGMENT}
    asked["stage"] = stage(np.maximum(asked["day"], 0), thresholds, columns["stage"])
    place = segments_of(definition, asked | {"p_unpaid": columns["p_unpaid"]})
    bits = [1 << wanted.index(each.code) if each.code in wanted else 0 for each in definition.segments]
    return {"segments": np.array([*bits, 0], dtype=np.int64)[place]}  # the last one: no segment


def _bits(channels: Iterable[Channel]) -> int:
    return sum({1 << CHANNELS.index(each) for each in channels})


def _within(values: NDArray[Any], between: Between[Any], times: int) -> Mask:
    held: Mask = np.ones(len(values), dtype=np.bool_)
    if between.least is not None:
        held &= values >= int(between.least * times)
    if between.most is not None:
        held &= values <= int(between.most * times)
    return held


def _by_name(rules: Iterable[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: (fold(rule.name), rule.name))


def _strength(rule: Rule) -> float:
    return float("inf") if rule.multiplier is None else abs(float(np.log(rule.multiplier)))

"""What a strategy decides about a column of cases: the step that is due, what stops it, and how and when it is done.

The night writes what this decides and a dry run shows it: there is no other decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.strategies import StepKind
from workbench.rules.ageing import NO_DATE, StageThresholds, stage
from workbench.rules.held import Code
from workbench.rules.message_channels import (
    CODES,
    FREE,
    NO_CHANNEL,
    Facts,
    Letters,
    Moment,
    Wish,
    letters,
)
from workbench.rules.strategies import (
    BEFORE,
    NEVER,
    Arm,
    Definition,
    NotDue,
    Step,
    arms,
    due_steps,
    ladders,
    segments_of,
    step_codes,
)

IntArray = NDArray[np.int64]
Mask = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]

NO_RUNG = -1
KINDS: tuple[StepKind, ...] = tuple(StepKind)
PAUSED, DISPUTED = 1, 2  # as `queries.message_facts` numbers pauses; 0 = neither


class Rung(NamedTuple):
    """One step of one ladder."""

    segment: int
    arm: Arm
    step: Step


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, or would be if nothing held it: one row a case that has a step or something to tell.

    `row` is the place in the facts, `rung` in `rungs` (NO_RUNG where the step is not known), `arm` an `Arm`; the
    letters are those of the message steps, without meaning for the others; `attempt` counts from 1.
    """

    rungs: tuple[Rung, ...]
    row: IntArray
    segment: IntArray
    arm: IntArray
    rung: IntArray
    kind: IntArray  # a place in KINDS
    attempt: IntArray
    letters: Letters

    @property
    def free(self) -> Mask:
        """The rows that nothing holds."""
        free: Mask = self.letters.held == FREE
        return free

    def of_kind(self, kind: StepKind) -> IntArray:
        """The free rows of a kind of step."""
        return np.flatnonzero(self.free & (self.kind == KINDS.index(kind)))


def rungs_of(definition: Definition) -> tuple[Rung, ...]:
    """All steps of all ladders, in order."""
    return tuple(Rung(segment, arm, step) for segment, arm, steps in ladders(definition) for step in steps)


def plan_steps(
    definition: Definition,
    facts: Facts,
    names: Columns,
    moment: Moment,
    *,
    thresholds: StageThresholds,
    seed: int,
) -> Plan:
    """The step that is due in each case on the business date, and what becomes of it.

    1. The segment, the arm and the step that is due, by the ladder's own rules.
    2. What stops it: nothing owed, a pause, an end, an open promise, a reply that waits for a person.
    3. For a message the first channel that can be used, and from when on the law lets it leave.
    """
    columns = ladder_columns(facts, names, moment.on, thresholds)
    segment = segments_of(definition, columns)
    arm = arms(definition, segment, facts.columns["debtor_id"], seed=seed)
    # who is held out is on the champion's ladder: it says what they would have got
    due = due_steps(definition, segment, np.where(arm == Arm.HELD_OUT, Arm.CHAMPION, arm), columns)
    row = np.flatnonzero(((due >= 0) | (due == NotDue.GAP)) & (facts.columns["anchor"] != NO_DATE))
    rungs = rungs_of(definition)
    rung = np.where(due[row] >= 0, _first_rungs(rungs)[segment[row], arm[row]] + due[row], NO_RUNG)
    kind = np.array([KINDS.index(each.step.kind) for each in rungs], np.int64)[rung]
    stopped = stops(facts, row, written=kind == KINDS.index(StepKind.MESSAGE))
    stopped = np.where(due[row] < 0, CODES.index(Code.GAP), stopped)
    stopped = np.where((arm[row] == Arm.HELD_OUT) & (due[row] >= 0), CODES.index(Code.HELD_OUT), stopped)
    found = _letters(rungs, facts, moment, row, rung, kind, stopped)
    codes = step_codes(definition)
    code = np.array([codes.index(each.step.code) for each in rungs], np.int64)[rung]
    return Plan(rungs, row, segment[row], arm[row], rung, kind, _attempts(facts, row, code), found)


def ladder_columns(facts: Facts, names: Columns, on: int, thresholds: StageThresholds) -> dict[str, NDArray[Any]]:
    """The columns of `rules.strategy_ladders`, of the facts and the steps taken before."""
    c, count = facts.columns, len(facts)
    day = np.where(c["anchor"] == NO_DATE, NO_DATE, on - c["anchor"])
    none = np.zeros(count, np.int64)
    found = {name: c[name] for name in ("amount", "settled", "late", "broken", "p_unpaid")}
    found |= {name: names.get(name, none) for name in ("products", "regions", "cities")}
    found |= {"day": day, "stage": stage(np.maximum(day, 0), thresholds, c["stage"])}
    return found | _taken(facts, on)


def _taken(facts: Facts, on: int) -> dict[str, IntArray]:
    """What the earlier steps say: the last one of this episode, and how long ago anything was sent."""
    past, count = facts.ladder, len(facts)
    row = np.searchsorted(facts.columns["case_id"], past["case_id"])
    last_step, last_day = np.full(count, -1, np.int64), np.full(count, BEFORE, np.int64)
    attempts, sent_on = np.zeros(count, np.int64), np.full(count, NO_DATE, np.int64)
    today, live = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for column, of in ((sent_on, "sent_on"), (today, "today"), (live, "live")):
        np.maximum.at(column, row, past[of])
    here = np.flatnonzero((past["anchor"] == facts.columns["anchor"][row]) & (past["sent"] > 0))
    here = here[np.argsort(past["sent_for"][here], kind="stable")]  # of several for one row the last is kept
    last_step[row[here]], attempts[row[here]] = past["step"][here], past["sent"][here]
    last_day[row[here]] = past["sent_for"][here] - past["anchor"][here]
    since = np.where(sent_on == NO_DATE, NEVER, on - sent_on)
    return {
        "last_step": last_step,
        "last_day": last_day,
        "attempts": attempts,
        "days_since_sent": since,
        "today": today,
        "live": live,
    }


def _attempts(facts: Facts, row: IntArray, code: IntArray) -> IntArray:
    """The number of this attempt at each step: every row of the step and episode has had one, whatever became of it."""
    past = facts.ladder
    if not len(past["case_id"]):
        return np.ones(len(row), np.int64)
    width = int(max(past["step"].max(), code.max(initial=0))) + 2
    of = np.searchsorted(facts.columns["case_id"], past["case_id"])
    here = past["anchor"] == facts.columns["anchor"][of]
    key, attempt = (of * width + past["step"] + 1)[here], past["attempt"][here]
    order = np.lexsort((attempt, key))
    key, attempt = np.append(key[order], -1), np.append(attempt[order], 0)
    wanted = row * width + code + 1
    place = np.searchsorted(key[:-1], wanted, side="right") - 1
    return np.where(key[place] == wanted, attempt[place], 0) + 1


def stops(
    facts: Facts, row: IntArray, *, written: Mask, asking: Mask | bool = True, alone: Mask | bool = True
) -> IntArray:
    """What stops a step or an event in these cases whatever the hour, a code or FREE: the same as `rules.sending` says.

    `written` = it is a message; `asking` = it wants payment; `alone` = it is not for who promised or waits for an answer.
    """
    c = {name: facts.columns[name][row] for name in _STOPS}
    nothing = asking & (c["balance"] <= 0)
    conditions = [
        (written & (c["opted_out"] == 1), Code.OPTED_OUT),
        (c["ended"] == 1, Code.ENDED),
        (c["paused"] == DISPUTED, Code.DISPUTED),
        (c["paused"] == PAUSED, Code.PAUSED),
        (nothing & (c["accounts_paused"] == DISPUTED), Code.DISPUTED),
        (nothing & (c["accounts_paused"] == PAUSED), Code.PAUSED),
        (nothing, Code.PAID),
        (alone & (c["promised"] == 1), Code.PROMISED),
        (alone & written & (c["replied"] == 1), Code.REPLIED),
    ]
    codes = [CODES.index(code) for _, code in conditions]
    return np.select([holds for holds, _ in conditions], codes, FREE)


_STOPS = ("balance", "paused", "accounts_paused", "ended", "opted_out", "promised", "replied")


def _first_rungs(rungs: tuple[Rung, ...]) -> IntArray:
    """The place of each ladder's first step, by segment and arm."""
    table = np.zeros((max((each.segment for each in rungs), default=-1) + 1, len(Arm)), np.int64)
    for place, each in reversed(list(enumerate(rungs))):
        table[each.segment, each.arm] = place
    table[:, Arm.HELD_OUT] = table[:, Arm.CHAMPION]
    return table


def _letters(
    rungs: tuple[Rung, ...],
    facts: Facts,
    moment: Moment,
    row: IntArray,
    rung: IntArray,
    kind: IntArray,
    stopped: IntArray,
) -> Letters:
    """The letters of every row: looked for where nothing stops a message, empty for the others."""
    wishes = [_wish(each.step) for each in rungs]
    asked = np.flatnonzero((stopped == FREE) & (kind == KINDS.index(StepKind.MESSAGE)))
    found = letters(wishes, row[asked], rung[asked], facts, moment)

    def spread(values: IntArray, of: int) -> IntArray:
        column = np.full(len(row), of, np.int64)
        column[asked] = values
        return column

    return Letters(
        held=np.where(stopped == FREE, spread(found.held, FREE), stopped),
        channel=spread(found.channel, NO_CHANNEL),
        fallbacks=spread(found.fallbacks, 0),
        point=spread(found.point, 0),
        not_before=spread(found.not_before, moment.at),
        expires=spread(found.expires, moment.at),
        chosen=spread(found.chosen, 0),
        reasons=found.reasons,
    )


def _wish(step: Step) -> Wish:
    return Wish(step.channels, step.order, step.template or "", step.at, step.expires_days)

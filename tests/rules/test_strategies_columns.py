"""Segments, arms and due steps: columns equal one case at a time, and the ladder's promises hold for every input."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.rules.ageing import STAGES
from workbench.rules.strategies import (
    BEFORE,
    NEVER,
    NO_SEGMENT,
    Arm,
    Definition,
    Facts,
    NotDue,
    arm_of,
    arms,
    due_step,
    due_steps,
    ladder,
    names_of,
    read_definition,
    segment_of,
    segments_of,
    shipped_definition,
    step_codes,
)

SEED = 7
FIELDS = tuple(Facts.__dataclass_fields__)


def as_columns(cases: list[Facts]) -> dict[str, Any]:
    return {
        name: np.array([getattr(case, name) for case in cases], dtype="f8" if name == "p_unpaid" else "i8")
        for name in FIELDS
    }


def message(code: str, day: int, **more: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": code.title(),
        "offset": day,
        "channels": ["sms"],
        "template": "first_notice",
        "valid_days": 5,
    } | more


def one_segment(*steps: dict[str, Any], **more: Any) -> Definition:
    return read_definition({"segments": [{"code": "all", "name": "All", "steps": list(steps)} | more]})


def between(low: int, high: int) -> st.SearchStrategy[dict[str, int]]:
    ends = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted)
    return ends.flatmap(lambda pair: st.sampled_from([{}, {"least": pair[0]}, {"most": pair[1]}, {"least": pair[0], "most": pair[1]}]))  # fmt: skip


CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "stages": st.lists(st.sampled_from(STAGES), max_size=2),
        "days_past_due": between(-10, 60),
        "amount": between(0, 300),
        "settled": between(0, 4),
        "late": between(0, 4),
        "broken": between(0, 3),
        "risk": st.sampled_from([{}, {"least": 0.5}, {"most": 0.25}]),
        "products": st.sampled_from([[], ["Tarjeta Oro"], ["línea", "TARJETA ORO"]]),
        "regions": st.sampled_from([[], ["Nuevo León"]]),
        "cities": st.sampled_from([[], ["Cali", "Mérida"]]),
    },
)


@st.composite
def rungs(draw: Any) -> list[dict[str, Any]]:
    days = draw(st.lists(st.integers(-5, 40), min_size=1, max_size=6, unique=True))
    steps = []
    for number, day in enumerate(sorted(days)):
        gap, valid = draw(st.integers(1, 4)), draw(st.integers(1, 12))
        code = draw(st.sampled_from([f"s{number}", f"t{number}"]))
        conditions = draw(st.sampled_from([{}, {"min_amount": "100.00"}, {"max_amount": "99.99"}]))
        steps.append(
            message(
                code,
                day,
                min_gap_days=gap,
                valid_days=valid,
                max_attempts=draw(st.integers(1, (valid - 1) // gap + 1).map(lambda each: min(each, 10))),
                conditions=conditions,
            )
        )
    return steps


@st.composite
def definitions(draw: Any) -> Definition:
    segments = []
    for number in range(draw(st.integers(1, 3))):
        when = draw(CONDITIONS) or {"broken": {"least": 2}}
        challenger = draw(st.none() | st.builds(lambda steps: {"share": 0.3, "steps": steps}, rungs()))
        held_out = draw(st.sampled_from([0, 0.2]))
        segments.append(
            {
                "code": f"g{number}",
                "name": "G",
                "when": when,
                "steps": draw(rungs()),
                "challenger": challenger,
                "held_out": held_out,
            }
        )
    return Definition.model_validate({"segments": segments})


CASES = st.builds(
    Facts,
    day=st.integers(-8, 60),
    stage=st.integers(0, 3),
    amount=st.integers(0, 30_000),
    settled=st.integers(0, 4),
    late=st.integers(0, 4),
    broken=st.integers(0, 3),
    p_unpaid=st.floats(0, 1),
    products=st.integers(0, 3),
    regions=st.integers(0, 1),
    cities=st.integers(0, 3),
    last_step=st.integers(-1, 8),
    last_day=st.integers(-5, 60) | st.just(BEFORE),
    attempts=st.integers(0, 4),
    days_since_sent=st.integers(0, 6) | st.just(NEVER),
    today=st.sampled_from([0, 0, 0, 1]),
    live=st.sampled_from([0, 0, 0, 1]),
)


@given(definitions(), st.lists(CASES, max_size=30), st.integers(1, 2**40))
def test_columns_decide_as_one_case_at_a_time(definition: Definition, cases: list[Facts], first_id: int) -> None:
    columns, ids = as_columns(cases), np.arange(first_id, first_id + len(cases))
    segment = segments_of(definition, columns)
    arm = arms(definition, segment, ids, seed=SEED)
    due = due_steps(definition, segment, arm, columns)
    alone = [segment_of(definition, case) for case in cases]
    assert segment.tolist() == alone
    drawn = [arm_of(definition, place, int(each), seed=SEED) for place, each in zip(alone, ids, strict=True)]
    assert arm.tolist() == drawn
    assert due.tolist() == [
        due_step(definition, place, each, case) for place, each, case in zip(alone, drawn, cases, strict=True)
    ]


@given(definitions(), CASES)
def test_the_first_segment_that_fits_has_the_case(definition: Definition, case: Facts) -> None:
    place = segment_of(definition, case)
    alone = [
        segment_of(Definition(segments=(each,)), case)
        for each in definition.segments
        if names_of(Definition(segments=(each,))) == names_of(definition)
    ]
    if len(alone) == len(definition.segments):
        assert place == next((number for number, found in enumerate(alone) if found == 0), NO_SEGMENT)


@given(rungs(), CASES)
def test_a_step_is_due_only_in_its_days_never_twice_a_day_nor_too_often(steps: list[dict], case: Facts) -> None:
    definition = one_segment(*steps)
    due = due_step(definition, 0, Arm.CHAMPION, case)
    if due < 0:
        return
    mine = ladder(definition.segments[0], Arm.CHAMPION)
    step = mine[due]
    assert step.is_valid_on(case.day)
    assert not case.today
    assert not case.live
    assert case.days_since_sent >= step.min_gap_days
    again = step_codes(definition)[case.last_step] == step.code if 0 <= case.last_step < len(mine) else False
    assert case.attempts < step.max_attempts if again else case.last_day < step.offset
    later = [each for each in mine[due + 1 :] if each.offset <= case.day and each.conditions == step.conditions]
    assert not later, "a late starter begins at the step that matches"


@given(rungs(), st.integers(-6, 45), st.booleans(), st.integers(0, 30_000))
def test_a_case_walks_up_its_ladder_day_by_day(steps: list[dict], starts: int, leaves: bool, amount: int) -> None:  # noqa: FBT001
    """From any first day on: one step a day, never an earlier one, never oftener than allowed, never closer than its gap."""
    definition = one_segment(*steps)
    mine, codes = ladder(definition.segments[0], Arm.CHAMPION), step_codes(definition)
    sent: list[tuple[int, int]] = []
    for day in range(starts, 60):
        last = sent[-1] if sent else None
        case = Facts(
            day=day,
            amount=amount,
            last_step=codes.index(mine[last[1]].code) if last else -1,
            last_day=last[0] if last else BEFORE,
            attempts=sum(number == last[1] for _, number in sent) if last else 0,
            days_since_sent=day - last[0] if last else NEVER,
        )
        due = due_step(definition, 0, Arm.CHAMPION, case)
        assert due != NotDue.NO_SEGMENT
        if due >= 0:
            assert last is None or due >= last[1]
            assert last is None or day - last[0] >= mine[due].min_gap_days
            if leaves or day % 2:  # else it is held back, which never moves the ladder on
                sent.append((day, due))
    for number, step in enumerate(mine):
        assert sum(each == number for _, each in sent) <= step.max_attempts


SHIPPED = read_definition(shipped_definition("es"))


@pytest.mark.parametrize(
    ("day", "code"),
    [(-4, None), (-3, "courtesy"), (-1, "courtesy"), (0, None), (1, "first"), (3, "first"), (4, "call"), (8, "second"),
     (15, "second_formal"), (29, "second_formal"), (30, "firm"), (60, "final"), (90, "final"), (91, "hand_over"), (1200, "hand_over")],
)  # fmt: skip
def test_the_shipped_ladder_day_by_day(day: int, code: str | None) -> None:
    due = due_step(SHIPPED, 0, Arm.CHAMPION, Facts(day=day))
    steps = SHIPPED.segments[0].steps
    assert (steps[due].code if due >= 0 else None) == code


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (Facts(day=-9), NotDue.NOT_STARTED),
        (Facts(day=0), NotDue.NOTHING_DUE),
        (Facts(day=2, last_step=1, last_day=1, attempts=1, days_since_sent=1), NotDue.ATTEMPTS),
        (Facts(day=8, last_step=2, last_day=7, attempts=1, days_since_sent=0), NotDue.GAP),
        (Facts(day=8, today=1), NotDue.TODAY),
        (Facts(day=8, live=1), NotDue.LIVE),
        (Facts(day=9, last_step=-1, last_day=9), NotDue.NOTHING_DUE),
    ],
)
def test_why_nothing_is_due(case: Facts, why: NotDue) -> None:
    assert due_step(SHIPPED, 0, Arm.CHAMPION, case) == why


def test_a_step_for_other_amounts_is_as_if_it_did_not_exist() -> None:
    definition = one_segment(
        message("small", 8, valid_days=20), message("large", 10, conditions={"min_amount": "500.00"})
    )
    assert due_step(definition, 0, Arm.CHAMPION, Facts(day=10, amount=49_999)) == 0
    assert due_step(definition, 0, Arm.CHAMPION, Facts(day=10, amount=50_000)) == 1


def test_the_shares_come_out_near_those_asked_for_and_stay() -> None:
    definition = one_segment(
        message("a", 1), held_out=0.1, challenger={"share": 0.25, "steps": [message("b", 1, channels=["email"])]}
    )
    ids = np.arange(1, 100_001)
    found = arms(definition, np.zeros(len(ids), dtype=np.int64), ids, seed=1)
    shares = np.bincount(found) / len(ids)
    assert shares == pytest.approx([0.65, 0.25, 0.10], abs=0.006)
    other = arms(definition, np.zeros(len(ids), dtype=np.int64), ids, seed=2)
    assert (found == other).mean() == pytest.approx(0.65**2 + 0.25**2 + 0.1**2, abs=0.01)
    assert (found == arms(definition, np.zeros(len(ids), dtype=np.int64), ids, seed=1)).all()


def test_who_is_held_out_would_have_been_on_the_champions_ladder() -> None:
    definition = one_segment(message("a", 1), held_out=0.5)
    assert due_step(definition, 0, Arm.HELD_OUT, Facts(day=1)) == NotDue.HELD_OUT
    assert due_step(definition, 0, Arm.HELD_OUT, Facts(day=0)) == NotDue.NOT_STARTED


def test_names_become_bits_whatever_their_accents() -> None:
    definition = Definition.model_validate(
        {
            "segments": [
                {"code": "a", "name": "A", "when": {"cities": ["Mérida", "Cali"]}, "steps": [message("a", 1)]},
                {"code": "b", "name": "B", "when": {"cities": ["CALI", "León"]}, "steps": [message("a", 1)]},
            ]
        }
    )
    names = names_of(definition)
    assert names.cities == ("merida", "cali", "leon")
    bits = names.bits("cities", ["MERIDA", "Leon ", "Quito"])
    assert bits == {"MERIDA": 1, "Leon ": 4}
    assert [segment_of(definition, Facts(day=1, cities=bit)) for bit in (1, 2, 4, 0)] == [0, 0, 1, NO_SEGMENT]

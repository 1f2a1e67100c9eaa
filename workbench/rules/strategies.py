"""A portfolio's cadence: read from its JSON, asked for columns of cases, and the one that is shipped.

1. `read_definition` reads and checks what `Strategy.definition` holds.
2. `segments_of` → `arms` → `due_steps` decide, over columns, which step is due; each has a twin for one case
   (`segment_of`, `arm_of`, `due_step`). The columns and their names are those of `rules.strategy_ladders`.
3. `ladder(definition.segments[s], arm)[step]` is the step; `NotDue(code)` says why there is none.
"""

from workbench.rules.strategy_complaints import Complaint, complaints
from workbench.rules.strategy_ladders import (
    BEFORE,
    NEVER,
    NO_SEGMENT,
    Arm,
    Facts,
    Names,
    NotDue,
    arm_of,
    arms,
    due_step,
    due_steps,
    ladder,
    ladders,
    names_of,
    segment_of,
    segments_of,
    step_codes,
)
from workbench.rules.strategy_schema import (
    WRITTEN,
    Between,
    Challenger,
    Conditions,
    Definition,
    Events,
    Notice,
    Order,
    PromiseDue,
    Segment,
    Step,
    StepConditions,
)
from workbench.rules.strategy_shipped import shipped_definition

__all__ = [
    "BEFORE",
    "NEVER",
    "NO_SEGMENT",
    "WRITTEN",
    "Arm",
    "Between",
    "Challenger",
    "Complaint",
    "Conditions",
    "Definition",
    "Events",
    "Facts",
    "Names",
    "NotDue",
    "Notice",
    "Order",
    "PromiseDue",
    "Segment",
    "Step",
    "StepConditions",
    "arm_of",
    "arms",
    "complaints",
    "due_step",
    "due_steps",
    "ladder",
    "ladders",
    "names_of",
    "read_definition",
    "segment_of",
    "segments_of",
    "shipped_definition",
    "step_codes",
]


def read_definition(raw: object) -> Definition:
    """The strategy in a JSON object; refuses the first thing that is wrong (`complaints` has all of them)."""
    if wrong := complaints(raw):
        raise wrong[0].refused()
    return Definition.model_validate(raw)

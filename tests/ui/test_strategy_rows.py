"""A ladder becomes a table and a ladder again."""

import pandas as pd
import pytest

from workbench.rules.strategies import Definition, shipped_definition
from workbench.ui.strategy_rows import steps_of, table_of

SHIPPED = Definition.model_validate(shipped_definition("es")).model_dump(mode="json")["segments"][0]["steps"]


def reread(steps: list[dict]) -> Definition:
    return Definition.model_validate({"segments": [{"code": "all", "name": "All", "steps": steps}]})


@pytest.mark.parametrize(
    "steps", [SHIPPED, [SHIPPED[0] | {"at": "09:30:00", "conditions": {"min_amount": "99.90"}}], []]
)
def test_a_ladder_survives_its_table(steps: list[dict]) -> None:
    again = steps_of(table_of(steps))
    assert not steps or reread(again) == reread(steps)
    assert len(again) == len(steps)


def test_a_row_without_a_code_gets_one_of_its_name_and_an_empty_row_is_none() -> None:
    table = table_of(SHIPPED[:1])
    typed = {"name": "Recordatorio  Número 2", "offset": 5, "channels": ["sms"], "kind": "message"}
    table = pd.concat([table, pd.DataFrame([typed, typed, {"kind": "message", "order": "listed"}])], ignore_index=True)
    assert [step["code"] for step in steps_of(table)] == [
        "courtesy",
        "recordatorio_numero_2",
        "recordatorio_numero_2_2",
    ]

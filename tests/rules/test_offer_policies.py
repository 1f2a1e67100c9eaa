from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from models import OfferKind, Role, Stage
from workbench.rules.offer_policies import ROLES, PolicyRow, check_row, doubts, shipped_rows
from workbench.rules.refusals import Refused

ROW = PolicyRow(Role.AGENT, OfferKind.SETTLEMENT, days_from=30, days_to=60)


@pytest.mark.parametrize("currency", ["MXN", "CLP", "XAF"])
def test_the_shipped_rows_follow_their_own_rules_and_leave_no_doubt(currency: str) -> None:
    rows = shipped_rows(currency)
    for row in rows:
        others = [other for other in rows if other is not row]
        check_row(row, others)
        assert not list(doubts(row, others, ()))
    assert {row.role for row in rows} == set(ROLES)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": Role.ADMIN}, "role"),
        ({"discount_interest": Decimal("1.01")}, "discount_interest"),
        ({"least_down": Decimal("-0.01")}, "least_down"),
        ({"days_to": 29}, "days_to"),
        ({"installments": 0}, "installments"),
        ({"offer_days": 0}, "offer_days"),
        ({"days_out": -1}, "days_out"),
        ({"least_installment": Decimal("-0.01")}, "least_installment"),
        ({"kind": OfferKind.RESCHEDULE, "discount_fees": Decimal("0.1")}, "discount_principal"),
    ],
)
def test_a_row_nobody_could_follow_is_refused_where_it_is_wrong(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        check_row(replace(ROW, **change), [])
    assert refused.value.values["field"] == field


@pytest.mark.parametrize(
    ("other", "clear"),
    [
        pytest.param({"days_from": 0, "days_to": None}, True, id="a broader one around it"),
        pytest.param({"days_from": 40, "days_to": 50}, True, id="a narrower one inside it"),
        pytest.param({"days_from": 61, "days_to": 90}, True, id="right after it"),
        pytest.param({"days_from": 0, "days_to": 29}, True, id="right before it"),
        pytest.param({"days_from": 60, "days_to": 90}, False, id="one day shared"),
        pytest.param({"days_from": 0, "days_to": 30}, False, id="one day shared before"),
        pytest.param({"days_from": 30, "days_to": 90}, False, id="the same first day"),
        pytest.param({"days_from": 30, "days_to": 60}, False, id="the same days"),
        pytest.param({"days_from": 30, "days_to": 60, "stage": Stage.JUDICIAL}, True, id="another stage"),
        pytest.param({"days_from": 30, "days_to": 60, "segment": "big"}, True, id="another segment"),
        pytest.param({"days_from": 30, "days_to": 60, "role": Role.MANAGER}, True, id="another role"),
    ],
)
def test_it_is_always_clear_which_of_two_rows_counts(other: dict[str, Any], *, clear: bool) -> None:
    if clear:
        check_row(ROW, [replace(ROW, **other)])
        return
    with pytest.raises(Refused, match="covers some of these days"):
        check_row(ROW, [replace(ROW, **other)])


@pytest.mark.parametrize(
    ("row", "others", "says"),
    [
        (replace(ROW, segment="gone"), [], "No segment"),
        (replace(ROW, installments=6, days_out=30), [], "Not even 6 weekly"),
        (replace(ROW, role=Role.MANAGER), [replace(ROW, discount_fees=Decimal("0.5"))], "less authority"),
        (replace(ROW, role=Role.SUPERVISOR, least_down=Decimal("0.2")), [ROW], "less authority"),
    ],
)
def test_what_is_hardly_meant_is_said(row: PolicyRow, others: list[PolicyRow], says: str) -> None:
    (doubt,) = doubts(row, others, ("big",))
    assert says in str(doubt)

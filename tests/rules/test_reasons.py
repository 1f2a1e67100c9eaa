from decimal import Decimal
from typing import Any

import pytest

from models.work_items import Band
from workbench.rules.order_rules import Told
from workbench.rules.reasons import SHOWN, Factors, Money, Reason, change_reason, in_words, reasons
from workbench.rules.scoring import Priors

PRIORS = Priors()
USUAL = {
    "days": 10, "past_due": Decimal(1000), "late": 1, "settled": 10, "roll": 0.12, "cust": 0.1, "reach": 0.2,
    "typical": Decimal(1000),
}  # fmt: skip


def said(**case: Any) -> list[str]:
    return [in_words(reason, "en", "MXN") for reason in reasons(Factors(**USUAL | case), PRIORS)]


@pytest.mark.parametrize(
    ("case", "first"),
    [
        pytest.param({"past_due": Decimal(90_000)}, "MX$90,000.00 past due", id="far more than usual"),
        pytest.param({"days": 200, "roll": 0.97}, "200 days past due: 97% of debts", id="very old"),
        pytest.param({"late": 9, "cust": 0.9}, "Paid 9 of 10 earlier debts more than two weeks late", id="always late"),
        pytest.param({"reach": 0.9}, "Answers about 90% of calls", id="always answers"),
        pytest.param({"reach": 0.01, "has_phone": False}, "No number that works", id="no phone"),
        pytest.param({"band": Band.CALLBACK, "reach": 0.99}, "A callback was agreed", id="a callback goes first"),
        pytest.param({"band": Band.BROKEN_PROMISE, "reach": 0.99}, "Broke a promise", id="a broken promise too"),
    ],
)
def test_what_is_most_unusual_is_said_first(case: dict[str, Any], first: str) -> None:
    found = said(**case)
    assert found[0].startswith(first), found
    assert len(found) == SHOWN


def test_a_debtor_without_history_is_not_said_to_have_paid_late() -> None:
    assert not any("earlier debts" in reason for reason in said(late=0, settled=0))


def test_reasons_are_said_in_the_readers_language_and_currency() -> None:
    assert in_words(Reason("{amount} past due", {"amount": Money(1000)}), "es", "MXN") == "$1,000.00 vencido"
    assert in_words(change_reason("paid_nothing"), "es", "MXN") == "No llegó nada a tiempo"
    assert in_words(change_reason("paid_nothing"), "en", "MXN") == "Nothing arrived in time"


def test_every_rule_of_the_order_is_stated_beside_the_three_reasons() -> None:
    told = (Told("VIP", None, "los atiende el banco"), Told("Foco", 1.5, None))
    found = said(rules=told)
    assert found[:2] == ["Rule “VIP” keeps it out: los atiende el banco", "Rule “Foco”: ×1.5"]
    assert found[2:] == said()
    assert in_words(reasons(Factors(**USUAL | {"rules": told}), PRIORS)[1], "es", "MXN") == "Regla «Foco»: ×1.5"
    assert in_words(change_reason("banned:VIP: oro"), "en", "MXN") == "The rule “VIP: oro” keeps it out"

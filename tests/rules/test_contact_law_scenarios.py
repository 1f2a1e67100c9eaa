"""Worked cases of the contact law: the answers come from the laws' texts, never from the engine."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from workbench.rules.contact_law import Decision, may_contact
from workbench.rules.law_questions import question

Case = dict[str, Any]

FOLDER = Path(__file__).parent / "contact_law"


def cases(name: str) -> list[Case]:
    return list(yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))["scenarios"])


def named(found: list[Case]) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in found]


GIVEN = cases("given.yaml")
EVERY = GIVEN + cases("more.yaml") + cases("twelve_more_countries.yaml")


def decided(case: Case) -> Decision:
    return may_contact(question(case))


def next_local(case: Case, decision: Decision) -> str | None:
    if decision.next_allowed is None:
        return None
    return decision.next_allowed.astimezone(ZoneInfo(case["zone"])).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("case", named(EVERY))
def test_the_decision_and_the_next_lawful_minute(case: Case) -> None:
    decision = decided(case)

    found = ("allow" if decision.allowed else "deny", next_local(case, decision))

    assert found == (case["expected"], case.get("next_allowed_local")), case["why"]


@pytest.mark.parametrize("case", named([case for case in EVERY if case["expected"] == "deny" and "rule_id" in case]))
def test_a_denial_names_its_rule(case: Case) -> None:
    decision = decided(case)

    assert decision.rule is not None
    assert decision.rule.id in {case["rule_id"], case.get("or_rule_id")}, case["why"]


@pytest.mark.parametrize("case", named([case for case in EVERY if case.get("next_allowed_local")]))
def test_the_next_lawful_minute_is_lawful_and_the_one_before_is_not(case: Case) -> None:
    after = {**case, "now_local": case["next_allowed_local"]}
    assert decided(after).allowed

    before = datetime.fromisoformat(case["next_allowed_local"]) - timedelta(minutes=1)
    assert not decided({**case, "now_local": before.isoformat(timespec="minutes")}).allowed


def test_every_case_has_its_own_name() -> None:
    names = [case["id"] for case in EVERY]

    assert len(names) == len(set(names))
    assert len(GIVEN) == 68

import pytest

from workbench.rules.contact_policies import ContactPolicy
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_outlines import GROUPS, group_of, outline, regions_of
from workbench.rules.refusals import Refused


def rule_ids(groups) -> set[str]:
    return {rule.id for rules in groups.values() for rule in rules}


@pytest.mark.parametrize("country", jurisdictions())
def test_every_rule_of_every_country_is_told_once(country: str) -> None:
    law = jurisdictions()[country]
    found = outline(law, ContactPolicy())
    assert sum(len(rules) for rules in found.groups.values()) + len(found.others) == len(law.rules)
    assert list(found.groups) == [name for name in GROUPS if name in found.groups]
    assert {"when", "whom"} <= set(found.groups)


@pytest.mark.parametrize(
    ("rule_id", "group"),
    [
        ("co.window", "when"),
        ("co.no_holiday", "when"),
        ("co.once_per_day", "how_often"),
        ("co.no_references", "whom"),
        ("co.opt_out", "channels"),
        ("co.no_visits", "channels"),
        ("co.exception_requested", "exceptions"),
        ("co.requested_hours", "exceptions"),
        ("co.informed_costs", "to_say"),
        ("co.reason_not_asked", "not_to_ask"),
        ("co.record", "records"),
    ],
)
def test_a_rule_is_read_where_people_look_for_it(rule_id: str, group: str) -> None:
    [rule] = [each for each in jurisdictions()["CO"].rules if each.id == rule_id]
    assert group_of(rule) == group


def test_a_reading_not_chosen_keeps_its_rule_apart() -> None:
    law = jurisdictions()["CO"]
    assert "co.one_contact_per_week" in {rule.id for rule in outline(law, ContactPolicy()).others}
    strict = outline(law, ContactPolicy(readings=("strictest",)))  # by its other name
    assert "co.one_contact_per_week" in rule_ids(strict.groups)
    assert [dispute.name for dispute in strict.disputes if dispute.own] == ["same_channel"]


def test_exactly_one_answer_of_each_question_is_chosen() -> None:
    for law in jurisdictions().values():
        for dispute in outline(law, ContactPolicy()).disputes:
            assert sum(answer.chosen for answer in dispute.answers) == 1
            assert not dispute.own


def test_rules_of_another_regime_do_not_hold() -> None:
    law = jurisdictions()["MX"]
    mine, theirs = (outline(law, ContactPolicy(regime=regime)) for regime in law.regimes.options)
    assert mine.regime != theirs.regime
    assert {rule.id for rule in mine.others} != {rule.id for rule in theirs.others}


def test_rules_of_a_state_hold_for_the_debtors_who_live_there() -> None:
    law = jurisdictions()["BR"]
    found = outline(law, ContactPolicy())
    state, named = next((region.regime, region.name) for region in law.regions.values() if region.regime)
    rule = next(rule for rules in found.groups.values() for rule in rules if rule.regime == (state,))
    assert named in regions_of(law, rule, found.regime)
    assert regions_of(law, rule, state) == []


def test_a_reading_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused):
        outline(jurisdictions()["CO"], ContactPolicy(readings=("invented",)))

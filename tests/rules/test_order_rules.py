"""Named rules for the order: whom each is about, that their order says nothing, that a ban wins, and what is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from models import Stage
from models.nights import ChangeKind
from tests.rules.test_nights import FRESH, POLICY, TODAY, known
from workbench.rules import nights
from workbench.rules.ageing import STAGES
from workbench.rules.nights import CLOSED, KINDS, READY, WAITING, Policy
from workbench.rules.order_complaints import complaints, read_rules
from workbench.rules.order_rules import (
    NOT_BANNED,
    SEGMENT,
    Rule,
    Told,
    apply,
    asked_of,
    key_of,
    names_of,
    segmented,
    told,
)
from workbench.rules.refusals import Refused
from workbench.rules.strategies import read_definition
from workbench.rules.words import translate
from workbench.rules.zones import country_of

USUAL = {"days": 20, "stage": 1, "balance": 150_000, "past_due": 100_000, "broken": 0, "has_phone": 1, "has_email": 0,
         "owned": 0, "products": 0, "regions": 0, "cities": 0, "zones": 0, "references": 0,
         "countries": 0, "teams": 0, "segments": 0, "channels": 0b0011}  # fmt: skip


def columns(*cases: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.array([(USUAL | case)[name] for case in cases]) for name in USUAL}


def rule(name: str = "Una", **fields: Any) -> dict[str, Any]:
    return {"name": name, "when": {"broken": {"least": 0}}} | fields


@pytest.mark.parametrize(
    ("when", "case", "holds"),
    [
        pytest.param({"stages": ["administrative"]}, {}, True, id="its stage"),
        pytest.param({"stages": ["judicial"]}, {}, False, id="another stage"),
        pytest.param({"days_past_due": {"least": 20, "most": 20}}, {}, True, id="both ends of a range are in it"),
        pytest.param({"days_past_due": {"least": 21}}, {}, False, id="younger"),
        pytest.param({"balance": {"least": "1500.00"}}, {}, True, id="the whole balance, in cents"),
        pytest.param({"balance": {"least": "1500.01"}}, {}, False, id="a cent short"),
        pytest.param({"past_due": {"most": "999.99"}}, {}, False, id="owes a cent too much"),
        pytest.param({"broken": {"least": 2}}, {"broken": 2}, True, id="promises broken"),
        pytest.param({"products": ["TARJETA", "auto"]}, {"products": 2}, True, id="one of the products"),
        pytest.param({"products": ["auto"]}, {"products": 0}, False, id="none of them"),
        pytest.param({"countries": ["us", "MX"]}, {"countries": 1}, True, id="lives in one of the countries"),
        pytest.param({"countries": ["US"]}, {}, False, id="lives elsewhere"),
        pytest.param({"teams": ["norte"]}, {"teams": 1}, True, id="its owner is of the team"),
        pytest.param({"teams": ["norte"]}, {"owned": 1}, False, id="its owner is of another"),
        pytest.param({"channels": ["whatsapp", "email"]}, {}, True, id="reached by one of the channels"),
        pytest.param({"channels": ["email"]}, {}, False, id="not by that one"),
        pytest.param({"without_channels": ["sms", "email"]}, {}, True, id="reached by none of them"),
        pytest.param({"without_channels": ["sms", "whatsapp"]}, {}, False, id="reached by one of them"),
        pytest.param({"segments": ["early"]}, {"segments": 1}, True, id="in the segment"),
        pytest.param({"segments": ["early"]}, {}, False, id="in another, or in none"),
        pytest.param({"has_phone": False}, {}, False, id="has a phone"),
        pytest.param({"has_email": False}, {}, True, id="has no e-mail"),
        pytest.param({"owned": True}, {"owned": 1}, True, id="has an owner"),
        pytest.param({"stages": ["administrative"], "owned": True}, {}, False, id="all conditions have to hold"),
    ],
)
def test_whom_a_rule_is_about(when: dict[str, Any], case: dict[str, Any], *, holds: bool) -> None:
    written = read_rules([{"name": "x", "when": when, "multiplier": 2}])
    assert (apply(columns(case), written).multiplier[0] == 2) == holds


def test_names_are_compared_without_accents_and_capitals_and_each_has_its_bit() -> None:
    written = read_rules(
        [rule(when={"cities": ["Mérida", "LEÓN"]}, multiplier=2), rule("b", when={"cities": ["merida"]}, multiplier=3)]
    )
    assert names_of(written)["cities"] == ("leon", "merida")
    assert apply(columns({"cities": 1}, {"cities": 2}, {"cities": 0}), written).multiplier.tolist() == [2, 6, 1]
    assert asked_of(written) == {"cities"}
    assert asked_of(read_rules([rule(multiplier=2)])) == set()


RULES = st.lists(
    st.builds(
        lambda least, most, stage, times, ban: {
            "when": {"days_past_due": {"least": least, "most": least + most}} | ({"stages": [stage]} if stage else {}),
            **({"ban": "x"} if ban else {"multiplier": times}),
        },
        st.integers(-10, 200),
        st.integers(0, 300),
        st.sampled_from([None, *Stage]),
        st.floats(0.1, 10),
        st.booleans(),
    ),
    max_size=8,
)
CASES = st.lists(st.tuples(st.integers(-20, 400), st.integers(0, 3)), min_size=1, max_size=20)


def some(drawn: list[tuple[int, int]]) -> dict[str, np.ndarray]:
    return columns(*({"days": days, "stage": stage} for days, stage in drawn))


@given(RULES, CASES, st.randoms())
def test_the_order_in_which_rules_are_written_says_nothing(rules: list[Any], drawn: Any, shuffled: Any) -> None:
    named = [each | {"name": f"R{number}"} for number, each in enumerate(rules)]
    other = list(named)
    shuffled.shuffle(other)
    first, second = read_rules(named), read_rules(other)
    one, two = apply(some(drawn), first), apply(some(drawn), second)
    assert one.multiplier.tobytes() == two.multiplier.tobytes()
    banners = [[rules_[place].name if place >= 0 else None for place in found.banned] for rules_, found in ((first, one), (second, two))]  # fmt: skip
    assert banners[0] == banners[1]
    assert key_of(first) == key_of(second)
    assert told(some(drawn), first) == told(some(drawn), second)


@given(RULES, CASES)
def test_a_ban_wins_over_every_multiplier_and_a_multiplier_of_one_changes_nothing(rules: list[Any], drawn: Any) -> None:
    named = [each | {"name": f"R{number}"} for number, each in enumerate(rules)]
    cases = some(drawn)
    before = apply(cases, read_rules(named))
    ones = [*named, {"name": "uno", "when": {"days_past_due": {"least": -300}}, "multiplier": 1}]
    after = apply(cases, read_rules(ones))
    assert_array_equal(after.multiplier, before.multiplier)
    assert_array_equal(after.banned, before.banned)
    assert told(cases, read_rules(ones)) == told(cases, read_rules(named))
    banned = apply(cases, read_rules([*named, {"name": "no", "when": {"days_past_due": {"least": -300}}, "ban": "x"}]))
    assert (banned.banned != NOT_BANNED).all()


@pytest.mark.parametrize(
    ("rules", "where", "because"),
    [
        pytest.param([rule()], "Rule 1 (Una) · Multiplier", "it needs a multiplier", id="neither"),
        pytest.param([rule(multiplier=2, ban="x")], "Rule 1 (Una) · Multiplier", "not both", id="both"),
        pytest.param([rule(multiplier=11)], "Rule 1 (Una) · Multiplier", "10", id="too much"),
        pytest.param([rule(multiplier=0)], "Rule 1 (Una) · Multiplier", "0.1", id="a ban in disguise"),
        pytest.param([rule(ban="")], "Rule 1 (Una) · Reason for keeping out", "empty", id="a ban without its reason"),
        pytest.param([rule(when={}, multiplier=2)], "Rule 1 (Una) · Conditions", "changes no order", id="everybody"),
        pytest.param([rule(when={}, ban="x")], "Rule 1 (Una) · Conditions", "nobody would be called", id="all out"),
        pytest.param(
            [rule(multiplier=2), rule("UNA", multiplier=2)], "Rule 2 (UNA) · Name", "another rule", id="twice"
        ),
        pytest.param(
            [rule(when={"balance": {"least": 5, "most": 4}}, multiplier=2)],
            "Rule 1 (Una) · Conditions · Balance", "ends before it begins", id="a crossed range",
        ),
        pytest.param([rule(colour="red", multiplier=2)], "Rule 1 (Una)", "no such field", id="an unknown field"),
        pytest.param(
            [rule(when={"stages": ["x"]}, multiplier=2)], "Rule 1 (Una) · Conditions · Stages", "one of", id="a stage"
        ),
        pytest.param(
            [rule(when={"references": [f"D{n}" for n in range(63)]}, multiplier=2)],
            "Rules · Creditor's codes", "62 of them", id="too many names",
        ),
        pytest.param(
            [rule(when={"countries": ["México"]}, multiplier=2)],
            "Rule 1 (Una) · Conditions · Countries", "two letters", id="no country",
        ),
        pytest.param(
            [rule(when={"channels": ["letter"]}, multiplier=2)],
            "Rule 1 (Una) · Conditions · Can be reached by", "letter is no channel", id="a letter reaches everybody",
        ),
        pytest.param(
            [rule(when={"without_channels": ["fax"]}, multiplier=2)],
            "Rule 1 (Una) · Conditions · Cannot be reached by", "one of", id="no channel at all",
        ),
        pytest.param(
            [rule(when={"segments": ["A b"]}, multiplier=2)],
            "Rule 1 (Una) · Conditions · Segments of the strategy", "", id="no code",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_place(rules: list[Any], where: str, because: str) -> None:
    [wrong] = complaints(rules)
    said = str(wrong.refused())
    assert said.startswith(f"{where}: ")
    assert because in said
    spanish = translate(wrong.refused().because, "es", **wrong.refused().values)
    assert spanish != said
    with pytest.raises(Refused):
        read_rules(rules)


KNOWN = {"teams": ["norte"], "segments": {"early": "Temprana"}}


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"teams": ["Norte"], "segments": ["early"]}, []),
        (
            {"teams": ["norte", "este"]},
            ["Rule 1 (Una) · Conditions · Owner's teams: no team of this portfolio that you see has the code este"],
        ),
        (
            {"segments": ["late", "early", "last"]},
            [
                "Rule 1 (Una) · Conditions · Segments of the strategy: the strategy in force has no segment late, last: choose one of its own"
            ],
        ),
    ],
    ids=["known", "a team", "segments"],
)
def test_names_of_teams_and_segments_that_are_not_there_are_told(when: dict[str, Any], said: list[str]) -> None:
    written = [rule(when=when, multiplier=2)]
    assert [str(each.refused()) for each in complaints(written, KNOWN)] == said
    assert complaints(written) == []  # whoever only reads rules of long ago does not ask
    if said:
        with pytest.raises(Refused):
            read_rules(written, KNOWN)


def test_a_segment_is_found_by_the_stage_and_risk_of_the_same_breath() -> None:
    when = [{"stages": ["judicial"]}, {"risk": {"least": 0.5}}, {"days_past_due": {"most": 30}}]
    steps = [{"code": "x", "name": "x", "offset": 1, "channels": ["sms"], "template": "first_notice"}]
    codes = ("legal", "risky", "early")
    segments = [{"code": code, "name": code, "when": of, "steps": steps} for code, of in zip(codes, when, strict=True)]
    definition = read_definition({"segments": segments})
    rules = read_rules([rule(when={"segments": ["early", "legal"]}, multiplier=2)])
    cases = columns(*[{}] * 4) | {f"segment_{name}": np.zeros(4, np.int64) for name in SEGMENT}
    cases |= {"segment_day": np.array([20, 20, 20, 40]), "p_unpaid": np.array([0.1, 0.9, 0.9, 0.1])}
    cases |= {"stage": np.array([1, 1, STAGES.index(Stage.JUDICIAL), 1])}
    found = segmented(cases, rules, definition, POLICY.thresholds)["segments"]
    assert found.tolist() == [1, 0, 2, 0]  # early; risky, which nobody asks for; legal; none
    assert segmented(cases, rules, None, POLICY.thresholds)["segments"].tolist() == [0] * 4
    assert segmented(cases, read_rules([rule(multiplier=2)]), definition, POLICY.thresholds) == {}


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("America/Mexico_City", "MX"),
        ("America/Buenos_Aires", "AR"),
        ("America/Coyhaique", "CL"),
        ("America/New_York", "US"),
        ("UTC", None),
    ],
)
def test_a_zone_lies_in_a_country(zone: str, country: str | None) -> None:
    assert country_of(zone) == country


def test_the_card_is_told_bans_first_and_then_what_multiplies_most() -> None:
    written = read_rules(
        [
            rule("leve", multiplier=1.2),
            rule("fuerte", multiplier=0.2),
            rule("nada", multiplier=1),
            rule("no", ban="VIP"),
        ]
    )
    expected = (Told("no", None, "VIP"), Told("fuerte", 0.2, None), Told("leve", 1.2, None))
    assert told(columns({}), written) == [expected]


def with_rules(*written: dict[str, Any], before: tuple[Rule, ...] = (), **case: Any) -> tuple[Any, list[tuple]]:
    """What a night with these rules decides about one case of the night's tests, and what it tells."""
    policy = Policy(TODAY, TODAY - 1, POLICY.bucket_starts, POLICY.thresholds, POLICY.priors, 0, read_rules(written))
    facts = {name: np.array([value]) for name, value in (FRESH | case).items()}
    verdict = nights.judge(facts, policy)
    lifted = None
    if before:
        lifted = nights.Lifted(before, apply(nights.before(facts, policy), before).banned)
    changes = nights.changes(facts, verdict, policy, lifted)
    rows = zip(changes.rows["kind"], changes.rows["reason"], strict=True)
    return verdict, [(KINDS[kind], changes.reasons[reason]) for kind, reason in rows]


def test_the_nights_score_is_multiplied_and_the_morning_told_that_a_rule_did_it() -> None:
    plain, _ = with_rules(**known())
    verdict, lines = with_rules(rule("Foco", multiplier=1.5), **known())
    assert verdict.columns["score"][0] == np.round(plain.columns["score"][0] * 1.5, 6)
    assert verdict.standing_changed[0]
    assert lines == [(ChangeKind.UP, "rules")]
    one, lines = with_rules(rule("Uno", multiplier=1), **known())
    assert_array_equal(one.columns["score"], plain.columns["score"])
    assert lines == []


BAN = rule("VIP", ban="los atiende el banco")


@pytest.mark.parametrize(
    ("case", "state", "lines"),
    [
        pytest.param(known(), CLOSED, [("left", "banned:VIP")], id="out, with the rule's name"),
        pytest.param(known(item_state=WAITING, item_wait=TODAY + 3), CLOSED, [("left", "banned:VIP")], id="waited"),
        pytest.param(known(item_state=nights.CLAIMED), nights.CLAIMED, [], id="a claim is kept"),
        pytest.param(known(item_band=1), READY, [], id="an agreed callback stands"),
        pytest.param(known(unanswered_reply=1), READY, [], id="who wrote gets an answer"),
        pytest.param({}, CLOSED, [], id="a new case does not even enter"),
        pytest.param(known(past_due=0, balance=0), CLOSED, [("left", "paid")], id="paid is why it left"),
    ],
)
def test_a_ban_closes_the_call_item(case: dict[str, Any], state: int, lines: list[Any]) -> None:
    verdict, found = with_rules(BAN, **case)
    assert verdict.columns["state"][0] == state
    assert [each for each in found if each[0] in {"entered", "left"}] == lines


def test_a_lifted_ban_lets_the_case_back_in_with_the_rules_name() -> None:
    verdict, found = with_rules(before=read_rules([BAN]), **known(item_state=CLOSED))
    assert verdict.columns["state"][0] == READY
    assert found == [(ChangeKind.ENTERED, "ban_lifted:VIP")]

"""What a strategy may say, and how it is refused: what, where, how to mend."""

from copy import deepcopy
from typing import Any

import pytest

from workbench.rules.refusals import Refused
from workbench.rules.strategies import Definition, complaints, read_definition, shipped_definition
from workbench.rules.words import translate

STEP = {"code": "first", "name": "Primer aviso", "offset": 1, "channels": ["sms"], "template": "first_notice"}
CALL = {"code": "call", "name": "Llamada", "kind": "call", "offset": 4}
GOOD = {"segments": [{"code": "all", "name": "Todos", "steps": [STEP, CALL]}]}


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The good strategy with one thing changed."""
    written = deepcopy(GOOD)
    node: Any = written
    for each in path[:-1]:
        node = node.setdefault(each, {}) if isinstance(node, dict) else node[each]
    node[path[-1]] = value
    return written


FIRST = ("segments", 0, "steps", 0)


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_shipped_strategy_reads_and_survives_being_kept(language: str) -> None:
    definition = read_definition(shipped_definition(language))
    assert Definition.model_validate(definition.as_json()) == definition
    assert definition.events.promise_due is not None
    assert definition.events.promise_due.days_before == (1, 0)
    assert definition.segments[0].name == {"es": "Todos", "en": "Everybody"}[language]


def test_steps_stand_in_the_order_of_their_days() -> None:
    turned = {"segments": [{"code": "all", "name": "Todos", "steps": [CALL, STEP]}]}
    assert [step.code for step in read_definition(turned).segments[0].steps] == ["first", "call"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ((*FIRST, "channels"), [], "Segment 1 (Todos) · Step 1 (Primer aviso) · Channels: a message needs at least one"),
        ((*FIRST, "channels"), ["sms", "sms"], "Channels: a channel is there twice"),
        ((*FIRST, "channels"), ["call"], "Channels: messages leave by: whatsapp, sms, email"),
        ((*FIRST, "channels"), ["pigeon"], "Channels: it has to be one of: 'call', "),
        ((*FIRST, "template"), None, "Template: a message needs a template"),
        ((*FIRST, "offset"), "soon", "Step 1 (Primer aviso) · Day: it has to be a whole number"),
        ((*FIRST, "offset"), 9999, "Day: it has to be 3650 or less"),
        ((*FIRST, "code"), "Uno!", "Code: write it with small letters"),
        ((*FIRST, "name"), "", "Step 1 (first) · Name: it is empty: fill it in"),
        ((*FIRST, "at"), "half past", "Not before (local time): it has to be a time of day"),
        ((*FIRST, "max_attempts"), 4, "Days it stays valid: its attempts need 4 days"),
        ((*FIRST, "colour"), "red", "colour: a strategy has no such field"),
        ((*FIRST, "conditions"), {"min_amount": 5, "max_amount": 3}, "Smallest amount: the range ends before it begins"),
        ((*FIRST, "conditions"), {"min_amount": "much"}, "Smallest amount: it has to be a number"),
        ((*FIRST, "offset"), 4, "Step 2 (Llamada) · Day: two steps on one day"),
        (("segments", 0, "steps", 1, "template"), "first_notice", "Template: only messages have one"),
        (("segments", 0, "steps", 1, "code"), "first", "Code: another step of this ladder has this code"),
        (("segments", 0, "steps"), [], "Segment 1 (Todos) · Steps: it needs at least one"),
        (("segments", 0, "held_out"), 0.7, "Held out: it has to be 0.5 or less"),
        (("segments", 0, "when"), {"amount": {"least": 9, "most": 1}}, "Conditions · Amount: the range ends before"),
        (("segments", 0, "when"), {"stages": ["asleep"]}, "Stages: it has to be one of: 'preventive'"),
        (("segments", 0, "challenger"), {"share": 0.5, "steps": [STEP, STEP]}, "Challenger · Step 2 (Primer aviso) · Code"),
        (("segments", 0, "challenger"), {"share": 0.2, "steps": [CALL | {"code": "first"}]}, "stands for steps of two kinds"),
        (("segments",), [], "Segments: it needs at least one"),
        (("events",), {"payment_thanks": {"channels": ["visit"], "template": "x"}}, "Events · Thanks for a payment · Channels"),
        (("events",), {"promise_due": {"channels": ["sms"], "templates": {"9": "x"}}}, "Templates · 9: it has to be 7 or less"),
        (("costs",), {"sms": -1}, "Costs · sms: it has to be 0 or more"),
        (("costs",), {"sms": "0.12345"}, "Costs · sms: it has more than 4 decimals"),
        (("costs",), {"letter": 1}, "Costs · Channels: messages leave by"),
    ],
)  # fmt: skip
def test_a_wrong_strategy_says_what_where_and_how_to_mend_it(path: tuple, value: Any, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_definition(changed(path, value))
    assert said in str(refused.value)


def test_everything_wrong_is_told_at_once_and_in_spanish() -> None:
    written = changed((*FIRST, "channels"), [])
    written["segments"][0]["steps"][0]["template"] = None
    told = [complaint.refused() for complaint in complaints(written)]
    assert [translate(each.because, "es", **each.values) for each in told] == [
        "Segmento 1 (Todos) · Paso 1 (Primer aviso) · Canales: un mensaje necesita al menos un canal",
        "Segmento 1 (Todos) · Paso 1 (Primer aviso) · Plantilla: un mensaje necesita una plantilla",
    ]


def test_two_steps_on_one_day_live_together_when_their_amounts_exclude_each_other() -> None:
    low, high = (
        STEP | {"code": "low", "conditions": {"max_amount": "99.99"}},
        STEP | {"code": "high", "conditions": {"min_amount": "100"}},
    )
    read_definition({"segments": [{"code": "all", "name": "Todos", "steps": [low, high]}]})


def test_a_segment_that_takes_everybody_comes_last() -> None:
    everybody, rich = GOOD["segments"][0], GOOD["segments"][0] | {"code": "rich", "when": {"amount": {"least": 5000}}}
    read_definition({"segments": [rich, everybody]})
    with pytest.raises(Refused, match="takes everybody"):
        read_definition({"segments": [everybody, rich]})


@pytest.mark.parametrize("raw", [None, [], "text", 5, {}, {"segments": "x"}, {"segments": [None]}])
def test_what_is_no_strategy_at_all_is_refused(raw: Any) -> None:
    with pytest.raises(Refused):
        read_definition(raw)

"""The fields of one rule for the order: its name, whom it is about, and what it does."""

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from models import Stage
from workbench.rules.order_complaints import FIELDS
from workbench.rules.order_rules import CHANNELS, FLAGS, LEAST, MOST, NOUNS
from workbench.ui.card import STAGES
from workbench.ui.i18n import _
from workbench.ui.order_words import CHANNEL_LISTS, name_of

Raw = dict[str, Any]
Names = Mapping[str, Mapping[str, str]]
RANGES: dict[str, Raw] = {
    "days_past_due": {"step": 1},
    "past_due": {"step": 100.0, "min_value": 0.0},
    "balance": {"step": 100.0, "min_value": 0.0},
    "broken": {"step": 1, "min_value": 0},
}


def rule(key: str, raw: Raw, names: Names, currency: str) -> Raw:
    """One rule as it stands in its fields now; `names` are those of the book, by noun, each with what it is called."""
    named, does, value = st.columns([3, 2, 3], vertical_alignment="bottom")
    typed: Raw = {"name": named.text_input(_("Name"), raw.get("name", ""), key=f"{key}-name").strip()}
    out = does.selectbox(
        _("What it does"),
        [False, True],
        index=int("ban" in raw),
        format_func=lambda each: _("Keeps out") if each else _("Multiplies"),
        key=f"{key}-does",
    )
    if out:
        typed["ban"] = value.text_input(_(FIELDS["ban"]), raw.get("ban", ""), key=f"{key}-ban").strip()
    else:
        times = float(raw.get("multiplier", 1.5))
        typed["multiplier"] = value.number_input(
            _(FIELDS["multiplier"]), LEAST, MOST, times, step=0.1, format="%.2f", key=f"{key}-multiplier"
        )
    return typed | {"when": conditions(key, raw.get("when") or {}, names, currency)}


def conditions(key: str, raw: Raw, names: Names, currency: str) -> Raw:
    """Whom the rule is about; what is empty is not asked."""
    typed: Raw = {
        "stages": st.multiselect(
            _(FIELDS["stages"]),
            [stage.value for stage in Stage],
            default=raw.get("stages") or [],
            format_func=lambda each: _(STAGES[Stage(each)]),
            placeholder="—",
            key=f"{key}-stages",
        )
    }
    for name in RANGES:
        typed[name] = _between(f"{key}-{name}", name, raw.get(name) or {}, currency)
    for column, flag in zip(st.columns(len(FLAGS)), FLAGS, strict=True):
        with column:
            typed[flag] = _flag(f"{key}-{flag}", flag, raw.get(flag))
    lists = (*CHANNEL_LISTS, *NOUNS)
    for beside in zip(lists[::2], lists[1::2], strict=True):
        for column, noun in zip(st.columns(2), beside, strict=True):
            with column:
                typed[noun] = _chosen(key, noun, raw, names.get(noun, {}))
    return {name: value for name, value in typed.items() if value is not None and value not in ([], {})}


def _chosen(key: str, noun: str, raw: Raw, called: Mapping[str, str]) -> list[str]:
    """The names chosen of those that are known, by what they are called; of the book's, others may be typed."""
    chosen = raw.get(noun) or []
    options: Iterable[str] = [each.value for each in CHANNELS] if noun in CHANNEL_LISTS else called
    return st.multiselect(
        _(FIELDS[noun]),
        list(dict.fromkeys([*chosen, *options])),
        default=chosen,
        format_func=lambda each: name_of(noun, called.get(each, each)),
        accept_new_options=noun not in (*CHANNEL_LISTS, "segments", "teams"),
        placeholder="—",
        key=f"{key}-{noun}",
    )


def _between(key: str, name: str, raw: Raw, currency: str) -> Raw:
    as_money = name in {"past_due", "balance"}
    label = _(FIELDS[name]) + (f" ({currency})" if as_money else "")
    typed: Raw = {}
    for column, end in zip(st.columns(2), ("least", "most"), strict=True):
        value = raw.get(end)
        if value is not None:
            value = float(value) if as_money else round(float(value))
        found = column.number_input(
            f"{label}, {_(FIELDS[end])}", value=value, placeholder="—", key=f"{key}-{end}", **RANGES[name]
        )
        if found is not None:
            typed[end] = f"{found:.2f}" if as_money else found
    return typed


def _flag(key: str, flag: str, asked: bool | None) -> bool | None:  # noqa: FBT001  # what stands in the rule
    words = {None: "—", True: _("yes"), False: _("no")}
    found: bool | None = st.selectbox(
        _(FIELDS[flag]), list(words), index=list(words).index(asked), format_func=lambda each: words[each], key=key
    )
    return found

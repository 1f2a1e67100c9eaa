"""The fields of a draft: each segment's conditions, ladder and shares, what events write, and what messages cost.

Every function draws its fields and returns what stands in them now, in the shape of the strategy's JSON. Amounts are
in the portfolio's currency, shares in whole percent on the screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from models.cases import Stage
from models.interactions import Channel
from models.strategies import StepKind
from workbench.rules.law_words import CHANNELS
from workbench.rules.strategies import WRITTEN, Order
from workbench.rules.strategy_complaints import FIELDS
from workbench.ui.card import STAGES
from workbench.ui.i18n import _
from workbench.ui.strategy_rows import steps_of, table_of
from workbench.ui.strategy_words import KINDS, ORDERS
from workbench.ui.template_words import name_of

Raw = dict[str, Any]
RANGES: dict[str, Raw] = {
    "days_past_due": {"step": 1},
    "amount": {"step": 100.0, "min_value": 0.0},
    "risk": {"step": 5, "min_value": 0, "max_value": 100},
    "settled": {"step": 1, "min_value": 0},
    "late": {"step": 1, "min_value": 0},
    "broken": {"step": 1, "min_value": 0},
}
NAMES = ("products", "regions", "cities")


@dataclass(frozen=True, slots=True)
class Fields:
    """What the fields are drawn for: `key` begins every widget's name, `templates` are the codes that can be chosen."""

    key: str
    templates: tuple[str, ...]
    currency: str

    def under(self, name: str | int) -> "Fields":
        """The same, one level down."""
        return Fields(f"{self.key}-{name}", self.templates, self.currency)


def segment(fields: Fields, raw: Raw) -> Raw:
    """One segment."""
    name, code, held_out, share = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
    typed: Raw = {
        "name": name.text_input(_("Name"), raw.get("name", ""), key=f"{fields.key}-name").strip(),
        "code": code.text_input(_("Code"), raw.get("code", ""), key=f"{fields.key}-code").strip(),
        "held_out": _percent(held_out, _("Held out (%)"), raw.get("held_out", 0), f"{fields.key}-held_out"),
    }
    challenger = raw.get("challenger") or {}
    tried = _percent(share, _("On a challenger (%)"), challenger.get("share", 0), f"{fields.key}-share")
    with st.expander(_("Who belongs to it")):
        typed["when"] = conditions(fields.under("when"), raw.get("when") or {})
    typed["steps"] = ladder(fields.under("steps"), raw.get("steps") or [])
    if tried:
        st.caption(_("The challenger's ladder"))
        steps = challenger.get("steps") or raw.get("steps") or []
        typed["challenger"] = {"share": tried, "steps": ladder(fields.under("challenger"), steps)}
    return typed


def conditions(fields: Fields, raw: Raw) -> Raw:
    """Who belongs to a segment; what is empty is not asked."""
    typed: Raw = {
        "stages": st.multiselect(
            _("Stages"),
            [stage.value for stage in Stage],
            default=raw.get("stages") or [],
            format_func=lambda each: _(STAGES[Stage(each)]),
            placeholder="—",
            key=f"{fields.key}-stages",
        )
    }
    for start in (0, 3):
        for column, name in zip(st.columns(3), list(RANGES)[start : start + 3], strict=True):
            with column:
                if between := _between(fields.under(name), name, raw.get(name) or {}):
                    typed[name] = between
    for column, name in zip(st.columns(3), NAMES, strict=True):
        chosen = raw.get(name) or []
        typed[name] = column.multiselect(
            _(FIELDS[name]),
            chosen,
            default=chosen,
            accept_new_options=True,
            placeholder="—",
            key=f"{fields.key}-{name}",
        )
    return {name: value for name, value in typed.items() if value}


def _between(fields: Fields, name: str, raw: Raw) -> Raw:
    times = 100 if name == "risk" else 1
    label = _(FIELDS[name]) + {"risk": " (%)", "amount": f" ({fields.currency})"}.get(name, "")
    typed = {}
    for column, end in zip(st.columns(2), ("least", "most"), strict=True):
        value = raw.get(end)
        if value is not None:
            value = float(value) if name == "amount" else round(float(value) * times)
        found = column.number_input(
            f"{label}, {_(FIELDS[end])}", value=value, placeholder="—", key=f"{fields.key}-{end}", **RANGES[name]
        )
        if found is not None:
            typed[end] = f"{found:.2f}" if name == "amount" else found / times if times > 1 else found
    return typed


def ladder(fields: Fields, steps: list[Raw]) -> list[Raw]:
    """A ladder as a table in which rows are added, taken out and changed; the days decide their order."""
    templates = sorted({*fields.templates, *(step["template"] for step in steps if step.get("template"))})
    columns = st.column_config
    table = st.data_editor(
        table_of(steps),
        num_rows="dynamic",
        placeholder="",
        hide_index=True,
        width="stretch",
        key=f"{fields.key}-table",
        column_config={
            "offset": columns.NumberColumn(_("Day"), help=_("Days past due; before the due date it is negative."), step=1, width="small"),
            "name": columns.TextColumn(_("Step"), width="medium"),
            "kind": columns.SelectboxColumn(_("Kind"), options=[kind.value for kind in StepKind], format_func=lambda each: _(KINDS[StepKind(str(each))]), default="message", width=150),
            "channels": columns.MultiselectColumn(_("Channels"), options=[each.value for each in WRITTEN], format_func=lambda each: _(CHANNELS[Channel(each)]), help=_("In the order of preference."), width="medium"),
            "order": columns.SelectboxColumn(_("Order"), options=[each.value for each in Order], format_func=lambda each: _(ORDERS[Order(str(each))]), default="listed", width=130),
            "template": columns.SelectboxColumn(_("Template"), options=templates, format_func=lambda each: name_of(str(each)), width="medium"),
            "at": columns.TimeColumn(_("Not before"), help=_("Local time of the debtor."), format="HH:mm", step=60),
            "min_amount": columns.NumberColumn(_("Smallest amount"), min_value=0),
            "max_amount": columns.NumberColumn(_("Largest amount"), min_value=0),
            "min_gap_days": columns.NumberColumn(_("Gap (days)"), help=_(FIELDS["min_gap_days"]), step=1),
            "max_attempts": columns.NumberColumn(_("Attempts"), help=_(FIELDS["max_attempts"]), step=1),
            "valid_days": columns.NumberColumn(_("Valid (days)"), help=_("On how many days it may begin, its first day counted."), step=1),
            "expires_days": columns.NumberColumn(_("Waits (days)"), help=_("How many days a message waits for a lawful moment."), step=1),
            "code": columns.TextColumn(_("Code"), help=_("Made of the name when it is left empty.")),
        },
    )  # fmt: skip
    return steps_of(table)


def events(fields: Fields, raw: Raw) -> Raw:
    """What happenings write; no channel = nothing is sent."""
    typed: Raw = {}
    for name in ("promise_due", "promise_broken", "payment_thanks", "installment_due"):
        before = raw.get(name) or {}
        left, right = st.columns(2)
        channels = left.multiselect(
            _(FIELDS[name]),
            [each.value for each in WRITTEN],
            default=before.get("channels") or [],
            format_func=lambda each: _(CHANNELS[Channel(each)]),
            placeholder=_("nothing is sent"),
            key=f"{fields.key}-{name}-channels",
        )
        chosen = _templates(right, fields.under(name), name, before)
        if channels:
            typed[name] = {"channels": channels, "order": before.get("order", "listed")} | chosen
    return typed


_REMINDERS = {
    "promise_due": {"1": "promise_due_tomorrow", "0": "promise_due_today"},
    "installment_due": {"1": "installment_due", "0": "installment_due"},
}


def _templates(place: Any, fields: Fields, name: str, before: Raw) -> Raw:
    """The template of an event, or of each of the days before a promise or an installment falls due."""
    if name not in _REMINDERS:
        chosen = _template(place, fields, _("Template"), before.get("template") or name)
        return {"template": chosen} if chosen else {}
    known: Mapping[str, str] = before.get("templates") or {}
    shipped = _REMINDERS[name]
    days = {"1": _("The day before"), "0": _("On its day")}
    found = {}
    for column, (day, label) in zip(place.columns(2), days.items(), strict=True):
        start = known.get(day) if known else shipped[day]
        found[day] = _template(column, fields.under(day), label, start)
    others = {day: code for day, code in known.items() if day not in days}
    return {"templates": others | {day: code for day, code in found.items() if code}}


def _template(place: Any, fields: Fields, label: str, chosen: str | None) -> str | None:
    codes = sorted({*fields.templates, *([chosen] if chosen else [])})
    found: str | None = place.selectbox(
        label,
        codes,
        index=codes.index(chosen) if chosen else None,
        format_func=name_of,
        placeholder="—",
        key=f"{fields.key}-template",
    )
    return found


def costs(fields: Fields, raw: Raw) -> Raw:
    """What a message costs in US dollars, as the provider bills it; empty = not known."""
    typed = {}
    for column, channel in zip(st.columns(len(WRITTEN)), WRITTEN, strict=True):
        value = raw.get(channel.value)
        found = column.number_input(
            _("{channel}: cost of a message (USD)", channel=_(CHANNELS[channel])),
            value=float(value) if value is not None else None,
            min_value=0.0,
            step=0.005,
            format="%.4f",
            placeholder="—",
            key=f"{fields.key}-{channel.value}",
        )
        if found is not None:
            typed[channel.value] = f"{found:.4f}"
    return typed


def _percent(place: Any, label: str, share: float, key: str) -> float:
    return float(place.number_input(label, 0, 50, round(share * 100), 1, key=key)) / 100

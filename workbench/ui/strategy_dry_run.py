"""What a draft would do: who would get what and when, what is held back and by which rule, and what it costs."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from models import Portfolio
from models.interactions import Channel
from models.strategies import StepKind
from workbench import db
from workbench.actions.planning import dry_run
from workbench.queries.dry_runs import DryRun
from workbench.rules.access import Viewer
from workbench.rules.held import held_in_words
from workbench.rules.law_words import CHANNELS
from workbench.rules.strategies import Arm, Definition, ladders
from workbench.ui import access, frame, i18n, table_files
from workbench.ui.i18n import _, day, moment, ngettext, number
from workbench.ui.number_columns import counts, draw
from workbench.ui.strategy_words import ARMS, KINDS

PAGE = 100  # rows on one page
BY = ["segment", "arm", "step", "kind", "channel"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A dry run, and what it was made of."""

    definition: Definition
    on: date
    before: Definition | None
    draft: DryRun
    in_force: DryRun | None

    def named(self) -> tuple[dict[Any, str], dict[Any, str]]:
        """Names of the segments and of the steps of both versions by their codes, in the order of the ladders."""
        segments, steps = _names(self.definition)
        old_segments, old_steps = _names(self.before) if self.before else ({}, {})
        return segments | old_segments | segments, steps | old_steps | steps


def _names(definition: Definition) -> tuple[dict[Any, str], dict[Any, str]]:
    rungs = sorted(
        (step for _place, _arm, steps in ladders(definition) for step in steps), key=lambda step: step.offset
    )
    return {each.code: each.name for each in definition.segments}, {step.code: step.name for step in rungs}


def show(who: Viewer, portfolio: Portfolio, definition: Definition, before: Definition | None) -> None:
    """The dry run of a draft as it stands in the fields, compared with the version in force."""
    today = access.now().astimezone(ZoneInfo(portfolio.time_zone)).date()
    with st.container(border=True):
        frame.markup(f'<p class="cw-section">{_("Dry run")}</p>')
        night, run, _rest = st.columns([2, 2, 5], vertical_alignment="bottom")
        on = night.date_input(
            _("For the night of"),
            _next_night(portfolio, today),
            min_value=today,
            format="DD/MM/YYYY",
            key=f"dry-on-{portfolio.id}",
        )
        key = f"dry-run-{portfolio.id}"
        if run.button(_("Try it out"), key="dry-run", width="stretch"):
            with st.spinner(_("Deciding case by case…")):
                st.session_state[key] = _tried(who, portfolio, definition, before, on)
        tried: Tried | None = st.session_state.get(key)
        if tried is None:
            st.caption(_("Shows what would be sent, to whom and why, and what the law holds back. Nothing is written."))
        elif (tried.definition, tried.on) != (definition, on):
            st.info(_("The draft or the day has changed since: try it out again."))
        else:
            _told(tried, portfolio)


def _next_night(portfolio: Portfolio, today: date) -> date:
    """The first business date that no night has planned yet."""
    return max(today, portfolio.business_date + timedelta(days=1)) if portfolio.business_date else today


def _tried(who: Viewer, portfolio: Portfolio, definition: Definition, before: Definition | None, on: date) -> Tried:
    """At that night's beginning, or now when it is past."""
    assert portfolio.id is not None
    at = max(access.now(), datetime.combine(on, time(0), ZoneInfo(portfolio.time_zone)))
    with db.reading() as session:
        found = dry_run(session, who, portfolio.id, definition, on=on, at=at)
        other = dry_run(session, who, portfolio.id, before, on=on, at=at) if before else None
    return Tried(definition, on, before, found, other)


def _told(tried: Tried, portfolio: Portfolio) -> None:
    run, force = tried.draft, tried.in_force
    held = int(run.held["cases"].sum()) if len(run.held) else 0
    figures = st.columns(4)
    more = run.messages - force.messages if force else None
    delta = _("{n} against the version in force", n=_signed(more)) if more is not None else None
    figures[0].metric(_("Messages"), number(run.messages), delta, delta_color="off", delta_arrow="off")
    figures[1].metric(_("Tasks for people"), number(run.tasks))
    figures[2].metric(_("Held back"), number(held))
    price = f"{number(run.cost, decimals=2)} USD" if tried.definition.costs else "—"
    figures[3].metric(_("Cost"), price, help=_("Messages × the cost of each channel; an SMS counts as one part."))
    left, right = st.columns([2, 1])
    with left:
        st.caption(_("What would be done, by step"))
        steps = _steps(tried)
        written = counts(_("Cases"), _("Version in force")) | {_("Difference"): _signed}
        draw(steps, written, key="dry-run-steps", height=400)
        table_files.beside("dry-run-steps", steps, portfolio_ids=[portfolio.id or 0])
    with right:
        st.caption(_("Held back, and by what"))
        frame.markup(_held(run))
    _rows(tried, portfolio)


def _steps(tried: Tried) -> list[dict[str, Any]]:
    """Cases by step and channel in the order of the ladders, beside those of the version in force."""
    new = tried.draft.steps
    old = tried.in_force.steps if tried.in_force else new.iloc[:0]
    both = new.merge(old, on=BY, how="outer", suffixes=("", "_before"))
    segments, steps = tried.named()
    both["place"], both["rung"] = both["segment"].map(list(segments).index), both["step"].map(list(steps).index)
    both = both.sort_values(["place", "arm", "rung"], kind="stable")
    cases, before = both["cases"].fillna(0).astype(int), both["cases_before"].fillna(0).astype(int)
    table: dict[str, list[Any]] = {
        _("Segment"): [segments[each] for each in both["segment"]],
        _("Group"): [_(ARMS[Arm[each.upper()]]) for each in both["arm"]],
        _("Step"): [steps[each] for each in both["step"]],
        _("By"): [_by(*each) for each in zip(both["kind"], both["channel"], strict=True)],
        _("Cases"): cases.tolist(),
    }
    if tried.in_force:
        table[_("Version in force")] = before.tolist()
        table[_("Difference")] = (cases - before).tolist()
    return [dict(zip(table, line, strict=True)) for line in zip(*table.values(), strict=True)]


def _held(run: DryRun) -> str:
    """Why something is held back, and how often, as a table."""
    language = i18n.language()
    rows = "".join(
        f'<tr><td>{escape(held_in_words(_stored(row), language))}</td><td class="cw-num">{number(row["cases"])}</td></tr>'
        for row in run.held.to_dict("records")
    )
    heads = f'<th>{escape(_("Why"))}</th><th class="cw-num">{escape(_("Cases"))}</th>'
    return f'<table class="cw-table cw-tally"><tr>{heads}</tr>{rows}</table>'


def _stored(row: dict[Any, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("code", "rule", "law") if isinstance(row[name], str)}


def _rows(tried: Tried, portfolio: Portfolio) -> None:
    """The debtors one by one, a page at a time."""
    which = st.segmented_control(
        _("Show"),
        ["sent", "held"],
        default="sent",
        required=True,
        format_func=lambda each: _("What would be done") if each == "sent" else _("What is held back"),
        label_visibility="collapsed",
        key=f"dry-which-{portfolio.id}",
    )
    rows = tried.draft.rows
    rows = rows[rows["code"].isna() if which == "sent" else rows["code"].notna()]
    if rows.empty:
        st.caption(_("Nobody."))
        return
    pages = -(-len(rows) // PAGE)
    page = 1
    if pages > 1:
        asked = _("Page, of {n}", n=number(pages))
        page = int(st.number_input(asked, 1, pages, width=180, key=f"dry-page-{which}-{portfolio.id}"))
    shown = rows.iloc[(page - 1) * PAGE : page * PAGE]
    st.dataframe(_listed(shown, tried), hide_index=True, width="stretch", key=f"dry-rows-{which}")
    table_files.beside(
        f"dry-run-{which}",
        lambda _session, _who: _listed(rows, tried),
        portfolio_ids=[portfolio.id or 0],
        personal=[_("Debtor")],
    )
    st.caption(ngettext("{n} case in all", "{n} cases in all", len(rows)))


def _listed(rows: pd.DataFrame, tried: Tried) -> pd.DataFrame:
    segments, steps = tried.named()
    records = rows.to_dict("records")
    moments = [None if pd.isna(row["not_before"]) else row["not_before"].to_pydatetime() for row in records]
    table = {
        _("Debtor"): [row["debtor"] for row in records],
        _("Segment"): [segments.get(row["segment"], row["segment"]) for row in records],
        _("Step"): [steps.get(row["step"], row["step"]) or "—" for row in records],
        _("By"): [_by(row["kind"], row["channel"]) for row in records],
        _("Not before"): [moment(at, row["zone"]) if at else "—" for at, row in zip(moments, records, strict=True)],
        _("Why"): [_why(row, tried.on) for row in records],
    }
    if not any(moments):
        del table[_("Not before")]
    return pd.DataFrame(table)


def _why(row: dict[Any, Any], on: date) -> str:
    """Which law or fact holds it back, or the day on which its step has come."""
    if row["held"]:
        return held_in_words(row["held"], i18n.language())
    late, since = (on - row["anchor_on"]).days, day(row["anchor_on"])
    if late > 0:
        return ngettext("{n} day past due, since {date}", "{n} days past due, since {date}", late, date=since)
    return _("due on {date}", date=since)


def _by(kind: Any, channel: Any) -> str:
    if isinstance(channel, str):
        return _(CHANNELS[Channel(channel)])
    return _(KINDS[StepKind(kind)]) if isinstance(kind, str) else "—"


def _signed(value: int) -> str:
    return f"+{number(value)}" if value > 0 else number(value)

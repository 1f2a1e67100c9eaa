"""Goals of people, teams and portfolios: those that hold and that are set for later, ended and set anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from models import Period, Portfolio
from workbench import db
from workbench.actions.targets import Wish, end_target, set_target
from workbench.queries.portfolios import visible_portfolios
from workbench.queries.targets import Goal, targets_for
from workbench.queries.team_policies import team_policies
from workbench.rules.access import Permission, Viewer
from workbench.rules.kpis import KPIS, Family, Unit
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, deeds, frame, table_files
from workbench.ui.i18n import _, day, ngettext
from workbench.ui.kpi_words import PERIODS, amount_words

KINDS = {"user_id": N_("Person"), "team_id": N_("Team"), "portfolio_id": N_("Portfolio")}
NEEDS_NO_GOAL = frozenset({"cases", "listed", "balance", "time_available", "blocked_attempts", "intensity"})


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody or something that a goal may be set for."""

    kind: str  # one of KINDS
    id: int
    name: str


def show(who: Viewer) -> None:
    """The form above, the goals below; the chosen ones are ended with one button."""
    with db.reading() as session:
        portfolios = visible_portfolios(session, who)
        today = today_of(portfolios, access.now())
        goals = targets_for(session, who, on=today, coming=True)
        teams = team_policies(session, who)
    people = {member.user_id: member.name for team in teams for member in team.members}
    whom = [Whom("team_id", team.team_id, team.name) for team in teams]
    whom += [Whom("user_id", each, name) for each, name in sorted(people.items(), key=lambda one: one[1])]
    whom += [Whom("portfolio_id", each.id, each.name) for each in portfolios if each.id is not None]
    _form(whom, today)
    if not goals:
        frame.empty_state(
            _("No goal is set"), _("Set one above: it shows on the tiles, on the floor and to the agent.")
        )
        return
    _list(goals, today)


def today_of(portfolios: Sequence[Portfolio], at: datetime) -> date:
    """The day it is where the first of the portfolios is."""
    return at.astimezone(ZoneInfo(portfolios[0].time_zone) if portfolios else UTC).date()


def _form(whom: list[Whom], today: date) -> None:
    with st.container(border=True, key="goal-form"):
        chosen, figure, period = st.columns([2, 2, 1], vertical_alignment="bottom")
        chosen.multiselect(
            _("For"), whom, format_func=lambda each: f"{each.name} · {_(KINDS[each.kind])}", key="goal-whom",
            placeholder=_("People, teams or portfolios"),
        )  # fmt: skip
        names = [name for name in KPIS if name not in NEEDS_NO_GOAL]
        if any(each.kind != "portfolio_id" for each in st.session_state.get("goal-whom") or []):
            names = [name for name in names if KPIS[name].family is not Family.BOOK]
        name = figure.selectbox(_("Figure"), names, format_func=lambda each: _(KPIS[each].label), key="goal-kpi")
        period.selectbox(_("In each"), list(PERIODS), 2, lambda each: _(PERIODS[each]), key="goal-period")
        amount, first, button = st.columns([2, 2, 1], vertical_alignment="bottom")
        amount.number_input(f"{_('Goal')} ({_(UNITS[KPIS[name].unit])})", 0.0, None, None, key=f"goal-amount-{name}")
        first.date_input(_("From"), today, format="DD/MM/YYYY", key="goal-from")
        button.button(_("Set the goal"), type="primary", width="stretch", key="goal-set", on_click=_set, args=(name,))


UNITS = {
    Unit.COUNT: N_("number"),
    Unit.SHARE: N_("%"),
    Unit.MONEY: N_("in the portfolio's currency"),
    Unit.DAYS: N_("days"),
    Unit.SECONDS: N_("minutes"),
    Unit.RATIO: N_("times"),
}
SCALES = {Unit.SHARE: Decimal("0.01"), Unit.SECONDS: Decimal(60)}


def _set(name: str) -> None:
    given: dict[str, Any] = {
        field: st.session_state.get(f"goal-{field}") for field in ("whom", "period", "from", f"amount-{name}")
    }
    typed, chosen = given[f"amount-{name}"], given["whom"] or []
    if not chosen or not typed:
        frame.say_refused(Refused("Choose whom the goal is for, and how much it is."))
        return
    amount = Decimal(str(typed)) * SCALES.get(KPIS[name].unit, Decimal(1))

    def deed(session: Any, who: Viewer, at: datetime) -> None:
        for each in chosen:
            wish = Wish(name, Period(given["period"]), amount, **{each.kind: each.id})
            set_target(session, who, wish, from_on=given["from"], at=at)

    if deeds.do(Permission.SET_TARGETS, deed):
        frame.say_done(ngettext("{n} goal set.", "{n} goals set.", len(chosen)))
        st.session_state["goal-whom"] = []


def _list(goals: list[Goal], today: date) -> None:
    shown = blake2b(",".join(str(each.target_id) for each in goals).encode(), digest_size=6).hexdigest()
    rows = [_row(each, today) for each in goals]
    event = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        column_config={
            _("Goal"): st.column_config.TextColumn(alignment="right"),
        },
        selection_mode="multi-row",
        on_select="rerun",
        key=f"goals-{shown}",
    )
    table_files.beside("team-goals", rows)
    chosen = [goals[place] for place in event["selection"]["rows"] if place < len(goals)]
    label = ngettext("End {n} goal", "End {n} goals", len(chosen)) if chosen else _("End the chosen goals")
    st.button(
        label, disabled=not chosen, key="goal-end", on_click=_end, args=([each.target_id for each in chosen], today)
    )


def _row(goal: Goal, today: date) -> dict[str, Any]:
    kind = next(kind for kind in KINDS if getattr(goal, kind) is not None)
    return {
        _("For"): goal.name,
        _("Kind"): _(KINDS[kind]),
        _("Figure"): _(KPIS[goal.kpi].label),
        _("In each"): _(PERIODS[goal.period]),
        _("Goal"): amount_words(KPIS[goal.kpi].unit, goal.amount, goal.currency, short=True),
        _("State"): _("set for later") if goal.from_on > today else _("holds"),
        _("From"): day(goal.from_on),
        _("Until"): day(goal.until_on) if goal.until_on else "",
    }


def _end(target_ids: list[int], on: date) -> None:
    def deed(session: Any, who: Viewer, at: datetime) -> None:
        for each in target_ids:
            end_target(session, who, each, on=on, at=at)

    if deeds.do(Permission.SET_TARGETS, deed):
        frame.say_done(ngettext("{n} goal ended.", "{n} goals ended.", len(target_ids)))

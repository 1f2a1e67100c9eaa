"""Figures side by side: a line for each agent, team or portfolio, with what changed; the rows of one line open below."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import pandas as pd
import streamlit as st

from workbench.queries.kpi_groups import OTHERS
from workbench.queries.kpi_parts import PARTS
from workbench.queries.kpis import Breakdown, By, Figure, Group
from workbench.rules.access import Viewer
from workbench.rules.kpis import Family, Source, Unit, kpi
from workbench.rules.words import N_
from workbench.ui import board_figures, frame, kpi_rows
from workbench.ui.board_scope import Board, label
from workbench.ui.i18n import _
from workbench.ui.kpi_words import amount_words, change
from workbench.ui.table_files import downloads

TOTAL = "total"  # the key of the line below all
SIDES = {By.AGENT: N_("By agent"), By.TEAM: N_("By team"), By.PORTFOLIO: N_("By portfolio")}
FAMILIES = {
    Family.ACTIVITY: (
        N_("Activity"),
        ("attempts", "penetration", "intensity", "contact_rate", "right_parties", "rpc_rate"),
    ),
    Family.PROMISES: (
        N_("Promises"),
        ("promises", "promised", "ptp_rate", "promises_kept", "kept_rate", "kept_amount_rate"),
    ),
    Family.MONEY: (N_("Money"), ("recovery", "promise_to_cash", "cost", "cost_to_collect")),
    Family.TIME: (N_("Time"), ("handled", "aht", "time_on_cases", "time_available", "occupancy", "skips")),
    Family.COMPLIANCE: (N_("Compliance"), ("blocked_attempts",)),
}


def show(who: Viewer, board: Board, at: datetime) -> None:
    """The table of one family of figures, with what each changed since the period before."""
    side_place, family_place, order_place = st.columns([3, 4.3, 2], vertical_alignment="bottom")
    side = side_place.segmented_control(
        _("Side by side"), list(SIDES), format_func=lambda each: _(SIDES[each]), default=By.AGENT, required=True,
        label_visibility="collapsed", key="compare-side",
    )  # fmt: skip
    family = family_place.segmented_control(
        _("Figures"), list(FAMILIES), format_func=lambda each: _(FAMILIES[each][0]), default=Family.ACTIVITY,
        required=True, label_visibility="collapsed", key="compare-family",
    )  # fmt: skip
    names = [name for name in FAMILIES[family][1] if side is not By.PORTFOLIO or not _of_people(name)]
    first = order_place.selectbox(_("Ordered by"), names, format_func=label, key=f"compare-order-{family}")
    now = board_figures.breakdown(who, names, board.scope, side, today=board.today, at=at)
    before = board_figures.breakdown(who, names, board.before, side, today=board.today, at=at)
    if not now.groups:
        frame.empty_state(_("Nothing was done in these days"), _("Choose another period, team or portfolio."))
        return
    all_now, all_before = (
        board_figures.figures(who, names, scope, today=board.today, at=at) for scope in (board.scope, board.before)
    )
    groups = [*ordered(now, first), Group(TOTAL, N_("Total"), named=False, figures=all_now)]
    former = {each.key: each.figures for each in before.groups} | {TOTAL: all_before}
    _table(who, board, side, family, groups, former, names, at)


def _of_people(name: str) -> bool:
    """Whether presence goes into a figure: it belongs to people, whichever portfolio they work."""
    return any(part.source is Source.PRESENCE for part in PARTS[name] if part is not None)


def ordered(found: Breakdown, name: str) -> list[Group]:
    """The lines by one figure, the largest first; other teams and nobody come last."""

    def place(group: Group) -> tuple[bool, float]:
        value = group.figures[name].value
        return group.key in (None, OTHERS), -float(value) if value is not None else float("inf")

    return sorted(found.groups, key=place)


def _table(
    who: Viewer,
    board: Board,
    side: By,
    family: Family,
    groups: Sequence[Group],
    former: Mapping[Any, dict[str, Figure]],
    names: Sequence[str],
    at: datetime,
) -> None:
    head = _(SIDES[side])
    lines = [
        {head: group_name(each)}
        | {label(name): cell(each.figures[name], former.get(each.key, {}).get(name)) for name in names}
        for each in groups
    ]
    shown = blake2b(repr([each.key for each in groups]).encode(), digest_size=6).hexdigest()
    event = st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        width="stretch",
        height="content" if len(lines) < 14 else 520,
        column_config={label(name): st.column_config.TextColumn(alignment="right") for name in names},
        selection_mode="single-row",
        on_select="rerun",
        key=f"compare-{side}-{family}-{shown}",
    )
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(groups):
        _behind(who, board, side, groups[picked[0]], names)
    else:
        st.caption(_("In brackets: what changed since the period before. Choose a line to open its rows."))
    rows = [{head: group_name(each)} | _plain(each, former.get(each.key, {}), names) for each in groups]
    asked = board.asked | {"by": side.value}
    downloads(who, f"performance-{side}-{family}", rows, portfolio_ids=board.scope.portfolio_ids, asked=asked, at=at)


def _behind(who: Viewer, board: Board, side: By, group: Group, names: Sequence[str]) -> None:
    """The rows of one line: which figure is asked for, then its window."""
    text, choice, button = st.columns([2, 2, 3], vertical_alignment="bottom")
    text.markdown(f"**{group_name(group)}**")
    name = choice.selectbox(_("Figure"), names, format_func=label, key=f"behind-{side}")
    with button:
        within = None if group.key == TOTAL else (side, group.key)
        kpi_rows.button(kpi(name), who=who, scope=board.scope, key=f"behind-{side}", within=within)


def group_name(group: Group) -> str:
    """Whose line it is."""
    return group.label if group.named else _(group.label)


def cell(figure: Figure, before: Figure | None) -> str:
    """A figure with what changed, in words."""
    shown = amount_words(figure.kpi.unit, figure.value, figure.currency, short=True)
    told = change(figure.kpi.unit, figure.value, before.value) if before else None
    return f"{shown} ({told[1]})" if told and told[0] else shown


def _plain(group: Group, former: dict[str, Figure], names: Sequence[str]) -> dict[str, Any]:
    """Values as a spreadsheet has them, each with the one before."""
    line: dict[str, Any] = {}
    for name in names:
        unit = kpi(name).unit
        head = f"{label(name)} ({_('seconds')})" if unit is Unit.SECONDS else label(name)
        line[head] = _value(group.figures[name])
        line[_("{figure}, before", figure=head)] = _value(former[name]) if name in former else None
    return line


def _value(figure: Figure) -> float | Decimal | None:
    return round(figure.value, 6) if isinstance(figure.value, float) else figure.value

"""Whose work it is, read either way round: queue, agents, cases; or agent, queues, cases."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from models import Portfolio, Queue, Stage
from workbench import db
from workbench.queries.assignment import NOBODY, OTHERS, Cell, Wanted, Work, work
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Whose
from workbench.rules.words import N_
from workbench.ui import assignment_cases, assignment_choice, assignment_words, frame, table_files
from workbench.ui.assignment_words import amounts, owner
from workbench.ui.i18n import _, ngettext, number

COUNTED, FRESH_SECONDS = "assignment-counted", 60
WAYS = {"queue": N_("By queue"), "agent": N_("By agent")}


class Axis(NamedTuple):
    """Something the work is grouped by: its title, the groups of a cell, and the cases wanted of a group."""

    title: str
    of: Callable[[Cell], Iterable[Any]]
    chosen: Callable[[Wanted, Any], Wanted]


def _in_queue(wanted: Wanted, queue: Queue | None) -> Wanted:
    return replace(wanted, queues=frozenset({queue}) if queue else frozenset(), idle=queue is None)


AXES: dict[str, Axis] = {
    "queue": Axis(N_("Queue"), lambda cell: cell.queues or (None,), _in_queue),
    "stage": Axis(N_("Stage"), lambda cell: (cell.stage,), lambda w, each: replace(w, stages=frozenset({each}))),
    "bucket": Axis(
        N_("Days past due"), lambda cell: (cell.bucket,), lambda w, each: replace(w, buckets=frozenset({each}))
    ),
    "portfolio": Axis(
        N_("Portfolio"), lambda cell: (cell.portfolio_id,), lambda w, each: replace(w, portfolio_ids=(each,))
    ),
}


def show(who: Viewer, portfolios: Mapping[int, Portfolio]) -> None:
    """The pivots over the chosen portfolios, and the cases behind the figure that was chosen."""
    found = counted(who, portfolios)
    if not found.cells:
        frame.empty_state(_("There are no cases with balance here."), _("Import a file, or choose another portfolio."))
        return
    left, right, again = st.columns([1, 2, 1], vertical_alignment="bottom")
    with left:
        way = _segment(_("Order"), WAYS, "assignment-pivot")
    with right:
        axis = AXES[_segment(_("Group by"), {name: each.title for name, each in AXES.items()}, "assignment-axis")]
    again.button(_("Count again"), on_click=forget, key="assignment-count", width="stretch")
    levels = [partial(_by_group, axis=axis, portfolios=portfolios), partial(_by_owner, found=found)]
    wanted, cells = Wanted(tuple(portfolios)), found.cells
    for place, level in enumerate(reversed(levels) if way == "agent" else levels):
        groups = level(cells)
        row = _chosen(groups, portfolios, key=f"assignment-level-{place}")
        if row is None:
            st.caption(_("Choose a row to see what lies behind it."))
            return
        wanted, cells = groups.narrowed(wanted, row), groups.cells[row]
    _give(wanted, sum(each.cases for each in cells))
    chosen = assignment_cases.show(who, wanted, found.holders, portfolios)
    _give_chosen(tuple(each.case_id for each in chosen))


def _give(wanted: Wanted, cases: int) -> None:
    """The way from a figure to dealing its cases; what waits for nothing lies in no queue to deal by."""
    if OTHERS in wanted.owners or wanted.idle:
        return
    label = ngettext("Deal this {count} case …", "Deal these {count} cases …", cases, count=number(cases))
    st.button(label, key="assignment-give", on_click=_start, args=(wanted,))


def _start(wanted: Wanted) -> None:
    """Opens the deal with the choice made here."""
    owners = sorted(wanted.owners - {NOBODY})
    st.session_state.pop(assignment_choice.CASES, None)
    st.session_state.update(
        {
            "assignment-part": "deal",
            "deal-portfolios": list(wanted.portfolio_ids),
            "deal-queue": next(iter(wanted.queues), None),
            "deal-stages": list(wanted.stages),
            "deal-buckets": list(wanted.buckets),
            "deal-whose": Whose.OWNED if owners else Whose.UNOWNED if wanted.owners else Whose.ALL,
            "deal-owners": owners,
        }
    )


def _give_chosen(case_ids: tuple[int, ...]) -> None:
    if case_ids:
        label = ngettext("Give the chosen case …", "Give the {n} chosen cases …", len(case_ids))
        st.button(label, type="primary", key="assignment-give-chosen", on_click=_start_with, args=(case_ids,))


def _start_with(case_ids: tuple[int, ...]) -> None:
    """Opens the deal with cases chosen one by one."""
    st.session_state.update({assignment_choice.CASES: case_ids, "assignment-part": "deal", "deal-to": "chosen"})


def counted(who: Viewer, portfolios: Mapping[int, Portfolio]) -> Work:
    """The work of these portfolios, counted once a minute: the page is drawn anew at every click."""
    asked = (who.user_id, tuple(portfolios))
    known = st.session_state.get(COUNTED)
    if known and known[0] == asked and time.monotonic() - known[1] < FRESH_SECONDS:
        found: Work = known[2]
        return found
    with db.reading() as session:
        found = work(session, who, portfolios)
    st.session_state[COUNTED] = (asked, time.monotonic(), found)
    return found


def forget() -> None:
    """Counts anew at the next drawing: something was dealt, or somebody asked."""
    st.session_state.pop(COUNTED, None)


def _segment(label: str, titles: Mapping[str, str], key: str) -> str:
    chosen: str = st.segmented_control(
        label,
        list(titles),
        format_func=lambda each: _(titles[each]),
        default=next(iter(titles)),
        required=True,
        key=key,
    )
    return chosen


class Sum(NamedTuple):
    """Cells added up; amounts by currency."""

    cases: int
    unowned: int
    in_hand: int
    owners: int
    balance: dict[str, Decimal]
    expected: dict[str, Decimal]


class Groups(NamedTuple):
    """The rows of a table: what each is, in words, the cells in it, and what is wanted when it is chosen."""

    title: str
    each: list[Any]
    names: list[str]
    cells: list[tuple[Cell, ...]]
    chosen: Callable[[Wanted, Any], Wanted]

    def narrowed(self, wanted: Wanted, row: int) -> Wanted:
        return self.chosen(wanted, self.each[row])


def _by_group(cells: Iterable[Cell], *, axis: Axis, portfolios: Mapping[int, Portfolio]) -> Groups:
    groups: dict[Any, list[Cell]] = {}
    for cell in cells:
        for each in axis.of(cell):
            groups.setdefault(each, []).append(cell)
    order = sorted(groups, key=_place)
    names = [_named(axis, each, portfolios) for each in order]
    return Groups(_(axis.title), order, names, [tuple(groups[each]) for each in order], axis.chosen)


def _by_owner(cells: Iterable[Cell], *, found: Work) -> Groups:
    held: dict[Any, list[Cell]] = {}
    for cell in cells:
        held.setdefault(cell.owner, []).append(cell)
    order = sorted(held, key=lambda each: (each != NOBODY, owner(each, found.holders)))
    names = [owner(each, found.holders) for each in order]
    return Groups(_("Whose"), order, names, [tuple(held[each]) for each in order], _of_owner)


def _of_owner(wanted: Wanted, user_id: int) -> Wanted:
    return replace(wanted, owners=frozenset({user_id}))


def _chosen(groups: Groups, portfolios: Mapping[int, Portfolio], *, key: str) -> int | None:
    """Draws a table and returns the place of the chosen row; its key changes with its rows, so that no place shifts."""
    sums = [_sum(cells, portfolios) for cells in groups.cells]
    counts: dict[str, list[int]] = {_("Cases"): [each.cases for each in sums]}
    for queue, title in assignment_words.QUEUES.items():
        counts[_(title)] = [sum(cell.cases for cell in cells if queue in cell.queues) for cells in groups.cells]
    counts |= {_("Nobody's"): [each.unowned for each in sums], _("Owners"): [each.owners for each in sums]}
    counts[_("In hand now")] = [each.in_hand for each in sums]
    sides = {
        _("Balance"): [amounts(each.balance) for each in sums],
        _("Expected money"): [amounts(each.expected) for each in sums],
    }
    columns: dict[Any, Any] = {name: st.column_config.NumberColumn(format="localized") for name in counts}
    columns |= {name: st.column_config.TextColumn(alignment="right") for name in sides}
    shown = pd.DataFrame({groups.title: groups.names} | counts | sides)
    event: Any = st.dataframe(
        shown,
        hide_index=True,
        width="stretch",
        column_config=columns,
        on_select="rerun",
        selection_mode="single-row",
        key=f"{key}-{abs(hash((groups.title, tuple(groups.names))))}",
    )
    table_files.beside(key, shown, portfolio_ids=list(portfolios))
    rows = event.selection.rows if event else []
    return rows[0] if rows and rows[0] < len(groups.each) else None


def _sum(cells: Iterable[Cell], portfolios: Mapping[int, Portfolio] | None = None) -> Sum:
    balance: dict[str, Decimal] = {}
    expected: dict[str, Decimal] = {}
    owned: set[int] = set()
    cases = unowned = in_hand = 0
    for cell in cells:
        cases, in_hand = cases + cell.cases, in_hand + cell.in_hand
        unowned += cell.cases if cell.owner == NOBODY else 0
        owned |= {cell.owner} - {NOBODY}
        currency = portfolios[cell.portfolio_id].currency if portfolios else ""
        balance[currency] = balance.get(currency, Decimal(0)) + cell.balance
        expected[currency] = expected.get(currency, Decimal(0)) + Decimal(str(round(cell.expected, 2)))
    return Sum(cases, unowned, in_hand, len(owned), balance, expected)


def _place(each: Any) -> tuple[int, Any]:
    if isinstance(each, Queue | Stage):
        return 0, list(type(each)).index(each)
    return (1, 0) if each is None else (0, each)


def _named(axis: Axis, each: Any, portfolios: Mapping[int, Portfolio]) -> str:
    if axis is AXES["portfolio"]:
        return portfolios[each].name
    if axis is AXES["bucket"]:
        return assignment_words.buckets(portfolios.values())[each]
    return assignment_words.stage(each) if isinstance(each, Stage) else assignment_words.queues((each,) if each else ())

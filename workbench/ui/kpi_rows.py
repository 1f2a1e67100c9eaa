"""The rows a figure is made of: which case, when, by whom, what each counts for; each opens its case, all leave as a file."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from workbench import db
from workbench.queries.kpi_rows import ROWS, Rows, Side
from workbench.queries.kpis import By, Scope, rows_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.kpis import Kpi, Unit, kpi
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, i18n
from workbench.ui.i18n import _, day, number
from workbench.ui.kpi_words import amount_words, duration
from workbench.ui.table_files import downloads

HIDDEN = "•••"
MOST_IN_FILE = 50_000
SIDES = {Side.NUMERATOR: N_("Numerator"), Side.DENOMINATOR: N_("Denominator")}
PERSONAL = ("Debtor", "Reference")
LAST = "Counted"
Within = tuple[By, Any]


def button(of: Kpi, *, who: Viewer, scope: Scope, key: str, within: Within | None = None) -> None:
    """Opens the rows of a figure."""
    if st.button(_("See the rows"), type="tertiary", key=f"{key}-rows"):
        rows_dialog(of.name, who=who, scope=scope, within=within)


def rows_dialog(name: str, *, who: Viewer, scope: Scope, within: Within | None = None) -> None:
    """The rows of one figure in a window of their own; `within` narrows them to one line of a breakdown."""
    i18n.use(who.language)
    st.dialog(f"{_(kpi(name).label)} · {_('rows')}", width="large")(_show)(name, scope, within)


def _show(name: str, scope: Scope, within: Within | None) -> None:
    """A dialog runs without its page: who looks is asked anew."""
    who, of = access.visitor(), kpi(name)
    side = Side.NUMERATOR
    if of.denominator:
        words = {Side.NUMERATOR: _(of.numerator), Side.DENOMINATOR: _(of.denominator)}
        side = st.segmented_control(
            _("Part"), list(SIDES), format_func=lambda each: f"{_(SIDES[each])}: {words[each]}", default=side,
            required=True, label_visibility="collapsed", key=f"rows-side-{name}",
        )  # fmt: skip
    try:
        with db.reading() as session:
            found = rows_of(session, who, name, scope, side, at=access.now(), within=within)
    except Refused as refused:
        st.error(i18n.refusal(refused))
        return
    st.caption(_summary(of, side, found))
    table(who, found, key=f"rows-{name}-{side}")
    source = partial(_file, name=name, scope=scope, side=side, within=within)
    asked = {"figure": name, "side": side, "from": scope.from_on, "to": scope.to_on, "team": scope.team_id,
             "person": scope.user_id, "within": f"{within[0]} {within[1]}" if within else None}  # fmt: skip
    downloads(
        who, f"rows-{name}-{side}".replace("_", "-"), source, portfolio_ids=scope.portfolio_ids, asked=asked,
        at=access.now(), personal=[_(each) for each in PERSONAL],
    )  # fmt: skip


def _summary(of: Kpi, side: Side, found: Rows) -> str:
    """How many rows there are, what they come to, and how many of them are listed."""
    told = [_("{n} rows", n=number(found.total))]
    if found.value is not None and side is Side.NUMERATOR and of.unit is not Unit.SHARE:
        told.append(_("together {value}", value=_counted(of, found.value)))
    if found.total > len(found.rows):
        told.append(_("the first {n} are listed", n=number(min(len(found.rows), ROWS))))
    return " · ".join(told)


def table(who: Viewer, found: Rows, *, key: str) -> None:
    """The rows as a table; personal data and links only for whoever may see them."""
    if not found.rows:
        st.caption(_("There are no rows."))
        return
    opens = who.may(Permission.SEE_PERSONAL_DATA)
    lines = [
        {_(head): _shown(head, cell, named=opens) for head, cell in zip(found.columns, row, strict=True)}
        | ({_("Case"): f"/search?case={case_id}" if case_id else ""} if opens else {})
        for row, case_id in zip(found.rows, found.case_ids, strict=True)
    ]
    config: dict[str, Any] = {_("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small")}
    for place, head in enumerate(found.columns):
        if any(isinstance(row[place], int | float | Decimal) for row in found.rows):
            config[_(head)] = st.column_config.TextColumn(alignment="right")
    st.dataframe(pd.DataFrame(lines), hide_index=True, width="stretch", height=380, column_config=config, key=key)


def _shown(head: str, cell: Any, *, named: bool) -> str:
    if cell is None:
        return HIDDEN if head == "Debtor" and not named else ""
    if isinstance(cell := _whole(cell), datetime):
        return f"{day(cell.date())} {cell:%H:%M}"
    if isinstance(cell, date):
        return day(cell)
    if isinstance(cell, Decimal):
        return number(cell, decimals=2)
    if isinstance(cell, int | float):
        return number(cell, decimals=0 if float(cell).is_integer() else 1)
    return str(cell)


def _whole(cell: Any) -> Any:
    """What is known by its day alone says no hour."""
    return cell.date() if isinstance(cell, datetime) and cell.time() == time() else cell


def _counted(of: Kpi, value: float | Decimal) -> str:
    """What a numerator comes to: an amount also where the figure is days of it, a number where it is a ratio."""
    if of.in_money:
        return number(value, decimals=2)
    if of.unit is Unit.SECONDS:
        return duration(float(value))
    return number(value) if of.unit is Unit.RATIO else amount_words(of.unit, value, None)


def _file(
    session: Any, who: Viewer, *, name: str, scope: Scope, side: Side, within: Within | None
) -> Sequence[dict[str, Any]]:
    """The rows once more, as many as a spreadsheet takes, for whoever presses the button."""
    found = rows_of(session, who, name, scope, side, at=access.now(), within=within, most=MOST_IN_FILE)
    heads = [_(head) for head in found.columns]
    return [dict(zip(heads, map(_whole, row), strict=True)) for row in found.rows]

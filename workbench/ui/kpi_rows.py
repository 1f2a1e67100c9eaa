"""The rows a figure is made of: which case, when, by whom, what each counts for; each opens its case, all leave as a file."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import streamlit as st

from workbench import db
from workbench.queries.kpi_rows import ROWS, Rows, Side
from workbench.queries.kpis import By, Scope, rows_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.kpis import Kpi, Unit, kpi
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, i18n, number_columns
from workbench.ui.i18n import _, day, ngettext, number
from workbench.ui.kpi_words import amount_words, duration
from workbench.ui.number_columns import Written, counts, priced
from workbench.ui.table_files import downloads

HIDDEN = "•••"
MOST_IN_FILE = 50_000
SIDES = {Side.NUMERATOR: N_("Numerator"), Side.DENOMINATOR: N_("Denominator")}
PERSONAL = ("Debtor", "Reference")
MONEY = frozenset({"Promised", "Paid", "Amount", "Balance", "Past due"})
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
    told = [ngettext("{n} row", "{n} rows", found.total)]
    if found.value is not None and side is Side.NUMERATOR and of.unit is not Unit.SHARE:
        told.append(_("together {value}", value=_counted(of, found.value, found.currency)))
    if found.total > len(found.rows):
        told.append(_("the first {n} are listed", n=number(min(len(found.rows), ROWS))))
    return " · ".join(told)


def table(who: Viewer, found: Rows, *, key: str) -> None:
    """The rows as a table; personal data and links only for whoever may see them."""
    if not found.rows:
        st.caption(_("There are no rows."))
        return
    opens, heads = who.may(Permission.SEE_PERSONAL_DATA), _heads(found)
    lines = [
        dict(zip(heads, row, strict=True))
        | ({} if opens else {_("Debtor"): HIDDEN})
        | ({_("Case"): f"/search?case={case_id}" if case_id else ""} if opens else {})
        for row, case_id in zip(found.rows, found.case_ids, strict=True)
    ]
    written: Written = {}
    for head, *cells in zip(heads, *found.rows, strict=True):
        written |= _written(head, cells)
    link = {_("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small")}
    number_columns.draw(lines, written, key=key, height=380, config=link)


def _heads(found: Rows) -> list[str]:
    """The heads in words, those of money with its currency."""
    return [priced(_(head), found.currency) if head in MONEY else _(head) for head in found.columns]


def _written(head: str, cells: Sequence[Any]) -> Written:
    """How the days or the figures of a column are written; nothing for one of words."""
    if any(isinstance(cell, date) for cell in cells):
        return {head: _moment}
    if any(isinstance(cell, Decimal) for cell in cells):
        return counts(head, decimals=2)
    figures = [cell for cell in cells if isinstance(cell, int | float)]
    return counts(head, decimals=0 if all(float(each).is_integer() for each in figures) else 1) if figures else {}


def _moment(cell: date) -> str:
    """A day, with the time of day where that is known."""
    whole = _whole(cell)
    return f"{day(whole)} {whole:%H:%M}" if isinstance(whole, datetime) else day(whole)


def _whole(cell: Any) -> Any:
    """What is known by its day alone says no hour."""
    return cell.date() if isinstance(cell, datetime) and cell.time() == time() else cell


def _counted(of: Kpi, value: float | Decimal, currency: str | None) -> str:
    """What a numerator comes to: an amount also where the figure is days of it, a number where it is a ratio."""
    if of.in_money:
        weighed = of.name == "average_days_past_due"  # amounts × days
        return amount_words(Unit.MONEY, value, None if weighed else currency)
    if of.unit is Unit.SECONDS:
        return duration(float(value))
    return number(value) if of.unit is Unit.RATIO else amount_words(of.unit, value, None)


def _file(
    session: Any, who: Viewer, *, name: str, scope: Scope, side: Side, within: Within | None
) -> Sequence[dict[str, Any]]:
    """The rows once more, as many as a spreadsheet takes, for whoever presses the button."""
    found = rows_of(session, who, name, scope, side, at=access.now(), within=within, most=MOST_IN_FILE)
    heads = _heads(found)
    return [dict(zip(heads, map(_whole, row), strict=True)) for row in found.rows]

"""The lists of promises: whose, how many and how much in each, the week day by day, and one list as a table."""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import pandas as pd
import streamlit as st

from models import Portfolio, PromiseState
from workbench import db
from workbench.queries.promises import (
    LOST_DAYS,
    PAGE,
    Counts,
    Day,
    Kept,
    Line,
    View,
    Wanted,
    counts,
    due_days,
    followers,
    kept_share,
    promises,
)
from workbench.rules.access import Permission, Viewer
from workbench.rules.words import N_
from workbench.ui import access, frame
from workbench.ui.i18n import _, money, ngettext, number, percent, weekday
from workbench.ui.page_parts import chosen_part

TITLES = {
    View.ACTIVE: N_("Open promises"),
    View.TODAY: N_("Due today or in grace"),
    View.WEEK: N_("Due this week"),
    View.BROKEN: N_("Not kept"),
}
STATES = {
    PromiseState.OPEN: N_("open"),
    PromiseState.PARTIALLY_KEPT: N_("kept in part"),
    PromiseState.BROKEN: N_("broken"),
}
EMPTY = {
    View.ACTIVE: N_("No promise is open"),
    View.TODAY: N_("No promise falls due today"),
    View.WEEK: N_("No promise falls due this week"),
    View.BROKEN: N_("Nothing is at risk from promises that were not kept"),
}


def wanted(who: Viewer, place: Any, portfolio: Portfolio) -> Wanted:
    """Whose promises of the portfolio: an agent's own, or whoever a supervisor chooses in `place`."""
    assert portfolio.id is not None
    if not who.may(Permission.MANAGE_PROMISES):
        return Wanted(portfolio.id, View.ACTIVE, who.user_id)
    with db.reading() as session:
        people = {each.id: each.name for each in followers(session, who, portfolio.id)}
    follower = place.selectbox(
        _("Followed up by"),
        [None, *people],
        format_func=lambda each: people[each] if each else _("everybody"),
        key=f"promises-follower-{portfolio.id}",
    )
    return Wanted(portfolio.id, View.ACTIVE, follower)


def figures(who: Viewer, asked: Wanted) -> tuple[View, Decimal]:
    """The four lists with how many promises are in each; the one chosen, which stands in the address, and its money."""
    with db.reading() as session:
        counted = counts(session, who, asked.portfolio_id, follower=asked.follower, at=access.now())
    many = {
        View.ACTIVE: counted.active,
        View.TODAY: counted.today,
        View.WEEK: counted.week,
        View.BROKEN: counted.broken,
    }
    titles = {view.value: f"{_(title)} · {number(many[view])}" for view, title in TITLES.items()}
    view = View(chosen_part(titles, key="promises-part"))
    return view, _money_of(counted, view)


def _money_of(counted: Counts, view: View) -> Decimal:
    """What is still missing on the open ones, what is at risk of the others."""
    money_of = {
        View.ACTIVE: counted.active_missing,
        View.TODAY: counted.today_missing,
        View.WEEK: counted.week_missing,
        View.BROKEN: counted.at_risk,
    }
    return money_of[view]


def week(who: Viewer, asked: Wanted, currency: str) -> None:
    """What falls due on each of the seven days, and how much of it may come in."""
    with db.reading() as session:
        days = due_days(session, who, asked.portfolio_id, follower=asked.follower, at=access.now())
        kept = kept_share(session, who, asked.portfolio_id, at=access.now())
    most = max((each.missing for each in days), default=0) or 1
    head = f'<th>{_("Day")}</th><th class="cw-num">{_("Promises")}</th><th class="cw-num">{_("Falls due")}</th>'
    head += f'<th class="cw-num">{_("May come in")}</th><th class="cw-bars"></th>'
    rows = "".join(_day_row(each, currency, float(each.missing / most), kept.chance) for each in days)
    total = sum((each.expected for each in days), days[0].expected * 0)
    frame.markup(f'<div class="cw-card"><table class="cw-table cw-week"><tr>{head}</tr>{rows}</table></div>')
    st.caption(_expected_words(kept, money(total, currency)))


def _day_row(each: Day, currency: str, length: float, chance: float) -> str:
    bar = f'<span class="cw-bar" style="width:{length:.1%}"><i style="width:{chance:.0%}"></i></span>'
    figures = (number(each.promises), money(each.missing, currency), money(each.expected, currency))
    cells = "".join(f'<td class="cw-num">{figure}</td>' for figure in figures)
    muted = "" if each.promises else ' class="cw-muted"'
    return f'<tr{muted}><td>{weekday(each.on)}</td>{cells}<td class="cw-bars">{bar if each.promises else ""}</td></tr>'


def _expected_words(kept: Kept, total: str) -> str:
    share = percent(kept.chance)
    learned = _(
        "May come in = what is still missing × the chance that a promise is kept: {share}, from {kept} kept of {ended} in a year.",
        share=share,
        kept=number(kept.kept),
        ended=number(kept.ended),
    )
    return f"{_('In seven days: {total}.', total=total)} {learned}"


def table(who: Viewer, asked: Wanted, view: View, total: str, currency: str) -> list[Line]:
    """One list, the most urgent first; returns the promises that are selected."""
    with db.reading() as session:
        lines = promises(session, who, Wanted(asked.portfolio_id, view, asked.follower), at=access.now(), most=PAGE)
    if not lines:
        frame.empty_state(_(EMPTY[view]), _("Promises are taken on the outcome form: “Promise to pay”."))
        return []
    st.caption(_summary(lines, view, total))
    shown = _print_of(lines)
    event = st.dataframe(
        pd.DataFrame([row_of(each, view, currency) | _more(who, each) for each in lines]),
        hide_index=True,
        width="stretch",
        height="content" if len(lines) < 12 else 460,
        column_config=_columns(),
        selection_mode="multi-row",
        on_select="rerun",
        key=f"promises-rows-{shown}",
    )
    return [lines[place] for place in event["selection"]["rows"] if place < len(lines)]


def _summary(lines: Sequence[Line], view: View, total: str) -> str:
    shown = ngettext("{n} promise shown", "{n} promises shown", len(lines))
    if view is View.BROKEN:
        told = _("At risk: {total}, of promises not kept in {days} days.", total=total, days=LOST_DAYS)
    else:
        told = _("Still missing: {total}.", total=total)
    return f"{told} {shown}."


def _print_of(lines: Sequence[Line]) -> str:
    """Selections are by place: another list begins without any."""
    return blake2b(",".join(str(each.id) for each in lines).encode(), digest_size=6).hexdigest()


def row_of(line: Line, view: View, currency: str) -> dict[str, Any]:
    """A promise as the list shows it."""
    of_view = {
        View.BROKEN: {
            _("Not kept since"): line.closed_on,
            _("State"): _(STATES.get(line.state, line.state)),
            _("At risk"): money(line.at_risk, currency),
            _("Paid late"): money(line.paid_late, currency) if line.paid_late else "",
        }
    }.get(view, {_("Due"): line.next_due, _("Missing"): money(line.missing, currency)})
    return {
        _("Debtor"): line.name,
        _("Reference"): line.reference,
        **of_view,
        _("Promised"): money(line.amount, currency),
        _("Paid"): money(line.paid, currency) if line.paid else "",
        _("Parts"): line.parts,
        _("Not kept so far"): line.level,
    }


def _more(who: Viewer, line: Line) -> dict[str, Any]:
    by = {_("Followed up by"): line.follower or ""} if who.may(Permission.MANAGE_PROMISES) else {}
    return by | {_("Case"): f"/search?case={line.case_id}"}


def _columns() -> dict[str, Any]:
    days = {name: st.column_config.DateColumn(format="DD/MM/YYYY") for name in (_("Due"), _("Not kept since"))}
    right = (_("At risk"), _("Paid late"), _("Missing"), _("Promised"), _("Paid"))
    amounts = {name: st.column_config.TextColumn(alignment="right") for name in right}
    link = {_("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small")}
    return {**days, **amounts, **link}

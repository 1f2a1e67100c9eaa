"""What the health of a book is about: one portfolio, one of its kept mornings, and how far back it is compared."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.book_history import mornings
from workbench.queries.kpis import Scope
from workbench.rules.access import Permission, Viewer
from workbench.rules.words import N_
from workbench.ui import access, frame, number_columns, page_parts
from workbench.ui.i18n import _, ngettext
from workbench.ui.number_columns import Written
from workbench.ui.table_files import downloads

SPANS = {7: N_("7 days"), 30: N_("30 days"), 90: N_("90 days")}
MOST_LINES, MOST_IN_FILE = 500, 50_000
Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Health:
    """A portfolio on the morning `on`, the mornings that were kept of it, and so many days before to compare with."""

    portfolio: Portfolio
    mornings: tuple[date, ...]
    on: date
    days: int

    @property
    def book_id(self) -> int:
        return self.portfolio.id or 0

    @property
    def since(self) -> date:
        """The morning compared with: the last one kept until so many days before, or the first there is."""
        return self.mornings[max(bisect_right(self.mornings, self.on - timedelta(days=self.days)) - 1, 0)]

    @property
    def as_of(self) -> Scope:
        """For figures of the morning itself."""
        return Scope((self.book_id,), self.on, self.on)

    @property
    def span(self) -> Scope:
        """For figures of the days that led to the morning."""
        return Scope((self.book_id,), self.on - timedelta(days=self.days), self.on - timedelta(days=1))

    def former(self, scope: Scope) -> Scope:
        """The same, as many days before."""
        back = timedelta(days=self.days)
        return Scope(scope.portfolio_ids, scope.from_on - back, scope.to_on - back)


def chosen(who: Viewer) -> Health:
    """The choices above the page; without a portfolio or a kept morning it ends here."""
    portfolios = page_parts.portfolios_or_stop(who)
    where, day, far = st.columns([2, 1, 2], vertical_alignment="bottom")
    portfolio = page_parts.chosen_portfolio(where, portfolios, key="health-book")
    with db.reading() as session:
        kept = tuple(mornings(session, who, portfolio.id or 0))
    on = chosen_morning(day, kept, key=f"health-on-{portfolio.id}")
    days: int = far.segmented_control(
        _("Compared with"), list(SPANS), format_func=lambda each: _("{days} before", days=_(SPANS[each])), default=30,
        required=True, key="health-days",
    )  # fmt: skip
    return Health(portfolio, kept, on, days)


def chosen_morning(place: Any, kept: Sequence[date], *, key: str) -> date:
    """A morning of those kept: that of the day chosen, or the last one before it; without any the page ends here."""
    if not kept:
        frame.empty_state(
            _("No morning has been kept yet"), _("The first night keeps one; Operations shows the nights.")
        )
        st.stop()
    asked = place.date_input(
        _("As of the morning of"), kept[-1], min_value=kept[0], max_value=kept[-1], format="DD/MM/YYYY", key=key
    )
    return kept[max(bisect_right(kept, asked) - 1, 0)]


Read = Callable[[Any, Viewer, int], Sequence[tuple[int, Line]]]  # each case and its line


def cases_table(
    who: Viewer,
    name: str,
    read: Read,
    *,
    book_id: int,
    asked: Mapping[str, object],
    written: Written,
    most: int = MOST_LINES,
    personal: Collection[str] = (),
    key: str = "",
) -> None:
    """Cases behind a figure as a table: each opens its case, all leave as a file, also those beyond the `most` shown."""
    with db.reading() as session:
        found = read(session, who, most + 1)
    if not found:
        st.caption(_("There are no rows."))
        return
    opens = who.may(Permission.SEE_PERSONAL_DATA)
    shown = [dict(line) | ({_("Case"): f"/search?case={case_id}"} if opens else {}) for case_id, line in found[:most]]
    told = ngettext("{n} case listed", "{n} cases listed", len(shown))
    st.caption(told if len(found) <= most else f"{told} · {_('the files have all of them')}")
    link = {_("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small")}
    number_columns.draw(shown, written, config=link, key=f"{name}-table-{key}", height=420)

    def every(session: Any, viewer: Viewer) -> Sequence[Line]:
        return [line for _case, line in read(session, viewer, MOST_IN_FILE)]

    downloads(who, name, every, portfolio_ids=[book_id], asked=asked, at=access.now(), personal=personal)


def table(who: Viewer, name: str, lines: Sequence[Line], written: Written, *, health: Health) -> None:
    """The figures of a part as a table, and as a file."""
    number_columns.draw(lines, written, key=f"{name}-lines")
    asked = {"portfolio": health.portfolio.code, "on": health.on, "days": health.days}
    downloads(who, name, list(lines), portfolio_ids=[health.book_id], asked=asked, at=access.now())


def formula(*lines: str) -> None:
    """How the figures of a part are made, one click away."""
    with st.popover(_("How this is computed"), type="tertiary"):
        for line in lines:
            st.markdown(line)

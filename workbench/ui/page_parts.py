"""What pages about one portfolio begin with: which portfolio, and which part of the page is open."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.portfolios import visible_portfolios
from workbench.rules.access import Viewer
from workbench.ui import frame
from workbench.ui.i18n import _

Row = TypeVar("Row")


def portfolios_or_stop(who: Viewer) -> dict[int, Portfolio]:
    """The portfolios this person may see, by id; without any the page ends here and says so."""
    with db.reading() as session:
        found = {each.id: each for each in visible_portfolios(session, who) if each.id is not None}
    if not found:
        frame.empty_state(_("There are no portfolios yet."))
        st.stop()
    return found


def chosen_portfolio(place: Any, portfolios: Mapping[int, Portfolio], *, key: str) -> Portfolio:
    """The portfolio chosen in `place`, a column or the page itself."""
    chosen: int = place.selectbox(
        _("Portfolio"), list(portfolios), format_func=lambda each: portfolios[each].name, key=key
    )
    return portfolios[chosen]


def chosen_part(titles: Mapping[str, str], *, key: str) -> str:
    """The part asked for, of those a person may open; it stands in the address, so that a link opens the same one."""
    asked = st.query_params.get("part", "")
    if st.session_state.get(key) not in titles:  # no default of its own, so that a button may open another part
        st.session_state[key] = asked if asked in titles else next(iter(titles))
    chosen = st.segmented_control(
        _("Part"),
        list(titles),
        format_func=lambda each: _(titles[each]),
        required=True,
        label_visibility="collapsed",
        key=key,
    )
    name = chosen or next(iter(titles))
    st.query_params["part"] = name
    return name


def one_page(found: Sequence[Row], *, most: int, key: str) -> Sequence[Row]:
    """A page of a list that is drawn with a form a row; the others are turned to, when there are any."""
    pages = max(1, -(-len(found) // most))
    if pages == 1:
        return found
    if (st.session_state.get(key) or 1) > pages:  # the last page was emptied
        st.session_state[key] = pages
    first = (st.pagination(pages, key=key) - 1) * most
    return found[first : first + most]

"""Promises: the open ones, what falls due today and this week and may come in, and what was lost with its money at risk."""

import streamlit as st

from workbench.queries.promises import View
from workbench.rules.access import Permission
from workbench.rules.refusals import Refused
from workbench.ui import access, frame, i18n, page_parts, promises_deeds, promises_file, promises_list
from workbench.ui.i18n import _

who = access.require(Permission.SEE_PERSONAL_DATA)
frame.page_header(_("Promises"), who)
frame.show_refused()
promises_deeds.told()
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns(2, vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="promises-of")
try:
    wanted = promises_list.wanted(who, right, chosen)
    view, total = promises_list.figures(who, wanted)
    if view is View.WEEK:
        promises_list.week(who, wanted, chosen.currency)
    selected = promises_list.table(who, wanted, view, i18n.money(total, chosen.currency), chosen.currency)
    with st.container(horizontal=True, vertical_alignment="bottom", key="promises-deeds"):
        promises_deeds.reassigning(who, selected, chosen)
        promises_deeds.withdrawing(who, selected)
        promises_file.downloads(who, wanted, view)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))

"""Policies: how far each role may go with offers and promises, what is charged, how patient a portfolio is."""

import streamlit as st

from workbench import db
from workbench.queries.policies import policies
from workbench.rules.access import Permission
from workbench.rules.words import N_
from workbench.ui import access, frame, page_parts, policy_limits, policy_offers
from workbench.ui.i18n import _

PARTS = {
    "offers": (N_("Offers"), policy_offers.show),
    "promises": (N_("Promises"), policy_limits.promises),
    "terms": (N_("Charges and deadlines"), policy_limits.charges),
}

who = access.require(Permission.EDIT_POLICIES)
frame.page_header(_("Policies"), who)
frame.show_refused()
frame.show_done()
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="policies-of")
with right:
    part = page_parts.chosen_part({name: title for name, (title, _show) in PARTS.items()}, key="policies-part")
with db.reading() as session:
    found = policies(session, who, chosen.id)
PARTS[part][1](found)

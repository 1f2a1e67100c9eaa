"""Hand-overs: what is proposed to an agency or the courts, what they have, and what was decided otherwise."""

import streamlit as st

from workbench.rules.access import Permission
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame, hand_overs, i18n, page_parts
from workbench.ui.i18n import _

TITLES = {"proposed": N_("Proposed"), "approved": N_("Handed over"), "decided": N_("Decided otherwise")}
SHOWN = {"proposed": hand_overs.proposed, "approved": hand_overs.handed_over, "decided": hand_overs.decided}

who = access.require(Permission.PROPOSE_HAND_OVERS)
frame.page_header(_("Hand-overs"), who)
frame.show_refused()
frame.show_done()
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="hand-overs-of")
with right:
    part = page_parts.chosen_part(TITLES, key="hand-overs-part")
try:
    SHOWN[part](who, chosen)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))

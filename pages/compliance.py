"""Compliance: the law a portfolio lives under, what it stopped, when contact is lawful, evidence, and what changed."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from models import Portfolio
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import (
    access,
    compliance_blocked,
    compliance_changes,
    compliance_evidence,
    compliance_hours,
    compliance_law,
    frame,
    i18n,
    page_parts,
)
from workbench.ui.i18n import _


class Part(NamedTuple):
    """A part of the page, who may open it, and how it is drawn."""

    title: str
    permission: Permission
    show: Callable[[Viewer, Portfolio], None]


PARTS = {
    "law": Part(N_("The law"), Permission.SEE_COMPLIANCE, compliance_law.show),
    "blocked": Part(N_("Blocked today"), Permission.SEE_COMPLIANCE, compliance_blocked.show),
    "hours": Part(N_("Lawful hours"), Permission.SEE_COMPLIANCE, compliance_hours.show),
    "evidence": Part(N_("Evidence"), Permission.EXPORT_EVIDENCE, compliance_evidence.show),
    "changes": Part(N_("Changes"), Permission.SEE_LAW_CHANGES, compliance_changes.show),
}


who = access.require(Permission.SEE_COMPLIANCE)
frame.page_header(_("Compliance"), who)
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="compliance-of")
with right:
    titles = {name: each.title for name, each in PARTS.items() if who.may(each.permission)}
    part = PARTS[page_parts.chosen_part(titles, key="compliance-part")]
try:
    part.show(who, chosen)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))

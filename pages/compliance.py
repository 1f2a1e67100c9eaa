"""Compliance: the law a portfolio lives under, what it stopped, when contact is lawful, evidence, and what changed."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.portfolios import visible_portfolios
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


def chosen_part(who: Viewer) -> Part:
    """The part asked for; it stands in the address, so that a link opens the same one."""
    mine = [name for name, part in PARTS.items() if who.may(part.permission)]
    asked = st.query_params.get("part")
    name = st.segmented_control(
        _("Part"),
        mine,
        format_func=lambda each: _(PARTS[each].title),
        default=asked if asked in mine else mine[0],
        required=True,
        label_visibility="collapsed",
        key="compliance-part",
    )
    st.query_params["part"] = name
    return PARTS[name]


who = access.require(Permission.SEE_COMPLIANCE)
frame.page_header(_("Compliance"), who)
with db.reading() as session:
    portfolios = {each.id: each for each in visible_portfolios(session, who)}
if not portfolios:
    frame.empty_state(_("There are no portfolios yet."))
    st.stop()
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = left.selectbox(
    _("Portfolio"), list(portfolios), format_func=lambda each: portfolios[each].name, key="compliance-of"
)
with right:
    part = chosen_part(who)
try:
    part.show(who, portfolios[chosen])
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))

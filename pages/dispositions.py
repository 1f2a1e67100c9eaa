"""Dispositions: what each result counts as, corrected by a manager who sees first what that does to past figures."""

from datetime import timedelta

import streamlit as st

from workbench import db
from workbench.queries.contact_rules import places
from workbench.queries.dispositions import all_dispositions
from workbench.queries.kpis import Scope
from workbench.rules.access import Permission
from workbench.ui import access, disposition_form, frame, page_parts
from workbench.ui.i18n import _, language, ngettext

DAYS = (7, 30, 90)

who = access.require(Permission.EDIT_DISPOSITIONS)
frame.page_header(_("Dispositions"), who)
frame.show_refused()
frame.show_done()
portfolios = page_parts.portfolios_or_stop(who)
with db.reading() as session:
    lines = all_dispositions(session, who)
st.caption(
    _(
        "Figures read what a result counts as, never its name: a correction changes the past as well. The limits of the "
        "contact law count by the same marks, and every portfolio shares them."
    )
)
disposition_form.table(lines)
left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
code = left.selectbox(
    _("Result"), list(lines), format_func=lambda each: lines[each].label(language()), key="disposition"
)
portfolio = page_parts.chosen_portfolio(middle, portfolios, key="dispositions-of")
days = right.selectbox(
    _("Seen over"), DAYS, 1, format_func=lambda n: ngettext("{n} day", "{n} days", n), key="disposition-days"
)
changes = disposition_form.fields(lines[code])
with db.reading() as session:
    today = places(session, [portfolio.id])[portfolio.id].today(access.now())
scope = Scope((portfolio.id,), today - timedelta(days=days - 1), today)
disposition_form.effect(who, lines[code], changes, scope)

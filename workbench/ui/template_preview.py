"""A text as one real debtor would get it, and what it would cost."""

from html import escape

import streamlit as st

from models import Channel, Portfolio
from workbench import db
from workbench.queries.letter_facts import letter_facts, likely_case
from workbench.queries.search import SHORTEST, Found, found_cases
from workbench.rules.access import Permission, Viewer
from workbench.rules.sms_text import SmsCount
from workbench.rules.template_checks import Text, check
from workbench.rules.templating import Rendered, Unfilled, provider_text, render
from workbench.ui import access, frame
from workbench.ui.i18n import _, ngettext


def show(who: Viewer, portfolio: Portfolio, text: Text) -> None:
    """The text filled with the values of a case that somebody picks, or of the first that fits."""
    if any(each.blocks and each.part != "whatsapp_name" for each in check(text)):
        frame.empty_state(_("Mend the text first; then a debtor's values fill it."))
        return
    if not who.may(Permission.SEE_PERSONAL_DATA):
        frame.empty_state(_("Your role sees no debtors, so there is nothing to fill the text with."))
        return
    case_id = _picked(who, portfolio, text)
    if case_id is None:
        frame.empty_state(_("This portfolio has no case to fill the text with."))
        return
    with db.reading() as session:
        values = letter_facts(session, who, case_id, at=access.now())
    try:
        told = render(text, values, text.language)
    except Unfilled as unfilled:
        st.warning(_("To this debtor it would not leave: {name} is not known.", name=unfilled.what))
        return
    frame.markup(_letter(told))
    frame.markup(
        f'<p class="cw-legal cw-muted">{_("Filled with the debtor {name}", name=escape(values.debtor_name))}</p>'
    )
    if told.sms:
        frame.markup(_cost(told.sms))
    if text.channel == Channel.WHATSAPP:
        frame.markup(_variables(text, told))


def _picked(who: Viewer, portfolio: Portfolio, text: Text) -> int | None:
    assert portfolio.id is not None
    typed = st.text_input(_("Fill it with the debtor"), key="template-debtor", placeholder=_("Name, account or phone"))
    with db.reading() as session:
        likely = likely_case(session, who, portfolio.id, text.code)
        found = found_cases(session, who, typed, at=access.now()) if len(typed.strip()) >= SHORTEST else []
    mine = {each.case_id: each for each in found if each.portfolio == portfolio.name}
    if not mine:
        return likely
    return st.selectbox(
        _("Found"), list(mine), format_func=lambda each: _line(mine[each]), key="template-case", index=0
    )


def _line(found: Found) -> str:
    return f"{found.name} · {found.reference}"


def _letter(told: Rendered) -> str:
    subject = f"<p><b>{escape(told.subject)}</b></p>" if told.subject else ""
    return (
        f'<div class="cw-card"><div class="cw-section">{_("As the debtor gets it")}</div>'
        f'{subject}<p class="cw-note">{escape(told.body)}</p></div>'
    )


def _cost(sms: SmsCount) -> str:
    parts = ngettext("{n} part", "{n} parts", sms.segments)
    told = _(
        "{parts} in {encoding}, {units} places used, {left} left",
        parts=parts,
        encoding=sms.encoding,
        units=sms.units,
        left=sms.left,
    )
    forced = ""
    if sms.forced_by:
        because = _("because of: {characters}", characters=" ".join(sms.forced_by))
        forced = f' <span class="cw-warn">{escape(because)}</span>'
    tone = "cw-good" if sms.segments <= 1 else "cw-warn"
    return f'<p><span class="cw-badge {tone}">{told}</span>{forced}</p>'


def _variables(text: Text, told: Rendered) -> str:
    rows = "".join(
        f"<tr><td>{{{{{number}}}}}</td><td>{escape(value)}</td></tr>" for number, value in enumerate(told.variables, 1)
    )
    return (
        f'<div class="cw-card"><div class="cw-section">{_("For the provider to approve")}</div>'
        f"<p><b>{escape(text.whatsapp_name or '—')}</b></p>"
        f'<p class="cw-note">{escape(provider_text(text.body))}</p>'
        f'<table class="cw-table"><tr><th>{_("Variable")}</th><th>{_("Its value here")}</th></tr>{rows}</table></div>'
    )

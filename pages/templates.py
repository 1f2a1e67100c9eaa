"""Templates: the texts debtors receive, written by one person, approved by another, seen as a real debtor would."""

import streamlit as st

from models import Channel, Portfolio, TemplateState
from workbench import db
from workbench.queries.templates import Listed, listed, one_template
from workbench.rules.access import Permission, Viewer
from workbench.rules.law_words import CHANNELS
from workbench.rules.template_checks import CODES
from workbench.rules.words import LANGUAGES
from workbench.ui import access, frame, page_parts, template_editor, template_lists, template_phone, template_preview
from workbench.ui.i18n import _
from workbench.ui.template_words import SPOKEN, name_of

WRITTEN = (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS)


def choose(portfolios: dict[int, Portfolio]) -> tuple[Portfolio, list[Listed], tuple[str, Channel, str]]:
    """Whose texts, all of them, and which one: its code (a manager may name a new one), channel and language."""
    first, second, third, fourth = st.columns([2.3, 2.6, 2.4, 1.7], vertical_alignment="bottom")
    portfolio = page_parts.chosen_portfolio(first, portfolios, key="templates-of")
    assert portfolio.id is not None
    with db.reading() as session:
        lines = listed(session, who, portfolio.id)
    for name, begin in (("template-channel", WRITTEN[0]), ("template-language", portfolio.language)):
        st.session_state.setdefault(name, begin)
    code = second.selectbox(
        _("Text"),
        list(dict.fromkeys([*CODES, *(each.code for each in lines)])),
        format_func=name_of,
        accept_new_options=who.may(Permission.EDIT_TEMPLATES),
        key="template-code",
    )
    channel = third.segmented_control(
        _("Channel"), WRITTEN, format_func=lambda each: _(CHANNELS[each]), required=True, key="template-channel"
    )
    language = fourth.segmented_control(
        _("Language"), LANGUAGES, format_func=lambda each: _(SPOKEN[each]), required=True, key="template-language"
    )
    return portfolio, lines, (code, channel, language)


def open_draft(draft: Listed) -> None:
    """Turns the page to a draft."""
    st.session_state.update(
        {"template-channel": draft.channel, "template-language": draft.language, "template-code": draft.code}
    )


def one_text(who: Viewer, portfolio: Portfolio, versions: list[Listed], key: tuple[str, Channel, str]) -> None:
    """The draft or what leaves now on the left, a debtor's view of it on the right, its versions below."""
    draft = next((each for each in versions if each.state == TemplateState.DRAFT), None)
    used = next((each for each in versions if each.used), None)
    with db.reading() as session:
        written = one_template(session, who, draft.id) if draft else None
        now = one_template(session, who, used.id) if used else None
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if written:
            text = template_editor.write(who, written, now)
        elif now:
            text = template_editor.read(who, portfolio, now)
        else:
            frame.empty_state(_("There is no such text yet."))
            if who.may(Permission.EDIT_TEMPLATES):
                template_editor.begin_button(portfolio, *key)
            return
    with right:
        template_preview.show(who, portfolio, text)
    template_lists.versions(versions, portfolio)


who = access.require(Permission.APPROVE_TEMPLATES)
frame.page_header(_("Templates"), who)
frame.show_refused()
frame.show_done()
portfolios = page_parts.portfolios_or_stop(who)
portfolio, lines, key = choose(portfolios)
template_lists.waiting(lines, open_draft)
one_text(who, portfolio, [each for each in lines if (each.code, each.channel, each.language) == key], key)
with st.expander(_("What may stand in a text")):
    template_lists.placeholders()
if who.may(Permission.EDIT_TEMPLATES):
    with st.expander(_("Phone for debtors")):
        template_phone.show(portfolio)
with st.expander(_("All texts in use")):
    template_lists.overview(lines, portfolio)

"""Comments on contacts: the supervisor's form, the agent's list with its answers, and the word that there is one."""

from datetime import datetime
from html import escape
from typing import Any

import streamlit as st

from workbench import db
from workbench.actions import coaching
from workbench.queries.coaching import Note, own_notes, unread
from workbench.rules.access import Permission, Viewer
from workbench.ui import access, deeds, frame
from workbench.ui.i18n import _, language, ngettext, when


def notice(who: Viewer) -> None:
    """One line on the empty desk when somebody left a comment."""
    if not who.may(Permission.SEE_OWN_FIGURES):
        return
    with db.reading() as session:
        new = unread(session, who)
    if new:
        told = ngettext("{n} comment on your calls", "{n} comments on your calls", new)
        frame.markup(f'<p><a href="/my-figures?part=comments" target="_self">{told}</a></p>')


def own(who: Viewer) -> None:
    """What was said to this person, the unread first; each is read with one click and may be answered once."""
    with db.reading() as session:
        notes = own_notes(session, who, at=access.now())
    if not notes:
        st.caption(_("Nobody has commented on your contacts of late."))
    for note in notes:
        with st.container(border=True, key=f"coaching-{note.id}"):
            frame.markup(said(note))
            if not note.answered_at:
                _answering(note)


def said(note: Note) -> str:
    """A comment and its answer as our own markup."""
    sign = _("Well done") if note.praise else _("To improve")
    about = f'<a href="/search?case={note.case_id}" target="_self">{escape(note.debtor)}</a>'
    head = f"<b>{sign}</b> · {escape(note.author or _('another team'))} · {about} · {escape(note.label(language()))}"
    at = when(note.contacted_at, note.zone)
    lines = f'<p class="cw-muted">{head} · {at}</p><p>{escape(note.comment)}</p>'
    if note.answer:
        lines += f'<p class="cw-muted">{_("Answer")}: {escape(note.answer)}</p>'
    return lines


def form(interaction_id: int, label: str) -> None:
    """Comments on one contact; the words stay in the form while they are refused."""
    with st.form(f"coach-{interaction_id}", clear_on_submit=False):
        st.markdown(f"**{_('Comment on')}** {label}")
        st.text_area(_("What the agent should read"), key=f"coach-said-{interaction_id}", max_chars=coaching.LONGEST)
        st.checkbox(_("Well done"), key=f"coach-praise-{interaction_id}")
        st.form_submit_button(_("Send the comment"), type="primary", on_click=_comment, args=(interaction_id,))


def _comment(interaction_id: int) -> None:
    words = st.session_state[f"coach-said-{interaction_id}"]
    praise = bool(st.session_state[f"coach-praise-{interaction_id}"])

    def deed(session: Any, who: Viewer, at: datetime) -> None:
        coaching.comment(session, who, interaction_id, words, praise=praise, at=at)

    if deeds.do(Permission.COACH, deed):
        st.session_state[f"coach-said-{interaction_id}"] = ""
        frame.say_done(_("The comment was left: the agent sees it on their figures."))


def _answering(note: Note) -> None:
    with st.form(f"answer-coaching-{note.id}", border=False):
        st.text_input(_("Answer (if you like)"), key=f"coaching-said-{note.id}", max_chars=coaching.LONGEST)
        with st.container(horizontal=True):
            st.form_submit_button(_("Reply"), on_click=_answer, args=(note.id,))
            if note.seen_at is None:
                st.form_submit_button(_("Read"), on_click=_read, args=(note.id,), type="primary")


def _answer(note_id: int) -> None:
    said = st.session_state[f"coaching-said-{note_id}"]
    deeds.do(Permission.SEE_OWN_FIGURES, lambda session, who, at: coaching.answer(session, who, note_id, said, at=at))


def _read(note_id: int) -> None:
    deeds.do(Permission.SEE_OWN_FIGURES, lambda session, who, at: coaching.mark_seen(session, who, note_id, at=at))

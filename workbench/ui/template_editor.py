"""One text: read, written anew with its faults beside it, approved by a second person, or retired."""

from collections.abc import Callable
from difflib import ndiff
from html import escape

import streamlit as st

from models import Channel, Portfolio, Template
from workbench import db
from workbench.actions import templates
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.template_checks import BODY_LENGTH, SUBJECT_LENGTH, Text, check
from workbench.ui import access, frame
from workbench.ui.i18n import _
from workbench.ui.template_words import sentence

TONES = {"+": "cw-good", "-": "cw-bad"}


def read(who: Viewer, portfolio: Portfolio, row: Template) -> Text:
    """What leaves now, and how to begin another version of it."""
    frame.markup(_as_written(row))
    with st.container(horizontal=True):
        if who.may(Permission.EDIT_TEMPLATES):
            begin_button(portfolio, row.code, row.channel, row.language)
        if row.portfolio_id is not None:
            st.button(_("Retire"), key="template-retire", on_click=_retire, args=(row.id,))
    return _text(row)


def begin_button(portfolio: Portfolio, code: str, channel: Channel, language: str) -> None:
    """Begins a version of the portfolio's own."""
    st.button(
        _("Write a new version"),
        key="template-begin",
        type="primary",
        on_click=_begin,
        args=(portfolio.id, code, channel, language),
    )


def write(who: Viewer, row: Template, now: Template | None) -> Text:
    """A draft: its fields, what is wrong with it, its buttons, and what it changes of what leaves now."""
    assert row.id is not None
    typed = _fields(row) if who.may(Permission.EDIT_TEMPLATES) else _text(row)
    if not who.may(Permission.EDIT_TEMPLATES):
        frame.markup(_as_written(row))
    found = check(typed)
    for each in found:
        (st.error if each.blocks else st.info)(sentence(each))
    if not found:
        frame.markup(f'<p class="cw-good">{_("Nothing is wrong with this text.")}</p>')
    _buttons(who, row, typed, sound=not any(each.blocks for each in found))
    if now is not None:
        frame.markup(differences(_text(now), typed))
    return typed


def _fields(row: Template) -> Text:
    """The fields, which keep what was typed until it is saved; another's saving meanwhile is told."""
    key = _keys(row)
    seen = st.session_state.setdefault(key("seen"), templates.digest(row))
    if seen != templates.digest(row):
        st.warning(_("Somebody has changed this text meanwhile; read it again."))
        st.button(_("Read it again"), key=key("again"), on_click=_forget, args=(row,))
    subject = whatsapp_name = None
    if row.channel == Channel.EMAIL:
        subject = st.text_input(_("Subject"), value=row.subject, key=key("subject"), max_chars=SUBJECT_LENGTH)
    if row.channel == Channel.WHATSAPP:
        whatsapp_name = st.text_input(
            _("Name of the approved template"), value=row.whatsapp_name or "", key=key("whatsapp_name"), max_chars=512
        )
    height = 420 if row.channel == Channel.EMAIL else 220
    body = st.text_area(_("Text"), value=row.body, key=key("body"), max_chars=BODY_LENGTH[row.channel], height=height)
    return Text(row.code, row.channel, row.language, subject, body, whatsapp_name or None)


def _buttons(who: Viewer, row: Template, typed: Text, *, sound: bool) -> None:
    unsaved = typed != _text(row)
    with st.container(horizontal=True):
        if who.may(Permission.EDIT_TEMPLATES):
            st.button(_("Save draft"), key="template-save", type="primary", on_click=_save, args=(row,))
            st.button(_("Discard draft"), key="template-discard", on_click=_discard, args=(row,))
        if who.may(Permission.APPROVE_TEMPLATES) and row.author_id != who.user_id:
            st.button(
                _("Approve and use"),
                key="template-approve",
                type="primary",
                disabled=unsaved or not sound,
                on_click=_approve,
                args=(row.id, templates.digest(row)),
            )
    if row.author_id == who.user_id:
        st.caption(_("Somebody else has to approve what you have written."))


def differences(before: Text, after: Text) -> str:
    """What a text changes of another, line by line."""
    lines = [
        line
        for old, new in ((before.subject, after.subject), (before.body, after.body))
        for line in ndiff((old or "").splitlines(), (new or "").splitlines())
        if line[0] != "?"
    ]
    if all(line[0] == " " for line in lines):
        told = f'<p class="cw-muted">{_("It says what leaves now.")}</p>'
    else:
        told = "".join(f'<div class="cw-note {TONES.get(line[0], "cw-muted")}">{escape(line)}</div>' for line in lines)
    return f'<div class="cw-card"><div class="cw-section">{_("Compared with what leaves now")}</div>{told}</div>'


def _as_written(row: Template) -> str:
    subject = f"<p><b>{escape(row.subject)}</b></p>" if row.subject else ""
    name = f"<p><small>{escape(row.whatsapp_name)}</small></p>" if row.whatsapp_name else ""
    return (
        f'<div class="cw-card"><div class="cw-section">{_("As it is written")}</div>'
        f'{name}{subject}<p class="cw-note">{escape(row.body)}</p></div>'
    )


def _text(row: Template) -> Text:
    return Text(row.code, row.channel, row.language, row.subject, row.body, row.whatsapp_name)


def _begin(portfolio_id: int, code: str, channel: Channel, language: str) -> None:
    def deed(who: Viewer) -> None:
        with db.transaction() as session:
            templates.draft(session, who, portfolio_id, code, channel, language, at=access.now())

    _try(Permission.EDIT_TEMPLATES, deed)


def _save(row: Template) -> None:
    key, state = _keys(row), st.session_state

    def deed(who: Viewer) -> None:
        assert row.id is not None
        with db.transaction() as session:
            saved = templates.save_draft(
                session,
                who,
                row.id,
                subject=state.get(key("subject")),
                body=state[key("body")],
                whatsapp_name=state.get(key("whatsapp_name")),
                seen=state[key("seen")],
                at=access.now(),
            )
        state[key("seen")] = templates.digest(saved)
        frame.say_done(_("The draft is saved."))

    _try(Permission.EDIT_TEMPLATES, deed)


def _discard(row: Template) -> None:
    def deed(who: Viewer) -> None:
        assert row.id is not None
        with db.transaction() as session:
            templates.discard(session, who, row.id, seen=templates.digest(row), at=access.now())
        _forget(row)

    _try(Permission.EDIT_TEMPLATES, deed)


def _approve(template_id: int, seen: str) -> None:
    def deed(who: Viewer) -> None:
        with db.transaction() as session:
            templates.approve(session, who, template_id, seen=seen, at=access.now())
        frame.say_done(_("The text is approved and leaves from now on."))

    _try(Permission.APPROVE_TEMPLATES, deed)


def _retire(template_id: int) -> None:
    def deed(who: Viewer) -> None:
        with db.transaction() as session:
            templates.retire(session, who, template_id, at=access.now())
        frame.say_done(_("The text is retired."))

    _try(Permission.APPROVE_TEMPLATES, deed)


def _try(needed: Permission, deed: Callable[[Viewer], None]) -> None:
    try:
        deed(access.require(needed))
    except Refused as refused:
        frame.say_refused(refused)


def _forget(row: Template) -> None:
    """Drops what was typed, so that the fields show the saved text again."""
    for name in ("seen", "subject", "body", "whatsapp_name"):
        st.session_state.pop(_keys(row)(name), None)


def _keys(row: Template) -> Callable[[str], str]:
    return lambda name: f"template-{row.id}-{name}"

"""One disposition being corrected: its fields, what they would do to the past, and the save."""

from typing import Any

import streamlit as st

from models import Outcome
from workbench import db
from workbench.actions.dispositions import change_disposition
from workbench.queries.disposition_preview import Preview, preview
from workbench.queries.dispositions import Line
from workbench.queries.kpis import Scope
from workbench.rules.access import Permission, Viewer
from workbench.rules.dispositions import CHANGEABLE
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, deeds, frame, table_files
from workbench.ui.i18n import _, language, ngettext, refusal
from workbench.ui.kpi_words import amount_words

ROUND = "disposition-round"
FLAGS = {
    "counts_attempt": N_("Counts as an attempt"),
    "counts_contact": N_("Counts as a contact"),
    "counts_rpc": N_("Counts as the right party"),
    "counts_promise": N_("Counts as a promise"),
    "invalidates_phone": N_("The phone is not theirs"),
    "active": N_("In use"),
}
FIELDS = {
    "amount": N_("Amount"),
    "date": N_("Date"),
    "phone": N_("Phone"),
    "note": N_("Note"),
    "reason": N_("Reason"),
    "callback": N_("Callback"),
}
FAMILIES = {
    Outcome.NO_CONTACT: N_("No contact"),
    Outcome.BAD_DATA: N_("Bad data"),
    Outcome.THIRD_PARTY: N_("Third party"),
    Outcome.RIGHT_PARTY: N_("Right party"),
    Outcome.DELIVERED: N_("Message arrived"),
    Outcome.ACCOUNT_EVENT: N_("Account event"),
}


def table(lines: dict[str, Line]) -> None:
    """All of them, with a mark for what each counts as."""
    rows = [
        {_("Result"): each.label(language()), _("Family"): _(FAMILIES[each.outcome])}
        | {_(title): getattr(each, name) for name, title in FLAGS.items()}
        | {_("Asks for"): ", ".join(_(FIELDS[field]) for field in each.requires), _("Code"): each.code}
        for each in lines.values()
    ]
    st.dataframe(rows, hide_index=True, width="stretch", height=360)
    table_files.beside("dispositions", rows)


def fields(line: Line) -> dict[str, Any]:
    """The fields of one, as they stand or as they were changed; what differs from what is saved, by column."""
    first, second = st.columns(2)
    held: dict[str, Any] = {
        "label_es": first.text_input(_("Name in Spanish"), line.label_es, key=_key(line, "label_es")),
        "label_en": second.text_input(_("Name in English"), line.label_en, key=_key(line, "label_en")),
    }
    for place, names in zip(st.columns(2), (list(FLAGS)[:4], list(FLAGS)[4:]), strict=True):
        for name in names:
            held[name] = place.checkbox(_(FLAGS[name]), getattr(line, name), key=_key(line, name))
    held["requires"] = first.multiselect(
        _("Asks for"),
        list(FIELDS),
        line.requires,
        format_func=lambda name: _(FIELDS[name]),
        placeholder="—",
        key=_key(line, "requires"),
    )
    hours = second.number_input(_("Hours until the next try"), 0, None, line.follow_up_hours, key=_key(line, "hours"))
    held["follow_up_hours"] = int(hours)
    had = {name: list(line.requires) if name == "requires" else getattr(line, name) for name in CHANGEABLE}
    return {name: value for name, value in held.items() if value != had[name]}


def effect(who: Viewer, line: Line, changes: dict[str, Any], scope: Scope) -> None:
    """What the change would do, before and after, and the button that makes it."""
    if not changes:
        st.caption(_("Change something above: what it would do to the figures of the past is shown here first."))
        return
    try:
        with db.reading() as session:
            told = preview(session, who, line.code, changes, scope, at=access.now())
    except Refused as refused:
        st.error(refusal(refused))
        return
    _moves(told)
    st.button(_("Save"), type="primary", key="disposition-save", on_click=_save, args=(line.code, changes))


def _moves(told: Preview) -> None:
    said = ngettext(
        "{n} contact of these days has this result.", "{n} contacts of these days have this result.", told.contacts
    )
    st.markdown(said)
    if not told.moves:
        st.caption(_("No figure of these days moves."))
        return
    rows = [
        {
            _("Figure"): _(each.before.kpi.label),
            _("Before"): amount_words(each.before.kpi.unit, each.before.value, each.before.currency),
            _("After"): amount_words(each.after.kpi.unit, each.after.value, each.after.currency),
        }
        for each in told.moves
    ]
    st.dataframe(rows, hide_index=True, width="stretch")
    table_files.beside("disposition-effect", rows)


def _save(code: str, changes: dict[str, Any]) -> None:
    if deeds.do(
        Permission.EDIT_DISPOSITIONS,
        lambda session, who, at: change_disposition(session, who, code, changes, at=at),
    ):
        st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
        frame.say_done(_("Saved: figures and forms go by it from now on."))


def _key(line: Line, name: str) -> str:
    """Of this result: after a save the fields begin anew."""
    return f"disposition-{line.code}-{name}-{st.session_state.get(ROUND, 0)}"

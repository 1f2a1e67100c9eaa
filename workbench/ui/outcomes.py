"""The one form for every outcome: its fields follow the disposition table, its state is keyed by the work item.

Nothing here is kept by position, so a queue that is reordered under an open page cannot move a word to another debtor.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import streamlit as st

from models import Channel, ContactStatus, Outcome
from workbench.actions.interactions import InteractionForm
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_law import Prior
from workbench.rules.contact_places import Window
from workbench.rules.follow_ups import SKIP_LABELS, SkipReason
from workbench.rules.law_reasons import in_words
from workbench.rules.refusals import Refused
from workbench.ui import access, promise_fields
from workbench.ui import card as pieces
from workbench.ui.draft import Kept, keep_draft
from workbench.ui.i18n import _, city, language, moment
from workbench.ui.sheets import Sheet

SKIP = "skip"  # chosen like an outcome, so that one key path does everything
# the fields of a draft beside its note, with how each is read back from JSON
FIELDS: dict[str, Any] = {
    "started": datetime.fromisoformat,
    "phone": int,
    "outcome": str,
    "callback_day": date.fromisoformat,
    "callback_time": time.fromisoformat,
    "new_phone": str,
    "skip": str,
    "override": str,
    "began": time.fromisoformat,
    "reason": str,
    **promise_fields.FIELDS,
}
__all__ = [
    "FIELDS",
    "SKIP",
    "Sheet",
    "began",
    "callback_of",
    "filled_form",
    "forget",
    "outcome_form",
    "redraw",
    "redrawn",
    "restore",
    "skip_reason",
]


def restore(sheet: Sheet) -> None:
    """Puts what was half typed back into a form that is drawn for the first time, and draws its submission key."""
    state = st.session_state
    state.setdefault(sheet.key("submission"), uuid4())
    state.setdefault(sheet.key("started"), access.now())
    if sheet.key("note") in state:
        return
    state[sheet.key("note")] = sheet.draft.note if sheet.draft else ""
    for name, read in FIELDS.items():  # what was typed before wins over what this page has just made up
        if sheet.draft and (kept := sheet.draft.fields.get(name)) is not None:
            state[sheet.key(name)] = read(kept)
    if sheet.value("outcome") not in {*sheet.choices, SKIP}:
        state.pop(sheet.key("outcome"), None)


def forget(sheet: Sheet) -> None:
    """Drops the form's state once it has been saved: the same debtor tomorrow starts with an empty form and a new key."""
    for name in ("note", "submission", *FIELDS):
        st.session_state.pop(sheet.key(name), None)


def filled_form(sheet: Sheet) -> InteractionForm:
    """What the form says, ready to be recorded; refuses one that lacks what its outcome needs."""
    choice = sheet.choices.get(sheet.value("outcome") or "")
    if choice is None:
        raise Refused("Choose an outcome first.")
    promised = promise_fields.promise_of(sheet) if choice.counts_promise else None
    if choice.counts_promise and promised is None:
        raise Refused("A promise needs an amount and a date.")
    asked = sheet.asks(choice)
    if "callback" in asked and callback_of(sheet) is None:
        raise Refused("Say on which day and at what time to call back.")
    reason = (sheet.value("reason") or "").strip() or None if "reason" in asked else None
    said = f"{_('Reason the debtor gives')}: {reason}" if reason else ""  # kept with the note
    return InteractionForm(
        submission_key=sheet.value("submission"),
        item_id=sheet.item_id,
        case_id=sheet.card.case_id,
        contact_point_id=sheet.value("phone"),
        disposition_code=choice.code,
        started_at=began(sheet),
        note="\n".join(filter(None, [said, (sheet.value("note") or "").strip()])),
        promise=promised,
        callback_at=callback_of(sheet) if "callback" in asked else None,
        new_phone=(sheet.value("new_phone") or "").strip() or None,
        reason=reason,
        override_reason=(sheet.value("override") or "").strip() or None,
    )


def skip_reason(sheet: Sheet) -> SkipReason:
    """Why the debtor is skipped; a skip without a reason is refused."""
    if reason := sheet.value("skip"):
        return SkipReason(reason)
    raise Refused("Say why this debtor is skipped.")


def began(sheet: Sheet) -> datetime:
    """When the call began: when the number was dialled or the debtor opened, unless the agent says another minute."""
    started: datetime = sheet.value("started")
    said, there = sheet.value("began"), ZoneInfo(sheet.card.zone)
    local = started.astimezone(there)
    if said is None or said == local.time().replace(second=0, microsecond=0):
        return started
    return datetime.combine(local.date(), said, there).astimezone(UTC)


def redraw() -> None:
    """Asks for the whole page: a click that leaves a field of the fragment is sent as that fragment's run alone."""
    st.session_state["redraw"] = True


def redrawn() -> bool:
    """Whether the whole page was asked for and has not been drawn since."""
    return bool(st.session_state.pop("redraw", False))


@st.fragment
def outcome_form(sheet: Sheet) -> None:
    """Draws the form; choosing an outcome redraws only this fragment."""
    who = access.require(Permission.WORK_QUEUE)
    if redrawn():
        st.rerun()
    phones = {phone.id: phone for phone in sheet.card.phones if phone.status == ContactStatus.ACTIVE}
    st.selectbox(
        _("Number dialled"),
        list(phones),
        format_func=lambda phone_id: pieces.dialable(phones[phone_id].value),
        key=sheet.key("phone"),
        index=0 if phones else None,
    )
    code = st.selectbox(
        _("Outcome"),
        [*sheet.choices, SKIP],
        format_func=lambda code: _label(sheet, code),
        key=sheet.key("outcome"),
        index=None,
        placeholder=_("Type to find: promise, no answer, skip…"),
    )
    with st.container(key=sheet.key("fields")):  # where the cursor goes once the outcome is chosen
        asks = _fields_of(sheet, code, who)
    st.text_area(_("Note"), key=sheet.key("note"), height=110)
    if code in sheet.choices and sheet.choices[code].counts_promise:
        promise_fields.more_or_less(
            sheet
        )  # after the note: the way by Tab from one part to the note is as short as ever
    _keep(sheet, who, asks=asks)


def _fields_of(sheet: Sheet, code: str | None, who: Viewer) -> bool:
    """Draws the fields an outcome asks for; says whether there are any."""
    if code == SKIP:
        _skip(sheet)
        return True
    choice = sheet.choices.get(code or "")
    if choice is None:
        return False
    at = access.now()
    late = not sheet.lawful(at)  # asked anew: the page may have been drawn before the hour was over
    asked = [
        (choice.counts_promise, promise_fields.show),
        ("callback" in choice.requires, _callback),
        ("reason" in sheet.asks(choice), _reason),
        (choice.outcome in {Outcome.THIRD_PARTY, Outcome.BAD_DATA}, _new_phone),
        (late and sheet.lawful(sheet.value("started")), _began),
        (late and not sheet.lawful(began(sheet)) and who.may(Permission.CALL_OUTSIDE_HOURS), _override),
    ]
    for wanted, draw in asked:
        if wanted:
            draw(sheet)
    return any(wanted for wanted, _draw in asked)


def _skip(sheet: Sheet) -> None:
    labels = {reason.value: _(SKIP_LABELS[reason]) for reason in SkipReason}
    st.selectbox(_("Why skip"), list(labels), index=None, key=sheet.key("skip"), format_func=lambda code: labels[code])


def _new_phone(sheet: Sheet) -> None:
    st.text_input(_("New phone (optional)"), key=sheet.key("new_phone"), type="phone")


def _reason(sheet: Sheet) -> None:
    st.text_input(_("Reason the debtor gives"), key=sheet.key("reason"))


def _began(sheet: Sheet) -> None:
    """Calls are not lawful any more: what counts is when this one began."""
    local = sheet.value("started").astimezone(ZoneInfo(sheet.card.zone))
    st.session_state.setdefault(sheet.key("began"), local.time().replace(second=0, microsecond=0))
    st.time_input(
        _("The call began at ({city})", city=city(sheet.card.zone)), step=timedelta(minutes=1), key=sheet.key("began")
    )


def _override(sheet: Sheet) -> None:
    st.text_input(_("Reason for a call that is not lawful"), key=sheet.key("override"))
    st.caption(_("Saved with your name, marked in the timeline and kept as evidence."))


def callback_of(sheet: Sheet) -> datetime | None:
    """The agreed hour: what the clock shows where the debtor is, as an instant."""
    on, at = sheet.value("callback_day"), sheet.value("callback_time")
    return datetime.combine(on, at, ZoneInfo(sheet.card.zone)).astimezone(UTC) if on and at else None


def _callback(sheet: Sheet) -> None:
    """The day and the hour, from the first lawful moment on; saving asks the law again."""
    zone, earliest = sheet.card.zone, _called_back(sheet, access.now()).next_open
    first = earliest.astimezone(ZoneInfo(zone)).date()
    hour, on = st.columns(2)  # the hour first: the day is nearly always the first one
    key = sheet.key("callback_day")
    st.session_state[key] = max(st.session_state.get(key) or first, first)
    hour.time_input(_("Hour ({city})", city=city(zone)), value=None, key=sheet.key("callback_time"))
    on.date_input(_("Day"), format="DD/MM/YYYY", min_value=first, key=key)
    wanted = callback_of(sheet)
    window = _called_back(sheet, wanted) if wanted and wanted > earliest else None
    if window and not window.open:
        because = in_words(window.because, window.rule, language=language(), zone=zone)
        again = _("Again from {moment}.", moment=moment(window.next_open, zone))
        st.warning(f"{because} {again}")
    else:
        st.caption(_("Lawful from {moment} on, this call counted.", moment=moment(earliest, zone)))


def _called_back(sheet: Sheet, at: datetime) -> Window:
    """Whether calling again at `at` is lawful, this call counted as a conversation."""
    card = sheet.card
    talked = Prior(began(sheet), Channel.CALL, "answered", str(card.case_id))
    return card.law.window_of(card.known.after(talked), at, debt=str(card.case_id))


def _keep(sheet: Sheet, who: Viewer, *, asks: bool) -> None:
    def found() -> None:
        left = st.session_state[sheet.key("draft")].found
        st.session_state[sheet.key("note")] = str(left["note"])

    def dialled() -> None:
        st.session_state[sheet.key("phone")] = int(st.session_state[sheet.key("draft")].dialled)
        st.session_state[sheet.key("started")] = access.now()
        st.session_state.pop(sheet.key("began"), None)

    fields = {name: _plain(sheet.value(name)) for name in FIELDS if sheet.value(name) not in (None, "")}
    note = sheet.value("note") or ""
    until = sheet.brief.decision.until
    closes_ms = max(int((until - access.now()).total_seconds() * 1000), 0) if until else None
    keep_draft(
        Kept(sheet.item_id, who.user_id, note, fields, saved=sheet.draft is not None, asks=asks, closes_ms=closes_ms),
        on_found=found,
        on_dialled=dialled,
        on_closed=redraw,
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | time) else value


def _label(sheet: Sheet, code: str) -> str:
    if code == SKIP:
        return _("Skip this debtor (with a reason)")
    return sheet.choices[code].label(language())

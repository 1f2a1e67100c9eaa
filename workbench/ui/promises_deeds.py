"""What may be done to the promises selected: give them to somebody else, take one back."""

from collections.abc import Sequence

import streamlit as st

from models import Portfolio, PromiseState
from workbench import db
from workbench.actions.promises import reassign_promises, withdraw_promise
from workbench.queries.promises import Line, followers
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.i18n import _, ngettext


def told() -> None:
    """Says, once, what was done."""
    if done := st.session_state.pop("promises-told", None):
        st.toast(done, icon=":material/check:")


def reassigning(who: Viewer, selected: Sequence[Line], portfolio: Portfolio) -> None:
    """Somebody else follows the selected open promises up from now on."""
    if not who.may(Permission.MANAGE_PROMISES):
        return
    assert portfolio.id is not None
    ids = [each.id for each in selected if each.state is PromiseState.OPEN]
    with db.reading() as session:
        people = {each.id: each.name for each in followers(session, who, portfolio.id)}
    st.selectbox(
        _("Give to"),
        list(people),
        format_func=lambda each: people[each],
        index=None,
        placeholder=_("Choose a person"),
        width=260,
        key="promises-give-to",
    )
    st.button(
        ngettext("Give {n} promise", "Give {n} promises", len(ids)),
        disabled=not ids,
        help=_("Select open promises in the list first."),
        key="promises-give",
        on_click=_give,
        args=(ids,),
    )


def _give(ids: list[int]) -> None:
    who, to = access.require(Permission.MANAGE_PROMISES), st.session_state.get("promises-give-to")
    if to is None:
        frame.say_refused(Refused("Choose who is to follow them up."))
        return
    try:
        with db.transaction() as session:
            moved = reassign_promises(session, who, ids, to, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
    else:
        st.session_state["promises-told"] = ngettext("{n} promise given", "{n} promises given", moved)


def withdrawing(who: Viewer, selected: Sequence[Line]) -> None:
    """One open promise is taken back, with a reason."""
    if len(selected) != 1 or selected[0].state is not PromiseState.OPEN:
        return
    line = selected[0]
    if not who.may(Permission.MANAGE_PROMISES) and line.follower_id != who.user_id:
        return
    with st.popover(_("Withdraw")):
        st.text_input(_("Why the promise of {name} is withdrawn", name=line.name), key=f"withdraw-why-{line.id}")
        st.button(_("Withdraw the promise"), key=f"withdraw-{line.id}", on_click=_withdraw, args=(line.id,))


def _withdraw(promise_id: int) -> None:
    who = access.require(Permission.SEE_PERSONAL_DATA)
    try:
        with db.transaction() as session:
            reason = st.session_state.get(f"withdraw-why-{promise_id}") or ""
            withdraw_promise(session, who, promise_id, reason=reason, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
    else:
        st.session_state["promises-told"] = _("Promise withdrawn")

"""Search: any debtor by name, tax id, phone, account or reference; read the case, or claim it."""

import streamlit as st

from workbench import db
from workbench.actions import presences, worklist
from workbench.queries.cases import case_card
from workbench.queries.search import SHORTEST, Found, found_cases
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, conversation, frame, supervision
from workbench.ui.i18n import _, money, ngettext

WHY = {
    "name": N_("name"),
    "tax_id": N_("tax id"),
    "phone": N_("phone"),
    "account": N_("account"),
    "reference": N_("reference"),
}


def claim(case_id: int) -> None:
    who = access.require(Permission.WORK_QUEUE)
    try:
        with db.transaction() as session:
            worklist.claim_case(session, who, case_id, at=access.now())
            presences.back_to_work(session, who, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
    else:
        st.session_state["to_queue"] = True


def results(found: list[Found]) -> None:
    """The debtors found; each button carries its case, so that a new order moves nothing."""
    st.caption(ngettext("{n} debtor found", "{n} debtors found", len(found)))
    for each in found:
        with st.container(horizontal=True, vertical_alignment="center", key=f"found-{each.case_id}"):
            frame.markup(line(each))
            st.button(
                _("Open"), key=f"open-{each.case_id}", on_click=st.query_params.update, args=({"case": each.case_id},)
            )


def line(each: Found) -> str:
    owed = money(each.past_due, each.currency)
    late = (each.today - each.counted_from).days if each.counted_from else 0
    since = ngettext("{n} day late", "{n} days late", late) if late else _("not due yet")
    facts = [each.reference, each.tax_id, each.portfolio, _("found by {field}", field=_(WHY[each.why]))]
    if each.claimed_by:
        facts.append(_("{name} is working with this debtor now.", name=each.claimed_by))
    told = " · ".join(frame.escape(fact) for fact in facts if fact)
    return (
        f'<div class="cw-who"><span><b>{frame.escape(each.name)}</b><br><span class="cw-muted">{told}</span></span>'
        f'<span class="cw-owed"><b>{owed}</b><br><span class="cw-muted">{since}</span></span></div>'
    )


def show_case(who: Viewer, case_id: int) -> None:
    at = access.now()
    try:
        with db.reading() as session:
            card = case_card(session, who, case_id, at=at)
            held = worklist.holder(session, who, case_id)
    except Refused as refused:
        frame.say_refused(refused)
        frame.show_refused()
        return
    frame.show_refused()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Back to the results"), on_click=st.query_params.pop, args=("case", None))
        if who.may(Permission.WORK_QUEUE):
            st.button(_("Claim and work it"), type="primary", disabled=bool(held), on_click=claim, args=(case_id,))
        if held:
            frame.markup(
                f'<span class="cw-warn">{_("{name} is working with this debtor now.", name=frame.escape(held.name))}</span>'
            )
    brief = card.briefing(at)
    dials = brief.allowed or who.may(Permission.CALL_OUTSIDE_HOURS)
    conversation.show_case(who, card, brief, at=at, dials=dials)
    supervision.show(who, card)


who = access.require(Permission.SEE_PERSONAL_DATA)
if st.session_state.pop("to_queue", False):
    st.switch_page("../pages/my_queue.py")
frame.page_header(_("Search"), who)
frame.show_refused()
case_id = st.query_params.get("case", "")
if case_id.isdigit():
    show_case(who, int(case_id))
else:
    typed = st.text_input(
        _("Name, tax id, phone, account or reference"),
        key="typed",
        persist_state="session",
        placeholder=_("For example: nunez, 55 1234 5678, NULJ800101AB1"),
    )
    with db.reading() as session:
        found = found_cases(session, who, typed, at=access.now())
    if found:
        results(found)
    elif len(typed.strip()) >= SHORTEST:
        frame.empty_state(
            _("Nobody found"), _("Names may be typed without accents; of numbers, all digits are needed.")
        )

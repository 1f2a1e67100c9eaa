"""My queue: one debtor at a time, the outcome, and the next one."""

import streamlit as st

from workbench import db
from workbench.actions import interactions, users, worklist
from workbench.queries import cases
from workbench.queries.cases import CaseCard
from workbench.queries.dispositions import Choice, active_dispositions
from workbench.queries.my_day import MyDay, Workplace, my_day, workplaces
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.unlawful import Unlawful
from workbench.ui import access, answers, conversation, days, frame, negotiation, outcomes, supervision
from workbench.ui.i18n import _, ngettext


@st.cache_resource(ttl=60, show_spinner=False)  # frozen: nobody needs a copy of their own
def dispositions() -> dict[str, Choice]:
    with db.reading() as session:
        return active_dispositions(session)


def take_next(portfolio_id: int) -> None:
    who = access.require(Permission.WORK_QUEUE)
    with db.transaction() as session:
        claim = worklist.claim_next(session, who, portfolio_id=portfolio_id, at=access.now())
    if claim is None:
        st.session_state["nothing_due"] = True


def save_and_next(sheet: outcomes.Sheet) -> None:
    who = access.require(Permission.WORK_QUEUE)
    if sheet.value("submission") is None:
        return  # the second click of two: the first one has saved and moved on
    outcomes.redraw()
    at = access.now()
    try:
        with db.transaction() as session:
            if sheet.value("outcome") == outcomes.SKIP:
                worklist.skip(session, who, sheet.item_id, reason=outcomes.skip_reason(sheet), at=at)
            else:
                interactions.record(session, who, outcomes.filled_form(sheet), at=at)
            worklist.claim_next(session, who, portfolio_id=sheet.card.portfolio_id, at=at)
    except Unlawful as refused:
        frame.say_refused(
            refused, _("The attempt is recorded and your note is kept; a supervisor can save it with a reason.")
        )
        return
    except Refused as refused:
        frame.say_refused(refused)
        return
    outcomes.forget(sheet)


def choose_portfolio() -> None:
    who = access.require(Permission.WORK_QUEUE)
    with db.transaction() as session:
        users.remember_portfolio(session, who, st.session_state["portfolio"])


def give_back(item_id: int) -> None:
    who = access.require(Permission.WORK_QUEUE)
    with db.transaction() as session:
        worklist.release(session, who, item_id, at=access.now())


def start(who: Viewer, places: list[Workplace]) -> None:
    if not places:
        frame.page_header(_("My queue"), who)
        frame.empty_state(_("You are in no team yet"), _("Ask an administrator to add you to a team with a portfolio."))
        return
    by_id = {place.portfolio_id: place for place in places}
    chosen = st.session_state.get("portfolio", places[0].portfolio_id)
    place = by_id.get(chosen, places[0])
    at = access.now()
    with db.reading() as session:
        moment_next = worklist.next_moment(session, who, place.portfolio_id, at)
        day = my_day(session, who, place.portfolio_id, at=at)
    frame.page_header(_("My queue"), who, aside=days.day_line(day, place.time_zone))
    frame.show_refused()
    left, _right = st.columns([2, 3])
    left.selectbox(
        _("Portfolio"),
        list(by_id),
        format_func=lambda portfolio_id: by_id[portfolio_id].name,
        key="portfolio",
        on_change=choose_portfolio,
    )
    workable = moment_next.ready and not moment_next.because_of_hours
    if workable and not st.session_state.pop("nothing_due", False):
        ready = ngettext("{n} debtor is ready to be called.", "{n} debtors are ready to be called.", moment_next.ready)
        frame.empty_state(_("Ready when you are"), ready)
    else:
        days.nothing_due(moment_next, place)
    answers.show(who)
    conversation.waiting_list(who, place.portfolio_id)
    st.button(
        _("Take the next debtor"), type="primary", shortcut="Ctrl+Enter", on_click=take_next, args=(place.portfolio_id,)
    )


def work(who: Viewer, card: CaseCard, day: MyDay, sheet: outcomes.Sheet) -> None:
    frame.page_header(_("My queue"), who, aside=days.day_line(day, card.zone))
    left, right = st.columns([1.75, 1], gap="medium")
    with left:
        dials = sheet.brief.allowed or who.may(Permission.CALL_OUTSIDE_HOURS)
        conversation.show_case(who, card, sheet.brief, at=access.now(), dials=dials)
        supervision.show(who, card)
    with right:
        frame.show_refused()
        answers.for_case(who, card)
        outcomes.restore(sheet)
        outcome, negotiating, negotiates = negotiation.desk_tabs(sheet)
        with outcome:
            outcomes.outcome_form(sheet)
            negotiation.buttons(sheet, save=save_and_next, pause=give_back, negotiates=negotiates)
        if negotiates:
            with negotiating:
                negotiation.negotiation_tab(who, card, sheet)


who = access.require(Permission.WORK_QUEUE)
outcomes.redrawn()
negotiation.show_told()
at = access.now()
with db.reading() as session:
    desk = cases.desk(session, who, at=at)
    if desk:
        day = my_day(session, who, desk.claim.portfolio_id, at=at)
    else:
        places = workplaces(session, who)
if desk:
    card, item_id = desk.card, desk.claim.item_id
    draft = desk.draft if f"note-{item_id}" not in st.session_state else None
    work(who, card, day, outcomes.Sheet(item_id, card, dispositions(), card.briefing(at), draft))
else:
    start(who, places)

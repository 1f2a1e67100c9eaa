"""The desk of both queues: take the next debtor, work them, save, and the next one; each queue's page lays it out."""

from dataclasses import dataclass
from functools import partial

import streamlit as st

from models import Queue
from workbench import db
from workbench.actions import interactions, presences, users, worklist
from workbench.queries import cases
from workbench.queries.cases import CaseCard
from workbench.queries.claims import NextMoment
from workbench.queries.dispositions import Choice, active_dispositions
from workbench.queries.my_day import MyDay, Workplace, my_day, workplaces
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.unlawful import Unlawful
from workbench.ui import access, answers, conversation, days, frame, negotiation, outcomes, presence, supervision
from workbench.ui.i18n import _


@dataclass(frozen=True, slots=True)
class InHand:
    """The debtor on the desk, the agent's day so far, and the sheet that is filled in about them."""

    card: CaseCard
    day: MyDay
    sheet: outcomes.Sheet


@dataclass(frozen=True, slots=True)
class Free:
    """An empty desk: where the agent may work, the day so far there, and what is due in the queue."""

    place: Workplace
    places: dict[int, Workplace]
    day: MyDay
    due: NextMoment


def open_desk(who: Viewer, queue: Queue) -> InHand | Free | None:
    """What lies on this person's desk, be it of this queue or of the other; none = they are in no team."""
    outcomes.redrawn()
    negotiation.show_told()
    at = access.now()
    with db.reading() as session:
        held = cases.desk(session, who, at=at)
        if held is None:
            return _free(who, workplaces(session, who), queue)
        day = my_day(session, who, held.claim.portfolio_id, at=at)
    card, item_id = held.card, held.claim.item_id
    draft = held.draft if f"note-{item_id}" not in st.session_state else None
    return InHand(card, day, outcomes.Sheet(item_id, card, _dispositions(), card.briefing(at), draft))


def no_team(title: str, who: Viewer) -> None:
    """Says that there is nowhere to work, and who can change it."""
    frame.page_header(title, who)
    frame.empty_state(_("You are in no team yet"), _("Ask an administrator to add you to a team with a portfolio."))


def head(title: str, who: Viewer, free: Free) -> None:
    """The page's title with the day so far, and the portfolio to work in."""
    frame.page_header(title, who, aside=days.day_line(free.day, free.place.time_zone, at=access.now()))
    frame.show_refused()
    left, _right = st.columns([2, 3])
    left.selectbox(
        _("Portfolio"),
        list(free.places),
        format_func=lambda portfolio_id: free.places[portfolio_id].name,
        key="portfolio",
        on_change=_choose_portfolio,
    )


def readiness(free: Free, ready: str) -> None:
    """Whether somebody can be taken now: `ready` says so, else when the next one can and by which rule not now."""
    workable = free.due.ready and not free.due.because_of_hours
    if workable and not st.session_state.pop("nothing_due", False):
        frame.empty_state(_("Ready when you are"), ready)
    else:
        days.nothing_due(free.due, free.place)


def take_button(free: Free, queue: Queue) -> None:
    """Takes the best debtor of the queue who may be called now; under it, the way into a break."""
    st.button(
        _("Take the next debtor"),
        type="primary",
        shortcut="Ctrl+Enter",
        on_click=_take_next,
        args=(free.place.portfolio_id, queue),
    )
    presence.show(access.require(Permission.WORK_QUEUE), free.place.time_zone)


def work(title: str, who: Viewer, held: InHand, queue: Queue, *, above: str = "") -> None:
    """The debtor on the left, `above` over them; the outcome and the negotiation on the right."""
    card, sheet = held.card, held.sheet
    frame.page_header(title, who, aside=days.day_line(held.day, card.law.time_zone, at=access.now()))
    left, right = st.columns([1.75, 1], gap="medium")
    with left:
        if above:
            frame.markup(above)
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
            negotiation.buttons(
                sheet, save=partial(_save_and_next, queue=queue), pause=_give_back, negotiates=negotiates
            )
        if negotiates:
            with negotiating:
                negotiation.negotiation_tab(who, card, sheet, queue=queue)


def _free(who: Viewer, found: list[Workplace], queue: Queue) -> Free | None:
    if not found:
        return None
    places = {place.portfolio_id: place for place in found}
    place = places.get(st.session_state.get("portfolio", 0), found[0])
    at = access.now()
    with db.reading() as session:
        due = worklist.next_moment(session, who, place.portfolio_id, at, queue=queue)
        return Free(place, places, my_day(session, who, place.portfolio_id, at=at), due)


@st.cache_resource(ttl=60, show_spinner=False)  # frozen: nobody needs a copy of their own
def _dispositions() -> dict[str, Choice]:
    with db.reading() as session:
        return active_dispositions(session)


def _take_next(portfolio_id: int, queue: Queue) -> None:
    who = access.require(Permission.WORK_QUEUE)
    with db.transaction() as session:
        claim = worklist.claim_next(session, who, portfolio_id=portfolio_id, at=access.now(), queue=queue)
        if claim:
            presences.back_to_work(session, who, at=access.now())
    if claim is None:
        st.session_state["nothing_due"] = True


def _save_and_next(sheet: outcomes.Sheet, *, queue: Queue) -> None:
    """Saves the sheet and takes the next debtor of the same queue, both or neither."""
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
            worklist.claim_next(session, who, portfolio_id=sheet.card.portfolio_id, at=at, queue=queue)
    except Unlawful as refused:
        frame.say_refused(
            refused, _("The attempt is recorded and your note is kept; a supervisor can save it with a reason.")
        )
        return
    except Refused as refused:
        frame.say_refused(refused)
        return
    outcomes.forget(sheet)


def _choose_portfolio() -> None:
    who = access.require(Permission.WORK_QUEUE)
    with db.transaction() as session:
        users.remember_portfolio(session, who, st.session_state["portfolio"])


def _give_back(item_id: int) -> None:
    who = access.require(Permission.WORK_QUEUE)
    with db.transaction() as session:
        worklist.release(session, who, item_id, at=access.now())

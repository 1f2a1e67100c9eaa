"""The negotiation on the agent's desk: offers within their authority, their terms, closing one or asking for more.

An offer inside the limits is closed by the key that opens the tab and the key that saves; whatever was typed is read
in the callback, so that no click overtakes a field.
"""

from collections.abc import Callable
from datetime import date
from uuid import uuid4

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models import AgreementState, ApprovalKind, OfferKind, Queue
from workbench import db
from workbench.actions import agreement_calls, agreement_letters, agreements, approvals, worklist
from workbench.queries.agreement_letters import Kept, letters_kept
from workbench.queries.cases import CaseCard
from workbench.queries.negotiations_desk import Agreed, NegotiationDesk, negotiation_desk
from workbench.queries.offers import Learned, learned_in
from workbench.rules.access import Permission, Viewer
from workbench.rules.approvals import as_kept
from workbench.rules.offers import (
    Terms,
    agreed_schedule,
    chances,
    check_terms,
    exceeded,
    expected_money,
    still_movable,
)
from workbench.rules.outcomes import InteractionForm
from workbench.rules.refusals import Refused
from workbench.rules.unlawful import Unlawful
from workbench.ui import access, agreement_letter, frame, negotiation_parts, negotiation_terms, outcomes, presence
from workbench.ui.approval_words import OFFERS, limits_table
from workbench.ui.i18n import _, refusal
from workbench.ui.negotiation_terms import Draft
from workbench.ui.outcomes import Sheet

NEGOTIATING = "call.negotiating"  # the outcome proposed for a call whose offer has to be approved
KEY = "Ctrl+Enter"


def desk_tabs(sheet: Sheet) -> tuple[DeltaGenerator, DeltaGenerator, bool]:
    """The tabs of the outcome and of the negotiation, and whether the second is the one that is open."""
    outcome, negotiation = st.tabs([_("Outcome"), _("Negotiation")], key=sheet.key("desk"), on_change="rerun")
    return outcome, negotiation, bool(negotiation.open)


def buttons(sheet: Sheet, *, save: Callable[[Sheet], None], pause: Callable[[int], None], negotiates: bool) -> None:
    """What ends the outcome, and the way into the negotiation.

    Nothing while that is open: a button that nobody sees would still answer to the key that saves.
    """
    if negotiates:
        return
    st.button(
        _("Save and next"),
        type="primary",
        shortcut=KEY,
        width="stretch",
        key=f"save-{sheet.item_id}",
        on_click=save,
        args=(sheet,),
    )
    row = st.container(horizontal=True)  # a narrow screen takes two lines for it, and cuts no word
    row.button(
        _("Negotiate"),
        shortcut="Alt+N",
        width="stretch",
        key=sheet.key("negotiate"),
        on_click=_turn,
        args=(sheet, "Negotiation"),
    )
    row.button(_("Pause"), width="stretch", key=f"pause-{sheet.item_id}", on_click=pause, args=(sheet.item_id,))
    presence.break_button(row, sheet.item_id)


def _turn(sheet: Sheet, to: str) -> None:
    outcomes.redraw()
    st.session_state[sheet.key("desk")] = _("Negotiation") if to == "Negotiation" else _("Outcome")


def negotiation_tab(who: Viewer, card: CaseCard, sheet: Sheet, *, queue: Queue = Queue.CALL) -> None:
    """Draws the negotiation with the debtor on the desk; `queue` is where the next one comes from."""
    who.require_portfolio(card.portfolio_id)
    _tab(sheet, queue)


@st.fragment
def _tab(sheet: Sheet, queue: Queue) -> None:
    who = access.require(Permission.WORK_QUEUE)
    if outcomes.redrawn():
        st.rerun()
    card, at = sheet.card, access.now()
    learned, changed = _learned(card.portfolio_id, card.today), sheet.value("nego-changing")
    with db.reading() as session:
        desk = negotiation_desk(
            session, who, card.case_id, account_id=_account(sheet), replacing=changed, learned=learned, at=at
        )
        letters = letters_kept(session, who, card.case_id) if desk.agreed else []
    _scope(sheet, desk)
    frame.markup(negotiation_parts.debt_table(desk.debt))
    if desk.replaceable and desk.replaceable.id == changed:
        _change(sheet, desk, queue, desk.replaceable)
    elif desk.standing:
        _standing(sheet, desk, desk.standing, letters)
    elif desk.offers:
        _negotiate(sheet, desk, queue)
    else:
        _nothing(desk)
    _earlier(sheet, desk, letters)


@st.cache_resource(ttl=600, show_spinner=False)  # a year's history says the same for a while, and is long to read
def _learned(portfolio_id: int, on: date) -> Learned:
    with db.reading() as session:
        return learned_in(session, portfolio_id, on=on)


def _account(sheet: Sheet) -> int | None:
    return int(sheet.value("scope") or 0) or None


def _scope(sheet: Sheet, desk: NegotiationDesk) -> None:
    """The whole debt, or one account of several."""
    if len(desk.accounts) < 2:
        return
    st.selectbox(
        _("What is negotiated"),
        [0, *desk.accounts],
        format_func=lambda each: desk.accounts.get(each, "—") if each else _("The whole debt"),
        key=sheet.key("scope"),
    )


def _nothing(desk: NegotiationDesk) -> None:
    if desk.debt.total <= 0:
        st.caption(_("Nothing is owed here."))
    elif not desk.authorities:
        st.caption(_("Your role may make no offers for a debt like this one: a manager sets them under Policies."))
    else:
        st.caption(_("The debt is too small, or the limits too narrow, for an offer."))


def _change(sheet: Sheet, desk: NegotiationDesk, queue: Queue, agreed: Agreed) -> None:
    """Another agreement in the place of the one that stands, which ends when the new one is signed."""
    told = _("In place of agreement no. {number}, which holds until this is closed.", number=agreed.id)
    if agreed.discount:
        told += " " + _("What it forgave counts as owed here.")
    frame.markup(f'<p class="cw-warn">{told}</p>')
    st.button(_("Leave it as it is"), key=sheet.key("keep"), on_click=_begin_change, args=(sheet, None))
    if desk.offers:
        _negotiate(sheet, desk, queue, replacing=agreed.id)
    else:
        _nothing(desk)


def _begin_change(sheet: Sheet, agreement_id: int | None) -> None:
    """Opens the offers in place of the agreement that stands, or (none) goes back to it."""
    negotiation_terms.forget(sheet)
    if agreement_id is not None:
        st.session_state[sheet.key("nego-changing")] = agreement_id


def _negotiate(sheet: Sheet, desk: NegotiationDesk, queue: Queue, *, replacing: int | None = None) -> None:
    """The offers to choose from, the chosen one's terms, and what can be done with them."""
    by_kind = {offer.kind: offer for offer in desk.offers}
    kind = OfferKind(
        st.radio(
            _("Offers, the most money expected first"),
            [each.value for each in by_kind],
            format_func=lambda each: negotiation_parts.offer_title(by_kind[OfferKind(each)], desk.debt.currency),
            captions=[negotiation_parts.offer_line(each, desk.debt) for each in desk.offers],
            key=sheet.key(f"nego-{desk.debt.account_id or 0}-offer"),
        )
    )
    draft = Draft(sheet, desk.debt, kind, replacing)
    with st.container(border=True, key=sheet.key("terms")):
        frame.markup(f'<p class="cw-section">{_("Terms: {offer}", offer=_(OFFERS[kind]))}</p>')
        negotiation_terms.fields(draft, by_kind[kind].terms, on=desk.on)
        terms = negotiation_terms.typed(draft, on=desk.on)
        try:
            check_terms(terms, desk.debt, on=desk.on)
            _preview(desk, terms)
        except Refused as refused:
            st.warning(refusal(refused))
            return
    authority = desk.authorities[kind]
    if beyond := exceeded(terms, authority, desk.debt, desk.on):
        frame.markup(f'<p class="cw-warn">{_("Outside your limits: somebody with more authority decides.")}</p>')
        frame.markup(limits_table(tuple(beyond), desk.debt.currency))
        _ask(draft)
        return
    frame.markup(negotiation_parts.room(still_movable(terms, authority, desk.debt, desk.on), desk.debt.currency))
    _show_refused(sheet)
    st.button(
        _("Close agreement and next"),
        type="primary",
        shortcut=KEY,
        width="stretch",
        key=sheet.key("close"),
        on_click=_close,
        args=(draft, queue),
    )


def _preview(desk: NegotiationDesk, terms: Terms) -> None:
    parts = agreed_schedule(terms, desk.debt, desk.on, desk.business_day)
    each = chances(parts, terms.kind, desk.facts)
    frame.markup(negotiation_parts.schedule(parts, each, desk.debt.currency, expected_money(parts, each)))


def _ask(draft: Draft) -> None:
    """The request with its reason: a form, so that the words and the click travel together."""
    sheet = draft.sheet
    st.session_state.setdefault(sheet.key("nego-request"), uuid4())
    _show_refused(sheet)
    with st.form(sheet.key("ask"), border=False):
        st.text_input(_("Why it should be approved"), key=sheet.key("nego-reason"), max_chars=500)
        st.form_submit_button(
            _("Ask for approval"),
            type="primary",
            shortcut=KEY,
            width="stretch",
            key=sheet.key("ask-button"),
            on_click=_asked,
            args=(draft,),
        )


def _asked(draft: Draft) -> None:
    who, sheet = access.require(Permission.WORK_QUEUE), draft.sheet
    key, reason = sheet.value("nego-request"), (sheet.value("nego-reason") or "").strip()
    if key is None:
        return  # the second click of two
    outcomes.redraw()
    try:
        wanted = negotiation_terms.typed(draft, on=sheet.card.today)
        terms = as_kept(ApprovalKind.AGREEMENT, wanted, replacing=draft.replacing)
        with db.transaction() as session:
            approvals.request_approval(
                session, who, sheet.card.case_id, ApprovalKind.AGREEMENT, terms, reason=reason, key=key, at=access.now()
            )
    except Refused as refused:
        _say_here(sheet, refused)
        return
    negotiation_terms.forget(sheet)
    _propose_outcome(sheet, reason)


def _propose_outcome(sheet: Sheet, reason: str) -> None:
    """What the call was is known now: it only has to be saved, unless the agent waits for the answer."""
    state = st.session_state
    if NEGOTIATING in sheet.choices:
        state[sheet.key("outcome")] = NEGOTIATING
        state[sheet.key("note")] = "\n".join(filter(None, [(sheet.value("note") or "").strip(), reason]))
    _turn(sheet, "Outcome")
    state["told"] = _("Asked. Save the call as it is, or wait for the answer: it appears above.")


def _close(draft: Draft, queue: Queue) -> None:
    who, sheet, at = access.require(Permission.WORK_QUEUE), draft.sheet, access.now()
    if sheet.value("submission") is None:
        return  # the second click of two: the first one has saved and moved on
    outcomes.redraw()
    try:
        terms = negotiation_terms.typed(draft, on=sheet.card.today)
        with db.transaction() as session:
            closed = agreement_calls.close_agreement(
                session, who, _form(sheet), terms, replacing=draft.replacing, at=at
            )
            worklist.claim_next(session, who, portfolio_id=sheet.card.portfolio_id, queue=queue, at=at)
    except Unlawful as refused:
        _say_here(sheet, refused, _("The attempt is recorded and your note is kept."))
        return
    except Refused as refused:
        _say_here(sheet, refused)
        return
    outcomes.forget(sheet)
    negotiation_terms.forget(sheet)
    name = sheet.card.name
    st.session_state["told"] = _("Agreement no. {number} with {name} is signed.", number=closed.agreement.id, name=name)


def _say_here(sheet: Sheet, refused: Refused, *more: str) -> None:
    """A refusal stands beside the button that was pressed: the top of the page may be out of sight."""
    st.session_state[sheet.key("nego-refused")] = " ".join([refusal(refused), *more])


def _show_refused(sheet: Sheet) -> None:
    if because := st.session_state.pop(sheet.key("nego-refused"), None):
        st.error(because)


def _form(sheet: Sheet) -> InteractionForm:
    """The call as the outcome tab knows it: the number dialled, when it began, the note."""
    return InteractionForm(
        submission_key=sheet.value("submission"),
        item_id=sheet.item_id,
        case_id=sheet.card.case_id,
        contact_point_id=sheet.value("phone"),
        disposition_code="",
        started_at=outcomes.began(sheet),
        note=(sheet.value("note") or "").strip(),
    )


def show_told() -> None:
    """Says once what was done by the last click."""
    if told := st.session_state.pop("told", None):
        st.toast(told)


def _standing(sheet: Sheet, desk: NegotiationDesk, agreed: Agreed, letters: list[Kept]) -> None:
    """The agreement that stands: its letter, and the ways to change it in one go or to end it."""
    frame.markup(negotiation_parts.agreed_card(agreed, sheet.card.currency))
    _letter(sheet, agreed, letters)
    if desk.replaceable and desk.authorities:
        st.button(_("Change the agreement"), key=sheet.key("change"), on_click=_begin_change, args=(sheet, agreed.id))
    box = st.expander(_("Withdraw it, to agree on something else"), key=sheet.key("withdraw-box"))
    with box, st.form(sheet.key("withdraw-form"), border=False, clear_on_submit=True):
        st.text_input(_("Why"), key=sheet.key("nego-withdraw"), max_chars=500)
        if agreed.discount:
            st.caption(_("What it forgave is owed again."))
        st.form_submit_button(
            _("Withdraw the agreement"), key=sheet.key("withdraw"), on_click=_withdraw, args=(sheet, agreed.id)
        )


def _withdraw(sheet: Sheet, agreement_id: int) -> None:
    who, reason = access.require(Permission.WORK_QUEUE), sheet.value("nego-withdraw") or ""
    outcomes.redraw()
    try:
        with db.transaction() as session:
            agreements.withdraw_agreement(session, who, agreement_id, reason=reason, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)


def _letter(sheet: Sheet, agreed: Agreed, letters: list[Kept]) -> None:
    """The agreement's letter: to be read, and to be sent when it was not."""
    mine = next((each for each in letters if each.agreement_id == agreed.id), None)
    if mine is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        agreement_letter.download(
            access.require(Permission.WORK_QUEUE), mine.document_id, mine.name, key=sheet.key(f"letter-{agreed.id}")
        )
        frame.markup(agreement_letter.fate(mine))
        if mine.channel is None and agreed.state is AgreementState.ACTIVE:
            st.button(_("Send the letter"), key=sheet.key("send-letter"), on_click=_send, args=(agreed.id,))


def _send(agreement_id: int) -> None:
    who = access.require(Permission.WORK_QUEUE)
    outcomes.redraw()
    try:
        with db.transaction() as session:
            agreement_letters.send_again(session, who, agreement_id, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)


def _earlier(sheet: Sheet, desk: NegotiationDesk, letters: list[Kept]) -> None:
    """Agreements that have ended: what was tried before."""
    ended = [each for each in desk.agreed if each is not desk.standing]
    if not ended:
        return
    with st.expander(_("Earlier agreements ({n})", n=len(ended)), key=sheet.key("earlier")):
        for each in ended:
            frame.markup(negotiation_parts.agreed_card(each, sheet.card.currency))
            _letter(sheet, each, letters)

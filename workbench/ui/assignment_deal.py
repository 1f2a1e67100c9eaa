"""Dealing work out: choose which cases, to whom and how; see it before it is done; do it."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st

from models import DealKind, Portfolio
from workbench import db
from workbench.actions.deals import Asked, Preview, apply, preview
from workbench.rules.access import Permission, Viewer
from workbench.rules.deal_requests import NOTE_LIMIT
from workbench.rules.refusals import Refused
from workbench.ui import access, assignment_choice, assignment_preview, assignment_work, frame, i18n
from workbench.ui.assignment_deeds import do
from workbench.ui.assignment_words import amounts, owner
from workbench.ui.i18n import _, ngettext, number

SEEN = "assignment-preview"


def show(who: Viewer, portfolios: Mapping[int, Portfolio]) -> None:
    """The fields, the count of what they ask for, and the preview of exactly that."""
    _from_the_address()
    people = assignment_choice.people_of(who, portfolios)
    holders = assignment_work.counted(who, portfolios).holders
    owners = {each: owner(each, holders) for each in holders} | {each: found.name for each, found in people.items()}
    with st.container(border=True, key="deal-fields"):
        which = assignment_choice.which(who, portfolios)
        left, right = st.columns(2, gap="large")
        with left:
            which |= assignment_choice.whose(owners)
        with right:
            agents = assignment_choice.to_whom(people, which.get("portfolio_ids") or tuple(portfolios))
        asked = Asked(agents=agents, **which, **assignment_choice.how())
        with st.container(horizontal=True, vertical_alignment="center"):
            look(_("Preview"), asked, key="deal")
            _count(who, portfolios, asked)
    offer(asked, key="deal")


def offer(asked: Asked, *, key: str) -> None:
    """The preview of what is asked, when there is one, and the button that does it; of anything else it is out of date."""
    found: Preview | None = st.session_state.get(SEEN)
    if found is None or found.asked.kind is not asked.kind:
        return
    if found.asked != asked:
        st.info(_("The choice has changed: preview it again."))
        return
    moves = bool(found.cases or found.promises) or asked.kind is DealKind.PORTFOLIO
    if not moves:
        frame.empty_state(_("Nothing would change hands."), _("Below is why what was asked for stays where it is."))
    assignment_preview.sums(found)
    if moves:
        _go(found, key)
    assignment_preview.show(found, key=key)


def _go(found: Preview, key: str) -> None:
    """The note for the history, and the button that does what is seen."""
    note, button = st.columns([3, 1], vertical_alignment="bottom")
    note.text_input(_("Note"), max_chars=NOTE_LIMIT, key=f"{key}-note", placeholder=_("for the history"))
    told = ngettext("Deal {count} case", "Deal {count} cases", found.cases, count=number(found.cases))
    if found.asked.kind is DealKind.PORTFOLIO:
        told = _("Move to the other team")
    button.button(told, type="primary", key=f"{key}-apply", width="stretch", on_click=carry_out, args=(found, key))


def look(label: str, asked: Asked, *, key: str) -> None:
    """The button that draws up the preview, kept until it is done or asked anew.

    Not a callback: what is asked is what the fields say in this very run, also when one was left only by the click.
    """
    if not st.button(label, type="primary", key=f"{key}-preview"):
        return
    st.session_state.pop(SEEN, None)
    who = access.require(Permission.ASSIGN_WORK)
    try:
        with db.reading() as session:
            st.session_state[SEEN] = preview(session, who, asked, at=access.now())
    except Refused as refused:
        st.error(i18n.refusal(refused))


def carry_out(found: Preview, key: str) -> None:
    """Does what the preview shows, once; what changed hands meanwhile stays, and is counted."""
    note = (st.session_state.get(f"{key}-note") or "").strip()

    def deed(session: Any, who: Viewer) -> str:
        deal = apply(session, who, replace(found, asked=replace(found.asked, note=note)), at=access.now())
        left = deal.told.get("left", 0)
        cases = deal.told.get("cases", 0)
        told = ngettext("{count} case changed hands.", "{count} cases changed hands.", cases, count=number(cases))
        stayed = ngettext(
            "{n} stayed: taken in hand or moved meanwhile.", "{n} stayed: taken in hand or moved meanwhile.", left
        )
        return " ".join([told, stayed if left else "", _("Undo it in the history.")])

    permission = Permission.MOVE_PORTFOLIOS if found.asked.kind is DealKind.PORTFOLIO else Permission.ASSIGN_WORK
    assignment_work.forget()  # refused, because something has changed meanwhile
    if do(deed, permission=permission):
        for name in (SEEN, assignment_choice.CASES, f"{key}-note"):
            st.session_state.pop(name, None)


def _from_the_address() -> None:
    """The case that a card's link names; said once, so that another choice may follow."""
    if (asked := st.query_params.pop("case", "")).isdecimal():
        st.session_state[assignment_choice.CASES] = (int(asked),)


def _count(who: Viewer, portfolios: Mapping[int, Portfolio], asked: Asked) -> None:
    """How much is asked for, before any preview."""
    if asked.case_ids:
        return
    cells = assignment_choice.matching(assignment_work.counted(who, portfolios).cells, asked)
    sums: dict[str, Decimal] = {}
    for cell in cells:
        currency = portfolios[cell.portfolio_id].currency
        sums[currency] = sums.get(currency, Decimal(0)) + cell.balance
    cases = sum(cell.cases for cell in cells)
    told = ngettext("{count} case fits", "{count} cases fit", cases, count=number(cases))
    in_hand = sum(cell.in_hand for cell in cells)
    held = ngettext("{n} in hand now stays", "{n} in hand now stay", in_hand)
    st.markdown(" · ".join([f"**{told}**", amounts(sums), *([held] if in_hand else [])]))

"""What was dealt: by whom, when, how much, and taking it back."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from models import DealKind, DealState, Portfolio
from workbench import db
from workbench.actions.deals import undo
from workbench.queries.deals import DealLine, deals, debtors_codes
from workbench.rules.access import Permission, Viewer
from workbench.rules.deal_requests import WAY_LABELS, WHY_LABELS, Why
from workbench.rules.words import N_
from workbench.ui import access, assignment_work, frame, page_parts
from workbench.ui.assignment_deeds import do
from workbench.ui.i18n import _, day, ngettext, number, when

KINDS = {
    DealKind.DEAL: N_("Deal"),
    DealKind.COVER: N_("Cover for {name}"),
    DealKind.LEAVER: N_("Work of {name} taken over"),
    DealKind.PORTFOLIO: N_("Portfolio to another team"),
}
MOST_NAMED = 20  # cases that stayed, by reason
STATES = {
    DealState.APPLIED: (N_("stands"), ""),
    DealState.UNDONE: (N_("undone"), "cw-muted"),
    DealState.REVERTED: (N_("over: everything went back"), "cw-muted"),
}
MOST, A_PAGE = 200, 12


def show(who: Viewer, portfolios: Mapping[int, Portfolio]) -> None:
    """The deals one may see, the latest first, each with its undo."""
    with db.reading() as session:
        found = deals(session, who, limit=MOST)
        codes = debtors_codes(session, who, [case for each in found for case in _not_restored(each)])
    if not found:
        frame.empty_state(_("Nothing has been dealt yet."), _("What is dealt stands here, and can be undone."))
        return
    zone = next(iter(portfolios.values())).time_zone
    st.caption(_("Undoing gives back exactly what was, but for what somebody changed since: that stays, and is named."))
    for each in page_parts.one_page(found, most=A_PAGE, key="deals-page"):
        with st.container(border=True, key=f"deal-{each.deal_id}"):
            told, button = st.columns([5, 1], vertical_alignment="center")
            with told:
                frame.markup(_line(each, zone, codes))
            if each.may_undo:
                label = _("End the cover now") if each.kind is DealKind.COVER else _("Undo")
                button.button(
                    label,
                    key=f"undo-{each.deal_id}",
                    on_click=take_back,
                    args=(each.deal_id, each.kind),
                    width="stretch",
                )


def take_back(deal_id: int, kind: DealKind) -> None:
    """Undoes a deal; says what went back and names what did not."""

    def deed(session: Any, who: Viewer) -> str:
        done = undo(session, who, deal_id, at=access.now())
        told = ngettext(
            "{count} case went back.", "{count} cases went back.", done.restored, count=number(done.restored)
        )
        if not done.left:
            return told
        whys: dict[Why, list[int]] = {}
        for each in done.left:
            whys.setdefault(each.why, []).append(each.case_id)
        first = [case for cases in whys.values() for case in cases[:MOST_NAMED]]
        return f"{told} {_left(whys, len(done.left), debtors_codes(session, who, first))}."

    permission = Permission.MOVE_PORTFOLIOS if kind is DealKind.PORTFOLIO else Permission.ASSIGN_WORK
    if do(deed, permission=permission):
        assignment_work.forget()


def _left(whys: Mapping[Why, Sequence[int]], count: int, codes: Mapping[int, str]) -> str:
    """Cases that did not go back, by why, each reason with the codes of the first, of those whom the reader may see."""
    said = []
    for why, cases in whys.items():
        named = [codes[case] for case in cases[:MOST_NAMED] if case in codes]
        more = " …" if len(cases) > len(named) else ""
        said.append(_(WHY_LABELS[why]) + (f" ({', '.join(named)}{more})" if named else ""))
    left = ngettext("{n} stayed as it is", "{n} stayed as they are", count)
    return f"{left}: {'; '.join(said)}"


def _not_restored(each: DealLine) -> list[int]:
    return [case for cases in each.told.get("not_restored_cases", {}).values() for case in cases]


def _left_behind(each: DealLine, codes: Mapping[int, str]) -> str:
    """What a cover that ended by itself, or an undoing, left where it was."""
    cases = each.told.get("not_restored_cases")
    return _left({Why(why): of for why, of in cases.items()}, each.told["not_restored"], codes) if cases else ""


def _stayed(each: DealLine) -> str:
    """What was left out and why, in counts."""
    out = {Why(why): count for why, count in each.told.get("left_out", {}).items() if count}
    out[Why.CHANGED] = out.get(Why.CHANGED, 0) + each.told.get("left", 0)
    said = [f"{_(WHY_LABELS[why])}: {number(count)}" for why, count in out.items() if count]
    return _("stayed: {why}", why="; ".join(said)) if said else ""


def _line(each: DealLine, zone: str, codes: Mapping[int, str]) -> str:
    state, css = STATES[each.state]
    if each.state is DealState.REVERTED and each.told.get("not_restored"):
        state = N_("over: not everything went back")
    title = _(KINDS[each.kind], name="?" if each.of_user is None else _who(each.of_user))
    parts = [
        ngettext("{count} case", "{count} cases", each.cases, count=number(each.cases)),
        _(WAY_LABELS[each.way]) if each.way else "",
        _("until {day}", day=day(each.until_on)) if each.until_on else "",
        _stayed(each),
        _left_behind(each, codes),
        each.note,
    ]
    made = _("{who}, {when}", who=_who(each.made_by), when=when(each.made_at, zone))
    said = _(state)
    if each.ended_at:
        said = _("{state} by {who}, {when}", state=said, who=_who(each.ended_by), when=when(each.ended_at, zone))
    told = " · ".join(escape(part) for part in parts if part)
    return (
        f"<b>{escape(title)}</b> · {told}<br>"
        f'<span class="cw-muted">{escape(made)}</span> · <span class="{css}">{escape(said)}</span>'
    )


def _who(name: str | None) -> str:
    """Whoever it was: people of other teams are not named."""
    return _("the system") if name is None else name or _("another team")

"""Outbox: every message that left, waits or was held back, and why; what may still be stopped, and what nobody knows."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from models import Portfolio
from workbench.queries.outbox import Line
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import (
    access,
    frame,
    i18n,
    outbox_deeds,
    outbox_detail,
    outbox_held,
    outbox_list,
    outbox_strangers,
    page_parts,
)
from workbench.ui.i18n import _


class Part(NamedTuple):
    """A part of the page and how it is drawn."""

    title: str
    show: Callable[[Viewer, Portfolio], None]


def listed(who: Viewer, portfolio: Portfolio) -> None:
    """The list, what may be done to what is selected, and the one message chosen in it or by the address."""
    assert portfolio.id is not None
    outbox_deeds.unknown(who, portfolio.id)
    selected = outbox_list.show(who, portfolio)
    outbox_deeds.cancelling(who, selected)
    if len(selected) == 1:
        whole(who, portfolio, selected[0].id)
    elif not selected and (asked := st.query_params.get("message", "")).isdecimal():
        outbox_deeds.cancelling(who, [whole(who, portfolio, int(asked))])


def whole(who: Viewer, portfolio: Portfolio, message_id: int) -> Line:
    """One message in full; what only the sandbox took can be played with."""
    detail = outbox_detail.show(who, portfolio, message_id)
    outbox_deeds.playing(who, detail.line)
    return detail.line


PARTS = {
    "list": Part(N_("Messages"), listed),
    "held": Part(N_("Held back today"), outbox_held.show),
    "strangers": Part(N_("Unknown senders"), outbox_strangers.show),
}


who = access.require(Permission.SEE_MESSAGES)
frame.page_header(_("Outbox"), who)
frame.show_refused()
outbox_deeds.told()
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="outbox-of")
with right:
    titles = {name: each.title for name, each in PARTS.items()}
    part = PARTS[page_parts.chosen_part(titles, key="outbox-part")]
try:
    part.show(who, chosen)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))

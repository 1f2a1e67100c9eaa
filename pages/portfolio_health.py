"""Portfolio health: how a book stands, and stood on any kept morning; how it rolls, pays off, and what is to come in."""

from collections.abc import Callable

import streamlit as st

from models import Board
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import (
    access,
    digest_button,
    frame,
    health_book,
    health_concentration,
    health_forecast,
    health_rolls,
    health_scope,
    health_vintages,
    i18n,
    page_parts,
)
from workbench.ui.health_scope import Health
from workbench.ui.i18n import _, day

Shown = Callable[[Viewer, Health], None]
PARTS: dict[str, tuple[str, Shown]] = {
    "book": (N_("The book"), health_book.show),
    "rolls": (N_("Roll rates"), health_rolls.show),
    "vintages": (N_("Vintages"), health_vintages.show),
    "concentration": (N_("Concentration"), health_concentration.show),
    "forecast": (N_("Forecast"), health_forecast.show),
}

who = access.require(Permission.SEE_BOARDS)
frame.page_header(_("Portfolio health"), who)
health = health_scope.chosen(who)
part = page_parts.chosen_part({name: title for name, (title, _show) in PARTS.items()}, key="health-part")
st.caption(
    _(
        "The morning of {date}, as the night left it; later payments, reversals and deals do not change it. Before: {since}.",
        date=day(health.on),
        since=day(health.since),
    )
)
digest_button.offer(Board.HEALTH, [health.book_id])
try:
    PARTS[part][1](who, health)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))

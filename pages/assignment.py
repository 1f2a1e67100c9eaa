"""Assignment: whose work it is, dealing it out with a preview, taking it back, and the people it is dealt to."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from models import Portfolio
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import (
    access,
    assignment_cover,
    assignment_deal,
    assignment_history,
    assignment_moves,
    assignment_people,
    assignment_work,
    frame,
    i18n,
    page_parts,
)
from workbench.ui.i18n import _


class Part(NamedTuple):
    """A part of the page, how it is drawn, and who may open it."""

    title: str
    show: Callable[[Viewer, Mapping[int, Portfolio]], None]
    permission: Permission = Permission.ASSIGN_WORK


PARTS = {
    "deal": Part(N_("Deal"), assignment_deal.show),
    "work": Part(N_("Whose work"), assignment_work.show),
    "cover": Part(N_("Covers and leavers"), assignment_cover.show),
    "portfolios": Part(N_("Portfolio to another team"), assignment_moves.show, Permission.MOVE_PORTFOLIOS),
    "people": Part(N_("People"), assignment_people.show),
    "history": Part(N_("History"), assignment_history.show),
}

who = access.require(Permission.ASSIGN_WORK)
frame.page_header(_("Assignment"), who)
frame.show_refused()
frame.show_done()
portfolios = page_parts.portfolios_or_stop(who)
part = PARTS[
    page_parts.chosen_part(
        {name: each.title for name, each in PARTS.items() if who.may(each.permission)}, key="assignment-part"
    )
]
try:
    part.show(who, portfolios)
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))

"""Team settings: goals, what agents see of the figures, minutes until amber and red, costs and attribution."""

from collections.abc import Callable
from typing import NamedTuple

from workbench.rules.access import Permission, Viewer
from workbench.rules.words import N_
from workbench.ui import access, figure_costs, frame, page_parts, team_goals, team_policy
from workbench.ui.i18n import _


class Part(NamedTuple):
    """A part of the page, who may open it, and how it is drawn."""

    title: str
    permission: Permission
    show: Callable[[Viewer], None]


PARTS = {
    "goals": Part(N_("Goals"), Permission.SET_TARGETS, team_goals.show),
    "teams": Part(N_("Teams"), Permission.SET_TARGETS, team_policy.show),
    "costs": Part(N_("Costs and attribution"), Permission.EDIT_POLICIES, figure_costs.show),
}


who = access.require(Permission.SET_TARGETS)
frame.page_header(_("Team settings"), who)
frame.show_refused()
frame.show_done()
titles = {name: each.title for name, each in PARTS.items() if who.may(each.permission)}
PARTS[page_parts.chosen_part(titles, key="settings-part")].show(who)

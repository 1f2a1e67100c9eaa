"""Who did most of what: the ranking of a team's people, with the place each had before."""

from collections.abc import Sequence
from datetime import date, datetime

import streamlit as st

from models import AgentsSee
from workbench.queries.kpi_groups import OTHERS
from workbench.queries.kpis import By, Figure, Group, Scope
from workbench.rules.access import Viewer
from workbench.rules.kpis import Better, kpi
from workbench.ui import board_figures, frame, kpi_charts
from workbench.ui.board_scope import Board, label
from workbench.ui.i18n import _
from workbench.ui.kpi_charts import Point
from workbench.ui.kpi_words import NOTHING, amount_words

RANKED = ("promised", "recovery", "promises", "right_parties", "attempts", "rpc_rate", "ptp_rate", "kept_rate")


def show(who: Viewer, board: Board, at: datetime) -> None:
    """The ranking as a supervisor sees it, and which teams show it to their agents."""
    shown = [each.name for each in board.teams if each.agents_see is AgentsSee.RANKING]
    told = (
        _("Shown to the agents of: {teams}.", teams=", ".join(shown)) if shown else _("No team shows it to its agents.")
    )
    ranking(who, board.scope, board.before, today=board.today, at=at)
    st.caption(f"{told} {_('Team settings change that.')}")


def ranking(who: Viewer, scope: Scope, before: Scope, *, today: date, at: datetime) -> None:
    """One figure, its bars and its table; refused on the server to whoever may not see people by name."""
    name = st.selectbox(_("Ranked by"), RANKED, format_func=label, key="ranking-by")
    now, former = (
        board_figures.breakdown(who, (name,), each, By.AGENT, today=today, at=at) for each in (scope, before)
    )
    line = placed(now.groups, name)
    if not line:
        frame.empty_state(_("Nobody has done anything in these days"))
        return
    places = {group.key: place for place, group in placed(former.groups, name)}
    points = [
        Point(f"{place}. {group.label}", float(group.figures[name].value or 0), _told(group.figures[name]))
        for place, group in line
    ]
    kpi_charts.draw(kpi_charts.bars(points, label(name)), says=_("Ranking by {figure}", figure=label(name)))
    rows = [
        {
            _("Place"): place,
            _("Person"): group.label,
            label(name): _told(group.figures[name]),
            _("Place before"): str(places.get(group.key, NOTHING)),
        }
        for place, group in line
    ]
    kpi_charts.data_table(rows, key="ranking-data")


def placed(groups: Sequence[Group], name: str) -> list[tuple[int, Group]]:
    """The people with a value, the best first; whoever has the same value has the same place."""
    some = [each for each in groups if each.key not in (None, OTHERS) and each.figures[name].value is not None]
    down = kpi(name).better is Better.DOWN
    some.sort(key=lambda each: (float(each.figures[name].value or 0) * (1 if down else -1), each.label.casefold()))
    found: list[tuple[int, Group]] = []
    for number, each in enumerate(some, start=1):
        tied = bool(found) and found[-1][1].figures[name].value == each.figures[name].value
        found.append((found[-1][0] if tied else number, each))
    return found


def _told(figure: Figure) -> str:
    return amount_words(figure.kpi.unit, figure.value, figure.currency, short=True)

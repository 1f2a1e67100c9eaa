"""Somebody's work given to others: for some days, after which it comes back by itself; or for good, when they leave."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import streamlit as st

from models import DealKind, DealWay, Portfolio
from workbench.queries.assignment import NOBODY
from workbench.queries.work_profiles import Profile
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import LONGEST_COVER_DAYS, WAY_LABELS, Asked
from workbench.rules.words import N_
from workbench.ui import assignment_choice, assignment_deal, assignment_work, frame
from workbench.ui.assignment_words import person
from workbench.ui.i18n import _, ngettext

KINDS = {
    DealKind.COVER: N_("Cover somebody who is away"),
    DealKind.LEAVER: N_("Somebody leaves for good"),
}


def show(who: Viewer, portfolios: Mapping[int, Portfolio]) -> None:
    """Whose work, to whom, until when; a test run first."""
    people = assignment_choice.people_of(who, portfolios)
    kind: DealKind = st.segmented_control(
        _("What happens"),
        list(KINDS),
        format_func=lambda each: _(KINDS[each]),
        default=DealKind.COVER,
        required=True,
        label_visibility="collapsed",
        key="cover-kind",
    )
    names = _names(who, portfolios, people, kind)
    if not names:
        frame.empty_state(_("Nobody of your teams works a queue."), _("An administrator puts people into teams."))
        return
    with st.container(border=True, key="cover-fields"):
        left, right = st.columns([1.3, 1])
        of_user = left.selectbox(_("Whose work"), list(names), format_func=names.__getitem__, key=f"{kind}-of")
        _has(who, portfolios, of_user)
        until = _until(right, portfolios, people.get(of_user)) if kind is DealKind.COVER else None
        others = {each: found for each, found in people.items() if each != of_user}
        agents = assignment_choice.to_whom(others, list(portfolios), key=str(kind))
        asked = Asked(kind=kind, of_user=of_user, until_on=until, agents=agents, **_how(kind))
        label = _("Test run") if kind is DealKind.LEAVER else _("Preview")
        assignment_deal.look(label, asked, key=str(kind))
    assignment_deal.offer(asked, key=str(kind))


def _names(
    who: Viewer, portfolios: Mapping[int, Portfolio], people: Mapping[int, Profile], kind: DealKind
) -> dict[int, str]:
    """Whose work may be given: of a cover those first who are away; of a leaver those first who are gone already."""
    away = sorted(people, key=lambda each: (people[each].away is None, people[each].name))
    names = {each: person(people[each]) for each in away}
    if kind is DealKind.COVER:
        return names
    holders = assignment_work.counted(who, portfolios).holders.values()
    return {each.user_id: _("{name} (left)", name=each.name) for each in holders if not each.active} | names


def _has(who: Viewer, portfolios: Mapping[int, Portfolio], of_user: int) -> None:
    """How much it is about."""
    cells = [each for each in assignment_work.counted(who, portfolios).cells if each.owner == of_user != NOBODY]
    told = ngettext("Owns {n} case", "Owns {n} cases", sum(each.cases for each in cells))
    st.caption(told + " · " + _("The promises and callbacks that are theirs go along."))


def _until(place: Any, portfolios: Mapping[int, Portfolio], found: Profile | None) -> date | None:
    """The last day of a cover: the last one of the absence that is noted."""
    first = assignment_choice.today(portfolios)
    last = next((each.until_on for each in found.absences), None) if found else None
    furthest = first + timedelta(days=LONGEST_COVER_DAYS)
    until = place.date_input(
        _("Last day of the cover"),
        min(max(last or first + timedelta(days=7), first), furthest),
        min_value=first,
        max_value=furthest,
        format="DD/MM/YYYY",
        key=f"cover-until-{found.user_id if found else 0}",
    )
    return until if isinstance(until, date) else None


def _how(kind: DealKind) -> dict[str, Any]:
    ways = [each for each in WAY_LABELS if kind is DealKind.LEAVER or each is not DealWay.NOBODY]
    way = st.segmented_control(
        _("How"),
        ways,
        format_func=lambda each: _(WAY_LABELS[each]),
        default=DealWay.EXPECTED,
        required=True,
        key=f"{kind}-way",
    )
    owned = st.checkbox(_("Count what they own already"), key=f"{kind}-owned", value=True)
    return {"way": way, "count_owned": owned}

"""The people work is dealt to: how much each may have, what each knows, and the days they are away."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from models import Portfolio, Stage
from workbench import db
from workbench.actions.work_profiles import add_absence, cancel_absence, set_profile
from workbench.queries.work_profiles import Profile, profiles
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import LANGUAGES
from workbench.rules.work_profiles import CASE_CAP_LIMIT, REASON_LIMIT, Skills
from workbench.ui import access, frame, table_files
from workbench.ui.assignment_choice import today
from workbench.ui.assignment_deeds import do
from workbench.ui.assignment_words import away, cap, knows, person, stage
from workbench.ui.i18n import _, day

CENT = Decimal("0.01")


def show(who: Viewer, portfolios: Mapping[int, Portfolio]) -> None:
    """Everybody at a glance, then one person to change."""
    with db.reading() as session:
        people = {each.user_id: each for each in profiles(session, who, on=today(portfolios))}
    if not people:
        frame.empty_state(_("Nobody of your teams works a queue."), _("An administrator puts people into teams."))
        return
    widths: dict[Any, Any] = {_("Today"): st.column_config.TextColumn(width=190)}
    shown = _table(people, portfolios)
    st.dataframe(shown, hide_index=True, width="stretch", column_config=widths, key="people-table")
    table_files.beside("work-profiles", shown, portfolio_ids=list(portfolios))
    chosen = st.selectbox(_("Person"), list(people), format_func=lambda each: person(people[each]), key="people-who")
    left, right = st.columns(2, gap="large")
    with left:
        _skills(people[chosen], portfolios)
    with right:
        _absences(people[chosen], today(portfolios))


def _table(people: Mapping[int, Profile], portfolios: Mapping[int, Portfolio]) -> pd.DataFrame:
    found = people.values()
    return pd.DataFrame(
        {
            _("Person"): [each.name for each in found],
            _("Team"): [", ".join(each.teams) for each in found],
            _("Cases at most"): [cap(each.skills.case_cap) for each in found],
            _("Largest balance"): [cap(each.skills.balance_cap) for each in found],
            _("May be given"): [knows(each, portfolios) for each in found],
            _("Today"): [
                _("away until {day}", day=day(each.away.until_on)) if each.away else _("here") for each in found
            ],
            _("Next absence"): [
                next((away(one) for one in each.absences if one is not each.away), "") for each in found
            ],
        }
    )


def _skills(found: Profile, portfolios: Mapping[int, Portfolio]) -> None:
    key, skills = f"profile-{found.user_id}", found.skills
    seen = [each for each in portfolios if each in found.visible]
    spoken = sorted({*LANGUAGES, "pt", *skills.languages, *(each.language for each in portfolios.values())})
    with st.form(key, border=True):
        st.markdown(f"**{_('What may be dealt to {name}', name=found.name)}**")
        st.caption(_("Whatever is left empty is no limit."))
        most, largest = st.columns(2)
        most.number_input(
            _("Cases at most"), 0, CASE_CAP_LIMIT, skills.case_cap, 1, key=f"{key}-cap", placeholder=_("no limit")
        )
        value = None if skills.balance_cap is None else float(skills.balance_cap)
        largest.number_input(
            _("Largest balance of one case"), 0.0, None, value, 1000.0, key=f"{key}-balance", placeholder=_("no limit")
        )
        st.multiselect(
            _("Stages"), list(Stage), sorted(skills.stages), stage, key=f"{key}-stages", placeholder=_("any")
        )
        st.multiselect(_("Languages"), spoken, sorted(skills.languages), key=f"{key}-languages", placeholder=_("any"))
        chosen = [each for each in seen if each in skills.portfolio_ids]
        st.multiselect(
            _("Portfolios"),
            seen,
            chosen,
            lambda each: portfolios[each].name,
            key=f"{key}-portfolios",
            placeholder=_("any"),
        )
        st.form_submit_button(
            _("Save"), type="primary", key=f"{key}-save", on_click=_save, args=(found.user_id, found.name)
        )


def _save(user_id: int, name: str) -> None:
    def deed(session: Any, who: Viewer) -> str:
        set_profile(session, who, user_id, _typed(f"profile-{user_id}"), at=access.now())
        return _("Saved: it counts for what is dealt to {name} from now on.", name=name)

    do(deed)


def _typed(key: str) -> Skills:
    state: Any = st.session_state
    balance = state.get(f"{key}-balance")
    return Skills(
        case_cap=state.get(f"{key}-cap"),
        balance_cap=None if balance is None else Decimal(str(balance)).quantize(CENT),
        stages=frozenset(state.get(f"{key}-stages") or ()),
        languages=frozenset(state.get(f"{key}-languages") or ()),
        portfolio_ids=frozenset(state.get(f"{key}-portfolios") or ()),
    )


def _absences(found: Profile, on: date) -> None:
    key = f"absence-{found.user_id}"
    with st.container(border=True, key=f"{key}-list"):
        st.markdown(f"**{_('Days {name} is away', name=found.name)}**")
        if not found.absences:
            st.caption(_("None is noted. Nothing is dealt to somebody on the days they are away."))
        for each in found.absences:
            told, button = st.columns([3, 1], vertical_alignment="center")
            told.markdown(away(each))
            button.button(
                _("Cancel"), key=f"absence-cancel-{each.absence_id}", on_click=_cancel, args=(each.absence_id,)
            )
        with st.form(key, border=False, clear_on_submit=False):
            first, last = st.columns(2)
            first.date_input(_("First day away"), on, format="DD/MM/YYYY", key=f"{key}-from")
            last.date_input(_("Last day away"), on + timedelta(days=1), format="DD/MM/YYYY", key=f"{key}-until")
            st.text_input(_("Reason"), max_chars=REASON_LIMIT, key=f"{key}-reason")
            st.form_submit_button(
                _("Note the absence"), key=f"{key}-save", on_click=_add, args=(found.user_id, found.name)
            )


def _add(user_id: int, name: str) -> None:
    key = f"absence-{user_id}"
    state: Any = st.session_state

    def deed(session: Any, who: Viewer) -> str:
        first, last = state.get(f"{key}-from"), state.get(f"{key}-until")
        if not isinstance(first, date) or not isinstance(last, date):
            raise Refused("Give the first and the last day.")
        reason = state.get(f"{key}-reason") or ""
        add_absence(session, who, user_id, first, last, reason=reason, at=access.now())
        return _("Noted: nothing is dealt to {name} on these days.", name=name)

    do(deed)


def _cancel(absence_id: int) -> None:
    def deed(session: Any, who: Viewer) -> str:
        cancel_absence(session, who, absence_id, at=access.now())
        return _("The absence is cancelled.")

    do(deed)

"""Users: who may log in, as what, into which teams, and who is in right now."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from models import Role
from workbench import db
from workbench.actions import users
from workbench.queries.users import Person, people, team_codes
from workbench.rules.access import Permission
from workbench.rules.passwords import MINIMUM
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame, table_files
from workbench.ui.i18n import _, moment

ROLES = {
    Role.AGENT: N_("Agent"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.MANAGER: N_("Manager"),
    Role.ADMIN: N_("Administrator"),
}
LANGUAGES = {"es": "Español", "en": "English"}
NEW = ("new-email", "new-name", "new-password", "new-teams")


def do(said: str, action: Callable[..., object], *things: object, **fields: object) -> bool:
    """Carries out an action as whoever is logged in now, and keeps what there is to say for the next drawing."""
    who = access.require(Permission.MANAGE_USERS)
    try:
        with db.transaction() as session:
            action(session, *things, **fields, by=who.user_id, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
        return False
    frame.say_done(said)
    return True


def add() -> None:
    """Saves the form of a new person; a refusal keeps what was typed."""
    state = st.session_state
    fields = {
        "email": state["new-email"],
        "name": state["new-name"],
        "role": state["new-role"],
        "team_codes": state["new-teams"],
        "password": state["new-password"] or None,
        "language": state["new-language"],
    }
    if do(_("{email} may log in.", email=state["new-email"].strip()), users.create_user, **fields):
        for key in NEW:
            del state[key]


def save(person: Person) -> None:
    """Saves role and teams; only what has changed is written."""
    role, teams = st.session_state[f"role-{person.user_id}"], st.session_state[f"teams-{person.user_id}"]
    said = _("{name} was changed.", name=person.name)
    if set(teams) != set(person.teams) and not do(said, users.change_teams, person.user_id, teams):
        return
    if role != person.role:
        do(said, users.change_role, person.user_id, role)


def reset(person: Person) -> None:
    """Gives a new password, which nobody can read again."""
    key = f"password-{person.user_id}"
    said = _("{email} has a new password; open sessions were ended.", email=person.email)
    if do(said, users.set_password, person.user_id, st.session_state[key]):
        del st.session_state[key]


def end(person: Person) -> None:
    do(_("{name} was logged out everywhere.", name=person.name), users.end_sessions, person.user_id)


def show_out(person: Person) -> None:
    do(_("{email} can no longer log in.", email=person.email), users.deactivate, person.user_id)


def listed(shown: list[Person]) -> pd.DataFrame:
    """One row a person; the last sign of life in the reader's own time zone."""
    zone = st.context.timezone or "UTC"
    return pd.DataFrame(
        {
            _("Name"): [person.name for person in shown],
            _("E-mail"): [person.email for person in shown],
            _("Role"): [_(ROLES[person.role]) for person in shown],
            _("Teams"): [", ".join(person.teams) for person in shown],
            _("Active"): [person.active for person in shown],
            _("Open sessions"): [person.open_sessions for person in shown],
            _("Last seen"): [moment(each.last_seen_at, zone) if each.last_seen_at else _("never") for each in shown],
        }
    )


def form_of(person: Person, codes: list[str]) -> None:
    """What can be changed about one person; every field carries their id, so that it is never another's."""
    key = person.user_id
    left, right = st.columns(2, border=True)
    roles = list(Role)
    with left:
        st.selectbox(_("Role"), roles, roles.index(person.role), lambda r: _(ROLES[r]), key=f"role-{key}")
        st.multiselect(_("Teams"), codes, list(person.teams), key=f"teams-{key}", placeholder=_("Choose…"))
        st.button(_("Save"), type="primary", key=f"save-{key}", on_click=save, args=(person,))
        st.caption(_("Another role ends the person's open sessions."))
    with right:
        hint = _("At least {n} characters.", n=MINIMUM)
        st.text_input(_("New password"), type="password", key=f"password-{key}", help=hint, autocomplete="new-password")
        st.button(_("Set password"), key=f"reset-{key}", on_click=reset, args=(person,))
        with st.container(horizontal=True):
            st.button(_("End open sessions"), key=f"end-{key}", on_click=end, args=(person,))
            with st.popover(_("Deactivate")):
                st.markdown(_("They cannot log in again; what they did stays theirs."))
                st.button(_("Deactivate now"), type="primary", key=f"out-{key}", on_click=show_out, args=(person,))


def new_form(codes: list[str]) -> None:
    left, right = st.columns(2)
    left.text_input(_("Name"), key="new-name")
    left.text_input(_("E-mail"), type="email", key="new-email", placeholder="ana@example.org")
    left.text_input(_("Password"), type="password", key="new-password", autocomplete="new-password")
    right.selectbox(_("Role"), list(Role), format_func=lambda role: _(ROLES[role]), key="new-role")
    right.multiselect(_("Teams"), codes, key="new-teams", placeholder=_("Choose…"))
    right.selectbox(_("Language"), list(LANGUAGES), format_func=LANGUAGES.get, key="new-language")
    st.caption(_("Without a password they can only come in through single sign-on."))
    st.button(_("Add user"), type="primary", key="add", on_click=add)


who = access.require(Permission.MANAGE_USERS)
frame.page_header(_("Users"), who)
frame.show_refused()
frame.show_done()
with db.reading() as session:
    shown, codes = people(session, who, at=access.now()), team_codes(session)
st.dataframe(listed(shown), hide_index=True, width="stretch", key="people")
table_files.beside("users", listed(shown), permission=Permission.MANAGE_USERS)
active = {person.user_id: person for person in shown if person.active}
named = {key: f"{person.name} · {person.email}" for key, person in active.items()}
chosen = st.selectbox(_("Change a user"), list(named), None, named.get, key="chosen", placeholder=_("Choose…"))
if chosen:
    form_of(active[chosen], codes)
with st.expander(_("New user")):
    new_form(codes)

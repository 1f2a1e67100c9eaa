"""An agent's day: what they worked on, when they were away, where the gaps are; a contact is commented on from here."""

from datetime import date
from zoneinfo import ZoneInfo

import streamlit as st

from models import Role
from workbench import db
from workbench.queries.agent_days import AgentDay, agent_day
from workbench.queries.coaching import notes_of
from workbench.queries.my_day import workplaces
from workbench.queries.teammates import Teammate, teammates
from workbench.rules.access import Permission, Viewer
from workbench.ui import access, coaching, frame
from workbench.ui import agent_day as drawn
from workbench.ui.i18n import _, city, ngettext


def chosen_agent(agents: list[Teammate], place: st.delta_generator.DeltaGenerator) -> int:
    """The agent asked for; they stand in the address, so that the floor and the boards can link to their day."""
    names = {each.user_id: each.name for each in agents}
    asked = st.query_params.get("agent", "")
    first = int(asked) if asked.isdigit() and int(asked) in names else next(iter(names))
    user_id: int = place.selectbox(
        _("Agent"), list(names), index=list(names).index(first), format_func=lambda each: names[each], key="day-agent"
    )
    st.query_params["agent"] = str(user_id)
    return user_id


def show(day: AgentDay) -> None:
    if not day.spans:
        told = _("{name} worked on no case and was not logged in.", name=day.name)
        frame.empty_state(_("Nothing on this day"), told, _("Choose another day or agent."))
        return
    drawn.summary(day)
    drawn.chart(day)
    st.caption(_("Times in {city}. Choose a row with an outcome to comment on it.", city=city(day.zone)))
    chosen = drawn.table(day)
    if chosen and chosen in day.contacts and day.user_id != who.user_id:
        contact = day.contacts[chosen]
        coaching.form(chosen, f"{contact.debtor} · {contact.label(who.language)}")


def told(viewer: Viewer, user_id: int) -> None:
    """What was said to this agent of late, and what they answered."""
    with db.reading() as session:
        notes = notes_of(session, viewer, user_id, at=access.now())
    if notes:
        with st.expander(ngettext("{n} comment in two months", "{n} comments in two months", len(notes))):
            for note in notes:
                frame.markup(coaching.said(note))


who = access.require(Permission.COACH)
frame.page_header(_("Agent's day"), who)
frame.show_refused()
frame.show_done()
with db.reading() as session:
    mates = [each for each in teammates(session, who) if each.role in {Role.AGENT, Role.SUPERVISOR}]
    places = workplaces(session, who)
if not (mates and places):
    frame.empty_state(_("You are in no team yet"), _("Ask an administrator to add you to a team with a portfolio."))
    st.stop()
left, middle, right = st.columns(3)
agent = chosen_agent([each for each in mates if each.user_id != who.user_id] or mates, left)
zones = list(dict.fromkeys(each.time_zone for each in places))
zone = right.selectbox(_("Clock of"), zones, format_func=city, key="day-zone")
today = access.now().astimezone(ZoneInfo(zone)).date()
on: date = middle.date_input(_("Day"), value=today, max_value=today, format="DD/MM/YYYY", key="day-on")
with db.reading() as session:
    found = agent_day(session, who, agent, on or today, zone, at=access.now())
show(found)
told(who, agent)

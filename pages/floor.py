"""The floor: who of one's teams does what now, what waits, and a case that is stuck; it refreshes by itself."""

from functools import partial

import streamlit as st

from workbench import db
from workbench.queries.floor import Book, Person, floor_books, floor_people, queues_of
from workbench.queries.floor_goals import FloorGoals, floor_goals
from workbench.queries.floor_queues import Queues
from workbench.queries.targets import goals_mark
from workbench.rules.access import Permission, Viewer
from workbench.ui import access, floor_queues, floor_waits, frame
from workbench.ui import floor_people as drawn
from workbench.ui.i18n import _, ngettext

EVERY = 5  # seconds
# Supervisors of the same teams share what was read, so that many open floors cost one; frozen, nobody needs a copy.
PEOPLE_FOR, QUEUES_FOR, SETTINGS_FOR = 4, 15, 300  # seconds


def sight(who: Viewer) -> tuple[object, ...]:
    """All that what somebody sees depends on."""
    return who.role, who.language, tuple(sorted(who.team_ids)), tuple(sorted(who.portfolio_ids))


shared = partial(st.cache_resource, max_entries=512, show_spinner=False, hash_funcs={Viewer: sight})


@shared(ttl=SETTINGS_FOR)
def books(who: Viewer) -> tuple[Book, ...]:
    with db.reading() as session:
        return floor_books(session, who)


@shared(ttl=PEOPLE_FOR)
def mark() -> tuple[int, int]:
    with db.reading() as session:
        return goals_mark(session)


@shared(ttl=SETTINGS_FOR)
def goals(who: Viewer, known: tuple[int, int]) -> FloorGoals:  # noqa: ARG001 - part of what it is remembered by
    """What is to be reached today, by the goals `known`: a changed one asks anew."""
    with db.reading() as session:
        return floor_goals(session, who, at=access.now())


@shared(ttl=PEOPLE_FOR)
def people(who: Viewer) -> tuple[Person, ...]:
    with db.reading() as session:
        return floor_people(session, who, books(who), at=access.now())


@shared(ttl=QUEUES_FOR)
def queues(who: Viewer) -> Queues:
    with db.reading() as session:
        return queues_of(session, who, books(who), at=access.now())


@shared(ttl=PEOPLE_FOR)
def table(who: Viewer, shown: str) -> str:
    """The table as markup, drawn once for all who see the same."""
    names = {book.portfolio_id: book.name for book in books(who)}
    wanted = goals(who, mark())
    return drawn.table(drawn.chosen(people(who), shown), names, wanted, access.now(), whole=shown == "all")


def forget() -> None:
    """What was just done is seen at once."""
    for remembered in (people, queues, table):
        remembered.clear()


@st.fragment(run_every=EVERY)
def live() -> None:
    """Asks who is there each time: a fragment runs without the page's own question."""
    who = access.require(Permission.SEE_BOARDS)
    if st.session_state.pop("floor-changed", False):
        forget()
    if st.session_state.get("to_queue"):
        st.rerun()
    frame.show_refused()
    found, waits = people(who), queues(who)
    if not found:
        frame.empty_state(_("Nobody is in your teams yet"), _("An administrator puts people into teams, under Users."))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="floor-heads"):
        frame.markup(drawn.heads(found))
        if waits.approvals:
            waiting = ngettext("{n} approval waits", "{n} approvals wait", waits.approvals)
            st.page_link("../pages/approvals.py", label=waiting)
    drawn.panel(who, found, access.now())
    st.session_state.setdefault("floor-shown", "all")
    shown = st.segmented_control(
        _("Show"),
        list(drawn.SHOWN),
        format_func=lambda each: _(drawn.SHOWN[each]),
        required=True,
        label_visibility="collapsed",
        key="floor-shown",
    )
    frame.markup(table(who, shown or "all"))
    names = {each.portfolio_id: each.name for each in books(who)}
    frame.markup(
        floor_queues.waiting(waits, books(who), access.now())
        + f'<div class="cw-two cw-later"><div class="cw-card">{floor_queues.callbacks(waits)}</div>'
        + f'<div class="cw-card">{floor_queues.lawful(waits, names)}</div></div>'
    )


who = access.require(Permission.SEE_BOARDS)
if st.session_state.pop("to_queue", False):
    st.switch_page("../pages/my_queue.py")
asked = floor_waits.asked_for()
frame.page_header(_("Floor"), who, aside="" if asked else f"<span>{_('Refreshes every {n} seconds', n=EVERY)}</span>")
if asked:
    floor_waits.show(who, asked, books(who))
    st.stop()
live()
st.caption(
    _(
        "On a case since it was taken; amber and red by the team's minutes. Today's figures are those of the catalogue, "
        "in your portfolios, since midnight there. Queues are counted every {n} seconds.",
        n=QUEUES_FOR,
    )
)

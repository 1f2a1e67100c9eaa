"""The floor: who of one's teams does what now, what waits, and a case that is stuck; it refreshes by itself."""

from decimal import Decimal
from functools import partial

import streamlit as st

from models import Period
from workbench import db
from workbench.queries.floor import Book, Person, floor_books, floor_people, queues_of
from workbench.queries.floor_queues import Queues
from workbench.queries.targets import targets_for
from workbench.rules.access import Permission, Viewer
from workbench.ui import access, floor_queues, frame
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
def settings(who: Viewer) -> tuple[tuple[Book, ...], dict[tuple[int, str], Decimal]]:
    """The portfolios, and people's goals for a day."""
    with db.reading() as session:
        books = floor_books(session, who)
        today = max((book.place.today(access.now()) for book in books), default=access.now().date())
        goals = targets_for(session, who, on=today)
    return books, {
        (goal.user_id, goal.kpi): goal.amount for goal in goals if goal.user_id and goal.period is Period.DAY
    }


@shared(ttl=PEOPLE_FOR)
def people(who: Viewer) -> tuple[Person, ...]:
    with db.reading() as session:
        return floor_people(session, who, settings(who)[0], at=access.now())


@shared(ttl=QUEUES_FOR)
def queues(who: Viewer) -> Queues:
    with db.reading() as session:
        return queues_of(session, who, settings(who)[0], at=access.now())


@shared(ttl=PEOPLE_FOR)
def table(who: Viewer, shown: str) -> str:
    """The table as markup, drawn once for all who see the same."""
    books, goals = settings(who)
    names = {book.portfolio_id: book.name for book in books}
    return drawn.table(drawn.chosen(people(who), shown), names, goals, access.now())


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
    names = {book.portfolio_id: book.name for book in settings(who)[0]}
    left, right = st.columns([3, 2])
    with left:
        frame.markup(floor_queues.waiting(waits, names))
    with right:
        frame.markup(f'<div class="cw-card">{floor_queues.callbacks(waits)}{floor_queues.lawful(waits, names)}</div>')


who = access.require(Permission.SEE_BOARDS)
if st.session_state.pop("to_queue", False):
    st.switch_page("../pages/my_queue.py")
frame.page_header(_("Floor"), who, aside=f"<span>{_('Refreshes every {n} seconds', n=EVERY)}</span>")
live()
st.caption(
    _(
        "On a case since it was taken; amber and red by the team's minutes. Today's figures are those of the catalogue, "
        "in your portfolios, since midnight there. Queues are counted every {n} seconds.",
        n=QUEUES_FOR,
    )
)

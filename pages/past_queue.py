"""A queue of another day: as the night left it that morning, in its order, and what became of each place since."""

from datetime import date
from typing import Any

import streamlit as st

from models import Portfolio, Queue
from workbench import db
from workbench.queries.book_history import mornings
from workbench.queries.kpis import Scope, figures
from workbench.queries.past_queues import BECAME, PastPlace, queue_length_on, queue_on
from workbench.rules.access import Permission, Viewer
from workbench.rules.words import N_
from workbench.ui import access, frame, health_scope, kpi_tiles, page_parts
from workbench.ui.i18n import _, day, number
from workbench.ui.number_columns import amounts, counts, priced
from workbench.ui.past_queue_words import BANDS, QUEUES, STATES

MONEY = (N_("Past due"), N_("Paid since"), N_("Past due now"))
SHOWN = (50, 200, 1000)
BOARD = ("listed", "past_due", "attempts", "right_parties", "promises", "promised", "recovery", "penetration")


def board(who: Viewer, portfolio: Portfolio, on: date) -> None:
    """The figures of that day."""
    scope = Scope((portfolio.id or 0,), on, on)
    with db.reading() as session:
        found = figures(session, who, BOARD, scope, at=access.now())
    st.markdown(f"**{_('The board of that day')}**")
    kpi_tiles.tiles(found, {}, BOARD, who=who, scope=scope, key="-past")


def line(place: PastPlace, currency: str) -> dict[str, Any]:
    """A place as a row: as it was, then what followed."""
    past_due, paid, now = (priced(_(head), currency) for head in MONEY)
    return {
        "#": place.rank,
        _("Debtor"): place.name or "•••",
        _("Reference"): place.reference,
        _("Band"): _(BANDS[place.band]),
        _("Score"): place.score,
        past_due: place.past_due,
        _("Days past due"): place.days_past_due,
        _("Attempts since"): place.attempts,
        _("Since then"): _(BECAME[place.became]),
        paid: place.paid,
        now: place.past_due_now,
        _("Now"): _(STATES[place.state_now]) if place.state_now else _("no open work"),
    }


def queue(who: Viewer, portfolio: Portfolio, on: date, which: Queue, most: int) -> None:
    """The places in their order."""
    book_id = portfolio.id or 0
    with db.reading() as session:
        length = queue_length_on(session, who, book_id, on, queue=which)
    st.markdown(f"**{_('The queue of that morning')}**")
    if not length:
        frame.empty_state(_("Nobody was ready in this queue that morning."))
        return
    st.caption(
        _(
            "{shown} of {total} places, in the order in which they were handed out.",
            shown=number(min(most, length)),
            total=number(length),
        )
    )

    def read(session: Any, viewer: Viewer, most: int) -> list[tuple[int, dict[str, Any]]]:
        found = queue_on(session, viewer, book_id, on, queue=which, at=access.now(), limit=most)
        return [(each.case_id, line(each, portfolio.currency)) for each in found]

    written = amounts(portfolio.currency, *(priced(_(head), portfolio.currency) for head in MONEY))
    written |= counts("#", _("Days past due"), _("Attempts since")) | counts(_("Score"), decimals=1)
    health_scope.cases_table(
        who, "past-queue", read, book_id=book_id, asked={"on": on, "queue": which}, written=written, most=most,
        personal=[_("Debtor"), _("Reference")], key=f"{on}-{which}-{most}",
    )  # fmt: skip


who = access.require(Permission.SEE_BOARDS)
frame.page_header(_("Queue of another day"), who)
where, when, what, many = st.columns([2, 1, 2, 1.5], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(where, page_parts.portfolios_or_stop(who), key="past-book")
with db.reading() as session:
    kept = mornings(session, who, chosen.id or 0)
morning = health_scope.chosen_morning(when, kept, key=f"past-on-{chosen.id}")
which = what.segmented_control(
    _("Queue"), list(QUEUES), format_func=lambda each: _(QUEUES[each]), default=Queue.CALL, required=True, key="past-which"
)  # fmt: skip
most = many.segmented_control(_("Places"), SHOWN, default=SHOWN[1], required=True, key="past-most")
st.caption(_("The morning of {date}, as the night left it.", date=day(morning)))
board(who, chosen, morning)
queue(who, chosen, morning, which, most)

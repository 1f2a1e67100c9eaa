"""The cases behind a number of the floor, opened by its link: who waits since when, each with its card."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from models import Queue
from workbench import db
from workbench.queries.floor import Book
from workbench.queries.floor_waits import Asked, WaitingCases, waiting_cases
from workbench.rules.access import Permission, Viewer
from workbench.rules.floors import Wait
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.floor_queues import WAITED, named, waited
from workbench.ui.i18n import _, ngettext, number, when, whole_money
from workbench.ui.kpi_rows import HIDDEN
from workbench.ui.past_queue_words import BANDS
from workbench.ui.table_files import downloads

PARAM, ALL = "waits", "all"
MOST_IN_FILE = 50_000


def asked_for() -> Asked | None:
    """What the address asks for; none = the floor itself."""
    waits = "|".join((ALL, *Wait))
    found = re.fullmatch(rf"(\d{{1,15}})\.({'|'.join(Queue)})\.({waits})", st.query_params.get(PARAM, ""))
    if found is None:
        return None
    return Asked(int(found[1]), Queue(found[2]), None if found[3] == ALL else Wait(found[3]))


def show(who: Viewer, asked: Asked, books: Sequence[Book]) -> None:
    """The list, the other waits of the same queue beside it, and the way back."""
    st.button(_("Back to the floor"), on_click=_back, icon=":material/arrow_back:")
    at = access.now()
    try:
        with db.reading() as session:
            found = waiting_cases(session, who, asked, at=at)
    except Refused as refused:
        frame.say_refused(refused)
        frame.show_refused()
        return
    book = next(each for each in books if each.portfolio_id == asked.portfolio_id)
    frame.markup(f'<p class="cw-chosen"><b>{_("What waits")}: {escape(named(book, asked.queue))}</b></p>')
    st.session_state["floor-wait"] = asked.wait or ALL
    st.segmented_control(
        _("Has waited"), [ALL, *Wait], format_func=lambda each: _(WAITED[Wait(each)]) if each != ALL else _("All"),
        required=True, key="floor-wait", on_change=_ask, args=(asked,),
    )  # fmt: skip
    told = ngettext("{n} case", "{n} cases", found.total)
    more = (
        f" · {_('the first {n} cases are listed', n=number(len(found.cases)))}"
        if found.total > len(found.cases)
        else ""
    )
    st.caption(told + more)
    if found.cases:
        _table(who, found, at)
        source = partial(_file, asked=asked, currency=book.currency)
        filters = {"queue": asked.queue.value, "wait": asked.wait.value if asked.wait else None}
        downloads(
            who, "floor-waits", source, portfolio_ids=[asked.portfolio_id], asked=filters, at=at, personal=[_("Debtor")]
        )


def _back() -> None:
    st.query_params.pop(PARAM, None)


def _ask(asked: Asked) -> None:
    st.query_params[PARAM] = f"{asked.portfolio_id}.{asked.queue}.{st.session_state['floor-wait']}"


def _table(who: Viewer, found: WaitingCases, at: datetime) -> None:
    opens = who.may(Permission.SEE_PERSONAL_DATA)
    lines = [
        {
            _("Debtor"): each.debtor if opens else HIDDEN,
            _("Waits since"): when(each.since, found.zone),
            _("Has waited"): waited(each.since, at),
            _("Past due"): whole_money(each.past_due, found.currency),
            _("Band"): _(BANDS[each.band]),
            _("Kept for"): _kept(each.kept_for),
        }
        | ({_("Case"): f"/search?case={each.case_id}"} if opens else {})
        for each in found.cases
    ]
    config: dict[str, Any] = {
        _("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small"),
        _("Past due"): st.column_config.TextColumn(alignment="right"),
    }
    st.dataframe(pd.DataFrame(lines), hide_index=True, width="stretch", height=480, column_config=config, key="waits")


def _kept(name: str | None) -> str:
    return _("anybody") if name is None else name or _("another team")


def _file(session: Any, who: Viewer, *, asked: Asked, currency: str) -> Sequence[dict[str, Any]]:
    """The rows once more, as many as a spreadsheet takes, for whoever presses the button."""
    at = access.now()
    return [
        {
            _("Debtor"): each.debtor,
            _("Waits since"): each.since,
            _("Past due"): each.past_due,
            _("Currency"): currency,
            _("Band"): _(BANDS[each.band]),
            _("Score"): round(each.score, 2),
            _("Kept for"): _kept(each.kept_for),
            _("Case"): each.case_id,
        }
        for each in waiting_cases(session, who, asked, at=at, most=MOST_IN_FILE).cases
    ]

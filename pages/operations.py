"""Operations: the timetable, nights, imports and messages as they run, the workers, and what failed with its retry."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from workbench import db
from workbench.actions import schedules
from workbench.queries import operations, outbox_health
from workbench.queries.operations import Failure, Planned, Progress
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.ui import access, frame, operations_messages, operations_workers, table_files
from workbench.ui.i18n import _, day, moment, ngettext, when
from workbench.ui.runs import name_of, state_of

REFRESH_SECONDS = 3


def retry(failure: Failure) -> None:
    """Makes the failed row due again; of two clicks the second is refused."""
    needed = Permission.IMPORT if failure.kind == "import_run" else Permission.RUN_NIGHT
    try:
        who = access.require(needed)
        with db.transaction() as session:
            if failure.kind == "import_run":
                schedules.retry_import(session, who, failure.id, at=access.now())
            else:
                schedules.retry_run(session, who, failure.id, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)


def table(rows: Sequence[Any], columns: dict[str, Callable[[Any], Any]], **shown: Any) -> None:
    data = pd.DataFrame({title: [value(row) for row in rows] for title, value in columns.items()})
    st.dataframe(data, hide_index=True, width="stretch", **shown)
    table_files.beside(f"operations-{shown['key']}", data, permission=Permission.SEE_OPERATIONS)


def at_place(at: datetime | None, zone: str) -> str:
    return moment(at, zone) if at else "—"


def timetable(lines: list[Planned]) -> None:
    if not lines:
        frame.empty_state(_("The timetable has not run yet."), _("Start it with: workbench schedule"))
        return
    columns = {
        _("What"): lambda line: name_of(line.name),
        _("Portfolio"): lambda line: line.portfolio or _("all"),
        _("Next"): lambda line: at_place(line.next_at, line.time_zone),
        _("Last"): lambda line: at_place(line.last_at, line.time_zone),
        _("How it ended"): lambda line: state_of(line.last_state),
    }
    table(lines, columns, key="timetable")


def progress(runs: list[Progress], nothing: str, key: str) -> None:
    if not runs:
        frame.empty_state(nothing)
        return
    columns = {
        _("Portfolio"): lambda run: run.portfolio,
        _("What"): lambda run: run.what,
        _("Date"): lambda run: day(run.on),
        _("State"): lambda run: _("nobody is working on it") if run.silent else state_of(run.state),
        _("Progress"): lambda run: run.share,
        _("Started (UTC)"): lambda run: when(run.started_at, "UTC") if run.started_at else "—",
        _("Finished (UTC)"): lambda run: when(run.finished_at, "UTC") if run.finished_at else "—",
        _("Error"): lambda run: run.error or "",
    }
    bar = {_("Progress"): st.column_config.ProgressColumn(min_value=0.0, max_value=1.0, format="percent")}
    table(runs, columns, column_config=bar, key=key)


def failures(failed: list[Failure], who: Viewer) -> None:
    if not failed:
        frame.empty_state(_("Nothing has failed in the last two weeks."))
    for each in failed:
        mine = who.may(Permission.IMPORT if each.kind == "import_run" else Permission.RUN_NIGHT)
        with st.container(horizontal=True, vertical_alignment="center", key=f"failed-{each.kind}-{each.id}"):
            tried = ngettext("{n} try", "{n} tries", each.attempts)
            place = (
                f"{name_of(each.name)} · {each.portfolio or _('all')} · {moment(each.due_at, each.time_zone)} · {tried}"
            )
            frame.markup(f"<b>{frame.escape(place)}</b><br><span class='cw-bad'>{frame.escape(_(each.error))}</span>")
            if each.tries_again:
                st.caption(_("It is tried again by itself."))
            elif each.may_retry and mine:
                st.button(_("Try again"), key=f"retry-{each.kind}-{each.id}", on_click=retry, args=(each,))


@st.fragment(run_every=REFRESH_SECONDS)
def live() -> None:
    who, at = access.require(Permission.SEE_OPERATIONS), access.now()
    frame.show_refused()
    with db.reading() as session:
        plan, failed = operations.timetable(session, who, at=at), operations.failures(session, who, at=at)
        nights, imports = operations.nights(session, who, at=at), operations.imports(session, who, at=at)
        waiting, gone = outbox_health.backlog(session, who, at=at), outbox_health.failures(session, who, at=at)
    titles = [_("Timetable"), _("Nights"), _("Imports"), _("Messages"), _("Workers"), _("Failures")]
    tabs = st.tabs(titles, key="tabs")
    with tabs[0]:
        timetable(plan)
    with tabs[1]:
        progress(nights, _("No night has passed yet."), "nights")
    with tabs[2]:
        progress(imports, _("Nothing has been imported yet."), "imports")
    with tabs[3]:
        operations_messages.show(waiting, gone, who)
    with tabs[4]:
        operations_workers.show(operations.workshops(who), who)
    with tabs[5]:
        failures(failed, who)


frame.page_header(_("Operations"), access.require(Permission.SEE_OPERATIONS))
live()

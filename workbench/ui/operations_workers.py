"""The queues and their workers on the page Operations, and what failed there with its retry."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from workbench import db
from workbench.actions import failed_jobs
from workbench.queries.workshops import FailedJob, Workshop
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.i18n import _, ngettext, when
from workbench.ui.runs import queue_of, state_of


def show(seen: Sequence[Workshop], who: Viewer) -> None:
    """Every queue; nothing seen = Redis is away."""
    if not seen:
        st.error(_("Redis does not answer. Nothing is lost: what is due is sent again when it does."))
    for each in seen:
        _workshop(each, who)


def _workshop(seen: Workshop, who: Viewer) -> None:
    waiting = ngettext("{n} job waiting", "{n} jobs waiting", seen.waiting)
    started = ngettext("{n} job running", "{n} jobs running", seen.started)
    workers = ngettext("{n} worker", "{n} workers", len(seen.workers))
    frame.markup(f"<p><b>{queue_of(seen.queue)}</b> · {workers} · {started} · {waiting}</p>")
    if not seen.workers:
        st.warning(_("No worker is running. Start one with: workbench worker --queue {queue}", queue=seen.queue.value))
    for worker in seen.workers:
        heard = when(worker.heartbeat_at, "UTC") if worker.heartbeat_at else "—"
        told = _("{host}: {state}, heard of {at} UTC", host=worker.host, state=state_of(worker.state), at=heard)
        frame.markup(f"<p class='cw-muted'>{escape(told)}</p>")
    for job in seen.failed:
        _failed(job, who)


def _failed(job: FailedJob, who: Viewer) -> None:
    ended = when(job.ended_at, "UTC") if job.ended_at else "—"
    with st.container(horizontal=True, vertical_alignment="center", key=f"failed-job-{job.id}"):
        told = _("Failed job {name}, {at} UTC", name=job.name, at=ended)
        frame.markup(f"<p class='cw-warn'>{escape(told)}</p>")
        if failed_jobs.may_retry(who) and job.name in failed_jobs.SAFE:
            st.button(_("Try again"), key=f"retry-job-{job.id}", on_click=_retry, args=(job.id,))


def _retry(job_id: str) -> None:
    try:
        who = access.require(Permission.SEE_OPERATIONS)
        with db.transaction() as session:
            failed_jobs.retry_job(session, who, job_id, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)

"""What changed last night: who came, who left, who moved, and why; each figure opens its cases."""

import pandas as pd
import streamlit as st

from models import ChangeKind, PromiseState, Stage
from workbench import db
from workbench.queries.nights import Change, Night, Tally, change_tallies, changes_of, recent_nights
from workbench.rules.access import Permission, Viewer
from workbench.rules.held import WORDS, Code
from workbench.rules.reasons import CHANGES, KINDS
from workbench.ui import access, frame
from workbench.ui.card import PROMISES, STAGES
from workbench.ui.i18n import _, day, moment, money, ngettext, number

SHOWN = 200


def chosen_night(nights: list[Night]) -> Night:
    """The portfolio and date asked for; both stand in the address, so that a link shows the same night."""
    left, right, _rest = st.columns([2, 1, 2])
    portfolios = {night.portfolio_id: night.portfolio for night in nights}
    portfolio_id = left.selectbox(
        _("Portfolio"), list(portfolios), format_func=lambda each: portfolios[each], key="night-portfolio"
    )
    mine = {night.run_id: night for night in nights if night.portfolio_id == portfolio_id}
    run_id = right.selectbox(
        _("Night of"),
        list(mine),
        format_func=lambda each: day(mine[each].business_date),
        key=f"night-{portfolio_id}",
    )
    return mine[run_id]


def tiles(tallies: list[Tally]) -> ChangeKind | None:
    """One button a kind of change with its count; pressed, it opens the cases."""
    counts = {kind: sum(tally.cases for tally in tallies if tally.kind == kind) for kind in ChangeKind}
    there = [kind for kind in ChangeKind if counts[kind]]
    if not there:
        frame.empty_state(_("A quiet night"), _("Nothing changed: no case came, left or moved."))
        return None
    return st.pills(
        _("What changed"),
        there,
        format_func=lambda kind: f"{_(KINDS[kind])} · {number(counts[kind])}",
        default=there[0],
        key="night-kind",
    )


def why(tallies: list[Tally], kind: ChangeKind) -> str | None:
    """The reasons of one kind with their counts; the chosen one filters the cases."""
    reasons = {tally.reason: tally.cases for tally in tallies if tally.kind == kind}
    return st.segmented_control(
        _("Why"),
        list(reasons),
        format_func=lambda reason: f"{_(CHANGES[reason])} · {number(reasons[reason])}",
        key=f"night-why-{kind}",
    )


def figure(change: Change, raw: str | None) -> str:
    """A before or after in the words of its kind: a stage, a promise's state, a bucket, a score."""
    if raw is None:
        return "—"
    if change.kind == ChangeKind.STAGE:
        return _(STAGES[Stage(raw)]) if raw in set(Stage) else raw
    if change.kind.value.startswith("promise_"):
        return _(PROMISES[PromiseState(raw)][0])
    return number(float(raw), decimals=0)


def cases(changes: list[Change], night: Night) -> None:
    frame_of = pd.DataFrame(
        {
            _("Debtor"): [change.name for change in changes],
            _("Reference"): [change.reference for change in changes],
            _("Past due"): [money(change.past_due, night.currency) for change in changes],
            _("Before"): [figure(change, change.before) for change in changes],
            _("After"): [figure(change, change.after) for change in changes],
            _("Why"): [_(CHANGES[change.reason]) for change in changes],
            _("Case"): [f"/search?case={change.case_id}" for change in changes],
        }
    )
    st.dataframe(
        frame_of,
        hide_index=True,
        width="stretch",
        height="content" if len(changes) < 12 else 520,
        column_config={_("Case"): st.column_config.LinkColumn(display_text=_("Open"))},
        key=f"night-cases-{night.run_id}",
    )


def planned(night: Night) -> str | None:
    """What the strategy planned, and what held steps back, the most frequent first; nothing where there was neither."""
    if not (night.messages or night.tasks or night.held):
        return None
    parts = [
        ngettext("{n} message planned", "{n} messages planned", night.messages),
        ngettext("{n} task for people", "{n} tasks for people", night.tasks),
    ]
    if night.held:
        often = sorted(night.held.items(), key=lambda pair: -pair[1])
        told = " · ".join(f"{_(WORDS[Code(code)]).rstrip('.')} ({number(count)})" for code, count in often)
        parts.append(_("held back: {reasons}", reasons=told))
    return " · ".join(parts)


def show(who: Viewer, night: Night) -> None:
    at = moment(night.finished_at, night.time_zone)
    told = ngettext("{n} case looked at", "{n} cases looked at", night.cases)
    held = _("everything holds") if not night.violations else _("{n} rules broken: see Operations", n=night.violations)
    frame.markup(f'<p class="cw-muted">{told} · {_("finished {moment}", moment=at)} · {held}</p>')
    if of_messages := planned(night):
        st.caption(of_messages)
    with db.reading() as session:
        tallies = change_tallies(session, who, night)
    kind = tiles(tallies)
    if kind is None:
        return
    reason = why(tallies, kind)
    with db.reading() as session:
        changes = changes_of(session, who, night, kind, reason=reason, limit=SHOWN)
    total = sum(tally.cases for tally in tallies if tally.kind == kind and reason in {None, tally.reason})
    if total > len(changes):
        st.caption(_("The {shown} largest of {total}.", shown=len(changes), total=number(total)))
    cases(changes, night)


who = access.require(Permission.SEE_CHANGES)
frame.page_header(_("What changed last night"), who)
with db.reading() as session:
    nights = recent_nights(session, who)
if nights:
    show(who, chosen_night(nights))
else:
    frame.empty_state(
        _("No night has run yet"), _("The timetable runs one at 02:30 in each portfolio's zone; Operations shows it.")
    )

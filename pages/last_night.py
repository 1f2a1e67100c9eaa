"""What changed last night: who came, who left, who moved, whose hands, what was not sent, and why; each figure opens its cases."""

from decimal import Decimal

import streamlit as st

from models import Board, ChangeKind, Stage
from workbench import db
from workbench.queries.nights import Filters, Night, NotSent, Tally, change_tallies, not_sent, owners, recent_nights
from workbench.rules.access import Permission, Viewer
from workbench.rules.reasons import KINDS
from workbench.ui import access, digest_button, frame, night_changes
from workbench.ui.card import STAGES
from workbench.ui.i18n import _, day, moment, ngettext, number
from workbench.ui.night_changes import SHOWN

NOT_SENT = "not_sent"


def chosen_night(nights: list[Night]) -> tuple[Night, Filters]:
    """The portfolio, date and filters asked for; the night stands in the address, so that a link shows the same one."""
    left, right, rest = st.columns([2, 1, 2], vertical_alignment="bottom")
    by_id = {str(night.run_id): night for night in nights}
    asked = by_id.get(st.query_params.get("night", ""), nights[0])
    portfolios = {night.portfolio_id: night.portfolio for night in nights}
    portfolio_id = left.selectbox(
        _("Portfolio"),
        list(portfolios),
        index=list(portfolios).index(asked.portfolio_id),
        format_func=lambda each: portfolios[each],
        key="night-portfolio",
    )
    mine = {night.run_id: night for night in nights if night.portfolio_id == portfolio_id}
    run_id = right.selectbox(
        _("Night of"),
        list(mine),
        index=list(mine).index(asked.run_id) if asked.run_id in mine else 0,
        format_func=lambda each: day(mine[each].business_date),
        key=f"night-{portfolio_id}",
    )
    st.query_params["night"] = str(run_id)
    with rest:
        return mine[run_id], filters(mine[run_id])


def filters(night: Night) -> Filters:
    """Of which cases one wants to read."""
    with db.reading() as session:
        people = owners(session, access.require(Permission.SEE_CHANGES), night)
    with st.popover(_("Filters"), width="stretch"):
        stages = st.multiselect(
            _("Stage"), list(Stage), format_func=lambda each: _(STAGES[each]), placeholder="—", key="night-stages"
        )
        owner = st.selectbox(
            _("Owner"),
            [None, 0, *people],
            format_func=lambda each: "—" if each is None else people.get(each, _("nobody")),
            key=f"night-owner-{night.portfolio_id}",
        )
        least = st.number_input(_("Past due, at least"), 0.0, value=None, placeholder="—", key="night-least")
        most = st.number_input(_("Past due, at most"), 0.0, value=None, placeholder="—", key="night-most")
    return Filters(tuple(stages), owner, *(None if each is None else Decimal(f"{each:.2f}") for each in (least, most)))


def tiles(tallies: list[Tally], unsent: list[NotSent]) -> str | None:
    """One button a kind of change with its count; pressed, it opens the cases."""
    counts: dict[str, int] = {kind: sum(each.cases for each in tallies if each.kind == kind) for kind in ChangeKind}
    counts[NOT_SENT] = sum(each.cases for each in unsent)
    there = [kind for kind in counts if counts[kind]]
    if not there:
        frame.empty_state(_("A quiet night"), _("Nothing changed: no case came, left or moved."))
        return None
    asked = st.query_params.get("kind", "")
    names = {kind: _(KINDS[ChangeKind(kind)]) if kind != NOT_SENT else _("Messages not sent") for kind in there}
    kind: str = st.pills(
        _("What changed"),
        there,
        format_func=lambda kind: f"{names[kind]} · {number(counts[kind])}",
        default=asked if asked in there else there[0],
        required=True,
        key="night-kind",
    )
    st.query_params["kind"] = kind
    return kind


def changed(who: Viewer, night: Night, kind: ChangeKind, tallies: list[Tally], wanted: Filters) -> None:
    """The reasons of one kind with their counts, and the cases; the chosen reason filters them."""
    reasons = {tally.reason: tally.cases for tally in tallies if tally.kind == kind}
    reason = st.segmented_control(
        _("Why"),
        list(reasons),
        format_func=lambda reason: f"{night_changes.why(reason, night)} · {number(reasons[reason])}",
        key=f"night-why-{kind}",
    )
    total = reasons[reason] if reason else sum(reasons.values())
    listed(who, night, night_changes.changes(night, kind, reason, wanted), total, {"kind": kind, "reason": reason})


def not_left(who: Viewer, night: Night, unsent: list[NotSent], wanted: Filters) -> None:
    """What became of messages that did not leave, and why; the chosen one opens its cases."""
    place = st.segmented_control(
        _("Why"),
        range(len(unsent)),
        format_func=lambda place: f"{night_changes.why_not_sent(unsent[place])} · {number(unsent[place].cases)}",
        default=0,
        required=True,
        key=f"night-unsent-{night.run_id}-{len(unsent)}",
    )
    tally = unsent[place]
    asked = {"kind": NOT_SENT, "state": tally.state, "code": tally.code}
    listed(who, night, night_changes.unsent(night, tally, wanted), tally.cases, asked)


def listed(who: Viewer, night: Night, read: night_changes.Read, total: int, asked: night_changes.Row) -> None:
    with db.reading() as session:
        rows = read(session, who, SHOWN)
    if total > len(rows):
        st.caption(_("The {shown} largest of {total}.", shown=len(rows), total=number(total)))
    night_changes.table(who, night, read, rows, asked)


def show(who: Viewer, night: Night, wanted: Filters) -> None:
    at = moment(night.finished_at, night.time_zone)
    told = ngettext("{n} case looked at", "{n} cases looked at", night.cases)
    held = _("everything holds") if not night.violations else _("{n} rules broken: see Operations", n=night.violations)
    planned = ngettext("{n} message planned", "{n} messages planned", night.messages)
    tasks = ngettext("{n} task for people", "{n} tasks for people", night.tasks)
    line = " · ".join((told, planned, tasks, _("finished {moment}", moment=at), held))
    frame.markup(f'<p class="cw-muted">{line}</p>')
    digest_button.offer(Board.NIGHT, [night.portfolio_id])
    with db.reading() as session:
        tallies, unsent = change_tallies(session, who, night, wanted), not_sent(session, who, night, wanted)
    kind = tiles(tallies, unsent)
    if kind == NOT_SENT:
        not_left(who, night, unsent, wanted)
    elif kind:
        changed(who, night, ChangeKind(kind), tallies, wanted)


who = access.require(Permission.SEE_CHANGES)
frame.page_header(_("What changed last night"), who)
with db.reading() as session:
    nights = recent_nights(session, who)
if nights:
    show(who, *chosen_night(nights))
else:
    frame.empty_state(
        _("No night has run yet"), _("The timetable runs one at 02:30 in each portfolio's zone; Operations shows it.")
    )

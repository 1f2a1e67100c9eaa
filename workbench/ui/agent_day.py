"""An agent's day drawn as one line of time, and as the table behind it."""

from hashlib import blake2b
from zoneinfo import ZoneInfo

import altair as alt
import pandas as pd
import streamlit as st

from workbench.queries.agent_days import AgentDay
from workbench.rules.agent_days import Span, SpanKind, total
from workbench.rules.figure_words import duration_words
from workbench.rules.follow_ups import SKIP_LABELS, SkipReason
from workbench.rules.words import N_
from workbench.ui import frame, table_files
from workbench.ui.i18n import _, clock, language, money, ngettext, number

KINDS = {
    SpanKind.OUTCOME: N_("Outcome saved"),
    SpanKind.PUT_DOWN: N_("Put down"),
    SpanKind.BREAK: N_("Break"),
    SpanKind.TRAINING: N_("Training"),
    SpanKind.MEETING: N_("Meeting"),
    SpanKind.GAP: N_("Gap"),
}
# Okabe and Ito's palette, told apart by people who do not see red and green
COLOURS = {
    SpanKind.OUTCOME: "#0072B2",
    SpanKind.PUT_DOWN: "#CC79A7",
    SpanKind.BREAK: "#999999",
    SpanKind.TRAINING: "#56B4E9",
    SpanKind.MEETING: "#009E73",
    SpanKind.GAP: "#E69F00",
}
DEEDS = {"skip": N_("Skipped"), "release": N_("Given back")}
BREAKS = (SpanKind.BREAK, SpanKind.TRAINING, SpanKind.MEETING)


def summary(day: AgentDay) -> None:
    """How the day was spent, each figure with its formula."""
    gaps = [span for span in day.spans if span.kind is SpanKind.GAP]
    longest = max((span.length.total_seconds() for span in gaps), default=0.0)
    tiles = (
        (_("Time on cases"), total(day.spans, SpanKind.OUTCOME, SpanKind.PUT_DOWN).total_seconds(),
         _("From taking a case until its outcome was saved or it was put down; what overlaps counts once.")),
        (_("Gaps"), total(day.spans, SpanKind.GAP).total_seconds(),
         _("Available with nothing in hand, for two minutes or more at a time.")),
        (_("Longest gap"), longest, _("The longest stretch of them.")),
        (_("Breaks"), total(day.spans, *BREAKS).total_seconds(), _("Breaks, training and meetings.")),
    )  # fmt: skip
    for place, (title, seconds, meaning) in zip(st.columns(5), tiles, strict=False):
        place.metric(title, duration_words(seconds, language()), help=meaning)
    outcomes = ngettext("{n} outcome", "{n} outcomes", len(day.contacts))
    reached = sum(each.right_party for each in day.contacts.values())
    frame.markup(f'<p class="cw-muted">{outcomes} · {ngettext("{n} right party", "{n} right parties", reached)}</p>')


def chart(day: AgentDay) -> None:
    """The day as bars on one line of time, in the zone that the page names."""
    bars = pd.DataFrame([_bar(day, span) for span in day.spans])
    names = [_(KINDS[kind]) for kind in KINDS]
    drawn = (
        alt.Chart(bars)
        .mark_bar(height=34)
        .encode(
            x=alt.X("start:T", title=None, axis=alt.Axis(format="%H:%M", tickCount=12)),
            x2="end:T",
            y=alt.Y("row:N", title=None, axis=None),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=names, range=list(COLOURS.values())),
                legend=alt.Legend(orient="top", columns=6),
            ),
            tooltip=[
                alt.Tooltip("kind:N", title=_("What")),
                alt.Tooltip("about:N", title=_("About")),
                alt.Tooltip("from:N", title=_("From")),
                alt.Tooltip("until:N", title=_("Until")),
                alt.Tooltip("length:N", title=_("Length")),
            ],
        )
        .properties(height=110)
    )
    st.altair_chart(drawn, width="stretch")


def table(day: AgentDay) -> int | None:
    """Every span in a row; the contact of the row that was chosen, to comment on.

    A choice is a place: where other spans stand, in another zone or after another outcome, it is another table.
    """
    shown = blake2b(repr([(span.kind, span.ref) for span in day.spans]).encode(), digest_size=6).hexdigest()
    lines = [_row(day, span) for span in day.spans]
    event = st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        width="stretch",
        height=420 if len(day.spans) > 10 else "content",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            # pinned: a narrow screen would cut the way to the case
            _("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small", pinned=True),
            _("About"): st.column_config.TextColumn(width=320),
            _("Minutes"): st.column_config.TextColumn(alignment="right"),
            _("Promised"): st.column_config.TextColumn(width=110, alignment="right"),
            _("Note"): st.column_config.TextColumn(width="large"),
        },
        key=f"day-{day.user_id}-{day.on}-{shown}",
    )
    personal = [_("About"), _("Note"), _("Comment")]
    table_files.beside("agent-day", lines, personal=personal, agent=day.user_id, on=day.on)
    rows = event["selection"]["rows"]
    chosen = day.spans[rows[0]] if rows and rows[0] < len(day.spans) else None
    return chosen.ref if chosen and chosen.kind is SpanKind.OUTCOME else None


def about(day: AgentDay, span: Span) -> str:
    """The debtor and the result of a span; nothing for those that are about nobody."""
    if span.kind is SpanKind.OUTCOME and span.ref is not None:
        contact = day.contacts[span.ref]
        return f"{contact.debtor} · {contact.label(language())}"
    if span.kind is SpanKind.PUT_DOWN and span.ref is not None:
        put = day.put_down[span.ref]
        why = _(SKIP_LABELS[SkipReason(put.reason)]) if put.reason in set(SkipReason) else ""
        return " · ".join(part for part in (put.debtor, _(DEEDS[put.deed]), why) if part)
    return ""


def _bar(day: AgentDay, span: Span) -> dict[str, str]:
    zone = ZoneInfo(day.zone)
    return {
        "row": day.name,
        "kind": _(KINDS[span.kind]),
        "about": about(day, span) or "—",
        "start": span.started_at.astimezone(zone).replace(tzinfo=None).isoformat(),
        "end": span.ended_at.astimezone(zone).replace(tzinfo=None).isoformat(),
        "from": clock(span.started_at, day.zone),
        "until": clock(span.ended_at, day.zone),
        "length": duration_words(span.length.total_seconds(), language()),
    }


def _row(day: AgentDay, span: Span) -> dict[str, str]:
    contact = day.contacts.get(span.ref or 0) if span.kind is SpanKind.OUTCOME else None
    case_id = contact.case_id if contact else None
    if span.kind is SpanKind.PUT_DOWN and span.ref is not None:
        case_id = day.put_down[span.ref].case_id
    promised = money(contact.promised, contact.currency) if contact and contact.promised else ""
    return {
        _("From"): clock(span.started_at, day.zone),
        _("Until"): clock(span.ended_at, day.zone),
        _("Minutes"): number(span.length.total_seconds() / 60, decimals=1),
        _("What"): _(KINDS[span.kind]),
        _("About"): about(day, span),
        _("Promised"): promised,
        _("Note"): contact.note if contact else "",
        _("Comment"): (contact.comment or "") if contact else "",
        _("Case"): f"/search?case={case_id}" if case_id else "",
    }

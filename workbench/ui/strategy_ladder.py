"""A version to read: who is in which segment, and the steps of each from the first day to the last."""

from html import escape

import altair as alt
import pandas as pd
import streamlit as st

from models import Portfolio, StrategyState
from models.strategies import StepKind
from workbench.queries.strategies import Version
from workbench.rules.access import Viewer
from workbench.rules.law_words import CHANNELS
from workbench.rules.strategies import Arm, Definition, Notice, PromiseDue, Segment, Step, read_definition
from workbench.ui import frame
from workbench.ui.i18n import _, moment, number
from workbench.ui.strategy_words import ARMS, KINDS, STATES, by, conditions, day_word, limits, shares
from workbench.ui.template_words import name_of

# Okabe and Ito's palette, as the other charts
COLOURS = {StepKind.MESSAGE: "#0072B2", StepKind.CALL: "#E69F00", StepKind.HAND_OVER: "#CC79A7"}
SHOWN_DAYS = 30  # of the last step's validity: it may be open for years


def show(_who: Viewer, portfolio: Portfolio, versions: list[Version]) -> None:
    """The part “Ladder” of the page: the version in force first."""
    if not versions:
        frame.empty_state(
            _("No strategy yet"),
            _("Nothing is sent by itself. A manager begins a draft, looks at it and publishes it."),
        )
        return
    by_id = {each.id: each for each in versions}
    first = next((each.id for each in versions if each.state is StrategyState.PUBLISHED), versions[0].id)
    chosen = st.selectbox(
        _("Version"),
        list(by_id),
        index=list(by_id).index(first),
        format_func=lambda each: told(by_id[each], portfolio.time_zone),
        key=f"strategy-version-{portfolio.id}",
    )
    version = by_id[chosen]
    definition = read_definition(version.definition)
    for place, segment in enumerate(definition.segments):
        with st.container(border=True, key=f"segment-{version.id}-{place}"):
            _segment(place, segment, portfolio.currency)
    with st.container(border=True, key=f"events-{version.id}"):
        _events(definition)


def told(version: Version, zone: str) -> str:
    """A version in a line: its number, state, who and when."""
    at = version.published_at or version.created_at
    who = (version.published_by if version.published_at else version.created_by) or _("the system")
    state = _(STATES[version.state])
    return _("Version {n} · {state} · {who}, {when}", n=version.version, state=state, who=who, when=moment(at, zone))


def _segment(place: int, segment: Segment, currency: str) -> None:
    asked = " · ".join(conditions(segment.when, currency))
    who = asked or (_("all the others") if place else _("everybody"))
    split = " · ".join(shares(segment))
    frame.markup(
        f'<div class="cw-who"><h3>{place + 1}. {escape(segment.name)}</h3>'
        f'<span class="cw-muted">{escape(split)}</span></div><p class="cw-muted">{escape(who)}</p>'
    )
    ladder(segment.steps, currency)
    if segment.challenger:
        frame.markup(f'<p class="cw-section">{escape(_(ARMS[Arm.CHALLENGER]))}</p>')
        ladder(segment.challenger.steps, currency)


def ladder(steps: tuple[Step, ...], currency: str) -> None:
    """A ladder as a strip of days, and as a table."""
    st.altair_chart(_strip(steps), width="stretch")
    rows = "".join(
        f"<tr><td><b>{escape(day_word(step.offset))}</b></td><td>{escape(step.name)}</td><td>{escape(by(step))}</td>"
        f"<td>{escape(name_of(step.template) if step.template else '—')}</td><td>{escape(' · '.join(limits(step, currency)))}</td></tr>"
        for step in steps
    )
    heads = (_("When"), _("Step"), _("By"), _("Template"), _("Limits"))
    titles = "".join(f"<th>{escape(each)}</th>" for each in heads)
    frame.markup(f'<table class="cw-table"><tr>{titles}</tr>{rows}</table>')


def _bars(steps: tuple[Step, ...]) -> pd.DataFrame:
    """One bar a step: from its first day to the last on which it may begin."""
    return pd.DataFrame(
        [
            {
                "from": step.offset,
                "to": step.offset + min(step.valid_days, SHOWN_DAYS),
                "step": step.name,
                "kind": _(KINDS[step.kind]),
                "when": day_word(step.offset),
                "by": by(step),
            }
            for step in steps
        ]
    )


def _strip(steps: tuple[Step, ...]) -> alt.Chart:
    days = sorted({0, *(step.offset for step in steps)})
    chart: alt.Chart = (
        alt.Chart(_bars(steps), height=24 * len(steps) + 100)
        .mark_bar(cornerRadius=3, height=12)
        .encode(
            x=alt.X(
                "from", title=_("Days past due"), scale=alt.Scale(type="symlog"), axis=alt.Axis(values=days, grid=True)
            ),
            x2="to",
            y=alt.Y("step", title=None, sort=None, axis=alt.Axis(labelLimit=220, labelOverlap=False)),
            color=alt.Color(
                "kind",
                title=None,
                scale=alt.Scale(domain=[_(KINDS[kind]) for kind in COLOURS], range=list(COLOURS.values())),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("step", title=_("Step")),
                alt.Tooltip("when", title=_("When")),
                alt.Tooltip("by", title=_("By")),
            ],
        )
    )
    return chart


def _events(definition: Definition) -> None:
    """What happenings write, and what a message costs."""
    rows = []
    for label, notice in (
        (_("Promise due"), definition.events.promise_due),
        (_("Promise broken"), definition.events.promise_broken),
        (_("Thanks for a payment"), definition.events.payment_thanks),
        (_("Installment due"), definition.events.installment_due),
    ):
        rows.append((label, *(_notice(notice) if notice else (_("nothing is sent"), "—"))))
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    heads = "".join(f"<th>{escape(each)}</th>" for each in (_("Event"), _("By"), _("Template")))
    costs = " · ".join(
        f"{_(CHANNELS[channel])} {number(cost, decimals=4)} USD" for channel, cost in definition.costs.items()
    )
    frame.markup(
        f'<p class="cw-section">{escape(_("Events"))}</p><table class="cw-table"><tr>{heads}</tr>{body}</table>'
        f'<p class="cw-muted">{escape(_("Cost of a message"))}: {escape(costs or _("not known"))}</p>'
    )


def _notice(notice: Notice | PromiseDue) -> tuple[str, str]:
    channels = " → ".join(_(CHANNELS[channel]) for channel in notice.channels)
    if isinstance(notice, Notice):
        return channels, name_of(notice.template)
    return channels, ", ".join(f"{name_of(notice.templates[days])} ({day_word(-days)})" for days in notice.days_before)

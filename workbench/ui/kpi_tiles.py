"""A figure of the catalogue on a board: its value, what changed, its goal; its formula and its rows one click away."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape

import streamlit as st

from workbench.queries.kpis import Figure, Scope
from workbench.rules.access import Viewer
from workbench.rules.goals import Pace, on_course
from workbench.rules.kpis import Better, Kpi, Source, Unit
from workbench.rules.words import N_
from workbench.ui import frame, kpi_rows
from workbench.ui.i18n import _, day, number, percent
from workbench.ui.kpi_words import amount_words, change

ABREAST = 4
IN_SECONDS = frozenset({"aht", "time_on_cases", "time_available", "occupancy"})
SOURCES = {
    Source.CONTACTS: N_("contacts recorded by people"),
    Source.LISTED: N_("the mornings' queues"),
    Source.PROMISES: N_("promises taken"),
    Source.FALLEN_DUE: N_("promises that fell due"),
    Source.PAYMENTS: N_("payments"),
    Source.CASH: N_("payments within a promise's window"),
    Source.WORK: N_("contacts recorded, and cases put down"),
    Source.PRESENCE: N_("presence of the people"),
    Source.COSTS: N_("work and messages at their cost"),
    Source.BLOCKED: N_("blocked contacts"),
    Source.SKIPS: N_("the audit of skips"),
    Source.BOOK: N_("the mornings of the book"),
    Source.CURES: N_("the mornings of the book"),
    Source.MESSAGES: N_("messages that left"),
}


def tiles(
    figures: Mapping[str, Figure],
    before: Mapping[str, Figure],
    names: Sequence[str],
    *,
    who: Viewer,
    scope: Scope,
    along: Mapping[str, Pace] | None = None,
    key: str = "",
    rows: bool = True,
) -> None:
    """Several figures abreast, in the order of `names`."""
    for first in range(0, len(names), ABREAST):
        for place, name in zip(st.columns(ABREAST), names[first : first + ABREAST], strict=False):
            with place:
                pace = (along or {}).get(name)
                tile(figures[name], before.get(name), who=who, scope=scope, along=pace, key=key, rows=rows)


def tile(
    figure: Figure,
    before: Figure | None,
    *,
    who: Viewer,
    scope: Scope,
    along: Pace | None = None,
    key: str = "",
    rows: bool = True,
) -> None:
    """One figure with the same days of the period before; `rows` offers the rows it is made of.

    `key` tells two boards of one page apart, `along` is how far the figure's goal has come.
    """
    name = f"tile{key}-{figure.kpi.name}"
    with st.container(border=True, key=name, gap="xsmall", height="stretch"):
        frame.markup(tile_markup(figure, before, along))
        # beside each other: a window opened from inside a popover would lie under it
        with st.container(horizontal=True):
            with st.popover(_("Formula"), type="tertiary", key=f"formula{key}-{figure.kpi.name}"):
                frame.markup(formula_words(figure, scope))
            if rows and figure.sample:
                kpi_rows.button(figure.kpi, who=who, scope=scope, key=f"behind{key}-{figure.kpi.name}")


def tile_markup(figure: Figure, before: Figure | None, along: Pace | None = None) -> str:
    """The tile's own words and figures."""
    shown = amount_words(figure.kpi.unit, figure.value, figure.currency, short=True)
    because = f'<p class="cw-muted">{escape(_(figure.because))}</p>' if figure.because else ""
    lines = (f'<p class="cw-tile-name">{escape(_(figure.kpi.label))}</p><p class="cw-tile-value">{escape(shown)}</p>',)
    return "".join((*lines, because, changed(figure, before), _goal(figure, along) if along else ""))


def changed(figure: Figure, before: Figure | None) -> str:
    """What changed since the period before, told by an arrow and its sign, not by colour alone."""
    if before is None:
        return ""
    former = _("before: {value}", value=amount_words(before.kpi.unit, before.value, before.currency, short=True))
    told = change(figure.kpi.unit, figure.value, before.value)
    if told is None:
        return f'<p class="cw-muted">{escape(former)}</p>'
    difference, words = told
    if not any(each in "123456789" for each in words):
        difference, words = 0.0, words.lstrip("+-±\N{MINUS SIGN}")  # less than what is written
    arrow = "▲" if difference > 0 else "▼" if difference < 0 else "="
    return f'<p><span class="{_tone(figure.kpi, difference)}">{arrow} {escape(words)}</span> <span class="cw-muted">{escape(former)}</span></p>'


def _tone(kpi: Kpi, difference: float) -> str:
    if not difference or kpi.better is Better.NEITHER:
        return "cw-muted"
    return "cw-good" if (difference > 0) == (kpi.better is Better.UP) else "cw-bad"


def _goal(figure: Figure, along: Pace) -> str:
    """How far the goal has come, and where the period ends when it goes on like this."""
    unit, currency, well = figure.kpi.unit, figure.currency, on_course(figure.kpi, along)
    goal, leads = (amount_words(unit, each, currency, short=True) for each in (along.goal, along.leads_to))
    told = _("Goal {goal} · {share} so far · heads for {leads}", goal=goal, share=percent(along.share), leads=leads)
    mark = f'<span class="cw-{"good" if well else "warn"}">{"✓" if well else "!"}</span>'
    width = min(max(along.share, 0.0), 1.0)
    due = min(along.due / float(along.goal), 1.0)
    bar = f'<span class="cw-bar cw-goal"><i style="width:{width:.0%}"></i><b style="left:{due:.0%}"></b></span>'
    return f'{bar}<p class="cw-muted">{mark} {escape(told)}</p>'


def formula_words(figure: Figure, scope: Scope) -> str:
    """The formula with its numerator, denominator, period, source and sample."""
    kpi = figure.kpi
    parts = [(_("Numerator"), _(kpi.numerator), _part(figure, figure.numerator, numerator=True))]
    if kpi.denominator:
        parts.append((_("Denominator"), _(kpi.denominator), _part(figure, figure.denominator, numerator=False)))
    said = "".join(
        f"<dt>{escape(head)}</dt><dd>{escape(name)}: <b>{escape(shown)}</b></dd>" for head, name, shown in parts
    )
    rest = (
        (_("Period"), period_words(scope.from_on, scope.to_on)),
        (_("Source"), _(SOURCES[kpi.source])),
        (_("Rows"), number(figure.sample)),
    )
    said += "".join(f"<dt>{escape(head)}</dt><dd>{escape(words)}</dd>" for head, words in rest)
    return f'<div class="cw-told"><b>{escape(_(kpi.label))}</b><p>{escape(_(kpi.formula))}</p><dl>{said}</dl></div>'


def _part(figure: Figure, value: float | Decimal | None, *, numerator: bool) -> str:
    """One side of a figure: an amount where amounts go into it, else a plain number."""
    if value is None:
        return "—"
    if figure.currency and figure.kpi.in_money:
        return amount_words(Unit.MONEY, value, figure.currency)
    if figure.kpi.name in IN_SECONDS and (numerator or figure.kpi.name == "occupancy"):
        return amount_words(Unit.SECONDS, value, None)
    return number(value, decimals=0 if float(value).is_integer() else 1)


def period_words(from_on: date, to_on: date) -> str:
    """A day, or the first and the last of several."""
    return day(from_on) if from_on == to_on else _("{first} to {last}", first=day(from_on), last=day(to_on))

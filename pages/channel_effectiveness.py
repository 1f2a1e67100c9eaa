"""Channel effectiveness: what came of the messages of a period, by channel, hour and weekday, each figure with its formula."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from models import Channel, Portfolio
from workbench import db
from workbench.queries.contact_results import PAID_WITHIN
from workbench.queries.effectiveness import Group, effectiveness, summed
from workbench.rules.access import Permission, Viewer
from workbench.rules.lawful_hours import midnight
from workbench.rules.words import N_
from workbench.ui import (
    access,
    effectiveness_figures,
    effectiveness_map,
    effectiveness_rows,
    frame,
    page_parts,
    table_files,
)
from workbench.ui.effectiveness_figures import FIGURES
from workbench.ui.i18n import _, day
from workbench.ui.outbox_words import language_name
from workbench.ui.template_words import name_of

PERIODS = {"7": N_("Last 7 days"), "30": N_("Last 30 days"), "90": N_("Last 90 days"), "range": N_("Between two days")}
LONGEST = 180  # days
KEPT = timedelta(minutes=1)
MAPPED = ("answered", "replied", "paid", "read")


def chosen_period(today: date) -> tuple[date, date]:
    """The first and the last day, at most half a year apart."""
    period, days = st.columns(2, vertical_alignment="bottom")
    chosen = period.selectbox(
        _("Period"), list(PERIODS), index=1, format_func=lambda each: _(PERIODS[each]), key="effect-period"
    )
    if chosen != "range":
        return today - timedelta(days=int(chosen) - 1), today
    picked = days.date_input(
        _("Days"),
        value=(today - timedelta(days=29), today),
        max_value=today,
        format="DD/MM/YYYY",
        key="effect-days",
    )
    first, last = picked if len(picked) == 2 else (picked[0], picked[0]) if picked else (today, today)
    return max(first, last - timedelta(days=LONGEST)), last


def figures(groups: list[Group], period: tuple[date, date]) -> None:
    """By channel, then by language and template, the figures with their formulas."""
    by_channel = summed(groups, lambda group: (group.channel, group.sandbox))
    asked = (_("Channel"), by_channel, effectiveness_figures.channel_name)
    frame.markup(f'<div class="cw-card">{effectiveness_figures.table(*asked, period)}</div>')
    from_on, to_on = period
    table_files.beside("channel-effectiveness", effectiveness_figures.rows_of(*asked), from_on=from_on, to_on=to_on)


def comparisons(groups: list[Group], period: tuple[date, date]) -> None:
    """Languages and templates against each other, over all channels."""
    arrived = ("arrived", "replied", "paid", "answered")
    languages = summed(groups, lambda group: group.language)
    templates = summed(groups, lambda group: group.template)
    with st.expander(_("By template and language")):
        for name, head, lines, named in (
            ("templates", _("Template"), templates, name_of),
            ("languages", _("Language"), languages, language_name),
        ):
            frame.markup(effectiveness_figures.table(head, lines, named, period, arrived))
            rows = effectiveness_figures.rows_of(head, lines, named, arrived)
            table_files.beside(f"{name}-effectiveness", rows, from_on=period[0], to_on=period[1])
        st.caption(_("Who gets which template is not left to chance: later steps meet debtors who pay less."))


def mapped(groups: list[Group]) -> None:
    """The heat maps of one figure."""
    measure = st.segmented_control(
        _("Figure"),
        MAPPED,
        format_func=lambda name: _(FIGURES[name].title),
        default="answered",
        required=True,
        key="effect-measure",
    )
    effectiveness_map.show(groups, measure)


def counted(who: Viewer, portfolio_id: int, start: datetime, end: datetime, now: datetime) -> list[Group]:
    """The groups of the period; kept for a minute, so that another map does not count a month's messages anew."""
    wanted = (who.user_id, portfolio_id, start, end)
    kept = st.session_state.get("effect-counted")
    if kept is None or kept[0] != wanted or now - kept[1] > KEPT:
        with db.reading() as session:
            kept = (wanted, now, effectiveness(session, who, portfolio_id, start=start, end=end))
        st.session_state["effect-counted"] = kept
    return kept[2]


def show(who: Viewer, portfolio: Portfolio, period: tuple[date, date], now: datetime) -> None:
    first, last = period
    start = midnight(portfolio.time_zone, first)
    end = midnight(portfolio.time_zone, last + timedelta(days=1))
    groups = counted(who, portfolio.id, start, end, now)
    if not groups:
        frame.empty_state(
            _("No message left from {first} to {last}", first=day(first), last=day(last)),
            _("The figures begin with the first message that asks for payment."),
        )
        return
    if end > now - PAID_WITHIN:
        st.caption(_("Messages of the last three days count already, though their answers may still come."))
    figures(groups, period)
    mapped(groups)
    comparisons(groups, period)
    keys: list[tuple[Channel, bool]] = list(summed(groups, lambda group: (group.channel, group.sandbox)))
    effectiveness_rows.show(who, portfolio.id, keys, start=start, end=end)


who = access.require(Permission.SEE_MESSAGES)
frame.page_header(_("Channel effectiveness"), who)
portfolios = page_parts.portfolios_or_stop(who)
left, right = st.columns([1, 2], vertical_alignment="bottom")
chosen = page_parts.chosen_portfolio(left, portfolios, key="effect-of")
now = access.now()
with right:
    period = chosen_period(now.astimezone(ZoneInfo(chosen.time_zone)).date())
show(who, chosen, period, now)

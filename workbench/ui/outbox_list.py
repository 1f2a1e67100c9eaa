"""The list of the outbox: what to look for, how many messages there are in each state, and a page of them."""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from models import Cause, Channel, MessageState, Portfolio
from workbench import db
from workbench.queries.outbox import PAGE, Cursor, Facets, Line, Wanted, facets, messages, step_names
from workbench.rules.access import Permission, Viewer
from workbench.rules.law_words import CHANNELS
from workbench.rules.lawful_hours import midnight
from workbench.rules.words import N_
from workbench.ui import access, frame, outbox_file
from workbench.ui.i18n import _, ngettext, number
from workbench.ui.outbox_words import CAUSES, row_of, state_name

PERIODS = {"1": N_("Today"), "7": N_("Last 7 days"), "30": N_("Last 30 days"), "day": N_("One day")}
DEFAULT = "7"


def wanted_now(portfolio: Portfolio) -> Wanted:
    """What the filters say, read before they are drawn: their choices carry counts of what they leave."""
    assert portfolio.id is not None
    asked = st.session_state
    today = access.now().astimezone(ZoneInfo(portfolio.time_zone)).date()
    period = asked.get("outbox-period") or DEFAULT
    first, last = _days(period, asked.get("outbox-day") or today, today)
    cause, step = asked.get("outbox-step") or (None, None)
    return Wanted(
        portfolio.id,
        midnight(portfolio.time_zone, first),
        midnight(portfolio.time_zone, last + timedelta(days=1)),
        state=asked.get("outbox-state"),
        channel=asked.get("outbox-channel"),
        cause=cause,
        step=step,
        typed=asked.get("outbox-typed") or "",
    )


def _days(period: str, chosen: date, today: date) -> tuple[date, date]:
    if period == "day":
        return chosen, chosen
    return today - timedelta(days=int(period) - 1), today


def show(who: Viewer, portfolio: Portfolio) -> list[Line]:
    """Draws filters, counts and one page; returns the rows that are selected."""
    wanted = wanted_now(portfolio)
    with db.reading() as session:
        counted = facets(session, who, wanted)
        rows = messages(session, who, wanted, after=_cursors(wanted)[-1], most=PAGE + 1)
        names = step_names(session, who, wanted.portfolio_id)
    _filters(counted, names, access.now().astimezone(ZoneInfo(portfolio.time_zone)).date())
    _states(wanted, counted)
    if not rows:
        _nothing(wanted)
        return []
    page = rows[:PAGE]
    selected = _table(who, page)
    with st.container(horizontal=True, vertical_alignment="center", key="outbox-turn"):
        _turn(wanted, page, more=len(rows) > PAGE)
        outbox_file.download(who, wanted)
    return selected


def _filters(counted: Facets, names: dict[str, str], today: date) -> None:
    period, day, channel, step, typed = st.columns([2, 2, 2, 3, 3], vertical_alignment="bottom")
    chosen = period.selectbox(
        _("Planned"), list(PERIODS), index=1, format_func=lambda each: _(PERIODS[each]), key="outbox-period"
    )
    day.date_input(
        _("Day"),
        value=today,
        format="DD/MM/YYYY",
        disabled=chosen != "day",
        key="outbox-day",
    )
    channel.selectbox(
        _("Channel"),
        [None, Channel.WHATSAPP, Channel.SMS, Channel.EMAIL],
        format_func=lambda each: _(CHANNELS[each]) if each else _("any"),
        key="outbox-channel",
    )
    step.selectbox(
        _("Step or cause"),
        _steps(counted),
        format_func=lambda each: _step_name(each, names) if each else _("any"),
        key="outbox-step",
    )
    typed.text_input(_("Debtor: name or reference"), key="outbox-typed")


def _steps(counted: Facets) -> list[tuple[Cause, str | None] | None]:
    """Every cause there is; the one chosen stays choosable when nothing of it is left."""
    chosen = st.session_state.get("outbox-step")
    found = set(counted.steps) | ({chosen} if chosen else set())
    return [None, *sorted(found, key=lambda each: (each[0] is not Cause.STEP, each[0], each[1] or ""))]


def _step_name(each: tuple[Cause, str | None], names: dict[str, str]) -> str:
    cause, step = each
    return names.get(step, step) if step else _(CAUSES[cause])


def _states(wanted: Wanted, counted: Facets) -> None:
    """How many are in each state; one click shows only those, another all again."""
    shown = [state for state in MessageState if counted.states.get(state) or state == wanted.state]
    if shown:
        st.pills(
            _("State"),
            shown,
            format_func=lambda each: f"{state_name(each)} · {number(counted.states.get(each, 0))}",
            label_visibility="collapsed",
            key="outbox-state",
        )


def _nothing(wanted: Wanted) -> None:
    bare = Wanted(wanted.portfolio_id, wanted.start, wanted.end)
    if wanted == bare:
        frame.empty_state(
            _("No message was planned in this time"),
            _("A published strategy plans messages every night, and when a promise falls due or a payment comes in."),
        )
    else:
        frame.empty_state(_("No message fits"), _("Choose a longer time, or fewer filters."))


def _table(who: Viewer, page: Sequence[Line]) -> list[Line]:
    """The page as a table. Its key is made of its rows: selections are by place, and another list begins anew."""
    print_of = blake2b(",".join(str(each.id) for each in page).encode(), digest_size=6).hexdigest()
    opens = who.may(Permission.SEE_PERSONAL_DATA)
    links = {_("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small")} if opens else {}
    event = st.dataframe(
        pd.DataFrame([row_of(each) | ({_("Case"): f"/search?case={each.case_id}"} if opens else {}) for each in page]),
        hide_index=True,
        width="stretch",
        height="content" if len(page) < 10 else 390,
        column_config={_("Why held back"): st.column_config.TextColumn(width="large")} | links,
        selection_mode="multi-row",
        on_select="rerun",
        key=f"outbox-rows-{print_of}",
    )
    return [page[place] for place in event["selection"]["rows"] if place < len(page)]


def _cursors(wanted: Wanted) -> list[Cursor | None]:
    """Where the pages turned so far began; other filters begin at the first again."""
    before, cursors = st.session_state.get("outbox-pages", (None, []))
    if before != wanted:
        cursors = [None]
        st.session_state["outbox-pages"] = (wanted, cursors)
    return list(cursors)


def _turn(wanted: Wanted, page: Sequence[Line], *, more: bool) -> None:
    cursors = _cursors(wanted)
    counted = ngettext("{n} message on this page", "{n} messages on this page", len(page))
    st.caption(f"{counted} · {_('page {n}', n=len(cursors))}")
    newer, older = (wanted, cursors[:-1]), (wanted, [*cursors, page[-1].cursor])
    st.button(_("Newer"), disabled=len(cursors) == 1, key="outbox-newer", on_click=_keep, args=(newer,))
    st.button(_("Older"), disabled=not more, key="outbox-older", on_click=_keep, args=(older,))


def _keep(pages: tuple[Wanted, list[Cursor | None]]) -> None:
    st.session_state["outbox-pages"] = pages

"""Who the published strategy would write to today, if nothing held it back: how many by which reason, and each of them."""

from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from models import Channel, Portfolio
from workbench import db
from workbench.actions.planning import DryRun, dry_run
from workbench.queries.strategies import published
from workbench.rules.access import Viewer
from workbench.rules.held import Code, held_in_words
from workbench.rules.law_words import CHANNELS
from workbench.ui import access, frame, i18n
from workbench.ui.compliance_words import cited
from workbench.ui.i18n import _, day, ngettext, number

MOST = 500  # cases listed; the counts are of all
NOBODY = (Code.NOT_STARTED.value,)  # no step is due: nobody would have written


def show(who: Viewer, portfolio: Portfolio) -> None:
    """The part “Held back today” of the page."""
    assert portfolio.id is not None
    on = access.now().astimezone(ZoneInfo(portfolio.time_zone)).date()
    ran = _ran(who, portfolio.id, on)
    if ran is None:
        frame.empty_state(
            _("No strategy is published"), _("A published strategy says who is written to; this part says who is not.")
        )
        return
    counted = ran.held[~ran.held["code"].isin(NOBODY)]
    if counted.empty:
        frame.empty_state(_("Nothing is held back on {day}", day=day(on)))
        return
    total = int(counted["cases"].sum())
    told = ngettext("{n} debtor would be written to", "{n} debtors would be written to", total)
    frame.markup(f'<p class="cw-muted">{told} · {day(on)}</p>')
    chosen = _tally(counted)
    _cases(ran, chosen)


def _ran(who: Viewer, portfolio_id: int, on: date) -> DryRun | None:
    """The dry run of today; kept for this strategy until somebody asks anew, because it looks at every case."""
    with db.reading() as session:
        strategy = published(session, portfolio_id)
    if strategy is None:
        return None
    wanted = (portfolio_id, strategy.id, on)
    again = st.button(_("Reckon anew"), icon=":material/refresh:", key="held-anew")
    kept = st.session_state.get("held-run")
    if again or kept is None or kept[0] != wanted:
        with st.spinner(_("Asking the strategy and the law about every case…")), db.reading() as session:
            found = dry_run(session, who, portfolio_id, strategy.definition, on=on, at=access.now())
        kept = (wanted, found)
        st.session_state["held-run"] = kept
    ran: DryRun = kept[1]
    return ran


def _tally(counted: pd.DataFrame) -> tuple[str, str | None] | None:
    """How many by which reason; one of them may be chosen."""
    pairs = zip(counted["code"], counted["rule"], strict=True)
    reasons: list[tuple[str, str | None]] = [(code, rule if isinstance(rule, str) else None) for code, rule in pairs]
    cases = dict(zip(reasons, counted["cases"], strict=True))
    laws = dict(zip(reasons, counted["law"], strict=True))
    return st.pills(
        _("Reason"),
        reasons,
        format_func=lambda each: f"{_reason(each, laws.get(each))} · {number(int(cases.get(each, 0)))}",
        label_visibility="collapsed",
        key="held-reason",
    )


def _reason(each: tuple[str, str | None], law: str | None) -> str:
    code, rule = each
    words = held_in_words({"code": code, "params": {}, "rule": rule}, i18n.language()).rstrip(".")
    return f"{words} ({cited(rule, law)})" if rule and isinstance(law, str) else words


def _cases(ran: DryRun, chosen: tuple[str, str | None] | None) -> None:
    rows = ran.rows[ran.rows["code"].notna() & ~ran.rows["code"].isin(NOBODY)]
    if chosen:
        rule = rows["rule"].isna() if chosen[1] is None else rows["rule"] == chosen[1]
        rows = rows[(rows["code"] == chosen[0]) & rule]
    if len(rows) > MOST:
        st.caption(_("The first {n} are listed.", n=number(MOST)))
    data = pd.DataFrame([_row(each) for each in rows.head(MOST).to_dict("records")])
    st.dataframe(
        data,
        hide_index=True,
        width="stretch",
        height="content" if len(data) < 12 else 460,
        column_config={
            _("Why"): st.column_config.TextColumn(width="large"),
            _("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small"),
        },
        key="held-rows",
    )


def _row(each: Mapping[Hashable, Any]) -> dict[str, Any]:
    held, channel = each["held"], each["channel"]
    return {
        _("Debtor"): each["debtor"],
        _("Segment"): each["segment"],
        _("Step"): each["step"] if isinstance(each["step"], str) else "—",
        _("Channel"): _(CHANNELS[Channel(channel)]) if isinstance(channel, str) else "—",
        _("Why"): held_in_words(held if isinstance(held, dict) else None, i18n.language()),
        _("Case"): f"/search?case={each['case_id']}",
    }

"""Who the published strategy would write to today, if nothing held it back: how many by which reason, and each of them."""

from collections import Counter
from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from models import Channel, Portfolio
from models.strategies import StepKind
from workbench import db
from workbench.actions.planning import dry_run
from workbench.queries.dry_runs import DryRun
from workbench.queries.strategies import Published, published
from workbench.rules.access import Permission, Viewer
from workbench.rules.held import held_in_words
from workbench.rules.law_words import CHANNELS
from workbench.rules.strategies import Definition, ladders
from workbench.ui import access, frame, i18n, table_files
from workbench.ui.compliance_words import cited
from workbench.ui.i18n import _, day, ngettext, number

MOST = 500  # cases listed; the counts are of all
Reason = tuple[str, str | None, str | None]  # code, rule, law


def show(who: Viewer, portfolio: Portfolio) -> None:
    """The part “Held back today” of the page."""
    assert portfolio.id is not None
    on = access.now().astimezone(ZoneInfo(portfolio.time_zone)).date()
    with db.reading() as session:
        strategy = published(session, portfolio.id)
    if strategy is None:
        frame.empty_state(
            _("No strategy is published"), _("A published strategy says who is written to; this part says who is not.")
        )
        return
    ran = _ran(who, portfolio.id, strategy, on)
    rows = ran.rows[ran.rows["code"].notna() & (ran.rows["kind"] == StepKind.MESSAGE.value)]
    if rows.empty:
        frame.empty_state(_("Nothing is held back on {day}", day=day(on)))
        return
    told = ngettext(
        "{n} debtor would be written to today, but something stands against it",
        "{n} debtors would be written to today, but something stands against it",
        len(rows),
    )
    frame.markup(f'<p class="cw-muted">{told} · {day(on)}</p>')
    reasons = [_reason_of(row) for row in zip(rows["code"], rows["rule"], rows["law"], strict=True)]
    chosen = _tally(Counter(reasons))
    if chosen:
        rows = rows[[reason == chosen for reason in reasons]]
    _cases(rows, _names(strategy.definition), portfolio.id)


def _ran(who: Viewer, portfolio_id: int, strategy: Published, on: date) -> DryRun:
    """The dry run of today; kept for this strategy until somebody asks anew, because it looks at every case."""
    wanted = (who.user_id, portfolio_id, strategy.id, on)
    again = st.button(_("Reckon anew"), icon=":material/refresh:", key="held-anew")
    kept = st.session_state.get("held-run")
    if again or kept is None or kept[0] != wanted:
        with st.spinner(_("Asking the strategy and the law about every case…")), db.reading() as session:
            found = dry_run(session, who, portfolio_id, strategy.definition, on=on, at=access.now())
        kept = (wanted, found)
        st.session_state["held-run"] = kept
    ran: DryRun = kept[1]
    return ran


def _reason_of(row: tuple[Any, ...]) -> Reason:
    """Code, rule and law of a row; what pandas has for nothing becomes none."""
    code, rule, law = (each if isinstance(each, str) else None for each in row)
    return code or "", rule, law


def _tally(counted: Counter[Reason]) -> Reason | None:
    """How many by which reason, the most first; one of them may be chosen."""
    return st.pills(
        _("Reason"),
        [reason for reason, _cases in counted.most_common()],
        format_func=lambda each: f"{_in_words(each)} · {number(counted[each])}",
        label_visibility="collapsed",
        key="held-reason",
    )


def _in_words(reason: Reason) -> str:
    code, rule, law = reason
    words = held_in_words({"code": code, "params": {}, "rule": rule}, i18n.language()).rstrip(".")
    return f"{words} ({cited(rule, law)})" if rule and law else words


def _names(definition: Definition) -> dict[str, str]:
    """Segments and steps by their codes."""
    steps = [step for _place, _arm, steps in ladders(definition) for step in steps]
    return {each.code: each.name for each in definition.segments} | {each.code: each.name for each in steps}


def _cases(rows: pd.DataFrame, names: Mapping[str, str], portfolio_id: int) -> None:
    if len(rows) > MOST:
        st.caption(_("The first {n} are listed.", n=number(MOST)))
    data = pd.DataFrame([_row(each, names) for each in rows.head(MOST).to_dict("records")])
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
    table_files.beside(
        "held-back",
        lambda _session, _who: [_row(each, names) for each in rows.to_dict("records")],
        portfolio_ids=[portfolio_id],
        personal=[_("Debtor")],
        permission=Permission.SEE_MESSAGES,
    )


def _row(each: Mapping[Hashable, Any], names: Mapping[str, str]) -> dict[str, Any]:
    held, channel = each["held"], each["channel"]
    return {
        _("Debtor"): each["debtor"],
        _("Segment"): names.get(each["segment"], each["segment"]),
        _("Step"): names.get(each["step"], each["step"]),
        _("Channel"): _(CHANNELS[Channel(channel)]) if isinstance(channel, str) else "—",
        _("Why"): held_in_words(held if isinstance(held, dict) else None, i18n.language()),
        _("Case"): f"/search?case={each['case_id']}",
    }

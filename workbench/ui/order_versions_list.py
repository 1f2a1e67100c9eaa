"""The versions of a portfolio's rules for the order, each with its rules and what its simulation said."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from models import Portfolio, StrategyState
from workbench.queries.order_versions import Version
from workbench.rules.order_complaints import read_rules
from workbench.ui import frame, table_files
from workbench.ui.i18n import _, moment, number
from workbench.ui.order_words import deed, whom
from workbench.ui.strategy_words import STATES


def show(portfolio: Portfolio, versions: Sequence[Version]) -> None:
    """All versions, the newest first."""
    if not versions:
        frame.empty_state(_("No rules yet"), _("Without rules the score alone makes the order."))
    for each in versions:
        by = each.published_by or each.created_by or _("the operator")
        since = moment(each.published_at or each.created_at, portfolio.time_zone)
        with st.container(border=True):
            title = _("Version {n}", n=each.version)
            frame.markup(f'<p class="cw-section">{title} · {_(STATES[each.state])}</p>')
            st.caption(f"{since} · {by}")
            rules(portfolio, each)
            if told := each.simulated:
                st.caption(
                    _(
                        "Simulated: {into} come into {calls} calls a day, {out} fall out, {banned} are kept out.",
                        **{name: number(told[name]) for name in ("into", "out", "banned", "calls")},
                    )
                )


def in_force(portfolio: Portfolio, versions: Sequence[Version]) -> None:
    """What decides now, for who may read it and not change it."""
    force = [each for each in versions if each.state == StrategyState.PUBLISHED]
    show(portfolio, force)


def rules(portfolio: Portfolio, version: Version) -> None:
    """The rules of one version as a table."""
    if not version.rules:
        st.caption(_("No rule: the score alone makes the order."))
        return
    read = read_rules(version.rules)
    rows = [{_("Rule"): each.name, _("For whom"): whom(each, portfolio.currency), _("What it does"): deed(each)} for each in read]  # fmt: skip
    key = f"order-version-{version.id}"
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height="content", key=key)
    table_files.beside(key, rows, portfolio_ids=[portfolio.id or 0])

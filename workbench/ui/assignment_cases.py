"""The cases behind a count: a list with links, and choosing some of them to give away."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.assignment import CaseLine, Holder, Wanted, cases
from workbench.rules.access import Viewer
from workbench.ui import access, assignment_words
from workbench.ui.assignment_words import owner
from workbench.ui.i18n import _, day, money, number
from workbench.ui.table_files import downloads

MOST_IN_A_FILE = 50_000


def show(
    who: Viewer, wanted: Wanted, holders: Mapping[int, Holder], portfolios: Mapping[int, Portfolio]
) -> tuple[CaseLine, ...]:
    """The list; returns the lines that are chosen in it."""
    at = access.now()
    with db.reading() as session:
        found = cases(session, who, wanted, at=at)
    if found.total > len(found.lines):
        st.caption(
            _(
                "{count} cases; these are the {shown} with the most expected money.",
                count=number(found.total),
                shown=number(len(found.lines)),
            )
        )
    table = pd.DataFrame(_rows(found.lines, holders, portfolios))
    numbers: dict[Any, Any] = {
        _(name): st.column_config.TextColumn(alignment="right") for name in ("Balance", "Expected money")
    }
    event: Any = st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        column_config={**numbers, _("Case"): st.column_config.LinkColumn(display_text=r"case=(\d+)", width="small")},
        on_select="rerun",
        selection_mode="multi-row",
        key=f"cases-{abs(hash(tuple(line.case_id for line in found.lines)))}",
    )

    def more(session: Any, viewer: Viewer) -> list[dict[str, Any]]:
        whole = cases(session, viewer, wanted, at=at, most=MOST_IN_A_FILE)
        return _rows(whole.lines, holders, portfolios)

    downloads(
        who,
        "assignment-cases",
        more,
        portfolio_ids=wanted.portfolio_ids,
        asked={"queues": ", ".join(sorted(wanted.queues)), "stages": ", ".join(sorted(wanted.stages))},
        at=at,
        personal=(_("Debtor"), _("Debtor's code")),
    )
    places = event.selection.rows if event else []
    return tuple(found.lines[place] for place in places if place < len(found.lines))


def _rows(
    lines: tuple[CaseLine, ...], holders: Mapping[int, Holder], portfolios: Mapping[int, Portfolio]
) -> list[dict[str, Any]]:
    return [_row(line, holders, portfolios[line.portfolio_id]) for line in lines]


def _row(line: CaseLine, holders: Mapping[int, Holder], portfolio: Portfolio) -> dict[str, Any]:
    in_hand = "" if line.in_hand is None else line.in_hand or _("Other teams")
    return {
        _("Case"): f"/search?case={line.case_id}",
        _("Debtor"): line.debtor,
        _("Debtor's code"): line.reference,
        _("Portfolio"): portfolio.name,
        _("Queue"): assignment_words.queues(line.queues),
        _("Stage"): assignment_words.stage(line.stage),
        _("Days past due"): line.days,
        _("Balance"): money(line.balance, line.currency),
        _("Expected money"): number(line.expected),
        _("Whose"): owner(line.owner, holders),
        _("In hand now"): in_hand,
        _("Promise due"): day(line.promised) if line.promised else "",
    }

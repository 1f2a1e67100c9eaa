"""Replies from numbers and addresses that are nobody's we know."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from models import Portfolio
from workbench import db
from workbench.queries.outbox import Stranger, strangers
from workbench.rules.access import Permission, Viewer
from workbench.rules.law_words import CHANNELS
from workbench.ui import access, frame, table_files
from workbench.ui.i18n import _, moment

SINCE = timedelta(days=30)


def show(who: Viewer, portfolio: Portfolio) -> None:
    """The part “Unknown senders” of the page; they belong to no portfolio, their times are on the chosen one's clock."""
    with db.reading() as session:
        found = strangers(session, who, since=access.now() - SINCE)
    if not found:
        frame.empty_state(
            _("Nobody unknown has written in the last 30 days"),
            _("A reply is matched by the message it answers, then by its number or address."),
        )
        return
    st.caption(
        _("Nothing follows from these by itself. Look for the debtor, add the number to them, and answer there.")
    )
    rows = [_row(each, portfolio.time_zone) for each in found]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        column_config={_("Words"): st.column_config.TextColumn(width="large")},
        key="strangers",
    )
    table_files.beside("unknown-senders", rows, personal=[_("Sender"), _("Words")], permission=Permission.SEE_MESSAGES)


def _row(each: Stranger, zone: str) -> dict[str, str]:
    return {
        _("When"): moment(each.received_at, zone),
        _("Channel"): _(CHANNELS[each.channel]),
        _("Sender"): each.sender or "•••",
        _("Words"): each.words or "•••",
        _("Provider"): each.provider,
    }

"""The messages behind the figures of a channel."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from models import Channel
from workbench import db
from workbench.queries.effectiveness import ROWS, Behind, behind
from workbench.rules.access import Permission, Viewer
from workbench.ui import table_files
from workbench.ui.effectiveness_figures import channel_name
from workbench.ui.i18n import _, moment, number
from workbench.ui.template_words import name_of


def show(
    who: Viewer, portfolio_id: int, keys: Sequence[tuple[Channel, bool]], *, start: datetime, end: datetime
) -> None:
    """A channel's messages, the last first; asked for, because they are read one by one."""
    with st.expander(_("The messages behind the figures")):
        chosen = st.segmented_control(_("Channel"), keys, format_func=channel_name, key="behind-channel")
        if chosen is None:
            st.caption(_("Choose a channel."))
            return
        channel, sandbox = chosen
        with db.reading() as session:
            rows = behind(session, who, portfolio_id, channel=channel, sandbox=sandbox, start=start, end=end)
        if len(rows) == ROWS:
            st.caption(_("The last {n} are listed.", n=number(ROWS)))
        opens = who.may(Permission.SEE_PERSONAL_DATA)
        shown = [_row(each) | ({_("Case"): f"/search?case={each.case_id}"} if opens else {}) for each in rows]
        st.dataframe(
            pd.DataFrame(shown),
            hide_index=True,
            width="stretch",
            height=360,
            column_config={_("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small")},
            key=f"behind-{channel}-{sandbox}",
        )
        table_files.beside(
            "channel-messages",
            shown,
            portfolio_ids=[portfolio_id],
            personal=[_("Debtor"), _("Reference")],
            channel=channel,
            start=start,
            end=end,
        )


def _row(each: Behind) -> dict[str, object]:
    return {
        _("Debtor"): each.name or "•••",
        _("Reference"): each.reference,
        _("Left"): moment(each.sent_at, each.zone),
        _("Template"): name_of(each.template) if each.template else "—",
        _("Delivered"): each.arrived,
        _("Read"): each.read,
        _("Replied"): each.replied,
        _("Paid within 3 days"): each.paid,
    }

"""The outbox on the page Operations: what waits, what nobody knows, and why messages did not arrive."""

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from models import Channel, MessageState
from workbench.queries.outbox_health import Failed, Waiting
from workbench.rules.access import Permission, Viewer
from workbench.rules.held import WORDS, Code
from workbench.rules.law_words import CHANNELS
from workbench.ui import frame, table_files
from workbench.ui.i18n import _, moment, ngettext
from workbench.ui.outbox_words import STATES, provider_said


def show(waiting: Sequence[Waiting], failed: Sequence[Failed], who: Viewer) -> None:
    """Both lists, and the way to the messages that a person has to decide on."""
    unsure = sum(each.unconfirmed for each in waiting)
    if unsure:
        st.warning(ngettext("{n} message may have left or not.", "{n} messages may have left or not.", unsure))
        if who.may(Permission.SEE_MESSAGES):
            frame.markup(f"<p><a href='outbox' target='_self'>{escape(_('Decide in the outbox'))}</a></p>")
    rows = {
        _("Portfolio"): [each.portfolio for each in waiting],
        _("Due, not queued"): [each.due for each in waiting],
        _("Oldest since"): [moment(each.oldest, each.time_zone) if each.oldest else "—" for each in waiting],
        _("Under way"): [each.under_way for each in waiting],
        _("Unconfirmed"): [each.unconfirmed for each in waiting],
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", key="backlog")
    table_files.beside("message-backlog", pd.DataFrame(rows), permission=Permission.SEE_OPERATIONS)
    if not failed:
        frame.empty_state(_("No message has failed in the last two days."))
        return
    rows = {
        _("Portfolio"): [each.portfolio for each in failed],
        _("Channel"): [_(CHANNELS[Channel(each.channel)]) for each in failed],
        _("State"): [_(STATES[MessageState(each.state)][0]) for each in failed],
        _("Why"): [_why(each) for each in failed],
        _("Messages"): [each.messages for each in failed],
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", key="failed-messages")
    table_files.beside("failed-messages", pd.DataFrame(rows), permission=Permission.SEE_OPERATIONS)


def _why(failed: Failed) -> str:
    if failed.error:
        return provider_said(failed.error)
    return _(WORDS[Code(failed.held)]) if failed.held in set(Code) else "—"

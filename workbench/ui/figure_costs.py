"""What a portfolio's figures are reckoned with, changed by its manager: costs and attribution."""

from decimal import Decimal

import streamlit as st

from models import Channel
from workbench import db
from workbench.actions.figure_policies import LONGEST, set_figure_policy
from workbench.queries.portfolios import visible_portfolios
from workbench.queries.team_policies import FigurePolicy, figure_policies
from workbench.rules.access import Permission, Viewer
from workbench.rules.law_words import CHANNELS
from workbench.ui import deeds, frame
from workbench.ui.i18n import _

BY_MESSAGE = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP, Channel.LETTER)


def show(who: Viewer) -> None:
    """One form a portfolio."""
    with db.reading() as session:
        policies = figure_policies(session, who)
        names = {each.id: each.name for each in visible_portfolios(session, who)}
    if not policies:
        frame.empty_state(_("There are no portfolios yet."))
    st.caption(_("Past figures follow at once: none of them is stored."))
    for policy in policies:
        _form(policy, names[policy.portfolio_id])


def _form(policy: FigurePolicy, name: str) -> None:
    prefix = f"costs-{policy.portfolio_id}"
    with st.form(prefix, border=True):
        st.markdown(f"**{name}** · {policy.currency}")
        days, minute, *messages = st.columns(2 + len(BY_MESSAGE), vertical_alignment="bottom")
        days.number_input(
            _("Days a payment is credited"), 1, LONGEST, policy.attribution_days, key=f"{prefix}-days",
            help=_("A payment credits the agent of the last right-party contact so many days before it, once."),
        )  # fmt: skip
        minute.number_input(_("A minute of work"), 0.0, None, float(policy.minute_cost), 0.5, key=f"{prefix}-minute")
        for place, channel in zip(messages, BY_MESSAGE, strict=True):
            cost = float(policy.message_costs.get(channel, Decimal(0)))
            key = f"{prefix}-{channel.value}"
            place.number_input(_(CHANNELS[channel]), 0.0, None, cost, 0.1, format="%.4f", key=key)
        st.form_submit_button(_("Save"), type="primary", key=f"{prefix}-save", on_click=_save, args=(policy, name))


def _save(policy: FigurePolicy, name: str) -> None:
    def given(field: str) -> Decimal:
        return Decimal(str(st.session_state.get(f"costs-{policy.portfolio_id}-{field}") or 0))

    costs = {channel: given(channel.value).quantize(Decimal("0.0001")) for channel in BY_MESSAGE}
    wanted = FigurePolicy(
        policy.portfolio_id, policy.currency, int(given("days")), given("minute").quantize(Decimal("0.01")), costs
    )
    if deeds.do(Permission.EDIT_POLICIES, lambda session, who, at: set_figure_policy(session, who, wanted, at=at)):
        frame.say_done(_("{name}: saved.", name=name))

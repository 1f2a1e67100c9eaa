"""A manager's form for one portfolio's contact policy: how disputed law is read, and limits tighter than the law's."""

from collections.abc import Mapping
from datetime import time
from typing import Any

import streamlit as st

from models import Portfolio
from workbench import db
from workbench.actions.contact_policies import set_contact_policy
from workbench.queries.contact_rules import policy_of
from workbench.rules.access import Permission
from workbench.rules.contact_policies import ContactPolicy, Hours
from workbench.rules.law_binding import regime_of, region_of
from workbench.rules.law_files import jurisdictions
from workbench.rules.law_schema import Jurisdiction
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.compliance_words import spoken
from workbench.ui.i18n import _


def show(portfolios: list[Portfolio]) -> None:
    """The policy of one of these portfolios; saving asks for the permission again."""
    by_id = {each.id: each for each in portfolios}
    chosen = st.selectbox(_("Portfolio"), list(by_id), format_func=lambda each: by_id[each].name, key="policy-of")
    portfolio = by_id[chosen]
    law, policy = jurisdictions().get(portfolio.country), policy_of(portfolio)
    with st.form(f"policy-{portfolio.id}", border=False):
        if law:
            _law(law, policy, portfolio)
        _limits(policy, portfolio)
        st.form_submit_button(_("Save policy"), type="primary", on_click=_save, args=(portfolio,))


def _law(law: Jurisdiction, policy: ContactPolicy, portfolio: Portfolio) -> None:
    key = _keys(portfolio)
    for axis, reading in law.readings.items():
        options = {name: spoken(option.says) for name, option in reading.options.items()}
        mine = [name for name in options if {name, *reading.options[name].also} & {*policy.readings}]
        _choice(spoken(reading.about), options, (mine or [reading.default])[0], key(axis))
    left, right = st.columns(2)
    with left:
        if law.regimes:
            regimes = {name: spoken(regime) for name, regime in law.regimes.options.items()}
            mine_now = regime_of(law, policy.regime, None) if policy.regime else None
            _choice(_("Creditors' regime"), {None: _("As the law's file says"), **regimes}, mine_now, key("regime"))
    with right:
        if law.regions:
            regions = {code: region.name for code, region in law.regions.items()}
            label = _("Region of debtors whose own is not known")
            _choice(label, {None: _("None"), **regions}, region_of(law, policy.region), key("region"))


def _choice(label: str, options: Mapping[Any, str], chosen: str | None, key: str) -> None:
    names = list(options)
    st.selectbox(label, names, index=names.index(chosen), format_func=lambda name: options[name], key=key)


def _limits(policy: ContactPolicy, portfolio: Portfolio) -> None:
    key, hours = _keys(portfolio), policy.hours
    opens, closes, saturday_opens, saturday_closes = st.columns(4)
    opens.time_input(_("Monday to Friday from"), value=hours.weekday_opens, key=key("weekday_opens"))
    closes.time_input(_("until"), value=hours.weekday_closes, key=key("weekday_closes"))
    saturday_opens.time_input(
        _("Saturdays from (empty = closed)"), value=hours.saturday_opens, key=key("saturday_opens")
    )
    saturday_closes.time_input(_("Saturdays until"), value=hours.saturday_closes, key=key("saturday_closes"))
    daily, weekly, feasts = st.columns(3, vertical_alignment="bottom")
    numbers: dict[str, Any] = {"min_value": 1, "max_value": 50, "step": 1, "placeholder": _("As the law says")}
    daily.number_input(_("Attempts a day at most"), value=policy.daily_attempts, key=key("daily_attempts"), **numbers)
    weekly.number_input(
        _("Contacts a week at most"), value=policy.weekly_contacts, key=key("weekly_contacts"), **numbers
    )
    feasts.checkbox(
        _("Calls on public holidays where the law allows them"),
        value=policy.calls_on_holidays,
        key=key("calls_on_holidays"),
    )


def _save(portfolio: Portfolio) -> None:
    try:
        who = access.require(Permission.SET_CONTACT_POLICY)
        assert portfolio.id is not None
        with db.transaction() as session:
            set_contact_policy(session, who, portfolio.id, _typed(portfolio), at=access.now())
        frame.say_done(_("The contact policy of {portfolio} is saved.", portfolio=portfolio.name))
    except Refused as refused:
        frame.say_refused(refused)


def _typed(portfolio: Portfolio) -> ContactPolicy:
    """The form as a policy; a reading that is the file's own default is not chosen, so that it follows the file."""
    law, key = jurisdictions().get(portfolio.country), _keys(portfolio)

    def value(name: str) -> Any:
        return st.session_state.get(key(name))

    clocks: list[time | None] = [
        value(name) for name in ("weekday_opens", "weekday_closes", "saturday_opens", "saturday_closes")
    ]
    if clocks[0] is None or clocks[1] is None:
        raise Refused("Calling hours have to close after they open.")
    axes = law.readings.items() if law else ()
    return ContactPolicy(
        hours=Hours(clocks[0], clocks[1], clocks[2], clocks[3]),
        readings=tuple(chosen for axis, reading in axes if (chosen := value(axis)) and chosen != reading.default),
        regime=value("regime"),
        region=value("region") if law and law.regions else portfolio.region,
        daily_attempts=value("daily_attempts"),
        weekly_contacts=value("weekly_contacts"),
        calls_on_holidays=bool(value("calls_on_holidays")),
    )


def _keys(portfolio: Portfolio) -> Any:
    return lambda name: f"policy-{portfolio.id}-{name}"

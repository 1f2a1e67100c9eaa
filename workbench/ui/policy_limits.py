"""The other policies of a portfolio: what promises each role takes, charges, patience, deadlines, hand-overs."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

import streamlit as st

from models import CollectionFee, Role
from workbench import db
from workbench.actions.policies import set_policy
from workbench.actions.promise_limits import NEVER, set_limits
from workbench.queries.policies import Policies
from workbench.rules.access import Permission
from workbench.rules.ageing import StageThresholds
from workbench.rules.policies import NegotiationPolicy
from workbench.rules.promise_limits import PromiseLimits
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame
from workbench.ui.i18n import _
from workbench.ui.policy_words import FEES, ROLES, label, say_where

CENT = Decimal("0.01")
GROUPS = {
    N_("Patience"): ("delinquency_grace", "grace_days", "promise_tolerance", "missed_limit"),
    N_("Charges"): ("annual_interest", "collection_fee", "index_unit"),
    N_("Deadlines"): ("approval_hours", "dispute_days"),
    N_("Stages and hand-over"): (
        "extrajudicial_after",
        "judicial_after",
        "hand_over_after",
        "hand_over_least",
        "judicial_least",
    ),
}
SHARES = ("promise_tolerance", "annual_interest")
AMOUNTS = ("index_unit", "hand_over_least", "judicial_least")


def promises(found: Policies) -> None:
    """One form a role, beside each other."""
    st.caption(_("What lies outside is asked of somebody with more authority."))
    for place, role in zip(st.columns(3), ROLES, strict=True):
        with place:
            _role(found, role)


def _role(found: Policies, role: Role) -> None:
    limits, prefix = found.limits[role], f"promises-{found.portfolio_id}-{role}"
    broken = None if limits.broken_limit in (None, NEVER) else limits.broken_limit
    with st.form(prefix, border=True):
        st.markdown(f"**{_(ROLES[role])}**")
        least = float(limits.min_amount)
        st.number_input(f"{label('min_amount')} ({found.currency})", 0.0, None, least, 1.0, key=f"{prefix}-min_amount")
        share = float(limits.min_share * 100)
        st.number_input(label("min_share"), 0.0, 100.0, share, 1.0, key=f"{prefix}-min_share")
        st.number_input(label("days_out"), 0, None, limits.days_out, 1, key=f"{prefix}-days_out")
        st.number_input(label("parts"), 1, None, limits.parts, 1, key=f"{prefix}-parts")
        st.number_input(label("open_limit"), 1, None, limits.open_limit, 1, key=f"{prefix}-open_limit")
        st.number_input(label("broken_limit"), 0, None, broken, 1, key=f"{prefix}-broken_limit")
        st.form_submit_button(
            _("Save"), type="primary", key=f"{prefix}-save", on_click=_save_limits, args=(found, role)
        )


def _save_limits(found: Policies, role: Role) -> None:
    def value(name: str) -> Any:
        return st.session_state.get(f"promises-{found.portfolio_id}-{role}-{name}")

    limits = PromiseLimits(
        min_amount=Decimal(str(value("min_amount") or 0)).quantize(CENT),
        min_share=(Decimal(str(value("min_share") or 0)) / 100).quantize(Decimal("0.0001")),
        days_out=int(value("days_out") or 0),
        broken_limit=value("broken_limit"),
        open_limit=int(value("open_limit") or 0),
        parts=int(value("parts") or 0),
    )
    try:
        who = access.require(Permission.EDIT_POLICIES)
        with db.transaction() as session:
            set_limits(session, who, found.portfolio_id, role, limits, at=access.now())
    except Refused as refused:
        say_where(refused)
        return
    frame.say_done(_("The limits are saved: they count for promises taken from now on."))


def charges(found: Policies) -> None:
    """Everything else, in one form."""
    values = _values(found.policy)
    with st.form(f"terms-{found.portfolio_id}", border=True):
        for title, names in GROUPS.items():
            st.markdown(f"**{_(title)}**")
            for place, name in zip(st.columns(5, vertical_alignment="bottom"), names, strict=False):
                _field(place, name, values[name], f"terms-{found.portfolio_id}-{name}")
        st.caption(
            _(
                "What was signed keeps its patience and its charges. Days past due and stages follow with the next night."
            )
        )
        key = f"terms-{found.portfolio_id}-save"
        st.form_submit_button(_("Save"), type="primary", key=key, on_click=_save_terms, args=(found,))


def _values(policy: NegotiationPolicy) -> dict[str, Any]:
    own = {each.name: getattr(policy, each.name) for each in fields(policy) if each.name != "stages"}
    return own | {each.name: getattr(policy.stages, each.name) for each in fields(policy.stages)}


def _field(place: Any, name: str, value: Any, key: str) -> None:
    if name == "collection_fee":
        fees = list(CollectionFee)
        place.selectbox(label(name), fees, fees.index(value), lambda each: _(FEES[each]), key=key)
    elif name in SHARES:
        place.number_input(label(name), 0.0, 1000.0, float(value * 100), 0.5, format="%.2f", key=key)
    elif name in AMOUNTS:
        place.number_input(label(name), 0.0, None, float(value) if value is not None else None, 1.0, key=key)
    else:
        place.number_input(label(name), 0, None, value, 1, key=key)


def _save_terms(found: Policies) -> None:
    try:
        who = access.require(Permission.EDIT_POLICIES)
        with db.transaction() as session:
            set_policy(session, who, found.portfolio_id, _typed(found), at=access.now())
    except Refused as refused:
        say_where(refused)
        return
    frame.say_done(_("The policy is saved."))


def _typed(found: Policies) -> NegotiationPolicy:
    given: dict[str, Any] = {}
    for names in GROUPS.values():
        for name in names:
            given[name] = _read(name, st.session_state.get(f"terms-{found.portfolio_id}-{name}"))
    stages = StageThresholds(given.pop("extrajudicial_after"), given.pop("judicial_after"))
    return NegotiationPolicy(**given, stages=stages)


def _read(name: str, value: Any) -> Any:
    if name == "collection_fee":
        return CollectionFee(value)
    if name in SHARES:
        return (Decimal(str(value or 0)) / 100).quantize(Decimal("0.0001"))
    if name == "index_unit":
        return Decimal(str(value)).quantize(CENT) if value else None
    return Decimal(str(value or 0)).quantize(CENT) if name in AMOUNTS else int(value or 0)

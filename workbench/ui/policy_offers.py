"""The table of offer policies: how far each role may go with each offer, and the form for one row of it."""

from dataclasses import fields
from decimal import Decimal
from html import escape
from typing import Any

import streamlit as st

from models import OfferKind, Stage
from workbench import db
from workbench.actions import policies as deeds
from workbench.queries.policies import Policies
from workbench.rules.access import Permission
from workbench.rules.offer_policies import ROLES, PolicyRow, doubts
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.approval_words import OFFERS
from workbench.ui.card import STAGES
from workbench.ui.i18n import _, money, ngettext, number, refusal
from workbench.ui.policy_words import ROLES as ROLE_WORDS
from workbench.ui.policy_words import label, say_where

SHARES = ("discount_principal", "discount_interest", "discount_fees", "least_down")
WHOLE = ("installments", "days_out", "offer_days")


def show(found: Policies) -> None:
    """The tables by kind of offer, and the form below them."""
    if not found.rows:
        frame.empty_state(
            _("Nobody has authority over any offer here"),
            _("Put in the shipped rows and change them, or write your own below."),
        )
        st.button(
            _("Put in the shipped rows"), type="primary", key="install", on_click=_install, args=(found.portfolio_id,)
        )
    for kind in OfferKind:
        rows = {each: row for each, row in found.rows.items() if row.kind is kind}
        if rows:
            frame.markup(_table(kind, rows, found))
    _form(found)


def _table(kind: OfferKind, rows: dict[int, PolicyRow], found: Policies) -> str:
    heads = (_("Role"), _("Where"), _("Days past due"), _("Discounts: principal · interest · fees"), _("Installments"))
    more = (_("Down payment"), _("Each at least"), _("Last date"), _("Stands"))
    head = "".join(f"<th>{escape(each)}</th>" for each in (*heads, *more))
    body = "".join(_row(row, found) for row in rows.values())
    title = escape(_(OFFERS[kind]))
    return f'<p class="cw-section">{title}</p><table class="cw-table"><tr>{head}</tr>{body}</table>'


def _row(row: PolicyRow, found: Policies) -> str:
    days = _("from {n}", n=row.days_from) if row.days_to is None else f"{row.days_from}-{row.days_to}"
    cells = (
        _(ROLE_WORDS[row.role]),
        _corner(row, found),
        days,
        " · ".join(_percent(getattr(row, name)) for name in SHARES[:3]),
        number(row.installments),
        _percent(row.least_down),
        money(row.least_installment, found.currency) if row.least_installment else "—",
        ngettext("{n} day", "{n} days", row.days_out),
        ngettext("{n} day", "{n} days", row.offer_days),
    )
    others = [each for each in found.rows.values() if each is not row]
    said = "".join(f'<p class="cw-warn">{escape(refusal(each))}</p>' for each in doubts(row, others, found.segments))
    first, *rest = cells
    return f"<tr><td>{escape(first)}{said}</td>{''.join(f'<td>{escape(each)}</td>' for each in rest)}</tr>"


def _corner(row: PolicyRow, found: Policies) -> str:
    named = [_(STAGES[row.stage])] if row.stage else []
    named += [found.segments.get(row.segment, row.segment)] if row.segment else []
    return " · ".join(named) or _("everywhere")


def _percent(share: Decimal) -> str:
    return f"{number(share * 100, decimals=0 if share * 100 == int(share * 100) else 2)} %"


def _name(row: PolicyRow, found: Policies) -> str:
    days = f"{row.days_from}+" if row.days_to is None else f"{row.days_from}-{row.days_to}"
    return " · ".join((_(OFFERS[row.kind]), _(ROLE_WORDS[row.role]), _corner(row, found), days))


def _form(found: Policies) -> None:
    """One row to change, or a new one."""
    chosen = st.selectbox(
        _("Row"),
        [None, *found.rows],
        format_func=lambda each: _name(found.rows[each], found) if each in found.rows else _("A new row"),
        key=f"policy-row-{found.portfolio_id}",
    )
    row = found.rows[chosen] if chosen in found.rows else PolicyRow(ROLES[0], OfferKind.SETTLEMENT)
    prefix = f"policy-{found.portfolio_id}-{chosen or 'new'}"
    with st.form(prefix, border=True):
        _where(found, row, prefix)
        _limits(row, prefix)
        st.form_submit_button(_("Save row"), type="primary", key=f"{prefix}-save", on_click=_save, args=(found, chosen))
    if chosen:
        st.button(_("Take this row away"), key=f"{prefix}-remove", on_click=_remove, args=(found.portfolio_id, chosen))


def _where(found: Policies, row: PolicyRow, prefix: str) -> None:
    role, kind, stage, segment, first, last = st.columns(6, vertical_alignment="bottom")
    role.selectbox(label("role"), ROLES, ROLES.index(row.role), lambda each: _(ROLE_WORDS[each]), key=f"{prefix}-role")
    kinds = list(OfferKind)
    kind.selectbox(label("kind"), kinds, kinds.index(row.kind), lambda each: _(OFFERS[each]), key=f"{prefix}-kind")
    stages = [None, *Stage]
    words = {each: _(STAGES[each]) if each else _("any") for each in stages}
    stage.selectbox(label("stage"), stages, stages.index(row.stage), words.__getitem__, key=f"{prefix}-stage")
    codes: list[str | None] = [None, *dict.fromkeys([*found.segments, *([row.segment] if row.segment else [])])]
    names = {each: found.segments.get(each, each) if each else _("any") for each in codes}
    segment.selectbox(label("segment"), codes, codes.index(row.segment), names.__getitem__, key=f"{prefix}-segment")
    first.number_input(label("days_from"), min_value=0, step=1, value=row.days_from, key=f"{prefix}-days_from")
    last.number_input(label("days_to"), min_value=0, step=1, value=row.days_to, key=f"{prefix}-days_to")


def _limits(row: PolicyRow, prefix: str) -> None:
    for place, name in zip(st.columns(4, vertical_alignment="bottom"), SHARES, strict=True):
        share = float(getattr(row, name) * 100)
        place.number_input(label(name), 0.0, 100.0, share, 1.0, format="%.2f", key=f"{prefix}-{name}")
    places = st.columns(4, vertical_alignment="bottom")
    for place, name in zip(places, WHOLE, strict=False):
        place.number_input(label(name), min_value=0, step=1, value=getattr(row, name), key=f"{prefix}-{name}")
    least = float(row.least_installment)
    places[3].number_input(
        label("least_installment"), min_value=0.0, value=least, step=1.0, key=f"{prefix}-least_installment"
    )


def _typed(prefix: str) -> PolicyRow:
    state: Any = st.session_state
    given = {each.name: state.get(f"{prefix}-{each.name}") for each in fields(PolicyRow)}
    for name in SHARES:
        given[name] = (Decimal(str(given[name] or 0)) / 100).quantize(Decimal("0.0001"))
    given["least_installment"] = Decimal(str(given["least_installment"] or 0)).quantize(Decimal("0.01"))
    for name in (*WHOLE, "days_from"):
        given[name] = int(given[name] or 0)
    return PolicyRow(**given)


def _save(found: Policies, policy_id: int | None) -> None:
    at, prefix = access.now(), f"policy-{found.portfolio_id}-{policy_id or 'new'}"
    try:
        who = access.require(Permission.EDIT_POLICIES)
        with db.transaction() as session:
            if policy_id is None:
                deeds.add_offer_policy(session, who, found.portfolio_id, _typed(prefix), at=at)
            else:
                deeds.change_offer_policy(session, who, found.portfolio_id, policy_id, _typed(prefix), at=at)
    except Refused as refused:
        say_where(refused)
        return
    frame.say_done(_("The row is saved: it counts for what is offered from now on."))


def _remove(portfolio_id: int, policy_id: int) -> None:
    try:
        who = access.require(Permission.EDIT_POLICIES)
        with db.transaction() as session:
            deeds.remove_offer_policy(session, who, portfolio_id, policy_id, at=access.now())
    except Refused as refused:
        say_where(refused)
        return
    frame.say_done(_("The row is gone."))


def _install(portfolio_id: int) -> None:
    try:
        who = access.require(Permission.EDIT_POLICIES)
        with db.transaction() as session:
            deeds.install_missing_policies(session, who, portfolio_id, at=access.now())
    except Refused as refused:
        say_where(refused)

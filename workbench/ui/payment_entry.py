"""A payment entered by hand: for whom, how much, when, for which debt; saved once, told once."""

from decimal import Decimal
from functools import partial
from html import escape

import streamlit as st

from models import PaymentKind
from workbench import db
from workbench.actions.payments import PaymentTerms, enter_payment
from workbench.queries.payments import Payable, PaymentDesk, payment_desk
from workbench.queries.search import SHORTEST, found_cases
from workbench.rules.access import Permission, Viewer
from workbench.rules.money_words import WITHOUT_CENTS
from workbench.rules.payments import CENT, KINDS
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.i18n import _, day, money


def show(who: Viewer) -> None:
    """Looks the debtor up, unless the address names the case, and shows the form."""
    asked = st.query_params.get("case", "")
    if asked.isdecimal():
        with db.reading() as session:
            desk = payment_desk(session, who, int(asked), at=access.now())
        st.button(_("Another debtor"), on_click=_another, key="entry-other")
        form(who, desk)
        return
    typed = st.text_input(_("Name, tax id, phone, account or reference"), key="entry-typed")
    with db.reading() as session:
        found = found_cases(session, who, typed, at=access.now(), most=8)
    for each in found:
        with st.container(horizontal=True, vertical_alignment="center", key=f"entry-found-{each.case_id}"):
            owed = money(each.balance, each.currency)
            frame.markup(
                f'<div class="cw-who"><span><b>{escape(each.name)}</b><br><span class="cw-muted">'
                f"{escape(each.reference)} · {escape(each.portfolio)}</span></span>"
                f'<span class="cw-owed"><b>{owed}</b></span></div>'
            )
            chosen = {"case": str(each.case_id)}
            st.button(_("Choose"), key=f"entry-choose-{each.case_id}", on_click=st.query_params.update, args=(chosen,))
    if not found and len(typed.strip()) >= SHORTEST:
        frame.empty_state(_("Nobody found"))


def _another() -> None:
    st.query_params.pop("case", None)


def form(who: Viewer, desk: PaymentDesk) -> None:
    """The form of one case. What is open may be named; nothing named pays the oldest."""
    key = partial("entry-{1}-{0}".format, desk.case_id)
    owed = money(desk.owed, desk.currency)
    frame.markup(
        f'<div class="cw-who"><span><b>{escape(desk.debtor)}</b><br><span class="cw-muted">'
        f"{escape(desk.reference)} · {escape(desk.portfolio)}</span></span>"
        f'<span class="cw-owed"><b>{owed}</b><br><span class="cw-muted">{_("owed in all")}</span></span></div>'
    )
    kinds = [PaymentKind.PAYMENT, PaymentKind.CREDIT_NOTE]
    if who.may(Permission.WRITE_DOWN):
        kinds.append(PaymentKind.WRITE_OFF)
    st.session_state.setdefault(key("open"), True)
    with st.form(key("form"), border=True):
        amount, paid_on, reference = st.columns([2, 2, 3])
        whole = desk.currency in WITHOUT_CENTS
        amount.number_input(
            _("Amount ({currency})", currency=desk.currency),
            min_value=0.0,
            value=None,
            step=1.0,
            format="%.0f" if whole else "%.2f",
            key=key("amount"),
        )
        paid_on.date_input(_("Paid on"), value=desk.today, max_value=desk.today, format="DD/MM/YYYY", key=key("on"))
        reference.text_input(
            _("Payment reference"),
            key=key("reference"),
            help=_("The bank's or the receipt's own number: the same one is never saved twice."),
        )
        kind, pays = st.columns([2, 5])
        kind.selectbox(_("Kind"), kinds, format_func=lambda each: _(KINDS[each]), key=key("kind"))
        pays.selectbox(
            _("It pays"),
            [None, *desk.payables],
            format_func=lambda each: _payable(each, desk.currency),
            key=key("pays"),
        )
        st.form_submit_button(_("Save payment"), type="primary", on_click=_save, args=(desk, key))


def _payable(each: Payable | None, currency: str) -> str:
    if each is None:
        return _("the oldest debts first")
    return f"{each.account} · {each.number} · {day(each.due_on)} · {money(each.balance, currency)}"


def _save(desk: PaymentDesk, key: partial[str]) -> None:
    who, typed = access.require(Permission.RECORD_PAYMENTS), st.session_state
    if key("open") not in typed:
        return  # the second click of two
    named: Payable | None = typed[key("pays")]
    try:
        terms = PaymentTerms(
            amount=Decimal(str(typed[key("amount")] or 0)).quantize(CENT),
            paid_on=typed[key("on")],
            reference=typed[key("reference")] or "",
            kind=typed[key("kind")],
            account_id=named.account_id if named else None,
            receivable_number=named.number if named else None,
        )
        with db.transaction() as session:
            paid = enter_payment(session, who, desk.case_id, terms, at=access.now())
            credit = paid.amount - paid.allocated
    except Refused as refused:
        frame.say_refused(refused)
        return
    said = _("Saved: {amount} of {debtor}.", amount=money(paid.amount, desk.currency), debtor=desk.debtor)
    if credit:
        said += " " + _("{amount} is more than was owed and stays as credit.", amount=money(credit, desk.currency))
    frame.say_done(said)
    for name in ("open", "amount", "reference", "pays"):
        typed.pop(key(name), None)

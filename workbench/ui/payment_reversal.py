"""One payment in full, and taking it back: as a reversal or a charge-back, with its day and its reason."""

from datetime import date
from html import escape

import streamlit as st

from models import PaymentKind, Portfolio, Reversal
from workbench import db
from workbench.actions.payments import take_back
from workbench.queries.payments import PaymentLine
from workbench.rules.access import Permission
from workbench.rules.payments import KINDS, REVERSALS, TAKEN_BACK_AS
from workbench.rules.refusals import Refused
from workbench.rules.statements import shown_reference
from workbench.ui import access, frame
from workbench.ui.i18n import _, day, money


def show(line: PaymentLine, portfolio: Portfolio, *, today: date) -> None:
    """What is known of the payment; who may, takes it back."""
    amount = money(line.amount, portfolio.currency)
    facts = [shown_reference(line.reference), day(line.paid_on), line.by or line.file or _("the system")]
    told = " · ".join(escape(each) for each in facts if each)
    with st.container(border=True, key=f"payment-{line.id}"):
        frame.markup(
            f'<div class="cw-who"><span><b>{escape(line.debtor)}</b><br><span class="cw-muted">{told}</span></span>'
            f'<span class="cw-owed"><b>{amount}</b><br><span class="cw-muted">{_(KINDS[line.kind])}</span></span></div>'
        )
        if line.reversed_on:
            _taken_back(line)
        elif line.kind == PaymentKind.DISCOUNT:
            st.caption(_("A discount ends with its agreement: withdraw the agreement."))
        else:
            _form(line, today)


def _taken_back(line: PaymentLine) -> None:
    name = _(REVERSALS[line.reversal or Reversal.REVERSAL])
    because = f" · {escape(line.because)}" if line.because else ""
    frame.markup(f'<p class="cw-bad">{name} · {day(line.reversed_on or line.paid_on)}{because}</p>')


def _form(line: PaymentLine, today: date) -> None:
    def key(name: str) -> str:
        return f"back-{name}-{line.id}"

    with st.form(key("form"), border=False):
        kind, on, because = st.columns([2, 2, 4], vertical_alignment="bottom")
        kind.selectbox(_("Taken back as"), TAKEN_BACK_AS, format_func=lambda each: _(REVERSALS[each]), key=key("kind"))
        on.date_input(_("On"), value=today, min_value=line.paid_on, max_value=today, format="DD/MM/YYYY", key=key("on"))
        because.text_input(
            _("Reason"), key=key("because"), placeholder=_("For example: the bank returned the transfer")
        )
        st.form_submit_button(_("Take the payment back"), on_click=_take_back, args=(line.id, key("")))


def _take_back(payment_id: int, keys: str) -> None:
    who = access.require(Permission.RECORD_PAYMENTS)
    kind, on, because = (st.session_state[keys.replace("--", f"-{each}-")] for each in ("kind", "on", "because"))
    try:
        with db.transaction() as session:
            take_back(session, who, payment_id, on=on, kind=kind, because=because, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
    else:
        frame.say_done(_("The payment was taken back: what it had paid is owed again."))

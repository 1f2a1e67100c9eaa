"""Opening a claim from a debtor's case: what it is about, since when, what the debtor says, and what they bring."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import streamlit as st

from models import DisputeKind
from workbench import db
from workbench.actions.disputes import open_dispute
from workbench.actions.evidence import add_evidence
from workbench.queries.cases import CaseCard
from workbench.queries.disputes import AccountOwed, accounts_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.disputes import CATEGORIES, CENT, KINDS, categories_of
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.dispute_words import category_name
from workbench.ui.i18n import _, money

TYPES = ["pdf", "png", "jpg", "jpeg"]


def show(who: Viewer, card: CaseCard) -> None:
    """A switch under the case for those who may open a claim; the form is read and drawn only once it is on."""
    if not who.may(Permission.OPEN_DISPUTES):
        return
    frame.show_done()
    key = partial("claim-{1}-{0}".format, card.case_id)
    if not st.toggle(_("Open a claim: dispute, hardship, legal hold, death"), key=key("on")):
        return
    with db.reading() as session:
        accounts = accounts_of(session, who, card.case_id)
    with st.container(border=True, key=f"claim-form-{card.case_id}"):
        _form(card, accounts, key)


def _form(card: CaseCard, accounts: Sequence[AccountOwed], key: Any) -> None:
    kind_at, category_at, since_at = st.columns([2, 3, 2])
    chosen = kind_at.selectbox(_("Kind"), list(DisputeKind), format_func=lambda each: _(KINDS[each]), key=key("kind"))
    kind = chosen or DisputeKind.DISPUTE
    about = category_at.selectbox(
        _("About"), categories_of(kind), format_func=category_name, key=key(f"category-{kind}")
    )
    category = about or categories_of(kind)[0]
    since_at.date_input(
        _("Since"), value=card.today, max_value=card.today, format="DD/MM/YYYY", key=key("since"),
        help=_("The days after this one do not count as days past due until it is decided."),
    )  # fmt: skip
    if CATEGORIES[category].of_account:
        account_at, amount_at = st.columns([4, 3])
        account_at.selectbox(
            _("Account"), [None, *accounts], format_func=lambda each: _account(each, card.currency), key=key("account")
        )
        amount_at.number_input(
            _("Amount in dispute ({currency}); empty = all of it", currency=card.currency),
            min_value=0.0, value=None, step=1.0, format="%.2f", key=key("amount"),
        )  # fmt: skip
    if CATEGORIES[category].bars_contact:
        st.caption(_("Nobody contacts the debtor, on any channel, until this is decided."))
    st.text_area(_("What the debtor says"), key=key("note"), height=80)
    st.file_uploader(
        _("Evidence: PDF, PNG or JPEG, 5 MB each"),
        type=TYPES,
        accept_multiple_files=True,
        max_upload_size=5,
        key=key("files"),
    )
    st.session_state.setdefault(key("open"), True)
    st.button(_("Open claim"), type="primary", key=key("save"), on_click=_save, args=(card, kind, category, key))


def _account(each: AccountOwed | None, currency: str) -> str:
    return f"{each.number} · {money(each.owed, currency)}" if each else _("the whole case")


def _save(card: CaseCard, kind: DisputeKind, category: str, key: Any) -> None:
    who, typed = access.require(Permission.OPEN_DISPUTES), st.session_state
    if key("open") not in typed:
        return  # the second click of two
    of_account = CATEGORIES[category].of_account
    account: AccountOwed | None = typed.get(key("account")) if of_account else None
    amount = typed.get(key("amount")) if of_account else None
    files = typed.get(key("files")) or []
    try:
        with db.transaction() as session:
            made = open_dispute(
                session, who, card.case_id, kind, category,
                account_id=account.id if account else None,
                note=typed[key("note")] or "",
                disputed=Decimal(str(amount)).quantize(CENT) if amount is not None else None,
                from_on=typed[key("since")] or card.today,
                at=access.now(),
            )  # fmt: skip
            assert made.id is not None
            for file in files:
                add_evidence(session, who, made.id, file.name, file.getvalue(), at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
        return
    frame.say_done(_("The claim is open: {what}.", what=category_name(category)))
    for name in ("open", "on", "note", "amount", "files", "account"):
        typed.pop(key(name), None)

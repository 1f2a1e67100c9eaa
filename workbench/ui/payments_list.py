"""The list of payments: what to look for, what it sums up to, a page of it, and the one payment that may be taken back."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from hashlib import blake2b
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from models import PaymentKind, Portfolio
from workbench import db
from workbench.actions.exports import note_payments_export
from workbench.queries.payments import (
    MOST,
    PAGE,
    Cursor,
    PaymentLine,
    PaymentSums,
    Shown,
    WantedPayments,
    payment_sums,
    payments,
)
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.rules.payments import KINDS, REVERSALS
from workbench.rules.statements import shown_reference
from workbench.rules.words import N_
from workbench.ui import access, frame, payment_reversal
from workbench.ui.i18n import _, day, money, ngettext, number
from workbench.ui.table_files import Kind, buttons, file_of

PERIODS = {"7": N_("Last 7 days"), "30": N_("Last 30 days"), "90": N_("Last 90 days"), "365": N_("Last year")}
DEFAULT = "30"
SHOWN = {
    Shown.ALL: N_("every payment"),
    Shown.LIVE: N_("not taken back"),
    Shown.REVERSED: N_("taken back"),
    Shown.CREDIT: N_("with credit left"),
}


def show(who: Viewer, portfolio: Portfolio) -> None:
    """Draws filters, sums and one page; a selected payment is shown in full below."""
    wanted = _wanted(portfolio)
    with db.reading() as session:
        sums = payment_sums(session, who, wanted)
        rows = payments(session, who, wanted, after=_cursors(wanted)[-1], most=PAGE + 1)
    _filters()
    if not rows:
        frame.empty_state(
            _("No payment fits"),
            _("Payments come in by a file (Import), by the creditor's own file, or are entered here by hand."),
        )
        return
    _sums(sums, portfolio.currency)
    page = rows[:PAGE]
    chosen = _table(page, portfolio.currency)
    with st.container(horizontal=True, vertical_alignment="center", key="payments-turn"):
        _turn(wanted, page, more=len(rows) > PAGE)
        _download(who, wanted)
    if chosen:
        payment_reversal.show(chosen, portfolio, today=_today(portfolio))


def _today(portfolio: Portfolio) -> date:
    return access.now().astimezone(ZoneInfo(portfolio.time_zone)).date()


def _wanted(portfolio: Portfolio) -> WantedPayments:
    assert portfolio.id is not None
    asked, today = st.session_state, _today(portfolio)
    back = int(asked.get("payments-period") or DEFAULT)
    return WantedPayments(
        portfolio.id,
        today - timedelta(days=back - 1),
        today,
        kind=asked.get("payments-kind"),
        shown=asked.get("payments-shown") or Shown.ALL,
        typed=asked.get("payments-typed") or "",
    )


def _filters() -> None:
    period, kind, shown, typed = st.columns([2, 3, 2, 3], vertical_alignment="bottom")
    period.selectbox(
        _("Paid in"),
        list(PERIODS),
        index=list(PERIODS).index(DEFAULT),
        format_func=lambda each: _(PERIODS[each]),
        key="payments-period",
    )
    kind.selectbox(
        _("Kind"),
        [None, *PaymentKind],
        format_func=lambda each: _(KINDS[each]) if each else _("any"),
        key="payments-kind",
    )
    shown.selectbox(_("Show"), list(Shown), format_func=lambda each: _(SHOWN[each]), key="payments-shown")
    typed.text_input(_("Debtor or payment reference"), key="payments-typed")


def _sums(sums: PaymentSums, currency: str) -> None:
    figures = (
        (_("Received"), sums.received),
        (_("Lowered without money"), sums.other),
        (_("Taken back"), sums.reversed),
        (_("Credit left over"), sums.credit),
    )
    told = "".join(f"<div><dt>{label}</dt><dd>{money(amount, currency)}</dd></div>" for label, amount in figures)
    frame.markup(f'<dl class="cw-heads cw-sums-of">{told}</dl>')


def row_of(line: PaymentLine, currency: str) -> dict[str, object]:
    """A payment as the table and the file show it."""
    back = _(REVERSALS[line.reversal]) if line.reversal else _("Reversal")
    return {
        _("Paid on"): day(line.paid_on),
        _("Debtor"): line.debtor,
        _("Reference"): shown_reference(line.reference),
        _("Kind"): _(KINDS[line.kind]),
        _("Amount"): money(line.amount, currency),
        _("Credit left"): money(line.credit, currency) if line.credit else "",
        _("Taken back"): back if line.reversed_on else "",
        _("Entered by"): line.by or line.file or _("the system"),
    }


def _table(page: Sequence[PaymentLine], currency: str) -> PaymentLine | None:
    """The page as a table. Its key is made of its rows: selections are by place, and another list begins anew."""
    print_of = blake2b(",".join(str(each.id) for each in page).encode(), digest_size=6).hexdigest()
    event = st.dataframe(
        pd.DataFrame([row_of(each, currency) | {_("Statement"): f"/statement?case={each.case_id}"} for each in page]),
        hide_index=True,
        width="stretch",
        height="content" if len(page) < 12 else 440,
        column_config={
            _("Statement"): st.column_config.LinkColumn(display_text=_("Open"), width="small"),
            _("Kind"): st.column_config.TextColumn(width=160),  # "agreement discount", whole
            _("Amount"): st.column_config.TextColumn(alignment="right"),
            _("Credit left"): st.column_config.TextColumn(alignment="right"),
        },
        selection_mode="single-row",
        on_select="rerun",
        key=f"payments-rows-{print_of}",
    )
    places = event["selection"]["rows"]
    return page[places[0]] if places and places[0] < len(page) else None


def _cursors(wanted: WantedPayments) -> list[Cursor | None]:
    """Where the pages turned so far began; other filters begin at the first again."""
    before, cursors = st.session_state.get("payments-pages", (None, []))
    if before != wanted:
        cursors = [None]
        st.session_state["payments-pages"] = (wanted, cursors)
    return list(cursors)


def _turn(wanted: WantedPayments, page: Sequence[PaymentLine], *, more: bool) -> None:
    cursors = _cursors(wanted)
    counted = ngettext("{n} payment on this page", "{n} payments on this page", len(page))
    st.caption(f"{counted} · {_('page {n}', n=len(cursors))}")
    newer, older = (wanted, cursors[:-1]), (wanted, [*cursors, page[-1].cursor])
    st.button(_("Newer"), disabled=len(cursors) == 1, key="payments-newer", on_click=_keep, args=(newer,))
    st.button(_("Older"), disabled=not more, key="payments-older", on_click=_keep, args=(older,))


def _keep(pages: tuple[WantedPayments, list[Cursor | None]]) -> None:
    st.session_state["payments-pages"] = pages


def _download(who: Viewer, wanted: WantedPayments) -> None:
    note = _("Up to {n} payments. Personal data leaves the product: the audit keeps who took it.", n=number(MOST))
    buttons("payments", partial(payments_file, who.user_id, wanted), on=access.now().date(), note=note)


def payments_file(user_id: int, wanted: WantedPayments, kind: Kind = "csv") -> bytes:
    """The payments that fit as a file; that it was taken is noted, and the person asked for anew."""
    with db.transaction() as session:
        who = viewer(session, user_id)
        lines = payments(session, who, wanted, most=MOST)
        asked = {"from": str(wanted.from_on), "to": str(wanted.to_on), "shown": wanted.shown.value, "file": kind}
        asked |= {"kind": wanted.kind.value} if wanted.kind else {}
        note_payments_export(session, who, wanted.portfolio_id, asked=asked, rows=len(lines), at=access.now())
    return file_of([_plain(each) for each in lines], kind)


def _plain(line: PaymentLine) -> dict[str, object]:
    return {
        _("Payment"): str(line.id),
        _("Paid on"): line.paid_on.isoformat(),
        _("Debtor"): line.debtor,
        _("Debtor's reference"): line.debtor_reference,
        _("Reference"): shown_reference(line.reference),
        _("Kind"): _(KINDS[line.kind]),
        _("Amount"): line.amount,
        _("Credit left"): line.credit,
        _("Taken back"): line.reversed_on.isoformat() if line.reversed_on else "",
        _("Reason"): line.because or "",
        _("Entered by"): line.by or line.file or _("the system"),
    }

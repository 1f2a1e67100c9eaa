"""Proposals to hand cases over: the table, choosing from it, and deciding, exporting or calling back what was chosen."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from models import HandOverState, HandOverTo, Portfolio
from workbench import db
from workbench.actions.hand_overs import decide_hand_overs, export_hand_overs, propose, recall
from workbench.queries.hand_overs import HandOverLine, document_of, hand_overs
from workbench.queries.payment_lookups import case_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.hand_overs import DESTINATIONS, REASON_LIMIT, RECIPIENT_LIMIT, STATES
from workbench.rules.refusals import Refused
from workbench.ui import access, frame, i18n, table_files
from workbench.ui.i18n import _, money, ngettext, number

ALL, CHOSEN, RECIPIENT, NOTE, FILE = (f"hand-overs-{name}" for name in ("all", "chosen", "recipient", "note", "file"))


def proposed(who: Viewer, portfolio: Portfolio) -> None:
    """What waits for a decision; managers decide it, many at once."""
    lines = _lines(who, portfolio, HandOverState.PROPOSED)
    if not lines:
        frame.empty_state(
            _("Nothing is proposed."),
            _("Every night proposes what is late and large enough by the portfolio's policy."),
        )
        _proposal(portfolio)
        return
    chosen = _choice(lines, portfolio, "proposed")
    if who.may(Permission.APPROVE_HAND_OVERS):
        st.text_input(_("Recipient"), key=RECIPIENT, max_chars=RECIPIENT_LIMIT, help=_("The agency or the law firm."))
        st.text_input(_("Note"), key=NOTE, max_chars=REASON_LIMIT)
        yes, no, _space = st.columns([1, 1, 3])
        yes.button(_("Hand over"), type="primary", disabled=not chosen, on_click=decide, args=(chosen, True))
        no.button(_("Decline"), disabled=not chosen, on_click=decide, args=(chosen, False))
    _proposal(portfolio)


def handed_over(who: Viewer, portfolio: Portfolio) -> None:
    """What others have: the file that goes with it, and calling it back."""
    lines = _lines(who, portfolio, HandOverState.APPROVED)
    if not lines:
        frame.empty_state(_("Nothing is handed over."))
        return
    chosen = _choice(lines, portfolio, "approved")
    if not who.may(Permission.APPROVE_HAND_OVERS):
        return
    st.text_input(_("Note"), key=NOTE, max_chars=REASON_LIMIT)
    excel, text, back, _space = st.columns([1, 1, 1, 2])
    excel.button(_("Excel file"), disabled=not chosen, on_click=export, args=(chosen, "xlsx"))
    text.button(_("CSV file"), disabled=not chosen, on_click=export, args=(chosen, "csv"))
    back.button(_("Call back"), disabled=not chosen, on_click=call_back, args=(chosen,))
    _download(who)


def decided(who: Viewer, portfolio: Portfolio) -> None:
    """What was declined, called back, or lapsed."""
    for state in (HandOverState.REJECTED, HandOverState.RECALLED, HandOverState.LAPSED):
        if lines := _lines(who, portfolio, state):
            st.subheader(_(STATES[state]))
            st.dataframe(_table(lines, portfolio), hide_index=True, width="stretch", key=f"hand-overs-{state}")
            _files(lines, portfolio, state)


def decide(ids: Sequence[int], approve: bool) -> None:  # noqa: FBT001 - Streamlit hands callbacks their arguments by position
    """Decides what was chosen, as the page's fields say."""
    words = {"recipient": st.session_state.get(RECIPIENT, ""), "note": st.session_state.get(NOTE, "")}

    def deed(session: Any, who: Viewer) -> str:
        count = decide_hand_overs(session, who, ids, approve=approve, **words, at=access.now())
        if approve:
            return ngettext("{n} case handed over.", "{n} cases handed over.", count)
        return ngettext("{n} proposal declined.", "{n} proposals declined.", count)

    _do(Permission.APPROVE_HAND_OVERS, deed)


def call_back(ids: Sequence[int]) -> None:
    """Takes what was chosen back."""

    def deed(session: Any, who: Viewer) -> str:
        count = recall(session, who, ids, note=st.session_state.get(NOTE, ""), at=access.now())
        return ngettext("{n} case called back.", "{n} cases called back.", count)

    _do(Permission.APPROVE_HAND_OVERS, deed)


def export(ids: Sequence[int], file: str) -> None:
    """Writes the file of what was chosen; it is kept, and offered for download."""
    language = i18n.language()

    def deed(session: Any, who: Viewer) -> str:
        made = export_hand_overs(
            session, who, ids, file="csv" if file == "csv" else "xlsx", language=language, at=access.now()
        )
        st.session_state[FILE] = made.id
        return _("The file {name} is ready.", name=made.name)

    _do(Permission.APPROVE_HAND_OVERS, deed)


def _do(permission: Permission, deed: Callable[[Any, Viewer], str]) -> None:
    """One deed in one transaction; what it says, or why it was refused, is shown at the top."""
    who = access.require(permission)
    try:
        with db.transaction() as session:
            said = deed(session, who)
    except Refused as refused:
        frame.say_refused(refused)
        return
    st.session_state.pop(CHOSEN, None)
    frame.say_done(said)


def _lines(who: Viewer, portfolio: Portfolio, state: HandOverState) -> list[HandOverLine]:
    with db.reading() as session:
        return hand_overs(session, who, portfolio.id or 0, state, at=access.now())


def _files(lines: list[HandOverLine], portfolio: Portfolio, name: str) -> None:
    rows = _table(lines, portfolio)
    table_files.beside(
        f"hand-overs-{name}", rows, portfolio_ids=[portfolio.id or 0], personal=[_("Debtor"), _("Debtor's code")]
    )


def _choice(lines: list[HandOverLine], portfolio: Portfolio, name: str) -> list[int]:
    """The hand-overs chosen in the table; its key changes with its rows, so that no place stands for another case."""
    if st.session_state.get(CHOSEN) != (shown := (portfolio.id, name)):
        st.session_state.update({CHOSEN: shown, ALL: False, RECIPIENT: "", NOTE: ""})  # said of another list, or done
    everything = st.checkbox(_("All {count} of them", count=number(len(lines))), key=ALL)
    snapshot = hash(tuple(line.id for line in lines))
    event = st.dataframe(
        _table(lines, portfolio),
        hide_index=True,
        width="stretch",
        column_config={_("Owed"): st.column_config.TextColumn(alignment="right")},
        on_select="rerun",
        selection_mode="multi-row",
        key=f"hand-overs-{name}-{snapshot}",
    )
    _files(lines, portfolio, name)
    places = list(event.selection.rows) if event else []
    chosen = lines if everything else [lines[place] for place in places]
    owed = sum((line.owed for line in chosen), start=type(lines[0].owed)(0))
    st.caption(_("{count} chosen, {amount} owed", count=number(len(chosen)), amount=money(owed, portfolio.currency)))
    return [line.id for line in chosen]


def _table(lines: list[HandOverLine], portfolio: Portfolio) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            _("Debtor"): [line.debtor for line in lines],
            _("Debtor's code"): [line.reference for line in lines],
            _("Goes to"): [_(DESTINATIONS[line.goes_to]) for line in lines],
            _("Days past due"): [line.days for line in lines],
            _("Owed"): [money(line.owed, portfolio.currency) for line in lines],
            _("Proposed on"): [i18n.day(line.proposed_on) for line in lines],
            _("Proposed by"): [_proposer(line) for line in lines],
            _("Reason"): [line.reason for line in lines],
            _("Recipient"): [line.recipient or "" for line in lines],
            _("Decided by"): [line.decided_by or "" for line in lines],
            _("Note"): [line.decision_note for line in lines],
        }
    )
    return table.loc[:, (table != "").any()]  # nothing is decided about what is only proposed


def _proposer(line: HandOverLine) -> str:
    """Who proposed it: only what the policy proposed has no reason."""
    return line.proposed_by or (_("the strategy") if line.reason else _("the policy"))


def _download(who: Viewer) -> None:
    if not (document_id := st.session_state.get(FILE)):
        return
    with db.reading() as session:
        name, media_type, content = document_of(session, who, document_id)
    st.download_button(_("Download {name}", name=name), content, name, media_type, on_click="ignore")


def _proposal(portfolio: Portfolio) -> None:
    """Proposing one case by hand, by its debtor's code."""
    with st.expander(_("Propose a case")), st.form("hand-overs-propose", clear_on_submit=False):
        reference = st.text_input(_("Debtor's code"))
        places = {_(label): place for place, label in DESTINATIONS.items()}
        goes_to = places[st.selectbox(_("Goes to"), list(places))]
        reason = st.text_input(_("Reason"), max_chars=REASON_LIMIT)
        if st.form_submit_button(_("Propose")):
            _do(
                Permission.PROPOSE_HAND_OVERS,
                lambda session, me: _proposed(session, me, portfolio, reference, goes_to, reason),
            )
            st.rerun()


def _proposed(session: Any, who: Viewer, portfolio: Portfolio, reference: str, goes_to: HandOverTo, reason: str) -> str:
    case_id = case_of(session, portfolio.id or 0, reference)
    propose(session, who, case_id, goes_to, reason=reason, at=access.now())
    return _("Proposed.")

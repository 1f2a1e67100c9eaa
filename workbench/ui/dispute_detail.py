"""One claim in full: what was said, the evidence, and the decision of whoever may take it."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from html import escape
from typing import Any
from uuid import UUID, uuid4

import streamlit as st

from models import ApprovalKind, Resolution
from workbench import db
from workbench.actions.approvals import request_approval
from workbench.actions.disputes import resolve_dispute
from workbench.actions.evidence import add_evidence
from workbench.queries.disputes import Claim, Evidence, evidence_content, evidence_of, one_dispute
from workbench.rules.access import Permission, Viewer
from workbench.rules.disputes import CENT, RESOLUTIONS
from workbench.rules.refusals import Refused
from workbench.ui import access, frame
from workbench.ui.dispute_form import TYPES
from workbench.ui.dispute_lists import choose
from workbench.ui.dispute_words import claim_head
from workbench.ui.i18n import _, day, money, number

PICTURE = "image/"


def show(who: Viewer, dispute_id: int) -> None:
    """The claim, its files, and what this person may do about it."""
    with db.reading() as session:
        claim = one_dispute(session, who, dispute_id, at=access.now())
        files = evidence_of(session, who, dispute_id, at=access.now())
    st.button(_("Back to the list"), key="claim-close", on_click=choose, args=(None,))
    with st.container(border=True, key=f"claim-{claim.id}"):
        frame.markup(claim_head(claim) + f'<p class="cw-note">{escape(claim.note)}</p>')
        opened = _("Opened on {date} by {name}", date=day(claim.opened_on), name=claim.opened_by_name)
        owed = _("owed on it: {amount}", amount=money(claim.owed, claim.currency))
        st.caption(opened if claim.disputed is None else f"{opened} · {owed}")
        st.link_button(_("Case"), f"/search?case={claim.case_id}")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _files(who, claim, files)
    with right:
        _decided(claim) if claim.resolution else _decision(who, claim)


def _files(who: Viewer, claim: Claim, files: list[Evidence]) -> None:
    frame.markup(f'<div class="cw-section">{_("Evidence")}</div>')
    if not files:
        st.caption(_("Nothing has been brought yet."))
    for each in files:
        with st.container(horizontal=True, vertical_alignment="center", key=f"file-{each.id}"):
            size = _("{n} kB", n=number(max(1, round(each.size / 1024))))
            st.text(each.name)
            st.caption(" · ".join(filter(None, [size, each.by])))
            st.button(_("Show"), key=f"show-{each.id}", on_click=_shown, args=(each.id,))
    if (chosen := st.session_state.get(f"evidence-{claim.id}")) and (
        file := next((each for each in files if each.id == chosen), None)
    ):
        _view(who, file)
    if claim.resolution is None:
        uploaded = st.file_uploader(
            _("Evidence: PDF, PNG or JPEG, 5 MB each"), type=TYPES, accept_multiple_files=True,
            max_upload_size=5,
            key=f"bring-{claim.id}-{len(files)}",
        )  # fmt: skip
        st.button(
            _("Add the files"), key=f"add-{claim.id}", disabled=not uploaded, on_click=_add, args=(claim.id, uploaded)
        )


def _shown(document_id: int) -> None:
    who = access.require(Permission.OPEN_DISPUTES)
    with db.reading() as session:
        evidence_content(session, who, document_id)  # refused before it is chosen
    st.session_state[f"evidence-{st.query_params.get('claim')}"] = document_id


def _view(who: Viewer, file: Evidence) -> None:
    """A picture as it is; anything to be saved and opened outside."""
    with db.reading() as session:
        content = evidence_content(session, who, file.id)
    if file.media_type.startswith(PICTURE):
        st.image(content, width="stretch")
    st.download_button(
        _("Save {name}", name=file.name), content, file_name=file.name, mime=file.media_type, key=f"save-{file.id}",
        on_click="ignore",
    )  # fmt: skip


def _add(dispute_id: int, files: Sequence[Any]) -> None:
    who = access.require(Permission.OPEN_DISPUTES)
    try:
        with db.transaction() as session:
            for file in files:
                add_evidence(session, who, dispute_id, file.name, file.getvalue(), at=access.now())
    except Refused as refused:
        frame.say_refused(refused)


def _decided(claim: Claim) -> None:
    assert claim.resolution is not None
    assert claim.resolved_on is not None
    frame.markup(f'<div class="cw-section">{_("Decision")}</div><p><b>{_(RESOLUTIONS[claim.resolution])}</b></p>')
    st.caption(f"{day(claim.resolved_on)} · {claim.resolved_by or ''}")
    if claim.written_down:
        st.caption(_("Written down: {amount}", amount=money(claim.written_down, claim.currency)))
    st.text(claim.resolution_note)


def _decision(who: Viewer, claim: Claim) -> None:
    """What may be decided: who opened it withdraws; a supervisor resumes or confirms; a write-down needs authority."""
    offered = _offered(who, claim)
    if not offered:
        st.caption(_("A supervisor decides on this claim."))
        return
    key = partial("decide-{1}-{0}".format, claim.id)
    st.session_state.setdefault(key("open"), str(uuid4()))
    frame.markup(f'<div class="cw-section">{_("Decision")}</div>')
    how = st.radio(
        _("Decision"), offered, format_func=lambda each: _(RESOLUTIONS[each]), label_visibility="collapsed",
        key=key("how"),
    )  # fmt: skip
    if how is Resolution.WRITTEN_DOWN:
        st.number_input(
            _("Write down ({currency})", currency=claim.currency), min_value=0.0, max_value=float(claim.owed),
            value=float(min(claim.disputed or claim.owed, claim.owed)), step=1.0, format="%.2f", key=key("amount"),
        )  # fmt: skip
        if not who.may(Permission.WRITE_DOWN):
            st.caption(_("This goes to a manager, who decides."))
    st.text_area(_("Why"), key=key("note"), height=80)
    st.button(_("Decide"), type="primary", key=key("save"), on_click=_decide, args=(claim, how, key))


def _offered(who: Viewer, claim: Claim) -> list[Resolution]:
    mine = claim.opened_by == who.user_id
    found = [Resolution.WITHDRAWN] if mine else []
    if who.may(Permission.RESOLVE_DISPUTES):
        found += [Resolution.RESUMED, Resolution.CONFIRMED]
        if claim.owed and not (mine and who.may(Permission.WRITE_DOWN)):
            found.append(Resolution.WRITTEN_DOWN)
    return found


def _decide(claim: Claim, how: Resolution, key: partial[str]) -> None:
    who, typed = access.require(Permission.OPEN_DISPUTES), st.session_state
    if key("open") not in typed:
        return  # the second click of two
    amount = Decimal(str(typed[key("amount")] or 0)).quantize(CENT) if how is Resolution.WRITTEN_DOWN else None
    note, said = typed[key("note")] or "", _("Decided: the case is up to date.")
    try:
        with db.transaction() as session:
            if amount is not None and not who.may(Permission.WRITE_DOWN):
                asked = {"dispute_id": claim.id, "amount": str(amount)}
                kind, once = ApprovalKind.WRITE_DOWN, UUID(typed[key("open")])
                request_approval(session, who, claim.case_id, kind, asked, reason=note, key=once, at=access.now())
                said = _("Asked: a manager decides on the write-down.")
            else:
                resolve_dispute(session, who, claim.id, how, note=note, written_down=amount, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
        return
    frame.say_done(said)
    typed.pop(key("open"), None)

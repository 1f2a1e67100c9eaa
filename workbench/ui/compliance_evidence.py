"""Evidence about one debtor: found by reference or name, read on the page, taken out as CSV or PDF."""

from collections.abc import Sequence
from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from models import Portfolio
from workbench import db
from workbench.actions.exports import note_evidence_export
from workbench.queries.evidence import Evidence, evidence_of
from workbench.queries.search import SHORTEST, Found, found_cases
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.ui import access, frame, made_files
from workbench.ui.compliance_lines import evidence_csv, fact_lines, limit_lines, line, notes, on_paper, on_screen
from workbench.ui.compliance_pdf import paper
from workbench.ui.i18n import _, moment, ngettext


def show(who: Viewer, _portfolio: Portfolio) -> None:
    """The part “Evidence” of the page: it searches all portfolios of the viewer, not only the chosen one."""
    typed = st.text_input(
        _("Debtor's reference, name, tax id, phone or account"),
        key="evidence-typed",
        placeholder=_("in all your portfolios"),
    )
    found = _found(who, typed)
    if not found:
        _nobody(typed)
        return
    names = {each.case_id: f"{each.name} · {each.reference} · {each.portfolio}" for each in found}
    case_id = st.selectbox(_("Debtor"), list(names), format_func=names.__getitem__, key=f"evidence-of-{typed}")
    with db.reading() as session:
        evidence = evidence_of(session, who, case_id, at=access.now())
    _downloads(who, evidence)
    _facts(evidence)
    _history(evidence)


def _found(who: Viewer, typed: str) -> list[Found]:
    with db.reading() as session:
        return found_cases(session, who, typed, at=access.now())


def _nobody(typed: str) -> None:
    if len(typed.strip()) < SHORTEST:
        frame.empty_state(
            _("Whose evidence?"),
            _(
                "Everything that was done to reach one debtor, with what the law said of it, for a regulator's complaint."
            ),
        )
    else:
        frame.empty_state(
            _("Nobody fits “{typed}”", typed=typed), _("Try the creditor's reference, or fewer letters of the name.")
        )


def _downloads(who: Viewer, evidence: Evidence) -> None:
    left, middle, right = st.columns([1, 1, 4], vertical_alignment="center")
    for column, kind, mime in ((left, "pdf", "application/pdf"), (middle, "csv", "text/csv")):
        with column:
            made_files.save_button(
                _("Download PDF") if kind == "pdf" else _("Download CSV"),
                partial(evidence_file, who.user_id, evidence.case_id, kind),
                name=f"evidence-{evidence.reference}.{kind}",
                mime=mime,
                key=f"evidence-{kind}-{evidence.case_id}",
                width="stretch",
            )
    right.caption(_("Personal data leaves the product: the audit keeps who took it."))


def evidence_file(user_id: int, case_id: int, kind: str) -> bytes:
    """The evidence as a file, read anew as the person who takes it, and its taking noted in the same transaction."""
    at = access.now()
    with db.transaction() as session:
        who = viewer(session, user_id)
        evidence = evidence_of(session, who, case_id, at=at)
        rows = len(evidence.happened)
        note_evidence_export(session, who, evidence.debtor_id, file="pdf" if kind == "pdf" else "csv", rows=rows, at=at)
    if kind == "csv":
        return evidence_csv(evidence)
    made = _("Made {moment} by {name}", moment=moment(at, evidence.place.time_zone), name=who.name)
    return paper(on_paper(evidence, f"{made} · {at:%Y-%m-%d %H:%M} UTC"))


def _facts(evidence: Evidence) -> None:
    facts, limits = list(fact_lines(evidence)), list(limit_lines(evidence))
    frame.markup(
        '<div class="cw-two">'
        + _card(_("Facts and wishes of the debtor"), facts or [_("None is recorded.")])
        + _card(_("Limits of number, as of now"), limits or [_("No limit of number binds this debtor.")])
        + "</div>"
    )


def _card(title: str, lines: Sequence[str]) -> str:
    told = "".join(f"<li>{escape(each)}</li>" for each in lines)
    return f'<div class="cw-card"><div class="cw-section">{title}</div><ul class="cw-why">{told}</ul></div>'


def _history(evidence: Evidence) -> None:
    told = ngettext("{n} entry, oldest first", "{n} entries, oldest first", len(evidence.happened))
    st.caption(" · ".join([told, *notes(evidence)]))
    if not evidence.happened:
        frame.empty_state(_("Nobody has tried to reach this debtor yet."))
        return
    rows = [line(evidence, each) for each in evidence.happened]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height="content" if len(rows) < 12 else 480,
        column_order=on_screen(),
        column_config={_(name): st.column_config.Column(width="medium") for name in ("Note", "In words")},
        key=f"evidence-{evidence.case_id}",
    )

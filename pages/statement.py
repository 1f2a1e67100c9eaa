"""Account statement: a debtor's movements that add up line by line, on the page, as CSV and as PDF."""

from datetime import date
from functools import partial
from html import escape

import streamlit as st

from workbench import db
from workbench.actions.exports import note_statement_export
from workbench.queries.statements import AccountStatement, account_statement
from workbench.queries.users import viewer
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.words import LANGUAGES
from workbench.ui import access, frame, i18n, made_files, statement_table
from workbench.ui.i18n import _
from workbench.ui.statement_pdf import statement_pdf
from workbench.ui.statement_words import Teller, statement_csv

NAMES = {"es": "Español", "en": "English"}


def made(user_id: int, case_id: int, from_on: date | None, to_on: date, kind: str, language: str) -> bytes:
    """The file, read anew for who takes it; that it was taken is noted."""
    at = access.now()
    with db.transaction() as session:
        who = viewer(session, user_id)
        said = account_statement(session, who, case_id, from_on=from_on, to_on=to_on, at=at)
        note_statement_export(session, who, case_id, said.portfolio_id, file=kind, at=at)
    return statement_pdf(said, language, at=at) if kind == "pdf" else statement_csv(said, language)


def files(who: Viewer, said: AccountStatement, from_on: date | None) -> None:
    """Both files in the language chosen, the debtor's own first."""
    place, csv, pdf = st.columns([2, 2, 2], vertical_alignment="bottom")
    language = place.selectbox(
        _("Language of the file"),
        LANGUAGES,
        index=LANGUAGES.index(said.language) if said.language in LANGUAGES else 0,
        format_func=NAMES.__getitem__,
        key=f"statement-language-{said.case_id}",
    )
    for column, kind, label, mime in ((csv, "csv", "CSV", "text/csv"), (pdf, "pdf", "PDF", "application/pdf")):
        with column:
            made_files.save_button(
                _("Download {kind}", kind=label),
                partial(made, who.user_id, said.case_id, from_on, said.sums.to_on, kind, language),
                name=f"statement-{said.reference}-{said.sums.to_on:%Y-%m-%d}.{kind}",
                mime=mime,
                key=f"statement-{kind}",
                width="stretch",
            )


def show(who: Viewer, case_id: int) -> None:
    """The statement of a case over the days chosen."""
    with db.reading() as session:
        whole = account_statement(session, who, case_id, at=access.now())
    first, last, links = st.columns([2, 2, 4], vertical_alignment="bottom")
    from_on = first.date_input(
        _("From"), value=None, format="DD/MM/YYYY", max_value=whole.today, key=f"statement-from-{case_id}"
    )
    to_on = last.date_input(
        _("Until"), value=whole.today, format="DD/MM/YYYY", max_value=whole.today, key=f"statement-to-{case_id}"
    )
    with links, st.container(horizontal=True, horizontal_alignment="right"):
        st.link_button(_("Open the case"), f"/search?case={case_id}")
        if who.may(Permission.RECORD_PAYMENTS):
            st.link_button(_("Enter a payment"), f"/payments?part=enter&case={case_id}")
    with db.reading() as session:
        said = account_statement(session, who, case_id, from_on=from_on, to_on=to_on or whole.today, at=access.now())
    heads = Teller(said, i18n.language()).heads()
    told = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in heads)
    frame.markup(f'<dl class="cw-heads">{told}</dl>')
    frame.markup(statement_table.markup_of(said, i18n.language()))
    files(who, said, from_on)


who = access.require(Permission.SEE_PERSONAL_DATA)
frame.page_header(_("Account statement"), who)
frame.show_refused()
frame.show_done()
asked = st.query_params.get("case", "")
try:
    if asked.isdecimal():
        show(who, int(asked))
    else:
        frame.empty_state(_("No debtor was chosen"), _("Open the statement from a case: search for the debtor first."))
except Refused as refused:
    frame.empty_state(i18n.refusal(refused))

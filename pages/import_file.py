"""Import: a creditor's file, its columns and open questions, what it will change, and the report."""

import hashlib
from dataclasses import replace

import streamlit as st

from models import RunState
from workbench import db
from workbench.actions.import_runs import request_import
from workbench.actions.imports import ImportFile, Intake, open_file, plan_import
from workbench.queries.imports import import_progress
from workbench.queries.portfolios import Book, books
from workbench.rules.access import Permission
from workbench.rules.import_reports import ImportReport
from workbench.rules.intake.headers import guess
from workbench.rules.intake.reading import headers_of
from workbench.rules.refusals import Refused
from workbench.ui import access, frame, i18n
from workbench.ui import imports as pieces
from workbench.ui.i18n import _, number


def forget() -> None:
    for name in [name for name in st.session_state if str(name).startswith("import-")]:
        del st.session_state[name]


def reviewed(book: Book, file: ImportFile, key: str) -> tuple[Intake, ImportReport]:
    """The file read and planned with what the person has said so far; kept until they say something else."""
    said = repr((st.session_state.get(f"import-columns-{key}"), st.session_state.get(f"import-answers-{key}"), file.on))
    kept = st.session_state.get("import-reviewed")
    if kept and kept[0] == (key, said, file.strict):
        return kept[1]
    who, at = access.require(Permission.IMPORT), access.now()
    first = st.session_state.get(f"import-first-{key}")
    told = replace(file, mapping=pieces.chosen_mapping(key, first, file.kind))
    with db.reading() as session:
        intake = open_file(session, who, book.portfolio_id, told, at=at)
    st.session_state.setdefault(f"import-first-{key}", intake)
    with db.transaction() as session:
        report = plan_import(session, intake)
    st.session_state["import-reviewed"] = ((key, said, file.strict), (intake, report))
    return intake, report


def start(intake: Intake) -> None:
    who = access.require(Permission.IMPORT)
    try:
        with db.transaction() as session:
            who.require_portfolio(intake.portfolio.id)
            run_id = request_import(session, intake, by=who.user_id, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
        return
    forget()
    st.session_state["import-run"] = run_id


def review(book: Book, file: ImportFile, key: str) -> None:
    try:
        intake, report = reviewed(book, file, key)
    except Refused as refused:
        st.error(i18n.refusal(refused))
        headers = headers_of(file.data, file.name, file.kind)
        named = st.session_state.get(f"import-columns-{key}") or guess(headers, file.kind)
        found = {field: [each] if isinstance(each, str) else each for field, each in named.items()}
        pieces.columns_form(headers, found, key, file.kind, opened=True)
        return
    pieces.columns_form(intake.reading.headers, intake.reading.columns, key, file.kind, opened=False)
    if report.questions:
        pieces.questions_form(report, key)
    st.subheader(_("What will change"))
    if not report.changes:
        st.info(_("Nothing in this file changes anything."))
    pieces.show_report(report, f"import-plan-{key}")
    st.button(
        _("Import"), type="primary", disabled=bool(report.questions), key="import-go", on_click=start, args=(intake,),
        help=_("Answer what is open, then the file can be imported.") if report.questions else None,
    )  # fmt: skip


@st.fragment(run_every=1)
def progress(run_id: int) -> None:
    who = access.require(Permission.IMPORT)
    with db.reading() as session:
        now = import_progress(session, who, run_id)
    if now.over:
        st.rerun()
    waits = now.state == RunState.DUE
    done = _("{done} of {total} rows", done=number(now.done), total=number(now.total))
    st.progress(now.done / now.total if now.total else 0.0, text=_("Waiting for a worker…") if waits else done)
    st.caption(_("You may close this tab; the import goes on."))


def followed(run_id: int) -> None:
    with db.reading() as session:
        now = import_progress(session, who, run_id)
    if not now.over:
        progress(run_id)
        return
    if now.state == RunState.FAILED:
        st.error(_("The import failed: {error}", error=_(now.error or "?")))
    else:
        st.success(_("The file was imported and its mapping remembered."))
    if now.report:
        st.subheader(_("What changed"))
        pieces.show_report(now.report, f"import-done-{run_id}")
    st.button(_("Another file"), on_click=forget, key="import-another")


def upload(shown: dict[str, Book]) -> None:
    first, left, middle, right = st.columns([3, 4, 3, 4], vertical_alignment="bottom")
    kinds = {_(label): kind for kind, label in pieces.KINDS.items()}
    kind = kinds[first.selectbox(_("What is in the file"), list(kinds), key="import-kind")]
    book = shown[
        left.selectbox(_("Portfolio"), list(shown), format_func=lambda code: shown[code].name, key="import-portfolio")
    ]
    on = middle.date_input(_("Business date"), value=None, format="DD/MM/YYYY", key="import-on")
    strict = right.checkbox(_("All or nothing: save nothing if a row is refused"), key="import-strict")
    st.caption(_(pieces.CAPTIONS[kind]))
    given = st.file_uploader(_(pieces.UPLOADS[kind]), type=pieces.FILE_KINDS, key="import-file")
    if given:
        data = given.getvalue()
        key = hashlib.sha256(data + f"{book.code} {kind}".encode()).hexdigest()[:12]
        review(book, ImportFile(given.name, data, on=on, strict=strict, kind=kind), key)


who = access.require(Permission.IMPORT)
frame.page_header(_("Import a file"), who)
frame.show_refused()
with db.reading() as session:
    shown = {book.code: book for book in books(session, who)}
if not shown:
    frame.empty_state(_("There are no portfolios yet."), _("Open a portfolio first, then import its file."))
elif run_id := st.session_state.get("import-run"):
    followed(run_id)
else:
    upload(shown)

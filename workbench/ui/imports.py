"""What an import shows: its columns to choose from, its questions, what changes, what was refused."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from models.imports import FileKind
from workbench.actions.imports import Intake
from workbench.rules.import_reports import LABELS, ImportReport
from workbench.rules.intake.findings import Question
from workbench.rules.intake.headers import REPEATED
from workbench.rules.intake.mappings import FileMapping, checked
from workbench.rules.spreadsheets import csv_bytes
from workbench.rules.words import N_
from workbench.ui.i18n import _, day, money, number

FIELDS = {
    "debtor_ref": N_("Debtor's code"),
    "debtor_name": N_("Name"),
    "tax_id": N_("Tax id"),
    "account_number": N_("Account number"),
    "document_number": N_("Document number"),
    "serie": N_("Series"),
    "product": N_("Product"),
    "issued_on": N_("Issued on"),
    "due_on": N_("Due on"),
    "paid_on": N_("Paid on"),
    "amount": N_("Original amount"),
    "balance": N_("Balance"),
    "currency": N_("Currency"),
    "phone": N_("Phones"),
    "email": N_("E-mails"),
    "address": N_("Address"),
    "city": N_("City"),
    "region": N_("Region"),
    "days_past_due": N_("Days past due (as told)"),
    "credit_limit": N_("Credit limit"),
    "owner_name": N_("Collector"),
}
PAYMENT_FIELDS = {
    "reference": N_("Payment reference"),
    "paid_on": N_("Payment date"),
    "amount": N_("Amount paid"),
    "debtor_ref": N_("Debtor's code"),
    "tax_id": N_("Tax id"),
    "account_number": N_("Account number"),
    "document_number": N_("Document number"),
    "serie": N_("Series"),
    "movement": N_("Payment or reversal"),
    "currency": N_("Currency"),
}
FIELDS_OF = {FileKind.DEBTS: FIELDS, FileKind.PAYMENTS: PAYMENT_FIELDS}
KINDS = {FileKind.DEBTS: N_("What is owed, or contacts"), FileKind.PAYMENTS: N_("Payments")}
CAPTIONS = {
    FileKind.DEBTS: N_("The creditor's CSV, TSV or Excel file: one row per invoice or account, or a list of contacts."),
    FileKind.PAYMENTS: N_(
        "The bank's or the creditor's CSV, TSV or Excel file: one row per payment or reversal, with its reference, date, amount and whose it is."
    ),
}
UPLOADS = {FileKind.DEBTS: N_("File of receivables or contacts"), FileKind.PAYMENTS: N_("File of payments")}
SHOWN_REFUSALS = 100
FILE_KINDS = ["csv", "tsv", "txt", "xlsx", "xls", "xlsm", "xlsb", "ods"]


def chosen_mapping(key: str, intake: Intake | None, kind: FileKind) -> FileMapping | None:
    """The mapping as the person has changed it on this page; none while the file's own words do."""
    columns, answers = st.session_state.get(f"import-columns-{key}"), st.session_state.get(f"import-answers-{key}", {})
    if columns is None and not answers:
        return None
    held = intake.mapping.model_dump(exclude_unset=True, exclude={"columns"}) if intake else {}
    held |= {"kind": kind} if kind is not FileKind.DEBTS else {}
    mapping = checked(held | {"columns": columns} if columns is not None else held)
    for setting, answer in answers.items():
        mapping = mapping.answered(setting, answer)
    return mapping


def column_choices(
    headers: Sequence[str], found: Mapping[str, list[str]], key: str, kind: FileKind
) -> dict[str, str | list[str]]:
    """One select a field over the file's headers; returns the columns as a mapping holds them."""
    chosen: dict[str, str | list[str]] = {}
    places = st.columns(3)
    for n, (name, label) in enumerate(FIELDS_OF[kind].items()):
        place, mine = places[n % 3], [header for header in found.get(name, []) if header in headers]
        if name in REPEATED:
            several = place.multiselect(_(label), headers, default=mine, key=f"{key}-{name}")
            if several:
                chosen[name] = several
            continue
        at = headers.index(mine[0]) if mine else None
        one = place.selectbox(_(label), headers, index=at, placeholder=_("(not in the file)"), key=f"{key}-{name}")
        if one:
            chosen[name] = one
    return chosen


def answer_of(question: Question, key: str) -> str | None:
    """A question with its possible answers and what each would mean; the answer chosen, if any."""
    options = list(question.answers)
    at = options.index(question.suggested) if question.suggested in options else None
    return st.radio(
        _(question.because, **question.values),
        options,
        index=at,
        captions=[question.answers[option] for option in options],
        key=f"{key}-{question.setting}",
    )


def columns_form(headers: list[str], found: dict[str, list[str]], key: str, kind: FileKind, *, opened: bool) -> None:
    """The file's columns by field, to be changed and applied."""
    with st.expander(_("Columns of the file"), expanded=opened), st.form(f"import-form-{key}"):
        if opened:
            st.caption(_("Say which column is which; what was recognised by its name is filled in."))
        else:
            st.caption(_("Every column was recognised by its name; change what is wrong."))
        chosen = column_choices(headers, found, f"import-column-{key}", kind)
        if st.form_submit_button(_("Apply these columns")):
            st.session_state[f"import-columns-{key}"] = chosen
            st.rerun()


def questions_form(report: ImportReport, key: str) -> None:
    """What only a person can say about the file, all at once."""
    st.subheader(_("What the file leaves open"))
    with st.form(f"import-questions-{key}"):
        answers = {each.setting: answer_of(each, f"import-question-{key}") for each in report.questions}
        if st.form_submit_button(_("Choose"), type="primary") and all(answers.values()):
            st.session_state[f"import-answers-{key}"] = st.session_state.get(f"import-answers-{key}", {}) | answers
            st.rerun()


def show_report(report: ImportReport, key: str) -> None:
    """Counts and sums, examples of what changes, warnings, and the refused rows with their download."""
    kinds = [name for name in LABELS if report.counts.get(name)]
    sums = [money(report.sums[name], report.currency) if report.sums.get(name) else "" for name in kinds]
    table = {
        _("Kind"): [_(LABELS[name]) for name in kinds],
        _("Number"): [number(report.counts[name]) for name in kinds],
        _("Amount"): sums,
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, width="stretch", key=f"{key}-counts")
    for warning in report.warnings:
        st.warning(_(warning.because, **warning.values))
    if report.samples:
        st.dataframe(_samples(report), hide_index=True, width="stretch", key=f"{key}-samples")
    if report.refused:
        _show_refused(report, key)


def _samples(report: ImportReport) -> pd.DataFrame:
    samples = report.samples
    document, dated = (
        (_("Reference"), _("Paid on")) if report.kind is FileKind.PAYMENTS else (_("Document"), _("Due on"))
    )
    return pd.DataFrame(
        {
            _("Example"): [_(LABELS[each.what]) for each in samples],
            _("Debtor"): [each.debtor for each in samples],
            document: [each.document for each in samples],
            dated: [day(each.due_on) for each in samples],
            _("Before"): [money(each.before, report.currency) for each in samples],
            _("After"): [money(each.after, report.currency) for each in samples],
        }
    )


def _show_refused(report: ImportReport, key: str) -> None:
    header = [_("Row"), _("Column"), _("Value"), _("Reason")]
    rows = [(each.row_number, each.column, each.value, _(each.because, **each.values)) for each in report.refused]
    st.subheader(f"{_('Refused rows')}: {number(len(rows))}")
    st.dataframe(
        pd.DataFrame(rows[:SHOWN_REFUSALS], columns=header), hide_index=True, width="stretch", key=f"{key}-refused"
    )
    st.download_button(
        _("Download the refused rows"),
        csv_bytes(header, rows),
        "rechazadas.csv",
        "text/csv",
        on_click="ignore",
        key=f"{key}-csv",
    )

"""What one night changed, as tables: cases before and after with the reason, and messages that did not leave."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from models import ChangeKind, PromiseState, Stage
from models.agreements import AgreementState
from workbench.queries.nights import Change, Filters, Night, NotSent, Unsent, changes_of, not_sent_to
from workbench.rules.access import Viewer
from workbench.rules.held import held_in_words, not_sent_in_words
from workbench.rules.reasons import change_reason
from workbench.ui import access, reasons, table_files
from workbench.ui.card import PROMISES, STAGES
from workbench.ui.i18n import _, language, money, number
from workbench.ui.negotiation_parts import STATES as AGREEMENTS

SHOWN, MOST = 200, 10_000  # rows on the page, and in a file
Row = dict[str, Any]
Read = Callable[[Any, Viewer, int], Sequence[Row]]


def why(code: str, night: Night) -> str:
    """A change's reason in the reader's words, with its rule's name where it has one."""
    return reasons.said(change_reason(code), night.currency)


def why_not_sent(tally: NotSent) -> str:
    """What became of a message that did not leave, and what held it back."""
    return not_sent_in_words(tally.state, tally.code, language())


def figure(change: Change, raw: str | None) -> str:
    """A before or after in the words of its kind: a stage, a promise's state, an owner, a bucket, a score."""
    if change.kind == ChangeKind.OWNER:
        return _owner(raw)
    if raw is None:
        return "—"
    if change.kind == ChangeKind.STAGE:
        return _(STAGES[Stage(raw)]) if raw in set(Stage) else raw
    if change.kind.value.startswith("promise_"):
        return _(PROMISES[PromiseState(raw)][0])
    if raw in set(AgreementState):
        return _(AGREEMENTS[AgreementState(raw)][0])
    return number(float(raw), decimals=0)


def changes(night: Night, kind: ChangeKind, reason: str | None, filters: Filters) -> Read:
    """How to read the cases behind a count."""

    def read(session: Any, who: Viewer, most: int) -> Sequence[Row]:
        found = changes_of(session, who, night, kind, reason=reason, limit=most, filters=filters)
        return [
            _case(each)
            | {_("Before"): figure(each, each.before), _("After"): figure(each, each.after), _("Why"): why(each.reason, night)}
            | _link(each)
            for each in found
        ]  # fmt: skip

    return read


def unsent(night: Night, tally: NotSent, filters: Filters) -> Read:
    """The same for messages that did not leave."""

    def read(session: Any, who: Viewer, most: int) -> Sequence[Row]:
        found = not_sent_to(session, who, night, tally, limit=most, filters=filters)
        return [
            _case(each)
            | {_("Step"): each.step or "—", _("Why"): held_in_words(each.held, language()) or "—"}
            | _link(each)
            for each in found
        ]

    return read


def table(who: Viewer, night: Night, read: Read, rows: Sequence[Row], asked: Row) -> None:
    """The cases with a link to each, and the same as a file, amounts as figures."""
    size: Literal["content"] | int = "content" if len(rows) < 12 else 520
    columns: dict[Any, Any] = {
        _("Past due"): st.column_config.TextColumn(alignment="right"),
        # pinned: the reason is long, and a narrow screen would cut the way to the case
        _("Case"): st.column_config.LinkColumn(display_text=_("Open"), width="small", pinned=True),
    }
    shown = [row | {_("Past due"): money(row[_("Past due")], night.currency)} for row in rows]
    st.dataframe(
        pd.DataFrame(shown),
        hide_index=True,
        width="stretch",
        height=size,
        column_config=columns,
        key=f"night-cases-{night.run_id}",
    )
    table_files.downloads(
        who,
        "last-night",
        lambda session, viewer: [row | {_("Currency"): night.currency} for row in read(session, viewer, MOST)],
        portfolio_ids=[night.portfolio_id],
        asked=asked | {"night": night.business_date},
        at=access.now(),
        personal=[_("Debtor"), _("Reference")],
    )


def _case(of: Change | Unsent) -> Row:
    return {
        _("Debtor"): of.name,
        _("Reference"): of.reference,
        _("Past due"): of.past_due,
        _("Stage"): _(STAGES[of.stage]),
        _("Owner"): _owner(of.owner),
    }


def _link(of: Change | Unsent) -> Row:
    return {_("Case"): f"/search?case={of.case_id}"}


def _owner(name: str | None) -> str:
    return "—" if name is None else name or _("another team")

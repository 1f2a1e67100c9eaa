"""The texts of a portfolio in lists: all of them, the versions of one, drafts that wait, and the placeholders."""

from collections.abc import Callable, Iterable
from html import escape

import pandas as pd
import streamlit as st

from models import Portfolio, TemplateState
from workbench.queries.templates import Listed
from workbench.rules.law_words import CHANNELS
from workbench.rules.placeholders import DEBT_FIELDS, FILTER_WORDS, PLACEHOLDERS
from workbench.ui import frame, table_files
from workbench.ui.i18n import _, ngettext, when
from workbench.ui.template_words import SPOKEN, STATES, name_of


def overview(lines: list[Listed], portfolio: Portfolio) -> None:
    """Every text that leaves now, and every draft."""
    shown = [each for each in lines if each.used or each.state == TemplateState.DRAFT]
    data = pd.DataFrame({title: [value(each) for each in shown] for title, value in _columns(portfolio).items()})
    st.dataframe(data, hide_index=True, width="stretch", key="all-templates")
    table_files.beside("templates", data, portfolio_ids=[portfolio.id or 0])


def _columns(portfolio: Portfolio) -> dict[str, Callable[[Listed], object]]:
    return {
        _("Text"): lambda each: name_of(each.code),
        _("Channel"): lambda each: _(CHANNELS[each.channel]),
        _("Language"): lambda each: _(SPOKEN[each.language]),
        _("Whose"): lambda each: _("shipped") if each.shipped else _("own"),
        _("Version"): lambda each: each.version,
        _("State"): lambda each: _(STATES[each.state]),
        _("Written by"): lambda each: each.author or "—",
        _("Approved by"): lambda each: each.approver or "—",
        _("Approved"): lambda each: when(each.approved_at, portfolio.time_zone) if each.approved_at else "—",
    }


def waiting(lines: Iterable[Listed], go: Callable[[Listed], None]) -> None:
    """The drafts, each with a button that opens it."""
    drafts = [each for each in lines if each.state == TemplateState.DRAFT]
    if not drafts:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            ngettext("{n} draft waits for approval:", "{n} drafts wait for approval:", len(drafts)), width="content"
        )
        for each in drafts:
            title = f"{name_of(each.code)} · {_(CHANNELS[each.channel])} · {_(SPOKEN[each.language])}"
            st.button(title, key=f"open-draft-{each.id}", on_click=go, args=(each,))


def versions(lines: list[Listed], portfolio: Portfolio) -> None:
    """The versions of one text, the newest first; what leaves now is marked."""
    heads = (_("Version"), _("State"), _("Written by"), _("Approved by"), _("Approved"))
    rows = "".join(_version(each, portfolio) for each in lines)
    head = "".join(f"<th>{title}</th>" for title in heads)
    frame.markup(
        f'<div class="cw-card"><div class="cw-section">{_("Versions")}</div>'
        f'<table class="cw-table"><tr>{head}</tr>{rows}</table></div>'
    )


def _version(each: Listed, portfolio: Portfolio) -> str:
    whose = _("shipped") if each.shipped else _("own")
    used = f' <span class="cw-tag cw-good">{_("leaves now")}</span>' if each.used else ""
    moment = when(each.approved_at, portfolio.time_zone) if each.approved_at else "—"
    cells = (escape(each.author or "—"), escape(each.approver or "—"), moment)
    return (
        f"<tr><td>{each.version} · {whose}{used}</td><td>{_(STATES[each.state])}</td>"
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )


def placeholders() -> None:
    """All that may stand in a text."""
    parts = (
        (_("Placeholders"), {f"{{{{ {name} }}}}": says for name, says in PLACEHOLDERS.items()}),
        (
            _("Of each debt, inside the loop"),
            {"{% for debt in debts %} … {% endfor %}": _("All debts, one after another")}
            | {f"{{{{ debt.{name} }}}}": says for name, says in DEBT_FIELDS.items()},
        ),
        (_("Filters"), {f"| {name}": says for name, says in FILTER_WORDS.items()}),
        (_("Only if known"), {"{% if contact_phone %} … {% else %} … {% endif %}": _("Words that need a value")}),
    )
    cards = "".join(
        f'<div class="cw-card"><div class="cw-section">{title}</div><table class="cw-table">'
        + "".join(
            f"<tr><td><code>{escape(mark)}</code></td><td>{escape(_(says))}</td></tr>" for mark, says in rows.items()
        )
        + "</table></div>"
        for title, rows in parts
    )
    frame.markup(f'<div class="cw-grid">{cards}</div>')

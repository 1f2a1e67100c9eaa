"""A deal before it is done: each agent before and after, how even it comes out, what stays and why."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from models import DealWay
from workbench.queries.deal_figures import AgentChange, Evenness, Load
from workbench.queries.deal_previews import LeftOut, Preview
from workbench.rules.deal_requests import EVERYBODYS, UNFIT_LABELS, WHY_LABELS
from workbench.rules.deals import Spread
from workbench.rules.words import N_
from workbench.ui import frame, table_files
from workbench.ui.i18n import _, money, ngettext, number, percent

MEASURES = {"cases": N_("Cases"), "balance": N_("Balance"), "expected": N_("Expected money")}
LINKED = 12  # cases that stay, shown as links


def sums(found: Preview) -> None:
    """How much would change hands, in four figures."""
    stay = sum(each.cases for each in found.left_out)
    told = {
        _("Cases that change hands"): found.cases,
        _("Promises that go with them"): found.promises,
        _("Cases that stay"): stay,
        _("Agents who get some"): sum(each.given > 0 and each.user_id > 0 for each in found.agents),
    }
    pairs = "".join(f"<div><dt>{escape(name)}</dt><dd>{number(value)}</dd></div>" for name, value in told.items())
    frame.markup(f'<dl class="cw-heads cw-sums-of">{pairs}</dl>')


def show(found: Preview, *, key: str) -> None:
    """Each agent, how even it comes out, and what stays; nothing has been written yet."""
    _agents(found, key=key)
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        if found.asked.way is not DealWay.NOBODY:
            _evenness(found.spread)
    with right:
        _stays(found)


def _agents(found: Preview, *, key: str) -> None:
    agents = found.agents
    columns: dict[str, list[Any]] = {
        _("Agent"): [each.name or _(EVERYBODYS) for each in agents],
        _("Gets"): [each.given for each in agents],
    }
    parts: dict[str, Callable[[Load], str]] = {
        _("Cases"): lambda load: number(load.cases),
        _("Balance"): lambda load: _money(load, expected=False),
        _("Expected money"): lambda load: _money(load, expected=True),
        _("Promises due in 7 days"): lambda load: number(load.promises_due),
        _("Days late on average"): lambda load: _or_dash(load.average_age),
        _("Contacts left this week"): lambda load: _or_dash(load.contacts_left),
    }
    for name, say in parts.items():
        columns[name] = [_change(say(each.before), say(each.after)) for each in agents]
    columns[_("Cases")] = [_capped(told, each, found) for told, each in zip(columns[_("Cases")], agents, strict=True)]
    right: dict[Any, Any] = {name: st.column_config.TextColumn(alignment="right") for name in parts}
    right[_("Gets")] = st.column_config.NumberColumn(format="localized")
    st.dataframe(pd.DataFrame(columns), hide_index=True, width="stretch", column_config=right, key=f"{key}-agents")
    table_files.beside(f"{key}-agents", pd.DataFrame(columns))
    st.caption(_("Before → after. Contacts left this week: what the law and the portfolio still allow on these cases."))


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _capped(told: str, agent: AgentChange, found: Preview) -> str:
    """The cases of somebody, and that these are as many as they may own: then others get more."""
    cap = found.caps.get(agent.user_id)
    full = cap is not None and agent.given and agent.after.cases >= cap
    return f"{told} · {_('their most')}" if full else told


def _or_dash(value: float | None) -> str:
    return "—" if value is None else number(value)


def _money(load: Load, *, expected: bool) -> str:
    found = [(each.currency, Decimal(str(each.expected)) if expected else each.amount) for each in load.money]
    return " + ".join(money(amount.quantize(Decimal(1)), currency) for currency, amount in found if amount) or "0"


def _evenness(found: Iterable[Evenness]) -> None:
    """One line a measure: the least and the most of one person, before and after, and how much they vary."""
    heads = (_("How even"), _("Before"), _("After"), _("Of this deal"))
    head = "".join(f"<th{'' if not place else ' class=cw-num'}>{escape(each)}</th>" for place, each in enumerate(heads))
    body = "".join(
        f"<tr><td>{escape(_(MEASURES[each.measure]))}{f' ({each.currency})' if each.currency else ''}</td>"
        f'<td class="cw-num">{_span(each.before)}</td><td class="cw-num">{_span(each.after)}</td>'
        f'<td class="cw-num">{_span(each.given)}</td></tr>'
        for each in found
    )
    formula = _(
        "Least to most of one agent · variation = standard deviation ÷ mean, over those who get cases. 0 % is even."
    )
    frame.markup(
        f'<table class="cw-table cw-figures"><tr>{head}</tr>{body}</table><small class="cw-muted">{escape(formula)}</small>'
    )


def _span(found: Spread) -> str:
    least, most = number(found.least), number(found.most)
    return f"{least} - {most} · <b>{percent(found.variation)}</b>"


def _stays(found: Preview) -> None:
    if found.left_out:
        frame.markup(f'<p class="cw-section">{_("What stays, and why")}</p>{"".join(map(_left, found.left_out))}')
    if found.not_chosen and found.asked.way is not DealWay.NOBODY:
        names = "".join(
            f'<span class="cw-tag"><s>{escape(each.name)}</s> {escape(_(UNFIT_LABELS[each.why]))}</span> '
            for each in found.not_chosen
        )
        frame.markup(f'<p class="cw-section">{_("Who gets nothing")}</p><div class="cw-badges">{names}</div>')
    if not found.left_out and not found.not_chosen:
        st.caption(_("Nothing stays behind."))


def _left(each: LeftOut) -> str:
    links = " ".join(
        f'<a href="/search?case={case_id}" target="_blank">{case_id}</a>' for case_id in each.case_ids[:LINKED]
    )
    more = " …" if each.cases > LINKED else ""
    count = ngettext("{count} case", "{count} cases", each.cases, count=number(each.cases))
    return (
        f"<details><summary>{escape(_(WHY_LABELS[each.why]))}: <b>{escape(count)}</b></summary>"
        f'<p class="cw-muted">{links}{more}</p></details>'
    )

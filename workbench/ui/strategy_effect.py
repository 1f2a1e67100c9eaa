"""What a version has brought in since it was published, group by group, with the formula of every figure."""

from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from models import Portfolio, StrategyState
from workbench import db
from workbench.queries.strategies import Effect, Version, effects
from workbench.rules.access import Viewer
from workbench.rules.strategies import Arm, read_definition
from workbench.rules.strategy_effects import difference
from workbench.rules.words import N_
from workbench.ui import access, frame, table_files
from workbench.ui.i18n import _, day, money, number
from workbench.ui.strategy_ladder import told
from workbench.ui.strategy_words import ARMS


def show(who: Viewer, portfolio: Portfolio, versions: list[Version]) -> None:
    """The part “Effect” of the page."""
    published = {each.id: each for each in versions if each.state != StrategyState.DRAFT}
    if not published:
        frame.empty_state(_("Nothing to measure yet"), _("Publish a strategy first."))
        return
    chosen = st.selectbox(
        _("Version"),
        list(published),
        format_func=lambda each: told(published[each], portfolio.time_zone),
        key=f"effect-of-{portfolio.id}",
    )
    version, zone = published[chosen], ZoneInfo(portfolio.time_zone)
    end = version.retired_at or access.now()
    until = end.astimezone(zone).date()
    with st.spinner(_("Looking back…")), db.reading() as session:
        found = effects(session, who, version.id, on=until)
    assert version.published_at is not None
    since = version.published_at.astimezone(zone).date()
    st.caption(_("Payments after {since} until {until}", since=day(since), until=day(until)))
    names = {each.code: each.name for each in read_definition(version.definition).segments}
    frame.markup(_table(found, names, portfolio.currency))
    rows = [_row(each, names) for each in found]
    table_files.beside("strategy-effect", rows, portfolio_ids=[portfolio.id or 0], since=since, until=until)
    _formula()


def _row(each: Effect, names: dict[str, str]) -> dict[str, Any]:
    """A line of the file: figures as such, the recovery and the share that paid as fractions."""
    return {
        _("Segment"): names[each.segment],
        _("Group"): _(ARMS[each.arm]),
        _("Cases"): each.cases,
        _("Owed"): each.owed,
        _("Received"): each.received,
        _("Recovery"): each.recovery,
        _("Cases that paid"): each.paying,
        _("Share that paid"): each.paying_share,
    }


def _table(found: list[Effect], names: dict[str, str], currency: str) -> str:
    held_out = {each.segment: each for each in found if each.arm == Arm.HELD_OUT}
    figures = (_("Cases"), _("Owed"), _("Received"), _("Recovery"), _("Cases that paid"), _("Share that paid"))
    heads = _cells("th", (_("Segment"), _("Group")), figures, _("Against the held out"))
    rows = [
        _cells(
            "td",
            (names[each.segment], _(ARMS[each.arm])),
            (
                number(each.cases),
                money(each.owed, currency),
                money(each.received, currency),
                _share(each.recovery),
                number(each.paying),
                _share(each.paying_share),
            ),
            _against(each, held_out.get(each.segment)),
        )
        for each in found
    ]
    return f'<table class="cw-table cw-tally">{heads}{"".join(rows)}</table>'


def _cells(tag: str, words: tuple[str, ...], figures: tuple[str, ...], last: str) -> str:
    """A row: words, figures set to the right, and words again."""
    said = "".join(f"<{tag}>{escape(each)}</{tag}>" for each in words)
    counted = "".join(f'<{tag} class="cw-num">{escape(each)}</{tag}>' for each in figures)
    return f"<tr>{said}{counted}<{tag}>{escape(last)}</{tag}></tr>"


def _share(share: float | None) -> str:
    return "—" if share is None else f"{number(share * 100, decimals=1)} %"


def _against(effect: Effect, other: Effect | None) -> str:
    """The difference of the shares that paid, in points, with its interval; only a clear one is called so."""
    if other is None or effect.arm == Arm.HELD_OUT:
        return "—"
    found = difference(effect.paying, effect.cases, other.paying, other.cases)
    if found is None:
        return "—"
    low, middle, high = (f"{number(each * 100, decimals=1)}" for each in (found.low, found.share, found.high))
    said = _("{points} points ({low} to {high})", points=middle, low=low, high=high)
    return said if found.is_clear else _("{said}: may be chance", said=said)


LINES = (
    N_("Cases: those that owed something at the end of the day of publication, in the segment and group in which they were on that day. Paying takes nobody out."),
    N_("Owed: their balance at the end of that day, re-derived from the payments."),
    N_("Received: payments dated after that day; no credit notes, nothing that was reversed."),
    N_("Recovery = received ÷ owed. Share that paid = cases with a payment ÷ cases."),
    N_("Against the held out: difference of the shares that paid, with the 95 % interval of Agresti and Caffo (2000)."),
    N_("Risk and the judicial stage have no history: conditions on them are read as they are today."),
)  # fmt: skip


def _formula() -> None:
    with st.popover(_("Formula")):
        st.markdown("\n".join(f"* {_(line)}" for line in LINES))

"""What the law stopped on one day: how often by which rule, each attempt with its reason, and whether it was saved."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import partial
from html import escape
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from models import Portfolio
from workbench import db
from workbench.actions.exports import note_blocked_export
from workbench.queries.compliance import MOST, Blocked, blocked_on, place_of_portfolio
from workbench.queries.users import viewer
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_places import Place
from workbench.rules.law_words import CHANNELS
from workbench.ui import access, frame
from workbench.ui.compliance_words import cited, how_sure, rule_named, sentence, stored_reason
from workbench.ui.i18n import _, day, moment, ngettext, number
from workbench.ui.table_files import Kind, buttons, file_of


def show(who: Viewer, portfolio: Portfolio) -> None:
    """The part “Blocked today” of the page."""
    assert portfolio.id is not None
    today = access.now().astimezone(ZoneInfo(portfolio.time_zone)).date()
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    on = left.date_input(_("Day"), value=today, max_value=today, format="DD/MM/YYYY", key="blocked-on")
    with db.reading() as session:
        place = place_of_portfolio(session, who, portfolio.id)
        blocked = blocked_on(session, who, portfolio.id, on=on)
    if not blocked:
        frame.empty_state(
            _("Nothing was blocked on {day}", day=day(on)),
            _(
                "When somebody tries a contact that the law or the policy does not allow, it is kept here with its rule."
            ),
        )
        return
    with right, st.container(horizontal=True):
        _download(who, place, blocked, on)
    _tally(place, blocked)
    _attempts(who, place, blocked)


def _tally(place: Place, blocked: Sequence[Blocked]) -> None:
    """How often each rule said no."""
    counted = Counter((each.rule, cited(each.rule, each.law)) for each in blocked)
    rows = "".join(
        f'<tr><td class="cw-num">{number(times)}</td><td>{escape(sentence(rule_named(place, rule)) or rule)}</td>'
        f"<td>{escape(law)}</td></tr>"
        for (rule, law), times in counted.most_common()
    )
    head = f'<th class="cw-num">{_("Times")}</th><th>{_("Rule")}</th><th>{_("Law")}</th>'
    saved = sum(each.saved_by is not None for each in blocked)
    limit = f" · {_('only the latest are shown')}" if len(blocked) == MOST else ""
    told = ngettext("{n} contact blocked", "{n} contacts blocked", len(blocked))
    after = ngettext("{n} saved afterwards with a reason", "{n} saved afterwards with a reason", saved)
    frame.markup(
        f'<div class="cw-card"><p class="cw-muted">{told} · {after}{limit}</p>'
        f'<table class="cw-table cw-tally"><tr>{head}</tr>{rows}</table></div>'
    )


def _attempts(who: Viewer, place: Place, blocked: Sequence[Blocked]) -> None:
    opens = who.may(Permission.SEE_PERSONAL_DATA)
    rows = [_row(place, each) | ({_("Case"): f"/search?case={each.case_id}"} if opens else {}) for each in blocked]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height="content" if len(rows) < 12 else 480,
        column_config={_("Case"): st.column_config.LinkColumn(display_text=_("Open"))},
        key="blocked-attempts",
    )


def _row(place: Place, each: Blocked) -> dict[str, str]:
    reason = stored_reason(each.because, rule_named(place, each.rule), each.zone)
    return {
        _("When, there"): moment(each.at, each.zone),
        _("Who"): each.who or _("the system"),
        _("Debtor"): each.name or "•••",
        _("Reference"): each.reference,
        _("Channel"): _(CHANNELS[each.channel]),
        _("Why"): reason,
        _("Law"): cited(each.rule, each.law),
        _("Next lawful moment"): moment(each.next_allowed, each.zone)
        if each.next_allowed
        else _("Waiting does not change it."),
        _("Saved afterwards"): f"{each.saved_by}: {each.saved_reason}" if each.saved_by else "—",
    }


def _download(who: Viewer, place: Place, blocked: Sequence[Blocked], on: date) -> None:
    note = _("Personal data leaves the product: the audit keeps who took it.")
    buttons("blocked", partial(blocked_file, who.user_id, place, blocked, on), on=on, note=note)


def blocked_file(user_id: int, place: Place, blocked: Sequence[Blocked], on: date, kind: Kind = "csv") -> bytes:
    """The day's attempts as a file; that it was taken is noted, and the person asked for anew."""
    with db.transaction() as session:
        who = viewer(session, user_id)
        note_blocked_export(session, who, place.portfolio_id, on=on.isoformat(), rows=len(blocked), at=access.now())
    rows = [{_("When (UTC)"): f"{each.at:%Y-%m-%d %H:%M}"} | _row(place, each) | _codes(each) for each in blocked]
    return file_of(rows, kind)


def _codes(each: Blocked) -> dict[str, str]:
    return {_("Rule"): each.rule, _("Confidence"): how_sure(each.confidence), _("Law file version"): each.version}

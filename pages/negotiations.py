"""Negotiations: who has something to agree on, the most urgent and the most money first, one debtor at a time."""

from html import escape

import streamlit as st

from models import Queue, WorkState
from workbench import db
from workbench.queries.negotiations import Waits, case_why, negotiations
from workbench.rules.access import Permission, Viewer
from workbench.ui import access, answers, desk, frame
from workbench.ui.i18n import _, moment, money, ngettext
from workbench.ui.reasons import said

SHOWN = 25  # places of the queue that are told before one is taken


def state_of(each: Waits, zone: str) -> str:
    """What keeps a debtor from being taken now, if anything does."""
    if each.state == WorkState.CLAIMED:
        return _("with {name}", name=escape(each.holder or ""))
    if each.not_before:
        return _("from {moment}", moment=moment(each.not_before, zone))
    return _("for {name}", name=escape(each.reserved)) if each.reserved else _("ready")


def row_of(each: Waits, zone: str) -> str:
    """One place: who, why, the money in play, and whether they can be taken."""
    why = "<br>".join(escape(said(reason, each.currency)) for reason in each.why)
    return (
        f"<tr><td>{each.rank}</td><td>{escape(each.debtor)}</td><td>{why}</td>"
        f'<td class="cw-num">{money(each.balance, each.currency)}</td>'
        f'<td class="cw-num">{money(each.expected, each.currency)}</td><td class="cw-after">{state_of(each, zone)}</td></tr>'
    )


def waiting(found: list[Waits], zone: str) -> None:
    """The queue as it is handed out: by urgency, then by the money that is expected of it."""
    titles = {
        "#": "",
        _("Debtor"): "",
        _("Why here"): "",
        _("Balance"): "cw-num",
        _("Expected money in play"): "cw-num",
    }
    head = "".join(f'<th class="{look}">{title}</th>' for title, look in (titles | {_("State"): "cw-after"}).items())
    rows = "".join(row_of(each, zone) for each in found)
    frame.markup(f'<div class="cw-card"><table class="cw-table"><tr>{head}</tr>{rows}</table></div>')
    st.caption(
        _("Expected money in play = chance of staying unpaid × amount past due × chance of reaching the right person.")
    )


def start(who: Viewer, free: desk.Free) -> None:
    """Before one is taken: how many are ready, and the whole queue with its reasons."""
    desk.head(_("Negotiations"), who, free)
    ready = ngettext("{n} negotiation is ready.", "{n} negotiations are ready.", free.due.ready)
    desk.readiness(free, ready)
    answers.show(who)
    desk.take_button(free, Queue.NEGOTIATION)
    with db.reading() as session:
        found = negotiations(session, who, free.place.portfolio_id, at=access.now(), limit=SHOWN)
    if found:
        waiting(found, free.place.time_zone)


def why_here(who: Viewer, held: desk.InHand) -> str:
    """What is to be agreed on with the debtor in hand."""
    with db.reading() as session:
        why = case_why(session, who, held.card.case_id, at=access.now())
    lines = "".join(f"<li>{escape(said(reason, held.card.currency))}</li>" for reason in why)
    title = _("Why a negotiation")
    return f'<div class="cw-card cw-engaged"><div class="cw-section">{title}</div><ul class="cw-why">{lines}</ul></div>'


who = access.require(Permission.WORK_QUEUE)
found = desk.open_desk(who, Queue.NEGOTIATION)
if found is None:
    desk.no_team(_("Negotiations"), who)
elif isinstance(found, desk.Free):
    start(who, found)
else:
    desk.work(_("Negotiations"), who, found, Queue.NEGOTIATION, above=why_here(who, found))

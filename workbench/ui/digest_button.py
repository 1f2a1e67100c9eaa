"""A board by e-mail: how often, at which hour, what became of the last issues; for whoever looks, and nobody else."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from models import Board, Period
from workbench import db
from workbench.actions import digests
from workbench.queries.digests import Issue, Subscription, subscriptions
from workbench.queries.portfolios import visible_portfolios
from workbench.rules.digests import BOARDS, NEEDS
from workbench.rules.message_states import ENDED
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, frame, i18n
from workbench.ui.i18n import _, day
from workbench.ui.outbox_words import STATES

OFTEN = {
    Period.DAY: N_("every day, about the day before"),
    Period.WEEK: N_("on Mondays, about the week before"),
    Period.MONTH: N_("on the first, about the month before"),
}
MORNING = 7


def offer(board: Board, portfolio_ids: Sequence[int], *, team_id: int | None = None) -> None:
    """The button of a board's page; what is open is read only when it is pressed."""
    if portfolio_ids and st.button(_("By e-mail"), icon=":material/mail:", type="tertiary", key=f"digest-{board}"):
        i18n.use(access.visitor().language)
        title = _("“{board}” by e-mail", board=_(BOARDS[board]))
        st.dialog(title)(_show)(board, tuple(portfolio_ids), team_id)


def _show(board: Board, portfolio_ids: tuple[int, ...], team_id: int | None) -> None:
    """A dialog runs without its page: who looks is asked anew."""
    who = access.require(NEEDS[board])
    with db.reading() as session:
        mine = [each for each in subscriptions(session, who) if each.board == board]
        names = {each.id or 0: each.name for each in visible_portfolios(session, who)}
    frame.show_refused()
    for each in mine:
        _one(each, names)
    offered = [each for each in portfolio_ids if each in names]
    if not offered:
        return
    key = f"digest-{board}"
    chosen = st.selectbox(_("Portfolio"), offered, format_func=lambda each: names[each], key=f"{key}-portfolio")
    often, hour = st.columns([3, 1])
    often.selectbox(_("How often"), list(OFTEN), format_func=lambda each: _(OFTEN[each]), key=f"{key}-every")
    hour.number_input(_("Hour"), 0, 23, MORNING, help=_("In the portfolio's time zone"), key=f"{key}-hour")
    st.caption(_("It shows the figures as you may see them on the day it leaves, as a PDF."))
    st.button(_("Send it to me"), type="primary", on_click=_subscribe, args=(board, chosen, team_id), key=f"{key}-ask")


def _one(each: Subscription, names: dict[int, str]) -> None:
    with st.container(border=True, key=f"digest-of-{each.digest_id}"):
        said, end = st.columns([4, 1], vertical_alignment="center")
        told = f"{names[each.portfolio_id]} · {_(OFTEN[each.every])} · {each.hour:02d}:00 ({i18n.city(each.zone)})"
        said.markdown(told)
        end.button(_("End"), on_click=_unsubscribe, args=(each.digest_id,), key=f"digest-end-{each.digest_id}")
        frame.markup("".join(_issue(issue) for issue in each.issues))
        if each.issues and each.issues[0].state in ENDED:
            last = each.issues[0]
            again = _("Send the one of {date} again", date=day(last.on))
            st.button(again, on_click=_again, args=(last.issue_id,), key=f"digest-again-{last.issue_id}")


def _issue(issue: Issue) -> str:
    """What became of one; a provider's words stand as they came."""
    name, tone = STATES[issue.state]
    why = f" · {escape(_(issue.error))}" if issue.error else ""
    return (
        f'<p class="cw-muted">{escape(day(issue.on))} <span class="cw-badge {tone}">{escape(_(name))}</span>{why}</p>'
    )


def _subscribe(board: Board, portfolio_id: int, team_id: int | None) -> None:
    who, key = access.require(NEEDS[board]), f"digest-{board}"
    every, hour = st.session_state[f"{key}-every"], st.session_state[f"{key}-hour"]
    try:
        with db.transaction() as session:
            digests.subscribe(
                session, who, board, portfolio_id, every=every, hour=hour, team_id=team_id, at=access.now()
            )
    except Refused as refused:
        frame.say_refused(refused)


def _unsubscribe(digest_id: int) -> None:
    who = access.visitor()
    try:
        with db.transaction() as session:
            digests.unsubscribe(session, who, digest_id, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)


def _again(issue_id: int) -> None:
    who = access.visitor()
    try:
        with db.transaction() as session:
            digests.send_again(session, who, issue_id, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)

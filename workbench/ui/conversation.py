"""The conversation with a debtor on the card: theirs, ours with what became of it, and the box for an answer."""

from datetime import datetime
from html import escape
from uuid import uuid4

import streamlit as st

from models import Channel
from workbench import db
from workbench.actions import presences, replies_out, worklist
from workbench.queries.cases import CaseCard
from workbench.queries.conversations import Conversation, Line, Waiting, Way, conversation, waiting_replies
from workbench.rules.access import Permission, Viewer
from workbench.rules.briefings import Briefing
from workbench.rules.held import held_in_words
from workbench.rules.intents import Intent
from workbench.rules.law_reasons import in_words
from workbench.rules.law_words import CHANNELS
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import access, agreement_letter, frame
from workbench.ui import card as pieces
from workbench.ui.i18n import _, city, clock, day, language, moment, ngettext, when
from workbench.ui.outbox_words import STATES
from workbench.ui.reasons import reasons

LISTED = 8  # of those who wait, on the page where the next debtor is taken
SHORT = 160  # characters of their words there
INTENTS = {
    Intent.STOP: N_("asks for no more messages: stopped"),
    Intent.PAID: N_("says that it is paid: paused and in review"),
    Intent.DATE: N_("proposes a date"),
    Intent.WANTS_TO_PAY: N_("wants to pay"),
    Intent.UNKNOWN: N_("to be read"),
}


def show_case(who: Viewer, card: CaseCard, brief: Briefing, *, at: datetime, dials: bool) -> None:
    """Draws the case, and under its head the conversation where there is one; `dials` as in `card.whole_case`."""
    with db.reading() as session:
        found = conversation(session, who, card.case_id, at=at)
    if not found.lines:
        frame.markup(pieces.whole_case(card, brief, reasons(card), at=at, dials=dials))
        return
    frame.markup(pieces.head(card, brief, at=at))
    _show(who, card, found, at)
    frame.markup(pieces.body(card, brief, reasons(card), dials=dials))


def _show(who: Viewer, card: CaseCard, found: Conversation, at: datetime) -> None:
    """The thread, open where an answer is waited for or no more messages are wanted."""
    expanded = card.reply is not None or any(way.stopped for way in found.ways)
    title = ngettext("Messages ({n})", "Messages ({n})", len(found.lines))
    with st.expander(title, expanded=expanded, key=f"thread-{card.case_id}"):
        frame.markup(thread(found.lines, card.zone))
        for document_id, name in _letters(found.lines).items():
            agreement_letter.download(who, document_id, name, key=f"thread-letter-{document_id}")
        if who.may(Permission.WORK_QUEUE) and any(not line.ours for line in found.lines):
            _answer(card, found.ways, at)


def _letters(lines: tuple[Line, ...]) -> dict[int, str]:
    """The letters that went along, each once, by name."""
    return {line.document_id: line.document for line in lines if line.document_id and line.document}


def waiting_list(who: Viewer, portfolio_id: int) -> None:
    """Who of a portfolio waits for an answer, also where no call is lawful now; nothing when nobody does."""
    with db.reading() as session:
        found = waiting_replies(session, who, portfolio_id, most=LISTED)
    if not found:
        return
    st.markdown(f"**{_('Waiting for an answer')}**")
    for each in found:
        with st.container(horizontal=True, vertical_alignment="center", key=f"waiting-{each.case_id}"):
            frame.markup(_waiting_line(each))
            st.button(_("Take"), key=f"take-{each.case_id}", on_click=_take, args=(each.case_id,))


def _waiting_line(each: Waiting) -> str:
    told = f"{_(CHANNELS[each.channel])} · {moment(each.at, each.zone)}"
    words = each.text if len(each.text) <= SHORT else each.text[: SHORT - 1] + "…"
    return (
        f'<p><b>{escape(each.debtor)}</b> <span class="cw-muted">{escape(told)}</span> '
        f'<span class="cw-tag">{escape(_(INTENTS[each.intent]))}</span><br>{escape(words)}</p>'
    )


def _take(case_id: int) -> None:
    who = access.require(Permission.WORK_QUEUE)
    try:
        with db.transaction() as session:
            worklist.claim_case(session, who, case_id, at=access.now())
            presences.back_to_work(session, who, at=access.now())
    except Refused as refused:
        frame.say_refused(refused)


def thread(lines: tuple[Line, ...], zone: str) -> str:
    """The messages oldest first, on the debtor's clock."""
    head = _("Times in {city}", city=city(zone))
    told = "".join(_line(line, zone) for line in lines)
    return f'<p class="cw-muted">{escape(head)}</p><div class="cw-scroll cw-thread"><div>{told}</div></div>'


def _line(line: Line, zone: str) -> str:
    who = _("Debtor") if not line.ours else line.author or _("Automatic")
    said = f"<b>{escape(line.subject)}</b><br>" if line.subject else ""
    about = _state(line, zone) if line.ours else _reading(line)
    side = "cw-ours" if line.ours else "cw-theirs"
    return (
        f'<div class="cw-said {side}"><p class="cw-muted">{escape(who)} · {escape(_(CHANNELS[line.channel]))} · '
        f'{when(line.at, zone)}</p><p class="cw-note">{said}{escape(line.text)}</p><p>{about}</p></div>'
    )


def _state(line: Line, zone: str) -> str:
    if line.state is None:
        return ""
    name, tone = STATES[line.state]
    parts = [f'<span class="{tone}">{escape(_(name))}</span>']
    if line.delivered_at:
        parts.append(escape(_("delivered {time}", time=clock(line.delivered_at, zone))))
    if line.read_at:
        parts.append(escape(_("read {time}", time=clock(line.read_at, zone))))
    if line.held:
        parts.append(escape(held_in_words(line.held, language())))
    return f'<span class="cw-muted">{" · ".join(parts)}</span>'


def _reading(line: Line) -> str:
    if line.intent is None:
        return ""
    words = _(INTENTS[line.intent])
    if line.intent is Intent.DATE:
        words = _("proposes {date}", date=day(line.on)) if line.on else _("proposes a day that has to be asked")
    waits = f' · <b class="cw-warn">{escape(_("waits for an answer"))}</b>' if line.waits else ""
    return f'<span class="cw-tag">{escape(words)}</span>{waits}'


def _answer(card: CaseCard, ways: tuple[Way, ...], at: datetime) -> None:
    """The box for an answer on the channel written on last; whether it may leave is decided when it does."""
    if not ways:
        frame.markup(f'<p class="cw-muted">{_("There is no number or address to answer to.")}</p>')
        return
    by_channel = {way.channel: way for way in ways}
    chosen = st.segmented_control(
        _("Answer by"),
        list(by_channel),
        format_func=lambda channel: _(CHANNELS[channel]),
        default=ways[0].channel,
        required=True,
        key=f"answer-by-{card.case_id}",
    )
    way = by_channel[Channel(chosen)]
    frame.markup(
        f'<p class="{"cw-muted" if way.open and not way.stopped else "cw-warn"}">{escape(_may(way, card, at))}</p>'
    )
    if not way.open or way.stopped:
        return
    st.session_state.setdefault(_key(card), f"reply:{uuid4()}")
    # a form: the words and the click travel together, and neither can overtake the other
    with st.form(f"answer-{card.case_id}", border=False):
        st.text_area(_("Answer"), key=f"answer-text-{card.case_id}", height=90, max_chars=1000)
        key = f"answer-send-{card.case_id}"
        st.form_submit_button(_("Send the answer"), key=key, on_click=_send, args=(card, way.channel))


def _may(way: Way, card: CaseCard, at: datetime) -> str:
    """Whether and until when free words may be sent, and what the law says of now."""
    if way.stopped:
        return _("The debtor asked for no more messages here.")
    if not way.open:
        return _("More than 24 hours since the debtor wrote: only an approved template may be sent.")
    known = card.known.asking() if way.asked else card.known
    decision = card.law.judge(known, at, debt=str(card.case_id), channel=way.channel)
    if not decision.allowed:
        because = in_words(decision.because, decision.rule, language=language(), zone=card.zone)
        return _("The law does not allow a message now.") + f" {because}"
    if way.until:
        return _("Own words until {moment}; after that only an approved template.", moment=moment(way.until, card.zone))
    return _("Own words at any lawful time.")


def _key(card: CaseCard) -> str:
    return f"answer-key-{card.case_id}"


def _send(card: CaseCard, channel: Channel) -> None:
    who = access.require(Permission.WORK_QUEUE)
    state = st.session_state
    if _key(card) not in state:
        return  # the second click of two
    try:
        with db.transaction() as session:
            text = state.get(f"answer-text-{card.case_id}", "")
            replies_out.write_reply(session, who, card.case_id, channel, text, state[_key(card)], at=access.now())
    except Refused as refused:
        frame.say_refused(refused)
        return
    del state[_key(card)]
    state[f"answer-text-{card.case_id}"] = ""

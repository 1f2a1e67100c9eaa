"""One message in full: what left or would leave, to whom, why so, by which law, and everything that became of it."""

from collections.abc import Iterable
from html import escape

import streamlit as st

from models import Cause, Portfolio
from workbench import db
from workbench.queries.outbox import Detail, Told, message
from workbench.queries.outbox_previews import Preview, would_leave
from workbench.rules.access import Viewer
from workbench.rules.best_contact import chosen_in_words
from workbench.rules.held import held_in_words
from workbench.rules.law_words import CHANNELS
from workbench.rules.message_states import WAITING
from workbench.ui import access, agreement_letter, frame, i18n
from workbench.ui.compliance_words import cited, how_sure
from workbench.ui.i18n import _, day, moment, money, ngettext, number
from workbench.ui.outbox_words import (
    SOURCES,
    at_debtor,
    fallen_back,
    language_note,
    state_badge,
    state_name,
    step_of,
    why_held,
)
from workbench.ui.template_words import name_of


def show(who: Viewer, portfolio: Portfolio, message_id: int) -> Detail:
    """Draws the message; refused when the viewer may not see it."""
    with db.reading() as session:
        detail = message(session, who, message_id)
        waits = detail.line.state in WAITING and not detail.hidden
        preview = would_leave(session, who, message_id, at=access.now()) if waits else None
    if detail.line.portfolio_id != portfolio.id:
        st.caption(_("This message is of another portfolio."))
    frame.markup(f'<div class="cw-two"><div class="cw-card">{_letter(detail, preview)}</div>{_facts(detail)}</div>')
    if detail.document_id and detail.document:
        agreement_letter.download(who, detail.document_id, detail.document, key=f"letter-{message_id}")
    frame.markup(f'<div class="cw-card">{_events(detail)}</div>')
    return detail


def _letter(detail: Detail, preview: Preview | None) -> str:
    """The text with its address; what is not written yet says so."""
    line = detail.line
    known = (preview.to if preview else None) or detail.to
    to = escape(known) if known else "•••" if detail.hidden else escape(_("not chosen yet"))
    head = (
        f'<div class="cw-who"><span><b>{escape(line.name or "•••")}</b> <span class="cw-muted">{escape(line.reference)}</span>'
        f'<br><span class="cw-muted">{escape(_(CHANNELS[line.channel]))} → {to}</span></span>'
        f"<span>{state_badge(line)}</span></div>"
    )
    if detail.hidden:
        return (
            head + f'<p class="cw-muted">{escape(_("The text holds personal data: your role does not show it."))}</p>'
        )
    if preview:
        return head + _preview(preview)
    if detail.body is None:
        waits = _("The text is written when it leaves, with the debts of that moment.")
        said = waits if line.state in WAITING else _("It was never written: the message did not leave.")
        return head + f'<p class="cw-muted">{escape(said)}</p>'
    return head + _written(detail.subject, detail.body)


def _preview(preview: Preview) -> str:
    """What it would say now; or that it would not leave."""
    if preview.held or preview.body is None:
        why = held_in_words(preview.held, i18n.language())
        return f'<p class="cw-warn">{escape(_("It would be held back now: {why}", why=why))}</p>'
    said = [_("As it would leave now; the amounts are read again when it does.")]
    if preview.amount is not None and preview.currency:
        said.append(money(preview.amount, preview.currency))
    if preview.language_wanted:
        said.append(fallen_back(preview.language, preview.language_wanted))
    return f'<p class="cw-muted">{escape(" · ".join(said))}</p>{_written(preview.subject, preview.body)}'


def _written(subject: str | None, body: str) -> str:
    title = f"<p><b>{escape(subject)}</b></p>" if subject else ""
    return f'<div class="cw-letter">{title}<p class="cw-note">{escape(body)}</p></div>'


def _facts(detail: Detail) -> str:
    lines = [pair for pair in _pairs(detail) if pair[1]]
    told = "".join(
        f'<div class="cw-line"><span class="cw-muted">{escape(name)}</span><span>{escape(value)}</span></div>'
        for name, value in lines
    )
    return f'<div class="cw-card">{told}</div>'


def _pairs(detail: Detail) -> Iterable[tuple[str, str]]:
    line = detail.line
    yield _("Why held back"), why_held(line)
    yield _("Step or cause"), " · ".join(_planned(detail))
    yield (_("Left") if line.sent_at else _("Moment, there")), at_debtor(line)
    yield _("Not after"), moment(line.expires_at, line.zone) if line.state in WAITING else ""
    yield _("The law"), _decided(detail)
    yield _("Why this channel and hour"), _why_there(detail)
    yield _("If it cannot be"), ", ".join(_(CHANNELS[each]) for each in CHANNELS if each in detail.fallbacks)
    yield _("Amount"), money(detail.amount, detail.currency) if detail.amount is not None and detail.currency else ""
    yield _("Template"), _template(detail)
    yield _("Language"), language_note(line)
    yield _("Provider"), " · ".join(each for each in (line.provider, detail.provider_id) if each)
    yield _("Tries"), number(detail.tries) if detail.tries > 1 else ""
    yield _("Cost (USD)"), _cost(detail)


def _planned(detail: Detail) -> Iterable[str]:
    """The step, and by which version of the strategy in which segment it was planned."""
    yield step_of(detail.line)
    if detail.strategy_version is not None:
        yield _("strategy version {n}", n=detail.strategy_version)
        yield _("segment {name}", name=detail.segment_name or detail.segment or "—")
    if detail.anchor_on:
        yield _("for the due date {day}", day=day(detail.anchor_on))


def _why_there(detail: Detail) -> str:
    """A reply goes back where the debtor wrote: nothing was chosen for it."""
    if detail.line.cause is Cause.REPLY:
        return ""
    return " ".join(chosen_in_words(detail.chosen, detail.line.channel, i18n.language()))


def _decided(detail: Detail) -> str:
    """What the law said at the moment it left."""
    if not (decision := detail.decision):
        return ""
    said = _("allowed") if decision.get("allowed") else _("not allowed")
    rule = decision.get("rule")
    by = cited(rule, decision.get("law") or "") if rule else _("no rule stood against it")
    return " · ".join(part for part in (said, by, how_sure(decision.get("confidence"))) if part)


def _template(detail: Detail) -> str:
    code = detail.line.template_code
    if code is None:
        return _("an agent's own words")
    version = _("version {n}", n=detail.template_version) if detail.template_version else ""
    return " · ".join(each for each in (name_of(code), version) if each)


def _cost(detail: Detail) -> str:
    parts = ngettext("{n} SMS part", "{n} SMS parts", detail.segments) if detail.segments else ""
    cost = number(detail.line.cost, decimals=4) if detail.line.cost is not None else ""
    return " · ".join(each for each in (cost, parts) if each)


def _events(detail: Detail) -> str:
    zone = detail.line.zone
    rows = [f"<tr><td>{escape(moment(each.at, zone))}</td>{_told(each)}</tr>" for each in detail.events]
    head = f"<tr><th>{_('When, there')}</th><th>{_('State')}</th><th>{_('By')}</th><th>{_('Said')}</th></tr>"
    nothing = f'<p class="cw-muted">{escape(_("It was planned; nothing has become of it yet."))}</p>'
    body = f'<table class="cw-table">{head}{"".join(rows)}</table>' if rows else nothing
    return f'<h3 class="cw-section">{escape(_("What became of it"))}</h3>{body}'


def _told(each: Told) -> str:
    by = each.by or (_(SOURCES[each.source]) if each.source in SOURCES else each.source)
    said = " · ".join(f"{name}: {value}" for name, value in each.details.items() if value not in (None, ""))
    return f"<td>{escape(state_name(each.state))}</td><td>{escape(by)}</td><td>{escape(said)}</td>"

"""One request for approval as it is read: who asks what for whom, beyond which limits, and the case then and now."""

from datetime import datetime
from html import escape
from typing import Any

from workbench.queries.approvals import Request
from workbench.ui import frame
from workbench.ui.approval_words import (
    KINDS,
    context_table,
    countdown,
    decision_line,
    limits_table,
    state_words,
    terms_words,
)
from workbench.ui.i18n import _, moment


def waiting(request: Request, *, at: datetime) -> None:
    """A request that waits for a decision, whole."""
    title = _("{name} asks, {when}", name=request.asker, when=moment(request.asked_at, request.zone))
    left = (
        f'<div class="cw-section">{escape(_(KINDS[request.kind]))}</div>{terms(request, request.terms)}'
        f"{limits_table(request.exceeded, request.currency)}"
    )
    right = (
        f'<div class="cw-section">{escape(_("The case"))}</div>'
        f"{context_table(request.then, request.now, request.currency)}"
    )
    frame.markup(
        f'<div class="cw-who"><div><h2>{_debtor(request)}</h2>'
        f'<div class="cw-muted">{escape(request.reference)} · {escape(request.portfolio)}</div></div>'
        f'<div class="cw-owed">{countdown(request.expires_at, at)}</div></div>'
        f'<div class="cw-say"><b>{escape(title)}:</b> <span class="cw-note">{escape(request.reason)}</span></div>'
        f'<div class="cw-two cw-asked"><div>{left}</div><div>{right}</div></div>'
    )


def _debtor(request: Request) -> str:
    link = f'href="/search?case={request.case_id}" target="_self"'
    return f"<a {link}>{escape(request.debtor)}</a>"


def terms(request: Request, asked: Any) -> str:
    """The terms, the first piece large."""
    first, *rest = terms_words(request.kind, asked, request.currency)
    more = "".join(f'<div class="cw-muted">{escape(each)}</div>' for each in rest)
    return f"<div><b>{escape(first)}</b></div>{more}"


def line(request: Request, *, at: datetime) -> str:
    """A request in a few lines, for histories and for who asked: what was asked, what became of it."""
    asked = "; ".join(terms_words(request.kind, request.terms, request.currency)[:1])
    countered = ""
    if request.counter is not None:
        offer = "; ".join(terms_words(request.kind, request.counter, request.currency))
        countered = f"<div>{escape(_('Counter-offer'))}: <b>{escape(offer)}</b></div>"
    stands = f" · {countdown(request.expires_at, at)}" if request.stands else ""
    return (
        f"<div><b>{_debtor(request)}</b> "
        f'<span class="cw-muted">{escape(_(KINDS[request.kind]))}: {escape(asked)}</span> · {state_words(request)}{stands}</div>'
        f"{countered}{decision_line(request)}"
    )


def told(requests: list[Request]) -> None:
    """What became of earlier requests, the latest first."""
    rows = "".join(_row(each) for each in requests)
    heads = (_("Debtor"), _("What was asked"), _("Asked by"), _("State"), _("Decision"))
    head = "".join(f"<th>{title}</th>" for title in heads)
    frame.markup(f'<table class="cw-table"><tr>{head}</tr>{rows}</table>')


def _row(request: Request) -> str:
    asked = terms_words(request.kind, request.terms, request.currency)[0]
    counter = ""
    if request.counter is not None:
        offer = "; ".join(terms_words(request.kind, request.counter, request.currency))
        counter = f"<div>{escape(_('Counter-offer'))}: {escape(offer)}</div>"
    cells = (
        f"{_debtor(request)}<br><span class='cw-muted'>{escape(request.reference)}</span>",
        f"{escape(_(KINDS[request.kind]))}: {escape(asked)}{counter}",
        f"{escape(request.asker)}<br><span class='cw-muted'>{escape(moment(request.asked_at, request.zone))}</span>",
        state_words(request),
        decision_line(request) or "—",
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

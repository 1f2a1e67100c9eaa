"""The figures of channel effectiveness: each opens its formula, numerator, denominator and period."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

from models import Channel
from workbench.queries.effectiveness import Sums
from workbench.rules.law_words import CHANNELS
from workbench.rules.words import N_
from workbench.ui.card import formula
from workbench.ui.i18n import _, day, number

FEW = 30  # of fewer messages a share says little


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of messages: `top` ÷ `bottom`, and what to know of it."""

    title: str
    formula: str
    top: Callable[[Sums], int]
    bottom: Callable[[Sums], int]
    note: str = ""


FIGURES = {
    "arrived": Figure(
        N_("Delivered"),
        N_("messages that arrived ÷ messages that left"),
        lambda sums: sums.arrived,
        lambda sums: sums.left,
        N_("Arrived: the provider said so, or the debtor answered. E-mail has no receipts: sent and not bounced."),
    ),
    "read": Figure(
        N_("Read"),
        N_("messages read ÷ messages that arrived"),
        lambda sums: sums.read,
        lambda sums: sums.arrived,
        N_("Read: the provider said so, or the debtor answered. Only WhatsApp tells of reading."),
    ),
    "replied": Figure(
        N_("Replied"),
        N_("messages that the debtor answered ÷ messages that arrived"),
        lambda sums: sums.replied,
        lambda sums: sums.arrived,
    ),
    "paid": Figure(
        N_("Paid within 3 days"),
        N_("messages followed by a payment within three days ÷ messages that arrived"),
        lambda sums: sums.paid,
        lambda sums: sums.arrived,
        N_(
            "Paid: recorded after it left, dated from that day to the third after. One payment may follow several messages."
        ),
    ),
    "answered": Figure(
        N_("Effectiveness"),
        N_("messages replied to or paid within three days ÷ messages that arrived"),
        lambda sums: sums.answered,
        lambda sums: sums.arrived,
    ),
}


def channel_name(key: tuple[Channel, bool]) -> str:
    """A channel; what only the sandbox took is a line of its own and says so."""
    channel, sandbox = key
    return f"{_(CHANNELS[channel])} · {_('sandbox')}" if sandbox else _(CHANNELS[channel])


def table(
    head: str,
    lines: Mapping[Hashable, Sums],
    name_of: Callable[..., str],
    period: tuple[date, date],
    figures: Sequence[str] = tuple(FIGURES),
) -> str:
    """A line for each key with its messages and the figures asked for."""
    titles = "".join(f'<th class="cw-num">{escape(_(FIGURES[name].title))}</th>' for name in figures)
    rows = "".join(
        f"<tr><td>{escape(name_of(key))}</td><td class='cw-num'>{number(sums.left)}</td>"
        + "".join(f'<td class="cw-num">{_cell(FIGURES[name], sums, period)}</td>' for name in figures)
        + "</tr>"
        for key, sums in lines.items()
    )
    left = f'<th class="cw-num">{escape(_("Messages"))}</th>'
    return f'<table class="cw-table cw-figures"><tr><th>{escape(head)}</th>{left}{titles}</tr>{rows}</table>'


def rows_of(
    head: str, lines: Mapping[Hashable, Sums], name_of: Callable[..., str], figures: Sequence[str] = tuple(FIGURES)
) -> list[dict[str, Any]]:
    """The same lines for a file: a figure as a fraction, empty where nothing is said."""
    return [
        {head: name_of(key), _("Messages"): sums.left} | {_(FIGURES[name].title): _told(name, sums) for name in figures}
        for key, sums in lines.items()
    ]


def _told(name: str, sums: Sums) -> float | None:
    """A figure; a provider that never tells of reading is no debtor who never reads."""
    top, bottom = FIGURES[name].top(sums), FIGURES[name].bottom(sums)
    return top / bottom if bottom and (top or name != "read") else None


def _cell(figure: Figure, sums: Sums, period: tuple[date, date]) -> str:
    top, bottom = figure.top(sums), figure.bottom(sums)
    # a provider that never tells of reading is no debtor who never reads
    told = bottom and (top or figure is not FIGURES["read"])
    shown = share(top / bottom) if told else "—"
    few = f' <span class="cw-muted">{escape(_("few"))}</span>' if 0 < bottom < FEW else ""
    return formula(f"<b>{shown}</b>{few}", _said(figure, top, bottom, period))


def share(of: float) -> str:
    """A share with one decimal."""
    return f"{number(100 * of, decimals=1)} %"


def _said(figure: Figure, top: int, bottom: int, period: tuple[date, date]) -> str:
    counted = f"{number(top)} ÷ {number(bottom)}" + (f" = {share(top / bottom)}" if bottom else "")
    first, last = period
    when = _("Messages that left from {first} to {last}.", first=day(first), last=day(last))
    note = f"<br>{escape(_(figure.note))}" if figure.note else ""
    return f"<b>{escape(_(figure.formula))}</b><br>{counted}<br>{escape(when)}{note}"

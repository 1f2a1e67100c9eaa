"""The queues of the floor: how long work has waited, callbacks due, leases, and the lawful time left today."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape

from models import Queue
from workbench.queries.floor import Book
from workbench.queries.floor_queues import Lawful, Queues, Waiting
from workbench.rules.floors import WAITS, Wait
from workbench.rules.words import N_
from workbench.ui.floor_people import QUEUES, minutes
from workbench.ui.i18n import _, city, clock, ngettext, number, when

MOST = 12  # places told of; the rest hold the least work
DAYS_FROM = 2  # a wait is told in days from here on


WAITED = {
    Wait.ONE_HOUR: N_("under 1 h"),
    Wait.TWO_HOURS: N_("1 to 2 h"),
    Wait.FOUR_HOURS: N_("2 to 4 h"),
    Wait.EIGHT_HOURS: N_("4 to 8 h"),
    Wait.TODAY: N_("earlier today"),
    Wait.YESTERDAY: N_("yesterday"),
    Wait.DAYS: N_("2 to 6 days"),
    Wait.WEEK: N_("a week and more"),
}


def waiting(queues: Queues, books: Sequence[Book], at: datetime) -> str:
    """Each queue of each portfolio: what is ready by how long it waits, each number a way to its cases; the oldest; in hand."""
    by_id = {each.portfolio_id: each for each in books}
    shown = [each for each in queues.waiting if each.portfolio_id in by_id]
    titles = [_("Queue"), _("Ready"), *(_(label) for label in WAITED.values()), _("Oldest"), _("In hand")]
    looks = ["", *["cw-num"] * (len(titles) - 1)]
    head = "".join(f'<th class="{look}">{escape(title)}</th>' for title, look in zip(titles, looks, strict=True))
    rows = "".join(_queue(each, by_id[each.portfolio_id], at) for each in shown)
    note = _("Since its moment came, a night or somebody's deed put it there, or it was given back.")
    return (
        f'<div class="cw-card"><p class="cw-section">{_("What waits")}</p>{_oldest(shown, by_id, at)}'
        f'<table class="cw-table cw-waits" title="{escape(note)}"><tr>{head}</tr>{rows}</table></div>'
    )


def waited(since: datetime, at: datetime) -> str:
    """How long something has waited: `12 min`, `2 h 05 min`, from two days on in days."""
    days = (at - since) // timedelta(days=1)
    return ngettext("{n} day", "{n} days", days) if days >= DAYS_FROM else minutes(since, at)


def named(book: Book, queue: Queue) -> str:
    return f"{book.name} · {_(QUEUES[queue])}"


def _queue(each: Waiting, book: Book, at: datetime) -> str:
    ending = f' <span class="cw-warn">({_("{n} ending", n=each.ending)})</span>' if each.ending else ""
    places = [(None, each.ready), *zip(WAITS, each.by_wait, strict=True)]
    cells = "".join(f'<td class="cw-num">{_counted(each, wait, n)}</td>' for wait, n in places)
    oldest = waited(each.oldest, at) if each.oldest else "—"
    return (
        f'<tr><td>{escape(named(book, each.queue))}</td>{cells}<td class="cw-num">{oldest}</td>'
        f'<td class="cw-num">{number(each.held)}{ending}</td></tr>'
    )


def _counted(each: Waiting, wait: Wait | None, n: int) -> str:
    if not n:
        return '<span class="cw-muted">0</span>'
    return f'<a href="floor?waits={each.portfolio_id}.{each.queue}.{wait or "all"}">{number(n)}</a>'


def _oldest(shown: Sequence[Waiting], books: Mapping[int, Book], at: datetime) -> str:
    """The one that has waited longest, in words."""
    first = min((each for each in shown if each.oldest), key=lambda each: each.oldest or at, default=None)
    if first is None or first.oldest is None:
        return f"<p>{_('Nothing waits to be taken.')}</p>"
    book = books[first.portfolio_id]
    told = _(
        "The oldest has waited {long}, since {moment}: {queue}",
        long=waited(first.oldest, at),
        moment=when(first.oldest, book.zone),
        queue=named(book, first.queue),
    )
    return f"<p>{escape(told)}</p>"


def callbacks(queues: Queues) -> str:
    """Callbacks promised for the next hours, and those whose moment has passed."""
    overdue = ngettext("<b>{n}</b> overdue", "<b>{n}</b> overdue", queues.overdue_callbacks)
    told = [f'<span class="{"cw-bad" if queues.overdue_callbacks else ""}">{overdue}</span>']
    for hour, n in enumerate(queues.callbacks):
        said = _("in {n} h", n=hour + 1) if hour else _("within the hour")
        told.append(f"<span><b>{number(n)}</b> {escape(said)}</span>")
    return f'<p class="cw-section">{_("Callbacks")}</p><div class="cw-tally">{"".join(told)}</div>'


def lawful(queues: Queues, names: Mapping[int, str]) -> str:
    """Per place with ready work, the minutes of today in which its debtors may still be called."""
    rows = "".join(_place(each, names) for each in queues.lawful[:MOST])
    head = "".join(f"<th>{escape(title)}</th>" for title in (_("Zone"), _("Ready"), _("Lawful minutes left"), ""))
    return (
        f'<p class="cw-section">{_("Lawful time left today")}</p><table class="cw-table"><tr>{head}</tr>{rows}</table>'
    )


def _place(each: Lawful, names: Mapping[int, str]) -> str:
    until = ""
    if each.turns_at and each.open:
        until = _("until {time}", time=clock(each.turns_at, each.zone))
    elif each.turns_at:
        until = _("opens {moment}", moment=when(each.turns_at, each.zone))
    look = "cw-good" if each.open else "cw-bad"
    return (
        f"<tr><td>{each.country} · {escape(city(each.zone))} <span class='cw-muted'>{escape(names.get(each.portfolio_id, ''))}</span></td>"
        f"<td>{number(each.ready)}</td><td><b>{number(each.minutes)}</b></td><td class='{look}'>{escape(until)}</td></tr>"
    )

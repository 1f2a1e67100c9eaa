"""The queues of the floor: how long work has waited, callbacks due, leases, and the lawful time left today."""

from collections.abc import Mapping
from html import escape
from itertools import pairwise

from workbench.queries.floor_queues import Lawful, Queues
from workbench.rules.floors import AGES
from workbench.ui.floor_people import QUEUES
from workbench.ui.i18n import _, city, clock, ngettext, number, when

MOST = 12  # places told of; the rest hold the least work


def waiting(queues: Queues, names: Mapping[int, str]) -> str:
    """Each queue of each portfolio: ready, by how long, and in hand."""
    titles = [_("Queue"), _("Ready"), *_ages(), _("Morning's list"), _("In hand")]
    looks = ["", *["cw-num"] * (len(titles) - 1)]
    head = "".join(f'<th class="{look}">{escape(title)}</th>' for title, look in zip(titles, looks, strict=True))
    rows = ""
    for each in queues.waiting:
        name = f"{escape(names.get(each.portfolio_id, ''))} · {escape(_(QUEUES[each.queue]))}"
        counts = [each.ready, *each.by_age, each.of_the_morning, each.held]
        ending = f' <span class="cw-warn">({_("{n} ending", n=each.ending)})</span>' if each.ending else ""
        cells = "".join(f'<td class="cw-num">{number(n)}</td>' for n in counts[:-1])
        rows += f'<tr><td>{name}</td>{cells}<td class="cw-num">{number(counts[-1])}{ending}</td></tr>'
    return f'<div class="cw-card"><p class="cw-section">{_("What waits")}</p><table class="cw-table"><tr>{head}</tr>{rows}</table></div>'


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


def _ages() -> list[str]:
    told = [_("under {n} h", n=AGES[0])]
    told += [_("{low} to {high} h", low=low, high=high) for low, high in pairwise(AGES)]
    return [*told, _("over {n} h", n=AGES[-1])]

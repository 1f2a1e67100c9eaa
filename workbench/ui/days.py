"""The agent's day in figures, each with its formula, and why there is nothing to do."""

from datetime import datetime
from zoneinfo import ZoneInfo

from workbench.queries.claims import NextMoment
from workbench.queries.my_day import MyDay, Workplace
from workbench.rules.law_reasons import in_words
from workbench.ui import frame, law
from workbench.ui.card import formula
from workbench.ui.i18n import _, city, clock, language, moment, money, ngettext, when


def day_line(day: MyDay, zone: str, *, at: datetime) -> str:
    """What the agent has done since midnight in `zone`, the portfolio's; every figure opens its formula."""
    since = _("Yours in this portfolio since midnight in {city}.", city=city(zone))
    promised = f" · {money(day.promised, day.currency)}" if day.promised else ""
    figures = [
        (
            ngettext("<b>{n}</b> call", "<b>{n}</b> calls", day.attempts),
            _("Calls = saved outcomes that count as an attempt."),
        ),
        (
            ngettext("<b>{n}</b> right party", "<b>{n}</b> right parties", day.right_parties),
            _(
                "Right parties = saved outcomes in which the debtor spoke: {reached} of {contacts} contacts in {calls} calls.",
                reached=day.right_parties,
                contacts=day.contacts,
                calls=day.attempts,
            ),
        ),
        (
            ngettext("<b>{n}</b> promise", "<b>{n}</b> promises", day.promises) + promised,
            _("Promises = those taken in these calls, kept or not; the amount is their sum."),
        ),
    ]
    counts = [formula(figure, f"{said} {since}") for figure, said in figures]
    if day.next_callback_at:
        counts.append(_callback(day.next_callback_at, zone, at))
    return "".join(f"<span>{count}</span>" for count in counts)


def _callback(due: datetime, zone: str, at: datetime) -> str:
    """The hour of the next callback, with its day when that is not today; or since when it is overdue."""
    today = due.astimezone(ZoneInfo(zone)).date() == at.astimezone(ZoneInfo(zone)).date()
    time = clock(due, zone) if today else when(due, zone)
    return _("callback due since {time}", time=time) if due <= at else _("next callback {time}", time=time)


def nothing_due(moment_next: NextMoment, place: Workplace) -> None:
    """Says why no debtor can be taken, and when the next one can."""
    title = _("It is not the hour to call") if moment_next.because_of_hours else _("Nothing is due now")
    opens = (
        _("The next debtor can be called {moment}.", moment=moment(moment_next.at, place.time_zone))
        if moment_next.at
        else _("Nothing is planned in this portfolio. The next night builds the queue anew.")
    )
    frame.empty_state(
        title,
        *_shut(moment_next),
        opens,
        _(
            "Ready: {ready} · waiting for their hour: {waiting} · with other people: {working}",
            ready=moment_next.ready,
            waiting=moment_next.waiting,
            working=moment_next.working,
        ),
    )


def _shut(moment_next: NextMoment) -> list[str]:
    """Why nobody may be called now, by which article."""
    shut, zone = moment_next.shut, moment_next.zone
    if not (moment_next.because_of_hours and shut and zone):
        return []
    because = in_words(shut.because, shut.rule, language=language(), zone=zone)
    return [f"{because.rstrip('.')} · {law.cited(shut.rule)}" if shut.rule else because]

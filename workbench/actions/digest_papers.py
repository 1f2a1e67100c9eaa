"""What an issue of a digest says: the figures of the catalogue as its subscriber may see them on that day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlmodel import Session

from models import Board, Period
from workbench.queries.digests import Taken
from workbench.queries.kpis import Breakdown, By, Figure, Group, Scope, breakdown, figures, previous
from workbench.queries.nights import NotSent, Tally, change_tallies, not_sent, recent_nights
from workbench.rules.access import Viewer
from workbench.rules.digests import BOARDS, BY_AGENT, FIGURES, TREND, Line, Paper, Table, days_of, trend_begins
from workbench.rules.figure_words import CENTS_UNTIL, PERIODS, amount_words, change_words
from workbench.rules.held import not_sent_in_words
from workbench.rules.kpis import KPIS, Unit
from workbench.rules.money_words import money_words
from workbench.rules.number_words import day_words, number_words
from workbench.rules.reasons import KINDS, change_reason, in_words
from workbench.rules.words import N_, translate

_BY_PERIOD = {Period.DAY: By.DAY, Period.WEEK: By.WEEK, Period.MONTH: By.MONTH}
NIGHTS = 31  # as many as a month's digest may be about


def paper_of(session: Session, who: Viewer, issue: Taken, *, at: datetime) -> Paper:
    """One issue in its subscriber's language; raises `Refused` where they may not see what it is about."""
    language = issue.language
    scope = Scope((issue.portfolio_id,), *days_of(issue.every, issue.on), team_id=issue.team_id)
    former = previous(scope, issue.every)
    heads = (N_("Figure"), N_("Now"), N_("Before"), N_("Change"))
    tables = _tables(session, who, issue, scope, at)
    notes = [N_("It shows what its reader may see in the product on the day it leaves.")]
    if issue.board is Board.NIGHT and not tables:
        notes.append(N_("No night was finished for these days."))
    return Paper(
        language=language,
        title=f"{translate(BOARDS[issue.board], language)} · {issue.portfolio}",
        about=_about(issue, scope, former, at),
        heads=tuple(translate(each, language) for each in heads),  # type: ignore[arg-type]  # four, as above
        figures=_lines(session, who, issue, scope, former, at),
        tables=tables,
        notes=tuple(translate(each, language) for each in notes),
        page=translate(N_("Page {n} of {m}"), language),
    )


def days_in_words(from_on: date, to_on: date, language: str) -> str:
    """A day, or the first and the last of several."""
    if from_on == to_on:
        return day_words(from_on, language)
    first, last = day_words(from_on, language), day_words(to_on, language)
    return translate(N_("{first} to {last}"), language, first=first, last=last)


def _about(issue: Taken, scope: Scope, former: Scope, at: datetime) -> tuple[tuple[str, str], ...]:
    language = issue.language
    local = at.astimezone(ZoneInfo(issue.zone))
    made = {"date": day_words(local.date(), language), "time": f"{local:%H:%M}"}
    told = (
        (N_("Portfolio"), f"{issue.portfolio} ({issue.currency})"),
        (N_("Team"), issue.team or ""),
        (N_("Period"), f"{days_in_words(scope.from_on, scope.to_on, language)} · {_every(issue)}"),
        (N_("Compared with"), days_in_words(former.from_on, former.to_on, language) if FIGURES[issue.board] else ""),
        (N_("Time zone"), issue.zone),
        (N_("Made"), translate(N_("Made on {date} at {time}"), language, **made)),
    )
    return tuple((translate(name, language), said) for name, said in told if said)


def _every(issue: Taken) -> str:
    return translate(PERIODS[issue.every], issue.language)


def _lines(session: Session, who: Viewer, issue: Taken, scope: Scope, former: Scope, at: datetime) -> tuple[Line, ...]:
    names = FIGURES[issue.board]
    if not names:
        return ()
    now = figures(session, who, names, scope, at=at)
    before = figures(session, who, names, former, at=at)
    return tuple(_line(now[name], before[name], issue.language) for name in names)


def _line(now: Figure, before: Figure, language: str) -> Line:
    changed = change_words(now.kpi.unit, now.value, before.value, language)
    return Line(
        label=translate(now.kpi.label, language),
        value=_said(now, language),
        before=_said(before, language),
        change=changed[1] if changed else "",
        formula=translate(now.kpi.formula, language),
    )


def _said(figure: Figure, language: str) -> str:
    return amount_words(figure.kpi.unit, figure.value, figure.currency, language, short=True)


def _tables(session: Session, who: Viewer, issue: Taken, scope: Scope, at: datetime) -> tuple[Table, ...]:
    if issue.board is Board.NIGHT:
        return tuple(_nights(session, who, issue, scope))
    wide = replace(scope, from_on=trend_begins(issue.every, scope.from_on))
    over = breakdown(session, who, TREND[issue.board], wide, _BY_PERIOD[issue.every], at=at)
    made = [_table(N_("Over time"), over, issue.language)]
    if names := BY_AGENT.get(issue.board):
        made.append(_table(N_("By agent"), breakdown(session, who, names, scope, By.AGENT, at=at), issue.language))
    return tuple(each for each in made if each.rows)


def _table(title: str, found: Breakdown, language: str) -> Table:
    heads = [translate(KPIS[name].label, language) for name in found.names]
    columns = [_column([each.figures[name] for each in found.groups], language) for name in found.names]
    rows = tuple((_group(each, language), *said) for each, *said in zip(found.groups, *columns, strict=True))
    return Table(translate(title, language), ("", *heads), rows)


def _column(figures: Sequence[Figure], language: str) -> list[str]:
    """Figures under one another: where one amount is too large for its cents, none has them."""
    amounts = [Decimal(each.value) for each in figures if each.kpi.unit is Unit.MONEY and each.value is not None]
    large = any(abs(each) >= CENTS_UNTIL for each in amounts)
    return [_whole(each, language) if large else _said(each, language) for each in figures]


def _whole(figure: Figure, language: str) -> str:
    if figure.value is None or figure.currency is None:
        return _said(figure, language)
    return money_words(Decimal(figure.value), figure.currency, language, cents=False)


def _group(group: Group, language: str) -> str:
    if isinstance(group.key, date):
        return day_words(group.key, language)
    return group.label if group.named else translate(group.label, language)


def _nights(session: Session, who: Viewer, issue: Taken, scope: Scope) -> Sequence[Table]:
    """The nights after the days of the period: what each changed, by kind and reason."""
    language = issue.language
    heads = tuple(translate(each, language) for each in (N_("What changed"), N_("Cases")))
    made = []
    for night in recent_nights(session, who, limit=NIGHTS * max(1, len(who.portfolio_ids))):
        if night.portfolio_id != issue.portfolio_id or not scope.from_on < night.business_date <= issue.on:
            continue
        rows = [_changed(each, issue) for each in change_tallies(session, who, night)]
        rows += [_unsent(each, language) for each in not_sent(session, who, night)]
        nothing = (translate(N_("Nothing changed: no case came, left or moved."), language), "0")
        title = translate(N_("Night of {date}"), language, date=day_words(night.business_date, language))
        made.append(Table(title, heads, tuple(rows or [nothing])))
    return made


def _changed(tally: Tally, issue: Taken) -> tuple[str, str]:
    why = in_words(change_reason(tally.reason), issue.language, issue.currency)
    return f"{translate(KINDS[tally.kind], issue.language)}: {why}", number_words(tally.cases, issue.language)


def _unsent(tally: NotSent, language: str) -> tuple[str, str]:
    why = not_sent_in_words(tally.state, tally.code, language)
    return f"{translate(N_('Messages not sent'), language)}: {why}", number_words(tally.cases, language)

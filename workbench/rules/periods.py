"""Days, weeks, months and quarters as figures are compared: weeks begin on Monday (ISO 8601)."""

from datetime import date, timedelta

from models.targets import Period


def period_of(period: Period, on: date) -> tuple[date, date]:
    """The first and the last day of the period that a day lies in."""
    first = _first(period, on)
    return first, _next(period, first) - timedelta(days=1)


def before(period: Period, from_on: date, to_on: date) -> tuple[date, date]:
    """As many days of the period before: all of it when the days are a whole period, else its first ones."""
    first, last = period_of(period, from_on)
    former, end = period_of(period, first - timedelta(days=1))
    if from_on == first and to_on == last:
        return former, end
    begins = min(former + (from_on - first), end)
    return begins, min(begins + (to_on - from_on), max(end, begins))


def slices(period: Period, from_on: date, to_on: date) -> list[tuple[date, date]]:
    """The periods that some days lie in, in order, the first and the last cut to these days."""
    found, first = [], _first(period, from_on)
    while first <= to_on:
        after = _next(period, first)
        found.append((max(first, from_on), min(after - timedelta(days=1), to_on)))
        first = after
    return found


def _first(period: Period, on: date) -> date:
    if period is Period.WEEK:
        return on - timedelta(days=on.weekday())
    if period is Period.MONTH:
        return on.replace(day=1)
    return on.replace(month=(on.month - 1) // 3 * 3 + 1, day=1) if period is Period.QUARTER else on


def _next(period: Period, first: date) -> date:
    if period in (Period.DAY, Period.WEEK):
        return first + timedelta(days=1 if period is Period.DAY else 7)
    months = first.month - 1 + (1 if period is Period.MONTH else 3)
    return date(first.year + months // 12, months % 12 + 1, 1)

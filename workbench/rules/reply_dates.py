"""The day a debtor names in a reply: read only where one day and no other can be meant.

What several days could fit ("el próximo viernes", "8 días", a weekday named on that weekday) is found, but has no date.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

FAR = timedelta(days=180)  # a day and month without a year is not taken to be farther away than this
FARTHEST = timedelta(days=366)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "enero ene janeiro january jan", "febrero feb fevereiro february", "marzo marco march",
            "abril abr april apr", "mayo maio may", "junio jun junho june", "julio jul julho july",
            "agosto ago august aug", "septiembre setiembre sept sep set setembro september",
            "octubre oct outubro october", "noviembre nov novembro november", "diciembre dic dezembro dez december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        ("lunes monday", "martes tuesday", "miercoles wednesday", "jueves thursday", "viernes friday",
         "sabado saturday", "domingo sunday")
    )
    for name in names.split()
}  # fmt: skip
# alone they are ordinals in Spanish ("la segunda cuota"), so "feira" or a Portuguese reader is needed
_FEIRAS = {"segunda": 0, "terca": 1, "quarta": 2, "quinta": 3, "sexta": 4}
_NUMBERS = {
    "un": 1, "una": 1, "um": 1, "uma": 1, "a": 1, "one": 1, "dos": 2, "dois": 2, "duas": 2, "two": 2, "tres": 3,
    "three": 3, "cuatro": 4, "quatro": 4, "four": 4, "cinco": 5, "five": 5, "seis": 6, "six": 6, "siete": 7,
    "sete": 7, "seven": 7, "ocho": 8, "oito": 8, "eight": 8, "diez": 10, "dez": 10, "ten": 10, "quince": 15,
    "quinze": 15,
}  # fmt: skip
_IDIOMS = {8, 15}  # "en ocho días" is a week and "en quince días" two, or eight and fifteen days

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(_WEEKDAYS)
_NAMED_DAY = rf"(?:{_WEEKDAY})"
_NEXT = r"(?:que viene|que vem|proxim[oa]|entrante|siguiente|seguinte)"
_MORNING = re.compile(r"\b(?:(?:en|por|de|a) la manana|esta manana|de manha|in the morning)\b")  # not tomorrow
_NO_DAY = r"(?!\d|[/.,-]\d|%| ?(?:por ciento|mil|pesos|cuotas|meses|semanas|dias|usd|dolares|soles|reais|quetzales))"


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day was named: `on` none when several could be meant; `rest` is the text without its words."""

    on: date | None
    rest: str


@dataclass(frozen=True, slots=True)
class _Reader:
    today: date
    language: str


_Read = Callable[[re.Match[str], _Reader], date | None]


def named_day(text: str, today: date, *, language: str) -> NamedDay | None:
    """The one day that a folded text names, seen from `today`; none when it names none at all."""
    reader, found, rest = _Reader(today, language), list[date | None](), _MORNING.sub(" ", text)
    for pattern, read in _READINGS:
        rest = pattern.sub(lambda match, read=read: _noted(found, read(match, reader)), rest)  # type: ignore[misc]
    rest, weekdays = _weekdays(rest, language)
    if not found and not weekdays:
        return None
    return NamedDay(_agreed(found, weekdays, today), " ".join(rest.split()))


def _noted(found: list[date | None], on: date | None) -> str:
    found.append(on)
    return " # "


def _weekdays(text: str, language: str) -> tuple[str, set[int]]:
    found = set()

    def note(match: re.Match[str]) -> str:
        found.add((_WEEKDAYS | _FEIRAS)[match[1]])
        return " # "

    text = re.sub(rf"\b({'|'.join(_FEIRAS)})[ -]feira\b", note, text)
    text = re.sub(rf"\b({_WEEKDAY})\b", note, text)
    if language == "pt":
        text = re.sub(rf"\b({'|'.join(_FEIRAS)})\b", note, text)
    return text, found


def _agreed(found: list[date | None], weekdays: set[int], today: date) -> date | None:
    """The one day on which everything that was named agrees."""
    if len(set(found)) > 1 or len(weekdays) > 1:
        return None
    if not found:
        (weekday,) = weekdays
        ahead = (weekday - today.weekday()) % 7
        return today + timedelta(days=ahead) if ahead else None  # named on that very weekday: today, or in a week?
    on = found[0]
    return on if on and weekdays <= {on.weekday()} else None


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _soon(on: date | None, today: date) -> date | None:
    return on if on and today <= on <= today + FARTHEST else None


def _without_year(day: int, month: int, today: date) -> date | None:
    """The day and month in this year, or the next where that is soon."""
    this, following = _made(today.year, month, day), _made(today.year + 1, month, day)
    on = this if this and this >= today else following
    return on if on and on <= today + FAR else None


def _full(day: str, month: int, year: str | None, today: date) -> date | None:
    if not year:
        return _without_year(int(day), month, today)
    return _soon(_made(int(year) + (2000 if len(year) == 2 else 0), month, int(day)), today)  # 26


def _iso(match: re.Match[str], reader: _Reader) -> date | None:
    return _soon(_made(int(match[1]), int(match[2]), int(match[3])), reader.today)


def _numeric(match: re.Match[str], reader: _Reader) -> date | None:
    """Day and month; English writers put either first, so both must be the same day or only one be possible."""
    first, second, year = match[1], match[2], match.groupdict().get("year")
    day_first = _full(first, int(second), year, reader.today) if int(second) in range(1, 13) else None
    if reader.language != "en" or first == second:
        return day_first
    if int(second) in range(1, 13) and int(first) in range(1, 13):
        return None
    return day_first or (_full(second, int(first), year, reader.today) if int(first) in range(1, 13) else None)


def _day_month(match: re.Match[str], reader: _Reader) -> date | None:
    day = match["day"]
    return _full("1" if day.startswith("primero") else day, _MONTHS[match["month"]], match["year"], reader.today)


def _in_days(match: re.Match[str], reader: _Reader) -> date | None:
    number = int(match[1]) if match[1].isdigit() else _NUMBERS[match[1]]
    weeks = match[2].startswith(("sem", "week"))
    if number in _IDIOMS and match[2] == "dias":
        return None
    days = number * (7 if weeks else 1)
    return _soon(reader.today + timedelta(days=days), reader.today) if days <= FARTHEST.days else None


def _end_of_month(match: re.Match[str], reader: _Reader) -> date | None:
    today, month = reader.today, match["month"]
    if not month:
        return today.replace(day=monthrange(today.year, today.month)[1])
    last = monthrange(today.year, _MONTHS[month])[1]
    return _without_year(last, _MONTHS[month], today)


def _quincena(_match: re.Match[str], reader: _Reader) -> date | None:
    """Pay day is the 15th and the last of the month; on one of them it is this one or the next."""
    today = reader.today
    last = monthrange(today.year, today.month)[1]
    if today.day in {15, last}:
        return None
    return today.replace(day=15 if today.day < 15 else last)  # the day the name comes from


def _day_of_month(match: re.Match[str], reader: _Reader) -> date | None:
    """The next such day; none where this month, or the next, has no such day."""
    today, day = reader.today, int(next(filter(None, match.groups()), 1))
    if day >= today.day:
        return _made(today.year, today.month, day)
    year, month = (today.year, today.month + 1) if today.month < 12 else (today.year + 1, 1)
    return _made(year, month, day)


def _ahead(days: int) -> _Read:
    return lambda _match, reader: reader.today + timedelta(days=days)


def _several(_match: re.Match[str], _reader: _Reader) -> date | None:
    """Several days could be meant."""
    return None


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{text})")


_BESIDE = "|".join(f"(?<={name} )" for name in _WEEKDAYS)  # "viernes 27"
_D = r"(0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_OF_YEAR = r"(?:,? (?:de |del )?(?P<year>20\d\d))?\b"
# in this order: each takes its words away from the ones after it
_READINGS: tuple[tuple[re.Pattern[str], _Read], ...] = (
    (_pattern(r"(20\d\d)-(\d{1,2})-(\d{1,2})\b"), _iso),
    (_pattern(rf"{_D}[/.-](\d{{1,2}})[/.-]{_YEAR}\b(?!%)"), _numeric),
    (_pattern(rf"{_D}[/-](\d{{1,2}})(?![\d%]|[/.,-]\d)"), _numeric),
    (_pattern(rf"(?P<day>\d{{1,2}}|primero)(?:ro|er|ero|o|st|nd|rd|th)? (?:de |of |del mes de )?(?P<month>{_MONTH}){_OF_YEAR}"),
     _day_month),
    (_pattern(rf"(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_OF_YEAR}"), _day_month),
    (_pattern(rf"(?:de )?(?:hoy|manana|{_NAMED_DAY}) en (?:8|ocho|15|quince)\b"), _several),
    (_pattern(rf"(?:en|dentro de|em|daqui a|in|within) (\d{{1,3}}|{'|'.join(_NUMBERS)}) (dias?|semanas?|days?|weeks?)\b"),
     _in_days),
    (_pattern(rf"(?:\d{{1,2}} )?(?:de|del|do) (?:el )?(?:proximo mes|mes {_NEXT}|otro mes)\b"), _several),
    (_pattern(rf"(?:fin|fines|final|finales|ultimo dia) (?:de|del|do) (?:proximo mes|mes {_NEXT}|otro mes)\b"), _several),
    (_pattern(r"fin(?:al|es|ales)? de (?:la |esta )?(?:semana|ano)\b|(?:el |the )?weekend\b"), _several),
    (_pattern(rf"(?:fin|fines|final|finales|ultimo dia|ultimo) (?:de|del|do) (?:este )?(?:mes\b(?: de )?|(?={_MONTH}))"
              rf"(?:(?P<month>{_MONTH})\b)?"), _end_of_month),
    (_pattern(rf"end of (?:the |this )?(?:month\b(?: of )?|(?={_MONTH}))(?:(?P<month>{_MONTH})\b)?"), _end_of_month),
    (_pattern(rf"(?:proxim[oa]s?|otr[oa]|next) (?:{_NAMED_DAY}|semana|mes|quincena|dias|week|month|days)\b"), _several),
    (_pattern(rf"(?:{_NAMED_DAY}|(?:la )?semana|mes|quincena) {_NEXT}\b"), _several),
    (_pattern(r"(?:principios?|inicios?|comienzos?|mediados?) (?:de|del) (?:mes|ano|semana)\b"), _several),
    (_pattern(r"(?:esta|la|this|essa) (?:semana|week)\b|(?:este|this|esse) (?:mes|month)\b"), _several),
    (_pattern(r"(?:primera|segunda) quincena\b"), _several),
    (_pattern(r"pasado manana\b|depois de amanha\b|(?:the )?day after tomorrow\b"), _ahead(2)),
    (_pattern(r"(?:el dia de )?manana\b|amanha\b|tomorrow\b"), _ahead(1)),
    (_pattern(r"(?:el dia de )?hoy\b|hoje\b|today\b"), _ahead(0)),
    (_pattern(r"quincena\b"), _quincena),
    (_pattern(rf"(?:el|al|del|este|no dia|dia|ate|the|o) (?:dia )?{_D}{_NO_DAY}(?:ro|ero|th|st|nd|rd)?\b(?: (?:de|del) (?:este mes|mes|presente))?"
              rf"|{_D}(?:st|nd|rd|th)\b|(?:{_BESIDE}){_D}\b{_NO_DAY}|el primero\b"), _day_of_month),
    (_pattern(rf"(?:en|in|em|de|para) (?:{_MONTH})\b"), _several),
)  # fmt: skip

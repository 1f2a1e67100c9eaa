"""A column of date texts -> dates; the format is decided for the whole column, never cell by cell."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.rules.intake.files import DATE
from workbench.rules.intake.findings import Question
from workbench.rules.intake.mappings import DateOrder
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

Days = npt.NDArray[np.datetime64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DateColumn:
    """Days (NaT where empty or bad), which cells are no dates, the order used, and what only a person can say."""

    days: Days
    bad: Mask
    order: DateOrder | None = None
    questions: list[Question] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Read:
    """One distinct text: a sure day, or two numbers and a year whose order the column decides."""

    day: date | None = None
    first: int = 0
    second: int = 0
    year: int = 0
    bad: bool = False
    destroyed: bool = False

    @property
    def undecided(self) -> bool:
        return self.year > 0


_TIME = re.compile(
    r"[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*[ap]\.?\s?m\.?)?(?:\s*(?:Z|UTC|[+-]\d\d:?\d\d))?$", re.IGNORECASE
)
_DESTROYED = re.compile(r"^\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?$")
_YEAR_FIRST = re.compile(r"^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})$")
_YEAR_LAST = re.compile(r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})$")
_COMPACT = re.compile(r"^(\d{8})(?:[.,]0+)?$")
_SERIAL = re.compile(r"^(\d{5})(?:[.,]\d+)?$")
_WORD_MIDDLE = re.compile(
    r"^(\d{1,2})(?:[-/. ]|\s+de\s+)+([a-zé]{3,10})\.?(?:[-/., ]|\s+del?\s+)+(\d{4}|\d{2})$", re.IGNORECASE
)
_WORD_FIRST = re.compile(r"^([a-zé]{3,10})\.?[-/. ]+(\d{1,2})[-/., ]+(\d{4}|\d{2})$", re.IGNORECASE)
_NOTHING = re.compile(r"^(?:0+|[0/\- .]+|0?0/01/1900|1900-01-0[01]|1899-12-3[01]|sin fecha|s/f)$", re.IGNORECASE)
_MONTHS = {
    name: i
    for i, names in enumerate(
        (
            "ene jan",
            "feb fev",
            "mar",
            "abr apr",
            "may mai",
            "jun",
            "jul",
            "ago aug",
            "sep set",
            "oct out",
            "nov",
            "dic dec dez",
        ),
        1,
    )
    for name in names.split()
}
_EXCEL_ZERO = date(1899, 12, 30)


def read_dates(
    texts: pd.Series,
    kinds: npt.NDArray[np.int8],
    *,
    name: str,
    header: str,
    order: DateOrder | None = None,
    swapped: bool | None = None,
) -> DateColumn:
    """Return the days of a column of texts (`kinds` marks the workbook's real dates).

    `order` and `swapped` are a person's answers; without them evidence over the column decides, or a question is left.
    Raises `Refused` when Excel has destroyed the column, or when nothing in it is a date.
    """
    codes, distinct = pd.factorize(texts)
    reads = [_read(str(text)) for text in distinct]
    _refuse_destroyed(codes, reads, header)
    chosen, questions = _decide(reads, order, name, header)
    days = np.array(
        [_day(read, chosen) for read in reads] + [None], dtype="datetime64[D]"
    )  # the last one is for code -1
    wrong = np.array([read.bad or (read.undecided and _day(read, chosen) is None) for read in reads] + [False])
    column, bad = days[codes], wrong[codes]
    _refuse_dateless(texts, column, bad, header)
    real = (kinds == DATE) | np.array([bool(_YEAR_FIRST.match(_TIME.sub("", str(t)))) for t in distinct] + [False])[
        codes
    ]
    asked = _swap_question(
        column, real & ~np.isnat(column), [r for r in reads if r.undecided], chosen, name=name, header=header
    )
    if asked and swapped is None:
        questions.append(asked)
    if swapped:
        column = np.where(real, _swap(column), column)
    return DateColumn(column, bad, chosen, questions)


def _read(text: str) -> _Read:  # noqa: PLR0911 - one return per way of writing a date
    if _DESTROYED.match(text):
        return _Read(bad=True, destroyed=True)
    text = _TIME.sub("", text).strip()
    if _NOTHING.match(text):
        return _Read()
    if match := _YEAR_FIRST.match(text):
        return _sure(*map(int, match.groups()))
    if match := _YEAR_LAST.match(text):
        return _Read(None, int(match[1]), int(match[2]), _full_year(match[3]))
    if match := _COMPACT.match(text):
        return _compact(match[1])
    if match := _WORD_MIDDLE.match(text):
        return _sure(_full_year(match[3]), _month(match[2]), int(match[1]))
    if match := _WORD_FIRST.match(text):
        return _sure(_full_year(match[3]), _month(match[1]), int(match[2]))
    if (match := _SERIAL.match(text)) and 20_000 <= int(match[1]) <= 73_050:  # 1954 to 2099
        return _Read(_EXCEL_ZERO + timedelta(days=int(match[1])))
    return _Read(bad=True)


def _compact(digits: str) -> _Read:
    read = _sure(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if read.bad and 1950 <= int(digits[4:]) <= 2100:
        return _Read(None, int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    return read


def _sure(year: int, month: int, day: int) -> _Read:
    made = _made(year, month, day)
    return _Read(made, bad=made is None)


def _made(year: int, month: int, day: int) -> date | None:
    if not 1950 <= year <= 2100:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full_year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _month(word: str) -> int:
    return _MONTHS.get(word[:3].lower(), 0)


def _day(read: _Read, order: DateOrder | None) -> date | None:
    if not read.undecided:
        return read.day
    if order is DateOrder.MDY:
        return _made(read.year, read.first, read.second)
    if order is DateOrder.YMD:  # 19/02/20: the "year" is the day
        return _made(_full_year(f"{read.first:02}"), read.second, read.year % 100)
    return _made(read.year, read.second, read.first)


def _decide(
    reads: list[_Read], told: DateOrder | None, name: str, header: str
) -> tuple[DateOrder | None, list[Question]]:
    """Return the order of the column: as told, or the only one its values allow; until answered, day first."""
    open_ = [read for read in reads if read.undecided]
    if told or not open_:
        return told, []
    day_first = any(read.first > 12 for read in open_)
    month_first = any(read.second > 12 for read in open_)
    if day_first != month_first:
        return (DateOrder.DMY if day_first else DateOrder.MDY), []
    if not day_first and all(read.first == read.second for read in open_):
        return DateOrder.DMY, []
    answers = {order.value: _range([_day(read, order) for read in open_]) for order in (DateOrder.DMY, DateOrder.MDY)}
    values: dict[str, object] = {
        "column": header,
        "example": f"{open_[0].first:02}/{open_[0].second:02}/{open_[0].year}",
    }
    if day_first:
        because = N_(
            "The column “{column}” mixes dates written day first and dates written month first. Which one is right? The others will be refused."
        )
    else:
        because = N_(
            "In the column “{column}” no date shows whether the day or the month comes first (for example {example}). Which is it?"
        )
    return DateOrder.DMY, [Question(f"date_format.{name}", header, because, values, answers)]


def _refuse_destroyed(codes: npt.NDArray[np.intp], reads: list[_Read], header: str) -> None:
    destroyed = np.array([read.destroyed for read in reads] + [False])[codes]
    filled = int((codes >= 0).sum())
    if destroyed.sum() * 10 >= max(filled, 1):
        raise Refused(
            "Excel has destroyed the dates of the column “{column}”: {count} of {total} cells show only a time, like 00:00.0, and the day is lost. "
            "Ask for the file again as it left the source system, without opening it in Excel, or leave this column out.",
            column=header,
            count=int(destroyed.sum()),
            total=filled,
        )


def _refuse_dateless(texts: pd.Series, column: Days, bad: Mask, header: str) -> None:
    if bad.sum() > 2 and np.isnat(column).all():
        example = str(texts.iloc[int(np.flatnonzero(bad)[0])])
        raise Refused(
            "Nothing in the column “{column}” is a date (the first cell says “{value}”). Choose another column for it.",
            column=header,
            value=example,
        )


def _swap_question(
    column: Days, real: Mask, texts: list[_Read], order: DateOrder | None, *, name: str, header: str
) -> Question | None:
    """Ask when Excel has read a text day/month as month/day: its real dates all have days up to 12, the texts do not."""
    if not texts or not real.any():
        return None
    dates = np.unique(column[real])
    written = [day for day in (_day(read, order) for read in texts) if day]
    if len(dates) < 3 or (_day_of(dates) > 12).any() or not any(day.day > 12 for day in written):
        return None
    because = N_(
        "In the column “{column}”, {count} cells are Excel dates and none of them falls after the 12th of a month, while the cells that stayed text do: "
        "Excel has probably swapped day and month. As they stand they run from {as_is}; swapped, from {swapped}. Swap them?"
    )
    as_is, swapped = _range(list(dates.astype(object))), _range(list(_swap(dates).astype(object)))
    values: dict[str, object] = {"column": header, "count": int(real.sum()), "as_is": as_is, "swapped": swapped}
    return Question(f"swapped.{name}", header, because, values, {"yes": swapped, "no": as_is}, suggested="yes")


def _day_of(days: Days) -> npt.NDArray[np.int64]:
    return np.asarray((days - days.astype("datetime64[M]")).astype(np.int64) + 1)


def _swap(days: Days) -> Days:
    """Return the days with day and month exchanged, where that is a date."""
    day, month = _day_of(days), days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    possible = ~np.isnat(days) & (day <= 12)
    months = days.astype("datetime64[Y]").astype("datetime64[M]") + np.where(possible, day - 1, 0).astype(
        "timedelta64[M]"
    )
    return np.where(
        possible, months.astype("datetime64[D]") + np.where(possible, month - 1, 0).astype("timedelta64[D]"), days
    )


def _range(days: list[date | None]) -> str:
    real = [day for day in days if day]
    return f"{min(real)} → {max(real)}" if real else "?"

"""The reader's language: texts, money, dates and times as that reader writes them."""

from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st
from babel import Locale, dates

from workbench.rules.money_words import money_words
from workbench.rules.number_words import day_words, locale_of, number_words, percent_words
from workbench.rules.refusals import Refused
from workbench.rules.words import DEFAULT, translate, translate_plural

_spoken: ContextVar[str | None] = ContextVar("language", default=None)


def use(language: str) -> None:
    """Says which language this browser session reads, from now on and in its callbacks."""
    _spoken.set(language)
    st.session_state["language"] = language


def language() -> str:
    """The language being read: the script run's, or the session's in a callback that runs before the script."""
    return _spoken.get() or st.session_state.get("language") or DEFAULT


def _(msgid: str, /, **values: Any) -> str:
    """`msgid` in the reader's language, its `{named}` places filled."""
    return translate(msgid, language(), **values)


def ngettext(singular: str, plural: str, n: int, /, **values: Any) -> str:
    """The form of the text that fits `n`, in the reader's language and with its separators."""
    return translate_plural(singular, plural, n, language(), **{"n": number(n)} | values)


def refusal(refused: Refused) -> str:
    """Why something was refused, in the reader's language."""
    return translate(refused.because, language(), **{name: _written(value) for name, value in refused.values.items()})


def money(amount: Decimal, currency: str) -> str:
    """An amount with its ISO currency and as many decimals as that currency has: `1,250.00 MXN`, `45.990 CLP`."""
    return money_words(amount, currency, language())


def bare_money(amount: float | Decimal, *, currency: str, cents: bool = True) -> str:
    """An amount without the name of its currency, for columns that say it in their head."""
    return money_words(amount, currency, language(), cents=cents, named=False)


def number(value: float | Decimal, *, decimals: int = 0) -> str:
    """A plain number with the reader's separators."""
    return number_words(value, language(), decimals=decimals)


def whole_money(amount: Decimal, currency: str) -> str:
    """An amount without its cents, for places where they would only be in the way: `1,250 MXN`."""
    return money_words(amount, currency, language(), cents=False)


def percent(share: float, *, decimals: int = 0) -> str:
    """A share between 0 and 1 as a percentage, whole unless `decimals` are asked for."""
    return percent_words(share, language(), decimals=decimals)


def day(on: date) -> str:
    """A date with its month in letters, which no reader can swap with the day."""
    return day_words(on, language())


def weekday(on: date) -> str:
    """A date near enough that its weekday helps: `vie 20 nov`."""
    return dates.format_date(on, "EEE d MMM", locale=_locale())


def clock(at: datetime, zone: str) -> str:
    """The time of day in `zone`, unnamed: for places that name the zone once."""
    return dates.format_time(at, "HH:mm", tzinfo=ZoneInfo(zone), locale=_locale())


def when(at: datetime, zone: str) -> str:
    """A date and time of day in `zone`, unnamed: for lists that name the zone once."""
    return f"{weekday(at.astimezone(ZoneInfo(zone)).date())} {clock(at, zone)}"


def moment(at: datetime, zone: str) -> str:
    """A date and time of day in `zone`, which is named by its city."""
    return f"{when(at, zone)} ({city(zone)})"


def city(zone: str) -> str:
    """The city a time zone is named for, in the reader's language."""
    return _city(zone, _locale())


@lru_cache(maxsize=512)
def _city(zone: str, locale: Locale) -> str:
    return dates.get_timezone_location(ZoneInfo(zone), locale=locale, return_city=True)


def _written(value: Any) -> Any:
    """A value inside a sentence as the reader writes it."""
    if isinstance(value, Decimal):
        return number(value, decimals=2)
    if isinstance(value, datetime) and isinstance(value.tzinfo, ZoneInfo):
        return moment(value, value.tzinfo.key)
    return day(value) if isinstance(value, date) and not isinstance(value, datetime) else value


def _locale() -> Locale:
    return locale_of(language())

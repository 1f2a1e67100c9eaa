"""The placeholders of messages: which there are, what each says, and how values are written in a language and country."""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError, dates, numbers
from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from workbench.rules.letter_values import OPT_OUT_WORDS, Debt, Values, harmless
from workbench.rules.words import N_

PLACEHOLDERS: dict[str, str] = {
    "debtor_name": N_("The debtor's whole name"),
    "first_name": N_("What to call the debtor by; a firm's whole name"),
    "creditor": N_("Whose debt it is; every message has to say it"),
    "portfolio": N_("The portfolio's name"),
    "total": N_("The sum of the debts listed, read at the moment of sending"),
    "currency": N_("The three letters of the currency; amounts already carry them"),
    "debts_line": N_("The debts in one line, as many as fit and how many more"),
    "debts_count": N_("How many debts are listed"),
    "oldest_due_on": N_("The oldest due date among the debts listed"),
    "days_past_due": N_("Days past due, without those of a pause; 0 when nothing is past due"),
    "promise_amount": N_("The amount promised; only in messages about a promise"),
    "promise_due_on": N_("Until when it was promised; only in messages about a promise"),
    "payment_amount": N_("The amount received; only in the thanks for a payment"),
    "agreement_total": N_("What was agreed in all; only in messages about an agreement"),
    "agreement_payments": N_("In how many payments; only in messages about an agreement"),
    "installment_amount": N_("What is unpaid of the installment; in an agreement's letter, of the first"),
    "installment_due_on": N_("When that installment falls due"),
    "contact_phone": N_("The phone to call us at; not always known, so best inside an “if”"),
    "opt_out_word": N_("The word that ends messages on this channel"),
}
DEBT_FIELDS: dict[str, str] = {
    "account": N_("The account's whole number: better the ending"),
    "ending": N_("The account's last four characters"),
    "product": N_("The product; not always known, so best inside an “if”"),
    "due_on": N_("The debt's due date"),
    "days_past_due": N_("Days since the debt's due date, without those of a pause"),
    "amount": N_("The debt's balance"),
}
_LINE_LENGTH = 140
_MORE = {"es": "y {n} más", "en": "and {n} more"}
_DAYS = {"es": ("{n} día", "{n} días"), "en": ("{n} day", "{n} days")}
_DATE_STYLES = {"short": "d MMM", "medium": "d MMM y", "long": "long"}
_VALUE_LENGTH = 400


class Unfilled(Exception):
    """A placeholder has no value, or the text may not be filled at all: nothing of it may leave.

    `what` is the placeholder's name or what is wrong with the text; it holds no personal data.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Absent(Undefined):
    """A value that is not known: `if` may ask for it; written, it raises `Unfilled` (see `written`)."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The placeholder's name."""
        return str(self._undefined_name)


@dataclass(frozen=True, slots=True)
class Place:
    """How amounts and dates are written: by language and country, in one currency."""

    language: str
    locale: Locale
    currency: str


def context_of(values: Values, language: str) -> dict[str, Any]:
    """What a template sees: every known value by its placeholder's name; what is not known is not there."""
    place = Place(language, locale_of(language, values.country), values.currency)
    known: dict[str, Any] = {field.name: getattr(values, field.name) for field in fields(values)}
    known |= {
        "opt_out_word": OPT_OUT_WORDS.get(language),
        "debts": [_fields(debt) for debt in values.debts],
        "debts_count": len(values.debts),
        "debts_line": debts_line(values.debts, place),
        "_place": place,
    }
    return {name: value for name, value in known.items() if value is not None and value != ""}


@lru_cache(maxsize=128)
def locale_of(language: str, country: str) -> Locale:
    """The language as the country writes it (es_MX), or as such where the country has no way of its own (en)."""
    try:
        return Locale.parse(f"{language}_{country}")
    except UnknownLocaleError:
        return Locale.parse("es_419" if language == "es" else language)


def debts_line(debts: tuple[Debt, ...], place: Place) -> str:
    """The debts in one line: "Tarjeta oro 1234: 1,200.00 MXN; 5678: 300.00 MXN; y 2 más"."""
    line, listed = "", 0
    for debt in debts:
        what = " ".join(part for part in (debt.product, debt.ending) if part)
        longer = f"{line}{'; ' if line else ''}{what}: {money(debt.amount, place)}"
        if line and len(longer) > _LINE_LENGTH:
            break
        line, listed = longer, listed + 1
    more = len(debts) - listed
    return f"{line}; {_MORE[place.language].format(n=more)}" if more else line


@lru_cache(maxsize=4096)
def money(amount: Decimal, place: Place) -> str:
    """The exact amount with its ISO currency: `1,250.00 MXN`, `45.990 CLP`; never rounded."""
    digits = amount == round(amount, numbers.get_currency_precision(place.currency))
    told = numbers.format_currency(
        amount, place.currency, "#,##0.00 ¤¤", locale=place.locale, currency_digits=digits, decimal_quantization=True
    )
    return _plain_spaces(told)


def written(value: Any, place: Place) -> str:
    """A value as a text says it; every text in it is one harmless line."""
    if isinstance(value, Absent):
        raise Unfilled(value.name)
    if isinstance(value, Decimal):
        return money(value, place)
    if isinstance(value, date):
        return day(value, place, "medium")
    if isinstance(value, str | int):
        return harmless(str(value), _VALUE_LENGTH)
    raise Unfilled(type(value).__name__)


@lru_cache(maxsize=4096)
def day(on: date, place: Place, style: str) -> str:
    """A date with its month in letters, which no reader can swap with the day."""
    return _plain_spaces(dates.format_date(on, _DATE_STYLES[style], locale=place.locale))


@pass_context
def finalize(context: Context, value: Any) -> str:
    """What Jinja writes for every placeholder."""
    return written(value, context["_place"])


@pass_context
def _money(context: Context, value: Any) -> str:
    return money(_a(Decimal, value), context["_place"])


@pass_context
def _date(context: Context, value: Any, style: str = "medium") -> str:
    return day(_a(date, value), context["_place"], style)


@pass_context
def _days(context: Context, value: Any) -> str:
    n, place = _a(int, value), context["_place"]
    return _DAYS[place.language][n != 1].format(n=n)


@pass_context
def _upper(context: Context, value: Any) -> str:
    return written(value, context["_place"]).upper()


@pass_context
def _lower(context: Context, value: Any) -> str:
    return written(value, context["_place"]).lower()


@pass_context
def _title(context: Context, value: Any) -> str:
    return " ".join(word.capitalize() for word in written(value, context["_place"]).split())


FILTERS = {"money": _money, "date": _date, "days": _days, "upper": _upper, "lower": _lower, "title": _title}
FILTER_WORDS: dict[str, str] = {
    "money": N_("An amount with its currency; amounts are written so anyway"),
    "date": N_("A date; date('short') without the year, date('long') with the month written out"),
    "days": N_("A number of days with its word: 1 day, 20 days"),
    "upper": N_("In capital letters"),
    "lower": N_("In small letters"),
    "title": N_("Every word with a capital letter"),
}


def accepts(name: str, arguments: tuple[Any, ...]) -> bool:
    """Whether a filter takes these arguments."""
    return arguments == () or (name == "date" and len(arguments) == 1 and arguments[0] in _DATE_STYLES)


def _a(kind: type, value: Any) -> Any:
    if isinstance(value, Absent):
        raise Unfilled(value.name)
    if not isinstance(value, kind):
        raise Unfilled(f"{kind.__name__} / {type(value).__name__}")
    return value


def _fields(debt: Debt) -> dict[str, Any]:
    known = {name: getattr(debt, name) for name in DEBT_FIELDS}
    return {name: value for name, value in known.items() if value is not None and value != ""}


def _plain_spaces(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")

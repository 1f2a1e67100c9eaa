"""Limits in words: what is asked beside what is allowed, as an approval shows them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from workbench.rules.exceeded import Exceeded, Figure
from workbench.rules.money_words import money_words
from workbench.rules.words import N_, Worded, translate

# the name of a limit, and what lies outside of it
WORDS = {
    "amount_small": (N_("Amount"), N_("at least {limit}")),
    "too_far": (N_("Last date"), N_("{limit} at the latest")),
    "too_many_parts": (N_("Parts"), N_("at most {limit}")),
    "broken": (N_("Promises not kept"), N_("fewer than {limit}")),
    "too_many_open": (N_("Open promises"), N_("fewer than {limit}")),
    "no_authority": (N_("Kind of offer"), N_("not for this role")),
    "discount_principal": (N_("Discount on principal"), N_("at most {limit}")),
    "discount_interest": (N_("Discount on interest"), N_("at most {limit}")),
    "discount_fees": (N_("Discount on fees"), N_("at most {limit}")),
    "installments": (N_("Installments"), N_("at most {limit}")),
    "least_down": (N_("Down payment"), N_("at least {limit}")),
    "least_installment": (N_("Each installment"), N_("at least {limit}")),
    "days_out": (N_("Last date"), N_("{limit} at the latest")),
    "write_down": (N_("Write-down"), N_("at most {limit}")),
}
SHARES = {"discount_principal", "discount_interest", "discount_fees", "least_down"}


@dataclass(frozen=True, slots=True)
class Limits(Worded):
    """Several limits in one sentence; amounts in `currency`."""

    exceeded: tuple[Exceeded, ...]
    currency: str

    def in_language(self, language: str) -> str:
        """`last date: 3 Dec 2026 at the latest; parts: at most 3`."""
        return "; ".join(f"{name(each, language)}: {allowed(each, language, self.currency)}" for each in self.exceeded)


def name(each: Exceeded, language: str) -> str:
    """What the limit is on."""
    return translate(WORDS[each.code][0], language)


def allowed(each: Exceeded, language: str, currency: str) -> str:
    """What lies within the limit."""
    return translate(WORDS[each.code][1], language, limit=figure(each, each.limit, language, currency))


def asked(each: Exceeded, language: str, currency: str) -> str:
    """What is asked instead; a whole kind of offer has no figure."""
    if each.code == "no_authority":
        return "—"
    return figure(each, each.asked, language, currency)


def figure(each: Exceeded, value: Figure, language: str, currency: str) -> str:
    """A limit's figure as its reader writes it: an amount with its currency, a share in percent, a day, a count."""
    locale = "es_419" if language == "es" else "en"
    if isinstance(value, date):
        return format_date(value, "d MMM y", locale=locale)
    if isinstance(value, Decimal) and each.code in SHARES:
        return f"{format_decimal(value * 100, '#,##0.##', locale=locale)} %"
    if isinstance(value, Decimal):
        return money_words(value, currency, language)
    return str(value)

"""Amount, balance, currency and settled state of a table's rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.rules.intake.amounts import AmountColumn, Cents, decimals, read_amounts
from workbench.rules.intake.dates import Days
from workbench.rules.intake.mappings import FileMapping, WordRows
from workbench.rules.intake.rows import Draft, Mask
from workbench.rules.words import N_

_WORDS = {
    "PESOS": "",
    "SOLES": "PEN",
    "DOLARES": "USD",
    "DÓLARES": "USD",
    "US$": "USD",
    "U$S": "USD",
    "$": "",
    "S/": "PEN",
    "S/.": "PEN",
    "R$": "BRL",
    "EUROS": "EUR",
    "€": "EUR",
    "UF": "CLF",
    "MN": "MXN",
    "M.N.": "MXN",
}


@dataclass(frozen=True, slots=True)
class Money:
    """Cents owed at first and now, their currency, whether nothing is left, and the day it was paid (NaT if unknown)."""

    amount: Cents
    balance: Cents
    currency: pd.Series
    settled: Mask
    paid_on: Days
    credit_limit: AmountColumn

    def columns(self) -> dict[str, object]:
        """Return the canonical columns."""
        return {
            "amount": decimals(self.amount),
            "balance": decimals(self.balance),
            "currency": self.currency,
            "settled": self.settled,
            "credit_note": self.amount < 0,
            "paid_on": self.paid_on,
            "credit_limit": decimals(self.credit_limit.cents, self.credit_limit.empty | self.credit_limit.bad),
        }


def read_money(draft: Draft, mapping: FileMapping, country: str, currency: str, paid_on: Days) -> Money:
    """Return the money of a table's rows; rows without an amount, or in another currency, are refused in the draft.

    Paid = a paid date (before the mapping's business date) without a balance column, a balance of zero, or the words
    the mapping names. A credit note keeps its negative figures.
    """
    columns = {name: amount_column(draft, name, mapping, country) for name in ("amount", "balance", "credit_limit")}
    amount, balance = columns["amount"], columns["balance"]
    draft.refuse(
        amount.empty & balance.empty,
        "balance" if "balance" in draft.table.fields else "amount",
        N_("The row has no amount."),
    )
    later = (
        ~np.isnat(paid_on) & (paid_on >= np.datetime64(mapping.business_date, "D"))
        if mapping.business_date
        else np.zeros(len(paid_on), dtype=bool)
    )
    paid = (~np.isnat(paid_on) & ~later) | says(draft, mapping.settled)
    owed = np.where(amount.empty, balance.cents, amount.cents)
    left = np.where(balance.empty, np.where(paid, 0, amount.cents), balance.cents)
    left = np.where(later & (left == 0), owed, left)
    raised = (left > owed) & (owed >= 0)
    draft.warn(
        N_("Rows whose balance is larger than the amount: {count}. The balance was taken for both."),
        int((raised & draft.good).sum()),
    )
    owed = np.where(raised, left, owed)
    settled = left == 0
    found = currencies(draft, mapping, currency, amount, balance)
    return Money(owed, left, found, settled, np.where(settled, paid_on, np.datetime64("NaT")), columns["credit_limit"])


def amount_column(draft: Draft, name: str, mapping: FileMapping, country: str) -> AmountColumn:
    """Return the cents of a field; rows whose cell is no amount are refused in the draft, what is ambiguous is asked."""
    table = draft.table
    column = read_amounts(
        table.text(name, mapping.constants.get(name)),
        table.kind(name),
        name=name,
        header=table.header(name),
        country=country,
        mark=mapping.mark_of(name),
    )
    draft.questions += column.questions
    if name != "credit_limit":
        draft.refuse(column.bad, name, N_("“{value}” is not an amount."))
    return column


def says(draft: Draft, rule: WordRows | None) -> Mask:
    """Return the rows whose column says one of a rule's words; none of them without a rule or its column."""
    if rule is None or rule.column not in draft.table.headers:
        return np.zeros(len(draft.table.cells), dtype=bool)
    wanted = [value.lower() for value in rule.values]  # noqa: PD011 - a mapping, not a frame
    words = draft.table.cells[draft.table.headers.index(rule.column)].str.lower()
    return words.isin(wanted).to_numpy(dtype=bool)


def currencies(
    draft: Draft, mapping: FileMapping, expected: str, amount: AmountColumn, balance: AmountColumn
) -> pd.Series:
    """Return each row's currency: its own column, else the sign in its amount, else the portfolio's."""
    told = draft.table.text("currency", mapping.constants.get("currency")).str.upper()
    told = told.replace(_WORDS)
    told = told.mask(told == "")
    found = told.fillna(balance.currency).fillna(amount.currency).fillna(expected)
    other = (found != expected).to_numpy(dtype=bool)
    if mapping.other_currency == "refuse":
        for each in sorted(set(found[other & draft.good])):
            name = (
                "currency"
                if "currency" in draft.table.fields
                else "balance"
                if "balance" in draft.table.fields
                else "amount"
            )
            draft.refuse(
                (found == each).to_numpy(dtype=bool),
                name,
                N_(
                    "The row is in {currency}, and this portfolio is in {expected}: import it into a portfolio of that currency."
                ),
                currency=each,
                expected=expected,
            )
    elif other.any():
        draft.warn(
            N_("The file has amounts in several currencies ({currencies}); they are never added together."),
            int(other.sum()),
            currencies=", ".join(sorted(set(found))),
        )
    return found.astype("str")

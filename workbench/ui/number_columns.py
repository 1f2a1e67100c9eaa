"""Columns of figures: values stay numbers and dates, so that a table sorts by them and a file adds up; here is how each is written."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from workbench.rules.figure_words import NOTHING
from workbench.ui.i18n import bare_money, day, number, percent

FEW, TALL = 14, 520  # lines that are shown whole, and the pixels of more
Written = dict[str, Callable[[Any], str]]


def counts(*heads: str, decimals: int = 0) -> Written:
    """Plain numbers."""
    return dict.fromkeys(heads, partial(number, decimals=decimals))


def shares(*heads: str, decimals: int = 1) -> Written:
    """Shares between 0 and 1, written as percentages."""
    return dict.fromkeys(heads, partial(percent, decimals=decimals))


def amounts(currency: str, *heads: str, cents: bool = True) -> Written:
    """Money; the heads say its currency (`priced`)."""
    return dict.fromkeys(heads, partial(bare_money, currency=currency, cents=cents))


def days(*heads: str) -> Written:
    """Dates."""
    return dict.fromkeys(heads, day)


def priced(head: str, unit: str | None) -> str:
    """A head with its currency, or another unit: `Balance (MXN)`."""
    return f"{head} ({unit})" if unit else head


def draw(
    lines: Sequence[Mapping[str, Any]],
    written: Written,
    *,
    key: str,
    height: int = TALL,
    config: Mapping[Any, Any] | None = None,
) -> None:
    """The lines as a table, as wide as its place; many are scrolled through in `height`, in pixels.

    `config` is for columns of anything but figures.
    """
    table = pd.DataFrame([{head: _plain(value) for head, value in line.items()} for line in lines])
    there: dict[Any, Any] = {head: how for head, how in written.items() if head in table.columns}
    st.dataframe(
        table.style.format(there, na_rep=NOTHING)
        if there
        else table,  # Streamlit's own formats cut instead of rounding
        hide_index=True,
        width="stretch",
        height="content" if len(lines) < FEW else height,
        placeholder=NOTHING,
        column_config=config,
        key=key,
    )


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value

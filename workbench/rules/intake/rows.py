"""The canonical row of a receivable, and the draft in which a table becomes such rows."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from workbench.rules.intake.amounts import MONEY
from workbench.rules.intake.findings import Question, RowRefusal, Warned
from workbench.rules.intake.layouts import Layout

Mask = npt.NDArray[np.bool_]
_TEXT = pd.ArrowDtype(pa.string())
_DAY = pd.ArrowDtype(pa.date32())
_FLAG = pd.ArrowDtype(pa.bool_())
_COUNT = pd.ArrowDtype(pa.int32())

# credit_note: both figures are negative. settled: balance is zero; paid_on may be unknown. days_past_due is what the
# file said on its day, for information only.
ROW_TYPES = {
    "row_number": _COUNT,
    "debtor_ref": _TEXT,
    "debtor_name": _TEXT,
    "tax_id": _TEXT,
    "tax_id_kind": _TEXT,
    "tax_id_valid": _FLAG,
    "account_number": _TEXT,
    "product": _TEXT,
    "document_number": _TEXT,
    "issued_on": _DAY,
    "due_on": _DAY,
    "paid_on": _DAY,
    "amount": MONEY,
    "balance": MONEY,
    "currency": _TEXT,
    "credit_note": _FLAG,
    "settled": _FLAG,
    "days_past_due": _COUNT,
    "credit_limit": MONEY,
    "owner_name": _TEXT,
    "address": _TEXT,
    "city": _TEXT,
    "region": _TEXT,
}


@dataclass(slots=True)
class Draft:
    """A table on its way to rows: `good` marks the rows not refused so far."""

    table: Layout
    good: Mask
    refused: list[RowRefusal] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    debtor_refs: pd.Series = field(default_factory=pd.Series)
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ROW_TYPES)))

    def refuse(self, rows: Mask, name: str, because: str, **values: object) -> None:
        """Leave rows out for a reason; `{value}` in it is the cell. A row is refused once, for its first reason."""
        rows = rows & self.good
        if not rows.any():
            return
        cells = self.table.text(name).fillna("")
        header = self.table.header(name)
        for at in np.flatnonzero(rows):
            cell = str(cells.iloc[int(at)])
            told = {"value": cell, "column": header, **values}
            self.refused.append(RowRefusal(int(self.table.row_numbers[at]), header, cell, because, told))
        self.good &= ~rows

    def warn(self, because: str, count: int, **values: object) -> None:
        """Note something that concerns `count` rows; nothing when there are none."""
        if count:
            self.warnings.append(Warned(because, {"count": count, **values}))

"""One table of a payment file -> payments and reversals: reference, day, money, and every hint of whose they are."""

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.rules.intake.amounts import MONEY, decimals
from workbench.rules.intake.layouts import Layout
from workbench.rules.intake.mappings import FileMapping
from workbench.rules.intake.money import amount_column, currencies, says
from workbench.rules.intake.rows import Draft, Mask
from workbench.rules.intake.tables import clean_ids, date_column, read_tax_ids, refuse_shortened, tax_columns
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

_TEXT = pd.ArrowDtype(pa.string())
# amount: always positive. reversal: the row takes the payment of its reference back, a charge-back is one by the bank.
PAYMENT_TYPES = {
    "row_number": pd.ArrowDtype(pa.int32()),
    "reference": _TEXT,
    "reversal": pd.ArrowDtype(pa.bool_()),
    "charge_back": pd.ArrowDtype(pa.bool_()),
    "paid_on": pd.ArrowDtype(pa.date32()),
    "amount": MONEY,
    "debtor_ref": _TEXT,
    "tax_id": _TEXT,
    "account_number": _TEXT,
    "document_number": _TEXT,
}
OWNERS = ("debtor_ref", "tax_id", "account_number", "document_number")  # any of them says whose a payment is
# "Cancelación" is neither: it may mean that a debt was paid off, or that a payment was undone.
_MOVEMENTS = {
    "payment": "pago|pagos|abono|abonos|deposito|depósito|ingreso|cobro|recaudo|credito|crédito|transferencia|efectivo|cheque|tarjeta|spei|pse|ventanilla|payment|pay|credit|cash|transfer|pagamento|recebimento",
    "reversal": "reversa|reverso|reversión|reversion|reversal|reversado|extorno|estorno|devolución|devolucion|devuelto|anulación|anulacion|anulado|rechazo|rechazado|refund|void|devolução|devolucao",
    "charge_back": "contracargo|contra cargo|chargeback|charge back|charge-back|desconocimiento|contestação",
}
_NEEDED = (
    (
        {"reference"},
        N_(
            "No column was recognised for the payment's reference, which tells one payment from another. The file's columns are: {found}. Say which one it is."
        ),
    ),
    (
        set(OWNERS),
        N_(
            "No column was recognised for whose payment it is: the debtor's identifier, the account or the document. The file's columns are: {found}. Say which one it is."
        ),
    ),
    (
        {"paid_on"},
        N_("No column was recognised for the payment date. The file's columns are: {found}. Say which one it is."),
    ),
    (
        {"amount"},
        N_("No column was recognised for the amount paid. The file's columns are: {found}. Say which one it is."),
    ),
)


def payment_rows(table: Layout, mapping: FileMapping, country: str, currency: str) -> Draft:
    """Return the draft whose rows are the table's payments and reversals; raises `Refused` when a needed column lacks."""
    has = set(table.fields) | set(mapping.constants)
    for names, because in _NEEDED:
        if not names & has:
            raise Refused(because, found=", ".join(table.headers))
    draft = Draft(table, np.ones(len(table.cells), dtype=bool))
    ids = {name: _ids(draft, name, mapping) for name in ("reference", "debtor_ref", "account_number")}
    ids["document_number"] = _documents(draft, mapping)
    draft.refuse(
        ids["reference"].isna().to_numpy(dtype=bool),
        "reference",
        N_("The row has no payment reference: without one, the same payment could come in twice."),
    )
    days = date_column(draft, "paid_on", mapping).days
    draft.refuse(np.isnat(days), "paid_on", N_("The row has no payment date."))
    cents, reversal, charge_back = _money(draft, mapping, country, currency)
    tax_id = tax_columns(read_tax_ids(draft, mapping, country))["tax_id"]
    _refuse_ownerless(draft, [ids["debtor_ref"], tax_id, ids["account_number"], ids["document_number"]], reversal)
    rows = pd.DataFrame(
        {
            "row_number": table.row_numbers,
            "paid_on": days,
            "amount": decimals(np.abs(cents)),
            "reversal": reversal,
            "charge_back": charge_back,
            "tax_id": tax_id,
            **ids,
        }
    )[draft.good]
    draft.rows = pd.DataFrame({name: rows[name].astype(kind) for name, kind in PAYMENT_TYPES.items()})
    draft.rows = draft.rows.reset_index(drop=True)
    return draft


def _ids(draft: Draft, name: str, mapping: FileMapping) -> pd.Series:
    ids = clean_ids(draft.table.text(name, mapping.constants.get(name)), mapping.id_length.get(name))
    return ids.mask(refuse_shortened(draft, name))


def _documents(draft: Draft, mapping: FileMapping) -> pd.Series:
    document = _ids(draft, "document_number", mapping)
    if "serie" not in draft.table.fields:
        return document
    serie = clean_ids(draft.table.text("serie"))
    return document.where(serie.isna() | document.isna(), serie + "-" + document)


def _money(draft: Draft, mapping: FileMapping, country: str, currency: str) -> tuple[np.ndarray, Mask, Mask]:
    """Return signed cents, which rows take a payment back, and which of them the debtor's bank took back."""
    amount = amount_column(draft, "amount", mapping, country)
    draft.refuse(amount.empty, "amount", N_("The row has no amount."))
    draft.refuse(amount.cents == 0, "amount", N_("The amount is zero: there is nothing to pay or to take back."))
    currencies(draft, mapping, currency, amount, amount)
    if mapping.reversals:
        reversal, charge_back = says(draft, mapping.reversals), np.zeros(len(amount.cents), dtype=bool)
    else:
        reversal, charge_back = _movements(draft, mapping)
    return amount.cents, reversal | (amount.cents < 0), charge_back


def _movements(draft: Draft, mapping: FileMapping) -> tuple[Mask, Mask]:
    """Return what the movement column says in words; a word that nobody knows is refused, never guessed."""
    words = draft.table.text("movement", mapping.constants.get("movement")).str.strip(" .").str.lower()
    payment, reversal, charge_back = (words.isin(each.split("|")).to_numpy(dtype=bool) for each in _MOVEMENTS.values())
    reversal = reversal | charge_back
    known = reversal | payment | words.isna().to_numpy(dtype=bool)
    draft.refuse(
        ~known,
        "movement",
        N_(
            "“{value}” is neither a payment nor a reversal that we know. Write “pago” or “reversa”, or name the words for reversals in the mapping (reversals)."
        ),
    )
    return reversal, charge_back


def _refuse_ownerless(draft: Draft, owners: list[pd.Series], reversal: Mask) -> None:
    """A reversal needs its reference only; a payment must say whose it is."""
    nobody = np.logical_and.reduce([each.isna().to_numpy(dtype=bool) for each in owners]) & ~reversal
    name = next((each for each in OWNERS if each in draft.table.fields), "debtor_ref")
    draft.refuse(
        nobody, name, N_("The row does not say whose payment it is: fill in the debtor, the account or the document.")
    )

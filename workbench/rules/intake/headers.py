"""Which row holds the headers, and which of our fields each header means (Spanish, English, Portuguese)."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from models.imports import FileKind

# field -> what creditors call it; compared without accents, case and punctuation
ALIASES: dict[str, str] = {
    "debtor_ref": "cod cliente|codigo cliente|codigo de cliente|cliente id|id cliente|clienteid|no cliente|num cliente|numero cliente|numero de cliente|nro cliente|cliente|customer id|customerid|customer number|cust number|customer no|client id|debtor id|debtor ref|debtor reference|codigo do cliente|deudor id|id deudor|codigo deudor|cod deudor",
    "tax_id": "nit|nif|cif|rut|ruc|cuit|cuil|rfc|curp|cedula|cc|dni|identificacion|numero identificacion|numero de identificacion|num identificacion|no identificacion|nro identificacion|identificacion cliente|documento identidad|documento de identidad|nro documento identidad|rut cliente|nit cliente|rfc cliente|ruc cliente|cedula cliente|tax id|cpf|cnpj|cpf cnpj|rut deudor|rut dv|nit cedula|cedula nit|dni ruc|ruc dni",
    "debtor_name": "razon social|nombrecliente|nombre cliente|nombre del cliente|nombre de cliente|nombre|nombres|nombre completo|nombre deudor|nombre y apellido|apellidos y nombres|nombres y apellidos|titular|deudor|denominacion|name customer|customer name|customername|name|debtor name|client name|nome|nome cliente|razao social|nome do cliente|nombre o razon social|nombre razon social",
    "account_number": "cuenta|numero cuenta|numero de cuenta|nro cuenta|no cuenta|num cuenta|credito|numero credito|numero de credito|nro credito|no credito|contrato|numero contrato|numero de contrato|nro contrato|poliza|obligacion|numero obligacion|no obligacion|operacion|numero operacion|nro operacion|prestamo|numero prestamo|tarjeta|account|account number|accountnumber|account no|loan id|loan number|contract|conta|numero da conta|numero do contrato",
    "product": "producto|tipo producto|tipo de producto|linea|linea credito|product|product type|produto|tipo credito",
    "document_number": "factura|numero factura|numero de factura|nro factura|no factura|num factura|n factura|serie numero|serie y numero|documento|numero documento|numero de documento|nro documento|no documento|num documento|doc|nro doc|num doc|comprobante|nro comprobante|folio|numero|titulo|cuota|invoice|invoice number|invoicenumber|invoice no|invoice id|document number|doc id|fatura|nota fiscal|numero da fatura|referencia",
    "issued_on": "fecha documento|fecha doc|fecha emision|fecha de emision|emision|fecha factura|fecha de factura|fecha|f emision|fec emision|fec doc|fecha expedicion|invoice date|invoicedate|issue date|issued on|document date|document create date|data emissao|data de emissao|emissao",
    "due_on": "fecha vencimiento|fecha de vencimiento|vencimiento|fecha vto|f vencimiento|f vto|fec vencimiento|fec vto|fecha venc|fec venc|vto|vence|fecha limite|fecha limite pago|fecha limite de pago|fecha de pago limite|due date|duedate|due on|due in date|data vencimento|data de vencimento|vencimento",
    "paid_on": "fecha pago|fecha de pago|fecha cancelacion|fecha de cancelacion|fecha cobro|fecha de cobro|pagado el|fec pago|f pago|settled date|settleddate|paid date|paid on|payment date|clear date|data pagamento|data de pagamento",
    "amount": "importe|importe original|monto|monto original|valor|valor original|valor factura|valor documento|total|importe total|monto total|total factura|importe factura|monto factura|amount|invoice amount|invoiceamount|total open amount|original amount|valor total|montante|capital",
    "balance": "saldo|total pendiente|pendiente|saldo pendiente|importe pendiente|monto pendiente|saldo actual|saldo total|saldo vencido|saldo capital|saldo deuda|deuda|deuda total|monto adeudado|adeudo|por cobrar|balance|open balance|outstanding|outstanding balance|balance due|amount due|saldo devedor|valor em aberto|saldo insoluto",
    "currency": "moneda|divisa|tipo moneda|tipo de moneda|mon|currency|invoice currency|moeda",
    "phone": "telefono|telefonos|tel|tels|fono|fonos|celular|celulares|cel|movil|telefono celular|telefono movil|telefono fijo|telefono casa|telefono trabajo|telefono oficina|telefono cliente|whatsapp|numero telefono|numero de telefono|phone|phones|phone number|mobile|mobile phone|telefone|celular cliente|contacto",
    "email": "email|e mail|mail|correo|correos|correo electronico|email cliente|correo cliente|email address|e mail cliente",
    "address": "direccion|domicilio|direccion cliente|direccion domicilio|calle|address|endereco|street",
    "city": "ciudad|poblacion|municipio|localidad|comuna|distrito|city|cidade|town",
    "region": "provincia|departamento|estado provincia|region|state|uf|province",
    "days_past_due": "dias vencido|dias vencidos|dias mora|dias de mora|dias en mora|dias atraso|dias de atraso|mora dias|dias vcdo|atraso|altura mora|days past due|dpd|days overdue|days late|dayslate|dias em atraso",
    "owner_name": "gestor|asesor|vendedor|cobrador|ejecutivo|agente|responsable|gestor asignado|asesor asignado|nombre vendedor|nombre asesor|nombre gestor|owner|agent|collector|salesperson|sales rep",
    "credit_limit": "cupo|cupo credito|cupo aprobado|limite credito|limite de credito|linea aprobada|credit limit|limite",
    "serie": "serie|prefijo|series",
}
REPEATED = frozenset({"phone", "email"})  # one file may carry several columns of these
# what a file of payments calls its own columns; who owes what is called as in a file of debts
PAYMENT_ALIASES: dict[str, str] = {
    "reference": "referencia|referencia pago|referencia de pago|referencia del pago|referencia bancaria|ref pago|ref|numero referencia|numero de referencia|num referencia|no referencia|nro referencia|id pago|pago id|numero pago|numero de pago|no pago|nro pago|id transaccion|transaccion|numero transaccion|numero de transaccion|num transaccion|nro transaccion|id operacion|operacion|numero operacion|numero de operacion|num operacion|nro operacion|comprobante|nro comprobante|numero comprobante|numero de comprobante|folio|folio pago|recibo|numero recibo|numero de recibo|nro recibo|clave de rastreo|clave rastreo|autorizacion|numero autorizacion|payment id|payment reference|payment ref|reference|reference number|transaction id|transaction|receipt|receipt number|trace|referencia do pagamento|id pagamento",
    "paid_on": "fecha|fecha operacion|fecha de operacion|fecha movimiento|fecha de movimiento|fecha transaccion|fecha de transaccion|fecha valor|fecha deposito|fecha de deposito|fecha abono|fecha de abono|fecha recaudo|fecha de recaudo|fecha aplicacion|fecha de aplicacion|fec mov|fec op|date|value date|transaction date|payment date|data",
    "amount": "abono|pago|importe pago|importe pagado|importe del pago|monto pago|monto pagado|monto del pago|monto abonado|valor pago|valor pagado|valor del pago|valor recaudado|recaudo|importe recaudado|monto recaudado|deposito|importe movimiento|importe operacion|payment|payment amount|paid amount|amount paid|paid|valor pago|pagamento|valor do pagamento",
    "movement": "tipo|tipo movimiento|tipo de movimiento|movimiento|tipo operacion|tipo de operacion|tipo transaccion|tipo de transaccion|tipo registro|tipo de registro|clase|clase movimiento|movement|movement type|transaction type|type|kind|tipo de lancamento",
}
_OF_PAYMENTS = (
    "debtor_ref", "tax_id", "debtor_name", "account_number", "document_number", "serie", "paid_on", "amount", "currency",
)  # fmt: skip
FIELDS_OF = {FileKind.DEBTS: frozenset(ALIASES), FileKind.PAYMENTS: frozenset((*_OF_PAYMENTS, *PAYMENT_ALIASES))}
_MOST_TITLES = 40  # titles, logos and filters a report prints above its headers


@lru_cache(maxsize=65_536)
def plain(header: str) -> str:
    """Return a header without accents, case, punctuation and camel case: `Cód.Cliente` -> `cod cliente`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    bare = "".join(ch for ch in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(ch))
    return " ".join(re.sub(r"[^a-z0-9ñ]+", " ", bare.lower().replace("º", " ").replace("°", " ")).split())


def _by_alias(*vocabularies: dict[str, str]) -> dict[str, str]:
    """Return alias -> field, also written in one word; a later vocabulary wins."""
    found = {alias: name for words in vocabularies for name, aliases in words.items() for alias in aliases.split("|")}
    return {alias.replace(" ", ""): name for alias, name in found.items()} | found


_BY_ALIAS = {
    FileKind.DEBTS: _by_alias(ALIASES),
    FileKind.PAYMENTS: _by_alias({name: ALIASES[name] for name in _OF_PAYMENTS}, PAYMENT_ALIASES),
}


def meaning(header: str, kind: FileKind = FileKind.DEBTS) -> str | None:
    """Return the field a header means, or None; a trailing number is forgiven (`TELEFONO2`), as is a unit in brackets."""
    by_alias = _BY_ALIAS[kind]
    for text in (header, re.sub(r"\(.*?\)|\[.*?\]", " ", header)):
        words = plain(text)
        for form in (
            words,
            re.sub(r"\s*\d{1,2}$", "", words),
            re.sub(r"^(?:n|no|nro|num|numero) (?:de )?", "numero ", words),
        ):
            name = by_alias.get(form) or by_alias.get(form.replace(" ", ""))
            if name:
                return name
    return None


def known(cells: Sequence[str | None], kind: FileKind = FileKind.DEBTS) -> int:
    """Return how many different fields a row of cells names."""
    return len({name for name in (meaning(cell, kind) for cell in cells if cell) if name})


def header_row(
    rows: Sequence[Sequence[str | None]], wanted: Sequence[str] = (), kind: FileKind = FileKind.DEBTS
) -> int | None:
    """Return the index of the header row among the first rows, or None when nothing looks like one.

    `wanted` are the headers a mapping file names; they weigh more than our guesses.
    """
    names = {plain(header) for header in wanted}
    best, best_score = None, 1
    widest = max((sum(1 for cell in row if cell) for row in rows), default=0)
    for i, row in enumerate(rows[:_MOST_TITLES]):
        score = 2 * sum(1 for cell in row if cell and plain(cell) in names) + known(row, kind)
        if score > best_score:
            best, best_score = i, score
    return best if best is not None else _wordy_row(rows, widest)


def _wordy_row(rows: Sequence[Sequence[str | None]], widest: int) -> int | None:
    """Return the first wide row made of words only: headers in a language or jargon we do not know."""
    for i, row in enumerate(rows[:_MOST_TITLES]):
        cells = [cell for cell in row if cell]
        if len(cells) >= max(2, widest * 0.6):
            return i if all(re.search(r"[^\W\d_]", c) and not re.match(r"^\W*\d", c) for c in cells) else None
    return None


def named(cells: Sequence[str | None]) -> list[str]:
    """Return one distinct header per column: a nameless one becomes `Column C`, a repeated one `Saldo (2)`."""
    seen: dict[str, int] = {}
    out = []
    for i, cell in enumerate(cells):
        name = cell or f"Column {letters(i)}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def letters(index: int) -> str:
    """Return the spreadsheet's letters of a column: 0 -> A, 26 -> AA."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def guess(headers: Sequence[str], kind: FileKind = FileKind.DEBTS) -> dict[str, str | list[str]]:
    """Return field -> header (phone and email -> headers) for what the headers say; the first of two claims wins."""
    found: dict[str, str | list[str]] = {}
    for header in headers:
        name = meaning(re.sub(r" \(\d+\)$", "", header), kind)
        if name in REPEATED:
            several = found.setdefault(name, [])
            assert isinstance(several, list)
            several.append(header)
        elif name and name not in found:
            found[name] = header
    return found


def closest(headers: Sequence[str], wanted: str) -> str | None:
    """Return the file's own spelling of a header a mapping names, forgiving accents, case and punctuation."""
    if wanted in headers:
        return wanted
    return next((header for header in headers if plain(header) == plain(wanted)), None)

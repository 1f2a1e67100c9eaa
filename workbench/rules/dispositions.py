"""The dispositions shipped with the product; a manager may change them, figures read only their flags."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.dispositions import Outcome
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Shipped:
    """One row of the shipped table, named as the columns of `Disposition`."""

    code: str
    outcome: Outcome
    label_es: str
    label_en: str
    counts_contact: bool = False
    counts_rpc: bool = False
    counts_promise: bool = False
    counts_attempt: bool = True
    invalidates_phone: bool = False
    stops_channel: bool = False
    terminal: bool = False
    says_paid: bool = False
    opens_dispute: str | None = None
    follow_up_hours: int = 24
    next_queue: str | None = None
    requires: tuple[str, ...] = ()


def _no_contact(code: str, label_es: str, label_en: str, hours: int) -> Shipped:
    return Shipped(f"call.{code}", Outcome.NO_CONTACT, label_es, label_en, follow_up_hours=hours)


def _third_party(code: str, label_es: str, label_en: str, hours: int = 24) -> Shipped:
    return Shipped(f"call.{code}", Outcome.THIRD_PARTY, label_es, label_en, counts_contact=True, follow_up_hours=hours)


def _right_party(code: str, label_es: str, label_en: str, hours: int, *requires: str) -> Shipped:
    return Shipped(
        f"call.{code}",
        Outcome.RIGHT_PARTY,
        label_es,
        label_en,
        counts_contact=True,
        counts_rpc=True,
        follow_up_hours=hours,
        requires=requires,
    )


def _message(code: str, label_es: str, label_en: str, outcome: Outcome, **flags: Any) -> Shipped:
    """What became of a message that left; written by the outbox and by receipts, never chosen on a form."""
    return replace(Shipped(f"message.{code}", outcome, label_es, label_en, follow_up_hours=0), **flags)


def _reply(code: str, label_es: str, label_en: str) -> Shipped:
    """What a debtor wrote to us: no attempt of ours."""
    return Shipped(
        f"reply.{code}",
        Outcome.RIGHT_PARTY,
        label_es,
        label_en,
        counts_attempt=False,
        counts_contact=True,
        counts_rpc=True,
        follow_up_hours=0,
    )


def _event(code: str, label_es: str, label_en: str, *requires: str, opens: str | None = None) -> Shipped:
    return Shipped(
        f"account.{code}",
        Outcome.ACCOUNT_EVENT,
        label_es,
        label_en,
        counts_attempt=False,
        terminal=True,
        requires=requires,
        opens_dispute=opens,
    )


AGREED = "call.agreement"
# Hours until the next try: a busy line is tried again today, a dead one tomorrow on another number.
SHIPPED: tuple[Shipped, ...] = (
    _no_contact("no_answer", "No contesta", "No answer", 4),
    _no_contact("busy", "Ocupado", "Busy", 1),
    _no_contact("voicemail", "Buzón sin mensaje", "Voicemail, no message", 4),
    _no_contact("voicemail_message", "Buzón con mensaje", "Voicemail, message left", 24),
    _no_contact("switched_off", "Apagado", "Switched off", 6),
    _no_contact("out_of_service", "Fuera de servicio", "Out of service", 24),
    _no_contact("rejected", "Rechaza la llamada", "Call rejected", 24),
    _no_contact("cut_off", "Se corta", "Cut off", 1),
    replace(
        _no_contact("wrong_number", "Número equivocado", "Wrong number", 0),
        outcome=Outcome.BAD_DATA,
        counts_contact=True,
        invalidates_phone=True,
        requires=("phone",),
    ),
    replace(
        _no_contact("moved_on", "Ya no corresponde", "No longer theirs", 0),
        outcome=Outcome.BAD_DATA,
        counts_contact=True,
        invalidates_phone=True,
        requires=("phone",),
    ),
    _third_party("message_taken", "Tercero toma recado", "Third party takes a message"),
    _third_party("message_refused", "Tercero no toma recado", "Third party refuses a message"),
    replace(
        _third_party("death_reported", "Informan fallecimiento (por confirmar)", "Death reported (to confirm)", 72),
        next_queue="review",
        requires=("note",),
        opens_dispute="death_reported",
    ),
    replace(
        _third_party("other_phone", "Tercero da otro teléfono", "Third party gives another phone", 0),
        requires=("note",),
    ),
    replace(_right_party("promise", "Promesa de pago", "Promise to pay", 24, "amount", "date"), counts_promise=True),
    # takes no amount and date of its own: the agreement has them, and is closed where it was negotiated
    replace(_right_party("agreement", "Convenio", "Agreement", 24), counts_promise=True),
    replace(_right_party("negotiating", "En negociación", "Negotiating", 48, "note"), next_queue="negotiation"),
    replace(
        _right_party("already_paid", "Ya pagó (por verificar)", "Already paid (to verify)", 72, "note"), says_paid=True
    ),
    _right_party("call_back", "Volver a llamar", "Call back", 0, "callback"),
    _right_party("no_commitment", "Sin compromiso", "No commitment", 72),
    _right_party("cannot_pay", "No puede pagar", "Cannot pay", 120),
    _right_party("will_not_pay", "No quiere pagar", "Will not pay", 120),
    replace(
        _right_party("complaint", "Reclamo", "Complaint", 72, "note"), next_queue="review", opens_dispute="complaint"
    ),
    _right_party("hung_up", "Cuelga", "Hung up", 24),
    replace(
        _right_party(
            "no_contact_here", "Pide no ser contactado por este canal", "Asks not to be contacted here", 72, "phone"
        ),
        stops_channel=True,
    ),
    replace(
        _right_party("vulnerable", "Situación vulnerable", "Vulnerable situation", 168, "note"),
        next_queue="review",
        opens_dispute="vulnerable",
    ),
    _event("deceased", "Fallecimiento confirmado", "Death confirmed", "note", opens="death_confirmed"),
    _event("insolvent", "Insolvencia", "Insolvency", "note", opens="insolvency"),
    _event("represented", "Representado por abogado", "Represented by a lawyer", "note", opens="lawyer"),
    _event("fraud", "Fraude denunciado", "Fraud reported", "note", opens="fraud"),
    _event("paid_in_full", "Pagó todo", "Paid in full", "note"),
    _message("sent", "Mensaje enviado", "Message sent", Outcome.NO_CONTACT),
    _message("delivered", "Mensaje entregado", "Message delivered", Outcome.DELIVERED),
    _message("read", "Mensaje leído", "Message read", Outcome.DELIVERED),
    # the answer makes a conversation of it, as the laws count contacts
    _message(
        "answered", "Mensaje respondido", "Message answered", Outcome.RIGHT_PARTY, counts_contact=True, counts_rpc=True
    ),
    _message("failed", "Mensaje no salió", "Message did not leave", Outcome.NO_CONTACT, counts_attempt=False),
    _message("bounced", "Mensaje rebotado", "Message bounced", Outcome.BAD_DATA, counts_attempt=False),
    _reply("stop", "Pide no recibir mensajes", "Asks for no more messages"),
    _reply("paid", "Escribe que ya pagó", "Writes that it is paid"),
    _reply("date", "Propone una fecha de pago", "Proposes a date to pay"),
    _reply("wants_to_pay", "Quiere pagar", "Wants to pay"),
    _reply("unknown", "Respuesta por leer", "Reply to be read"),
)


# What a manager may change of a disposition; the rest says what the product does with it.
COUNTS = ("counts_attempt", "counts_contact", "counts_rpc", "counts_promise")
CHANGEABLE = (*COUNTS, "label_es", "label_en", "requires", "invalidates_phone", "follow_up_hours", "active")
OWN_ACTIONS = frozenset({"message", "reply"})  # written by the product and by receipts, never chosen on a form
PROMISED = frozenset({"amount", "date"})


def check_disposition(code: str, row: Mapping[str, Any]) -> None:
    """Refuses, in words, a disposition that would contradict itself or what the product does with it."""
    if row["counts_rpc"] and not row["counts_contact"]:
        raise Refused("Who reaches the right party has made a contact: count both.")
    if row["counts_promise"] and not row["counts_rpc"]:
        raise Refused("Only the right party can promise: count both.")
    if not str(row["label_es"]).strip() or not str(row["label_en"]).strip():
        raise Refused("A result needs its name in Spanish and in English.")
    if row["follow_up_hours"] < 0:
        raise Refused("Hours until the next try cannot be negative.")
    if code == AGREED or code.split(".", maxsplit=1)[0] in OWN_ACTIONS:
        if not row["active"] or (code != AGREED and row["requires"]):
            raise Refused("The product writes this result by itself: it stays in use, and asks for nothing.")
    elif row["counts_promise"] != (set(row["requires"]) >= PROMISED):
        raise Refused("A result counts as a promise where it asks for an amount and a date, and only there.")

"""An account statement: a debtor's movements in the order of their days, with the balance after each."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from workbench.rules.refusals import Refused
from workbench.rules.words import N_

NOTHING = Decimal(0)


class Movement(StrEnum):
    """What raised or lowered a debt."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    FEES = "fees"
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    BALANCE_UPDATE = "balance_update"
    WRITE_OFF = "write_off"
    DISCOUNT = "discount"
    REVERSAL = "reversal"
    CHARGE_BACK = "charge_back"
    RESTORED = "restored"


WORDS: dict[Movement, str] = {
    Movement.PRINCIPAL: N_("Charge"),
    Movement.INTEREST: N_("Interest"),
    Movement.FEES: N_("Collection fees"),
    Movement.PAYMENT: N_("Payment"),
    Movement.CREDIT_NOTE: N_("Credit note"),
    Movement.BALANCE_UPDATE: N_("Balance lowered by the creditor"),
    Movement.WRITE_OFF: N_("Write-off"),
    Movement.DISCOUNT: N_("Agreement discount"),
    Movement.REVERSAL: N_("Reversal"),
    Movement.CHARGE_BACK: N_("Charge-back"),
    Movement.RESTORED: N_("Discount restored"),
}
TAKEN_BACK = frozenset({Movement.REVERSAL, Movement.CHARGE_BACK, Movement.RESTORED})


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement as the books have it: exactly one of `charge` (owed more) and `credit` (owed less) is not zero."""

    on: date
    what: Movement
    reference: str
    account: str
    charge: Decimal = NOTHING
    credit: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Line:
    """A movement and what is owed after it; below zero = the debtor has credit."""

    on: date
    what: Movement
    reference: str
    account: str
    charge: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """The movements from one day to another: `opening` + charges - credits = `closing`, line by line.

    `later` is what is dated after the last day (instalments to come, and what was paid since), so that always
    `closing` + `later` = `owed` - `credit`: the balance the case has now less the money that nothing could take.
    """

    from_on: date
    to_on: date
    opening: Decimal
    lines: tuple[Line, ...]
    closing: Decimal
    later: Decimal
    owed: Decimal
    credit: Decimal

    @property
    def charged(self) -> Decimal:
        """What the lines add to the debt."""
        return sum((line.charge for line in self.lines), NOTHING)

    @property
    def credited(self) -> Decimal:
        """What the lines take from it."""
        return sum((line.credit for line in self.lines), NOTHING)


def statement(
    moved: Iterable[Moved], *, from_on: date | None, to_on: date, owed: Decimal, credit: Decimal
) -> Statement:
    """Adds the movements up, the balance after each; `from_on` none = from the first. Same-day charges come first."""
    if from_on and from_on > to_on:
        raise Refused("The first day cannot come after the last.", field="from_on")
    ordered = sorted(moved, key=lambda each: (each.on, each.what in TAKEN_BACK, not each.charge))
    first = from_on or min([*(each.on for each in ordered), to_on])
    before = [each for each in ordered if each.on < first]
    within = [each for each in ordered if first <= each.on <= to_on]
    opening = _net(before)
    lines = _lines(opening, within)
    closing = lines[-1].balance if lines else opening
    later = _net([each for each in ordered if each.on > to_on])
    return Statement(first, to_on, opening, lines, closing, later, owed, credit)


def shown_reference(reference: str) -> str:
    """A reference as people know it: what the system gave itself says nothing, a credit note of a file is its number."""
    if reference.startswith("credit_note:"):
        return str(json.loads(reference.removeprefix("credit_note:"))[-1])
    return "" if reference.startswith(("import:", "discount:")) else reference


def _net(moved: Sequence[Moved]) -> Decimal:
    return sum((each.charge - each.credit for each in moved), NOTHING)


def _lines(opening: Decimal, moved: Sequence[Moved]) -> tuple[Line, ...]:
    balance, lines = opening, []
    for each in moved:
        balance += each.charge - each.credit
        lines.append(Line(each.on, each.what, each.reference, each.account, each.charge, each.credit, balance))
    return tuple(lines)

"""Which cases are proposed to an agency or the courts, and what the file says that they are handed over with.

The policy is the portfolio's. A debtor who keeps to a promise or an agreement, or whose clock a pause has stopped, is
not proposed; what somebody has declined, or called back, rests before the policy proposes it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.hand_overs import HandOverState, HandOverTo
from workbench.rules.words import N_

REST_DAYS = 30  # after a refusal or a recall, until the policy proposes the same again
REASON_LIMIT = 500
RECIPIENT_LIMIT = 120

DESTINATIONS: dict[HandOverTo, str] = {
    HandOverTo.AGENCY: N_("External agency"),
    HandOverTo.JUDICIAL: N_("Judicial collection"),
}
STATES: dict[HandOverState, str] = {
    HandOverState.PROPOSED: N_("Proposed"),
    HandOverState.APPROVED: N_("Handed over"),
    HandOverState.REJECTED: N_("Declined"),
    HandOverState.LAPSED: N_("Lapsed"),
    HandOverState.RECALLED: N_("Called back"),
}
HEADER = (
    N_("Debtor's code"),
    N_("Name"),
    N_("Tax id"),
    N_("Address"),
    N_("City"),
    N_("Region"),
    N_("Phones"),
    N_("E-mails"),
    N_("Accounts"),
    N_("Oldest due date"),
    N_("Days past due"),
    N_("Owed"),
    N_("Currency"),
    N_("Goes to"),
    N_("Recipient"),
    N_("Handed over on"),
)


@dataclass(frozen=True, slots=True)
class HandOverPolicy:
    """From how many days past due and how much owed a case is proposed, by destination."""

    agency_after: int
    agency_least: Decimal
    judicial_after: int
    judicial_least: Decimal


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A case as its recipient gets it; amounts in `currency`."""

    id: int
    case_id: int
    portfolio_id: int
    reference: str
    name: str
    tax_id: str | None
    address: str | None
    city: str | None
    region: str | None
    phones: str
    emails: str
    accounts: str
    oldest_due_on: date | None
    days: int
    owed: Decimal
    currency: str
    goes_to: HandOverTo
    recipient: str
    decided_on: date


def destination(days: int, balance: Decimal, policy: HandOverPolicy) -> HandOverTo | None:
    """Where the policy sends a case so many days past due that owes so much; none = nowhere yet.

    More than the days, at least the amount; who meets both is proposed to the courts.
    """
    if days > policy.judicial_after and balance >= policy.judicial_least:
        return HandOverTo.JUDICIAL
    if days > policy.agency_after and balance >= policy.agency_least:
        return HandOverTo.AGENCY
    return None


def sheet_row(case: HandedOver, destinations: dict[HandOverTo, str]) -> Sequence[object]:
    """A line of the file, in the order of `HEADER`."""
    return (
        case.reference,
        case.name,
        case.tax_id or "",
        case.address or "",
        case.city or "",
        case.region or "",
        case.phones,
        case.emails,
        case.accounts,
        case.oldest_due_on or "",
        case.days,
        case.owed,
        case.currency,
        destinations[case.goes_to],
        case.recipient,
        case.decided_on,
    )

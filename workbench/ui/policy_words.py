"""The words of policies: the names of fields, of roles, and where a refusal is to be mended."""

from models import CollectionFee, Role
from workbench.rules.refusals import Refused
from workbench.rules.words import N_
from workbench.ui import frame
from workbench.ui.i18n import _

ROLES = {Role.AGENT: N_("Agent"), Role.SUPERVISOR: N_("Supervisor"), Role.MANAGER: N_("Manager")}
FEES = {
    CollectionFee.NONE: N_("Nothing is charged for collecting"),
    CollectionFee.CHILE: N_("Chile: 9, 6 and 3 %, article 37 of Ley 19.496"),
}
FIELDS = {
    "role": N_("Role"),
    "kind": N_("Offer"),
    "stage": N_("Stage"),
    "segment": N_("Segment"),
    "days_from": N_("Days past due from"),
    "days_to": N_("Days past due to (empty = no end)"),
    "discount_principal": N_("Discount on principal, at most (%)"),
    "discount_interest": N_("Discount on interest, at most (%)"),
    "discount_fees": N_("Discount on fees, at most (%)"),
    "installments": N_("Installments at most"),
    "least_down": N_("Down payment at least (%)"),
    "least_installment": N_("Each installment at least"),
    "days_out": N_("Last date, days from today at most"),
    "offer_days": N_("Days that an offer stands"),
    "min_amount": N_("Amount at least"),
    "min_share": N_("Share of the balance at least (%)"),
    "broken_limit": N_("Promises not kept, from which somebody else decides (empty = never)"),
    "open_limit": N_("Open promises at most"),
    "parts": N_("Parts at most"),
    "delinquency_grace": N_("Days late that are not delinquent"),
    "grace_days": N_("Grace of promises and installments (days)"),
    "promise_tolerance": N_("Kept from this share on (%)"),
    "missed_limit": N_("Missed installments that break an agreement"),
    "annual_interest": N_("Interest a year, simple (%)"),
    "collection_fee": N_("Charge for collecting"),
    "index_unit": N_("One UF in pesos"),
    "approval_hours": N_("Hours until a request for approval expires"),
    "dispute_days": N_("Days to decide a dispute"),
    "hand_over_after": N_("Hand-over proposed after (days past due)"),
    "hand_over_least": N_("Hand-over from this balance on"),
    "judicial_least": N_("Judicial from this balance on"),
    "extrajudicial_after": N_("Extrajudicial after (days past due)"),
    "judicial_after": N_("Judicial after (days past due)"),
}


def label(field: str) -> str:
    """A field's name."""
    return _(FIELDS[field])


def say_where(refused: Refused) -> None:
    """Keeps a refusal with the field that it is about."""
    field = str(refused.values.get("field", ""))
    frame.say_refused(refused, *([f"({label(field)})"] if field in FIELDS else []))

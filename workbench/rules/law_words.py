"""The words that jurisdictions, questions and records share: whom, what for, with what outcome, under which facts."""

from enum import IntEnum, StrEnum

from models.interactions import Channel
from workbench.rules.words import N_

CHANNELS = {
    Channel.CALL: N_("Call"),
    Channel.EMAIL: N_("E-mail"),
    Channel.SMS: N_("SMS"),
    Channel.WHATSAPP: N_("WhatsApp"),
    Channel.LETTER: N_("Letter"),
    Channel.VISIT: N_("Visit"),
}


def plain(word: object) -> str:
    """A word as these tables write it: “No answer” and “no-answer” are `no_answer`."""
    return str(word).strip().lower().replace(" ", "_").replace("-", "_")


class Target(StrEnum):
    """Who is contacted."""

    DEBTOR = "debtor"
    CODEBTOR = "codebtor"
    GUARANTOR = "guarantor"
    REPRESENTATIVE = "representative"
    SPOUSE = "spouse"
    HEIR = "heir"
    FAMILY = "family"
    PERSONAL_REFERENCE = "personal_reference"
    EMPLOYER = "employer"
    COWORKER = "coworker"
    NEIGHBOUR = "neighbour"
    THIRD_PARTY = "third_party"


# Other names in use; anybody unknown is a third party.
TARGETS_ALSO: dict[str, Target] = {
    "consumer": Target.DEBTOR,
    "holder": Target.DEBTOR,
    "co_debtor": Target.CODEBTOR,
    "joint_debtor": Target.CODEBTOR,
    "aval": Target.GUARANTOR,
    "cosigner": Target.GUARANTOR,
    "guardian": Target.REPRESENTATIVE,
    "attorney": Target.REPRESENTATIVE,
    "lawyer": Target.REPRESENTATIVE,
    "parent_of_minor": Target.REPRESENTATIVE,
    "executor": Target.HEIR,
    "successor": Target.HEIR,
    "relative": Target.FAMILY,
    "parent": Target.FAMILY,
    "child": Target.FAMILY,
    "reference": Target.PERSONAL_REFERENCE,
    "family_reference": Target.PERSONAL_REFERENCE,
    "commercial_reference": Target.PERSONAL_REFERENCE,
    "boss": Target.EMPLOYER,
    "workplace": Target.EMPLOYER,
    "colleague": Target.COWORKER,
    "neighbor": Target.NEIGHBOUR,
}


class Counted(StrEnum):
    """What a limit counts: every try, what arrived, or only what was a conversation both ways."""

    ATTEMPT = "attempt"
    DELIVERY = "delivery"
    CONTACT = "contact"


class Level(IntEnum):
    """How far a contact got."""

    NOTHING = 0  # it never left, or never rang
    ATTEMPT = 1
    DELIVERY = 2
    CONTACT = 3


LEVELS: dict[Counted, Level] = {
    Counted.ATTEMPT: Level.ATTEMPT,
    Counted.DELIVERY: Level.DELIVERY,
    Counted.CONTACT: Level.CONTACT,
}

# The outcome of an earlier contact; one that is not here counts as a contact, which is the strictest.
OUTCOMES: dict[str, Level] = {
    "failed": Level.NOTHING,
    "bounced": Level.NOTHING,
    "undelivered": Level.NOTHING,
    "unconnected": Level.NOTHING,
    "not_connected": Level.NOTHING,
    "rejected": Level.NOTHING,
    "blocked": Level.NOTHING,
    "attempt": Level.ATTEMPT,
    "no_answer": Level.ATTEMPT,
    "unanswered": Level.ATTEMPT,
    "busy": Level.ATTEMPT,
    "voicemail": Level.ATTEMPT,
    "sent": Level.ATTEMPT,
    "absent": Level.ATTEMPT,
    "not_home": Level.ATTEMPT,
    "wrong_number": Level.ATTEMPT,
    "third_party": Level.ATTEMPT,
    "delivered": Level.DELIVERY,
    "read": Level.DELIVERY,
    "opened": Level.DELIVERY,
    "answered": Level.CONTACT,
    "replied": Level.CONTACT,
    "met": Level.CONTACT,
    "contact": Level.CONTACT,
}

COLLECTION = "collection"
# What a contact is for, where a law makes a difference of it, by its names.
PURPOSES: dict[str, tuple[str, ...]] = {
    COLLECTION: ("collections", "debt_collection", "cobranza", "reminder"),
    "operation_confirmation": (
        "transaction_confirmation",
        "confirmation_of_operation",
        "confirmation",
        "payment_confirmation",
        "monetary_operation_confirmation",
        "confirm_operation",
    ),
    "savings_information": ("voluntary_savings", "savings"),
    "severance_information": ("severance", "cesantias", "savings_and_severance"),
    "requested_information": (
        "information_requested",
        "information_requested_by_consumer",
        "consumer_requested_information",
        "requested_by_consumer",
        "consumer_request",
    ),
    "fraud_alert": ("fraud", "fraud_warning", "security_alert"),
    "advertising": ("marketing", "commercial", "promotion"),
}

# What may be known of a debtor, a debt or an attempt, and decides; written in law files and in questions, where
# docs/reference.md says what each may be.
FACTS: dict[str, str] = {
    "product": N_("Kind of credit"),
    "express_visit_authorisation": N_("Expressly allowed visits"),
    "no_contact_data": N_("No authorised channel is up to date"),
    "carriers_report_impossible": N_("The carriers report that nobody can be reached"),
    "debtor_served_in_collection_suit": N_("Served in a collection suit"),
    "insolvency_started": N_("An insolvency procedure was opened"),
    "court_suspension": N_("A court suspended the collection"),
    "caller_id_hidden": N_("The call shows no number"),
    "caller_id_registered": N_("The number that calls is the registered one"),
    "channel_authorised": N_("This channel was authorised"),
    "authorised_channels": N_("Authorised channels"),
    "opted_out": N_("Does not want to be contacted"),
    "customer_requested": N_("Wish"),
    "consumer_requested_window": N_("Hours asked for"),
    "request_instrument": N_("Where the wish was written down"),
    "minor": N_("Is a minor"),
    "older_adult": N_("Is an older adult"),
    "requested_by_debtor": N_("Asked for this very contact"),
}
FACTS_ALSO: dict[str, str] = {
    "no_authorised_channel_data": "no_contact_data",
    "no_updated_contact_data": "no_contact_data",
    "no_updated_channel_data": "no_contact_data",
    "carriers_confirm_impossibility": "carriers_report_impossible",
    "carrier_report_impossible": "carriers_report_impossible",
    "carriers_report_impossibility": "carriers_report_impossible",
    "insolvency_procedure_started": "insolvency_started",
    "insolvency": "insolvency_started",
    "court_suspended": "court_suspension",
    "debtor_served": "debtor_served_in_collection_suit",
    "caller_id_private": "caller_id_hidden",
    "number_registered": "caller_id_registered",
    "caller_number_registered": "caller_id_registered",
    "registered_number": "caller_id_registered",
    "channel_authorized": "channel_authorised",
    "authorized_channels": "authorised_channels",
    "opt_out": "opted_out",
    "express_visit_authorization": "express_visit_authorisation",
    "consumer_requested_information": "requested_by_debtor",
    "requested_by_consumer": "requested_by_debtor",
}
# Names that say the opposite of a fact.
FACTS_DENIED: dict[str, str] = {
    "channel_not_authorised": "channel_authorised",
    "channel_unauthorised": "channel_authorised",
    "unauthorised_channel": "channel_authorised",
    "unauthorized_channel": "channel_authorised",
    "caller_id_unregistered": "caller_id_registered",
    "unregistered_number": "caller_id_registered",
    "number_unregistered": "caller_id_registered",
}
# Said of a question for the reader, or read elsewhere (debt, candidate_zones); never decides.
REMARKS = frozenset({"debt", "candidate_zones", "area_code", "address_state", "phone", "phonenumbers_zone"})

FORM_FIELDS = ("reason",)

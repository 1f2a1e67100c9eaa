"""What templates are called: their codes, states and languages, as people say them."""

from models import TemplateState
from workbench.rules.template_checks import Finding
from workbench.rules.templating import What, Where
from workbench.rules.words import N_
from workbench.ui.i18n import _, language

NAMES = {
    "reminder_before_due": N_("Reminder before the due date"),
    "due_today": N_("Due today"),
    "first_notice": N_("First notice"),
    "second_notice": N_("Second notice"),
    "firm_notice": N_("Firm notice"),
    "final_notice": N_("Final notice"),
    "promise_due_tomorrow": N_("Promise due tomorrow"),
    "promise_due_today": N_("Promise due today"),
    "promise_broken": N_("Promise broken"),
    "payment_thanks": N_("Thanks for a payment"),
    "agreement_letter": N_("Letter of an agreement"),
    "installment_due": N_("Installment falls due"),
}
STATES = {
    TemplateState.DRAFT: N_("draft"),
    TemplateState.APPROVED: N_("approved"),
    TemplateState.RETIRED: N_("retired"),
}
SPOKEN = {"es": N_("Spanish"), "en": N_("English")}


def name_of(code: str) -> str:
    """A text's name; one of the portfolio's own is called by its code."""
    return _(NAMES[code]) if code in NAMES else code


def sentence(finding: Finding) -> str:
    """A finding as the reader's language says it: where, and how to mend it."""
    return f"{Where(finding).in_language(language())}: {What(finding).in_language(language())}"

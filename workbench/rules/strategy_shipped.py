"""The strategy a portfolio starts with: a courtesy before the due date, gentle first, firmer later, a person at the end."""

from typing import Any

from workbench.rules.words import N_, translate

ASIDE = ["whatsapp", "sms", "email"]  # short words first reach a phone
FORMAL = ["email", "whatsapp", "sms"]  # a letter with all debts is read in full

# code, name, day past due, template (none = for people), channels, days it stays valid: mostly until the next step
_MESSAGES: tuple[tuple[str, str, int, str, list[str], int], ...] = (
    ("courtesy", N_("Courtesy reminder"), -3, "reminder_before_due", ASIDE, 3),
    ("first", N_("First notice"), 1, "first_notice", ASIDE, 3),
    ("second", N_("Second notice"), 8, "second_notice", ASIDE, 7),
    ("second_formal", N_("Second notice, in full"), 15, "second_notice", FORMAL, 15),
    ("firm", N_("Firm notice"), 30, "firm_notice", FORMAL, 30),
    ("final", N_("Final notice"), 60, "final_notice", FORMAL, 31),
)
_BY_PEOPLE: tuple[tuple[str, str, str, int, int], ...] = (
    ("call", N_("First call"), "call", 4, 4),
    ("hand_over", N_("Propose to hand over"), "hand_over", 91, 3650),
)


def shipped_definition(language: str) -> dict[str, Any]:
    """The shipped strategy as JSON, its names in a portfolio's language; prices are everybody's own, so it has none."""
    written = [
        {
            "code": code,
            "name": translate(name, language),
            "offset": day,
            "channels": channels,
            "template": template,
            "valid_days": valid,
        }
        for code, name, day, template, channels, valid in _MESSAGES
    ]
    done = [
        {"code": code, "name": translate(name, language), "kind": kind, "offset": day, "valid_days": valid}
        for code, name, kind, day, valid in _BY_PEOPLE
    ]
    steps = sorted([*written, *done], key=lambda step: int(str(step["offset"])))
    return {
        "segments": [{"code": "everybody", "name": translate(N_("Everybody"), language), "steps": steps}],
        "events": {
            "promise_due": {
                "channels": ASIDE,
                "templates": {"1": "promise_due_tomorrow", "0": "promise_due_today"},
            },
            "promise_broken": {"channels": ASIDE, "template": "promise_broken"},
            "payment_thanks": {"channels": ASIDE, "template": "payment_thanks"},
            "installment_due": {"channels": ASIDE, "templates": {"1": "installment_due", "0": "installment_due"}},
        },
    }

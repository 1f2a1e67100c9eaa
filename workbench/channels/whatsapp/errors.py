"""What Meta's error codes mean for us.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

from workbench.rules.words import N_

TOO_FAST = {4, 80007, 130429, 131048}
# to this one debtor: a message every six seconds; the others need not wait
PAIR_TOO_FAST = {131056}
NOT_AVAILABLE = {2, 131016, 131057}
NO_TELLING = {1, 131000}
# a token that ran out, a bill, a locked account: ours to mend, so the messages wait instead of being lost
OUR_ACCOUNT = {0, 3, 10, 33, 190, 368, 131005, 131031, 131042, 131045, 133010, *range(200, 300)}
NOT_ON_WHATSAPP = {131021, 131026}
REASONS = {
    33: N_("our number is not known"),
    190: N_("the access token is not valid"),
    368: N_("our account is blocked"),
    130429: N_("too fast"),
    130472: N_("held back by an experiment of the provider"),
    130497: N_("not allowed in this country"),
    131005: N_("no permission"),
    131021: N_("the recipient is the sender"),
    131026: N_("not reachable on WhatsApp"),
    131031: N_("our account is locked"),
    131042: N_("the account's payment method"),
    131047: "window_closed",
    131048: N_("restricted after complaints"),
    131049: N_("held back by the provider"),
    131050: N_("the debtor stopped messages of this kind"),
    131056: N_("too fast to this number"),
    132000: N_("the template has another number of variables"),
    132001: N_("no such template in this language"),
    132007: N_("the template breaks a policy"),
    132012: N_("the template's variables have another format"),
    132015: N_("the template is paused"),
    132016: N_("the template is disabled"),
    133010: N_("our number is not registered"),
}
for _codes, _reason in (
    (TOO_FAST, N_("too fast")),
    (NOT_AVAILABLE, N_("not available")),
    (OUR_ACCOUNT, N_("our account")),
):
    REASONS = dict.fromkeys(_codes, _reason) | REASONS


def in_words(code: int | None) -> str:
    """The code with its meaning, without the words of the provider, which may name the debtor."""
    if code is None:
        return N_("refused")
    meaning = REASONS.get(code, N_("refused"))
    return meaning if meaning == "window_closed" else f"{code}: {meaning}"

"""What Meta's error codes mean for us.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

TOO_FAST = {4, 80007, 130429, 131048}
# to this one debtor: a message every six seconds; the others need not wait
PAIR_TOO_FAST = {131056}
NOT_AVAILABLE = {2, 131016, 131057}
NO_TELLING = {1, 131000}
# a token that ran out, a bill, a locked account: ours to mend, so the messages wait instead of being lost
OUR_ACCOUNT = {0, 3, 10, 33, 190, 368, 131005, 131031, 131042, 131045, 133010, *range(200, 300)}
NOT_ON_WHATSAPP = {131021, 131026}
REASONS = {
    33: "our number is not known",
    190: "the access token is not valid",
    368: "our account is blocked",
    130429: "too fast",
    130472: "held back by an experiment of the provider",
    130497: "not allowed in this country",
    131005: "no permission",
    131021: "the recipient is the sender",
    131026: "not reachable on WhatsApp",
    131031: "our account is locked",
    131042: "the account's payment method",
    131047: "window_closed",
    131048: "restricted after complaints",
    131049: "held back by the provider",
    131050: "the debtor stopped messages of this kind",
    131056: "too fast to this number",
    132000: "the template has another number of variables",
    132001: "no such template in this language",
    132007: "the template breaks a policy",
    132012: "the template's variables have another format",
    132015: "the template is paused",
    132016: "the template is disabled",
    133010: "our number is not registered",
}
for _codes, _reason in ((TOO_FAST, "too fast"), (NOT_AVAILABLE, "not available"), (OUR_ACCOUNT, "our account")):
    REASONS = dict.fromkeys(_codes, _reason) | REASONS


def in_words(code: int | None) -> str:
    """The code with its meaning, without the words of the provider, which may name the debtor."""
    if code is None:
        return "refused"
    meaning = REASONS.get(code, "refused")
    return meaning if meaning == "window_closed" else f"{code}: {meaning}"

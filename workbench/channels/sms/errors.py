"""What Twilio's error codes mean for us: https://www.twilio.com/docs/api/errors."""

from workbench.rules.words import N_

TOO_FAST = {14107, 20429, 21611, 30001, 63038}
# credentials, a suspended account, a sender that is not ours: ours to mend, so the messages wait
OUR_ACCOUNT = {20003, 20005, 20006, 20404, 20426, 21212, 21603, 21606, 21659, 21660, 21661, 21703, 30002}
NO_TELLING = {20500}
# of an answer or of a receipt: this number takes no text messages, or none of ours
NO_GOOD_NUMBER = {21211, 21214, 21217, 21265, 21266, 21610, 21614, 21635, 30005, 30006}
REFUSED = N_("refused")
REASONS = {
    14107: N_("too fast"),
    20003: N_("our credentials are not valid"),
    20429: N_("too fast"),
    21211: N_("not a valid number"),
    21214: N_("the number cannot be reached"),
    21217: N_("not a valid number"),
    21265: N_("the number is a short code"),
    21266: N_("the recipient is the sender"),
    21408: N_("the account may not send to this country"),
    21606: N_("our sender cannot send to this number"),
    21610: N_("the debtor has unsubscribed at the provider"),
    21611: N_("the sender's queue is full"),
    21612: N_("no route to this number"),
    21614: N_("not a mobile number"),
    21617: N_("the text is too long"),
    21635: N_("the number is a landline"),
    30001: N_("the queue is full"),
    30002: N_("our account is suspended"),
    30003: N_("the handset is not reachable"),
    30004: N_("blocked by the carrier"),
    30005: N_("nobody has this number"),
    30006: N_("a landline, or the carrier is not reachable"),
    30007: N_("filtered by the carrier"),
    30008: N_("not known why"),
    63038: N_("the account's messages of this day are used up"),
}


def in_words(code: int | None) -> str:
    """The code with its meaning, without the words of the provider, which may name the debtor."""
    return N_("refused") if code is None else f"{code}: {REASONS.get(code, REFUSED)}"

"""What Twilio's error codes mean for us: https://www.twilio.com/docs/api/errors."""

TOO_FAST = {14107, 20429, 21611, 30001, 63038}
# credentials, a suspended account, a sender that is not ours: ours to mend, so the messages wait
OUR_ACCOUNT = {20003, 20005, 20006, 20404, 20426, 21212, 21603, 21606, 21659, 21660, 21661, 21703, 30002}
NO_TELLING = {20500}
# of an answer or of a receipt: this number takes no text messages, or none of ours
NO_GOOD_NUMBER = {21211, 21214, 21217, 21265, 21266, 21610, 21614, 21635, 30005, 30006}
REASONS = {
    14107: "too fast",
    20003: "our credentials are not valid",
    20429: "too fast",
    21211: "not a valid number",
    21214: "the number cannot be reached",
    21217: "not a valid number",
    21265: "the number is a short code",
    21266: "the recipient is the sender",
    21408: "the account may not send to this country",
    21606: "our sender cannot send to this number",
    21610: "the debtor has unsubscribed at the provider",
    21611: "the sender's queue is full",
    21612: "no route to this number",
    21614: "not a mobile number",
    21617: "the text is too long",
    21635: "the number is a landline",
    30001: "the queue is full",
    30002: "our account is suspended",
    30003: "the handset is not reachable",
    30004: "blocked",
    30005: "nobody has this number",
    30006: "a landline, or the carrier is not reachable",
    30007: "filtered by the carrier",
    30008: "not known why",
    63038: "the account's messages of this day are used up",
}


def in_words(code: int | None) -> str:
    """The code with its meaning, without the words of the provider, which may name the debtor."""
    return "refused" if code is None else f"{code}: {REASONS.get(code, 'refused')}"

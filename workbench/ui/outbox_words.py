"""The words for messages: states with their tones, causes, who told what became of them."""

from html import escape

from models import Cause, MessageState
from workbench.channels.sandbox.sending import PROVIDER as SANDBOX
from workbench.queries.outbox import Line
from workbench.rules.held import held_in_words
from workbench.rules.law_words import CHANNELS
from workbench.rules.message_states import NAMES
from workbench.rules.words import N_
from workbench.ui import i18n
from workbench.ui.i18n import _, city, number, when
from workbench.ui.template_words import SPOKEN

TONES = {
    MessageState.PLANNED: "cw-muted",
    MessageState.QUEUED: "cw-muted",
    MessageState.SENDING: "cw-muted",
    MessageState.SENT: "cw-good",
    MessageState.DELIVERED: "cw-good",
    MessageState.READ: "cw-good",
    MessageState.FAILED: "cw-bad",
    MessageState.BOUNCED: "cw-bad",
    MessageState.BLOCKED: "cw-bad",
    MessageState.CANCELLED: "cw-warn",
    MessageState.UNCONFIRMED: "cw-warn",
}
STATES = {state: (NAMES[state], tone) for state, tone in TONES.items()}
CAUSES = {
    Cause.STEP: N_("Step"),
    Cause.PROMISE_DUE: N_("Promise falls due"),
    Cause.PROMISE_BROKEN: N_("Promise broken"),
    Cause.PAYMENT_THANKS: N_("Thanks for a payment"),
    Cause.REPLY: N_("Agent's reply"),
    Cause.AGREEMENT: N_("Letter of an agreement"),
    Cause.INSTALLMENT_DUE: N_("Installment falls due"),
}
SOURCES = {
    "plan": N_("when planned"),
    "send": N_("when sent"),
    "receipt": N_("the provider said so"),
    "debtor": N_("the debtor asked for it"),
    "person": N_("a person"),
    "sweep": N_("the sweep"),
    "release": N_("given back by a worker"),
}


def state_name(state: MessageState) -> str:
    """A state in a word."""
    return _(STATES[state][0])


def state_badge(line: Line) -> str:
    """The state as a badge; what only the sandbox took says so."""
    name, tone = STATES[line.state]
    played = f' <span class="cw-tag">{escape(_("sandbox"))}</span>' if line.provider == SANDBOX else ""
    return f'<span class="cw-badge {tone}">{escape(_(name))}</span>{played}'


def step_of(line: Line) -> str:
    """What the message was written for: a step by its name, or what happened."""
    if line.cause is not Cause.STEP:
        return _(CAUSES[line.cause]) + (f" · {line.author}" if line.author else "")
    again = f" · {_('try {n}', n=line.attempt)}" if line.attempt > 1 else ""
    return f"{line.step_name or line.step or _(CAUSES[line.cause])}{again}"


def at_debtor(line: Line) -> str:
    """When it left or may leave, on the debtor's clock, the zone said."""
    return f"{when(line.moment, line.zone)} ({city(line.zone)})"


def why_held(line: Line) -> str:
    """Why it waits or was held back, with rule and article; what the provider said when that is why."""
    said = held_in_words(line.held, i18n.language())
    return " ".join(part for part in (said, provider_said(line.error)) if part)


def provider_said(error: str | None) -> str:
    """What a channel noted of a failure: a provider's code, where there is one, with its meaning."""
    if not error:
        return ""
    code, found, meaning = error.rpartition(": ")
    return f"{code}{found}{_(meaning)}"


def language_name(code: str | None) -> str:
    """A language by its name, or its code when it has none here."""
    return _(SPOKEN[code]) if code in SPOKEN else code or "—"


def language_note(line: Line) -> str:
    """That the debtor's language was missing and which was used instead; empty when nothing was amiss."""
    return fallen_back(line.language, line.language_wanted) if line.language_wanted else ""


def fallen_back(used: str | None, wanted: str) -> str:
    """In which language a text is, and which is missing."""
    return _("in {used}, because {wanted} is missing", used=language_name(used), wanted=language_name(wanted))


def row_of(line: Line) -> dict[str, str]:
    """A message as a row of the table and of the file."""
    return {
        _("Debtor"): line.name or "•••",
        _("Reference"): line.reference,
        _("Channel"): _(CHANNELS[line.channel]),
        _("Step or cause"): step_of(line),
        _("State"): state_name(line.state),
        _("Moment, there"): at_debtor(line),
        _("Why held back"): why_held(line),
        _("Language"): language_note(line),
        _("Cost (USD)"): number(line.cost, decimals=4) if line.cost is not None else "",
    }

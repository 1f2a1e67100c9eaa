"""What an outcome form must say, and what may not be said, before it is saved."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

NOTE_LIMIT = 4_000


@dataclass(frozen=True, slots=True)
class InteractionForm:
    """One outcome as the agent filled it in; `submission_key` is drawn with the form, so that a double click saves once."""

    submission_key: UUID
    item_id: int | None  # none = recorded from a search, without a claim
    case_id: int
    disposition_code: str
    started_at: datetime
    contact_point_id: int | None = None
    note: str = ""
    promise: PromiseTerms | None = None
    callback_at: datetime | None = None
    new_phone: str | None = None
    reason: str | None = None
    override_reason: str | None = None
    caller_id: int | None = None  # who called, when a supervisor saves it for them; none = who saves it


# What is said when a field that the disposition requires is empty; the key is the word in `Disposition.requires`.
MISSING: dict[str, str] = {
    "amount": N_("Enter the amount promised."),
    "date": N_("Enter the date of the promise."),
    "phone": N_("Choose the phone this is about."),
    "note": N_("Write a note: this result needs one."),
    "reason": N_("Choose the reason."),
    "callback": N_("Enter when to call back."),
}


def check_required(form: InteractionForm, requires: list[str], *, not_asked: frozenset[str] = frozenset()) -> None:
    """Refuses a form that lacks what its disposition requires, naming the field, or holds what it has no place for.

    `not_asked` are the fields that the law forbids to ask for: they are never required, and refused when filled in.
    """
    filled = {
        "amount": form.promise is not None,
        "date": form.promise is not None,
        "phone": form.contact_point_id is not None,
        "note": bool(form.note.strip()),
        "reason": bool(form.reason),
        "callback": form.callback_at is not None,
    }
    for field in not_asked:
        if filled[field]:
            raise Refused("The law does not let this be asked: leave it empty.", field=field)
    for field in requires:
        if not filled[field] and field not in not_asked:
            raise Refused(MISSING[field], field=field)
    if form.promise and "amount" not in requires:
        raise Refused("This result takes no promise: choose “Promise to pay”.", field="amount")
    if form.callback_at and "callback" not in requires:
        raise Refused("This result takes no callback: choose “Call back”.", field="callback")
    if len(form.note) > NOTE_LIMIT:
        raise Refused("The note is too long: {limit} characters at most.", field="note", limit=NOTE_LIMIT)


def check_times(form: InteractionForm, *, at: datetime) -> None:
    """Refuses a call that has not begun yet and a callback in the past."""
    if form.started_at > at:
        raise Refused("The call cannot begin after it is saved.", field="started_at")
    if form.callback_at and form.callback_at <= at:
        raise Refused("The callback has to be in the future.", field="callback")

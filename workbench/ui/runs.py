"""What runs by itself, in the reader's words."""

from workbench.jobs import Queue
from workbench.rules.words import N_
from workbench.ui.i18n import _

NAMES = {
    "night": N_("Night"),
    "worklist": N_("Due callbacks and expired claims"),
    "lost_imports": N_("Lost imports"),
    "messages": N_("Messages and replies left behind"),
    "events": N_("Messages about promises and payments"),
    "approvals": N_("Requests for approval past their time"),
    "covers": N_("Covers whose last day is over"),
    "digests": N_("Boards by e-mail"),
    "cleanup": N_("Clean-up of old log-ins"),
}
STATES = {
    "due": N_("due"),
    "running": N_("running"),
    "done": N_("done"),
    "failed": N_("failed"),
    "skipped": N_("overtaken"),
    "idle": N_("idle"),
    "busy": N_("busy"),
    "started": N_("started"),
    "suspended": N_("suspended"),
}
QUEUES = {Queue.WORKBENCH: N_("Nights, imports and boards by e-mail"), Queue.MESSAGES: N_("Messages")}
LOST = N_("The worker was lost.")  # what a sweep writes as a run's error


def name_of(entry: str) -> str:
    """A timetable entry's name; anything else (a file's name) as it is."""
    return _(NAMES[entry]) if entry in NAMES else entry


def queue_of(name: Queue) -> str:
    """What a queue's workers do."""
    return _(QUEUES[name])


def state_of(state: str | None) -> str:
    """A run's or a worker's state."""
    return _(STATES[state]) if state in STATES else state or "—"

"""The life of a message: its states only ever move forward, whoever tells what became of it, in whatever order.

Back to `planned` goes only what certainly did not leave: taken from the queue, or refused by the provider for now.
"""

from datetime import datetime, timedelta

from models.messages import MessageState as State
from workbench.rules.words import N_

NAMES = {
    State.PLANNED: N_("planned"),
    State.QUEUED: N_("queued"),
    State.SENDING: N_("leaving"),
    State.SENT: N_("sent"),
    State.DELIVERED: N_("delivered"),
    State.READ: N_("read"),
    State.FAILED: N_("did not leave"),
    State.BOUNCED: N_("bounced"),
    State.BLOCKED: N_("blocked by law"),
    State.CANCELLED: N_("cancelled"),
    State.UNCONFIRMED: N_("unconfirmed"),
}
WAITING = frozenset({State.PLANNED, State.QUEUED})  # may still be cancelled
LIVE = frozenset({State.PLANNED, State.QUEUED, State.SENDING})
ENDED = frozenset({State.FAILED, State.BOUNCED, State.BLOCKED, State.CANCELLED, State.UNCONFIRMED})

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))  # after the first, second … try

# What a provider's word may move a message from. It may come before our own note that the message was handed over,
# and even after the provider had said that it would not take it.
_TOLD: dict[State, frozenset[State]] = {
    State.SENT: LIVE | {State.UNCONFIRMED},
    State.DELIVERED: LIVE | {State.UNCONFIRMED, State.SENT},
    State.READ: LIVE | {State.UNCONFIRMED, State.SENT, State.DELIVERED},
    State.FAILED: LIVE | {State.UNCONFIRMED, State.SENT, State.DELIVERED},
    State.BOUNCED: LIVE | {State.UNCONFIRMED, State.SENT, State.DELIVERED},
}
_OURS: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.QUEUED, State.CANCELLED}),
    State.QUEUED: frozenset({State.SENDING, State.PLANNED, State.FAILED, State.BLOCKED, State.CANCELLED}),
    State.SENDING: frozenset({State.SENT, State.PLANNED, State.FAILED, State.UNCONFIRMED}),
    State.UNCONFIRMED: frozenset({State.SENT, State.FAILED}),
}


def told_from(told: State) -> frozenset[State]:
    """The states that a receipt of this state moves on; a receipt of any other state moves nothing."""
    return _TOLD.get(told, frozenset())


def may_move(old: State, new: State, *, told: bool = False) -> bool:
    """Whether a message may go from one state to another: by a receipt (`told`) or by ourselves."""
    return old in told_from(new) if told else new in _OURS.get(old, frozenset())


def next_try(tries: int, at: datetime) -> datetime | None:
    """When a message that did not leave is tried again after so many tries; none = no more."""
    return at + BACK_OFF[tries - 1] if tries <= len(BACK_OFF) else None


def key_on(key: str, old: str, new: str) -> str:
    """The key of the same message on another channel: the channel stands once near its end."""
    before, found, after = key.rpartition(f":{old}")
    return f"{before}:{new}{after}" if found else f"{key}:{new}"


def key_again(key: str) -> str:
    """The key of a person's next try: `…:again2`, `…:again3`."""
    before, found, number = key.rpartition(":again")
    return f"{before}:again{int(number) + 1}" if found and number.isdigit() else f"{key}:again2"

"""Words of a past queue: its bands, and how a place lies now."""

from models import Band, Queue, WorkState
from workbench.rules.words import N_

QUEUES = {Queue.CALL: N_("Calls"), Queue.NEGOTIATION: N_("Negotiation")}
BANDS = {
    Band.CALLBACK: N_("callback"),
    Band.BROKEN_PROMISE: N_("broken promise"),
    Band.NEGOTIATION: N_("negotiation"),
    Band.SCORE: N_("score"),
}
STATES = {
    WorkState.READY: N_("ready"),
    WorkState.WAITING: N_("waiting"),
    WorkState.CLAIMED: N_("in hand"),
    WorkState.CLOSED: N_("closed"),
}

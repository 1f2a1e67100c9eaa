"""Why a debtor waits in the negotiation queue: what somebody answered, missed, wrote or said, the most urgent first."""

from dataclasses import dataclass
from datetime import date

from models.approvals import ApprovalState
from models.interactions import Channel
from workbench.rules.reasons import WROTE, Money, Reason, Said, Share
from workbench.rules.words import N_

Values = dict[str, int | Share | Money | Said]
WAITS = Reason(N_("A negotiation is waiting"))  # what is said when nothing more is known
ANSWERS = {
    ApprovalState.APPROVED: N_("What {name} asked for was approved"),
    ApprovalState.REJECTED: N_("What {name} asked for was rejected"),
    ApprovalState.EXPIRED: N_("Nobody decided in time on what {name} asked for"),
}


@dataclass(frozen=True, slots=True)
class Engaged:
    """What is known of a negotiation that waits; each field none or 0 where there is no such thing.

    `asker` is whose request was countered or answered; `missed` of `missed_limit` installments of a live agreement;
    `broken_on` when the last agreement broke; `wrote_by` how the debtor wrote what nobody has answered; `willing_on`
    the day of the last call, when it ended in a negotiation.
    """

    callback: bool = False
    countered: bool = False
    answer: ApprovalState | None = None
    asker: str | None = None
    missed: int = 0
    missed_limit: int = 0
    broken_on: date | None = None
    wrote_by: Channel | None = None
    willing: bool = False


def engaged_reasons(of: Engaged) -> tuple[Reason, ...]:
    """Every reason there is, the one that cannot wait first; never none."""
    asker: Values = {"name": Said(of.asker or "")}
    missed: Values = {"missed": of.missed, "limit": of.missed_limit}
    found = [
        (of.callback, Reason(N_("A callback was agreed"))),
        (of.countered, Reason(N_("A counter-offer waits for the answer of {name}"), asker)),
        (bool(of.missed), Reason(N_("Missed {missed} installments; with {limit} the agreement breaks"), missed)),
        (bool(of.broken_on), Reason(N_("The agreement broke and nobody has spoken with them since"))),
        (bool(of.wrote_by), Reason(WROTE[of.wrote_by]) if of.wrote_by else Reason("")),
        (of.answer in ANSWERS, Reason(ANSWERS[of.answer], asker) if of.answer in ANSWERS else Reason("")),
        (of.willing, Reason(N_("Willing to pay a part: said so in the last call"))),
    ]
    given = tuple(reason for holds, reason in found if holds)
    return given or (WAITS,)

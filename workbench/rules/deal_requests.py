"""What somebody asks for when they deal out work: which cases, to whom, how."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from models.cases import Stage
from models.deals import DealKind, DealWay
from models.work_items import Queue
from workbench.rules.refusals import Refused
from workbench.rules.words import N_

LONGEST_COVER_DAYS = 120
NOTE_LIMIT = 500


class Whose(StrEnum):
    """Which cases by owner."""

    UNOWNED = "unowned"
    OWNED = "owned"
    ALL = "all"


class Why(StrEnum):
    """Why a case that was asked for stays where it is."""

    IN_HAND = "in_hand"
    PAUSED = "paused"
    OTHER_TEAM = "other_team"
    NO_ONE_FITS = "no_one_fits"
    ALL_FULL = "all_full"
    CHANGED = "changed"
    GONE = "gone"


class Unfit(StrEnum):
    """Why nothing is dealt to a person who was asked for."""

    AWAY = "away"
    LEAVES = "leaves"
    UNKNOWN = "unknown"


WHY_LABELS: dict[Why, str] = {
    Why.IN_HAND: N_("Somebody is working with the debtor"),
    Why.PAUSED: N_("The case is paused"),
    Why.OTHER_TEAM: N_("They belong to another team's people"),
    Why.NO_ONE_FITS: N_("Nobody chosen may have them"),
    Why.ALL_FULL: N_("Everybody who may have them has enough"),
    Why.CHANGED: N_("They changed hands meanwhile"),
    Why.GONE: N_("Whoever they would go back to has left"),
}
UNFIT_LABELS: dict[Unfit, str] = {
    Unfit.AWAY: N_("Away"),
    Unfit.LEAVES: N_("Gives the work away"),
    Unfit.UNKNOWN: N_("Not active, or of another team"),
}
EVERYBODYS = N_("Nobody: everybody's queue")
WAY_LABELS: dict[DealWay, str] = {
    DealWay.COUNT: N_("Equal number of cases"),
    DealWay.BALANCE: N_("Equal balance"),
    DealWay.EXPECTED: N_("Equal expected money"),
    DealWay.PRIORITY: N_("In turns by priority"),
    DealWay.NOBODY: N_("To everybody's queue"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases are dealt, to whom and how.

    Empty filters do not narrow; no `agents` means every agent of the asker's teams. `cap` = cases that each gets at most
    or, with `count_owned`, may own at most; then loads begin with what each owns already. `of_user` is whose work is
    covered or taken over; a cover ends on `until_on`, the last day included. A portfolio goes from team to team.
    With `keep_promises`, open promises and agreed callbacks stay with whoever has them.
    """

    way: DealWay
    kind: DealKind = DealKind.DEAL
    agents: tuple[int, ...] = ()
    portfolio_ids: tuple[int, ...] = ()
    case_ids: tuple[int, ...] = ()
    queue: Queue | None = None
    stages: tuple[Stage, ...] = ()
    buckets: tuple[int, ...] = ()
    whose: Whose = Whose.UNOWNED
    owners: tuple[int, ...] = ()
    cap: int | None = None
    count_owned: bool = False
    keep_promises: bool = False
    of_user: int | None = None
    until_on: date | None = None
    from_team: int | None = None
    to_team: int | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """What is kept with the deal."""
        told = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return told | {"until_on": str(self.until_on) if self.until_on else None}


def check_asked(asked: Asked, *, on: date) -> None:
    """Refuses what cannot be dealt, whatever the book holds."""
    if asked.cap is not None and asked.cap < 0:
        raise Refused("The most cases of one person is not less than zero.")
    if len(asked.note) > NOTE_LIMIT:
        raise Refused("The note has at most {limit} characters.", limit=NOTE_LIMIT)
    if asked.kind in (DealKind.COVER, DealKind.LEAVER) and asked.of_user is None:
        raise Refused("Say whose work it is.")
    if asked.kind is DealKind.COVER:
        _check_cover(asked, on)
    elif asked.until_on is not None:
        raise Refused("Only a cover has a last day.")
    if asked.kind is DealKind.PORTFOLIO and (
        not asked.portfolio_ids or not asked.from_team or not asked.to_team or asked.from_team == asked.to_team
    ):
        raise Refused("Say which portfolios go from which team to which other.")


def _check_cover(asked: Asked, on: date) -> None:
    if asked.until_on is None:
        raise Refused("Say the last day of the cover.")
    if asked.until_on < on:
        raise Refused("The last day of the cover is over.")
    if (asked.until_on - on).days > LONGEST_COVER_DAYS:
        raise Refused("A cover lasts at most {days} days.", days=LONGEST_COVER_DAYS)
    if asked.way is DealWay.NOBODY:
        raise Refused("Somebody has to cover: choose how the cases are dealt.")

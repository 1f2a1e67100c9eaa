"""What the law said of every pretend call when it was made: each is judged as a real one, with those before it."""

from collections import defaultdict
from datetime import UTC, datetime

from models import Channel, Outcome
from seed.contacts import CODES
from seed.years import PretendYear
from workbench.rules.contact_law import Decision, Prior
from workbench.rules.contact_places import Known, Place
from workbench.rules.contact_policies import ContactPolicy
from workbench.rules.dispositions import SHIPPED, Shipped
from workbench.rules.law_limits import LOOK_BACK


def decisions(year: PretendYear) -> list[Decision]:
    """One decision a call, in the order of the calls."""
    book, calls = year.book, year.history.calls
    place = Place(0, book.country, book.zone, ContactPolicy(hours=book.hours))
    before: dict[int, list[Prior]] = defaultdict(list)
    found = []
    for case, second, code in zip(calls.case.tolist(), calls.start.tolist(), calls.code.tolist(), strict=True):
        at = datetime.fromtimestamp(second, UTC)
        town = book.towns[year.town[case]]
        priors = tuple(prior for prior in before[case] if prior.at > at - LOOK_BACK)
        found.append(place.judge(Known(town.zone, town.region, priors=priors), at, debt=str(case)))
        before[case] = [*priors, Prior(at, Channel.CALL, CAME[CODES[code]], str(case))]
    return found


def _outcome(disposition: Shipped) -> str:
    if disposition.counts_rpc:
        return "answered"
    said = {Outcome.THIRD_PARTY: "third_party", Outcome.BAD_DATA: "wrong_number"}
    return said.get(disposition.outcome, "no_answer")


# what `contact_history.OUTCOME` says in SQL
CAME = {disposition.code: _outcome(disposition) for disposition in SHIPPED}

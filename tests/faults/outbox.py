"""Kills everything while messages leave, and then counts: `python -m tests.faults.outbox --messages 5000 --workers 4`.

Own PostgreSQL and Valkey, a provider in a process of its own, real workers, a real timetable, a real web server.
While messages leave, share by share, workers and their forks are killed, Valkey is killed and wiped, PostgreSQL is stopped in the hard way,
two nights run for one date at once, and every receipt comes three times and out of order. Ends with 1 when a rule broke.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.cast import TODAY
from tests.cluster import throwaway_folder
from tests.faults.house import FAILING, SHARE_OF_NIGHT, House
from tests.providers import webhooks

LEFT = {"sent", "delivered", "read", "bounced", "unconfirmed"}
TOLD = {"twilio": [("delivered", "sent")], "meta": [("delivered", "sent"), ("read", "delivered", "sent")]}


@dataclass
class Report:
    """What was done, what came of it, and which rules broke."""

    messages: int
    workers: int
    seed: int
    faults: Counter = field(default_factory=Counter)
    injected: list[dict[str, Any]] = field(default_factory=list)
    provider: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    unconfirmed: Counter = field(default_factory=Counter)
    evidence: list[tuple[str, str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def told(self) -> str:
        return json.dumps(self.__dict__, indent=1, default=str)

    def hold(self, rule: str, offenders: object) -> None:
        """Notes a rule that does not hold."""
        if offenders:
            self.broken.append(f"{rule}: {str(offenders)[:300]}")


def run(
    messages: int, workers: int, *, seed: int, lease: float, faults: int, sending: float, receipts: int, seconds: float
) -> Report:
    """One run: `faults` while the messages leave, then what they left comes to its end. Gives up after `seconds`."""
    report, dice, begun = Report(messages, workers, seed), random.Random(seed), time.monotonic()
    with (
        throwaway_folder() as folder,
        House(folder, messages, workers, lease=lease, seed=seed, sending=sending) as house,
    ):
        report.figures["seconds_to_start"] = round(time.monotonic() - begun, 1)
        nights = _break(house, dice, report, faults, ends=begun + seconds)
        broke_off = time.monotonic()
        house.calm()
        report.figures["nights_ended_with"] = house.after(nights)
        house.until(lambda: not house.waiting())
        report.figures["seconds_to_settle"] = round(time.monotonic() - broke_off, 1)
        _count(house, report)
        _receipts(house, dice, report, receipts)
        report.hold("what `workbench check` finds", house.violations())
        report.states = dict(house.rows("SELECT state, count(*) FROM message GROUP BY 1 ORDER BY 1"))
    report.figures["seconds"] = round(time.monotonic() - begun, 1)
    return report


def _break(house: House, dice: random.Random, report: Report, faults: int, *, ends: float) -> list[subprocess.Popen]:
    """Every kind of fault in turn, each when messages of a further share are reaching the provider."""
    kinds = list(house.FAULTS)
    rounds = [dice.sample(kinds, len(kinds)) for _ in range(-(-faults // len(kinds)))]
    order = [kind for each in rounds for kind in each][:faults]
    due = house.messages - house.messages // SHARE_OF_NIGHT
    slice_ = due // (len(order) + 2)  # so that there is always something to lose
    house.let_go(2 * slice_)
    _more(house, ends)
    nights = house.two_nights()
    house.script(then=sorted(FAILING))
    first = time.monotonic()
    for kind in order:
        house.let_go(slice_)
        _more(house, ends)
        if time.monotonic() > ends:
            break
        at = dict(house.rows("SELECT state, count(*) FROM message GROUP BY 1"))
        hit = house.FAULTS[kind](house, dice)
        report.faults[kind] += hit
        report.injected.append(
            {"kind": kind, "hit": hit, "received": house.told()["messages"]}
            | {state: at.get(state, 0) for state in ("planned", "queued", "sending")}
        )
        house.revive()
    house.let_go(None)
    report.figures["seconds_of_faults"] = round(time.monotonic() - first, 1)
    report.hold("kinds of faults that hit nothing", [kind for kind in set(order) if not report.faults[kind]])
    report.hold("faults left out: no time", len(order) - len(report.injected))
    return nights


def _more(house: House, ends: float) -> None:
    """Until more have reached the provider than had when it was asked."""
    before = house.told()["messages"]
    house.until(lambda: house.told()["messages"] > before or time.monotonic() > ends)


def _count(house: House, report: Report) -> None:
    """Each key at most once at the provider; nothing lost; what nobody knows is listed with its evidence."""
    told = house.told()
    got, report.provider = told["per_key"], told["hows"]
    rows = house.rows("SELECT key, state, error FROM message")
    state = {key: found for key, found, _ in rows}
    report.figures |= {
        "received": sum(got.values()),
        "most_per_key": max(got.values(), default=0),
        "asked": told["asked"],
        "found_again_by_the_sweep": _swept(house, "planned"),
        "unconfirmed_by_the_sweep": _swept(house, "unconfirmed"),
        "put_off_by_the_law": house.rows("SELECT count(*) FROM message WHERE state = 'planned'")[0][0],
        "planned_by_night": house.rows(_BY_NIGHT)[0][0],
    }
    report.hold("failures that the provider never met", [how for how in FAILING if not report.provider.get(how)])
    report.hold("no night came to its end", 0 not in report.figures["nights_ended_with"])
    by_night = report.messages // SHARE_OF_NIGHT
    report.hold("not what the nights had to plan", report.figures["planned_by_night"] != by_night and by_night)
    report.hold("received more than once", [key for key, times in got.items() if times > 1])
    report.hold("received and not known as left", [(key, state.get(key)) for key in got if state.get(key) not in LEFT])
    report.hold(
        "said to have left and never received", [key for key in state if state[key] == "sent" and key not in got]
    )
    report.hold("lost: neither ended nor waiting for a moment", house.waiting())
    report.hold("fewer messages than were written", len(rows) < report.messages and len(rows))
    twice = "SELECT case_id, on_date FROM message WHERE NOT chosen ? 'fallback_of' GROUP BY 1, 2 HAVING count(*) > 1"
    report.hold("two steps for one case and date", house.rows(twice))
    cases = "SELECT id FROM collection_case c WHERE NOT EXISTS (SELECT FROM message WHERE case_id = c.id)"
    report.hold("a case the nights forgot", house.rows(cases))
    without = "SELECT m.id FROM message m WHERE state IN ('sent', 'unconfirmed') AND interaction_id IS NULL"
    report.hold("left without an interaction", house.rows(without))
    unsure = [(key, error) for key, found, error in rows if found == "unconfirmed"]
    report.hold("unconfirmed without evidence", [key for key, error in unsure if not error])
    report.evidence = [(key, error, "received" if key in got else "not received") for key, error in unsure]
    report.unconfirmed = Counter(f"{error}; {what} by the provider" for _, error, what in report.evidence)


_BY_NIGHT = "SELECT count(*) FROM message WHERE NOT key LIKE '%:late:%' AND NOT chosen ? 'fallback_of'"


def _swept(house: House, state: str) -> int:
    asked = "SELECT count(*) FROM message_event WHERE source = 'sweep' AND state = :state"
    return int(house.rows(asked, state=state)[0][0])


def _receipts(house: House, dice: random.Random, report: Report, most: int) -> None:
    """Every receipt three times and out of order, by HTTP: the last state wins, and stays."""
    taken = [each for each in house.taken() if each["how"] not in house.REFUSED]
    taken = dice.sample(taken, min(len(taken), most))
    told = {each["key"]: dice.choice(TOLD[each["provider"]]) for each in taken}
    posts = [(each, state) for each in taken for state in told[each["key"]] for _ in range(3)]
    dice.shuffle(posts)
    house.await_web()
    begun = time.monotonic()
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(4) as crew:
        answers = Counter(crew.map(lambda post: _post(house, client, *post), posts))
    report.figures |= {"webhooks": len(posts), "webhooks_per_second": round(len(posts) / (time.monotonic() - begun), 1)}
    report.hold("webhooks not answered with 200", {code: n for code, n in answers.items() if code != 200})
    report.faults["receipts told three times, out of order"] = len(posts)
    wanted = {key: states[0] for key, states in told.items()}
    house.until(lambda: not _wrong(house, wanted))
    report.hold("a receipt's state is not the message's", _wrong(house, wanted))
    kept = house.rows("SELECT count(*) FROM inbound_event")[0][0]
    report.hold("an event kept more than once", kept != len({(each["key"], state) for each, state in posts}) and kept)


def _post(house: House, client: httpx.Client, each: dict, state: str) -> int:
    if each["provider"] == "meta":
        told = webhooks.meta(webhooks.meta_status(each["provider_id"], state, key=each["key"]))
        url = f"{house.address}/hooks/whatsapp"
    else:
        url = f"{house.address}/hooks/sms"
        told = webhooks.twilio_status(each["provider_id"], state, url, key=each["key"])
    try:
        where = f"{url}?{told.query}" if told.query else url
        return client.post(where, content=told.body, headers=told.headers).status_code
    except httpx.HTTPError:
        return 0


def _wrong(house: House, wanted: dict[str, str]) -> list[tuple]:
    found = dict(house.rows("SELECT key, state FROM message"))
    return [(key, found.get(key), state) for key, state in wanted.items() if found.get(key) != state]


def main() -> None:
    options = argparse.ArgumentParser(prog="tests.faults.outbox")
    options.add_argument("--messages", type=int, default=5000)
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--seed", type=int, default=TODAY.day)
    options.add_argument("--lease", type=float, default=10, help="seconds until what a lost worker had is found again")
    options.add_argument("--faults", type=int, default=40)
    options.add_argument("--receipts", type=int, default=500, help="messages whose receipts come")
    options.add_argument("--sending", type=float, default=90, help="seconds that the rate allows for the messages")
    options.add_argument("--seconds", type=float, default=1200, help="after so many nothing more is broken")
    options.add_argument("--report", type=Path, help="a file for the report; else it is printed")
    asked = vars(options.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    into = asked.pop("report")
    report = run(asked.pop("messages"), asked.pop("workers"), **asked)
    if into:
        into.write_text(report.told())
        report.evidence, report.injected = [], []
    sys.stdout.write(report.told() + "\n")
    raise SystemExit(bool(report.broken))


if __name__ == "__main__":
    main()

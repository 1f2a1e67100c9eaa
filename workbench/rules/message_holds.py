"""Why messages that were planned for are held, as `message.held` says it: the rule and its article where the law decided."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.rules.best_contact import WRITTEN
from workbench.rules.contact_law import Prior, Question, may_contact
from workbench.rules.held import Code, held, held_by_law
from workbench.rules.law_columns import CHANNELS, NEVER
from workbench.rules.law_words import Level
from workbench.rules.local_clock import moment
from workbench.rules.message_channels import CODES, FREE, Facts, Letters, lawful, on_channel

IntArray = NDArray[np.int64]
_OUTCOMES = {Level.NOTHING: "failed", Level.ATTEMPT: "attempt", Level.DELIVERY: "delivered", Level.CONTACT: "contact"}


def holds(row: IntArray, letters: Letters, facts: Facts) -> list[dict[str, Any] | None]:
    """Why each message is held, none where it is free; `row` are the places in the facts."""
    found = [None if code == FREE else held(CODES[code]) for code in letters.held.tolist()]
    for number in range(len(WRITTEN)):
        mine = np.flatnonzero((letters.held == CODES.index(Code.LAW)) & (letters.channel == number))
        for place, told in zip(mine.tolist(), _by_law(number, row[mine], letters, mine, facts), strict=True):
            found[place] = told
    return found


def _by_law(number: int, row: IntArray, letters: Letters, mine: IntArray, facts: Facts) -> list[dict[str, Any]]:
    """The rules that hold the messages of one channel.

    Debtors whom the law keeps out whatever came before are told together: a holiday holds a hundred thousand.
    """
    profiles = on_channel(facts.profiles, WRITTEN[number])
    start = letters.not_before[mine]
    opens = lawful(facts, WRITTEN[number], row, start, alone=True)
    anyway = (opens == NEVER) | (opens >= letters.expires[mine])
    priors = _priors(facts, row[~anyway])
    together: dict[tuple[int, int], dict[str, Any]] = {}
    found = []
    for case, asked, first, whatever in zip(row.tolist(), start.tolist(), opens.tolist(), anyway.tolist(), strict=True):
        profile = int(facts.columns["profile"][case])
        if not whatever:
            debt = str(facts.columns["case_id"][case])
            question = replace(profiles[profile].question(first), priors=priors.get(case, ()), debt=debt)
            found.append(_told(question))
            continue
        if (profile, asked) not in together:
            together[profile, asked] = _told(profiles[profile].question(asked))
        found.append(together[profile, asked])
    return found


def _told(question: Question) -> dict[str, Any]:
    return held_by_law(may_contact(question), question.zones[0])


def _priors(facts: Facts, rows: IntArray) -> dict[int, tuple[Prior, ...]]:
    """The earlier contacts of these rows, as the single form of the law takes them."""
    past = facts.history
    found: dict[int, tuple[Prior, ...]] = {}
    for place in np.flatnonzero(np.isin(past.case, rows)).tolist():
        late = past.after is not None and past.after[place] > past.minute[place]
        prior = Prior(
            moment(int(past.minute[place])) + timedelta(seconds=30 if late else 0),
            CHANNELS[past.channel[place]],
            _OUTCOMES[Level(int(past.level[place]))],
            None if past.debt is None else str(past.debt[place]),
        )
        case = int(past.case[place])
        found[case] = (*found.get(case, ()), prior)
    return found

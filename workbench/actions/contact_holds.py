"""What the law forbids now is not in anybody's queue: items wait for their debtor's next lawful moment.

Whether it is a lawful hour is asked by the claim itself, zone by zone. What depends on the debtor (how often they were
contacted, by whomever, for whichever debt; what is known of them) is decided here, when it changes and every night.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.staging import stage
from workbench.queries.contact_columns import NO_MOMENT, Items, debtors_to_watch, items_of
from workbench.rules.contact_places import UNTIL_TOLD_OTHERWISE
from workbench.rules.law_columns import NEVER, next_lawful

_FOR_EVER = int(UNTIL_TOLD_OTHERWISE.timestamp())
_LAST_CASE = 2**62
_FREE = -2  # what waited for a fact that is gone
_HELD = {"item": "i8", "old_state": "i8", "until": "i8"}


def hold(session: Session, debtor_ids: Collection[int], *, at: datetime) -> int:
    """Lets every open call and negotiation item of these debtors, in all portfolios, wait for its next lawful moment.

    Never for an earlier one than it waited for; an item in somebody's hands remembers the moment for when it is given
    back. What had waited for a fact that is gone is free again. Returns how many items it changed.
    """
    if not debtor_ids:
        return 0
    session.flush()
    items = items_of(session, sorted(debtor_ids), at=at)
    if not len(items.id):
        return 0
    until = _until(items, at)
    changed = np.flatnonzero((until != NO_MOMENT) & (until != items.not_before))
    if len(changed):
        columns = {"item": items.id, "old_state": items.state, "until": until}
        source, values = stage(session, "staged_hold", _HELD, columns, changed)
        session.execute(text(_HOLD.format(source=source)), values | {"at": at})
    return len(changed)


def hold_cases(session: Session, portfolio_id: int, first_case: int, last_case: int, *, at: datetime) -> int:
    """The same for all debtors of a run of a portfolio's cases of whom contacts of late or facts are known."""
    return hold(session, debtors_to_watch(session, portfolio_id, first_case, last_case, at=at), at=at)


def hold_portfolio(session: Session, portfolio_id: int, *, at: datetime) -> int:
    """The same for a whole portfolio."""
    return hold_cases(session, portfolio_id, 0, _LAST_CASE, at=at)


def _until(items: Items, at: datetime) -> NDArray[np.int64]:
    """For every item until when it has to wait (UTC seconds), NO_MOMENT to leave it as it is, _FREE to let it go."""
    now = int(at.timestamp())
    banned_before = items.not_before >= _FOR_EVER
    wanted = np.where((items.not_before == NO_MOMENT) | banned_before, now, np.maximum(items.not_before, now))
    plain = [replace(profile, facts={}) for profile in items.profiles]
    opens = next_lawful(plain, items.profile, wanted // 60)
    asked = np.where(opens == NEVER, wanted // 60, opens)
    lawful = next_lawful(items.profiles, items.profile, asked, items.history, items.debt)
    until = np.where(lawful == NEVER, _FOR_EVER, lawful * 60)
    open_then = lawful == asked
    free = np.where(banned_before, _FREE, NO_MOMENT)
    return np.where((opens == NEVER) & (lawful != NEVER), NO_MOMENT, np.where(open_then, free, until))


# the state may have changed since it was read: then somebody decided about the item, with the same history before them
_HOLD = f"""
    UPDATE work_item w SET
        state = CASE WHEN w.state = 'claimed' THEN 'claimed' WHEN t.until = {_FREE} THEN 'ready' ELSE 'waiting' END,
        not_before = CASE WHEN t.until <> {_FREE} THEN to_timestamp(t.until) END,
        ready_at = CASE WHEN w.state <> 'claimed' AND t.until = {_FREE} THEN {READY_SINCE} END
    FROM {{source}} t
    WHERE w.id = t.item AND w.state = (ARRAY['ready', 'waiting', 'claimed'])[t.old_state + 1]
"""

"""What a night decides about a column of cases: standing, work item, and what is worth telling in the morning.

A column's `old_` twin is what the database holds now; only what differs is written. Amounts are whole cents, days are
day numbers since 1970-01-01, states and stages are places in their enums.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.nights import ChangeKind
from models.work_items import Band, WorkState
from workbench.rules import ageing, order_rules
from workbench.rules.order_rules import NOT_BANNED, Rules
from workbench.rules.pauses import OPEN_END
from workbench.rules.reasons import CHANGES
from workbench.rules.scoring import DPD_STARTS, Priors, odds, scores
from workbench.rules.strategy_schema import Definition

Columns = Mapping[str, NDArray[Any]]
Mask = NDArray[np.bool_]

NONE, READY, WAITING, CLAIMED, CLOSED = -1, *range(4)
STATES: tuple[WorkState, ...] = (WorkState.READY, WorkState.WAITING, WorkState.CLAIMED, WorkState.CLOSED)
KINDS: tuple[ChangeKind, ...] = tuple(ChangeKind)
REASONS: tuple[str, ...] = tuple(CHANGES)
ROUNDED = 0.001  # smaller than this, a score's last decimals say nothing of what made it
NOTABLE = 0.10  # a score that moves by less is not worth a line in the morning
STANDING = (
    "balance",
    "past_due",
    "oldest_due",
    "counted_from",
    "bucket",
    "stage",
    "settled",
    "late",
    "broken",
    "roll",
    "cust",
    "p_unpaid",
    "reach",
    "score",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What of a portfolio the night depends on; `before` is the business date of the standings that are there."""

    on: int
    before: int
    bucket_starts: tuple[int, ...]
    thresholds: ageing.StageThresholds
    priors: Priors
    grace: int = 0  # days late that are not delinquent
    rules: Rules = ()  # of the order, in force
    cadence: Definition | None = None  # the strategy in force, where rules ask for its segments


@dataclass(frozen=True, slots=True)
class Verdict:
    """The new columns, and which rows of them to write."""

    columns: dict[str, NDArray[Any]]
    standing_new: Mask
    standing_changed: Mask
    item_new: Mask
    item_changed: Mask
    proposed: Mask

    @property
    def standing(self) -> Mask:
        """Rows whose standing is written."""
        return self.standing_new | self.standing_changed


def judge(facts: Columns, policy: Policy) -> Verdict:
    """Ages, scores and places every case; see `queries.case_facts` for the columns it takes.

    With rules of the order, also those of `queries.order_facts` that they ask for.
    """
    days = ageing.days_past_due(facts["counted_from"], policy.on)
    late = np.where(days <= policy.grace, 0, days)
    # while a pause stops the clock the class stays what it was
    frozen = (facts["frozen"] == 1) & (facts["has_standing"] == 1) & (facts["past_due"] > 0)
    scored = scores(
        facts["past_due"] / 100, days, facts["late"], facts["settled"], facts["answers"], priors=policy.priors
    )
    columns: dict[str, NDArray[Any]] = dict(facts) | {
        "days": days,
        "bucket": np.where(frozen, facts["old_bucket"], ageing.bucket(late, policy.bucket_starts)),
        "stage": np.where(frozen, facts["old_stage"], ageing.stage(late, policy.thresholds, facts["old_stage"])),
        "roll": scored.roll,
        "cust": scored.cust,
        "p_unpaid": scored.p_unpaid,
        "reach": scored.reach,
        "score": scored.score,
        "banned": np.full(len(days), NOT_BANNED),
    }
    if policy.rules:
        columns |= order_rules.segmented(columns, policy.rules, policy.cadence, policy.thresholds)
        applied = order_rules.apply(columns, policy.rules)
        columns |= {"score": np.round(scored.score * applied.multiplier, 6), "banned": applied.banned}
    columns |= _item(columns)
    new = facts["has_standing"] == 0
    changed = ~new & np.any([columns[name] != facts[f"old_{name}"] for name in STANDING], axis=0)
    there = facts["item"] != 0
    differs = (columns["score"] != facts["item_score"]) | (columns["band"] != facts["item_band"])
    differs |= (columns["state"] != facts["item_state"]) | (facts["same_zone"] == 0) | (columns["waits_longer"] == 1)
    written = there & differs & ~((facts["item_state"] == CLOSED) & (columns["state"] == CLOSED))
    return Verdict(
        columns, new, changed, ~there & (columns["state"] != CLOSED), written, _proposed(columns, facts, policy)
    )


def _item(c: Columns) -> dict[str, NDArray[Any]]:
    """State, band and waiting day of the call item.

    Who holds a claim keeps it. A callback stands whatever the night thinks. Nothing past due closes; an open promise
    waits for its last day; a promise found broken comes to the front at once; what a person closed for good or
    handed to another queue stays closed; every other wait is left as it was agreed. Who owes and wrote to us comes to
    the front until somebody answers, due or not, whatever was promised: nobody knows yet what they want. A pause of the
    whole case waits for the day after its last one, and closes while nobody knows that day; an agreed callback and an
    unanswered reply go before it, but not before one that bars all contact. An agreement on track (`agreed_until`, which
    counts as a promise) also lets wait longer what would have come back before its next installment. A debtor who is
    negotiated with (`talks`) is called by whoever negotiates: but for an agreed callback, the call item is closed. A
    rule's ban closes it like a pause without an end: an agreed callback and an unanswered reply go before it.
    """
    state = c["item_state"]
    alive = (state == READY) | (state == WAITING) | (state == CLAIMED)
    callback = alive & (c["item_band"] == int(Band.CALLBACK))
    barred = c["barred"] == 1
    replied = (c["unanswered_reply"] == 1) & (c["balance"] > 0) & ~callback & ~barred
    paused = (c["paused_until"] > ageing.NO_DATE) & (barred | ~(callback | replied))
    promised = (c["promised_until"] > ageing.NO_DATE) & ~callback & ~replied
    fresh = np.where(promised | paused, WAITING, READY)
    newly_broken = (c["unanswered_break"] == 1) & (c["broken"] > c["old_broken"]) & ~callback & ~promised & ~paused
    talks = (c["talks"] == 1) & ~callback
    banned = kept_out(c["banned"], claimed=state == CLAIMED, callback=callback, replied=replied)
    stays_closed = (c["elsewhere"] == 1) | (c["ended"] == 1)
    target = np.select(
        [
            state == CLAIMED,
            ((c["past_due"] <= 0) & ~replied) | (paused & (c["paused_until"] == OPEN_END)) | talks | banned,
            state == NONE,
            state == CLOSED,
            (state == WAITING) & (newly_broken | replied) & ~paused,
            state == WAITING,
        ],
        [CLAIMED, CLOSED, fresh, np.where(stays_closed, CLOSED, fresh), READY, WAITING],
        default=fresh,
    )
    broken = (c["unanswered_break"] == 1) & ~callback
    band = np.select(
        [callback, broken, replied],
        [int(Band.CALLBACK), int(Band.BROKEN_PROMISE), int(Band.NEGOTIATION)],
        default=int(Band.SCORE),
    )
    wait = np.maximum(
        np.where(promised, c["promised_until"], ageing.NO_DATE), np.where(paused, c["paused_until"], ageing.NO_DATE)
    )
    until = np.maximum(
        np.where(paused, c["paused_until"], ageing.NO_DATE), np.where(promised, c["agreed_until"], ageing.NO_DATE)
    )
    longer = (state == WAITING) & (target == WAITING) & (c["item_wait"] < until)
    found = {"state": target, "band": band, "wait_day": wait, "waits_longer": longer}
    return {name: column.astype(np.int64) for name, column in found.items()}


def kept_out(banned: NDArray[Any], *, claimed: Mask, callback: Mask, replied: Mask) -> Mask:
    """Whom a rule's ban keeps out of the call queue, at night and in a simulation alike.

    It leaves alone who is in somebody's hands, an agreed callback, and a debtor who wrote and waits for an answer.
    """
    found: Mask = (banned != NOT_BANNED) & ~(claimed | callback | replied)
    return found


def _proposed(c: Columns, facts: Columns, policy: Policy) -> Mask:
    """Cases that crossed the judicial threshold since the standings were made."""
    known = (facts["has_standing"] == 1) & (facts["old_counted_from"] != ageing.NO_DATE)
    days_before = np.where(known, policy.before - facts["old_counted_from"], 0)
    late_before = days_before > policy.thresholds.judicial_after
    return ageing.judicial_proposed(c["days"], policy.thresholds, c["stage"]) & ~late_before


@dataclass(frozen=True, slots=True)
class Lifted:
    """The rules that were in force the night before, and the place of the one that kept each case out then."""

    rules: Rules
    banned: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Changes:
    """One line a change: places in `KINDS` and in its own `reasons`, and the figures before and after."""

    rows: dict[str, NDArray[Any]]
    reasons: tuple[str, ...] = REASONS

    def __len__(self) -> int:
        return len(self.rows["case_id"])


def changes(facts: Columns, verdict: Verdict, policy: Policy, lifted: Lifted | None = None) -> Changes:
    """What the morning's page tells about these cases; bans are told with their rule's name."""
    c, had = verdict.columns, facts["has_standing"] == 1
    was_in = (facts["item_state"] >= READY) & (facts["item_state"] < CLOSED)
    is_in = (c["state"] >= READY) & (c["state"] < CLOSED)
    entered, left = is_in & ~was_in, was_in & ~is_in
    came = np.where(
        ~had, _code("first_time"), np.where(facts["old_past_due"] > 0, _code("came_back"), _code("fell_due"))
    )
    came = np.where((c["unanswered_reply"] == 1) & (c["past_due"] <= 0), _code("replied"), came)
    reasons = REASONS + tuple(f"banned:{rule.name}" for rule in policy.rules)
    if lifted:
        was_banned = (lifted.banned != NOT_BANNED) & (facts["item_state"] == CLOSED)
        came = np.where(was_banned, len(reasons) + lifted.banned, came)
        reasons += tuple(f"ban_lifted:{rule.name}" for rule in lifted.rules)
    went = np.where(
        c["balance"] <= 0, _code("paid"), np.where(c["past_due"] <= 0, _code("nothing_past_due"), _code("handed_over"))
    )
    stopped = (c["banned"] != NOT_BANNED) & (c["past_due"] > 0) & (c["talks"] == 0)
    went = np.where(stopped, len(REASONS) + c["banned"], went)
    went = np.where((c["past_due"] > 0) & (c["paused_until"] == OPEN_END), _code("paused"), went)
    aged = np.where(c["oldest_due"] == facts["old_oldest_due"], _code("older"), _code("oldest_paid"))
    aged = np.where(
        (c["oldest_due"] != facts["old_oldest_due"]) & (c["days"] > 0) & (facts["old_past_due"] <= 0),
        _code("fell_due"),
        aged,
    )
    old_score = facts["old_score"]
    notable = had & was_in & is_in & (np.abs(c["score"] - old_score) > NOTABLE * np.maximum(old_score, 0.01))
    why = _why(c, facts, by_rules=_moved_by_rules(c, facts) if policy.rules or lifted else np.zeros(len(had)))
    judicial = np.full(len(had), _code("judicial_needs_approval"))
    crossed = np.full(len(had), _code("threshold"))
    parts = [
        _part(ChangeKind.ENTERED, entered, c, np.zeros(len(had)), c["score"], came),
        _part(ChangeKind.LEFT, left, c, facts["item_score"], np.zeros(len(had)), went),
        _part(ChangeKind.UP, notable & (c["score"] > old_score), c, old_score, c["score"], why),
        _part(ChangeKind.DOWN, notable & (c["score"] < old_score), c, old_score, c["score"], why),
        _part(ChangeKind.BUCKET, had & (c["bucket"] != facts["old_bucket"]), c, facts["old_bucket"], c["bucket"], aged),
        _part(ChangeKind.STAGE, had & (c["stage"] != facts["old_stage"]), c, facts["old_stage"], c["stage"], crossed),
        _part(
            ChangeKind.STAGE_PROPOSED,
            verdict.proposed,
            c,
            policy.before - facts["old_counted_from"],
            c["days"],
            judicial,
        ),
    ]
    return Changes({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, reasons)


def before(facts: Columns, policy: Policy) -> Columns:
    """The columns that rules of the order ask for as they were the night before; what has no history is as now."""
    known = facts["old_counted_from"] != ageing.NO_DATE
    days = np.where(known, policy.before - facts["old_counted_from"], -1)
    return dict(facts) | {
        "days": days,
        "stage": facts["old_stage"],
        "balance": facts["old_balance"],
        "past_due": facts["old_past_due"],
        "broken": facts["old_broken"],
        "p_unpaid": facts["old_p_unpaid"],
    }


def _code(reason: str) -> int:
    return REASONS.index(reason)


def _part(
    kind: ChangeKind, chosen: Mask, c: Columns, before: NDArray[Any], after: NDArray[Any], reason: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    at = np.flatnonzero(chosen)
    return {
        "case_id": c["case_id"][at],
        "kind": np.full(len(at), KINDS.index(kind), dtype=np.int64),
        "before": before[at].astype(np.float64),
        "after": after[at].astype(np.float64),
        "reason": reason[at].astype(np.int64),
    }


def _why(c: Columns, facts: Columns, *, by_rules: NDArray[np.float64]) -> NDArray[np.int64]:
    """The factor that moved each score most, on the scale on which the factors add up."""
    older = np.searchsorted(DPD_STARTS, c["days"], side="right")
    # the same age bin with another share means the portfolio's odds moved, not the debt
    rolled = np.where((c["oldest_due"] == facts["old_oldest_due"]) & (older > 0), _code("older"), _code("oldest_paid"))
    owes = np.where(c["past_due"] > facts["old_past_due"], _code("owes_more"), _code("owes_less"))
    habit = np.where(
        (c["late"] != facts["old_late"]) | (c["settled"] != facts["old_settled"]), _code("habit"), _code("learned")
    )
    moved = [
        np.abs(np.log(np.maximum(c["past_due"], 1) / np.maximum(facts["old_past_due"], 1))),
        np.abs(np.log(odds(c["roll"]) / odds(facts["old_roll"]))),
        np.abs(np.log(odds(c["cust"]) / odds(facts["old_cust"]))),
        np.abs(np.log(np.maximum(c["reach"], 1e-3) / np.maximum(facts["old_reach"], 1e-3))),
        by_rules,
    ]
    codes = np.stack([owes, rolled, habit, *(np.full(len(owes), _code(each)) for each in ("answers", "rules"))])
    strongest: NDArray[np.int64] = np.take_along_axis(codes, np.argmax(moved, axis=0)[None], axis=0)[0]
    return strongest


def _moved_by_rules(c: Columns, facts: Columns) -> NDArray[np.float64]:
    """How far the rules' multipliers moved each score: what its factors do not explain, but for their rounding."""

    def times(old: str) -> NDArray[np.float64]:
        made = facts[f"{old}past_due"] / 100 * of[f"{old}p_unpaid"] * of[f"{old}reach"]
        sure = (made > ROUNDED) & (of[f"{old}score"] > ROUNDED)
        found: NDArray[np.float64] = np.log(np.where(sure, of[f"{old}score"], 1.0) / np.where(sure, made, 1.0))
        return found

    of = dict(facts) | dict(c)
    moved = np.abs(times("") - times("old_"))
    return np.where(moved > ROUNDED, moved, 0.0)

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from models.nights import ChangeKind
from workbench.rules import nights
from workbench.rules.ageing import NO_DATE, STAGES, StageThresholds
from workbench.rules.nights import CLAIMED, CLOSED, KINDS, NONE, READY, REASONS, WAITING, Policy, Verdict
from workbench.rules.reasons import CHANGES
from workbench.rules.reasons import KINDS as KIND_LABELS
from workbench.rules.scoring import Priors
from workbench.rules.words import translate

TODAY = 20_000  # a day number
POLICY = Policy(
    on=TODAY, before=TODAY - 1, bucket_starts=(1, 31, 61), thresholds=StageThresholds(60, 180), priors=Priors()
)
FRESH = {
    "case_id": 1, "balance": 100_000, "past_due": 100_000, "oldest_due": TODAY - 10, "settled": 0, "late": 0,
    "answers": 0.2, "promised_until": NO_DATE, "broken": 0, "unanswered_break": 0, "has_standing": 0,
    "old_balance": 0, "old_past_due": 0, "old_oldest_due": NO_DATE, "old_bucket": 0, "old_stage": 0, "old_settled": 0,
    "old_late": 0, "old_broken": 0, "old_roll": 0.0, "old_cust": 0.0, "old_p_unpaid": 0.0, "old_reach": 0.0,
    "old_score": 0.0, "debtor_id": 1, "item": 0, "item_state": NONE, "item_band": 4, "item_score": 0.0, "same_zone": 1,
    "elsewhere": 0, "ended": 0, "unanswered_reply": 0, "counted_from": TODAY - 10, "old_counted_from": NO_DATE,
    "item_wait": NO_DATE, "agreed_until": NO_DATE, "talks": 0, "paused_until": NO_DATE, "frozen": 0, "barred": 0,
}  # fmt: skip
"""A case the night has never seen: 1,000.00 owed, ten days past due, one phone that answers as usual."""


def columns(**case: Any) -> dict[str, Any]:
    row = FRESH | case
    row["counted_from"] = row["oldest_due"] + row.pop("not_counted", 0)
    return {name: np.array([value]) for name, value in row.items()}


def judged(**case: Any) -> Verdict:
    return nights.judge(columns(**case), POLICY)


def known(**case: Any) -> dict[str, Any]:
    """The same case with the standing and the item that a night before this one would have left."""
    then = Policy(TODAY - 1, TODAY - 2, POLICY.bucket_starts, POLICY.thresholds, POLICY.priors)
    made = nights.judge(columns(), then).columns
    old = {f"old_{name}": made[name][0] for name in nights.STANDING}
    item = {"item": 9, "item_state": READY, "item_band": 4, "item_score": made["score"][0]}
    return FRESH | {"has_standing": 1} | old | item | case


def told(**case: Any) -> list[tuple[str, str]]:
    """What the morning's page says of one case: kinds and reasons."""
    facts = columns(**case)
    rows = nights.changes(facts, nights.judge(facts, POLICY), POLICY).rows
    return [(KINDS[kind].value, REASONS[why]) for kind, why in zip(rows["kind"], rows["reason"], strict=True)]


@pytest.mark.parametrize(
    ("case", "state", "band"),
    [
        pytest.param({}, READY, 4, id="a new case goes to the queue"),
        pytest.param({"past_due": 0, "oldest_due": NO_DATE}, CLOSED, 4, id="nothing past due"),
        pytest.param({"promised_until": TODAY + 3}, WAITING, 4, id="a promise is open"),
        pytest.param({"item": 9, "item_state": READY}, READY, 4, id="ready stays ready"),
        pytest.param({"item": 9, "item_state": READY, "past_due": 0}, CLOSED, 4, id="paid: closed"),
        pytest.param(
            {"item": 9, "item_state": READY, "promised_until": TODAY + 3}, WAITING, 4, id="promised meanwhile"
        ),
        pytest.param({"item": 9, "item_state": WAITING}, WAITING, 4, id="a wait is kept"),
        pytest.param({"item": 9, "item_state": WAITING, "past_due": 0}, CLOSED, 4, id="paid while waiting"),
        pytest.param({"item": 9, "item_state": CLAIMED}, CLAIMED, 4, id="a claim is kept"),
        pytest.param({"item": 9, "item_state": CLAIMED, "past_due": 0}, CLAIMED, 4, id="a claim is kept though paid"),
        pytest.param({"item": 9, "item_state": CLOSED}, READY, 4, id="past due again"),
        pytest.param({"item": 9, "item_state": CLOSED, "ended": 1}, CLOSED, 4, id="closed for good"),
        pytest.param({"item": 9, "item_state": CLOSED, "elsewhere": 1}, CLOSED, 4, id="in another queue"),
        pytest.param({"unanswered_break": 1, "broken": 1}, READY, 2, id="broke a promise"),
        pytest.param({"unanswered_reply": 1}, READY, 3, id="wrote to us"),
        pytest.param(
            {"unanswered_reply": 1, "unanswered_break": 1, "broken": 1}, READY, 2, id="broke, and wrote to us"
        ),
        pytest.param({"unanswered_reply": 1, "promised_until": TODAY + 3}, READY, 3, id="promised, and wrote to us"),
        pytest.param(
            {"unanswered_reply": 1, "past_due": 0, "oldest_due": NO_DATE}, READY, 3, id="wrote before it was due"
        ),
        pytest.param(
            {"unanswered_reply": 1, "balance": 0, "past_due": 0, "oldest_due": NO_DATE},
            CLOSED,
            4,
            id="wrote, owes nothing",
        ),
        pytest.param({"item": 9, "item_state": WAITING, "unanswered_reply": 1}, READY, 3, id="waited, wrote to us"),
        pytest.param(
            {"item": 9, "item_state": WAITING, "item_band": 1, "unanswered_reply": 1},
            WAITING,
            1,
            id="wrote to us, but a callback was agreed",
        ),
        pytest.param(
            {"item": 9, "item_state": CLOSED, "unanswered_reply": 1, "elsewhere": 1},
            CLOSED,
            3,
            id="wrote to us, but another queue has the case",
        ),
        pytest.param(
            {"item": 9, "item_state": WAITING, "unanswered_break": 1, "broken": 1},
            READY,
            2,
            id="broken tonight: no wait",
        ),
        pytest.param(
            {"item": 9, "item_state": WAITING, "unanswered_break": 1, "broken": 1, "old_broken": 1},
            WAITING,
            2,
            id="broken before and tried since: the wait is kept",
        ),
        pytest.param(
            {"unanswered_break": 1, "broken": 1, "promised_until": TODAY + 3}, WAITING, 2, id="promised again"
        ),
        pytest.param({"item": 9, "item_state": WAITING, "item_band": 1}, WAITING, 1, id="a callback is kept"),
        pytest.param(
            {"item": 9, "item_state": WAITING, "item_band": 1, "unanswered_break": 1, "broken": 1},
            WAITING,
            1,
            id="a callback beats a broken promise",
        ),
        pytest.param(
            {"item": 9, "item_state": READY, "item_band": 1, "promised_until": TODAY + 3}, READY, 1, id="a due callback"
        ),
        pytest.param({"item": 9, "item_state": WAITING, "item_band": 1, "past_due": 0}, CLOSED, 1, id="paid callback"),
        pytest.param({"item": 9, "item_state": CLOSED, "item_band": 1}, READY, 4, id="an old callback is forgotten"),
    ],
)
def test_where_the_night_puts_a_case(case: dict[str, Any], state: int, band: int) -> None:
    found = judged(**case).columns
    assert (found["state"][0], found["band"][0]) == (state, band)


@pytest.mark.parametrize(
    ("case", "standing", "item"),
    [
        pytest.param({}, False, False, id="a quiet night writes nothing"),
        pytest.param({"balance": 99_999, "past_due": 99_999}, True, True, id="a cent was paid"),
        pytest.param({"balance": 150_000}, True, False, id="more is owed, not yet due"),
        pytest.param({"answers": 0.3}, True, True, id="a phone answers more"),
        pytest.param({"settled": 1}, True, True, id="a debt was settled in time"),
        pytest.param({"same_zone": 0}, False, True, id="the debtor moved to another zone"),
        pytest.param({"item_state": WAITING}, False, False, id="waiting"),
        pytest.param({"item_state": CLOSED, "elsewhere": 1, "answers": 0.3}, True, False, id="closed ones stay asleep"),
    ],
)
def test_only_what_differs_is_written(case: dict[str, Any], standing: bool, item: bool) -> None:  # noqa: FBT001
    found = judged(**known(**case))
    assert (bool(found.standing[0]), bool(found.item_changed[0])) == (standing, item)
    assert not found.standing_new.any()
    assert not found.item_new.any()


def test_a_case_without_anything_past_due_gets_no_item() -> None:
    found = judged(past_due=0, oldest_due=NO_DATE)
    assert (found.standing_new[0], found.item_new[0]) == (True, False)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(FRESH, [("entered", "first_time")], id="new"),
        pytest.param(known(), [], id="a quiet night"),
        pytest.param(known(past_due=0, balance=0, oldest_due=NO_DATE), [("left", "paid")], id="paid"),
        pytest.param(known(past_due=0, oldest_due=NO_DATE), [("left", "nothing_past_due")], id="the due part is paid"),
        pytest.param(known(past_due=30_000), [("down", "owes_less")], id="paid a part"),
        pytest.param(known(past_due=120_000, balance=120_000), [("up", "owes_more")], id="more fell due"),
        pytest.param(known(past_due=95_000), [], id="a small move is not worth a line"),
        pytest.param(known(answers=0.5), [("up", "answers")], id="answers more"),
        pytest.param(known(settled=5), [("down", "habit")], id="paid earlier debts in time"),
        pytest.param(known(old_cust=0.4, old_score=1.0), [("up", "learned")], id="the portfolio's odds moved"),
        pytest.param(known(item_state=CLOSED), [("entered", "came_back")], id="back in the queue"),
        pytest.param(
            known(item_state=CLOSED, old_past_due=0, old_score=0.0), [("entered", "fell_due")], id="first due again"
        ),
        pytest.param(known(item_state=CLOSED, elsewhere=1), [], id="in another queue all along"),
        pytest.param(known(item_state=CLAIMED, past_due=95_000), [], id="claimed"),
    ],
)
def test_what_the_morning_is_told(case: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = [line for line in told(**case) if line[0] not in {"bucket", "stage"}]
    assert found == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(1, [("bucket", "older"), ("stage", "threshold")], id="first day"),
        pytest.param(30, [], id="last day of the bucket"),
        pytest.param(31, [("bucket", "older")], id="next bucket"),
        pytest.param(61, [("bucket", "older"), ("stage", "threshold")], id="next stage"),
        pytest.param(180, [], id="at the judicial threshold"),
        pytest.param(181, [("stage_proposed", "judicial_needs_approval")], id="judicial proposed"),
        pytest.param(182, [], id="proposed once, not every night"),
    ],
)
def test_a_case_that_only_grows_older(days: int, expected: list[tuple[str, str]]) -> None:
    """Each case as the night before left it, one day on."""
    oldest = TODAY - days
    then = Policy(TODAY - 1, TODAY - 2, POLICY.bucket_starts, POLICY.thresholds, POLICY.priors)
    made = nights.judge(columns(oldest_due=oldest), then).columns
    case = known(oldest_due=oldest) | {f"old_{name}": made[name][0] for name in nights.STANDING}
    case |= {"item_score": made["score"][0]}
    assert [line for line in told(**case) if line[0] not in {"up", "down"}] == expected


def test_nobody_is_moved_into_judicial_by_a_night() -> None:
    found = judged(oldest_due=TODAY - 1_000)
    assert STAGES[found.columns["stage"][0]] == "extrajudicial"
    assert found.proposed[0]


def test_a_column_is_judged_as_its_cases_one_by_one() -> None:
    book = [FRESH, known(), known(past_due=0), known(item_state=CLAIMED), known(promised_until=TODAY + 1, answers=-1.0)]
    together = nights.judge({name: np.array([case[name] for case in book]) for name in FRESH}, POLICY)
    for place, case in enumerate(book):
        alone = judged(**case)
        for name in ("state", "band", "score", "bucket", "stage"):
            assert_array_equal(together.columns[name][place], alone.columns[name][0])
        assert together.standing[place] == alone.standing[0]


def test_every_reason_and_kind_has_spanish_words() -> None:
    assert set(REASONS) == set(CHANGES)
    assert set(KIND_LABELS) == set(ChangeKind)
    for msgid in (*CHANGES.values(), *KIND_LABELS.values()):
        assert translate(msgid, "es") != msgid


@pytest.mark.parametrize(
    ("case", "until"),
    [
        pytest.param({"item_wait": TODAY + 1}, TODAY + 5, id="it would be back before the installment"),
        pytest.param({"item_wait": TODAY + 9}, None, id="it waits longer already"),
        pytest.param({"item_wait": TODAY + 1, "item_band": 1}, None, id="a callback stands"),
        pytest.param({"item_wait": TODAY + 1, "unanswered_reply": 1}, None, id="somebody wrote"),
        pytest.param({"item_wait": TODAY + 1, "item_state": CLAIMED}, None, id="in somebody's hands"),
        pytest.param({"item_wait": TODAY + 1, "agreed_until": NO_DATE}, None, id="a promise leaves it as agreed"),
    ],
)
def test_an_agreement_on_track_lets_a_case_wait_for_its_installment(case: dict[str, Any], until: int | None) -> None:
    agreed = {"promised_until": TODAY + 5, "agreed_until": TODAY + 5}
    found = judged(item=9, **({"item_state": WAITING} | agreed | case)).columns
    assert (found["wait_day"][0] if found["waits_longer"][0] else None) == until

"""Claims: what they pause, who decides, what is written down, and that the case goes on at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from models import (
    Account,
    AuditEntry,
    Case,
    Dispute,
    DisputeKind,
    Pause,
    PauseKind,
    Payment,
    PaymentKind,
    Receivable,
    Resolution,
    Standing,
    WorkItem,
    WorkState,
)
from models.work_items import Queue
from tests.actions.books import second_debt
from tests.actions.test_interactions import form_for
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import worklist
from workbench.actions.dispositions import install_dispositions
from workbench.actions.disputes import open_dispute, resolve_dispute
from workbench.actions.interactions import record
from workbench.actions.pauses import end_pause, pause_case
from workbench.queries.disputes import disputes, to_review
from workbench.queries.invariants import broken_invariants
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused

DAY = timedelta(days=1)
DISPUTE, HARDSHIP = DisputeKind.DISPUTE, DisputeKind.HARDSHIP
LEGAL, DECEASED = DisputeKind.LEGAL_HOLD, DisputeKind.DECEASED


@pytest.fixture(autouse=True)
def results(session: Session) -> None:
    install_dispositions(session)


@pytest.fixture
def item(session: Session, cast: Cast) -> WorkItem:
    return owe(session, cast.mexico, days_past_due=20)


def claim(session: Session, who: Viewer, item: WorkItem, kind=DISPUTE, category="wrong_amount", **more) -> Dispute:
    fields = {"note": "dice que la factura trae otro importe", "at": NOW} | more
    return open_dispute(session, who, item.case_id, kind, category, **fields)


def resolve(session: Session, who: Viewer, dispute: Dispute, how=Resolution.RESUMED, **more) -> Dispute:
    return resolve_dispute(session, who, dispute.id, how, **({"note": "revisado", "at": NOW} | more))


def fresh(session: Session, row):
    session.refresh(row)
    return row


def item_of(session: Session, item: WorkItem, queue: Queue = Queue.CALL) -> WorkItem | None:
    found = session.exec(select(WorkItem).where(WorkItem.case_id == item.case_id, WorkItem.queue == queue)).first()
    return fresh(session, found) if found else None


def standing_of(session: Session, item: WorkItem) -> Standing:
    return fresh(session, session.get_one(Standing, item.case_id))


def live_pauses(session: Session, case_id: int) -> list[tuple[PauseKind, int | None]]:
    rows = session.exec(select(Pause).where(Pause.case_id == case_id, col(Pause.ended_at).is_(None)).order_by(Pause.id))
    return [(fresh(session, each).kind, each.account_id) for each in rows.all()]


def test_a_claim_pauses_the_case_and_asks_somebody_to_decide(session, cast, item) -> None:
    made = claim(session, cast.ana, item)
    assert (made.opened_on, made.deadline_on) == (TODAY, TODAY + 15 * DAY)
    assert live_pauses(session, item.case_id) == [(PauseKind.DISPUTE, None)]
    assert item_of(session, item).state == WorkState.CLOSED
    assert item_of(session, item, Queue.REVIEW).state == WorkState.READY
    [waiting] = to_review(session, cast.sofia, cast.mexico.id, at=NOW)
    assert (waiting.claim_id, waiting.category, waiting.overdue) == (made.id, "wrong_amount", False)
    [late] = disputes(session, cast.sofia, cast.mexico.id, at=NOW + 16 * DAY)
    assert late.overdue
    [in_time] = disputes(session, cast.sofia, cast.mexico.id, at=NOW + 15 * DAY)
    assert not in_time.overdue


def test_a_decision_brings_the_case_back_at_once(session, cast, item) -> None:
    made = claim(session, cast.ana, item)
    resolve(session, cast.sofia, made)
    assert live_pauses(session, item.case_id) == []
    assert item_of(session, item).state == WorkState.READY
    assert item_of(session, item, Queue.REVIEW).state == WorkState.CLOSED
    deeds = select(AuditEntry.deed).where(AuditEntry.subject == "dispute").order_by(AuditEntry.id)
    assert session.exec(deeds).all() == ["open_dispute", "resolve_dispute"]
    with pytest.raises(Refused, match="decided already"):
        resolve(session, cast.sofia, made)


def test_the_days_of_a_claim_do_not_count_afterwards(session, cast, item) -> None:
    made = claim(session, cast.ana, item, from_on=TODAY - 10 * DAY)
    standing = standing_of(session, item)
    assert (standing.counted_from - standing.oldest_due_on).days == 10
    resolve(session, cast.sofia, made, at=NOW + 4 * DAY)
    standing = standing_of(session, item)
    assert (standing.counted_from - standing.oldest_due_on).days == 14
    assert item_of(session, item).state == WorkState.READY


def test_what_is_confirmed_stays_paused(session, cast, item) -> None:
    made = claim(session, cast.ana, item, HARDSHIP, "illness")
    resolve(session, cast.sofia, made, Resolution.CONFIRMED)
    assert live_pauses(session, item.case_id) == [(PauseKind.HARDSHIP, None)]
    assert item_of(session, item).state == WorkState.CLOSED
    assert item_of(session, item, Queue.REVIEW).state == WorkState.CLOSED


def test_only_who_opened_a_claim_withdraws_it(session, cast, item) -> None:
    made = claim(session, cast.ana, item)
    with pytest.raises(Refused, match="Only who opened"):
        resolve(session, cast.sofia, made, Resolution.WITHDRAWN)
    with pytest.raises(Refused, match="Your role"):
        resolve(session, cast.ana, made, Resolution.RESUMED)
    resolve(session, cast.ana, made, Resolution.WITHDRAWN)
    assert item_of(session, item).state == WorkState.READY


def test_a_claim_about_one_account_leaves_the_other_in_the_queue(session, cast, item) -> None:
    other = second_debt(session, item, TODAY - 5 * DAY)
    about = session.exec(select(Account).where(Account.case_id == item.case_id, Account.id != other.id)).one()
    made = claim(session, cast.ana, item, account_id=about.id, from_on=TODAY - 18 * DAY)
    assert live_pauses(session, item.case_id) == [(PauseKind.DISPUTE, about.id)]
    assert item_of(session, item).state == WorkState.READY
    standing = standing_of(session, item)
    assert (standing.oldest_due_on, standing.counted_from) == (TODAY - 20 * DAY, TODAY - 5 * DAY)
    resolve(session, cast.sofia, made)


def test_a_wider_claim_takes_the_place_of_a_narrower_and_gives_it_back(session, cast, item) -> None:
    about = session.exec(select(Account).where(Account.case_id == item.case_id)).one()
    narrow = claim(session, cast.ana, item, account_id=about.id)
    wide = claim(session, cast.ana, item, HARDSHIP, "illness")
    assert live_pauses(session, item.case_id) == [(PauseKind.HARDSHIP, None)]
    assert fresh(session, narrow).pause_id == fresh(session, wide).pause_id
    resolve(session, cast.sofia, wide)
    assert live_pauses(session, item.case_id) == [(PauseKind.DISPUTE, about.id)]
    resolve(session, cast.sofia, narrow)
    assert live_pauses(session, item.case_id) == []


def test_two_claims_share_a_pause_until_both_are_decided(session, cast, item) -> None:
    first, second = claim(session, cast.ana, item), claim(session, cast.ana, item, category="charged_twice")
    assert first.pause_id == second.pause_id
    resolve(session, cast.sofia, first)
    assert live_pauses(session, item.case_id) == [(PauseKind.DISPUTE, None)]
    assert item_of(session, item, Queue.REVIEW).state == WorkState.READY
    resolve(session, cast.sofia, second)
    assert live_pauses(session, item.case_id) == []


def test_a_claim_under_an_earlier_pause_counts_the_days_anew(session, cast, item) -> None:
    claim(session, cast.ana, item)
    claim(session, cast.ana, item, category="charged_twice", at=NOW + DAY)
    counted_from = fresh(session, session.get_one(Standing, item.case_id)).counted_from
    assert TODAY + DAY - counted_from == 20 * DAY


def test_a_claim_does_not_end_the_pause_that_a_supervisor_began(session, cast, item) -> None:
    pause_case(session, cast.sofia, item.case_id, PauseKind.HARDSHIP, reason="x", at=NOW - DAY)
    made = claim(session, cast.ana, item)
    resolve(session, cast.sofia, made)
    assert live_pauses(session, item.case_id) == [(PauseKind.HARDSHIP, None)]


def test_the_pause_of_a_claim_ends_with_the_claim_only(session, cast, item) -> None:
    made = claim(session, cast.ana, item)
    with pytest.raises(Refused, match="resolve the dispute"):
        end_pause(session, cast.sofia, made.pause_id, reason="x", at=NOW)


@pytest.mark.parametrize(
    ("kind", "category", "fields", "field"),
    [
        pytest.param(DISPUTE, "illness", {}, "category", id="a category of another kind"),
        pytest.param(DISPUTE, "nonsense", {}, "category", id="no category"),
        pytest.param(DISPUTE, "wrong_amount", {"note": " "}, "note", id="without a note"),
        pytest.param(DISPUTE, "wrong_amount", {"disputed": Decimal("1000.01")}, "disputed", id="more than is owed"),
        pytest.param(DISPUTE, "wrong_amount", {"disputed": Decimal(0)}, "disputed", id="nothing"),
        pytest.param(DISPUTE, "wrong_amount", {"disputed": Decimal("1.005")}, "disputed", id="half a cent"),
        pytest.param(DISPUTE, "wrong_amount", {"disputed": Decimal("NaN")}, "disputed", id="no number"),
        pytest.param(HARDSHIP, "illness", {"disputed": Decimal(5)}, "disputed", id="an amount of no dispute"),
        pytest.param(DISPUTE, "wrong_amount", {"from_on": TODAY + DAY}, "from_on", id="from tomorrow on"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(session, cast, item, kind, category, fields, field) -> None:
    with pytest.raises(Refused) as refused:
        claim(session, cast.ana, item, kind, category, **fields)
    assert refused.value.values["field"] == field


def test_a_legal_hold_is_about_the_whole_case(session, cast, item) -> None:
    about = session.exec(select(Account).where(Account.case_id == item.case_id)).one()
    with pytest.raises(Refused, match="whole case"):
        claim(session, cast.ana, item, LEGAL, "lawyer", account_id=about.id)
    elsewhere = session.exec(select(Account).where(Account.case_id == owe(session, cast.mexico).case_id)).one()
    with pytest.raises(Refused, match="nothing here"):
        claim(session, cast.ana, item, account_id=elsewhere.id)


def test_a_manager_writes_down_what_another_claimed(session, cast, item) -> None:
    made = claim(session, cast.ana, item, disputed=Decimal(400))
    with pytest.raises(Refused, match="Your role"):
        resolve(session, cast.sofia, made, Resolution.WRITTEN_DOWN, written_down=Decimal(400))
    resolve(session, cast.marta, made, Resolution.WRITTEN_DOWN, written_down=Decimal(400))
    [payment] = session.exec(select(Payment).where(Payment.case_id == item.case_id)).all()
    assert (payment.kind, payment.amount, payment.allocated) == (PaymentKind.WRITE_OFF, Decimal(400), Decimal(400))
    assert (fresh(session, made).written_down, made.payment_id) == (Decimal(400), payment.id)
    assert standing_of(session, item).balance == Decimal(600)
    assert item_of(session, item).state == WorkState.READY
    assert broken_invariants(session, cast.mexico.id) == []


def test_nobody_writes_down_on_their_own_claim(session, cast, item) -> None:
    made = claim(session, cast.marta, item)
    with pytest.raises(Refused, match="Somebody else"):
        resolve(session, cast.marta, made, Resolution.WRITTEN_DOWN, written_down=Decimal(1))


@pytest.mark.parametrize(
    ("how", "written_down", "words"),
    [
        (Resolution.WRITTEN_DOWN, None, "how much"),
        (Resolution.WRITTEN_DOWN, Decimal("1000.01"), "is owed"),
        (Resolution.WRITTEN_DOWN, Decimal(-1), "greater than zero"),
        (Resolution.RESUMED, Decimal(5), "Only what is written down"),
    ],
)
def test_a_write_down_that_cannot_be_is_refused(session, cast, item, how, written_down, words) -> None:
    made = claim(session, cast.ana, item)
    with pytest.raises(Refused, match=words):
        resolve(session, cast.marta, made, how, written_down=written_down)
    assert fresh(session, made).resolution is None


def test_all_of_the_debt_written_down_leaves_nothing_to_do(session, cast, item) -> None:
    made = claim(session, cast.ana, item)
    resolve(session, cast.marta, made, Resolution.WRITTEN_DOWN, written_down=Decimal(1000))
    assert standing_of(session, item).balance == 0
    assert item_of(session, item).state == WorkState.CLOSED
    balances = session.exec(select(Receivable.balance).where(Receivable.case_id == item.case_id)).all()
    assert balances == [Decimal(0)]


@pytest.mark.parametrize(
    ("code", "kind", "category"),
    [
        ("call.complaint", PauseKind.DISPUTE, "complaint"),
        ("call.vulnerable", PauseKind.HARDSHIP, "vulnerable"),
        ("call.death_reported", PauseKind.DECEASED, "death_reported"),
        ("account.deceased", PauseKind.DECEASED, "death_confirmed"),
        ("account.insolvent", PauseKind.LEGAL_HOLD, "insolvency"),
        ("account.represented", PauseKind.LEGAL_HOLD, "lawyer"),
        ("account.fraud", PauseKind.DISPUTE, "fraud"),
    ],
)
def test_an_outcome_opens_what_its_row_says(session, cast, item, code, kind, category) -> None:
    worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW)
    saved = record(session, cast.ana, form_for(session, item, code, note="lo dice su hija"), at=NOW)
    [made] = session.exec(select(Dispute).where(Dispute.case_id == item.case_id)).all()
    assert (made.category, made.note, made.opened_by) == (category, "lo dice su hija", cast.ana.user_id)
    assert live_pauses(session, item.case_id) == [(kind, None)]
    assert (item_of(session, item).state, saved.state) == (WorkState.CLOSED, WorkState.CLOSED)
    assert item_of(session, item, Queue.REVIEW).state == WorkState.READY
    resolve(session, cast.sofia, made, at=NOW + DAY)
    assert item_of(session, item).state == WorkState.READY


def test_an_outcome_does_not_open_the_same_claim_twice(session, cast, item) -> None:
    for _each in range(2):
        record(session, cast.ana, form_for(session, item, "call.complaint", item_id=None, note="otra vez"), at=NOW)
    assert len(session.exec(select(Dispute).where(Dispute.case_id == item.case_id)).all()) == 1


def test_who_died_is_paused_in_every_portfolio_and_back_when_it_was_not_so(session, cast, item) -> None:
    twin = owe(session, cast.colombia)
    twin_case = session.get_one(Case, twin.case_id)
    session.delete(twin)
    session.flush()
    twin_case.debtor_id = item.debtor_id
    session.flush()
    place = {"portfolio_id": cast.colombia.id, "case_id": twin_case.id, "debtor_id": item.debtor_id}
    session.add(twin := WorkItem(zone=cast.colombia.time_zone, ready_at=NOW, **place))
    session.flush()
    made = claim(session, cast.ana, item, DECEASED, "death_reported")
    assert live_pauses(session, twin.case_id) == [(PauseKind.DECEASED, None)]
    assert item_of(session, twin).state == WorkState.CLOSED
    resolve(session, cast.sofia, made)
    assert live_pauses(session, twin.case_id) == []
    assert item_of(session, twin).state == WorkState.READY


def test_a_death_goes_before_a_dispute_that_comes_back_when_it_was_not_so(session, cast, item) -> None:
    first = claim(session, cast.ana, item)
    death = claim(session, cast.ana, item, DECEASED, "death_reported")
    assert live_pauses(session, item.case_id) == [(PauseKind.DECEASED, None)]
    resolve(session, cast.sofia, death)
    assert live_pauses(session, item.case_id) == [(PauseKind.DISPUTE, None)]
    resolve(session, cast.sofia, first)
    assert live_pauses(session, item.case_id) == []


def test_bruno_opens_and_sees_nothing(session, cast, item) -> None:
    with pytest.raises(Refused, match="nothing here"):
        claim(session, cast.bruno, item)
    made = claim(session, cast.ana, item)
    with pytest.raises(Refused):
        resolve(session, cast.bruno, made, Resolution.WITHDRAWN)
    with pytest.raises(Refused, match="nothing here"):
        disputes(session, cast.bruno, cast.mexico.id, at=NOW)


def test_the_form_of_a_barred_debtor_is_refused_and_names_why(session, cast, item) -> None:
    claim(session, cast.ana, item, LEGAL, "lawyer")
    later = NOW + timedelta(minutes=5)
    form = form_for(session, item, "call.no_answer", item_id=None, started_at=later)
    with pytest.raises(Refused, match="legal hold since"):
        record(session, cast.ana, form, at=later)
    # a call that had begun before is written down
    early = form_for(session, item, "call.no_answer", item_id=None, started_at=NOW - timedelta(minutes=5))
    record(session, cast.ana, early, at=later)

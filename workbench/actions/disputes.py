"""Claims of a debtor: opened with a pause, decided by somebody else, and the case goes on at once or is written down.

A claim whose pause is there already shares it; one that is wider, or bars all contact, takes its place. When a claim is
decided the others that are still open keep a pause of their own.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Dispute, DisputeKind, PauseKind, PaymentKind, Resolution
from workbench.actions import audit
from workbench.actions.pauses import begin_pause, finish_pauses
from workbench.actions.payments import record_payment
from workbench.actions.reviews import close_review, open_review
from workbench.actions.standings import rescore_cases
from workbench.rules.access import Permission, Viewer
from workbench.rules.disputes import CATEGORIES, PAUSES, check_claim, check_resolution, owed_on, require_amount
from workbench.rules.pauses import BARS_CONTACT, STOPS_CLOCK
from workbench.rules.refusals import Refused
from workbench.rules.words import N_, translate

WIDER = N_("A wider pause takes its place")
SAME_DEBTOR = N_("The debtor has died, as another case says")
SAME_DEBTOR_ALIVE = N_("The debtor lives, as another case says")


def open_dispute(
    session: Session,
    who: Viewer,
    case_id: int,
    kind: DisputeKind,
    category: str,
    *,
    account_id: int | None = None,
    note: str,
    disputed: Decimal | None = None,
    from_on: date | None = None,
    at: datetime,
) -> Dispute:
    """Writes a claim down, pauses what it is about and asks for somebody to decide on it until the deadline.

    `account_id` none = the whole case; `from_on` = when it began, if not today. A death pauses the debtor's other cases
    too. Raises `Refused` for a category of another kind, without a note, and for more than is owed.
    """
    who.require(Permission.OPEN_DISPUTES)
    case = _locked(session, case_id, at)
    who.require_portfolio(case.portfolio_id if case else 0)
    assert case is not None  # no portfolio has the number 0
    owed = _owed(session, case_id)
    check_claim(kind, category, account_id=account_id, note=note, disputed=disputed, owed=owed)
    dispute = Dispute(
        portfolio_id=case.portfolio_id,
        case_id=case_id,
        account_id=account_id,
        kind=kind,
        category=category,
        disputed=disputed,
        note=note.strip(),
        opened_by=who.user_id,
        opened_on=case.today,
        opened_at=at,
        deadline_on=case.deadline,
        pause_id=_pause_for(session, case, PAUSES[kind], account_id, note, from_on=from_on, by=who.user_id, at=at),
    )
    session.add(dispute)
    session.flush()
    if kind is DisputeKind.DECEASED:
        _pause_other_cases(session, case, by=who.user_id, at=at)
    open_review(session, case_id, at=at)
    _note(session, "open_dispute", dispute, who, at, kind=kind.value, category=category)
    return dispute


def open_for_outcome(session: Session, who: Viewer, case_id: int, category: str, *, note: str, at: datetime) -> None:
    """What a call's outcome says opens of itself; a claim of the same category that is open already stays the one."""
    if not session.execute(_OPEN_ALREADY, {"case": case_id, "category": category}).first():
        open_dispute(session, who, case_id, CATEGORIES[category].kind, category, note=note, at=at)


def resolve_dispute(
    session: Session,
    who: Viewer,
    dispute_id: int,
    resolution: Resolution,
    *,
    note: str,
    written_down: Decimal | None = None,
    approved_by: int | None = None,
    at: datetime,
) -> Dispute:
    """Decides on a claim. Unless it is confirmed the pause ends and the case is back at once.

    What is written down is a write-off payment: by who may write down, and never by who opened the claim;
    `approved_by` = who else allowed it. Raises `Refused` for a claim that is decided already, without a reason, and for
    more than is owed.
    """
    dispute, case = _own_or_decide(session, who, dispute_id, resolution, at)
    check_resolution(resolution, note, written_down)
    if written_down is not None:
        _write_down(session, who, dispute, written_down, case, approved_by=approved_by, at=at)
    dispute.resolution, dispute.resolved_at, dispute.resolved_by = resolution, at, who.user_id
    dispute.resolution_note = note.strip()
    session.add(dispute)
    session.flush()
    if resolution is not Resolution.CONFIRMED:
        _resume(session, dispute, case, note, by=who.user_id, at=at)
    close_review(session, dispute.case_id)
    rescore_cases(session, [dispute.case_id], on=case.today, at=at)
    told = {"resolution": resolution.value, "written_down": str(written_down) if written_down else None}
    _note(session, "resolve_dispute", dispute, who, at, **told, approved_by=approved_by)
    return dispute


def _own_or_decide(
    session: Session, who: Viewer, dispute_id: int, resolution: Resolution, at: datetime
) -> tuple[Dispute, Row[Any]]:
    """The claim under its case's lock, if this person may decide so; to take it back is for who opened it."""
    found = session.get(Dispute, dispute_id)
    who.require_portfolio(found.portfolio_id if found else 0)
    assert found is not None  # no portfolio has the number 0
    mine = found.opened_by == who.user_id and resolution is Resolution.WITHDRAWN
    who.require(Permission.OPEN_DISPUTES if mine else Permission.RESOLVE_DISPUTES)
    if resolution is Resolution.WITHDRAWN and not mine:
        raise Refused("Only who opened a claim may withdraw it.")
    case = _locked(session, found.case_id, at)
    assert case is not None  # the claim refers to it
    dispute = session.get_one(Dispute, dispute_id, populate_existing=True)
    if dispute.resolution is not None:
        raise Refused("This claim was decided already.")
    return dispute, case


def _write_down(
    session: Session,
    who: Viewer,
    dispute: Dispute,
    amount: Decimal,
    case: Row[Any],
    *,
    approved_by: int | None,
    at: datetime,
) -> None:
    """Takes the amount off what the claim is about."""
    if approved_by is None:
        who.require(Permission.WRITE_DOWN)
    if dispute.opened_by == (approved_by or who.user_id):
        raise Refused("Somebody else has to decide on a claim that you opened.")
    check_write_down(session, dispute, amount)
    payment = record_payment(
        session,
        case_id=dispute.case_id,
        amount=amount,
        paid_on=case.today,
        reference=f"write-down:{dispute.id}",
        kind=PaymentKind.WRITE_OFF,
        account_id=dispute.account_id,
        by=approved_by or who.user_id,
        at=at,
    )
    dispute.written_down, dispute.payment_id = amount, payment.id


def check_write_down(session: Session, dispute: Dispute, amount: Decimal) -> None:
    """Refuses to write down on a decided claim, or more than is owed on what it is about."""
    if dispute.resolution is not None:
        raise Refused("This claim was decided already.")
    owed = owed_on(dispute.account_id, _owed(session, dispute.case_id))
    require_amount(amount, at_most=owed, field="written_down")


def _resume(session: Session, dispute: Dispute, case: Row[Any], note: str, *, by: int, at: datetime) -> None:
    """Ends the pause that the claim began; open claims that shared it get one of their own."""
    if dispute.kind is DisputeKind.DECEASED and not session.execute(_ALSO_DEAD, {"debtor": case.debtor_id}).first():
        others = session.execute(_OTHERS_PAUSED, {"debtor": case.debtor_id, "case": dispute.case_id}).scalars().all()
        finish_pauses(session, others, because=translate(SAME_DEBTOR_ALIVE, case.language), by=by, at=at)
    if not session.execute(_BORN_WITH_A_CLAIM, {"pause": dispute.pause_id}).first():
        return
    finish_pauses(session, [dispute.pause_id], because=note, by=by, at=at)
    for other in session.execute(_STILL_OPEN, {"pause": dispute.pause_id}).all():
        kind = PAUSES[DisputeKind(other.kind)]
        pause_id = _pause_for(session, case, kind, other.account_id, other.note, from_on=None, by=by, at=at)
        session.execute(_REPOINT, {"old": dispute.pause_id, "id": other.id, "pause": pause_id})


def _pause_for(
    session: Session,
    case: Row[Any],
    kind: PauseKind,
    account_id: int | None,
    note: str,
    *,
    from_on: date | None,
    by: int,
    at: datetime,
) -> int:
    """The pause of a claim: one that covers it already, else a new one in the place of the narrower that are there."""
    live = session.execute(_LIVE, {"case": case.id, "today": case.today, "kinds": [each.value for each in STOPS_CLOCK]})
    near = [each for each in live.all() if account_id in (None, each.account_id) or each.account_id is None]
    for each in near:
        covers = each.account_id in (None, account_id) and each.until_on is None
        if covers and (kind not in BARS_CONTACT or each.kind in BARS_CONTACT):
            rescore_cases(
                session, [case.id], on=case.today, at=at
            )  # its days stand still: they are counted anew each day
            return int(each.id)
    narrower = [each.id for each in near]
    finish_pauses(session, narrower, because=translate(WIDER, case.language), by=by, at=at)
    pause_id = begin_pause(session, case.id, kind, account_id=account_id, from_on=from_on, reason=note, by=by, at=at)
    for old in narrower:
        session.execute(_REPOINT, {"old": old, "id": None, "pause": pause_id})
    return pause_id


def _pause_other_cases(session: Session, case: Row[Any], *, by: int, at: datetime) -> None:
    """Whoever died is contacted for no debt any more."""
    for other_id in session.execute(_OTHER_CASES, {"debtor": case.debtor_id, "case": case.id}).scalars().all():
        other = _locked(session, other_id, at)
        assert other is not None  # just found
        reason = translate(SAME_DEBTOR, other.language)
        _pause_for(session, other, PauseKind.DECEASED, None, reason, from_on=None, by=by, at=at)


def _locked(session: Session, case_id: int, at: datetime) -> Row[Any] | None:
    return session.execute(_CASE, {"case": case_id, "at": at}).first()


def _owed(session: Session, case_id: int) -> dict[int, Decimal]:
    """The balance of each account of a case, those that owe nothing too."""
    return {row.id: row.owed for row in session.execute(_OWED, {"case": case_id})}


def _note(session: Session, deed: str, dispute: Dispute, who: Viewer, at: datetime, **details: Any) -> None:
    kept = {name: value for name, value in details.items() if value}
    audit.log(session, deed, "dispute", dispute.id, by=who.user_id, at=at, case_id=dispute.case_id, **kept)


_CASE = text("""
    SELECT c.id, c.portfolio_id, c.debtor_id, p.language, now.today, now.today + p.dispute_days AS deadline
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id
    CROSS JOIN LATERAL (SELECT (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today) now
    WHERE c.id = :case FOR NO KEY UPDATE OF c
""")
_OWED = text("""
    SELECT a.id, coalesce(sum(r.balance), 0) AS owed FROM account a LEFT JOIN receivable r ON r.account_id = a.id
    WHERE a.case_id = :case GROUP BY a.id
""")
_LIVE = text("""
    SELECT id, account_id, kind, until_on FROM pause
    WHERE case_id = :case AND ended_at IS NULL AND kind = ANY(:kinds) AND from_on <= :today
      AND coalesce(until_on >= :today, true)
    ORDER BY account_id NULLS FIRST, id
""")
_OPEN_ALREADY = text("SELECT 1 FROM dispute WHERE case_id = :case AND category = :category AND resolution IS NULL")
# a supervisor's own pause, which a claim only shared, stays
_BORN_WITH_A_CLAIM = text("""
    SELECT 1 FROM pause q WHERE q.id = :pause
      AND EXISTS (SELECT FROM dispute x WHERE x.case_id = q.case_id AND q.created_at IN (x.opened_at, x.resolved_at))
""")
_STILL_OPEN = text("""
    SELECT id, kind, account_id, note FROM dispute WHERE pause_id = :pause AND resolution IS NULL ORDER BY id
""")
_REPOINT = text("""
    UPDATE dispute SET pause_id = :pause
    WHERE pause_id = :old AND resolution IS NULL AND coalesce(id = CAST(:id AS bigint), true)
""")
_OTHER_CASES = text("SELECT id FROM collection_case WHERE debtor_id = :debtor AND id <> :case ORDER BY id")
_ALSO_DEAD = text("""
    SELECT 1 FROM dispute x JOIN collection_case c ON c.id = x.case_id
    WHERE c.debtor_id = :debtor AND x.kind = 'deceased' AND coalesce(x.resolution = 'confirmed', true)
""")
_OTHERS_PAUSED = text("""
    SELECT q.id FROM pause q JOIN collection_case c ON c.id = q.case_id
    WHERE c.debtor_id = :debtor AND c.id <> :case AND q.kind = 'deceased' AND q.ended_at IS NULL
      AND NOT EXISTS (SELECT FROM dispute x WHERE x.pause_id = q.id)
""")

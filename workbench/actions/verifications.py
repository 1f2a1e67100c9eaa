"""What a debtor says is paid: looked up for a few days in peace, and answered by the payment itself."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from models import PauseKind
from workbench.actions import audit
from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.contact_holds import hold
from workbench.actions.pauses import pause_case
from workbench.actions.reviews import open_review
from workbench.actions.standings import rescore_cases
from workbench.rules.access import Permission, Viewer
from workbench.rules.business_days import business_day_after
from workbench.rules.refusals import Refused
from workbench.rules.words import N_, translate

VERIFY_DAYS = 3  # business days in which somebody looks the payment up
SAYS_PAID = N_("The debtor says that it is paid: “{words}”")
ANSWERED = N_("Paid: {reference}, {date}")
WORDS_SHOWN = 200


def look_up(session: Session, case_id: int, *, words: str, at: datetime, because: str = SAYS_PAID) -> int:
    """Pauses a case whose debtor says that it is paid and asks somebody to look it up; returns the pause's id.

    Nobody writes or calls for three business days of the portfolio's country, unless the payment comes first.
    """
    case = session.execute(_CASE, {"case": case_id}).one()
    today = at.astimezone(ZoneInfo(case.time_zone)).date()
    until_on = business_day_after(today, VERIFY_DAYS, country=case.country, region=case.region)
    reason = translate(because, case.language, words=" ".join(words.split())[:WORDS_SHOWN])
    pause_id = pause_case(session, None, case_id, PauseKind.VERIFICATION, until_on=until_on, reason=reason, at=at)
    open_review(session, case_id, at=at)
    free = datetime.combine(until_on + timedelta(days=1), time(), ZoneInfo(case.time_zone))
    session.execute(_CALL_LATER, {"case": case_id, "free": free})
    return pause_id


def answer_verifications(session: Session, payment_ids: Sequence[int], *, by: int | None, at: datetime) -> list[int]:
    """Ends the look-ups that these payments answer, each with its reason in the portfolio's language; returns the cases.

    A look-up about one account is answered by money for that account. The calls come back at once, the review closes.
    """
    if not payment_ids:
        return []
    session.flush()
    rows = session.execute(_ANSWERS, {"ids": list(payment_ids), "at": at}).all()
    for row in rows:
        said = translate(ANSWERED, row.language, reference=row.reference, date=row.paid_on.isoformat())
        session.execute(_END, {"id": row.id, "at": at, "by": by, "because": said})
        details = {"case_id": row.case_id, "payment_id": row.payment_id}
        audit.log(session, "answer_verification", "pause", row.id, by=by, at=at, **details)
    if rows:
        _call_again(session, [(row.case_id, row.free, row.debtor_id) for row in rows], at=at)
    return sorted({row.case_id for row in rows})


def dismiss_verification(session: Session, who: Viewer, pause_id: int, *, reason: str, at: datetime) -> None:
    """Ends a look-up that found no payment: collection goes on at once. One that has ended stays as it is."""
    who.require(Permission.RECORD_PAYMENTS)
    row = session.execute(_ONE, {"id": pause_id, "visible": list(who.portfolio_ids)}).first()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    if row.ended_at:
        return
    session.execute(_END, {"id": pause_id, "at": at, "by": who.user_id, "because": reason.strip()})
    _call_again(session, [(row.case_id, row.free, row.debtor_id)], at=at)
    rescore_cases(session, [row.case_id], on=at.astimezone(ZoneInfo(row.time_zone)).date(), at=at)
    audit.log(session, "dismiss_verification", "pause", pause_id, by=who.user_id, at=at, case_id=row.case_id)


def _call_again(session: Session, ended: Sequence[tuple[int, datetime | None, int]], *, at: datetime) -> None:
    """The calls that waited for a look-up come back, as far as the law lets them, and its review closes."""
    cases, free, debtors = zip(*ended, strict=True)
    session.execute(_BACK, {"of": list(cases), "untils": list(free), "at": at})
    session.execute(_REVIEWED, {"cases": sorted(set(cases))})
    hold(session, sorted(set(debtors)), at=at)


_CASE = text("""
    SELECT p.time_zone, p.country, p.region, p.language
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id WHERE c.id = :case
""")
# an agreed callback stands
_CALL_LATER = text("""
    UPDATE work_item SET state = 'waiting', not_before = :free, ready_at = NULL
    WHERE case_id = :case AND queue = 'call' AND state IN ('ready', 'waiting') AND band <> 1
      AND coalesce(not_before < :free, true)
""")
_ANSWERS = text("""
    SELECT DISTINCT ON (v.id) v.id, v.case_id, c.debtor_id, m.id AS payment_id, m.reference, m.paid_on, p.language,
        (v.until_on + 1)::timestamp AT TIME ZONE p.time_zone AS free
    FROM payment m JOIN pause v ON v.case_id = m.case_id AND v.kind = 'verification' AND v.ended_at IS NULL
    JOIN collection_case c ON c.id = m.case_id JOIN portfolio p ON p.id = c.portfolio_id
    WHERE m.id = ANY(:ids) AND m.kind = 'payment' AND m.reversed_on IS NULL
      AND coalesce(v.until_on >= (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date, true)
      AND (v.account_id IS NULL OR EXISTS (
            SELECT FROM allocation l JOIN receivable r ON r.id = l.receivable_id
            WHERE l.payment_id = m.id AND l.released_on IS NULL AND r.account_id = v.account_id))
    ORDER BY v.id, m.id
""")
_ONE = text("""
    SELECT v.case_id, v.ended_at, c.debtor_id, p.time_zone,
        (v.until_on + 1)::timestamp AT TIME ZONE p.time_zone AS free
    FROM pause v JOIN collection_case c ON c.id = v.case_id JOIN portfolio p ON p.id = c.portfolio_id
    WHERE v.id = :id AND v.kind = 'verification' AND c.portfolio_id = ANY(:visible) FOR NO KEY UPDATE OF c
""")
_END = text("UPDATE pause SET ended_at = :at, ended_by = :by, ended_because = :because WHERE id = :id")
# only what waited for the look-up's end: a callback or a promise's day stands
_BACK = text(f"""
    UPDATE work_item w SET state = 'ready', not_before = NULL, ready_at = {READY_SINCE}
    FROM unnest(CAST(:of AS int8[]), CAST(:untils AS timestamptz[])) AS t (case_id, free)
    WHERE w.case_id = t.case_id AND w.queue = 'call' AND w.state = 'waiting' AND w.not_before = t.free
""")
# a review that is wanted for something else stays
_REVIEWED = text("""
    UPDATE work_item w SET state = 'closed', not_before = NULL, ready_at = NULL, reserved_for = NULL
    WHERE w.case_id = ANY(:cases) AND w.queue = 'review' AND w.state IN ('ready', 'waiting')
      AND NOT EXISTS (SELECT FROM dispute d WHERE d.case_id = w.case_id AND d.resolution IS NULL)
      AND NOT EXISTS (SELECT FROM pause v WHERE v.case_id = w.case_id AND v.kind = 'verification' AND v.ended_at IS NULL)
      AND NOT EXISTS (SELECT FROM interaction i JOIN disposition x ON x.code = i.disposition_code
            WHERE i.case_id = w.case_id AND x.next_queue = 'review')
""")

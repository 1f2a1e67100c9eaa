"""Handing cases over: proposed by the policy or by a person, decided in bulk by a manager, exported, called back."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Row, text
from sqlmodel import Session

from models import Document, DocumentKind, HandOver, HandOverState, HandOverTo, Portfolio
from workbench.actions import audit
from workbench.actions.pauses import finish_pauses
from workbench.actions.standings import rescore_cases
from workbench.queries.hand_overs import cases_to_export
from workbench.rules.access import Permission, Viewer
from workbench.rules.hand_overs import DESTINATIONS, HEADER, REASON_LIMIT, RECIPIENT_LIMIT, REST_DAYS, sheet_row
from workbench.rules.refusals import Refused
from workbench.rules.spreadsheets import csv_bytes, xlsx_bytes
from workbench.rules.words import N_, translate

HANDED = N_("Handed over to {recipient}")
LADDER_ENDS = N_("The strategy's ladder ends here: a person has to decide")
MEDIA = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def propose_hand_overs(session: Session, portfolio: Portfolio, *, on: date, at: datetime) -> tuple[int, int]:
    """What the night does: proposes what meets the policy, moves and lapses what does so no more. Both counts.

    The standings are the night's own. What a person or the strategy proposed lapses only when nothing is past due.
    """
    values = {
        "portfolio": portfolio.id,
        "on": on,
        "rest": REST_DAYS,
        "agency_after": portfolio.hand_over_after,
        "agency_least": portfolio.hand_over_least,
        "judicial_after": portfolio.judicial_after,
        "judicial_least": portfolio.judicial_least,
    }
    lapsed = session.execute(_LAPSE, values).scalars().all()
    session.execute(_MOVE, values)
    proposed = session.execute(_PROPOSE, values).scalars().all()
    if lapsed or proposed:
        told = {"business_date": on.isoformat(), "proposed": len(proposed), "lapsed": len(lapsed)}
        audit.log(session, "propose_hand_overs", "portfolio", portfolio.id, by=None, at=at, **told)
    return len(proposed), len(lapsed)


def propose_by_strategy(session: Session, portfolio_id: int, case_ids: Sequence[int], *, on: date, at: datetime) -> int:
    """Proposes the cases whose ladder ends here, whatever they owe, as a person would; returns how many there were.

    Who keeps to something, is paused, proposed already, or rests after a refusal is left out. They go where the policy's
    days and amounts say.
    """
    portfolio = session.get_one(Portfolio, portfolio_id)
    values = {
        "cases": list(case_ids),
        "portfolio": portfolio_id,
        "on": on,
        "rest": REST_DAYS,
        "judicial_after": portfolio.judicial_after,
        "judicial_least": portfolio.judicial_least,
        "reason": translate(LADDER_ENDS, portfolio.language),
    }
    made = session.execute(_PROPOSE_BY_STRATEGY, values).scalars().all()
    if made:
        told = {"business_date": on.isoformat(), "proposed": len(made), "asked_by": "strategy"}
        audit.log(session, "propose_hand_overs", "portfolio", portfolio_id, by=None, at=at, **told)
    return len(made)


def propose(session: Session, who: Viewer, case_id: int, goes_to: HandOverTo, *, reason: str, at: datetime) -> int:
    """Proposes one case by hand, whatever the policy says; returns the proposal's id."""
    who.require(Permission.PROPOSE_HAND_OVERS)
    case = session.execute(_CASE, {"case": case_id, "at": at}).first()
    if case is None or case.portfolio_id not in who.portfolio_ids:
        raise Refused("There is nothing here that you may see.")
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    if not case.past_due:
        raise Refused("Nothing of this debtor is past due: there is nothing to hand over.")
    if session.execute(_OPEN, {"case": case_id}).first():
        raise Refused("This case is proposed or handed over already.")
    made = HandOver(
        portfolio_id=case.portfolio_id,
        case_id=case_id,
        goes_to=goes_to,
        days_past_due=case.days,
        balance=case.balance,
        proposed_on=case.today,
        proposed_by=who.user_id,
        reason=reason.strip()[:REASON_LIMIT],
    )
    session.add(made)
    session.flush()
    assert made.id is not None
    told = {"case_id": case_id, "goes_to": goes_to.value}
    audit.log(session, "propose_hand_over", "hand_over", made.id, by=who.user_id, at=at, **told)
    return made.id


def decide_hand_overs(
    session: Session,
    who: Viewer,
    ids: Sequence[int],
    *,
    approve: bool,
    recipient: str = "",
    note: str = "",
    at: datetime,
) -> int:
    """Approves or declines proposals, all of them or none; nobody decides their own.

    Approved: the case is paused for as long as the recipient has it, its work is closed, and what goes to the courts is
    in the judicial stage. From then on every contact is refused. Returns how many there were.
    """
    who.require(Permission.APPROVE_HAND_OVERS)
    chosen = _chosen(session, who, ids, HandOverState.PROPOSED, at=at)
    if any(row.proposed_by == who.user_id for row in chosen):
        raise Refused("You proposed one of these yourself: somebody else decides it.")
    named = recipient.strip()
    if approve and not 0 < len(named) <= RECIPIENT_LIMIT:
        raise Refused("Say who gets the cases.", field="recipient")
    if not approve and not note.strip():
        raise Refused("Write down why.", field="note")
    values = {"ids": [row.id for row in chosen], "by": who.user_id, "at": at, "note": note.strip()[:REASON_LIMIT]}
    if approve:
        _hand_over(session, chosen, named, values)
    else:
        session.execute(_REJECT, values)
    told = {
        "hand_overs": values["ids"],
        "cases": [row.case_id for row in chosen],
        "recipient": named,
        "note": note.strip(),
    }
    deed = "approve_hand_overs" if approve else "decline_hand_overs"
    audit.log(session, deed, "portfolio", chosen[0].portfolio_id, by=who.user_id, at=at, **told)
    return len(chosen)


def recall(session: Session, who: Viewer, ids: Sequence[int], *, note: str, at: datetime) -> int:
    """Takes cases back from whoever has them: they are ours to contact again, at the stage of their days."""
    who.require(Permission.APPROVE_HAND_OVERS)
    if not note.strip():
        raise Refused("Write down why.", field="note")
    chosen = _chosen(session, who, ids, HandOverState.APPROVED, at=at)
    numbers = [row.id for row in chosen]
    values = {"ids": numbers, "note": note.strip()[:REASON_LIMIT], "by": who.user_id, "at": at}
    session.execute(_RECALL, values)
    session.execute(_LEAVE_COURTS, {"cases": [row.case_id for row in chosen if row.goes_to == HandOverTo.JUDICIAL]})
    finish_pauses(session, [row.pause_id for row in chosen], because=note, by=who.user_id, at=at)
    told = {"hand_overs": numbers, "cases": [row.case_id for row in chosen], "note": note.strip()}
    audit.log(session, "recall_hand_overs", "portfolio", chosen[0].portfolio_id, by=who.user_id, at=at, **told)
    return len(chosen)


def export_hand_overs(
    session: Session, who: Viewer, ids: Sequence[int], *, file: Literal["csv", "xlsx"], language: str, at: datetime
) -> Document:
    """Writes the file that goes with these cases, and keeps it; no cell of it is ever run as a formula."""
    who.require(Permission.APPROVE_HAND_OVERS)
    who.require(Permission.SEE_PERSONAL_DATA)
    chosen = _chosen(session, who, ids, HandOverState.APPROVED, at=at)
    words = {name: translate(label, language) for name, label in DESTINATIONS.items()}
    rows = [sheet_row(each, words) for each in cases_to_export(session, [row.id for row in chosen], at=at)]
    header = [translate(each, language) for each in HEADER]
    content = (csv_bytes if file == "csv" else xlsx_bytes)(header, rows)
    made = Document(
        portfolio_id=chosen[0].portfolio_id,
        kind=DocumentKind.HAND_OVER,
        name=f"hand-over-{chosen[0].code.lower()}-{chosen[0].today}.{file}",
        media_type=MEDIA[file],
        language=language,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        by_id=who.user_id,
        created_at=at,
    )
    session.add(made)
    session.flush()
    session.execute(_EXPORTED, {"ids": [row.id for row in chosen], "document": made.id})
    told = {"portfolio_id": made.portfolio_id, "rows": len(rows), "file": file, "sha256": made.sha256}
    audit.log(session, "export_hand_overs", "document", made.id, by=who.user_id, at=at, **told)
    return made


def _chosen(session: Session, who: Viewer, ids: Sequence[int], state: HandOverState, *, at: datetime) -> list[Row]:  # type: ignore[type-arg]
    """These hand-overs, of one portfolio that the viewer sees, with their cases held; all must be in this state."""
    wanted = sorted({int(each) for each in ids})
    session.execute(_LOCK, {"ids": wanted})
    rows = session.execute(_CHOSEN, {"ids": wanted, "at": at}).all()
    if not wanted:
        raise Refused("Choose at least one.")
    if len(rows) != len(wanted) or any(row.portfolio_id not in who.portfolio_ids for row in rows):
        raise Refused("There is nothing here that you may see.")
    if len({row.portfolio_id for row in rows}) > 1:
        raise Refused("Choose cases of one portfolio.")
    if late := sum(row.state != state for row in rows):
        raise Refused("{count} of these were decided meanwhile: look again.", count=late)
    return list(rows)


def _hand_over(session: Session, chosen: Sequence[Row], recipient: str, values: dict[str, object]) -> None:  # type: ignore[type-arg]
    reason = translate(HANDED, chosen[0].language, recipient=recipient)
    cases = [row.case_id for row in chosen]
    session.execute(_APPROVE, values | {"recipient": recipient, "reason": reason, "on": chosen[0].today})
    courts = [row.case_id for row in chosen if row.goes_to == HandOverTo.JUDICIAL]
    session.execute(_TO_COURTS, {"cases": courts})
    session.execute(_CLOSE, {"cases": cases})
    rescore_cases(session, cases, on=chosen[0].today)


# a debtor who keeps to what was agreed, or whose clock stands still, is not proposed
_BUSY = """
    EXISTS (SELECT FROM promise m WHERE m.case_id = s.case_id AND m.state = 'open')
    OR EXISTS (SELECT FROM agreement a WHERE a.case_id = s.case_id AND a.state = 'active')
    OR EXISTS (SELECT FROM pause v WHERE v.case_id = s.case_id AND v.kind <> 'verification' AND v.ended_at IS NULL
        AND v.from_on <= :on AND coalesce(v.until_on >= :on, true))
"""
_DAYS = "CAST(:on AS date) - coalesce(s.counted_from, s.oldest_due_on)"
_GOES_TO = f"""
    s.case_id, s.portfolio_id, {_DAYS} AS days, s.balance,
    CASE WHEN {_DAYS} > :judicial_after AND s.balance >= :judicial_least THEN 'judicial' ELSE 'agency' END AS goes_to
"""
_MEETS = f"""
    SELECT {_GOES_TO} FROM case_standing s
    WHERE s.portfolio_id = :portfolio AND s.past_due > 0
      AND ({_DAYS} > :agency_after AND s.balance >= :agency_least
           OR {_DAYS} > :judicial_after AND s.balance >= :judicial_least)
      AND NOT ({_BUSY})
"""
_LADDER_ENDED = f"""
    SELECT {_GOES_TO} FROM case_standing s
    WHERE s.portfolio_id = :portfolio AND s.case_id = ANY(:cases) AND s.past_due > 0 AND NOT ({_BUSY})
"""
_PROPOSED = """
    INSERT INTO hand_over (portfolio_id, case_id, goes_to, state, days_past_due, balance, proposed_on, reason,
        decision_note)
    SELECT t.portfolio_id, t.case_id, t.goes_to, 'proposed', t.days, t.balance, :on, {reason}, ''
    FROM ({those}) t
    WHERE NOT EXISTS (SELECT FROM hand_over h WHERE h.case_id = t.case_id AND (h.state IN ('proposed', 'approved')
        OR h.state IN ('rejected', 'recalled') AND h.goes_to = t.goes_to
            AND (h.decided_at AT TIME ZONE 'UTC')::date > CAST(:on AS date) - CAST(:rest AS int)))
    ORDER BY t.case_id
    ON CONFLICT (case_id) WHERE state IN ('proposed', 'approved') DO NOTHING RETURNING id
"""
_PROPOSE = text(_PROPOSED.format(reason="''", those=_MEETS))
_PROPOSE_BY_STRATEGY = text(_PROPOSED.format(reason=":reason", those=_LADDER_ENDED))
# what the policy proposed has no reason of its own
_BY_POLICY = "h.proposed_by IS NULL AND h.reason = ''"
_MOVE = text(f"""
    UPDATE hand_over h SET goes_to = t.goes_to FROM ({_MEETS}) t
    WHERE h.case_id = t.case_id AND h.state = 'proposed' AND {_BY_POLICY} AND h.goes_to <> t.goes_to
""")
_LAPSE = text(f"""
    UPDATE hand_over h SET state = 'lapsed'
    WHERE h.portfolio_id = :portfolio AND h.state = 'proposed' AND CASE WHEN {_BY_POLICY}
        THEN NOT EXISTS (SELECT FROM ({_MEETS}) t WHERE t.case_id = h.case_id)
        ELSE NOT EXISTS (SELECT FROM case_standing s WHERE s.case_id = h.case_id AND s.past_due > 0) END
    RETURNING id
""")
_CASE = text("""
    SELECT c.portfolio_id, (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today,
        coalesce(s.past_due, 0) AS past_due, coalesce(s.balance, 0) AS balance,
        coalesce((CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date - s.counted_from, 0) AS days
    FROM collection_case c JOIN portfolio p ON p.id = c.portfolio_id LEFT JOIN case_standing s ON s.case_id = c.id
    WHERE c.id = :case FOR NO KEY UPDATE OF c
""")
_OPEN = text("SELECT 1 FROM hand_over WHERE case_id = :case AND state IN ('proposed', 'approved')")
_LOCK = text("""
    SELECT c.id FROM collection_case c JOIN hand_over h ON h.case_id = c.id WHERE h.id = ANY(:ids)
    ORDER BY c.id FOR NO KEY UPDATE OF c
""")
_CHOSEN = text("""
    SELECT h.id, h.case_id, h.portfolio_id, h.state, h.goes_to, h.proposed_by, h.pause_id, p.code, p.language,
        (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date AS today
    FROM hand_over h JOIN portfolio p ON p.id = h.portfolio_id WHERE h.id = ANY(:ids) ORDER BY h.id
""")
_APPROVE = text("""
    WITH paused AS (
        INSERT INTO pause (portfolio_id, case_id, kind, from_on, reason, by_id, created_at)
        SELECT portfolio_id, case_id, 'hand_over', :on, :reason, :by, :at FROM hand_over WHERE id = ANY(:ids) AND state = 'proposed'
        RETURNING id, case_id
    )
    UPDATE hand_over h SET state = 'approved', recipient = :recipient, decided_by = :by, decided_at = :at,
        decision_note = :note, pause_id = paused.id
    FROM paused WHERE h.case_id = paused.case_id AND h.id = ANY(:ids) AND h.state = 'proposed'
""")
_REJECT = text("""
    UPDATE hand_over SET state = 'rejected', decided_by = :by, decided_at = :at, decision_note = :note
    WHERE id = ANY(:ids)
""")
_RECALL = text("""
    UPDATE hand_over SET state = 'recalled', decided_by = :by, decided_at = :at, decision_note = :note
    WHERE id = ANY(:ids)
""")
_TO_COURTS = text("UPDATE case_standing SET stage = 'judicial' WHERE case_id = ANY(:cases)")
_LEAVE_COURTS = text(
    "UPDATE case_standing SET stage = 'extrajudicial' WHERE case_id = ANY(:cases) AND stage = 'judicial'"
)
# nobody's work any more; what somebody has in hand they may only put back
_CLOSE = text("""
    UPDATE work_item SET state = 'closed', not_before = NULL, ready_at = NULL, reserved_for = NULL
    WHERE case_id = ANY(:cases) AND state IN ('ready', 'waiting')
""")
_EXPORTED = text("UPDATE hand_over SET document_id = :document WHERE id = ANY(:ids)")

"""What a night does about agreements: judges them all, tells what moved, and gives who fell behind to somebody."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import AgreementState, ChangeKind, NightlyRun, Portfolio
from workbench.actions.agreement_states import AgreementMove, evaluate_agreements


def judge_agreements(session: Session, portfolio: Portfolio, run: NightlyRun, *, on: date, at: datetime) -> int:
    """Derives the portfolio's agreements and tells the run which ended or fell behind; returns how many moved."""
    moves = evaluate_agreements(session, portfolio, on=on, at=at)
    lines = [line for line in (_line(run, move) for move in moves) if line]
    if lines:
        session.execute(_TELL, lines)
    return len(moves)


def _line(run: NightlyRun, move: AgreementMove) -> dict[str, Any] | None:
    """One line of the morning's page: the state before and after, or the installments missed before and after."""
    told: dict[str, Any] = {"run": run.id, "case": move.case_id, "before": move.before.value, "after": move.after.value}
    if move.after == AgreementState.COMPLETED:
        return told | {"kind": ChangeKind.AGREEMENT_COMPLETED.value, "reason": "agreement_paid"}
    if move.after == AgreementState.BROKEN:
        return told | {"kind": ChangeKind.AGREEMENT_BROKEN.value, "reason": "installments_missed"}
    if move.missed > move.missed_before:
        missed = {"before": str(move.missed_before), "after": str(move.missed)}
        return told | missed | {"kind": ChangeKind.INSTALLMENT_MISSED.value, "reason": "installment_late"}
    return None


_TELL = text("""
    INSERT INTO nightly_change (run_id, kind, case_id, before, after, reason)
    VALUES (:run, :kind, :case, :before, :after, :reason) ON CONFLICT DO NOTHING
""")

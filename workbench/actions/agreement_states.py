"""The states of agreements, derived anew from the payments and written where they differ; their discounts follow."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from psycopg.types.numeric import Int8
from sqlalchemy import text
from sqlmodel import Session

from models import AgreementState, Portfolio
from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.discounts import grant_discounts, restore_discounts
from workbench.actions.negotiation_queue import open_negotiation
from workbench.queries.case_facts import EPOCH, Book, day_number
from workbench.queries.columns import read_columns
from workbench.rules.agreements import DISCOUNT_HOLDS, NO_DAY, STATES, agreement_standings

LOOK_BACK_DAYS = 60  # a closed agreement is looked at again for so long; a payment's own deed looks at once


@dataclass(frozen=True, slots=True)
class AgreementMove:
    """An agreement whose state, or number of missed installments, the payments moved."""

    agreement_id: int
    case_id: int
    before: AgreementState
    after: AgreementState
    missed_before: int
    missed: int

    @property
    def fell_behind(self) -> bool:
        """Whether an installment was missed that was not before: somebody has to negotiate."""
        broke = self.after == AgreementState.BROKEN and self.before != AgreementState.BROKEN
        return broke or (self.after == AgreementState.ACTIVE and self.missed > self.missed_before)


def evaluate_agreements(
    session: Session,
    portfolio: Portfolio | Book,
    *,
    on: date,
    case_ids: Sequence[int] | None = None,
    at: datetime | None = None,
) -> list[AgreementMove]:
    """Derives every agreement of these cases (none = all of the portfolio that may move) and saves what differs.

    What broke restores its discount, what is on its way again or completed has it granted anew. Of two active ones on
    one debt the later has replaced the earlier. `at` is when what moves was recorded; none = the day's first moment.
    """
    at = at or datetime.combine(on, time(), ZoneInfo(portfolio.time_zone))
    session.flush()
    if case_ids is None:
        # what would move is looked at again under its cases' locks: a payment may be on its way
        found = _derive(session, portfolio, on, _MAY_MOVE)
        case_ids = sorted(set(found["case_id"][found["differs"]].tolist()))
        session.execute(_LOCK, {"ids": case_ids})
    moves: list[AgreementMove] = []
    while case_ids:  # a discount given or taken back may change which account money has paid: until nothing differs
        found = _derive(
            session, portfolio, on, f"a.case_id = ANY('{{{','.join(str(int(each)) for each in case_ids)}}}')"
        )
        rows = np.flatnonzero(found["differs"])
        if not len(rows):
            break
        moves += _save(session, found, rows, on=on, at=at)
        case_ids = sorted(set(found["case_id"][rows].tolist()))
    return moves


def _derive(session: Session, portfolio: Portfolio | Book, on: date, where: str) -> dict[str, Any]:
    """The agreements as they are saved and as their money makes them, as columns; `differs` marks the rows to write."""
    values = {"portfolio": portfolio.id, "on": on, "back": LOOK_BACK_DAYS}
    saved = read_columns(session, _AGREEMENTS.format(where=where), _AGREEMENT_COLUMNS, values)
    if not len(saved["id"]):
        return saved | {"differs": np.zeros(0, dtype=bool)}
    chosen = {"ids": [Int8(each) for each in saved["id"].tolist()]}
    parts = read_columns(session, _PARTS, _PART_COLUMNS, chosen)
    money = read_columns(session, _MONEY, _MONEY_COLUMNS, chosen)
    of = np.searchsorted(saved["id"], parts["agreement"])
    fed = money | {"agreement": np.searchsorted(saved["id"], money["agreement"])}
    made = agreement_standings(saved, parts | {"agreement": of}, fed, day_number(on))
    made |= _replaced(saved, made)
    differs = np.any([made[name] != saved[f"old_{name}"] for name in ("state", "paid", "missed", "closed")], axis=0)
    moved = (made["part_paid"] != parts["old_paid"]) | (made["part_paid_on"] != parts["old_paid_on"])
    differs[of[moved]] = True
    return saved | made | {"differs": differs, "part_of": of, "part_number": parts["number"]}


def _replaced(saved: dict[str, Any], made: dict[str, Any]) -> dict[str, NDArray[np.int64]]:
    """Of agreements that would be active on one debt the last stays so; the others were replaced when it was signed."""
    state, closed = made["state"].copy(), made["closed"].copy()
    by = np.zeros(len(state), dtype=np.int64)
    newest: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(state == STATES.index(AgreementState.ACTIVE))[::-1].tolist():
        account, others = saved["account"][row], newest[int(saved["case_id"][row])]
        later = [each for each in others if account == 0 or saved["account"][each] in (0, account)]
        if later:
            state[row], closed[row], by[row] = _REPLACED, saved["signed"][later[-1]], saved["id"][later[-1]]
        else:
            others.append(row)
    return {"state": state, "closed": closed, "replaced_by": by}


def _save(
    session: Session, found: dict[str, Any], rows: NDArray[np.int64], *, on: date, at: datetime
) -> list[AgreementMove]:
    """Writes the agreements and their installments, then gives or takes back what is forgiven."""
    live = found["state"][rows] == STATES.index(AgreementState.ACTIVE)
    for chosen in (rows[~live], rows[live]):  # closed ones first: a debt has one active agreement at any moment
        if len(chosen):
            session.execute(_SAVE, _agreement_values(found, chosen))
    parts = np.flatnonzero(np.isin(found["part_of"], rows))
    session.execute(_SAVE_PARTS, _part_values(found, parts))
    holds = np.array([each in DISCOUNT_HOLDS for each in _STATES])
    held, holding = holds[found["old_state"][rows]], holds[found["state"][rows]]
    restore_discounts(session, found["id"][rows[held & ~holding]].tolist(), on=on, at=at)
    grant_discounts(session, found["id"][rows[~held & holding]].tolist(), on=on, at=at)
    moves = [
        AgreementMove(
            int(found["id"][row]),
            int(found["case_id"][row]),
            _STATES[found["old_state"][row]],
            _STATES[found["state"][row]],
            int(found["old_missed"][row]),
            int(found["missed"][row]),
        )
        for row in rows.tolist()
        if (found["old_state"][row], found["old_missed"][row]) != (found["state"][row], found["missed"][row])
    ]
    wake(session, [each.agreement_id for each in moves], at=at)
    open_negotiation(session, [each.case_id for each in moves if each.fell_behind], at=at)
    return moves


def wake(session: Session, agreement_ids: Sequence[int], *, at: datetime) -> list[int]:
    """Brings back the calls and negotiations that wait for an installment of these agreements; returns their debtors.

    The rules of the queue, which come next, let wait what still must.
    """
    asked = {"ids": list(agreement_ids), "at": at}
    return list(session.execute(_WAKE, asked).scalars()) if agreement_ids else []


def _agreement_values(found: dict[str, Any], rows: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "ids": found["id"][rows].tolist(),
        "states": [_STATES[place].value for place in found["state"][rows].tolist()],
        "paid": found["paid"][rows].tolist(),
        "missed": found["missed"][rows].tolist(),
        "closed": _days(found["closed"][rows]),
        "by": [each or None for each in found["replaced_by"][rows].tolist()],
    }


def _part_values(found: dict[str, Any], rows: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "ids": found["id"][found["part_of"][rows]].tolist(),
        "numbers": found["part_number"][rows].tolist(),
        "paid": found["part_paid"][rows].tolist(),
        "paid_on": _days(found["part_paid_on"][rows]),
    }


def _days(numbers: NDArray[np.int64]) -> list[date | None]:
    return [None if each == NO_DAY else EPOCH + timedelta(days=each) for each in numbers.tolist()]


_STATES = (*STATES, AgreementState.REPLACED)
_REPLACED = len(STATES)
_AGREEMENT_COLUMNS = {
    "id": "i8", "case_id": "i8", "account": "i8", "total": "i8", "signed": "i8", "missed_limit": "i8", "grace": "i8",
    "tolerance": "i8", "old_state": "i8", "old_paid": "i8", "old_missed": "i8", "old_closed": "i8",
}  # fmt: skip
_MAY_MOVE = """a.case_id IN (SELECT o.case_id FROM agreement o WHERE o.portfolio_id = %(portfolio)s
        AND (o.state = 'active' OR o.state IN ('completed', 'broken') AND o.closed_on > %(on)s::date - %(back)s::int))"""
_AGREEMENTS = f"""
    SELECT a.id, a.case_id, coalesce(a.account_id, 0) AS account, a.total * 100 AS total,
        a.signed_on - DATE '1970-01-01' AS signed, a.missed_limit, a.grace_days AS grace, a.tolerance * 10000 AS tolerance,
        CASE a.state WHEN 'active' THEN 0 WHEN 'completed' THEN 1 ELSE 2 END AS old_state, a.paid * 100 AS old_paid,
        a.missed AS old_missed, coalesce(a.closed_on - DATE '1970-01-01', {NO_DAY}) AS old_closed
    FROM agreement a WHERE a.portfolio_id = %(portfolio)s AND a.state NOT IN ('withdrawn', 'replaced') AND {{where}}
    ORDER BY a.id
"""
_PART_COLUMNS = {"agreement": "i8", "number": "i8", "due": "i8", "amount": "i8", "old_paid": "i8", "old_paid_on": "i8"}
_PARTS = f"""
    SELECT i.agreement_id AS agreement, i.number, i.due_on - DATE '1970-01-01' AS due, i.amount * 100 AS amount,
        i.paid * 100 AS old_paid, coalesce(i.paid_on - DATE '1970-01-01', {NO_DAY}) AS old_paid_on
    FROM installment i WHERE i.agreement_id = ANY(%(ids)s) ORDER BY 1, 2
"""
_MONEY_COLUMNS = {"agreement": "i8", "day": "i8", "amount": "i8"}
# All that lowers the debt but the discount itself, if it was not known when the agreement was signed. Of an agreement on
# one account only what paid that account, of one on the whole case also what was paid too much.
_MONEY = """
    SELECT a.id AS agreement, p.paid_on - DATE '1970-01-01' AS day, m.amount * 100 AS amount
    FROM agreement a JOIN payment p ON p.case_id = a.case_id AND p.reversed_on IS NULL AND p.kind <> 'discount'
        AND p.paid_on >= a.signed_on AND p.recorded_at >= a.created_at
    JOIN LATERAL (
        SELECT CASE WHEN a.account_id IS NULL THEN p.amount ELSE (
            SELECT coalesce(sum(l.amount), 0) FROM allocation l JOIN receivable r ON r.id = l.receivable_id
            WHERE l.payment_id = p.id AND l.released_on IS NULL AND r.account_id = a.account_id) END AS amount) m ON true
    WHERE a.id = ANY(%(ids)s) AND m.amount > 0 ORDER BY 1, 2, p.id
"""
_WAKE = text(f"""
    UPDATE work_item w SET state = 'ready', not_before = NULL, ready_at = {READY_SINCE}
    FROM agreement a JOIN portfolio p ON p.id = a.portfolio_id
    WHERE a.id = ANY(:ids) AND w.case_id = a.case_id AND w.queue IN ('call', 'negotiation') AND w.state = 'waiting'
      AND w.band <> 1
      AND CAST(w.not_before AT TIME ZONE p.time_zone AS date) IN (
        SELECT i.due_on + a.grace_days + 1 FROM installment i WHERE i.agreement_id = a.id)
    RETURNING w.debtor_id
""")
_LOCK = text("SELECT FROM collection_case WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_SAVE = text("""
    UPDATE agreement a SET state = t.state, paid = t.paid * 0.01, missed = t.missed, closed_on = t.closed, replaced_by = t.by
    FROM unnest(CAST(:ids AS int8[]), CAST(:states AS text[]), CAST(:paid AS int8[]), CAST(:missed AS int8[]),
        CAST(:closed AS date[]), CAST(:by AS int8[])) AS t (id, state, paid, missed, closed, by) WHERE a.id = t.id
""")
_SAVE_PARTS = text("""
    UPDATE installment i SET paid = t.paid * 0.01, paid_on = t.paid_on
    FROM unnest(CAST(:ids AS int8[]), CAST(:numbers AS int8[]), CAST(:paid AS int8[]), CAST(:paid_on AS date[]))
        AS t (id, number, paid, paid_on)
    WHERE i.agreement_id = t.id AND i.number = t.number AND (i.paid, i.paid_on) IS DISTINCT FROM (t.paid * 0.01, t.paid_on)
""")

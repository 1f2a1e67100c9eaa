"""A case in the few figures that somebody who decides on it looks at: as it was when it was asked, and as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlmodel import Session

# of one row `kase` in the portfolio `p`, at :at
CONTEXT = """
    SELECT json_build_object(
        'balance', coalesce(s.balance, 0)::text, 'past_due', coalesce(s.past_due, 0)::text,
        'days_past_due', coalesce((CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date
            - coalesce(s.counted_from, s.oldest_due_on), 0),
        'stage', coalesce(s.stage, 'preventive'),
        'not_kept', (SELECT count(*) FROM promise WHERE case_id = kase.id AND state IN ('broken', 'partially_kept')),
        'kept', (SELECT count(*) FROM promise WHERE case_id = kase.id AND state = 'kept'),
        'open_promises', (SELECT count(*) FROM promise WHERE case_id = kase.id AND state = 'open'),
        'agreements', (SELECT count(*) FROM agreement WHERE case_id = kase.id AND state = 'active'),
        'paid_lately', (SELECT coalesce(sum(amount), 0)::text FROM payment WHERE case_id = kase.id
            AND kind IN ('payment', 'balance_update') AND reversed_on IS NULL
            AND paid_on > (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date - 30)
    ) FROM (SELECT) one LEFT JOIN case_standing s ON s.case_id = kase.id"""


@dataclass(frozen=True, slots=True)
class Context:
    """What is owed, how late, what came of earlier promises, what is promised now, and the last 30 days' money."""

    balance: Decimal
    past_due: Decimal
    days_past_due: int
    stage: str
    not_kept: int
    kept: int
    open_promises: int
    agreements: int
    paid_lately: Decimal

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Context":
        """The figures from JSON."""
        return _READER.validate_python(dict(kept))

    def as_kept(self) -> dict[str, Any]:
        """The figures for JSON."""
        kept: dict[str, Any] = _READER.dump_python(self, mode="json")
        return kept


_READER = TypeAdapter(Context)


def context_of(session: Session, case_id: int, *, at: datetime) -> Context:
    """The case's figures at that moment."""
    return Context.read(session.execute(_ONE, {"case": case_id, "at": at}).scalar_one())


_ONE = text(f"""
    SELECT ({CONTEXT}) FROM collection_case kase JOIN portfolio p ON p.id = kase.portfolio_id WHERE kase.id = :case
""")

"""What an agent has done today, and where they may work."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import Band
from workbench.rules.access import Viewer


@dataclass(frozen=True, slots=True)
class MyDay:
    """Counts since midnight in the portfolio's zone, by the flags of the dispositions; amounts in its currency."""

    attempts: int
    contacts: int
    right_parties: int
    promises: int
    promised: Decimal
    currency: str
    next_callback_at: datetime | None
    skips: int


MINE = text(f"""
SELECT count(*) FILTER (WHERE disposition.counts_attempt), count(*) FILTER (WHERE disposition.counts_contact),
    count(*) FILTER (WHERE disposition.counts_rpc),
    count(promise.id), coalesce(sum(promise.amount), 0), portfolio.currency,
    (SELECT min(item.not_before) FROM work_item item WHERE item.reserved_for = :me AND item.state = 'waiting'
       AND item.band = {int(Band.CALLBACK)} AND item.portfolio_id = portfolio.id),
    (SELECT count(*) FROM audit_entry entry JOIN work_item item ON item.id = entry.subject_id
     WHERE entry.by_id = :me AND entry.deed = 'skip' AND item.portfolio_id = portfolio.id
       AND entry.at >= date_trunc('day', CAST(:at AS timestamptz), portfolio.time_zone))
FROM portfolio
LEFT JOIN interaction ON interaction.user_id = :me AND interaction.portfolio_id = portfolio.id
    AND interaction.started_at >= date_trunc('day', CAST(:at AS timestamptz), portfolio.time_zone)
LEFT JOIN disposition ON disposition.code = interaction.disposition_code
LEFT JOIN promise ON promise.case_id = interaction.case_id AND promise.interaction_id = interaction.id
WHERE portfolio.id = :portfolio_id AND portfolio.id = ANY(:visible)
GROUP BY portfolio.id
""")


def my_day(session: Session, who: Viewer, portfolio_id: int, *, at: datetime) -> MyDay:
    """The viewer's own day in one portfolio; refused outside their portfolios."""
    who.require_portfolio(portfolio_id)
    asked = {"me": who.user_id, "portfolio_id": portfolio_id, "at": at, "visible": list(who.portfolio_ids)}
    return MyDay(*session.execute(MINE, asked).one())


@dataclass(frozen=True, slots=True)
class Workplace:
    """A portfolio this person works in."""

    portfolio_id: int
    name: str
    time_zone: str


MY_PORTFOLIOS = text("""
SELECT portfolio.id, portfolio.name, portfolio.time_zone FROM portfolio
LEFT JOIN app_user ON app_user.id = :me AND app_user.last_portfolio_id = portfolio.id
WHERE portfolio.id = ANY(:visible)
ORDER BY app_user.id NULLS LAST, portfolio.name
""")


def workplaces(session: Session, who: Viewer) -> list[Workplace]:
    """The viewer's portfolios, the one worked last first."""
    rows = session.execute(MY_PORTFOLIOS, {"me": who.user_id, "visible": list(who.portfolio_ids)})
    return [Workplace(*row) for row in rows]

"""A portfolio's rules for the order in versions: drafted, tried out on the last morning's book, published, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from models import OrderVersion, Portfolio, StrategyState
from workbench.actions import audit
from workbench.queries.order_simulations import Simulation, simulation
from workbench.queries.order_versions import names_known
from workbench.rules.access import Permission, Viewer
from workbench.rules.order_complaints import read_rules
from workbench.rules.order_rules import as_json, key_of
from workbench.rules.refusals import Refused


def save_draft(
    session: Session,
    who: Viewer | None,
    portfolio_id: int,
    rules: Sequence[Any],
    *,
    at: datetime,
    over: Sequence[Any] | None = None,
) -> OrderVersion:
    """Keeps the draft, whole or not at all, and begins one where there is none; `who` none is the command line.

    `over` is what its writer began with, refused when another has saved since. Other rules have to be simulated anew.
    Refused, too, what names a team or a segment that is not there.
    """
    _portfolio(session, who, portfolio_id)
    read = read_rules(list(rules), names_known(session, who, portfolio_id))
    draft = _in_state(session, portfolio_id, StrategyState.DRAFT)
    if over is not None and draft is not None and list(over) != draft.rules:
        raise Refused("Somebody else has changed this draft meanwhile: open it again.")
    if draft is None:
        latest = session.scalar(select(func.max(OrderVersion.version)).where(_of(portfolio_id)))
        by = who.user_id if who else None
        draft = OrderVersion(
            portfolio_id=portfolio_id, version=(latest or 0) + 1, rules=[], created_by=by, created_at=at
        )
    elif draft.rules == as_json(read):
        return draft
    if draft.simulated and draft.simulated["key"] != key_of(read):
        draft.simulated = None
    draft.rules = as_json(read)
    session.add(draft)
    session.flush()
    _log(session, "save_order_draft", draft, who, at, rules=len(read))
    return draft


def discard_draft(session: Session, who: Viewer | None, portfolio_id: int, *, at: datetime) -> None:
    """Throws the draft away; its number is free again."""
    draft = _draft(session, who, portfolio_id)
    _log(session, "discard_order_draft", draft, who, at)
    session.delete(draft)
    session.flush()


def simulate(
    session: Session, who: Viewer | None, portfolio_id: int, *, at: datetime, calls: int | None = None
) -> Simulation:
    """Tries the draft on the last morning's book and notes on it what came of it."""
    draft = _draft(session, who, portfolio_id)
    portfolio = session.get_one(Portfolio, portfolio_id)
    found = simulation(session, who, portfolio, read_rules(draft.rules), at=at, calls=calls)
    draft.simulated = found.as_json()
    session.add(draft)
    session.flush()
    _log(session, "simulate_order", draft, who, at, into=found.into, out=found.out, banned=found.banned)
    return found


def publish(session: Session, who: Viewer | None, portfolio_id: int, *, at: datetime) -> OrderVersion:
    """Puts the draft in force and retires the version before; refused unless these very rules have been simulated.

    The next night applies it to the whole book; a case that something happens to before that follows at once. A segment
    that has gone from the strategy since the draft was written is refused here.
    """
    draft = _draft(session, who, portfolio_id)
    rules = read_rules(draft.rules, names_known(session, who, portfolio_id))
    if not draft.simulated or draft.simulated["key"] != key_of(rules):
        raise Refused("Simulate these rules before you publish them.")
    before = _in_state(session, portfolio_id, StrategyState.PUBLISHED)
    if before:
        before.state, before.retired_at = StrategyState.RETIRED, at
        session.add(before)
        session.flush()  # one version in force at a time
    draft.state, draft.published_by, draft.published_at = StrategyState.PUBLISHED, who.user_id if who else None, at
    session.add(draft)
    session.flush()
    _log(session, "publish_order", draft, who, at, before=before.version if before else None)
    return draft


def _portfolio(session: Session, who: Viewer | None, portfolio_id: int) -> Portfolio:
    """The portfolio, locked: its versions are numbered one after the other."""
    if who is not None:
        who.require(Permission.EDIT_ORDER)
        who.require_portfolio(portfolio_id)
    found = session.get(Portfolio, portfolio_id, with_for_update={"key_share": True})
    if found is None:
        raise Refused("There is nothing here that you may see.")
    return found


def _draft(session: Session, who: Viewer | None, portfolio_id: int) -> OrderVersion:
    _portfolio(session, who, portfolio_id)
    draft = _in_state(session, portfolio_id, StrategyState.DRAFT)
    if draft is None:
        raise Refused("There is no draft of the rules: write one first.")
    return draft


def _in_state(session: Session, portfolio_id: int, state: StrategyState) -> OrderVersion | None:
    asked = select(OrderVersion).where(_of(portfolio_id), col(OrderVersion.state) == state)
    return session.scalar(asked.execution_options(populate_existing=True))


def _of(portfolio_id: int) -> Any:
    return col(OrderVersion.portfolio_id) == portfolio_id


def _log(session: Session, deed: str, draft: OrderVersion, who: Viewer | None, at: datetime, **more: Any) -> None:
    by, details = who.user_id if who else None, {"version": draft.version, "portfolio": draft.portfolio_id}
    audit.log(session, deed, "order_version", draft.id, by=by, at=at, **details, **more)

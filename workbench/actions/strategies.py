"""A portfolio's strategy in versions: drafted from the one before, published whole, never changed afterwards."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from models import Portfolio, Strategy, StrategyState
from models.interactions import Channel
from models.strategies import StepKind
from workbench.actions import audit
from workbench.queries.message_facts import texts_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.refusals import Refused
from workbench.rules.strategies import Definition, ladders, read_definition, shipped_definition


def create_draft(session: Session, who: Viewer | None, portfolio_id: int, *, at: datetime) -> Strategy:
    """Begins a draft as a copy of what is published, or of the shipped strategy; `who` none is the command line."""
    portfolio = _portfolio(session, who, portfolio_id)
    if _in_state(session, portfolio_id, StrategyState.DRAFT):
        raise Refused("This portfolio has a draft already: change, publish or discard it.")
    latest = session.scalar(select(func.max(Strategy.version)).where(col(Strategy.portfolio_id) == portfolio_id))
    before = _in_state(session, portfolio_id, StrategyState.PUBLISHED)
    draft = Strategy(
        portfolio_id=portfolio_id,
        version=(latest or 0) + 1,
        definition=read_definition(before.definition if before else shipped_definition(portfolio.language)).as_json(),
        created_by=who.user_id if who else None,
        created_at=at,
    )
    session.add(draft)
    session.flush()
    _log(session, "create_strategy_draft", draft, who, at)
    return draft


def save_draft(
    session: Session,
    who: Viewer | None,
    strategy_id: int,
    definition: Definition | Mapping[str, Any],
    *,
    at: datetime,
    over: Mapping[str, Any] | None = None,
) -> None:
    """Keeps a draft, whole or not at all; `over` is what its writer began with, refused when another has saved since."""
    draft = _draft(session, who, strategy_id)
    if over is not None and over != draft.definition:
        raise Refused("Somebody else has changed this draft meanwhile: open it again.")
    read = definition if isinstance(definition, Definition) else read_definition(dict(definition))
    after = read_definition(read.as_json()).as_json()
    if after == draft.definition:
        return
    draft.definition = after
    session.add(draft)
    session.flush()
    _log(session, "save_strategy_draft", draft, who, at)


def discard_draft(session: Session, who: Viewer | None, strategy_id: int, *, at: datetime) -> None:
    """Throws a draft away; its number is free again."""
    draft = _draft(session, who, strategy_id)
    _log(session, "discard_strategy_draft", draft, who, at)
    session.delete(draft)
    session.flush()


def publish(session: Session, who: Viewer | None, strategy_id: int, *, at: datetime) -> None:
    """Puts a draft in force from the next planning on and retires the version before.

    Refused unless every message it could write has an approved text in the portfolio's language.
    """
    draft = _draft(session, who, strategy_id)
    definition = read_definition(draft.definition)
    _require_texts(session, session.get_one(Portfolio, draft.portfolio_id), definition)
    before = _in_state(session, draft.portfolio_id, StrategyState.PUBLISHED)
    if before:
        before.state, before.retired_at = StrategyState.RETIRED, at
        session.add(before)
        session.flush()  # never two published at once, not even for a moment
    draft.state, draft.published_at = StrategyState.PUBLISHED, at
    draft.published_by = who.user_id if who else None
    session.add(draft)
    session.flush()
    _log(session, "publish_strategy", draft, who, at, retired=before.version if before else None)


def texts_wanted(definition: Definition) -> Iterator[tuple[str, Channel]]:
    """Each template a strategy could use, with each of its channels."""
    for _, _, steps in ladders(definition):
        for step in steps:
            if step.kind == StepKind.MESSAGE and step.template:
                yield from ((step.template, channel) for channel in step.channels)
    events = definition.events
    for notice in (events.promise_broken, events.payment_thanks):
        if notice:
            yield from ((notice.template, channel) for channel in notice.channels)
    for due in filter(None, (events.promise_due, events.installment_due)):
        for template in due.templates.values():
            yield from ((template, channel) for channel in due.channels)


def missing_texts(session: Session, portfolio: Portfolio, definition: Definition) -> list[tuple[str, Channel]]:
    """The templates and channels for which no text is approved in the portfolio's language."""
    texts = texts_of(session, portfolio)
    wanted = dict.fromkeys(texts_wanted(definition))
    return [(code, channel) for code, channel in wanted if (code, channel, texts.default) not in texts.approved]


def _require_texts(session: Session, portfolio: Portfolio, definition: Definition) -> None:
    if missing := missing_texts(session, portfolio, definition):
        raise Refused(
            "No text is approved in “{language}” for: {missing}. Have it approved under Templates, or take it out.",
            language=portfolio.language,
            missing=", ".join(f"{code} ({channel})" for code, channel in missing),
        )


def _portfolio(session: Session, who: Viewer | None, portfolio_id: int) -> Portfolio:
    """The portfolio, locked: its versions are written one after the other."""
    if who:
        who.require(Permission.EDIT_STRATEGIES)
        who.require_portfolio(portfolio_id)
    portfolio = session.get(Portfolio, portfolio_id, with_for_update={"key_share": True})
    if portfolio is None:
        raise Refused("There is nothing here that you may see.")
    return portfolio


def _draft(session: Session, who: Viewer | None, strategy_id: int) -> Strategy:
    if who:
        who.require(Permission.EDIT_STRATEGIES)
    strategy = session.get(Strategy, strategy_id)
    if strategy is None:
        raise Refused("There is nothing here that you may see.")
    _portfolio(session, who, strategy.portfolio_id)
    session.refresh(strategy)  # as it is now that nobody else can write
    if strategy.state != StrategyState.DRAFT:
        raise Refused("This version is published and cannot be changed: make a new draft.")
    return strategy


def _in_state(session: Session, portfolio_id: int, state: StrategyState) -> Strategy | None:
    asked = select(Strategy).where(col(Strategy.portfolio_id) == portfolio_id, col(Strategy.state) == state)
    return session.scalar(asked)


def _log(session: Session, deed: str, strategy: Strategy, who: Viewer | None, at: datetime, **more: Any) -> None:
    by, details = who.user_id if who else None, {"version": strategy.version, "portfolio": strategy.portfolio_id}
    audit.log(session, deed, "strategy", strategy.id, by=by, at=at, **details, **more)

"""Figures as boards ask them: kept a while by what is asked and who may see what, the past longer than today."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import streamlit as st

from workbench import db
from workbench.queries.kpis import Breakdown, By, Figure, Scope
from workbench.queries.kpis import breakdown as breakdown_of
from workbench.queries.kpis import figures as figures_of
from workbench.rules.access import Permission, Viewer

TODAY_SECONDS = 30
PAST_SECONDS = 600  # a payment may still be reversed, an outcome be counted otherwise
MOST = 2_000
Seen = tuple[Any, ...]
Found = TypeVar("Found")


def figures(who: Viewer, names: Sequence[str], scope: Scope, *, today: date, at: datetime) -> dict[str, Figure]:
    """The figures of a scope; `today` is where its portfolios are."""
    found: dict[str, Figure] = _figures(_seen_by(who), tuple(names), scope, _turn(scope, today, at), _who=who, _at=at)
    return found


def breakdown(who: Viewer, names: Sequence[str], scope: Scope, by: By, *, today: date, at: datetime) -> Breakdown:
    """The figures of a scope by something."""
    turn = _turn(scope, today, at)
    found: Breakdown = _breakdown(_seen_by(who), tuple(names), scope, by, turn, _who=who, _at=at)
    return found


def _turn(scope: Scope, today: date, at: datetime) -> int:
    """Another number when it is time to ask anew."""
    return int(at.timestamp()) // (TODAY_SECONDS if scope.to_on >= today else PAST_SECONDS)


def _seen_by(who: Viewer) -> Seen:
    """What an answer depends on of who asks: supervisors of the same teams and portfolios share theirs."""
    own = None if who.may(Permission.SEE_BOARDS) else who.user_id
    return who.role.value, own, tuple(sorted(who.portfolio_ids)), tuple(sorted(who.team_ids))


def kept(who: Viewer, query: Callable[..., Found], *asked: Any, **also: Any) -> Found:
    """What a board of past mornings reads: `query(session, who, *asked, **also)`, which must be told all it depends on."""
    name = f"{query.__module__}.{query.__qualname__}"
    found: Found = _kept(_seen_by(who), name, asked, also, _who=who, _query=query)
    return found


@st.cache_data(ttl=PAST_SECONDS, max_entries=MOST, show_spinner=False)
def _kept(
    seen: Seen, name: str, asked: tuple[Any, ...], also: dict[str, Any], _who: Viewer, _query: Callable[..., Any]
) -> Any:
    del seen, name
    with db.reading() as session:
        return _query(session, _who, *asked, **also)


@st.cache_data(ttl=PAST_SECONDS, max_entries=MOST, show_spinner=False, hash_funcs={Scope: repr})
def _figures(
    seen: Seen, names: tuple[str, ...], scope: Scope, turn: int, _who: Viewer, _at: datetime
) -> dict[str, Figure]:
    del seen, turn
    with db.reading() as session:
        return figures_of(session, _who, names, scope, at=_at)


@st.cache_data(ttl=PAST_SECONDS, max_entries=MOST, show_spinner=False, hash_funcs={Scope: repr})
def _breakdown(
    seen: Seen, names: tuple[str, ...], scope: Scope, by: By, turn: int, _who: Viewer, _at: datetime
) -> Breakdown:
    del seen, turn
    with db.reading() as session:
        return breakdown_of(session, _who, names, scope, by, at=_at)

"""A manager's draft of the rules for the order: changed, checked in place, simulated, published; never saved by halves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from models import Portfolio, StrategyState
from workbench.actions.order_versions import discard_draft, publish, save_draft, simulate
from workbench.queries.order_simulations import Simulation
from workbench.queries.order_versions import Version
from workbench.rules.access import Permission, Viewer
from workbench.rules.order_complaints import complaints, read_rules
from workbench.rules.order_rules import MOST_RULES, as_json, key_of
from workbench.ui import access, deeds, frame, i18n, order_rule_fields
from workbench.ui.i18n import _, moment
from workbench.ui.strategy_words import plain

Raw = dict[str, Any]
MOST_TOLD = 8  # mistakes at a time


@dataclass(slots=True)
class Work:
    """What is being typed: `base` is what it began with; a new `turn` draws all fields anew from `raw`."""

    base: list[Raw] | None
    raw: list[Raw]
    turn: int = 0
    typed: list[Raw] | None = None


def show(portfolio: Portfolio, versions: Sequence[Version], names: order_rule_fields.Names, *, calls: int) -> None:
    """The draft's rules, one under the other, and what can be done with them."""
    draft = next((each for each in versions if each.state == StrategyState.DRAFT), None)
    force = next((each for each in versions if each.state == StrategyState.PUBLISHED), None)
    work = _work(portfolio, draft, force)
    typed = work.typed = _fields(work, portfolio, names)
    row = st.container(horizontal=True)
    if len(typed) < MOST_RULES and row.button(_("Add a rule"), key=f"order-add-{work.turn}"):
        _redraw(work, [*typed, {"name": _("New rule"), "multiplier": 1.5, "when": {}}])
    wrong = complaints(typed, names)
    if wrong:
        told = "\n".join(f"* {plain(i18n.refusal(each.refused()))}" for each in wrong[:MOST_TOLD])
        st.error(_("This cannot be saved yet:") + "\n" + told)
    _deeds(portfolio, work, draft, typed, savable=not wrong, calls=calls)


def draft_key(versions: Sequence[Version]) -> str | None:
    """What the simulation must have been made of; none without a draft."""
    draft = next((each for each in versions if each.state == StrategyState.DRAFT), None)
    return key_of(read_rules(draft.rules)) if draft else None


def _work(portfolio: Portfolio, draft: Version | None, force: Version | None) -> Work:
    key = f"order-work-{portfolio.id}"
    work: Work | None = st.session_state.get(key)
    base = draft.rules if draft else None
    if work is None:
        begun = draft.rules if draft else force.rules if force else []
        work = st.session_state[key] = Work(base, list(begun))
    elif work.typed and f"order-{portfolio.id}-{work.turn}-0-name" not in st.session_state:
        # another page was open: its fields are gone, not what was typed
        work.raw, work.turn = work.typed, work.turn + 1
    if work.base != base:
        st.warning(_("Somebody else has saved this draft meanwhile. “Start over” shows theirs."))
    return work


def _fields(work: Work, portfolio: Portfolio, names: order_rule_fields.Names) -> list[Raw]:
    typed = []
    removed = None
    for place, raw in enumerate(work.raw):
        key = f"order-{portfolio.id}-{work.turn}-{place}"
        title = plain(st.session_state.get(f"{key}-name", raw.get("name")) or "—")
        with st.expander(f"{place + 1}. {title}", expanded=len(work.raw) == 1 or not raw.get("when")):
            typed.append(order_rule_fields.rule(key, raw, names, portfolio.currency))
            if st.button(_("Remove the rule"), key=f"{key}-remove"):
                removed = place
    if removed is not None:
        _redraw(work, [each for place, each in enumerate(typed) if place != removed])
    return typed


def _redraw(work: Work, typed: list[Raw]) -> None:
    work.raw, work.turn, work.typed = typed, work.turn + 1, None
    st.rerun()


def _deeds(
    portfolio: Portfolio, work: Work, draft: Version | None, typed: list[Raw], *, savable: bool, calls: int
) -> None:
    changed = draft is None or not savable or read_rules(typed) != read_rules(draft.rules)
    tried = not changed and draft is not None and draft.simulated is not None
    first, second, third = st.columns(3)
    id_ = portfolio.id
    wide: dict[str, Any] = {"width": "stretch"}
    if first.button(_("Save draft"), key="order-save", disabled=not (savable and changed), **wide):
        _save(id_, work, typed)
    if second.button(_("Simulate"), key="order-simulate", disabled=not savable, type="primary", **wide):
        _simulate(id_, work, typed, calls)
    third.button(
        _("Publish"),
        key="order-publish",
        disabled=not tried,
        on_click=_publish,
        args=(id_, portfolio.time_zone),
        **wide,
    )
    st.caption(
        _("From the next night on these rules decide; a case that something happens to follows at once.")
        if tried
        else _("Simulate these rules before you publish them.")
    )
    over, discard = st.columns(2)
    over.button(_("Start over"), key="order-over", on_click=_forget, args=(id_,), **wide)
    if draft:
        discard.button(_("Discard draft"), key="order-discard", on_click=_discard, args=(id_,), **wide)


def _save(portfolio_id: Any, work: Work, typed: list[Raw]) -> None:
    if deeds.do(
        Permission.EDIT_ORDER,
        lambda session, who, at: save_draft(session, who, portfolio_id, typed, at=at, over=work.base),
    ):
        work.base = as_json(read_rules(typed))
        frame.say_done(_("The draft is saved."))
    st.rerun()


def _simulate(portfolio_id: Any, work: Work, typed: list[Raw], calls: int) -> None:
    found: list[Simulation] = []

    def deed(session: Any, who: Viewer, at: datetime) -> None:
        save_draft(session, who, portfolio_id, typed, at=at, over=work.base)
        found.append(simulate(session, who, portfolio_id, at=at, calls=calls))

    with st.spinner(_("Putting the last morning's queue in this order…")):
        if deeds.do(Permission.EDIT_ORDER, deed):
            work.base = as_json(read_rules(typed))
            st.session_state[f"order-simulation-{portfolio_id}"] = found[-1]
    st.rerun()


def _publish(portfolio_id: Any, zone: str) -> None:
    numbers: list[int] = []
    if deeds.do(
        Permission.EDIT_ORDER,
        lambda session, who, at: numbers.append(publish(session, who, portfolio_id, at=at).version),
    ):
        said = _("Version {n} is in force since {moment}.", n=numbers[-1], moment=moment(access.now(), zone))
        frame.say_done(said)
        _forget(portfolio_id)


def _discard(portfolio_id: Any) -> None:
    if deeds.do(Permission.EDIT_ORDER, lambda session, who, at: discard_draft(session, who, portfolio_id, at=at)):
        _forget(portfolio_id)


def _forget(portfolio_id: Any) -> None:
    for name in ("work", "simulation"):
        st.session_state.pop(f"order-{name}-{portfolio_id}", None)

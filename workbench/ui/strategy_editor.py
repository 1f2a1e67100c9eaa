"""A manager's draft of a strategy: changed, checked in place, tried out, published. Nothing is ever saved by halves."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from models import Portfolio, StrategyState
from workbench import db
from workbench.actions.strategies import create_draft, discard_draft, publish, save_draft
from workbench.queries.strategies import Version, template_codes
from workbench.rules.access import Permission, Viewer
from workbench.rules.strategies import Definition, complaints, read_definition
from workbench.ui import access, deeds, frame, i18n, strategy_dry_run, strategy_form
from workbench.ui.i18n import _, moment
from workbench.ui.strategy_words import plain

Raw = dict[str, Any]
MOST_TOLD = 12  # mistakes at a time


@dataclass(slots=True)
class Work:
    """What is being typed: `base` is the draft it began with; a new `turn` draws all fields anew from `raw`."""

    base: Raw
    raw: Raw
    turn: int = 0
    typed: Raw | None = None

    def key(self, draft: Version) -> str:
        """What the names of this turn's fields begin with."""
        return f"draft-{draft.id}-{self.turn}"


def show(who: Viewer, portfolio: Portfolio, versions: list[Version]) -> None:
    """The part “Draft” of the page."""
    draft = next((each for each in versions if each.state == StrategyState.DRAFT), None)
    if draft is None:
        frame.empty_state(
            _("No draft"), _("A draft begins as a copy of the version in force. Nothing changes until it is published.")
        )
        st.button(_("Begin a draft"), type="primary", key="begin-draft", on_click=_begin, args=(portfolio.id,))
        return
    work = _work(draft)
    typed = work.typed = _fields(work, draft, portfolio)
    wrong = complaints(typed)
    if wrong:
        told = "\n".join(f"* {plain(i18n.refusal(each.refused()))}" for each in wrong[:MOST_TOLD])
        st.error(_("This cannot be saved yet:") + "\n" + told)
    definition = None if wrong else read_definition(typed)
    changed = definition is None or definition != read_definition(draft.definition)
    _buttons(work, draft, typed, savable=bool(definition and changed))
    if definition:
        force = next((each for each in versions if each.state == StrategyState.PUBLISHED), None)
        before = read_definition(force.definition) if force else None
        strategy_dry_run.show(who, portfolio, definition, before)
    _publishing(draft, portfolio.time_zone, changed=changed)


def _work(draft: Version) -> Work:
    """What this session is typing; a draft that somebody else has saved since is said so, and kept apart."""
    key = f"strategy-work-{draft.id}"
    work = st.session_state.get(key)
    if work is None:
        work = st.session_state[key] = Work(draft.definition, _whole(draft.definition))
    elif work.typed and f"{work.key(draft)}-0-name" not in st.session_state:
        # another page was open: its fields are gone, not what was typed
        work.raw, work.turn = work.typed, work.turn + 1
    if work.base != draft.definition:
        st.warning(_("Somebody else has saved this draft meanwhile. “Start over” shows theirs."))
    return work


def _whole(raw: Raw) -> Raw:
    """The definition with what goes without saying said."""
    return Definition.model_validate(raw).model_dump(mode="json")


def _fields(work: Work, draft: Version, portfolio: Portfolio) -> Raw:
    with db.reading() as session:
        assert portfolio.id is not None
        templates = tuple(template_codes(session, portfolio.id))
    fields = strategy_form.Fields(work.key(draft), templates, portfolio.currency)
    segments: list[Raw] = work.raw["segments"]
    names = [f"{place + 1}. {plain(each.get('name') or '—')}" for place, each in enumerate(segments)]
    *tabs, others = st.tabs([*names, _("Events and costs")])
    typed = []
    for place, (tab, raw) in enumerate(zip(tabs, segments, strict=True)):
        with tab:
            typed.append(strategy_form.segment(fields.under(place), raw))
    with others:
        rest = {
            "events": strategy_form.events(fields.under("events"), work.raw.get("events") or {}),
            "costs": strategy_form.costs(fields.under("costs"), work.raw.get("costs") or {}),
        }
    whole = {"segments": typed} | rest
    for place, tab in enumerate(tabs):
        with tab:
            _moves(work, whole, place)
    return whole


def _moves(work: Work, typed: Raw, place: int) -> None:
    """Buttons that change the list of segments; what was typed so far stays."""
    row = st.container(horizontal=True)
    segments: list[Raw] = typed["segments"]
    key = f"{work.turn}-{place}"
    if row.button(_("Add a segment before"), key=f"add-{key}"):
        codes = {each["code"] for each in segments}
        code = next(f"segment_{n}" for n in range(2, 100) if f"segment_{n}" not in codes)
        new = deepcopy(segments[place]) | {
            "code": code,
            "name": _("New segment"),
            "when": {"days_past_due": {"least": 1}},
        }
        _redraw(work, typed, [*segments[:place], new, *segments[place:]])
    if place and row.button(_("Ask it earlier"), key=f"earlier-{key}"):
        swapped = [*segments[: place - 1], segments[place], segments[place - 1], *segments[place + 1 :]]
        _redraw(work, typed, swapped)
    if len(segments) > 1 and row.button(_("Remove the segment"), key=f"remove-{key}"):
        _redraw(work, typed, [*segments[:place], *segments[place + 1 :]])


def _redraw(work: Work, typed: Raw, segments: list[Raw]) -> None:
    work.raw, work.turn, work.typed = typed | {"segments": segments}, work.turn + 1, None
    st.rerun()


def _buttons(work: Work, draft: Version, typed: Raw, *, savable: bool) -> None:
    save, over, _rest = st.columns([2, 2, 5])
    if save.button(_("Save draft"), key="save-draft", width="stretch", disabled=not savable, type="primary"):
        _save(draft, work, typed)
    over.button(
        _("Start over"),
        key="start-over",
        width="stretch",
        on_click=lambda: st.session_state.pop(f"strategy-work-{draft.id}"),
    )


def _publishing(draft: Version, zone: str, *, changed: bool) -> None:
    with st.container(border=True):
        st.caption(
            _("Save the draft before you publish it.")
            if changed
            else _("From the next night on this version decides. Messages already planned stay as they are.")
        )
        go, discard, _rest = st.columns([2, 2, 5])
        go.button(
            _("Publish"),
            type="primary",
            key="publish",
            width="stretch",
            disabled=changed,
            on_click=_publish,
            args=(draft, zone),
        )
        discard.button(_("Discard draft"), key="discard", width="stretch", on_click=_discard, args=(draft,))


def _begin(portfolio_id: int) -> None:
    deeds.do(Permission.EDIT_STRATEGIES, lambda session, who, at: create_draft(session, who, portfolio_id, at=at))


def _save(draft: Version, work: Work, typed: Raw) -> None:
    saved = deeds.do(
        Permission.EDIT_STRATEGIES,
        lambda session, who, at: save_draft(session, who, draft.id, typed, at=at, over=work.base),
    )
    if saved:
        frame.say_done(_("The draft is saved."))
        work.base = read_definition(typed).as_json()
    st.rerun()


def _publish(draft: Version, zone: str) -> None:
    def deed(session: Any, who: Viewer, at: datetime) -> None:
        publish(session, who, draft.id, at=at)

    if deeds.do(Permission.EDIT_STRATEGIES, deed):
        said = _("Version {n} is in force since {moment}.", n=draft.version, moment=moment(access.now(), zone))
        frame.say_done(said)


def _discard(draft: Version) -> None:
    if deeds.do(Permission.EDIT_STRATEGIES, lambda session, who, at: discard_draft(session, who, draft.id, at=at)):
        st.session_state.pop(f"strategy-work-{draft.id}", None)

"""Which cases are dealt, to whom and how: the fields of a deal, and what they ask for."""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from models import DealWay, Portfolio, Queue, Role, Stage
from workbench import db
from workbench.queries.assignment import NOBODY, Cell, Wanted, cases
from workbench.queries.work_profiles import Profile, profiles
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import WAY_LABELS, Asked, Whose
from workbench.rules.words import N_
from workbench.ui import access, assignment_words, frame
from workbench.ui.assignment_words import away
from workbench.ui.i18n import _, money, ngettext, number

WHOSE = {Whose.UNOWNED: N_("Nobody's"), Whose.ALL: N_("All"), Whose.OWNED: N_("Of some people")}
TO = {"present": N_("Everyone who is here"), "chosen": N_("Some of them")}
NAMED = 6
CASES = "deal-cases"  # chosen one by one, on the list or on a card


def today(portfolios: Mapping[int, Portfolio]) -> date:
    """The day it is where the first of these portfolios is worked."""
    zone = next(iter(portfolios.values())).time_zone if portfolios else "UTC"
    return access.now().astimezone(ZoneInfo(zone)).date()


def people_of(who: Viewer, portfolios: Mapping[int, Portfolio]) -> dict[int, Profile]:
    """Whom this person may deal to, with who is away today, by name."""
    with db.reading() as session:
        return {each.user_id: each for each in profiles(session, who, on=today(portfolios))}


def which(who: Viewer, portfolios: Mapping[int, Portfolio]) -> dict[str, Any]:
    """The fields that say which cases; as the parts of `Asked` they fill."""
    if chosen_cases := st.session_state.get(CASES):
        told, button = st.columns([3, 1], vertical_alignment="center")
        with told:
            frame.markup(_named(who, portfolios, chosen_cases))
        button.button(_("Choose by portfolio and queue"), on_click=st.session_state.pop, args=(CASES, None))
        return {"case_ids": chosen_cases}
    first, second, third, fourth = st.columns([2, 1.2, 1.5, 1.5])
    st.session_state.setdefault("deal-portfolios", list(portfolios)[:1])
    st.session_state.setdefault("deal-queue", Queue.CALL)
    chosen = first.multiselect(
        _("Portfolios"),
        list(portfolios),
        format_func=lambda each: portfolios[each].name,
        placeholder=_("all of yours"),
        key="deal-portfolios",
        persist_state="session",
    )
    queue = second.selectbox(
        _("Queue"),
        [None, *Queue],
        format_func=lambda each: _(assignment_words.QUEUES[each]) if each else _("any"),
        key="deal-queue",
    )
    stages = third.multiselect(
        _("Stages"), list(Stage), format_func=assignment_words.stage, placeholder=_("any"), key="deal-stages"
    )
    named = assignment_words.buckets([portfolios[each] for each in chosen] or portfolios.values())
    buckets = fourth.multiselect(
        _("Days past due"), list(named), format_func=named.__getitem__, placeholder=_("any"), key="deal-buckets"
    )
    return {
        "portfolio_ids": tuple(chosen),
        "queue": queue,
        "stages": tuple(stages),
        "buckets": tuple(buckets),
    }


def _named(who: Viewer, portfolios: Mapping[int, Portfolio], case_ids: tuple[int, ...]) -> str:
    """The debtors of the cases chosen one by one, the first of them by name."""
    wanted = Wanted(tuple(portfolios), case_ids=case_ids)
    with db.reading() as session:
        found = cases(session, who, wanted, at=access.now(), most=NAMED)
    if not found.total:
        return f'<p class="cw-bad">{_("There is nothing here that you may see.")}</p>'
    names = [f"{line.debtor} ({money(line.balance, line.currency)})" for line in found.lines]
    more = " …" if found.total > len(names) else ""
    count = ngettext("{count} chosen case", "{count} chosen cases", found.total, count=number(found.total))
    return f"<p><b>{escape(count)}</b>: {escape(', '.join(names))}{more}</p>"


def whose(owners: Mapping[int, str]) -> dict[str, Any]:
    """The fields that say whose cases, of `owners` by their names; cases chosen one by one are whosever they are."""
    if st.session_state.get(CASES):
        return {"whose": Whose.ALL}
    st.session_state.setdefault("deal-whose", Whose.UNOWNED)
    chosen = st.segmented_control(
        _("Which cases"), list(WHOSE), format_func=lambda each: _(WHOSE[each]), required=True, key="deal-whose"
    )
    if chosen is not Whose.OWNED:
        return {"whose": chosen or Whose.UNOWNED}
    of = st.multiselect(
        _("Whose cases"),
        list(owners),
        format_func=owners.__getitem__,
        placeholder=_("of anybody who has some"),
        key="deal-owners",
    )
    return {"whose": Whose.OWNED, "owners": tuple(of)}


def to_whom(people: Mapping[int, Profile], seen: Sequence[int], *, key: str = "deal") -> tuple[int, ...]:
    """The fields that say to whom: everyone who is here, or some; whoever is away stands beside them, and is not dealt to.

    `seen` are the portfolios dealt of: whoever sees none of them is left out.
    """
    able = {each: found for each, found in people.items() if found.visible & set(seen)}
    here = {each: found for each, found in able.items() if found.away is None}
    out = [found for found in able.values() if found.away is not None]
    agents = sum(found.role is Role.AGENT for found in here.values())
    st.session_state.setdefault(f"{key}-to", "present")
    to = st.segmented_control(
        ngettext("To · {n} agent is here", "To · {n} agents are here", agents),
        list(TO),
        format_func=lambda each: _(TO[each]),
        required=True,
        key=f"{key}-to",
    )
    chosen: list[int] = []
    if to == "chosen":
        chosen = st.multiselect(
            _("Agents"),
            list(here),
            format_func=lambda each: here[each].name,
            key=f"{key}-agents",
            placeholder=_("choose some"),
        )
    if out:
        tags = " ".join(
            f'<span class="cw-tag"><s>{escape(found.name)}</s> {escape(away(found.away))}</span>'
            for found in out
            if found.away
        )
        frame.markup(f'<p class="cw-badges"><small><b>{_("Away today:")}</b></small> {tags}</p>')
    return tuple(chosen)


def how() -> dict[str, Any]:
    """The fields that say how the cases are dealt; as the parts of `Asked` they fill."""
    way: DealWay = st.segmented_control(
        _("How"),
        list(WAY_LABELS),
        format_func=lambda each: _(WAY_LABELS[each]),
        default=DealWay.EXPECTED,
        required=True,
        key="deal-way",
    )
    if way is DealWay.NOBODY:
        return {"way": way, "keep_promises": _keep()}
    first, second, third = st.columns([1, 1.4, 1.4], vertical_alignment="bottom")
    cap = first.number_input(_("Each gets at most"), 1, None, None, 1, placeholder=_("no limit"), key="deal-cap")
    with second:
        owned = st.checkbox(
            _("Count what they own already"),
            key="deal-owned",
            help=_("Makes even what each has in the end, not what each is given; the limit counts it too."),
        )
    with third:
        return {"way": way, "cap": cap, "count_owned": owned, "keep_promises": _keep()}


def _keep() -> bool:
    return st.checkbox(
        _("Open promises stay with whoever follows them"),
        key="deal-keep",
        help=_("So do the callbacks they agreed on."),
    )


def matching(cells: Sequence[Cell], asked: Asked) -> list[Cell]:
    """The cells that a deal's fields ask for; chosen cases are in none."""
    return [
        cell
        for cell in cells
        if (not asked.portfolio_ids or cell.portfolio_id in asked.portfolio_ids)
        and (asked.queue is None or asked.queue in cell.queues)
        and (not asked.stages or cell.stage in asked.stages)
        and (not asked.buckets or cell.bucket in asked.buckets)
        and _is_whose(cell, asked)
    ]


def _is_whose(cell: Cell, asked: Asked) -> bool:
    if asked.whose is Whose.UNOWNED:
        return cell.owner == NOBODY
    return asked.whose is Whose.ALL or (cell.owner != NOBODY and (not asked.owners or cell.owner in asked.owners))

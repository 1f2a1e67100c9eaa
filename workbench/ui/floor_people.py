"""The people of the floor: one line each, and what can be done about a case in somebody's hands."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from html import escape
from itertools import product

import streamlit as st

from models import Period, Queue
from workbench.actions import floors
from workbench.queries.floor import COUNTED, Person
from workbench.queries.floor_goals import FIGURES, FloorGoals
from workbench.rules.access import Permission, Viewer
from workbench.rules.floors import Doing, Light
from workbench.rules.goals import DayGoal
from workbench.rules.kpis import KPIS
from workbench.rules.words import N_
from workbench.ui import deeds, frame
from workbench.ui.i18n import _, language, number, whole_money
from workbench.ui.kpi_words import PERIODS

STATES = {
    Doing.ON_CASE: N_("On a case"),
    Doing.IDLE: N_("Idle"),
    Doing.BREAK: N_("Break"),
    Doing.MEETING: N_("Meeting"),
    Doing.TRAINING: N_("Training"),
    Doing.OFFLINE: N_("Offline"),
}
LIGHTS = {Light.AMBER: N_("long"), Light.RED: N_("too long")}
QUEUES = {Queue.CALL: N_("Calls"), Queue.NEGOTIATION: N_("Negotiation"), Queue.REVIEW: N_("Review")}
SHOWN = {
    "all": N_("Everybody"),
    "long": N_("Long on a case"),
    "on_case": N_("On a case"),
    "idle": N_("Idle"),
    "away": N_("Away"),
    "offline": N_("Offline"),
}
AWAY = frozenset({Doing.BREAK, Doing.MEETING, Doing.TRAINING})
FIRST_SEPARATED = 1000  # no language of ours writes a separator into a smaller number


def chosen(people: Sequence[Person], shown: str) -> list[Person]:
    """Those whom the filter lets through."""
    return [each for each in people if shown == "all" or shown in _kinds(each)]


def heads(people: Sequence[Person]) -> str:
    """How many do what, in one line."""
    counts = Counter(each.doing for each in people)
    too_long = sum(each.light is Light.RED for each in people)
    told = [f"<span><b>{counts[state]}</b> {escape(_(label).lower())}</span>" for state, label in STATES.items()]
    if too_long:
        told.insert(1, f'<span class="cw-light cw-light-red"><b>{too_long}</b> {escape(_("too long"))}</span>')
    return f'<div class="cw-tally">{"".join(told)}</div>'


@dataclass(frozen=True, slots=True)
class _Words:
    """What rows say again and again, translated once: two hundred rows are drawn every few seconds."""

    states: Mapping[tuple[Doing, Light], str]
    places: Mapping[tuple[int, Queue], str]
    elsewhere: str


def table(
    people: Sequence[Person], names: Mapping[int, str], goals: FloorGoals, at: datetime, *, whole: bool = True
) -> str:
    """One line a person: what they do and since when, where, and their day so far against their goals.

    With the `whole` floor, what each team did together stands below.
    """
    titles = [_("Agent"), _("State"), _("Since"), _("Portfolio"), _("Debtor")]
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    head += "".join(f'<th class="cw-num">{escape(_(KPIS[name].label))}</th>' for name in FIGURES)
    words = _Words(
        {pair: _state(*pair) for pair in product(Doing, Light)},
        {(one, queue): f"{escape(names[one])} · {escape(_(QUEUES[queue]))}" for one, queue in product(names, Queue)},
        escape(_("another team's portfolio")),
    )
    teamed = len({each.team for each in people}) > 1
    rows = "".join(_row(each, words, goals, at, teamed=teamed) for each in people)
    sums = _teams(people, goals) if whole else ""
    return (
        f'<div class="cw-card"><table class="cw-table cw-floor"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody><tfoot>{sums}</tfoot></table></div>"
    )


def minutes(since: datetime | None, at: datetime) -> str:
    """How long something has lasted: `12 min`, `2 h 05 min`."""
    if since is None:
        return "—"
    hours, left = divmod(max(0, int((at - since) / timedelta(minutes=1))), 60)
    return f"{hours} h {left:02} min" if hours else f"{left} min"


def _kinds(person: Person) -> set[str]:
    kinds = {"away"} if person.doing in AWAY else {person.doing.value}
    return kinds | ({"long"} if person.light in LIGHTS else set())


def _row(person: Person, words: _Words, goals: FloorGoals, at: datetime, *, teamed: bool) -> str:
    held = person.held
    team = f' <span class="cw-muted">{escape(person.team)}</span>' if teamed else ""
    where = words.elsewhere if person.doing is Doing.ON_CASE else "—"
    debtor = "—"
    if held:
        where = words.places[held.portfolio_id, held.queue]
        debtor = f'<a href="search?case={held.case_id}">{escape(held.debtor)}</a>'
    mine = {name: goals.people.get((person.user_id, name)) for name in FIGURES}
    return (
        f'<tr data-agent="{person.user_id}"><td><b>{escape(person.name)}</b>{team}</td>'
        f"<td>{words.states[person.doing, person.light]}</td><td>{minutes(person.since, at)}</td>"
        f"<td>{where}</td><td>{debtor}</td>{_figures(person.counts, person.promised, mine)}</tr>"
    )


def _teams(people: Sequence[Person], goals: FloorGoals) -> str:
    """What the people of each team did together; of somebody in two teams, in the first."""
    by_team: dict[str, list[Person]] = {}
    for each in people:
        by_team.setdefault(each.team, []).append(each)
    lines = ""
    for team, members in by_team.items():
        counts = tuple(map(sum, zip(*(each.counts for each in members), strict=True)))
        promised: dict[str, Decimal] = defaultdict(Decimal)
        for currency, amount in (pair for each in members for pair in each.promised.items()):
            promised[currency] += amount
        together = {name: goals.teams.get((team, name)) for name in FIGURES}
        lines += f'<tr><td colspan="5">{escape(team)}</td>{_figures(counts, promised, together)}</tr>'
    return lines


def _figures(counts: Sequence[int], promised: Mapping[str, Decimal], goals: Mapping[str, DayGoal | None]) -> str:
    """The day's figures, each against its goal."""
    cells = [_against(_count(n), goals[name], n) for name, n in zip(COUNTED, counts, strict=True)]
    return "".join(f'<td class="cw-num">{cell}</td>' for cell in [*cells, _promised(promised, goals["promised"])])


def _state(doing: Doing, shade: Light) -> str:
    """The colour is said in words too."""
    long = f" · {escape(_(LIGHTS[shade]))}" if shade in LIGHTS else ""
    look = f"cw-light-{shade}" if shade is not Light.NONE else f"cw-doing-{doing}"
    return f'<span class="cw-light {look}">{escape(_(STATES[doing]))}{long}</span>'


def _count(n: int) -> str:
    return str(n) if n < FIRST_SEPARATED else number(n)


@lru_cache(maxsize=4096)
def _money(amount: Decimal, currency: str, _language: str) -> str:
    return whole_money(amount, currency)


def _promised(promised: Mapping[str, Decimal], goal: DayGoal | None) -> str:
    told = [
        _against(_money(amount, currency, language()), goal if len(promised) == 1 else None, amount, currency=currency)
        for currency, amount in promised.items()
    ]
    return "<br>".join(told) or "—"


def _against(said: str, goal: DayGoal | None, reached: float | Decimal, *, currency: str | None = None) -> str:
    if goal is None:
        return said
    look = "cw-good" if reached >= goal.amount else "cw-muted"
    look, title = (look, "") if goal.period is Period.DAY else (f"{look} cw-part", _part(goal, currency))
    return f'{said} <span class="{look}"{title}>/ {_goal(goal.amount, currency)}</span>'


def _goal(amount: Decimal, currency: str | None) -> str:
    return _money(amount, currency, language()) if currency else number(amount)


def _part(goal: DayGoal, currency: str | None) -> str:
    """What the day's part is a part of."""
    period = _(PERIODS[goal.period]).lower()
    told = _("A day's part of {goal} by the {period}, over its {n} working days", goal=_goal(goal.of, currency),
             period=period, n=goal.days)  # fmt: skip
    return f' title="{escape(told)}"'


def panel(who: Viewer, people: Sequence[Person], at: datetime) -> None:
    """One person chosen by name, so that no refresh changes who is meant; what they hold can be taken over or given back."""
    by_id = {each.user_id: each for each in people}
    if st.session_state.get("floor-agent") not in by_id:
        st.session_state["floor-agent"] = None
    with st.container(horizontal=True, vertical_alignment="bottom", key="floor-panel"):
        user_id = st.selectbox(
            _("Agent"),
            list(by_id),
            format_func=lambda each: by_id[each].name,
            key="floor-agent",
            index=None,
            placeholder=_("Choose an agent"),
            width=280,
        )
        if user_id is not None:
            _deeds(who, by_id[user_id], at)


def _deeds(who: Viewer, person: Person, at: datetime) -> None:
    held = person.held
    since = minutes(person.since, at)
    doing = f"{escape(_(STATES[person.doing]))} · {since}" if person.since else escape(_(STATES[person.doing]))
    frame.markup(f'<p class="cw-chosen"><b>{escape(person.name)}</b><br>{doing}</p>')
    if held:
        args = (person.user_id, held.case_id, held.queue)
        if who.may(Permission.WORK_QUEUE) and person.user_id != who.user_id:
            st.button(_("Take over"), type="primary", key=f"take-over-{held.item_id}", on_click=_take_over, args=args)
        if who.may(Permission.RELEASE_CLAIMS):
            st.button(_("Give the debtor back"), key=f"give-back-{held.item_id}", on_click=_give_back, args=args)
    if person.user_id != who.user_id:
        st.page_link("../pages/agent_day.py", label=_("Agent's day"), query_params={"agent": str(person.user_id)})


def _give_back(user_id: int, case_id: int, _queue: Queue) -> None:
    deeds.do(
        Permission.RELEASE_CLAIMS,
        lambda session, who, at: floors.give_back(session, who, case_id, holder_id=user_id, at=at),
    )
    st.session_state["floor-changed"] = True


def _take_over(user_id: int, case_id: int, queue: Queue) -> None:
    if deeds.do(
        Permission.WORK_QUEUE,
        lambda session, who, at: floors.take_over(session, who, case_id, holder_id=user_id, queue=queue, at=at),
    ):
        st.session_state["to_queue"] = True
    st.session_state["floor-changed"] = True

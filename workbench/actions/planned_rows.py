"""What planning writes: messages and tasks for people, each by one statement over staged columns, once by their keys."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from models.messages import Cause
from models.strategies import StepKind
from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.contact_holds import hold
from workbench.actions.hand_overs import propose_by_strategy
from workbench.actions.staging import stage
from workbench.queries.owners import owner_of
from workbench.rules.best_contact import WRITTEN
from workbench.rules.held import Code
from workbench.rules.message_channels import Facts, Letters, fallback_lists
from workbench.rules.message_plans import Plan
from workbench.rules.strategies import Arm, Definition

IntArray = NDArray[np.int64]
LETTER_COLUMNS = {
    "case_id": "i8", "debtor_id": "i8", "channel": "i8", "fallbacks": "i8", "point": "i8", "not_before": "i8",
    "expires": "i8", "chosen": "i8",
}  # fmt: skip
STEP_COLUMNS = LETTER_COLUMNS | {"rung": "i8", "anchor": "i8", "arm": "i8", "attempt": "i8"}
TASK_COLUMNS = {"case_id": "i8", "debtor_id": "i8", "rung": "i8", "anchor": "i8"}
EVENT_COLUMNS = LETTER_COLUMNS | {"cause": "i8", "subject": "i8", "wish": "i8", "number": "i8", "document": "i8"}
# a column holds a cause as its place here
CAUSES = (Cause.PROMISE_DUE, Cause.PROMISE_BROKEN, Cause.PAYMENT_THANKS, Cause.AGREEMENT, Cause.INSTALLMENT_DUE)


class Of(NamedTuple):
    """For whom and when rows are written."""

    portfolio_id: int
    strategy_id: int
    on: date
    at: datetime


def write_messages(session: Session, of: Of, definition: Definition, facts: Facts, plan: Plan) -> int:
    """Writes the messages that nothing holds; returns how many were not there yet."""
    rows = plan.of_kind(StepKind.MESSAGE)
    if not len(rows):
        return 0
    case = plan.row
    columns = _letter_columns(facts, case, plan.letters) | {
        "rung": plan.rung,
        "anchor": facts.columns["anchor"][case],
        "arm": plan.arm,
        "attempt": plan.attempt,
    }
    source, values = stage(session, "staged_message", STEP_COLUMNS, columns, rows)
    values |= _values(of, plan.letters) | _rungs(definition, plan) | {"arms": [arm.code for arm in Arm]}
    return _written(session, _ADD_STEPS.format(source=source), values)


def write_events(
    session: Session,
    of: Of,
    templates: Sequence[str],
    facts: Facts,
    row: IntArray,
    events: dict[str, IntArray],
    letters: Letters,
) -> int:
    """Writes the messages of events; `events` are the columns of `EVENT_COLUMNS` beside the letter's.

    `wish` is the place in `templates`, `number` the installment's, `document` the id of what goes along (0 = nothing).
    """
    free = np.flatnonzero(letters.held < 0)
    if not len(free):
        return 0
    columns = _letter_columns(facts, row, letters) | events
    source, values = stage(session, "staged_event", EVENT_COLUMNS, columns, free)
    values |= _values(of, letters) | {"templates": list(templates), "causes": [cause.value for cause in CAUSES]}
    return _written(session, _ADD_EVENTS.format(source=source), values)


def write_tasks(session: Session, of: Of, definition: Definition, facts: Facts, plan: Plan) -> int:
    """Writes the steps that people do, and puts them into their queues; returns how many were not there yet."""
    rows = np.sort(np.append(plan.of_kind(StepKind.CALL), plan.of_kind(StepKind.HAND_OVER)))
    if not len(rows):
        return 0
    columns = {
        "case_id": facts.columns["case_id"][plan.row],
        "debtor_id": facts.columns["debtor_id"][plan.row],
        "rung": plan.rung,
        "anchor": facts.columns["anchor"][plan.row],
    }
    source, values = stage(session, "staged_task", TASK_COLUMNS, columns, rows)
    ids = {"portfolio": of.portfolio_id, "strategy": of.strategy_id, "on": of.on, "at": of.at}
    added = session.execute(text(_ADD_TASKS.format(source=source)), values | ids | _rungs(definition, plan)).all()
    calls = [row for row in added if row.kind == StepKind.CALL]
    handed = [row.case_id for row in added if row.kind == StepKind.HAND_OVER]
    if calls:
        session.execute(_CALL, {"cases": [row.case_id for row in calls], "at": of.at})
        hold(session, {row.debtor_id for row in calls}, at=of.at)
    if handed:
        session.execute(_REVIEW, {"cases": handed, "at": of.at})
        session.execute(_TELL, {"cases": handed, "portfolio": of.portfolio_id, "on": of.on})
        propose_by_strategy(session, of.portfolio_id, handed, on=of.on, at=of.at)
    return len(added)


def write_holds(session: Session, run_id: int, held: Mapping[Code, IntArray]) -> None:
    """Keeps which cases a night held a step back for, by its reason; a night that goes on counts them anew."""
    rows = [{"run": run_id, "code": code.value, "cases": cases.tolist()} for code, cases in held.items() if len(cases)]
    session.execute(_FORGET_HOLDS, {"run": run_id})
    if rows:
        session.execute(_HOLD, rows)


def _letter_columns(facts: Facts, row: IntArray, letters: Letters) -> dict[str, Any]:
    return {
        "case_id": facts.columns["case_id"][row],
        "debtor_id": facts.columns["debtor_id"][row],
        "channel": letters.channel,
        "fallbacks": letters.fallbacks,
        "point": letters.point,
        "not_before": letters.not_before,
        "expires": letters.expires,
        "chosen": letters.chosen,
    }


def _values(of: Of, letters: Letters) -> dict[str, Any]:
    return of._asdict() | {
        "channels": [channel.value for channel in WRITTEN],
        "lists": [json.dumps(each) for each in fallback_lists()],
        "reasons": [json.dumps(each) for each in letters.reasons[1:]],
    }


def _rungs(definition: Definition, plan: Plan) -> dict[str, list[Any]]:
    return {
        "segments": [definition.segments[rung.segment].code for rung in plan.rungs],
        "steps": [rung.step.code for rung in plan.rungs],
        "templates": [rung.step.template for rung in plan.rungs],
        "kinds": [rung.step.kind.value for rung in plan.rungs],
    }


def _written(session: Session, statement: str, values: dict[str, Any]) -> int:
    return int(session.execute(text(statement), values).rowcount)  # type: ignore[attr-defined]


def _word(names: str, place: str) -> str:
    return f"(CAST(:{names} AS text[]))[{place} + 1]"


_LETTER = f"""
    {_word("channels", "t.channel")}, CAST({_word("lists", "t.fallbacks")} AS jsonb), t.point,
    coalesce(CAST(why.told AS jsonb), '{{{{}}}}'), 'planned', to_timestamp(t.not_before * 60), to_timestamp(t.expires * 60),
    :at, :on, :portfolio_id, t.case_id, t.debtor_id, 0"""
_LETTER_NAMES = """channel, fallbacks, contact_point_id, chosen, state, not_before, expires_at, planned_at, on_date,
    portfolio_id, case_id, debtor_id, tries"""
_REASONS = "LEFT JOIN unnest(CAST(:reasons AS text[])) WITH ORDINALITY AS why (told, place) ON why.place = t.chosen"
_ANCHOR = "DATE '1970-01-01' + t.anchor::int"
_ADD_STEPS = f"""
    INSERT INTO message (key, cause, strategy_id, segment, step, anchor_on, arm, attempt, template_code, {_LETTER_NAMES})
    SELECT concat_ws(':', t.case_id, CAST(:strategy_id AS int8), {_word("steps", "t.rung")}, {_ANCHOR},
            {_word("channels", "t.channel")}, t.attempt),
        'step', :strategy_id, {_word("segments", "t.rung")}, {_word("steps", "t.rung")}, {_ANCHOR},
        {_word("arms", "t.arm")}, t.attempt, {_word("templates", "t.rung")}, {_LETTER}
    FROM {{source}} t {_REASONS}
    ON CONFLICT (key) DO NOTHING
"""
_CAUSE = _word("causes", "t.cause")
_ADD_EVENTS = f"""
    INSERT INTO message (key, cause, promise_id, payment_id, agreement_id, document_id, attempt, template_code,
        {_LETTER_NAMES})
    SELECT concat_ws(':', {_CAUSE}, t.subject, CASE WHEN {_CAUSE} = 'installment_due' THEN t.number END,
            CASE WHEN {_CAUSE} IN ('promise_due', 'installment_due') THEN CAST(:on AS date) END,
            {_word("channels", "t.channel")}),
        {_CAUSE}, CASE WHEN {_CAUSE} IN ('promise_due', 'promise_broken') THEN t.subject END,
        CASE WHEN {_CAUSE} = 'payment_thanks' THEN t.subject END,
        CASE WHEN {_CAUSE} IN ('agreement', 'installment_due') THEN t.subject END, nullif(t.document, 0), 1,
        {_word("templates", "t.wish")}, {_LETTER}
    FROM {{source}} t {_REASONS}
    ON CONFLICT (key) DO NOTHING
"""
_ADD_TASKS = f"""
    INSERT INTO step_task (key, portfolio_id, case_id, debtor_id, strategy_id, segment, step, kind, anchor_on, on_date,
        created_at)
    SELECT concat_ws(':', t.case_id, CAST(:strategy AS int8), {_word("steps", "t.rung")}, {_ANCHOR}),
        :portfolio, t.case_id, t.debtor_id, :strategy, {_word("segments", "t.rung")}, {_word("steps", "t.rung")},
        {_word("kinds", "t.rung")}, {_ANCHOR}, :on, :at
    FROM {{source}} t
    ON CONFLICT (key) DO NOTHING RETURNING case_id, debtor_id, kind
"""
# a call that was agreed stands, and so does what is kept for somebody but the owner; the law's hold is asked for anew
_CALL = text(f"""
    UPDATE work_item w SET state = 'ready', not_before = NULL, ready_at = {READY_SINCE}
    FROM collection_case c WHERE c.id = w.case_id AND w.case_id = ANY(:cases) AND w.queue = 'call' AND w.state = 'waiting'
      AND coalesce(w.reserved_for = c.owner_id, w.reserved_for IS NULL) AND w.band <> 1
""")
_REVIEW = text(f"""
    INSERT INTO work_item AS w (portfolio_id, case_id, debtor_id, queue, state, ready_at, zone, band, score, reserved_for)
    SELECT c.portfolio_id, c.id, c.debtor_id, 'review', 'ready', CAST(:at AS timestamptz), d.place, 4, coalesce(s.score, 0), {owner_of("c.id")}
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id LEFT JOIN case_standing s ON s.case_id = c.id
    WHERE c.id = ANY(:cases)
    ON CONFLICT (case_id, queue) DO UPDATE SET state = 'ready', not_before = NULL, ready_at = {READY_SINCE},
        score = excluded.score, reserved_for = coalesce(w.reserved_for, excluded.reserved_for)
    WHERE w.state IN ('closed', 'waiting')
""")
_TELL = text("""
    INSERT INTO nightly_change (run_id, kind, case_id, after, reason)
    SELECT r.id, 'stage_proposed', c.case_id, (CAST(:on AS date) - coalesce(s.counted_from, s.oldest_due_on))::text,
        'hand_over_step'
    FROM unnest(CAST(:cases AS int8[])) AS c (case_id) JOIN case_standing s ON s.case_id = c.case_id
    JOIN nightly_run r ON r.portfolio_id = :portfolio AND r.business_date = :on
    ON CONFLICT DO NOTHING
""")
_FORGET_HOLDS = text("DELETE FROM nightly_hold WHERE run_id = :run")
_HOLD = text("INSERT INTO nightly_hold (run_id, code, case_ids) VALUES (:run, :code, CAST(:cases AS int8[]))")

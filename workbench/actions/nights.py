"""One night over one portfolio: age, derive promises, learn, score, rebuild the queue, tell what changed."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from models import NightlyRun, Portfolio, PromiseState, RunState
from workbench import db
from workbench.actions import audit
from workbench.actions.agreement_nights import judge_agreements
from workbench.actions.case_histories import write_morning
from workbench.actions.checks import find_violations
from workbench.actions.contact_holds import hold_cases
from workbench.actions.hand_overs import propose_hand_overs
from workbench.actions.night_orders import Order, asked_by, lifted, order_of
from workbench.actions.planning import Planned, plan_night
from workbench.actions.promise_states import PromiseMoves, evaluate_promises
from workbench.actions.receipt_forecasts import write_forecast
from workbench.actions.staging import stage
from workbench.actions.standings import Written, policy_of, write, write_changes
from workbench.queries import case_facts
from workbench.queries.case_facts import Shard
from workbench.rules import nights
from workbench.rules.promises import STATES
from workbench.rules.refusals import Refused
from workbench.rules.scoring import Priors, steadied

SHARD_SIZE = 200_000  # cases; one transaction, about 100 MB of columns
SMALLEST_SHARD = 1_000
LOCK = 0x6E_69_67  # the first key of the advisory lock; the second is the portfolio
TRIES = 6
MANY = 20_000  # rows changed since the last ANALYZE from which plans go wrong
_BUSY = frozenset({"40001", "40P01", "23505"})  # somebody wrote the same rows meanwhile: read and decide again


@dataclass(frozen=True, slots=True)
class NightReport:
    """What a night did; `again` = the date had been done before, `resumed` = an interrupted night went on."""

    run_id: int
    portfolio: str
    business_date: date
    cases: int
    standings: int
    items: int
    changes: int
    promises: int
    agreements: int
    messages: int
    violations: int
    again: bool
    resumed: bool
    seconds: float


@dataclass(slots=True)
class _Night:
    """A night under way."""

    run: NightlyRun
    portfolio: Portfolio
    on: date
    again: bool
    resumed: bool
    before: date | None
    priors: Priors
    done: Written
    at: datetime
    promises: int = 0
    agreements: int = 0
    cases: int = 0
    planned: Planned = field(default_factory=Planned)
    order: Order = field(default_factory=Order)
    began: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        """The moment it was started with and what has passed since, whatever clock the database has."""
        return self.at + timedelta(seconds=time.monotonic() - self.began)


def run_night(
    portfolio_id: int, *, on: date, at: datetime, by: int | None = None, shard_size: int = SHARD_SIZE
) -> NightReport:
    """Does the night of business date `on`, in transactions of its own, one shard of cases each.

    1. One at a time per portfolio; an earlier date than the last is refused.
    2. Agreements, promises, then the priors: they are kept on the run, so that a resumed night goes on with the same.
    3. Shard by shard: read facts, decide over columns, write what differs, hold what the law forbids, move the mark.
    4. What is late and large enough is proposed to be handed over.
    5. The messages and tasks of the published strategy are planned.
    6. The morning is kept as it now is, the portfolio's business date moves, the invariants are checked.
    Run again for the same date, it writes nothing unless something happened since.
    """
    with _alone(portfolio_id):
        night = _begin(portfolio_id, on=on, at=at, by=by)
        try:
            _prepare(night)
            _work_through(night, shard_size)
            _propose(night)
            _plan(night)
            violations = _finish(night, at=at, by=by)
        except BaseException as error:
            _note_failure(night, error)
            raise
    return NightReport(
        run_id=night.run.id or 0,
        portfolio=night.portfolio.code,
        business_date=on,
        cases=night.cases,
        **asdict(night.done),
        promises=night.promises,
        agreements=night.agreements,
        messages=night.planned.messages,
        violations=violations,
        again=night.again,
        resumed=night.resumed,
        seconds=round(time.monotonic() - night.began, 3),
    )


@contextmanager
def _alone(portfolio_id: int) -> Iterator[None]:
    """Holds the portfolio's night for this session; a killed process lets go of it with its connection."""
    keys = {"lock": LOCK, "portfolio": portfolio_id}
    with db.engine().execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:lock, :portfolio)"), keys).scalar():
            who = connection.execute(_HOLDER, keys).one_or_none()
            raise Refused(
                "The night of {portfolio} is already running: {who} started it at {since}.",
                portfolio=who.code if who else portfolio_id,
                who=(who.name if who else None) or "workbench",
                since=f"{who.started_at:%Y-%m-%d %H:%M} UTC" if who else "?",
            )
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:lock, :portfolio)"), keys)


def _begin(portfolio_id: int, *, on: date, at: datetime, by: int | None) -> _Night:
    """Finds or makes the run's row; what was cut off goes on where it was."""
    with db.transaction() as session:
        portfolio = session.get(Portfolio, portfolio_id)
        if portfolio is None:
            raise Refused("There is nothing here that you may see.")
        last = portfolio.business_date
        if last and on < last:
            raise Refused("The night of {last} is done; {on} is earlier and cannot be done any more.", last=last, on=on)
        run = session.exec(
            select(NightlyRun).where(NightlyRun.portfolio_id == portfolio_id, NightlyRun.business_date == on)
        ).one_or_none()
        again = run is not None and run.state == RunState.DONE
        resumed = run is not None and not again
        if run is None:
            run = NightlyRun(portfolio_id=portfolio_id, business_date=on, started_at=at, heartbeat_at=at)
            session.add(run)
            session.flush()
        if not again:
            run.state, run.error = RunState.RUNNING, None
            run.cases_total = max(session.execute(_CASES, {"portfolio": portfolio_id}).scalar_one(), run.cases_done)
            audit.log(session, "run_night", "nightly_run", run.id, by=by, at=at, business_date=str(on), resumed=resumed)
        order = order_of(session, run, again=again, resumed=resumed)
    done = Written(**run.counts.get("written", {})) if resumed else Written()
    priors = Priors.from_json(run.learned or None)
    promises = run.counts.get("promises", 0) if resumed else 0
    planned = Planned(**run.counts.get("messages", {})) if resumed else Planned()
    agreements = run.counts.get("agreements", 0) if resumed else 0
    return _Night(run, portfolio, on, again, resumed, last, priors, done, at, promises, agreements, 0, planned, order)


def _prepare(night: _Night) -> None:
    """Agreements, promises and priors, in one transaction."""
    if not night.again:
        refresh_statistics()
    with db.transaction() as session:
        night.agreements += judge_agreements(session, night.portfolio, night.run, on=night.on, at=night.at)
        moves = evaluate_promises(session, night.portfolio, on=night.on)
        _tell_promises(session, night.run, moves)
        night.promises += len(moves)
        if night.resumed and night.run.learned:
            return
        kept = Priors.from_json(night.portfolio.learned) if night.portfolio.learned else None
        night.priors = steadied(case_facts.learned(session, night.run.portfolio_id, on=night.on), kept)
        if night.priors.as_json() != night.run.learned:
            session.execute(_KEEP_LEARNED, {"run": night.run.id, "learned": json.dumps(night.priors.as_json())})


def _work_through(night: _Night, shard_size: int) -> None:
    after, size, tries = 0 if night.again else night.run.last_case_id, shard_size, 0
    while True:
        try:
            shard = _one_shard(night, after, size)
        except Exception as error:
            if _state_of(error) not in _BUSY or (tries := tries + 1) > TRIES:
                raise
            size = max(size // 4, min(size, SMALLEST_SHARD))
            continue
        if shard is None:
            return
        after, tries = shard.last, 0


def _one_shard(night: _Night, after: int, size: int) -> Shard | None:
    """One transaction on one snapshot: whoever writes one of its cases meanwhile makes it start over."""
    with db.transaction() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        shard = case_facts.next_shard(session, night.run.portfolio_id, after, size)
        if shard is None:
            return None
        policy = policy_of(night.portfolio, on=night.on, priors=night.priors, order=night.order)
        facts = case_facts.shard_facts(session, night.portfolio, shard, on=night.on, priors=night.priors)
        facts = asked_by(session, night.run, night.order, shard, facts)
        verdict = nights.judge(facts, policy)
        written = write(session, night.portfolio, verdict, at=night.at, spare_claimed=True)
        hold_cases(session, night.run.portfolio_id, shard.first, shard.last, at=night.at)
        changes = nights.changes(facts, verdict, policy, lifted(session, night.run, night.order, shard, facts, policy))
        told = write_changes(session, night.run, changes, again=night.again)
        done = night.done + written + Written(changes=told)
        if not night.again:
            counts = {"written": asdict(done), "promises": night.promises, "agreements": night.agreements}
            values = {"run": night.run.id, "cases": shard.cases, "last": shard.last, "counts": json.dumps(counts)}
            session.execute(_MARK, values | {"now": night.now})
    night.done, night.cases = done, night.cases + shard.cases
    return shard


def _propose(night: _Night) -> None:
    """Proposes to hand over what the portfolio's policy says, by the standings just made."""
    with db.transaction() as session:
        propose_hand_overs(session, night.portfolio, on=night.on, at=night.at)


def _plan(night: _Night) -> None:
    """Plans the strategy's messages in one transaction; what an interrupted night had planned stays counted."""
    for left in reversed(range(TRIES)):
        try:
            with db.transaction() as session:
                run_id = None if night.again else night.run.id
                planned = plan_night(session, night.portfolio, on=night.on, at=night.at, run_id=run_id) + night.planned
                if not night.again:
                    told = json.dumps({"messages": asdict(planned)})
                    session.execute(_KEEP_PLANNED, {"run": night.run.id, "told": told})
        except Exception as error:
            if _state_of(error) not in _BUSY or not left:
                raise
        else:
            night.planned = planned
            return


def _finish(night: _Night, *, at: datetime, by: int | None) -> int:
    """Closes the run; one that was done before is touched only if this one wrote something."""
    wrote = any(asdict(night.done).values()) or night.promises + night.agreements > 0 or night.planned.wrote
    if max(night.done.standings, night.done.items) >= MANY:
        refresh_statistics()
    with db.transaction() as session:
        remembered = _remember(session, night)
        if night.again and not (wrote or remembered):
            return len(night.run.violations)
        learned = json.dumps(night.priors.as_json())
        session.execute(_MOVE_PORTFOLIO, {"portfolio": night.run.portfolio_id, "on": night.on, "learned": learned})
        counts = {"written": asdict(night.done), "promises": night.promises, "agreements": night.agreements}
        counts |= {"messages": asdict(night.planned)}
        if night.again:
            total = Planned(**night.run.counts.get("messages", {})) + night.planned  # held: as it was that night
            counts = night.run.counts | {"again": counts, "messages": asdict(total)}
            audit.log(session, "run_night", "nightly_run", night.run.id, by=by, at=at, again=True)
        violations = _violations(session, night.run.portfolio_id)
        values = {"run": night.run.id, "counts": json.dumps(counts), "violations": json.dumps(violations)}
        session.execute(_DONE, values | {"now": night.now})
    return len(violations)


def _remember(session: Session, night: _Night) -> int:
    """Keeps the morning: how each case stands, who changed hands, the sums, and what is expected to come in."""
    morning = write_morning(session, night.portfolio, night.on, run_id=night.run.id)
    night.done += Written(changes=morning.told)
    return morning.opened + write_forecast(session, night.portfolio, night.on)


def _violations(session: Session, portfolio_id: int) -> list[dict[str, Any]]:
    """What does not hold after the night, as the run keeps it: rule, table, how many, the first ids."""
    return [asdict(each) | {"examples": list(each.examples)} for each in find_violations(session, portfolio_id)]


def _tell_promises(session: Session, run: NightlyRun, moves: PromiseMoves) -> None:
    """One line a promise that was kept or lost, in one statement."""
    told = np.flatnonzero(np.isin(moves.after, [STATES.index(state) for state in _TOLD]))
    if not len(told):
        return
    columns = {"case_id": moves.case_id, "before": moves.before, "after": moves.after}
    source, values = stage(session, "staged_promise_move", dict.fromkeys(columns, "i8"), columns, told)
    reasons = [_TOLD.get(state, "") for state in STATES]
    values |= {"run": run.id, "states": [state.value for state in STATES], "reasons": reasons}
    session.execute(text(_TELL.format(source=source)), values)


def _note_failure(night: _Night, error: BaseException) -> None:
    """Says on the run what kind of error ended it; the message may hold personal data and stays out."""
    if night.again:
        return
    with db.transaction() as session:
        session.execute(_FAIL, {"run": night.run.id, "error": type(error).__name__, "now": night.now})


def _state_of(error: Exception) -> str | None:
    """PostgreSQL's SQLSTATE, raised by the driver or wrapped."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None)


def refresh_statistics() -> None:
    """ANALYZE where a bulk load left the planner in the dark: a join planned for ten rows takes minutes on a million."""
    with db.transaction() as session:
        stale = session.execute(_STALE, {"many": MANY}).scalars().all()
        for table in stale:
            session.execute(text(f'ANALYZE "{table}"'))


_HOLDER = text("""
    SELECT p.code, r.started_at, u.name FROM portfolio p
    JOIN nightly_run r ON r.portfolio_id = p.id
    LEFT JOIN LATERAL (SELECT by_id FROM audit_entry WHERE subject = 'nightly_run' AND subject_id = r.id
                       ORDER BY id DESC LIMIT 1) a ON true
    LEFT JOIN app_user u ON u.id = a.by_id
    WHERE p.id = :portfolio ORDER BY r.heartbeat_at DESC LIMIT 1
""")
_CASES = text("SELECT count(*) FROM collection_case WHERE portfolio_id = :portfolio")
_KEEP_LEARNED = text("UPDATE nightly_run SET learned = CAST(:learned AS jsonb) WHERE id = :run")
_KEEP_PLANNED = text("UPDATE nightly_run SET counts = counts || CAST(:told AS jsonb) WHERE id = :run")
_MARK = text("""
    UPDATE nightly_run SET last_case_id = :last, counts = CAST(:counts AS jsonb), heartbeat_at = :now,
        cases_done = cases_done + :cases, cases_total = greatest(cases_total, cases_done + :cases) WHERE id = :run
""")
_DONE = text("""
    UPDATE nightly_run SET state = 'done', finished_at = :now, heartbeat_at = :now,
        counts = CAST(:counts AS jsonb), violations = CAST(:violations AS jsonb) WHERE id = :run
""")
_FAIL = text("UPDATE nightly_run SET state = 'failed', error = :error, heartbeat_at = :now WHERE id = :run")
_MOVE_PORTFOLIO = text("""
    UPDATE portfolio SET business_date = :on, learned = CAST(:learned AS jsonb)
    WHERE id = :portfolio AND (business_date, learned) IS DISTINCT FROM (:on, CAST(:learned AS jsonb))
""")
_TELL = """
    INSERT INTO nightly_change (run_id, kind, case_id, before, after, reason)
    SELECT :run, 'promise_' || (CAST(:states AS text[]))[t.after + 1], t.case_id, (CAST(:states AS text[]))[t.before + 1],
        (CAST(:states AS text[]))[t.after + 1], (CAST(:reasons AS text[]))[t.after + 1]
    FROM {source} t ON CONFLICT DO NOTHING
"""
_TOLD = {
    PromiseState.KEPT: "paid_enough",
    PromiseState.PARTIALLY_KEPT: "paid_some",
    PromiseState.BROKEN: "paid_nothing",
}
_STALE = text("""
    SELECT relname FROM pg_stat_user_tables WHERE n_mod_since_analyze > :many AND relname IN ('collection_case',
        'debtor', 'account', 'receivable', 'contact_point', 'case_standing', 'work_item', 'promise', 'payment',
        'allocation', 'interaction', 'nightly_change', 'message', 'step_task', 'pause', 'case_history')
""")

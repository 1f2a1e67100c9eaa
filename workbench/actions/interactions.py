"""Recording what came of a contact: one deed, saved once, with all that follows from it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb
from sqlalchemy import Row, text
from sqlmodel import Session

from models import Band, Channel, Queue, WorkState
from workbench.actions import audit, phones
from workbench.actions.blocked_contacts import blocked
from workbench.actions.contact_holds import hold
from workbench.actions.disputes import open_for_outcome
from workbench.actions.promises import Source, take_promise
from workbench.actions.standings import rescore_cases
from workbench.actions.verifications import look_up
from workbench.actions.worklist import require_held, settle
from workbench.queries.contact_history import OUTCOME, known_debtor
from workbench.queries.contact_rules import PLACE_COLUMNS, place_of
from workbench.queries.owners import works
from workbench.queries.pauses import bar_of
from workbench.rules.access import Permission, Viewer
from workbench.rules.contact_law import Decision, Prior
from workbench.rules.contact_places import Known, Place
from workbench.rules.follow_ups import Effects, FollowUp, Situation, follow_up
from workbench.rules.law_versions import as_stored
from workbench.rules.outcomes import InteractionForm, check_required, check_times
from workbench.rules.pauses import barred
from workbench.rules.refusals import Refused

__all__ = ["InteractionForm", "Recorded", "record"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was saved and what follows; `repeated` when the same form had been saved before and nothing was done."""

    interaction_id: int
    case_id: int
    state: WorkState | None  # of the work item; none when the case has none in hand
    not_before: datetime | None
    because: str
    promise_id: int | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the deed is about, read once: `case` with its debtor, portfolio and disposition, `known` under its lock.

    `debtor` is what the law may ask about the debtor now, without this call; `decision` is what it said of this call
    when it began, none when it was no attempt.
    """

    case: Row[Any]
    known: Row[Any]
    item: Row[Any] | None
    place: Place
    debtor: Known
    decision: Decision | None

    @property
    def zone(self) -> str:
        return str(self.case.time_zone)

    @property
    def unlawful(self) -> bool:
        """Whether the call was made against the law, with a supervisor's reason."""
        return self.decision is not None and not self.decision.allowed

    def lawful_from(self, form: InteractionForm, moment: datetime) -> datetime:
        """The first moment not before this one when the debtor may be called again, this very call counted."""
        debtor = self.debtor
        if self.case.counts_attempt:
            debtor = debtor.after(Prior(form.started_at, Channel.CALL, self.case.came, str(self.case.id)))
        return self.place.window_of(debtor, moment, debt=str(self.case.id)).next_open


def record(session: Session, who: Viewer, form: InteractionForm, *, at: datetime) -> Recorded:
    """Saves the outcome and everything that follows from it, or refuses and saves nothing.

    1. The case is locked; the same form saved before gives the first result again.
    2. The item must be in this person's hands, or nobody's when the case was opened from a search.
    3. The disposition's fields are checked, and whether the law allows the call and the callback.
    4. The interaction, the phone's tally, a new phone and the promise are written.
    5. The item waits, moves to another queue or closes; the case is rescored; one audit entry.
    6. What the law now forbids is held back: all of the debtor's items, in other portfolios too.
    """
    who.require(Permission.WORK_QUEUE)
    if form.caller_id is not None:
        who.require(Permission.CALL_OUTSIDE_HOURS)
    case = _lock_case(session, who, form)
    known = session.execute(_KNOWN, _asked(form, case, at)).one()
    if known.id is not None:
        return _first_result(session, who, form, known)
    facts = _facts(session, who, form, case, known, at)
    _check(session, who, form, facts, at)
    phones.note_result(session, form, case, debtor_id=case.debtor_id)
    if form.new_phone:
        phones.add_phone(session, case.debtor_id, form.new_phone, country=facts.place.country)
    decided = _decide(session, form, facts, at)
    interaction_id = _save(session, who, form, facts, at, follow_up_at=decided.not_before)
    promise_id = _take_promise(session, who, form, interaction_id, at)
    _carry_out(session, who, facts, decided, at)
    if case.says_paid:
        look_up(session, case.id, words=form.note, at=at)
    if case.opens_dispute:
        open_for_outcome(session, who, case.id, case.opens_dispute, note=form.note, at=at)
    moved = rescore_cases(session, [form.case_id], on=facts.place.today(at), at=at, holds=False)
    details = {"case_id": case.id, "disposition": form.disposition_code, "then": decided.because}
    details |= {"override_reason": form.override_reason} if facts.unlawful else {}
    audit.log(session, "record_interaction", "interaction", interaction_id, by=who.user_id, at=at, **details)
    held = hold(session, [case.debtor_id], at=at)
    state, not_before = decided.state if facts.item else None, decided.not_before
    if facts.item and (moved or held or case.says_paid or case.opens_dispute or decided.because == "terminal"):
        after = session.execute(_STATE, {"item": facts.item.id}).one()
        state, not_before = WorkState(after.state), after.not_before
    return Recorded(interaction_id, case.id, state, not_before, decided.because, promise_id)


def _lock_case(session: Session, who: Viewer, form: InteractionForm) -> Row[Any]:
    asked = {"case": form.case_id, "visible": list(who.portfolio_ids), "disposition": form.disposition_code}
    row = session.execute(_CASE, asked).first()
    if row is None:
        raise Refused("There is nothing here that you may see.")
    return row


def _asked(form: InteractionForm, case: Row[Any], at: datetime) -> dict[str, Any]:
    """The form's key, and what is counted until now on the debtor's own day."""
    today = datetime.combine(at.astimezone(ZoneInfo(case.time_zone)).date(), time(), ZoneInfo(case.time_zone))
    return {"key": form.submission_key, "case": case.id, "debtor": case.debtor_id, "today": today}


def _facts(
    session: Session, who: Viewer, form: InteractionForm, case: Row[Any], known: Row[Any], at: datetime
) -> _Facts:
    item, place = _item_in_hand(session, who, form), place_of(case)
    debtor = known_debtor(session, case.debtor_id, at=at)
    decision = None
    if case.counts_attempt:
        decision = place.judge(debtor.before(form.started_at), form.started_at, debt=str(case.id))
    return _Facts(case, known, item, place, debtor, decision)


def _first_result(session: Session, who: Viewer, form: InteractionForm, saved: Row[Any]) -> Recorded:
    if saved.case_id != form.case_id or saved.user_id != (form.caller_id or who.user_id):
        raise Refused("This form was already used for another debtor. Open the case again.")
    asked = {"interaction": saved.id, "item": form.item_id}
    row = session.execute(_SAVED, asked).one()
    state = WorkState(row.state) if row.state else None
    return Recorded(saved.id, saved.case_id, state, saved.follow_up_at, row.because, row.promise_id, repeated=True)


def _item_in_hand(session: Session, who: Viewer, form: InteractionForm) -> Row[Any] | None:
    """The item the form is about; an outcome never lands on another debtor than the one it was typed for."""
    if form.item_id is not None:
        item = require_held(session, who, form.item_id)
        if item.case_id != form.case_id:
            raise Refused("The queue has changed: this form is about another debtor. Open the case again.")
        return item
    if holder := session.execute(_OTHER_HOLDER, {"case": form.case_id, "me": who.user_id}).scalar():
        raise Refused("{name} is working with this debtor now.", name=holder)
    return session.execute(_CALL_ITEM, {"case": form.case_id}).first()


def _check(session: Session, who: Viewer, form: InteractionForm, facts: _Facts, at: datetime) -> None:
    if not facts.case.active:  # unknown, or no longer in use
        raise Refused("Choose a result of the list.", field="disposition")
    if facts.decision and (bar := bar_of(session, form.case_id, at=at)) and form.started_at >= bar.created_at:
        raise barred(bar.kind, bar.from_on)
    check_times(form, at=at)
    not_asked = facts.place.fields_not_asked(facts.debtor, form.started_at)
    check_required(form, facts.case.requires, not_asked=not_asked)
    if facts.decision and facts.unlawful:
        _check_law(who, form, facts, facts.decision)
    if form.callback_at and (lawful := facts.lawful_from(form, form.callback_at)) > form.callback_at:
        raise Refused(
            "The callback falls outside lawful hours; the next lawful moment is {next_open}.",
            next_open=lawful.astimezone(ZoneInfo(facts.zone)),
            field="callback",
        )


def _check_law(who: Viewer, form: InteractionForm, facts: _Facts, decision: Decision) -> None:
    """Refuses an agent, and a supervisor who gives no reason."""
    case = facts.case
    if not who.may(Permission.CALL_OUTSIDE_HOURS):
        ids = {"case": case.id, "portfolio": case.portfolio_id, "debtor": case.debtor_id}
        raise blocked(decision, country=case.country, zone=facts.zone, case=ids, form=form, by=who.user_id)
    if not (form.override_reason or "").strip():
        raise Refused("The call was not lawful when it began: write down why.", field="override_reason")


def _save(
    session: Session, who: Viewer, form: InteractionForm, facts: _Facts, at: datetime, *, follow_up_at: datetime | None
) -> int:
    """Writes the interaction; returns its id."""
    decision = Jsonb(as_stored(facts.decision, facts.place.country)) if facts.decision else None
    values = {
        "key": form.submission_key,
        "portfolio": facts.case.portfolio_id,
        "case": form.case_id,
        "me": form.caller_id or who.user_id,
        "point": form.contact_point_id,
        "disposition": form.disposition_code,
        "started_at": form.started_at,
        "at": at,
        "note": form.note.strip(),
        "follow_up_at": follow_up_at,
        "override_reason": form.override_reason if facts.unlawful else None,
        "override_by": who.user_id if facts.unlawful else None,
        "decision": decision,
        "claimed_at": facts.item.claimed_at if facts.item else None,
    }
    return int(session.execute(_SAVE, values).scalar_one())


def _take_promise(
    session: Session, who: Viewer, form: InteractionForm, interaction_id: int, at: datetime
) -> int | None:
    if form.promise is None:
        return None
    source = Source(interaction_id, form.contact_point_id)
    return take_promise(session, who, case_id=form.case_id, terms=form.promise, at=at, source=source).id


def _decide(session: Session, form: InteractionForm, facts: _Facts, at: datetime) -> FollowUp:
    case, place = facts.case, facts.place
    tomorrow = place.tomorrow(facts.zone, at)
    counted = case.counts_attempt and form.started_at >= tomorrow - timedelta(days=1)
    situation = Situation(
        queue=Queue(facts.item.queue) if facts.item else Queue.CALL,
        attempts_today=facts.known.attempts + int(counted),
        phones_left=_phones_left(session, form, facts),
        callback_at=form.callback_at,
        promise_watch=_broken_from(form, facts),
    )
    queue = Queue(case.next_queue) if case.next_queue else None
    return follow_up(
        Effects(terminal=case.terminal, follow_up_hours=case.follow_up_hours, next_queue=queue),
        situation,
        at=at,
        tomorrow=tomorrow,
        next_lawful=lambda moment: facts.lawful_from(form, moment),
    )


def _phones_left(session: Session, form: InteractionForm, facts: _Facts) -> int:
    """The debtor's usable numbers after this call; counted again only when the call may have changed them."""
    case = facts.case
    if not (case.invalidates_phone or case.stops_channel or form.new_phone):
        return int(facts.known.phones)
    return int(session.execute(_PHONES, {"debtor": case.debtor_id}).scalar_one())


def _broken_from(form: InteractionForm, facts: _Facts) -> datetime | None:
    """When the promise, or the first part of it, would be broken: the day after its due day and the days of grace."""
    if form.promise is None:
        return None
    due_on = form.promise.parts[0].due_on if form.promise.parts else form.promise.due_on
    day = due_on + timedelta(days=facts.case.grace_days + 1)
    return datetime.combine(day, time(), ZoneInfo(facts.place.time_zone))


def _carry_out(session: Session, who: Viewer, facts: _Facts, decided: FollowUp, at: datetime) -> None:
    if decided.because == "terminal":
        session.execute(_CLOSE_ALL, {"case": facts.case.id})
    if facts.item:
        settle(
            session,
            facts.item.id,
            state=decided.state,
            band=decided.band or Band(facts.item.band),
            at=at,
            not_before=decided.not_before,
            reserved_for=who.user_id if decided.for_author else facts.case.owner_id,
        )
    if decided.opens:
        _open_queue(session, facts, decided.opens, decided.opens_at if (decided.opens_at or at) > at else None, at)


def _open_queue(session: Session, facts: _Facts, queue: Queue, opens_at: datetime | None, at: datetime) -> None:
    band = Band.NEGOTIATION if queue == Queue.NEGOTIATION else Band.SCORE
    values = {
        "portfolio": facts.case.portfolio_id,
        "case": facts.case.id,
        "debtor": facts.case.debtor_id,
        "queue": queue.value,
        "zone": facts.case.place,
        "state": (WorkState.WAITING if opens_at else WorkState.READY).value,
        "not_before": opens_at,
        "ready_at": None if opens_at else at,
        "band": int(band),
        "owner": facts.case.owner_id,
    }
    session.execute(_OPEN_QUEUE, values)


_CASE = text(f"""
    SELECT c.id, c.debtor_id, CASE WHEN {works("c.owner_id", "c.portfolio_id")} THEN c.owner_id END AS owner_id, d.time_zone, d.place, p.grace_days, {PLACE_COLUMNS}, {OUTCOME.format(d="x")} AS came,
        x.code, x.active, x.requires, x.terminal, x.follow_up_hours, x.next_queue, x.says_paid, x.opens_dispute,
        x.counts_attempt, x.counts_contact, x.counts_rpc, x.invalidates_phone, x.stops_channel
    FROM collection_case c JOIN debtor d ON d.id = c.debtor_id JOIN portfolio p ON p.id = c.portfolio_id
    LEFT JOIN disposition x ON x.code = :disposition AND x.action NOT IN ('message', 'reply')
    WHERE c.id = :case AND c.portfolio_id = ANY(:visible) FOR NO KEY UPDATE OF c
""")
# a statement of its own: what the case's lock waited for is seen by the next one only
_KNOWN = text("""
    SELECT saved.id, saved.case_id, saved.user_id, saved.follow_up_at,
        (SELECT count(*) FROM interaction i JOIN disposition d ON d.code = i.disposition_code
         WHERE i.case_id = :case AND i.channel = 'call' AND i.started_at >= :today AND d.counts_attempt) AS attempts,
        (SELECT count(*) FROM contact_point
         WHERE debtor_id = :debtor AND kind = 'phone' AND status = 'active') AS phones
    FROM (SELECT) one LEFT JOIN interaction saved ON saved.submission_key = :key
""")
_SAVE = text("""
    INSERT INTO interaction (submission_key, portfolio_id, case_id, user_id, contact_point_id, channel, direction,
        disposition_code, started_at, ended_at, note, follow_up_at, override_reason, override_by, decision, claimed_at)
    VALUES (:key, :portfolio, :case, :me, :point, 'call', 'outbound', :disposition, :started_at, :at, :note,
        :follow_up_at, :override_reason, :override_by, :decision, :claimed_at)
    RETURNING id
""")
_SAVED = text("""
    SELECT (SELECT state FROM work_item WHERE id = :item) AS state,
           (SELECT id FROM promise WHERE interaction_id = :interaction LIMIT 1) AS promise_id,
           coalesce((SELECT details ->> 'then' FROM audit_entry
            WHERE subject = 'interaction' AND subject_id = :interaction AND deed = 'record_interaction'), '') AS because
""")
_STATE = text("SELECT state, not_before FROM work_item WHERE id = :item")
_OTHER_HOLDER = text("""
    SELECT u.name FROM collection_case c JOIN work_item w ON w.debtor_id = c.debtor_id AND w.state = 'claimed'
    JOIN app_user u ON u.id = w.claimed_by WHERE c.id = :case AND w.claimed_by <> :me
""")
# the items the agent does not hold but may settle: from a search, with nobody at work on it
_CALL_ITEM = text("""
    SELECT id, case_id, queue, state, zone, band, CAST(NULL AS timestamptz) AS claimed_at FROM work_item
    WHERE case_id = :case AND queue = 'call' AND state <> 'closed' FOR UPDATE
""")
_PHONES = text("""
    SELECT count(*) FROM contact_point WHERE debtor_id = :debtor AND kind = 'phone' AND status = 'active'
""")
_CLOSE_ALL = text("""
    UPDATE work_item SET state = 'closed', not_before = NULL, ready_at = NULL, reserved_for = NULL,
        claimed_by = NULL, claimed_at = NULL, lease_until = NULL
    WHERE case_id = :case AND state <> 'closed'
""")
_OPEN_QUEUE = text("""
    INSERT INTO work_item AS w (portfolio_id, case_id, debtor_id, queue, state, zone, band, score, reserved_for, not_before,
        ready_at)
    SELECT :portfolio, :case, :debtor, :queue, :state, :zone, :band, coalesce(s.score, 0), :owner, :not_before, :ready_at
    FROM (SELECT) one LEFT JOIN case_standing s ON s.case_id = :case
    ON CONFLICT (case_id, queue) DO UPDATE
    SET state = excluded.state, band = excluded.band, score = excluded.score,
        reserved_for = excluded.reserved_for, not_before = excluded.not_before,
        ready_at = CASE WHEN excluded.state = 'ready' THEN coalesce(w.ready_at, least(w.not_before, excluded.ready_at)) END
    WHERE w.state <> 'claimed'
""")

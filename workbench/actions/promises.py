"""Promises to pay, as debtors give them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from models import Case, Portfolio, Promise, PromisePart, PromiseState
from workbench.actions import audit
from workbench.actions.claim_statements import READY_SINCE
from workbench.actions.contact_holds import hold
from workbench.actions.promise_states import evaluate_promises
from workbench.actions.standings import rescore_cases
from workbench.queries.claims import case_place
from workbench.queries.pauses import bar_of
from workbench.queries.promise_limits import limits_for
from workbench.rules.access import Permission, Viewer
from workbench.rules.pauses import barred
from workbench.rules.promise_limits import PromiseHistory, PromiseTerms, check_promise, check_terms
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Source:
    """Where a promise was given: in which contact, on which number."""

    interaction_id: int | None = None
    contact_point_id: int | None = None


def take_promise(
    session: Session,
    who: Viewer,
    *,
    case_id: int,
    terms: PromiseTerms,
    at: datetime,
    source: Source = Source(),
    approved_by: int | None = None,
) -> Promise:
    """Notes a promise within the role's limits; open ones on the same debt are replaced and stay as history.

    A promise for the whole case replaces all, one for an account that account's and the whole case's. What somebody
    else approved (`approved_by`) may go beyond the limits. Raises `Refused` naming the limit, and for what nobody may.
    """
    who.require(Permission.WORK_QUEUE)
    if approved_by == who.user_id:
        raise Refused("Nobody approves what they asked for.")
    portfolio_id, _ = case_place(session, who, case_id)
    session.get_one(Case, case_id, with_for_update={"key_share": True})
    if source.interaction_id is None and (bar := bar_of(session, case_id, at=at)):  # a call has asked when it began
        raise barred(bar.kind, bar.from_on)
    portfolio = session.get_one(Portfolio, portfolio_id)
    on = at.astimezone(ZoneInfo(portfolio.time_zone)).date()
    evaluate_promises(session, portfolio, on=on, case_ids=[case_id])  # what was lost since the night is not replaced
    history = history_of(session, who, case_id, terms.account_id)
    check_terms(terms, history, on=on)
    if approved_by is None:
        check_promise(terms, limits_for(session, portfolio_id, who.role), history, on=on)
    replaced = _close_open(session, case_id, terms.account_id, on)
    promise = _new_promise(terms, source, portfolio_id=portfolio_id, case_id=case_id, by=who.user_id, on=on, at=at)
    session.add(promise)
    session.flush()
    _add_parts(session, promise, terms)
    _name_successor(session, replaced, promise.id)
    details = {"case_id": case_id, "amount": str(terms.amount), "due_on": terms.due_on.isoformat()}
    details |= {"replaced": replaced, "approved_by": approved_by, "parts": len(terms.parts) or 1}
    audit.log(session, "take_promise", "promise", promise.id, by=who.user_id, at=at, **details)
    if source.interaction_id is None:  # who records a call rescores its case with all that came of it
        rescore_cases(session, [case_id], on=on, at=at)
    return promise


def withdraw_promise(session: Session, who: Viewer, promise_id: int, *, reason: str, at: datetime) -> Promise:
    """Takes an open promise back, with a reason: who follows it up may, and who manages promises.

    The case comes back into the queue it had left for the promise. Raises `Refused` for one that is closed.
    """
    if not reason.strip():
        raise Refused("Write down why.", field="reason")
    found = session.get(Promise, promise_id)
    who.require_portfolio(found.portfolio_id if found else 0)
    assert found is not None  # no portfolio has the number 0
    session.get_one(Case, found.case_id, with_for_update={"key_share": True})
    portfolio = session.get_one(Portfolio, found.portfolio_id)
    on = at.astimezone(ZoneInfo(portfolio.time_zone)).date()
    evaluate_promises(session, portfolio, on=on, case_ids=[found.case_id])  # it may be lost since the night
    session.refresh(found)
    if (found.followed_by or found.taken_by) != who.user_id:
        who.require(Permission.MANAGE_PROMISES)
    if found.state != PromiseState.OPEN:
        raise Refused("This promise is closed already.")
    found.state, found.closed_on = PromiseState.WITHDRAWN, on
    found.closed_because, found.closed_by = reason.strip(), who.user_id
    session.flush()
    freed = {"promise": promise_id, "zone": portfolio.time_zone, "at": at}
    back = session.execute(_COME_BACK, freed).scalars().all()
    rescore_cases(session, [found.case_id], on=on, at=at)
    hold(session, back, at=at)
    audit.log(session, "withdraw_promise", "promise", promise_id, by=who.user_id, at=at, case_id=found.case_id)
    return found


def reassign_promises(
    session: Session, who: Viewer, promise_ids: Collection[int], to_user_id: int, *, at: datetime
) -> int:
    """Gives open promises to somebody else to follow up, in one statement; who took them stays known.

    Returns how many changed hands. Raises `Refused`, and moves none, when one of them is not there to be seen or the
    other person does not work its portfolio.
    """
    who.require(Permission.MANAGE_PROMISES)
    ids = sorted(set(promise_ids))
    session.execute(_LOCK_CASES, {"ids": ids})
    rows = session.execute(_TO_MOVE, {"ids": ids, "visible": list(who.portfolio_ids), "to": to_user_id}).all()
    if len(rows) < len(ids):
        raise Refused("There is nothing here that you may see.")
    if not all(row.works for row in rows):
        raise Refused("This person does not work these portfolios.")
    moved = [row.id for row in rows if row.open and row.follower != to_user_id]
    session.execute(_MOVE, {"ids": moved, "to": to_user_id})
    if moved:
        audit.log(
            session,
            "reassign_promises",
            "app_user",
            to_user_id,
            by=who.user_id,
            at=at,
            promises=moved,
            count=len(moved),
        )
    return len(moved)


def history_of(session: Session, who: Viewer, case_id: int, account_id: int | None) -> PromiseHistory:
    """What is owed on the case or the account, and its promises; an account of another case is refused."""
    case_place(session, who, case_id)
    row = session.execute(_HISTORY, {"case": case_id, "account": account_id}).one()
    if account_id is not None and not row.accounts:
        raise Refused("There is nothing here that you may see.")
    return PromiseHistory(Decimal(row.balance), row.open_elsewhere, row.broken)


def _close_open(session: Session, case_id: int, account_id: int | None, on: date) -> list[int]:
    rows = session.execute(_CLOSE_OPEN, {"case": case_id, "account": account_id, "on": on})
    return [row.id for row in rows]


def _name_successor(session: Session, replaced: list[int], promise_id: int | None) -> None:
    if replaced:
        session.execute(_NAME_SUCCESSOR, {"replaced": replaced, "promise": promise_id})


def _add_parts(session: Session, promise: Promise, terms: PromiseTerms) -> None:
    assert promise.id is not None
    session.add_all(
        PromisePart(promise_id=promise.id, number=number, due_on=part.due_on, amount=part.amount)
        for number, part in enumerate(terms.parts, start=1)
    )
    session.flush()


def _new_promise(
    terms: PromiseTerms, source: Source, *, portfolio_id: int, case_id: int, by: int, on: date, at: datetime
) -> Promise:
    return Promise(
        portfolio_id=portfolio_id,
        case_id=case_id,
        account_id=terms.account_id,
        interaction_id=source.interaction_id,
        contact_point_id=source.contact_point_id,
        given_by=terms.given_by,
        taken_by=by,
        amount=terms.amount,
        taken_on=on,
        due_on=terms.due_on,
        created_at=at,
    )


_HISTORY = text("""
    SELECT
        (SELECT count(*) FROM account WHERE id = :account AND case_id = :case) AS accounts,
        (SELECT coalesce(sum(balance), 0) FROM receivable WHERE case_id = :case AND balance > 0
            AND (CAST(:account AS bigint) IS NULL OR account_id = :account)) AS balance,
        (SELECT count(*) FROM promise WHERE case_id = :case AND state = 'open'
            AND CAST(:account AS bigint) IS NOT NULL AND account_id <> :account) AS open_elsewhere,
        (SELECT count(*) FROM promise WHERE case_id = :case AND state IN ('broken', 'partially_kept')) AS broken
""")
_CLOSE_OPEN = text("""
    UPDATE promise SET state = 'replaced', closed_on = :on
    WHERE case_id = :case AND state = 'open'
      AND (CAST(:account AS bigint) IS NULL OR account_id IS NULL OR account_id = :account)
    RETURNING id
""")
_NAME_SUCCESSOR = text("UPDATE promise SET replaced_by = :promise WHERE id = ANY(:replaced)")
# what waited for the promise; a call that was agreed stands, and so does a try before the promise's day
_COME_BACK = text(f"""
    UPDATE work_item w SET state = 'ready', not_before = NULL, ready_at = {READY_SINCE}
    FROM (SELECT p.case_id, coalesce((SELECT min(due_on) FROM promise_part WHERE promise_id = p.id), p.due_on) AS first
          FROM promise p WHERE p.id = :promise) one
    WHERE w.case_id = one.case_id AND w.queue IN ('call', 'negotiation') AND w.state = 'waiting' AND w.band <> 1
      AND w.not_before > one.first::timestamp AT TIME ZONE :zone
    RETURNING w.debtor_id
""")
# what waited for the cases' locks is seen by the next statement only
_LOCK_CASES = text("""
    SELECT FROM collection_case WHERE id IN (SELECT case_id FROM promise WHERE id = ANY(:ids))
    ORDER BY id FOR NO KEY UPDATE
""")
_TO_MOVE = text("""
    SELECT p.id, p.state = 'open' AS open, coalesce(p.followed_by, p.taken_by) AS follower,
        EXISTS (SELECT FROM app_user u JOIN team_member m ON m.user_id = u.id JOIN team_portfolio t ON t.team_id = m.team_id
            WHERE u.id = :to AND u.active AND u.role IN ('agent', 'supervisor') AND t.portfolio_id = p.portfolio_id) AS works
    FROM promise p WHERE p.id = ANY(:ids) AND p.portfolio_id = ANY(:visible) ORDER BY p.id
""")
_MOVE = text("UPDATE promise SET followed_by = :to WHERE id = ANY(:ids)")

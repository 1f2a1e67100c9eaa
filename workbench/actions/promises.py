"""Promises to pay, as debtors give them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session

from models import Case, Portfolio, Promise
from workbench.actions import audit
from workbench.queries.claims import case_place
from workbench.rules.access import Permission, Viewer
from workbench.rules.promise_limits import PromiseHistory, PromiseLimits, PromiseTerms, check_promise
from workbench.rules.refusals import Refused


@dataclass(frozen=True, slots=True)
class Source:
    """Where a promise was given: in which contact, on which number."""

    interaction_id: int | None = None
    contact_point_id: int | None = None


def take_promise(
    session: Session, who: Viewer, *, case_id: int, terms: PromiseTerms, at: datetime, source: Source = Source()
) -> Promise:
    """Notes a promise within the portfolio's limits; open ones on the same debt are replaced and stay as history.

    A promise for the whole case replaces all, one for an account that account's and the whole case's.
    Raises `Refused` naming the limit, and for a balance of nothing.
    """
    who.require(Permission.WORK_QUEUE)
    portfolio_id, _ = case_place(session, who, case_id)
    session.get_one(Case, case_id, with_for_update=True)
    portfolio = session.get_one(Portfolio, portfolio_id)
    on = at.astimezone(ZoneInfo(portfolio.time_zone)).date()
    check_promise(
        terms,
        limits_of(portfolio),
        _history(session, case_id, terms.account_id),
        on=on,
        may_approve=who.may(Permission.APPROVE_PROMISES),
    )
    replaced = _close_open(session, case_id, terms.account_id, on)
    promise = _new_promise(terms, source, portfolio_id=portfolio_id, case_id=case_id, by=who.user_id, on=on, at=at)
    session.add(promise)
    session.flush()
    _name_successor(session, replaced, promise.id)
    details = {
        "case_id": case_id,
        "amount": str(terms.amount),
        "due_on": terms.due_on.isoformat(),
        "replaced": replaced,
    }
    audit.log(session, "take_promise", "promise", promise.id, by=who.user_id, at=at, **details)
    return promise


def limits_of(portfolio: Portfolio) -> PromiseLimits:
    """The portfolio's limits as the rule wants them."""
    return PromiseLimits(
        portfolio.promise_min_amount,
        portfolio.promise_min_share,
        portfolio.promise_days_out,
        portfolio.promises_broken_limit,
    )


def _history(session: Session, case_id: int, account_id: int | None) -> PromiseHistory:
    """What is owed on the case or the account, and its promises; an account of another case is refused."""
    asked = {"case": case_id, "account": account_id}
    row = session.execute(_HISTORY, asked).one()
    if account_id is not None and not row.accounts:
        raise Refused("There is nothing here that you may see.")
    return PromiseHistory(Decimal(row.balance), row.open_elsewhere, row.broken)


def _close_open(session: Session, case_id: int, account_id: int | None, on: date) -> list[int]:
    rows = session.execute(_CLOSE_OPEN, {"case": case_id, "account": account_id, "on": on})
    return [row.id for row in rows]


def _name_successor(session: Session, replaced: list[int], promise_id: int | None) -> None:
    if replaced:
        session.execute(_NAME_SUCCESSOR, {"replaced": replaced, "promise": promise_id})


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
        (SELECT count(*) FROM promise WHERE case_id = :case AND state = 'broken') AS broken
""")
_CLOSE_OPEN = text("""
    UPDATE promise SET state = 'replaced', closed_on = :on
    WHERE case_id = :case AND state = 'open'
      AND (CAST(:account AS bigint) IS NULL OR account_id IS NULL OR account_id = :account)
    RETURNING id
""")
_NAME_SUCCESSOR = text("UPDATE promise SET replaced_by = :promise WHERE id = ANY(:replaced)")

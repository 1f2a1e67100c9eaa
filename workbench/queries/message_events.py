"""What has happened that a strategy writes about: what falls due of promises and agreements, what broke, what was paid."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date, TextClause, bindparam, text
from sqlmodel import Session

from models import Portfolio
from models.messages import Cause
from workbench.queries.contact_rules import places
from workbench.queries.strategies import Published, published
from workbench.rules.best_contact import WRITTEN
from workbench.rules.message_channels import Wish
from workbench.rules.strategies import Definition

THANKS_DAYS = 3  # after that thanking for a payment only reminds of it
EXPIRES_DAYS = 2  # a break or a payment of Friday night may be written about on Saturday


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a message is to be written about: the promise's, payment's or agreement's id, its wish's place.

    `number` is the installment's, where it is about one.
    """

    cause: Cause
    subject: int
    case_id: int
    wish: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """A portfolio whose strategy is in force, and its business date."""

    portfolio: Portfolio
    strategy: Published
    on: date


def books(session: Session, *, at: datetime) -> Iterator[Book]:
    """The portfolios with a published strategy."""
    ids = session.execute(_PUBLISHED).scalars().all()
    here = places(session, ids)
    for portfolio_id in ids:
        strategy = published(session, portfolio_id)
        if strategy is not None:
            yield Book(session.get_one(Portfolio, portfolio_id), strategy, here[portfolio_id].today(at))


def wishes(definition: Definition) -> list[tuple[Cause, int, Wish]]:
    """What a definition wants to send at which event; the number is the days before something falls due."""
    events, found = definition.events, list[tuple[Cause, int, Wish]]()
    for cause, due in ((Cause.PROMISE_DUE, events.promise_due), (Cause.INSTALLMENT_DUE, events.installment_due)):
        for days in due.days_before if due else ():
            assert due is not None
            found.append((cause, days, Wish(due.channels, due.order, due.templates[days])))
    for cause, notice in (
        (Cause.PROMISE_BROKEN, events.promise_broken),
        (Cause.PAYMENT_THANKS, events.payment_thanks),
    ):
        if notice:
            wish = Wish(notice.channels, notice.order, notice.template, expires_days=EXPIRES_DAYS)
            found.append((cause, 0, wish))
    return found


def waiting_events(session: Session, book: Book, *, at: datetime) -> list[Event]:
    """What has happened since the strategy was published and has no message yet; one event of a case and kind at a time."""
    wanted = wishes(book.strategy.definition)
    zone = ZoneInfo(book.portfolio.time_zone)
    asked = {
        "portfolio": book.portfolio.id,
        "on": book.on,
        "days": [days for cause, days, _ in wanted if cause == Cause.PROMISE_DUE],
        "installment_days": [days for cause, days, _ in wanted if cause == Cause.INSTALLMENT_DUE],
        "published": book.strategy.published_at,
        "published_on": book.strategy.published_at.astimezone(zone).date(),
        "since": max(book.strategy.published_at, at - timedelta(days=THANKS_DAYS + 1)),
        "at": at,
    }
    place = {(cause, days): number for number, (cause, days, _) in enumerate(wanted)}
    found = []
    for cause in dict.fromkeys(cause for cause, _, _ in wanted):
        rows = session.execute(_EVENTS[cause], asked)
        found += [Event(cause, row.id, row.case_id, place[cause, row.days], getattr(row, "number", 0)) for row in rows]
    return found


_PUBLISHED = text("SELECT portfolio_id FROM strategy WHERE state = 'published' ORDER BY portfolio_id")
_KEYS = "ARRAY[" + ", ".join(f"concat_ws(':', {{key}}, '{channel}')" for channel in WRITTEN) + "]"
# who promised today for tomorrow was spoken with today; a promise in parts is reminded of part by part
_DUE = f"""
    SELECT DISTINCT ON (p.id) p.id, p.case_id, part.due_on - :on AS days FROM promise p JOIN (
        SELECT id, due_on, amount AS until FROM promise q WHERE q.portfolio_id = :portfolio AND q.state = 'open'
          AND q.due_on BETWEEN :on AND CAST(:on AS date) + 7
          AND NOT EXISTS (SELECT FROM promise_part WHERE promise_id = q.id)
        UNION ALL
        SELECT promise_id, due_on, (SELECT sum(b.amount) FROM promise_part b
            WHERE b.promise_id = t.promise_id AND b.number <= t.number)
        FROM promise_part t WHERE t.due_on BETWEEN :on AND CAST(:on AS date) + 7
    ) part ON part.id = p.id
    WHERE p.portfolio_id = :portfolio AND p.state = 'open' AND p.taken_on < :on AND part.due_on - :on = ANY(:days)
      AND part.until > p.paid
      AND NOT EXISTS (SELECT FROM message m WHERE m.key = ANY({_KEYS.format(key="'promise_due', p.id, :on")}))
    ORDER BY p.id, part.due_on
"""
_INSTALLMENT_KEY = "'installment_due', i.agreement_id, i.number, :on"
_INSTALLMENTS = f"""
    SELECT g.id, g.case_id, i.number, i.due_on - :on AS days
    FROM agreement g JOIN installment i ON i.agreement_id = g.id
    WHERE g.portfolio_id = :portfolio AND g.state = 'active' AND g.signed_on < :on AND i.paid < i.amount
      AND i.due_on - :on = ANY(:installment_days) AND i.due_on BETWEEN :on AND CAST(:on AS date) + 7
      AND NOT EXISTS (SELECT FROM message m WHERE m.key = ANY({_KEYS.format(key=_INSTALLMENT_KEY)}))
    ORDER BY g.id, i.number
"""
# a promise is broken from the first day on that it no longer covers; the night before the strategy knew of it already
_BROKEN = f"""
    SELECT DISTINCT ON (p.case_id) p.id, p.case_id, 0 AS days FROM promise p
    WHERE p.portfolio_id = :portfolio AND p.state = 'broken' AND p.closed_on BETWEEN CAST(:on AS date) - 1 AND :on
      AND p.closed_on >= :published_on
      AND NOT EXISTS (SELECT FROM nightly_run r WHERE r.portfolio_id = p.portfolio_id
            AND r.business_date = p.closed_on AND p.closed_on = :published_on AND r.finished_at < :published)
      AND NOT EXISTS (SELECT FROM message m WHERE m.case_id = p.case_id AND m.cause = 'promise_broken'
            AND m.on_date >= p.closed_on)
      AND NOT EXISTS (SELECT FROM message m WHERE m.key = ANY({_KEYS.format(key="'promise_broken', p.id")}))
    ORDER BY p.case_id, p.amount DESC, p.id
"""
# several payments of one file are thanked for once
_THANKS = f"""
    SELECT DISTINCT ON (p.case_id) p.id, p.case_id, 0 AS days FROM payment p
    WHERE p.portfolio_id = :portfolio AND p.kind = 'payment' AND p.reversed_on IS NULL
      AND p.recorded_at >= :since AND p.recorded_at <= :at AND p.paid_on BETWEEN CAST(:on AS date) - {THANKS_DAYS} AND :on
      AND NOT EXISTS (SELECT FROM message m WHERE m.case_id = p.case_id AND m.cause = 'payment_thanks'
            AND m.planned_at >= p.recorded_at)
    ORDER BY p.case_id, p.recorded_at DESC, p.id DESC
"""
_DATES = [bindparam("on", type_=Date), bindparam("published_on", type_=Date)]
_EVENTS: dict[Cause, TextClause] = {
    cause: text(statement).bindparams(*_DATES[:used])
    for cause, statement, used in (
        (Cause.PROMISE_DUE, _DUE, 1),
        (Cause.INSTALLMENT_DUE, _INSTALLMENTS, 1),
        (Cause.PROMISE_BROKEN, _BROKEN, 2),
        (Cause.PAYMENT_THANKS, _THANKS, 1),
    )
}

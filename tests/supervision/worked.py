"""Three days of a small book, written down so that every figure can be worked by hand.

Monday 16 to Wednesday 18 November, 10:00 in Mexico. Debtors A to E; Ana calls, Sofía supervises.

| when | case | what | by | minutes | taken before |
|---|---|---|---|---|---|
| Mon 09:00 | A | no answer | Ana | 2 | 1 minute |
| Mon 10:00 | A | promise | Ana | 5 | 1 minute |
| Tue 09:00 | B | a third party takes a message | Ana | 3 | |
| Tue 23:30 | C | no answer | Sofía | 1 | |
| Wed 09:00 | D | calls in, makes no commitment | Ana | 2 | |
| Wed 09:30 | C | wrong number | Ana | 1 | |
| Wed 09:35 | C | death confirmed (no attempt) | Ana | 1 | |
| Mon 08:00 | C | a message that leaves by itself | nobody | | |
| Sun 20:00 | A | no commitment (the week before) | Ana | 1 | |

Ana skips B on Wednesday after 2 minutes; Sofía takes back a case that Ana held for 5 minutes. Ana is available from
Sunday 23:00 to Monday 00:30, Monday 09:00 to 10:00, and since Wednesday 09:00; on Monday she has a break of an hour.

| promise | case | taken | due | amount | paid | state |
|---|---|---|---|---|---|---|
| 1 | A | 16 | 17 | 500 | 500 | kept |
| 2 | B | 10 | 16 | 400 | 100 | broken |
| 3 | D | 17 | 25 | 300 | 0 | open |
| 4 | C | 10 | 17 | 900 | 0 | withdrawn |
| 5 | E | 9 | 16 | 200 | 150 | kept in part |
| 6 | E | 16 | 18 | 250 | 260 | kept |

| payment | case | on | amount | |
|---|---|---|---|---|
| 1 | A | 17 | 500 | credited to Ana: promise of Monday |
| 2 | B | 16 | 100 | to nobody: no right party in 30 days |
| 3 | C | 17 | 60 | reversed |
| 4 | C | 17 | 50 | a credit note |
| 5 | D | 18 | 240 | to Ana: D called in the same day |
| 6 | A | 15 | 70 | the week before |
| 7 | E | 18 | 300 | to nobody: Sofía spoke with E 31 days before |

| morning | A | B | C | D | E |
|---|---|---|---|---|---|
| 16 | 1000 late since the 6th | 2000 late since 7 October | 3000 | 4000, of it 1000 late since 10 August | |
| 18 | 500 | the same | the same | the same | 800, issued on the 17th |

In a queue: A (until the 18th), B, D and E (from the 18th). A minute costs 6.00, an SMS 0.50; one SMS to A on Monday
arrived, one to C on Tuesday has no receipt.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session, col, select

from models import (
    AuditEntry,
    BlockedContact,
    CaseHistory,
    Cause,
    Channel,
    Direction,
    Interaction,
    Message,
    MessageState,
    Payment,
    PaymentKind,
    Presence,
    PresenceEnd,
    PresenceState,
    Promise,
    PromiseState,
    Queue,
    Receivable,
    Reversal,
    Stage,
    WorkItem,
    WorkState,
)
from tests.cast import TODAY, Cast, owe
from workbench.actions.case_histories import rebuild_book_days

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), TODAY
SUNDAY = date(2026, 11, 15)
ZONE = ZoneInfo("America/Mexico_City")


def clock(on: date, time: str) -> datetime:
    """A moment as Mexico's clocks show it."""
    return datetime.fromisoformat(f"{on}T{time}").replace(tzinfo=ZONE).astimezone(UTC)


def live(session: Session, cast: Cast) -> dict[str, WorkItem]:
    """All of it; the debtors' work items by letter."""
    cast.mexico.minute_cost = Decimal(6)
    cast.mexico.message_costs = {"sms": "0.50"}
    session.add(cast.mexico)
    amounts = {"A": 1000, "B": 2000, "C": 3000, "D": 4000, "E": 800}
    book = {name: owe(session, cast.mexico, name=f"Debtor {name}", amount=f"{amounts[name]}.00") for name in amounts}
    _contacts(session, cast, book)
    _messages(session, book)
    _promises(session, cast, book)
    _payments(session, book)
    _put_down(session, cast, book)
    _presence(session, cast)
    _mornings(session, book)
    session.flush()
    return book


def contact(
    session: Session, item: WorkItem, on: date, time: str, code: str, by: int | None, minutes: int, **more: Any
) -> Interaction:
    """Somebody's contact with a debtor of the book."""
    began = clock(on, time)
    row = Interaction(
        submission_key=uuid.uuid4(),
        portfolio_id=item.portfolio_id,
        case_id=item.case_id,
        user_id=by,
        disposition_code=code,
        started_at=began,
        ended_at=began + timedelta(minutes=minutes),
        **more,
    )
    session.add(row)
    session.flush()
    return row


def _contacts(session: Session, cast: Cast, book: dict[str, WorkItem]) -> None:
    ana, sofia, minute = cast.ana.user_id, cast.sofia.user_id, timedelta(minutes=1)
    taken = {"claimed_at": clock(MONDAY, "09:00") - minute}
    contact(session, book["A"], MONDAY, "09:00", "call.no_answer", ana, 2, **taken)
    taken = {"claimed_at": clock(MONDAY, "10:00") - minute}
    contact(session, book["A"], MONDAY, "10:00", "call.promise", ana, 5, **taken)
    contact(session, book["B"], TUESDAY, "09:00", "call.message_taken", ana, 3)
    contact(session, book["C"], TUESDAY, "23:30", "call.no_answer", sofia, 1)
    contact(session, book["D"], WEDNESDAY, "09:00", "call.no_commitment", ana, 2, direction=Direction.INBOUND)
    contact(session, book["C"], WEDNESDAY, "09:30", "call.wrong_number", ana, 1)
    contact(session, book["C"], WEDNESDAY, "09:35", "account.deceased", ana, 1)
    contact(session, book["C"], MONDAY, "08:00", "message.sent", None, 0, channel=Channel.SMS)
    contact(session, book["A"], SUNDAY, "20:00", "call.no_commitment", ana, 1)
    contact(session, book["E"], WEDNESDAY - timedelta(days=31), "09:00", "call.no_commitment", sofia, 1)


def _messages(session: Session, book: dict[str, WorkItem]) -> None:
    for name, on, state in (("A", MONDAY, MessageState.DELIVERED), ("C", TUESDAY, MessageState.SENT)):
        item, sent = book[name], clock(on, "12:00")
        session.add(
            Message(
                key=f"worked-{name}", portfolio_id=item.portfolio_id, case_id=item.case_id, debtor_id=item.debtor_id,
                cause=Cause.PROMISE_DUE, on_date=on, channel=Channel.SMS, state=state, not_before=sent,
                expires_at=sent + timedelta(hours=6), planned_at=sent - timedelta(hours=2), sent_at=sent,
            )
        )  # fmt: skip


def _promises(session: Session, cast: Cast, book: dict[str, WorkItem]) -> None:
    for name, taken, due, amount, paid, state in (
        ("A", 16, 17, 500, 500, PromiseState.KEPT),
        ("B", 10, 16, 400, 100, PromiseState.BROKEN),
        ("D", 17, 25, 300, 0, PromiseState.OPEN),
        ("C", 10, 17, 900, 0, PromiseState.WITHDRAWN),
        ("E", 9, 16, 200, 150, PromiseState.PARTIALLY_KEPT),
        ("E", 16, 18, 250, 260, PromiseState.KEPT),
    ):
        item = book[name]
        session.add(
            Promise(
                portfolio_id=item.portfolio_id, case_id=item.case_id, taken_by=cast.ana.user_id, amount=Decimal(amount),
                paid=Decimal(paid), taken_on=date(2026, 11, taken), due_on=date(2026, 11, due), state=state,
                closed_on=None if state is PromiseState.OPEN else TODAY, created_at=clock(date(2026, 11, taken), "12:00"),
            )
        )  # fmt: skip


def _payments(session: Session, book: dict[str, WorkItem]) -> None:
    for number, (name, day, amount, kind, back) in enumerate(
        (
            ("A", 17, 500, PaymentKind.PAYMENT, None),
            ("B", 16, 100, PaymentKind.PAYMENT, None),
            ("C", 17, 60, PaymentKind.PAYMENT, TODAY),
            ("C", 17, 50, PaymentKind.CREDIT_NOTE, None),
            ("D", 18, 240, PaymentKind.PAYMENT, None),
            ("A", 15, 70, PaymentKind.PAYMENT, None),
            ("E", 18, 300, PaymentKind.PAYMENT, None),
        )
    ):
        item, on = book[name], date(2026, 11, day)
        session.add(
            Payment(
                portfolio_id=item.portfolio_id, case_id=item.case_id, reference=f"Y{number}", kind=kind,
                amount=Decimal(amount), paid_on=on, reversed_on=back, reversal=Reversal.REVERSAL if back else None,
                recorded_at=clock(on, "18:00"),
            )
        )  # fmt: skip


def _put_down(session: Session, cast: Cast, book: dict[str, WorkItem]) -> None:
    """The skip and the release, and two blocked calls of which one was the week before."""
    for name, deed, at, since, by in (
        ("B", "skip", "09:42", "09:40", cast.ana), ("D", "release", "09:55", "09:50", cast.sofia),
    ):  # fmt: skip
        details = {"claimed_at": clock(WEDNESDAY, since).isoformat(), "reason": "no_phone"}
        details |= {"holder": cast.ana.user_id} if deed == "release" else {}
        session.add(
            AuditEntry(
                at=clock(WEDNESDAY, at), by_id=by.user_id, deed=deed, subject="work_item", subject_id=book[name].id,
                details=details,
            )
        )  # fmt: skip
    for on in (SUNDAY, TUESDAY):
        item = book["A"]
        session.add(
            BlockedContact(
                at=clock(on, "21:00"), portfolio_id=item.portfolio_id, case_id=item.case_id, debtor_id=item.debtor_id,
                user_id=cast.ana.user_id, channel=Channel.CALL, target="debtor", rule="hours", law="law",
                confidence="high", because={"msgid": "x"}, version="1",
            )
        )  # fmt: skip


def _presence(session: Session, cast: Cast) -> None:
    for state, began, ended in (
        (PresenceState.AVAILABLE, clock(SUNDAY, "23:00"), clock(MONDAY, "00:30")),
        (PresenceState.AVAILABLE, clock(MONDAY, "09:00"), clock(MONDAY, "10:00")),
        (PresenceState.BREAK, clock(MONDAY, "10:00"), clock(MONDAY, "11:00")),
        (PresenceState.AVAILABLE, clock(WEDNESDAY, "09:00"), None),
    ):
        because = PresenceEnd.CHANGED if ended else None
        session.add(
            Presence(
                user_id=cast.ana.user_id, state=state, started_at=began, seen_at=ended or began, ended_at=ended,
                ended_because=because,
            )
        )  # fmt: skip


def _mornings(session: Session, book: dict[str, WorkItem]) -> None:
    first, last = MONDAY, WEDNESDAY
    for name, from_on, until_on, balance, past_due, since, queue in (
        ("A", first, last, 1000, 1000, date(2026, 11, 6), Queue.CALL),
        ("A", last, None, 500, 0, None, None),
        ("B", first, None, 2000, 2000, date(2026, 10, 7), Queue.CALL),
        ("C", first, None, 3000, 0, None, None),
        ("D", first, None, 4000, 1000, date(2026, 8, 10), Queue.CALL),
        ("E", last, None, 800, 0, None, Queue.CALL),
    ):
        item = book[name]
        session.add(
            CaseHistory(
                case_id=item.case_id, portfolio_id=item.portfolio_id, from_on=from_on, until_on=until_on, bucket=0,
                balance=Decimal(balance), past_due=Decimal(past_due), counted_from=since, stage=Stage.ADMINISTRATIVE,
                p_unpaid=0.5, score=1.0, queue=queue, state=WorkState.READY if queue else None, band=4 if queue else None,
            )
        )  # fmt: skip
    session.flush()
    new = session.scalars(select(Receivable).where(col(Receivable.case_id) == book["E"].case_id)).one()
    new.issued_on = TUESDAY
    session.flush()
    rebuild_book_days(session, book["A"].portfolio_id)
    assert session.execute(text("SELECT count(DISTINCT on_date) FROM book_day")).scalar_one() == 2

"""A book's negotiating desk in the last weeks: whose debtors wait, at what moments things happen, and the deeds done."""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import text
from sqlmodel import Session, select

from models import (
    Agreement,
    Approval,
    ApprovalKind,
    Dispute,
    DisputeKind,
    Installment,
    OfferKind,
    Payment,
    Promise,
    Role,
)
from seed.pilots import MANAGER
from seed.portfolios import SUPERVISORS, Book
from workbench.actions.agreement_calls import close_agreement
from workbench.actions.approvals import request_approval
from workbench.actions.disputes import open_dispute
from workbench.actions.interactions import InteractionForm, record
from workbench.actions.payments import record_payment
from workbench.actions.standings import rescore_cases
from workbench.queries.offers import authorities_for, debt_of, offers_for
from workbench.queries.users import viewer_by_email
from workbench.rules.access import Viewer
from workbench.rules.approvals import as_kept
from workbench.rules.business_days import business_day_from
from workbench.rules.installments import smallest_unit
from workbench.rules.offers import Debt, Terms
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused

Story = Generator[datetime, datetime, None]  # yields when it goes on, and is told when it does
CALLS_FROM, MINUTES = time(15, 10), 6  # the calls of the year itself are over by then; one after the other
MOST_CALLS = 35
TALK = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class Debtor:
    """A case that nobody has called for weeks, and the agent who calls it now."""

    case_id: int
    phone_id: int
    agent: Viewer


class Desk:
    """One book's desk; its deeds are done at the moments that the stories wait for."""

    def __init__(
        self, session: Callable[[], Session], book: Book, portfolio_id: int, *, number: int, at: datetime
    ) -> None:
        self._session, self.book, self.portfolio_id, self.at = session, book, portfolio_id, at
        self.zone, self.unit = ZoneInfo(book.zone), smallest_unit(book.currency)
        self.today = at.astimezone(self.zone).date()
        self.random = np.random.default_rng([number, self.today.toordinal(), len(book.code), 9])
        self.supervisor = self._viewer(f"{SUPERVISORS[book.code]}example.com")
        self.manager = self._viewer(MANAGER)
        self.agents = [self._viewer(f"{agent}example.com") for agent in book.agents]
        self.calls: Counter[date] = Counter()
        self.paid = 0
        self.engaged: list[int] = []  # the cases of the stories

    @property
    def session(self) -> Session:
        """The transaction of the days that are being lived."""
        return self._session()

    def debtors(self) -> list[Debtor]:
        """Who has been left alone for weeks, those who owe more first."""
        rows = self.session.execute(
            _QUIET, {"portfolio": self.portfolio_id, "today": self.today, "pilot": self.book.pilot}
        )
        return [Debtor(row.id, row.phone_id, self.agents[number % len(self.agents)]) for number, row in enumerate(rows)]

    def days_ago(self, days: int) -> datetime:
        """A moment for a call on that day, or on the last business day before it; one after the other."""
        day = self.today - timedelta(days=days)
        while business_day_from(day, country=self.book.country) != day:
            day -= timedelta(days=1)
        slot = self.calls[day] % MOST_CALLS
        self.calls[day] += 1
        return datetime.combine(day, CALLS_FROM, self.zone) + timedelta(minutes=MINUTES * slot)

    def night(self, days: int) -> datetime:
        """When that day begins, as the nights know it."""
        return datetime.combine(self.today - timedelta(days=days), time(2), self.zone)

    def minutes_ago(self, minutes: int) -> datetime:
        """Shortly before the demonstration begins."""
        return self.at - timedelta(minutes=minutes)

    def tomorrow(self) -> datetime:
        """Eleven o'clock of the next business day."""
        day = business_day_from(self.today + timedelta(days=1), country=self.book.country)
        return datetime.combine(day, time(11), self.zone)

    def judge(self, about: Debtor, at: datetime) -> None:
        """What the night of that day makes of a case."""
        self.rescore([about.case_id], at)

    def rescore(self, case_ids: list[int], at: datetime) -> None:
        """What the night of that day makes of cases."""
        rescore_cases(self.session, case_ids, on=self.day_of(at), at=at)

    def day_of(self, at: datetime) -> date:
        """The book's day of a moment."""
        return at.astimezone(self.zone).date()

    def call(self, about: Debtor, code: str, at: datetime, note: str = "", **more: Any) -> None:
        """Records a call that ended a moment ago."""
        record(
            self.session, about.agent, replace(self._form(about, at), disposition_code=code, note=note, **more), at=at
        )

    def promise(self, about: Debtor, at: datetime, *parts: tuple[int, str]) -> Promise:
        """Takes a promise on the phone: days from now and share of what is owed, one or several."""
        self.call(about, "call.promise", at, "Confirma fechas e importes.", promise=self.promised(about, at, *parts))
        newest = select(Promise).where(Promise.case_id == about.case_id).order_by(text("id DESC")).limit(1)
        return self.session.exec(newest).one()

    def promised(self, about: Debtor, at: datetime, *parts: tuple[int, str]) -> PromiseTerms:
        """The terms of such a promise."""
        owed, on = self.owed(about), self.day_of(at)
        return PromiseTerms.in_parts(
            tuple(Part(on + timedelta(days=days), self.rounded(owed * Decimal(share))) for days, share in parts)
        )

    def agree(self, about: Debtor, terms: Terms, at: datetime) -> Agreement:
        """Closes an agreement on the phone, within the agent's authority."""
        return close_agreement(self.session, about.agent, self._form(about, at), terms, at=at).agreement

    def offer(self, about: Debtor, kind: OfferKind, at: datetime, *, in_days: int, **other: Any) -> Terms:
        """The offer of a kind that the desk proposes, first due in so many days."""
        for each in offers_for(self.session, about.agent, about.case_id, at=at):
            if each.kind is kind:
                terms = replace(each.terms, first_due_on=self.day_of(at) + timedelta(days=in_days), **other)
                step = Decimal(self.book.step_cents) / 100
                return replace(terms, down=self.rounded(terms.down + step) if terms.down else terms.down)
        raise Refused("You have no authority for this kind of offer.")

    def beyond(self, about: Debtor, at: datetime, *, between: tuple[Role, Role], share: str = "0.5") -> Terms:
        """A settlement that forgives more of the principal than the one role may, and less than the other."""
        debt, found = self.debt(about, at), []
        for role in between:
            policies = authorities_for(self.session, about.agent, about.case_id, role=role, at=at)
            found.append(policies[OfferKind.SETTLEMENT].discount_principal)
        least, most = found
        return Terms(
            OfferKind.SETTLEMENT,
            self.day_of(at) + timedelta(days=9),
            discount_principal=self.rounded(debt.principal * (least + (most - least) * Decimal(share))),
            discount_interest=self.rounded(debt.interest * Decimal("0.5")),
        )

    def ask(self, about: Debtor, kind: ApprovalKind, terms: object, at: datetime, reason: str) -> Approval:
        """Asks for what lies outside the agent's own authority."""
        kept, case_id = as_kept(kind, terms), about.case_id
        return request_approval(self.session, about.agent, case_id, kind, kept, reason=reason, key=self.key(), at=at)

    def claim(self, about: Debtor, kind: DisputeKind, category: str, note: str, at: datetime, **more: Any) -> Dispute:
        """Opens a claim as the agent heard it."""
        return open_dispute(self.session, about.agent, about.case_id, kind, category, note=note, at=at, **more)

    def pay(self, about: Debtor, amount: Decimal, at: datetime, paid_on: date | None = None) -> Payment:
        """Money as the bank's file told it."""
        self.paid += 1
        word = {"MX": "SPEI", "CO": "PSE"}[self.book.country]
        return record_payment(
            self.session,
            case_id=about.case_id,
            amount=amount,
            paid_on=paid_on or self.day_of(at),
            reference=f"{word}-{self.today:%y%m}{self.paid:05d}",
            by=None,
            at=at,
        )

    def installments(self, agreement: Agreement) -> list[Installment]:
        """An agreement's schedule."""
        of = select(Installment).where(Installment.agreement_id == agreement.id).order_by(text("number"))
        return list(self.session.exec(of))

    def owed(self, about: Debtor) -> Decimal:
        """What is owed on the case."""
        return Decimal(self.session.execute(_OWED, {"case": about.case_id}).scalar_one())

    def debt(self, about: Debtor, at: datetime) -> Debt:
        """The same by component, with what has accrued."""
        return debt_of(self.session, about.agent, about.case_id, at=at)

    def account(self, about: Debtor) -> int:
        """The account that owes most."""
        return int(self.session.execute(_ACCOUNT, {"case": about.case_id}).scalar_one())

    def rounded(self, amount: Decimal) -> Decimal:
        """A round sum, as people say it."""
        step = Decimal(self.book.step_cents) / 100
        return max((amount / step).quantize(Decimal(1), ROUND_DOWN) * step, Decimal(0)).quantize(Decimal("0.01"))

    def key(self) -> UUID:
        """The key that a form draws."""
        return UUID(bytes=self.random.bytes(16), version=4)

    def _form(self, about: Debtor, at: datetime) -> InteractionForm:
        return InteractionForm(self.key(), None, about.case_id, "", at - TALK, contact_point_id=about.phone_id)

    def _viewer(self, email: str) -> Viewer:
        found = viewer_by_email(self.session, email)
        assert found is not None
        return found


_QUIET = text("""
    SELECT c.id, phone.id AS phone_id FROM collection_case c
    JOIN debtor d ON d.id = c.debtor_id AND d.region <> :pilot
    JOIN LATERAL (SELECT p.id FROM contact_point p WHERE p.debtor_id = d.id AND p.kind = 'phone' AND p.status = 'active'
        ORDER BY p.id LIMIT 1) phone ON true
    JOIN LATERAL (SELECT sum(r.balance) AS balance, min(r.due_on) AS oldest FROM receivable r
        WHERE r.case_id = c.id AND r.balance > 0) owed ON owed.balance > 0
    WHERE c.portfolio_id = :portfolio AND owed.oldest < CAST(:today AS date) - 85
      AND NOT EXISTS (SELECT FROM interaction i WHERE i.case_id = c.id AND i.started_at > CAST(:today AS date) - 40)
      AND NOT EXISTS (SELECT FROM promise m WHERE m.case_id = c.id AND m.due_on > CAST(:today AS date) - 30)
      AND NOT EXISTS (SELECT FROM payment y WHERE y.case_id = c.id
        AND greatest(y.paid_on, y.reversed_on) > CAST(:today AS date) - 28)
      AND (SELECT count(*) FROM promise m WHERE m.case_id = c.id AND m.state IN ('broken', 'partially_kept')) < 3
    ORDER BY owed.balance DESC, c.id
""")
_OWED = text("SELECT coalesce(sum(balance), 0) FROM receivable WHERE case_id = :case")
_ACCOUNT = text("""
    SELECT account_id FROM receivable WHERE case_id = :case AND balance > 0
    GROUP BY account_id ORDER BY sum(balance) DESC, account_id LIMIT 1
""")

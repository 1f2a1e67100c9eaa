"""Whatever is owed, paid, taken back, promised, agreed, paused and written down, on whatever day: the numbers add up.

Every example is a debtor of a portfolio of its own in a real database; its nights are the real ones. What the rows say
is compared with `oracle`, which lives through the same days on its own.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlmodel import Session, select

from models import (
    Account,
    Case,
    DisputeKind,
    Frequency,
    OfferKind,
    OfferPolicy,
    PauseKind,
    PaymentKind,
    Portfolio,
    Receivable,
    Resolution,
    Reversal,
    Role,
)
from tests.actions.books import second_debt
from tests.cast import NOW, TODAY, Cast, owe
from tests.negotiation import books
from tests.negotiation.oracle import Promise, class_of, days_past_due, judge
from workbench import db
from workbench.actions.agreements import sign_agreement, withdraw_agreement
from workbench.actions.checks import find_violations
from workbench.actions.credits import apply_credits
from workbench.actions.disputes import open_dispute, resolve_dispute
from workbench.actions.nights import run_night
from workbench.actions.pauses import end_pause, pause_case
from workbench.actions.payments import enter_payment, record_payment, take_back
from workbench.actions.promises import take_promise, withdraw_promise
from workbench.actions.standings import rescore_cases
from workbench.queries.statements import account_statement
from workbench.rules.offers import Terms
from workbench.rules.payments import PaymentTerms
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.promises import Part
from workbench.rules.refusals import Refused

_number = count(1)
EXAMPLES, STEPS = 10, 25
DAY = timedelta(days=1)
amounts = st.sampled_from([1, 9_999, 25_000, 33_333, 50_000, 100_000, 140_000])  # cents; 1,300.00 are owed at first
accounts = st.sampled_from([None, None, 0, 1])
STOPS = (PauseKind.DISPUTE, PauseKind.HARDSHIP, PauseKind.LEGAL_HOLD, PauseKind.DECEASED)
kinds = st.sampled_from([PaymentKind.PAYMENT] * 4 + [PaymentKind.CREDIT_NOTE, PaymentKind.BALANCE_UPDATE])


class Negotiations(RuleBasedStateMachine):
    """One debtor with two accounts; the model keeps who ended what, and the day on which the case was judged last."""

    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.day = 0
        self.judged_on = TODAY
        self.ended: dict[int, tuple] = {}  # promises: what people or a later one made of them
        self.closed: dict[int, str] = {}  # agreements, likewise
        self.promises: list[Promise] = []
        self.frozen: tuple[int, str] | None = None
        self.pauses = 0

    @initialize(
        grace=st.sampled_from([0, 3]),
        late=st.sampled_from([0, 10]),
        missed=st.sampled_from([1, 1, 2]),
        rate=st.sampled_from(["0", "0.24"]),
    )
    def opens(self, grace: int, late: int, missed: int, rate: str) -> None:
        """A portfolio that allows much, and a debtor who owes on two accounts."""
        with db.transaction() as session:
            made = Portfolio(
                creditor_id=self.cast.mexico.creditor_id, code=f"S{next(_number)}", name="S", country="MX",
                currency="MXN", time_zone="America/Mexico_City", created_at=NOW, grace_days=grace,
                delinquency_grace=late, missed_limit=missed, annual_interest=Decimal(rate), promise_days_out=60,
                promise_min_share=Decimal(0), promises_broken_limit=99,
            )  # fmt: skip
            session.add(made)
            session.flush()
            everything = {"installments": 6, "days_out": 400, "discount_principal": 1, "discount_interest": 1}
            for kind in OfferKind:
                session.add(OfferPolicy(portfolio_id=made.id, role=Role.AGENT, kind=kind, **everything))
            item = owe(session, made)
            second_debt(session, item, TODAY - 5 * DAY)
            asked = select(Account.id).where(Account.case_id == item.case_id).order_by(Account.id)
            self.accounts = list(session.exec(asked).all())
            self.portfolio, self.case = made, item.case_id
            rescore_cases(session, [item.case_id], on=TODAY, at=NOW)
        mine = {name: getattr(self.cast, name) for name in ("ana", "sofia", "marta")}
        self.who = {name: replace(each, portfolio_ids=frozenset({made.id})) for name, each in mine.items()}

    @property
    def on(self) -> date:
        return TODAY + self.day * DAY

    @property
    def at(self) -> datetime:
        return NOW + self.day * DAY

    def does(self, deed: Callable[..., Any], *args: Any, **fields: Any) -> Any:
        """Does one deed, all or nothing; a refusal changes nothing."""
        try:
            with db.transaction() as session:
                made = deed(session, *args, **fields, at=self.at)
                if getattr(made, "id", None) is not None:
                    session.refresh(made)
        except Refused:
            return None
        self.judged_on = self.on
        return made if made is not None else True

    def account(self, place: int | None) -> int | None:
        return None if place is None else self.accounts[place]

    def rows(self, asked: str) -> list[Any]:
        with db.reading() as session:
            return list(session.execute(text(asked), {"case": self.case}))

    def one_of(self, asked: str, which: int) -> int | None:
        found = [row[0] for row in self.rows(asked)]
        return found[which % len(found)] if found else None

    @rule(cents=amounts, due=st.integers(-20, 20), place=st.integers(0, 1))
    def owes_more(self, cents: int, due: int, place: int) -> None:
        def bill(session: Session, at: datetime) -> None:
            session.get_one(Case, self.case, with_for_update=True)
            owed = Decimal(cents) / 100
            fields = {"due_on": self.on + due * DAY, "amount": owed, "balance": owed}
            number = f"N{next(_number)}"
            session.add(Receivable(account_id=self.accounts[place], case_id=self.case, number=number, **fields))
            apply_credits(session, [self.case])
            rescore_cases(session, [self.case], on=self.on, at=at)

        self.does(bill)

    @rule(cents=amounts, back=st.integers(0, 14), place=accounts, kind=kinds)
    def pays(self, cents: int, back: int, place: int | None, kind: PaymentKind) -> None:
        terms = {"case_id": self.case, "amount": Decimal(cents) / 100, "paid_on": self.on - back * DAY}
        by = self.cast.marta.user_id
        self.does(
            record_payment, **terms, reference=f"R{next(_number)}", kind=kind, account_id=self.account(place), by=by
        )

    @rule(cents=amounts)
    def pays_again(self, cents: int) -> None:
        self.pays(cents, 0, None, PaymentKind.PAYMENT)

    @rule(cents=amounts, place=accounts)
    def is_written_down(self, cents: int, place: int | None) -> None:
        terms = PaymentTerms(
            Decimal(cents) / 100, self.on, f"W{next(_number)}", PaymentKind.WRITE_OFF, self.account(place)
        )
        self.does(enter_payment, self.who["marta"], self.case, terms)

    @rule(which=st.integers(0, 9), kind=st.sampled_from([Reversal.REVERSAL, Reversal.CHARGE_BACK]))
    def takes_back(self, which: int, kind: Reversal) -> None:
        live = "SELECT id FROM payment WHERE case_id = :case AND reversed_on IS NULL AND kind <> 'discount' ORDER BY id"
        if (number := self.one_of(live, which)) is not None:
            self.does(take_back, self.who["marta"], number, on=self.on, kind=kind, because="x")

    @rule(cents=amounts, due=st.integers(0, 9), place=accounts, parts=st.integers(1, 3), who=st.sampled_from(["ana"]))
    def promises_to_pay(self, cents: int, due: int, place: int | None, parts: int, who: str) -> None:
        days = [self.on + (due + 4 * number) * DAY for number in range(parts)]
        shares = [Part(each, Decimal(cents) / 100) for each in days]
        terms = PromiseTerms.in_parts(tuple(shares), account_id=self.account(place))
        if made := self.does(take_promise, self.who[who], case_id=self.case, terms=terms):
            asked = Promise(made.id, made.account_id, self.on, [(part.due_on, part.amount) for part in shares])
            self._end_promises(asked)
            self.promises.append(asked)

    def _end_promises(self, by: Promise) -> None:
        """What the one just given, or an agreement, replaces: judged as of today, before it."""
        self._judge(self.on)
        for each in self.promises:
            if each.id not in self.ended and each.state == "open" and each.same_debt(by):
                self.ended[each.id] = ("replaced", each.paid, Decimal(0), self.on)

    @rule(which=st.integers(0, 9))
    def withdraws_a_promise(self, which: int) -> None:
        number = self.one_of("SELECT id FROM promise WHERE case_id = :case AND state = 'open' ORDER BY id", which)
        if number and self.does(withdraw_promise, self.who["sofia"], number, reason="x"):
            self._judge(self.on)
            paid = next(each.paid for each in self.promises if each.id == number)
            self.ended[number] = ("withdrawn", paid, Decimal(0), self.on)

    @rule(
        kind=st.sampled_from([*OfferKind, OfferKind.SHORT_PLAN]),
        share=st.sampled_from([0, 5, 30, 90]),
        installments=st.integers(1, 3),
        first=st.integers(1, 8),
        place=accounts,
        down=st.sampled_from([0, 0, 5_000]),
        instead=st.booleans(),
    )
    def signs(self, kind: OfferKind, share: int, installments: int, first: int, place: int | None, **more: Any) -> None:
        at_once = kind == OfferKind.SETTLEMENT
        active = "SELECT id FROM agreement WHERE case_id = :case AND state = 'active' ORDER BY id"
        replacing = self.one_of(active, 0) if more["instead"] else None
        owed = books.owed(self.rows(books.OWED), self.account(place))
        terms = Terms(
            kind, self.on + first * DAY, 1 if at_once else installments, Frequency.WEEKLY,
            down=Decimal(0 if at_once else more["down"]) / 100, account_id=self.account(place),
            discount_principal=(owed * (0 if kind == OfferKind.RESCHEDULE else share) / 100).quantize(Decimal("0.01")),
        )  # fmt: skip
        fields = {"key": uuid4(), "replacing": replacing}
        made = self.does(sign_agreement, self.who["ana"], self.case, terms, **fields)
        if made:
            if replacing:
                self.closed[replacing] = "replaced"
            self._end_promises(Promise(0, made.account_id, self.on, []))

    @rule(which=st.integers(0, 1))
    def withdraws_an_agreement(self, which: int) -> None:
        number = self.one_of("SELECT id FROM agreement WHERE case_id = :case AND state = 'active' ORDER BY id", which)
        if number and self.does(withdraw_agreement, self.who["ana"], number, reason="x"):
            self.closed[number] = "withdrawn"

    @rule(
        kind=st.sampled_from([*STOPS, PauseKind.OTHER]),
        place=accounts,
        back=st.integers(0, 12),
        days=st.sampled_from([None, 0, 3, 9, 20]),
    )
    def is_paused(self, kind: PauseKind, place: int | None, back: int, days: int | None) -> None:
        first = self.on - back * DAY
        span = {"from_on": first, "until_on": None if days is None else first + days * DAY}
        self.does(pause_case, self.who["sofia"], self.case, kind, account_id=self.account(place), **span, reason="x")

    @rule(which=st.integers(0, 3))
    def a_pause_ends(self, which: int) -> None:
        number = self.one_of("SELECT id FROM pause WHERE case_id = :case AND ended_at IS NULL ORDER BY id", which)
        if number:
            self.does(end_pause, self.who["sofia"], number, reason="x")

    @rule(place=accounts, back=st.integers(0, 6))
    def is_disputed(self, place: int | None, back: int) -> None:
        fields = {"account_id": self.account(place), "note": "x", "from_on": self.on - back * DAY}
        self.does(open_dispute, self.who["ana"], self.case, DisputeKind.DISPUTE, "wrong_amount", **fields)

    @rule(which=st.integers(0, 3), how=st.sampled_from(Resolution), cents=amounts)
    def a_dispute_is_decided(self, which: int, how: Resolution, cents: int) -> None:
        asked = "SELECT id FROM dispute WHERE case_id = :case AND resolution IS NULL ORDER BY id"
        number, down = self.one_of(asked, which), how is Resolution.WRITTEN_DOWN
        if number:
            who = self.who["ana" if how is Resolution.WITHDRAWN else "marta"]
            amount = Decimal(cents) / 100 if down else None
            self.does(resolve_dispute, who, number, how, note="x", written_down=amount)

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        self.day += days

    @rule()
    def a_night(self) -> None:
        """Done twice: the second one touches no row."""
        run_night(self.portfolio.id, on=self.on, at=self.at)
        self.judged_on = self.on
        before = books.every_row()
        again = run_night(self.portfolio.id, on=self.on, at=self.at)
        assert again.again
        assert books.differing(before, books.every_row()) == []

    @rule(days=st.integers(1, 5))
    def nights_pass(self, days: int) -> None:
        for _ in range(days):
            self.day += 1
            self.a_night()

    def _judge(self, on: date) -> None:
        policy = books.patience(self.portfolio)
        judge(self.promises, self.ended, books.promise_money(self.rows(books.PROMISE_MONEY), on), policy, on)

    @invariant()
    def every_promise_is_what_its_money_makes_of_it(self) -> None:
        self._judge(self.judged_on)
        expected = {each.id: self.ended.get(each.id, each.said) for each in self.promises}
        found = {row.id: tuple(row)[1:] for row in self.rows(books.PROMISES)}
        assert found == expected

    @invariant()
    def every_agreement_is_what_its_money_makes_of_it(self) -> None:
        rows = self.rows(books.AGREEMENTS)
        signed = books.agreements(rows, self.rows(books.INSTALLMENTS), self.rows(books.AGREEMENT_MONEY))
        books.replace_by_later(signed, self.closed, self.judged_on)
        for row in rows:
            if row.id in self.closed:
                assert row.state == self.closed[row.id]
            else:
                assert (row.state, row.paid, row.missed, row.closed_on) == signed[row.id].judged(self.judged_on)
            live = row.forgiven if row.state in ("active", "completed") else Decimal(0)
            assert row.live_discount == live or (row.live_discount < live and row.reduced)

    @invariant()
    def the_money_adds_up(self) -> None:
        (sums,) = self.rows(books.SUMS)
        assert sums.owed - sums.credit == sums.charged - sums.received
        assert sums.owed == sums.charged - sums.allocated == sums.standing
        assert self.rows(books.UNBALANCED) == []
        assert self.rows(books.NEGATIVE) == []
        if sums.owed:
            assert sums.free == 0
        with db.reading() as session:
            told = account_statement(session, self.who["ana"], self.case, to_on=date.max, at=self.at).sums
        assert told.closing == sums.owed - sums.credit
        assert told.opening + told.charged - told.credited == told.closing

    @invariant()
    def the_days_are_counted_as_on_a_calendar(self) -> None:
        on = self.judged_on
        pauses = books.pauses(self.rows(books.PAUSES))
        oldest = {row.account_id: row.due for row in self.rows(books.OLDEST)}
        days = days_past_due(oldest, pauses, on)
        (found,) = self.rows(
            "SELECT counted_from, oldest_due_on, bucket, stage FROM case_standing WHERE case_id = :case"
        )
        assert ((on - found.counted_from).days if found.counted_from else None) == days
        assert found.oldest_due_on == min((due for due in oldest.values() if due < on), default=None)
        fresh = class_of(days, self.portfolio.bucket_starts, self.portfolio.delinquency_grace, 60)
        begun = self.rows(books.BEGUN)[0][0]
        still = any(each.account is None and each.live(on) for each in pauses)
        if days is None or not still or begun > self.pauses or self.frozen is None:
            self.frozen = fresh
        self.pauses = begun
        assert (found.bucket, found.stage) == self.frozen

    @invariant()
    def everything_holds_that_always_has_to(self) -> None:
        with db.transaction() as session:
            assert find_violations(session, self.portfolio.id) == []


def test_whatever_is_negotiated_the_numbers_add_up(fresh_cast: Cast) -> None:
    machine = type("BoundNegotiations", (Negotiations,), {"cast": fresh_cast})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

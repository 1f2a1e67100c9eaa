"""What the desks' debtors do in the last weeks, one story a debtor: promise, negotiate, pay, break their word."""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from decimal import Decimal

from models import ApprovalKind, Frequency, OfferKind, Queue, Reversal, Role
from seed.claims import CLAIMS
from seed.desks import Debtor, Desk, Story
from seed.hand_overs import HAND_OVERS, OF_THE_BOOK
from workbench.actions.agreements import withdraw_agreement
from workbench.actions.approvals import accept_counter, decide, decline_counter, expire_approvals, withdraw_request
from workbench.actions.payments import take_back
from workbench.actions.promises import withdraw_promise
from workbench.actions.worklist import claim_case
from workbench.rules.approvals import Decision, as_kept
from workbench.rules.offers import Terms

__all__ = ["CAST", "OF_THE_BOOK"]
HALF, THIRD = Decimal("0.5"), Decimal("0.3")


def settled(desk: Desk, about: Debtor) -> Story:
    """Pays what was agreed, at once and in time: completed, the discount stays."""
    at = yield desk.days_ago(17)
    agreed = desk.agree(about, desk.offer(about, OfferKind.SETTLEMENT, at, in_days=7), at)
    at = yield desk.days_ago(11)
    desk.pay(about, agreed.total, at)


def settlement_lost(desk: Desk, about: Debtor) -> Story:
    """Pays nothing: the agreement breaks (or falls behind), and a part comes in too late."""
    at = yield desk.days_ago(20)
    agreed = desk.agree(about, desk.offer(about, OfferKind.SETTLEMENT, at, in_days=5), at)
    at = yield desk.night(10)
    desk.judge(about, at)
    at = yield desk.days_ago(4)
    desk.pay(about, desk.rounded(agreed.total * THIRD), at)


def short_plan_on_track(desk: Desk, about: Debtor) -> Story:
    """The down payment and two weekly installments came on their days."""
    at = yield desk.days_ago(16)
    weekly = desk.offer(about, OfferKind.SHORT_PLAN, at, in_days=7, frequency=Frequency.WEEKLY, installments=3)
    agreed = desk.agree(about, weekly, at)
    for part, days in zip(desk.installments(agreed), (16, 9, 2), strict=False):
        at = yield desk.days_ago(days) + timedelta(hours=1)
        desk.pay(about, part.amount, at)


def short_plan_behind(desk: Desk, about: Debtor) -> Story:
    """Paid to begin with and missed the last installment: in arrears, may still be cured."""
    at = yield desk.days_ago(14)
    weekly = desk.offer(about, OfferKind.SHORT_PLAN, at, in_days=7, frequency=Frequency.WEEKLY, installments=3)
    agreed = desk.agree(about, weekly, at)
    at = yield desk.days_ago(14) + timedelta(hours=1)
    desk.pay(about, desk.installments(agreed)[0].amount, at)
    at = yield desk.night(3)
    desk.judge(about, at)


def short_plan_cured(desk: Desk, about: Debtor) -> Story:
    """Missed one and brought it a few days later."""
    at = yield desk.days_ago(15)
    weekly = desk.offer(about, OfferKind.SHORT_PLAN, at, in_days=5, frequency=Frequency.WEEKLY, installments=3)
    agreed = desk.agree(about, weekly, at)
    at = yield desk.night(6)
    desk.judge(about, at)
    parts = desk.installments(agreed)
    at = yield desk.days_ago(3)
    desk.pay(about, parts[0].amount + parts[1].amount, at)


def short_plan_broken(desk: Desk, about: Debtor) -> Story:
    """Two installments missed: broken, and what was forgiven is owed again."""
    at = yield desk.days_ago(21)
    weekly = desk.offer(about, OfferKind.SHORT_PLAN, at, in_days=4, frequency=Frequency.WEEKLY, installments=3)
    agreed = desk.agree(about, weekly, at)
    at = yield desk.days_ago(21) + timedelta(hours=1)
    desk.pay(about, desk.installments(agreed)[0].amount, at)
    for days in (12, 5):
        at = yield desk.night(days)
        desk.judge(about, at)


def long_plan(desk: Desk, about: Debtor) -> Story:
    """Monthly installments after a down payment that came the next day."""
    at = yield desk.days_ago(12)
    agreed = desk.agree(about, desk.offer(about, OfferKind.LONG_PLAN, at, in_days=30), at)
    at = yield desk.days_ago(11)
    desk.pay(about, desk.installments(agreed)[0].amount, at)


def rescheduled(desk: Desk, about: Debtor) -> Story:
    """New dates, nothing forgiven; the first fortnight was paid."""
    at = yield desk.days_ago(18)
    terms = desk.offer(
        about, OfferKind.RESCHEDULE, at, in_days=12, frequency=Frequency.FORTNIGHTLY, installments=3, down=Decimal(0)
    )
    agreed = desk.agree(about, terms, at)
    at = yield desk.days_ago(5)
    desk.pay(about, desk.installments(agreed)[0].amount, at)


def plan_withdrawn(desk: Desk, about: Debtor) -> Story:
    """The debtor asks for other terms: withdrawn, and a smaller plan takes its place."""
    at = yield desk.days_ago(13)
    agreed = desk.agree(about, desk.offer(about, OfferKind.LONG_PLAN, at, in_days=30), at)
    at = yield desk.days_ago(5)
    reason = "Pide mensualidades más bajas; se firmará otro plan."
    withdraw_agreement(desk.session, desk.supervisor, agreed.id or 0, reason=reason, at=at)


def plan_paid_and_charged_back(desk: Desk, about: Debtor) -> Story:
    """Paid in full by card, and the bank took it back: the agreement is open again."""
    at = yield desk.days_ago(15)
    agreed = desk.agree(about, desk.offer(about, OfferKind.SETTLEMENT, at, in_days=9), at)
    at = yield desk.days_ago(9)
    paid = desk.pay(about, agreed.total, at)
    at = yield desk.days_ago(4)
    because = "Contracargo del banco emisor: el titular desconoce el cargo."
    on, kind = desk.day_of(at), Reversal.CHARGE_BACK
    take_back(desk.session, desk.supervisor, paid.id or 0, on=on, kind=kind, because=because, at=at)


def parts_kept(desk: Desk, about: Debtor) -> Story:
    """Two parts, both in time."""
    at = yield desk.days_ago(18)
    promise = desk.promise(about, at, (4, "0.3"), (11, "0.3"))
    for days in (14, 7):
        at = yield desk.days_ago(days)
        desk.pay(about, promise.amount / 2, at)


def parts_half_kept(desk: Desk, about: Debtor) -> Story:
    """The first part came, the second did not: partially kept, and a little came too late."""
    at = yield desk.days_ago(20)
    promise = desk.promise(about, at, (4, "0.3"), (10, "0.3"))
    at = yield desk.days_ago(16)
    desk.pay(about, promise.amount / 2, at)
    at = yield desk.night(6)
    desk.judge(about, at)
    at = yield desk.days_ago(2)
    desk.pay(about, desk.rounded(promise.amount * Decimal("0.2")), at)


def parts_broken(desk: Desk, about: Debtor) -> Story:
    """Nothing came."""
    at = yield desk.days_ago(12)
    desk.promise(about, at, (3, "0.2"), (9, "0.2"), (14, "0.2"))
    at = yield desk.night(5)
    desk.judge(about, at)


def parts_open(desk: Desk, about: Debtor) -> Story:
    """The first part came, the others fall due this week and the next."""
    at = yield desk.days_ago(7)
    promise = desk.promise(about, at, (4, "0.25"), (9, "0.25"), (14, "0.25"))
    at = yield desk.days_ago(3)
    desk.pay(about, promise.amount / 3, at)


def parts_due_today(desk: Desk, about: Debtor) -> Story:
    """A part falls due today."""
    at = yield desk.days_ago(6)
    days = (desk.today - desk.day_of(at)).days
    desk.promise(about, at, (days, "0.4"), (min(days + 7, 15), "0.4"))


def broken_last_night(desk: Desk, about: Debtor) -> Story:
    """The last day of grace was yesterday, and nothing came."""
    at = yield desk.days_ago(9)
    desk.promise(about, at, ((desk.today - desk.day_of(at)).days - 4, "0.5"))


def promised_for_friday(desk: Desk, about: Debtor) -> Story:
    """One amount, due in the days to come."""
    at = yield desk.days_ago(2)
    desk.promise(about, at, (5, "0.6"))


def promise_withdrawn(desk: Desk, about: Debtor) -> Story:
    """The debtor calls: lost the job."""
    at = yield desk.days_ago(9)
    promise = desk.promise(about, at, (12, "1"))
    at = yield desk.days_ago(4)
    withdraw_promise(desk.session, about.agent, promise.id or 0, reason="Avisa que no recibirá su quincena.", at=at)


def paid_too_much(desk: Desk, about: Debtor) -> Story:
    """Pays more than is owed: the rest is credit."""
    at = yield desk.days_ago(6)
    desk.pay(about, desk.owed(about) + desk.rounded(desk.owed(about) * Decimal("0.15")), at)


def paid_and_reversed(desk: Desk, about: Debtor) -> Story:
    """A promise kept, until the transfer bounced."""
    at = yield desk.days_ago(10)
    promise = desk.promise(about, at, (6, "0.5"))
    at = yield desk.days_ago(5)
    paid = desk.pay(about, promise.amount, at)
    at = yield desk.days_ago(2)
    on, because = desk.day_of(at), "Transferencia devuelta: cuenta sin fondos."
    take_back(desk.session, desk.supervisor, paid.id or 0, on=on, kind=Reversal.REVERSAL, because=because, at=at)


def _beyond_agent(desk: Desk, about: Debtor) -> Callable[..., Terms]:
    return lambda at, share="0.5": desk.beyond(about, at, between=(Role.AGENT, Role.SUPERVISOR), share=share)


def approved(desk: Desk, about: Debtor) -> Story:
    """More discount than the agent may give: approved, signed at once, paid."""
    at = yield desk.days_ago(9)
    asked = desk.ask(about, ApprovalKind.AGREEMENT, _beyond_agent(desk, about)(at), at, "Liquida hoy si se le apoya.")
    at = yield at + timedelta(minutes=38)
    decide(desk.session, desk.supervisor, asked.id or 0, Decision.APPROVE, note="De acuerdo, con pago único.", at=at)
    at = yield desk.days_ago(3)
    desk.pay(about, desk.rounded(desk.owed(about) * HALF), at)


def approved_today(desk: Desk, about: Debtor) -> Story:
    """Approved some minutes ago: who asked has something to tell the debtor."""
    at = yield desk.minutes_ago(75)
    asked = desk.ask(about, ApprovalKind.AGREEMENT, _beyond_agent(desk, about)(at), at, "Vende un vehículo y liquida.")
    at = yield desk.minutes_ago(20)
    decide(desk.session, desk.supervisor, asked.id or 0, Decision.APPROVE, at=at)


def rejected(desk: Desk, about: Debtor) -> Story:
    """Not this time."""
    at = yield desk.days_ago(6)
    asked = desk.ask(
        about, ApprovalKind.AGREEMENT, _beyond_agent(desk, about)(at, "0.95"), at, "Pide el mayor descuento posible."
    )
    at = yield at + timedelta(minutes=52)
    note = "Tiene ingresos comprobables: ofrecer el plan corto."
    decide(desk.session, desk.supervisor, asked.id or 0, Decision.REJECT, note=note, at=at)


def _countered(desk: Desk, about: Debtor, asked_at: datetime, answered: int) -> Generator[datetime, datetime, int]:
    at = yield asked_at
    wanted = _beyond_agent(desk, about)
    asked = desk.ask(about, ApprovalKind.AGREEMENT, wanted(at, "0.9"), at, "Ofrece pagar todo en nueve días.")
    at = yield at + timedelta(minutes=answered)
    counter = as_kept(ApprovalKind.AGREEMENT, wanted(at, "0.3"))
    note = "Se puede con menos descuento de capital."
    decide(desk.session, desk.supervisor, asked.id or 0, Decision.COUNTER, note=note, counter=counter, at=at)
    return asked.id or 0


def countered_today(desk: Desk, about: Debtor) -> Story:
    """A counter-offer waits for the agent's answer."""
    yield from _countered(desk, about, desk.minutes_ago(95), 50)


def counter_accepted(desk: Desk, about: Debtor) -> Story:
    """The debtor took the counter-offer."""
    approval_id = yield from _countered(desk, about, desk.days_ago(5), 45)
    at = yield desk.days_ago(5) + timedelta(hours=1, minutes=20)
    accept_counter(desk.session, about.agent, approval_id, at=at)


def counter_declined(desk: Desk, about: Debtor) -> Story:
    """Too little for the debtor."""
    approval_id = yield from _countered(desk, about, desk.days_ago(7), 45)
    at = yield desk.days_ago(7) + timedelta(hours=1, minutes=30)
    note = "No le alcanza; volverá a llamar el día de pago."
    decline_counter(desk.session, about.agent, approval_id, note=note, at=at)


def expired(desk: Desk, about: Debtor) -> Story:
    """Nobody decided in time."""
    at = yield desk.days_ago(3)
    asked = desk.ask(about, ApprovalKind.AGREEMENT, _beyond_agent(desk, about)(at), at, "Espera respuesta hoy mismo.")
    at = yield asked.expires_at + timedelta(minutes=1)
    expire_approvals(desk.session, at=at)


def taken_back(desk: Desk, about: Debtor) -> Story:
    """The agent found another way."""
    at = yield desk.days_ago(4)
    asked = desk.ask(about, ApprovalKind.AGREEMENT, _beyond_agent(desk, about)(at), at, "Quiere cerrar esta semana.")
    at = yield at + timedelta(minutes=12)
    withdraw_request(desk.session, about.agent, asked.id or 0, at=at)


def pending(desk: Desk, about: Debtor) -> Story:
    """A settlement waits for the supervisor."""
    waited = (8, 34, 96, 171)[desk.calls[desk.today] % 4]
    desk.calls[desk.today] += 1
    at = yield desk.minutes_ago(waited)
    desk.ask(about, ApprovalKind.AGREEMENT, _beyond_agent(desk, about)(at), at, "Tiene el dinero de su aguinaldo.")


def pending_for_the_manager(desk: Desk, about: Debtor) -> Story:
    """So much discount that only the manager may give it, and little time is left."""
    at = yield desk.minutes_ago(225)
    terms = desk.beyond(about, at, between=(Role.SUPERVISOR, Role.MANAGER))
    desk.ask(about, ApprovalKind.AGREEMENT, terms, at, "Ofrece un pago único con ayuda de su familia.")


def pending_promise(desk: Desk, about: Debtor) -> Story:
    """A promise for a day farther away than the agent may take."""
    at = yield desk.minutes_ago(47)
    terms = desk.promised(about, at, (24, "0.8"))
    desk.ask(about, ApprovalKind.PROMISE, terms, at, "Cobra su liquidación a fin de mes.")


def promise_approved(desk: Desk, about: Debtor) -> Story:
    """The same, and the supervisor agreed."""
    at = yield desk.days_ago(4)
    terms = desk.promised(about, at, (10, "0.4"), (24, "0.4"))
    asked = desk.ask(about, ApprovalKind.PROMISE, terms, at, "Paga en dos quincenas.")
    at = yield at + timedelta(minutes=25)
    decide(desk.session, desk.supervisor, asked.id or 0, Decision.APPROVE, at=at)


def willing(desk: Desk, about: Debtor) -> Story:
    """Would pay a part."""
    at = yield desk.days_ago(3)
    desk.call(about, "call.negotiating", at, "Ofrece la mitad ahora y el resto en un mes.")


def call_back_agreed(desk: Desk, about: Debtor) -> Story:
    """Wants to hear the offer again tomorrow."""
    at = yield desk.days_ago(8)
    desk.call(about, "call.negotiating", at, "Pide plan de tres cuotas; lo consulta con su familia.")
    at = yield desk.days_ago(1)
    claim = claim_case(desk.session, about.agent, about.case_id, queue=Queue.NEGOTIATION, at=at - timedelta(minutes=5))
    desk.call(about, "call.call_back", at, "Confirmar el plan.", callback_at=desk.tomorrow(), item_id=claim.item_id)


def says_paid(desk: Desk, about: Debtor) -> Story:
    """Says that it is paid: somebody looks it up."""
    at = yield desk.days_ago(1)
    desk.call(about, "call.already_paid", at, "Pagó el viernes por transferencia; enviará el comprobante.")


def said_paid_and_had(desk: Desk, about: Debtor) -> Story:
    """Said so, and the file of the next day showed it."""
    at = yield desk.days_ago(3)
    desk.call(about, "call.already_paid", at, "Pagó en ventanilla esta mañana.")
    at = yield desk.days_ago(2)
    desk.pay(about, desk.rounded(desk.owed(about) * HALF), at)


# in this order while there are debtors: what a small demonstration must not lack comes first
CAST: tuple[tuple[Callable[[Desk, Debtor], Story], int], ...] = (
    (short_plan_on_track, 1),
    (rescheduled, 1),
    (pending, 2),
    (countered_today, 1),
    (settlement_lost, 1),
    (parts_open, 1),
    (short_plan_behind, 1),
    (broken_last_night, 2),
    *((claim, 1) for claim in CLAIMS[:4]),
    (settled, 1),
    (says_paid, 1),
    (approved_today, 1),
    (parts_half_kept, 1),
    (long_plan, 1),
    (short_plan_broken, 1),
    (pending_for_the_manager, 1),
    (paid_and_reversed, 1),
    (expired, 1),
    (rejected, 1),
    *((each, 1) for each in HAND_OVERS),
    (plan_withdrawn, 1),
    (parts_due_today, 1),
    (parts_broken, 1),
    (paid_too_much, 1),
    (willing, 1),
    *((claim, 1) for claim in CLAIMS[4:]),
    (approved, 1),
    (counter_accepted, 1),
    (counter_declined, 1),
    (pending_promise, 1),
    (promise_approved, 1),
    (plan_paid_and_charged_back, 1),
    (said_paid_and_had, 1),
    (short_plan_cured, 1),
    (parts_kept, 1),
    (taken_back, 1),
    (call_back_agreed, 1),
    (promised_for_friday, 2),
    (promise_withdrawn, 1),
    (says_paid, 1),
    (pending, 2),
)

"""Offers: how far a role may go with a debt, what goes beyond it, and what to propose first.

An offer's expected money is Σ installment × P(it is paid):
    P(first)     odds(P) = odds(kept) × odds(1 - p_unpaid) ÷ odds(1 - typical) × pull
    P(each next) = P(the one before) × stay
`kept` is the share of the portfolio's promises that were kept, `stay` the share of its installments paid once the one
before was, `pull` the odds that agreements of this kind are completed over those of all kinds: each learned from the
portfolio's own history and drawn to a shipped assumption while there is little of it. `p_unpaid` is the case's own
figure of the night, `typical` the portfolio's mean of it. The down payment counts as paid with P(first).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from models.agreements import Frequency, OfferKind
from models.cases import Stage
from models.users import Role
from workbench.rules.exceeded import Exceeded
from workbench.rules.installments import CENT, BusinessDay, Part, nominal_date, schedule
from workbench.rules.offer_policies import PolicyRow
from workbench.rules.refusals import Refused

Authority = PolicyRow  # the row that counts for a role, a kind of offer and a case
ZERO = Decimal(0)
SHARE = Decimal("0.0001")
MOST_OFFERS = 4
OPENING = Decimal("0.5")  # an offer opens with half of the discount that may be given: the rest is room to move
WEIGHT = 20.0  # so many cases of its own weigh as much as what is assumed
COMPONENTS = ("principal", "interest", "fees")


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed by component on the day of the quote, charges included; `…_accrued` is what signing would post of it."""

    principal: Decimal
    interest: Decimal = ZERO
    fees: Decimal = ZERO
    interest_accrued: Decimal = ZERO
    fees_accrued: Decimal = ZERO
    days_past_due: int = 0
    currency: str = "MXN"
    unit: Decimal = CENT
    account_id: int | None = None  # none = the whole case

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.principal + self.interest + self.fees


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed on: what is forgiven (amounts), the down payment, and the installments that follow it."""

    kind: OfferKind
    first_due_on: date
    installments: int = 1
    frequency: Frequency = Frequency.MONTHLY
    down: Decimal = ZERO
    discount_principal: Decimal = ZERO
    discount_interest: Decimal = ZERO
    discount_fees: Decimal = ZERO
    account_id: int | None = None

    @property
    def discount(self) -> Decimal:
        """All that is forgiven."""
        return self.discount_principal + self.discount_interest + self.discount_fees

    @property
    def last_due_on(self) -> date:
        """The last installment's day, before a closed day moves it: limits are on this one."""
        return nominal_date(self.first_due_on, self.frequency, self.installments)

    def discount_on(self, component: str) -> Decimal:
        """What is forgiven of `principal`, `interest` or `fees`."""
        amount: Decimal = getattr(self, f"discount_{component}")
        return amount


def best_policy(
    rows: Iterable[PolicyRow], *, role: Role, kind: OfferKind, stage: Stage, segment: str | None, days: int
) -> Authority | None:
    """The row that counts: of those that fit, the one that names most of stage and segment, then the narrower days.

    None fits = no authority for this kind of offer.
    """
    fitting = [
        row
        for row in rows
        if row.role == role
        and row.kind == kind
        and row.stage in (None, stage)
        and row.segment in (None, segment)
        and row.days_from <= days
        and (row.days_to is None or days <= row.days_to)
    ]
    return max(fitting, key=_specific, default=None)


def _specific(row: PolicyRow) -> tuple[int, bool, float, int]:
    width = float("inf") if row.days_to is None else row.days_to - row.days_from
    return (row.stage is not None) + (row.segment is not None), row.segment is not None, -width, row.days_from


def check_terms(terms: Terms, debt: Debt, *, on: date) -> None:
    """Refuses what nobody may sign, whatever their authority."""
    if debt.total <= 0:
        raise Refused("Nothing is owed on this case.")
    _check_amounts(terms, debt)
    if terms.discount >= debt.total:
        raise Refused("Forgiving everything is a write-off, not an agreement.", field="discount_principal")
    if terms.kind == OfferKind.RESCHEDULE and terms.discount:
        raise Refused("A reschedule forgives nothing.", field="discount_principal")
    if terms.kind == OfferKind.SETTLEMENT and (terms.installments != 1 or terms.down):
        raise Refused("A settlement is paid at once: one installment and no down payment.", field="installments")
    if terms.installments < 1:
        raise Refused("An agreement has at least one installment.", field="installments")
    if terms.first_due_on < on:
        raise Refused("The first installment cannot be due in the past.", field="first_due_on")


def _check_amounts(terms: Terms, debt: Debt) -> None:
    for amount in (terms.down, terms.discount_principal, terms.discount_interest, terms.discount_fees):
        if not amount.is_finite() or amount < 0 or amount != amount.quantize(CENT):
            raise Refused("Amounts are not negative and have at most two decimals.")
    for component in COMPONENTS:
        if terms.discount_on(component) > getattr(debt, component):
            raise Refused("No more can be forgiven than is owed.", field=f"discount_{component}")


def exceeded(terms: Terms, authority: Authority | None, debt: Debt, on: date) -> list[Exceeded]:
    """Which of the role's limits the terms go beyond; none = they may be signed at once.

    Codes: `no_authority`, `discount_principal`, `discount_interest`, `discount_fees` (shares of what is owed of each),
    `installments`, `least_down` (a share of the total), `least_installment`, `days_out` (the last day).
    """
    if authority is None:
        return [Exceeded("no_authority", 0, 1)]
    found = [
        Exceeded(f"discount_{component}", getattr(authority, f"discount_{component}"), _share(asked, owed, ROUND_UP))
        for component in COMPONENTS
        if (asked := terms.discount_on(component))
        > most_discount(authority, component, owed := getattr(debt, component))
    ]
    total = debt.total - terms.discount
    if terms.installments > authority.installments:
        found.append(Exceeded("installments", authority.installments, terms.installments))
    if terms.kind != OfferKind.SETTLEMENT and terms.down < least_down(authority, total):
        found.append(Exceeded("least_down", authority.least_down, _share(terms.down, total, ROUND_DOWN)))
    if terms.installments > 1 and (each := (total - terms.down) / terms.installments) < authority.least_installment:
        asked = each.quantize(CENT, ROUND_DOWN)
        found.append(Exceeded("least_installment", authority.least_installment, asked))
    if terms.last_due_on > (last := on + timedelta(days=authority.days_out)):
        found.append(Exceeded("days_out", last, terms.last_due_on))
    return found


def most_discount(authority: Authority, component: str, owed: Decimal) -> Decimal:
    """The largest discount on a component, in money: its share of what is owed, to the nearest cent."""
    share: Decimal = getattr(authority, f"discount_{component}")
    return (owed * share).quantize(CENT, ROUND_HALF_UP)


def least_down(authority: Authority, total: Decimal) -> Decimal:
    """The least down payment on what is to be paid, in money."""
    return (total * authority.least_down).quantize(CENT, ROUND_HALF_UP)


def _share(part: Decimal, whole: Decimal, rounding: str) -> Decimal:
    return (part / whole).quantize(SHARE, rounding) if whole else ZERO


@dataclass(frozen=True, slots=True)
class Movable:
    """What of an offer may still be moved, and how far: `name` is a field of `Terms`, last_due_on for the last day."""

    name: str
    now: Decimal | int | date
    limit: Decimal | int | date


def still_movable(terms: Terms, authority: Authority, debt: Debt, on: date) -> tuple[Movable, ...]:
    """What who has this authority may still give: more discount, more installments, less down, a later last day."""
    total = debt.total - terms.discount
    found: list[Movable] = []
    for component in COMPONENTS:
        most = min(most_discount(authority, component, owed := getattr(debt, component)), owed)
        if terms.discount_on(component) < most:
            found.append(Movable(f"discount_{component}", terms.discount_on(component), most))
    if terms.installments < authority.installments:
        found.append(Movable("installments", terms.installments, authority.installments))
    if terms.down > (least := least_down(authority, total)):
        found.append(Movable("down", terms.down, least))
    if terms.last_due_on < (last := on + timedelta(days=authority.days_out)):
        found.append(Movable("last_due_on", terms.last_due_on, last))
    return tuple(found)


def agreed_schedule(terms: Terms, debt: Debt, on: date, business_day: BusinessDay) -> tuple[Part, ...]:
    """The payments of these terms, signed on that day: they add up to what is owed less what is forgiven."""
    return schedule(
        debt.total - terms.discount,
        down=terms.down,
        down_on=on,
        count=terms.installments,
        frequency=terms.frequency,
        first_due_on=terms.first_due_on,
        business_day=business_day,
        unit=debt.unit,
    )


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What chances are made of; see the module. `pulls` are odds ratios by kind, 1 where nothing was learned."""

    p_unpaid: float = 0.5
    typical: float = 0.5
    kept: float = 0.5
    stay: float = 0.85
    pulls: Mapping[OfferKind, float] = field(default_factory=dict)


def learned_facts(
    *,
    p_unpaid: float,
    typical: float,
    promises: tuple[int, int],
    installments: tuple[int, int],
    agreements: Mapping[OfferKind, tuple[int, int]],
) -> OfferFacts:
    """Chances from counts of (hits, tries): promises kept, installments paid after one that was, agreements completed.

    Each share is (hits + WEIGHT x assumption) / (tries + WEIGHT), the assumptions being those of `OfferFacts`; a kind's
    share is drawn to that of all kinds.
    """
    shipped = OfferFacts()
    every = [sum(counts) for counts in zip((0, 0), *agreements.values(), strict=True)]
    overall = _drawn(every[0], every[1], shipped.kept)
    return OfferFacts(
        p_unpaid=p_unpaid,
        typical=typical,
        kept=_drawn(*promises, shipped.kept),
        stay=_drawn(*installments, shipped.stay),
        pulls={kind: _odds(_drawn(*counts, overall)) / _odds(overall) for kind, counts in agreements.items()},
    )


def _drawn(hits: int, tries: int, towards: float) -> float:
    return (hits + WEIGHT * towards) / (tries + WEIGHT)


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal inside the authority: its schedule, the chance of each payment, what it is expected to bring."""

    terms: Terms
    parts: tuple[Part, ...]
    total: Decimal
    chances: tuple[float, ...]  # of each part
    expected: Decimal
    stands_until: date
    movable: tuple[Movable, ...]

    @property
    def kind(self) -> OfferKind:
        """The kind of offer."""
        return self.terms.kind


def first_chance(kind: OfferKind, facts: OfferFacts) -> float:
    """P(the first payment of an offer of this kind is made), as the module says."""
    odds = _odds(facts.kept) * _odds(1 - facts.p_unpaid) / _odds(1 - facts.typical) * facts.pulls.get(kind, 1.0)
    return odds / (1 + odds)


def _odds(share: float) -> float:
    p = min(max(share, 0.01), 0.99)
    return p / (1 - p)


def chances(parts: Sequence[Part], kind: OfferKind, facts: OfferFacts) -> tuple[float, ...]:
    """P(paid) of each payment of a schedule."""
    first = first_chance(kind, facts)
    steps = [max(part.number - 1, 0) for part in parts]
    return tuple(round(first * facts.stay**step, 4) for step in steps)


def expected_money(parts: Sequence[Part], each: Sequence[float]) -> Decimal:
    """Σ installment × P(it is paid), in the portfolio's currency."""
    found = sum((part.amount * Decimal(str(chance)) for part, chance in zip(parts, each, strict=True)), ZERO)
    return found.quantize(CENT, ROUND_HALF_UP)


def appraise(
    terms: Terms, authority: Authority, debt: Debt, facts: OfferFacts, on: date, business_day: BusinessDay
) -> Offer:
    """The offer that these terms make: schedule, chances, expected money, and what may still be moved."""
    parts = agreed_schedule(terms, debt, on, business_day)
    each = chances(parts, terms.kind, facts)
    return Offer(
        terms=terms,
        parts=parts,
        total=debt.total - terms.discount,
        chances=each,
        expected=expected_money(parts, each),
        stands_until=on + timedelta(days=authority.offer_days),
        movable=still_movable(terms, authority, debt, on),
    )


def offers(
    debt: Debt, authorities: Iterable[Authority], facts: OfferFacts, on: date, business_day: BusinessDay
) -> tuple[Offer, ...]:
    """At most four offers inside the authority, one a kind, by expected money; of equal ones the sooner paid first.

    Each opens with half of the discount that may be given, so that there is room to move.
    """
    if debt.total <= 0:
        return ()
    found = []
    for authority in authorities:
        terms = opening_terms(debt, authority, on)
        if terms and not exceeded(terms, authority, debt, on) and _fits(terms, debt, on, business_day):
            found.append(appraise(terms, authority, debt, facts, on, business_day))
    return tuple(sorted(found, key=lambda each: (-each.expected, each.parts[-1].due_on, each.kind))[:MOST_OFFERS])


def _fits(terms: Terms, debt: Debt, on: date, business_day: BusinessDay) -> bool:
    try:
        check_terms(terms, debt, on=on)
        agreed_schedule(terms, debt, on, business_day)
    except Refused:
        return False
    return True


def opening_terms(debt: Debt, authority: Authority, on: date) -> Terms | None:
    """The first proposal of a kind: a settlement within the offer's days, or as many monthly installments as may be.

    A short plan opens with half of its installments. None = the limits leave no plan of two payments.
    """
    kind = authority.kind
    wait = min(authority.offer_days, authority.days_out)
    given = {} if kind == OfferKind.RESCHEDULE else _opening_discounts(debt, authority)
    terms = Terms(kind, on + timedelta(days=wait), account_id=debt.account_id, **given)
    if kind == OfferKind.SETTLEMENT:
        return terms
    total = debt.total - terms.discount
    down = least_down(authority, total).quantize(debt.unit, ROUND_UP)
    first = nominal_date(on, Frequency.MONTHLY, 2) if down else terms.first_due_on
    most = (authority.installments + 1) // 2 if kind == OfferKind.SHORT_PLAN else authority.installments
    for count in range(max(most, 2), 0, -1):
        tried = replace(terms, down=down, first_due_on=first, installments=count)
        if not exceeded(tried, authority, debt, on):
            return tried if count + bool(down) > 1 or kind == OfferKind.RESCHEDULE else None
    return None


def _opening_discounts(debt: Debt, authority: Authority) -> dict[str, Any]:
    return {
        f"discount_{component}": (most_discount(authority, component, getattr(debt, component)) * OPENING).quantize(
            debt.unit, ROUND_DOWN
        )
        for component in COMPONENTS
    }

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.agreements import Frequency, OfferKind
from models.cases import Stage
from models.users import Role
from workbench.rules.business_days import business_day_from
from workbench.rules.exceeded import Exceeded
from workbench.rules.installments import Part
from workbench.rules.offer_policies import shipped_rows
from workbench.rules.offers import (
    Authority,
    Debt,
    Movable,
    OfferFacts,
    Terms,
    best_policy,
    chances,
    check_terms,
    exceeded,
    expected_money,
    first_chance,
    learned_facts,
    offers,
    still_movable,
)
from workbench.rules.refusals import Refused

ON = date(2026, 11, 18)
DEBT = Debt(Decimal(1000), interest=Decimal(200), fees=Decimal(50), interest_accrued=Decimal(200))
OPEN = partial(business_day_from, country="MX")
PLAN = Authority(
    Role.AGENT,
    OfferKind.SHORT_PLAN,
    discount_principal=Decimal("0.10"),
    discount_interest=Decimal("0.50"),
    discount_fees=Decimal(1),
    installments=3,
    least_down=Decimal("0.20"),
    least_installment=Decimal(100),
    days_out=100,
    offer_days=7,
)
TERMS = Terms(OfferKind.SHORT_PLAN, date(2026, 12, 18), installments=3, down=Decimal(250))
ALL = [replace(PLAN, kind=kind) for kind in OfferKind if kind != OfferKind.RESCHEDULE]
ALL.append(Authority(Role.AGENT, OfferKind.RESCHEDULE, installments=3, days_out=100))


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        pytest.param({}, [], id="inside everything"),
        pytest.param({"discount_principal": Decimal(100)}, [], id="a tenth of the principal"),
        pytest.param({"discount_principal": Decimal("100.01")}, ["discount_principal"], id="and a cent"),
        pytest.param({"discount_interest": Decimal(100)}, [], id="half of the interest"),
        pytest.param({"discount_interest": Decimal("100.01")}, ["discount_interest"], id="and a cent of it"),
        pytest.param({"discount_fees": Decimal(50)}, [], id="all fees"),
        pytest.param({"installments": 4}, ["installments", "days_out"], id="four monthly ones, which last longer too"),
        pytest.param({"installments": 4, "frequency": Frequency.WEEKLY}, ["installments"], id="four weekly ones"),
        pytest.param({"down": Decimal("249.99")}, ["least_down"], id="a cent less down"),
        pytest.param({"first_due_on": date(2026, 12, 26)}, [], id="the last on the hundredth day"),
        pytest.param({"first_due_on": date(2026, 12, 27)}, ["days_out"], id="the last on the day after"),
        pytest.param({"down": Decimal(950)}, [], id="installments of a hundred"),
        pytest.param({"down": Decimal("950.01")}, ["least_installment"], id="a third of a cent thinner"),
        pytest.param(
            {"discount_principal": Decimal(500), "discount_interest": Decimal(150), "down": Decimal(0)},
            ["discount_principal", "discount_interest", "least_down"],
            id="several at once",
        ),
    ],
)
def test_each_limit_just_inside_and_just_outside(changed: dict, codes: list[str]) -> None:
    assert [each.code for each in exceeded(replace(TERMS, **changed), PLAN, DEBT, ON)] == codes


def test_what_is_exceeded_says_the_limit_and_what_is_asked() -> None:
    asked = replace(TERMS, discount_principal=Decimal("100.01"), installments=4, frequency=Frequency.WEEKLY)
    assert exceeded(asked, PLAN, DEBT, ON) == [
        Exceeded("discount_principal", Decimal("0.10"), Decimal("0.1001")),
        Exceeded("installments", 3, 4),
    ]


def test_without_a_row_there_is_no_authority() -> None:
    assert [each.code for each in exceeded(TERMS, None, DEBT, ON)] == ["no_authority"]


def test_nobody_forgives_more_than_is_owed_of_a_component() -> None:
    generous = replace(PLAN, discount_fees=Decimal(1))
    with pytest.raises(Refused, match="No more can be forgiven"):
        check_terms(replace(TERMS, discount_fees=Decimal("50.01")), DEBT, on=ON)
    assert exceeded(replace(TERMS, discount_fees=Decimal(50)), generous, DEBT, ON) == []


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        pytest.param([{}], 0, id="the only one"),
        pytest.param([{}, {"stage": Stage.ADMINISTRATIVE}], 1, id="of its stage"),
        pytest.param([{"stage": Stage.ADMINISTRATIVE}, {"segment": "vip"}], 1, id="a segment says more than a stage"),
        pytest.param([{"segment": "vip"}, {"segment": "vip", "stage": Stage.ADMINISTRATIVE}], 1, id="both say most"),
        pytest.param([{}, {"days_from": 10, "days_to": 50}], 1, id="narrower days"),
        pytest.param([{"days_from": 10, "days_to": 50}, {"stage": Stage.ADMINISTRATIVE}], 1, id="stage before days"),
        pytest.param([{"days_from": 31}], None, id="a day too young"),
        pytest.param([{"days_from": 30}], 0, id="from its first day"),
        pytest.param([{"days_to": 30}], 0, id="to its last day"),
        pytest.param([{"days_to": 29}], None, id="a day too old"),
        pytest.param([{"stage": Stage.JUDICIAL}, {"segment": "other"}], None, id="another corner"),
        pytest.param([{"role": Role.MANAGER}, {"kind": OfferKind.LONG_PLAN}], None, id="another role, another offer"),
    ],
)
def test_the_most_specific_row_that_fits_counts(rows: list[dict], chosen: int | None) -> None:
    table = [replace(PLAN, **row) for row in rows]
    found = best_policy(
        table, role=Role.AGENT, kind=OfferKind.SHORT_PLAN, stage=Stage.ADMINISTRATIVE, segment="vip", days=30
    )
    assert found == (None if chosen is None else table[chosen])


def test_what_may_still_be_moved_is_said_with_how_far() -> None:
    terms = replace(TERMS, discount_principal=Decimal(40), discount_fees=Decimal(50), installments=2, down=Decimal(300))
    assert still_movable(terms, PLAN, DEBT, ON) == (
        Movable("discount_principal", Decimal(40), Decimal("100.00")),
        Movable("discount_interest", Decimal(0), Decimal("100.00")),
        Movable("installments", 2, 3),
        Movable("down", Decimal(300), Decimal("232.00")),
        Movable("last_due_on", date(2027, 1, 18), ON + timedelta(days=100)),
    )


def test_who_is_like_everybody_pays_as_often_as_promises_are_kept() -> None:
    assert first_chance(OfferKind.SETTLEMENT, OfferFacts(p_unpaid=0.3, typical=0.3, kept=0.6)) == pytest.approx(0.6)


def test_a_worse_case_a_lower_chance_and_a_kind_that_is_completed_more_often_a_higher_one() -> None:
    usual = OfferFacts(p_unpaid=0.5, typical=0.5, kept=0.5)
    # odds(0.5) x odds(0.2) / odds(0.5) = 0.25, which is a chance of a fifth
    assert first_chance(OfferKind.SETTLEMENT, replace(usual, p_unpaid=0.8)) == pytest.approx(0.2)
    assert first_chance(OfferKind.SETTLEMENT, replace(usual, pulls={OfferKind.SETTLEMENT: 3.0})) == pytest.approx(0.75)


def test_each_next_payment_is_less_sure_and_the_down_payment_as_sure_as_the_first() -> None:
    parts = [Part(number, ON + timedelta(days=number), Decimal(100)) for number in range(4)]
    each = chances(parts, OfferKind.SHORT_PLAN, OfferFacts(kept=0.5, stay=0.8))
    assert each == (0.5, 0.5, 0.4, 0.32)
    assert expected_money(parts, each) == Decimal("172.00")


def test_chances_are_learned_and_drawn_to_what_is_assumed_while_there_is_little() -> None:
    few = learned_facts(p_unpaid=0.4, typical=0.4, promises=(0, 0), installments=(0, 0), agreements={})
    assert (few.kept, few.stay, few.pulls) == (0.5, 0.85, {})
    many = learned_facts(
        p_unpaid=0.4,
        typical=0.4,
        promises=(980, 980),
        installments=(0, 2000),
        agreements={OfferKind.SETTLEMENT: (80, 100), OfferKind.LONG_PLAN: (20, 100)},
    )
    assert many.kept == pytest.approx(0.99)
    assert many.stay == pytest.approx(0.0084, abs=1e-4)
    assert many.pulls[OfferKind.SETTLEMENT] == pytest.approx(3.0)
    assert many.pulls[OfferKind.LONG_PLAN] == pytest.approx(1 / 3)


def test_four_offers_at_most_ranked_by_expected_money() -> None:
    found = offers(DEBT, ALL, OfferFacts(), ON, OPEN)
    assert {each.kind for each in found} == set(OfferKind)
    assert [each.expected for each in found] == sorted((each.expected for each in found), reverse=True)
    assert offers(DEBT, [*ALL, *ALL], OfferFacts(), ON, OPEN)[4:] == ()


def test_an_offer_opens_with_half_of_the_discount_so_that_there_is_room() -> None:
    [offer] = offers(DEBT, [PLAN], OfferFacts(), ON, OPEN)
    assert (offer.terms.discount_principal, offer.terms.discount_interest, offer.terms.discount_fees) == (50, 50, 25)
    assert {"discount_principal", "discount_interest", "discount_fees"} <= {each.name for each in offer.movable}
    assert offer.stands_until == ON + timedelta(days=7)
    assert sum(part.amount for part in offer.parts) == offer.total == 1125


def test_a_portfolio_that_completes_settlements_is_told_to_offer_them_first() -> None:
    pulled = OfferFacts(pulls={OfferKind.SETTLEMENT: 5.0})
    assert offers(DEBT, ALL, pulled, ON, OPEN)[0].kind == OfferKind.SETTLEMENT


def test_nothing_is_offered_on_nothing_nor_without_authority() -> None:
    assert offers(Debt(Decimal(0)), ALL, OfferFacts(), ON, OPEN) == ()
    assert offers(DEBT, [], OfferFacts(), ON, OPEN) == ()


def test_a_plan_whose_limits_leave_one_payment_is_not_offered() -> None:
    assert offers(DEBT, [replace(PLAN, installments=1, least_down=Decimal(0))], OfferFacts(), ON, OPEN) == ()
    assert offers(DEBT, [replace(PLAN, least_installment=Decimal(2000), least_down=Decimal(0))], OfferFacts(), ON, OPEN) == ()  # fmt: skip


def test_pesos_without_cents_are_offered_whole() -> None:
    debt = Debt(Decimal(100001), currency="CLP", unit=Decimal(1))
    for offer in offers(debt, ALL, OfferFacts(), ON, partial(business_day_from, country="CL")):
        assert all(part.amount == part.amount.to_integral_value() for part in offer.parts)


money = st.decimals("0", "1000000", places=2)


@given(
    principal=st.decimals("1", "1000000", places=2),
    interest=money,
    fees=money,
    role=st.sampled_from([Role.AGENT, Role.SUPERVISOR, Role.MANAGER]),
    days=st.integers(0, 400),
    unit=st.sampled_from(["0.01", "1"]),
    on=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
)
def test_every_offer_of_the_shipped_policies_is_lawful_and_adds_up(
    principal, interest, fees, role, days, unit, on
) -> None:
    debt = Debt(principal, interest, fees, days_past_due=days, unit=Decimal(unit))
    rows = [
        best_policy(shipped_rows("MXN"), role=role, kind=kind, stage=Stage.ADMINISTRATIVE, segment=None, days=days)
        for kind in OfferKind
    ]
    for offer in offers(debt, [row for row in rows if row], OfferFacts(), on, OPEN):
        authority = next(row for row in rows if row and row.kind == offer.kind)
        check_terms(offer.terms, debt, on=on)
        assert exceeded(offer.terms, authority, debt, on) == []
        assert sum(part.amount for part in offer.parts) == debt.total - offer.terms.discount
        assert 0 < offer.expected <= offer.total
        assert all(0 < chance <= 1 for chance in offer.chances)

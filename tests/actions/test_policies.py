from dataclasses import replace
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from models import AuditEntry, CollectionFee, OfferKind, OfferPolicy, Portfolio, PromiseLimit, Role, Stage
from tests.actions.test_portfolios import NEW
from tests.cast import NOW, Cast
from workbench.actions import policies
from workbench.actions.portfolios import create_portfolio
from workbench.queries.policies import offer_rows, policy_of
from workbench.queries.policies import policies as shown
from workbench.rules.offer_policies import PolicyRow
from workbench.rules.refusals import Refused

ROW = PolicyRow(Role.AGENT, OfferKind.SHORT_PLAN, stage=Stage.JUDICIAL, installments=4, days_out=120)


def deeds(session: Session, deed: str) -> list[AuditEntry]:
    return list(session.exec(select(AuditEntry).where(AuditEntry.deed == deed)))


def test_a_new_portfolio_starts_with_every_role_able_to_offer(session: Session, cast: Cast) -> None:
    portfolio = create_portfolio(session, NEW, by=cast.marta, at=NOW)
    rows = offer_rows(session, portfolio.id).values()
    assert {(row.role, row.kind) for row in rows} == {
        (role, kind) for role in (Role.AGENT, Role.SUPERVISOR, Role.MANAGER) for kind in OfferKind
    }
    limits = session.scalars(select(PromiseLimit).where(PromiseLimit.portfolio_id == portfolio.id)).all()
    assert {limit.role: limit.days_out for limit in limits} == {
        Role.AGENT: portfolio.promise_days_out,
        Role.SUPERVISOR: 31,
        Role.MANAGER: 62,
    }
    assert policies.install_policies(session, portfolio) == 0


def test_a_portfolio_without_rows_gets_the_shipped_ones_once(session: Session, cast: Cast) -> None:
    assert policies.install_missing_policies(session, cast.marta, cast.mexico.id, at=NOW) > 20
    assert policies.install_missing_policies(session, cast.marta, cast.mexico.id, at=NOW) == 0
    assert len(deeds(session, "install_policies")) == 1


def test_a_row_is_added_changed_and_taken_away_with_what_it_was(session: Session, cast: Cast) -> None:
    made = policies.add_offer_policy(session, cast.marta, cast.mexico.id, ROW, at=NOW)
    assert offer_rows(session, cast.mexico.id) == {made.id: ROW}
    policies.change_offer_policy(
        session, cast.marta, cast.mexico.id, made.id, replace(ROW, discount_fees=Decimal("0.5")), at=NOW
    )
    policies.change_offer_policy(
        session, cast.marta, cast.mexico.id, made.id, replace(ROW, discount_fees=Decimal("0.5")), at=NOW
    )
    (changed,) = deeds(session, "change_offer_policy")
    assert changed.details["discount_fees"]["to"] == "0.5"
    policies.remove_offer_policy(session, cast.marta, cast.mexico.id, made.id, at=NOW)
    assert offer_rows(session, cast.mexico.id) == {}
    (gone,) = deeds(session, "remove_offer_policy")
    assert (gone.details["stage"], gone.details["installments"]) == ("judicial", 4)


def test_the_policy_is_changed_and_the_audit_says_from_what(session: Session, cast: Cast) -> None:
    before = policy_of(cast.mexico)
    policies.set_policy(session, cast.marta, cast.mexico.id, replace(before, approval_hours=4), at=NOW)
    policies.set_policy(session, cast.marta, cast.mexico.id, replace(before, approval_hours=4), at=NOW)
    assert policy_of(session.get(Portfolio, cast.mexico.id)).approval_hours == 4
    (entry,) = deeds(session, "set_negotiation_policy")
    assert entry.details == {"approval_hours": {"from": 24, "to": 4}}


def test_a_chilean_fee_is_for_chile(session: Session, cast: Cast) -> None:
    policy = replace(policy_of(cast.mexico), collection_fee=CollectionFee.CHILE, index_unit=Decimal(39_000))
    with pytest.raises(Refused, match="Chile"):
        policies.set_policy(session, cast.marta, cast.mexico.id, policy, at=NOW)


@pytest.mark.parametrize(
    ("who", "because"), [("ana", "role"), ("sofia", "role"), ("alma", "role"), ("bruno", "role"), ("marta", "nothing")]
)
def test_only_its_manager_changes_them(session: Session, cast: Cast, who: str, because: str) -> None:
    person, book = getattr(cast, who), cast.colombia.id
    for deed in (
        lambda: policies.set_policy(session, person, book, policy_of(cast.colombia), at=NOW),
        lambda: policies.add_offer_policy(session, person, book, ROW, at=NOW),
        lambda: policies.change_offer_policy(session, person, book, 1, ROW, at=NOW),
        lambda: policies.remove_offer_policy(session, person, book, 1, at=NOW),
        lambda: policies.install_missing_policies(session, person, book, at=NOW),
        lambda: shown(session, person, book),
    ):
        with pytest.raises(Refused, match=because):
            deed()


def test_a_row_of_another_portfolio_is_not_reached(session: Session, cast: Cast) -> None:
    policies.install_policies(session, cast.colombia)
    foreign = session.scalars(select(OfferPolicy.id).where(OfferPolicy.portfolio_id == cast.colombia.id)).first()
    with pytest.raises(Refused, match="nothing here"):
        policies.change_offer_policy(session, cast.marta, cast.mexico.id, foreign, ROW, at=NOW)
    with pytest.raises(Refused, match="nothing here"):
        policies.remove_offer_policy(session, cast.marta, cast.mexico.id, foreign, at=NOW)

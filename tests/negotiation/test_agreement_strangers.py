"""Whoever is of another team sees and signs nothing; an administrator sees no debts."""

import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from models import Agreement, AgreementState, OfferKind, OfferPolicy, Payment, Role
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import agreements as signing
from workbench.queries import agreements, offers
from workbench.rules.access import Viewer
from workbench.rules.offers import Terms
from workbench.rules.refusals import Refused

MODULES = ("actions.agreements", "queries.agreements", "queries.offers")
TERMS = Terms(OfferKind.SHORT_PLAN, TODAY + timedelta(days=7), installments=2)
KIND = OfferKind.SHORT_PLAN
Deed = Callable[[Session, Viewer, int, int], Any]
DEEDS: dict[str, Deed] = {
    "actions.agreements.sign_agreement": lambda s, w, c, _: signing.sign_agreement(s, w, c, TERMS, key=uuid4(), at=NOW),
    "actions.agreements.withdraw_agreement": lambda s, w, _, a: signing.withdraw_agreement(s, w, a, reason="x", at=NOW),
    "queries.agreements.agreement": lambda s, w, _, a: agreements.agreement(s, w, a),
    "queries.agreements.agreement_of": lambda s, w, c, _: agreements.agreement_of(s, w, c),
    "queries.agreements.agreements_of": lambda s, w, c, _: agreements.agreements_of(s, w, c),
    "queries.offers.debt_of": lambda s, w, c, _: offers.debt_of(s, w, c, at=NOW),
    "queries.offers.authority_for": lambda s, w, c, _: offers.authority_for(s, w, c, KIND, at=NOW),
    "queries.offers.authorities_for": lambda s, w, c, _: offers.authorities_for(s, w, c, at=NOW),
    "queries.offers.offers_for": lambda s, w, c, _: offers.offers_for(s, w, c, at=NOW),
    "queries.offers.offer_of": lambda s, w, c, _: offers.offer_of(s, w, c, TERMS, at=NOW),
    "queries.offers.facts_for": lambda s, w, c, _: offers.facts_for(s, w, c, at=NOW),
}


def public() -> Iterator[str]:
    for name in MODULES:
        module = importlib.import_module(f"workbench.{name}")
        for each, found in inspect.getmembers(module, inspect.isfunction):
            own = found.__module__ == module.__name__ and not each.startswith("_")
            if own and "who" in inspect.signature(found).parameters:
                yield f"{name}.{each}"


def test_every_deed_and_query_of_agreements_is_tried() -> None:
    assert set(DEEDS) == set(public())


@pytest.fixture
def ids(session: Session, cast: Cast) -> tuple[int, int]:
    """Rosa's case and her agreement, of Ana's team."""
    for role in Role:
        limits = {"installments": 3, "days_out": 100, "discount_principal": Decimal("0.1")}
        session.add(OfferPolicy(portfolio_id=cast.mexico.id, role=role, kind=KIND, **limits))
    item = owe(session, cast.mexico, name="Rosa Ajena")
    made = signing.sign_agreement(session, cast.ana, item.case_id, TERMS, key=uuid4(), at=NOW)
    return item.case_id, made.id or 0


@pytest.mark.parametrize("name", sorted(DEEDS))
def test_strangers_of_every_role_and_administrators_are_refused(
    session: Session, cast: Cast, ids: tuple[int, int], name: str
) -> None:
    for who in [cast.alma, *(replace(cast.bruno, role=role) for role in Role)]:
        with pytest.raises(Refused, match=r"nothing here that you may see|Your role"):
            DEEDS[name](session, who, *ids)
    session.expire_all()
    assert session.exec(select(Agreement.state)).all() == [AgreementState.ACTIVE]
    assert session.exec(select(Payment)).all() == []


@pytest.mark.parametrize("name", sorted(set(DEEDS) - {"actions.agreements.sign_agreement"}))
def test_those_of_the_team_are_answered(session: Session, cast: Cast, ids: tuple[int, int], name: str) -> None:
    assert DEEDS[name](session, cast.sofia, *ids) is not None

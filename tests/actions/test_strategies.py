from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from models import AuditEntry, Case, Strategy, StrategyState, Template
from models.templates import TemplateState
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.payments import record_payment
from workbench.actions.strategies import create_draft, discard_draft, publish, save_draft
from workbench.actions.templates import install_templates
from workbench.queries.strategies import effects, published, template_codes, versions
from workbench.rules.refusals import Refused
from workbench.rules.strategies import Arm, read_definition, shipped_definition


def in_force(session: Session, cast: Cast, definition: dict[str, Any] | None = None) -> Strategy:
    """A published strategy of the Mexican portfolio."""
    install_templates(session, at=NOW)
    draft = create_draft(session, cast.marta, cast.mexico.id, at=NOW)
    if definition:
        save_draft(session, cast.marta, draft.id, definition, at=NOW)
    publish(session, cast.marta, draft.id, at=NOW)
    return draft


def test_a_first_draft_is_the_shipped_strategy_in_the_portfolios_language(session: Session, cast: Cast) -> None:
    draft = create_draft(session, cast.marta, cast.mexico.id, at=NOW)
    assert (draft.version, draft.state, draft.created_by) == (1, StrategyState.DRAFT, cast.marta.user_id)
    assert read_definition(draft.definition) == read_definition(shipped_definition("es"))
    assert published(session, cast.mexico.id) is None


def test_a_portfolio_has_one_draft_and_one_published_version(session: Session, cast: Cast) -> None:
    first = in_force(session, cast)
    second = create_draft(session, cast.marta, cast.mexico.id, at=NOW)
    with pytest.raises(Refused, match="has a draft already"):
        create_draft(session, cast.marta, cast.mexico.id, at=NOW)
    assert second.definition == first.definition
    publish(session, cast.marta, second.id, at=NOW + timedelta(hours=1))
    assert [
        (each.version, each.state, each.published_by) for each in versions(session, cast.marta, cast.mexico.id)
    ] == [
        (2, StrategyState.PUBLISHED, "Marta"),
        (1, StrategyState.RETIRED, "Marta"),
    ]
    assert published(session, cast.mexico.id).version == 2
    for deed in (save_draft, publish, discard_draft):
        more = (first.definition,) if deed is save_draft else ()
        with pytest.raises(Refused, match="cannot be changed"):
            deed(session, cast.marta, second.id, *more, at=NOW)


def test_a_draft_is_saved_whole_or_not_at_all(session: Session, cast: Cast) -> None:
    draft = create_draft(session, cast.marta, cast.mexico.id, at=NOW)
    before = deepcopy(draft.definition)
    wrong = deepcopy(before)
    wrong["segments"][0]["steps"][0]["channels"] = []
    with pytest.raises(Refused, match="Step 1"):
        save_draft(session, cast.marta, draft.id, wrong, at=NOW)
    assert draft.definition == before
    right = deepcopy(before)
    right["segments"][0]["held_out"] = 0.1
    save_draft(session, cast.marta, draft.id, right, at=NOW, over=before)
    assert read_definition(draft.definition).segments[0].held_out == 0.1
    with pytest.raises(Refused, match="meanwhile"):
        save_draft(session, cast.marta, draft.id, before, at=NOW, over=before)


def test_a_strategy_without_an_approved_text_for_every_channel_is_not_published(session: Session, cast: Cast) -> None:
    install_templates(session, at=NOW)
    draft = create_draft(session, cast.marta, cast.mexico.id, at=NOW)
    gone = select(Template).where(Template.code == "firm_notice", Template.channel == "sms", Template.language == "es")
    for text in session.scalars(gone):
        text.state = TemplateState.RETIRED
        session.add(text)
    session.flush()
    with pytest.raises(Refused, match=r"“es” for: firm_notice \(sms\)\."):
        publish(session, cast.marta, draft.id, at=NOW)
    assert published(session, cast.mexico.id) is None
    assert "firm_notice" in template_codes(session, cast.mexico.id)


def test_a_discarded_draft_is_gone_and_told_in_the_audit(session: Session, cast: Cast) -> None:
    draft = create_draft(session, cast.marta, cast.mexico.id, at=NOW)
    discard_draft(session, cast.marta, draft.id, at=NOW)
    assert versions(session, cast.marta, cast.mexico.id) == []
    deeds = select(AuditEntry.deed).where(AuditEntry.subject == "strategy").order_by(col(AuditEntry.id))
    assert list(session.scalars(deeds)) == ["create_strategy_draft", "discard_strategy_draft"]


@pytest.mark.parametrize(
    ("who", "because"), [("ana", "role"), ("sofia", "role"), ("alma", "role"), ("marta", "nothing here")]
)
def test_only_its_manager_changes_a_strategy(session: Session, cast: Cast, who: str, because: str) -> None:
    marta = replace(cast.marta, portfolio_ids=frozenset({cast.colombia.id}))
    draft = create_draft(session, marta, cast.colombia.id, at=NOW)
    person = getattr(cast, who)
    for deed in (
        lambda: create_draft(session, person, cast.colombia.id, at=NOW),
        lambda: save_draft(session, person, draft.id, draft.definition, at=NOW),
        lambda: publish(session, person, draft.id, at=NOW),
        lambda: discard_draft(session, person, draft.id, at=NOW),
    ):
        with pytest.raises(Refused, match=because):
            deed()


@pytest.mark.parametrize(
    ("who", "because"), [("ana", "role"), ("alma", "role"), ("bruno", "role"), ("marta", "nothing here")]
)
def test_who_may_not_see_a_strategy_reads_none(session: Session, cast: Cast, who: str, because: str) -> None:
    portfolio = cast.colombia if who == "marta" else cast.mexico
    with pytest.raises(Refused, match=because):
        versions(session, getattr(cast, who), portfolio.id)


def test_the_effect_compares_arms_by_what_they_owed_when_it_was_published(session: Session, cast: Cast) -> None:
    published_at = NOW - timedelta(days=10)
    items = [owe(session, cast.mexico, amount="1000.00", days_past_due=5 + number) for number in range(40)]
    for item in items:
        case = session.get_one(Case, item.case_id)
        case.opened_on = TODAY - timedelta(days=30)
        session.add(case)
    early = owe(session, cast.mexico, amount="700.00", days_past_due=45)
    case = session.get_one(Case, early.case_id)
    case.opened_on = TODAY - timedelta(days=60)
    session.add(case)
    definition = shipped_definition("es")
    definition["segments"][0] |= {"held_out": 0.3, "when": {"days_past_due": {"most": 30}}}
    strategy = in_force(session, cast, definition)
    strategy.published_at = published_at
    session.add(strategy)
    session.flush()

    def pay(case_id: int, amount: Decimal, days_ago: int) -> None:
        paid_on = TODAY - timedelta(days=days_ago)
        record_payment(session, case_id=case_id, amount=amount, paid_on=paid_on, reference=f"{case_id}-{days_ago}", by=None, at=NOW)  # fmt: skip

    pay(items[10].case_id, Decimal("400.00"), 20)  # before: lowers what was owed
    pay(items[10].case_id, Decimal("600.00"), 3)  # since: it stays in its group
    pay(early.case_id, Decimal("700.00"), 3)  # in no segment
    found = effects(session, cast.sofia, strategy.id, on=TODAY)
    assert [each.arm for each in found] == [Arm.CHAMPION, Arm.HELD_OUT]
    # ten days ago they were 5 days before to 34 days after their due date
    assert sum(each.cases for each in found) == 36
    assert sum(each.owed for each in found) == Decimal("35600.00")
    assert sum(each.received for each in found) == Decimal("600.00")
    assert sum(each.paying for each in found) == 1
    assert 4 < found[1].cases < 22
    paid = next(each for each in found if each.received)
    assert paid.recovery == pytest.approx(600 / float(paid.owed))

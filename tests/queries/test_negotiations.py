"""Who waits to be negotiated with, in which order and why."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session

from models import (
    Agreement,
    AgreementState,
    Approval,
    ApprovalKind,
    ApprovalState,
    Band,
    Channel,
    Direction,
    Interaction,
    OfferKind,
    Queue,
    Role,
    WorkItem,
)
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions import worklist
from workbench.actions.negotiation_queue import open_negotiation
from workbench.queries.negotiations import case_why, negotiations
from workbench.queries.worklist import ranked_queue
from workbench.rules.follow_ups import SkipReason
from workbench.rules.reasons import in_words
from workbench.rules.refusals import Refused

HOUR = timedelta(hours=1)


def request(session: Session, cast: Cast, item: WorkItem, state: ApprovalState, **more: Any) -> None:
    decided: dict[str, Any] = (
        {} if state == ApprovalState.EXPIRED else {"decided_by": cast.sofia.user_id, "decided_at": NOW - HOUR}
    )
    session.add(
        Approval(
            submission_key=uuid4(),
            portfolio_id=item.portfolio_id,
            case_id=item.case_id,
            kind=ApprovalKind.PROMISE,
            state=state,
            needs=Role.SUPERVISOR,
            requested_by=cast.ana.user_id,
            requested_at=NOW - 2 * HOUR,
            reason="pide más plazo",
            terms={},
            expires_at=NOW + HOUR,
            **decided,
            **more,
        )
    )


def agreement(session: Session, item: WorkItem, state: AgreementState, *, missed: int, closed: date | None) -> None:
    session.add(
        Agreement(
            submission_key=uuid4(),
            portfolio_id=item.portfolio_id,
            case_id=item.case_id,
            kind=OfferKind.SHORT_PLAN,
            principal=Decimal(900),
            total=Decimal(900),
            signed_on=TODAY - timedelta(days=40),
            state=state,
            missed=missed,
            missed_limit=2,
            closed_on=closed,
            created_at=NOW,
        )
    )


def contact(session: Session, cast: Cast, item: WorkItem, code: str, at: datetime = NOW, **more: Any) -> None:
    inbound = more.pop("inbound", False)
    session.add(
        Interaction(
            submission_key=uuid4(),
            portfolio_id=item.portfolio_id,
            case_id=item.case_id,
            user_id=None if inbound else cast.ana.user_id,
            channel=Channel.WHATSAPP if inbound else Channel.CALL,
            direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
            disposition_code=code,
            started_at=at,
            ended_at=at,
            **more,
        )
    )


def why(session: Session, cast: Cast, item: WorkItem, language: str = "es") -> list[str]:
    session.flush()
    return [in_words(reason, language, "MXN") for reason in case_why(session, cast.ana, item.case_id, at=NOW)]


def test_the_most_urgent_comes_first_then_the_most_money(session: Session, cast: Cast) -> None:
    small, large, urgent = (owe(session, cast.mexico, name=name, score=score) for name, score in
                            (("Chica", 10.0), ("Grande", 900.0), ("Urgente", 1.0)))  # fmt: skip
    open_negotiation(session, [small.case_id, large.case_id], at=NOW)
    open_negotiation(session, [urgent.case_id], at=NOW, band=Band.BROKEN_PROMISE)
    assert cast.mexico.id is not None
    listed = negotiations(session, cast.ana, cast.mexico.id, at=NOW)
    assert [(each.rank, each.debtor) for each in listed] == [(1, "Urgente"), (2, "Grande"), (3, "Chica")]
    taken = []
    while claim := worklist.claim_next(session, cast.ana, portfolio_id=cast.mexico.id, at=NOW, queue=Queue.NEGOTIATION):
        taken.append(claim.case_id)
        worklist.skip(session, cast.ana, claim.item_id, reason=SkipReason.TECHNICAL, at=NOW)
    assert taken == [each.case_id for each in listed], "the list is the order in which they are handed out"


def test_every_source_says_why_in_both_languages(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    assert why(session, cast, item) == ["Hay una negociación en espera"]
    contact(session, cast, item, "call.negotiating", NOW - 3 * HOUR)
    assert why(session, cast, item) == ["Dispuesto a pagar una parte: lo dijo en la última llamada"]
    agreement(session, item, AgreementState.ACTIVE, missed=1, closed=None)
    assert why(session, cast, item)[0] == "Cuotas sin pagar: 1; con 2 se rompe el convenio"
    request(session, cast, item, ApprovalState.COUNTERED, counter={})
    assert why(session, cast, item)[0] == "Una contraoferta espera la respuesta de Ana"
    assert why(session, cast, item, "en") == [
        "A counter-offer waits for the answer of Ana",
        "Missed 1 installments; with 2 the agreement breaks",
        "Willing to pay a part: said so in the last call",
    ]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(ApprovalState.APPROVED, "Se aprobó lo que Ana pidió", id="approved"),
        pytest.param(ApprovalState.REJECTED, "Se rechazó lo que Ana pidió", id="rejected"),
        pytest.param(ApprovalState.EXPIRED, "Nadie decidió a tiempo sobre lo que Ana pidió", id="expired"),
    ],
)
def test_an_answer_is_a_reason_until_somebody_has_called(
    session: Session, cast: Cast, state: ApprovalState, words: str
) -> None:
    item = owe(session, cast.mexico)
    request(session, cast, item, state, ended_at=NOW - HOUR)
    assert why(session, cast, item) == [words]
    contact(session, cast, item, "call.no_answer")
    assert why(session, cast, item) == ["Hay una negociación en espera"]


def test_a_broken_agreement_and_a_reply_are_reasons(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    agreement(session, item, AgreementState.BROKEN, missed=2, closed=TODAY)
    contact(
        session, cast, item, "reply.wants_to_pay", inbound=True, note="quiero pagar", reading={"intent": "wants_to_pay"}
    )
    assert why(session, cast, item) == [
        "El convenio se rompió y nadie ha hablado con el deudor desde entonces",
        "Escribió por WhatsApp y espera respuesta",
    ]


def test_the_ranked_queue_of_negotiations_begins_with_why(session: Session, cast: Cast) -> None:
    item, _other = owe(session, cast.mexico), owe(session, cast.mexico)
    open_negotiation(session, [item.case_id], at=NOW)
    request(session, cast, item, ApprovalState.COUNTERED, counter={})
    session.flush()
    [place] = ranked_queue(session, cast.mexico, at=NOW, queue=Queue.NEGOTIATION)
    assert place.case_id == item.case_id
    assert in_words(place.reasons[0], "es", "MXN") == "Una contraoferta espera la respuesta de Ana"
    assert len(place.reasons) == 3


def test_bruno_reads_nothing_of_it(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    assert cast.mexico.id is not None
    with pytest.raises(Refused):
        negotiations(session, cast.bruno, cast.mexico.id, at=NOW)
    with pytest.raises(Refused):
        case_why(session, cast.bruno, item.case_id, at=NOW)

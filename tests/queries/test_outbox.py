"""The outbox as its page reads it."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Cause, Channel, MessageEvent, MessageState
from tests.cast import NOW, Cast, owe
from tests.queries.written import strategy_of, written
from workbench.queries.outbox import Wanted, facets, message, messages, page_of, unconfirmed
from workbench.rules.access import Viewer
from workbench.rules.refusals import Refused

WEEK = (NOW - timedelta(days=7), NOW + timedelta(days=1))


def wanted(cast: Cast, **more) -> Wanted:
    return Wanted(cast.mexico.id, *WEEK, **more)


@pytest.fixture
def three(session: Session, cast: Cast) -> list:
    """A delivered WhatsApp to Ximena, a planned SMS of a step to Óscar, an e-mail from last month to Ximena."""
    ximena, oscar = owe(session, cast.mexico, name="Ximena Villaseñor"), owe(session, cast.mexico, name="Óscar Ibáñez")
    strategy = strategy_of(session, cast.mexico.id)
    strategy.definition = {
        "segments": [
            {
                "steps": [{"code": "other", "name": "Otro"}],
                "challenger": {"share": 0.1, "steps": [{"code": "day_1", "name": "Primer aviso"}]},
            }
        ]
    }
    step = {"cause": Cause.STEP, "strategy_id": strategy.id, "step": "day_1", "anchor_on": NOW.date()}
    return [
        written(session, ximena),
        written(session, oscar, state=MessageState.PLANNED, channel=Channel.SMS, at=NOW + timedelta(minutes=1), **step),
        written(session, ximena, channel=Channel.EMAIL, at=NOW - timedelta(days=30)),
    ]


def test_the_last_planned_come_first_each_with_its_step_by_name(session: Session, cast: Cast, three) -> None:
    found = messages(session, cast.sofia, wanted(cast))
    assert [each.id for each in found] == [three[1].id, three[0].id]
    assert (found[0].name, found[0].step_name, found[0].state) == ("Óscar Ibáñez", "Primer aviso", MessageState.PLANNED)
    assert (found[1].step_name, found[1].moment, found[1].zone) == (None, NOW, "America/Mexico_City")


@pytest.mark.parametrize(
    ("asked", "whose"),
    [
        ({"state": MessageState.DELIVERED}, ["Ximena Villaseñor"]),
        ({"state": MessageState.FAILED}, []),
        ({"channel": Channel.SMS}, ["Óscar Ibáñez"]),
        ({"cause": Cause.STEP, "step": "day_1"}, ["Óscar Ibáñez"]),
        ({"cause": Cause.PROMISE_DUE}, ["Ximena Villaseñor"]),
        ({"typed": "ibanez"}, ["Óscar Ibáñez"]),
        ({"typed": "nobody at all"}, []),
        ({"typed": "' OR 1=1 --"}, []),
    ],
)
def test_every_filter_narrows_the_list_and_its_counts(session: Session, cast: Cast, three, asked, whose) -> None:
    assert [each.name for each in messages(session, cast.sofia, wanted(cast, **asked))] == whose
    counted = facets(session, cast.sofia, wanted(cast, **asked))
    assert sum(counted.states.values()) == (len(whose) if "state" not in asked else 2)


def test_a_reference_finds_its_debtor(session: Session, cast: Cast, three) -> None:
    reference = messages(session, cast.sofia, wanted(cast))[0].reference
    assert [each.reference for each in messages(session, cast.sofia, wanted(cast, typed=reference))] == [reference]


def test_pages_follow_one_another_without_gap_or_double(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    ids = [written(session, item, at=NOW + timedelta(minutes=number // 3)).id for number in range(7)]
    seen, after = [], None
    while page := messages(session, cast.sofia, wanted(cast), after=after, most=3):
        seen += [each.id for each in page]
        after = page[-1].cursor
    assert seen == ids[::-1]


def test_a_message_is_shown_with_what_became_of_it(session: Session, cast: Cast, three) -> None:
    session.add(MessageEvent(message_id=three[0].id, state=MessageState.SENT, at=NOW, source="send"))
    session.add(
        MessageEvent(
            message_id=three[0].id, state=MessageState.CANCELLED, at=NOW, source="person", by_id=cast.sofia.user_id
        )
    )
    session.flush()
    detail = message(session, cast.sofia, three[0].id)
    assert (detail.subject, detail.body, detail.hidden) == ("Aviso", "Hola, le escribimos.", False)
    assert [(each.state, each.source, each.by) for each in detail.events] == [
        (MessageState.SENT, "send", None),
        (MessageState.CANCELLED, "person", "Sofía"),
    ]


def test_without_the_right_to_personal_data_neither_name_nor_text_is_shown(session, cast, three, monkeypatch) -> None:
    monkeypatch.setattr(Viewer, "may", lambda _who, permission: permission == "see_messages")
    detail = message(session, cast.sofia, three[0].id)
    assert (detail.line.name, detail.to, detail.subject, detail.body, detail.hidden) == (None, None, None, None, True)
    assert {each.name for each in messages(session, cast.sofia, wanted(cast))} == {None}


def test_what_is_unconfirmed_is_listed_however_old(session: Session, cast: Cast) -> None:
    item = owe(session, cast.mexico)
    old = written(session, item, state=MessageState.UNCONFIRMED, at=NOW - timedelta(days=90), ended_at=NOW)
    assert [each.id for each in unconfirmed(session, cast.sofia, cast.mexico.id)] == [old.id]


@pytest.mark.parametrize("name", ["ana", "bruno", "alma"])
def test_whose_role_does_not_see_messages_is_refused(session: Session, cast: Cast, three, name: str) -> None:
    who = getattr(cast, name)
    for ask in (
        lambda: messages(session, who, wanted(cast)),
        lambda: facets(session, who, wanted(cast)),
        lambda: unconfirmed(session, who, cast.mexico.id),
        lambda: message(session, who, three[0].id),
    ):
        with pytest.raises(Refused):
            ask()


def test_sofia_never_sees_colombias_messages(session: Session, cast: Cast) -> None:
    theirs = written(session, owe(session, cast.colombia, phone="+573001234567"))
    with pytest.raises(Refused, match="nothing here"):
        message(session, cast.sofia, theirs.id)
    with pytest.raises(Refused):
        messages(session, cast.sofia, Wanted(cast.colombia.id, *WEEK))


def test_a_page_of_the_list_reads_its_index_and_sorts_nothing(session: Session, cast: Cast) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    narrow = ["m.portfolio_id = :portfolio", "m.planned_at >= :start", "m.planned_at < :end"]
    statement = page_of([*narrow, "(m.planned_at, m.id) < (:after_at, :after_id)"])
    asked = {
        "portfolio": 1,
        "start": WEEK[0],
        "end": WEEK[1],
        "after_at": NOW,
        "after_id": 9,
        "most": 50,
        "named": True,
    }
    told = "\n".join(session.execute(text(f"EXPLAIN {statement.text}"), asked).scalars())
    assert "ix_message_portfolio_id_planned_at" in told
    assert "Sort" not in told

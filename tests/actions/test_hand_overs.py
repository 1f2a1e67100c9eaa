"""Cases handed over: proposed by the policy, decided by somebody else, exported, and nobody contacted after."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from sqlmodel import Session, select

from models import Channel, HandOver, HandOverState, HandOverTo, Pause, PauseKind, Standing, WorkItem
from tests.actions.books import DAY, NIGHT, day, pause, promise, publish, strategy, task
from tests.cast import NOW, TODAY, Cast, owe
from workbench.actions.hand_overs import decide_hand_overs, export_hand_overs, propose, propose_hand_overs, recall
from workbench.actions.interactions import InteractionForm, record
from workbench.actions.pauses import end_pause
from workbench.actions.planning import dry_run, plan_night
from workbench.actions.replies_out import write_reply
from workbench.actions.standings import rescore_cases
from workbench.rules.hand_overs import HandOverPolicy, destination
from workbench.rules.refusals import Refused
from workbench.rules.strategies import read_definition

LADDER = strategy(task("hand_over", 91, "hand_over", valid_days=3650))


def late(session: Session, cast: Cast, days: int = 120, amount: str = "1000", **more) -> WorkItem:
    item = owe(session, cast.mexico, days_past_due=days, amount=amount, **more)
    rescore_cases(session, [item.case_id], on=TODAY)
    return item


def night(session: Session, cast: Cast) -> tuple[int, int]:
    return propose_hand_overs(session, cast.mexico, on=TODAY, at=NOW)


def states(session: Session) -> list[tuple[str, str]]:
    session.expire_all()
    return [(row.goes_to, row.state) for row in session.exec(select(HandOver).order_by(HandOver.id))]


def proposal(session: Session, cast: Cast, **more) -> HandOver:
    late(session, cast, **more)
    night(session, cast)
    return session.exec(select(HandOver).order_by(HandOver.id.desc())).first()


def approve(session: Session, cast: Cast, *ids: int, recipient: str = "Estudio Ríos") -> int:
    return decide_hand_overs(session, cast.marta, ids, approve=True, recipient=recipient, at=NOW)


POLICY = HandOverPolicy(90, Decimal(500), 180, Decimal(5000))


@pytest.mark.parametrize(
    ("days", "balance", "goes_to"),
    [
        (90, "500", None),
        (91, "499.99", None),
        (91, "500", HandOverTo.AGENCY),
        (181, "4999.99", HandOverTo.AGENCY),
        (180, "5000", HandOverTo.AGENCY),
        (181, "5000", HandOverTo.JUDICIAL),
    ],
)
def test_the_policy_by_a_person_and_by_the_night(
    session: Session, cast: Cast, days: int, balance: str, goes_to: HandOverTo | None
) -> None:
    assert destination(days, Decimal(balance), POLICY) == goes_to
    book = cast.mexico
    book.hand_over_after, book.hand_over_least, book.judicial_after, book.judicial_least = 90, 500, 180, 5000
    late(session, cast, days, balance)
    night(session, cast)
    assert states(session) == ([(goes_to, "proposed")] if goes_to else [])


def test_the_same_night_again_changes_nothing_and_who_pays_lapses(session: Session, cast: Cast) -> None:
    item = late(session, cast)
    assert night(session, cast) == (1, 0)
    assert night(session, cast) == (0, 0)
    session.execute(text("UPDATE receivable SET balance = 0, settled_on = :on"), {"on": TODAY})
    rescore_cases(session, [item.case_id], on=TODAY)
    assert night(session, cast) == (0, 1)
    assert states(session) == [("agency", "lapsed")]


@pytest.mark.parametrize("why", ["promise", "dispute", "hardship"])
def test_who_keeps_to_something_or_is_paused_is_not_proposed(session: Session, cast: Cast, why: str) -> None:
    item = late(session, cast)
    if why == "promise":
        promise(session, item, day(3))
    else:
        pause(session, item, PauseKind(why))
    assert night(session, cast) == (0, 0)


def test_a_declined_case_rests_before_it_is_proposed_again(session: Session, cast: Cast) -> None:
    made = proposal(session, cast)
    with pytest.raises(Refused, match="Write down why"):
        decide_hand_overs(session, cast.marta, [made.id], approve=False, at=NOW)
    decide_hand_overs(session, cast.marta, [made.id], approve=False, note="Paga en mostrador", at=NOW)
    assert night(session, cast) == (0, 0)
    later = TODAY + timedelta(days=31)
    assert propose_hand_overs(session, cast.mexico, on=later, at=NOW)[0] == 1


def test_many_are_handed_over_at_once(session: Session, cast: Cast) -> None:
    cast.mexico.judicial_least = Decimal(5000)
    items = [late(session, cast, 200, "9000") for _ in range(3)] + [late(session, cast, 120) for _ in range(3)]
    night(session, cast)
    ids = session.exec(select(HandOver.id)).all()
    assert approve(session, cast, *ids) == 6
    session.expire_all()
    assert states(session) == [("judicial", "approved")] * 3 + [("agency", "approved")] * 3
    assert [session.get_one(Standing, item.case_id).stage for item in items[:4]] == ["judicial"] * 3 + ["extrajudicial"]
    assert {row.state for row in session.exec(select(WorkItem))} == {"closed"}
    pauses = session.exec(select(Pause)).all()
    assert {(row.kind, row.until_on, row.reason) for row in pauses} == {("hand_over", None, "Entregado a Estudio Ríos")}
    with pytest.raises(Refused, match="6 of these were decided meanwhile"):
        approve(session, cast, *ids)


def test_nobody_decides_what_they_proposed_themselves(session: Session, cast: Cast) -> None:
    item = late(session, cast, 20)
    made = propose(session, cast.marta, item.case_id, HandOverTo.AGENCY, reason="Se mudó", at=NOW)
    with pytest.raises(Refused, match="somebody else decides"):
        approve(session, cast, made)
    with pytest.raises(Refused, match="proposed or handed over already"):
        propose(session, cast.sofia, item.case_id, HandOverTo.AGENCY, reason="Se mudó", at=NOW)


def test_nothing_is_contacted_after(session: Session, cast: Cast) -> None:
    item = late(session, cast)
    night(session, cast)
    approve(session, cast, session.exec(select(HandOver.id)).one())
    form = InteractionForm(
        submission_key=uuid4(), item_id=None, case_id=item.case_id, contact_point_id=None,
        disposition_code="call.no_answer", started_at=NOW, note="",
    )  # fmt: skip
    with pytest.raises(Refused, match="handed over on"):
        record(session, cast.sofia, form, at=NOW)
    with pytest.raises(Refused):
        write_reply(session, cast.sofia, item.case_id, Channel.WHATSAPP, "Hola", f"reply:{uuid4()}", at=NOW)
    [held] = session.exec(select(Pause)).all()
    with pytest.raises(Refused, match="a manager calls it back"):
        end_pause(session, cast.sofia, held.id, reason="x", at=NOW)


def test_a_recalled_case_is_ours_again_at_the_stage_of_its_days(session: Session, cast: Cast) -> None:
    item = late(session, cast, 200)
    night(session, cast)
    [made] = session.exec(select(HandOver)).all()
    approve(session, cast, made.id)
    assert recall(session, cast.marta, [made.id], note="Pagó una parte", at=NOW) == 1
    session.expire_all()
    assert states(session) == [("judicial", "recalled")]
    assert session.get_one(Standing, item.case_id).stage == "extrajudicial"
    assert session.get_one(WorkItem, item.id).state == "ready"
    assert session.exec(select(Pause)).one().ended_because == "Pagó una parte"
    assert night(session, cast) == (0, 0)


def test_the_file_names_the_debtor_and_runs_nothing(session: Session, cast: Cast) -> None:
    made = proposal(session, cast, name="=HYPERLINK(1)")
    with pytest.raises(Refused):
        export_hand_overs(session, cast.marta, [made.id], file="csv", language="es", at=NOW)
    approve(session, cast, made.id)
    kept = export_hand_overs(session, cast.marta, [made.id], file="csv", language="es", at=NOW)
    told = kept.content.decode("utf-8-sig").splitlines()
    assert told[0].startswith("Código del deudor,Nombre")
    assert "'=HYPERLINK(1)" in told[1]
    assert "1000.00,MXN,Agencia externa,Estudio Ríos,2026-11-18" in told[1]
    session.expire_all()
    assert session.get_one(HandOver, made.id).document_id == kept.id
    book = export_hand_overs(session, cast.marta, [made.id], file="xlsx", language="en", at=NOW)
    rows = CalamineWorkbook.from_filelike(BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert rows[1][1] == "=HYPERLINK(1)"
    noted = text("SELECT count(*) FROM audit_entry WHERE deed = 'export_hand_overs'")
    assert session.execute(noted).scalar_one() == 2


def test_who_may_not(session: Session, cast: Cast) -> None:
    item = late(session, cast, 20)
    made = proposal(session, cast)
    deeds = (
        lambda who: propose(session, who, item.case_id, HandOverTo.AGENCY, reason="x", at=NOW),
        lambda who: decide_hand_overs(session, who, [made.id], approve=True, recipient="x", at=NOW),
        lambda who: recall(session, who, [made.id], note="x", at=NOW),
        lambda who: export_hand_overs(session, who, [made.id], file="csv", language="es", at=NOW),
    )
    for who in (cast.ana, cast.bruno, cast.alma):
        for deed in deeds:
            with pytest.raises(Refused):
                deed(who)
    for deed in deeds[1:]:
        with pytest.raises(Refused, match="role"):
            deed(cast.sofia)
    assert session.get_one(HandOver, made.id).state == HandOverState.PROPOSED


# the strategy's ladder


def ladder(session: Session, cast: Cast, on: int = 0) -> int:
    """The ladders of a night so many days after today; how many tasks it wrote, which a dry run had counted."""
    shown = dry_run(session, cast.marta, cast.mexico.id, read_definition(LADDER), on=day(on), at=NIGHT + on * DAY)
    tasks = plan_night(session, cast.mexico, on=day(on), at=NIGHT + on * DAY).tasks
    assert tasks == shown.tasks
    return tasks


def test_the_end_of_a_ladder_is_a_proposal_once(session: Session, cast: Cast) -> None:
    cast.mexico.hand_over_least = Decimal(50_000)  # the policy itself proposes nobody
    publish(session, cast.mexico, LADDER)
    item = late(session, cast)
    assert (night(session, cast), ladder(session, cast)) == ((0, 0), 1)
    assert (night(session, cast), ladder(session, cast, 1)) == ((0, 0), 0)
    assert states(session) == [("agency", "proposed")]
    made = session.exec(select(HandOver)).one()
    told = (made.case_id, made.days_past_due, made.balance, made.proposed_by, made.reason)
    assert told == (
        item.case_id,
        120,
        1000,
        None,
        "La escalera de la estrategia termina aquí: debe decidir una persona",
    )
    session.execute(text("UPDATE receivable SET balance = 0, settled_on = :on"), {"on": TODAY})
    rescore_cases(session, [item.case_id], on=TODAY)
    assert (night(session, cast), states(session)) == ((0, 1), [("agency", "lapsed")])


def test_the_ladder_sends_to_the_courts_by_the_policys_days_and_amount(session: Session, cast: Cast) -> None:
    cast.mexico.judicial_least = Decimal(5000)
    publish(session, cast.mexico, LADDER)
    late(session, cast, 200, "9000")
    late(session, cast, 200, "100")
    ladder(session, cast)
    assert states(session) == [("judicial", "proposed"), ("agency", "proposed")]


@pytest.mark.parametrize("why", ["proposed", "handed over", "declined", "promise"])
def test_the_ladder_proposes_nobody_the_policy_leaves_alone(session: Session, cast: Cast, why: str) -> None:
    publish(session, cast.mexico, LADDER)
    if why == "promise":
        promise(session, late(session, cast), day(3))
    else:
        made = proposal(session, cast)
        if why == "handed over":
            approve(session, cast, made.id)
        elif why == "declined":
            decide_hand_overs(session, cast.marta, [made.id], approve=False, note="Paga en mostrador", at=NOW)
    before = states(session)
    ladder(session, cast)
    assert states(session) == before

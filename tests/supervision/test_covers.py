"""Covers that end by themselves, leavers, and portfolios that go to another team."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import Case, DealKind, DealState, DealWay, Role, TeamMember
from tests.cast import NOW, TODAY, Cast, owe
from tests.supervision.dealing import agent, dump, north, owned, owners, promised, reserved, south
from workbench.actions import deals
from workbench.actions.deals import Asked, Deal, cover, move_portfolio, replace_leaver
from workbench.actions.users import change_teams, deactivate
from workbench.actions.worklist import claim_case, claim_next, release
from workbench.queries.deals import deals as dealt
from workbench.queries.deals import debtors_codes
from workbench.queries.users import viewer
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Why
from workbench.rules.refusals import Refused
from workbench.ui import assignment_history

DAY = timedelta(days=1)


@pytest.fixture
def luis(session: Session, cast: Cast) -> Viewer:
    """A second agent of Ana's team."""
    return agent(session, north(cast), "Luis")


def done(session: Session, who: Viewer, asked: Asked) -> Deal:
    return deals.apply(session, who, deals.preview(session, who, asked, at=NOW), at=NOW)


def test_a_cover_goes_back_by_itself_when_its_last_day_is_over(session: Session, cast: Cast, luis: Viewer) -> None:
    mine, held = owned(session, cast, cast.ana), owned(session, cast, cast.ana)
    another, pool = owned(session, cast, cast.sofia), owe(session, cast.mexico)
    promised(session, mine, cast.ana)
    promised(session, another, cast.ana)
    before = dump(session)
    deal = done(session, cast.sofia, cover(cast.ana.user_id, TODAY + DAY, agents=(luis.user_id,)))
    assert owners(session) == {
        mine.case_id: luis.user_id, held.case_id: luis.user_id, another.case_id: cast.sofia.user_id, pool.case_id: None
    }  # fmt: skip
    followers = text("SELECT followed_by FROM promise ORDER BY id")
    assert session.execute(followers).scalars().all() == [luis.user_id, cast.sofia.user_id]
    assert deals.revert_covers(session, at=NOW + DAY) == []

    claim = claim_case(session, luis, held.case_id, at=NOW + DAY)
    morning = NOW + 2 * DAY
    [first] = deals.revert_covers(session, at=morning)
    assert [(each.case_id, each.why) for each in first.left] == [(held.case_id, Why.IN_HAND)]
    assert (deal.state, owners(session)[mine.case_id], owners(session)[held.case_id]) == (
        DealState.APPLIED, cast.ana.user_id, luis.user_id
    )  # fmt: skip
    release(session, luis, claim.item_id, at=morning)
    [second] = deals.revert_covers(session, at=morning)
    assert (second.restored, second.left, deal.state) == (1, (), DealState.REVERTED)
    session.execute(text("UPDATE work_item SET ready_at = :at"), {"at": NOW})  # who is given back waits anew
    assert dump(session) == before
    assert deals.revert_covers(session, at=morning) == []


def test_what_was_opened_during_a_cover_goes_back_with_its_case(session: Session, cast: Cast, luis: Viewer) -> None:
    item = owned(session, cast, cast.ana, state="closed")
    session.execute(text("UPDATE work_item SET reserved_for = NULL"))
    done(session, cast.sofia, cover(cast.ana.user_id, TODAY, agents=(luis.user_id,)))
    session.execute(
        text("UPDATE work_item SET state = 'ready', ready_at = now(), reserved_for = :luis"), {"luis": luis.user_id}
    )
    deals.revert_covers(session, at=NOW + DAY)
    assert reserved(session)[item.id] == cast.ana.user_id


def test_a_cover_that_was_covered_in_turn_goes_back_when_that_has_ended(
    session: Session, cast: Cast, luis: Viewer
) -> None:
    item, pia = owned(session, cast, cast.ana), agent(session, north(cast), "Pía")
    before = dump(session)
    first = done(session, cast.sofia, cover(cast.ana.user_id, TODAY, agents=(luis.user_id,)))
    second = done(session, cast.sofia, cover(luis.user_id, TODAY + DAY, agents=(pia.user_id,)))
    deals.revert_covers(session, at=NOW + DAY)
    assert (first.state, owners(session)[item.case_id]) == (DealState.APPLIED, pia.user_id)
    deals.revert_covers(session, at=NOW + 2 * DAY)
    deals.revert_covers(session, at=NOW + 2 * DAY)
    assert (first.state, second.state) == (DealState.REVERTED, DealState.REVERTED)
    assert dump(session) == before


def test_a_leavers_lent_cases_go_to_whom_the_leavers_deal_gives_them(
    session: Session, cast: Cast, luis: Viewer
) -> None:
    """Luis covers Ana when she leaves for good: her cases go to Pía, and the cover's end takes none of them back."""
    pia = agent(session, north(cast), "Pía")
    lent, own = owned(session, cast, cast.ana), owned(session, cast, luis)
    another = owned(session, cast, cast.sofia)
    promise = promised(session, lent, cast.ana)
    followed = promised(session, another, cast.ana)
    covered = done(session, cast.sofia, cover(cast.ana.user_id, TODAY, agents=(luis.user_id,)))
    before = dump(session)
    leaver = done(session, cast.sofia, replace_leaver(cast.ana.user_id, agents=(pia.user_id,)))
    session.expire_all()
    assert owners(session) == {
        lent.case_id: pia.user_id, own.case_id: luis.user_id, another.case_id: cast.sofia.user_id
    }  # fmt: skip
    assert (promise.followed_by, reserved(session)[lent.id]) == (pia.user_id, pia.user_id)
    deals.undo(session, cast.sofia, leaver.id or 0, at=NOW)
    assert dump(session) == before

    done(session, cast.sofia, replace_leaver(cast.ana.user_id, agents=(pia.user_id,)))
    after = dump(session)
    [over] = deals.revert_covers(session, at=NOW + DAY)
    assert (covered.state, dump(session)) == (DealState.REVERTED, after)
    assert (over.restored, over.left) == (
        0, (deals.Left(lent.case_id, Why.GONE), deals.Left(another.case_id, Why.GONE))
    )  # fmt: skip
    assert followed.followed_by == cast.sofia.user_id  # with whom the cover had put it
    assert deals.revert_covers(session, at=NOW + 2 * DAY) == []


def test_a_leavers_lent_cases_may_stay_with_whoever_covers(session: Session, cast: Cast, luis: Viewer) -> None:
    lent = owned(session, cast, cast.ana)
    owned(session, cast, cast.ana)
    done(session, cast.sofia, cover(cast.ana.user_id, TODAY, agents=(luis.user_id,)))
    one_more = owned(session, cast, cast.ana)
    done(session, cast.sofia, replace_leaver(cast.ana.user_id, agents=(luis.user_id,)))
    deals.revert_covers(session, at=NOW + DAY)  # before anybody has closed her log-in
    assert set(owners(session).values()) == {luis.user_id}
    assert {lent.case_id, one_more.case_id} <= set(owners(session))


@pytest.mark.parametrize("how", ["deactivated", "in another team"])
def test_a_cover_gives_nothing_back_to_who_is_gone(session: Session, cast: Cast, luis: Viewer, how: str) -> None:
    lent, held = owned(session, cast, cast.ana), owned(session, cast, cast.ana)
    deal = done(session, cast.sofia, cover(cast.ana.user_id, TODAY, agents=(luis.user_id,)))
    claim_case(session, luis, held.case_id, at=NOW)
    if how == "deactivated":
        deactivate(session, cast.ana.user_id, by=None, at=NOW)
    else:
        change_teams(session, cast.ana.user_id, ["sur"], by=None, at=NOW)
    before = dump(session)
    [over] = deals.revert_covers(session, at=NOW + DAY)
    assert (deal.state, dump(session)) == (DealState.REVERTED, before)
    assert [(each.case_id, each.why) for each in over.left] == [(lent.case_id, Why.GONE), (held.case_id, Why.GONE)]
    codes = debtors_codes(session, cast.sofia, [lent.case_id, held.case_id])
    assert len(set(codes.values())) == 2
    line = assignment_history._line(dealt(session, cast.sofia)[0], "America/Mexico_City", codes)
    said = "2 quedaron como están: Aquel a quien volverían ya no está"
    assert f"{said} ({codes[lent.case_id]}, {codes[held.case_id]})" in line
    assert "no todo volvió" in line
    assert f"{said}<br>" in assignment_history._line(dealt(session, cast.sofia)[0], "America/Mexico_City", {})


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        (cover(1, TODAY - DAY), "last day of the cover is over"),
        (cover(1, TODAY + 200 * DAY), "at most 120 days"),
        (cover(1, TODAY, way=DealWay.NOBODY), "Somebody has to cover"),
        (Asked(DealWay.COUNT, DealKind.COVER, of_user=1), "last day of the cover"),
        (Asked(DealWay.COUNT, DealKind.LEAVER), "whose work"),
        (Asked(DealWay.COUNT, until_on=TODAY), "Only a cover"),
        (Asked(DealWay.COUNT, DealKind.PORTFOLIO), "which portfolios"),
        (Asked(DealWay.COUNT, cap=-1), "not less than zero"),
        (Asked(DealWay.COUNT, note="x" * 501), "500 characters"),
    ],
)
def test_what_makes_no_sense_is_refused(session: Session, cast: Cast, asked: Asked, because: str) -> None:
    whose = replace(asked, of_user=asked.of_user and cast.ana.user_id)
    with pytest.raises(Refused, match=because):
        deals.preview(session, cast.marta, whose, at=NOW)


def test_nobody_covers_who_is_away_on_one_of_the_days(session: Session, cast: Cast, luis: Viewer) -> None:
    owned(session, cast, cast.ana)
    session.execute(
        text("INSERT INTO absence (user_id, from_on, until_on, reason, made_at) VALUES (:luis, :on, :on, '', :at)"),
        {"luis": luis.user_id, "on": TODAY + 3 * DAY, "at": NOW},
    )
    with pytest.raises(Refused, match="None of the people"):
        deals.preview(session, cast.sofia, cover(cast.ana.user_id, TODAY + 5 * DAY), at=NOW)
    assert deals.preview(session, cast.sofia, cover(cast.ana.user_id, TODAY + DAY), at=NOW).cases == 1


def test_everything_of_a_leaver_goes_to_others_after_a_test_run(session: Session, cast: Cast, luis: Viewer) -> None:
    mine, pool = owned(session, cast, cast.ana), owe(session, cast.mexico)
    settled = owned(session, cast, cast.ana)
    session.execute(
        text("UPDATE case_standing SET balance = 0, past_due = 0, oldest_due_on = NULL WHERE case_id = :id"),
        {"id": settled.case_id},
    )
    promise = promised(session, pool, cast.ana)
    call = {"state": "waiting", "not_before": NOW + timedelta(hours=1), "band": 1, "reserved_for": cast.ana.user_id}
    agreed = owe(session, cast.mexico, **call)
    before = dump(session)
    run = deals.preview(session, cast.sofia, replace_leaver(cast.ana.user_id), at=NOW)
    assert (run.cases, run.promises, dump(session)) == (4, 1, before)
    deal = deals.apply(session, cast.sofia, run, at=NOW)
    session.expire_all()
    assert owners(session) == {
        mine.case_id: luis.user_id, pool.case_id: None, settled.case_id: luis.user_id, agreed.case_id: None
    }  # fmt: skip
    assert (promise.followed_by, reserved(session)[agreed.id]) == (luis.user_id, luis.user_id)
    deals.undo(session, cast.sofia, deal.id or 0, at=NOW)
    assert dump(session) == before


def test_what_was_kept_for_somebody_who_is_gone_is_everybodys(session: Session, cast: Cast, luis: Viewer) -> None:
    item = owned(session, cast, cast.ana)
    assert claim_next(session, luis, portfolio_id=cast.mexico.id or 0, at=NOW) is None
    deactivate(session, cast.ana.user_id, by=None, at=NOW)
    assert owners(session)[item.case_id] == cast.ana.user_id
    assert claim_next(session, luis, portfolio_id=cast.mexico.id or 0, at=NOW).item_id == item.id
    moved = owned(session, cast, cast.sofia)
    change_teams(session, cast.sofia.user_id, ["sur"], by=None, at=NOW)
    assert reserved(session)[moved.id] is None


@pytest.mark.parametrize("way", [DealWay.NOBODY, DealWay.COUNT])
def test_a_portfolio_goes_to_another_team_and_back(session: Session, cast: Cast, way: DealWay) -> None:
    both = agent(session, north(cast), "Pía")
    session.add(TeamMember(team_id=south(cast), user_id=both.user_id))
    session.add(TeamMember(team_id=south(cast), user_id=cast.marta.user_id))
    session.flush()
    marta = viewer(session, cast.marta.user_id)
    mine, hers, pool = owned(session, cast, cast.ana), owned(session, cast, both), owe(session, cast.mexico)
    before = dump(session)
    asked = move_portfolio((cast.mexico.id or 0,), north(cast), south(cast), way=way)
    with pytest.raises(Refused, match="Your role"):
        deals.preview(session, cast.sofia, asked, at=NOW)
    held = claim_next(session, cast.ana, portfolio_id=cast.mexico.id or 0, at=NOW)
    with pytest.raises(Refused, match="1 debtors are in the hands"), session.begin_nested():
        done(session, marta, asked)
    release(session, cast.ana, held.item_id, at=NOW)

    deal = done(session, marta, asked)
    assert viewer(session, cast.ana.user_id).portfolio_ids == frozenset()
    assert viewer(session, cast.bruno.user_id).portfolio_ids == {cast.mexico.id, cast.colombia.id}
    taken = {None} if way is DealWay.NOBODY else {cast.bruno.user_id, both.user_id}
    assert owners(session)[mine.case_id] in taken
    assert (owners(session)[hers.case_id], owners(session)[pool.case_id]) == (both.user_id, None)
    session.get_one(Case, pool.case_id).owner_id = cast.bruno.user_id
    session.flush()
    with pytest.raises(Refused, match="1 cases belong to this team's people"), session.begin_nested():
        deals.undo(session, marta, deal.id or 0, at=NOW)
    session.get_one(Case, pool.case_id).owner_id = None
    session.flush()
    assert deals.undo(session, marta, deal.id or 0, at=NOW).restored == 1
    assert dump(session) == before


def test_what_was_left_of_a_portfolio_that_moved_is_kept_for_nobody_who_lost_it(session: Session, cast: Cast) -> None:
    both = agent(session, north(cast), "Pía", role=Role.SUPERVISOR)
    session.add(TeamMember(team_id=south(cast), user_id=both.user_id))
    session.add(TeamMember(team_id=south(cast), user_id=cast.marta.user_id))
    session.flush()
    held, changed = owned(session, cast, cast.ana), owned(session, cast, cast.ana)
    marta, both = viewer(session, cast.marta.user_id), viewer(session, both.user_id)
    claim = claim_case(session, both, held.case_id, at=NOW)
    asked = move_portfolio((cast.mexico.id or 0,), north(cast), south(cast))
    shown = deals.preview(session, marta, asked, at=NOW)
    session.execute(
        text("UPDATE collection_case SET owner_id = :sofia WHERE id = :id"),
        {"sofia": cast.sofia.user_id, "id": changed.case_id},
    )
    deal = deals.apply(session, marta, shown, at=NOW)
    assert deal.told["left_cases"] == [changed.case_id]
    release(session, both, claim.item_id, at=NOW)
    assert set(reserved(session).values()) == {None}
    agreed = owe(session, cast.mexico, reserved_for=cast.bruno.user_id)
    deals.undo(session, marta, deal.id or 0, at=NOW)
    assert reserved(session)[agreed.id] is None

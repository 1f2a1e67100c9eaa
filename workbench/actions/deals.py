"""Work dealt out in one deed: seen before it is done, done in one statement, put back exactly.

What somebody works with is never dealt away. A deal writes what the preview showed, without the cases that changed in
between, and says which; undone, it puts back what nobody changed since, and says what it left.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb
from sqlalchemy import Row, text
from sqlmodel import Session, col, select

from models.deals import Deal, DealKind, DealState, DealWay
from workbench.actions import audit
from workbench.actions.deal_statements import APPLY, LOCK_CASES, PUT_BACK
from workbench.actions.reservations import free_portfolios
from workbench.actions.staging import FEW, stage
from workbench.queries.deal_previews import Preview, dealing_day, people_of, preview
from workbench.queries.deals import cases_owned, names
from workbench.rules.access import Permission, Viewer
from workbench.rules.deal_requests import Asked, Why
from workbench.rules.refusals import Refused

__all__ = [
    "Asked",
    "Left",
    "Preview",
    "Undone",
    "apply",
    "cover",
    "move_portfolio",
    "preview",
    "replace_leaver",
    "revert_covers",
    "undo",
]

PLANNED = {"case_id": "i8", "owner_before": "i8", "owner_after": "i8", "receiver": "i8"}
MOST_NAMED = 200


@dataclass(frozen=True, slots=True)
class Left:
    """A case of a deal that was left as it is, and why: `in_hand`, `changed` since, or whose it would be is `gone`."""

    case_id: int
    why: Why


@dataclass(frozen=True, slots=True)
class Undone:
    """How many cases went back, and those that did not, or not wholly."""

    deal_id: int
    restored: int
    left: tuple[Left, ...]


def apply(session: Session, who: Viewer, previewed: Preview, *, at: datetime) -> Deal:
    """Does what the preview shows, in one set-based statement; applied twice, the first deal is returned.

    A case that somebody took in hand since, or that changed hands, stays as it is, with its debtor's other cases:
    `told["left"]` counts them and `told["left_cases"]` names the first. Refused when one of those who would get work may
    no longer be given any, or would own more than they may.
    """
    asked = previewed.asked
    for portfolio_id in previewed.portfolio_ids:  # seen when it was previewed, perhaps not any more
        who.require_portfolio(portfolio_id)
    people_of(session, who, asked, on=dealing_day(session, who, at))
    if not len(previewed.plan) and asked.kind is not DealKind.PORTFOLIO:
        raise Refused("There is nothing to deal out.")
    deal = _begin(session, who, previewed, at)
    if deal is None:
        return session.exec(select(Deal).where(Deal.key == previewed.key)).one()
    _require_room(session, who, previewed, at)
    told = _told(previewed)
    if asked.kind is DealKind.PORTFOLIO:
        told |= _move_teams(session, asked)
    if len(previewed.plan):
        told |= _write(session, previewed, deal.id or 0)
    if asked.kind is DealKind.PORTFOLIO:
        free_portfolios(session, asked.portfolio_ids)  # what was left stays its owner's, but somebody must see it
    deal.told = told
    session.flush()
    audit.log(session, "deal", "deal", deal.id, by=who.user_id, at=at, kind=asked.kind.value, cases=told["cases"])
    return deal


def undo(session: Session, who: Viewer, deal_id: int, *, at: datetime) -> Undone:
    """Puts back owners, reservations and followers as they were before the deal, in one statement.

    What changed since is left as it is and named, and so is what is in somebody's hands.
    """
    who.require(Permission.ASSIGN_WORK)
    deal = _locked(session, deal_id)
    _require_whole(session, who, deal)
    return _put_back(session, deal, DealState.UNDONE, by=who.user_id, at=at)


def cover(
    user_id: int, until_on: date, *, agents: tuple[int, ...] = (), way: DealWay = DealWay.COUNT, note: str = ""
) -> Asked:
    """Asks that somebody's work goes to others until a day, the last one included, and then back by itself."""
    return Asked(way, DealKind.COVER, agents, of_user=user_id, until_on=until_on, note=note)


def move_portfolio(
    portfolio_ids: tuple[int, ...], from_team: int, to_team: int, *, way: DealWay = DealWay.NOBODY, note: str = ""
) -> Asked:
    """Asks that portfolios go from one team to another; what its people own there goes to nobody or is dealt."""
    return Asked(way, DealKind.PORTFOLIO, portfolio_ids=portfolio_ids, from_team=from_team, to_team=to_team, note=note)


def replace_leaver(
    user_id: int, *, agents: tuple[int, ...] = (), way: DealWay = DealWay.COUNT, note: str = ""
) -> Asked:
    """Asks that everything of somebody who leaves goes to others; its preview is the test run."""
    return Asked(way, DealKind.LEAVER, agents, of_user=user_id, note=note)


def revert_covers(session: Session, *, at: datetime) -> list[Undone]:
    """Ends the covers whose last day is over everywhere they reach.

    What is in hand goes back the next time, what a later cover lent on when that one has ended; nothing goes back to
    who has left.
    """
    due = [_locked(session, each) for each in session.execute(_COVERS_OVER, {"at": at}).scalars().all()]
    over = [each for each in due if each.state is DealState.APPLIED]  # else somebody undid it meanwhile
    session.execute(text(LOCK_CASES.format(source=_OF_DEALS)), {"deals": [each.id for each in over]})
    return [_put_back(session, each, DealState.REVERTED, by=None, at=at) for each in over]


def _begin(session: Session, who: Viewer, previewed: Preview, at: datetime) -> Deal | None:
    """The deal's row, or none when this preview was applied already."""
    asked = previewed.asked
    values = {
        "key": previewed.key,
        "kind": asked.kind.value,
        "way": asked.way.value,
        "asked": Jsonb(asked.as_json()),
        "until": asked.until_on,
        "note": asked.note.strip(),
        "by": who.user_id,
        "at": at,
    }
    made = session.execute(_BEGIN, values).scalar()
    return session.get(Deal, made) if made else None


def _require_room(session: Session, who: Viewer, previewed: Preview, at: datetime) -> None:
    """Refuses people who went away, or whose hands filled, since the preview; they stay as they are until it is done."""
    plan = previewed.plan
    gets = set(plan.receiver[plan.receiver != plan.owner_before].tolist()) - {0}
    session.execute(_HOLD_PEOPLE, {"people": sorted(gets)})  # read after that: somebody may be showing them out
    people = people_of(session, who, previewed.asked, on=dealing_day(session, who, at))
    takers = {each.user_id: each for each in people.takers}
    if gone := sorted(people.names.get(each, "?") for each in gets - set(takers)):
        raise Refused("{names} cannot be given work any more: look at the preview again.", names=", ".join(gone))
    owned = Counter(cases_owned(session, gets))
    owned.subtract(Counter(plan.owner_before.tolist()))
    owned.update(Counter(plan.owner_after.tolist()))
    for each in sorted(gets):
        limit = takers[each].skills.case_cap
        if limit is not None and owned[each] > limit:
            raise Refused(
                "{name} would own more cases than they may: look at the preview again.", name=takers[each].name
            )


def _write(session: Session, previewed: Preview, deal_id: int) -> dict[str, Any]:
    plan = previewed.plan
    columns = {name: getattr(plan, name) for name in PLANNED}
    source, values = stage(session, "staged_deal", PLANNED, columns, np.arange(len(plan)))
    session.execute(text(LOCK_CASES.format(source=source)), values)
    values |= {"deal": deal_id, "givers": list(plan.givers), "keep": previewed.asked.keep_promises}
    done = _at_a_stroke(session, APPLY.format(source=source), values, rows=len(plan))
    return {
        "cases": done.cases,
        "items": done.items,
        "promises": done.promises,
        "left": len(done.left_cases),
        "left_cases": done.left_cases[:MOST_NAMED],
    }


def _at_a_stroke(session: Session, statement: str, values: dict[str, Any], *, rows: int) -> Row[Any]:
    """Runs a statement whose steps the planner believes to be short: over many rows, loops in loops would take minutes."""
    many = rows > FEW
    if many:
        session.execute(text("SET LOCAL enable_nestloop = off"))
        session.execute(text("SET LOCAL work_mem = '128MB'"))
    done = session.execute(text(statement), values).one()
    if many:
        session.execute(text("SET LOCAL enable_nestloop = on"))
        session.execute(text("SET LOCAL work_mem TO DEFAULT"))
    return done


def _told(previewed: Preview) -> dict[str, Any]:
    """What the history shows of a deal: people's numbers only."""
    return {
        "cases": 0,
        "promises": 0,
        "left": 0,
        "portfolios": list(previewed.portfolio_ids or previewed.asked.portfolio_ids),
        "left_out": {each.why.value: each.cases for each in previewed.left_out},
        "given": {str(each.user_id): each.given for each in previewed.agents if each.given and each.user_id},
        "spread": [asdict(each) for each in previewed.spread],
    }


def _move_teams(session: Session, asked: Asked) -> dict[str, Any]:
    """Takes the portfolios from the one team and gives them to the other; which rows were written is kept for undoing."""
    values = {"portfolios": list(asked.portfolio_ids), "from": asked.from_team, "to": asked.to_team}
    if held := session.execute(_HELD_BY_TEAM, values).scalar_one():
        raise Refused("{count} debtors are in the hands of this team: wait, or release them.", count=held)
    taken = session.execute(_TAKE_FROM_TEAM, values).scalars().all()
    if len(taken) < len(set(asked.portfolio_ids)):
        raise Refused("This team does not have these portfolios.")
    given = session.execute(_GIVE_TO_TEAM, values).scalars().all()
    return {"taken": sorted(taken), "given_to_team": sorted(given)}


def _locked(session: Session, deal_id: int) -> Deal:
    """The deal, locked; refused when it is not there."""
    deal = session.exec(select(Deal).where(col(Deal.id) == deal_id).with_for_update()).one_or_none()
    if deal is None:
        raise Refused("There is nothing here that you may see.")
    session.refresh(deal)
    return deal


def _require_whole(session: Session, who: Viewer, deal: Deal) -> None:
    teams = {deal.asked.get("from_team"), deal.asked.get("to_team")}
    if deal.kind is DealKind.PORTFOLIO:
        who.require(Permission.MOVE_PORTFOLIOS)
        if not teams & who.team_ids:
            raise Refused("There is nothing here that you may see.")
    elif deal.made_by not in names(session, who) or not set(deal.told.get("portfolios", ())) <= who.portfolio_ids:
        raise Refused("There is nothing here that you may see.")
    if deal.state is not DealState.APPLIED:
        raise Refused("This deal does not stand any more.")


def _put_back(session: Session, deal: Deal, state: DealState, *, by: int | None, at: datetime) -> Undone:
    """A cover stands until nothing of it is in hand or lent on; another deal is over with what could be put back."""
    if deal.kind is DealKind.PORTFOLIO:
        _return_teams(session, deal)
    session.execute(text(LOCK_CASES.format(source=_OF_DEAL)), {"deal": deal.id})
    of = deal.asked["of_user"] if deal.kind is DealKind.COVER else None
    done = _at_a_stroke(session, PUT_BACK, {"deal": deal.id, "of": of}, rows=deal.told["cases"])
    if deal.kind is DealKind.PORTFOLIO:
        free_portfolios(session, deal.told["taken"])
    whys = {Why.IN_HAND: done.in_hand, Why.GONE: done.gone, Why.CHANGED: done.changed}
    left = [Left(each, why) for why, cases in whys.items() for each in cases]
    if state is DealState.UNDONE or not (done.in_hand or done.lent):
        deal.state, deal.ended_by, deal.ended_at = state, by, at
    counts = {"restored": deal.told.get("restored", 0) + done.restored, "not_restored": len(left)}
    named = {why.value: list(cases[:MOST_NAMED]) for why, cases in whys.items() if cases}
    deal.told = deal.told | counts | {"not_restored_cases": named}
    session.flush()
    if done.restored or deal.state is state:
        deed = "undo_deal" if state is DealState.UNDONE else "revert_cover"
        audit.log(session, deed, "deal", deal.id, by=by, at=at, restored=done.restored, left=len(left))
    return Undone(deal.id or 0, done.restored, tuple(left))


def _return_teams(session: Session, deal: Deal) -> None:
    """Gives the portfolios back to the team they came from; refused while the other's people have cases of their own there."""
    values = {"deal": deal.id, "portfolios": deal.told["taken"], "given": deal.told["given_to_team"]}
    values |= {"from": deal.asked["to_team"], "to": deal.asked["from_team"]}
    if held := session.execute(_HELD_BY_TEAM, values).scalar_one():
        raise Refused("{count} debtors are in the hands of this team: wait, or release them.", count=held)
    if owned := session.execute(_OWNED_SINCE, values).scalar_one():
        raise Refused("{count} cases belong to this team's people by now: deal them out first.", count=owned)
    session.execute(_RETURN_FROM, values)
    session.execute(_GIVE_TO_TEAM, values)


_OF_DEAL = "(SELECT case_id FROM deal_case WHERE deal_id = :deal)"
_OF_DEALS = "(SELECT DISTINCT case_id FROM deal_case WHERE deal_id = ANY(:deals))"
_BEGIN = text("""
    INSERT INTO deal (key, kind, way, state, asked, told, until_on, note, made_by, made_at)
    VALUES (:key, :kind, :way, 'applied', :asked, '{}', :until, :note, :by, :at) ON CONFLICT (key) DO NOTHING RETURNING id
""")
_HOLD_PEOPLE = text("SELECT FROM app_user WHERE id = ANY(:people) ORDER BY id FOR SHARE")
# those who would not see the portfolio any more
_LOSERS = """(SELECT m.user_id FROM team_member m WHERE m.team_id = :from AND NOT EXISTS (
        SELECT FROM team_member x JOIN team_portfolio t ON t.team_id = x.team_id
        WHERE x.user_id = m.user_id AND t.portfolio_id = k.portfolio_id AND x.team_id <> :from)
      AND NOT EXISTS (SELECT FROM team_member x WHERE x.user_id = m.user_id AND x.team_id = :to))"""
_HELD_BY_TEAM = text(f"""
    SELECT count(*) FROM work_item k
    WHERE k.state = 'claimed' AND k.portfolio_id = ANY(:portfolios) AND k.claimed_by IN {_LOSERS}
""")
_OWNED_SINCE = text(f"""
    SELECT count(*) FROM collection_case k LEFT JOIN deal_case d ON d.deal_id = :deal AND d.case_id = k.id
    WHERE k.portfolio_id = ANY(:portfolios) AND k.owner_id IN {_LOSERS} AND d.owner_after IS DISTINCT FROM k.owner_id
""")
_TAKE_FROM_TEAM = text("""
    DELETE FROM team_portfolio WHERE team_id = :from AND portfolio_id = ANY(:portfolios) RETURNING portfolio_id
""")
_GIVE_TO_TEAM = text("""
    INSERT INTO team_portfolio (team_id, portfolio_id) SELECT :to, unnest(CAST(:portfolios AS int8[]))
    ON CONFLICT DO NOTHING RETURNING portfolio_id
""")
_RETURN_FROM = text("DELETE FROM team_portfolio WHERE team_id = :from AND portfolio_id = ANY(:given)")
_COVERS_OVER = text("""
    SELECT d.id FROM deal d
    WHERE d.kind = 'cover' AND d.state = 'applied' AND d.until_on < (CAST(:at AS timestamptz) AT TIME ZONE 'UTC')::date + 1
      AND NOT EXISTS (SELECT FROM portfolio p WHERE p.id IN (SELECT jsonb_array_elements_text(d.told -> 'portfolios')::int8)
        AND d.until_on >= (CAST(:at AS timestamptz) AT TIME ZONE p.time_zone)::date)
    ORDER BY d.id
""")

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from models import AuditEntry, Role, TeamMember, User, UserSession
from tests.cast import NOW, PASSWORD, Cast
from workbench.actions import sessions, users
from workbench.queries.my_day import workplaces
from workbench.queries.sessions import viewer_of
from workbench.queries.users import credentials, people, viewer
from workbench.rules.passwords import matches
from workbench.rules.refusals import Refused

HOLDS = sessions.Lifetime(timedelta(hours=2), timedelta(hours=12))


def hire_one(session: Session, by: int | None = None, **change) -> User:
    fields = {
        "email": "Carla@Example.com ",
        "name": "Carla",
        "role": Role.AGENT,
        "team_codes": ["norte"],
        "password": PASSWORD,
        "language": "es",
    }
    return users.create_user(session, **fields | change, by=by, at=NOW)


def logged_in(session: Session, user_id: int) -> str:
    token = sessions.log_in(session, user_id, method="oidc", lifetime=HOLDS, at=NOW)
    return sessions.hash_of(token).hex()


def deeds(session: Session) -> list[tuple[str, int | None, int | None]]:
    entries = session.exec(select(AuditEntry).order_by(AuditEntry.id)).all()
    return [(entry.deed, entry.by_id, entry.subject_id) for entry in entries]


def test_a_new_agent_sees_the_portfolios_of_the_teams(session: Session, cast: Cast) -> None:
    carla = hire_one(session, by=cast.alma.user_id)
    assert carla.email == "carla@example.com"
    assert viewer(session, carla.id).portfolio_ids == {cast.mexico.id}
    assert session.exec(select(TeamMember).where(TeamMember.user_id == carla.id)).one()
    assert deeds(session) == [("create_user", cast.alma.user_id, carla.id)]


def test_a_password_is_kept_as_its_hash(session: Session, cast: Cast) -> None:
    carla = hire_one(session)
    assert PASSWORD not in carla.model_dump_json()
    known = credentials(session, " CARLA@example.com")
    assert known.user_id == carla.id
    assert matches(PASSWORD, known.password_hash)
    assert PASSWORD not in str([entry.details for entry in session.exec(select(AuditEntry))])


@pytest.mark.parametrize(
    ("change", "because"),
    [
        pytest.param({"email": "ANA@example.com"}, "already", id="e-mail taken, in other letters"),
        pytest.param({"email": "not an e-mail"}, "valid e-mail", id="no e-mail"),
        pytest.param({"name": "  "}, "name", id="no name"),
        pytest.param({"team_codes": ["norte", "este"]}, "este", id="unknown team"),
        pytest.param({"language": "pt"}, "es, en", id="language we do not speak"),
        pytest.param({"password": "too short"}, "12", id="short password"),
    ],
)
def test_a_user_who_cannot_be_is_refused(session: Session, cast: Cast, change, because: str) -> None:
    with pytest.raises(Refused, match=because):
        hire_one(session, **change)


@pytest.mark.parametrize("name", ["ana", "sofia", "marta", "bruno"])
@pytest.mark.parametrize(
    "deed",
    [
        lambda s, user, by: hire_one(s, by=by),
        lambda s, user, by: users.set_password(s, user, "another long one", by=by, at=NOW),
        lambda s, user, by: users.change_role(s, user, Role.ADMIN, by=by, at=NOW),
        lambda s, user, by: users.change_teams(s, user, ["norte", "sur"], by=by, at=NOW),
        lambda s, user, by: users.deactivate(s, user, by=by, at=NOW),
        lambda s, user, by: users.end_sessions(s, user, by=by, at=NOW),
    ],
    ids=["create_user", "set_password", "change_role", "change_teams", "deactivate", "end_sessions"],
)
def test_only_an_admin_rules_over_people(session: Session, cast: Cast, name: str, deed: Callable) -> None:
    by = getattr(cast, name).user_id
    with pytest.raises(Refused, match="role does not allow"):
        deed(session, by, by)
    with pytest.raises(Refused, match="role does not allow"):
        people(session, getattr(cast, name), at=NOW)


@pytest.mark.parametrize(
    ("deed", "because"),
    [
        (lambda s, user, by: users.set_password(s, user, "another long one", by=by, at=NOW), "password"),
        (lambda s, user, by: users.change_role(s, user, Role.SUPERVISOR, by=by, at=NOW), "role"),
        (lambda s, user, by: users.deactivate(s, user, by=by, at=NOW), "deactivated"),
        (lambda s, user, by: users.end_sessions(s, user, by=by, at=NOW), "admin"),
    ],
    ids=["set_password", "change_role", "deactivate", "end_sessions"],
)
def test_what_an_admin_changes_ends_every_session(session: Session, cast: Cast, deed: Callable, because: str) -> None:
    mine = [logged_in(session, cast.ana.user_id) for _ in range(2)]
    others = logged_in(session, cast.sofia.user_id)
    deed(session, cast.ana.user_id, cast.alma.user_id)
    assert [viewer_of(session, each, at=NOW) for each in mine] == [None, None]
    assert viewer_of(session, others, at=NOW) == cast.sofia
    ended = session.exec(select(UserSession).where(UserSession.user_id == cast.ana.user_id)).all()
    assert {(row.revoked_because, row.revoked_at) for row in ended} == {(because, NOW)}
    assert ("revoke_sessions", cast.alma.user_id, cast.ana.user_id) in deeds(session)


def test_the_same_role_again_ends_nothing(session: Session, cast: Cast) -> None:
    mine = logged_in(session, cast.ana.user_id)
    users.change_role(session, cast.ana.user_id, Role.AGENT, by=None, at=NOW)
    assert viewer_of(session, mine, at=NOW) == cast.ana


def test_other_teams_are_other_portfolios_at_once(session: Session, cast: Cast) -> None:
    mine = logged_in(session, cast.ana.user_id)
    users.change_teams(session, cast.ana.user_id, ["sur"], by=cast.alma.user_id, at=NOW)
    assert viewer_of(session, mine, at=NOW).portfolio_ids == {cast.colombia.id}
    with pytest.raises(Refused, match="este"):
        users.change_teams(session, cast.ana.user_id, ["este"], by=cast.alma.user_id, at=NOW)
    users.change_teams(session, cast.ana.user_id, [], by=cast.alma.user_id, at=NOW)
    assert viewer_of(session, mine, at=NOW).portfolio_ids == frozenset()


def test_the_last_admin_stays(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="last administrator"):
        users.deactivate(session, cast.alma.user_id, by=cast.alma.user_id, at=NOW)
    with pytest.raises(Refused, match="last administrator"):
        users.change_role(session, cast.alma.user_id, Role.AGENT, by=None, at=NOW)
    users.change_role(session, cast.marta.user_id, Role.ADMIN, by=cast.alma.user_id, at=NOW)
    users.deactivate(session, cast.alma.user_id, by=cast.marta.user_id, at=NOW)


def test_who_was_shown_out_is_gone(session: Session, cast: Cast) -> None:
    users.deactivate(session, cast.ana.user_id, by=None, at=NOW)
    assert credentials(session, "ana@example.com") is None
    for deed in (
        lambda: viewer(session, cast.ana.user_id),
        lambda: users.set_password(session, cast.ana.user_id, "another long one", by=None, at=NOW),
        lambda: logged_in(session, cast.ana.user_id),
    ):
        with pytest.raises(Refused):
            deed()


def test_the_list_shows_everybody_with_teams_and_sessions(session: Session, cast: Cast) -> None:
    logged_in(session, cast.alma.user_id)
    shown = {person.name: person for person in people(session, cast.alma, at=NOW + timedelta(hours=1))}
    assert set(shown) == {"Ana", "Sofía", "Marta", "Bruno", "Alma"}
    assert shown["Alma"].teams == ("norte", "sur")
    assert (shown["Alma"].open_sessions, shown["Alma"].last_seen_at) == (1, NOW)
    assert (shown["Ana"].open_sessions, shown["Ana"].last_seen_at) == (0, None)


def test_a_chosen_portfolio_is_where_the_next_page_begins(session: Session, cast: Cast) -> None:
    for chosen in cast.sofia.portfolio_ids:
        users.remember_portfolio(session, cast.sofia, chosen)
        assert workplaces(session, cast.sofia)[0].portfolio_id == chosen


def test_bruno_cannot_choose_anas_portfolio(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="nothing here"):
        users.remember_portfolio(session, cast.bruno, cast.mexico.id)

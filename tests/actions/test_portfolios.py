from dataclasses import replace

import pytest
from sqlmodel import Session, select

from models import AuditEntry
from tests.cast import NOW, Cast
from workbench.actions.portfolios import NewPortfolio, create_portfolio, create_team
from workbench.queries.portfolios import books, portfolio_by_code
from workbench.queries.users import viewer
from workbench.rules.refusals import Refused

NEW = NewPortfolio("PE-MICRO", "Microcréditos", "CAJA", "Caja del Sur", "PE", "PEN", "America/Lima", ("norte",))


def test_marta_opens_a_portfolio_that_her_team_sees_and_brunos_does_not(session: Session, cast: Cast) -> None:
    portfolio = create_portfolio(session, NEW, by=cast.marta, at=NOW)
    assert portfolio.id in viewer(session, cast.ana.user_id).portfolio_ids
    assert [book.code for book in books(session, viewer(session, cast.marta.user_id))] == ["MX-BANK", "PE-MICRO"]
    assert [book.code for book in books(session, cast.bruno)] == ["CO-TELCO"]
    entry = session.scalar(select(AuditEntry).where(AuditEntry.deed == "create_portfolio"))
    assert entry is not None
    assert (entry.by_id, entry.subject_id) == (cast.marta.user_id, portfolio.id)


@pytest.mark.parametrize("who", ["ana", "sofia", "bruno", "alma"])
def test_only_a_manager_opens_portfolios(session: Session, cast: Cast, who: str) -> None:
    with pytest.raises(Refused, match="role"):
        create_portfolio(session, NEW, by=getattr(cast, who), at=NOW)


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"code": "pe micro"}, "capital letters"),
        ({"code": "MX-BANK"}, "already a portfolio"),
        ({"country": "XX"}, "country"),
        ({"currency": "SOL"}, "currency"),
        ({"time_zone": "Lima"}, "time zone"),
        ({"team_codes": ("oeste",)}, "no team oeste"),
        ({"team_codes": ()}, "needs a team"),
        ({"name": " "}, "needs a name"),
    ],
)
def test_a_wrong_portfolio_is_refused_with_the_mend(session: Session, cast: Cast, wrong: dict, because: str) -> None:
    with pytest.raises(Refused, match=because):
        create_portfolio(session, replace(NEW, **wrong), by=cast.marta, at=NOW)


def test_a_second_portfolio_of_a_creditor_shares_it(session: Session, cast: Cast) -> None:
    first = create_portfolio(session, NEW, by=cast.marta, at=NOW)
    second = create_portfolio(session, replace(NEW, code="PE-CARDS"), by=cast.marta, at=NOW)
    assert first.creditor_id == second.creditor_id


def test_bruno_cannot_find_mexico_by_its_code(session: Session, cast: Cast) -> None:
    assert portfolio_by_code(session, "MX-BANK", who=cast.ana).id == cast.mexico.id
    with pytest.raises(Refused, match="no portfolio"):
        portfolio_by_code(session, "MX-BANK", who=cast.bruno)


def test_only_the_admin_founds_teams_and_never_twice(session: Session, cast: Cast) -> None:
    create_team(session, code="Este", name="Este", by=cast.alma, at=NOW)
    with pytest.raises(Refused, match="already a team"):
        create_team(session, code="este", name="Este", by=cast.alma, at=NOW)
    with pytest.raises(Refused, match="role"):
        create_team(session, code="oeste", name="Oeste", by=cast.marta, at=NOW)

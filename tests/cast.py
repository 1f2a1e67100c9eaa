"""The people and debtors that the tests are about."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlmodel import Session

from models import (
    Account,
    Case,
    ContactKind,
    ContactPoint,
    Creditor,
    Debtor,
    PhoneKind,
    Portfolio,
    Receivable,
    Role,
    Standing,
    Team,
    TeamMember,
    TeamPortfolio,
    User,
    WorkItem,
    WorkState,
)
from workbench.rules.access import Viewer
from workbench.rules.names import fold

NOW = datetime(2026, 11, 18, 16, 0, tzinfo=UTC)  # a Wednesday: 10:00 in Mexico City, 11:00 in Bogotá
TODAY = date(2026, 11, 18)
PASSWORD = "correct horse battery"
_number = count(1)


@dataclass(frozen=True)
class Cast:
    """Ana, Sofía and Marta work Mexico; Bruno works Colombia and must never see Mexico; Alma is the admin of both."""

    ana: Viewer
    sofia: Viewer
    marta: Viewer
    bruno: Viewer
    alma: Viewer
    mexico: Portfolio
    colombia: Portfolio


def hire(session: Session, *, password_hash: str | None = None) -> Cast:
    """Makes two creditors' portfolios, two teams and the five people."""
    mexico = _portfolio(session, "MX-BANK", "Banco del Valle", "MX", "MXN", "America/Mexico_City")
    colombia = _portfolio(session, "CO-TELCO", "Telefonía Andina", "CO", "COP", "America/Bogota")
    north = _team(session, "norte", mexico)
    south = _team(session, "sur", colombia)

    def person(name: str, role: Role, *teams: Team) -> Viewer:
        email = f"{name.lower().replace('í', 'i')}@example.com"
        user = _saved(session, User(email=email, name=name, role=role, password_hash=password_hash, created_at=NOW))
        for team in teams:
            session.add(TeamMember(team_id=team.id, user_id=user.id))
        session.flush()
        visible = {north.id: mexico.id, south.id: colombia.id}
        ids = frozenset(team.id for team in teams)
        return Viewer(user.id, name, role, "es", frozenset(visible[each] for each in ids), ids)

    return Cast(
        ana=person("Ana", Role.AGENT, north),
        sofia=person("Sofía", Role.SUPERVISOR, north),
        marta=person("Marta", Role.MANAGER, north),
        bruno=person("Bruno", Role.AGENT, south),
        alma=person("Alma", Role.ADMIN, north, south),
        mexico=mexico,
        colombia=colombia,
    )


def owe(
    session: Session,
    portfolio: Portfolio,
    *,
    name: str = "Deudora Ejemplo",
    amount: Decimal | str = "1000.00",
    days_past_due: int = 20,
    phone: str | None = "+525512345678",
    score: float = 1.0,
    on: date = TODAY,
    **item: Any,
) -> WorkItem:
    """Makes a debtor with one account, one overdue receivable, one phone, a standing and a ready work item."""
    number = next(_number)
    amount = Decimal(amount)
    debtor = _saved(
        session,
        Debtor(
            creditor_id=portfolio.creditor_id,
            reference=f"D{number}",
            name=name,
            folded_name=fold(name),
            time_zone=portfolio.time_zone,
        ),
    )
    if phone:
        session.add(
            ContactPoint(
                debtor_id=debtor.id,
                kind=ContactKind.PHONE,
                value=phone,
                raw=phone,
                phone_kind=PhoneKind.MOBILE,
                source="test",
            )
        )
    case = _saved(session, Case(portfolio_id=portfolio.id, debtor_id=debtor.id, opened_on=on))
    account = _saved(session, Account(portfolio_id=portfolio.id, case_id=case.id, number=f"A{number}"))
    due = on - timedelta(days=days_past_due)
    session.add(
        Receivable(account_id=account.id, case_id=case.id, number="1", due_on=due, amount=amount, balance=amount)
    )
    overdue = days_past_due > 0
    session.add(
        Standing(
            case_id=case.id,
            portfolio_id=portfolio.id,
            balance=amount,
            past_due=amount if overdue else Decimal(0),
            oldest_due_on=due if overdue else None,
            score=score,
        )
    )
    fields = {"zone": portfolio.time_zone, "score": score} | item
    if fields.get("state", WorkState.READY) == WorkState.READY:
        fields = {"ready_at": NOW} | fields
    return _saved(session, WorkItem(portfolio_id=portfolio.id, case_id=case.id, debtor_id=debtor.id, **fields))


def _portfolio(session: Session, code: str, creditor: str, country: str, currency: str, zone: str) -> Portfolio:
    owner = _saved(session, Creditor(code=code.split("-")[1], name=creditor, created_at=NOW))
    return _saved(
        session,
        Portfolio(
            creditor_id=owner.id,
            code=code,
            name=creditor,
            country=country,
            currency=currency,
            time_zone=zone,
            created_at=NOW,
        ),
    )


def _team(session: Session, code: str, portfolio: Portfolio) -> Team:
    team = _saved(session, Team(code=code, name=code.capitalize(), created_at=NOW))
    session.add(TeamPortfolio(team_id=team.id, portfolio_id=portfolio.id))
    session.flush()
    return team


def _saved(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row

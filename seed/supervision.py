"""What supervisors have set and done: goals, costs, who sees what, whose work is whose, rules of the order, comments."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from models import AgentsSee, Board, Channel, DealWay, Period, Stage
from seed.pilots import MANAGER
from seed.portfolios import BOOKS
from workbench.actions.coaching import answer, comment, mark_seen
from workbench.actions.deals import apply, cover, preview, undo
from workbench.actions.digests import subscribe
from workbench.actions.figure_policies import set_figure_policy
from workbench.actions.order_versions import publish, save_draft, simulate
from workbench.actions.targets import Wish, set_target
from workbench.actions.teams import set_team_policy
from workbench.actions.work_profiles import add_absence, set_profile
from workbench.queries.team_policies import FigurePolicy
from workbench.queries.users import viewer_by_email
from workbench.rules.access import Viewer
from workbench.rules.deal_requests import Asked, Whose
from workbench.rules.work_profiles import Skills

SINCE = timedelta(days=45)
# what agents see of the team's figures, and minutes on a case until amber and red
POLICIES = {"sofia@": (AgentsSee.RANKING, 4, 8), "ines@": (AgentsSee.TEAM, 5, 10), "hugo@": (AgentsSee.OWN, 5, 9)}
# of a minute of work and of a message, invented, in each book's own money
COSTS = {
    "MX-TARJETAS": ("3.40", {Channel.WHATSAPP: "0.28", Channel.SMS: "0.85", Channel.EMAIL: "0.01"}),
    "CO-MOVIL": ("640", {Channel.WHATSAPP: "62", Channel.SMS: "24", Channel.EMAIL: "2"}),
    "CL-TIENDA": ("155", {Channel.WHATSAPP: "16", Channel.SMS: "38", Channel.EMAIL: "1"}),
    "PE-MICRO": ("0.62", {Channel.WHATSAPP: "0.07", Channel.SMS: "0.09", Channel.EMAIL: "0.01"}),
}
TEAM_GOALS = (
    ("attempts", Period.DAY, "80"),
    ("promises", Period.WEEK, "40"),
    ("rpc_rate", Period.WEEK, "0.22"),
    ("kept_rate", Period.MONTH, "0.55"),
)
OWN_GOALS = (
    ("attempts", Period.DAY, "28"),
    ("right_parties", Period.DAY, "7"),
    ("promises", Period.WEEK, "9"),
    ("ptp_rate", Period.WEEK, "0.30"),
)
BOOK_GOALS = (("delinquency_rate", Period.MONTH, "0.16"), ("cure_rate", Period.MONTH, "0.60"))
RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Promesa rota y saldo alto",
        "when": {"broken": {"least": 1}, "balance": {"least": "6000.00"}},
        "multiplier": 1.5,
    },
    {"name": "Norte por la mañana", "when": {"regions": ["Baja California", "Sonora"]}, "multiplier": 0.8},
)
DRAFTED: tuple[dict[str, Any], ...] = (
    *RULES,
    {"name": "Saldo menor", "when": {"past_due": {"most": "250.00"}}, "ban": "No compensa la llamada; va por mensaje."},
)
SAID = (
    ("ana@", "call.promise", True, "Muy buen cierre: fecha, importe y medio de pago en una sola llamada.", "¡Gracias! Usé la guía del lunes."),
    ("ana@", "call.cannot_pay", False, "Antes de despedirte ofrece el plan corto: estaba dentro de tu facultad.", None),
    ("luis@", "call.will_not_pay", False, "Pregunta qué parte no reconoce: puede ser una disputa.", None),
    ("carmen@", "call.promise", True, "Excelente tono con una clienta molesta.", None),
)  # fmt: skip


class Supervision:
    """Its deeds, at the moments when they are done; `opened` are the portfolios' ids by code."""

    def __init__(self, session: Session, opened: dict[str, int], *, number: int, at: datetime) -> None:
        self.session, self.opened, self.at = session, opened, at
        self.random = np.random.default_rng([number, at.date().toordinal(), 13])
        self.manager = self._viewer(MANAGER.removesuffix("example.com"))

    def set_up(self) -> None:
        """Long ago: what figures are judged by, goals, and who wants a board by e-mail."""
        at = self.at - SINCE
        first = at.date().replace(day=1)
        for who, (agents_see, amber, red) in POLICIES.items():
            supervisor = self._viewer(who)
            (team_id,) = supervisor.team_ids
            set_team_policy(
                self.session, supervisor, team_id, agents_see=agents_see, amber_minutes=amber, red_minutes=red, at=at
            )
            for kpi, period, amount in TEAM_GOALS:
                self._aim(supervisor, Wish(kpi, period, Decimal(amount), team_id=team_id), first, at)
        for book in BOOKS:
            self._cost(book.code, book.currency, at)
            for kpi, period, amount in BOOK_GOALS:
                self._aim(
                    self.manager, Wish(kpi, period, Decimal(amount), portfolio_id=self.opened[book.code]), first, at
                )
        for kpi, period, amount in OWN_GOALS:
            for who in ("ana@", "luis@", "carmen@"):
                goal = Wish(kpi, period, Decimal(amount), user_id=self._viewer(who).user_id)
                self._aim(self._viewer("sofia@"), goal, first, at)
        mexico = self.opened["MX-TARJETAS"]
        subscribe(self.session, self._viewer("sofia@"), Board.PERFORMANCE, mexico, every=Period.DAY, hour=7, at=at)
        subscribe(self.session, self.manager, Board.HEALTH, mexico, every=Period.WEEK, hour=8, at=at)

    def yesterday(self) -> None:
        """Between the nights: work is dealt out, one deal taken back, somebody covered; the rules of the order begin."""
        at = self.at - timedelta(hours=20)
        mexico, supervisor = self.opened["MX-TARJETAS"], self._viewer("sofia@")
        set_profile(self.session, self._viewer("sofia@"), self._id("carmen@"), Skills(case_cap=60), at=at)
        skilled = Skills(
            stages=frozenset({Stage.ADMINISTRATIVE, Stage.EXTRAJUDICIAL}), languages=frozenset({"es", "en"})
        )
        set_profile(self.session, supervisor, self._id("luis@"), skilled, at=at)
        self._deal(supervisor, _dealt(mexico, DealWay.EXPECTED, "Reparto de la semana"), at)
        hugo, ines = self._viewer("hugo@"), self._viewer("ines@")
        self._deal(hugo, _dealt(self.opened["CL-TIENDA"], DealWay.BALANCE, "Mora de más de 60 días"), at)
        taken_back = self._deal(ines, _dealt(self.opened["CO-MOVIL"], DealWay.PRIORITY, "Prueba de reparto"), at)
        undo(self.session, ines, taken_back, at=at + timedelta(minutes=12))
        until = self.at.date() + timedelta(days=2)
        asked = cover(self._id("elisa@"), until, note="Vacaciones de Elisa")
        self._deal(supervisor, asked, at + timedelta(minutes=30))
        add_absence(self.session, supervisor, self._id("elisa@"), self.at.date(), until, reason="Vacaciones", at=at)
        self._rules(RULES, at)
        publish(self.session, self.manager, mexico, at=at + timedelta(minutes=5))

    def this_morning(self) -> None:
        """After the night: a draft of other rules, and comments on what was said on the phone."""
        self._rules(DRAFTED, self.at - timedelta(hours=1))
        for who, code, praise, said, answered in SAID:
            agent = self._viewer(who)
            row = self.session.execute(_TALK, {"who": agent.user_id, "code": code, "at": self.at}).first()
            if row is None:
                continue
            at = self.at - timedelta(hours=2)
            note_id = comment(self.session, self._viewer("sofia@"), row.id, said, praise=praise, at=at)
            if answered:
                mark_seen(self.session, agent, note_id, at=at + timedelta(minutes=20))
                answer(self.session, agent, note_id, answered, at=at + timedelta(minutes=21))

    def _rules(self, rules: tuple[dict[str, Any], ...], at: datetime) -> None:
        save_draft(self.session, self.manager, self.opened["MX-TARJETAS"], rules, at=at)
        simulate(self.session, self.manager, self.opened["MX-TARJETAS"], at=at)

    def _deal(self, who: Viewer, asked: Asked, at: datetime) -> int:
        shown = preview(self.session, who, asked, at=at)
        deal = apply(self.session, who, replace(shown, key=UUID(bytes=self.random.bytes(16), version=4)), at=at)
        return deal.id or 0

    def _cost(self, code: str, currency: str, at: datetime) -> None:
        minute, messages = COSTS[code]
        costs = {channel: Decimal(cost) for channel, cost in messages.items()}
        policy = FigurePolicy(self.opened[code], currency, 7, Decimal(minute), costs)
        set_figure_policy(self.session, self.manager, policy, at=at)

    def _aim(self, who: Viewer, goal: Wish, first: date, at: datetime) -> None:
        set_target(self.session, who, goal, from_on=first, at=at)

    def _id(self, who: str) -> int:
        return self._viewer(who).user_id

    def _viewer(self, who: str) -> Viewer:
        found = viewer_by_email(self.session, f"{who}example.com")
        assert found is not None
        return found


def _dealt(portfolio_id: int, way: DealWay, note: str) -> Asked:
    """What is two months late and nobody's."""
    return Asked(way, portfolio_ids=(portfolio_id,), stages=(Stage.EXTRAJUDICIAL,), whose=Whose.UNOWNED, note=note)


_TALK = text("""
    SELECT id FROM interaction WHERE user_id = :who AND disposition_code = :code AND channel = 'call' AND ended_at < :at
    ORDER BY started_at DESC LIMIT 1
""")

"""What we remember: one file per noun."""

from models.accounts import Account
from models.audit import AuditEntry
from models.blocked_contacts import BlockedContact
from models.cases import Case, Stage, Standing
from models.columns import SQLModel
from models.contact_points import ContactKind, ContactPoint, ContactStatus, PhoneKind
from models.creditors import Creditor
from models.debtors import Debtor, DebtorKind, ZoneOrigin
from models.dispositions import Disposition, Outcome
from models.imports import ImportRun
from models.inbound import InboundEvent, OptOut
from models.interactions import Channel, Direction, Interaction
from models.law_versions import LawVersion
from models.messages import Cause, Message, MessageEvent, MessageState
from models.nights import ChangeKind, NightlyChange, NightlyRun, RunState
from models.pauses import Pause, PauseKind
from models.payments import Allocation, Payment, PaymentKind
from models.portfolios import AbsenceRule, Portfolio
from models.promises import Promise, PromiseState
from models.receivables import Receivable
from models.schedules import ScheduledRun, ScheduleState
from models.strategies import StepKind, StepTask, Strategy, StrategyState
from models.teams import Team, TeamMember, TeamPortfolio
from models.templates import Template, TemplateState
from models.users import LoginAttempt, Role, User, UserSession
from models.work_items import Band, Draft, Queue, WorkItem, WorkState

__all__ = [
    "AbsenceRule",
    "Account",
    "Allocation",
    "AuditEntry",
    "Band",
    "BlockedContact",
    "Case",
    "Cause",
    "ChangeKind",
    "Channel",
    "ContactKind",
    "ContactPoint",
    "ContactStatus",
    "Creditor",
    "Debtor",
    "DebtorKind",
    "Direction",
    "Disposition",
    "Draft",
    "ImportRun",
    "InboundEvent",
    "Interaction",
    "LawVersion",
    "LoginAttempt",
    "Message",
    "MessageEvent",
    "MessageState",
    "NightlyChange",
    "NightlyRun",
    "OptOut",
    "Outcome",
    "Pause",
    "PauseKind",
    "Payment",
    "PaymentKind",
    "PhoneKind",
    "Portfolio",
    "Promise",
    "PromiseState",
    "Queue",
    "Receivable",
    "Role",
    "RunState",
    "SQLModel",
    "ScheduleState",
    "ScheduledRun",
    "Stage",
    "Standing",
    "StepKind",
    "StepTask",
    "Strategy",
    "StrategyState",
    "Team",
    "TeamMember",
    "TeamPortfolio",
    "Template",
    "TemplateState",
    "User",
    "UserSession",
    "WorkItem",
    "WorkState",
    "ZoneOrigin",
]

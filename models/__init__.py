"""What we remember: one file per noun."""

from models.accounts import Account
from models.agreements import Agreement, AgreementState, Frequency, Installment, OfferKind
from models.approvals import Approval, ApprovalKind, ApprovalState
from models.audit import AuditEntry
from models.blocked_contacts import BlockedContact
from models.book_days import BookDay, ForecastSource, ReceiptForecast
from models.case_history import CaseHistory
from models.cases import Case, Stage, Standing
from models.coaching import CoachingNote
from models.columns import SQLModel
from models.contact_points import ContactKind, ContactPoint, ContactStatus, PhoneKind
from models.creditors import Creditor
from models.deals import Deal, DealCase, DealItem, DealKind, DealPromise, DealState, DealWay
from models.debtors import Debtor, DebtorKind, ZoneOrigin
from models.digests import Board, Digest, DigestIssue
from models.dispositions import Disposition, Outcome
from models.disputes import Dispute, DisputeKind, Resolution
from models.documents import Document, DocumentKind
from models.hand_overs import HandOver, HandOverState, HandOverTo
from models.imports import FileKind, ImportRun
from models.inbound import InboundEvent, OptOut
from models.interactions import Channel, Direction, Interaction
from models.law_versions import LawVersion
from models.messages import Cause, Message, MessageEvent, MessageState
from models.nights import ChangeKind, NightlyChange, NightlyHold, NightlyRun, RunState
from models.offer_policies import OfferPolicy
from models.order_versions import OrderVersion
from models.pauses import Pause, PauseKind
from models.payments import Allocation, Payment, PaymentKind, Reversal
from models.portfolios import AbsenceRule, CollectionFee, Portfolio
from models.presences import Presence, PresenceEnd, PresenceState
from models.promise_limits import PromiseLimit
from models.promises import Promise, PromisePart, PromiseState
from models.receivables import Component, Receivable
from models.reporting_logins import ReportingLogin
from models.schedules import ScheduledRun, ScheduleState
from models.strategies import StepKind, StepTask, Strategy, StrategyState
from models.targets import Period, Target
from models.teams import AgentsSee, Team, TeamMember, TeamPortfolio
from models.templates import Template, TemplateState
from models.users import LoginAttempt, Role, User, UserSession
from models.work_items import Band, Draft, Queue, WorkItem, WorkState
from models.work_profiles import Absence, WorkProfile

__all__ = [
    "Absence",
    "AbsenceRule",
    "Account",
    "AgentsSee",
    "Agreement",
    "AgreementState",
    "Allocation",
    "Approval",
    "ApprovalKind",
    "ApprovalState",
    "AuditEntry",
    "Band",
    "BlockedContact",
    "Board",
    "BookDay",
    "Case",
    "CaseHistory",
    "Cause",
    "ChangeKind",
    "Channel",
    "CoachingNote",
    "CollectionFee",
    "Component",
    "ContactKind",
    "ContactPoint",
    "ContactStatus",
    "Creditor",
    "Deal",
    "DealCase",
    "DealItem",
    "DealKind",
    "DealPromise",
    "DealState",
    "DealWay",
    "Debtor",
    "DebtorKind",
    "Digest",
    "DigestIssue",
    "Direction",
    "Disposition",
    "Dispute",
    "DisputeKind",
    "Document",
    "DocumentKind",
    "Draft",
    "FileKind",
    "ForecastSource",
    "Frequency",
    "HandOver",
    "HandOverState",
    "HandOverTo",
    "ImportRun",
    "InboundEvent",
    "Installment",
    "Interaction",
    "LawVersion",
    "LoginAttempt",
    "Message",
    "MessageEvent",
    "MessageState",
    "NightlyChange",
    "NightlyHold",
    "NightlyRun",
    "OfferKind",
    "OfferPolicy",
    "OptOut",
    "OrderVersion",
    "Outcome",
    "Pause",
    "PauseKind",
    "Payment",
    "PaymentKind",
    "Period",
    "PhoneKind",
    "Portfolio",
    "Presence",
    "PresenceEnd",
    "PresenceState",
    "Promise",
    "PromiseLimit",
    "PromisePart",
    "PromiseState",
    "Queue",
    "ReceiptForecast",
    "Receivable",
    "ReportingLogin",
    "Resolution",
    "Reversal",
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
    "Target",
    "Team",
    "TeamMember",
    "TeamPortfolio",
    "Template",
    "TemplateState",
    "User",
    "UserSession",
    "WorkItem",
    "WorkProfile",
    "WorkState",
    "ZoneOrigin",
]

"""Who may see and do what: visibility is team to portfolio, permission is by role."""

from dataclasses import dataclass
from enum import StrEnum

from models.users import Role
from workbench.rules.refusals import Refused


class Permission(StrEnum):
    """A deed that not everybody may do."""

    WORK_QUEUE = "work_queue"
    RELEASE_CLAIMS = "release_claims"
    CALL_OUTSIDE_HOURS = "call_outside_hours"
    APPROVE_PROMISES = "approve_promises"
    SEE_CHANGES = "see_changes"
    IMPORT = "import"
    RUN_NIGHT = "run_night"
    SEE_OPERATIONS = "see_operations"
    MANAGE_USERS = "manage_users"
    SEE_PERSONAL_DATA = "see_personal_data"
    SET_CONTACT_POLICY = "set_contact_policy"
    SET_CONTACT_FACTS = "set_contact_facts"
    SEE_COMPLIANCE = "see_compliance"
    SEE_LAW_CHANGES = "see_law_changes"
    EXPORT_EVIDENCE = "export_evidence"
    SEE_MESSAGES = "see_messages"
    CANCEL_MESSAGES = "cancel_messages"
    RESOLVE_MESSAGES = "resolve_messages"
    PLAY_SANDBOX = "play_sandbox"
    SEE_STRATEGIES = "see_strategies"
    EDIT_STRATEGIES = "edit_strategies"
    EDIT_TEMPLATES = "edit_templates"
    APPROVE_TEMPLATES = "approve_templates"
    PAUSE_CASES = "pause_cases"
    RECORD_PAYMENTS = "record_payments"
    MANAGE_PROMISES = "manage_promises"
    APPROVE_NEGOTIATIONS = "approve_negotiations"
    EDIT_POLICIES = "edit_policies"
    OPEN_DISPUTES = "open_disputes"
    RESOLVE_DISPUTES = "resolve_disputes"
    WRITE_DOWN = "write_down"
    PROPOSE_HAND_OVERS = "propose_hand_overs"
    APPROVE_HAND_OVERS = "approve_hand_overs"
    SEE_BOARDS = "see_boards"
    SEE_OWN_FIGURES = "see_own_figures"
    EXPORT_BOARDS = "export_boards"
    ASSIGN_WORK = "assign_work"
    MOVE_PORTFOLIOS = "move_portfolios"
    SET_TARGETS = "set_targets"
    COACH = "coach"
    EDIT_ORDER = "edit_order"
    EDIT_DISPOSITIONS = "edit_dispositions"
    MANAGE_REPORTING = "manage_reporting"


GRANTED: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset(
        {
            Permission.WORK_QUEUE,
            Permission.SEE_PERSONAL_DATA,
            Permission.OPEN_DISPUTES,
            Permission.SEE_OWN_FIGURES,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            Permission.WORK_QUEUE,
            Permission.RELEASE_CLAIMS,
            Permission.CALL_OUTSIDE_HOURS,
            Permission.APPROVE_PROMISES,
            Permission.SEE_CHANGES,
            Permission.SEE_PERSONAL_DATA,
            Permission.SET_CONTACT_FACTS,
            Permission.SEE_COMPLIANCE,
            Permission.PAUSE_CASES,
            Permission.RECORD_PAYMENTS,
            Permission.MANAGE_PROMISES,
            Permission.APPROVE_NEGOTIATIONS,
            Permission.OPEN_DISPUTES,
            Permission.RESOLVE_DISPUTES,
            Permission.PROPOSE_HAND_OVERS,
            Permission.SEE_MESSAGES,
            Permission.CANCEL_MESSAGES,
            Permission.RESOLVE_MESSAGES,
            Permission.PLAY_SANDBOX,
            Permission.SEE_STRATEGIES,
            Permission.APPROVE_TEMPLATES,
            Permission.SEE_BOARDS,
            Permission.SEE_OWN_FIGURES,
            Permission.EXPORT_BOARDS,
            Permission.ASSIGN_WORK,
            Permission.SET_TARGETS,
            Permission.COACH,
        }
    ),
    Role.MANAGER: frozenset(
        {
            Permission.RELEASE_CLAIMS,
            Permission.SEE_CHANGES,
            Permission.IMPORT,
            Permission.RUN_NIGHT,
            Permission.SEE_OPERATIONS,
            Permission.SEE_PERSONAL_DATA,
            Permission.SET_CONTACT_POLICY,
            Permission.SET_CONTACT_FACTS,
            Permission.SEE_COMPLIANCE,
            Permission.SEE_LAW_CHANGES,
            Permission.EXPORT_EVIDENCE,
            Permission.PAUSE_CASES,
            Permission.RECORD_PAYMENTS,
            Permission.MANAGE_PROMISES,
            Permission.APPROVE_NEGOTIATIONS,
            Permission.OPEN_DISPUTES,
            Permission.RESOLVE_DISPUTES,
            Permission.PROPOSE_HAND_OVERS,
            Permission.EDIT_POLICIES,
            Permission.WRITE_DOWN,
            Permission.APPROVE_HAND_OVERS,
            Permission.SEE_MESSAGES,
            Permission.CANCEL_MESSAGES,
            Permission.RESOLVE_MESSAGES,
            Permission.PLAY_SANDBOX,
            Permission.SEE_STRATEGIES,
            Permission.EDIT_STRATEGIES,
            Permission.EDIT_TEMPLATES,
            Permission.APPROVE_TEMPLATES,
            Permission.SEE_BOARDS,
            Permission.EXPORT_BOARDS,
            Permission.ASSIGN_WORK,
            Permission.MOVE_PORTFOLIOS,
            Permission.SET_TARGETS,
            Permission.COACH,
            Permission.EDIT_ORDER,
            Permission.EDIT_DISPOSITIONS,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Permission.SEE_OPERATIONS,
            Permission.RUN_NIGHT,
            Permission.MANAGE_USERS,
            Permission.MANAGE_REPORTING,
            Permission.SEE_COMPLIANCE,
            Permission.SEE_LAW_CHANGES,
        }
    ),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person on whose behalf something is read or written, as the database knows them now."""

    user_id: int
    name: str
    role: Role
    language: str
    portfolio_ids: frozenset[int]
    team_ids: frozenset[int] = frozenset()

    def may(self, permission: Permission) -> bool:
        """Whether this person's role grants the deed."""
        return permission in GRANTED[self.role]

    def require(self, permission: Permission) -> None:
        """Refuses the deed unless this person's role grants it."""
        if not self.may(permission):
            raise Refused("Your role does not allow this.")

    def require_portfolio(self, portfolio_id: int) -> None:
        """Refuses, as if it did not exist, what lies outside this person's teams' portfolios."""
        if portfolio_id not in self.portfolio_ids:
            raise Refused("There is nothing here that you may see.")

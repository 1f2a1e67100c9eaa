"""What the outcome form is about: one item in the agent's hands, and the state of its fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from workbench.queries.cases import CaseCard
from workbench.queries.claims import DraftNote
from workbench.queries.dispositions import Choice
from workbench.rules.briefings import Briefing


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the form needs to know about the item it is about."""

    item_id: int
    card: CaseCard
    choices: dict[str, Choice]
    brief: Briefing
    draft: DraftNote | None

    def key(self, name: str) -> str:
        return f"{name}-{self.item_id}"

    def value(self, name: str) -> Any:
        return st.session_state.get(self.key(name))

    def asks(self, choice: Choice) -> frozenset[str]:
        """The fields an outcome needs, without those that the law does not let anybody ask for."""
        return choice.requires - self.brief.hidden_fields

    def lawful(self, at: datetime) -> bool:
        """Whether a call begun at `at` is lawful."""
        return self.card.judge(at).allowed

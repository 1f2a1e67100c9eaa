"""A contact that is refused because the law, or the portfolio's own policy, does not allow it now."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from workbench.rules.contact_law import Decision
from workbench.rules.law_reasons import in_words
from workbench.rules.refusals import Refused
from workbench.rules.words import N_, Worded


@dataclass(frozen=True, slots=True)
class Why(Worded):
    """Why a decision fell as it did, its clocks those of `zone`."""

    decision: Decision
    zone: str

    def in_language(self, language: str) -> str:
        """The reason as a clause, without its full stop."""
        decision = self.decision
        return in_words(decision.because, decision.rule, language=language, zone=self.zone).rstrip(".")


class Unlawful(Refused):
    """The contact is not allowed at its moment; the decision says by which rule and until when."""

    def __init__(self, decision: Decision, *, zone: str) -> None:
        self.decision = decision
        law = decision.rule.citation if decision.rule else ""
        why = Why(decision, zone)
        if decision.next_allowed:
            super().__init__(
                N_("This contact is not lawful: {why} ({law}). The next lawful moment is {next_open}."),
                why=why,
                law=law,
                next_open=decision.next_allowed.astimezone(ZoneInfo(zone)),
            )
        else:
            super().__init__(
                N_("This contact is not lawful: {why} ({law}). Waiting does not change that."), why=why, law=law
            )

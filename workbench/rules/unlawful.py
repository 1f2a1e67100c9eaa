"""A contact that is refused because the law, or the portfolio's own policy, does not allow it now."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from workbench.rules.contact_law import Decision
from workbench.rules.law_reasons import cited, in_words
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


@dataclass(frozen=True, slots=True)
class Cited(Worded):
    """The law and article that a decision rests on, or that it is only the portfolio's policy."""

    decision: Decision

    def in_language(self, language: str) -> str:
        """The citation."""
        rule = self.decision.rule
        return cited(rule.id, rule.citation, language) if rule else ""


class Unlawful(Refused):
    """The contact is not allowed at its moment; the decision says by which rule and until when."""

    def __init__(self, decision: Decision, *, zone: str) -> None:
        self.decision = decision
        why, law = Why(decision, zone), Cited(decision)
        if decision.next_allowed:
            super().__init__(
                N_("This contact is not lawful: {why} ({law}). The next lawful moment is {next_open}."),
                why=why,
                law=law,
                next_open=decision.next_allowed.astimezone(ZoneInfo(zone)),
            )
        else:
            super().__init__(
                N_("This contact is not lawful: {why} ({law}). Waiting does not change it."), why=why, law=law
            )

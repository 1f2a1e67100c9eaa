"""Whether everything holds that always has to: asked by every night, by `workbench check`, and by tests."""

from sqlmodel import Session

from workbench.queries.invariants import Violation, broken_invariants


def find_violations(session: Session, portfolio_id: int | None) -> list[Violation]:
    """What does not hold in one portfolio, or (none) anywhere; empty when all is well."""
    return broken_invariants(session, portfolio_id)

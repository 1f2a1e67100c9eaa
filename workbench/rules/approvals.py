"""A decision asked of somebody with more authority: who may give it, until when, and what was asked, as it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.approvals import ApprovalKind, ApprovalState
from models.users import Role
from workbench.rules.exceeded import Exceeded
from workbench.rules.limit_words import Limits
from workbench.rules.offers import Terms as OfferTerms
from workbench.rules.promise_limits import PromiseTerms
from workbench.rules.refusals import Refused

DECIDERS = (Role.SUPERVISOR, Role.MANAGER)  # the least authority first
OPEN = frozenset({ApprovalState.PENDING, ApprovalState.COUNTERED})


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class WriteDown:
    """How much of the debt a dispute is to write down."""

    dispute_id: int
    amount: Decimal


_READERS: dict[ApprovalKind, TypeAdapter[Any]] = {
    ApprovalKind.PROMISE: TypeAdapter(PromiseTerms),
    ApprovalKind.AGREEMENT: TypeAdapter(OfferTerms),
    ApprovalKind.WRITE_DOWN: TypeAdapter(WriteDown),
}


def terms_of(kind: ApprovalKind, kept: Mapping[str, Any]) -> Any:
    """What is asked for, as its deed takes it; refuses what is no such thing."""
    try:
        return _READERS[kind].validate_python(dict(kept))
    except ValidationError as error:
        field = ".".join(str(each) for each in error.errors()[0]["loc"])
        raise Refused("What is asked for is not complete: {field}.", field=field) from None


def as_kept(kind: ApprovalKind, terms: Any, *, replacing: int | None = None) -> dict[str, Any]:
    """The terms as JSON keeps them: amounts and days as text; `replacing` = the agreement that gives way to this one."""
    kept: dict[str, Any] = _READERS[kind].dump_python(terms, mode="json")
    return kept | ({"replacing": replacing} if replacing is not None else {})


def replacing_of(kept: Mapping[str, Any]) -> int | None:
    """The agreement that gives way to the one asked for."""
    found = kept.get("replacing")
    return found if isinstance(found, int) else None


def needed_role(beyond: Mapping[Role, Sequence[Exceeded]], asks: Role, currency: str) -> Role:
    """The least role whose limits cover what is asked; `beyond` says of each role what it goes beyond.

    Raises `Refused` when who asks may do it without anybody, or nobody may: then it says the widest limits.
    """
    if not beyond[asks]:
        raise Refused("This lies within your own limits: no approval is needed.")
    for role in DECIDERS:
        if not beyond[role]:
            return role
    raise Refused("Nobody may approve this: {limits}.", limits=Limits(tuple(beyond[DECIDERS[-1]]), currency))


def may_decide(role: Role, needs: Role) -> bool:
    """Whether the role decides on what needs that role."""
    return role in DECIDERS and DECIDERS.index(role) >= DECIDERS.index(needs)


def require_cover(beyond: Sequence[Exceeded], currency: str) -> None:
    """Refuses a decision for something beyond the limits of who decides, saying which."""
    if beyond:
        raise Refused("This lies outside your own limits: {limits}.", limits=Limits(tuple(beyond), currency))


def require_words(words: str) -> str:
    """A reason as somebody wrote it; refused when there is none."""
    if not words.strip():
        raise Refused("Write down why.", field="reason")
    return words.strip()


def require_open(
    state: ApprovalState, wanted: ApprovalState, *, decider: str | None, expires_at: datetime, at: datetime
) -> None:
    """Refuses to move a request that has left the state it was seen in, or is past its time; says what became of it."""
    if state is ApprovalState.WITHDRAWN:
        raise Refused("Who asked has taken this request back.")
    if state is ApprovalState.EXPIRED or (state in OPEN and at >= expires_at):
        raise Refused("This request expired: {moment}.", moment=expires_at)
    if state is not wanted and decider:
        raise Refused("{name} has already decided on this request.", name=decider)
    if state is not wanted:
        raise Refused("This request has not been decided yet.")

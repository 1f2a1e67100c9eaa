from enum import StrEnum

from sqlalchemy import ARRAY, CheckConstraint, Text, false
from sqlmodel import Field

from models.columns import SQLModel, choice


class Outcome(StrEnum):
    """The family of a disposition: what the boards count."""

    NO_CONTACT = "no_contact"
    BAD_DATA = "bad_data"
    THIRD_PARTY = "third_party"
    RIGHT_PARTY = "right_party"
    DELIVERED = "delivered"  # a message arrived; nobody spoke
    ACCOUNT_EVENT = "account_event"


class Disposition(SQLModel, table=True):
    """What came of a contact: a two-part code with its effects; figures read the flags, never the codes."""

    __table_args__ = (
        CheckConstraint("requires <@ ARRAY['amount','date','phone','note','reason','callback']", name="requires"),
        CheckConstraint("NOT counts_rpc OR counts_contact", name="rpc_is_contact"),
        CheckConstraint("NOT counts_promise OR counts_rpc", name="promise_is_rpc"),
        CheckConstraint("follow_up_hours >= 0", name="follow_up"),
    )

    code: str = Field(primary_key=True)  # "action.result", for example "call.no_answer"
    action: str
    result: str
    outcome: Outcome = choice(Outcome, "outcome")
    label_es: str
    label_en: str
    position: int
    counts_attempt: bool = True
    counts_contact: bool = False
    counts_rpc: bool = False
    counts_promise: bool = False
    invalidates_phone: bool = False
    stops_channel: bool = False
    terminal: bool = False
    follow_up_hours: int = 24
    next_queue: str | None = None
    requires: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    active: bool = True
    says_paid: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # somebody looks it up
    opens_dispute: str | None = None  # a category of rules.disputes: a claim is opened, and pauses what it is about

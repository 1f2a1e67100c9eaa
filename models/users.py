from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from models.columns import SQLModel, choice, identity, reference


class Role(StrEnum):
    """What a user may do; each includes nothing of the others."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMIN = "admin"


class User(SQLModel, table=True):
    """A person who logs in (`user` is reserved in SQL, hence the table's name)."""

    __tablename__ = "app_user"
    __table_args__ = (
        Index("uq_app_user_email", text("lower(email)"), unique=True),
        CheckConstraint("language IN ('es', 'en')", name="language"),
    )

    id: int | None = identity()
    email: str
    name: str
    role: Role = choice(Role, "role")
    language: str = "es"
    active: bool = True
    password_hash: str | None = None
    oidc_subject: str | None = Field(default=None, unique=True)
    last_portfolio_id: int | None = reference("portfolio.id", optional=True, index=False)
    created_at: datetime


class UserSession(SQLModel, table=True):
    """One log-in: the cookie's token is kept as its SHA-256 only, and can be revoked; how long it may idle is its own."""

    __tablename__ = "user_session"

    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    user_id: int = reference("app_user.id")
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    idle_minutes: int
    revoked_at: datetime | None = None
    revoked_because: str | None = None


class LoginAttempt(SQLModel, table=True):
    """A try to log in, for throttling by address and by account name (a hash: the name may be a typed password)."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_name_hash_at", "name_hash", "at"),
        Index("ix_login_attempt_address_at", "address", "at"),
    )

    id: int | None = identity()
    name_hash: bytes = Field(sa_type=LargeBinary)
    address: str
    at: datetime
    succeeded: bool

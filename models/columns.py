"""The column types every table uses, and the names the database gives its constraints."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Enum, ForeignKey, Identity, Numeric
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

__all__ = ["Decimal", "SQLModel", "choice", "datetime", "identity", "money", "reference"]


def identity() -> Any:
    """The primary key: a 64-bit number given by the database."""
    return Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])


def reference(target: str, *, optional: bool = False, index: bool = True, primary_key: bool = False) -> Any:
    """A foreign key to `target` ("table.column"); nothing it points to can be deleted from under it."""
    kwargs: dict[str, Any] = {"default": None} if optional else {}
    return Field(
        sa_type=BigInteger,
        sa_column_args=[ForeignKey(target)],
        nullable=optional,
        index=index and not primary_key,
        primary_key=primary_key,
        **kwargs,
    )


def money(**kwargs: Any) -> Any:
    """An amount with two decimals, in the currency of its portfolio."""
    return Field(sa_type=Numeric(18, 2), **kwargs)


def choice(states: type[StrEnum], name: str, **kwargs: Any) -> Any:
    """A closed list of words, stored as text and checked by the database."""
    kind = Enum(
        states,
        native_enum=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
        create_constraint=True,
        name=name,
    )
    return Field(sa_type=kind, **kwargs)

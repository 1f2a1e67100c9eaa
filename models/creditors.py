from datetime import datetime

from sqlmodel import Field

from models.columns import SQLModel, identity


class Creditor(SQLModel, table=True):
    """Whose debt it is."""

    id: int | None = identity()
    code: str = Field(unique=True)
    name: str
    created_at: datetime

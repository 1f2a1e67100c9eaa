from datetime import datetime

from sqlalchemy import UniqueConstraint

from models.columns import SQLModel, identity


class LawVersion(SQLModel, table=True):
    """The text of a country's law file as it once was in use, by its digest."""

    __tablename__ = "law_version"
    __table_args__ = (UniqueConstraint("country", "digest"),)

    id: int | None = identity()
    country: str
    digest: str
    content: str
    seen_at: datetime

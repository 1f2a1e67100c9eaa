from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text

from models.columns import SQLModel, identity, reference


class CoachingNote(SQLModel, table=True):
    """What a supervisor says to an agent about one contact; the agent sees it and may answer."""

    __tablename__ = "coaching_note"
    __table_args__ = (
        CheckConstraint("by_id <> agent_id", name="about_another"),
        CheckConstraint("comment <> ''", name="comment"),
        Index("ix_coaching_note_unseen", "agent_id", postgresql_where=text("seen_at IS NULL")),
        Index("ix_coaching_note_agent_id", "agent_id", "made_at"),
    )

    id: int | None = identity()
    interaction_id: int = reference("interaction.id")
    agent_id: int = reference("app_user.id", index=False)
    by_id: int = reference("app_user.id", index=False)
    comment: str
    praise: bool = False
    made_at: datetime
    seen_at: datetime | None = None
    answer: str | None = None
    answered_at: datetime | None = None

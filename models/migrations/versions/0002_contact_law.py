"""contact law"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


APPEND_ONLY = """
CREATE FUNCTION refuse_blocked_contact_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'blocked contacts cannot be changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER blocked_contact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON blocked_contact
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_blocked_contact_change();
"""


def upgrade() -> None:
    op.add_column("portfolio", sa.Column("readings", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("portfolio", sa.Column("daily_attempts", sa.Integer(), nullable=True))
    op.add_column("portfolio", sa.Column("weekly_contacts", sa.Integer(), nullable=True))
    op.add_column("portfolio", sa.Column("calls_on_holidays", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_check_constraint(
        op.f("ck_portfolio_contact_limits"), "portfolio", "daily_attempts > 0 AND weekly_contacts > 0"
    )
    op.add_column("debtor", sa.Column("contact_facts", postgresql.JSONB(), server_default="{}", nullable=False))
    op.create_index(
        "ix_debtor_contact_facts", "debtor", ["id"], unique=False, postgresql_where=sa.text("contact_facts <> '{}'")
    )
    op.add_column("debtor", sa.Column("law_region", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    place = sa.Computed("time_zone || coalesce('#' || law_region, '')", persisted=True)
    op.add_column("debtor", sa.Column("place", sa.Text(), place, nullable=False))
    op.add_column("interaction", sa.Column("decision", postgresql.JSONB(), nullable=True))
    op.create_index(
        "ix_interaction_unlawful",
        "interaction",
        ["portfolio_id", "started_at"],
        unique=False,
        postgresql_where=sa.text("decision ->> 'allowed' = 'false'"),
    )
    op.create_table(
        "law_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("country", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_law_version")),
        sa.UniqueConstraint("country", "digest", name=op.f("uq_law_version_country_digest")),
    )
    _create_blocked_contact()


def _create_blocked_contact() -> None:
    op.create_table(
        "blocked_contact",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("debtor_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "call",
                "email",
                "sms",
                "whatsapp",
                "letter",
                "visit",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("contact_point_id", sa.BigInteger(), nullable=True),
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("law", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("confidence", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("because", postgresql.JSONB(), nullable=False),
        sa.Column("next_allowed", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("form", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id", "debtor_id"],
            ["collection_case.id", "collection_case.portfolio_id", "collection_case.debtor_id"],
            name=op.f("fk_blocked_contact_case_id_portfolio_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"], ["contact_point.id"], name=op.f("fk_blocked_contact_contact_point_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_blocked_contact_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_contact")),
    )
    op.create_index("ix_blocked_contact_debtor_id_at", "blocked_contact", ["debtor_id", "at"], unique=False)
    op.create_index("ix_blocked_contact_portfolio_id_at", "blocked_contact", ["portfolio_id", "at"], unique=False)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("blocked_contact")
    op.execute("DROP FUNCTION refuse_blocked_contact_change()")
    op.drop_table("law_version")
    op.drop_index(
        "ix_interaction_unlawful",
        table_name="interaction",
        postgresql_where=sa.text("decision ->> 'allowed' = 'false'"),
    )
    op.drop_column("interaction", "decision")
    op.drop_index("ix_debtor_contact_facts", table_name="debtor", postgresql_where=sa.text("contact_facts <> '{}'"))
    for column in ("place", "law_region", "contact_facts"):
        op.drop_column("debtor", column)
    op.drop_constraint(op.f("ck_portfolio_contact_limits"), "portfolio", type_="check")
    for column in ("calls_on_holidays", "weekly_contacts", "daily_attempts", "readings"):
        op.drop_column("portfolio", column)

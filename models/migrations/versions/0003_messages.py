"""messages"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_disposition_outcome"), "disposition", type_="check")
    op.create_check_constraint(
        op.f("ck_disposition_outcome"),
        "disposition",
        "outcome IN ('no_contact', 'bad_data', 'third_party', 'right_party', 'delivered', 'account_event')",
    )
    op.execute("UPDATE disposition SET outcome = 'delivered' WHERE code = 'message.delivered'")  # back again from below
    op.create_table(
        "inbound_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("event_key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("received_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("worked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_event")),
        sa.UniqueConstraint("provider", "event_key", name=op.f("uq_inbound_event_provider_event_key")),
    )
    op.create_index(
        "ix_inbound_event_error",
        "inbound_event",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("error IS NOT NULL"),
    )
    op.create_index(
        "ix_inbound_event_waiting",
        "inbound_event",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("worked_at IS NULL"),
    )
    op.create_table(
        "opt_out",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("debtor_id", sa.BigInteger(), nullable=False),
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
        sa.Column("since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("inbound_event_id", sa.BigInteger(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_because", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name=op.f("ck_opt_out_ended_because")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_opt_out_by_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_opt_out_debtor_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["app_user.id"], name=op.f("fk_opt_out_ended_by")),
        sa.ForeignKeyConstraint(["inbound_event_id"], ["inbound_event.id"], name=op.f("fk_opt_out_inbound_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_out")),
    )
    op.create_index(
        "uq_opt_out_live",
        "opt_out",
        ["debtor_id", "channel"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "strategy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft", "published", "retired", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("retired_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("state = 'draft' OR published_at IS NOT NULL", name=op.f("ck_strategy_published_at")),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_strategy_created_by")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_strategy_portfolio_id")),
        sa.ForeignKeyConstraint(["published_by"], ["app_user.id"], name=op.f("fk_strategy_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy")),
        sa.UniqueConstraint("portfolio_id", "version", name=op.f("uq_strategy_portfolio_id_version")),
    )
    op.create_index(
        "uq_strategy_draft", "strategy", ["portfolio_id"], unique=True, postgresql_where=sa.text("state = 'draft'")
    )
    op.create_index(
        "uq_strategy_published",
        "strategy",
        ["portfolio_id"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "template",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
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
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("whatsapp_name", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("draft", "approved", "retired", name="state", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("(channel = 'email') = (subject IS NOT NULL)", name=op.f("ck_template_subject_of_email")),
        sa.CheckConstraint("channel IN ('email', 'sms', 'whatsapp')", name=op.f("ck_template_written_channel")),
        sa.CheckConstraint("state = 'draft' OR approved_at IS NOT NULL", name=op.f("ck_template_approved_at")),
        sa.CheckConstraint("approved_by <> author_id", name=op.f("ck_template_four_eyes")),
        sa.ForeignKeyConstraint(["approved_by"], ["app_user.id"], name=op.f("fk_template_approved_by")),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_template_author_id")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_template_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template")),
        sa.UniqueConstraint(
            "portfolio_id",
            "code",
            "channel",
            "language",
            "version",
            name=op.f("uq_template_portfolio_id_code_channel_language_version"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "step_task",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("debtor_id", sa.BigInteger(), nullable=False),
        sa.Column("strategy_id", sa.BigInteger(), nullable=False),
        sa.Column("segment", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("step", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("message", "call", "hand_over", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id", "debtor_id"],
            ["collection_case.id", "collection_case.portfolio_id", "collection_case.debtor_id"],
            name=op.f("fk_step_task_case_id_portfolio_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategy.id"], name=op.f("fk_step_task_strategy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_task")),
        sa.UniqueConstraint("key", name=op.f("uq_step_task_key")),
    )
    op.create_index("ix_step_task_case_id", "step_task", ["case_id", "anchor_on"], unique=False)
    op.create_table(
        "pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "dispute",
                "hardship",
                "legal_hold",
                "verification",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_because", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name=op.f("ck_pause_ended_because")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_pause_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["account_id", "case_id"], ["account.id", "account.case_id"], name=op.f("fk_pause_account_id_case_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_pause_by_id")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_pause_case_id_portfolio_id"),
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["app_user.id"], name=op.f("fk_pause_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index("ix_pause_case_id", "pause", ["case_id", "from_on"], unique=False)
    op.create_index(
        "ix_pause_live",
        "pause",
        ["portfolio_id", "case_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("debtor_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "step",
                "promise_due",
                "promise_broken",
                "payment_thanks",
                "reply",
                name="cause",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("strategy_id", sa.BigInteger(), nullable=True),
        sa.Column("segment", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("step", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("anchor_on", sa.Date(), nullable=True),
        sa.Column("arm", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("promise_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
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
        sa.Column("fallbacks", postgresql.JSONB(), nullable=False),
        sa.Column("contact_point_id", sa.BigInteger(), nullable=True),
        sa.Column("template_code", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("chosen", postgresql.JSONB(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "queued",
                "sending",
                "sent",
                "delivered",
                "read",
                "failed",
                "bounced",
                "blocked",
                "cancelled",
                "unconfirmed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("not_before", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("planned_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("held", postgresql.JSONB(), nullable=True),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("language_wanted", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("body", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("provider", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("provider_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("cost", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.CheckConstraint("(cause = 'reply') = (author_id IS NOT NULL)", name=op.f("ck_message_reply_has_author")),
        sa.CheckConstraint(
            "(cause = 'step') = (strategy_id IS NOT NULL AND step IS NOT NULL AND anchor_on IS NOT NULL)",
            name=op.f("ck_message_step"),
        ),
        sa.CheckConstraint(
            "(state IN ('queued', 'sending')) = (lease_until IS NOT NULL)", name=op.f("ck_message_lease")
        ),
        sa.CheckConstraint("channel IN ('email', 'sms', 'whatsapp')", name=op.f("ck_message_written_channel")),
        sa.CheckConstraint("tries >= 0 AND attempt > 0", name=op.f("ck_message_counts")),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_message_author_id")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id", "debtor_id"],
            ["collection_case.id", "collection_case.portfolio_id", "collection_case.debtor_id"],
            name=op.f("fk_message_case_id_portfolio_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(["contact_point_id"], ["contact_point.id"], name=op.f("fk_message_contact_point_id")),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], name=op.f("fk_message_interaction_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_message_payment_id")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_message_promise_id")),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategy.id"], name=op.f("fk_message_strategy_id")),
        sa.ForeignKeyConstraint(["template_id"], ["template.id"], name=op.f("fk_message_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
    )
    op.create_index("ix_message_case_id", "message", ["case_id", "anchor_on"], unique=False)
    op.create_index("ix_message_debtor_id", "message", ["debtor_id", "planned_at"], unique=False)
    op.create_index(op.f("ix_message_interaction_id"), "message", ["interaction_id"], unique=False)
    op.create_index(
        "ix_message_lease",
        "message",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(
        "ix_message_planned",
        "message",
        ["not_before", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index("ix_message_portfolio_id_planned_at", "message", ["portfolio_id", "planned_at", "id"], unique=False)
    op.create_index(
        "ix_message_unconfirmed",
        "message",
        ["portfolio_id"],
        unique=False,
        postgresql_where=sa.text("state = 'unconfirmed'"),
    )
    op.create_index(
        "uq_message_provider_id",
        "message",
        ["provider", "provider_id"],
        unique=True,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_table(
        "message_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "queued",
                "sending",
                "sent",
                "delivered",
                "read",
                "failed",
                "bounced",
                "blocked",
                "cancelled",
                "unconfirmed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_message_event_by_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_event_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_event")),
        sa.UniqueConstraint(
            "message_id", "state", "at", "source", name=op.f("uq_message_event_message_id_state_at_source")
        ),
    )
    op.add_column("contact_point", sa.Column("unreachable", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("portfolio", sa.Column("contact_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("interaction", sa.Column("reading", postgresql.JSONB(), nullable=True))
    op.create_index(
        "ix_interaction_inbound",
        "interaction",
        ["case_id", "started_at"],
        unique=False,
        postgresql_where=sa.text("direction = 'inbound'"),
    )
    op.create_index("ix_payment_portfolio_id_recorded_at", "payment", ["portfolio_id", "recorded_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_payment_portfolio_id_recorded_at", table_name="payment")
    op.drop_index("ix_interaction_inbound", table_name="interaction", postgresql_where=sa.text("direction = 'inbound'"))
    op.drop_column("interaction", "reading")
    op.drop_column("portfolio", "contact_phone")
    op.drop_column("contact_point", "unreachable")
    op.drop_table("message_event")
    op.drop_index("uq_message_provider_id", table_name="message", postgresql_where=sa.text("provider_id IS NOT NULL"))
    op.drop_index("ix_message_unconfirmed", table_name="message", postgresql_where=sa.text("state = 'unconfirmed'"))
    op.drop_index("ix_message_portfolio_id_planned_at", table_name="message")
    op.drop_index("ix_message_planned", table_name="message", postgresql_where=sa.text("state = 'planned'"))
    op.drop_index("ix_message_lease", table_name="message", postgresql_where=sa.text("lease_until IS NOT NULL"))
    op.drop_index(op.f("ix_message_interaction_id"), table_name="message")
    op.drop_index("ix_message_debtor_id", table_name="message")
    op.drop_index("ix_message_case_id", table_name="message")
    op.drop_table("message")
    op.drop_index("ix_pause_live", table_name="pause", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("ix_pause_case_id", table_name="pause")
    op.drop_table("pause")
    op.drop_index("ix_step_task_case_id", table_name="step_task")
    op.drop_table("step_task")
    op.drop_table("template")
    op.drop_index("uq_strategy_published", table_name="strategy", postgresql_where=sa.text("state = 'published'"))
    op.drop_index("uq_strategy_draft", table_name="strategy", postgresql_where=sa.text("state = 'draft'"))
    op.drop_table("strategy")
    op.drop_index("uq_opt_out_live", table_name="opt_out", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("opt_out")
    op.drop_index("ix_inbound_event_error", table_name="inbound_event", postgresql_where=sa.text("error IS NOT NULL"))
    op.drop_index("ix_inbound_event_waiting", table_name="inbound_event", postgresql_where=sa.text("worked_at IS NULL"))
    op.drop_table("inbound_event")
    op.drop_constraint(op.f("ck_disposition_outcome"), "disposition", type_="check")
    op.execute("UPDATE disposition SET outcome = 'no_contact' WHERE outcome = 'delivered'")  # what was sent stays
    op.create_check_constraint(
        op.f("ck_disposition_outcome"),
        "disposition",
        "outcome IN ('no_contact', 'bad_data', 'third_party', 'right_party', 'account_event')",
    )

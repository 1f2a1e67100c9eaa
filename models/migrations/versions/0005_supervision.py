"""supervision"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_nightly_change_kind"), "nightly_change", type_="check")
    op.create_check_constraint(
        op.f("ck_nightly_change_kind"),
        "nightly_change",
        "kind IN ('entered', 'left', 'up', 'down', 'bucket', 'stage', 'stage_proposed', 'promise_kept', 'promise_partially_kept', 'promise_broken', 'agreement_completed', 'agreement_broken', 'installment_missed', 'owner')",
    )
    op.create_table(
        "receipt_forecast",
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("for_on", sa.Date(), nullable=False),
        sa.Column(
            "source",
            sa.Enum("promise", "agreement", name="source", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("due", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("expected", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_receipt_forecast_portfolio_id")),
        sa.PrimaryKeyConstraint("portfolio_id", "made_on", "for_on", "source", name=op.f("pk_receipt_forecast")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("cancelled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_absence_span")),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_absence_made_by")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_absence_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(
        "ix_absence_user_id",
        "absence",
        ["user_id", "until_on"],
        unique=False,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "book_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "preventive",
                "administrative",
                "extrajudicial",
                "judicial",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("past_due", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("late_cases", sa.Integer(), nullable=False),
        sa.Column("late_balance", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("late_balance_days", sa.Numeric(precision=24, scale=2), nullable=False),
        sa.Column("past_due_30", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("past_due_90", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_book_day_owner_id")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_book_day_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_day")),
        sa.UniqueConstraint(
            "portfolio_id",
            "on_date",
            "owner_id",
            "bucket",
            "stage",
            name=op.f("uq_book_day_portfolio_id_on_date_owner_id_bucket_stage"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "deal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "deal",
                "cover",
                "leaver",
                "portfolio",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "way",
            sa.Enum(
                "count",
                "balance",
                "expected",
                "priority",
                "nobody",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "applied", "undone", "reverted", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("(kind = 'cover') = (until_on IS NOT NULL)", name=op.f("ck_deal_cover_has_end")),
        sa.CheckConstraint("(state = 'applied') = (ended_at IS NULL)", name=op.f("ck_deal_applied_until_ended")),
        sa.ForeignKeyConstraint(["ended_by"], ["app_user.id"], name=op.f("fk_deal_ended_by")),
        sa.ForeignKeyConstraint(["made_by"], ["app_user.id"], name=op.f("fk_deal_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal")),
        sa.UniqueConstraint("key", name=op.f("uq_deal_key")),
    )
    op.create_index(
        "ix_deal_cover",
        "deal",
        ["until_on"],
        unique=False,
        postgresql_where=sa.text("kind = 'cover' AND state = 'applied'"),
    )
    op.create_index("ix_deal_made_at", "deal", ["made_at"], unique=False)
    op.create_table(
        "digest",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "board",
            sa.Enum(
                "performance", "health", "night", name="board", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "every",
            sa.Enum(
                "day", "week", "month", "quarter", name="every", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("every <> 'quarter'", name=op.f("ck_digest_no_quarters")),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_digest_hour")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_digest_portfolio_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_digest_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_digest_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
    )
    op.create_index(op.f("ix_digest_user_id"), "digest", ["user_id"], unique=False)
    op.create_index(
        "uq_digest_wanted",
        "digest",
        ["user_id", "board", "portfolio_id", "team_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "nightly_hold",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("case_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["nightly_run.id"], name=op.f("fk_nightly_hold_run_id")),
        sa.PrimaryKeyConstraint("run_id", "code", name=op.f("pk_nightly_hold")),
    )
    op.create_table(
        "order_version",
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
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("simulated", postgresql.JSONB(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("retired_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("state = 'draft' OR published_at IS NOT NULL", name=op.f("ck_order_version_published_at")),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_order_version_created_by")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_order_version_portfolio_id")),
        sa.ForeignKeyConstraint(["published_by"], ["app_user.id"], name=op.f("fk_order_version_published_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_version")),
        sa.UniqueConstraint("portfolio_id", "version", name=op.f("uq_order_version_portfolio_id_version")),
    )
    op.create_index(
        "uq_order_version_draft",
        "order_version",
        ["portfolio_id"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_index(
        "uq_order_version_published",
        "order_version",
        ["portfolio_id"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "presence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "available",
                "break",
                "training",
                "meeting",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column(
            "ended_because",
            sa.Enum(
                "changed", "left", "lost", name="ended_because", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name=op.f("ck_presence_ended")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_presence_ends_after_start")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_presence_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presence")),
    )
    op.create_index("ix_presence_user_id_started_at", "presence", ["user_id", "started_at"], unique=False)
    op.create_index(
        "uq_presence_open", "presence", ["user_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "reporting_login",
        sa.Column("login", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("portfolio_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("everything", sa.Boolean(), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("everything = (portfolio_ids = '{}')", name=op.f("ck_reporting_login_some_or_all")),
        sa.ForeignKeyConstraint(["opened_by"], ["app_user.id"], name=op.f("fk_reporting_login_opened_by")),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_reporting_login")),
    )
    op.create_table(
        "target",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.BigInteger(), nullable=True),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=True),
        sa.Column("kpi", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "period",
            sa.Enum(
                "day", "week", "month", "quarter", name="period", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_target_amount_positive")),
        sa.CheckConstraint("num_nonnulls(user_id, team_id, portfolio_id) = 1", name=op.f("ck_target_one_scope")),
        sa.CheckConstraint("until_on > from_on", name=op.f("ck_target_span")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_target_portfolio_id")),
        sa.ForeignKeyConstraint(["set_by"], ["app_user.id"], name=op.f("fk_target_set_by")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_target_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_target_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
    )
    op.create_index("ix_target_portfolio_id", "target", ["portfolio_id"], unique=False)
    op.create_index("ix_target_team_id", "target", ["team_id"], unique=False)
    op.create_index("ix_target_user_id", "target", ["user_id"], unique=False)
    op.create_table(
        "work_profile",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("case_cap", sa.Integer(), nullable=True),
        sa.Column("balance_cap", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("stages", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("portfolio_ids", sa.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.CheckConstraint("case_cap >= 0 AND coalesce(balance_cap > 0, true)", name=op.f("ck_work_profile_caps")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_work_profile_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_work_profile")),
    )
    op.create_table(
        "case_history",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("balance", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("past_due", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("counted_from", sa.Date(), nullable=True),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "preventive",
                "administrative",
                "extrajudicial",
                "judicial",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("p_unpaid", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "call", "negotiation", "review", name="queue", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "ready",
                "waiting",
                "claimed",
                "closed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("band", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("(queue IS NULL) = (state IS NULL)", name=op.f("ck_case_history_place")),
        sa.CheckConstraint("until_on > from_on", name=op.f("ck_case_history_span")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_case_history_case_id_portfolio_id"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_case_history_owner_id")),
        sa.PrimaryKeyConstraint("case_id", "from_on", name=op.f("pk_case_history")),
        postgresql_with={"fillfactor": "90"},
    )
    op.create_index("ix_case_history_portfolio_id", "case_history", ["portfolio_id", "until_on"], unique=False)
    op.create_index(
        "uq_case_history_current",
        "case_history",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("until_on IS NULL"),
    )
    op.create_table(
        "deal_case",
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_before", sa.BigInteger(), nullable=True),
        sa.Column("owner_after", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["collection_case.id"], name=op.f("fk_deal_case_case_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_case_deal_id")),
        sa.ForeignKeyConstraint(["owner_after"], ["app_user.id"], name=op.f("fk_deal_case_owner_after")),
        sa.ForeignKeyConstraint(["owner_before"], ["app_user.id"], name=op.f("fk_deal_case_owner_before")),
        sa.PrimaryKeyConstraint("deal_id", "case_id", name=op.f("pk_deal_case")),
    )
    op.create_index("ix_deal_case_case_id", "deal_case", ["case_id"], unique=False)
    op.create_table(
        "digest_issue",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
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
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("planned_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("provider_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('queued', 'sending')) = (lease_until IS NOT NULL)", name=op.f("ck_digest_issue_lease")
        ),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_digest_issue_digest_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_issue")),
        sa.UniqueConstraint("digest_id", "on_date", name=op.f("uq_digest_issue_digest_id_on_date")),
    )
    op.create_index(
        "ix_digest_issue_open",
        "digest_issue",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'queued', 'sending')"),
    )
    op.create_table(
        "coaching_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("comment", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("praise", sa.Boolean(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("comment <> ''", name=op.f("ck_coaching_note_comment")),
        sa.CheckConstraint("by_id <> agent_id", name=op.f("ck_coaching_note_about_another")),
        sa.ForeignKeyConstraint(["agent_id"], ["app_user.id"], name=op.f("fk_coaching_note_agent_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_coaching_note_by_id")),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], name=op.f("fk_coaching_note_interaction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coaching_note")),
    )
    op.create_index("ix_coaching_note_agent_id", "coaching_note", ["agent_id", "made_at"], unique=False)
    op.create_index(op.f("ix_coaching_note_interaction_id"), "coaching_note", ["interaction_id"], unique=False)
    op.create_index(
        "ix_coaching_note_unseen",
        "coaching_note",
        ["agent_id"],
        unique=False,
        postgresql_where=sa.text("seen_at IS NULL"),
    )
    op.create_table(
        "deal_item",
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("work_item_id", sa.BigInteger(), nullable=False),
        sa.Column("reserved_before", sa.BigInteger(), nullable=True),
        sa.Column("reserved_after", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_item_deal_id")),
        sa.ForeignKeyConstraint(["reserved_after"], ["app_user.id"], name=op.f("fk_deal_item_reserved_after")),
        sa.ForeignKeyConstraint(["reserved_before"], ["app_user.id"], name=op.f("fk_deal_item_reserved_before")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_deal_item_work_item_id")),
        sa.PrimaryKeyConstraint("deal_id", "work_item_id", name=op.f("pk_deal_item")),
    )
    op.create_table(
        "deal_promise",
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("promise_id", sa.BigInteger(), nullable=False),
        sa.Column("followed_before", sa.BigInteger(), nullable=True),
        sa.Column("followed_after", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_promise_deal_id")),
        sa.ForeignKeyConstraint(["followed_after"], ["app_user.id"], name=op.f("fk_deal_promise_followed_after")),
        sa.ForeignKeyConstraint(["followed_before"], ["app_user.id"], name=op.f("fk_deal_promise_followed_before")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_deal_promise_promise_id")),
        sa.PrimaryKeyConstraint("deal_id", "promise_id", name=op.f("pk_deal_promise")),
    )
    op.drop_index(op.f("ix_audit_entry_skips"), table_name="audit_entry", postgresql_where=sa.text("deed = 'skip'"))
    op.create_index(
        "ix_audit_entry_put_down",
        "audit_entry",
        ["by_id", "at"],
        unique=False,
        postgresql_where=sa.text("deed IN ('skip', 'release')"),
    )
    op.create_index("ix_receivable_issued_on", "receivable", ["issued_on"], unique=False)
    op.create_index("ix_payment_portfolio_id_paid_on", "payment", ["portfolio_id", "paid_on"], unique=False)
    op.create_index("ix_promise_portfolio_id_taken_on", "promise", ["portfolio_id", "taken_on"], unique=False)
    op.create_index("ix_promise_portfolio_id_due_on", "promise", ["portfolio_id", "due_on"], unique=False)
    op.add_column("interaction", sa.Column("claimed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column("portfolio", sa.Column("attribution_days", sa.Integer(), server_default="30", nullable=False))
    op.add_column(
        "portfolio", sa.Column("minute_cost", sa.Numeric(precision=18, scale=2), server_default="0", nullable=False)
    )
    op.add_column("portfolio", sa.Column("message_costs", postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column(
        "team",
        sa.Column(
            "agents_see",
            sa.Enum("own", "team", "ranking", name="agents_see", native_enum=False, create_constraint=True, length=24),
            server_default="team",
            nullable=False,
        ),
    )
    op.add_column("team", sa.Column("amber_minutes", sa.Integer(), server_default="8", nullable=False))
    op.add_column("team", sa.Column("red_minutes", sa.Integer(), server_default="12", nullable=False))
    op.create_check_constraint(op.f("ck_portfolio_figures"), "portfolio", "attribution_days > 0 AND minute_cost >= 0")
    op.create_check_constraint(op.f("ck_team_minutes"), "team", "0 < amber_minutes AND amber_minutes < red_minutes")
    op.add_column("work_item", sa.Column("ready_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.execute(_SINCE)
    op.create_check_constraint(
        op.f("ck_work_item_ready_since"), "work_item", "(state = 'ready') = (ready_at IS NOT NULL)"
    )
    _index_ready_items(postgresql_include=["ready_at"])


def _index_ready_items(**more: list[str]) -> None:
    """Makes the two indexes of what may be claimed anew."""
    order = ["zone", "band", sa.text("score DESC"), "id"]
    for name, first, where in (
        ("ix_work_item_ready", ["portfolio_id", "queue"], "state = 'ready' AND reserved_for IS NULL"),
        (
            "ix_work_item_reserved",
            ["reserved_for", "queue", "portfolio_id"],
            "state = 'ready' AND reserved_for IS NOT NULL",
        ),
    ):
        op.drop_index(name, table_name="work_item")
        op.create_index(name, "work_item", [*first, *order], unique=False, postgresql_where=sa.text(where), **more)


# What came by itself has waited since its last contact or the hour agreed then, the list since its last night began.
_SINCE = """
    UPDATE work_item w SET ready_at = least(now(), coalesce(
        CASE WHEN w.band = 1 OR w.queue <> 'call' THEN (
            SELECT CASE WHEN i.follow_up_at <= now() THEN i.follow_up_at ELSE i.ended_at END FROM interaction i
            WHERE i.case_id = w.case_id ORDER BY i.started_at DESC LIMIT 1) END,
        (SELECT r.started_at FROM nightly_run r WHERE r.portfolio_id = w.portfolio_id ORDER BY r.business_date DESC LIMIT 1),
        now()))
    WHERE w.state = 'ready'
"""


def downgrade() -> None:
    _index_ready_items()
    op.drop_constraint(op.f("ck_work_item_ready_since"), "work_item", type_="check")
    op.drop_column("work_item", "ready_at")
    op.drop_constraint(op.f("ck_nightly_change_kind"), "nightly_change", type_="check")
    op.execute("DELETE FROM nightly_change WHERE kind = 'owner'")
    op.create_check_constraint(
        op.f("ck_nightly_change_kind"),
        "nightly_change",
        "kind IN ('entered', 'left', 'up', 'down', 'bucket', 'stage', 'stage_proposed', 'promise_kept', 'promise_partially_kept', 'promise_broken', 'agreement_completed', 'agreement_broken', 'installment_missed')",
    )
    op.drop_constraint(op.f("ck_team_minutes"), "team", type_="check")
    op.drop_constraint(op.f("ck_portfolio_figures"), "portfolio", type_="check")
    op.drop_column("team", "red_minutes")
    op.drop_column("team", "amber_minutes")
    op.drop_column("team", "agents_see")
    op.drop_column("portfolio", "message_costs")
    op.drop_column("portfolio", "minute_cost")
    op.drop_column("portfolio", "attribution_days")
    op.drop_column("interaction", "claimed_at")
    op.drop_index("ix_promise_portfolio_id_due_on", table_name="promise")
    op.drop_index("ix_promise_portfolio_id_taken_on", table_name="promise")
    op.drop_index("ix_payment_portfolio_id_paid_on", table_name="payment")
    op.drop_index("ix_receivable_issued_on", table_name="receivable")
    op.drop_index(
        "ix_audit_entry_put_down", table_name="audit_entry", postgresql_where=sa.text("deed IN ('skip', 'release')")
    )
    op.create_index(
        op.f("ix_audit_entry_skips"),
        "audit_entry",
        ["by_id", "at"],
        unique=False,
        postgresql_where=sa.text("deed = 'skip'"),
    )
    op.drop_table("deal_promise")
    op.drop_table("deal_item")
    op.drop_index("ix_coaching_note_unseen", table_name="coaching_note", postgresql_where=sa.text("seen_at IS NULL"))
    op.drop_index(op.f("ix_coaching_note_interaction_id"), table_name="coaching_note")
    op.drop_index("ix_coaching_note_agent_id", table_name="coaching_note")
    op.drop_table("coaching_note")
    op.drop_index(
        "ix_digest_issue_open",
        table_name="digest_issue",
        postgresql_where=sa.text("state IN ('planned', 'queued', 'sending')"),
    )
    op.drop_table("digest_issue")
    op.drop_index("ix_deal_case_case_id", table_name="deal_case")
    op.drop_table("deal_case")
    op.drop_index("uq_case_history_current", table_name="case_history", postgresql_where=sa.text("until_on IS NULL"))
    op.drop_index("ix_case_history_portfolio_id", table_name="case_history")
    op.drop_table("case_history")
    op.drop_table("work_profile")
    op.drop_index("ix_target_user_id", table_name="target")
    op.drop_index("ix_target_team_id", table_name="target")
    op.drop_index("ix_target_portfolio_id", table_name="target")
    op.drop_table("target")
    op.drop_table("reporting_login")
    op.drop_index("uq_presence_open", table_name="presence", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index("ix_presence_user_id_started_at", table_name="presence")
    op.drop_table("presence")
    op.drop_index(
        "uq_order_version_published", table_name="order_version", postgresql_where=sa.text("state = 'published'")
    )
    op.drop_index("uq_order_version_draft", table_name="order_version", postgresql_where=sa.text("state = 'draft'"))
    op.drop_table("order_version")
    op.drop_table("nightly_hold")
    op.drop_index("uq_digest_wanted", table_name="digest")
    op.drop_index(op.f("ix_digest_user_id"), table_name="digest")
    op.drop_table("digest")
    op.drop_index("ix_deal_made_at", table_name="deal")
    op.drop_index("ix_deal_cover", table_name="deal", postgresql_where=sa.text("kind = 'cover' AND state = 'applied'"))
    op.drop_table("deal")
    op.drop_table("book_day")
    op.drop_index("ix_absence_user_id", table_name="absence", postgresql_where=sa.text("cancelled_at IS NULL"))
    op.drop_table("absence")
    op.drop_table("receipt_forecast")

"""the spine"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries cannot be changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "creditor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_creditor")),
        sa.UniqueConstraint("code", name=op.f("uq_creditor_code")),
    )
    op.create_table(
        "disposition",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("action", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("result", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "no_contact",
                "bad_data",
                "third_party",
                "right_party",
                "account_event",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("label_es", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("label_en", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts_attempt", sa.Boolean(), nullable=False),
        sa.Column("counts_contact", sa.Boolean(), nullable=False),
        sa.Column("counts_rpc", sa.Boolean(), nullable=False),
        sa.Column("counts_promise", sa.Boolean(), nullable=False),
        sa.Column("invalidates_phone", sa.Boolean(), nullable=False),
        sa.Column("stops_channel", sa.Boolean(), nullable=False),
        sa.Column("terminal", sa.Boolean(), nullable=False),
        sa.Column("follow_up_hours", sa.Integer(), nullable=False),
        sa.Column("next_queue", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("requires", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "requires <@ ARRAY['amount','date','phone','note','reason','callback']",
            name=op.f("ck_disposition_requires"),
        ),
        sa.CheckConstraint("NOT counts_promise OR counts_rpc", name=op.f("ck_disposition_promise_is_rpc")),
        sa.CheckConstraint("NOT counts_rpc OR counts_contact", name=op.f("ck_disposition_rpc_is_contact")),
        sa.CheckConstraint("follow_up_hours >= 0", name=op.f("ck_disposition_follow_up")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_disposition")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_address_at", "login_attempt", ["address", "at"], unique=False)
    op.create_index("ix_login_attempt_name_hash_at", "login_attempt", ["name_hash", "at"], unique=False)
    op.create_table(
        "team",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("code", name=op.f("uq_team_code")),
    )
    op.create_table(
        "debtor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("creditor_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("folded_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("person", "firm", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("tax_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("tax_id_valid", sa.Boolean(), nullable=True),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("city", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("region", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("time_zone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "zone_origin",
            sa.Enum(
                "address",
                "phone",
                "portfolio",
                name="zone_origin",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditor.id"], name=op.f("fk_debtor_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debtor")),
        sa.UniqueConstraint("creditor_id", "reference", name=op.f("uq_debtor_creditor_id_reference")),
    )
    op.create_index(
        "ix_debtor_folded_name",
        "debtor",
        ["folded_name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"folded_name": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_debtor_tax_id"), "debtor", ["tax_id"], unique=False)
    op.create_table(
        "portfolio",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("creditor_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("country", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("region", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("regime", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("time_zone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("weekday_opens", sa.Time(), nullable=False),
        sa.Column("weekday_closes", sa.Time(), nullable=False),
        sa.Column("saturday_opens", sa.Time(), nullable=True),
        sa.Column("saturday_closes", sa.Time(), nullable=True),
        sa.Column("bucket_starts", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("extrajudicial_after", sa.Integer(), nullable=False),
        sa.Column("judicial_after", sa.Integer(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("promise_tolerance", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("promise_min_amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("promise_min_share", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("promise_days_out", sa.Integer(), nullable=False),
        sa.Column("promises_broken_limit", sa.Integer(), nullable=False),
        sa.Column(
            "absence_rule",
            sa.Enum(
                "keep", "paid", "cancelled", name="absence_rule", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("import_mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("learned", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_portfolio_country_iso")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_portfolio_currency_iso")),
        sa.CheckConstraint(
            "(saturday_opens IS NULL) = (saturday_closes IS NULL) AND coalesce(saturday_opens < saturday_closes, true)",
            name=op.f("ck_portfolio_saturday_hours"),
        ),
        sa.CheckConstraint(
            "0 < extrajudicial_after AND extrajudicial_after < judicial_after", name=op.f("ck_portfolio_stage_order")
        ),
        sa.CheckConstraint(
            "0 < promise_tolerance AND promise_tolerance <= 1", name=op.f("ck_portfolio_tolerance_share")
        ),
        sa.CheckConstraint("grace_days >= 0 AND promise_days_out >= 0", name=op.f("ck_portfolio_days_not_negative")),
        sa.CheckConstraint("weekday_opens < weekday_closes", name=op.f("ck_portfolio_weekday_hours")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditor.id"], name=op.f("fk_portfolio_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portfolio")),
        sa.UniqueConstraint("code", name=op.f("uq_portfolio_code")),
    )
    op.create_index(op.f("ix_portfolio_creditor_id"), "portfolio", ["creditor_id"], unique=False)
    op.create_table(
        "app_user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "agent",
                "supervisor",
                "manager",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("oidc_subject", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("last_portfolio_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("language IN ('es', 'en')", name=op.f("ck_app_user_language")),
        sa.ForeignKeyConstraint(["last_portfolio_id"], ["portfolio.id"], name=op.f("fk_app_user_last_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_app_user_oidc_subject")),
    )
    op.create_index("uq_app_user_email", "app_user", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "contact_point",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("debtor_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("phone", "email", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("raw", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "phone_kind",
            sa.Enum(
                "mobile", "landline", "unknown", name="phone_kind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "unusable",
                "invalid",
                "wrong_person",
                "opted_out",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("time_zone_hint", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("right_parties", sa.Integer(), nullable=False),
        sa.Column("last_disposition", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("last_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind <> 'phone' OR status = 'unusable' OR value ~ '^\\+[1-9][0-9]{6,14}$'",
            name=op.f("ck_contact_point_e164"),
        ),
        sa.CheckConstraint("0 <= right_parties AND right_parties <= attempts", name=op.f("ck_contact_point_tally")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_contact_point_debtor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point")),
        sa.UniqueConstraint("debtor_id", "kind", "value", name=op.f("uq_contact_point_debtor_id_kind_value")),
    )
    op.create_index("ix_contact_point_value", "contact_point", ["value"], unique=False)
    op.create_table(
        "nightly_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "due", "running", "done", "failed", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("heartbeat_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("cases_total", sa.Integer(), nullable=False),
        sa.Column("cases_done", sa.Integer(), nullable=False),
        sa.Column("last_case_id", sa.BigInteger(), nullable=False),
        sa.Column("learned", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("violations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("0 <= cases_done AND cases_done <= cases_total", name=op.f("ck_nightly_run_progress")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_nightly_run_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nightly_run")),
        sa.UniqueConstraint("portfolio_id", "business_date", name=op.f("uq_nightly_run_portfolio_id_business_date")),
    )
    op.create_table(
        "scheduled_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "due",
                "running",
                "done",
                "failed",
                "skipped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("enqueued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_scheduled_run_lease")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_scheduled_run_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_run")),
        sa.UniqueConstraint(
            "name",
            "portfolio_id",
            "due_at",
            name=op.f("uq_scheduled_run_name_portfolio_id_due_at"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_scheduled_run_open",
        "scheduled_run",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('due', 'running')"),
    )
    op.create_table(
        "team_portfolio",
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_team_portfolio_portfolio_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_portfolio_team_id")),
        sa.PrimaryKeyConstraint("team_id", "portfolio_id", name=op.f("pk_team_portfolio")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("deed", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_audit_entry_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        "ix_audit_entry_skips", "audit_entry", ["by_id", "at"], unique=False, postgresql_where=sa.text("deed = 'skip'")
    )
    op.create_index("ix_audit_entry_subject_subject_id", "audit_entry", ["subject", "subject_id"], unique=False)
    op.create_table(
        "collection_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("debtor_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_collection_case_debtor_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_collection_case_owner_id")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_collection_case_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_case")),
        sa.UniqueConstraint("id", "portfolio_id", name=op.f("uq_collection_case_id_portfolio_id")),
        sa.UniqueConstraint(
            "id", "portfolio_id", "debtor_id", name=op.f("uq_collection_case_id_portfolio_id_debtor_id")
        ),
        sa.UniqueConstraint("portfolio_id", "debtor_id", name=op.f("uq_collection_case_portfolio_id_debtor_id")),
    )
    op.create_index(op.f("ix_collection_case_debtor_id"), "collection_case", ["debtor_id"], unique=False)
    op.create_index(op.f("ix_collection_case_owner_id"), "collection_case", ["owner_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("file_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("strict", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "due", "running", "done", "failed", name="state", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("enqueued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("heartbeat_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_import_run_by_id")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_import_run_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_portfolio_id"), "import_run", ["portfolio_id"], unique=False)
    op.create_table(
        "team_member",
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_team_member_user_id")),
        sa.PrimaryKeyConstraint("team_id", "user_id", name=op.f("pk_team_member")),
    )
    op.create_table(
        "user_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("idle_minutes", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("revoked_because", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_user_session")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("product", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_account_case_id_portfolio_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("id", "case_id", name=op.f("uq_account_id_case_id")),
        sa.UniqueConstraint("portfolio_id", "number", name=op.f("uq_account_portfolio_id_number")),
    )
    op.create_index(op.f("ix_account_case_id"), "account", ["case_id"], unique=False)
    op.create_index(op.f("ix_account_number"), "account", ["number"], unique=False)
    op.create_table(
        "case_standing",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("past_due", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("oldest_due_on", sa.Date(), nullable=True),
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
        sa.Column("settled_count", sa.Integer(), nullable=False),
        sa.Column("late_count", sa.Integer(), nullable=False),
        sa.Column("broken_promises", sa.SmallInteger(), nullable=False),
        sa.Column("roll", sa.Double(), nullable=False),
        sa.Column("cust", sa.Double(), nullable=False),
        sa.Column("p_unpaid", sa.Double(), nullable=False),
        sa.Column("reach", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.CheckConstraint("(past_due > 0) = (oldest_due_on IS NOT NULL)", name=op.f("ck_case_standing_oldest_due")),
        sa.CheckConstraint("0 <= late_count AND late_count <= settled_count", name=op.f("ck_case_standing_history")),
        sa.CheckConstraint(
            "0 <= past_due AND past_due <= balance", name=op.f("ck_case_standing_past_due_within_balance")
        ),
        sa.CheckConstraint(
            "p_unpaid BETWEEN 0 AND 1 AND reach BETWEEN 0 AND 1", name=op.f("ck_case_standing_probabilities")
        ),
        sa.CheckConstraint("score >= 0", name=op.f("ck_case_standing_score_not_negative")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_case_standing_case_id_portfolio_id"),
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_standing")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_case_standing_portfolio_id", "case_standing", ["portfolio_id", "case_id"], unique=False)
    op.create_table(
        "interaction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("submission_key", sa.Uuid(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_point_id", sa.BigInteger(), nullable=True),
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
        sa.Column(
            "direction",
            sa.Enum("outbound", "inbound", name="direction", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("disposition_code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("follow_up_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("override_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("override_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(override_reason IS NULL) = (override_by IS NULL)", name=op.f("ck_interaction_override_authorised")
        ),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_interaction_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_interaction_case_id_portfolio_id"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"], ["contact_point.id"], name=op.f("fk_interaction_contact_point_id")
        ),
        sa.ForeignKeyConstraint(
            ["disposition_code"], ["disposition.code"], name=op.f("fk_interaction_disposition_code")
        ),
        sa.ForeignKeyConstraint(["override_by"], ["app_user.id"], name=op.f("fk_interaction_override_by")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_interaction_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_interaction_submission_key")),
    )
    op.create_index(
        "ix_interaction_case_id_started_at",
        "interaction",
        ["case_id", sa.literal_column("started_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_interaction_portfolio_id_started_at", "interaction", ["portfolio_id", "started_at"], unique=False
    )
    op.create_index("ix_interaction_user_id_started_at", "interaction", ["user_id", "started_at"], unique=False)
    op.create_table(
        "nightly_change",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "entered",
                "left",
                "up",
                "down",
                "bucket",
                "stage",
                "stage_proposed",
                "promise_kept",
                "promise_partially_kept",
                "promise_broken",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("after", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["collection_case.id"], name=op.f("fk_nightly_change_case_id")),
        sa.ForeignKeyConstraint(["run_id"], ["nightly_run.id"], name=op.f("fk_nightly_change_run_id")),
        sa.PrimaryKeyConstraint("run_id", "kind", "case_id", name=op.f("pk_nightly_change")),
    )
    op.create_index("ix_nightly_change_case_id", "nightly_change", ["case_id"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "payment",
                "credit_note",
                "balance_update",
                "write_off",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("allocated", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reversed_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("0 <= allocated AND allocated <= amount", name=op.f("ck_payment_allocated_within_amount")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount_positive")),
        sa.CheckConstraint("reversed_on IS NULL OR allocated = 0", name=op.f("ck_payment_reversed_releases")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_payment_case_id_portfolio_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("portfolio_id", "reference", name=op.f("uq_payment_portfolio_id_reference")),
    )
    op.create_index("ix_payment_case_id_paid_on", "payment", ["case_id", "paid_on"], unique=False)
    op.create_table(
        "work_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("debtor_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "call", "negotiation", "review", name="queue", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
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
            nullable=False,
        ),
        sa.Column("zone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("band", sa.SmallInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("reserved_for", sa.BigInteger(), nullable=True),
        sa.Column("not_before", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("claimed_by", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(state = 'claimed') = (claimed_by IS NOT NULL AND lease_until IS NOT NULL)",
            name=op.f("ck_work_item_claim"),
        ),
        sa.CheckConstraint(
            "state = 'claimed' OR (state = 'waiting') = (not_before IS NOT NULL)",
            name=op.f("ck_work_item_waiting_until"),
        ),
        sa.CheckConstraint("band BETWEEN 1 AND 4", name=op.f("ck_work_item_band")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id", "debtor_id"],
            ["collection_case.id", "collection_case.portfolio_id", "collection_case.debtor_id"],
            name=op.f("fk_work_item_case_id_portfolio_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(["claimed_by"], ["app_user.id"], name=op.f("fk_work_item_claimed_by")),
        sa.ForeignKeyConstraint(["reserved_for"], ["app_user.id"], name=op.f("fk_work_item_reserved_for")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_item")),
        sa.UniqueConstraint("case_id", "queue", name=op.f("uq_work_item_case_id_queue")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        "ix_work_item_callback",
        "work_item",
        ["reserved_for", "not_before"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting' AND reserved_for IS NOT NULL"),
    )
    op.create_index(
        "ix_work_item_lease",
        "work_item",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(
        "ix_work_item_ready",
        "work_item",
        ["portfolio_id", "queue", "zone", "band", sa.literal_column("score DESC"), "id"],
        unique=False,
        postgresql_where=sa.text("state = 'ready' AND reserved_for IS NULL"),
    )
    op.create_index(
        "ix_work_item_reserved",
        "work_item",
        ["reserved_for", "queue", "portfolio_id", "zone", "band", sa.literal_column("score DESC"), "id"],
        unique=False,
        postgresql_where=sa.text("state = 'ready' AND reserved_for IS NOT NULL"),
    )
    op.create_index(
        "ix_work_item_waiting", "work_item", ["not_before"], unique=False, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "uq_work_item_claimed_by",
        "work_item",
        ["claimed_by"],
        unique=True,
        postgresql_where=sa.text("claimed_by IS NOT NULL"),
    )
    op.create_index(
        "uq_work_item_claimed_debtor",
        "work_item",
        ["debtor_id"],
        unique=True,
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_table(
        "draft",
        sa.Column("work_item_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("saved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_draft_author_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_draft_work_item_id")),
        sa.PrimaryKeyConstraint("work_item_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "promise",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_point_id", sa.BigInteger(), nullable=True),
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
        sa.Column("given_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("paid", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "kept",
                "partially_kept",
                "broken",
                "withdrawn",
                "replaced",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("(state = 'open') = (closed_on IS NULL)", name=op.f("ck_promise_open_until_closed")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_promise_amount_positive")),
        sa.CheckConstraint("due_on >= taken_on", name=op.f("ck_promise_due_after_taken")),
        sa.CheckConstraint("paid >= 0", name=op.f("ck_promise_paid_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_promise_account_id")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_promise_case_id_portfolio_id"),
        ),
        sa.ForeignKeyConstraint(["contact_point_id"], ["contact_point.id"], name=op.f("fk_promise_contact_point_id")),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], name=op.f("fk_promise_interaction_id")),
        sa.ForeignKeyConstraint(["replaced_by"], ["promise.id"], name=op.f("fk_promise_replaced_by")),
        sa.ForeignKeyConstraint(["taken_by"], ["app_user.id"], name=op.f("fk_promise_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_index("ix_promise_case_id_due_on", "promise", ["case_id", "due_on"], unique=False)
    op.create_index(
        "ix_promise_open_due",
        "promise",
        ["portfolio_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_promise_taken_by"), "promise", ["taken_by"], unique=False)
    op.create_index(
        "uq_promise_open",
        "promise",
        ["case_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "receivable",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("balance", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(balance = 0) = (settled_on IS NOT NULL)", name=op.f("ck_receivable_settled")),
        sa.CheckConstraint("0 <= balance AND balance <= amount", name=op.f("ck_receivable_balance_within_amount")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_receivable_amount_positive")),
        sa.ForeignKeyConstraint(
            ["account_id", "case_id"], ["account.id", "account.case_id"], name=op.f("fk_receivable_account_id_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receivable")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_receivable_account_id_number")),
    )
    op.create_index("ix_receivable_case_id", "receivable", ["case_id"], unique=False)
    op.create_index(
        "ix_receivable_open",
        "receivable",
        ["case_id", "due_on"],
        unique=False,
        postgresql_include=["balance"],
        postgresql_where=sa.text("balance > 0"),
    )
    op.create_table(
        "allocation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("receivable_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_allocation_amount_positive")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_allocation_payment_id")),
        sa.ForeignKeyConstraint(["receivable_id"], ["receivable.id"], name=op.f("fk_allocation_receivable_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index(op.f("ix_allocation_receivable_id"), "allocation", ["receivable_id"], unique=False)
    op.create_index(
        "uq_allocation_live",
        "allocation",
        ["payment_id", "receivable_id"],
        unique=True,
        postgresql_where=sa.text("released_on IS NULL"),
    )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_index("uq_allocation_live", table_name="allocation", postgresql_where=sa.text("released_on IS NULL"))
    op.drop_index(op.f("ix_allocation_receivable_id"), table_name="allocation")
    op.drop_table("allocation")
    op.drop_index(
        "ix_receivable_open",
        table_name="receivable",
        postgresql_include=["balance"],
        postgresql_where=sa.text("balance > 0"),
    )
    op.drop_index("ix_receivable_case_id", table_name="receivable")
    op.drop_table("receivable")
    op.drop_index(
        "uq_promise_open",
        table_name="promise",
        postgresql_where=sa.text("state = 'open'"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(op.f("ix_promise_taken_by"), table_name="promise")
    op.drop_index("ix_promise_open_due", table_name="promise", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_promise_case_id_due_on", table_name="promise")
    op.drop_table("promise")
    op.drop_table("draft")
    op.drop_index("uq_work_item_claimed_debtor", table_name="work_item", postgresql_where=sa.text("state = 'claimed'"))
    op.drop_index("ix_work_item_waiting", table_name="work_item", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(
        "ix_work_item_reserved",
        table_name="work_item",
        postgresql_where=sa.text("state = 'ready' AND reserved_for IS NOT NULL"),
    )
    op.drop_index(
        "ix_work_item_ready",
        table_name="work_item",
        postgresql_where=sa.text("state = 'ready' AND reserved_for IS NULL"),
    )
    op.drop_index("ix_work_item_lease", table_name="work_item", postgresql_where=sa.text("lease_until IS NOT NULL"))
    op.drop_index("uq_work_item_claimed_by", table_name="work_item", postgresql_where=sa.text("claimed_by IS NOT NULL"))
    op.drop_index(
        "ix_work_item_callback",
        table_name="work_item",
        postgresql_where=sa.text("state = 'waiting' AND reserved_for IS NOT NULL"),
    )
    op.drop_table("work_item")
    op.drop_index("ix_payment_case_id_paid_on", table_name="payment")
    op.drop_table("payment")
    op.drop_index("ix_nightly_change_case_id", table_name="nightly_change")
    op.drop_table("nightly_change")
    op.drop_index("ix_interaction_user_id_started_at", table_name="interaction")
    op.drop_index("ix_interaction_portfolio_id_started_at", table_name="interaction")
    op.drop_index("ix_interaction_case_id_started_at", table_name="interaction")
    op.drop_table("interaction")
    op.drop_index("ix_case_standing_portfolio_id", table_name="case_standing")
    op.drop_table("case_standing")
    op.drop_index(op.f("ix_account_number"), table_name="account")
    op.drop_index(op.f("ix_account_case_id"), table_name="account")
    op.drop_table("account")
    op.drop_index(op.f("ix_user_session_user_id"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_table("team_member")
    op.drop_index(op.f("ix_import_run_portfolio_id"), table_name="import_run")
    op.drop_table("import_run")
    op.drop_index(op.f("ix_collection_case_owner_id"), table_name="collection_case")
    op.drop_index(op.f("ix_collection_case_debtor_id"), table_name="collection_case")
    op.drop_table("collection_case")
    op.drop_index("ix_audit_entry_subject_subject_id", table_name="audit_entry")
    op.drop_index("ix_audit_entry_skips", table_name="audit_entry", postgresql_where=sa.text("deed = 'skip'"))
    op.drop_table("audit_entry")
    op.drop_table("team_portfolio")
    op.drop_index(
        "ix_scheduled_run_open", table_name="scheduled_run", postgresql_where=sa.text("state IN ('due', 'running')")
    )
    op.drop_table("scheduled_run")
    op.drop_table("nightly_run")
    op.drop_index("ix_contact_point_value", table_name="contact_point")
    op.drop_table("contact_point")
    op.drop_index("uq_app_user_email", table_name="app_user")
    op.drop_table("app_user")
    op.drop_index(op.f("ix_portfolio_creditor_id"), table_name="portfolio")
    op.drop_table("portfolio")
    op.drop_index(op.f("ix_debtor_tax_id"), table_name="debtor")
    op.drop_index(
        "ix_debtor_folded_name",
        table_name="debtor",
        postgresql_using="gin",
        postgresql_ops={"folded_name": "gin_trgm_ops"},
    )
    op.drop_table("debtor")
    op.drop_table("team")
    op.drop_index("ix_login_attempt_name_hash_at", table_name="login_attempt")
    op.drop_index("ix_login_attempt_address_at", table_name="login_attempt")
    op.drop_table("login_attempt")
    op.drop_table("disposition")
    op.drop_table("creditor")
    op.execute("DROP FUNCTION refuse_audit_change()")
    op.execute("DROP EXTENSION pg_trgm")

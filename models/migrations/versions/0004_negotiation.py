"""negotiation"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_pause_kind"), "pause", type_="check")
    op.create_check_constraint(
        op.f("ck_pause_kind"),
        "pause",
        "kind IN ('dispute', 'hardship', 'legal_hold', 'verification', 'other', 'deceased', 'hand_over')",
    )
    op.drop_constraint(op.f("ck_payment_kind"), "payment", type_="check")
    op.create_check_constraint(
        op.f("ck_payment_kind"),
        "payment",
        "kind IN ('payment', 'credit_note', 'balance_update', 'write_off', 'discount')",
    )
    op.drop_constraint(op.f("ck_nightly_change_kind"), "nightly_change", type_="check")
    op.create_check_constraint(
        op.f("ck_nightly_change_kind"),
        "nightly_change",
        "kind IN ('entered', 'left', 'up', 'down', 'bucket', 'stage', 'stage_proposed', 'promise_kept', 'promise_partially_kept', 'promise_broken', 'agreement_completed', 'agreement_broken', 'installment_missed')",
    )
    op.drop_constraint(op.f("ck_message_cause"), "message", type_="check")
    op.create_check_constraint(
        op.f("ck_message_cause"),
        "message",
        "cause IN ('step', 'promise_due', 'promise_broken', 'payment_thanks', 'reply', 'agreement', 'installment_due')",
    )
    op.create_table(
        "offer_policy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
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
        sa.Column(
            "kind",
            sa.Enum(
                "settlement",
                "short_plan",
                "long_plan",
                "reschedule",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
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
            nullable=True,
        ),
        sa.Column("days_from", sa.Integer(), nullable=False),
        sa.Column("days_to", sa.Integer(), nullable=True),
        sa.Column("segment", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("discount_principal", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("discount_interest", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("discount_fees", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("installments", sa.SmallInteger(), nullable=False),
        sa.Column("least_down", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("least_installment", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("days_out", sa.Integer(), nullable=False),
        sa.Column("offer_days", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= days_from AND coalesce(days_from <= days_to, true)", name=op.f("ck_offer_policy_days")
        ),
        sa.CheckConstraint(
            "discount_principal BETWEEN 0 AND 1 AND discount_interest BETWEEN 0 AND 1 AND discount_fees BETWEEN 0 AND 1 AND least_down BETWEEN 0 AND 1",
            name=op.f("ck_offer_policy_shares"),
        ),
        sa.CheckConstraint(
            "installments > 0 AND days_out >= 0 AND offer_days > 0 AND least_installment >= 0",
            name=op.f("ck_offer_policy_limits"),
        ),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_offer_policy_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_policy")),
    )
    op.create_index(
        "uq_offer_policy",
        "offer_policy",
        ["portfolio_id", "role", "kind", "stage", "segment", "days_from"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "promise_limit",
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
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
        sa.Column("min_amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("min_share", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("days_out", sa.Integer(), nullable=False),
        sa.Column("broken_limit", sa.Integer(), nullable=False),
        sa.Column("open_limit", sa.SmallInteger(), nullable=False),
        sa.Column("parts", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "days_out >= 0 AND broken_limit >= 0 AND open_limit > 0 AND parts > 0", name=op.f("ck_promise_limit_limits")
        ),
        sa.CheckConstraint("min_amount >= 0 AND min_share BETWEEN 0 AND 1", name=op.f("ck_promise_limit_least")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_promise_limit_portfolio_id")),
        sa.PrimaryKeyConstraint("portfolio_id", "role", name=op.f("pk_promise_limit")),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("submission_key", sa.Uuid(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "promise", "agreement", "write_down", name="kind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "approved",
                "rejected",
                "countered",
                "accepted",
                "declined",
                "expired",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "needs",
            sa.Enum(
                "agent",
                "supervisor",
                "manager",
                "admin",
                name="needs",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("exceeded", postgresql.JSONB(), nullable=False),
        sa.Column("context", postgresql.JSONB(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decision_note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("counter", postgresql.JSONB(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("needs IN ('supervisor', 'manager')", name=op.f("ck_approval_needs_role")),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'rejected', 'countered', 'accepted', 'declined') OR decided_by IS NOT NULL",
            name=op.f("ck_approval_somebody_decided"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('countered', 'accepted', 'declined') OR counter IS NOT NULL",
            name=op.f("ck_approval_counter"),
        ),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_approval_decided")),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_approval_four_eyes")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_approval_case_id_portfolio_id"),
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"], name=op.f("fk_approval_decided_by")),
        sa.ForeignKeyConstraint(["requested_by"], ["app_user.id"], name=op.f("fk_approval_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_approval_submission_key")),
    )
    op.create_index("ix_approval_case_id", "approval", ["case_id", "requested_at"], unique=False)
    op.create_index(
        "ix_approval_open",
        "approval",
        ["portfolio_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'countered')"),
    )
    op.create_index(op.f("ix_approval_requested_by"), "approval", ["requested_by"], unique=False)
    op.create_index(
        "uq_approval_open",
        "approval",
        ["case_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state IN ('pending', 'countered')"),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("submission_key", sa.Uuid(), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("approval_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "settlement",
                "short_plan",
                "long_plan",
                "reschedule",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "frequency",
            sa.Enum(
                "weekly",
                "fortnightly",
                "monthly",
                name="frequency",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("principal", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("interest", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("fees", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("discount_principal", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("discount_interest", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("discount_fees", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("total", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("missed_limit", sa.SmallInteger(), nullable=False),
        sa.Column("grace_days", sa.SmallInteger(), nullable=False),
        sa.Column("tolerance", sa.Numeric(precision=5, scale=4), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "completed",
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
        sa.Column("paid", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("missed", sa.SmallInteger(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_because", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("(state = 'active') = (closed_on IS NULL)", name=op.f("ck_agreement_active_until_closed")),
        sa.CheckConstraint(
            "discount_principal BETWEEN 0 AND principal AND discount_interest BETWEEN 0 AND interest AND discount_fees BETWEEN 0 AND fees",
            name=op.f("ck_agreement_discount_within_owed"),
        ),
        sa.CheckConstraint(
            "missed_limit > 0 AND grace_days >= 0 AND 0 < tolerance AND tolerance <= 1",
            name=op.f("ck_agreement_patience"),
        ),
        sa.CheckConstraint("paid >= 0 AND missed >= 0", name=op.f("ck_agreement_followed_up")),
        sa.CheckConstraint(
            "principal >= 0 AND interest >= 0 AND fees >= 0", name=op.f("ck_agreement_owed_not_negative")
        ),
        sa.CheckConstraint(
            "total > 0 AND total = principal + interest + fees - discount_principal - discount_interest - discount_fees",
            name=op.f("ck_agreement_total_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "case_id"], ["account.id", "account.case_id"], name=op.f("fk_agreement_account_id_case_id")
        ),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_agreement_approval_id")),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_agreement_case_id_portfolio_id"),
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["app_user.id"], name=op.f("fk_agreement_closed_by")),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], name=op.f("fk_agreement_interaction_id")),
        sa.ForeignKeyConstraint(["replaced_by"], ["agreement.id"], name=op.f("fk_agreement_replaced_by")),
        sa.ForeignKeyConstraint(["taken_by"], ["app_user.id"], name=op.f("fk_agreement_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("submission_key", name=op.f("uq_agreement_submission_key")),
    )
    op.create_index("ix_agreement_case_id", "agreement", ["case_id", "signed_on"], unique=False)
    op.create_index(
        "ix_agreement_portfolio_active",
        "agreement",
        ["portfolio_id", "case_id"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(op.f("ix_agreement_taken_by"), "agreement", ["taken_by"], unique=False)
    op.create_index(
        "uq_agreement_active",
        "agreement",
        ["case_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "installment",
        sa.Column("agreement_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("paid", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "amount > 0 AND 0 <= paid AND paid <= amount", name=op.f("ck_installment_paid_within_amount")
        ),
        sa.CheckConstraint("number >= 0", name=op.f("ck_installment_number")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_installment_agreement_id")),
        sa.PrimaryKeyConstraint("agreement_id", "number", name=op.f("pk_installment")),
    )
    op.create_index("ix_installment_due_on", "installment", ["due_on"], unique=False)
    op.create_table(
        "promise_part",
        sa.Column("promise_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.CheckConstraint("amount > 0 AND number > 0", name=op.f("ck_promise_part_part")),
        sa.ForeignKeyConstraint(["promise_id"], ["promise.id"], name=op.f("fk_promise_part_promise_id")),
        sa.PrimaryKeyConstraint("promise_id", "number", name=op.f("pk_promise_part")),
    )
    op.create_index("ix_promise_part_due_on", "promise_part", ["due_on"], unique=False)
    op.create_table(
        "dispute",
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
                "deceased",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("disputed", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=False),
        sa.Column("pause_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "resolution",
            sa.Enum(
                "resumed",
                "written_down",
                "confirmed",
                "withdrawn",
                name="resolution",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("resolved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("resolved_by", sa.BigInteger(), nullable=True),
        sa.Column("resolution_note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("written_down", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(written_down > 0) = coalesce(resolution = 'written_down', false)", name=op.f("ck_dispute_written_down")
        ),
        sa.CheckConstraint("(resolution IS NULL) = (resolved_at IS NULL)", name=op.f("ck_dispute_resolved")),
        sa.CheckConstraint("deadline_on >= opened_on", name=op.f("ck_dispute_deadline")),
        sa.ForeignKeyConstraint(
            ["account_id", "case_id"], ["account.id", "account.case_id"], name=op.f("fk_dispute_account_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_dispute_case_id_portfolio_id"),
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["app_user.id"], name=op.f("fk_dispute_opened_by")),
        sa.ForeignKeyConstraint(["pause_id"], ["pause.id"], name=op.f("fk_dispute_pause_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_dispute_payment_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["app_user.id"], name=op.f("fk_dispute_resolved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index("ix_dispute_case_id", "dispute", ["case_id", "opened_on"], unique=False)
    op.create_index(
        "ix_dispute_open",
        "dispute",
        ["portfolio_id", "deadline_on"],
        unique=False,
        postgresql_where=sa.text("resolution IS NULL"),
    )
    op.create_index(op.f("ix_dispute_pause_id"), "dispute", ["pause_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("dispute_id", sa.BigInteger(), nullable=True),
        sa.Column("agreement_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "evidence",
                "agreement_letter",
                "hand_over",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("media_type", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'agreement_letter') = (agreement_id IS NOT NULL)", name=op.f("ck_document_letter_of")
        ),
        sa.CheckConstraint("(kind = 'evidence') = (dispute_id IS NOT NULL)", name=op.f("ck_document_evidence_of")),
        sa.CheckConstraint("size = octet_length(content) AND size > 0", name=op.f("ck_document_size")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_document_agreement_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_document_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["collection_case.id"], name=op.f("fk_document_case_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["dispute.id"], name=op.f("fk_document_dispute_id")),
        sa.ForeignKeyConstraint(["portfolio_id"], ["portfolio.id"], name=op.f("fk_document_portfolio_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index(op.f("ix_document_agreement_id"), "document", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_document_case_id"), "document", ["case_id"], unique=False)
    op.create_index(op.f("ix_document_dispute_id"), "document", ["dispute_id"], unique=False)
    op.create_table(
        "hand_over",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("portfolio_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "goes_to",
            sa.Enum("agency", "judicial", name="goes_to", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("recipient", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "approved",
                "rejected",
                "lapsed",
                "recalled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("days_past_due", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decision_note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("pause_id", sa.BigInteger(), nullable=True),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR (pause_id IS NOT NULL AND recipient IS NOT NULL)",
            name=op.f("ck_hand_over_approved"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'rejected', 'recalled') OR decided_by IS NOT NULL",
            name=op.f("ck_hand_over_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "portfolio_id"],
            ["collection_case.id", "collection_case.portfolio_id"],
            name=op.f("fk_hand_over_case_id_portfolio_id"),
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"], name=op.f("fk_hand_over_decided_by")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_hand_over_document_id")),
        sa.ForeignKeyConstraint(["pause_id"], ["pause.id"], name=op.f("fk_hand_over_pause_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["app_user.id"], name=op.f("fk_hand_over_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
    )
    op.create_index("ix_hand_over_portfolio_id_state", "hand_over", ["portfolio_id", "state"], unique=False)
    op.create_index(
        "uq_hand_over_open",
        "hand_over",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'approved')"),
    )
    op.add_column("allocation", sa.Column("from_credit", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("case_standing", sa.Column("counted_from", sa.Date(), nullable=True))
    op.add_column("disposition", sa.Column("says_paid", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE disposition SET says_paid = true WHERE code = 'call.already_paid'")
    op.add_column("disposition", sa.Column("opens_dispute", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.execute("""
        UPDATE disposition SET opens_dispute = opens.category FROM (VALUES
            ('call.death_reported', 'death_reported'), ('call.complaint', 'complaint'), ('call.vulnerable', 'vulnerable'),
            ('account.deceased', 'death_confirmed'), ('account.insolvent', 'insolvency'),
            ('account.represented', 'lawyer'), ('account.fraud', 'fraud')) AS opens (code, category)
        WHERE disposition.code = opens.code
    """)
    op.add_column(
        "import_run",
        sa.Column(
            "kind",
            sa.Enum("debts", "payments", name="kind", native_enum=False, create_constraint=True, length=24),
            server_default="debts",
            nullable=False,
        ),
    )
    op.add_column("message", sa.Column("agreement_id", sa.BigInteger(), nullable=True))
    op.add_column("message", sa.Column("document_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_message_agreement_id"), "message", "agreement", ["agreement_id"], ["id"])
    op.create_foreign_key(op.f("fk_message_document_id"), "message", "document", ["document_id"], ["id"])
    op.add_column(
        "payment",
        sa.Column(
            "reversal",
            sa.Enum(
                "reversal",
                "charge_back",
                "restored",
                name="reversal",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
    )
    op.add_column("payment", sa.Column("reversed_because", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("payment", sa.Column("agreement_id", sa.BigInteger(), nullable=True))
    op.add_column("payment", sa.Column("import_run_id", sa.BigInteger(), nullable=True))
    op.add_column("payment", sa.Column("by_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_payment_agreement_id",
        "payment",
        ["agreement_id"],
        unique=False,
        postgresql_where=sa.text("agreement_id IS NOT NULL"),
    )
    op.create_foreign_key(op.f("fk_payment_import_run_id"), "payment", "import_run", ["import_run_id"], ["id"])
    op.create_foreign_key(op.f("fk_payment_by_id"), "payment", "app_user", ["by_id"], ["id"])
    op.create_foreign_key(op.f("fk_payment_agreement_id"), "payment", "agreement", ["agreement_id"], ["id"])
    op.add_column("portfolio", sa.Column("delinquency_grace", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "portfolio", sa.Column("annual_interest", sa.Numeric(precision=7, scale=4), server_default="0", nullable=False)
    )
    op.add_column(
        "portfolio",
        sa.Column(
            "collection_fee",
            sa.Enum("none", "chile", name="collection_fee", native_enum=False, create_constraint=True, length=24),
            server_default="none",
            nullable=False,
        ),
    )
    op.add_column("portfolio", sa.Column("index_unit", sa.Numeric(precision=18, scale=2), nullable=True))
    op.add_column("portfolio", sa.Column("missed_limit", sa.Integer(), server_default="1", nullable=False))
    op.add_column("portfolio", sa.Column("approval_hours", sa.Integer(), server_default="24", nullable=False))
    op.add_column("portfolio", sa.Column("dispute_days", sa.Integer(), server_default="15", nullable=False))
    op.add_column("portfolio", sa.Column("hand_over_after", sa.Integer(), server_default="90", nullable=False))
    op.add_column(
        "portfolio", sa.Column("hand_over_least", sa.Numeric(precision=18, scale=2), server_default="0", nullable=False)
    )
    op.add_column(
        "portfolio", sa.Column("judicial_least", sa.Numeric(precision=18, scale=2), server_default="0", nullable=False)
    )
    op.add_column("portfolio", sa.Column("payment_mapping", postgresql.JSONB(), nullable=True))
    op.add_column(
        "promise", sa.Column("paid_late", sa.Numeric(precision=18, scale=2), server_default="0", nullable=False)
    )
    op.add_column("promise", sa.Column("closed_because", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("promise", sa.Column("closed_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_promise_closed_by"), "promise", "app_user", ["closed_by"], ["id"])
    op.add_column("promise", sa.Column("followed_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_promise_followed_by"), "promise", "app_user", ["followed_by"], ["id"])
    op.add_column(
        "receivable",
        sa.Column(
            "component",
            sa.Enum(
                "principal", "interest", "fees", name="component", native_enum=False, create_constraint=True, length=24
            ),
            server_default="principal",
            nullable=False,
        ),
    )
    op.add_column("receivable", sa.Column("agreement_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_receivable_agreement_id",
        "receivable",
        ["agreement_id"],
        unique=False,
        postgresql_where=sa.text("agreement_id IS NOT NULL"),
    )
    op.create_foreign_key(op.f("fk_receivable_agreement_id"), "receivable", "agreement", ["agreement_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_portfolio_charges"), "portfolio", "annual_interest >= 0 AND coalesce(index_unit > 0, true)"
    )
    op.create_check_constraint(
        op.f("ck_portfolio_negotiation"),
        "portfolio",
        "delinquency_grace >= 0 AND missed_limit > 0 AND approval_hours > 0 AND dispute_days > 0"
        " AND hand_over_after > 0 AND hand_over_least >= 0 AND judicial_least >= 0",
    )
    op.execute("UPDATE case_standing SET counted_from = oldest_due_on WHERE oldest_due_on IS NOT NULL")


def downgrade() -> None:
    # what was done stays, under the nearest older word
    op.drop_constraint(op.f("ck_pause_kind"), "pause", type_="check")
    op.execute("UPDATE pause SET kind = 'other' WHERE kind IN ('deceased', 'hand_over')")
    op.create_check_constraint(
        op.f("ck_pause_kind"), "pause", "kind IN ('dispute', 'hardship', 'legal_hold', 'verification', 'other')"
    )
    op.drop_constraint(op.f("ck_payment_kind"), "payment", type_="check")
    op.execute("UPDATE payment SET kind = 'write_off' WHERE kind = 'discount'")
    op.create_check_constraint(
        op.f("ck_payment_kind"), "payment", "kind IN ('payment', 'credit_note', 'balance_update', 'write_off')"
    )
    op.drop_constraint(op.f("ck_nightly_change_kind"), "nightly_change", type_="check")
    op.execute(
        "DELETE FROM nightly_change WHERE kind IN ('agreement_completed', 'agreement_broken', 'installment_missed')"
    )
    op.create_check_constraint(
        op.f("ck_nightly_change_kind"),
        "nightly_change",
        "kind IN ('entered', 'left', 'up', 'down', 'bucket', 'stage', 'stage_proposed', 'promise_kept', 'promise_partially_kept', 'promise_broken')",
    )
    op.drop_constraint(op.f("ck_message_cause"), "message", type_="check")
    op.execute("UPDATE message SET cause = 'promise_due' WHERE cause IN ('agreement', 'installment_due')")
    op.create_check_constraint(
        op.f("ck_message_cause"),
        "message",
        "cause IN ('step', 'promise_due', 'promise_broken', 'payment_thanks', 'reply')",
    )
    op.drop_constraint(op.f("ck_portfolio_negotiation"), "portfolio", type_="check")
    op.drop_constraint(op.f("ck_portfolio_charges"), "portfolio", type_="check")
    op.drop_constraint(op.f("fk_receivable_agreement_id"), "receivable", type_="foreignkey")
    op.drop_index(
        "ix_receivable_agreement_id", table_name="receivable", postgresql_where=sa.text("agreement_id IS NOT NULL")
    )
    op.drop_column("receivable", "agreement_id")
    op.drop_column("receivable", "component")
    op.drop_constraint(op.f("fk_promise_followed_by"), "promise", type_="foreignkey")
    op.drop_column("promise", "followed_by")
    op.drop_constraint(op.f("fk_promise_closed_by"), "promise", type_="foreignkey")
    op.drop_column("promise", "closed_by")
    op.drop_column("promise", "closed_because")
    op.drop_column("promise", "paid_late")
    op.drop_column("portfolio", "payment_mapping")
    op.drop_column("portfolio", "judicial_least")
    op.drop_column("portfolio", "hand_over_least")
    op.drop_column("portfolio", "hand_over_after")
    op.drop_column("portfolio", "dispute_days")
    op.drop_column("portfolio", "approval_hours")
    op.drop_column("portfolio", "missed_limit")
    op.drop_column("portfolio", "index_unit")
    op.drop_column("portfolio", "collection_fee")
    op.drop_column("portfolio", "annual_interest")
    op.drop_column("portfolio", "delinquency_grace")
    op.drop_constraint(op.f("fk_payment_agreement_id"), "payment", type_="foreignkey")
    op.drop_constraint(op.f("fk_payment_by_id"), "payment", type_="foreignkey")
    op.drop_constraint(op.f("fk_payment_import_run_id"), "payment", type_="foreignkey")
    op.drop_index("ix_payment_agreement_id", table_name="payment", postgresql_where=sa.text("agreement_id IS NOT NULL"))
    op.drop_column("payment", "by_id")
    op.drop_column("payment", "import_run_id")
    op.drop_column("payment", "agreement_id")
    op.drop_column("payment", "reversed_because")
    op.drop_column("payment", "reversal")
    op.drop_constraint(op.f("fk_message_document_id"), "message", type_="foreignkey")
    op.drop_constraint(op.f("fk_message_agreement_id"), "message", type_="foreignkey")
    op.drop_column("message", "document_id")
    op.drop_column("message", "agreement_id")
    op.drop_column("import_run", "kind")
    op.drop_column("allocation", "from_credit")
    op.drop_column("disposition", "opens_dispute")
    op.drop_column("disposition", "says_paid")
    op.drop_column("case_standing", "counted_from")
    op.drop_index(
        "uq_hand_over_open", table_name="hand_over", postgresql_where=sa.text("state IN ('proposed', 'approved')")
    )
    op.drop_index("ix_hand_over_portfolio_id_state", table_name="hand_over")
    op.drop_table("hand_over")
    op.drop_index(op.f("ix_document_dispute_id"), table_name="document")
    op.drop_index(op.f("ix_document_case_id"), table_name="document")
    op.drop_index(op.f("ix_document_agreement_id"), table_name="document")
    op.drop_table("document")
    op.drop_index(op.f("ix_dispute_pause_id"), table_name="dispute")
    op.drop_index("ix_dispute_open", table_name="dispute", postgresql_where=sa.text("resolution IS NULL"))
    op.drop_index("ix_dispute_case_id", table_name="dispute")
    op.drop_table("dispute")
    op.drop_index("ix_promise_part_due_on", table_name="promise_part")
    op.drop_table("promise_part")
    op.drop_index("ix_installment_due_on", table_name="installment")
    op.drop_table("installment")
    op.drop_index(
        "uq_agreement_active",
        table_name="agreement",
        postgresql_where=sa.text("state = 'active'"),
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index(op.f("ix_agreement_taken_by"), table_name="agreement")
    op.drop_index("ix_agreement_portfolio_active", table_name="agreement", postgresql_where=sa.text("state = 'active'"))
    op.drop_index("ix_agreement_case_id", table_name="agreement")
    op.drop_table("agreement")
    op.drop_index(
        "uq_approval_open", table_name="approval", postgresql_where=sa.text("state IN ('pending', 'countered')")
    )
    op.drop_index(op.f("ix_approval_requested_by"), table_name="approval")
    op.drop_index(
        "ix_approval_open", table_name="approval", postgresql_where=sa.text("state IN ('pending', 'countered')")
    )
    op.drop_index("ix_approval_case_id", table_name="approval")
    op.drop_table("approval")
    op.drop_table("promise_limit")
    op.drop_index("uq_offer_policy", table_name="offer_policy", postgresql_nulls_not_distinct=True)
    op.drop_table("offer_policy")

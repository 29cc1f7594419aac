"""Subscriptions and campaigns"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import core.database

revision: str = "0017"
down_revision: str | Sequence[str] | None = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("wakes", sa.Boolean(), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("due_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("paused_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_index(
        op.f("ix_campaigns_created_at_id"), "campaigns", ["created_at", "id"], unique=False
    )
    op.create_index(op.f("ix_campaigns_entry_id"), "campaigns", ["entry_id"], unique=False)
    op.create_index(op.f("ix_campaigns_paused_at"), "campaigns", ["paused_at"], unique=False)
    op.create_table(
        "subscription_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("wishes", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_requests")),
    )
    op.create_index(
        op.f("ix_subscription_requests_address"), "subscription_requests", ["address"], unique=False
    )
    op.create_index(
        op.f("ix_subscription_requests_expires_at"),
        "subscription_requests",
        ["expires_at"],
        unique=False,
    )
    op.create_table(
        "campaign_contents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_contents_campaign_id_campaigns"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_contents")),
    )
    op.create_index(
        op.f("ix_campaign_contents_campaign_id"), "campaign_contents", ["campaign_id"], unique=False
    )
    op.create_table(
        "subscribers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_until", sa.Integer(), nullable=True),
        sa.Column("created_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_subscribers_account_id_accounts"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("account_id", name=op.f("uq_subscribers_account_id")),
        sa.UniqueConstraint("email", name=op.f("uq_subscribers_email")),
        sa.UniqueConstraint("phone", name=op.f("uq_subscribers_phone")),
    )
    op.create_table(
        "subscription_consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("cadence", sa.String(length=16), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("how", sa.String(length=32), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscription_consents_subscriber_id_subscribers"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"],
            ["topics.id"],
            name=op.f("fk_subscription_consents_topic_id_topics"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_consents")),
    )
    op.create_index(
        op.f("ix_subscription_consents_campaign_id"),
        "subscription_consents",
        ["campaign_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subscription_consents_subscriber_id_at"),
        "subscription_consents",
        ["subscriber_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subscription_consents_topic_id"),
        "subscription_consents",
        ["topic_id"],
        unique=False,
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("cadence", sa.String(length=16), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("district", sa.String(length=64), nullable=False),
        sa.Column("told_until", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscriptions_subscriber_id_subscribers"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"],
            ["topics.id"],
            name=op.f("fk_subscriptions_topic_id_topics"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint(
            "subscriber_id",
            "topic_id",
            "medium",
            name=op.f("uq_subscriptions_subscriber_id_topic_id_medium"),
        ),
    )
    op.create_index(
        op.f("ix_subscriptions_due_at_subscriber_id"),
        "subscriptions",
        ["due_at", "subscriber_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subscriptions_topic_id_subscriber_id"),
        "subscriptions",
        ["topic_id", "subscriber_id"],
        unique=False,
    )
    op.create_table(
        "subscriber_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("created_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name=op.f("fk_subscriber_imports_agent_id_agents"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_imports")),
    )
    op.create_index(
        op.f("ix_subscriber_imports_agent_id"), "subscriber_imports", ["agent_id"], unique=False
    )
    op.create_index(
        op.f("ix_subscriber_imports_created_at"), "subscriber_imports", ["created_at"], unique=False
    )
    # Alembic adds no column that refers to another table to SQLite's; SQLite itself does.
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    for column, table in (("campaign_id", "campaigns"), ("content_id", "campaign_contents")):
        op.execute(
            f"ALTER TABLE deliveries ADD COLUMN {column} {kind}"
            f" CONSTRAINT fk_deliveries_{column}_{table}"
            f" REFERENCES {table} (id) DEFERRABLE INITIALLY DEFERRED"
        )
    op.add_column("deliveries", sa.Column("personal", sa.JSON(), nullable=True))
    op.create_index(
        op.f("ix_deliveries_campaign_id_status"),
        "deliveries",
        ["campaign_id", "status"],
        sqlite_where=sa.text("campaign_id IS NOT NULL"),
        postgresql_where=sa.text("campaign_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_deliveries_campaign_id_status"), "deliveries")
    op.drop_column("deliveries", "personal")
    op.drop_column("deliveries", "content_id")
    op.drop_column("deliveries", "campaign_id")
    op.drop_table("subscriber_imports")
    op.drop_table("subscriptions")
    op.drop_table("subscription_consents")
    op.drop_table("subscribers")
    op.drop_table("campaign_contents")
    op.drop_table("subscription_requests")
    op.drop_table("campaigns")

"""Topics and their entries"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import core.database

revision: str = "0014"
down_revision: str | Sequence[str] | None = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "districts",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_districts")),
    )
    op.create_table(
        "hub_pings",
        sa.Column("feed_url", sa.Text(), nullable=False),
        sa.Column("due_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed_url", name=op.f("pk_hub_pings")),
    )
    op.create_index(op.f("ix_hub_pings_due_at"), "hub_pings", ["due_at"], unique=False)
    op.create_table(
        "sections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sections")),
        sa.UniqueConstraint("slug", name=op.f("uq_sections_slug")),
    )
    op.create_table(
        "topics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("summaries", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("archived_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"],
            ["sections.id"],
            name=op.f("fk_topics_section_id_sections"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.UniqueConstraint("slug", name=op.f("uq_topics_slug")),
    )
    op.create_index(op.f("ix_topics_section_id"), "topics", ["section_id"], unique=False)
    op.create_table(
        "outside_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("publishes", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("look_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["topic_id"],
            ["topics.id"],
            name=op.f("fk_outside_feeds_topic_id_topics"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_feeds")),
        sa.UniqueConstraint("url", name=op.f("uq_outside_feeds_url")),
    )
    op.create_index(op.f("ix_outside_feeds_look_at"), "outside_feeds", ["look_at"], unique=False)
    op.create_index(op.f("ix_outside_feeds_topic_id"), "outside_feeds", ["topic_id"], unique=False)
    op.create_table(
        "entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=96), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("district", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("starts_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ends_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("image_sha256", sa.String(length=64), nullable=True),
        sa.Column("image_size", sa.Integer(), nullable=False),
        sa.Column("image_width", sa.Integer(), nullable=False),
        sa.Column("image_height", sa.Integer(), nullable=False),
        sa.Column("publish_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("published_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("corrected_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("expires_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("outside_feed_id", sa.Uuid(), nullable=True),
        sa.Column("guid", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_entries_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["agents.id"],
            name=op.f("fk_entries_created_by_agents"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["image_sha256"],
            ["blobs.sha256"],
            name=op.f("fk_entries_image_sha256_blobs"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["outside_feed_id"],
            ["outside_feeds.id"],
            name=op.f("fk_entries_outside_feed_id_outside_feeds"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint(
            "outside_feed_id", "guid", name=op.f("uq_entries_outside_feed_id_guid")
        ),
        sa.UniqueConstraint("slug", name=op.f("uq_entries_slug")),
    )
    op.create_index(op.f("ix_entries_case_id"), "entries", ["case_id"], unique=False)
    op.create_index(op.f("ix_entries_created_by"), "entries", ["created_by"], unique=False)
    op.create_index(op.f("ix_entries_image_sha256"), "entries", ["image_sha256"], unique=False)
    op.create_index(op.f("ix_entries_status_id"), "entries", ["status", "id"], unique=False)
    op.create_index(
        op.f("ix_entries_status_publish_at"), "entries", ["status", "publish_at"], unique=False
    )
    op.create_index(
        op.f("ix_entries_status_published_at_id"),
        "entries",
        ["status", "published_at", "id"],
        unique=False,
    )
    op.create_table(
        "entry_topics",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_entry_topics_entry_id_entries"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"],
            ["topics.id"],
            name=op.f("fk_entry_topics_topic_id_topics"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("entry_id", "topic_id", name=op.f("pk_entry_topics")),
    )
    op.create_index(
        op.f("ix_entry_topics_topic_id_published_at_entry_id"),
        "entry_topics",
        ["topic_id", "published_at", "entry_id"],
        unique=False,
    )
    op.create_table(
        "entry_versions",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("sms", sa.Text(), nullable=False),
        sa.Column("image_alt", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
            name=op.f("fk_entry_versions_agent_id_agents"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_entry_versions_entry_id_entries"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("entry_id", "number", "language", name=op.f("pk_entry_versions")),
    )
    op.create_index(
        op.f("ix_entry_versions_agent_id"), "entry_versions", ["agent_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("entry_versions")
    op.drop_table("entry_topics")
    op.drop_table("entries")
    op.drop_table("outside_feeds")
    op.drop_table("topics")
    op.drop_table("sections")
    op.drop_table("hub_pings")
    op.drop_table("districts")

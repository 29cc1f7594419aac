"""Several processes on one town: the outbox for Kafka, and who has a delivery in flight"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import core.database

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("published_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["seq"],
            ["stream.seq"],
            name=op.f("fk_outbox_seq_stream"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
    )
    op.create_table(
        "dispatchers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatchers")),
    )
    op.add_column("deliveries", sa.Column("claimed_by", sa.Uuid(), nullable=True))
    op.add_column("deliveries", sa.Column("traceparent", sa.String(length=64), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(op.f("ix_stream_key_seq"), "stream", ["key", "seq"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index(op.f("ix_stream_key_seq"), "stream")
    op.drop_column("deliveries", "traceparent")
    op.drop_column("deliveries", "claimed_by")
    op.drop_table("dispatchers")
    op.drop_table("outbox")

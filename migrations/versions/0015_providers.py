"""Several providers of one medium: priorities, expiry, suppressed addresses"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import core.database

revision: str = "0015"
down_revision: str | Sequence[str] | None = "0014"
branch_labels = None
depends_on = None

QUEUED = "status = 'queued'"
EXPIRING = "status = 'queued' AND expires_at IS NOT NULL"


def upgrade() -> None:
    for column in (
        sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="1"),
        sa.Column("expires_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sender", sa.String(length=32), nullable=False, server_default=""),
        sa.Column("declined_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("failed_over", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("deliveries", column)
    op.drop_index("ix_deliveries_status_due_at", table_name="deliveries")
    _index("ix_deliveries_in_flight", ["claimed_by"], "status = 'in_flight'")
    _index("ix_deliveries_failed", ["due_at"], "status = 'failed'")
    _index("ix_deliveries_queue", ["medium", "priority", "due_at"], QUEUED)
    _index("ix_deliveries_expiring", ["expires_at"], EXPIRING)
    op.create_table(
        "suppressions",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.Column("at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", "medium", name=op.f("pk_suppressions")),
    )
    op.create_index(op.f("ix_suppressions_at"), "suppressions", ["at"])


def downgrade() -> None:
    op.drop_table("suppressions")
    for index in ("expiring", "queue", "failed", "in_flight"):
        op.drop_index(f"ix_deliveries_{index}", table_name="deliveries")
    op.create_index("ix_deliveries_status_due_at", "deliveries", ["status", "due_at"])
    for column in ("failed_over", "declined_by", "sender", "expires_at", "priority"):
        op.drop_column("deliveries", column)


def _index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "deliveries", columns, sqlite_where=condition, postgresql_where=condition)

"""A mail that is sent is not written into indexes by which nobody looks for it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | Sequence[str] | None = "0027"
branch_labels = None
depends_on = None

OF_BATCHES = sa.text("batch_id IS NOT NULL")
OF_CAMPAIGNS = sa.text("content_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index(op.f("ix_deliveries_content_id"), "deliveries")
    op.drop_index(op.f("ix_deliveries_batch_id"), "deliveries")
    op.create_index(
        op.f("ix_deliveries_batch_id"),
        "deliveries",
        ["batch_id"],
        sqlite_where=OF_BATCHES,
        postgresql_where=OF_BATCHES,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_deliveries_batch_id"), "deliveries")
    op.create_index(op.f("ix_deliveries_batch_id"), "deliveries", ["batch_id"])
    op.create_index(
        op.f("ix_deliveries_content_id"),
        "deliveries",
        ["content_id"],
        sqlite_where=OF_CAMPAIGNS,
        postgresql_where=OF_CAMPAIGNS,
    )

"""What an account was written is found, and what says the words of a campaign"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | Sequence[str] | None = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_an_account = sa.text("case_id IS NULL AND kind NOT IN ('announcement', 'digest')")
    op.create_index(
        "ix_notifications_of_accounts",
        "notifications",
        ["address"],
        sqlite_where=of_an_account,
        postgresql_where=of_an_account,
    )
    op.create_index(
        op.f("ix_deliveries_content_id"),
        "deliveries",
        ["content_id"],
        sqlite_where=sa.text("content_id IS NOT NULL"),
        postgresql_where=sa.text("content_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_deliveries_content_id"), "deliveries")
    op.drop_index("ix_notifications_of_accounts", "notifications")

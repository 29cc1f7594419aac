"""The numbers of a campaign are counted in an index alone"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | Sequence[str] | None = "0022"
branch_labels = None
depends_on = None

OF_CAMPAIGNS = sa.text("campaign_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index(op.f("ix_deliveries_campaign_id_status"), "deliveries")
    op.create_index(
        op.f("ix_deliveries_campaign_id_status_medium"),
        "deliveries",
        ["campaign_id", "status", "medium"],
        sqlite_where=OF_CAMPAIGNS,
        postgresql_where=OF_CAMPAIGNS,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_deliveries_campaign_id_status_medium"), "deliveries")
    op.create_index(
        op.f("ix_deliveries_campaign_id_status"),
        "deliveries",
        ["campaign_id", "status"],
        sqlite_where=OF_CAMPAIGNS,
        postgresql_where=OF_CAMPAIGNS,
    )

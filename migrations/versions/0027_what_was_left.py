"""Files of a contact form that is shown again, calls that nobody took, items passed over, lists
that go on"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import core.database

revision: str = "0027"
down_revision: str | Sequence[str] | None = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("expires_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sha256"],
            ["blobs.sha256"],
            name=op.f("fk_contact_files_sha256_blobs"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_files")),
    )
    for column in ("form", "sha256", "expires_at"):
        op.create_index(op.f(f"ix_contact_files_{column}"), "contact_files", [column])
    op.add_column("subscriber_imports", sa.Column("sha256", sa.String(length=64)))
    op.add_column(
        "outside_feeds",
        sa.Column("passed_over", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
    )
    for column in ("unanswered", "voicemail"):
        op.add_column(
            "calls", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    op.drop_column("outside_feeds", "passed_over")
    op.drop_column("subscriber_imports", "sha256")
    op.drop_column("calls", "voicemail")
    op.drop_column("calls", "unanswered")
    op.drop_table("contact_files")

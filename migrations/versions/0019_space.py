"""Citizens' names, the boxes of their home page, proposed changes, documents asked for"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import core.database

revision: str = "0019"
down_revision: str | Sequence[str] | None = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add("accounts", sa.Column("given_name", sa.Text(), nullable=False, server_default=""))
    _add("accounts", sa.Column("family_name", sa.Text(), nullable=False, server_default=""))
    _add("accounts", sa.Column("boxes", sa.JSON(), nullable=False, server_default="{}"))
    # Until now there was one name, of which nobody knows where the family's begins.
    op.execute(
        "UPDATE accounts SET family_name = "
        "(SELECT name FROM citizens WHERE citizens.id = accounts.citizen_id)"
    )
    _proposals()
    _wanted()


def _add(table: str, column: sa.Column[str]) -> None:
    op.add_column(table, column)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, column.name, server_default=None)


def _proposals() -> None:
    op.create_table(
        "case_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", core.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_case_proposals_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_case_proposals_message_id_messages"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["agents.id"],
            name=op.f("fk_case_proposals_decided_by_agents"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_proposals")),
    )
    op.create_index(op.f("ix_case_proposals_case_id_id"), "case_proposals", ["case_id", "id"])
    op.create_index(op.f("ix_case_proposals_message_id"), "case_proposals", ["message_id"])
    op.create_index(op.f("ix_case_proposals_decided_by"), "case_proposals", ["decided_by"])


def _wanted() -> None:
    op.create_table(
        "wanted_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked_at", core.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_wanted_documents_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_wanted_documents_message_id_messages"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wanted_documents")),
    )
    op.create_index(op.f("ix_wanted_documents_case_id_id"), "wanted_documents", ["case_id", "id"])
    op.create_index(op.f("ix_wanted_documents_message_id"), "wanted_documents", ["message_id"])


def downgrade() -> None:
    op.drop_table("wanted_documents")
    op.drop_table("case_proposals")
    for column in ("boxes", "family_name", "given_name"):
        op.drop_column("accounts", column)

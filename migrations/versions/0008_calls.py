"""Telephone calls, and where they ring"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add("agents", "extension")
    _add("queues", "phone")
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("exchange", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outgoing", sa.Boolean(), nullable=False),
        sa.Column("caller", sa.String(length=32), nullable=False),
        sa.Column("callee", sa.String(length=32), nullable=False),
        sa.Column("extension", sa.String(length=32), nullable=False),
        sa.Column("extension_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_calls_{column}_{table}"),
                initially="DEFERRED",
                deferrable=True,
            )
            for column, table in (
                ("agent_id", "agents"),
                ("queue_id", "queues"),
                ("case_id", "cases"),
                ("message_id", "messages"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_agent_id_started_at"), "calls", ["agent_id", "started_at"])
    op.create_index(op.f("ix_calls_caller_started_at"), "calls", ["caller", "started_at"])
    for column in ("queue_id", "started_at", "case_id", "message_id"):
        op.create_index(op.f(f"ix_calls_{column}"), "calls", [column])


def _add(table: str, name: str) -> None:
    """A column that is empty in the rows which are there, and whose words are nobody else's."""
    default = sa.DefaultClause(sa.text("''"))
    column = sa.Column(name, sa.String(length=32), nullable=False, server_default=default)
    op.add_column(table, column)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, name, server_default=None)
    named = sa.text(f"{name} != ''")
    op.create_index(
        op.f(f"ix_{table}_{name}"),
        table,
        [name],
        unique=True,
        sqlite_where=named,
        postgresql_where=named,
    )


def downgrade() -> None:
    op.drop_table("calls")
    for table, name in (("queues", "phone"), ("agents", "extension")):
        op.drop_index(op.f(f"ix_{table}_{name}"), table)
        op.drop_column(table, name)

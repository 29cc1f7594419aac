"""Telephone: the menu, references on a keypad, and who wants no SMS"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from core.keypad import keypad_of_reference

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_lines",
        sa.Column("queue_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=1), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("opening_hours", sa.Text(), nullable=False),
        sa.Column("transfer_to", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_id"],
            ["queues.id"],
            name=op.f("fk_queue_lines_queue_id_queues"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_queue_lines")),
    )
    op.create_table(
        "opt_outs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_outs")),
    )
    op.create_index(op.f("ix_opt_outs_address_medium_at"), "opt_outs", ["address", "medium", "at"])
    op.add_column(
        "cases", sa.Column("keypad", sa.String(length=8), nullable=False, server_default="")
    )
    _fill_keypads()
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("cases", "keypad", server_default=None)
    op.create_index(op.f("ix_cases_keypad"), "cases", ["keypad"])
    op.create_index(op.f("ix_cases_sender_address_id"), "cases", ["sender_address", "id"])


def _fill_keypads() -> None:
    cases = sa.table(
        "cases",
        sa.column("id", sa.Uuid()),
        sa.column("reference", sa.String()),
        sa.column("keypad", sa.String()),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(cases.c.id, cases.c.reference)).all()
    if rows:
        connection.execute(
            sa.update(cases)
            .where(cases.c.id == sa.bindparam("row"))
            .values(keypad=sa.bindparam("pressed")),
            [{"row": id, "pressed": keypad_of_reference(reference)} for id, reference in rows],
        )


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_sender_address_id"), "cases")
    op.drop_index(op.f("ix_cases_keypad"), "cases")
    op.drop_column("cases", "keypad")
    op.drop_table("opt_outs")
    op.drop_table("queue_lines")

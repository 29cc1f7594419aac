"""Pages of documents: what is read on them, and what the transport and the pages tell"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("turned", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("reading", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("blank", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_pages_document_id_documents"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["sha256"],
            ["blobs.sha256"],
            name=op.f("fk_pages_sha256_blobs"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index(op.f("ix_pages_document_id_position"), "pages", ["document_id", "position"])
    op.create_index(op.f("ix_pages_sha256"), "pages", ["sha256"])
    _add("documents", sa.Column("reading", sa.String(length=16), nullable=False), "''")
    _add("documents", sa.Column("problem", sa.Text(), nullable=False), "''")
    _add("documents", sa.Column("malware", sa.Text(), nullable=False), "''")
    op.drop_column("documents", "text")
    _add("messages", sa.Column("details", sa.JSON(), nullable=False), "'{}'")
    op.add_column("messages", sa.Column("letter", sa.JSON(), nullable=True))
    # Alembic adds no column that refers to another table to SQLite's; SQLite itself does.
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.execute(
        "ALTER TABLE documents ADD COLUMN unlocked_sha256 VARCHAR(64)"
        " CONSTRAINT fk_documents_unlocked_sha256_blobs"
        " REFERENCES blobs (sha256) DEFERRABLE INITIALLY DEFERRED"
    )
    op.create_index(op.f("ix_documents_unlocked_sha256"), "documents", ["unlocked_sha256"])
    op.execute(
        f"ALTER TABLE messages ADD COLUMN cut_from {kind} CONSTRAINT fk_messages_cut_from_intakes"
        " REFERENCES intakes (id) DEFERRABLE INITIALLY DEFERRED"
    )
    op.create_index(op.f("ix_messages_cut_from"), "messages", ["cut_from"])


def _add(table: str, column: "sa.Column[object]", default: str) -> None:
    """A column that the rows which are there fill with the default."""
    column.server_default = sa.DefaultClause(sa.text(default))
    op.add_column(table, column)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, column.name, server_default=None)


def downgrade() -> None:
    op.drop_index(op.f("ix_messages_cut_from"), "messages")
    for column in ("cut_from", "letter", "details"):
        op.drop_column("messages", column)
    op.drop_index(op.f("ix_documents_unlocked_sha256"), "documents")
    for column in ("unlocked_sha256", "malware", "problem", "reading"):
        op.drop_column("documents", column)
    op.add_column("documents", sa.Column("text", sa.Text(), nullable=True))
    op.drop_table("pages")

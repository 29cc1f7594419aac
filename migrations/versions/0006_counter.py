"""The counter: what citizens are found by, their postal addresses, and what they agreed to"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from citizens.keys import keys_of
from core.database import UtcDateTime

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels = None
depends_on = None

AT_ONCE = 1_000  # rows


def upgrade() -> None:
    for table in ("citizens", "cases"):
        _add(table, sa.Column("postal_address", sa.Text(), nullable=False), "''")
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    keys = op.create_table(
        "citizen_keys",
        sa.Column("key", sa.String(length=128, collation=collation), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizens.id"],
            name=op.f("fk_citizen_keys_citizen_id_citizens"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("key", "citizen_id", name=op.f("pk_citizen_keys")),
    )
    op.create_index(op.f("ix_citizen_keys_citizen_id"), "citizen_keys", ["citizen_id"])
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("citizen_id", sa.Uuid(), nullable=True),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("said_by", sa.String(length=16), nullable=False),
        sa.Column("agent_name", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
            name=op.f("fk_consents_case_id_cases"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["citizen_id"],
            ["citizens.id"],
            name=op.f("fk_consents_citizen_id_citizens"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_case_id"), "consents", ["case_id"])
    op.create_index(op.f("ix_consents_citizen_id"), "consents", ["citizen_id"])
    _index_who_is_there(keys)


def _index_who_is_there(keys: sa.Table) -> None:
    """Citizens of before can be found, too."""
    citizens = sa.table("citizens", sa.column("id", sa.Uuid()), sa.column("name", sa.Text()))
    identities = sa.table(
        "identities", sa.column("address", sa.Text()), sa.column("citizen_id", sa.Uuid())
    )
    query = (
        sa.select(citizens.c.id, citizens.c.name, identities.c.address)
        .outerjoin_from(citizens, identities, identities.c.citizen_id == citizens.c.id)
        .order_by(citizens.c.id)
    )
    rows: dict[tuple[str, object], None] = {}
    for citizen_id, name, address in op.get_bind().execute(query).all():
        rows |= {(key, citizen_id): None for key in keys_of(name, address or "")}
    entered = [{"key": key, "citizen_id": citizen_id} for key, citizen_id in rows]
    for start in range(0, len(entered), AT_ONCE):
        op.bulk_insert(keys, entered[start : start + AT_ONCE])


def _add(table: str, column: "sa.Column[object]", default: str) -> None:
    """A column that the rows which are there fill with the default."""
    column.server_default = sa.DefaultClause(sa.text(default))
    op.add_column(table, column)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(table, column.name, server_default=None)


def downgrade() -> None:
    op.drop_table("consents")
    op.drop_table("citizen_keys")
    for table in ("citizens", "cases"):
        op.drop_column(table, "postal_address")

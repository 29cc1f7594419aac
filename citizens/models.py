"""Citizens: known by a verified account, or only by an address."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class CitizenRow(Base):
    __tablename__ = "citizens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8), default="")
    postal_address: Mapped[str] = mapped_column(Text, default="")
    """The newest that we know, as it is written on an envelope but for the name."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IdentityRow(Base):
    """An address that a citizen writes from: an e-mail address in lower case, or E.164."""

    __tablename__ = "identities"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizens.id"), index=True)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CitizenKeyRow(Base):
    """What a citizen is found by: see :mod:`citizens.keys`."""

    __tablename__ = "citizen_keys"

    key: Mapped[str] = mapped_column(
        # By code points on PostgreSQL too, so that a prefix is a range of the index.
        String(128).with_variant(String(128, collation="C"), "postgresql"),
        primary_key=True,
    )
    citizen_id: Mapped[UUID] = mapped_column(
        ForeignKey("citizens.id"), primary_key=True, index=True
    )

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
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IdentityRow(Base):
    """An address that a citizen writes from: an e-mail address in lower case, or E.164."""

    __tablename__ = "identities"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizens.id"), index=True)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

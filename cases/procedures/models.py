"""Procedures, their published versions, and drafts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class ProcedureRow(Base):
    __tablename__ = "procedures"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    working: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The definition that is being edited; it need not be sound."""
    revision: Mapped[int] = mapped_column(default=1)
    """Of what is being edited: grows with every change."""
    published: Mapped[int] = mapped_column(default=0)
    """Number of the version that citizens use; 0 while there is none."""
    enabled: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProcedureVersionRow(Base):
    """What was published, for ever: drafts and cases keep theirs."""

    __tablename__ = "procedure_versions"
    __table_args__ = (UniqueConstraint("procedure_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    procedure_id: Mapped[UUID] = mapped_column(ForeignKey("procedures.id"))
    number: Mapped[int]
    definition: Mapped[str] = mapped_column(Text)
    """JSON."""
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"), index=True)


class DraftRow(Base):
    """A form that is being filled in; its reference becomes that of the case."""

    __tablename__ = "drafts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("procedure_versions.id"), index=True)
    citizen_id: Mapped[UUID | None] = mapped_column(ForeignKey("citizens.id"), index=True)
    typed: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What was typed, by field; nothing once it was sent."""
    page: Mapped[str] = mapped_column(String(64), default="")
    """Where the citizen was last."""
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DraftFileRow(Base):
    __tablename__ = "draft_files"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    draft_id: Mapped[UUID] = mapped_column(ForeignKey("drafts.id"), index=True)
    field: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(128))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    apart: Mapped[bool] = mapped_column(default=True)
    """Whether its blob is its own (:meth:`core.blobs.Blobs.stage_apart`) and goes with it; those
    from before migration 18 are not."""


class UploadRow(Base):
    """A file that arrives piece by piece; once it is whole it becomes one of the draft's."""

    __tablename__ = "uploads"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    draft_id: Mapped[UUID] = mapped_column(ForeignKey("drafts.id"), index=True)
    field: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    """Bytes that it will have."""
    received: Mapped[int] = mapped_column(default=0)
    kept: Mapped[bool] = mapped_column(default=False)
    """Whether it is a file of the draft now; the pieces are gone then."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class UploadPieceRow(Base):
    """Its blob is its own."""

    __tablename__ = "upload_pieces"

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"), index=True)

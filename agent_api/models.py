"""What the API remembers of the requests that carried an ``Idempotency-Key``."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class AnswerRow(Base):
    """An answer that was given, for whoever asks the same again because they did not hear it."""

    __tablename__ = "answers"

    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    """SHA-256 of what was asked."""
    status: Mapped[int]
    """Of the HTTP answer; 0 while the request is at work."""
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

"""The citizens' portal."""

from pydantic import BaseModel, Field


class PortalSettings(BaseModel):
    """How long the portal keeps what was not sent."""

    draft_days: int = Field(default=30, ge=1, le=365)
    """Days after its last change that a half-filled form is kept."""

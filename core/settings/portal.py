"""The citizens' portal."""

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Service(BaseModel):
    """Another service of the town's, on the home page of who is signed in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    url: str
    text: str = Field(default="", max_length=200)
    """What one does there, in a few words."""
    icon: str = Field(default="web", pattern=r"^[a-z][a-z-]{0,30}$")
    """One of ``core/web/static/icons.svg``."""

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        if not value.startswith(("https://", "http://", "/")) or value.startswith("//"):
            raise ValueError("begins with https://, http:// or /")
        return value


class PortalSettings(BaseModel):
    """How long the portal keeps what was not sent, and what else it leads to."""

    draft_days: int = Field(default=30, ge=1, le=365)
    """Days after its last change that a half-filled form is kept."""
    services: tuple[Service, ...] = ()
    """Boxes on the home page of citizens who are signed in (JSON in the environment)."""

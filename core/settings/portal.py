"""The citizens' portal."""

from urllib.parse import urlsplit

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
    """What forms offer, how long the portal keeps what was not sent, and what else it leads to."""

    draft_days: int = Field(default=30, ge=1, le=365)
    """Days after its last change that a half-filled form is kept."""
    services: tuple[Service, ...] = ()
    """Boxes on the home page of citizens who are signed in (JSON in the environment)."""
    map_tiles: str = ""
    """Address of the tiles of a map (``https://tiles.example.org/{z}/{x}/{y}.png``): citizens'
    browsers ask there. Empty: places are given in words, by position and by degrees."""
    map_attribution: str = "© OpenStreetMap"
    """Whose map it is; stands in its corner."""
    map_centre: str = "46.6,2.4,5"
    """Latitude, longitude and zoom that a map begins with."""
    geocoder_url: str = ""
    """An Addok server, such as the French national one, below which ``search`` and ``reverse``
    are: completes addresses. Only this server asks it. Empty for none."""

    @field_validator("map_tiles", "geocoder_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("begins with https:// or http:// and a host")
        if any(character in value for character in " ;,'\"\\"):
            raise ValueError("has a character that no address has")
        return value

    @field_validator("map_centre")
    @classmethod
    def _is_a_view(cls, value: str) -> str:
        try:
            lat, lon, zoom = (float(part) for part in value.split(","))
        except ValueError as problem:
            raise ValueError("is latitude,longitude,zoom: 49.12,6.17,13") from problem
        if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 <= zoom <= 20):
            raise ValueError("lies nowhere on the earth")
        return value

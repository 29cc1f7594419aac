"""What a page of a form has for places: a map, the device's position, completed addresses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from channels.web.geocoding.routes import ADDRESS
from channels.web.procedures.controls import Control
from core.settings import Settings
from core.web.headers import policy_with_images

POSITION_ALLOWED = {"Permissions-Policy": "camera=(), geolocation=(self), microphone=()"}
"""A page may ask where the citizen is, when they press the button for it."""
_SUBDOMAIN = re.compile(r"^\{[sr]\}\.")


@dataclass(frozen=True, slots=True)
class Places:
    """``tiles`` and ``addresses`` are empty for what the town does not have."""

    tiles: str
    attribution: str
    centre: str
    """Latitude, longitude and zoom."""
    addresses: str

    @classmethod
    def of(cls, settings: Settings) -> "Places":
        return cls(
            tiles=settings.map_tiles,
            attribution=settings.map_attribution,
            centre=settings.map_centre,
            addresses=ADDRESS if settings.geocoder_url else "",
        )

    def headers(self, controls: Sequence[Control]) -> Mapping[str, str]:
        """Of a page with these controls: nothing is loosened on a page that does not need it."""
        if not any(control.kind == "position" for control in controls):
            return {}
        if not self.tiles:
            return POSITION_ALLOWED
        return {
            **POSITION_ALLOWED,
            "Content-Security-Policy": policy_with_images(_source(self.tiles)),
        }


def _source(tiles: str) -> str:
    """As a policy names it; ``{s}`` stands for a subdomain."""
    parts = urlsplit(tiles)
    return f"{parts.scheme}://{_SUBDOMAIN.sub('*.', parts.netloc)}"

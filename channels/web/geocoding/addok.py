"""Addok, as the French Base Adresse Nationale answers: https://addok.readthedocs.io/en/latest/api/

GeoJSON over HTTP. Nothing is cached, and no batch is asked for.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from channels.web.geocoding import Found
from core.answers import content_of
from core.errors import BadInput, Later
from core.text import clean_line

PATIENCE = 3.0  # seconds
MAX_ANSWER = 256 * 1024  # bytes
MAX_FOUND = 6
MAX_WORDS = 200  # characters that Addok takes
MAX_PART = 200  # characters


class Addok:
    """``url`` is the address below which ``search`` and ``reverse`` are."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    async def search(self, words: str) -> Sequence[Found]:
        asked = {"q": words[:MAX_WORDS], "limit": str(MAX_FOUND), "autocomplete": "1"}
        return _found(await self._ask("search", asked))

    async def at(self, lat: float, lon: float) -> Found | None:
        asked = {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}", "limit": "1"}
        return next(iter(_found(await self._ask("reverse", asked))), None)

    async def _ask(self, what: str, asked: Mapping[str, str]) -> Any:
        # Imported here: most towns ask no geocoder.
        from aiohttp import ClientError, ClientSession, ClientTimeout

        timeout = ClientTimeout(total=PATIENCE)
        try:
            async with (
                ClientSession(timeout=timeout) as http,
                http.get(f"{self._url}/{what}", params=asked) as answer,
            ):
                answer.raise_for_status()
                content = await content_of(answer, MAX_ANSWER)
            return json.loads(content)
        except (
            BadInput,
            ClientError,
            TimeoutError,
            OSError,
            ValueError,
            RecursionError,
        ) as problem:
            raise Later(f"the geocoder does not answer: {problem!r}") from problem


def _found(answer: Any) -> list[Found]:
    """What can be read of it; a feature that is none is passed over."""
    features = answer.get("features") if isinstance(answer, dict) else None
    read = [_one(feature) for feature in (features if isinstance(features, list) else [])]
    return [one for one in read if one is not None][:MAX_FOUND]


def _one(feature: Any) -> Found | None:
    try:
        lon, lat = (float(number) for number in feature["geometry"]["coordinates"][:2])
        said = feature["properties"]
        parts = {
            name: clean_line(str(said.get(key) or ""))[:MAX_PART]
            for name, key in (
                ("label", "label"),
                ("street", "name"),
                ("postcode", "postcode"),
                ("city", "city"),
            )
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    if not (math.isfinite(lat) and abs(lat) <= 90 and abs(lon) <= 180 and parts["label"]):
        return None
    return Found(**parts, lat=round(lat, 6), lon=round(lon, 6))

"""Addresses while they are typed, and what stands at a place, if the town has a geocoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """One address, as postmen write it, and where it is (degrees, WGS 84)."""

    label: str
    street: str
    postcode: str
    city: str
    lat: float
    lon: float


class Geocoder(Protocol):
    """An adapter asks one service. Both raise Later when it is away, slow or talks nonsense."""

    async def search(self, words: str) -> Sequence[Found]:
        """Addresses that begin like these words, the likeliest first."""
        ...

    async def at(self, lat: float, lon: float) -> Found | None:
        """The nearest address."""
        ...

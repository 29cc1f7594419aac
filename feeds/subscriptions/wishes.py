"""What somebody wants to be told, as forms, requests and imports carry it."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from core.errors import BadInput
from core.i18n import N_
from feeds.subscriptions.models import Cadence, Medium

HOUR = 8
"""Of digests, for who has not chosen another."""
NO_HOUR = N_("An hour is 0 to 23:")
NO_WEEKDAY = N_("A weekday is 0 (Monday) to 6:")
NO_DIGEST = N_("Only mail comes as a digest.")


@dataclass(frozen=True, slots=True)
class Wish:
    """One topic by one medium. Raises BadInput when it makes no sense."""

    topic_id: UUID
    medium: Medium
    cadence: Cadence = Cadence.IMMEDIATE
    hour: int = HOUR
    weekday: int = 0
    district: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.hour <= 23:
            raise BadInput(NO_HOUR, where=str(self.hour))
        if not 0 <= self.weekday <= 6:
            raise BadInput(NO_WEEKDAY, where=str(self.weekday))
        if self.medium is not Medium.EMAIL and self.cadence is not Cadence.IMMEDIATE:
            raise BadInput(NO_DIGEST)

    def as_json(self) -> dict[str, Any]:
        return {
            "topic_id": self.topic_id.hex,
            "medium": str(self.medium),
            "cadence": str(self.cadence),
            "hour": self.hour,
            "weekday": self.weekday,
            "district": self.district,
        }

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        return cls(
            topic_id=UUID(hex=said["topic_id"]),
            medium=Medium(said["medium"]),
            cadence=Cadence(said["cadence"]),
            hour=int(said["hour"]),
            weekday=int(said["weekday"]),
            district=str(said["district"]),
        )

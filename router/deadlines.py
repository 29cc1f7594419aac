"""When a case is due: working days, without weekends and public holidays."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from core.errors import BadInput

END_OF_DAY = time(18, 0)  # local time
SATURDAY = 5


class Calendar:
    """The working days of a place.

    Parameters
    ----------
    place
        A country, or country and subdivision (ISO 3166: ``FR``, ``FR-57``).
    time_zone
        Of the town: its days are not UTC's.
    """

    def __init__(self, place: str, time_zone: str) -> None:
        self._holidays = _holidays_of(place)
        self._zone = ZoneInfo(time_zone)

    def due(self, received_at: datetime, service_level: int) -> datetime:
        """The end of the last of ``service_level`` working days after the day of arrival."""
        day = received_at.astimezone(self._zone).date()
        left = service_level
        while left > 0:
            day += timedelta(days=1)
            if day.weekday() < SATURDAY and day not in self._holidays:
                left -= 1
        return datetime.combine(day, END_OF_DAY, self._zone).astimezone(UTC)


@lru_cache
def _holidays_of(place: str) -> holidays.HolidayBase:
    country, _, subdivision = place.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as problem:
        raise BadInput(f"GUICHET_HOLIDAYS: {problem}", where="holidays") from problem

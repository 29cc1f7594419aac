"""When digests are due. Pure: from cadence, hour, weekday and the town's time zone.

Every local day has one daily digest and every local week one weekly. An hour that a change of the
clocks leaves out is replaced by the next moment that exists; of one that comes twice the first is
meant. A day that a zone leaves out altogether (Samoa, 2011) has none.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feeds.subscriptions.models import Cadence

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def next_due(
    cadence: Cadence, hour: int, weekday: int, zone: ZoneInfo, after: datetime
) -> datetime | None:
    """The first digest later than ``after``, in UTC; None when entries come at once."""
    if cadence is Cadence.IMMEDIATE:
        return None
    # A day early: what the clocks have moved may belong to the day before.
    day = after.astimezone(zone).date() - _DAY
    while True:
        if cadence is Cadence.DAILY or day.weekday() == weekday:
            at = moment_of(day, hour, zone)
            if at is not None and at > after:
                return at
        day += _DAY


def moment_of(day: date, hour: int, zone: ZoneInfo) -> datetime | None:
    """When a local day's hour begins, in UTC; None when the day does not exist there."""
    wall = datetime.combine(day, time(hour))
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _wall(at, zone) == wall:
        return at
    # Left out: by the old clock it is after the change, by the new one before it.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at
    while after - before > _SECOND:
        middle = before + ((after - before) // 2 // _SECOND) * _SECOND
        before, after = (middle, after) if _wall(middle, zone) < wall else (before, middle)
    return after if _wall(after, zone).date() == day else None


def quiet_until(
    at: datetime, quiet_from: int | None, quiet_to: int | None, zone: ZoneInfo
) -> datetime:
    """``at``, or the end of the quiet hours in which it falls; they may go over midnight."""
    if quiet_from is None or quiet_to is None or quiet_from == quiet_to:
        return at
    wall = _wall(at, zone)
    goes_over_midnight = quiet_from > quiet_to
    if goes_over_midnight:
        is_quiet = wall.hour >= quiet_from or wall.hour < quiet_to
    else:
        is_quiet = quiet_from <= wall.hour < quiet_to
    if not is_quiet:
        return at
    day = wall.date() + (_DAY if goes_over_midnight and wall.hour >= quiet_from else timedelta())
    return max(at, moment_of(day, quiet_to, zone) or at)


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks there show."""
    return at.astimezone(zone).replace(tzinfo=None)

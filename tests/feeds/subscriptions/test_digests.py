"""Due times, for all hours and zones: what changes of the clocks do to them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from feeds.subscriptions.digests import moment_of, next_due, quiet_until
from feeds.subscriptions.models import Cadence

PARIS = ZoneInfo("Europe/Paris")
ZONES = st.sampled_from(
    [
        "Europe/Paris",
        "America/Sao_Paulo",  # its clocks changed at midnight
        "Australia/Lord_Howe",  # by half an hour
        "Asia/Kathmandu",
        "America/St_Johns",  # at one minute past midnight
        "Pacific/Apia",  # left out a whole day
        "UTC",
    ]
).map(ZoneInfo)
HOURS = st.integers(0, 23)
SECONDS = (1_100_000_000, 1_900_000_000)  # 2004 to 2030
MOMENTS = st.integers(*SECONDS).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def local(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def days_between(first: date, last: date, zone: ZoneInfo) -> list[date]:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if moment_of(day, 12, zone)]  # that exist


@given(zone=ZONES, hour=HOURS, start=MOMENTS)
def test_each_local_day_has_exactly_one_daily_digest(
    zone: ZoneInfo, hour: int, start: datetime
) -> None:
    dues, at = [], start
    for _ in range(400):  # both changes of the clocks are among them
        due = next_due(Cadence.DAILY, hour, 0, zone, at)
        assert due is not None
        assert due > at
        at = due
        dues.append(due)
    days = [local(due, zone) for due in dues]
    assert days == days_between(days[0], days[-1], zone)


@given(zone=ZONES, hour=HOURS, weekday=st.integers(0, 6), start=MOMENTS)
def test_each_week_has_one_weekly_digest_on_its_day(
    zone: ZoneInfo, hour: int, weekday: int, start: datetime
) -> None:
    at = start
    for _ in range(60):
        due = next_due(Cadence.WEEKLY, hour, weekday, zone, at)
        assert due is not None
        assert local(due, zone).weekday() == weekday
        assert timedelta() < due - at < timedelta(days=15)
        at = due


@given(zone=ZONES, hour=HOURS, start=MOMENTS, wait=st.integers(0, 100_000))
def test_asking_later_never_brings_an_earlier_digest(
    zone: ZoneInfo, hour: int, start: datetime, wait: int
) -> None:
    due = next_due(Cadence.DAILY, hour, 0, zone, start)
    assert due is not None
    later = start + timedelta(seconds=wait)
    again = next_due(Cadence.DAILY, hour, 0, zone, later)
    assert again is not None
    assert again == due if later < due else again > due


@given(zone=ZONES, hour=HOURS, day=st.dates(date(2005, 1, 1), date(2030, 1, 1)))
def test_it_goes_at_its_hour_or_at_the_next_moment_that_exists(
    zone: ZoneInfo, hour: int, day: date
) -> None:
    at = moment_of(day, hour, zone)
    if at is None:
        return
    shown = at.astimezone(zone)
    assert (shown.date(), shown.hour) >= (day, hour)
    before = (at - timedelta(seconds=1)).astimezone(zone)
    assert (before.date(), before.hour) < (day, hour)


def test_paris_in_spring_and_in_autumn() -> None:
    # 29 March 2026: two o'clock is left out, and three o'clock is 01:00 UTC
    assert moment_of(date(2026, 3, 29), 2, PARIS) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    # 25 October 2026: two o'clock comes twice; the first is summer time
    assert moment_of(date(2026, 10, 25), 2, PARIS) == datetime(2026, 10, 25, 0, tzinfo=UTC)
    late = datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC)  # a second before midnight
    assert next_due(Cadence.DAILY, 0, 0, PARIS, late) == late + timedelta(seconds=1)
    assert moment_of(date(2011, 12, 30), 8, ZoneInfo("Pacific/Apia")) is None
    assert next_due(Cadence.IMMEDIATE, 8, 0, PARIS, late) is None


@given(at=MOMENTS, start=HOURS, end=HOURS)
def test_quiet_hours_end_at_their_hour(at: datetime, start: int, end: int) -> None:
    until = quiet_until(at, start, end, PARIS)
    assert at <= until <= at + timedelta(hours=25)
    assert quiet_until(until, start, end, PARIS) == until
    assert quiet_until(at, None, None, PARIS) == at


def test_quiet_hours_may_go_over_midnight() -> None:
    def quiet(hour: int) -> datetime:
        at = datetime(2026, 3, 9, hour, 30, tzinfo=PARIS)
        return quiet_until(at, 21, 7, PARIS).astimezone(PARIS)

    assert quiet(22) == datetime(2026, 3, 10, 7, tzinfo=PARIS)
    assert quiet(3) == datetime(2026, 3, 9, 7, tzinfo=PARIS)
    assert quiet(12).hour == 12

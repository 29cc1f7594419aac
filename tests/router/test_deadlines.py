from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from router.deadlines import Calendar

PARIS = ZoneInfo("Europe/Paris")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2026-03-09 12:00", 1, "2026-03-10 18:00"),  # Monday, due on Tuesday
        ("2026-03-13 12:00", 1, "2026-03-16 18:00"),  # Friday, due on Monday
        ("2026-04-30 09:00", 1, "2026-05-04 18:00"),  # the First of May is a Friday
        ("2026-12-24 09:00", 2, "2026-12-29 18:00"),  # Christmas, then a weekend
        ("2026-03-27 12:00", 1, "2026-03-30 18:00"),  # over the change to summer time
        ("2026-03-09 12:00", 0, "2026-03-09 18:00"),
    ],
)
def test_a_case_is_due_after_so_many_working_days(received: str, days: int, due: str) -> None:
    calendar = Calendar("FR", "Europe/Paris")
    assert calendar.due(at(received), days) == at(due).astimezone(UTC)


def test_the_day_of_arrival_is_the_towns_and_not_utc() -> None:
    just_after_midnight = at("2026-03-10 00:30").astimezone(UTC)
    due = Calendar("FR", "Europe/Paris").due(just_after_midnight, 1)
    assert due == at("2026-03-11 18:00").astimezone(UTC)


def test_a_region_has_holidays_of_its_own() -> None:
    before_saint_stephen = at("2025-12-24 12:00")
    assert Calendar("FR", "Europe/Paris").due(before_saint_stephen, 1) == at("2025-12-26 18:00")
    assert Calendar("FR-57", "Europe/Paris").due(before_saint_stephen, 1) == at("2025-12-29 18:00")

"""The same mail again: a server that did not hear our yes, or a device with a new alarm?"""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from channels.email.idempotency import key_of
from channels.email.parsing import MAX_HEADERS
from core.database import Database
from ingest import Acceptance
from tests.builders import SettableClock
from tests.channels.email.serving import MAIL, intakes, serving, talking

DAY = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FROM = b"From: alarme@exemple.example\r\n"
BODY = b"\r\n\r\nPorte ouverte.\r\n"
TO = ["mairie@demo.example"]


def key(raw: bytes, *, at: datetime = DAY, sender: str = "alarme@exemple.example") -> str:
    return key_of(raw, TO, mail_from=sender, received_at=at)


def is_one_of_a_kind(raw: bytes) -> bool:
    """Whether the day plays no part."""
    return key(raw) == key(raw, at=DAY + timedelta(days=7))


@pytest.mark.parametrize(
    "head",
    [
        b"Date: Tue, 24 Nov 2026 09:30:00 +0100",
        b"Message-ID: <1@exemple.example>",
        FROM + b"message-id:<1@exemple.example>",
        FROM + b"DATE :\r\n Tue, 24 Nov 2026 09:30:00 +0100",
        b"From: a@b.example\nDate: now",
        b"From: a@b.example\rDate: now",
    ],
)
def test_a_mail_with_a_date_or_an_id_is_the_same_for_ever(head: bytes) -> None:
    assert is_one_of_a_kind(head + BODY)
    assert key(head + BODY) == key(head + BODY, sender="")


@pytest.mark.parametrize(
    "raw",
    [
        FROM + BODY,
        b"",
        BODY,
        FROM + b"Date:\r\nMessage-ID: \r\nSubject: x" + BODY,
        FROM + b"X-Date: now\r\nDated: now\r\nSubject: Date: now" + BODY,
        FROM + b"Subject: x\r\n Date: now" + BODY,
        FROM + b"\r\nDate: now" + BODY,
        FROM + b"\n\nMessage-ID: <1@exemple.example>",
        b"X: " + b"x" * MAX_HEADERS + b"\r\nDate: now" + BODY,
        b"Date:" + b" \r\n" * 100_000,
    ],
)
def test_a_mail_with_neither_is_another_on_another_day(raw: bytes) -> None:
    assert not is_one_of_a_kind(raw)
    assert key(raw) == key(raw, at=DAY + timedelta(hours=14))
    assert key(raw) != key(raw, sender="autre@exemple.example")


def test_the_day_is_the_same_in_every_time_zone() -> None:
    there = (DAY - timedelta(hours=9)).astimezone(timezone(timedelta(hours=-5)))
    assert there.day != DAY.day
    assert key(FROM + BODY, at=there) == key(FROM + BODY)


async def test_an_alarm_counts_once_a_day(
    acceptance: Acceptance, database: Database, clock: SettableClock
) -> None:
    async with serving(acceptance.accept, clock=clock) as channel, talking(channel) as client:
        first = await client.mail(MAIL)
        assert await client.mail(MAIL) == first
        clock.advance(days=1)
        second = await client.mail(MAIL)
        assert second != first
        assert await client.mail(MAIL) == second
    assert len(await intakes(database)) == 2

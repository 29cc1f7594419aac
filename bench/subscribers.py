"""Who has subscribed: entered in bulk, with the proof that they agreed, as if each had confirmed.

Of ten one after the other six are told by mail, three by SMS, and one by a daily digest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text, update

from core.clock import utc_now
from core.database import Database
from core.ids import new_id
from feeds.subscriptions import (
    Act,
    Cadence,
    ConsentRow,
    Medium,
    SubscriberRow,
    SubscriptionRow,
)

CHUNK = 2_000  # subscribers entered in one transaction
URGENT = 1_000  # of all, who are told of urgent entries too
NOT_SOON = 12  # hours from now to the hour of the digests: none but the one that is asked for

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """``address`` is an e-mail address or a number in E.164."""

    address: str
    digest: bool
    urgent: bool

    @property
    def medium(self) -> Medium:
        return Medium.EMAIL if "@" in self.address else Medium.SMS


def crowd(count: int) -> list[Person]:
    """The same at every call; those who want urgent entries are as mixed as all."""
    every = max(1, count // URGENT)  # of how many tens one is told
    return [_person(number, urgent=(number // 10) % every == 0) for number in range(count)]


def readers(count: int) -> list[Person]:
    """Who is told at once, by mail."""
    return [Person(_mail(number), digest=False, urgent=False) for number in range(count)]


def _person(number: int, *, urgent: bool) -> Person:
    kind = number % 10
    address = f"+336{10_000_000 + number}" if 6 <= kind < 9 else _mail(number)
    return Person(address, digest=kind == 9, urgent=urgent)


def _mail(number: int) -> str:
    return f"citizen{number}@citizens.example"


async def enter(
    database: Database, people: Sequence[Person], topic: UUID, urgent_topic: UUID | None = None
) -> None:
    """All of them subscribe to ``topic``, and those who are ``urgent`` to ``urgent_topic``, too."""
    now = utc_now()
    left = iter(people)
    while chunk := list(islice(left, CHUNK)):
        subscribers = [_subscriber(person, now) for person in chunk]
        subscriptions, consents = [], []
        for person, row in zip(chunk, subscribers, strict=True):
            for one in _subscriptions(person, row["id"], topic, urgent_topic, now):
                subscriptions.append(one)
                consents.append(_consent(person, one, now))
        async with database.begin() as session:
            await session.execute(insert(SubscriberRow), subscribers)
            await session.execute(insert(SubscriptionRow), subscriptions)
            await session.execute(insert(ConsentRow), consents)
    if not database.is_sqlite:  # what its own housekeeping does within a minute
        async with database.begin() as session:
            for table in (SubscriberRow, SubscriptionRow):
                await session.execute(text(f"ANALYZE {table.__tablename__}"))


async def set_digests_due(database: Database, at: datetime) -> None:
    """The next digest of everybody who has one."""
    async with database.begin() as session:
        query = update(SubscriptionRow).where(SubscriptionRow.cadence == Cadence.DAILY)
        await session.execute(query.values(due_at=at))


def _subscriber(person: Person, now: datetime) -> Row:
    is_mail = person.medium is Medium.EMAIL
    return {
        "id": new_id(),
        "account_id": None,
        "email": person.address if is_mail else None,
        "phone": None if is_mail else person.address,
        "language": "fr",
        "quiet_from": None,
        "quiet_until": None,
        "created_at": now,
    }


def _subscriptions(
    person: Person, subscriber: UUID, topic: UUID, urgent_topic: UUID | None, now: datetime
) -> Iterator[Row]:
    wishes = [(topic, Cadence.DAILY if person.digest else Cadence.IMMEDIATE)]
    if person.urgent and urgent_topic is not None:
        wishes.append((urgent_topic, Cadence.IMMEDIATE))
    for wanted, cadence in wishes:
        yield {
            "id": new_id(),
            "subscriber_id": subscriber,
            "topic_id": wanted,
            "medium": person.medium,
            "cadence": cadence,
            "hour": (now.hour + NOT_SOON) % 24,
            "weekday": 0,
            "district": "",
            "told_until": now,
            "due_at": None,
            "created_at": now,
        }


def _consent(person: Person, subscription: Row, now: datetime) -> Row:
    return {
        "id": new_id(),
        "subscriber_id": subscription["subscriber_id"],
        "address": person.address,
        "topic_id": subscription["topic_id"],
        "medium": person.medium,
        "cadence": subscription["cadence"],
        "act": Act.CONFIRMED,
        "how": "link" if person.medium is Medium.EMAIL else "code",
        "source": "",
        "said_at": now,
        "at": now,
        "campaign_id": None,
    }

"""Taking over an earlier list, with the proof that those on it agreed; in bulk.

A line is ``address,topics,consent_at,consent_source`` and, if the list has them, ``language``,
``cadence`` (of mail), ``hour``, ``weekday`` and ``district``. Topics are slugs, a space
between. What lacks its proof is not taken, nor is what its owner has ended since.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.contacts import email_address, phone_number
from core.database import insert_new
from core.errors import BadInput
from core.i18n import LOCALES, N_
from core.ids import new_id
from core.text import clean_line
from feeds.models import DistrictRow, TopicRow
from feeds.subscriptions.digests import next_due
from feeds.subscriptions.models import (
    Act,
    Cadence,
    ConsentRow,
    Medium,
    SubscriberRow,
    SubscriptionRow,
)
from feeds.subscriptions.wishes import HOUR, Wish

NEEDED = ("address", "topics", "consent_at", "consent_source")
CHUNK = 500  # lines in one transaction

UNREADABLE = N_("The line cannot be read.")
NO_ADDRESS = N_("Neither a mail address nor a telephone number:")
NO_TOPIC = N_("It names no topic.")
UNKNOWN_TOPIC = N_("No topic is called:")
NO_MOMENT = N_("This is no moment in the past (2024-05-31 or 2024-05-31T10:00):")
NO_SOURCE = N_("It does not say where the proof of consent is.")
UNKNOWN_DISTRICT = N_("No district is called:")
UNKNOWN_CADENCE = N_("This is none of immediate, daily, weekly:")
NO_NUMBER = N_("This is no number:")
ENDED = N_("Has unsubscribed since.")


@dataclass(frozen=True, slots=True)
class Line:
    """A sound line of the list."""

    number: int
    """In the file, from 1; the first line is the head."""
    address: str
    language: str
    wishes: Sequence[Wish]
    said_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was left out."""

    number: int
    reason: str
    """One of ours, to be translated where it is shown."""
    what: str = ""
    """The word of the line that it is about."""


@dataclass(frozen=True, slots=True)
class Places:
    """What lines may name."""

    topics: Mapping[str, UUID]
    districts: frozenset[str]
    region: str
    """Of telephone numbers without a country code."""
    language: str
    zone: ZoneInfo

    @classmethod
    async def read(
        cls, session: AsyncSession, *, region: str, language: str, zone: ZoneInfo
    ) -> "Places":
        topics = select(TopicRow.slug, TopicRow.id).where(TopicRow.archived_at.is_(None))
        return cls(
            topics=dict((await session.execute(topics)).all()),
            districts=frozenset(await session.scalars(select(DistrictRow.slug))),
            region=region,
            language=language,
            zone=zone,
        )


def read_lines(text: Iterable[str], places: Places, now: datetime) -> Iterator[Line | BadLine]:
    """Line by line. Raises BadInput when the head lacks a column or cannot be read."""
    reader = csv.DictReader(text, restval="")
    try:
        names = reader.fieldnames or ()
    except csv.Error as problem:
        raise BadInput("the first line cannot be read") from problem
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise BadInput(f"the first line must name the columns; missing: {', '.join(missing)}")
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield BadLine(reader.line_num, UNREADABLE)
            continue
        given = {
            str(name): clean_line(value) for name, value in fields.items() if isinstance(value, str)
        }
        try:
            yield _line(reader.line_num, given, places, now)
        except BadInput as problem:
            yield BadLine(reader.line_num, problem.reason, problem.where)


async def import_lines(
    session: AsyncSession, clock: Clock, zone: ZoneInfo, lines: Sequence[Line]
) -> list[BadLine]:
    """Write these, in the caller's transaction; returns those that were ended since.

    Doing so twice changes nothing. However many they are it takes a fixed number of statements.
    """
    now = clock()
    await insert_new(session, SubscriberRow, [_subscriber(line, now) for line in lines])
    people = await _people(session, lines)
    ids = set(people.values())
    there = select(
        SubscriptionRow.subscriber_id, SubscriptionRow.topic_id, SubscriptionRow.medium
    ).where(SubscriptionRow.subscriber_id.in_(ids))
    known = {(*row,) for row in await session.execute(there)}
    ended = await _ended(session, ids)
    bad: list[BadLine] = []
    subscriptions: list[dict[str, Any]] = []
    consents: list[dict[str, Any]] = []
    for line in lines:
        subscriber_id = people[line.address]
        for wish in line.wishes:
            key = subscriber_id, wish.topic_id, str(wish.medium)
            if key in known:
                continue
            if key in ended and ended[key] > line.said_at:
                bad.append(BadLine(line.number, ENDED))
                continue
            known.add(key)
            subscriptions.append(_subscription(subscriber_id, wish, zone, now))
            consents.append(_consent(subscriber_id, line, wish, now))
    await insert_new(session, SubscriptionRow, subscriptions)
    await insert_new(session, ConsentRow, consents)
    return bad


def _line(number: int, given: Mapping[str, str], places: Places, now: datetime) -> Line:
    typed = given["address"]
    address = email_address(typed) if "@" in typed else phone_number(typed, places.region)
    if address is None:
        raise BadInput(NO_ADDRESS, where=typed)
    medium = Medium.EMAIL if "@" in address else Medium.SMS
    slugs = given["topics"].replace(";", " ").split()
    if not slugs:
        raise BadInput(NO_TOPIC)
    unknown = [slug for slug in slugs if slug not in places.topics]
    if unknown:
        raise BadInput(UNKNOWN_TOPIC, where=unknown[0])
    said_at = _moment(given["consent_at"], places.zone)
    if said_at is None or said_at > now:
        raise BadInput(NO_MOMENT, where=given["consent_at"])
    if not given["consent_source"]:
        raise BadInput(NO_SOURCE)
    district = given.get("district", "")
    if district and district not in places.districts:
        raise BadInput(UNKNOWN_DISTRICT, where=district)
    cadence = given.get("cadence", "") or Cadence.IMMEDIATE
    if cadence not in {*Cadence}:
        raise BadInput(UNKNOWN_CADENCE, where=cadence)
    language = given.get("language", "")
    return Line(
        number=number,
        address=address,
        language=language if language in LOCALES else places.language,
        wishes=[
            Wish(
                topic_id=places.topics[slug],
                medium=medium,
                cadence=Cadence(cadence),
                hour=_number(given, "hour", HOUR),
                weekday=_number(given, "weekday", 0),
                district=district,
            )
            for slug in dict.fromkeys(slugs)
        ],
        said_at=said_at,
        source=given["consent_source"],
    )


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """ISO 8601; without a zone it is the town's."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(given: Mapping[str, str], name: str, otherwise: int) -> int:
    text = given.get(name, "")
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit():
        raise BadInput(NO_NUMBER, where=text)
    return int(text)


def _subscriber(line: Line, now: datetime) -> dict[str, Any]:
    is_mail = "@" in line.address
    return {
        "id": new_id(),
        "account_id": None,
        "email": line.address if is_mail else None,
        "phone": None if is_mail else line.address,
        "language": line.language,
        "quiet_from": None,
        "quiet_until": None,
        "created_at": now,
    }


async def _people(session: AsyncSession, lines: Sequence[Line]) -> dict[str, UUID]:
    addresses = {line.address for line in lines}
    query = select(SubscriberRow.id, SubscriberRow.email, SubscriberRow.phone).where(
        or_(SubscriberRow.email.in_(addresses), SubscriberRow.phone.in_(addresses))
    )
    rows = (await session.execute(query)).all()
    return {
        address: id
        for id, email, phone in rows
        for address in (email, phone)
        if address is not None
    }


async def _ended(session: AsyncSession, ids: set[UUID]) -> dict[tuple[UUID, UUID, str], datetime]:
    """When these last ended what."""
    kinds = ConsentRow.subscriber_id, ConsentRow.topic_id, ConsentRow.medium
    query = (
        select(*kinds, func.max(ConsentRow.at))
        .where(ConsentRow.subscriber_id.in_(ids), ConsentRow.act == Act.ENDED)
        .group_by(*kinds)
    )
    rows = await session.execute(query)
    return {(subscriber, topic, medium): at for subscriber, topic, medium, at in rows}


def _subscription(subscriber_id: UUID, wish: Wish, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subscriber_id": subscriber_id,
        "topic_id": wish.topic_id,
        "medium": wish.medium,
        "cadence": wish.cadence,
        "hour": wish.hour,
        "weekday": wish.weekday,
        "district": wish.district,
        "told_until": now,
        "due_at": next_due(wish.cadence, wish.hour, wish.weekday, zone, now),
        "created_at": now,
    }


def _consent(subscriber_id: UUID, line: Line, wish: Wish, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subscriber_id": subscriber_id,
        "address": line.address,
        "topic_id": wish.topic_id,
        "medium": wish.medium,
        "cadence": wish.cadence,
        "act": Act.IMPORTED,
        "how": "import",
        "source": line.source,
        "said_at": line.said_at,
        "at": now,
        "campaign_id": None,
    }

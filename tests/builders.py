"""Small builders that tests speak with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases import QueueRow, RoutingRuleRow
from cases.agents import Agent, Role
from core.ids import new_id
from ingest import Arrival, ChannelName
from ingest.events import Event, MessageNormalized, new_event
from ingest.models import MessageRow

NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)  # a Monday


@dataclass
class SettableClock:
    """A clock that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass
class Town:
    """The queues of a little town, by slug."""

    queues: dict[str, QueueRow] = field(default_factory=dict)


async def little_town(session: AsyncSession) -> Town:
    """Two queues, and a rule that sends what mentions a pothole to the second."""
    town = Town()
    for position, (slug, name) in enumerate((("mairie", "Accueil"), ("voirie", "Voirie"))):
        queue = QueueRow(
            id=new_id(),
            slug=slug,
            name=name,
            mailbox=f"{slug}@demo.example",
            service_level=5,
            is_default=position == 0,
            position=position,
        )
        town.queues[slug] = queue
        session.add(queue)
    session.add(
        RoutingRuleRow(
            id=new_id(),
            name="potholes",
            priority=1,
            expression='message.subject.contains("pothole")',
            queue_id=town.queues["voirie"].id,
            enabled=True,
        )
    )
    await session.flush()
    return town


def is_ours(address: str) -> bool:
    """The little town's mailboxes."""
    return address.endswith("@demo.example")


_numbers = count(1)


def mail(
    *,
    subject: str = "Hello",
    text: str = "Is the town hall open on Saturday?",
    sender: str = "Jeanne <jeanne@citizens.example>",
    to: str = "mairie@demo.example",
    **headers: str,
) -> EmailMessage:
    """A mail as a citizen writes it; headers by their names with underscores."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = f"<mail-{next(_numbers)}@citizens.example>"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def arrival(key: str = "", raw: bytes = b"raw", **facts: Any) -> Arrival:
    """Something that arrived by mail."""
    return Arrival(ChannelName.EMAIL, key or f"key-{next(_numbers)}", raw, facts)


def message_row(**values: Any) -> MessageRow:
    """A message that came in, with the least that it must have."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "id": new_id(),
        "direction": "in",
        "channel": ChannelName.EMAIL,
        "sender_name": "Jeanne",
        "sender_address": "jeanne@citizens.example",
        "sender_phone": "",
        "sender_trust": "unverified",
        "recipients": ["mairie@demo.example"],
        "subject": f"Question {number}",
        "text": f"Is the town hall open on day {number} of the holidays?",
        "quoted": "",
        "language": "",
        "received_at": NOON,
        "rfc_message_id": f"<message-{number}@citizens.example>",
        "in_reply_to": [],
        "automatic": "no",
        "reference": "",
        "details": {},
        "notes": [],
    }
    return MessageRow(**(defaults | values))


def normalized(message: MessageRow) -> Event:
    """The event that says that the message is there."""
    data = MessageNormalized(message_id=message.id, channel=ChannelName(message.channel))
    return new_event(data, key=message.id, id=new_id(), time=message.received_at)


def agent(
    *roles: Role, queues: tuple[UUID, ...] = (), id: UUID | None = None, name: str = "Camille"
) -> Agent:
    """A signed-in agent; reception unless told otherwise."""
    return Agent(
        id=id or new_id(),
        email="camille@demo.example",
        name=name,
        language="fr",
        roles=frozenset(roles or (Role.RECEPTION,)),
        queue_ids=frozenset(queues),
    )


def references(*, start: int = 0) -> Callable[[], str]:
    """References in a known order."""
    from random import Random

    from core.references import new_reference

    source = Random(start)
    return lambda: new_reference(source.choice)

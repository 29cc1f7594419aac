"""One raw arrival, exactly as it came: bytes and transport facts. Never changed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from ingest.message import ChannelName, Message


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a channel hands in.

    ``key`` is the channel's own idempotency key: two arrivals of one channel with the same key are
    one intake. ``facts`` are the transport's (JSON values): client address, envelope, headers.
    """

    channel: ChannelName
    key: str
    raw: bytes
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The durable yes; the same for an arrival that had been accepted before."""

    intake_id: UUID


@dataclass(frozen=True, slots=True)
class Intake:
    """An accepted arrival, read back."""

    id: UUID
    channel: ChannelName
    key: str
    raw: bytes
    facts: Mapping[str, Any]
    received_at: datetime


Accept = Callable[[Arrival], Awaitable[Accepted]]
"""Stores the arrival durably, then returns. Raises ``Later`` when it cannot."""


class Channel(Protocol):
    """A way in. HTTP channels offer a router of their own instead of :meth:`run`."""

    name: ChannelName

    async def run(self, accept: Accept) -> None:
        """Serve, poll or watch until cancelled."""


Normalize = Callable[[Intake], Message]
"""Pure: the same intake gives the same message. Runs in a process beside, so it must be a
top-level function. Raises ``BadInput`` when nothing can be made of the intake."""

"""The contract between the engines and the handlers. Engines differ, handlers do not."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from core.unbroken import GRACE
from ingest.events import Event

BATCH = 64  # events handled in one transaction

Prepared = TypeVar("Prepared")


class Handler(Protocol[Prepared]):
    """What a consumer does with an event, in two steps.

    Both steps may run any number of times for one event; only a committed :meth:`handle` counts.
    """

    async def prepare(self, events: Sequence[Event]) -> Prepared:
        """Outside any transaction: read, compute, ask the network. Writes nothing that counts.

        It is given all the events of a batch, so that no query is made in a loop.
        """
        ...

    async def handle(self, event: Event, session: AsyncSession, prepared: Prepared) -> list[Event]:
        """Inside the transaction: write the effect, and return the events that follow from it."""
        ...


@dataclass(frozen=True, slots=True)
class Consumer:
    """A handler at its place in the pipeline."""

    name: str
    stream: str
    handler: Handler[Any]
    serial: bool = False
    """Whether it must see all that it has written before, so that no two work at once."""
    batch: int = BATCH
    """Events handled in one transaction."""
    grace: float = GRACE
    """Seconds that a batch gets to end when its process is asked to stop."""


class Engine(Protocol):
    """Carries events from the ledger to the consumers."""

    async def run(self) -> None:
        """Work until cancelled."""
        ...

    async def is_ready(self) -> bool:
        """Whether the consumers of this process can be brought events."""
        ...

    async def measure(self) -> None:
        """Set the metrics of what each consumer has yet to handle."""
        ...

    def tail(self, stream: str) -> AsyncIterator[Sequence[Event]]:
        """The events of a stream from now on, as many as have come; for live pages, which may
        miss one."""
        ...

"""The whole pipeline in one table: reading it is reading the system.

The handlers live in the rooms above; the composition root hands them in by the consumer's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.unbroken import GRACE
from ingest.consumer import BATCH, Consumer, Handler


@dataclass(frozen=True, slots=True)
class Stage:
    """One consumer of one stream, and the streams that its events go to."""

    consumer: str
    reads: str
    writes: tuple[str, ...] = ()
    serial: bool = False
    """Whether one batch at a time is handled in the whole town, however many workers there are."""
    batch: int = BATCH
    """Events handled in one transaction."""
    grace: float = GRACE
    """Seconds that a batch gets to end when its process is asked to stop."""


PIPELINE = (
    # A mail that came back changes its delivery, and perhaps the case, and is no message.
    Stage(
        "normalize",
        reads="intake.received",
        writes=("message.normalized", "document.unread", "delivery.changed", "case.changed"),
    ),
    # A page takes seconds, and what is read of it is kept page by page.
    Stage(
        "read",
        reads="document.unread",
        writes=("message.normalized", "case.changed"),
        batch=1,
        grace=0.5,
    ),
    # Two mails of one thread, routed at the same moment, would open two cases.
    Stage(
        "route",
        reads="message.normalized",
        writes=("case.changed", "document.unread", "media.awaited"),
        serial=True,
    ),
    Stage("fetch", reads="media.awaited", writes=("case.changed", "document.unread")),
    Stage("authenticate", reads="case.changed", writes=("case.changed",)),
    Stage("notify", reads="case.changed", writes=("notification.requested",)),
    Stage("calls", reads="case.changed", writes=("case.changed", "call.changed")),
    Stage(
        "announce",
        reads="entry.published",
        writes=("audience.selected", "audience.alerted", "campaign.changed"),
    ),
    # Each event is hundreds of people. What is urgent has a lane of its own.
    Stage("address", reads="audience.selected", writes=("campaign.changed",), batch=2),
    Stage("alert", reads="audience.alerted", writes=("campaign.changed",), batch=2),
    Stage("deliver", reads="notification.requested", writes=("delivery.changed",)),
)

CONSUMERS = tuple(stage.consumer for stage in PIPELINE)
STREAMS = tuple(sorted({s for stage in PIPELINE for s in (stage.reads, *stage.writes)}))


def consumers(handlers: Mapping[str, Handler[Any]]) -> list[Consumer]:
    """The pipeline with its handlers in place.

    Raises
    ------
    ValueError
        When a stage has no handler, or a handler has no stage.
    """
    stages = {stage.consumer for stage in PIPELINE}
    if stages != handlers.keys():
        raise ValueError(f"the pipeline lacks or does not know {sorted(stages ^ handlers.keys())}")
    return [
        Consumer(
            stage.consumer,
            stage.reads,
            handlers[stage.consumer],
            serial=stage.serial,
            batch=stage.batch,
            grace=stage.grace,
        )
        for stage in PIPELINE
    ]

"""The whole pipeline in one table: reading it is reading the system.

The handlers live in the rooms above; the composition root hands them in by the consumer's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ingest.consumer import Consumer, Handler


@dataclass(frozen=True, slots=True)
class Stage:
    """One consumer of one stream, and the streams that its events go to."""

    consumer: str
    reads: str
    writes: tuple[str, ...] = ()
    serial: bool = False
    """Whether one batch at a time is handled in the whole town, however many workers there are."""


PIPELINE = (
    Stage("normalize", reads="intake.received", writes=("message.normalized",)),
    # Two mails of one thread, routed at the same moment, would open two cases.
    Stage("route", reads="message.normalized", writes=("case.changed",), serial=True),
    Stage("authenticate", reads="case.changed", writes=("case.changed",)),
    Stage("notify", reads="case.changed", writes=("notification.requested",)),
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
        Consumer(stage.consumer, stage.reads, handlers[stage.consumer], stage.serial)
        for stage in PIPELINE
    ]

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


PIPELINE = (
    Stage("normalize", reads="intake.received", writes=("message.normalized",)),
    Stage("route", reads="message.normalized", writes=("case.changed",)),
    Stage("authenticate", reads="case.changed", writes=("case.changed",)),
    Stage("notify", reads="case.changed", writes=("notification.requested",)),
    Stage("deliver", reads="notification.requested", writes=("delivery.changed",)),
)


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
    return [Consumer(stage.consumer, stage.reads, handlers[stage.consumer]) for stage in PIPELINE]

"""Traces: one request followed from its channel to its delivery. Off unless :func:`set_up`.

What follows an event is handled later, perhaps by another process: the parent of a span travels as
a W3C ``traceparent``, with the event and with the delivery. It is kept here and not in
OpenTelemetry's own context, where FastAPI puts what a stranger's headers say.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.otlp import Spans

GRACE = 3.0  # seconds that the last spans get to be sent when we stop


@dataclass(slots=True)
class _Process:
    spans: "Spans | None" = None


_process = _Process()
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def set_up(endpoint: str, service_name: str) -> None:
    """Send this process's spans to an OTLP collector (``http://host:4318``)."""
    # Imported here: who sends no traces need not wait for OpenTelemetry's SDK.
    from core.otlp import Spans

    _process.spans = Spans(endpoint, service_name)


def shut_down(grace: float = GRACE) -> None:
    """Send what is left; a collector that does not answer is waited for ``grace`` seconds."""
    spans, _process.spans = _process.spans, None
    if spans is not None:
        spans.close(grace)


def current() -> str | None:
    """The ``traceparent`` of the span that we are in."""
    return _current.get()


def span(
    name: str, parent: str | None = None, **attributes: object
) -> AbstractContextManager[None]:
    """A span around a block, below ``parent`` or else below the current one.

    Attributes are ids, never what people wrote or are called.
    """
    spans = _process.spans
    return nullcontext() if spans is None else _span(spans, name, parent, attributes)


@contextmanager
def _span(
    spans: "Spans", name: str, parent: str | None, attributes: dict[str, object]
) -> Iterator[None]:
    with spans.open(name, parent or current(), attributes) as traceparent:
        token = _current.set(traceparent)
        try:
            yield
        finally:
            _current.reset(token)

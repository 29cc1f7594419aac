"""Spans by OpenTelemetry, sent to a collector by OTLP over HTTP.

The provider is our own and not the global one: there FastAPI would find it, and send spans with
addresses and the words of exceptions.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_W3C = TraceContextTextMapPropagator()


class Spans:
    """Gathers the spans that end, and sends them from a thread of its own."""

    def __init__(self, endpoint: str, service_name: str) -> None:
        # One line for each batch that is lost, and none for each try to send it.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
        self._provider = TracerProvider(
            resource=Resource.create({SERVICE_NAME: service_name}),
            shutdown_on_exit=False,  # without a limit to how long that takes
        )
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("guichet")

    @contextmanager
    def open(
        self, name: str, parent: str | None, attributes: Mapping[str, object]
    ) -> Iterator[str | None]:
        """A span around a block, which is given its ``traceparent``.

        Below ``parent``; it begins a trace without one, or when that is none.
        """
        span = self._tracer.start_span(
            name,
            _W3C.extract({"traceparent": parent} if parent else {}, Context()),
            attributes={f"guichet.{key}": str(value) for key, value in attributes.items()},
        )
        try:
            yield _traceparent(span)
        except BaseException as problem:
            # Not its words, which may be about people.
            span.set_attribute("error.type", type(problem).__name__)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()

    def close(self, grace: float) -> None:
        """Send what is left, within ``grace`` seconds."""
        sending = Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(grace)


def _traceparent(span: Span) -> str | None:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, set_span_in_context(span, Context()))
    return carrier.get("traceparent")

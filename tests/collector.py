"""A trace collector of the tests' own: takes OTLP over HTTP and keeps the spans."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from core.tracing import set_up, shut_down


@dataclass(frozen=True)
class Span:
    """As it came in; ids in hexadecimal."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str]

    @property
    def place(self) -> str:
        """What is between version and flags in its ``traceparent``."""
        return f"{self.trace}-{self.id}"


@dataclass
class Collector:
    url: str
    spans: list[Span] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def the(self, name: str) -> Span:
        """The one span of this name."""
        (span,) = [span for span in self.spans if span.name == name]
        return span

    def path_to(self, span: Span) -> list[str]:
        """The names of the spans above it and its own, from the root of its trace."""
        path = [span]
        above = {(one.trace, one.id): one for one in self.spans}
        while path[0].parent:
            path.insert(0, above[path[0].trace, path[0].parent])
        return [one.name for one in path]

    def take(self, path: str, body: bytes) -> None:
        assert path == "/v1/traces"
        self.raw.append(body)
        self.spans += _spans(ExportTraceServiceRequest.FromString(body))


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield collector
        finally:
            server.shutdown()


@contextmanager
def tracing() -> Iterator[Collector]:
    """This process sends its spans; they are all there when the block has ended."""
    with collecting() as collector:
        set_up(collector.url, "tests")
        try:
            yield collector
        finally:
            shut_down()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in request.resource_spans:
        about = {one.key: one.value.string_value for one in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    about["service.name"],
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    {one.key: one.value.string_value for one in span.attributes},
                )

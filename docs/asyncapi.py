"""The AsyncAPI 3 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0)."""

from typing import Any

from ingest.events import Data, Event
from ingest.pipeline import PIPELINE

JsonObject = dict[str, Any]


def describe() -> JsonObject:
    """Streams, their messages, and who reads and writes them, from the models themselves."""
    kinds = {kind.stream: kind for kind in Data.__subclasses__()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Guichet's stream",
            "version": "1",
            "description": "CloudEvents 1.0 in structured JSON. Events carry ids, never bodies.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {stream: _channel(stream, kind) for stream, kind in kinds.items()},
        "operations": _operations(),
        "components": {
            "schemas": {kind.__name__: _schema(kind) for kind in kinds.values()},
            "messages": {stream: _message(stream, kind) for stream, kind in kinds.items()},
        },
    }


def _channel(stream: str, kind: type[Data]) -> JsonObject:
    return {
        "address": stream,
        "description": (kind.__doc__ or stream).strip().splitlines()[0],
        "messages": {"event": {"$ref": f"#/components/messages/{stream}"}},
    }


def _message(stream: str, kind: type[Data]) -> JsonObject:
    envelope = Event.model_json_schema()
    envelope["properties"]["data"] = {"$ref": f"#/components/schemas/{kind.__name__}"}
    envelope["properties"]["type"]["const"] = f"guichet.{stream}.v1"
    return {"contentType": "application/cloudevents+json", "payload": envelope}


def _schema(kind: type[Data]) -> JsonObject:
    return kind.model_json_schema()


def _operations() -> JsonObject:
    operations: JsonObject = {}
    for stage in PIPELINE:
        operations[f"{stage.consumer}.reads"] = _operation("receive", stage.reads)
        for stream in stage.writes:
            operations[f"{stage.consumer}.writes.{stream}"] = _operation("send", stream)
    return operations


def _operation(action: str, stream: str) -> JsonObject:
    return {"action": action, "channel": {"$ref": f"#/channels/{stream}"}}

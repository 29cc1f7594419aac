"""``POST /hooks/cti/call-events``: the exchange tells, and hears yes when it is on the disk."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from channels.cti.report import CallEventBody, read_report
from channels.cti.signature import SIGNATURE, TIMESTAMP, Signatures
from channels.cti.taking import Calls
from core.clock import Clock
from core.errors import BadInput, Refused
from core.metrics import REFUSED
from core.web.problems import MEDIA_TYPE
from ingest.message import ChannelName

PATH = "/hooks/cti/call-events"
MOST = 16 * 1024  # bytes of one event
PROBLEM = {MEDIA_TYPE: {"schema": {"type": "object"}}}
HEADER = {"in": "header", "required": True, "schema": {"type": "string"}}
ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The connection ended before the body did", "content": PROBLEM},
    403: {"description": "The signature is wrong, missing or too old", "content": PROBLEM},
    413: {"description": f"More than {MOST} bytes", "content": PROBLEM},
    422: {"description": "Not such an event; `where` says what is wrong", "content": PROBLEM},
    503: {"description": "Not now: send it again after `Retry-After`", "content": PROBLEM},
}
DESCRIBED: dict[str, Any] = {
    "parameters": [
        {**HEADER, "name": TIMESTAMP, "description": "Seconds since 1970"},
        {
            **HEADER,
            "name": SIGNATURE,
            "description": "`sha256=` and the hexadecimal HMAC-SHA256 of the timestamp, a full "
            "stop and the body",
        },
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": CallEventBody.model_json_schema()}},
    },
}
"""The body and its signature are read by hand: they are signed as they came."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the route works with; ``country`` (ISO 3166-1) is whose national numbers are written."""

    calls: Calls
    signatures: Signatures
    clock: Clock
    country: str


def _exchange(request: Request) -> Exchange:
    """The composition root has put it there."""
    exchange: Exchange = request.app.state.exchange
    return exchange


routes = APIRouter(tags=["telephone exchange"])


@routes.post(
    PATH, status_code=204, response_class=Response, responses=ANSWERS, openapi_extra=DESCRIBED
)
async def tell(request: Request, exchange: Annotated[Exchange, Depends(_exchange)]) -> Response:
    """Take one event of a call, durably. Events may come twice, late and in any order."""
    body = await _body(request)
    try:
        exchange.signatures.check(request.headers, body)
        report = read_report(body, exchange.clock(), exchange.country)
    except Refused:
        REFUSED.labels(ChannelName.PHONE, "signature").inc()
        raise
    except BadInput:
        REFUSED.labels(ChannelName.PHONE, "unreadable").inc()
        raise
    await exchange.calls.take(report)
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    """The body, no more of it than an event may have."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST:
            REFUSED.labels(ChannelName.PHONE, "large").inc()
            raise HTTPException(413, f"more than {MOST} bytes")
        parts.append(part)
    return b"".join(parts)

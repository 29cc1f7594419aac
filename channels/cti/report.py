"""What an exchange sends: one event of one call, as JSON."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cases.calls import CallEvent, CallReport
from channels.cti.numbers import call_number
from core.errors import BadInput
from core.text import clean_line

AHEAD = timedelta(hours=1)
"""An exchange's clock may go ahead of ours by so much."""
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)

MAX_KEY = 128  # characters
Number = Annotated[str, Field(max_length=128)]


class CallEventBody(BaseModel):
    """One thing that has happened to a telephone call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: CallEvent
    call: Annotated[str, Field(min_length=1, max_length=MAX_KEY)]
    """The exchange's own id of the call: the same in all its events."""
    time: Annotated[AwareDatetime, Field(strict=True)]
    """When it happened, with its time zone."""
    caller: Number = ""
    """As the exchange has it; empty, ``anonymous`` and their like when withheld."""
    callee: Number = ""
    """What was dialled first, whatever the call is transferred to."""
    extension: Annotated[str, Field(max_length=32, pattern=r"^[0-9A-Za-z*#._-]*$")] = ""
    """Where it rings or is spoken; of ``transferred`` where it goes to."""
    exchange: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9_-]+$")] = "pbx"
    """Which exchange it is, where a town has several."""


def read_report(body: bytes, now: datetime, country: str) -> CallReport:
    """Raises BadInput, which says where."""
    try:
        given = CallEventBody.model_validate_json(body)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, ("body", *first["loc"])))
        raise BadInput(first["msg"], where=where.encode("utf-8", "replace").decode()) from problem
    key = clean_line(given.call)[:MAX_KEY]
    if not key:
        raise BadInput("there is nothing that can be read in it", where="body.call")
    return CallReport(
        exchange=given.exchange,
        key=key,
        event=given.event,
        at=_bounded(given.time, now),
        caller=call_number(given.caller, country),
        callee=call_number(given.callee, country),
        extension=given.extension,
    )


def _bounded(at: datetime, now: datetime) -> datetime:
    if at <= OLDEST:
        raise BadInput("the time is long past", where="body.time")
    if at > now + AHEAD:
        raise BadInput("the time is still to come", where="body.time")
    return at.astimezone(UTC)

import asyncio
import json

from sqlalchemy import select

from core.blobs import Blobs
from core.database import Database
from core.ids import new_id
from ingest import Acceptance
from ingest.events import DeliveryChanged, Event, new_event
from ingest.models import StreamRow
from tests.builders import SettableClock, arrival
from tests.collector import tracing

TRACEPARENT = f"00-{'ab' * 16}-{'cd' * 8}-01"
CHANGE = DeliveryChanged(delivery_id=new_id(), status="sent")


def changed(clock: SettableClock, traceparent: str | None = None) -> Event:
    return new_event(CHANGE, key=new_id(), id=new_id(), time=clock(), traceparent=traceparent)


def test_without_a_trace_an_event_says_nothing_of_it(clock: SettableClock) -> None:
    event = changed(clock)
    assert "traceparent" not in json.loads(event.model_dump_json())
    assert Event.model_validate_json(event.model_dump_json()) == event


def test_what_follows_an_event_is_of_its_trace_also_where_nothing_is_traced(
    clock: SettableClock,
) -> None:
    event = changed(clock, TRACEPARENT)
    assert event.follow(CHANGE, key=new_id()).traceparent == TRACEPARENT
    assert Event.model_validate_json(event.model_dump_json()) == event


async def test_arrivals_that_share_a_commit_have_traces_of_their_own(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    acceptance = Acceptance(database, blobs, clock)
    with tracing() as collector:
        await asyncio.gather(*(acceptance.accept(arrival()) for _ in range(3)))
    async with database.read() as session:
        events = [
            Event.model_validate_json(event)
            for event in await session.scalars(select(StreamRow.event))
        ]
    spans = {span.place: span.attributes["guichet.intake"] for span in collector.spans}
    assert {(event.traceparent or "")[3:-3]: event.subject for event in events} == spans
    assert len(spans) == 3
    assert {span.name for span in collector.spans} == {"accept email"}

"""``guichet replay``: the consumers read a stretch of the ledger again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from core.errors import BadInput
from guichet.offline import fail, with_town
from guichet.progress import bars
from guichet.town import Town
from ingest import Consumer, replaying
from ingest.embedded import rewind
from ingest.pipeline import STREAMS
from ingest.replaying import WINDOW


def replay(
    begin: Annotated[
        str, typer.Option("--from", help="Behind this position of the ledger, or from a date.")
    ] = "0",
    to: Annotated[
        str, typer.Option(help="Up to this position, or date; to the end when left out.")
    ] = "",
    stream: Annotated[str, typer.Option(help="One stream; all when left out.")] = "",
) -> None:
    """Let the consumers read the ledger again; what is processed already changes nothing.

    A date is 2026-03-09 (its midnight) or 2026-03-09T14:30, in the town's time zone unless it names
    one. A running process sees it within a second.
    """
    if stream and stream not in STREAMS:
        fail(f"no stream is called {stream}; there are {', '.join(STREAMS)}")

    async def work(town: Town) -> str:
        readers = [c for c in town.consumers if stream in ("", c.stream)]
        first, last = await _stretch(town, begin, to)
        if town.settings.is_distributed:
            return await _publish(town, readers, stream, first, last)
        if not readers:
            raise BadInput(f"no consumer reads {stream}")
        if not to:
            await rewind(town.database, readers, seq=first)
            return f"{len(readers)} consumers read again from {first}"
        return await _bring(town, readers, first, last)

    typer.echo(with_town(work))


async def _stretch(town: Town, begin: str, to: str) -> tuple[int, int]:
    async with town.database.read() as session:
        end = await replaying.end(session)
        at = _position_or_moment(town, begin)
        first = at if isinstance(at, int) else await replaying.position_before(session, at)
        if not to:
            return first, end
        at = _position_or_moment(town, to)
        last = at if isinstance(at, int) else await replaying.position_of_last(session, at)
        return first, min(last, end)


def _position_or_moment(town: Town, given: str) -> int | datetime:
    if given.isascii() and given.isdigit():
        return int(given)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as problem:
        told = f"{given} is neither a position of the ledger nor a date such as 2026-03-09T14:30"
        raise BadInput(told) from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(town.settings.time_zone))


async def _publish(
    town: Town, readers: Sequence[Consumer], stream: str, first: int, last: int
) -> str:
    """By the outbox; also, when asked for, a stream that only others read."""
    from ingest.kafka import publish_again

    streams = {stream} if stream else {consumer.stream for consumer in readers}
    with bars() as shown:
        advance = shown.bar("positions", max(last - first, 0))
        for seq in range(first, last, WINDOW):
            until = min(seq + WINDOW, last)
            await publish_again(town.database, streams, seq=seq, to=until)
            advance(until - seq)
    return f"{len(readers)} consumers read again from {first} to {last}"


async def _bring(town: Town, readers: Sequence[Consumer], first: int, last: int) -> str:
    """Cursors know no end: a stretch that has one comes by the retries."""
    count = 0
    with bars() as shown:
        advance = shown.bar("positions", max(last - first, 0))
        for seq in range(first, last, WINDOW):
            until = min(seq + WINDOW, last)
            count += await replaying.bring_again(
                town.database, town.clock, readers, seq=seq, to=until
            )
            advance(until - seq)
    told = f"{len(readers)} consumers read again from {first} to {last}"
    return f"{told}: {count} events that they had not processed"

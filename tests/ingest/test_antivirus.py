"""A real ClamAV finds the test file, and nobody is given it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from channels.email.normalize import normalize
from core.blobs import Blobs
from core.database import Database
from core.errors import Later
from core.processes import Processes
from ingest import Acceptance, Arrival, ChannelName
from ingest.antivirus import ClamAV
from ingest.events import Event
from ingest.models import DocumentRow, StreamRow
from ingest.normalization import Normalization
from tests.builders import SettableClock, mail
from tests.clamd import EICAR, NAME, clamd
from tests.postgresql import on_sqlite


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with clamd() as url:
        yield url


async def test_it_names_what_it_finds(url: str) -> None:
    names = await ClamAV(url).names_of([b"Bonjour", EICAR, b""])
    assert names == ["", f"{NAME}.UNOFFICIAL", ""]


async def test_while_it_is_away_things_wait() -> None:
    with pytest.raises(Later):
        await ClamAV("tcp://127.0.0.1:1").names_of([b"Bonjour"])


@on_sqlite
async def test_a_file_that_was_found_out_is_not_read(
    url: str, database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    letter = mail(subject="Ci-joint")
    for name, content in (("bad.pdf", EICAR), ("good.pdf", b"%PDF-1.7")):
        letter.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    arrival = Arrival(ChannelName.EMAIL, "key", letter.as_bytes(), {"recipients": []})
    await Acceptance(database, blobs, clock).accept(arrival)
    processes = Processes(1)
    handler = Normalization(database, blobs, normalize, processes, ClamAV(url))
    async with database.read() as session:
        event = Event.model_validate_json((await session.scalars(select(StreamRow.event))).one())
    prepared = await handler.prepare([event])
    async with database.begin() as session:
        await handler.handle(event, session, prepared)
    processes.close()
    async with database.read() as session:
        rows = {row.name: row for row in await session.scalars(select(DocumentRow))}
    assert (rows["bad.pdf"].malware, rows["bad.pdf"].reading) == (f"{NAME}.UNOFFICIAL", "")
    assert (rows["good.pdf"].malware, rows["good.pdf"].reading) == ("", "unread")

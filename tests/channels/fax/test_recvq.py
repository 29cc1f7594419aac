"""The receive queue of a HylaFAX server."""

from pathlib import Path

from channels.fax.recvq import watched_faxes
from core.ids import new_id
from core.settings import FaxFolder
from ingest import Accepted, Arrival
from tests.channels.fax.test_normalize import class_f


class Accepting:
    def __init__(self) -> None:
        self.arrivals: dict[str, Arrival] = {}

    async def __call__(self, arrival: Arrival) -> Accepted:
        self.arrivals.setdefault(arrival.key, arrival)
        return Accepted(new_id())


async def received(folder: Path) -> list[Arrival]:
    accept = Accepting()
    watched = watched_faxes(FaxFolder(path=folder, settle=0), max_size=100_000)
    await watched.round(accept)
    await watched.round(accept)
    return list(accept.arrivals.values())


async def test_the_counter_of_hylafax_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "seqf").write_text("42")
    (tmp_path / "fax00042.tif").write_bytes(class_f("MAIRIE DE METZ"))
    (arrival,) = await received(tmp_path)
    assert arrival.facts["file"] == "fax00042.tif"
    assert (tmp_path / "seqf").read_text() == "42"


async def test_half_a_fax_is_waited_for(tmp_path: Path) -> None:
    whole = class_f("MAIRIE DE METZ")
    (tmp_path / "fax00042.tif").write_bytes(whole[: len(whole) // 2])
    assert await received(tmp_path) == []
    (tmp_path / "fax00042.tif").write_bytes(whole)
    assert len(await received(tmp_path)) == 1


async def test_two_faxes_that_say_the_same_are_two(tmp_path: Path) -> None:
    for number in (42, 43):
        (tmp_path / f"fax000{number}.tif").write_bytes(class_f("MAIRIE DE METZ"))
    assert len(await received(tmp_path)) == 2

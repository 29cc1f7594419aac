"""The whole stream, read once more from its beginning by every consumer, changes no row."""

import asyncio
from pathlib import Path

import httpx

from core.database import Database
from tests.builders import mail
from tests.e2e.engines import NewTown
from tests.e2e.reading import until_read
from tests.e2e.settling import settle
from tests.e2e.town import Town
from tests.ingest.digests import digests

OF_THE_ENGINE = {"cursors", "outbox"}
"""Tables that say what has yet to be read."""


def test_a_replay_of_everything_changes_no_row(new_town: NewTown, tmp_path: Path) -> None:
    town = new_town(tmp_path / "var")
    with town:  # its demo messages come in every shape
        for number in range(20):
            town.send(mail(subject=f"Request {number}"))
        _act(town)
        settle(town)
    before = _digests(town)
    assert before["cases"][0] == 28
    assert "11 consumers read again from 0" in town.command("replay", "--from", "0")
    rewound = _digests(town)
    assert {name for name in before if rewound[name] != before[name]} <= OF_THE_ENGINE
    assert rewound != before
    with town:
        settle(town)
        until_read(town)
    assert _digests(town) == before


def _act(town: Town) -> None:
    """An agent works: the stream has every kind of event."""
    with httpx.Client(
        base_url=f"{town.url}/api/v1", headers={"Authorization": f"Bearer {town.token}"}
    ) as api:
        settle(town)
        cases = api.get("/cases").raise_for_status().json()["items"]
        for case, action, body in (
            (cases[0], "replies", {"text": "Yes."}),
            (cases[1], "notes", {"text": "Ask Karim."}),
            (cases[2], "move", {"queue": "voirie"}),
            (cases[3], "close", {"text": "Done."}),
            (cases[3], "reopen", {}),
        ):
            api.post(f"/cases/{case['reference']}/{action}", json=body).raise_for_status()


def _digests(town: Town) -> dict[str, tuple[int, str]]:
    async def read() -> dict[str, tuple[int, str]]:
        database = Database(town.database_url)
        try:
            return await digests(database)
        finally:
            await database.close()

    return asyncio.run(read())

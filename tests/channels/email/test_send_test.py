"""``guichet send-test`` against the real server: a mail of its own, every time."""

import asyncio
import os
import re
from pathlib import Path

from core.blobs import Blobs
from core.database import Database
from ingest import Acceptance
from tests import warm
from tests.channels.email.serving import serving, stored


async def _send_test(port: int, folder: Path) -> int:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GUICHET_")}
    environment |= {"GUICHET_SMTP_PORT": str(port), "GUICHET_DATA": str(folder / "var")}
    exit_code, *_ = await asyncio.to_thread(warm.run, ["send-test"], environment, timeout=60)
    return exit_code


async def test_two_tests_are_two_mails(
    acceptance: Acceptance, database: Database, blobs: Blobs, tmp_path: Path
) -> None:
    async with serving(acceptance.accept) as channel:
        sent = [await _send_test(channel.port, tmp_path / "other") for _ in range(2)]
    assert sent == [0, 0]
    mails = await stored(database, blobs)
    assert len(mails) == 2
    for mail in mails:
        assert re.search(rb"^Date: .+ \+0000\r\n", mail, re.MULTILINE)
        assert re.search(rb"^Message-ID: <.+@guichet\.localdomain>\r\n", mail, re.MULTILINE)

"""Mail is fetched from a real Dovecot, and marked only once it is accepted."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from channels.email.imap import ImapChannel
from channels.email.imap import channel as imap_channel
from core.blobs import Blobs
from core.database import Database
from core.errors import Later
from core.settings import ImapMailbox, ImapToken
from ingest import Acceptance, Accepted, Arrival
from ingest.models import IntakeRow
from tests.builders import SettableClock
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.postgresql import on_sqlite

KEYWORD = b"GuichetAccepted"
PATIENCE = 20.0  # seconds

pytestmark = on_sqlite


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@pytest.fixture
def acceptance(database: Database, blobs: Blobs, clock: SettableClock) -> Acceptance:
    return Acceptance(database, blobs, clock)


def mailbox(server: Dovecot, **values: Any) -> ImapMailbox:
    defaults: dict[str, Any] = {
        "name": "mairie",
        "url": server.url,
        "address": "mairie@demo.example",
        "password": SecretStr(PASSWORD),
        "poll": 0.1,
    }
    return ImapMailbox(**(defaults | values))


def mail(number: int, size: int = 0) -> bytes:
    return (
        f"From: jeanne@citizens.example\r\nTo: mairie@demo.example\r\n"
        f"Subject: Question {number}\r\nMessage-ID: <{number}@citizens.example>\r\n\r\n"
        f"Bonjour {number}\r\n{'x' * size}"
    ).encode()


@asynccontextmanager
async def fetching(
    box: ImapMailbox, database: Database, accept: Callable[[Arrival], Any], max_size: int = 10_000
) -> AsyncIterator[None]:
    running = asyncio.create_task(ImapChannel(box, database, max_size=max_size).run(accept))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def subjects(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted(str(facts["uid"]) for facts in await session.scalars(select(IntakeRow.facts)))


async def accepted(database: Database, count: int) -> None:
    """Until so many intakes are there; no more come by then."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with database.read() as session:
                found = await session.scalar(select(func.count()).select_from(IntakeRow))
            if found == count:
                return
            assert (found or 0) < count
            await asyncio.sleep(0.02)


async def flags(server: Dovecot, folder: str = "INBOX") -> list[set[bytes]]:
    def look() -> list[set[bytes]]:
        with server.client() as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search("ALL"), ["FLAGS"]) if client.search("ALL") else {}
            return [set(told[b"FLAGS"]) - {b"\\Recent"} for _, told in sorted(found.items())]

    return await asyncio.to_thread(look)


async def marked(server: Dovecot, count: int, folder: str = "INBOX", flag: bytes = KEYWORD) -> None:
    async with asyncio.timeout(PATIENCE):
        while count != sum(flag in one for one in await flags(server, folder)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_new_mail_is_heard_of_at_once(
    server: Dovecot, database: Database, acceptance: Acceptance
) -> None:
    async with fetching(mailbox(server, poll=3600.0), database, acceptance.accept):
        server.deliver(mail(1))
        await accepted(database, 1)
        await marked(server, 1)
        began = asyncio.get_running_loop().time()
        server.deliver(mail(2))
        await accepted(database, 2)
        assert asyncio.get_running_loop().time() - began < 5
        await marked(server, 2)
    assert await flags(server) == [{KEYWORD, b"\\Seen"}] * 2


async def test_a_server_that_cannot_tell_is_asked(
    database: Database, acceptance: Acceptance
) -> None:
    with dovecot(idle=False) as server:
        async with fetching(mailbox(server), database, acceptance.accept):
            server.deliver(mail(1))
            await accepted(database, 1)
            server.deliver(mail(2))
            await accepted(database, 2)


async def test_an_accepted_mail_may_be_moved(
    server: Dovecot, database: Database, acceptance: Acceptance
) -> None:
    async with fetching(mailbox(server, move_to="Guichet"), database, acceptance.accept):
        server.deliver(mail(1))
        await accepted(database, 1)
        await marked(server, 1, "Guichet")
    assert await flags(server) == []


async def test_a_mail_stays_as_it_is_while_the_store_is_away(
    server: Dovecot,
    database: Database,
    acceptance: Acceptance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imap_channel, "FIRST_WAIT", 0.05)
    refused = asyncio.Event()
    is_away = True

    async def accept(arrival: Arrival) -> Accepted:
        if is_away:
            refused.set()
            raise Later("the disk is full")
        return await acceptance.accept(arrival)

    async with fetching(mailbox(server), database, accept):
        server.deliver(mail(1))
        await asyncio.wait_for(refused.wait(), PATIENCE)
        assert await flags(server) == [set()]
        is_away = False
        await accepted(database, 1)
        await marked(server, 1)


async def test_a_crash_between_yes_and_the_mark_makes_no_second_intake(
    server: Dovecot, database: Database, acceptance: Acceptance
) -> None:
    taken = asyncio.Event()

    async def accept(arrival: Arrival) -> Accepted:
        await acceptance.accept(arrival)
        taken.set()
        await asyncio.Event().wait()  # and there the process ends
        raise AssertionError

    server.deliver(mail(1))
    async with fetching(mailbox(server), database, accept):
        await asyncio.wait_for(taken.wait(), PATIENCE)
    assert await flags(server) == [set()]
    async with fetching(mailbox(server), database, acceptance.accept):
        await marked(server, 1)
    await accepted(database, 1)


async def test_mails_that_are_numbered_anew_are_known(
    server: Dovecot, database: Database, acceptance: Acceptance
) -> None:
    async with fetching(mailbox(server), database, acceptance.accept):
        for number in range(3):
            server.deliver(mail(number))
        await accepted(database, 3)
        await marked(server, 3)
    server.stop()
    server.number_anew()
    server.start()
    server.deliver(mail(3))
    async with fetching(mailbox(server, old=True), database, acceptance.accept):
        await accepted(database, 4)
        await marked(server, 4)
    await accepted(database, 4)


async def test_what_people_had_read_before_is_left_to_them(
    server: Dovecot, database: Database, acceptance: Acceptance
) -> None:
    server.deliver(mail(1), b"\\Seen")
    server.deliver(mail(2))
    async with fetching(mailbox(server), database, acceptance.accept):
        await accepted(database, 1)
        server.deliver(mail(3), b"\\Seen")  # somebody was faster than we: it is ours all the same
        await accepted(database, 2)
        await marked(server, 2)
    assert await subjects(database) == ["2", "3"]


async def test_a_server_that_was_away_is_found_again(
    server: Dovecot,
    database: Database,
    acceptance: Acceptance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imap_channel, "FIRST_WAIT", 0.05)
    async with fetching(mailbox(server), database, acceptance.accept):
        server.deliver(mail(1))
        await accepted(database, 1)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        server.deliver(mail(2))
        await accepted(database, 2)


async def test_of_a_mail_that_is_too_large_the_head_comes(
    server: Dovecot, database: Database, acceptance: Acceptance, blobs: Blobs
) -> None:
    async with fetching(mailbox(server), database, acceptance.accept, max_size=1_000):
        server.deliver(mail(1, size=5_000))
        server.deliver(mail(2))
        await accepted(database, 2)
        await marked(server, 1, flag=b"GuichetTooLarge")
        await marked(server, 1)
    async with database.read() as session:
        rows = (await session.scalars(select(IntakeRow))).all()
        (row,) = [one for one in rows if one.facts["uid"] == 1]
        assert row.facts["too_large"] > 5_000
        raw = await blobs.read(session, row.raw_sha256)
    assert b"Subject: Question 1" in raw
    assert b"xxxx" not in raw
    assert [b"\\Seen" in one for one in await flags(server)] == [False, True]


async def test_a_wrong_password_is_not_tried_all_the_time(
    server: Dovecot,
    database: Database,
    acceptance: Acceptance,
    capsys: pytest.CaptureFixture[str],
) -> None:
    box = mailbox(server, password=SecretStr("wrong"))
    async with fetching(box, database, acceptance.accept):
        async with asyncio.timeout(PATIENCE):
            told = ""
            while "imap.login_refused" not in told:
                await asyncio.sleep(0.02)
                told += capsys.readouterr().out
    assert "wrong" not in told


async def test_over_tls_mail_is_fetched_from_a_server_whose_authority_is_trusted_alone(
    database: Database,
    acceptance: Acceptance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(imap_channel, "FIRST_WAIT", 0.05)
    with dovecot(tls=True) as server:
        assert server.url.startswith("imaps://")
        server.deliver(mail(1))
        async with fetching(mailbox(server), database, acceptance.accept):
            async with asyncio.timeout(PATIENCE):
                told = ""
                while "CERTIFICATE_VERIFY_FAILED" not in told:
                    await asyncio.sleep(0.02)
                    told += capsys.readouterr().out
            await accepted(database, 0)
            monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
            await accepted(database, 1)
            await marked(server, 1)


@contextmanager
def token_server() -> Iterator[str]:
    """Gives out one access token for one refresh token, and tells whose it is."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            good = form["refresh_token"] == ["refresh"] and form["grant_type"] == ["refresh_token"]
            self._say({"access_token": "access"} if good else {"error": "invalid_grant"})

        def do_GET(self) -> None:
            good = parse_qs(urlsplit(self.path).query).get("access_token") == ["access"]
            self._say({"user": "mairie", "active": "true" if good else "false"})

        def _say(self, what: dict[str, str]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(what).encode())

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
async def test_a_token_opens_a_mailbox(
    mechanism: Literal["xoauth2", "oauthbearer"], database: Database, acceptance: Acceptance
) -> None:
    with token_server() as url, dovecot(token_url=f"{url}/?access_token=") as server:
        token = ImapToken(
            mechanism=mechanism,
            url=url,
            client_id="guichet",
            refresh_token=SecretStr("refresh"),
        )
        server.deliver(mail(1))
        async with fetching(mailbox(server, token=token), database, acceptance.accept):
            await accepted(database, 1)


async def test_a_mail_that_the_server_does_not_give_out_holds_up_no_other(
    server: Dovecot,
    database: Database,
    acceptance: Acceptance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imap_channel, "FIRST_WAIT", 0.05)
    for number in range(3):
        server.deliver(mail(number))
    server.hide(1)
    async with fetching(mailbox(server), database, acceptance.accept):
        await accepted(database, 2)
        await marked(server, 2)
    assert sorted(await subjects(database)) == ["2", "3"]


async def test_what_was_left_to_people_stays_theirs_when_it_is_numbered_anew(
    server: Dovecot, database: Database, acceptance: Acceptance
) -> None:
    server.deliver(mail(1), b"\\Seen")
    async with fetching(mailbox(server), database, acceptance.accept):
        server.deliver(mail(2))
        await accepted(database, 1)
        await marked(server, 1)
    server.stop()
    server.number_anew()
    server.start()
    server.deliver(mail(3), b"\\Seen")  # it came while we were away, and somebody has read it
    async with fetching(mailbox(server), database, acceptance.accept):
        await accepted(database, 2)
        await marked(server, 2)


async def test_a_password_may_have_any_letters(
    server: Dovecot, database: Database, acceptance: Acceptance, capsys: pytest.CaptureFixture[str]
) -> None:
    async with fetching(mailbox(server, password=SecretStr("été")), database, acceptance.accept):
        async with asyncio.timeout(PATIENCE):
            told = ""
            while "imap.login_refused" not in told:
                await asyncio.sleep(0.02)
                told += capsys.readouterr().out

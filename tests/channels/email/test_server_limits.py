"""How much a client may send, how often, and how many at once."""

import asyncio
from contextlib import suppress

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.email.connection import LINE_LIMIT
from channels.email.mailboxes import Mailboxes
from channels.email.reception import MAX_RECIPIENTS, Reception
from core.blobs import Blobs
from core.database import Database
from ingest import Acceptance
from tests.channels.email.serving import MAIL, OURS, Client, intakes, serving, stored, talking

LIMIT = 4096
TOO_MUCH = "552 Error: Too much mail data"


def mail_of(size: int) -> bytes:
    """A mail of exactly so many bytes."""
    return MAIL + b"x" * (size - len(MAIL) - 2) + b"\r\n"


async def test_a_size_that_is_announced_too_large_is_refused_at_once(
    acceptance: Acceptance,
) -> None:
    async with serving(acceptance.accept, max_size=LIMIT) as channel, talking(channel) as client:
        sender = "MAIL FROM:<zoe@exemple.example> SIZE="
        assert (await client.say(f"{sender}{LIMIT + 1}")).startswith("552")
        assert (await client.say(f"{sender}{LIMIT}")).startswith("250")


async def test_a_mail_of_just_the_limit_is_accepted(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    async with serving(acceptance.accept, max_size=LIMIT) as channel, talking(channel) as client:
        assert (await client.mail(mail_of(LIMIT))).startswith("250 2.0.0")
    assert await stored(database, blobs) == [mail_of(LIMIT)]


async def test_a_byte_more_is_refused_and_the_conversation_goes_on(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    async with serving(acceptance.accept, max_size=LIMIT) as channel, talking(channel) as client:
        assert await client.mail(mail_of(LIMIT + 1)) == TOO_MUCH
        assert not await intakes(database)
        assert (await client.mail(MAIL)).startswith("250 2.0.0")
    assert await stored(database, blobs) == [MAIL]


async def test_a_stuffed_dot_counts_as_a_byte(acceptance: Acceptance) -> None:
    raw = mail_of(LIMIT - 2) + b"\r\n"
    assert len(raw) == LIMIT
    stuffed = raw.replace(b"xx\r\n", b"\r\n..\r\n")  # a byte longer on the wire
    async with serving(acceptance.accept, max_size=LIMIT) as channel, talking(channel) as client:
        assert await client.mail(stuffed + b"x" * 5 + b"\r\n") == TOO_MUCH


async def test_a_long_line_is_kept_whole(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    raw = MAIL + b"y" * (LINE_LIMIT - 10) + b"\r\nfin\r\n"
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert (await client.mail(raw)).startswith("250 2.0.0")
    assert await stored(database, blobs) == [raw]


async def test_a_longer_line_is_refused_and_the_conversation_goes_on(
    acceptance: Acceptance, database: Database
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        raw = MAIL + b"y" * (2 * LINE_LIMIT) + b"\r\nfin\r\n"
        assert (await client.mail(raw)).startswith("500 Line too long")
        assert not await intakes(database)
        assert (await client.mail(MAIL)).startswith("250 2.0.0")


@pytest.mark.parametrize("piece", [b"z" * 4096, b"z" * 4094 + b"\r\n"], ids=["a line", "lines"])
async def test_a_mail_without_end_is_cut_off(
    acceptance: Acceptance, database: Database, piece: bytes
) -> None:
    async with serving(acceptance.accept, max_size=LIMIT) as channel, talking(channel) as client:
        await client.envelope("mairie@demo.example")
        await client.say("DATA")
        with pytest.raises(ConnectionError):
            await _send_without_end(client, piece)
    assert not await intakes(database)


async def test_nothing_more_is_taken_of_a_mail_without_end(acceptance: Acceptance) -> None:
    """Also by a client that does not look at what it is told, and over the limit many times."""
    async with serving(acceptance.accept, max_size=LIMIT) as channel:
        reader, writer = await asyncio.open_connection("127.0.0.1", channel.port)
        commands = ("EHLO x.example", "MAIL FROM:<a@b.example>", "RCPT TO:<mairie@demo.example>")
        for command in (*commands, "DATA"):
            writer.write(f"{command}\r\n".encode())
        said = b""
        while b"354 " not in said:
            said += await reader.read(4096)
        writer.write(b"z" * 4 * LINE_LIMIT)
        assert await reader.readline() == b"421 4.3.4 That is far too much\r\n"
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _send_without_end(client: Client, piece: bytes) -> None:
    """Returns after 25 MiB at the latest."""
    for _ in range(100 * LINE_LIMIT // len(piece)):
        await client.send(piece)


async def test_a_command_has_a_bound_that_no_greeting_lifts(acceptance: Acceptance) -> None:
    command = "MAIL FROM:<zoe@exemple.example> " + "X" * 600
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        for _ in range(20):
            await client.say("EHLO x.example")
        assert (await client.say(command)).startswith("500 Command line too long")
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert (await client.say(command)).startswith("500 Command line too long")


async def test_more_recipients_than_a_mail_may_have_are_put_off(acceptance: Acceptance) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        await client.say("MAIL FROM:<zoe@exemple.example>")
        answers = [
            await client.say(f"RCPT TO:<mairie+{n}@demo.example>")
            for n in range(MAX_RECIPIENTS + 1)
        ]
    assert {answer[:3] for answer in answers[:-1]} == {"250"}
    assert answers[-1].startswith("452 4.5.3")


async def test_one_connection_too_many_from_an_address_is_put_off(
    acceptance: Acceptance,
) -> None:
    async with serving(acceptance.accept, connections=2) as channel:
        async with talking(channel), talking(channel):
            reader, writer = await asyncio.open_connection("127.0.0.1", channel.port)
            assert (await reader.read()).startswith(b"421 4.7.0")
            writer.close()
            await writer.wait_closed()
        async with talking(channel) as client:
            assert (await client.mail(MAIL)).startswith("250 2.0.0")


async def test_two_servers_count_their_connections_apart(acceptance: Acceptance) -> None:
    async with (
        serving(acceptance.accept, connections=1) as one,
        serving(acceptance.accept, connections=1) as other,
        talking(one),
        talking(other) as client,
    ):
        assert (await client.mail(MAIL)).startswith("250 2.0.0")


async def _sender(reception: Reception, client: str) -> str:
    """What a client at this address is told; no test can come from there."""
    server = SMTP(reception, loop=asyncio.get_running_loop())
    session, envelope = Session(asyncio.get_running_loop()), Envelope()
    session.peer = (client, 40000)  # type: ignore[assignment]  # a socket's, whatever it says
    return await reception.handle_MAIL(server, session, envelope, "zoe@exemple.example", [])


async def test_a_client_that_sends_too_often_is_put_off(acceptance: Acceptance) -> None:
    reception = Reception(Mailboxes(OURS), acceptance.accept, mails_per_minute=2)
    answers = [await _sender(reception, "192.0.2.1") for _ in range(3)]
    assert [answer[:9] for answer in answers] == ["250 2.1.0", "250 2.1.0", "451 4.7.1"]
    assert (await _sender(reception, "192.0.2.2")).startswith("250 2.1.0")


async def test_our_own_machine_may_send_as_often_as_it_likes(
    acceptance: Acceptance, database: Database
) -> None:
    async with (
        serving(acceptance.accept, mails_per_minute=1) as channel,
        talking(channel) as client,
    ):
        for number in range(5):
            raw = MAIL + b"%d\r\n" % number
            assert (await client.mail(raw)).startswith("250 2.0.0")
    assert len(await intakes(database)) == 5

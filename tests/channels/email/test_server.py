"""Mail comes in by SMTP, is durable when it is accepted, and stays as it came."""

import smtplib

import pytest
from sqlalchemy import text

from channels.email.mailboxes import Mailboxes
from core.blobs import SMALL, Blobs
from core.database import Database
from ingest import Acceptance
from tests.channels.email.serving import (
    MAIL,
    intakes,
    serving,
    stored,
    talking,
    with_smtplib,
)
from tests.postgresql import on_sqlite

TO = "mairie@demo.example"


async def test_an_accepted_mail_is_in_the_store_at_once(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        answer = await client.mail(MAIL)
        [intake] = await intakes(database)
        assert answer == f"250 2.0.0 Accepted as {intake.id}"
        assert await stored(database, blobs) == [MAIL]
    assert intake.facts == {
        "client": "127.0.0.1",
        "helo": "x.example",
        "mail_from": "zoe@exemple.example",
        "recipients": [TO],
        "tls": False,
    }


async def test_the_answer_comes_after_the_commit(
    acceptance: Acceptance, database: Database
) -> None:
    order = []
    database.after_commit(lambda _events: order.append("committed"))
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        order.append((await client.mail(MAIL))[:3])
    assert order == ["committed", "250"]


async def test_a_large_mail_is_accepted_whole(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    raw = MAIL + b"Encore une ligne, et il y en a beaucoup.\r\n" * (SMALL // 10)
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert (await client.mail(raw)).startswith("250 2.0.0")
    assert await stored(database, blobs) == [raw]


async def test_the_same_mail_twice_is_one_intake(
    acceptance: Acceptance, database: Database
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        first = await client.mail(MAIL)
        assert await client.mail(MAIL) == first
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert await client.mail(MAIL) == first
    assert len(await intakes(database)) == 1


async def test_the_same_mail_to_another_mailbox_is_another_intake(
    acceptance: Acceptance, database: Database
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        await client.mail(MAIL)
        await client.mail(MAIL, "voirie@demo.example")
    assert len(await intakes(database)) == 2


async def test_the_client_of_the_standard_library_gets_through(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    def talk(client: smtplib.SMTP) -> object:
        return client.sendmail("zoe@exemple.example", [TO, "nobody@demo.example"], MAIL)

    async with serving(acceptance.accept) as channel:
        refused = await with_smtplib(channel, talk)
    assert refused == {"nobody@demo.example": (550, b"5.1.1 No such mailbox here")}
    assert await stored(database, blobs) == [MAIL]


async def test_the_extensions_are_offered(acceptance: Acceptance) -> None:
    async with serving(acceptance.accept) as channel, talking(channel, hello="") as client:
        offers = await client.say("EHLO x.example")
    assert offers.split("\n") == [
        "250-mx.demo.example",
        "250-SIZE 1048576",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-PIPELINING",
        "250-ENHANCEDSTATUSCODES",
        "250 HELP",
    ]


async def test_commands_in_one_packet_are_answered_in_order(
    acceptance: Acceptance, database: Database
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel, hello="") as client:
        await client.send(
            b"EHLO x.example\r\nMAIL FROM:<zoe@exemple.example>\r\n"
            b"RCPT TO:<mairie@demo.example>\r\nRCPT TO:<nobody@demo.example>\r\nDATA\r\n"
            + MAIL
            + b".\r\nRSET\r\nQUIT\r\n"
        )
        answers = [(await client.answer())[:3] for _ in range(8)]
        assert answers == ["250", "250", "250", "550", "354", "250", "250", "221"]
        assert await client.answer() == ""
    assert len(await intakes(database)) == 1


@pytest.mark.parametrize(
    "address",
    [
        "mairie@demo.example",
        "Mairie@DEMO.example",
        "mairie+gu-1234@demo.example",
        "postmaster@demo.example",
        "postmaster",
        "Postmaster",
        "zoé@demo.example",
        '"mairie"@demo.example',
    ],
)
async def test_our_own_mailboxes_are_accepted(acceptance: Acceptance, address: str) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert (await client.envelope(address))[-1] == "250 2.1.5 Ok"


@pytest.mark.parametrize(
    "address",
    [
        "nobody@demo.example",
        "mairie@ailleurs.example",
        "mairie@demo.example.ailleurs.example",
        "mairie",
        "victime%ailleurs.example@demo.example",
        "ailleurs.example!victime@demo.example",
        '"victime@ailleurs.example"@demo.example',
        "mairie@demo.example@ailleurs.example",
        "@demo.example:victime@ailleurs.example",
        "postmaster@ailleurs.example",
        "+mairie@demo.example",
        "mairie@[127.0.0.1]",
        "",
        "zoé@ailleurs.example",
    ],
)
async def test_nothing_is_relayed(acceptance: Acceptance, database: Database, address: str) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        answer = (await client.envelope(address))[-1]
        assert answer[:9] in ("550 5.1.1", "553 5.1.3")
        assert (await client.say("DATA")).startswith("503")
    assert not await intakes(database)


async def test_a_whole_domain_of_ours_is_still_no_relay(acceptance: Acceptance) -> None:
    everything = Mailboxes(["@demo.example"])
    async with (
        serving(acceptance.accept, mailboxes=everything) as channel,
        talking(channel) as client,
    ):
        assert (await client.envelope("quiconque@demo.example"))[-1].startswith("250")
        assert (await client.say("RCPT TO:<x@ailleurs.example>")).startswith("550 5.1.1")
        assert (await client.say("RCPT TO:<x@sub.demo.example>")).startswith("550 5.1.1")


@pytest.mark.parametrize(
    "body",
    [
        b"caf\xe9 \xff\x80\r\n",
        b"nul \x00 et \x1b\r\n",
        b"bare\nline\nfeeds\r\n",
        b"bare\rreturns\r\n",
        b"a line without its end\r\n\r\n\r\n",
        b"smuggled\n.\nMAIL FROM:<x@y.example>\r\n",
        b"smuggled\r.\rMAIL FROM:<x@y.example>\r\n",
        b"smuggled\n.\r\nMAIL FROM:<x@y.example>\r\n",
        b"tabs\t and trailing spaces  \r\n",
        b"\r\n",
    ],
)
async def test_bytes_are_kept_as_they_came(
    acceptance: Acceptance, database: Database, blobs: Blobs, body: bytes
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert (await client.mail(MAIL + body)).startswith("250 2.0.0")
    assert await stored(database, blobs) == [MAIL + body]


async def test_dots_are_unstuffed(acceptance: Acceptance, database: Database, blobs: Blobs) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        await client.mail(MAIL + b"..\r\n..deux\r\n...trois\r\nun. deux\r\n")
    assert await stored(database, blobs) == [MAIL + b".\r\n.deux\r\n..trois\r\nun. deux\r\n"]


async def test_eight_bits_and_an_address_in_utf8_are_taken(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        sender = "MAIL FROM:<rené@exemple.example> BODY=8BITMIME SMTPUTF8 SIZE=100"
        assert (await client.say(sender)).startswith("250")
        assert (await client.say("RCPT TO:<Zoé@demo.example>")).startswith("250")
        assert (await client.say("DATA")).startswith("354")
        await client.send(MAIL + "Été\r\n".encode())
        assert (await client.say(".")).startswith("250 2.0.0")
    [intake] = await intakes(database)
    assert intake.facts["mail_from"] == "rené@exemple.example"
    assert intake.facts["recipients"] == ["zoé@demo.example"]
    assert await stored(database, blobs) == [MAIL + "Été\r\n".encode()]


async def test_a_bounce_with_no_sender_is_taken(acceptance: Acceptance, database: Database) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert await client.envelope(TO, sender="") == ["250 2.1.0 Ok", "250 2.1.5 Ok"]
        await client.say("DATA")
        await client.send(MAIL)
        await client.say(".")
    [intake] = await intakes(database)
    assert intake.facts["mail_from"] == ""


async def test_a_name_that_is_no_text_is_stored_readably(
    acceptance: Acceptance, database: Database
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel, hello="") as client:
        assert (await client.say(b"HELO \xff\x00x.example")).startswith("250")
        assert (await client.mail(MAIL)).startswith("250 2.0.0")
    [intake] = await intakes(database)
    assert intake.facts["helo"] == "?x.example"


@pytest.mark.parametrize(
    "argument",
    ["<", "<>>", "<@", "<a@>", "<@b>", "a b", "<" + "(" * 400, '<"a@b.example>', "<a@b..c>", "<,>"],
)
async def test_a_malformed_recipient_is_refused_for_good(
    acceptance: Acceptance, argument: str
) -> None:
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        await client.say("MAIL FROM:<zoe@exemple.example>")
        assert (await client.say(f"RCPT TO:{argument}"))[0] == "5"


@on_sqlite
async def test_a_locked_store_says_later_and_keeps_nothing(
    acceptance: Acceptance, database: Database
) -> None:
    other = Database(database.url)
    async with database.begin() as session:
        await session.execute(text("PRAGMA busy_timeout=50"))
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        async with other.begin() as session:
            await session.execute(text("SELECT 1"))  # the lock is taken with the first statement
            assert (await client.mail(MAIL)).startswith("451 4.3.0")
        assert not await intakes(database)
        assert (await client.mail(MAIL)).startswith("250 2.0.0")
    assert len(await intakes(database)) == 1
    await other.close()


@on_sqlite
async def test_a_full_disk_says_later_and_keeps_nothing(
    acceptance: Acceptance, database: Database
) -> None:
    async with database.begin() as session:
        pages = await session.scalar(text("PRAGMA page_count"))
        await session.execute(text(f"PRAGMA max_page_count={pages}"))
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert (await client.mail(MAIL + b"x" * (SMALL // 2) + b"\r\n")).startswith("451 4.3.0")
    assert not await intakes(database)


async def test_a_connection_that_breaks_off_leaves_nothing(
    acceptance: Acceptance, database: Database
) -> None:
    async with serving(acceptance.accept) as channel:
        async with talking(channel) as client:
            await client.envelope(TO)
            await client.say("DATA")
            await client.send(MAIL)
        async with talking(channel) as client:
            await client.mail(MAIL, "voirie@demo.example")
    [intake] = await intakes(database)
    assert intake.facts["recipients"] == ["voirie@demo.example"]

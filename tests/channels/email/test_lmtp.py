"""Mail comes in by LMTP from the mail server in front (RFC 2033)."""

import smtplib

from core.blobs import Blobs
from core.database import Database
from ingest import Acceptance
from tests.channels.email.serving import MAIL, intakes, serving, stored, talking, with_smtplib

BOTH = ("mairie@demo.example", "voirie@demo.example")
HELLO = "LHLO x.example"


async def test_each_recipient_has_an_answer(acceptance: Acceptance, database: Database) -> None:
    async with serving(acceptance.accept, lmtp=True) as channel:
        async with talking(channel, hello=HELLO) as client:
            first = await client.mail(MAIL, *BOTH)
            assert await client.answer() == first
            assert (await client.say("NOOP")).startswith("250")
        [intake] = await intakes(database)
    assert first == f"250 2.0.0 Accepted as {intake.id}"
    assert intake.facts["recipients"] == list(BOTH)
    assert intake.facts["helo"] == "x.example"


async def test_a_refused_recipient_has_none_at_the_end(acceptance: Acceptance) -> None:
    async with (
        serving(acceptance.accept, lmtp=True) as channel,
        talking(channel, hello=HELLO) as client,
    ):
        assert (await client.mail(MAIL, "nobody@demo.example", BOTH[0])).startswith("250 2.0.0")
        assert await client.say("NOOP") == "250 OK"


async def test_a_mail_that_is_too_large_is_refused_for_each_recipient(
    acceptance: Acceptance, database: Database
) -> None:
    async with (
        serving(acceptance.accept, lmtp=True, max_size=1000) as channel,
        talking(channel, hello=HELLO) as client,
    ):
        first = await client.mail(MAIL + b"x" * 2000 + b"\r\n", *BOTH)
        assert first.startswith("552")
        assert await client.answer() == first
        assert await client.say("NOOP") == "250 OK"
    assert not await intakes(database)


async def test_the_greetings_of_smtp_are_refused(acceptance: Acceptance) -> None:
    async with serving(acceptance.accept, lmtp=True) as channel, talking(channel, hello="") as one:
        assert (await one.say("EHLO x.example")).startswith("500")
        assert (await one.say("HELO x.example")).startswith("500")
        assert "250-SIZE 1048576" in (await one.say(HELLO)).split("\n")


async def test_the_client_of_the_standard_library_gets_through(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    def talk(client: smtplib.SMTP) -> object:
        return client.sendmail("zoe@exemple.example", [BOTH[0]], MAIL)

    async with serving(acceptance.accept, lmtp=True) as channel:
        assert await with_smtplib(channel, talk, kind=smtplib.LMTP) == {}
    assert await stored(database, blobs) == [MAIL]

"""STARTTLS, offered with a certificate and asked for when the settings say so (RFC 3207)."""

import asyncio
import smtplib
import ssl
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvloop

from channels.email.mailboxes import Mailboxes
from channels.email.server import EmailChannel, MailServer
from core.database import Database
from ingest import Acceptance, Accepted, Arrival, intake_id_of
from tests.channels.email.certificates import certificate_for
from tests.channels.email.serving import MAIL, intakes, serving, talking, with_smtplib

HOST = "127.0.0.1"
TO = ["mairie@demo.example"]


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, Any]:
    certificate, key = certificate_for(HOST, tmp_path)
    return {"certificate": certificate, "key": key}


def _send_by_tls(client: smtplib.SMTP, certificate: Path) -> tuple[set[str], object]:
    client.ehlo()
    client.starttls(context=ssl.create_default_context(cafile=str(certificate)))
    client.ehlo()
    return set(client.esmtp_features), client.sendmail("zoe@exemple.example", TO, MAIL)


async def test_a_mail_comes_in_by_tls(
    acceptance: Acceptance, database: Database, tls: dict[str, Any]
) -> None:
    async with serving(acceptance.accept, **tls) as channel:
        talk = partial(_send_by_tls, certificate=tls["certificate"])
        offers, refused = await with_smtplib(channel, talk)
    assert refused == {}
    assert offers == {"size", "8bitmime", "smtputf8", "pipelining", "enhancedstatuscodes", "help"}
    [intake] = await intakes(database)
    assert intake.facts["tls"] is True


async def test_starttls_is_offered_with_a_certificate_alone(
    acceptance: Acceptance, tls: dict[str, Any]
) -> None:
    async with serving(acceptance.accept, **tls) as channel, talking(channel) as client:
        assert "250-STARTTLS" in (await client.say("EHLO x.example")).split("\n")
    async with serving(acceptance.accept) as channel, talking(channel) as client:
        assert "250-STARTTLS" not in (await client.say("EHLO x.example")).split("\n")
        assert (await client.say("STARTTLS")).startswith("454")


async def test_required_tls_comes_before_anything_else(
    acceptance: Acceptance, database: Database, tls: dict[str, Any]
) -> None:
    async with serving(acceptance.accept, require_tls=True, **tls) as channel:
        async with talking(channel) as client:
            assert (await client.say("MAIL FROM:<zoe@exemple.example>")).startswith("530")
            assert (await client.say("RCPT TO:<mairie@demo.example>")).startswith("530")
            assert (await client.say("DATA")).startswith("530")
        talk = partial(_send_by_tls, certificate=tls["certificate"])
        assert (await with_smtplib(channel, talk))[1] == {}
    assert len(await intakes(database)) == 1


@pytest.mark.parametrize("lmtp", [False, True])
def test_required_tls_without_a_certificate_is_refused(lmtp: bool) -> None:
    with pytest.raises(ValueError, match="certificate"):
        EmailChannel(MailServer(HOST, 0, HOST, Mailboxes(TO), 1000, require_tls=True, lmtp=lmtp))


async def test_a_failed_handshake_ends_the_connection_and_no_other(
    acceptance: Acceptance, tls: dict[str, Any]
) -> None:
    async with serving(acceptance.accept, connections=1, **tls) as channel:
        async with talking(channel) as client:
            assert (await client.say("STARTTLS")).startswith("220")
            await client.send(b"this is no handshake\r\n" * 100)
            assert await client.ended()
        async with talking(channel) as client:
            assert (await client.mail(MAIL)).startswith("250 2.0.0")


async def test_what_was_said_before_tls_is_forgotten(
    acceptance: Acceptance, tls: dict[str, Any]
) -> None:
    """Commands that somebody slips in before the encryption do not count behind it."""

    def talk(client: smtplib.SMTP) -> tuple[int, bytes]:
        client.ehlo()
        client.mail("zoe@exemple.example")
        client.rcpt(TO[0])
        client.starttls(context=ssl.create_default_context(cafile=str(tls["certificate"])))
        return client.docmd("DATA")

    async with serving(acceptance.accept, **tls) as channel:
        assert (await with_smtplib(channel, talk))[0] == 503


def test_tls_works_in_the_event_loop_that_the_town_runs_in(tls: dict[str, Any]) -> None:
    arrivals: list[Arrival] = []

    async def accept(arrival: Arrival) -> Accepted:
        arrivals.append(arrival)
        return Accepted(intake_id_of(arrival))

    async def run() -> object:
        async with serving(accept, **tls) as channel:
            talk = partial(_send_by_tls, certificate=tls["certificate"])
            return (await with_smtplib(channel, talk))[1]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run()) == {}
    assert [(arrival.raw, arrival.facts["tls"]) for arrival in arrivals] == [(MAIL, True)]

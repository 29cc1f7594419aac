"""SMS and MMS come in; STOP, START and HELP are obeyed."""

import pytest
from sqlalchemy import select

from cases.audit import AuditRow
from channels.telephony.keywords import Keyword, keyword_of
from notify import Medium, stopped
from tests.channels.telephony.building import JEANNE, Exchange
from tests.postgresql import on_sqlite


async def blocked(exchange: Exchange) -> set[str]:
    async with exchange.database.read() as session:
        return await stopped(session, Medium.SMS, [JEANNE])


async def test_an_sms_is_a_message_of_a_proven_number(exchange: Exchange) -> None:
    async with exchange.line() as line:
        assert await line.sms("Mon lampadaire est éteint") == ""
    (message,) = await exchange.messages()
    assert (message.channel, message.text) == ("sms", "Mon lampadaire est éteint")
    assert (message.sender.address, message.sender.trust) == (JEANNE, "verified")


async def test_the_same_sms_twice_is_one(exchange: Exchange) -> None:
    async with exchange.line() as line:
        await line.sms("Bonjour", sid="SM1")
        await line.sms("Bonjour", sid="SM1")
        await line.sms("Bonjour", sid="SM2")
    assert len(await exchange.intakes()) == 2


@on_sqlite
async def test_the_pictures_of_an_mms_are_named_to_be_fetched(exchange: Exchange) -> None:
    url = "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM0/Media/ME"
    media = {f"MediaUrl{n}": f"{url}{n}" for n in range(2)}
    types = {"MediaContentType0": "image/jpeg", "MediaContentType1": "image/png"}
    async with exchange.line() as line:
        await line.sms("", NumMedia="2", **media, **types)
    (message,) = await exchange.messages()
    assert message.details["media"] == f"image/jpeg {url}0\nimage/png {url}1"


@on_sqlite
@pytest.mark.parametrize("sender", ["+266696687", "anonymous", "", "12345", "+1"])
async def test_a_withheld_number_is_nobody_and_says_so(exchange: Exchange, sender: str) -> None:
    async with exchange.line() as line:
        await line.sms("Bonjour", sender=sender)
    (message,) = await exchange.messages()
    assert (message.sender.address, message.sender.trust) == ("", "unverified")
    assert message.notes == ("the number was withheld",)


async def test_stop_and_start_count_at_once_and_stand_in_the_audit_trail(
    exchange: Exchange,
) -> None:
    async with exchange.line() as line:
        assert "START" in await line.sms("Stop", sid="SM1")
        assert await blocked(exchange) == {JEANNE}
        exchange.clock.advance(seconds=5)
        assert "STOP" in await line.sms("START", sid="SM2")
        assert await blocked(exchange) == set()
        # Twilio sends the first one again: it is no newer for that.
        await line.sms("Stop", sid="SM1")
        assert await blocked(exchange) == set()
    async with exchange.database.read() as session:
        trail = (await session.scalars(select(AuditRow).order_by(AuditRow.id))).all()
    assert [(row.action, row.object_id) for row in trail] == [
        ("sms.stopped", JEANNE),
        ("sms.allowed", JEANNE),
    ]
    assert await exchange.intakes() == []


@on_sqlite
async def test_where_twilio_answers_such_words_itself_we_do_not(exchange: Exchange) -> None:
    async with exchange.line() as line:
        assert await line.sms("Basta", OptOutType="STOP") == ""
    assert await blocked(exchange) == {JEANNE}


@on_sqlite
async def test_help_says_who_we_are(exchange: Exchange) -> None:
    async with exchange.line() as line:
        assert "Ville de Démo" in await line.sms("aide")
    assert await exchange.intakes() == []


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("STOP", Keyword.STOP),
        (" arrêt. ", Keyword.STOP),
        ("Stop SMS", Keyword.STOP),
        ("start", Keyword.START),
        ("Aide !", Keyword.HELP),
        ("Stop the noise in rue Verte", None),
        ("Oui", None),
        ("", None),
    ],
)
def test_only_the_word_alone_is_a_keyword(text: str, keyword: Keyword | None) -> None:
    assert keyword_of(text) == keyword

"""SMS by Twilio, against its double through the real client."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from channels.telephony.double import Provider
from core.errors import Refused
from notify import Content, Delivery, Medium, Retry, TwilioSms, Unreachable
from notify.senders.contract import Unwanted
from tests.builders import SettableClock
from tests.channels.telephony.building import ACCOUNT, JEANNE
from tests.channels.telephony.served import double


@pytest.fixture
async def provider(clock: SettableClock) -> AsyncIterator[Provider]:
    async with double(clock) as (provider, _):
        yield provider


@pytest.fixture
async def sender(provider: Provider) -> AsyncIterator[TwilioSms]:
    sender = TwilioSms(provider.account)
    yield sender
    await sender.close()


def delivery(clock: SettableClock, to: str = JEANNE, *, in_doubt: int = 0) -> Delivery:
    return Delivery(
        id=uuid4(),
        medium=Medium.SMS,
        recipient=to,
        return_path="",
        message_id="",
        created_at=clock(),
        attempts=1,
        in_doubt=in_doubt,
    )


def content(text: str = "Bonjour") -> Content:
    return Content(subject="", text=text, html="", headers={})


async def test_an_sms_goes_to_the_provider_under_its_name(
    provider: Provider, sender: TwilioSms, clock: SettableClock
) -> None:
    name = await sender.send(delivery(clock), content())
    (sms,) = provider.messages
    assert (name, sms.to, sms.body) == (sms.sid, JEANNE, "Bonjour")
    assert sms.sender == ACCOUNT.number


async def test_what_is_in_doubt_is_looked_up_and_sent_only_if_it_is_not_there(
    provider: Provider, sender: TwilioSms, clock: SettableClock
) -> None:
    name = await sender.send(delivery(clock), content())
    assert await sender.send(delivery(clock, in_doubt=1), content()) == name
    assert await sender.send(delivery(clock, in_doubt=1), content("Something else")) != name
    assert [sms.body for sms in provider.messages] == ["Bonjour", "Something else"]


@pytest.mark.parametrize(
    ("to", "problem", "code"),
    [
        ("+15005550001", Refused, 21211),
        ("+15005550004", Unwanted, 21610),
        ("+15005550009", Refused, 21614),
    ],
)
async def test_numbers_that_take_none_are_refused_with_the_reason(
    sender: TwilioSms, clock: SettableClock, to: str, problem: type[Exception], code: int
) -> None:
    with pytest.raises(problem, match=f"Twilio {code}"):
        await sender.send(delivery(clock, to), content())


async def test_too_many_at_once_wait(clock: SettableClock) -> None:
    async with double(clock, per_second=1) as (provider, account):
        sender = TwilioSms(account)
        await sender.send(delivery(clock), content())
        with pytest.raises(Unreachable, match="Twilio 20429"):
            await sender.send(delivery(clock), content())
        await sender.close()
    assert len(provider.messages) == 1


async def test_a_provider_that_is_away_is_waited_for(clock: SettableClock) -> None:
    async with double(clock) as (_, account):
        pass
    sender = TwilioSms(account)
    with pytest.raises(Retry) as told:
        await sender.send(delivery(clock), content())
    assert not told.value.in_doubt
    await sender.close()

"""The calls of an Asterisk, from what its manager interface tells."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from channels.cti import Asterisk, Manager, ami
from channels.cti.asterisk import extension_of, report_of
from core.errors import Later, Refused
from guichet.check_ways_in import check_asterisk
from tests.agent_api.building import House, running, until
from tests.builders import SettableClock
from tests.channels.cti.exchange import CITIZEN, KARIMS, VOIRIE, calls
from tests.channels.cti.manager import PASSWORD, FakeManager, channel, dial, manager, play

FIRST, LATER = "1773057600.0", "1773057660.0"
ANSWERED = play(
    channel("Newchannel"),
    channel("Newchannel", Uniqueid="1773057600.18", Channel="PJSIP/202-0000001f"),  # a leg
    channel("Newexten", Application="Queue"),
    dial("DialBegin", "201"),
    dial("DialBegin", KARIMS),
    dial("DialEnd", "201", DialStatus="NOANSWER"),
    dial("DialEnd", KARIMS, DialStatus="ANSWER", Timestamp=FIRST),
    channel("Hangup", Uniqueid="1773057600.18", Timestamp=LATER),
    channel("Hangup", Timestamp=LATER),
)
MISSED = play(channel("Newchannel"), dial("DialBegin", "201"), channel("Hangup"))


@asynccontextmanager
async def listening(house: House, fake: FakeManager) -> AsyncIterator[None]:
    asterisk = Asterisk(
        Manager(fake.url, PASSWORD), house.town.calls, house.clock, "FR", first_wait=0.01
    )
    async with running(asterisk.run()):
        yield


async def until_state(house: House, *states: str) -> None:
    async def are_there() -> bool:
        return [call.state for call in await calls(house)] == [*states]

    await until(are_there)


async def test_a_call_that_is_answered(connected: House) -> None:
    async with manager(ANSWERED) as fake, listening(connected, fake):
        await until_state(connected, "ended")
    (call,) = await calls(connected)
    assert (call.exchange, call.key) == ("asterisk", "1773057600.17")
    assert (call.caller, call.callee, call.extension) == (CITIZEN, VOIRIE, KARIMS)
    assert call.agent_id == connected.agents["karim@demo.example"]
    assert call.queue_id == connected.queues["voirie"].id
    assert call.seconds == 60


async def test_a_call_that_is_missed_leaves_a_message(connected: House) -> None:
    async with manager(MISSED) as fake, listening(connected, fake):
        await until_state(connected, "missed")
    (call,) = await calls(connected)
    assert call.message_id is not None


async def test_a_call_of_an_agents_own(connected: House) -> None:
    own = {"Channel": "PJSIP/202-00000021", "CallerIDNum": "0199001002", "Exten": "0612345678"}
    events = play(
        channel("Newchannel", **own),
        channel("DialBegin", **own, DestChannel="PJSIP/trunk-operator-00000022"),
        channel("DialEnd", **own, DestChannel="PJSIP/trunk-operator-00000022", DialStatus="ANSWER"),
        channel("Hangup", **own),
    )
    async with manager(events) as fake, listening(connected, fake):
        await until_state(connected, "ended")
    (call,) = await calls(connected)
    assert (call.outgoing, call.number, call.extension) == (True, CITIZEN, KARIMS)


async def test_after_the_connection_was_cut_it_listens_again(connected: House) -> None:
    torn = "Event: Newchannel\nUniqueid: 17730"
    plays = (ANSWERED, torn, "", MISSED.replace(".17", ".99"))
    async with manager(*plays) as fake, listening(connected, fake):
        await until_state(connected, "ended", "missed")
    assert [one["Action"] for one in fake.asked] == ["Login"] * 4
    assert fake.asked[0]["Username"] == "guichet"


async def test_a_wrong_password_is_not_tried_again_and_again(house: House) -> None:
    async with manager("") as fake:
        asterisk = Asterisk(
            Manager(fake.url, "wrong"), house.town.calls, house.clock, "FR", first_wait=0.01
        )
        async with running(asterisk.run()):

            async def was_asked() -> bool:
                return bool(fake.asked)

            await until(was_asked)
            await asyncio.sleep(0.1)  # ten times as long as another try would wait
        assert len(fake.asked) == 1


async def test_who_says_nothing_is_asked_whether_they_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ami, "QUIET", 0.05)
    async with manager("") as fake, Manager(fake.url, PASSWORD).events() as events:
        coming = asyncio.ensure_future(anext(events))

        async def was_asked() -> bool:
            return [one["Action"] for one in fake.asked][1:3] == ["Ping", "Ping"]

        await until(was_asked)
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def test_no_exchange_there_is_tried_later() -> None:
    with pytest.raises(Later):
        async with Manager("ami://guichet@127.0.0.1:9", PASSWORD).events():
            pass


async def test_a_refusal_says_why() -> None:
    async with manager("") as fake:
        with pytest.raises(Refused, match="Authentication failed"):
            async with Manager(fake.url, "wrong").events():
                pass


async def test_the_check_signs_in(house: House) -> None:
    async with manager("") as fake:
        settings = house.town.settings.model_copy(update={"asterisk_url": fake.url})
        (result,) = await check_asterisk(settings)
    assert not result.ok
    assert "GUICHET_ASTERISK_PASSWORD" in result.says


@pytest.mark.parametrize(
    ("channel_name", "extension"),
    [
        ("PJSIP/201-0000001f", "201"),
        ("SIP/201-0000001f", "201"),
        ("Local/201@from-internal-00000003;2", "201"),
        ("PJSIP/trunk-operator-0000001e", ""),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_an_extension_is_a_number(channel_name: str, extension: str) -> None:
    assert extension_of(channel_name) == extension


def test_transfers(clock: SettableClock) -> None:
    blind = {
        "Event": "BlindTransfer",
        "Result": "Success",
        "TransfererLinkedid": "1.1",
        "Extension": "202",
    }
    attended = {
        "Event": "AttendedTransfer",
        "Result": "Success",
        "OrigTransfererLinkedid": "1.1",
        "TransferTargetChannel": "PJSIP/202-00000003",
    }
    for event in (blind, attended):
        report = report_of(event, clock, "FR")
        assert report is not None
        assert (report.event, report.key, report.extension) == ("transferred", "1.1", "202")
        assert report_of({**event, "Result": "Fail"}, clock, "FR") is None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Event": "FullyBooted"},
        {"Event": "Newchannel"},
        {"Event": "Hangup"},
        {"Event": "DialBegin", "DestChannel": "PJSIP/201-1"},
        {"Event": "BlindTransfer"},
    ],
)
def test_what_says_nothing_of_a_call_is_passed_over(
    clock: SettableClock, event: dict[str, str]
) -> None:
    assert report_of(event, clock, "FR") is None


@pytest.mark.parametrize("stamp", ["", "yesterday", "1e400", "nan", "-1e18"])
def test_an_event_without_a_moment_is_of_now(clock: SettableClock, stamp: str) -> None:
    report = report_of(channel("Newchannel", Timestamp=stamp), clock, "FR")
    assert report is not None
    assert report.at == clock()
    stamped = report_of(channel("Newchannel", Timestamp=FIRST), clock, "FR")
    assert stamped is not None
    assert stamped.at == datetime(2026, 3, 9, 12, 0, tzinfo=UTC)

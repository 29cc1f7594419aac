"""Web push, to a double of a push service; a browser of our own reads what it took."""

import time
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from aiohttp import web
from sqlalchemy import func, select

from cases import CaseEventRow, CaseRow
from cases.of_citizen import hold_case
from citizens import AccountRow, Name
from citizens.accounts import create_account
from core.errors import BadInput
from notify import Dispatcher
from notify.devices import (
    PushEndpointRow,
    PushKeys,
    add_device,
    devices_of,
    devices_of_cases,
    read_device,
    read_push_keys,
)
from notify.models import DeliveryStatus, Medium
from notify.senders.contract import Content, Gone, Refused, Retry
from notify.senders.push import WebPush
from notify.vapid import public_vapid_key, vapid_key
from tests.notify.building import Desk, at_work, until
from tests.notify.pushservice import Browser, PushService, claims_of
from tests.notify.test_mail import DELIVERY

SECRET = b"the town's secret, 32 bytes long"
TO_A_DEVICE = DELIVERY._replace(
    recipient="push:0193a2c0-0000-7000-8000-000000000001", medium=Medium.PUSH
)
NEWS = Content(
    subject="",
    text="Du nouveau dans votre demande GU-7K3M-9QX4",
    html="",
    headers={"Urgency": "high", "Topic": "abc", "Link": "/me/cases/GU-7K3M-9QX4"},
)
JEANNE = "jeanne@citizens.example"


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    service = PushService()
    app = web.Application()
    app.router.add_post("/{path:.*}", service.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await runner.cleanup()


def sender_to(keys: PushKeys | None, *, private: bool = True) -> WebPush:
    async def device(_address: str) -> PushKeys | None:
        return keys

    return WebPush(
        device,
        vapid_key(SECRET),
        contact="mailto:mairie@demo.example",
        title="Ville de Démo",
        private=private,
    )


async def send(keys: PushKeys | None, *, private: bool = True) -> str:
    sender = sender_to(keys, private=private)
    try:
        return await sender.send(TO_A_DEVICE, NEWS)
    finally:
        await sender.close()


async def test_the_browser_alone_reads_it_and_the_service_knows_whose_it_is(
    service: PushService,
) -> None:
    browser = Browser()
    service.headers = {"Location": "/message/1"}
    assert await send(browser.keys(f"{service.url}/send/1")) == "/message/1"
    ((headers, body),) = service.taken
    assert browser.read(body) == {
        "title": "Ville de Démo",
        "body": "Du nouveau dans votre demande GU-7K3M-9QX4",
        "url": "/me/cases/GU-7K3M-9QX4",
    }
    assert b"GU-7K3M" not in body
    assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "high")
    assert (headers["ttl"], headers["topic"]) == ("259200", "abc")
    assert "link" not in headers
    claims = claims_of(headers["authorization"], public_vapid_key(SECRET))
    assert (claims["aud"], claims["sub"]) == (service.url, "mailto:mairie@demo.example")
    assert 0 < claims["exp"] - time.time() <= 24 * 3600


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_no_more_is_gone(service: PushService, status: int) -> None:
    service.status = status
    with pytest.raises(Gone):
        await send(Browser().keys(service.url))


@pytest.mark.parametrize("status", [429, 503])
async def test_a_service_that_has_too_much_says_when_to_come_again(
    service: PushService, status: int
) -> None:
    service.status, service.headers = status, {"Retry-After": "120"}
    with pytest.raises(Retry) as told:
        await send(Browser().keys(service.url))
    assert told.value.retry_after == 120


async def test_what_a_service_will_not_take_and_where_it_sends_us_is_refused(
    service: PushService,
) -> None:
    for status in (307, 400, 413):
        service.status, service.headers = status, {"Location": "http://127.0.0.1:1/"}
        with pytest.raises(Refused) as told:
            await send(Browser().keys(service.url))
        assert not isinstance(told.value, Gone)


async def test_nobody_leads_us_into_our_own_network(service: PushService) -> None:
    port = service.url.rpartition(":")[2]
    for endpoint in (service.url, f"https://127.0.0.1:{port}/", f"https://localhost:{port}/"):
        with pytest.raises(Refused):
            await send(Browser().keys(endpoint), private=False)
    assert service.taken == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example/1"},
        {"endpoint": "https://10.0.0.1/1"},
        {"endpoint": "https://[::ffff:127.0.0.1]/1"},
        {"endpoint": "https://2130706433/1"},
        {"endpoint": "https://push.example/" + "x" * 2000},
        {"endpoint": "https://me:secret@push.example/1"},
        {"endpoint": "https://push.example:99999/1"},
        {"endpoint": "javascript:alert(1)"},
        {"p256dh": "BAAA"},
        {"p256dh": "é"},
        {"p256dh": "B" + "A" * 86},
        {"auth": "AAAA"},
    ],
)
def test_what_no_browser_would_say_is_not_kept(wrong: dict[str, str]) -> None:
    keys = Browser().keys("https://push.example/1")
    good = {"endpoint": keys.endpoint, "p256dh": keys.p256dh, "auth": keys.auth}
    assert read_push_keys(**good, private=False) == keys
    with pytest.raises(BadInput):
        read_push_keys(**{**good, **wrong}, private=False)


async def with_account(desk: Desk, email: str = JEANNE) -> UUID:
    async with desk.database.begin() as session:
        return await create_account(
            session,
            desk.clock,
            email=email,
            name=Name("", "Dupont"),
            password="trois tortues vertes",
            language="fr",
        )


async def with_device(desk: Desk, account_id: UUID, keys: PushKeys) -> None:
    async with desk.database.begin() as session:
        await add_device(session, desk.clock, account_id, keys, "Firefox, Linux")


async def replied(desk: Desk, service: PushService, browser: Browser) -> None:
    """A case of Jeanne's, who has an account and a device, is answered, and all of it is sent."""
    opened = await desk.open(sender_address=JEANNE, sender_trust="verified")
    await with_device(desk, await with_account(desk), browser.keys(f"{service.url}/1"))
    reply = await desk.act(opened, "reply", text="C’est réparé, madame Dupont.")
    requested = await desk.consume(desk.notifications(), [opened, reply])
    await desk.consume(desk.notifications(), [opened, reply])  # a replay
    await desk.consume(desk.deliveries(), requested)

    async def device(address: str) -> PushKeys | None:
        async with desk.database.read() as session:
            return await read_device(session, address)

    sender = WebPush(
        device,
        vapid_key(SECRET),
        contact="mailto:mairie@demo.example",
        title="Ville de Démo",
        private=True,
        clock=desk.clock,
    )
    async with at_work(Dispatcher(desk.database, [sender], desk.clock)):
        await until(lambda: pushes_are_settled(desk))


async def pushes_are_settled(desk: Desk) -> bool:
    pushes = [row for row in await desk.rows() if row.medium == Medium.PUSH]
    return all(row.status not in ("queued", "in_flight") for row in pushes)


async def test_an_answer_is_told_on_the_device_without_a_word_of_it(
    desk: Desk, service: PushService
) -> None:
    browser = Browser()
    await replied(desk, service, browser)
    ((headers, body),) = service.taken  # the receipt is not
    async with desk.database.read() as session:
        reference = await session.scalar(select(CaseRow.reference))
    assert browser.read(body) == {
        "title": "Ville de Démo",
        "body": f"Du nouveau dans votre demande {reference}",
        "url": f"/me/cases/{reference}",
    }
    assert headers["urgency"] == "normal"
    assert len(headers["topic"]) <= 32
    media = sorted(row.medium for row in await desk.rows())
    assert media == [Medium.EMAIL, Medium.EMAIL, Medium.PUSH]


async def test_a_device_that_is_gone_is_forgotten_and_the_case_does_not_care(
    desk: Desk, service: PushService
) -> None:
    service.status = 410
    await replied(desk, service, Browser())
    (push,) = [row for row in await desk.rows() if row.medium == Medium.PUSH]
    assert push.status == DeliveryStatus.FAILED
    async with desk.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(PushEndpointRow)) == 0
        kinds = set(await session.scalars(select(CaseEventRow.kind)))
    assert "delivery_failed" not in kinds


async def test_whose_case_it_is_alone_is_told(desk: Desk) -> None:
    """An address that anybody may write under is not theirs; a key that was shown makes it so."""
    forged = await desk.open(sender_address=JEANNE, sender_trust="unverified")
    proven = await desk.open(sender_address=JEANNE, sender_trust="verified")
    account = await with_account(desk)
    paul = await with_account(desk, "paul@citizens.example")
    await with_device(desk, account, Browser().keys("https://push.example/jeanne"))
    await with_device(desk, paul, Browser().keys("https://push.example/paul"))
    cases = {UUID(forged.subject), UUID(proven.subject)}
    async with desk.database.begin() as session:
        (hers,) = await devices_of(session, account)
        (his,) = await devices_of(session, paul)
        found = await devices_of_cases(session, cases)
        assert {case: [one.id for one in told] for case, told in found.items()} == {
            UUID(proven.subject): [hers.id]
        }
        citizen = await session.scalar(select(AccountRow.citizen_id).where(AccountRow.id == paul))
        assert citizen is not None
        await hold_case(session, desk.clock, citizen, UUID(forged.subject))
        found = await devices_of_cases(session, cases)
        assert [one.id for one in found[UUID(forged.subject)]] == [his.id]


async def test_a_browser_is_one_accounts_at_a_time(desk: Desk) -> None:
    keys = Browser().keys("https://push.example/shared")
    jeanne, paul = await with_account(desk), await with_account(desk, "paul@citizens.example")
    await with_device(desk, jeanne, keys)
    await with_device(desk, paul, keys)
    async with desk.database.read() as session:
        assert await devices_of(session, jeanne) == []
        assert len(await devices_of(session, paul)) == 1

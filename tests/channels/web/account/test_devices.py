"""The browsers in which a citizen is told: switched on, taken along, forgotten."""

import json
import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select

from cases import CaseRow
from core.ids import new_id
from notify import PushEndpointRow, public_vapid_key
from notify.models import DeliveryRow, Kind, Medium, NotificationRow
from tests.channels.web.account.building import PASSWORD, PAUL, Accounts, where
from tests.channels.web.building import SECRET

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"  # both of RFC 8291, appendix A
KEYS = {"endpoint": "https://push.example/jeanne", "p256dh": P256DH, "auth": AUTH}


async def kept(accounts: Accounts) -> int:
    async with accounts.database.read() as session:
        return await session.scalar(select(func.count()).select_from(PushEndpointRow)) or 0


async def test_a_browser_is_added_listed_taken_along_and_removed(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        page = await jeanne.get("/me/profile")
        assert f'data-push="{public_vapid_key(SECRET)}" hidden>' in page.html
        added = await jeanne.post("/me/profile/devices", KEYS, at="/me/profile")
        assert where(added) == "/me/profile?said=device"
        html = (await jeanne.get("/me/profile")).html
        assert "push.example" not in html  # who knows it may send
        (remove,) = re.findall(r"/me/profile/devices/[-0-9a-f]+/remove", html)
        export = {"export_password": PASSWORD}
        archive = await jeanne.post("/me/data/export", export, at="/me/data")
        told = json.loads(ZipFile(BytesIO(archive.response.content)).read("data.json"))
        assert len(told["devices"]) == 1
        async with accounts.citizen(PAUL) as paul:
            await paul.post(remove, at="/me/profile")
            assert await kept(accounts) == 1
        await jeanne.post(remove, at="/me/profile")
        assert await kept(accounts) == 0


async def test_what_a_device_showed_is_in_the_list_of_what_was_sent(accounts: Accounts) -> None:
    reference, now = await accounts.case(), accounts.portal.clock()
    async with accounts.database.begin() as session:
        case_id = await session.scalar(select(CaseRow.id).where(CaseRow.reference == reference))
        notification = NotificationRow(
            id=new_id(),
            case_id=case_id,
            address=f"push:{new_id()}",
            cause_event_id=new_id(),
            kind=Kind.REPLY,
            language="fr",
            created_at=now,
        )
        session.add(notification)
        session.add(
            DeliveryRow(
                id=new_id(),
                notification_id=notification.id,
                medium=Medium.PUSH,
                recipient=notification.address,
                return_path="",
                due_at=now,
                created_at=now,
                message_id="",
                subject="",
                text="Du nouveau dans votre demande",
                html="",
                headers={},
            )
        )
    async with accounts.citizen() as jeanne:
        html = (await jeanne.get("/me/sent")).html
    assert "Du nouveau dans votre demande" in html
    assert "Sur un appareil" in html
    assert "push:" not in html


async def test_it_is_erased_with_the_account(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        await jeanne.post("/me/profile/devices", KEYS, at="/me/profile")
        assert await kept(accounts) == 1
        await jeanne.post("/me/data/delete", {"delete_password": PASSWORD}, at="/me/data")
        assert await kept(accounts) == 0


async def test_what_is_no_push_service_and_who_is_not_signed_in_are_refused(
    accounts: Accounts,
) -> None:
    async with accounts.citizen() as jeanne:
        for endpoint in ("https://127.0.0.1/", "http://push.example/", "", "https://[::1]/"):
            wrong = {**KEYS, "endpoint": endpoint}
            page = await jeanne.post("/me/profile/devices", wrong, at="/me/profile")
            assert page.status == 422
    async with accounts.visitor() as stranger:
        answer = await stranger.client.post("/me/profile/devices", data=KEYS)
        assert answer.status_code == 403
    assert await kept(accounts) == 0


async def test_the_worker_is_at_the_top_and_never_old(accounts: Accounts) -> None:
    async with accounts.visitor() as anybody:
        answer = await anybody.client.get("/push-worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert "showNotification" in answer.text

"""The telephone's menu is set up at the desk, without code."""

import pytest
from sqlalchemy import select

from cases.audit import AuditRow
from cases.telephone import read_lines
from tests.agent_api.building import KARIM, Browser, House, hidden_fields

URL = "/agent/telephone"


async def save(who: Browser, **fields: str) -> tuple[int, str]:
    hidden = hidden_fields(await who.page(URL), URL)
    named = {name.replace("__", "-"): value for name, value in fields.items()}
    answer = await who.client.post(URL, data=hidden | named)
    return answer.status_code, answer.text


async def test_the_menu_is_changed_and_the_change_is_in_the_audit_trail(
    house: House, camille: Browser
) -> None:
    status, _ = await save(
        camille,
        key__voirie="1",
        name_fr__voirie="la voirie",
        opening_hours__voirie="Mo-Fr 08:30-17:00;PH off",
        transfer_to__voirie="+33 3 80 00 00 00",
    )
    assert status == 303
    async with house.town.database.read() as session:
        line = next(line for line in await read_lines(session) if line.slug == "voirie")
        trail = await session.scalar(select(AuditRow).where(AuditRow.action == "telephone.changed"))
    assert (line.key, line.name("fr"), line.transfer_to) == ("1", "la voirie", "+33380000000")
    assert trail is not None
    page = await camille.page(URL)
    assert "la voirie" in page


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"key__voirie": "1", "key__mairie": "1"}, "Two queues have the same key."),
        ({"opening_hours__voirie": "in the morning"}, "These opening hours cannot be read."),
        ({"transfer_to__voirie": "03 80"}, "Write the number with its country code"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_lost(
    house: House, camille: Browser, fields: dict[str, str], told: str
) -> None:
    status, page = await save(camille, name_fr__voirie="la grande voirie", **fields)
    assert status == 422
    assert told in page
    assert "la grande voirie" in page
    async with house.town.database.read() as session:
        assert not any(line.key for line in await read_lines(session))


async def test_it_is_for_functional_administrators(house: House) -> None:
    karim = await house.browser(KARIM)
    async with karim.client:
        assert (await karim.client.get(URL)).status_code == 403

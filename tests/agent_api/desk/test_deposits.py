"""A document of the town's lands in the wallet of the case's citizen."""

import re
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from cases import CaseRow
from cases.of_citizen import hold_case
from citizens import Name
from citizens.accounts import account, create_account
from citizens.sessions import open_session
from core.web.csrf import ACCOUNT_COOKIE
from notify.models import DeliveryRow
from tests.agent_api.building import Browser, House, hidden_fields

ACT = ("acte.pdf", b"%PDF-1.7 an act", "application/pdf")
JEANNE = "jeanne@citizens.example"


@pytest.fixture
async def account_id(house: House) -> UUID:
    async with house.town.database.begin() as session:
        return await create_account(
            session,
            house.clock,
            email=JEANNE,
            name=Name("Jeanne", "Dupont"),
            password="trois tortues vertes",
            language="fr",
        )


async def give(house: House, account_id: UUID, reference: str) -> None:
    """She has shown its key."""
    async with house.town.database.begin() as session:
        case = await session.scalar(select(CaseRow).where(CaseRow.reference == reference))
        owner = await account(session, account_id)
        assert case is not None
        assert owner is not None
        await hold_case(session, house.clock, owner.citizen_id, case.id)


async def test_it_lands_there_once_and_its_owner_is_told(
    house: House, camille: Browser, account_id: UUID
) -> None:
    reference = await house.open()
    desk = f"/agent/cases/{reference}"
    assert f"{desk}/deposits" not in await camille.page(desk)  # nobody signs in for it
    await give(house, account_id, reference)
    fields = hidden_fields(await camille.page(desk), f"{desk}/deposits")
    fields |= {"name": "Acte de naissance", "expires_on": "2030-01-01"}
    for _ in range(2):
        sent = await camille.client.post(f"{desk}/deposits", data=fields, files={"file": ACT})
        assert sent.headers["location"] == f"{desk}?done=deposited"
    page = await camille.page(desk)
    assert page.count("put Acte de naissance into the citizen’s wallet") == 1
    async with house.town.database.begin() as session:
        (mail,) = await session.scalars(select(DeliveryRow).where(DeliveryRow.recipient == JEANNE))
        token = await open_session(session, house.clock, account_id, "")
    assert mail.subject == "Un document pour vous : Acte de naissance"
    async with house.client() as citizen:
        citizen.cookies.set(ACCOUNT_COOKIE, token, domain="127.0.0.1", path="/")
        await _finds(citizen, reference)


async def _finds(citizen: httpx.AsyncClient, reference: str) -> None:
    wallet = (await citizen.get("/me/wallet")).text
    (item,) = set(re.findall(r'href="(/me/wallet/[0-9a-f-]{36})"', wallet))
    assert (await citizen.get(f"{item}/file")).content == ACT[1]
    assert "Acte de naissance" in (await citizen.get(f"/me/cases/{reference}")).text


async def test_a_document_of_the_case_can_be_sent_too_but_none_of_another(
    house: House, camille: Browser, account_id: UUID
) -> None:
    reference, other = await house.open(), await house.open()
    await give(house, account_id, reference)
    document = await house.attach(reference, b"%PDF-1.7 a plan")
    elsewhere = await house.attach(other, b"%PDF-1.7 another")
    desk = f"/agent/cases/{reference}"
    url = f"{desk}/deposits"
    await camille.submit(desk, url, document=str(document))
    assert "put plan.pdf into the citizen’s wallet" in await camille.page(desk)
    for nothing, status in ((str(elsewhere), 404), ("nonsense", 404), ("", 422)):
        answer = await camille.submit(desk, url, document=nothing)
        assert answer.status_code == status

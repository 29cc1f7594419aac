"""Every address of ``/me`` that names something, with somebody else's: as if it were not there."""

import re
from uuid import UUID

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from channels.web.account.routes import PARTS
from channels.web.wallet import routes as wallet
from citizens.models import AccountSessionRow, PasskeyRow, PostalAddressRow, WalletShareRow
from citizens.profile import PostalAddress, save_address
from citizens.wallet import Deposit, Kind
from core.ids import new_id
from ingest.models import DocumentRow
from tests.channels.web.account.building import JEANNE, PAUL, Accounts
from tests.channels.web.building import PDF

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def belongings(accounts: Accounts) -> dict[str, str]:
    """What Jeanne has, by the names that it has in addresses."""
    async with accounts.citizen() as jeanne:
        reference = await accounts.case()
        path = f"/me/cases/{reference}"
        await jeanne.send(f"{path}/comments", {}, {"attachments": PDF}, at=path)
        await accounts.work_off()
    owner, clock = await accounts.account_id(JEANNE), accounts.portal.clock
    item = await accounts.wallet.put(
        owner,
        Deposit(name="CNI", kind=Kind.IDENTITY, media_type="text/plain", content=b"x", pages=1),
    )
    async with accounts.database.begin() as session:
        await save_address(session, owner, PostalAddress(street="1", postal_code="2", city="3"))
        await accounts.context.sharing.share(session, owner, [item], "draft:1", "Brouillon")
        session.add(
            PasskeyRow(
                id=new_id(),
                account_id=owner,
                credential_id="abc",
                public_key=b"",
                sign_count=0,
                transports=[],
                name="",
                created_at=clock(),
            )
        )
    found: dict[str, object] = {"reference": reference, "item_id": item, "number": 1}
    async with accounts.database.read() as session:
        for name, query in {
            "session_id": select(AccountSessionRow.id),
            "address_id": select(PostalAddressRow.id),
            "passkey_id": select(PasskeyRow.id),
            "share_id": select(WalletShareRow.id),
            "document_id": select(DocumentRow.id),
        }.items():
            found[name] = await session.scalar(query)
    assert None not in found.values()
    return {name: str(value) for name, value in found.items()}


def named() -> list[tuple[str, str]]:
    """The addresses of ``/me`` that name something, each with a method."""
    return [
        (method, route.path)
        for part in (*PARTS, wallet)
        for route in part.routes.routes
        if isinstance(route, APIRoute) and route.path.startswith("/me") and "{" in route.path
        for method in route.methods or ()
    ]


async def test_somebody_elses_things_are_as_if_they_were_not_there(accounts: Accounts) -> None:
    theirs = await belongings(accounts)
    nothing = {name: str(UUID(int=7)) for name in theirs} | {
        "reference": "GU-7K3M-92XB",
        "number": "1",
    }
    addresses = named()
    assert len(addresses) >= 15
    async with accounts.citizen(PAUL) as paul:
        csrf = (await paul.get("/me/profile")).fields["csrf"]
        for method, template in addresses:
            answers = []
            for ids in (theirs, nothing):
                path = template.format(**ids)
                fields = {"csrf": csrf, "street": "a", "postal_code": "b", "city": "c"}
                data = fields if method == "POST" else None
                answer = await paul.client.request(method, path, data=data)
                html = re.sub(r'href="[^"]*lang=[^"]*"', "", answer.text)
                answers.append((answer.status_code, html))
            assert answers[0] == answers[1], (method, template)
            assert answers[0][0] == 404, (method, template)


async def test_somebody_elses_document_does_not_go_along(accounts: Accounts) -> None:
    theirs = await belongings(accounts)
    async with accounts.citizen(PAUL) as paul:
        path = f"/me/cases/{await accounts.case(PAUL)}"
        fields = {"message": "Voici", "item": theirs["item_id"]}
        assert (await paul.send(f"{path}/comments", fields, at=path)).status == 404


async def test_nothing_of_it_is_there_for_who_is_signed_out(accounts: Accounts) -> None:
    theirs = await belongings(accounts)
    async with accounts.visitor() as visitor:
        for method, template in named():
            answer = await visitor.client.request(method, template.format(**theirs))
            assert answer.status_code in (303, 403), (method, template)

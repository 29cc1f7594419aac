"""Every address that names something, with somebody else's: as if it were not there."""

import re
from collections.abc import Mapping
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from citizens.models import AccountSessionRow, PasskeyRow, PostalAddressRow, WalletShareRow
from citizens.profile import PostalAddress, save_address
from citizens.wallet import Deposit, Kind
from core.ids import new_id
from ingest.models import DocumentRow
from notify.devices import PushEndpointRow, PushKeys, add_device
from tests.channels.web.account.building import JEANNE, PAUL, Accounts, where
from tests.channels.web.building import PDF
from tests.channels.web.procedures.building import publish, request_for_bins

ASKS = ("tracking", "procedures/resume")
"""Where codes are asked for."""

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def belongings(accounts: Accounts) -> dict[str, str]:
    """What Jeanne has, by the names that it has in addresses."""
    await publish(accounts.portal, request_for_bins())
    async with accounts.citizen() as jeanne:
        draft = where(await jeanne.post("/procedures/bins")).split("/")[3]
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
        keys = PushKeys("https://push.example/1", "p", "a")
        await add_device(session, clock, owner, keys, "Firefox")
    found: dict[str, object] = {
        "reference": reference,
        "draft": draft,
        "slug": "bins",
        "name": "bins",
        "page": "bins",
        "item_id": item,
        "upload_id": UUID(int=1),
        "proposal_id": UUID(int=1),
        "number": 1,
    }
    async with accounts.database.read() as session:
        for name, query in {
            "session_id": select(AccountSessionRow.id),
            "address_id": select(PostalAddressRow.id),
            "passkey_id": select(PasskeyRow.id),
            "device_id": select(PushEndpointRow.id),
            "share_id": select(WalletShareRow.id),
            "document_id": select(DocumentRow.id),
        }.items():
            found[name] = await session.scalar(query)
    assert None not in found.values()
    return {name: str(value) for name, value in found.items()}


OPEN_TO_ALL = ("/topics/", "/entries/", "/feeds/", "/account/", "/subscriptions/", "/embed/")
"""What these name is nobody's, or a secret that lets its owner in."""


def names_something(path: str) -> bool:
    return "{" in path and path != "/procedures/{slug}" and not path.startswith(OPEN_TO_ALL)


def named(accounts: Accounts) -> list[tuple[str, str]]:
    """Every address of the portal that names something, each with a method: all that there is,
    so that none can be forgotten."""
    return [
        (method, str(route.path))
        for route in iter_route_contexts(accounts.portal.app.routes)
        if route.methods and names_something(str(route.path))
        for method in route.methods - {"OPTIONS"}  # which tells what may be asked of any
    ]


def without(ids: Mapping[str, str], text: str) -> str:
    """The answer, but for what was asked for."""
    text = re.sub(r'href="[^"]*lang=[^"]*"', "", text)
    return text.replace(ids["reference"], "reference")


async def test_somebody_elses_things_are_as_if_they_were_not_there(accounts: Accounts) -> None:
    theirs = await belongings(accounts)
    nothing = {name: str(UUID(int=7)) for name in theirs} | {
        "reference": "GU-7K3M-92XB",
        "number": "1",
        "slug": "bins",
        "name": "bins",
        "page": "bins",
    }
    addresses = named(accounts)
    assert len(addresses) >= 40
    async with accounts.citizen(PAUL) as paul:
        csrf = (await paul.get("/me/profile")).fields["csrf"]
        for method, template in addresses:
            answers = []
            for ids in (theirs, nothing):
                # A draft has a reference of its own.
                its = ids | ({"reference": ids["draft"]} if "{slug}" in template else {})
                path = template.format(**its)
                fields = {"csrf": csrf, "street": "a", "postal_code": "b", "city": "c"}
                data = fields if method == "POST" else None
                answer = await paul.client.request(
                    method, path, data=data, headers={"Tus-Resumable": "1.0.0"}
                )
                where = answer.headers.get("location", "")
                answers.append((answer.status_code, without(its, where), without(its, answer.text)))
            assert answers[0] == answers[1], (method, template)
            status, where, _body = answers[0]
            if template.startswith("/me"):
                assert status == 404, (method, template)
            else:  # whoever has lost a key or a link is led to where they can show it
                assert status in (404, 303), (method, template)
                assert where in ("", "/", *(f"/{ask}?reference=reference" for ask in ASKS)), where


async def test_somebody_elses_document_does_not_go_along(accounts: Accounts) -> None:
    theirs = await belongings(accounts)
    async with accounts.citizen(PAUL) as paul:
        path = f"/me/cases/{await accounts.case(PAUL)}"
        fields = {"message": "Voici", "item": theirs["item_id"]}
        assert (await paul.send(f"{path}/comments", fields, at=path)).status == 404


async def test_nothing_of_it_is_there_for_who_is_signed_out(accounts: Accounts) -> None:
    theirs = await belongings(accounts)
    async with accounts.visitor() as visitor:
        for method, template in named(accounts):
            if template.startswith("/me"):
                answer = await visitor.client.request(method, template.format(**theirs))
                assert answer.status_code in (303, 403), (method, template)

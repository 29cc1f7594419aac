"""Documents of the wallet in a form: copied when it is sent, taken back until then."""

import base64
import re

import pytest

from channels.web.visitors import Visitor
from citizens import Name
from citizens.accounts import create_account
from citizens.models import AccountRow
from citizens.sharing import Sharing
from citizens.wallet import Deposit, Kind, SealedWallet
from tests.channels.web.building import SECRET, Portal
from tests.channels.web.procedures.building import (
    JEANNE,
    PDF,
    Applicant,
    begin,
    publish,
    raw,
    request_for_bins,
    signed_in,
)

DEED = b"%PDF-1.7 a deed of Jeanne's %%EOF"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def jeanne_of(portal: Portal) -> tuple[Portal, Sharing, Visitor]:
    """The portal with Jeanne signed in, who has three documents in her wallet."""
    await publish(portal, request_for_bins())
    async with portal.database.begin() as session:
        account = await create_account(
            session,
            portal.clock,
            email=JEANNE["email"],
            name=Name("Jeanne", ""),
            password="correct horse battery",
            language="fr",
        )
    async with portal.database.read() as session:
        citizen = (await session.get_one(AccountRow, account)).citizen_id
    wallet = SealedWallet(portal.database, portal.blobs, portal.clock, SECRET, quota=10**6)
    for name, media_type, content in (
        ("Acte de propriété", "application/pdf", DEED),
        ("Faux", "application/pdf", b"MZ no document"),
        ("Notes", "text/plain", b"Notes"),
    ):
        await wallet.put(
            account, Deposit(name=name, kind=Kind.OTHER, media_type=media_type, content=content)
        )
    sharing = Sharing(wallet, portal.clock)
    visitor = Visitor(citizen, account_id=account)
    made = Portal(
        portal.settings,
        portal.database,
        portal.blobs,
        portal.clock,
        visitors=signed_in(visitor),
        wallet=sharing,
    )
    return made, sharing, visitor


async def share(who: Applicant, name: str) -> None:
    """Tick the document of this name."""
    offered = rf'name="w-photos" value="([^"]+)"><span>{name}<'
    found = re.search(offered, who.page.html)
    assert found
    kept = {key: who.page.fields[key] for key in ("csrf", "shown")}
    fields = {**kept, "w-photos": found[1], "action": "share:photos"}
    parts = {key: (None, value) for key, value in fields.items()}
    answer = await who.browser.client.post(who.path, files=parts)
    await who.follow(type(who.page)(answer))


async def test_a_document_of_the_wallet_goes_along_as_a_copy(portal: Portal) -> None:
    made, sharing, visitor = await jeanne_of(portal)
    assert visitor.account_id
    async with made.browser() as browser:
        jeanne = await begin(browser)
        assert "Notes" not in jeanne.page.html  # of a kind that is not taken
        await share(jeanne, "Acte de propriété")
        assert "Acte de propriété.pdf" in jeanne.page.html
        await share(jeanne, "Faux")
        assert "n’est pas" in jeanne.page.html
        await jeanne.send("refresh", files=[PDF])
        await jeanne.send(bins="1", broken="no")
        await jeanne.send(first_name="Jeanne", email=JEANNE["email"])
        await jeanne.submit()
        async with made.database.read() as session:
            (shared,) = await sharing.shares(session, visitor.account_id)
    assert shared.taken
    sent = await raw(made)
    assert [one["name"] for one in sent["attachments"]] == ["plan.pdf", "Acte de propriété.pdf"]
    assert base64.b64decode(sent["attachments"][1]["content"]) == DEED
    assert "share" not in str(sent["values"])


async def test_it_can_be_taken_back_and_a_draft_given_up_shares_nothing(portal: Portal) -> None:
    made, sharing, visitor = await jeanne_of(portal)
    assert visitor.account_id
    async with made.browser() as browser:
        jeanne = await begin(browser)
        await share(jeanne, "Acte de propriété")
        async with made.database.read() as session:
            (shared,) = await sharing.shares(session, visitor.account_id)
        await jeanne.send(f"revoke:{shared.id}")
        assert "Acte de propriété.pdf" not in jeanne.page.html
        await share(jeanne, "Acte de propriété")
        csrf = {"csrf": jeanne.page.fields["csrf"]}
        await browser.client.post(f"{jeanne.base}/discard", data=csrf)
        async with made.database.read() as session:
            assert not await sharing.shares(session, visitor.account_id)


async def test_whoever_has_only_the_codes_sends_nothing_of_the_wallet(portal: Portal) -> None:
    made, _, _ = await jeanne_of(portal)
    async with made.browser() as browser:
        jeanne = await begin(browser)
        await share(jeanne, "Acte de propriété")
        link = next(one for one in jeanne.page.links if "/resume?" in one)
    async with portal.browser() as other:  # nobody is signed in there
        stranger = Applicant(other, jeanne.page, jeanne.path)
        await stranger.follow(await other.get(link))
        assert "Acte de propriété" not in stranger.page.html

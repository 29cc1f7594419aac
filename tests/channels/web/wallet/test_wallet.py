import io
import json
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from cases.audit import AuditRow
from cases.procedures.models import DraftRow
from channels.web.wallet.reminders import Reminders
from citizens.models import AccountRow, CitizenRow, WalletItemRow, WalletKeyRow
from citizens.sharing import Sharing
from citizens.wallet import Deposit, Kind, items_of
from core.blobs import BlobRow
from core.errors import BadInput, NotThere
from core.sealing import new_key, seal, unseal
from ingest.message import ChannelName
from tests.channels.web.account.building import PASSWORD, PAUL, QUOTA, VIRUS, Accounts, where
from tests.channels.web.building import PDF, Browser
from tests.channels.web.procedures.building import PDF as PHOTO
from tests.channels.web.procedures.building import begin, publish, request_for_bins
from tests.ocr.pages import LETTER, printed

CARD = b"Carte d'identite de Jeanne " * 4_000  # 108 kB: too large to live in the store
FILE = ("carte.txt", CARD, "text/plain")


async def put(
    accounts: Accounts, name: str = "Carte", content: bytes = b"x", **more: object
) -> object:
    deposit = Deposit(
        name=name,
        kind=Kind.IDENTITY,
        media_type="text/plain",
        content=content,
        **more,  # type: ignore[arg-type]
    )
    return await accounts.wallet.put(await accounts.account_id(), deposit)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_document_goes_in_and_comes_out_the_same(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        fields = {"name": "Ma carte", "kind": "identity", "expires_on": "31/12/2030"}
        sent = await jeanne.send("/me/wallet", fields, {"file": FILE}, at="/me/wallet")
        assert where(sent) == "/me/wallet?said=uploaded"
        page = await jeanne.get("/me/wallet")
        assert "Ma carte" in page.html
        assert "31/12/2030" in page.html
        item = next(link for link in page.links if link.startswith("/me/wallet/"))
        given = await jeanne.client.get(f"{item}/file")
        assert given.content == CARD
        assert given.headers["content-type"] == "application/octet-stream"
        assert given.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_nothing_on_the_disk_can_be_read_without_the_towns_secret(
    accounts: Accounts,
) -> None:
    async with accounts.citizen():
        await put(accounts, content=CARD)  # in a file
        await put(accounts, content=b"Petit secret de Jeanne")  # in the store
    files = files_in(accounts.portal.settings.data)
    assert any(len(CARD) <= path.stat().st_size < 2 * len(CARD) for path in files)
    for path in files:
        content = path.read_bytes()
        assert b"identite de Jeanne" not in content, path
        assert b"Petit secret" not in content, path
    async with accounts.database.read() as session:
        key = await session.scalar(select(WalletKeyRow))
        row = await session.scalar(select(WalletItemRow))
        assert key is not None
        assert row is not None
        sealed = await accounts.portal.blobs.read(session, row.sha256)
    for wrong in (key.sealed[:32], new_key()):
        with pytest.raises(BadInput):
            unseal(wrong, sealed, row.id.bytes)


def test_what_is_sealed_opens_for_what_it_was_sealed_for() -> None:
    key = new_key()
    sealed = seal(key, b"content", b"mine")
    assert unseal(key, sealed, b"mine") == b"content"
    for about, given in ((b"yours", sealed), (b"mine", sealed[:-1]), (b"mine", b"")):
        with pytest.raises(BadInput):
            unseal(key, given, about)


async def test_a_wallet_holds_so_much(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        await put(accounts, content=bytes(QUOTA - 10))
        page = await jeanne.send("/me/wallet", {}, {"file": FILE}, at="/me/wallet")
        assert page.status == 422
        assert "plein" in page.error("file")
        await put(accounts, name="Du maire", content=CARD, by_town=True)  # has no quota
        assert "Du maire" in (await jeanne.get("/me/wallet")).html


async def test_a_virus_stays_outside(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        file = ("carte.pdf", VIRUS, "application/pdf")
        page = await jeanne.send("/me/wallet", {}, {"file": file}, at="/me/wallet")
        assert "virus" in page.error("file")
    async with accounts.database.read() as session:
        assert await session.scalar(select(WalletItemRow)) is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_pages_are_shown_as_pictures_that_we_draw(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        file = ("lettre.pdf", printed(LETTER, LETTER), "application/pdf")
        await jeanne.send("/me/wallet", {}, {"file": file}, at="/me/wallet")
        async with accounts.database.read() as session:
            row = await session.scalar(select(WalletItemRow))
        assert row is not None
        assert row.pages == 2
        shown = await jeanne.client.get(f"/me/wallet/{row.id}/pages/2")
        assert shown.content.startswith(b"\xff\xd8")
        assert shown.headers["content-type"] == "image/jpeg"
        assert (await jeanne.client.get(f"/me/wallet/{row.id}/pages/3")).status_code == 404


async def test_a_document_that_expires_is_reminded_of_once(accounts: Accounts) -> None:
    context, clock = accounts.context, accounts.portal.clock  # on 9 March
    reminders = Reminders(accounts.database, clock, context.mails, context.url("/me/wallet"))
    async with accounts.citizen():
        await put(accounts, name="Passeport", expires_on=date(2026, 5, 1))
        await put(accounts, name="Ancien", expires_on=date(2026, 1, 1))
        assert await reminders.remind() == 0
        clock.advance(days=30)
        assert [await reminders.remind(), await reminders.remind()] == [1, 0]
    (mail,) = await accounts.mails()
    assert mail.subject == "Expire bientôt : Passeport"
    assert "1 mai 2026" in mail.text


async def test_a_share_is_seen_and_revoked_until_its_copy_is_made(accounts: Accounts) -> None:
    sharing: Sharing = accounts.context.sharing  # type: ignore[assignment]
    async with accounts.citizen() as jeanne:
        await put(accounts, name="Carte", content=CARD)
        owner = await accounts.account_id()
        async with accounts.database.begin() as session:
            ids = [row.id for row in await items_of(session, owner)]
            for _ in range(2):  # the same once
                await sharing.share(session, owner, ids, "draft:1", "Inscription scolaire")
        page = await jeanne.get("/me/wallet")
        assert "Inscription scolaire" in page.html
        async with accounts.database.begin() as session:
            (share,) = await sharing.shares(session, owner, "draft:1")
            (copy,) = await sharing.copies(session, owner, "draft:1")
        assert (copy.name, copy.content) == ("Carte", CARD)
        await jeanne.post(f"/me/wallet/shares/{share.id}/revoke", at="/me/wallet")
        async with accounts.database.begin() as session:
            assert await sharing.shares(session, owner) == []
            await sharing.share(session, owner, ids, "draft:1", "Inscription scolaire")
            (share,) = await sharing.shares(session, owner, "draft:1")
            await sharing.taken(session, owner, "draft:1")
            with pytest.raises(NotThere):
                await sharing.revoke(session, owner, share.id)


async def test_a_copy_goes_along_with_a_comment(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        item, path = await put(accounts, content=CARD), f"/me/cases/{await accounts.case()}"
        await jeanne.send(f"{path}/comments", {"item": str(item)}, at=path)
    (intake,) = await accounts.portal.intakes()
    assert intake.channel == ChannelName.WEB
    assert b'"name":"Carte"' in await accounts.portal.raw()


async def test_what_is_removed_is_gone(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        item = await put(accounts, content=CARD)
        await jeanne.post(f"/me/wallet/{item}/remove", at=f"/me/wallet/{item}")
        assert (await jeanne.get(f"/me/wallet/{item}")).status == 404
    async with accounts.database.read() as session:
        assert await session.scalar(select(BlobRow)) is None
    assert files_in(Path(accounts.portal.settings.blobs_url)) == []


async def test_all_that_is_kept_can_be_taken_along(accounts: Accounts) -> None:
    await publish(accounts.portal, request_for_bins())
    async with accounts.citizen() as jeanne:
        reference = await accounts.case()
        case = f"/me/cases/{reference}"
        await jeanne.send(f"{case}/comments", {}, {"attachments": PDF}, at=case)
        await accounts.work_off()
        applicant = await begin(Browser(jeanne.client))
        await applicant.send(bins="2", broken="no", files=[PHOTO])
        await put(accounts, name="carte.txt", content=CARD)
        fields = {"export_password": PASSWORD}
        page = await jeanne.get("/me/data")
        csrf = {"csrf": page.fields["csrf"]}
        wrong = await jeanne.client.post("/me/data/export", data=csrf)
        assert wrong.status_code == 422
        answer = await jeanne.client.post("/me/data/export", data=csrf | fields)
    archive = ZipFile(io.BytesIO(answer.content))
    told = json.loads(archive.read("data.json"))
    assert told["account"]["family_name"] == "Dupont"
    assert [case["reference"] for case in told["cases"]] == [reference]
    assert archive.read("documents/001-carte.txt") == CARD
    assert archive.read(f"requests/{reference}/001-{PDF[0]}") == PDF[1]
    assert archive.read(f"drafts/{applicant.reference}/001-{PHOTO[0]}") == PHOTO[1]
    assert [draft["answers"]["bins"] for draft in told["drafts"]] == ["2"]


async def test_a_deleted_account_leaves_nothing_but_the_towns_record(accounts: Accounts) -> None:
    await publish(accounts.portal, request_for_bins())
    async with accounts.citizen(PAUL):
        pass
    async with accounts.citizen() as jeanne:
        reference = await accounts.case(sender_name="Jeanne")
        await put(accounts, content=CARD)
        await jeanne.post("/procedures/bins")
        await jeanne.post("/account/recover", {"email": "jeanne@citizens.example"}, at="/me/data")
        deleted = await jeanne.post("/me/data/delete", {"delete_password": PASSWORD}, at="/me/data")
        assert where(deleted) == "/account/login?said=deleted"
        assert (await jeanne.sign_in()).status == 401
    assert await accounts.mails() == []
    async with accounts.database.read() as session:
        assert [row.email for row in await session.scalars(select(AccountRow))] == [PAUL]
        names = (await session.scalars(select(CitizenRow.name))).all()
        assert sorted(names) == ["", "Paul Martin"]
        assert await session.scalar(select(WalletKeyRow)) is None
        assert await session.scalar(select(DraftRow)) is None
        trail = (await session.scalars(select(AuditRow).order_by(AuditRow.id))).all()
    assert [row.action for row in trail] == ["account.deleted"]
    assert "jeanne" not in f"{trail[0].object_id} {trail[0].details}".lower()
    async with accounts.citizen("jeanne@citizens.example") as again:  # the record is hers again
        assert f"/me/cases/{reference}" in (await again.get("/me/cases")).links

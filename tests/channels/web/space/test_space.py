from sqlalchemy import select

from cases import CaseEventRow, CaseMessageRow, CaseRow, JoinedBy
from core.references import tracking_key
from ingest.models import DocumentRow, MessageRow
from tests.channels.web.account.building import JEANNE, PAUL, Accounts, where
from tests.channels.web.building import PDF, SECRET


async def test_proven_requests_are_there_and_no_others(accounts: Accounts) -> None:
    before = await accounts.case(subject="Avant le compte")
    forged = await accounts.case(subject="Pas prouvée", sender_trust="unverified")
    others = await accounts.case(PAUL, subject="À Paul")
    async with accounts.citizen() as jeanne:
        after = await accounts.case(subject="Après")
        page = await jeanne.get("/me/cases")
        for reference, mine in ((before, True), (forged, False), (others, False), (after, True)):
            assert (f"/me/cases/{reference}" in page.links) == mine
            assert ((await jeanne.get(f"/me/cases/{reference}")).status == 200) == mine


async def test_what_waits_for_the_citizen_comes_first(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        references = [await accounts.case(subject=status) for status in ("new", "waiting")]
        async with accounts.database.begin() as session:
            row = await session.scalar(select(CaseRow).where(CaseRow.reference == references[1]))
            assert row is not None
            row.status = "waiting"
        html = (await jeanne.get("/me/cases")).html
        assert 0 < html.index(references[1]) < html.index(references[0])


async def test_a_comment_joins_its_case_from_a_proven_sender(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        reference = await accounts.case()
        path = f"/me/cases/{reference}"
        fields = {"message": "La lampe clignote maintenant."}
        sent = await jeanne.send(f"{path}/comments", fields, {"attachments": PDF}, at=path)
        assert where(sent) == f"{path}?said=sent"
        await accounts.work_off()
        page = await jeanne.get(path)
        assert "La lampe clignote maintenant." in page.html
        async with accounts.database.read() as session:
            joined = await session.scalar(
                select(CaseMessageRow).where(CaseMessageRow.joined_by == JoinedBy.ACCOUNT)
            )
            assert joined is not None
            message = await session.get_one(MessageRow, joined.message_id)
            document = await session.scalar(select(DocumentRow))
        assert (message.sender_address, message.sender_trust) == (JEANNE, "verified")
        assert document is not None
        given = await jeanne.client.get(f"{path}/documents/{document.id}")
        assert given.content == PDF[1]
        assert given.headers["content-disposition"].startswith("attachment")


async def test_a_comment_sent_twice_is_one(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        path = f"/me/cases/{await accounts.case()}"
        page = await jeanne.get(path)
        fields = {name: page.fields[name] for name in ("csrf", "nonce")} | {"message": "Encore"}
        for _ in range(2):
            await jeanne.client.post(f"{path}/comments", data=fields)
        assert len(await accounts.portal.intakes()) == 1


async def test_an_empty_comment_is_shown_its_mistake(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        path = f"/me/cases/{await accounts.case()}"
        page = await jeanne.send(f"{path}/comments", {"message": " "}, at=path)
        assert page.status == 422
        assert page.error("message")


async def test_a_request_is_withdrawn_once(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        reference = await accounts.case()
        path = f"/me/cases/{reference}"
        withdrawn = await jeanne.post(f"{path}/withdraw", at=path)
        assert where(withdrawn) == f"{path}?said=withdrawn"
        assert "Demande retirée" in (await jeanne.get(path)).html
        assert (await jeanne.post(f"{path}/withdraw", at=path)).status == 409
    async with accounts.database.read() as session:
        case = await session.scalar(select(CaseRow).where(CaseRow.reference == reference))
        events = (await session.scalars(select(CaseEventRow.kind))).all()
    assert case is not None
    assert case.status == "closed"
    assert events.count("withdrawn") == 1


async def test_a_request_is_added_with_its_reference_and_key(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        reference = await accounts.case(PAUL, sender_trust="unverified")
        fields = {"reference": reference, "tracking_key": "AAAA-AAAA-AAAA"}
        wrong = await jeanne.post("/me/add", fields)
        assert wrong.status == 404
        nothing = await jeanne.post("/me/add", fields | {"reference": "GU-7K3M-92XB"})
        assert wrong.error("reference") == nothing.error("reference")
        fields["tracking_key"] = tracking_key(SECRET, reference)
        assert where(await jeanne.post("/me/add", fields)) == f"/me/cases/{reference}?said=added"
        assert f"/me/cases/{reference}" in (await jeanne.get("/me/cases")).links


async def test_what_a_citizen_sends_signed_in_is_theirs(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        page = await jeanne.get("/")
        assert page.fields["email"] == JEANNE
        fields = {"subject": "Banc", "message": "Cassé.", "email": JEANNE, "website": ""}
        await jeanne.send("/contact", fields, at="/")
        await jeanne.send("/contact", fields | {"email": PAUL}, at="/")  # which proves nothing
        await accounts.work_off()
        assert (await jeanne.get("/me/cases")).html.count("stack-link") == 1
    async with accounts.database.read() as session:
        rows = (await session.scalars(select(CaseRow))).all()
    assert {(row.sender_address, row.sender_trust) for row in rows} == {
        (JEANNE, "verified"),
        (PAUL, "unverified"),
    }


async def test_requests_stay_when_the_address_changes(accounts: Accounts) -> None:
    new = "new@citizens.example"
    async with accounts.citizen() as jeanne:
        mine, brought = await accounts.case(), await accounts.case(new)
        password = {"email": new, "password": "trois tortues vertes"}
        await jeanne.post("/me/profile/email", password, at="/me/profile")
        await jeanne.post(await accounts.link(new))
        links = (await jeanne.get("/me/cases")).links
        assert {f"/me/cases/{mine}", f"/me/cases/{brought}"} <= {*links}
        async with accounts.citizen(JEANNE) as next_owner:  # somebody else has the address now
            assert f"/me/cases/{mine}" not in (await next_owner.get("/me/cases")).links

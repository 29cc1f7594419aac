from sqlalchemy import select

from citizens import AccountRow, CitizenRow, IdentityRow, newcomer
from core.ratelimit import RateLimit
from tests.channels.web.account.building import JEANNE, PASSWORD, PAUL, Accounts, where


async def test_an_account_is_opened_by_the_link_in_a_mail(accounts: Accounts) -> None:
    async with accounts.visitor() as visitor:
        asked = await visitor.post("/account/register", {"email": "Jeanne@Citizens.example"})
        assert where(asked) == "/account/sent/register"
        (mail,) = await accounts.mails()
        assert mail.subject == "Confirmez votre adresse électronique"
        assert mail.headers["Auto-Submitted"] == "auto-generated"
        link = await accounts.link()
        assert "trois" not in (await visitor.get(link)).html  # looking at it uses nothing up
        opened = await visitor.post(
            link, {"given_name": "Jeanne", "family_name": "Dupont", "password": PASSWORD}
        )
        assert where(opened) == "/me"
        assert "Jeanne Dupont" in (await visitor.get("/me/profile")).html
        assert (await visitor.get(link)).status == 404
    async with accounts.database.read() as session:
        account = await session.scalar(select(AccountRow))
        identity = await session.get(IdentityRow, JEANNE)
    assert account is not None
    assert identity is not None
    assert identity.citizen_id == account.citizen_id == newcomer(JEANNE)
    assert identity.verified_at is not None


async def test_who_has_written_before_is_the_same_citizen(accounts: Accounts) -> None:
    known = newcomer("somebody@else.example")
    async with accounts.database.begin() as session:
        at = accounts.portal.clock()
        session.add(CitizenRow(id=known, name="", language="", created_at=at))
        session.add(IdentityRow(address=JEANNE, citizen_id=known))
    async with accounts.citizen():
        pass
    async with accounts.database.read() as session:
        account = await session.scalar(select(AccountRow))
    assert account is not None
    assert account.citizen_id == known


async def test_nobody_learns_whether_an_address_has_an_account(accounts: Accounts) -> None:
    async with accounts.citizen(), accounts.visitor() as visitor:
        for purpose in ("register", "recover"):
            known = await visitor.post(f"/account/{purpose}", {"email": JEANNE})
            unknown = await visitor.post(f"/account/{purpose}", {"email": PAUL})
            assert known.status == unknown.status == 303
            assert where(known) == where(unknown)
            assert known.html == unknown.html
    assert await accounts.kinds() == ["known", "recover"]
    assert await accounts.kinds(PAUL) == ["register"]


async def test_many_links_to_one_address_are_answered_alike_and_not_sent(
    accounts: Accounts,
) -> None:
    async with accounts.visitor() as visitor:
        answers = [await visitor.post("/account/register", {"email": JEANNE}) for _ in range(6)]
    assert {where(answer) for answer in answers} == {"/account/sent/register"}
    assert len(await accounts.mails()) == 4


async def test_asking_is_limited_for_one_client(accounts: Accounts) -> None:
    object.__setattr__(accounts.limits, "asking", RateLimit(1, 600))
    async with accounts.visitor() as visitor:
        await visitor.post("/account/register", {"email": JEANNE})
        assert (await visitor.post("/account/register", {"email": PAUL})).status == 429


async def test_a_weak_password_is_refused_and_the_link_stays(accounts: Accounts) -> None:
    async with accounts.visitor() as visitor:
        await visitor.post("/account/register", {"email": JEANNE})
        link = await accounts.link()
        for weak, why in (
            ("court", "Trop court"),
            ("motdepasse123", "deviné"),
            ("jeanne@citizens.example", "deviné"),
        ):
            page = await visitor.post(link, {"family_name": "Jeanne", "password": weak})
            assert page.status == 422
            assert why in page.error("password")
        assert (await visitor.post(link, {"family_name": "J", "password": PASSWORD})).status == 303


async def test_a_link_lives_for_a_day(accounts: Accounts) -> None:
    async with accounts.visitor() as visitor:
        await visitor.post("/account/register", {"email": JEANNE})
        link = await accounts.link()
        accounts.portal.clock.advance(hours=25)
        assert (await visitor.get(link)).status == 404


async def test_a_new_password_ends_every_session(accounts: Accounts) -> None:
    async with accounts.citizen() as thief, accounts.visitor() as owner:
        await owner.post("/account/recover", {"email": JEANNE})
        new = "quatre girafes bleues"
        changed = await owner.post(await accounts.link(), {"password": new})
        assert where(changed) == "/account/login?said=password"
        assert where(await thief.get("/me/profile")).startswith("/account/login")
        assert (await owner.sign_in()).status == 401
        assert where(await owner.sign_in(password=new)) == "/me"


async def test_another_address_counts_once_it_is_confirmed(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        asked = {"email": "new@citizens.example", "password": PASSWORD}
        page = await jeanne.post("/me/profile/email", asked, at="/me/profile")
        assert where(page) == "/me/profile?said=asked"
        link = await accounts.link("new@citizens.example")
        assert where(await jeanne.post(link)) == "/me/profile?said=email"
        await jeanne.sign_out()
        assert (await jeanne.sign_in()).status == 401
        assert where(await jeanne.sign_in("new@citizens.example")) == "/me"
    assert "secured" in await accounts.kinds()


async def test_another_accounts_address_is_not_taken(accounts: Accounts) -> None:
    async with accounts.citizen(), accounts.citizen(PAUL) as paul:
        asked = {"email": JEANNE, "password": PASSWORD}
        page = await paul.post("/me/profile/email", asked, at="/me/profile")
        assert where(page) == "/me/profile?said=asked"  # as with any other
    assert await accounts.kinds() == ["known"]


async def test_a_form_without_its_token_does_nothing(accounts: Accounts) -> None:
    async with accounts.visitor() as visitor:
        for path in ("/account/register", "/account/recover", "/account/login"):
            answer = await visitor.client.post(path, data={"email": JEANNE})
            assert answer.status_code == 403
    assert await accounts.mails() == []

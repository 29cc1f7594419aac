import json

import pyotp
import pytest
from sqlalchemy import select

from citizens.models import AccountSessionRow
from core.ratelimit import RateLimit
from core.web.csrf import ACCOUNT_COOKIE
from tests.channels.web.account.authenticator import Authenticator
from tests.channels.web.account.building import JEANNE, PASSWORD, Accounts, Visitor, where

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_signing_in_leads_to_the_page_that_was_asked_for(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        await jeanne.sign_out()
        asked = await jeanne.get("/me/security")
        assert where(asked) == "/account/login?next=/me/security"
        assert where(await jeanne.sign_in(next="/me/security")) == "/me/security"


async def test_signing_in_leads_nowhere_else(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
            await jeanne.sign_out()
            assert where(await jeanne.sign_in(next=elsewhere)) == "/me"


async def test_the_cookie_is_out_of_reach_and_new_each_time(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        first = jeanne.client.cookies[ACCOUNT_COOKIE]
        await jeanne.sign_out()
        answer = await jeanne.sign_in()
        cookie = answer.response.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=lax" in cookie.lower()
        assert jeanne.client.cookies[ACCOUNT_COOKIE] != first
        async with accounts.database.read() as session:
            (row,) = (await session.scalars(select(AccountSessionRow))).all()
        assert row.token_hash not in jeanne.client.cookies[ACCOUNT_COOKIE]


async def test_a_wrong_address_and_a_wrong_password_look_alike(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        await jeanne.sign_out()
        page = await jeanne.sign_in(password="quatre girafes bleues")
        other = await jeanne.sign_in("nobody@citizens.example")
        assert page.status == other.status == 401
        assert page.error("email") == other.error("email") != ""


async def test_wrong_passwords_are_counted(accounts: Accounts) -> None:
    object.__setattr__(accounts.limits.logins, "by_account_and_client", RateLimit(2, 600))
    async with accounts.citizen() as jeanne:
        await jeanne.sign_out()
        for _ in range(2):
            assert (await jeanne.sign_in(password="wrong")).status == 401
        assert (await jeanne.sign_in()).status == 429


async def test_a_session_ends_after_two_weeks(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        accounts.portal.clock.advance(days=13)
        assert (await jeanne.get("/me/profile")).status == 200
        accounts.portal.clock.advance(days=2)
        assert (await jeanne.get("/me/profile")).status == 303


async def test_sessions_are_listed_and_ended_one_by_one_or_all(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne, accounts.visitor() as elsewhere:
        elsewhere.client.headers["user-agent"] = "Mozilla/5.0 (iPhone) Safari/605"
        await elsewhere.sign_in()
        page = await jeanne.get("/me/security")
        assert "Safari, iPhone" in page.html
        async with accounts.database.read() as session:
            query = select(AccountSessionRow.id).where(AccountSessionRow.client != "")
            other = await session.scalar(query)
        await jeanne.post(f"/me/security/sessions/{other}/end", at="/me/security")
        assert (await elsewhere.get("/me/profile")).status == 303
        await elsewhere.sign_in()
        await jeanne.post("/me/security/sessions/end", at="/me/security")
        for browser in (jeanne, elsewhere):
            assert (await browser.get("/me/profile")).status == 303


async def test_a_changed_password_ends_the_other_sessions(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne, accounts.visitor() as elsewhere:
        await elsewhere.sign_in()
        fields = {"password": PASSWORD, "new_password": "quatre girafes bleues"}
        changed = await jeanne.post("/me/security/password", fields, at="/me/security")
        assert where(changed) == "/me/security?said=password"
        assert (await jeanne.get("/me/profile")).status == 200
        assert (await elsewhere.get("/me/profile")).status == 303
    assert "secured" in await accounts.kinds()


async def second_factor(accounts: Accounts, jeanne: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """Switch it on; what is on the telephone, and the recovery codes."""
    page = await jeanne.get("/me/security/second-factor")
    secret = page.html.split('<code class="breakable">')[1].split("</code>")[0].replace(" ", "")
    totp = pyotp.TOTP(secret)
    fields = {
        "setting": page.fields["setting"],
        "csrf": page.fields["csrf"],
        "code": totp.at(accounts.portal.clock()),
        "password": PASSWORD,
    }
    answer = await jeanne.client.post("/me/security/second-factor", data=fields)
    codes = [part.split("</code>")[0] for part in answer.text.split("<li><code>")[1:]]
    assert len(codes) == 10
    return totp, codes


async def test_with_a_second_factor_the_password_is_not_enough(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        totp, (recovery, *_) = await second_factor(accounts, jeanne)
        await jeanne.sign_out()
        assert where(await jeanne.sign_in(next="/me/data")) == "/account/code?next=/me/data"
        assert (await jeanne.get("/me/data")).status == 303
        used = totp.at(accounts.portal.clock())
        assert (await jeanne.post("/account/code", {"code": used})).status == 401
        accounts.portal.clock.advance(minutes=2)
        code = totp.at(accounts.portal.clock())
        entered = await jeanne.post("/account/code", {"code": code, "next": "/me/data"})
        assert where(entered) == "/me/data"
        await jeanne.sign_out()
        for wanted in (303, 401):  # a recovery code works once
            await jeanne.sign_in()
            assert (await jeanne.post("/account/code", {"code": recovery})).status == wanted
            await jeanne.sign_out()


async def test_the_second_factor_is_switched_off_with_the_password_alone(
    accounts: Accounts,
) -> None:
    async with accounts.citizen() as jeanne:
        await second_factor(accounts, jeanne)
        off = "/me/security/second-factor/off"
        wrong = await jeanne.post(off, {"factor_password": "wrong"}, at="/me/security")
        assert wrong.status == 422
        await jeanne.post(off, {"factor_password": PASSWORD}, at="/me/security")
        await jeanne.sign_out()
        assert where(await jeanne.sign_in()) == "/me"


async def passkey(accounts: Accounts, jeanne: Visitor, **how: bool) -> Authenticator:
    site = accounts.context.site
    made = Authenticator(site.origin, site.id, **how)
    options = await jeanne.post("/me/security/passkeys/options", at="/me/security")
    answer = made.create(json.loads(options.html))
    fields = {"answer": answer, "name": "Téléphone"}
    kept = await jeanne.post("/me/security/passkeys", fields, at="/me/security")
    assert (kept.status == 303) == how.get("verifies", True)
    return made


async def enter_with(visitor: Visitor, authenticator: Authenticator) -> str:
    options = await visitor.post("/account/passkey/options", at="/account/login")
    answer = authenticator.get(json.loads(options.html))
    return where(await visitor.post("/account/passkey", {"answer": answer}, at="/account/login"))


async def test_a_passkey_stands_for_password_and_code(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        made = await passkey(accounts, jeanne)
        await second_factor(accounts, jeanne)
        assert "Téléphone" in (await jeanne.get("/me/security")).html
        await jeanne.sign_out()
        assert await enter_with(jeanne, made) == "/me"
        assert JEANNE in (await jeanne.get("/me/profile")).html


async def test_an_answer_of_a_passkey_works_once(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        made = await passkey(accounts, jeanne)
        await jeanne.sign_out()
        options = await jeanne.post("/account/passkey/options", at="/account/login")
        answer = {"answer": made.get(json.loads(options.html))}
        assert (await jeanne.post("/account/passkey", answer, at="/account/login")).status == 303
        await jeanne.sign_out()
        assert (await jeanne.post("/account/passkey", answer, at="/account/login")).status == 401


async def test_what_is_no_passkey_of_ours_opens_nothing(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        await passkey(accounts, jeanne, verifies=False)  # it would stand for a password alone
        stranger = Authenticator(accounts.context.site.origin, accounts.context.site.id)
        await jeanne.sign_out()
        assert await enter_with(jeanne, stranger) == ""
        for nonsense in ("", "{", "[]", '{"response":{"clientDataJSON":"AA"}}'):
            fields = {"answer": nonsense}
            page = await jeanne.post("/account/passkey", fields, at="/account/login")
            assert page.status == 401

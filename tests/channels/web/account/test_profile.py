import re

import pytest

from citizens import read_profile, variables_of
from citizens.profile import addresses_of
from tests.channels.web.account.building import Accounts, where

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOME = {"street": "4 rue des Lilas", "postal_code": "57000", "city": "Metz", "residence": "1"}


async def test_a_profile_is_kept(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        fields = {
            "given_name": "Jeanne",
            "family_name": "de la Tour",
            "birth_date": "31/12/1980",
            "language": "en",
            "category": "association",
        }
        assert where(await jeanne.post("/me/profile", fields)) == "/me/profile?said=saved"
        page = await jeanne.get("/me/profile")
        assert page.fields["birth_date"] == "31/12/1980"
        assert "My profile" in page.html  # in the language that was chosen
    async with accounts.database.read() as session:
        profile = await read_profile(session, await accounts.account_id())
    told = variables_of(profile, accounts.portal.clock().date())
    assert (told["age"], told["categories"]) == (45, ["association"])
    assert (told["first_name"], told["last_name"]) == ("Jeanne", "de la Tour")


async def test_a_birth_date_must_be_one(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        for wrong in ("31/02/1980", "tomorrow", "01/01/2999", "01/01/1700"):
            page = await jeanne.post("/me/profile", {"family_name": "J", "birth_date": wrong})
            assert page.status == 422
            assert page.error("birth_date")
            assert page.fields["birth_date"] == wrong


async def test_there_is_one_residence_among_the_addresses(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        new = "/me/profile/addresses/new"
        page = await jeanne.post(new, {"street": "4 rue"})
        assert page.error("city")
        for label in ("Chez moi", "Nouveau"):
            await jeanne.post(new, HOME | {"label": label})
        async with accounts.database.read() as session:
            first, second = await addresses_of(session, await accounts.account_id())
        assert (first.label, first.residence, second.residence) == ("Nouveau", True, False)
        path = f"/me/profile/addresses/{second.id}"
        await jeanne.post(path, {**HOME, "label": "Encore"})
        await jeanne.post(f"/me/profile/addresses/{first.id}/remove", at=path)
        async with accounts.database.read() as session:
            (left,) = await addresses_of(session, await accounts.account_id())
        assert (left.label, left.residence) == ("Encore", True)


async def test_a_number_is_proven_by_the_code_that_was_sent_to_it(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        phone = {"phone": "06 12 34 56 78"}
        sent = await jeanne.post("/me/profile/phone", phone, at="/me/profile")
        assert where(sent) == "/me/profile?said=code"
        ((number, text),) = accounts.texts.sent
        assert number == "+33612345678"
        code = re.findall(r"\d{6}", text)[0]
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        page = await jeanne.post("/me/profile/phone/code", {"code": wrong}, at="/me/profile")
        assert page.error("code")
        await jeanne.post("/me/profile/phone/code", {"code": code}, at="/me/profile")
        assert "+33612345678" in (await jeanne.get("/me/profile")).html
        await jeanne.post("/me/profile/phone/remove", at="/me/profile")
        assert "+33612345678" not in (await jeanne.get("/me/profile")).html


async def test_a_code_is_guessed_five_times_at_most(accounts: Accounts) -> None:
    async with accounts.citizen() as jeanne:
        phone = {"phone": "06 12 34 56 78"}
        await jeanne.post("/me/profile/phone", phone, at="/me/profile")
        code = re.findall(r"\d{6}", accounts.texts.sent[0][1])[0]
        for given in (*["nonsense"] * 5, code):
            page = await jeanne.post("/me/profile/phone/code", {"code": given}, at="/me/profile")
            assert page.status == 422

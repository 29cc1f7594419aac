"""The home page of who is signed in: what waits for them, then the boxes as they like them."""

import re

import pytest
from sqlalchemy import update

from cases import CaseRow
from core.settings import Service
from tests.channels.web.account.building import Accounts, Visitor
from tests.channels.web.procedures.building import publish, request_for_bins

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def boxes(visitor: Visitor) -> list[str]:
    """The names of those that are shown, in their order."""
    return re.findall(r'id="box-(\w+)"', (await visitor.get("/me")).html)


async def arrange(visitor: Visitor, name: str, action: str) -> None:
    await visitor.post("/me/boxes", {"name": name, "action": action})


async def test_what_waits_comes_first_and_the_rest_as_it_was_arranged(accounts: Accounts) -> None:
    await publish(accounts.portal, request_for_bins())
    async with accounts.citizen() as jeanne:
        assert await boxes(jeanne) == []
        waiting, _other = await accounts.case(), await accounts.case()
        await jeanne.post("/procedures/bins")
        async with accounts.database.begin() as session:
            await session.execute(
                update(CaseRow).where(CaseRow.reference == waiting).values(status="waiting")
            )
        assert await boxes(jeanne) == ["waiting", "drafts", "open"]
        await arrange(jeanne, "drafts", "down")
        assert await boxes(jeanne) == ["waiting", "open", "drafts"]
        await arrange(jeanne, "open", "hide")
        await arrange(jeanne, "drafts", "up")
        assert await boxes(jeanne) == ["waiting", "drafts"]
        await arrange(jeanne, "open", "show")
        assert await boxes(jeanne) == ["waiting", "drafts", "open"]
        for name in ("waiting", "nonsense"):  # which cannot be put elsewhere, or is none
            answer = await jeanne.post("/me/boxes", {"name": name, "action": "hide"})
            assert answer.status == 404


@pytest.mark.parametrize(
    ("season", "eligible", "shown"),
    [
        (("03-01", "03-31"), "true", "jusqu’au 31 mars"),
        (("03-01", "02-28"), "true", "jusqu’au 28 février 2027"),
        (("01-01", "02-28"), "true", ""),
        (("", ""), "true", ""),
        (("03-01", "03-31"), 'citizen.city == "Metz"', ""),
    ],
)
async def test_procedures_of_the_season_are_those_that_are_open_to_this_citizen_and_will_close(
    accounts: Accounts, season: tuple[str, str], eligible: str, shown: str
) -> None:
    opening = {"season_start": season[0], "season_end": season[1]}
    rule = {"rule": eligible, "message": {"fr": "Pour les Messins."}}
    await publish(accounts.portal, request_for_bins(opening=opening, eligibility=[rule]))
    async with accounts.citizen() as jeanne:  # on 9 March 2026
        page = await jeanne.get("/me")
        assert ("/procedures/bins" in page.links) == bool(shown)
        assert shown in page.html


async def test_connected_services_are_boxes_too(accounts: Accounts) -> None:
    library = Service(name="Médiathèque", url="https://library.example/", text="Mes prêts")
    object.__setattr__(
        accounts.context,
        "settings",
        accounts.context.settings.model_copy(update={"services": (library,)}),
    )
    async with accounts.citizen() as jeanne:
        page = await jeanne.get("/me")
        assert "https://library.example/" in page.links
        assert await boxes(jeanne) == ["services"]

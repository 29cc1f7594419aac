"""The home page of who is signed in: what waits for them, then the boxes as they like them."""

import re

import pytest
from sqlalchemy import update

from cases import CaseRow
from core.settings import Service
from feeds.subscriptions import Medium, Said, Wish, subscribe, subscriber_of_account
from tests.channels.web.account.building import JEANNE, Accounts, Visitor
from tests.channels.web.procedures.building import publish, request_for_bins
from tests.feeds.building import PARIS, Press

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


async def test_news_are_of_the_topics_that_the_citizen_has_chosen_for_this_page(
    accounts: Accounts,
) -> None:
    clock = accounts.portal.clock
    press = Press(accounts.database, clock)
    roads, school = await press.topic("voirie"), await press.topic("ecole")
    await press.entry(roads, school, title="Rue fermée")
    await press.entry(school, title="Cantine fermée")
    async with accounts.citizen() as jeanne:
        assert await boxes(jeanne) == []
        account_id = await accounts.account_id()
        async with accounts.database.begin() as session:
            subscriber = await subscriber_of_account(
                session, clock, account_id, email=JEANNE, phone="", language="fr"
            )
            wishes = [Wish(roads, Medium.HOME)]
            await subscribe(session, clock, PARIS, subscriber, wishes, Said("account"))
        html = (await jeanne.get("/me")).html
        assert "Rue fermée" in html
        assert "Cantine fermée" not in html

import re

import pytest

from tests.agent_api.building import KARIM, SAMIRA, Browser, House

INBOX = "/agent/"


def subjects(page: str) -> list[str]:
    return re.findall(r'class="case-link"[^>]*>([^<]+)</a>', page)


def counts(page: str) -> dict[str, str]:
    """How many cases are open, by the queue's name."""
    found = re.findall(
        r'class="queue-name">([^<]+)</span>.*?class="queue-open">([^<]+)<', page, re.DOTALL
    )
    return dict(found)


async def test_the_desk_is_found_without_its_last_slash(camille: Browser) -> None:
    answer = await camille.get("/agent")
    assert (answer.status_code, answer.headers["location"]) == (308, INBOX)


async def test_the_newest_case_stands_first(house: House, camille: Browser) -> None:
    for subject in ("one", "two", "three"):
        await house.open(subject=subject)
    assert subjects(await camille.page(INBOX)) == ["three", "two", "one"]


async def test_the_queues_say_how_many_cases_are_open(house: House, camille: Browser) -> None:
    await house.open("mairie")
    await house.open("voirie")
    await house.open("voirie")
    shown = counts(await camille.page(INBOX))
    assert shown == {"All queues": "3", "Accueil": "1", "Voirie": "2"}


async def test_closed_cases_are_neither_listed_nor_counted(house: House, camille: Browser) -> None:
    case = f"/agent/cases/{await house.open(subject='done with')}"
    await camille.submit(case, f"{case}/close")
    page = await camille.page(INBOX)
    assert subjects(page) == []
    assert counts(page)["All queues"] == "0"
    assert subjects(await camille.page("/agent/?status=closed")) == ["done with"]
    assert subjects(await camille.page("/agent/?status=any")) == ["done with"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("queue=voirie", ["by web"]),
        ("queue=no-such-queue", []),
        ("channel=web", ["by web"]),
        ("channel=email", ["by mail"]),
        ("status=new", ["by web", "by mail"]),
        ("status=waiting", []),
        ("queue=voirie&channel=email", []),
        ("q=MAIL", ["by mail"]),
        ("q=%C3%A9cole", ["by mail"]),
        ("q=ecole", ["by mail"]),
        ("q=grill", ["by mail"]),
        ("q=grille+trou", []),
        ("q=jeanne@citizens.example", ["by web", "by mail"]),
        ("q=%22+OR+*+NEAR(", []),
        ("q=%00", []),
    ],
)
async def test_the_list_is_filtered(
    house: House, camille: Browser, query: str, found: list[str]
) -> None:
    await house.open(subject="by mail", text="La grille de l'école est cassée")
    await house.open("voirie", subject="by web", channel="web", text="Un trou")
    assert subjects(await camille.page(f"/agent/?{query}")) == found


@pytest.mark.parametrize("typed", ["{}", "{lower}", "{bare}", "{spaced}", "{confused}"])
async def test_a_reference_is_found_however_it_is_typed(
    house: House, camille: Browser, typed: str
) -> None:
    reference = await house.open(subject="this one")
    await house.open(subject="another")
    bare = reference.removeprefix("GU-").replace("-", "")
    forms = {
        "lower": reference.lower(),
        "bare": bare,
        "spaced": f" gu {bare[:4]} {bare[4:]} ",
        "confused": reference.replace("0", "O").replace("1", "l"),
    }
    page = (await camille.client.get(INBOX, params={"q": typed.format(reference, **forms)})).text
    assert subjects(page) == ["this one"]


async def test_what_is_searched_for_stays_in_the_field(camille: Browser) -> None:
    page = (await camille.client.get(INBOX, params={"q": '"><script>alert(1)</script>'})).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_older_cases_are_on_the_pages_that_follow(house: House, camille: Browser) -> None:
    for number in range(60):
        await house.open(subject=f"case {number}")
    first = await camille.page("/agent/?status=new")
    older = re.search(r'href="(/agent/\?[^"]*cursor=[0-9a-f]+[^"]*)"', first)
    assert older
    second = await camille.page(older[1].replace("&amp;", "&"))
    assert subjects(first) + subjects(second) == [f"case {n}" for n in reversed(range(60))]


async def test_a_cursor_that_is_not_ours_is_told(camille: Browser) -> None:
    assert (await camille.get("/agent/?cursor=nonsense")).status_code == 422


async def test_an_empty_inbox_says_what_to_do(camille: Browser) -> None:
    page = await camille.page(INBOX)
    assert "Nothing is waiting here" in page
    assert "See closed cases" in page


async def test_a_search_without_success_says_what_to_try(camille: Browser) -> None:
    page = await camille.page("/agent/?q=unheard")
    assert "No case matches" in page
    assert "Clear the search" in page


async def test_a_handler_sees_the_queues_of_their_own(house: House) -> None:
    await house.open("mairie", subject="for reception")
    await house.open("voirie", subject="for roads")
    karim = await house.browser(KARIM)
    page = await karim.page(INBOX)
    assert subjects(page) == ["for roads"]
    assert counts(page) == {"All queues": "1", "Voirie": "1"}
    for query in ("queue=mairie", "q=reception", "status=any&queue=mairie"):
        found = subjects(await karim.page(f"/agent/?{query}"))
        assert "for reception" not in found


async def test_an_administrator_of_the_system_reads_no_case(house: House) -> None:
    await house.open(subject="private")
    samira = await house.browser(SAMIRA)
    assert subjects(await samira.page("/agent/?status=any")) == []


async def test_the_menu_counts_the_quarantine_for_those_who_may_see_it(house: House) -> None:
    assert "/agent/quarantine" in await (await house.browser(SAMIRA)).page(INBOX)
    assert "/agent/quarantine" not in await (await house.browser(KARIM)).page(INBOX)


async def test_the_desk_speaks_the_agents_language_unless_another_is_chosen(house: House) -> None:
    async with house.client(**{"accept-language": "en"}) as client:
        client.cookies.update((await house.browser()).client.cookies)
        client.cookies.delete("guichet_language")
        assert '<html lang="fr"' in (await client.get(INBOX)).text
        assert '<html lang="en"' in (await client.get("/agent/?lang=en")).text
        assert '<html lang="en"' in (await client.get(INBOX)).text


async def test_no_page_of_the_desk_is_kept_by_a_cache(camille: Browser) -> None:
    answer = await camille.get(INBOX)
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")

"""An agent's own settings: the telephone that they sit at."""

import pytest

from tests.agent_api.building import CAMILLE, KARIM, Browser, House

ME = "/agent/me"


async def test_an_agent_says_where_they_sit(house: House, camille: Browser) -> None:
    answer = await camille.submit(ME, f"{ME}/extension", extension=" 201 ")
    assert answer.headers["location"] == f"{ME}?done=extension"
    assert 'value="201"' in await camille.page(ME)
    assert (await house.agent(CAMILLE)).extension == "201"
    (written,) = await house.trail("agent.extension_set")
    assert (written.object_id, written.details) == (CAMILLE, {"extension": "201"})


async def test_two_do_not_sit_at_one_telephone(house: House, camille: Browser) -> None:
    await camille.submit(ME, f"{ME}/extension", extension="201")
    karim = await house.browser(KARIM)
    answer = await karim.submit(ME, f"{ME}/extension", extension="201")
    assert answer.status_code == 422
    assert "Another agent sits at this extension" in answer.text
    await camille.submit(ME, f"{ME}/extension", extension="")
    assert (await karim.submit(ME, f"{ME}/extension", extension="201")).status_code == 303


@pytest.mark.parametrize("extension", ["2 01", "x" * 33, "été", "<b>"])
async def test_what_is_no_extension_is_told(camille: Browser, extension: str) -> None:
    answer = await camille.submit(ME, f"{ME}/extension", extension=extension)
    assert answer.status_code == 422
    assert "up to 32 digits and letters" in answer.text

"""Forms in the space: drafts that wait there, and changes of what was sent."""

import pytest

from tests.channels.web.account.building import Accounts, where
from tests.channels.web.building import Browser
from tests.channels.web.procedures.building import begin, publish, request_for_bins

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def test_a_draft_waits_in_the_space_and_becomes_a_request_that_can_be_changed(
    accounts: Accounts,
) -> None:
    await publish(accounts.portal, request_for_bins())
    async with accounts.citizen() as jeanne:
        applicant = await begin(Browser(jeanne.client))
        assert applicant.page.fields["csrf"]
        await applicant.send(bins="2", broken="no")
        space = await jeanne.get("/me/cases")
        (draft,) = [link for link in space.links if applicant.reference in link]
        page = await applicant.follow(await jeanne.get(draft))
        assert page.fields["f-first_name"] == "Jeanne"  # of the profile
        applicant.path = draft
        await applicant.send(first_name="Jeanne", email="jeanne@citizens.example")
        await applicant.submit()
        await accounts.work_off()
        path = f"/me/cases/{applicant.reference}"
        assert [path] == [link for link in (await jeanne.get("/me/cases")).links if path in link]
        change = f"{path}/changes/bins"
        assert change in (await jeanne.get(f"{path}/changes")).links
        fields = {"f-bins": "3", "f-broken": "no"}
        assert where(await jeanne.send(change, fields, at=change)) == f"{path}?said=proposed"
        html = (await jeanne.get(path)).html
        assert "Vous avez proposé un changement" in html
        assert "<ins>" in html

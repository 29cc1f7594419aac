import re
from collections.abc import Mapping

import pytest
from sqlalchemy import delete

from cases.agents import AgentSessionRow
from tests.agent_api.building import KARIM, Browser, House, hidden_fields

ACTIONS: Mapping[str, dict[str, str]] = {
    "claim": {},
    "move": {"queue": "voirie"},
    "notes": {"text": "Called her."},
    "replies": {"text": "On Monday."},
    "close": {"text": "All done."},
}


@pytest.fixture
async def case(house: House) -> str:
    """The address of an open case."""
    return f"/agent/cases/{await house.open()}"


def reference_of(case: str) -> str:
    return case.rpartition("/")[2]


@pytest.mark.parametrize(
    ("action", "notice"),
    [
        ("claim", "You have claimed the case."),
        ("move", "The case has been moved."),
        ("notes", "The note has been added."),
        ("replies", "The reply is on its way."),
        ("close", "The case is closed."),
    ],
)
async def test_an_action_is_done_and_said(
    camille: Browser, case: str, action: str, notice: str
) -> None:
    answer = await camille.submit(case, f"{case}/{action}", **ACTIONS[action])
    assert (answer.status_code, answer.headers["location"]) == (303, f"{case}?done={action}")
    assert notice in await camille.page(answer.headers["location"])


async def test_claiming_makes_the_agent_the_one_who_handles_it(
    house: House, camille: Browser, case: str
) -> None:
    await camille.submit(case, f"{case}/claim")
    now = await house.case(reference_of(case))
    assert (now.claimed_by, now.status) == (house.agents["camille@demo.example"], "in_progress")


async def test_a_text_is_not_lost_with_the_session(
    house: House, camille: Browser, case: str
) -> None:
    fields = hidden_fields(await camille.page(case), f"{case}/replies")
    async with house.town.database.begin() as session:
        await session.execute(delete(AgentSessionRow))
    answer = await camille.send(f"{case}/replies", {**fields, "text": "A long answer."})
    assert answer.status_code == 401
    assert "A long answer." in answer.text
    assert f"/agent/login?next={case}" in answer.text
    assert (await house.case(reference_of(case))).status == "new"


async def test_a_closed_case_is_reopened(house: House, camille: Browser, case: str) -> None:
    await camille.submit(case, f"{case}/close")
    assert (await house.case(reference_of(case))).status == "closed"
    answer = await camille.submit(case, f"{case}/reopen")
    assert "The case is open again." in await camille.page(answer.headers["location"])
    assert (await house.case(reference_of(case))).status == "new"


async def test_an_unknown_notice_is_not_shown(camille: Browser, case: str) -> None:
    assert "made up" not in await camille.page(f"{case}?done=made+up")


async def test_a_handler_hands_a_case_on_and_is_led_to_what_they_may_see(house: House) -> None:
    case = f"/agent/cases/{await house.open('voirie')}"
    karim = await house.browser(KARIM)
    answer = await karim.submit(case, f"{case}/move", queue="mairie")
    assert answer.status_code == 303
    page = await karim.page(answer.headers["location"])
    assert "The case has been moved." in page
    assert (await karim.get(case)).status_code == 404


@pytest.mark.parametrize("action", [*ACTIONS, "reopen"])
async def test_a_form_of_another_site_does_nothing(
    house: House, camille: Browser, case: str, action: str
) -> None:
    answer = await camille.send(f"{case}/{action}", {"version": "1", **ACTIONS.get(action, {})})
    assert answer.status_code == 403
    assert (await house.case(reference_of(case))).event_count == 1


@pytest.mark.parametrize("action", [*ACTIONS, "reopen"])
async def test_nobody_acts_on_a_case_that_they_may_not_see(house: House, action: str) -> None:
    theirs, other = await house.open("voirie"), await house.open("mairie")
    karim = await house.browser(KARIM)
    page = await karim.page(f"/agent/cases/{theirs}")
    fields = hidden_fields(page, f"/agent/cases/{theirs}/notes") | ACTIONS.get(action, {})
    answer = await karim.send(f"/agent/cases/{other}/{action}", fields)
    assert answer.status_code == 404
    assert (await house.case(other)).event_count == 1


@pytest.mark.parametrize(
    ("action", "text", "problem"),
    [
        ("replies", " \n ", "Write something first."),
        ("notes", "", "Write something first."),
        ("notes", "x" * 100_001, "The text is too long."),
        ("close", "x" * 100_001, "The text is too long."),
    ],
)
async def test_what_makes_no_sense_is_told_and_the_text_kept(
    house: House, camille: Browser, case: str, action: str, text: str, problem: str
) -> None:
    answer = await camille.submit(case, f"{case}/{action}", text=text)
    assert answer.status_code == 422
    assert problem in answer.text
    assert text in answer.text
    assert (await house.case(reference_of(case))).event_count == 1


@pytest.mark.parametrize("queue", ["mairie", "no-such-queue", "", "\x00"])
async def test_a_case_is_moved_to_another_queue_that_exists(
    house: House, camille: Browser, case: str, queue: str
) -> None:
    answer = await camille.submit(case, f"{case}/move", queue=queue)
    assert answer.status_code == 422
    assert "queue" in answer.text
    assert (await house.case(reference_of(case))).version == 1


async def test_control_characters_are_not_stored(house: House, camille: Browser, case: str) -> None:
    await camille.submit(case, f"{case}/replies", text="\x00Bonjour\x07,\r\nà lundi\ufeff")
    page = await camille.page(case)
    assert "Bonjour,\nà lundi" in page
    assert "\x07" not in page


async def test_no_charset_of_a_form_breaks_an_action(camille: Browser, case: str) -> None:
    fields = hidden_fields(await camille.page(case), f"{case}/notes") | {"text": "a\\ud800b"}
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(*field) for field in fields.items()) + "--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x; charset=unicode_escape"}
    answer = await camille.client.post(f"{case}/notes", content=body.encode(), headers=headers)
    assert answer.status_code == 303
    assert "ab" in await camille.page(case)


async def test_the_second_writer_is_shown_what_the_first_one_did(
    house: House, camille: Browser, case: str
) -> None:
    fields = hidden_fields(await camille.page(case), f"{case}/replies")
    other = await house.browser()
    await other.submit(case, f"{case}/claim")
    await other.submit(case, f"{case}/notes", text="She called, it is settled.")
    answer = await camille.send(f"{case}/replies", fields | {"text": "My long </textarea>reply"})
    assert answer.status_code == 409
    assert "Somebody else was faster" in answer.text
    assert "Camille Durand claimed the case" in answer.text
    assert "She called, it is settled." in answer.text
    assert "Case opened" not in answer.text
    assert "My long &lt;/textarea&gt;reply" in answer.text
    assert (await house.case(reference_of(case))).status == "in_progress"


@pytest.mark.parametrize("action", ["replies", "close", "move", "claim"])
async def test_the_second_writer_may_do_it_all_the_same(
    house: House, camille: Browser, case: str, action: str
) -> None:
    fields = hidden_fields(await camille.page(case), f"{case}/{action}") | ACTIONS[action]
    await (await house.browser()).submit(case, f"{case}/claim")
    conflict = await camille.send(f"{case}/{action}", fields)
    assert conflict.status_code == 409
    again = hidden_fields(conflict.text, f"{case}/{action}")
    kept = re.search(r'<textarea id="text"[^>]*>\n?(.*?)</textarea>', conflict.text, re.DOTALL)
    text = {"text": kept[1]} if kept else {}
    assert text.get("text") == ACTIONS[action].get("text")
    assert again.get("queue") == ACTIONS[action].get("queue")
    answer = await camille.send(f"{case}/{action}", again | text)
    assert answer.headers["location"] == f"{case}?done={action}"
    assert (await house.case(reference_of(case))).version == 3


async def test_a_note_is_never_too_late(house: House, camille: Browser, case: str) -> None:
    fields = hidden_fields(await camille.page(case), f"{case}/notes")
    await (await house.browser()).submit(case, f"{case}/claim")
    answer = await camille.send(f"{case}/notes", fields | {"text": "Called her."})
    assert answer.status_code == 303


async def test_who_is_too_late_for_a_case_that_was_moved_away_gets_no_look_at_it(
    house: House,
) -> None:
    case = f"/agent/cases/{await house.open('voirie')}"
    karim = await house.browser(KARIM)
    fields = hidden_fields(await karim.page(case), f"{case}/replies")
    await (await house.browser()).submit(case, f"{case}/move", queue="mairie")
    answer = await karim.send(f"{case}/replies", fields | {"text": "mine"})
    assert answer.status_code == 404


async def test_every_action_is_written_down(house: House, camille: Browser, case: str) -> None:
    for action, change in {"claim": "claimed", "notes": "noted", "replies": "replied"}.items():
        await camille.submit(case, f"{case}/{action}", **ACTIONS[action])
        (row,) = await house.trail(f"case.{change}")
        assert row.object_id == reference_of(case)
        assert row.agent_id == house.agents["camille@demo.example"]


@pytest.mark.parametrize("form", [{"version": "x"}, {}, {"version": "9" * 400}])
async def test_a_form_that_is_not_ours_is_not_understood(
    camille: Browser, case: str, form: dict[str, str]
) -> None:
    fields = hidden_fields(await camille.page(case), f"{case}/claim")
    answer = await camille.send(f"{case}/claim", {"csrf": fields["csrf"], **form})
    assert answer.status_code in {409, 422}

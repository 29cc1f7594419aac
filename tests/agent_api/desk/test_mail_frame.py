from typing import Any

from sqlalchemy import select

from cases import CaseRow
from tests.agent_api.building import KARIM, Browser, House, until
from tests.builders import arrival, mail

PIXEL = bytes.fromhex("89504e470d0a1a0a") + b"pixels"


async def frame_of(house: House, browser: Browser, reference: str) -> str:
    message = await house.first_message(reference)
    return f"/agent/cases/{reference}/messages/{message.id}/html"


async def test_a_mail_is_framed_so_that_it_can_do_nothing(house: House, camille: Browser) -> None:
    reference = await house.open(html="<p>Bonjour</p>", language="fr")
    answer = await camille.get(await frame_of(house, camille, reference))
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    for rule in (
        "default-src 'none'",
        "img-src 'self' data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    ):
        assert rule in policy
    assert "allow-scripts" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "<p>Bonjour</p>" in answer.text


async def test_the_page_frames_it_without_scripts(house: House, camille: Browser) -> None:
    reference = await house.open(html="<p>Bonjour</p>")
    page = await camille.page(f"/agent/cases/{reference}")
    assert await frame_of(house, camille, reference) in page
    assert "allow-scripts" not in page


async def test_its_own_images_are_fetched_from_us(house: House, camille: Browser) -> None:
    html = '<img src="cid:logo@x"><img src="cid:gone@x"><img src="cid:a%40b&amp;c">'
    reference = await house.open(html=html)
    inline: dict[str, Any] = {"inline": True, "media_type": "image/png"}
    logo = await house.attach(reference, PIXEL, content_id="logo@x", **inline)
    odd = await house.attach(reference, PIXEL, content_id="a@b&c", position=1, **inline)
    shown = (await camille.get(await frame_of(house, camille, reference))).text
    documents = f"/agent/cases/{reference}/documents"
    assert f'<img src="{documents}/{logo}">' in shown
    assert f'<img src="{documents}/{odd}">' in shown
    assert '<img src="data:,">' in shown
    image = await camille.get(f"{documents}/{logo}")
    assert (image.content, image.headers["content-type"]) == (PIXEL, "image/png")
    assert await house.trail("document.read") == []  # the reading of the mail is no download


async def test_a_message_without_html_has_no_frame(house: House, camille: Browser) -> None:
    reference = await house.open(html=None)
    assert (await camille.get(await frame_of(house, camille, reference))).status_code == 404


async def test_the_frame_of_another_queues_case_looks_like_a_missing_one(house: House) -> None:
    reference = await house.open("mairie", html="<p>private</p>")
    karim = await house.browser(KARIM)
    answer = await karim.get(await frame_of(house, karim, reference))
    assert answer.status_code == 404
    assert "private" not in answer.text


async def test_a_real_mail_comes_without_what_could_harm(house: House, camille: Browser) -> None:
    message = mail(subject="pothole", text="There is a hole.")
    message.add_alternative(
        '<p onclick="evil()">There is a hole. <img src="cid:pic@x">'
        '<img src="https://tracker.example/1.gif"></p><script>evil()</script>'
        '<form action="/agent/logout"><input></form><iframe src="/agent/"></iframe>'
        '<p style="background:url(https://tracker.example/2.gif)">styled</p>',
        subtype="html",
    )
    html = message.get_body(("html",))
    assert html is not None
    html.add_related(PIXEL, maintype="image", subtype="png", cid="<pic@x>", filename="pic.png")
    envelope: dict[str, Any] = {
        "mail_from": "jeanne@citizens.example",
        "recipients": ["mairie@demo.example"],
    }

    async def case() -> CaseRow | None:
        async with house.town.database.read() as session:
            return await session.scalar(select(CaseRow))

    async def filed() -> bool:
        return await case() is not None

    async with house.at_work():
        await house.town.acceptance.accept(arrival(raw=message.as_bytes(), **envelope))
        await until(filed)
    found = await case()
    assert found is not None
    shown = (await camille.get(await frame_of(house, camille, found.reference))).text
    body = shown[shown.index("<body>") :]
    assert "There is a hole." in body
    assert f'src="/agent/cases/{found.reference}/documents/' in body
    for evil in ("tracker.example", "evil()", "<script", "<form", "<iframe", "onclick"):
        assert evil not in body

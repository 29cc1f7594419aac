import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from ingest.models import MessageRow
from tests.agent_api.building import CAMILLE, KARIM, Browser, House
from tests.ocr.pages import printed

WORDS = [("Le", 96, 0.1, 0.2, 0.05, 0.02), ("lampadaire,", 41, 0.16, 0.2, 0.2, 0.02)]


async def letter(house: House, **values: Any) -> tuple[str, UUID, str]:
    """A case with a document of one page; returns the case, the document and its address."""
    reference = await house.open(**values)
    document = await house.attach(reference, printed("Le lampadaire"), name="lettre.pdf")
    await house.add_page(document, "Le lampadaire, enfin", WORDS, source="ocr", confidence=87)
    return reference, document, f"/agent/cases/{reference}/documents/{document}"


async def test_hits_are_marked_on_the_picture_and_in_the_text(
    house: House, camille: Browser
) -> None:
    *_, base = await letter(house)
    page = await camille.page(f"{base}/pages?q=LAMPAD")
    assert '<rect class="mark-hit" x="0.16" y="0.2" width="0.2" height="0.02"/>' in page
    assert "Le <mark>lampadaire</mark>, enfin" in page
    assert "mark-hit" not in await camille.page(f"{base}/pages?q=cave")
    assert "mark-doubt" not in page


async def test_doubtful_words_are_marked_when_asked_for(house: House, camille: Browser) -> None:
    *_, base = await letter(house)
    page = await camille.page(f"{base}/pages")
    assert "Mark 1 doubtful word" in page
    page = await camille.page(f"{base}/pages?doubtful=1")
    assert page.count('class="mark-doubt"') == 1


async def test_a_search_opens_the_first_page_that_has_its_words(
    house: House, camille: Browser
) -> None:
    _, document, base = await letter(house)
    await house.add_page(document, "Rue de la Gare")
    await house.add_page(document, "La gare est loin")
    page = await camille.page(f"{base}/pages?q=gare")
    assert "Page 2 of 3" in page
    assert re.findall(r'page=(\d)&amp;q=gare"[^>]*>Page \d</a>', page) == ["2", "3"]
    assert "Page 1 of 3" in await camille.page(f"{base}/pages?q=gare&page=1")
    assert "Page 3 of 3" in await camille.page(f"{base}/pages?page=99")


async def test_each_page_tells_its_state(house: House, camille: Browser) -> None:
    _, document, base = await letter(house)
    await house.add_page(document, removed=True)
    await house.add_page(document, reading="unread")
    await house.add_page(document, reading="failed")
    await house.add_page(document, blank=True)
    page = await camille.page(f"{base}/pages")
    states = re.findall(r'<li class="thumb thumb-(\w+)"', page)
    assert states == ["read", "unread", "failed", "blank", "removed"]  # what is out comes last
    page = await camille.page(f"{base}/pages?page=3")
    assert "its picture is shown all the same" in page


async def test_the_page_tells_how_many_pages_are_read_until_all_are(
    house: House, camille: Browser
) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x", reading="unread")
    base = f"/agent/cases/{reference}/documents/{document}"
    assert "Waiting for its turn to be read" in await camille.page(f"{base}/pages")
    for reading in ("read", "unread", "failed"):
        await house.add_page(document, reading=reading)
    assert "2 of 3 pages read" in await camille.page(f"{base}/pages")
    answer = await camille.get(f"{base}/progress")
    assert "2 of 3 pages read" in answer.text
    assert "<html" not in answer.text
    assert "hx-refresh" not in answer.headers
    read = await house.attach(reference, b"x", reading="read", position=1)
    answer = await camille.get(f"/agent/cases/{reference}/documents/{read}/progress")
    assert answer.headers["hx-refresh"] == "true"


async def test_a_locked_document_asks_for_its_password_and_offers_to_ask_for_it(
    house: House, camille: Browser
) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x", name="impôts.pdf", reading="locked")
    case = f"/agent/cases/{reference}"
    page = await camille.page(f"{case}/documents/{document}/pages")
    assert 'name="password"' in page
    assert f'href="{case}?ask={document}#reply"' in page
    assert "le document «\u00a0impôts.pdf\u00a0»" in await camille.page(f"{case}?ask={document}")
    assert "impôts.pdf\u00a0»" not in await camille.page(f"{case}?ask={uuid4()}")


@pytest.mark.parametrize(
    ("reading", "told"), [("failed", "could not be read"), ("", "no pages to show")]
)
async def test_a_document_without_pages_says_why(
    house: House, camille: Browser, reading: str, told: str
) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x", reading=reading, problem="the PDF is broken")
    page = await camille.page(f"/agent/cases/{reference}/documents/{document}/pages")
    assert told in page
    assert "The reader reports: the PDF is broken" in page


async def test_what_reading_suggests_is_shown_as_suggestions(
    house: House, camille: Browser
) -> None:
    suggested = {
        "sender": {"value": "Jeanne <Dupont>\n57000 Metz", "confidence": 70},
        "date": {"value": "2026-03-12", "confidence": 90},
        "language": {"value": "fr", "confidence": 99},
    }
    reference, _, base = await letter(house, channel="scan")
    async with house.town.database.begin() as session:
        await session.execute(update(MessageRow).values(letter=suggested))
    for address in (f"/agent/cases/{reference}", f"{base}/pages"):
        page = await camille.page(address)
        for words in (
            "Suggestions of a machine, not facts",
            "Jeanne &lt;Dupont&gt;\n57000 Metz",
            "70 % sure",
            "12 March 2026",
            "French",
        ):
            assert words in page


async def test_a_fax_tells_how_it_came(house: House, camille: Browser) -> None:
    details = {"pages": 2, "quality": "Fine", "station": "<MAIRIE>", "letters": 3, "cover": True}
    reference = await house.open(channel="fax", details=details, quoted="To the town hall")
    page = await camille.page(f"/agent/cases/{reference}")
    for words in (
        "2 pages",
        "Quality: Fine",
        "Fax machine: &lt;MAIRIE&gt;",
        "One of 3 letters of a batch",
        "Cover page",
    ):
        assert words in page


async def test_a_hostile_name_and_hostile_words_stay_text(house: House, camille: Browser) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x", name='"><script>alert(1)</script>.pdf')
    hostile = ("<script>x</script>", 50, 0.1, 0.1, 0.1, 0.1)
    await house.add_page(document, "<script>x</script>", [hostile])
    base = f"/agent/cases/{reference}/documents/{document}"
    page = await camille.page(f"{base}/pages?q=%22%3E%3Cscript%3E&doubtful=1")
    assert "<script>alert" not in page
    assert "<script>x" not in page
    assert 'value="&#34;&gt;&lt;script&gt;"' in page


async def test_who_looks_at_a_page_is_written_down(house: House, camille: Browser) -> None:
    reference, document, base = await letter(house)
    await camille.page(f"{base}/pages?page=1")
    (row,) = await house.trail("document.read")
    assert (row.agent_id, row.object_id) == (house.agents[CAMILLE], reference)
    assert row.details == {"document": str(document), "name": "lettre.pdf", "page": 1}


@pytest.mark.parametrize(
    "path", ["/pages", "/progress", "/pages/{page}/image?width=200", "/searchable.pdf"]
)
async def test_pages_of_another_queue_look_like_none(house: House, path: str) -> None:
    mine, other = await house.open("voirie"), await house.open("mairie")
    document = await house.attach(other, printed("secret"))
    page = await house.add_page(document, "secret")
    karim = await house.browser(KARIM)
    for reference in (other, mine):  # nor through a case of their own
        address = f"/agent/cases/{reference}/documents/{document}{path.format(page=page)}"
        answer = await karim.get(address)
        assert answer.status_code == 404
        assert "secret" not in answer.text

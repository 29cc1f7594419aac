from dataclasses import replace

import pytest
from pypdfium2 import PdfDocument

from cases import Role
from core.errors import NotThere
from core.i18n import translator
from core.ids import new_id
from notify import (
    DeliveryStatus,
    Letter,
    Letterhead,
    count_waiting_letters,
    deliveries_of_case,
    letters_of_batch,
    letters_pdf,
    list_batches,
    list_outbox,
    print_letters,
    waiting_letters,
)
from notify.models import NotificationRow
from notify.senders.letter import RETURN
from ocr.codes import codes
from tests.builders import NOON, agent
from tests.notify.building import LETTERHEAD, Desk

ADDRESS = "12 rue des Lilas\n57000 Metz"
MM = 72 / 25.4


async def write(desk: Desk, text: str = "Le plan est joint.", **message: str) -> None:
    """An agent answers a new case by letter."""
    opened = await desk.open(**message)
    answer = {"text": text, "way": "letter", "postal_address": ADDRESS}
    await desk.tell(await desk.act(opened, "reply", **answer))


async def test_a_reply_by_letter_waits_until_an_agent_prints_it(desk: Desk) -> None:
    await write(desk, channel="scan", sender_address="", sender_name="Zoë Œuvrard")
    row = await desk.row()
    assert (row.medium, row.status) == ("letter", DeliveryStatus.QUEUED)
    async with desk.database.begin() as session:
        (letter,) = await waiting_letters(session, desk.agent)
        assert letter.recipient == f"Zoë Œuvrard\n{ADDRESS}"
        assert (letter.text, letter.agent_name) == ("Le plan est joint.", "Camille Durand")
        assert (await list_outbox(session, desk.agent)).items == []
        batch = await print_letters(session, desk.clock, desk.agent)
        assert batch is not None
        assert await letters_of_batch(session, desk.agent, batch) == [letter]
        assert await count_waiting_letters(session, desk.agent) == 0
        assert await print_letters(session, desk.clock, desk.agent) is None
        (listed,) = await list_batches(session, desk.agent)
        assert (listed.id, listed.letters, listed.agent_name) == (batch, 1, "Camille Durand")
    row = await desk.row()
    assert (row.status, row.sent_at) == (DeliveryStatus.SENT, NOON)


async def test_a_citizen_of_mail_may_be_answered_by_letter_and_gets_no_mail_then(
    desk: Desk,
) -> None:
    await write(desk)
    rows = await desk.rows()
    assert [row.medium for row in rows] == ["letter"]


async def test_letters_of_other_queues_are_neither_seen_nor_printed(desk: Desk) -> None:
    await write(desk)
    stranger = agent(Role.HANDLER, queues=(new_id(),))
    async with desk.database.begin() as session:
        assert await waiting_letters(session, stranger) == []
        assert await print_letters(session, desk.clock, stranger) is None
        batch = await print_letters(session, desk.clock, desk.agent)
        assert batch is not None
        assert await list_batches(session, stranger) == []
        with pytest.raises(NotThere):
            await letters_of_batch(session, stranger, batch)


async def test_the_case_shows_the_letter_with_its_state(desk: Desk) -> None:
    await write(desk)
    notification = (await desk.row()).notification_id
    async with desk.database.read() as session:
        case_id = (await session.get_one(NotificationRow, notification)).case_id
        assert case_id
        (item,) = await deliveries_of_case(session, case_id)
    assert (item.medium, item.kind, item.status) == ("letter", "reply", "queued")


def a_letter(text: str = "Bonjour.") -> Letter:
    return Letter(
        id=new_id(),
        reference="GU-7K3M-92XB",
        recipient=f"Łucja Œuvrard\nBâtiment C\n{ADDRESS}\nFrance",
        subject="Plan local d’urbanisme",
        text=text,
        agent_name="Camille Durand",
        language="fr",
        written_at=NOON,
    )


def with_window(side: str) -> Letterhead:
    return replace(LETTERHEAD, letter_window=side, postal_address=("1 place d’Armes", "57000 Metz"))


@pytest.mark.parametrize(
    ("side", "left", "top", "right", "bottom"),
    [("right", 100, 45, 190, 79), ("left", 20, 62.7, 105, 90)],
)
def test_the_address_is_where_the_window_is_and_nothing_else(
    side: str, left: float, top: float, right: float, bottom: float
) -> None:
    with PdfDocument(letters_pdf([a_letter()], with_window(side))) as pdf:
        page = pdf[0].get_textpage()
        seen = page.get_text_bounded(
            left=left * MM, top=(297 - top) * MM, right=right * MM, bottom=(297 - bottom) * MM
        )
        everything = page.get_text_bounded()
        page.close()
    lines = [line.strip() for line in seen.splitlines() if line.strip()]
    assert lines == ["Łucja Œuvrard", "Bâtiment C", *ADDRESS.split("\n"), "France"]
    assert translator("fr")(RETURN) in everything


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_page_that_comes_back_finds_its_case_by_its_code(side: str) -> None:
    with PdfDocument(letters_pdf([a_letter()], with_window(side))) as pdf:
        grey = pdf[0].render(scale=200 / 72, grayscale=True).to_numpy()
    assert [code.text for code in codes(grey)] == ["GU-7K3M-92XB"]


def test_a_batch_numbers_the_pages_of_each_letter_by_itself() -> None:
    long = "\n".join(f"Ligne {number} du règlement, avec ses mots." for number in range(90))
    content = letters_pdf([a_letter(long), a_letter()], with_window("right"))
    with PdfDocument(content) as pdf:
        texts = [page.get_textpage().get_text_bounded() for page in pdf]
    assert [
        next(end for end in ("1 sur 3", "2 sur 3", "3 sur 3", "1 sur 1") if end in text)
        for text in texts
    ] == ["1 sur 3", "2 sur 3", "3 sur 3", "1 sur 1"]
    assert all(f"Ligne {number} " in "".join(texts) for number in range(90))
    assert content == letters_pdf([a_letter(long), a_letter()], with_window("right"))

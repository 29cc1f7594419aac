"""SMS by Apprise, to a double of a gateway that it knows: SMSEagle, which stands in a town hall."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from core.errors import BadInput
from notify.models import Medium
from notify.senders.apprise import TAKEN, AppriseSms
from notify.senders.contract import Content, Retry
from tests.notify.test_mail import DELIVERY

DELIVERY_TO_JEANNE = DELIVERY._replace(recipient="+33612345678", medium=Medium.SMS)
CONTENT = Content(subject="", text="Rue fermée : déviation.", html="", headers={})


class Gateway:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer = {"result": {"message_id": "748", "status": "ok"}}
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        return web.json_response(self.answer)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gateway.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    gateway.url = f"smseagle://secret@127.0.0.1:{port}?status=no"
    yield gateway
    await runner.cleanup()


async def test_the_words_go_to_the_number_and_nothing_is_put_before_them(gateway: Gateway) -> None:
    sender = AppriseSms(gateway.url)
    assert sender.medium is Medium.SMS
    assert await sender.send(DELIVERY_TO_JEANNE, CONTENT) == TAKEN
    (asked,) = gateway.asked
    assert asked["params"]["to"] == "+33612345678"
    assert asked["params"]["message"] == CONTENT.text


async def test_what_it_did_not_send_is_tried_again_and_its_log_says_why(gateway: Gateway) -> None:
    gateway.answer = {"result": {"error_text": "no credit", "status": "error"}}
    with pytest.raises(Retry, match="Apprise"):
        await AppriseSms(gateway.url).send(DELIVERY_TO_JEANNE, CONTENT)


@pytest.mark.parametrize("url", ["nonsense", "nothing://known/here"])
def test_a_url_that_apprise_does_not_know_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(BadInput, match="GUICHET_APPRISE_URL"):
        AppriseSms(url)

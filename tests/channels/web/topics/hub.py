"""A WebSub hub and a subscriber of it, as https://www.w3.org/TR/websub/ has them."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from secrets import token_hex

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class Hub:
    """Verifies who subscribes, fetches what it is told of, and hands it on, signed.

    ``busy`` makes it answer 503, as a hub does that is overrun.
    """

    url: str = ""
    busy: bool = False
    subscribed: dict[tuple[str, str], str] = field(default_factory=dict)
    """Secrets, by topic and callback."""
    pinged: list[str] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens while it is told of news."""

    def server(self) -> TestServer:
        app = web.Application()
        app.router.add_post("/", self._take)
        return TestServer(app)

    async def _take(self, request: web.Request) -> web.Response:
        if self.busy:
            return web.Response(status=503)
        form = {name: str(value) for name, value in (await request.post()).items()}
        if form["hub.mode"] == "publish":
            self.pinged.append(form["hub.url"])
            if self.meanwhile:
                await self.meanwhile()
            await self._distribute(form["hub.url"])
            return web.Response(status=204)
        await self._verify(form)
        return web.Response(status=202)

    async def _verify(self, form: dict[str, str]) -> None:
        """Section 5.3: a subscriber that did not mean it does not repeat the challenge."""
        topic, callback, challenge = form["hub.topic"], form["hub.callback"], token_hex(8)
        asked = {
            "hub.mode": form["hub.mode"],
            "hub.topic": topic,
            "hub.challenge": challenge,
            "hub.lease_seconds": "864000",
        }
        async with (
            aiohttp.ClientSession() as client,
            client.get(callback, params=asked) as answer,
        ):
            if answer.ok and await answer.text() == challenge:
                self.subscribed[topic, callback] = form["hub.secret"]

    async def _distribute(self, topic: str) -> None:
        """Section 7."""
        async with aiohttp.ClientSession() as client, client.get(topic) as answer:
            content, kind = await answer.read(), answer.headers["Content-Type"]
        for (wanted, callback), secret in self.subscribed.items():
            if wanted == topic:
                digest = hmac.digest(secret.encode(), content, "sha256").hex()
                headers = {
                    "Content-Type": kind,
                    "Link": f'<{self.url}>; rel="hub", <{topic}>; rel="self"',
                    "X-Hub-Signature": f"sha256={digest}",
                }
                async with (
                    aiohttp.ClientSession() as client,
                    client.post(callback, data=content, headers=headers) as answer,
                ):
                    assert answer.ok


@dataclass
class Subscriber:
    secret: str = "only the two of us know"
    topic: str = ""
    """What it has asked for."""
    received: list[bytes] = field(default_factory=list)

    def server(self) -> TestServer:
        app = web.Application()
        app.router.add_get("/callback", self._confirm)
        app.router.add_post("/callback", self._receive)
        return TestServer(app)

    async def subscribe(self, address: str, callback: str) -> None:
        """Discover hub and topic by the feed's headers (section 4), and subscribe."""
        async with aiohttp.ClientSession() as client:
            async with client.get(address) as feed:
                hub, self.topic = str(feed.links["hub"]["url"]), str(feed.links["self"]["url"])
            asked = {
                "hub.mode": "subscribe",
                "hub.topic": self.topic,
                "hub.callback": callback,
                "hub.secret": self.secret,
            }
            async with client.post(hub, data=asked) as answer:
                assert answer.status == 202

    async def _confirm(self, request: web.Request) -> web.Response:
        if request.query["hub.topic"] != self.topic:
            return web.Response(status=404)
        return web.Response(text=request.query["hub.challenge"])

    async def _receive(self, request: web.Request) -> web.Response:
        content = await request.read()
        digest = hmac.digest(self.secret.encode(), content, "sha256").hex()
        assert hmac.compare_digest(request.headers["X-Hub-Signature"], f"sha256={digest}")
        self.received.append(content)
        return web.Response(status=200)

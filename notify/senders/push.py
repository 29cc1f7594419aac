"""Web push: messages to a citizen's browser by its maker's push service (RFC 8030).

Encrypted for the browser (RFC 8291, by ``pywebpush``) and signed with the town's key (RFC 8292, by
``py_vapid``), so that the service in between reads nothing and takes it from nobody else. Services
are whatever the browser named: only HTTPS, and never an address of our own network. That it was
shown is not told by anybody: *sent* is the most that is known.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from core.clock import Clock, utc_now
from core.outside import NotPublic, OutsideResolver, check_host, is_public
from notify.devices import PushKeys
from notify.models import Medium
from notify.senders.contract import Content, Delivery, Gone, ProviderId, Refused, Retry

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
KEEP = 3 * 24 * 3600  # seconds that a service keeps it for a browser that is away
TOKEN_LIVES = 3600  # seconds; 24 hours at most (RFC 8292, section 2)
MAX_REASON = 200  # characters
BREATH = 10.0  # seconds to leave a service alone that has too much and does not say how long
LINK = "Link"
"""The header of a delivery that has the path of the page; not sent as a header."""


class WebPush:
    """Reads the browser's keys at the moment of sending: a device that was removed gets nothing.

    Parameters
    ----------
    device
        The keys of a recipient, or None when there are none any more.
    contact
        Where a push service may write to us (``mailto:…``).
    title
        The first line of every message: the town.
    private
        Whether services may be at private addresses and without HTTPS: for trying it out.
    """

    name = "push"
    medium = Medium.PUSH

    def __init__(
        self,
        device: Callable[[str], Awaitable[PushKeys | None]],
        key: "EllipticCurvePrivateKey",
        *,
        contact: str,
        title: str,
        private: bool = False,
        clock: Clock = utc_now,
    ) -> None:
        self._device = device
        self._key = key
        self._contact = contact
        self._title = title
        self._private = private
        self._clock = clock
        self._client: aiohttp.ClientSession | None = None

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        keys = await self._device(delivery.recipient)
        if keys is None:
            raise Refused("the device was removed")
        url = URL(keys.endpoint, encoded=True)
        told = {"title": self._title, "body": content.text, "url": content.headers.get(LINK, "/")}
        try:
            self._check(url)
            body = await asyncio.to_thread(_encrypted, keys, json.dumps(told).encode())
            headers = self._headers(url, delivery, content)
            async with self._open().post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return self._told(answer)
        except NotPublic as problem:
            raise Refused(str(problem)) from problem
        except aiohttp.ClientConnectorError as problem:
            if isinstance(problem.os_error, NotPublic):
                raise Refused(str(problem.os_error)) from problem
            raise Retry(f"{url.host} cannot be reached: {problem}"[:MAX_REASON]) from problem
        except (TimeoutError, aiohttp.ClientError) as problem:
            reason = f"no answer of {url.host}: {problem!r}"
            raise Retry(reason[:MAX_REASON], in_doubt=True) from problem

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _check(self, url: URL) -> None:
        if self._private:
            return
        if url.scheme != "https":
            raise Refused("push services have HTTPS")
        check_host(url.host or "")

    def _open(self) -> aiohttp.ClientSession:
        if self._client is None:
            private = self._private
            resolver = OutsideResolver(lambda address: private or is_public(address))
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False),
                timeout=TIMEOUT,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._client

    def _headers(self, url: URL, delivery: Delivery, content: Content) -> dict[str, str]:
        from py_vapid import Vapid02

        claims = {
            "aud": str(url.origin()),
            "sub": self._contact,
            # By the services' clocks, which are not the town's in a test.
            "exp": int(time.time()) + TOKEN_LIVES,
        }
        return {
            "TTL": str(self._keep(delivery)),
            "Urgency": content.headers.get("Urgency", "normal"),
            **({"Topic": content.headers["Topic"]} if "Topic" in content.headers else {}),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            **Vapid02(self._key).sign(claims),
        }

    def _keep(self, delivery: Delivery) -> int:
        """Seconds: what is worth nothing later is not to wait at the service either."""
        if delivery.expires_at is None:
            return KEEP
        return max(0, min(KEEP, int((delivery.expires_at - self._clock()).total_seconds())))

    def _told(self, answer: aiohttp.ClientResponse) -> ProviderId:
        status = answer.status
        reason = f"the push service says {status} {answer.reason or ''}".strip()[:MAX_REASON]
        if status in (200, 201, 202, 204):
            return ProviderId(answer.headers.get("Location", "")[:MAX_REASON] or "taken")
        if status in (404, 410):  # RFC 8030, section 7.3
            raise Gone(reason)
        if status == 429 or status >= 500:
            wait = _seconds(answer.headers.get("Retry-After", ""), self._clock())
            raise Retry(reason, retry_after=wait)
        raise Refused(reason)


def _encrypted(keys: PushKeys, content: bytes) -> bytes:
    from pywebpush import WebPusher

    subscription = {
        "endpoint": keys.endpoint,
        "keys": {"p256dh": keys.p256dh, "auth": keys.auth},
    }
    return bytes(WebPusher(subscription).encode(content)["body"])


def _seconds(retry_after: str, now: datetime) -> float:
    """RFC 9110, section 10.2.3: seconds, or a moment."""
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return BREATH
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())

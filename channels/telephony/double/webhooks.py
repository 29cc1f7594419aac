"""Calling the town as Twilio does: a signed form, answered by TwiML."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree import ElementTree

from notify import TwilioAccount

TIMEOUT = 15.0  # seconds, as Twilio's


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    url: str
    document: ElementTree.Element

    def texts(self, verb: str) -> list[str]:
        """What stands in these verbs, wherever they are."""
        return ["".join(one.itertext()).strip() for one in self.document.iter(verb)]


@dataclass(frozen=True, slots=True)
class Webhooks:
    account: TwilioAccount

    async def call(self, url: str, fields: Mapping[str, str]) -> Answer:
        """``url`` may be a path, which is then of the town."""
        from aiohttp import ClientSession, ClientTimeout
        from twilio.request_validator import RequestValidator

        url = urljoin(self.account.hooks, url)
        signature = RequestValidator(self.account.token).compute_signature(url, fields)
        async with (
            ClientSession(timeout=ClientTimeout(total=TIMEOUT)) as http,
            http.post(url, data=fields, headers={"X-Twilio-Signature": signature}) as response,
        ):
            text = await response.text()
            is_twiml = response.content_type == "text/xml"
            # It is our own town's answer, read by its own demo.
            document = ElementTree.fromstring(text if is_twiml else "<Response/>")  # noqa: S314
            return Answer(response.status, url, document)

"""Whether a request comes from Twilio: https://www.twilio.com/docs/usage/security

The signature covers the URL as Twilio called it, which behind a proxy is not the one that we see:
it is made of the public URL.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request

from channels.web.body import TooLarge, read_form
from core.errors import BadInput, Refused
from core.metrics import REFUSED
from ingest import ChannelName

MAX_BODY = 256 * 1024  # bytes: ten media and a long text come to less
MAX_FIELDS = 200
HEADER = "x-twilio-signature"
SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"


@dataclass(frozen=True, slots=True)
class Signatures:
    """``origin`` is the public URL of the town, ``https://town.example``."""

    token: str
    origin: str

    async def signed_form(self, request: Request, channel: ChannelName) -> Mapping[str, str]:
        """The fields of a request that Twilio has signed.

        Raises Refused (403) for any other, which is counted.
        """
        try:
            fields = await read_form(request, MAX_BODY, max_fields=MAX_FIELDS)
        except (BadInput, TooLarge) as problem:
            raise _refusal(channel, str(problem)) from problem
        if not self.valid(request, fields):
            raise _refusal(channel, "it is not signed by our account")
        return {name: str(value) for name, value in fields.multi_items()}

    def valid(self, request: Request, fields: FormData) -> bool:
        """Whether the signature of a request with these fields is right."""
        from twilio.request_validator import RequestValidator, get_signature_algorithm

        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{self.origin}{request.url.path}{query}"
        return bool(
            RequestValidator(self.token).validate(
                url,
                fields,
                request.headers.get(HEADER, ""),
                get_signature_algorithm(request.headers.get(SETTINGS_HEADER)),
            )
        )


def _refusal(channel: ChannelName, reason: str) -> Refused:
    REFUSED.labels(channel, "signature").inc()
    return Refused(reason)

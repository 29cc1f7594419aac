"""Fetching what a message only names: recordings, and the pictures of an MMS.

Only from the account's own API, with its credentials
(https://www.twilio.com/docs/usage/security#basic-auth-for-media), and up to a limit.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.answers import content_of
from core.errors import BadInput, Later, Refused
from notify import TwilioAccount

if TYPE_CHECKING:
    from aiohttp import ClientSession

TIMEOUT = 60.0  # seconds for one file
GONE = frozenset({401, 403, 410})


@dataclass(frozen=True, slots=True)
class Media:
    """One file as it came; ``media_type`` is what the provider calls it."""

    content: bytes
    media_type: str


async def fetch(session: "ClientSession", account: TwilioAccount, url: str, most: int) -> Media:
    """The file behind the address.

    Raises
    ------
    Later
        When it is not there yet, or the provider is away.
    Refused
        When it never will be: not of the provider, or larger than ``most`` bytes.
    """
    from aiohttp import ClientError, ClientTimeout, encode_basic_auth

    if not url.startswith(f"{account.api}/"):
        raise Refused("it is not kept by the provider")
    try:
        async with session.get(
            url,
            headers={"Authorization": encode_basic_auth(account.sid, account.token)},
            timeout=ClientTimeout(total=TIMEOUT),
            max_redirects=5,
        ) as answer:
            if answer.status in GONE:
                raise Refused(f"the provider gives it to nobody (HTTP {answer.status})")
            if answer.status != 200:
                raise Later(f"the provider says HTTP {answer.status}")
            return Media(await content_of(answer, most), answer.content_type)
    except BadInput as problem:
        raise Refused(problem.reason) from problem
    except (ClientError, TimeoutError) as problem:
        raise Later(f"the provider cannot be reached: {problem!r}") from problem

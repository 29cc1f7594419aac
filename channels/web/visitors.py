"""Who is at the portal: somebody unknown, or a citizen who has signed in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Visitor:
    """Without a ``citizen_id`` nobody in particular.

    ``profile`` is what expressions see of ``citizen`` (:data:`cases.procedures.CITIZEN`);
    ``email`` an address that is proven to be theirs, ``account_id`` whose wallet it is.
    """

    citizen_id: UUID | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)
    email: str = ""
    account_id: UUID | None = None
    """Whose wallet is theirs."""
    language: str = "fr"
    """Of what is written down for them."""


Visitors = Callable[[Request], Awaitable[Visitor]]
"""Tells who is asking; whoever keeps the citizens' sessions gives it to the portal."""


async def anybody(_request: Request) -> Visitor:
    """Of a portal without accounts."""
    return Visitor()

"""What an adapter for a way out has to do."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, NewType, Protocol
from uuid import UUID

from core.errors import Later, Refused
from notify.addresses import is_mail_address
from notify.models import Medium

__all__ = [
    "Content",
    "Declined",
    "Delivery",
    "Gone",
    "ProviderId",
    "Refused",
    "Retry",
    "Sender",
    "Unreachable",
    "Unwanted",
    "check_recipient",
]

ProviderId = NewType("ProviderId", str)
"""What the provider calls the sending, or said when it took it."""


class Retry(Later):
    """The provider does not take this one now; ``retry_after`` is its wish in seconds, or 0.

    ``in_doubt`` when its answer was lost, so that it may have taken it all the same (RFC 1047).
    """

    def __init__(self, reason: str, *, retry_after: float = 0.0, in_doubt: bool = False) -> None:
        super().__init__(reason, retry_after=retry_after)
        self.in_doubt = in_doubt


class Unreachable(Retry):
    """The provider takes nothing at all now: asking for the next one makes no sense yet."""


class Gone(Refused):
    """There is no such address: nothing is sent there any more."""


class Declined(Refused):
    """The provider will not carry it for reasons of its own, which another one may not have."""


class Unwanted(Refused):
    """The recipient has told the provider to be left alone: nobody sends there any more."""


class Delivery(NamedTuple):
    """To whom and by which way; the same at every attempt but for the last two.

    It and its content are tuples, which cost little on the way to a process beside.
    """

    id: UUID
    medium: Medium
    recipient: str
    return_path: str
    message_id: str
    created_at: datetime
    attempts: int
    """This one included."""
    in_doubt: int
    """How often a crash left it in flight, or its answer was lost: the provider may know it."""
    expires_at: datetime | None = None
    """After that it is worth nothing, and is not sent."""
    is_bulk: bool = False
    """Whether it is one of many: nobody waits for this one."""


class Content(NamedTuple):
    """What to say, rendered; ``personal`` is put into it for the recipient alone
    (:func:`notify.filling.fill`), as all else is the same for many."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    personal: Mapping[str, str] | None = None


class Sender(Protocol):
    """One way out."""

    @property
    def name(self) -> str:
        """By which settings and deliveries know it: ``smtp``, ``twilio``."""
        ...

    @property
    def medium(self) -> Medium: ...

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        """Hand it to the provider; on return the provider has taken it.

        Raises
        ------
        Retry
            Not now, but perhaps later (Unreachable: nothing at all goes through now).
        Refused
            Never, for the reason given (Declined: not by this provider; Gone: to nobody there;
            Unwanted: they want none).
        """
        ...

    async def close(self) -> None:
        """Let go of connections; another ``send`` opens them again."""
        ...


def check_recipient(delivery: Delivery) -> None:
    """For every sender of mail. Raises Refused when no mail can go there."""
    if not is_mail_address(delivery.recipient):
        raise Refused(f"not a mail address: {delivery.recipient}")

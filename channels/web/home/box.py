"""What a box of the home page is. Adding one is a file here, and a line where boxes are listed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from channels.web.visitors import Visitor
from citizens import Account
from core.i18n import Formats, translator


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the page is for, and the words that they read."""

    account: Account
    visitor: Visitor
    formats: Formats

    @property
    def locale(self) -> str:
        return self.formats.language

    @property
    def translate(self) -> Callable[[str], str]:
        return translator(self.locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLine:
    """One thing in a box."""

    title: str
    url: str
    icon: str
    detail: str = ""
    side: str = ""
    """Short, on the right: until when, how far."""
    badge: str = ""
    """A status whose colour the line shows."""


class HomeBox(Protocol):
    """Something of interest to who is signed in.

    ``name`` is kept with the account, in the order that its owner has chosen; ``title`` and
    ``more`` are message ids, ``url`` is where all of it is.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def more(self) -> str: ...
    @property
    def url(self) -> str: ...

    async def lines(self, session: AsyncSession, reader: Reader) -> Sequence[HomeLine]:
        """A few; of a box without any nothing is shown."""
        ...

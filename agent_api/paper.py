"""What the pages of the desk show of documents and of what came on paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    id: UUID
    name: str
    media_type: str
    size: int
    """Bytes."""
    reading: str = ""
    """``unread``, ``read``, ``locked`` or ``failed``; empty for what has no pages."""
    malware: str = ""
    """What a virus scanner found in it; it is then given to nobody."""
    problem: str = ""
    """Why it could not be read, or not whole; as the program said it."""
    pages: int = 0
    first_page: UUID | None = None
    hits: int = 0
    """Pages on which stands what was searched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What reading the pages suggests. It may be wrong."""

    name: str
    """``sender``, ``date``, ``subject``, ``references`` or ``language``"""
    value: str
    """Of a sender and of references one a line; of a date ISO 8601; of a language ISO 639-1."""
    confidence: int
    """0 to 100."""
    day: datetime | None = None
    """Of a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """How a fax or a scan came; empty for what nobody told."""

    pages: int = 0
    quality: str = ""
    station: str = ""
    """What the fax machine calls itself."""
    gateway: str = ""
    """The address of the service that took the fax."""
    problem: str = ""
    """What went wrong in the transmission."""
    file: str = ""
    folder: str = ""
    by: str = ""
    """The agent who put it in at the desk."""
    letters: int = 0
    """That were cut out of the batch."""
    is_cut: bool = False
    """Whether the file came with another message."""
    has_cover: bool = False
    """Whether the first page is a fax's cover page."""
    codes: Sequence[str] = ()
    """What the bar codes say."""

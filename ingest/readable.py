"""Which files have pages that can be read."""

from pathlib import PurePosixPath

from ingest.message import ON_PAPER, Attachment, Message
from ingest.models import Reading

TYPES = frozenset(
    {
        "application/pdf",
        "application/x-pdf",
        "image/heic",
        "image/heif",
        "image/jpeg",
        "image/jpg",
        "image/png",
        "image/tiff",
        "image/webp",
    }
)
ENDINGS = frozenset({".heic", ".heif", ".jpeg", ".jpg", ".pdf", ".png", ".tif", ".tiff", ".webp"})
"""Mail programs that know no better call a file ``application/octet-stream``."""


def reading_of(part: Attachment) -> str:
    """``unread`` for what has pages, by type or name; a picture inside a mail's text is none."""
    is_picture_in_text = part.inline and part.media_type.startswith("image/")
    if is_picture_in_text:
        return ""
    ending = PurePosixPath(part.name.lower()).suffix
    return Reading.UNREAD if part.media_type in TYPES or ending in ENDINGS else ""


def is_read_first(message: Message) -> bool:
    """Whether the message is routed only once its pages are read: all that it says is on them."""
    is_silent = message.channel in ON_PAPER and not message.text
    return is_silent and any(map(reading_of, message.attachments))

"""A scanned file comes in."""

import hashlib

from channels.kinds import kind_of
from core.settings import Split
from core.text import clean_line, file_name
from ingest import Arrival, ChannelName

UNKNOWN = "it is neither a PDF nor an image (TIFF, JPEG, PNG, HEIC)"


def scan_arrival(
    content: bytes,
    name: str,
    *,
    folder: str = "",
    queue: str = "",
    split: Split = "separators",
    by: str = "",
) -> Arrival:
    """The key is the content's: the same bytes are the same scan, however often they are put in.

    ``by`` is the agent who put it in at the desk.
    """
    facts = {
        "file": file_name(name, "scan"),
        "folder": clean_line(folder),
        "queue": clean_line(queue),
        "split": split,
        "by": by,
    }
    key = hashlib.sha256(content).hexdigest()
    return Arrival(ChannelName.SCAN, key, content, facts)


def scan_problem(content: bytes) -> str:
    """Why nothing can be read of it; empty when something may."""
    return "" if kind_of(content) else UNKNOWN


class DeskScans:
    """What the desk is handed to put scans in."""

    arrival = staticmethod(scan_arrival)
    problem = staticmethod(scan_problem)
